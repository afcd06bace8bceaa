"""Bodies that several devices are drawn with. Sizes in m, in the frame of the device."""

from __future__ import annotations

from commissioning.model.body import Body
from commissioning.model.pose import Pose

__all__ = ["box", "cylinder", "post", "shown"]

Triple = tuple[float, float, float]


def box(frame: Pose, name: str, role: str, size: Triple, at: Triple, signal: str = "") -> Body:
    """A box centred at `at` in `frame`."""
    return Body(name, "box", size, frame @ Pose(at), role, signal=signal)


def cylinder(
    frame: Pose, name: str, role: str, diameter: float, height: float, at: Triple, rpy: Triple = (0, 0, 0),
    signal: str = "",
) -> Body:  # fmt: skip
    """A cylinder centred at `at`, its axis along z of `frame` turned by `rpy` (rad)."""
    pose = frame @ Pose.from_rpy(at, rpy)
    return Body(name, "cylinder", (diameter, diameter, height), pose, role, signal=signal)


def post(frame: Pose, name: str, role: str, width: float, at: tuple[float, float], top: float) -> list[Body]:
    """A square post from the floor (world z = 0) up to `top` in the frame's z, with a foot."""
    height = frame.xyz[2] + top
    if height <= 0.02:
        return []
    x, y = at
    return [
        box(frame, name, role, (width, width, height), (x, y, top - height / 2)),
        box(frame, f"{name} foot", role, (width * 2.2, width * 2.2, 0.012), (x, y, top - height + 0.006)),
    ]


def shown(asset: str | None, frame: Pose) -> Body | None:
    """The mesh a scene names for a device, in place of its drawn bodies."""
    return None if not asset else Body("mesh", "mesh", (0.0, 0.0, 0.0), frame, "frame", asset=asset)
