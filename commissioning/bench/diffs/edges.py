"""Two sequences of edges of one signal: which belong together, which are in one only.

Two edges belong together if they have the same value and each is the other's nearest in time. So a shift of
any size below half the distance between edges is found as a shift, an edge that is missing costs one edge and
no more, and it is the same from both sides. O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EdgeDifference", "compare_edges"]

Times = NDArray[np.int64]


@dataclass(frozen=True)
class EdgeDifference:
    """Of one signal: numbers of edges at the same time, at another time, in one only.

    `shift_ns`: median of t in B - t in A over those at another time, `farthest_ns` the largest amount of it.
    `at_ns`: when the first difference is.
    """

    name: str
    same: int
    shifted: int
    only_a: int
    only_b: int
    shift_ns: int
    farthest_ns: int
    at_ns: int

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "same": self.same, "shifted": self.shifted, "only_a": self.only_a,
            "only_b": self.only_b, "median_shift_s": self.shift_ns / 1e9,
            "farthest_shift_s": self.farthest_ns / 1e9, "first_at_s": self.at_ns / 1e9,
        }  # fmt: skip


def compare_edges(
    name: str, t_a: Times, codes_a: NDArray[np.int64], t_b: Times, codes_b: NDArray[np.int64]
) -> EdgeDifference | None:
    """None if both are the same. `t`: ascending, in ns; `codes`: equal where the values are equal."""
    if np.array_equal(t_a, t_b) and np.array_equal(codes_a, codes_b):
        return None
    pairs_a, pairs_b = _partners(t_a, codes_a, t_b, codes_b)
    shifts = t_b[pairs_b] - t_a[pairs_a]
    moved = shifts != 0
    alone_a, alone_b = np.ones(len(t_a), bool), np.ones(len(t_b), bool)
    alone_a[pairs_a], alone_b[pairs_b] = False, False
    times = np.concatenate([t_a[pairs_a][moved], t_b[pairs_b][moved], t_a[alone_a], t_b[alone_b]])
    moved_by = np.sort(shifts[moved])
    if not len(times):  # the same edges in another order within one instant
        times = np.array([_first_other(t_a, codes_a, t_b, codes_b)], np.int64)
    return EdgeDifference(
        name=name,
        same=int(np.count_nonzero(~moved)),
        shifted=len(moved_by),
        only_a=int(alone_a.sum()),
        only_b=int(alone_b.sum()),
        shift_ns=_middle(moved_by),
        farthest_ns=int(np.abs(moved_by).max()) if len(moved_by) else 0,
        at_ns=int(times.min()),
    )


def _middle(ascending: NDArray[np.int64]) -> int:
    """Median; of an even number the one nearer to 0. From the other side it has the other sign only."""
    if not len(ascending):
        return 0
    low, high = int(ascending[(len(ascending) - 1) // 2]), int(ascending[len(ascending) // 2])
    if low == -high:
        return 0
    return low if abs(low) < abs(high) else high


def _partners(
    t_a: Times, codes_a: NDArray[np.int64], t_b: Times, codes_b: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of edges that belong together, in A and in B."""
    both, codes = np.unique(np.concatenate([codes_a, codes_b]), return_inverse=True)
    a, b = codes[: len(codes_a)], codes[len(codes_a) :]
    order_a, order_b = np.lexsort((t_a, a)), np.lexsort((t_b, b))
    # where the edges of each value begin and end
    starts_a = np.searchsorted(a[order_a], np.arange(len(both) + 1))
    starts_b = np.searchsorted(b[order_b], np.arange(len(both) + 1))
    in_a = np.flatnonzero(np.diff(starts_a) * np.diff(starts_b))
    single = (np.diff(starts_a) == 1) & (np.diff(starts_b) == 1)
    of_one = np.flatnonzero(single)  # counters: a value a time, all at once
    left, right = [order_a[starts_a[of_one]]], [order_b[starts_b[of_one]]]
    for code in in_a[~single[in_a]].tolist():
        mine = order_a[starts_a[code] : starts_a[code + 1]]
        theirs = order_b[starts_b[code] : starts_b[code + 1]]
        x, y = _mutual(t_a[mine], t_b[theirs])
        left.append(mine[x])
        right.append(theirs[y])
    return np.concatenate(left), np.concatenate(right)


def _mutual(x: Times, y: Times) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of those that are nearest to each other. Of equal times the k-th belongs to the k-th."""
    x, y = _spread(x), _spread(y)
    to_y, to_x = _nearest(x, y), _nearest(y, x)
    ours = np.flatnonzero(to_x[to_y] == np.arange(len(x)))
    return ours, to_y[ours]


def _spread(t: Times) -> Times:
    """Times with room between them: equal ones become different, in their order."""
    new = np.concatenate(([True], t[1:] != t[:-1]))
    first = np.maximum.accumulate(np.where(new, np.arange(len(t)), 0))
    return t * 1024 + np.minimum(np.arange(len(t)) - first, 1023)


def _nearest(x: Times, y: Times) -> NDArray[np.intp]:
    """For each x the index of the nearest y; of two equally near ones, the earlier."""
    after = np.minimum(np.searchsorted(y, x), len(y) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(x - y[before]) <= np.abs(y[after] - x), before, after)


def _first_other(t_a: Times, codes_a: NDArray[np.int64], t_b: Times, codes_b: NDArray[np.int64]) -> int:
    k = int(np.argmax((t_a != t_b) | (codes_a != codes_b)))
    return int(min(t_a[k], t_b[k]))
