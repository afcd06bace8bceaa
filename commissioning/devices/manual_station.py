"""Manual station: people work on parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from commissioning.devices.shapes import box
from commissioning.devices.times import Times
from commissioning.devices.work import PEOPLE
from commissioning.devices.workplace import PLACE, PORTS, Workplace, exit_ahead
from commissioning.model.body import Body
from commissioning.model.declare import REQUIRED, Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.scene import DeviceRecord
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["ManualStation"]

_STAFFED = tuple(replace(param, default=REQUIRED) if param is PEOPLE[0] else param for param in PLACE)


class ManualStation(Workplace):
    """Takes a part and works on it while it has its operators, who come from a team that stations share.

    It takes a part whether somebody is there or not; a part without people waits in it (state idle).
    """

    declaration = TypeDeclaration(
        kind="device",
        type="manual_station",
        help="People work on one part at a time.",
        params=(
            Param("cycle", "distribution", "Time of work on one part.", by_product=1,
                  example="{carton: 20 s, tray: {normal: {mean: 30 s, sd: 5 s}}}"),
            *_STAFFED,
        ),
        ports=PORTS,
        places="flow",
        outputs=("",),
        feeds=True,
        exit_pose=exit_ahead,
        example="pack: {type: manual_station, operators: team1, cycle: 20 s, to: out}",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("cycle",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.cycle = Times(line, self, "cycle", self.params["cycle"])

    def job(self) -> tuple[int, int]:
        product = self.inside[0].product
        return product, self.cycle.draw(product)

    def results(self) -> list[tuple[Part, str]]:
        return [(self.inside[0], "")]

    def bodies(self) -> Sequence[Body]:
        bodies = list(super().bodies())
        if len(bodies) > 1:
            x, y = self.params["length"] / 2, -self.params["width"] / 2 - 0.4
            bodies.append(box(self.pose, "mat", "guard", (0.8, 0.6, 0.02), (x, y, 0.01 - self.pose.xyz[2])))
        return bodies
