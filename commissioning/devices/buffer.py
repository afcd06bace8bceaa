"""Buffer: holds parts between devices."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box, post, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Buffer"]

_BLOCKED, _IDLE, _WORKING = State.BLOCKED, State.IDLE, State.WORKING  # looked up once
_MOVE, _SLOT = int(Kind.PART_MOVE), int(CarrierKind.SLOT)
_UNLIMITED = 1 << 60
_DRAWN = 24  # places that an unlimited buffer is drawn with; more parts share them


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose((float(params["length"]), 0.0, 0.0))


class Buffer(Device, Receiver, Giver):
    """Takes parts while there is a place and gives them on as soon as they are taken.

    Capacity counts the parts in the buffer itself, not those in the machine behind it. A part goes through
    an empty buffer in no time. With `discipline: priority` the product that is named first goes first, the
    longest wait first within a product; products that are not named come last. `pallets` parts are in it
    at time 0: a closed loop of devices with one such buffer has that many pallets for ever.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="buffer",
        help="Holds parts until what follows takes them.",
        params=(
            Param("capacity", "integer", "Parts it holds at most; without it any number.", default=None,
                  minimum=1, maximum=1000000000, example="3"),
            Param("discipline", "choice", "Who goes first.", default="fifo", choices=("fifo", "priority")),
            Param("priority", "list", "Products, the first to go first.", default=None,
                  item=Param("product", "product", "A product."), example="[urgent, normal]"),
            Param("pallets", "integer", "Parts that are in it at time 0.", default=0, minimum=0,
                  maximum=1000000),
            Param("product", "product", "What the pallets are.", default=None, example="pallet"),
            Param("length", "length", "Length along travel.", default=0.6, exclusive_minimum=0.0),
            Param("width", "length", "Width across travel.", default=0.6, exclusive_minimum=0.0),
        ),
        ports=(
            Port("count", DataType.UDINT, "out", "Parts in the buffer.", status="state"),
            Port("full", DataType.BOOL, "out", "There is no place left.", status="state"),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=_exit_pose,
        example="wait: {type: buffer, capacity: 3, to: pack}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("queue", "taken", "reserved", "waiting")
    derived: ClassVar[tuple[str, ...]] = ("ranks",)
    constant: ClassVar[tuple[str, ...]] = (
        "capacity", "order", "pallets", "product", "places", "note", "target",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("fill",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        given, names = self.params, [product.id for product in line.products]
        self.capacity: int = given["capacity"] or _UNLIMITED
        self.order: dict[int, int] | None = None  # rank by product
        if given["discipline"] == "priority":
            if not given["priority"]:
                raise ValueError("discipline: priority needs the products; write priority: [urgent, normal]")
            first = {names.index(name): rank for rank, name in enumerate(given["priority"])}
            self.order = {k: first.get(k, len(first)) for k in range(len(names))}
        elif given["priority"]:
            raise ValueError("priority: [...] counts with discipline: priority only")
        self.pallets = given["pallets"]
        if self.pallets > self.capacity:
            raise ValueError(f"{self.pallets} pallets do not fit into a buffer of {self.capacity}")
        if self.pallets and given["product"] is None:
            raise ValueError("pallets need a product; write product: and its id")
        self.product = names.index(given["product"]) if given["product"] is not None else -1
        shown_places = min(self.capacity, _DRAWN)
        self.places = [
            line.add_slot(self, pose @ Pose(((k + 0.5) * given["length"] / shown_places, 0.0, 0.0)))
            for k in range(shown_places)
        ]
        self.note = line.journal.note
        self.target: Receiver | None = None
        self.queue: deque[Part] = deque()
        self.ranks: deque[int] = deque()  # of the parts in the queue, where priorities count
        self.taken = 0  # parts taken so far
        self.reserved: list[str] = []  # givers for whose next part a place is kept, one entry a place
        self.waiting = Waiting()

    def connect(self) -> None:
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)

    def start(self) -> None:
        self.begin_status(State.IDLE)
        if self.pallets:
            self.line.kernel.call_at(0, self.fill, self.pallets)

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def fill(self, pallets: int) -> None:
        """Continuation: the pallets that it holds at the start; then the line begins to move."""
        for _ in range(pallets):
            part = self.line.make_part(self.product, self)
            part.owner = self
            self._enter(part)
        self._settle()
        assert self.target is not None
        self.ready(self.target)

    def offer(self, part: Part, giver: Giver) -> bool:
        queue, claimed = self.queue, False
        if self.reserved and giver.id in self.reserved:
            self.reserved.remove(giver.id)
            claimed = True
        elif len(queue) + len(self.reserved) >= self.capacity:
            self.waiting.add(giver)
            return False
        if self.waiting.givers:
            self.waiting.discard(giver)
        part.owner, part.place = self, None
        places, taken = self.places, self.taken
        if queue:
            if self.order is None:
                self.note(_MOVE, _SLOT, part.id, places[taken % len(places)])
                self.taken = taken + 1
                queue.append(part)
            else:
                self._enter(part)
        else:
            self.note(_MOVE, _SLOT, part.id, places[taken % len(places)])
            self.taken = taken + 1
            if self.target.offer(part, self):  # type: ignore[union-attr]
                if claimed:
                    self._call()  # the place that was kept is free again, and nobody has left it
                return True
            queue.append(part)
            if self.order is not None:
                self.ranks.append(self.order[part.product])
        held = len(queue)
        if held >= self.capacity:
            self.tell(_BLOCKED, held, 1)
        else:
            self.tell(_WORKING, held, 0)
        return True

    def reserve(self, giver: Giver) -> bool:
        if len(self.queue) + len(self.reserved) >= self.capacity:
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        self.reserved.append(giver.id)
        return True

    def ready(self, receiver: Receiver) -> None:
        queue = self.queue
        while queue and receiver.offer(queue[0], self):
            queue.popleft()
            if self.ranks:
                self.ranks.popleft()
            if self.waiting.givers:
                self._call()
        if len(queue) != self.held:
            self._settle()

    def _call(self) -> None:
        """Call those who wait, each once at most, while there is a place."""
        for _ in range(len(self.waiting.givers)):
            if len(self.queue) + len(self.reserved) >= self.capacity:
                return
            self.waiting.call(self)

    def _enter(self, part: Part) -> None:
        """Behind those that go before it."""
        self.note(_MOVE, _SLOT, part.id, self.places[self.taken % len(self.places)])
        self.taken += 1
        if self.order is None:
            self.queue.append(part)
            return
        rank = self.order[part.product]
        behind = bisect_right(self.ranks, rank)
        self.queue.insert(behind, part)
        self.ranks.insert(behind, rank)

    def _settle(self) -> None:
        """Publish how many parts it holds, if that has changed."""
        held = len(self.queue)
        if held == self.held:
            return
        if held >= self.capacity:
            self.tell(_BLOCKED, held, 1)
        else:
            self.tell(_WORKING if held else _IDLE, held, 0)

    def restored(self) -> None:
        super().restored()
        for part in self.queue:
            self.own(part)
        if self.order is not None:
            self.ranks = deque(self.order[part.product] for part in self.queue)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, length, width = self.pose, self.params["length"], self.params["width"]
        half, x = width / 2, length / 2
        bodies = [
            box(frame, "shelf", "steel", (length, width - 0.08, 0.03), (x, 0, -0.015)),
            box(frame, "left rail", "frame", (length, 0.04, 0.1), (x, half - 0.02, 0.03)),
            box(frame, "right rail", "frame", (length, 0.04, 0.1), (x, 0.02 - half, 0.03)),
        ]
        corners = [(px, py) for px in (0.03, length - 0.03) for py in (half - 0.03, 0.03 - half)]
        for i, corner in enumerate(corners):
            bodies += post(frame, f"leg {i}", "frame", 0.05, corner, -0.03)
        return bodies
