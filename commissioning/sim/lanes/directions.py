"""Which way lanes ran, from the records: a reversible track turns at rest, and all of its drives with it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CUBIC, Kind

__all__ = ["Directions", "directions"]


class Directions:
    """From `t[k]` ns on a lane ran the way `ways[k]`: 1 forward, -1 backward."""

    def __init__(self, rows: NDArray[np.void]) -> None:
        """`rows`: the DRIVE records of its drives. What stands says nothing of a way."""
        self.t = [0]
        self.ways = [1]
        columns = (rows[name].tolist() for name in ("t", "aux", "b", "c", "d"))
        for t, aux, v0, rate, last in zip(*columns, strict=True):
            speed = v0 or (rate or last if aux == CUBIC else last)
            way = 1 if speed > 0.0 else -1
            if speed and way != self.ways[-1]:
                self.t.append(t)
                self.ways.append(way)

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Stretches (t0, t1, way) of [start, end]."""
        k = bisect_right(self.t, start) - 1
        while start < end:
            until = min(self.t[k + 1], end) if k + 1 < len(self.t) else end
            if until > start:
                yield start, until, self.ways[k]
            start, k = until, k + 1


def directions(header: Mapping[str, Any], records: NDArray[np.void]) -> list[Directions | None]:
    """Of each lane that runs both ways; None: it runs forward."""
    looks = header.get("look", {}).get("devices", {})
    drives = records[records["kind"] == int(Kind.DRIVE)]
    found: list[Directions | None] = []
    for lane in header["core"]["lanes"]:
        params = looks.get(lane["zones"][0]["device"], {}).get("params", {})
        both = None
        if params.get("reversible"):
            mine = [int(zone["drive"]) for zone in lane["zones"]]
            both = Directions(drives[np.isin(drives["obj"], mine)])
        found.append(both)
    return found
