"""Curved belt conveyor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, pi, radians, tan
from typing import ClassVar

from commissioning.devices.belt import Belt
from commissioning.devices.shapes import box, post, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.model.track import along_track
from commissioning.sim.line import Line

__all__ = ["Curve"]


class Curve(Belt):
    """A belt along an arc. All lengths and places along it (`at`) count on its centre line, and so does the
    speed; it is a belt in everything else."""

    declaration: ClassVar[TypeDeclaration] = replace(
        Belt.declaration,
        type="curve",
        help="Curved belt conveyor: an arc of a radius and an angle, measured along its centre line.",
        params=(
            Param("radius", "length", "Radius of the centre line.", exclusive_minimum=0.0, maximum=1000.0,
                  example="0.9 m"),
            Param("angle", "angle", "Angle it turns by; above 0 to the left, seen along its travel.",
                  minimum=-2 * pi, maximum=2 * pi, example="90 deg"),
            *(param for param in Belt.declaration.params if param.name != "length"),
        ),
        example="bend: {type: curve, radius: 0.9 m, angle: 90 deg, speed: 0.4 m/s, to: belt2}",
    )  # fmt: skip

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        angle, radius, width = (record.params[name] for name in ("angle", "radius", "width"))
        if not angle:
            raise ValueError(f"{record.id} turns by no angle: give it one, or make it a belt")
        if radius < width / 2:
            raise ValueError(
                f"the inner edge of {record.id} lies beyond its centre: {width:g} m wide on a radius of "
                f"{radius:g} m; give it a larger radius"
            )
        super().__init__(index, record, pose, line)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        p = self.params
        radius, width, angle = p["radius"], p["width"], abs(p["angle"])
        pieces = max(1, ceil(angle / radians(7.5) - 1e-9))
        step = angle / pieces
        side = 1.0 if p["angle"] > 0.0 else -1.0  # the centre is on this side
        bodies: list[Body] = []
        for k in range(pieces):
            frame = self.pose @ along_track(p, radius * step * (k + 0.5))
            outer = 2.0 * (radius + width / 2) * tan(step / 2)  # so long that pieces meet at their outer edge
            inner = 2.0 * max(radius - width / 2, 0.02) * tan(step / 2)
            y = width / 2 - 0.014
            bodies += [
                box(frame, f"belt {k}", "belt", (outer, width - 0.06, 0.016), (0, 0, -0.008)),
                box(frame, f"rail outer {k}", "frame", (outer, 0.028, 0.13), (0, -side * y, -0.052)),
                box(frame, f"rail inner {k}", "frame", (inner, 0.028, 0.13), (0, side * y, -0.052)),
            ]
        for share in (0.12, 0.88):
            frame = self.pose @ along_track(p, radius * angle * share)
            for y in (width / 2 - 0.03, -width / 2 + 0.03):
                bodies += post(frame, "leg", "frame", 0.045, (0.0, y), -0.117)
        return bodies
