"""Emergency-stop button."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

from commissioning.devices.shapes import box, cylinder, post
from commissioning.model.body import Body
from commissioning.model.declare import Port, TypeDeclaration
from commissioning.model.tags import DataType
from commissioning.sim.device import Device

__all__ = ["EStopButton"]


class EStopButton(Device):
    """Latches when pushed. `released` is a normally closed contact: true while nobody pushed it."""

    declaration = TypeDeclaration(
        kind="device",
        type="estop_button",
        help="Emergency-stop button: latches when pushed, until it is pulled out.",
        ports=(Port("released", DataType.BOOL, "out", "The button is out (contact closed)."),),
        places="pose",
        actions=("push", "release"),
        example="estop: {type: estop_button, pose: {xyz: [1 m, -0.6 m, 1 m]}, tags: {released: I_EStop}}",
    )

    def start(self) -> None:
        self.ports["released"].write(True)

    def operate(self, action: str, value: Any = None) -> None:
        self.ports["released"].write(action == "release")

    def bodies(self) -> Sequence[Body]:
        frame = self.pose
        return [
            box(frame, "box", "guard", (0.13, 0.1, 0.13), (0, 0, 0)),
            cylinder(frame, "mushroom", "estop", 0.08, 0.04, (0, -0.07, 0), (pi / 2, 0, 0)),
            *post(frame, "pedestal", "frame", 0.05, (0, 0), -0.065),
        ]
