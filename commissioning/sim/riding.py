"""Parts that ride on other parts: cartons on a pallet, a workpiece in its carrier.

A part that rides is a part of its own (it keeps number, attributes and age), moves with the one that
carries it, and leaves the line with it. Its owner is that part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful

if TYPE_CHECKING:
    from commissioning.sim.device import Device
    from commissioning.sim.line import Line

__all__ = ["Riding", "riding"]

_MOVE, _PART = int(Kind.PART_MOVE), int(CarrierKind.PART)


class Riding(Stateful):
    """Who rides on whom, in the whole line."""

    saved: ClassVar[tuple[str, ...]] = ("on",)
    constant: ClassVar[tuple[str, ...]] = ("line",)

    def __init__(self, line: Line) -> None:
        self.id = "riding"
        self.line = line
        self.on: dict[int, list[Part]] = {}  # by number of the part that carries, in the order of loading

    def load(self, part: Part, carrier: Part) -> None:
        """`part` rides on `carrier` from now on."""
        load = self.on.setdefault(carrier.id, [])
        part.owner, part.place = carrier, None
        self.line.journal.add(_MOVE, _PART, part.id, carrier.id, float(len(load)))
        load.append(part)

    def load_of(self, carrier: Part) -> list[Part]:
        """The parts that ride on `carrier`, first loaded first."""
        return self.on.get(carrier.id, [])

    def unload(self, part: Part, carrier: Part) -> None:
        """`part` rides no longer; whoever calls becomes its owner."""
        load = self.on[carrier.id]
        load.remove(part)
        if not load:
            del self.on[carrier.id]

    def end(self, carrier: Part, reason: int, device: Device, count: int) -> None:
        """What rides on a part that leaves the line leaves it too; who counts parts counts the carrier."""
        for part in self.on.pop(carrier.id, ()):
            self.line.end_part(part, reason, device, count)

    def use(self, carrier: Part, device: Device, into: Part | None) -> None:
        """What rides on a part that is used up is used up too."""
        for part in self.on.pop(carrier.id, ()):
            self.line.use_part(part, device, into)

    def restored(self) -> None:
        parts: Any = self.line.parts
        for carrier, load in self.on.items():
            for part in load:
                part.owner, part.place = parts[carrier], None


def riding(line: Line) -> Riding:
    """The one of a line, made when the first device asks for it while the line is built."""
    if line.riding is None:
        line.riding = Riding(line)
        line.register(line.riding)
    return line.riding
