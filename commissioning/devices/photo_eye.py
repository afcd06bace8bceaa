"""Photo-eye across a track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from commissioning.devices.shapes import box
from commissioning.devices.switching import SWITCHING, Switching
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.line import Line

__all__ = ["PhotoEye", "eye_bodies"]


class PhotoEye(Switching):
    """A light beam across a track: a part is in it from the instant its front is there until its tail has
    left. `blocked` says so, filtered, delayed and as the contact is."""

    declaration = TypeDeclaration(
        kind="device",
        type="photo_eye",
        help="Light beam across a track, exact at front and tail of every part.",
        params=(
            Param("beam_height", "length", "Height of the beam above the track.", default=0.06, minimum=0.0),
            *SWITCHING,
        ),
        ports=(Port("blocked", DataType.BOOL, "out", "A part is in the beam (`contact: nc`: no part is)."),),
        places="along",
        example="pe1: {type: photo_eye, along: belt1, at: 2.8 m, tags: {blocked: I_PE1}}",
    )
    constant: ClassVar[tuple[str, ...]] = ("eye",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.eye: object = None

    def connect(self) -> None:
        assert self.record.along is not None and self.record.at is not None
        lane, offset = self.line.on_track(self.record.along)
        self.eye = lane.add_eye(offset + self.record.at, self.listener())

    def bodies(self) -> Sequence[Body]:
        return eye_bodies(self, self.params["beam_height"], "blocked")


def eye_bodies(device: Device, height: float, port: str) -> list[Body]:
    """Sender, reflector, their brackets and the beam between them."""
    assert device.record.along is not None
    width = float(device.line.scene.devices[device.record.along].params.get("width", 0.5))
    frame, y = device.pose, width / 2 + 0.035
    beam = frame @ Pose.from_rpy((0.0, -y, height), (0.0, 0.0, 1.5707963267948966))
    return [
        box(frame, "sender", "sensor", (0.035, 0.03, 0.06), (0, -y, height)),
        box(frame, "reflector", "sensor", (0.05, 0.012, 0.05), (0, y, height)),
        box(
            frame, "sender bracket", "steel", (0.02, 0.012, height + 0.08), (0, -y - 0.012, height / 2 - 0.04)
        ),
        box(
            frame, "reflector bracket", "steel", (0.02, 0.01, height + 0.08), (0, y + 0.01, height / 2 - 0.04)
        ),
        Body("beam", "beam", (2 * y, 0.006, 0.006), beam, "beam", signal=f"{device.id}.{port}"),
    ]
