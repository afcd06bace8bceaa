"""Inductive proximity switch beside a track."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt
from typing import Any, ClassVar

from commissioning.devices.shapes import box, cylinder
from commissioning.devices.switching import SWITCHING, Switching
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Proximity"]


class Proximity(Switching):
    """On while a part that it senses is within its switching distance, off beyond that plus hysteresis.

    Parts pass its face at `gap`. A front switches it on sqrt(s^2 - gap^2) before `at`, a tail off
    sqrt((s (1 + hysteresis))^2 - gap^2) beyond (s: switching distance; the terms of IEC 60947-5-2). What is
    on stays on while any part is nearer than s (1 + hysteresis), also one whose front only comes.
    """

    output = "present"
    declaration = TypeDeclaration(
        kind="device",
        type="proximity",
        help="Inductive proximity switch beside a track: senses parts of the products it is meant for.",
        params=(
            Param("switching_distance", "length", "At which it switches on.", default="15 mm",
                  exclusive_minimum=0.0),
            Param("gap", "length", "From its face to the parts that pass.", default="8 mm", minimum=0.0),
            Param("hysteresis", "share", "How much farther away a part must be to switch it off.",
                  default="10 %", minimum=0.0, maximum=1.0),
            Param("products", "list", "The products it senses (those of metal); unless said, all.",
                  default=None, item=Param("product", "product", "A product."), at_least_one=True,
                  example="[tin]"),
            *SWITCHING,
        ),
        ports=(
            Port("present", DataType.BOOL, "out", "A part is in front of it (`contact: nc`: no part is)."),
        ),
        places="along",
        example="b1: {type: proximity, along: belt1, at: 1 m, products: [tin], tags: {present: I_B1}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("lane", "x", "on", "off", "senses", "tell")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        reach, gap = p["switching_distance"], p["gap"]
        if gap >= reach:
            raise ValueError(
                f"{self.id} switches at {reach:g} m, parts pass it at {gap:g} m: it would never sense one"
            )
        self.on = sqrt(reach * reach - gap * gap)  # m along the track from its axis
        reach *= 1.0 + p["hysteresis"]
        self.off = sqrt(reach * reach - gap * gap)
        names = p["products"]
        self.senses = [names is None or product.id in names for product in line.products]
        self.lane: Any = None
        self.x = 0.0
        self.tell: Any = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        self.lane, offset = self.line.on_track(self.record.along)
        self.x = offset + self.record.at
        if self.x < self.off or self.x + self.off > self.lane.length:
            raise ValueError(
                f"{self.id} senses beyond the end of the track it stands at; move it {self.off:g} m"
            )
        self.tell = self.listener()
        sees = None if all(self.senses) else self.sees
        self.lane.add_eye(self.x - self.on, self.near_changed, sees)  # also sees who comes on from a side
        self.lane.add_clear(self.x + self.off, self.tail_leaves)

    def sees(self, part: Part) -> bool:
        """Whether it senses a part."""
        return self.senses[part.product]

    def near_changed(self, near: bool) -> None:
        """A front is near enough; a tail leaves later than here."""
        if near:
            self.tell(True)

    def tail_leaves(self, _: Part) -> None:
        """A tail is far enough away, or a part was taken away: is another one still near?"""
        near = self.lane.parts_between(self.x - self.off, self.x + self.off)
        if not any(self.sees(part) for part in near):
            self.tell(False)

    def bodies(self) -> Sequence[Body]:
        frame = self.pose
        assert self.record.along is not None
        y = float(self.line.scene.devices[self.record.along].params.get("width", 0.5)) / 2 + 0.03
        return [
            cylinder(frame, "switch", "steel", 0.018, 0.06, (0, -y, 0.03), (pi / 2, 0, 0)),
            cylinder(frame, "face", "sensor", 0.016, 0.006, (0, -y + 0.033, 0.03), (pi / 2, 0, 0),
                     signal=f"{self.id}.present"),
            box(frame, "bracket", "steel", (0.03, 0.004, 0.1), (0, -y - 0.01, 0)),
        ]  # fmt: skip
