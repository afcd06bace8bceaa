"""Right-angle transfer at the end of a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi
from typing import Any, ClassVar

from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.merge import MergePoint
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Transfer"]


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose.from_rpy((0.0, 0.0, 0.0), (0.0, 0.0, pi / 2 if params["side"] == "left" else -pi / 2))


class Transfer(Device, Receiver):
    """Lifts the part that has come to the end of a track and moves it off sideways, as fast as `to` takes it.

    The part stands while the chains rise (`time`), goes, and stands in the way of the next one until its
    tail is clear; then the chains go down (`time`) before they can rise again.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="transfer",
        help="Right-angle transfer at the end of a track: lifts a part and moves it off sideways.",
        params=(
            Param("time", "duration", "Time to rise, and to go down again.", default=0.5, minimum=0.0),
            Param("side", "choice", "Where parts go, seen along travel.", default="left",
                  choices=("left", "right")),
        ),
        ports=(
            Port("enable", DataType.BOOL, "in", "May rise; without a binding always."),
            Port("raised", DataType.BOOL, "out", "The chains are up."),
            Port("lowered", DataType.BOOL, "out", "The chains are down."),
        ),
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=_exit_pose,
        example="turn: {type: transfer, time: 0.6 s, side: left, to: belt5}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("phase", "waiting")
    constant: ClassVar[tuple[str, ...]] = ("target", "watched")
    continuations: ClassVar[tuple[str, ...]] = ("stroke_ended",)
    aside = True  # what gives keeps the part's place until it is clear

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.phase = "down"  # rising, up, going (a part is on its way off), sinking
        self.waiting = Waiting()
        self.target: Receiver | None = None
        self.watched = False  # the part's tail is seen by what takes it

    def connect(self) -> None:
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        if isinstance(self.target, Lane):
            self.target.add_mark(0.0, self.cleared, "tail")
            self.watched = True
        elif isinstance(self.target, MergePoint):
            self.target.lane.add_mark(self.target.x, self.cleared, "tail")
            self.watched = True
        self.ports["enable"].subscribe(self.enable_changed)

    def start(self) -> None:
        self.ports["raised"].write(False)
        self.ports["lowered"].write(True)

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        if self.phase != "up":
            self.waiting.add(giver)
            self._rise()
            return False
        assert self.target is not None
        if not self.target.offer(part, giver):
            self.waiting.add(giver)
            self.set_state(State.BLOCKED, 0)
            return False
        self.waiting.discard(giver)
        self.phase = "going"
        self.set_state(State.WORKING, 0)
        if not self.watched:
            self._sink()
        return True

    def onward(self) -> Receiver | None:
        """Who takes what comes now; None unless the chains are up."""
        return self.target if self.phase == "up" else None

    def enable_changed(self, _: None) -> None:
        """The permission to rise changed."""
        self._rise()

    def cleared(self, part: Part) -> None:
        """A tail has left the transfer."""
        if self.phase == "going":
            self._sink()

    def stroke_ended(self, up: bool) -> None:
        """Continuation: the chains are up, or down."""
        self.phase = "up" if up else "down"
        self.ports["raised" if up else "lowered"].write(True)
        if up:
            self.waiting.call(self)
        else:
            self.set_state(State.IDLE, 0)
            self._rise()

    def _rise(self) -> None:
        if self.phase != "down" or not self.waiting:
            return
        if self.bound("enable") and not self.ports["enable"].value:
            return
        self._stroke("rising", True)

    def _sink(self) -> None:
        self._stroke("sinking", False)

    def _stroke(self, phase: str, up: bool) -> None:
        self.phase = phase
        self.set_state(State.WORKING, 0)
        self.ports["lowered" if up else "raised"].write(False)
        kernel = self.line.kernel
        kernel.call_at(kernel._now + round(self.params["time"] * 1e9), self.stroke_ended, up)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        return [
            box(self.pose, f"chain {i}", "roller", (0.03, 0.36, 0.02), (x, 0, -0.006))
            for i, x in enumerate((-0.26, -0.1))
        ]
