"""Operators: people whom several devices share, by a shift calendar."""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.devices.shapes import cylinder
from commissioning.devices.shifts import SHIFTS
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.tags import DataType
from commissioning.sim.resource import Resource

__all__ = ["Operators"]

_DRAWN = 12


class Operators(Resource):
    """A team of `count` alike: operators of stations, setters, or a repair crew. See `sim.resource`."""

    declaration = TypeDeclaration(
        kind="device",
        type="operators",
        help="People whom devices share: operators, setters, repair crews; by a shift calendar.",
        params=(
            Param("count", "integer", "How many there are.", default=1, minimum=1, maximum=100000),
            *SHIFTS,
        ),
        ports=(
            Port("busy", DataType.UDINT, "out", "How many are at work.", status="state"),
            Port("waiting", DataType.UDINT, "out", "Requests that wait for somebody."),
            Port("present", DataType.UDINT, "out", "How many are there by the calendar."),
        ),
        places="none",
        example="team1: {type: operators, count: 2, shifts: [{from: 06:00, to: 14:00}]}",
    )

    def bodies(self) -> Sequence[Body]:
        if self.record.pose is None:
            return ()
        bodies: list[Body] = []
        for k in range(min(self.most, _DRAWN)):
            y = 0.6 * k
            bodies += [
                cylinder(self.pose, f"person {k}", "source", 0.36, 1.45, (0.0, y, 0.725)),
                cylinder(self.pose, f"head {k}", "guard", 0.2, 0.24, (0.0, y, 1.6)),
            ]
        return bodies
