"""Who lets time pass for a PLC that is debugged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from commissioning.plc.values.iec_types import Value

if TYPE_CHECKING:
    from commissioning.plc.running.machine import Plc

__all__ = ["Driver", "PlcDriver"]


class Driver(Protocol):
    """What lets time pass for a PLC: its own clock, or the line that it controls."""

    @property
    def now_ns(self) -> int: ...

    @property
    def patience(self) -> int:
        """How many turns a step may take to come to the next statement."""

    def turn(self, until_ns: int | None) -> bool:
        """Let some time pass, not beyond `until_ns` if given; FALSE when nothing is left until then."""

    def single(self) -> None:
        """Let time pass until the PLC has made one scan."""

    def write(self, path: str, value: Value) -> None:
        """Set a variable between two scans. Raises KeyError, TypeError or ValueError."""

    def altered(self, path: str, value: Value) -> None:
        """A variable was set in the middle of a scan."""

    def abandoned(self) -> None:
        """What was going on has been left in the middle."""


class PlcDriver:
    """The PLC's own virtual clock, as in `Plc.run`."""

    patience = 1000

    def __init__(self, plc: Plc) -> None:
        self._plc = plc

    @property
    def now_ns(self) -> int:
        return self._plc.now_ns

    def turn(self, until_ns: int | None) -> bool:
        """One scan."""
        return self._plc.scan_next(1 << 62 if until_ns is None else until_ns)

    def single(self) -> None:
        """The same."""
        self._plc.scan_next(1 << 62)

    def write(self, path: str, value: Value) -> None:
        self._plc[path] = value

    def altered(self, path: str, value: Value) -> None:
        """Nobody keeps a record of it."""

    def abandoned(self) -> None:
        """The PLC itself says so."""
