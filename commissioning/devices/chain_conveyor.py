"""Chain conveyor in zones that accumulate without pressure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import pi
from typing import ClassVar

from commissioning.devices.roller_conveyor import RollerConveyor, legs
from commissioning.devices.shapes import box, cylinder, shown
from commissioning.model.body import Body
from commissioning.model.declare import Param, TypeDeclaration

__all__ = ["ChainConveyor"]

_CHAIN = 0.035  # m; width of a strand, and height of a chain with its rail
_SPROCKET = 0.11  # m


class ChainConveyor(RollerConveyor):
    """Parts, mostly pallets, stand on strands of chain, each zone with a set of its own; it is a roller
    conveyor in everything that moves."""

    declaration: ClassVar[TypeDeclaration] = replace(
        RollerConveyor.declaration,
        type="chain_conveyor",
        help="Chain conveyor, for pallets: strands of chain, in zones that accumulate without pressure.",
        params=(
            *RollerConveyor.declaration.params,
            Param("strands", "integer", "Number of strands of chain, side by side.", default=2, minimum=2,
                  maximum=12),
        ),
        example="cc: {type: chain_conveyor, length: 4 m, width: 1 m, zones: 3, speed: 0.3 m/s, to: lift}",
    )  # fmt: skip

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, p = self.pose, self.params
        length, strands = p["length"], p["strands"]
        half = p["width"] / 2 - 0.05
        across = [half - 2 * half * k / (strands - 1) for k in range(strands)]
        ends = [length * k / p["zones"] for k in range(p["zones"] + 1)]
        if len(ends) > 41:
            ends = ends[:: len(ends) // 41 + 1] + ends[-1:]  # of hundreds of zones not each is drawn
        bodies: list[Body] = []
        for y in across:
            bodies += [
                box(frame, "chain", "belt", (length, _CHAIN, 0.02), (length / 2, y, -0.01)),
                box(frame, "rail", "frame", (length, _CHAIN, 0.08), (length / 2, y, -0.06)),
            ]
        for x in ends:
            x = min(max(x, _SPROCKET / 2), length - _SPROCKET / 2)
            for y in across:
                at = x, y, -0.02 - _SPROCKET / 2
                bodies.append(cylinder(frame, "sprocket", "steel", _SPROCKET, 0.02, at, (pi / 2, 0, 0)))
            at = x, 0.0, -0.02 - _SPROCKET / 2
            bodies.append(cylinder(frame, "shaft", "roller", 0.03, 2 * half + 0.08, at, (pi / 2, 0, 0)))
        return [*bodies, *legs(frame, length, half, -0.1)]
