"""Crane: a storage and retrieval machine in front of a rack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.crane_rack import CraneRack, rack_params
from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.axis import Axis
from commissioning.sim.decks import Deck
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Crane"]

_MOVE, _SLOT, _BODY = int(Kind.PART_MOVE), int(CarrierKind.SLOT), int(CarrierKind.BODY)
_STORING = ("pick", "go_store", "deposit")
_FETCHING = ("go_fetch", "fetch")
_HOME = ("home",)
_GIVING = ("drop", "give")


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose((0.0, -0.8, 0.0))


class Crane(Device, Receiver, Giver):
    """Travels along the rack (+x of its pose) and lifts at once: a way takes the longer of both times.

    Cycles begin and end at the place where parts come and go, the origin of its pose. A *single* cycle
    stores one part or fetches one, a *dual* one stores and fetches on the same round; it falls back to a
    single one where there is nothing to store or nothing to fetch. Single cycles take turns. To pick and to
    deposit a part takes its time at either end. A part that is fetched is offered to `to` and stays on the
    crane until it is taken.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="crane",
        help="Storage and retrieval machine with its rack: single and dual cycles, slots or any place.",
        params=(
            *rack_params(),
            Param("speed", "speed", "Along the rack.", exclusive_minimum=0.0, example="3 m/s"),
            Param("acceleration", "acceleration", "Along the rack; 0: at once.", default=0.0, minimum=0.0),
            Param("jerk", "jerk", "Along the rack; 0: not limited.", default=0.0, minimum=0.0),
            Param("lift_speed", "speed", "Up and down.", exclusive_minimum=0.0, example="0.8 m/s"),
            Param("lift_acceleration", "acceleration", "Up and down; 0: at once.", default=0.0, minimum=0.0),
            Param("lift_jerk", "jerk", "Up and down; 0: not limited.", default=0.0, minimum=0.0),
            Param("pick", "distribution", "Time to take a part, at the place or in the rack.",
                  default="0 s", example="5 s"),
            Param("deposit", "distribution", "Time to put a part down.", default="0 s", example="5 s"),
            Param("cycle", "choice", "What a round does.", default="dual", choices=("single", "dual")),
        ),
        ports=(
            Port("store", DataType.BOOL, "in", "May store; without a binding always."),
            Port("retrieve", DataType.BOOL, "in", "May fetch; without a binding always."),
            Port("store_at", DataType.UDINT, "in", "Address for the next part; 0: by the rule."),
            Port("retrieve_from", DataType.UDINT, "in", "Address to fetch from; 0: by the rule."),
            Port("busy", DataType.BOOL, "out", "It is on a round."),
            Port("loaded", DataType.BOOL, "out", "It has a part, taken whole."),
            Port("refused", DataType.BOOL, "out", "The address asked for is occupied, empty or none."),
            Port("count", DataType.UDINT, "out", "Parts in the rack."),
            Port("cycles", DataType.UDINT, "out", "Rounds so far."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=_exit_pose,
        example="store: {type: crane, length: 60 m, height: 12 m, speed: 3 m/s, acceleration: 0.5 m/s2,"
        " lift_speed: 0.8 m/s, pick: 5 s, deposit: 5 s, to: belt2}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = (
        "todo", "carried", "spot", "source", "pending", "stored_last", "waiting", "cycles",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("travel", "lift", "rack", "target", "pick", "deposit")
    continuations: ClassVar[tuple[str, ...]] = ("handled", "begin")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        given = self.params
        for prefix in ("", "lift_"):
            if given[f"{prefix}jerk"] and not given[f"{prefix}acceleration"]:
                raise ValueError(f"{self.id} has a {prefix}jerk; write {prefix}acceleration: and its limit")
        self.travel = line.add_axis(self, "travel")
        self.lift = line.add_axis(self, "lift")
        along, up = pose.rotate((1.0, 0.0, 0.0)), pose.rotate((0.0, 0.0, 1.0))
        line.add_deck(Deck(f"{self.id}.travel", pose, along))
        line.add_deck(Deck(f"{self.id}.lift", pose, up, on=f"{self.id}.travel"))
        self.rack = CraneRack(self, line)
        self.pick = line.sampler(self, "pick", given["pick"])
        self.deposit = line.sampler(self, "deposit", given["deposit"])
        self.target: Receiver | None = None
        self.todo: list[str] = []  # what is left of the round, the present step first
        self.carried: Part | None = None
        self.spot = 0  # address of the round to store at
        self.source = 0  # address of the round to fetch from
        self.pending = 0  # axes that have not arrived
        self.stored_last = False
        self.waiting = Waiting()
        self.cycles = 0

    @property
    def works_at_once(self) -> int | None:
        return 1

    def connect(self) -> None:
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        self.travel.watch_arrived(self.arrived)
        self.lift.watch_arrived(self.arrived)
        for name in ("store", "retrieve", "store_at", "retrieve_from"):
            self.ports[name].subscribe(self.command_changed)

    def start(self) -> None:
        for name in ("busy", "loaded", "refused"):
            self.ports[name].write(False)
        self.ports["cycles"].write(0)
        self._fill()
        self._settle()
        self.line.kernel.call_at(0, self.begin)

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def _fill(self) -> None:
        """The stock, each part where a random one goes."""
        names = [product.id for product in self.line.products]
        for _ in range(self.params["stock"]):
            part = self.line.make_part(names.index(self.params["product"]), self)
            self.own(part)
            address = self.rack.place_for(0)
            self.line.journal.add(_MOVE, _SLOT, part.id, self.rack.slot(address))
            self.rack.put(address, part)

    # rounds --------------------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        fetch = self._can_fetch()
        if self.todo or not self._can_store() or (fetch and self._singles() and self.stored_last):
            self.waiting.add(giver)
            self._begin()
            self._settle()
            return False
        self.waiting.discard(giver)
        self.source = 0 if self._singles() or not fetch else self.rack.next_out(self._asked("retrieve_from"))
        self.spot = self.rack.place_for(self._asked("store_at"))
        self.own(part)
        self.carried = part
        self.line.journal.add(_MOVE, _BODY, part.id, self.lift.index)
        self._start_round(_STORING + (_FETCHING + _HOME + _GIVING if self.source else _HOME))
        return True

    def begin(self, _: None) -> None:
        """Continuation: everybody has offered what there is at time 0."""
        self._begin()

    def command_changed(self, _: None) -> None:
        """A command changed."""
        self._begin()
        self._settle()

    def _begin(self) -> None:
        """The next round, if there is one to do: with a part that waits, or for one that is stored."""
        if self.todo:
            return
        fetch = self._can_fetch()
        if self._can_store() and not (fetch and self._singles() and self.stored_last):
            for _ in range(len(self.waiting.givers)):
                self.waiting.call(self)
                if self.todo:
                    return
        if fetch:
            self.source = self.rack.next_out(self._asked("retrieve_from"))
            self._start_round(_FETCHING + _HOME + _GIVING)

    def _start_round(self, steps: tuple[str, ...]) -> None:
        self.todo = list(steps)
        self.stored_last = steps[0] == "pick"
        self._step()
        self._settle()

    def _singles(self) -> bool:
        return bool(self.params["cycle"] == "single")

    def _can_store(self) -> bool:
        """May it, and is there room?"""
        return self._may("store") and self._answer("store_at", self.rack.has_room)

    def _can_fetch(self) -> bool:
        """May it, and is there something?"""
        return self._may("retrieve") and self._answer("retrieve_from", self.rack.has_part)

    def _answer(self, port: str, possible: Callable[[int], bool]) -> bool:
        """Whether it can be done at the address asked for, or anywhere; an address that cannot is refused."""
        asked = self._asked(port)
        found = possible(asked)
        refused = bool(asked) and not found
        if self.bound(port) and self.ports["refused"].source is not refused:
            self.ports["refused"].write(refused)
        return found

    def _asked(self, port: str) -> int:
        return int(self.ports[port].value) if self.bound(port) else 0

    def _may(self, port: str) -> bool:
        return not self.bound(port) or bool(self.ports[port].value)

    # steps ---------------------------------------------------------------------------------------

    def _step(self) -> None:
        """Begin the present step."""
        step = self.todo[0]
        if step == "go_store":
            self._go(*self.rack.at(self.spot))
        elif step == "go_fetch":
            self._go(*self.rack.at(self.source))
        elif step == "home":
            self._go(0.0, 0.0)
        elif step == "give":
            assert self.target is not None
            self.ready(self.target)
        else:
            time = self.pick if step in ("pick", "fetch") else self.deposit
            kernel = self.line.kernel
            kernel.call_at(kernel._now + time.draw(), self.handled)

    def handled(self, _: None) -> None:
        """Continuation: a part has been picked or deposited."""
        step, journal = self.todo[0], self.line.journal
        if step == "fetch":
            self.carried = part = self.rack.take(self.source)
            journal.add(_MOVE, _BODY, part.id, self.lift.index, 0.0)
        elif step == "deposit":
            assert self.carried is not None
            part, self.carried = self.carried, None
            journal.add(_MOVE, _SLOT, part.id, self.rack.slot(self.spot))
            self.rack.put(self.spot, part)
        if step != "drop":
            self.ports["loaded"].write(self.carried is not None)
        self._done()

    def arrived(self, position: float) -> None:
        """One of the axes stands where it was to go."""
        self.pending -= 1
        if not self.pending:
            self._done()

    def ready(self, receiver: Receiver) -> None:
        if not self.todo or self.todo[0] != "give" or self.carried is None:
            return
        part, self.carried = self.carried, None  # what takes it may ask for the next at once
        if not receiver.offer(part, self):
            self.carried = part
            self._settle()
            return
        self.ports["loaded"].write(False)
        self._done()

    def _done(self) -> None:
        """The present step is over."""
        self.todo.pop(0)
        if self.todo:
            self._step()
        else:
            self.cycles += 1
            self.ports["cycles"].write(self.cycles)
            self._begin()
        self._settle()

    def _go(self, x: float, z: float) -> None:
        given = self.params
        moves: list[tuple[Axis, float, str]] = [(self.travel, x, ""), (self.lift, z, "lift_")]
        now = self.line.kernel._now
        moves = [move for move in moves if move[0].travel(now) != move[1]]
        self.pending = len(moves)
        for axis, goal, of in moves:
            rate = given[f"{of}acceleration"]
            axis.move_to(goal, given[f"{of}speed"], rate, rate, given[f"{of}jerk"])
        if not moves:
            self._done()

    def _settle(self) -> None:
        """Publish what it does, if that has changed."""
        blocked = bool(self.todo) and self.todo[0] == "give" and self.carried is not None
        empty = State.IDLE if self.waiting else State.STARVED  # idle: there is a part, it is told not to
        state = State.BLOCKED if blocked else State.WORKING if self.todo else empty
        self.set_state(state, self.rack.count + (self.carried is not None))
        for port, value in (("busy", bool(self.todo)), ("count", self.rack.count)):
            if self.ports[port].source != value:
                self.ports[port].write(value)

    def restored(self) -> None:
        super().restored()
        if self.carried is not None:
            self.own(self.carried)

    def axis_under(self, part: Part) -> int | None:
        return self.lift.index if part is self.carried else None

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, height = self.pose, self.params["height"]
        floor = -max(frame.xyz[2], 0.2)
        along = frame.rotate((1.0, 0.0, 0.0))
        mast = frame @ Pose((-0.45, 0.0, (floor + height + 0.6) / 2))
        foot = frame @ Pose((0.0, 0.0, floor + 0.1))
        fork = frame @ Pose((0.0, 0.0, -0.03))
        travel, lift = f"{self.id}.travel", f"{self.id}.lift"
        return [
            *self.rack.bodies(floor),
            box(frame, "rail", "steel", (self.params["length"] + 1.6, 0.08, 0.04),
                (self.params["length"] / 2, 0.0, floor + 0.02)),
            Body("mast", "box", (0.14, 0.2, height + 0.6 - floor), mast, "pusher", drive=travel, axis=along),
            Body("foot", "box", (1.1, 0.3, 0.12), foot, "steel", drive=travel, axis=along),
            Body("fork", "box", (0.7, 0.7, 0.06), fork, "blade", drive=lift, axis=(0.0, 0.0, 1.0)),
        ]  # fmt: skip
