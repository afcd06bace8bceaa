"""One instant of a run, as arrays: what a picture is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_FLOATS: NDArray[np.float64] = np.empty(0)
NO_INTEGERS: NDArray[np.int64] = np.empty(0, np.int64)


@dataclass(frozen=True)
class Frame:
    """Parts stand on the centre of their bottom; lengths in m, quaternions (w, x, y, z)."""

    t_ns: int = 0
    ids: NDArray[np.int64] = field(default_factory=lambda: NO_INTEGERS)  # (N,)
    products: NDArray[np.int64] = field(default_factory=lambda: NO_INTEGERS)  # (N,)
    positions: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    quaternions: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))
    sizes: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))  # along, across, up
    travel: NDArray[np.float64] = field(default_factory=lambda: NO_FLOATS)  # (drives,)
    lit: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))  # (signals,)
    states: NDArray[np.int64] = field(default_factory=lambda: NO_INTEGERS)  # (objects,), -1 none yet


def frame_at(timeline: Any, t_ns: int) -> Frame:
    """Evaluates a timeline of the journal at a time."""
    poses = timeline.poses(t_ns)
    return Frame(
        t_ns=t_ns,
        ids=poses.ids,
        products=poses.products,
        positions=poses.positions,
        quaternions=poses.quaternions,
        sizes=poses.sizes,
        travel=timeline.body_travel(t_ns),
        lit=timeline.values(t_ns) != 0.0,
        states=timeline.states(t_ns),
    )
