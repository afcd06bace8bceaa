"""How parts lie across the joint of two lanes that meet at an angle: at the foot of an incline, at a spur.

A part belongs to the lane that its front is on; its rear still stands on the one it came from. In between it
lies on both: its front end on the one, its rear end on the other, and it turns as it goes over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commissioning.sim.timeline.geometry import Geometry

__all__ = ["lay_across"]

_MEET = 0.02
"""m. Lanes whose centre lines end further apart do not meet: there something else hands parts over."""
_BEND = 0.45
"""Cosine of the sharpest angle that a part turns by as it goes over; at right angles it is transferred."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def lay_across(
    geometry: Geometry, lane: Ints, front: Floats, length: Floats, came: Ints, joined: Floats,
    positions: Floats, quaternions: Floats,
) -> None:  # fmt: skip
    """Correct `positions` (N, 3) and `quaternions` (N, 4) of parts that lie across a joint, in place.

    By part: its lane, front and length, the lane it `came` from (-1: none), where it `joined` this one, m.
    What was given back came on at the end, over the begin of the lane that it came from.
    """
    if not (came >= 0).any():
        return
    ends = geometry.ends
    back = (joined > 0.0) & (joined >= ends[lane])
    over = np.where(back, front > joined, front - length < joined) & (came >= 0)
    if not over.any():
        return
    k = np.flatnonzero(over)
    lane, came, back = lane[k], came[k], back[k]
    front, length, joined = front[k], length[k], joined[k]
    tail = front - length
    share = np.clip((front - joined) / length, 0.0, 1.0)  # of its length that is beyond the joint
    one = np.where(back, lane, came)  # its rear end stands here
    two = np.where(back, came, lane)  # its front end here
    rear, before = geometry.on_lanes(one, np.where(back, tail, ends[came] - (joined - tail)))
    head, after = geometry.on_lanes(two, np.where(back, front - joined, front))
    here, leads = geometry.on_lanes(one, ends[one])
    there, follows = geometry.on_lanes(two, np.where(back, 0.0, joined))
    meet = np.abs(here - there).max(axis=1) < _MEET
    meet &= (_along(leads) * _along(follows)).sum(axis=1) > _BEND
    chosen = k[meet]
    positions[chosen] = 0.5 * (rear + head)[meet]
    same = np.where((before * after).sum(axis=1) < 0.0, -1.0, 1.0)
    mixed = before * (1.0 - share)[:, None] + after * (same * share)[:, None]
    quaternions[chosen] = (mixed / np.linalg.norm(mixed, axis=1)[:, None])[meet]


def _along(quaternions: Floats) -> Floats:
    """Direction of travel of each, (N, 3)."""
    w, i, j, k = quaternions.T
    return np.column_stack([1.0 - 2.0 * (j * j + k * k), 2.0 * (i * j + w * k), 2.0 * (i * k - w * j)])
