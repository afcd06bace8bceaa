"""Which of its places a part comes to, for a device that takes parts at several (carriages, vehicles)."""

from __future__ import annotations

from commissioning.sim.device import Device
from commissioning.sim.flow import Giver
from commissioning.sim.lanes.lane import Lane

__all__ = ["place_of"]


def place_of(device: Device, giver: Giver) -> int:
    """The number in `takes` of who gives: a device that is named, or the lane that ends with it.

    Raises ValueError for one that is not named.
    """
    for place, name in enumerate(device.params["takes"]):
        if giver.id == name:
            return place
        if isinstance(giver, Lane) and device.line.lane_plans[giver.index].zones[-1].device == name:
            return place
    raise ValueError(f"{giver.id} gives parts to {device.id}, which takes none from it")
