"""Stack light."""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.devices.shapes import cylinder, post
from commissioning.model.body import Body
from commissioning.model.declare import Port, TypeDeclaration
from commissioning.model.tags import DataType
from commissioning.sim.device import Device

__all__ = ["StackLight"]


class StackLight(Device):
    """Lamps on a post, commanded by the PLC. Colours as in IEC 60073."""

    declaration = TypeDeclaration(
        kind="device",
        type="stack_light",
        help="Signal lamps on a post: red fault, yellow attention, green running, blue action needed.",
        ports=tuple(
            Port(colour, DataType.BOOL, "in", f"The {colour} lamp is lit.")
            for colour in ("red", "yellow", "green", "blue")
        ),
        places="pose",
        example="lamp: {type: stack_light, pose: {xyz: [2 m, 0.7 m, 1.4 m]}, tags: {green: Q_Green}}",
    )

    def bodies(self) -> Sequence[Body]:
        frame = self.pose
        bodies = post(frame, "post", "frame", 0.04, (0, 0), 0.0)
        lamps = [port for port in ("blue", "green", "yellow", "red") if self.bound(port)]
        for i, colour in enumerate(lamps):
            at = (0.0, 0.0, 0.035 + 0.07 * i)
            bodies.append(
                cylinder(frame, colour, f"lamp_{colour}", 0.065, 0.06, at, signal=f"{self.id}.{colour}")
            )
        bodies.append(cylinder(frame, "cap", "panel", 0.06, 0.02, (0, 0, 0.01 + 0.07 * len(lamps))))
        return bodies
