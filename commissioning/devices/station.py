"""Station: works on parts, one at a time, several side by side, or in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.plain_server import PlainServer
from commissioning.devices.server import BatchServer, Server
from commissioning.devices.shapes import box, post, shown
from commissioning.devices.staffed_server import StaffedServer
from commissioning.devices.times import Times
from commissioning.devices.work import PEOPLE, Conditions
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.duration import Bernoulli, Constant, in_slots
from commissioning.model.pose import Pose
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Reserving, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part
from commissioning.sim.random_stream import Sampler

__all__ = ["Station"]

# What a station of several servers does: the first of these that one of its servers does.
_RANK = (
    State.WORKING, State.SETUP, State.DOWN, State.BLOCKED, State.IDLE, State.STARVED, State.OFF,
)  # fmt: skip
_SPECIAL = ("operators", "setup", "setup_by", "repair_by", "shifts")


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose((float(params["length"]), 0.0, 0.0))


class Station(Device, Receiver, Giver):
    """Takes a part, works for `cycle`, offers it to `to`; a finished part stays until it is taken.

    A part that is given to the station is in it at once (the place behind it is free at that instant).
    Blocking is after service, or before it: then work begins only when a place downstream is kept for the
    part. Failures count operating time unless `counts: calendar`; a failure interrupts the cycle, which
    goes on after the repair. Of `parallel` servers each works, fails and blocks by itself.

    With a cycle by product, operators, set-ups, a repair crew or shifts it works by the rules of
    `devices.work`; these do not go with batches, slots and blocking before service.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="station",
        help="Works on parts for a cycle time: one at a time, several side by side, or in batches.",
        params=(
            Param("cycle", "distribution", "Time of work on one part, or by product.", by_product=1,
                  example="{normal: {mean: 5 s, sd: 0.5 s}}"),
            Param("parallel", "integer", "Servers side by side, one part each.", default=1, minimum=1,
                  maximum=1000),
            Param("blocking", "choice", "When it stops for want of a place downstream: a finished part stays,"
                  " or work does not begin.", default="after_service",
                  choices=("after_service", "before_service")),
            Param("batch", "integer", "Parts worked on together.", default=1, minimum=1, maximum=10000),
            Param("load", "distribution", "Time to load a batch, before its cycle.", default="0 s"),
            Param("slot", "duration", "Length of a slot where durations are numbers of slots.", default=None,
                  exclusive_minimum=0.0, example="1 s"),
            Param("failures", "mapping", "When it fails and how long a repair takes.", default=None,
                  example="{every: {exponential: 1 h}, repair: {exponential: 5 min}}",
                  fields=(
                      Param("every", "distribution", "Time from repair to the next failure."),
                      Param("repair", "distribution", "Time of a repair."),
                      Param("counts", "choice", "Which time counts towards a failure.",
                            default="operating", choices=("operating", "calendar")),
                  )),
            Param("causes", "list", "Further causes of failure, each by its operating time.", default=None,
                  example="[{every: {exponential: 8 h}, repair: 1 h}]",
                  item=Param("cause", "mapping", "One cause.", fields=(
                      Param("every", "distribution", "Operating time from its repair to its next failure."),
                      Param("repair", "distribution", "Time of a repair."),
                  ))),
            *PEOPLE,
            Param("length", "length", "Length of the station along travel.", default=0.6,
                  exclusive_minimum=0.0),
            Param("width", "length", "Width across travel.", default=0.6, exclusive_minimum=0.0),
        ),
        ports=(
            Port("enable", DataType.BOOL, "in", "Takes parts while true; without a binding always."),
            Port("start", DataType.BOOL, "in", "Work begins when true; without a binding it begins at once."),
            Port("occupied", DataType.BOOL, "out", "A part is in the station.", status="state"),
            Port("busy", DataType.BOOL, "out", "It works on a part.", status="state"),
            Port("done", DataType.BOOL, "out", "The part is finished and waits to leave.",
                 status="state"),
            Port("failed", DataType.BOOL, "out", "It is down.", status="state"),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=_exit_pose,
        example="pack: {type: station, cycle: 5 s, to: out}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("free", "stuck", "reserved", "waiting")
    constant: ClassVar[tuple[str, ...]] = (
        "cycle", "load", "batch", "causes", "by_calendar", "slot_ns", "tries", "before",
        "plain", "commanded", "servers", "only", "target", "keeper", "cycles", "people",
    )  # fmt: skip

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        given, slot = self.params, self.params["slot"]
        failures = given["failures"]
        self.cycles = Times(line, self, "cycle", given["cycle"], slot)
        self.cycle = self.cycles.one  # None: by product
        self.load = line.sampler(self, "load", in_slots(given["load"], slot))
        # (time to the next failure, time of a repair) by operating time, and the one by the calendar
        self.causes: list[tuple[Sampler, Sampler]] = []
        self.by_calendar: tuple[Sampler, Sampler] | None = None
        for k, cause in enumerate(((failures,) if failures else ()) + (given["causes"] or ())):
            pair = (
                line.sampler(self, f"failure{k or ''}", in_slots(cause["every"], slot)),
                line.sampler(self, f"repair{k or ''}", in_slots(cause["repair"], slot)),
            )
            if cause.get("counts") == "calendar":
                self.by_calendar = pair
            else:
                self.causes.append(pair)
        self.batch = given["batch"]
        self.slot_ns = round(slot * 1e9) if slot else 0
        self.tries = isinstance(given["cycle"], Bernoulli)
        self.before = given["blocking"] == "before_service"
        in_batches = self.batch > 1 or given["load"] != Constant(0.0)  # one part may take time to load, too
        if self.before and (in_batches or self.tries):
            raise ValueError("a batch, a load time, or a cycle {bernoulli: p}, does not go with blocking: "
                             "before_service")  # fmt: skip
        special = [name for name in _SPECIAL if given[name] is not None]
        special += ["a cycle by product"] if self.cycle is None else []
        if special and (self.before or in_batches or self.slot_ns):
            raise ValueError(f"{special[0]} does not go with a batch, a load time, a slot or blocking: "
                             "before_service")  # fmt: skip
        self.people = Conditions(line, self, self.causes, self.by_calendar) if special else None
        shifts = given["shifts"] is not None
        self.commanded = self.bound("enable") or self.bound("start") or shifts
        # nothing can stand against the beginning of work, and nothing interrupts it
        waits = self.before or self.slot_ns or self.bound("start")
        self.plain = not (self.causes or self.by_calendar or waits or special)
        count = given["parallel"]
        alone = self.plain and count == 1 and not self.commanded
        make = BatchServer if in_batches else PlainServer if alone else Server
        self.servers: list[Server | StaffedServer] = []
        for number in range(count):
            y = (number - (count - 1) / 2) * given["width"] / count
            place = line.add_slot(self, pose @ Pose((given["length"] / 2, y, 0.0)))
            if self.people is not None:
                self.servers.append(StaffedServer(self, number, place, self.people))
            else:
                self.servers.append(make(self, number, place))
            line.register(self.servers[-1])
        self.only = self.servers[0] if count == 1 else None
        self.target: Receiver | None = None
        self.keeper: Reserving | None = None  # the target, where it keeps places
        self.free = list(range(count))[::-1]  # servers that take a part, the next one last
        self.stuck: list[int] = []  # servers that wait for a place downstream, in their order
        self.reserved: list[str] = []  # givers for whose next part a place is kept, one entry a place
        self.waiting = Waiting()

    def connect(self) -> None:
        record = self.record
        target = record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        if isinstance(self.target, Reserving):
            self.keeper = self.target
        elif self.before:
            raise ValueError(f"{target.device} keeps no place: blocking: before_service needs a station, a "
                             f"buffer or a sink behind {record.id}")  # fmt: skip
        assert self.target is not None
        for server in self.servers:
            server.target = self.target
        if self.people is not None:
            self.people.connect()
        self.ports["enable"].subscribe(self.enable_changed)
        self.ports["start"].subscribe(self.start_changed)

    def start(self) -> None:
        self.begin_status(State.STARVED)
        for server in self.servers:
            server.start()
        if self.commanded:
            self.settle()  # there may be no shift, or no command

    def receiver(self, at: float | None = None) -> Receiver:
        return self.only if isinstance(self.only, PlainServer) else self

    def offer(self, part: Part, giver: Giver) -> bool:
        free = self.free
        if self.reserved and giver.id in self.reserved:
            self.reserved.remove(giver.id)
        elif not free or (self.reserved and self._room() <= 0) or (self.commanded and not self._enabled()):
            self.waiting.add(giver)
            return False
        if self.waiting.givers:
            self.waiting.discard(giver)
        if self.servers[free[-1]].take(part):
            free.pop()
        self.settle()
        return True

    def reserve(self, giver: Giver) -> bool:
        if self._room() <= 0 or not self._enabled():
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        self.reserved.append(giver.id)
        return True

    def ready(self, receiver: Receiver) -> None:
        stuck = self.stuck
        while stuck and self.servers[stuck[0]].go_on():
            stuck.pop(0)
        if not isinstance(self.only, PlainServer):
            self.settle()

    def reserve_ahead(self) -> bool:
        """Have a place kept downstream for a part of this station."""
        assert self.keeper is not None
        return self.keeper.reserve(self)

    def left(self, server: Server | StaffedServer) -> None:
        """A server is free again: whoever waits may give."""
        self.free.append(server.number)
        if self.waiting.givers:
            self._call()

    def settle(self) -> None:
        """Publish what the station does and holds now, if that has changed."""
        only = self.only
        if only is not None:
            state, held = only.condition(), only.held
        else:
            found = {server.condition() for server in self.servers}
            state = next(one for one in _RANK if one in found)
            held = sum(server.held for server in self.servers)
        if state is State.STARVED and self.commanded and not self._commanded_on():
            state = State.IDLE  # it may not take what comes
        if state is self.state and held == self.held:
            return
        if only is not None:
            working, finished, down = only.working, only.finished, only.down
        else:
            servers = self.servers
            working = any(server.working for server in servers)
            finished = any(server.finished for server in servers)
            down = any(server.down for server in servers)
        self.tell(state, held, (held > 0) | working << 1 | finished << 2 | down << 3)

    def enable_changed(self, _: None) -> None:
        """Enabled again: whoever waits may give."""
        self._call()
        self.settle()

    def start_changed(self, _: None) -> None:
        """The start command rose: work begins where a part waits for it."""
        for server in self.servers:
            if not server.working:
                server.begin()
        self.settle()

    def started(self) -> bool:
        """Whether work may begin as far as the start command goes."""
        return not self.commanded or bool(self.ports["start"].value) or not self.bound("start")

    def _call(self) -> None:
        """Call those who wait, each once at most, while there is room."""
        for _ in range(len(self.waiting.givers)):
            if not self.free or self._room() <= 0 or not self._enabled():
                return
            self.waiting.call(self)

    def _room(self) -> int:
        return sum(self.servers[number].room() for number in self.free) - len(self.reserved)

    def _enabled(self) -> bool:
        if self.people is not None and self.people.absent(self.line.kernel._now):
            return False
        return not self.commanded or self._commanded_on()

    def _commanded_on(self) -> bool:
        return bool(self.ports["enable"].value) or not self.bound("enable")

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, length, width = self.pose, self.params["length"], self.params["width"]
        half, x = width / 2, length / 2
        bodies = [
            box(frame, "table", "steel", (length, width - 0.1, 0.03), (x, 0, -0.015)),
            box(frame, "cabinet", "frame", (length, width - 0.1, 0.28), (x, 0, -0.18)),
            box(frame, "roof", "station", (length + 0.06, width + 0.12, 0.05), (x, 0, 0.82)),
            box(frame, "head", "station", (0.24, 0.24, 0.22), (x, 0, 0.68)),
        ]
        for i, (px, py) in enumerate(
            ((0.03, half), (0.03, -half), (length - 0.03, half), (length - 0.03, -half))
        ):
            bodies += post(frame, f"post {i}", "frame", 0.05, (px, py), 0.8)
        return bodies
