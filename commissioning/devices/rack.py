"""Rack: stores parts in slots with addresses, one crane brings them in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.kernel import instant
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Rack"]

_MOVE, _SLOT = int(Kind.PART_MOVE), int(CarrierKind.SLOT)
_REST, _STORE, _RETRIEVE = 0, 1, 2
_LARGEST = 20_000


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose((0.0, -float(params["pitch"]), 0.0))


class Rack(Device, Receiver, Giver):
    """`bays` x `levels` slots. Address 1 is bay 1, level 1, next to the place where parts come and go; then
    along the bay direction: address = (level - 1) * bays + bay.

    The crane does one thing after another: to store, it goes to the place, takes the part (`handling`),
    goes to the slot and puts it down (`handling` again); to retrieve, the other way. Both directions move
    at once and at constant speed: the way takes the longer of the two times. It stays where it has been.
    A retrieved part stands at the place until `to` takes it.

    Without bindings it takes every part and gives them back as fast as it can, in the order of
    `retrieves`. With `retrieve` bound, each rising edge asks for one part: that of `address` if it is not
    0, else the first of product number `product` (in the order of the scene, from 1; 0: any) by the rule.
    `store_at` gives the slot of the next part to be stored (0: by `stores`). What cannot be done (an
    empty slot, an occupied one, none of that product) raises `refused` until the next command.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="rack",
        help="Stores parts in addressed slots with one crane.",
        params=(
            Param("bays", "integer", "Slots side by side.", default=10, minimum=1, maximum=2000),
            Param("levels", "integer", "Slots one above the other.", default=4, minimum=1, maximum=200),
            Param("pitch", "length", "From slot to slot along the rack.", default=0.6,
                  exclusive_minimum=0.0),
            Param("height", "length", "From level to level.", default=0.5, exclusive_minimum=0.0),
            Param("speed", "speed", "Of the crane along the rack.", default=2.0, exclusive_minimum=0.0),
            Param("lift_speed", "speed", "Of the crane up and down.", default=0.5, exclusive_minimum=0.0),
            Param("handling", "duration", "To take a part or to put it down.", default="3 s", minimum=0.0),
            Param("stores", "choice", "Which free slot is taken.", default="nearest",
                  choices=("nearest", "lowest", "farthest")),
            Param("retrieves", "choice", "Which part goes first: longest in, last in, or the quickest way.",
                  default="fifo", choices=("fifo", "lifo", "nearest")),
            Param("first", "choice", "What goes first when parts wait to come and to go.",
                  default="retrieve", choices=("retrieve", "store", "alternate")),
        ),
        ports=(
            Port("enable", DataType.BOOL, "in", "Takes parts while true; without a binding always."),
            Port("store_at", DataType.UINT, "in", "Address for the next part; 0: by the rule."),
            Port("retrieve", DataType.BOOL, "in", "A rising edge asks for a part; without a binding all are"
                 " given back."),
            Port("address", DataType.UINT, "in", "Address to retrieve from; 0: by product and rule."),
            Port("product", DataType.UINT, "in", "Number of the product to retrieve; 0: any."),
            Port("count", DataType.UDINT, "out", "Parts in the slots."),
            Port("full", DataType.BOOL, "out", "No slot is free."),
            Port("busy", DataType.BOOL, "out", "The crane is at work."),
            Port("ready", DataType.BOOL, "out", "A part stands at the place, to be taken away."),
            Port("refused", DataType.BOOL, "out", "The last command could not be done."),
            Port("stored", DataType.UINT, "out", "Address last stored into."),
            Port("retrieved", DataType.UINT, "out", "Address last retrieved from."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=_exit_pose,
        example="store: {type: rack, bays: 20, levels: 5, to: belt2, tags: {retrieve: Q_Get, address: Q_At}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = (
        "slots", "order", "entered", "incoming", "outgoing", "at", "job", "slot", "asked", "turn", "waiting",
        "edge", "carried",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = (
        "size", "places", "handling", "mast", "target", "commanded", "steps", "way_out",
        "preference",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("picked", "put")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        self.size: int = p["bays"] * p["levels"]
        if self.size > _LARGEST:
            raise ValueError(f"a rack has up to {_LARGEST} slots, not {self.size}; use several")
        self.places = [line.add_slot(self, pose)]  # by address; 0: where parts come in
        self.way_out = line.add_slot(self, pose @ _exit_pose(p, ""))
        for slot in range(self.size):
            bay, level = slot % p["bays"], slot // p["bays"]
            at = pose @ Pose(((bay + 1) * p["pitch"], p["pitch"], level * p["height"]))
            self.places.append(line.add_slot(self, at))
        self.handling = round(p["handling"] * 1e9)
        # ns from one bay, and one level, to the next; the place is one bay before the first
        self.steps: tuple[float, float] = (
            p["pitch"] / p["speed"] * 1e9, p["height"] / p["lift_speed"] * 1e9,
        )  # fmt: skip
        sign = {"nearest": 1.0, "lowest": 0.0, "farthest": -1.0}[p["stores"]]
        self.preference = sorted(range(1, self.size + 1), key=lambda a: (sign * self.way(0, a), a))
        self.mast = line.add_axis(self, "mast")
        self.target: Receiver | None = None
        self.commanded = self.bound("retrieve")
        self.slots: dict[int, Part] = {}  # by address
        self.order: list[int] = []  # addresses in use, longest first
        self.entered = 0
        self.incoming: Part | None = None  # stands at the place, to be stored
        self.outgoing: Part | None = None  # stands at the place, to be taken away
        self.carried: Part | None = None
        self.at = 0  # address where the crane is, 0: the place
        self.job = _REST
        self.slot = 0  # address that the job is about
        self.asked: list[tuple[int, int]] = []  # commands to retrieve: (address, product number)
        self.turn = _STORE  # what was done last
        self.edge = False
        self.waiting = Waiting()

    @property
    def works_at_once(self) -> int | None:
        return 1

    def connect(self) -> None:
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        self.ports["retrieve"].subscribe(self.retrieve_changed)
        self.ports["enable"].subscribe(self.enable_changed)
        self.ports["store_at"].subscribe(self.store_at_changed)

    def start(self) -> None:
        for name in ("count", "stored", "retrieved"):
            self.ports[name].write(0)
        for name in ("full", "busy", "ready", "refused"):
            self.ports[name].write(False)
        self.edge = bool(self.ports["retrieve"].value)
        self._settle()

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        if self.incoming is not None or not self._enabled() or self._free_slots() <= 0:
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        self.own(part)
        self.incoming = part
        self.line.journal.add(_MOVE, _SLOT, part.id, self.places[0])
        self._next()
        return True

    def ready(self, receiver: Receiver) -> None:
        self._give()

    def enable_changed(self, _: None) -> None:
        """Enabled again: whoever waits may give."""
        self._call()

    def retrieve_changed(self, _: None) -> None:
        """A rising edge is a command."""
        before, self.edge = self.edge, bool(self.ports["retrieve"].value)
        if self.edge and not before:
            self._write("refused", False)
            self.asked.append((int(self.ports["address"].value), int(self.ports["product"].value)))
            self._next()

    def store_at_changed(self, _: None) -> None:
        """Another address: it may be free."""
        self._next()

    def picked(self, _: int) -> None:
        """Continuation: the crane has taken the part."""
        if self.job == _STORE:
            self.carried, self.incoming = self.incoming, None
            self._go(self.slot, self.put)
        else:
            self.carried = self.slots.pop(self.slot)
            self.order.remove(self.slot)
            self.at = self.slot
            self._go(0, self.put)
        self._call()
        self._settle()

    def put(self, _: int) -> None:
        """Continuation: the crane has put the part down."""
        part, self.carried = self.carried, None
        assert part is not None
        job, self.job = self.job, _REST
        self.turn = job
        if job == _STORE:
            self.at = self.slot
            self.slots[self.slot] = part
            self.order.append(self.slot)
            self.line.journal.add(_MOVE, _SLOT, part.id, self.places[self.slot])
            self._write("stored", self.slot)
        else:
            self.at = 0
            self.outgoing = part
            self.line.journal.add(_MOVE, _SLOT, part.id, self.way_out)
            self._write("retrieved", self.slot)
            self._give()
        self._next()

    def way(self, start: int, end: int) -> float:
        """Time in ns from one address to another (0: the place), the longer of both directions."""
        (bay, level), (to_bay, to_level) = self._cell(start), self._cell(end)
        along, up = self.steps
        return max(abs(to_bay - bay) * along, abs(to_level - level) * up)

    def _cell(self, address: int) -> tuple[int, int]:
        bays = self.params["bays"]
        return (-1, 0) if not address else ((address - 1) % bays, (address - 1) // bays)

    def _next(self) -> None:
        """The next job, if the crane rests and there is one."""
        while self.job == _REST:
            jobs = [_RETRIEVE, _STORE]
            rule = self.params["first"]
            if rule == "store" or (rule == "alternate" and self.turn == _RETRIEVE):
                jobs.reverse()
            if not any(self._begin(job) for job in jobs):
                break
        self._settle()

    def _begin(self, job: int) -> bool:
        """Begin a job if it can be done; True: it has begun, or a command was refused."""
        if job == _STORE:
            if self.incoming is None:
                return False
            slot = self._slot_to_store()
            if not slot:
                return False
            self.job, self.slot = job, slot
            self._go(0, self.picked)
            return True
        if self.outgoing is not None or (self.commanded and not self.asked):
            return False
        address, product = self.asked.pop(0) if self.commanded else (0, 0)
        slot = self._slot_to_retrieve(address, product)
        if not slot:
            if self.commanded:
                self._write("refused", True)
            return self.commanded
        self.job, self.slot = job, slot
        self._go(slot, self.picked)
        return True

    def _go(self, address: int, then: Any) -> None:
        """Move to an address and handle a part there."""
        kernel, p = self.line.kernel, self.params
        x = (self._cell(address)[0] + 1) * p["pitch"]
        if abs(self.mast.travel(kernel._now) - x) > 1e-9:
            self.mast.move_to(x, p["speed"])
        kernel.call_at(kernel._now + instant(self.way(self.at, address)) + self.handling, then, 0)
        self.at = address

    def _slot_to_store(self) -> int:
        """The address for the part that waits, 0 if there is none (now)."""
        wanted = int(self.ports["store_at"].value) if self.bound("store_at") else 0
        if wanted:
            free = 1 <= wanted <= self.size and wanted not in self.slots
            self._write("refused", not free)
            return wanted if free else 0
        return next((address for address in self.preference if address not in self.slots), 0)

    def _slot_to_retrieve(self, address: int, product: int) -> int:
        if address:
            return address if address in self.slots else 0
        found = [slot for slot in self.order if not product or self.slots[slot].product == product - 1]
        if not found:
            return 0
        rule = self.params["retrieves"]
        if rule == "nearest":
            return min(found, key=lambda slot: (self.way(self.at, slot) + self.way(slot, 0), slot))
        return found[0] if rule == "fifo" else found[-1]

    def _give(self) -> None:
        part = self.outgoing
        if part is None:
            return
        self.outgoing = None  # what takes it may ask for the next at once
        assert self.target is not None
        if not self.target.offer(part, self):
            self.outgoing = part
        self._next()

    def _call(self) -> None:
        for _ in range(len(self.waiting.givers)):
            if self.incoming is not None or not self._enabled() or self._free_slots() <= 0:
                return
            self.waiting.call(self)

    def goes_on(self) -> bool:
        """The crane is at work and may make room; or nothing may come in."""
        return self.job != _REST or not self._enabled()

    def _free_slots(self) -> int:
        """Slots that are neither in use nor on their way to be."""
        coming = (self.incoming is not None) + (self.carried is not None and self.job == _STORE)
        return self.size - len(self.slots) - coming

    def _enabled(self) -> bool:
        return bool(self.ports["enable"].value) or not self.bound("enable")

    def _write(self, port: str, value: int | bool) -> None:
        if self.ports[port].source != value:
            self.ports[port].write(value)

    def _settle(self) -> None:
        """Publish what it holds and does, if that has changed."""
        standing = (self.incoming, self.outgoing, self.carried)
        held = len(self.slots) + sum(part is not None for part in standing)
        busy = self.job != _REST
        blocked = self.outgoing is not None
        state = State.WORKING if busy else State.BLOCKED if blocked else State.IDLE
        self.set_state(state, held)
        self._write("count", len(self.slots))
        self._write("full", len(self.slots) >= self.size)
        self._write("busy", busy)
        self._write("ready", blocked)

    def restored(self) -> None:
        super().restored()
        for part in (*self.slots.values(), self.incoming, self.outgoing, self.carried):
            if part is not None:
                self.own(part)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        p, frame = self.params, self.pose
        pitch, rise = p["pitch"], p["height"]
        length, height = p["bays"] * pitch, p["levels"] * rise
        x = pitch / 2 + length / 2
        bodies = [box(frame, "place", "steel", (pitch, pitch * 0.8, 0.03), (0, 0, -0.015))]
        for level in range(min(p["levels"], 40)):
            bodies.append(
                box(
                    frame,
                    f"beam {level}",
                    "frame",
                    (length, pitch * 0.8, 0.03),
                    (x, pitch, level * rise - 0.015),
                )
            )
        uprights = min(p["bays"] + 1, 60)
        for k in range(uprights):
            along = pitch / 2 + length * k / max(uprights - 1, 1)
            post_at = (along, pitch * 1.4, height / 2)
            bodies.append(box(frame, f"upright {k}", "frame", (0.05, 0.05, height), post_at))
        tip = frame.apply((1.0, 0.0, 0.0))
        axis = (tip[0] - frame.xyz[0], tip[1] - frame.xyz[1], tip[2] - frame.xyz[2])
        mast, drive = frame @ Pose((0.0, pitch * 0.35, height / 2)), f"{self.id}.mast"
        bodies.append(Body("mast", "box", (0.12, 0.12, height + 0.3), mast, "pusher", drive=drive, axis=axis))
        return bodies
