"""Where the lanes, slots and axes of a journal lie in the world, from the `look` of its header."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.pose import Pose

__all__ = ["Geometry"]

_LEFT = Pose.from_rpy((0.0, 0.0, 0.0), (0.0, 0.0, 0.5 * pi))
_STILL = np.zeros(3)


class Geometry:
    """Poses of lanes and slots, axes of drives, from the header's `look`. `ends`: length of each lane, m."""

    def __init__(self, core: Mapping[str, Any], look: Mapping[str, Any]) -> None:
        starts: list[float] = []
        poses: list[Pose] = []
        bends: list[float] = []
        self._first: list[int] = []  # number of each lane's first segment
        for k, lane in enumerate(look.get("lanes", ())):
            self._first.append(len(poses))
            for zone in lane["zones"]:
                pose, bend = _pose(zone["pose"]), float(zone.get("bend", 0.0))
                within = len(poses) > self._first[-1] and not bend and not bends[-1]
                if within and _continues(poses[-1], pose, zone["start"] - starts[-1]):
                    continue  # straight on
                starts.append(float(zone["start"]))
                poses.append(pose)
                bends.append(bend)
            if len(poses) == self._first[-1]:
                raise ValueError(f"lane {k} of the journal's header has no zones")
        self._first.append(len(poses))
        self.ends = np.array([float(lane["zones"][-1]["end"]) for lane in look.get("lanes", ())])
        self._start = np.array(starts)
        self._origin = np.array([pose.xyz for pose in poses]).reshape(-1, 3)
        self._along = np.array([_along(pose) for pose in poses]).reshape(-1, 3)
        self._quaternion = np.array([pose.quaternion for pose in poses]).reshape(-1, 4)
        self._across = np.array([_along(pose @ _LEFT) for pose in poses]).reshape(-1, 3)
        self._bend = np.array(bends)
        self._curved = bool(self._bend.any())
        self._straight = len(poses) == len(self._first) - 1
        self._slots = [
            (np.array(s["pose"]["xyz"], float), np.array(s["pose"]["quaternion"], float))
            for s in look.get("slots", ())
        ]
        self._axes: dict[int, NDArray[np.float64]] = {
            body["drive"]: np.array(body["axis"], float)
            for body in reversed(look.get("bodies", ()))
            if body["drive"] >= 0
        }

    def on_lanes(
        self, lane: NDArray[np.int64], x: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Positions and quaternions of lane coordinates `x`."""
        segment = lane
        if not self._straight:
            segment = np.empty(len(lane), np.int64)
            for k in np.unique(lane).tolist():
                low, high = self._first[k], self._first[k + 1]
                here = lane == k
                inside = np.searchsorted(self._start[low:high], x[here], side="right") - 1
                segment[here] = low + np.maximum(inside, 0)
        if self._curved:
            return self._on_curves(segment, x - self._start[segment])
        way = (x - self._start[segment])[:, None]
        return self._origin[segment] + way * self._along[segment], self._quaternion[segment]

    def _on_curves(
        self, segment: NDArray[np.int64], way: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `on_lanes`, `way` m along segments of which some are arcs."""
        bend = self._bend[segment]
        turned = np.where(way > 0.0, way * bend, 0.0)  # what still lies before the begin is straight there
        safe = np.where(bend == 0.0, 1.0, bend)
        ahead = np.where(turned == 0.0, way, np.sin(turned) / safe)
        left = np.where(turned == 0.0, 0.0, (1.0 - np.cos(turned)) / safe)
        positions = (
            self._origin[segment]
            + ahead[:, None] * self._along[segment]
            + left[:, None] * self._across[segment]
        )
        q, cos, sin = self._quaternion[segment].T, np.cos(0.5 * turned), np.sin(0.5 * turned)
        w, i, j, k = q  # times a turn about z
        turned_to = [w * cos - k * sin, i * cos + j * sin, j * cos - i * sin, k * cos + w * sin]
        return positions, np.column_stack(turned_to)

    def in_slot(self, slot: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self._slots[slot]

    def axis(self, drive: int) -> NDArray[np.float64]:
        return self._axes.get(drive, _STILL)


def _pose(data: Mapping[str, Any]) -> Pose:
    x, y, z = data["xyz"]
    return Pose((x, y, z), tuple(data["quaternion"]))


def _along(pose: Pose) -> NDArray[np.float64]:
    along: NDArray[np.float64] = np.array(pose.apply((1.0, 0.0, 0.0))) - np.array(pose.xyz)
    return along


def _continues(pose: Pose, other: Pose, distance: float) -> bool:
    """Whether `other` lies `distance` m straight on from `pose`, not turned."""
    ahead = np.asarray(pose.xyz) + distance * _along(pose)
    same = abs(float(np.dot(pose.quaternion, other.quaternion)))
    return bool(np.abs(ahead - np.asarray(other.xyz)).max() < 1e-9) and same > 1.0 - 1e-12
