"""Ports whose value the records of their device tell: no record of their own as long as nothing is bound.

A station that goes from starved to working changes three of its ports; its STATE record says so at once.
Where such a port is bound to nothing and no override lies on it, it is *quiet*: its value is read from the
device, listeners are told, and the journal holds the STATE record only. From the first force or fault on
it is written like any other port, for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.model.declare import TypeDeclaration
from commissioning.model.tags import DataType
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.device import Device

__all__ = ["COUNTED", "HELD", "StatusPort", "places"]

HELD = -1  # the number of parts in the device
COUNTED = -2  # the number of parts it has taken for good

_VALUE: Any = Signal.__dict__["value"]  # descriptors of the slots
_SOURCE: Any = Signal.__dict__["source"]


def places(declaration: TypeDeclaration) -> dict[str, int]:
    """By name of a status port: number of its bit in a STATE record, `HELD` or `COUNTED`."""
    found: dict[str, int] = {}
    bit = 0
    for port in declaration.ports:
        if port.status == "state" and port.type is DataType.BOOL:
            found[port.name] = bit
            bit += 1
        elif port.status:
            found[port.name] = HELD if port.status == "state" else COUNTED
    return found


class StatusPort(Signal):
    """A status port that is bound to nothing."""

    __slots__ = ("device", "place", "quiet")
    saved: ClassVar[tuple[str, ...]] = ("quiet",)
    always: ClassVar[tuple[str, ...]] = ("quiet", *Signal.always)
    constant: ClassVar[tuple[str, ...]] = ("device", "place")

    device: Device

    def __init__(
        self,
        index: int,
        name: str,
        datatype: DataType,
        kernel: Kernel,
        journal: Journal,
        *,
        owner: str = "",
        place: int = 0,
    ) -> None:
        self.quiet, self.place = False, place
        super().__init__(index, name, datatype, kernel, journal, owner=owner)

    def begin(self) -> None:
        """Its device has started: from now on its records tell the value."""
        self.quiet = True
        self.quality = self.reason = self.source_quality = self.source_reason = 0
        self.device.listen()

    @property
    def value(self) -> Any:
        """The effective value."""
        return self.device.status(self.place) if self.quiet else _VALUE.__get__(self)

    @value.setter
    def value(self, value: Any) -> None:
        _VALUE.__set__(self, value)

    @property
    def source(self) -> Any:
        """What the device says."""
        return self.device.status(self.place) if self.quiet else _SOURCE.__get__(self)

    @source.setter
    def source(self, value: Any) -> None:
        _SOURCE.__set__(self, value)

    def write(self, value: Any) -> None:
        if not self.quiet:
            super().write(value)
        elif value != _SOURCE.__get__(self):
            _SOURCE.__set__(self, value)
            self.t = self.kernel._now
            self._publish(self.kernel.cause)

    def put(self, value: Any, quality: int, reason: int) -> None:
        self.speak()
        super().put(value, quality, reason)

    def force(self, value: Any) -> None:
        self.speak()
        super().force(value)

    def fault(self, value: Any) -> None:
        self.speak()
        super().fault(value)

    def subscribe(self, fn: Callable[[Any], None], arg: Any = None) -> None:
        self.source = self.source  # what is kept may be old where nobody has listened so far
        super().subscribe(fn, arg)
        self.device.listen()

    def speak(self) -> None:
        """Be an ordinary entry from now on, of the value that it has."""
        if self.quiet:
            value = self.value
            self.quiet = False
            self.value = self.source = value
            self.device.listen()
