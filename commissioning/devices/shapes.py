"""Bodies that several devices are drawn with. Sizes in m, in the frame of the device."""

from __future__ import annotations

from math import atan2

from commissioning.model.body import Body
from commissioning.model.pose import Pose

__all__ = ["box", "brace", "cylinder", "post", "shown"]

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
    """A square post from the floor (world z = 0) up to `top` in the frame's z, with a foot; upright, even
    under what is inclined."""
    ground, height = _below(frame, (*at, top))
    if height <= 0.02:
        return []
    return [
        box(ground, name, role, (width, width, height), (0.0, 0.0, height / 2)),
        box(ground, f"{name} foot", role, (width * 2.2, width * 2.2, 0.012), (0.0, 0.0, 0.006)),
    ]


def brace(frame: Pose, name: str, across: float, x: float) -> Body:
    """A bar of `across` m between two posts at `x`, at 38 % of the height there."""
    ground, height = _below(frame, (x, 0.0, 0.0))
    return box(ground, name, "frame", (0.03, across, 0.03), (0.0, 0.0, 0.38 * height))


def _below(frame: Pose, at: Triple) -> tuple[Pose, float]:
    """The floor below a place in the frame, turned as the frame is seen from above; the height there, m."""
    x, y, z = frame.apply(at)
    ahead = frame.apply((1.0, 0.0, 0.0))
    yaw = atan2(ahead[1] - frame.xyz[1], ahead[0] - frame.xyz[0])
    return Pose.from_rpy((x, y, 0.0), (0.0, 0.0, yaw)), z


def shown(asset: str | None, frame: Pose) -> Body | None:
    """The mesh a scene names for a device, in place of its drawn bodies."""
    return None if not asset else Body("mesh", "mesh", (0.0, 0.0, 0.0), frame, "frame", asset=asset)
