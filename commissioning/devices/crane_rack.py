"""The rack of a crane: which part is where, where the next one goes, which one comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param
from commissioning.model.pose import Pose
from commissioning.sim.device import Device
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["CraneRack", "rack_params"]

_LARGEST = 20_000
_DRAWN = (24, 8)  # slots that a rack of any places is drawn with
_DEPTH = 0.7  # m from the middle of the aisle to that of the rack


def rack_params() -> tuple[Param, ...]:
    return (
        Param("length", "length", "Of the rack along the aisle.", exclusive_minimum=0.0, example="60 m"),
        Param("height", "length", "Of the rack.", exclusive_minimum=0.0, example="12 m"),
        Param("bays", "integer", "Slots side by side; 0: parts may be anywhere.", default=0, minimum=0,
              maximum=2000),
        Param("levels", "integer", "Slots one above the other; 0: parts may be anywhere.", default=0,
              minimum=0, maximum=200),
        Param("io_x", "length", "Where parts come and go, along the rack from its near end.", default=0.0),
        Param("io_z", "length", "Where parts come and go, above the foot of the rack.", default=0.0),
        Param("storage", "choice", "Where a part goes: any free place, or the quickest one.",
              default="random", choices=("random", "nearest")),
        Param("retrieval", "choice", "Which part comes: any, the longest in, or the quickest.",
              default="random", choices=("random", "fifo", "nearest")),
        Param("capacity", "integer", "Parts in the rack at most; with slots, as many.", default=None,
              minimum=1, maximum=1_000_000),
        Param("stock", "integer", "Parts that are in it at time 0.", default=0, minimum=0, maximum=20_000),
        Param("product", "product", "What the stock is.", default=None),
    )  # fmt: skip


class CraneRack(Stateful):
    """Places in m from where parts come and go: along the rack, up. Addresses count from 1: with slots,
    address = (level - 1) * bays + bay; without, every part that comes gets the next number.

    A random place without slots is uniform over the rack; with slots it is any free slot alike. `nearest` is
    by the time of the way at full speed.
    """

    saved: ClassVar[tuple[str, ...]] = ("spots", "numbers", "places", "parts", "order", "index")
    constant: ClassVar[tuple[str, ...]] = (
        "device", "line", "size", "cells", "length", "height", "io", "slotted", "slots", "random",
    )  # fmt: skip

    def __init__(self, device: Device, line: Line) -> None:
        self.id = f"rack:{device.id}"
        self.device, self.line = device, line
        p = device.params
        self.length, self.height = float(p["length"]), float(p["height"])
        self.io = float(p["io_x"]), float(p["io_z"])
        self.slotted = bool(p["bays"] and p["levels"])
        if bool(p["bays"]) != bool(p["levels"]):
            raise ValueError(f"{device.id} has bays or levels; write both, or none for parts at any place")
        self.cells: tuple[int, int] = (p["bays"], p["levels"]) if self.slotted else _DRAWN
        slots = self.cells[0] * self.cells[1]
        if slots > _LARGEST:
            raise ValueError(f"a rack has up to {_LARGEST} slots, not {slots}; use several")
        self.size: int = min(p["capacity"] or slots, slots) if self.slotted else p["capacity"] or 1_000_000
        if p["stock"] > self.size:
            raise ValueError(f"{p['stock']} parts do not fit into a rack of {self.size}")
        if p["stock"] and p["product"] is None:
            raise ValueError(f"the stock of {device.id} needs a product; write product: and its id")
        self.slots = [
            line.add_slot(device, device.pose @ Pose((x, _DEPTH, z)))
            for x, z in (self._middle(cell) for cell in range(slots))
        ]
        self.random = line.choices(device, "rack")
        self.spots: list[int] = list(range(1, slots + 1)) if self.slotted else []  # free slots, any order
        self.numbers = 0  # addresses given so far, without slots
        self.places: dict[int, tuple[float, float]] = {}  # of addresses in use, without slots
        self.parts: dict[int, Part] = {}  # by address, the longest in first
        self.order: list[int] = []  # addresses in use, any order
        self.index: dict[int, int] = {}  # of each in `order`
        line.register(self)

    @property
    def count(self) -> int:
        """Parts in the rack."""
        return len(self.parts)

    def has_room(self, address: int) -> bool:
        """For a part at this address; 0: anywhere."""
        if address:
            return self.slotted and address in self.spots
        return len(self.parts) < self.size

    def has_part(self, address: int) -> bool:
        """At this address; 0: anywhere."""
        return address in self.parts if address else bool(self.parts)

    def place_for(self, address: int) -> int:
        """Take a place for a part that comes: this address, or 0: one by the rule. There is room."""
        if not self.slotted:
            self.numbers += 1
            u, v = self.random.draw(), self.random.draw()
            if self.device.params["storage"] == "nearest":
                u = v = 0.0
            self.places[self.numbers] = (u * self.length - self.io[0], v * self.height - self.io[1])
            return self.numbers
        if address:
            self.spots.remove(address)
            return address
        if self.device.params["storage"] == "nearest":
            address = min(self.spots, key=lambda one: (self._way(one), one))
            self.spots.remove(address)
            return address
        k = int(self.random.draw() * len(self.spots))
        self.spots[k], self.spots[-1] = self.spots[-1], self.spots[k]
        return self.spots.pop()

    def next_out(self, address: int) -> int:
        """Where the part is that comes next: this address, or 0: one by the rule. There is one."""
        if address:
            return address
        rule = self.device.params["retrieval"]
        if rule == "fifo":
            return next(iter(self.parts))
        if rule == "nearest":
            return min(self.parts, key=lambda one: (self._way(one), one))
        return self.order[int(self.random.draw() * len(self.order))]

    def put(self, address: int, part: Part) -> None:
        """The part stands at its place now."""
        self.parts[address] = part
        self.index[address] = len(self.order)
        self.order.append(address)

    def take(self, address: int) -> Part:
        """The part leaves its place."""
        part = self.parts.pop(address)
        hole, last = self.index.pop(address), self.order.pop()
        if last != address:
            self.order[hole] = last
            self.index[last] = hole
        if self.slotted:
            self.spots.append(address)
        else:
            del self.places[address]
        return part

    def at(self, address: int) -> tuple[float, float]:
        """Along the rack and up, m from where parts come and go."""
        return self._middle(address - 1) if self.slotted else self.places[address]

    def slot(self, address: int) -> int:
        """The journal's slot for an address; without slots the one that is drawn nearest to it."""
        if self.slotted:
            return self.slots[address - 1]
        bays, levels = self.cells
        x, z = self.places[address]
        bay = min(int((x + self.io[0]) / self.length * bays), bays - 1)
        level = min(int((z + self.io[1]) / self.height * levels), levels - 1)
        return self.slots[level * bays + bay]

    def _middle(self, cell: int) -> tuple[float, float]:
        bays, levels = self.cells
        x = (cell % bays + 0.5) * self.length / bays - self.io[0]
        return x, (cell // bays + 0.5) * self.height / levels - self.io[1]

    def _way(self, address: int) -> float:
        x, z = self.at(address)
        p = self.device.params
        return max(abs(x) / float(p["speed"]), abs(z) / float(p["lift_speed"]))

    def restored(self) -> None:
        for part in self.parts.values():
            self.device.own(part)

    def bodies(self, floor: float) -> Sequence[Body]:
        """Uprights and shelves; a large rack is drawn with fewer."""
        frame, (x0, z0) = self.device.pose, self.io
        bays, levels = min(self.cells[0], 40), min(self.cells[1], 12)
        top = self.height - z0
        low = min(floor, -z0)
        return [
            *(
                box(frame, f"upright {k}", "frame", (0.06, 0.06, top - low),
                    (k * self.length / bays - x0, _DEPTH - 0.35, (top + low) / 2))
                for k in range(bays + 1)
            ),
            *(
                box(frame, f"shelf {k}", "steel", (self.length, 0.6, 0.03),
                    (self.length / 2 - x0, _DEPTH, (k + 0.5) * self.height / levels - z0 - 0.015))
                for k in range(levels)
            ),
        ]  # fmt: skip
