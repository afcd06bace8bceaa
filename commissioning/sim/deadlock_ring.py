"""A ring of waits in words, and what devices say of their own waiting, for `commissioning.sim.deadlock`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from commissioning.sim.flow import Giver, Receiver

__all__ = ["Awaiting", "Deadlock", "Lacking", "Passing", "Sorting", "Wait", "Working"]

_SHOWN = 4  # parts of one device that are named


class Passing(Protocol):
    """A device that holds no parts: it offers what is offered to it to another one."""

    id: str

    def onward(self) -> Receiver | None:
        """Who would have to take a part for it to be taken here. None: the device is not ready itself."""


class Sorting(Protocol):
    """A device that holds no parts and offers each to the one that this part must go to."""

    id: str

    def onward_of(self, giver: Giver) -> Receiver | None:
        """Who would have to take the part of a giver that waits here."""


class Working(Protocol):
    """A device that may let parts in by what it does itself, though what it offers is not taken."""

    id: str

    def goes_on(self) -> bool:
        """Whether something of its own is under way, or it waits for a command."""


class Awaiting(Protocol):
    """What knows better than the graph what it waits for."""

    id: str

    def awaits(self) -> Sequence[Any]:
        """Any of these would let it go on: receivers, others that wait, parts that would have to move. Empty:
        it goes on by itself, or a command holds it."""


class Lacking(Protocol):
    """A device that waits for parts of its choice, whatever else is offered to it."""

    id: str

    def lacks(self) -> bool:
        """Whether it can go on with another part only than those that have been offered to it."""


@dataclass(frozen=True)
class Wait:
    """`device` waits for `on` with these `parts` (numbers): at its end the one that cannot leave, in a device
    all that it holds."""

    device: str
    parts: tuple[int, ...]
    on: str

    def __str__(self) -> str:
        if not self.parts:
            return f"{self.device} waits for {self.on}"
        numbers = ", ".join(str(part) for part in self.parts[:_SHOWN])
        more = ", ..." if len(self.parts) > _SHOWN else ""
        return f"{self.device} (part{'s' * (len(self.parts) > 1)} {numbers}{more}) waits for {self.on}"


@dataclass(frozen=True)
class Deadlock:
    """A ring of waits. `commands`: inputs of devices in it by which somebody could still take parts out or
    send them another way. `behind`: devices that wait for the ring without being in it."""

    ring: tuple[Wait, ...]
    commands: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def devices(self) -> tuple[str, ...]:
        """Those that wait for one another, in the order of waiting."""
        return tuple(wait.device for wait in self.ring)

    def __str__(self) -> str:
        text = ", ".join(str(wait) for wait in self.ring)
        return text + (f"; behind them wait {', '.join(self.behind)}" if self.behind else "")
