"""Stopper: a blade that rises through a track and holds parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Stopper"]


class Stopper(Device):
    """The blade holds from the instant it is fully up until the instant it starts down.

    It catches the next front that reaches it; a part whose front has passed goes on.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="stopper",
        help="Blade that holds parts on a track while it is up.",
        params=(
            Param("stroke", "length", "Height of the blade above the track when up.", default=0.1,
                  exclusive_minimum=0.0),
            Param("time", "duration", "Time of a full stroke, up or down.", default=0.1,
                  exclusive_minimum=0.0, example="100 ms"),
            Param("width", "length", "Width of the blade.", default=0.3, exclusive_minimum=0.0),
        ),
        ports=(
            Port("raise", DataType.BOOL, "in", "Blade up."),
            Port("raised", DataType.BOOL, "out", "The blade is fully up."),
            Port("lowered", DataType.BOOL, "out", "The blade is fully down."),
            Port("holding", DataType.BOOL, "out", "A part stands at the blade."),
        ),
        places="along",
        example="stop1: {type: stopper, along: belt2, at: 1.6 m, tags: {raise: Q_Stop1, raised: I_Stop1}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = (
        "blade", "stop", "stroke", "speed", "command", "raised", "lowered", "holding",
    )  # fmt: skip

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.blade = line.add_axis(self, "blade")
        self.stroke: float = self.params["stroke"]
        self.speed = self.stroke / self.params["time"]
        ports = self.ports
        self.command, self.raised, self.lowered = ports["raise"], ports["raised"], ports["lowered"]
        self.holding = ports["holding"]
        self.stop: Any = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        self.stop = lane.add_stop(offset + self.record.at, self.held_part)
        self.blade.watch_arrived(self.arrived)
        self.command.subscribe(self.raise_changed)

    def start(self) -> None:
        self.raised.write(False)
        self.lowered.write(True)
        self.holding.write(False)
        self.raise_changed(None)

    def raise_changed(self, _: None) -> None:
        """The command changed: the blade turns round wherever it is."""
        up = bool(self.command.value)
        target = self.stroke if up else 0.0
        if self.blade.target == target:
            return
        if up:
            self.lowered.write(False)
        else:
            self.raised.write(False)
            self.stop.lower()
        self.blade.move_to(target, self.speed)

    def arrived(self, position: float) -> None:
        """The blade has reached its end."""
        if position > 0.0:
            self.stop.raise_()
            self.raised.write(True)
        else:
            self.lowered.write(True)

    def held_part(self, part: Part | None) -> None:
        """A part has come to stand at the blade, or has gone."""
        self.holding.write(part is not None)

    def bodies(self) -> Sequence[Body]:
        frame, stroke, width = self.pose, self.params["stroke"], self.params["width"]
        up = frame.apply((0.0, 0.0, 1.0))
        axis = (up[0] - frame.xyz[0], up[1] - frame.xyz[1], up[2] - frame.xyz[2])
        pose = frame @ Pose((0.008, 0.0, -stroke / 2 - 0.004))
        return [
            Body("blade", "box", (0.014, width, stroke), pose, "blade", drive=f"{self.id}.blade", axis=axis),
            box(frame, "cylinder", "steel", (0.07, 0.1, 0.16), (0.008, 0, -0.24)),
            box(frame, "mount", "frame", (0.05, width + 0.12, 0.03), (0.008, 0, -0.15)),
        ]
