"""The centre line of a track, from its parameters: straight, or an arc in the plane it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, sin
from typing import Any

from commissioning.model.pose import Pose

__all__ = ["along_track", "curvature", "track_length"]

Params = Mapping[str, Any]


def curvature(params: Params) -> float:
    """1/m; above 0 to the left as seen in the direction of travel, 0: straight."""
    radius, angle = params.get("radius"), params.get("angle")
    if not isinstance(radius, int | float) or not isinstance(angle, int | float) or not radius:
        return 0.0
    return (1.0 if angle >= 0.0 else -1.0) / radius


def track_length(params: Params) -> float:
    """m along the centre line; 0 where the parameters do not say."""
    bend = curvature(params)
    if bend:
        return abs(float(params["angle"]) / bend)
    length = params.get("length")
    return float(length) if isinstance(length, int | float) else 0.0


def along_track(params: Params, x: float) -> Pose:
    """The centre line `x` m from the infeed, in the track's own frame; +x is the direction of travel."""
    bend = curvature(params)
    if not bend:
        return Pose((x, 0.0, 0.0))
    turned = bend * x
    return Pose.from_rpy((sin(turned) / bend, (1.0 - cos(turned)) / bend, 0.0), (0.0, 0.0, turned))
