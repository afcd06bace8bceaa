"""A click to an id, on the CPU: VTK's cell picker for bodies, a ray against boxes for parts.

The cell picker does not see glyphs, and a hardware selection costs a third of a second in software GL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from commissioning.viewport.frame import Frame


@dataclass(frozen=True)
class Pick:
    kind: Literal["device", "part"]
    id: str | int  # id of a device, number of a part
    distance: float  # m from the eye


def boxes_hit(
    origin: NDArray[np.float64],
    direction: NDArray[np.float64],
    centres: NDArray[np.float64],
    quaternions: NDArray[np.float64],
    sizes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Distances (N,) along a ray to N oriented boxes, inf where it misses (slab method)."""
    offset = rotated(conjugate(quaternions), origin - centres)
    along = rotated(conjugate(quaternions), np.broadcast_to(direction, centres.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        near = (-np.sign(along) * sizes / 2 - offset) / along
        far = (np.sign(along) * sizes / 2 - offset) / along
    outside = np.abs(offset) > sizes / 2
    flat = along == 0.0
    near = np.where(flat, np.where(outside, np.inf, -np.inf), near)
    far = np.where(flat, np.where(outside, -np.inf, np.inf), far)
    enter, leave = near.max(axis=1), far.min(axis=1)
    return np.where((enter <= leave) & (leave > 0), np.maximum(enter, 0.0), np.inf)


def conjugate(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    return quaternions * (1.0, -1.0, -1.0, -1.0)


def rotated(quaternions: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) vectors turned by (N, 4) unit quaternions (w, x, y, z)."""
    w, axis = quaternions[:, :1], quaternions[:, 1:]
    twice = 2.0 * np.cross(axis, vectors)
    turned: NDArray[np.float64] = vectors + w * twice + np.cross(axis, twice)
    return turned


def part_centres(frame: Frame) -> NDArray[np.float64]:
    up = np.zeros_like(frame.positions)
    up[:, 2] = frame.sizes[:, 2] / 2
    return frame.positions + rotated(frame.quaternions, up)


def part_at(frame: Frame, origin: NDArray[np.float64], direction: NDArray[np.float64]) -> Pick | None:
    """Nearest part on a ray."""
    if not len(frame.ids):
        return None
    hits = boxes_hit(origin, direction, part_centres(frame), frame.quaternions, frame.sizes)
    nearest = int(np.argmin(hits))
    return None if np.isinf(hits[nearest]) else Pick("part", int(frame.ids[nearest]), float(hits[nearest]))
