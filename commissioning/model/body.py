"""What a device looks like. The viewport draws exactly these and knows no device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from commissioning.model.pose import Pose

Shape = Literal["box", "cylinder", "beam", "mesh"]

ROLES = (
    "frame", "belt", "roller", "guard", "steel", "sensor", "blade", "pusher", "panel",
    "lamp_red", "lamp_yellow", "lamp_green", "lamp_blue", "button_green", "button_red", "estop",
    "station", "source", "sink", "beam",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """One rigid shape of a device, in metres, in the world, at rest.

    `size`: box x, y, z centred on its pose; cylinder diameter, diameter, height, axis z, centred; beam:
    length along +x from the pose, then two thicknesses; mesh: a box to fit it into, or zeros for its own.
    `drive` names the drive that moves it by S_drive(t) * axis (world direction, m per unit of travel).
    `signal` names a port (``pe1.blocked``): lit, or the beam strong, while its value is true.
    `asset` is a mesh file, relative to the scene, for shape ``mesh``.
    """

    name: str
    shape: Shape
    size: tuple[float, float, float]
    pose: Pose
    role: str
    drive: str = ""
    axis: tuple[float, float, float] = (0.0, 0.0, 0.0)
    signal: str = ""
    asset: str = ""
