"""Height eye: a photo-eye high above the track that marks the parts it sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from commissioning.devices.photo_eye import eye_bodies
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import Kind
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["HeightEye"]


class HeightEye(Device):
    """`blocked` while a part at least `height` tall is in the beam; such a part gets the mark."""

    declaration = TypeDeclaration(
        kind="device",
        type="height_eye",
        help="Light beam at a height above a track; marks the parts that reach it.",
        params=(
            Param("height", "length", "Height of the beam; parts at least as tall block it.",
                  exclusive_minimum=0.0, example="0.25 m"),
            Param("mark", "text", "Attribute that a part gets here.", default="tall"),
        ),
        ports=(Port("blocked", DataType.BOOL, "out", "A tall part is in the beam."),),
        places="along",
        example="tall: {type: height_eye, along: belt1, at: 2 m, height: 0.25 m, tags: {blocked: I_Tall}}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("eye", "attribute")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.attribute = line.attribute(self.params["mark"])
        self.eye: object = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        self.eye = lane.add_eye(offset + self.record.at, self.blocked_changed, self.sees)

    def start(self) -> None:
        self.ports["blocked"].write(False)

    def sees(self, part: Part) -> bool:
        """Whether a part reaches the beam."""
        return bool(part.height >= self.params["height"])

    def blocked_changed(self, blocked: bool) -> None:
        """An edge of the beam, of parts that it sees."""
        if blocked:
            part = self.eye.part  # type: ignore[attr-defined]
            part.attributes[self.attribute] = 1.0
            self.line.journal.add(int(Kind.PART_ATTRIBUTE), self.attribute, part.id, 1.0)
        self.ports["blocked"].write(blocked)

    def bodies(self) -> Sequence[Body]:
        return eye_bodies(self, self.params["height"], "blocked")
