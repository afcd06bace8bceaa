"""Scale: weighs parts that pass."""

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

__all__ = ["Scale"]


class Scale(Device):
    """Weighs what lies on `length` m of a track before `at`, at the instant a part's tail has come onto it.

    A part counts with the share of its length that lies there, so that two on it at once are told as
    such. `weight` is written before `valid` rises; `valid` falls when a front leaves the scale.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="scale",
        help="Weighs what lies on a stretch of a track.",
        params=(
            Param("length", "length", "Length of the platform; it ends at `at`.", default=0.5,
                  exclusive_minimum=0.0),
        ),
        ports=(
            Port("weight", DataType.REAL, "out", "Mass on the platform in kg."),
            Port("valid", DataType.BOOL, "out", "Strobe: weight is that of the part that lies on it whole."),
        ),
        places="along",
        example="weigh: {type: scale, along: belt1, at: 2 m, length: 0.6 m, tags: {weight: I_Kg}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("lane", "start_x", "end_x")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.lane: Any = None
        self.start_x = self.end_x = 0.0

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        self.lane, offset = self.line.on_track(self.record.along)
        self.end_x = offset + self.record.at
        self.start_x = self.end_x - self.params["length"]
        if self.start_x < 0.0:
            raise ValueError(f"{self.id} begins {-self.start_x:g} m before the track it stands on")
        self.lane.add_mark(self.start_x, self.on_it, "tail")
        self.lane.add_mark(self.end_x, self.leaves)

    def start(self) -> None:
        self.ports["weight"].write(0.0)
        self.ports["valid"].write(False)

    def on_it(self, part: Part) -> None:
        """A tail has come onto the platform."""
        if part.owner is not self.lane or self.lane.position(part) > self.end_x + 1e-8:
            return  # longer than the platform: it is never on it whole
        weight = 0.0
        for other in self.lane.parts_between(self.start_x, self.end_x):
            front = self.lane.position(other)
            share = min(front, self.end_x) - max(front - other.length, self.start_x)
            weight += other.mass * min(max(share / other.length, 0.0), 1.0)
        self.ports["weight"].write(weight)
        self.ports["valid"].write(True)

    def leaves(self, part: Part) -> None:
        """A front leaves the platform."""
        self.ports["valid"].write(False)

    def bodies(self) -> Sequence[Body]:
        length = self.params["length"]
        return [box(self.pose, "platform", "steel", (length, 0.4, 0.02), (-length / 2, 0, -0.03))]
