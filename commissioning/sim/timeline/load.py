"""Where parts stand that ride on other parts: in rows and layers on top of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["place_riders"]

Floats = NDArray[np.float64]
Where = tuple[int, int, float, int, int]


def place_riders(
    riders: Mapping[int, Where], ids: NDArray[np.int64], sizes: Floats, positions: Floats, quaternions: Floats
) -> None:
    """Fill in positions and quaternions of the parts that ride, by those of the parts that carry them.

    `riders`: part -> (carrier kind, number of the part that carries, place in its load, ...). The arrays have
    one row a part, in the order of `ids`: sizes (length, width, height) in m, positions of bottom centres,
    quaternions (w, x, y, z). A part may ride on one that rides; without a known carrier it stays where it is.
    """
    row = {part: k for k, part in enumerate(ids.tolist())}
    done = set(row) - set(riders)
    waiting = list(riders)
    while waiting:
        ready = [part for part in waiting if riders[part][1] in done]
        if not ready:
            return
        for part in ready:
            _, carrier, number, _, _ = riders[part]
            mine, base = row[part], row[carrier]
            offset = _on_top(sizes[base], sizes[mine], int(number))
            positions[mine] = positions[base] + _turned(quaternions[base], offset)
            quaternions[mine] = quaternions[base]
        done.update(ready)
        waiting = [part for part in waiting if part not in done]


def _on_top(base: Floats, size: Floats, number: int) -> Floats:
    """Bottom centre of the part with this number in its load, from the bottom centre of what carries it."""
    columns = max(int(base[0] / size[0] + 1e-9), 1) if size[0] > 0.0 else 1
    rows = max(int(base[1] / size[1] + 1e-9), 1) if size[1] > 0.0 else 1
    layer, rest = divmod(number, columns * rows)
    row, column = divmod(rest, columns)
    x = ((column + 0.5) / columns - 0.5) * base[0]
    y = ((row + 0.5) / rows - 0.5) * base[1]
    return np.array([x, y, base[2] + layer * size[2]])


def _turned(quaternion: Floats, vector: Floats) -> Floats:
    """`vector` turned by a unit quaternion."""
    axis = quaternion[1:]
    across = 2.0 * np.cross(axis, vector)
    return np.asarray(vector + quaternion[0] * across + np.cross(axis, across))
