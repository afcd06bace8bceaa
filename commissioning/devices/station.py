"""Station: works on one part at a time."""

from __future__ import annotations

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

__all__ = ["Station"]


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose((float(params["length"]), 0.0, 0.0))


class Station(Device, Receiver, Giver):
    """Takes a part, works for `cycle`, offers it to `to`; a finished part stays until it is taken.

    A part that is given to the station is in it at once (the place behind it is free at that instant).
    Blocking is after service. Failures count operating time unless `counts: calendar`; a failure
    interrupts the cycle, which goes on after the repair.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="station",
        help="Works on one part at a time for a cycle time; blocks after service.",
        params=(
            Param("cycle", "distribution", "Time of work on one part.",
                  example="{normal: {mean: 5 s, sd: 0.5 s}}"),
            Param("failures", "mapping", "When it fails and how long a repair takes.", default=None,
                  example="{every: {exponential: 1 h}, repair: {exponential: 5 min}}",
                  fields=(
                      Param("every", "distribution", "Time from repair to the next failure."),
                      Param("repair", "distribution", "Time of a repair."),
                      Param("counts", "choice", "Which time counts towards a failure.",
                            default="operating", choices=("operating", "calendar")),
                  )),
            Param("length", "length", "Length of the station along travel.", default=0.6,
                  exclusive_minimum=0.0),
            Param("width", "length", "Width across travel.", default=0.6, exclusive_minimum=0.0),
        ),
        ports=(
            Port("enable", DataType.BOOL, "in", "Takes parts while true; without a binding always."),
            Port("start", DataType.BOOL, "in", "Work begins when true; without a binding it begins at once."),
            Port("occupied", DataType.BOOL, "out", "A part is in the station."),
            Port("busy", DataType.BOOL, "out", "It works on a part."),
            Port("done", DataType.BOOL, "out", "The part is finished and waits to leave."),
            Port("failed", DataType.BOOL, "out", "It is down."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=_exit_pose,
        example="pack: {type: station, cycle: 5 s, to: out}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = (
        "part", "finished", "working", "remaining", "since", "version", "down", "until_failure", "clock",
        "waiting",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("cycle", "fail_every", "repair_time", "calendar", "slot", "target")
    continuations: ClassVar[tuple[str, ...]] = ("cycle_over", "fail", "repaired")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.cycle = line.sampler(self, "cycle", self.params["cycle"])
        failures = self.params["failures"]
        self.fail_every = line.sampler(self, "failure", failures["every"]) if failures else None
        self.repair_time = line.sampler(self, "repair", failures["repair"]) if failures else None
        self.calendar = bool(failures) and failures["counts"] == "calendar"
        self.slot = line.add_slot(self, pose @ Pose((self.params["length"] / 2, 0.0, 0.0)))
        self.target: Receiver | None = None
        self.part: Part | None = None
        self.finished = False
        self.working = False  # the cycle is running (not waiting, not down)
        self.remaining = 0  # ns of work left on the part
        self.since = 0  # ns at which the running stretch of work began
        self.version = 0  # of the scheduled end or failure of the running stretch
        self.down = False
        self.until_failure = 0  # operating ns left, or the calendar instant of the next failure
        self.clock = 0  # version of the calendar failure
        self.waiting = Waiting()

    def connect(self) -> None:
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        self.ports["enable"].subscribe(self.enable_changed)
        self.ports["start"].subscribe(self.start_changed)

    def start(self) -> None:
        for port in ("occupied", "busy", "done", "failed"):
            self.ports[port].write(False)
        self.set_state(State.STARVED)
        self._next_failure()

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        if self.part is not None or not self._enabled():
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        self.own(part)
        self.part, self.finished = part, False
        self.remaining = self.cycle.draw()
        self.line.journal.add(int(Kind.PART_MOVE), int(CarrierKind.SLOT), part.id, self.slot)
        self.ports["occupied"].write(True)
        self._begin()
        return True

    def ready(self, receiver: Receiver) -> None:
        self._give()

    def enable_changed(self, _: None) -> None:
        """Enabled again: whoever waits may give."""
        if self._enabled() and self.part is None:
            self.waiting.call(self)

    def start_changed(self, _: None) -> None:
        """The start command rose: work begins if a part waits for it."""
        self._begin()

    def cycle_over(self, version: int) -> None:
        """Continuation: the work on the part is done."""
        if version != self.version:
            return
        self._stop_work()
        self.finished = True
        self._give()

    def fail(self, version: int) -> None:
        """Continuation: a failure, of the running stretch (operating time) or of the calendar."""
        if version != (self.clock if self.calendar else self.version):
            return
        if self.working:
            self._stop_work()
        self.down = True
        self.set_state(State.DOWN)
        self.ports["failed"].write(True)
        assert self.repair_time is not None
        kernel = self.line.kernel
        kernel.call_at(kernel._now + self.repair_time.draw(), self.repaired, 0)

    def repaired(self, _: int) -> None:
        """Continuation: the repair is over; interrupted work goes on."""
        self.down = False
        self.ports["failed"].write(False)
        self._next_failure()
        if self.part is None:
            self.set_state(State.STARVED, 0)
        elif self.finished:
            self.set_state(State.BLOCKED, 1)
            self._give()
        else:
            self.set_state(State.IDLE, 1)
            self._begin(resumed=True)

    def _enabled(self) -> bool:
        return bool(self.ports["enable"].value) or not self.bound("enable")

    def _begin(self, resumed: bool = False) -> None:
        """Start or resume the work if there is some and nothing stands against it."""
        if self.part is None or self.finished or self.working:
            return
        if self.down:
            return
        if not resumed and self.bound("start") and not self.ports["start"].value:
            self.set_state(State.IDLE, 1)
            return
        kernel = self.line.kernel
        self.working = True
        self.since = kernel._now
        self.version += 1
        self.set_state(State.WORKING, 1)
        self.ports["busy"].write(True)
        if self.fail_every is not None and not self.calendar and self.until_failure < self.remaining:
            kernel.call_at(kernel._now + self.until_failure, self.fail, self.version)
        else:
            kernel.call_at(kernel._now + self.remaining, self.cycle_over, self.version)

    def _stop_work(self) -> None:
        worked = self.line.kernel._now - self.since
        self.working = False
        self.version += 1
        self.remaining -= worked
        if not self.calendar:
            self.until_failure -= worked
        self.ports["busy"].write(False)

    def _next_failure(self) -> None:
        if self.fail_every is None:
            return
        drawn = self.fail_every.draw()
        if self.calendar:
            kernel = self.line.kernel
            self.clock += 1
            self.until_failure = kernel._now + drawn
            kernel.call_at(self.until_failure, self.fail, self.clock)
        else:
            self.until_failure = drawn

    def _give(self) -> None:
        if self.part is None or not self.finished or self.down or self.target is None:
            return
        if not self.target.offer(self.part, self):
            self.ports["done"].write(True)
            self.set_state(State.BLOCKED, 1)
            return
        self.part = None
        self.finished = False
        self.ports["done"].write(False)
        self.ports["occupied"].write(False)
        self.set_state(State.STARVED, 0)
        if self._enabled():
            self.waiting.call(self)

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
