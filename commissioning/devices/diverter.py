"""Diverter: sends parts one of several ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Diverter"]

_EXITS = ("straight", "left", "right")


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    turn = {"straight": 0.0, "left": 1.0, "right": -1.0}[output] * float(params["angle"])
    return Pose.from_rpy((0.0, 0.0, 0.0), (0.0, 0.0, turn))


class Diverter(Device, Receiver):
    """A part goes the way that is set when its front comes, or has been set while it waited.

    While the diverter turns, parts wait before it. It has no length: ownership goes from what gives to
    what takes, and the tail follows the front.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="diverter",
        help="Sends parts straight on, to the left or to the right, as commanded.",
        params=(
            Param("time", "duration", "Time to turn from one way to another.", default=0.0, minimum=0.0,
                  example="300 ms"),
            Param("angle", "angle", "Between straight on and the other exits.", default="90 deg",
                  exclusive_minimum=0.0, example="45 deg"),
        ),
        ports=(
            Port("left", DataType.BOOL, "in", "Send parts to the left."),
            Port("right", DataType.BOOL, "in", "Send parts to the right; left comes first."),
            Port("set", DataType.BOOL, "out", "It stands as commanded."),
            Port("waiting", DataType.BOOL, "out", "A part waits before it."),
        ),
        places="flow",
        outputs=_EXITS,
        outputs_required=False,
        feeds=True,
        exit_pose=_exit_pose,
        example="div: {type: diverter, to: {straight: belt3, left: belt4}, tags: {left: Q_Divert}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("way", "turns", "waiting", "turning")
    constant: ClassVar[tuple[str, ...]] = ("targets",)
    continuations: ClassVar[tuple[str, ...]] = ("turned",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        if len(record.to) < 2:
            raise ValueError(f"{self.id} has fewer than two ways to go: give two of straight, left, right")
        self.targets: dict[str, Receiver | None] = {}
        self.way = "straight"
        self.turns = 0  # version, so that the end of an earlier turn is void
        self.turning = False
        self.waiting = Waiting()

    def connect(self) -> None:
        for name, target in self.record.to.items():
            self.targets[name] = self.line.receiver(target.device, target.at)
        self.ports["left"].subscribe(self.command_changed)
        self.ports["right"].subscribe(self.command_changed)

    def faults(self) -> Sequence[Problem]:
        """A tag commands a way that leads nowhere: parts would wait before it for ever."""
        return [
            Problem(
                f"its port {name} is tied to {self.record.tags[name].tag}, but it has no way {name}",
                Place(id=f"devices.{self.id}.tags.{name}"),
                f"Say where to: {{{name}: ...}} leads, or remove the tag",
            )
            for name in ("left", "right")
            if self.bound(name) and name not in self.record.to
        ]

    def start(self) -> None:
        self.ports["waiting"].write(False)
        self.ports["set"].write(True)
        self.way = self._commanded()

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        target = None if self.turning else self.targets.get(self.way)
        if target is not None and target.offer(part, giver):
            self.waiting.discard(giver)
            if not self.waiting:
                self.ports["waiting"].write(False)
            return True
        self.waiting.add(giver)
        self.ports["waiting"].write(True)
        return False

    def onward(self) -> Receiver | None:
        """Who takes what comes now; None while it turns."""
        return None if self.turning else self.targets.get(self.way)

    def command_changed(self, _: None) -> None:
        """A command changed: it turns, from wherever it is."""
        way = self._commanded()
        if way == self.way:
            return
        self.way = way
        self.turns += 1
        time = round(self.params["time"] * 1e9)
        if not time:
            self._try_again()
            return
        self.turning = True
        self.ports["set"].write(False)
        self.line.kernel.call_at(self.line.kernel._now + time, self.turned, self.turns)

    def turned(self, turns: int) -> None:
        """Continuation: it stands as commanded."""
        if turns == self.turns:
            self.turning = False
            self.ports["set"].write(True)
            self._try_again()

    def _try_again(self) -> None:
        for _ in range(len(self.waiting.givers)):
            self.waiting.call(self)

    def _commanded(self) -> str:
        for name in ("left", "right"):
            if self.ports[name].value:
                return name
        return "straight"

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        return [  # rows of wheels that stand a little over the track's end
            box(self.pose, f"wheels {i}", "pusher", (0.04, 0.36, 0.02), (x, 0, -0.006))
            for i, x in enumerate((-0.22, -0.14, -0.06))
        ]
