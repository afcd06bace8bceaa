"""Push button on a pedestal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box, cylinder, post
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.tags import DataType
from commissioning.sim.device import Device

__all__ = ["PushButton"]


class PushButton(Device):
    """`press` closes it for `hold`; `push` and `release` hold it as long as a hand does."""

    declaration = TypeDeclaration(
        kind="device",
        type="push_button",
        help="Push button, closed while pressed.",
        params=(
            Param("hold", "duration", "How long a press lasts.", default=0.3, exclusive_minimum=0.0),
            Param("colour", "choice", "Colour of the button (IEC 60073: green start, red stop).",
                  default="green", choices=("green", "red")),
        ),
        ports=(Port("pressed", DataType.BOOL, "out", "The button is pressed."),),
        places="pose",
        actions=("press", "push", "release"),
        example="start: {type: push_button, pose: {xyz: [1.2 m, -0.6 m, 1 m]}, tags: {pressed: I_Start}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("presses",)
    continuations: ClassVar[tuple[str, ...]] = ("let_go",)

    presses: int = 0

    def start(self) -> None:
        self.presses = 0
        self.ports["pressed"].write(False)

    def operate(self, action: str, value: Any = None) -> None:
        self.presses += 1  # a new action ends an earlier press
        self.ports["pressed"].write(action != "release")
        if action == "press":
            kernel = self.line.kernel
            hold = round(self.params["hold"] * 1e9)
            kernel.call_at(kernel._now + hold, self.let_go, self.presses)

    def let_go(self, presses: int) -> None:
        """Continuation: the end of a press."""
        if presses == self.presses:
            self.ports["pressed"].write(False)

    def bodies(self) -> Sequence[Body]:
        frame = self.pose
        role = "button_green" if self.params["colour"] == "green" else "button_red"
        return [
            box(frame, "box", "panel", (0.13, 0.1, 0.13), (0, 0, 0)),
            cylinder(frame, "button", role, 0.06, 0.03, (0, -0.062, 0), (1.5707963267948966, 0, 0),
                     f"{self.id}.pressed"),
            *post(frame, "pedestal", "frame", 0.05, (0, 0), -0.065),
        ]  # fmt: skip
