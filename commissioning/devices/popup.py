"""Pop-up: takes parts off a track sideways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Popup"]


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    return Pose.from_rpy((0.0, 0.0, 0.0), (0.0, 0.0, pi / 2 if params["side"] == "left" else -pi / 2))


class Popup(Device, Giver):
    """Raised, it catches the next part whose front comes and sends it off sideways, as `to` takes it.

    The part stands in the way of others until its tail is clear. Lowered while it holds a part that has
    not begun to leave, it lets that part go on straight.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="popup",
        help="Pop-up wheels or chains that take parts off a track sideways.",
        params=(
            Param("time", "duration", "Time to rise, and to go down again.", default=0.2, minimum=0.0),
            Param("side", "choice", "Where parts go, seen along travel.", default="left",
                  choices=("left", "right")),
        ),
        ports=(
            Port("raise", DataType.BOOL, "in", "Up: divert; false: down."),
            Port("raised", DataType.BOOL, "out", "It is up."),
            Port("lowered", DataType.BOOL, "out", "It is down."),
            Port("holding", DataType.BOOL, "out", "A part stands at it, or is on its way off."),
        ),
        places="along",
        outputs=("",),
        exit_pose=_exit_pose,
        example="pop: {type: popup, along: belt2, at: 1.5 m, to: belt4, tags: {raise: Q_Pop}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("strokes", "waits", "leaving")
    constant: ClassVar[tuple[str, ...]] = ("lane", "stop", "target")
    continuations: ClassVar[tuple[str, ...]] = ("stroke_ended",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.strokes = 0
        self.waits = False  # a part stands at it and has been refused
        self.leaving = False  # one is on its way off
        self.lane: Any = None
        self.stop: Any = None
        self.target: Receiver | None = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        self.lane, offset = self.line.on_track(self.record.along)
        self.lane.only_forward("a pop-up")
        self.stop = self.lane.add_stop(offset + self.record.at, self.held_part)
        target = self.record.to[""]
        self.target = self.line.receiver(target.device, target.at)
        self.ports["raise"].subscribe(self.raise_changed)

    def start(self) -> None:
        self.ports["raised"].write(False)
        self.ports["lowered"].write(True)
        self.ports["holding"].write(False)
        self.raise_changed(None)

    def raise_changed(self, _: None) -> None:
        """The command changed."""
        up = bool(self.ports["raise"].value)
        if self.leaving or up is (self.strokes % 2 == 1):
            return  # it stays until the part is off
        self.strokes += 1
        self.ports["lowered" if up else "raised"].write(False)
        if not up:
            self.waits = False
            self.stop.lower()
        kernel = self.line.kernel
        kernel.call_at(kernel._now + round(self.params["time"] * 1e9), self.stroke_ended, self.strokes)

    def stroke_ended(self, strokes: int) -> None:
        """Continuation: it is up, or down."""
        if strokes != self.strokes:
            return
        up = strokes % 2 == 1
        self.ports["raised" if up else "lowered"].write(True)
        if up:
            self.stop.raise_()

    def held_part(self, part: Part | None) -> None:
        """A part has come to stand at it, or is off."""
        self.ports["holding"].write(part is not None)
        if part is not None:
            self._give()
            return
        self.waits = False
        if self.leaving:
            self.leaving = False
            self.raise_changed(None)  # the command may have fallen meanwhile

    def ready(self, receiver: Receiver) -> None:
        if self.waits and self.stop.holding is not None:
            self._give()

    def _give(self) -> None:
        assert self.target is not None
        self.waits = False
        self.leaving = True
        if not self.lane.give_aside(self.stop, self.target, self):
            self.waits, self.leaving = True, False

    def bodies(self) -> Sequence[Body]:
        return [
            box(self.pose, f"wheels {i}", "roller", (0.04, 0.3, 0.02), (x, 0, -0.004))
            for i, x in enumerate((-0.2, -0.1))
        ]
