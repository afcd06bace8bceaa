"""Speed set-point of a track: what a converter is told, as a value."""

from __future__ import annotations

from commissioning.model.declare import Param, Port
from commissioning.model.tags import DataType
from commissioning.sim.device import Device

__all__ = ["SETPOINT_PARAM", "SETPOINT_PORT", "speed_told"]

SETPOINT_PARAM = Param(
    "setpoint", "choice",
    "What `speed_setpoint` counts: m/s, or the share of `speed` from 0 to 1.",
    default="speed", choices=("speed", "share"),
)  # fmt: skip
SETPOINT_PORT = Port(
    "speed_setpoint", DataType.REAL, "in",
    "Speed while it runs, along the ramp at once; 0 to `speed`, or below 0 of a reversible track. "
    "Without a binding it is `speed`.",
)  # fmt: skip


def speed_told(device: Device) -> float:
    """The speed in m/s at which a track with these two is to run.

    A converter turns no faster than its motor may: above `speed` it is `speed`. Below 0 it is 0, or backward
    where the track is reversible. What is no number is no command to move.
    """
    top = float(device.params["speed"])
    if not device.bound("speed_setpoint"):
        return top
    value = float(device.ports["speed_setpoint"].value)
    if device.params["setpoint"] == "share":
        value *= top
    if value < 0.0 and device.params.get("reversible"):
        return max(value, -top)
    return min(value, top) if value > 0.0 else 0.0
