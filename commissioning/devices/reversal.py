"""Tracks that run backward too: what declares it, and which way they are told to run."""

from __future__ import annotations

from commissioning.devices.set_point import speed_told
from commissioning.model.declare import Param, Port
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.tags import DataType
from commissioning.sim.device import Device

__all__ = ["REVERSE_PORT", "REVERSIBLE_PARAM", "refuse_reverse", "velocity_told"]

REVERSIBLE_PARAM = Param(
    "reversible", "boolean",
    "Whether it runs backward too, by `reverse` or by a set-point below 0.", default=False,
)  # fmt: skip
REVERSE_PORT = Port(
    "reverse", DataType.BOOL, "in",
    "Run the other way, if it is `reversible`. In motion it ramps through standstill.",
)  # fmt: skip


def refuse_reverse(device: Device) -> None:
    """Raises Problems if `reverse` of a track that runs one way only is bound."""
    if device.bound("reverse") and not device.params["reversible"]:
        raise Problems(
            Problem(
                f"{device.id} is told to reverse, but runs one way only",
                Place(id=f"devices.{device.id}.tags.reverse"),
                "Give it reversible: true, or take the binding away",
            )
        )


def velocity_told(device: Device) -> float:
    """m/s at which a track with `run`, `reverse` and a speed set-point is to run; below 0: backward."""
    runs = not device.bound("run") or device.ports["run"].value
    speed = speed_told(device) if runs else 0.0
    if speed and device.params["reversible"] and device.ports["reverse"].value:
        return -speed
    return speed
