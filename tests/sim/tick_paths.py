"""What a ticked fleet (`tick_fleet`) drives on and by: a map of nodes and paths, and a plain axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist, sqrt

__all__ = ["Map", "PlainAxis"]


@dataclass(eq=False)
class PlainAxis:
    """A speed for each tick: as high as limits and the way that is left allow, to go on or to stop in time.
    `go` from rest, and `tick`, as a `TickedAxis`."""

    speed: float
    rate: float
    x: float = 0.0
    v: float = 0.0
    goal: float = 0.0
    since: float = 0.0

    def go(self, goal: float, since: float) -> None:
        self.goal, self.v, self.since = goal, 0.0, since

    def tick(self, now: float) -> float | None:
        dt, self.since = now - self.since, now
        if dt <= 0.0:
            return None
        left = self.goal - self.x
        if not self.rate:
            self.v = min(self.speed, left / dt)
        else:
            still = self.rate * (sqrt(dt * dt + 2.0 * left / self.rate) - dt)
            self.v = min(self.v + self.rate * dt, self.speed, still)
        self.x += self.v * dt
        return now if left - self.v * dt <= max(0.1 * self.rate * dt * dt, 1e-9) else None


class Map:
    """`places`: node -> (x, y) m; `paths`: a-b or a>b. Ways by trying all; two as short are an error."""

    def __init__(self, places: Mapping[str, tuple[float, float]], paths: Sequence[str]) -> None:
        self.places = places
        self.steps: dict[tuple[str, str], str] = {}  # (from, to) -> the path that is reserved
        for path in paths:
            a, b = path.replace(">", "-").split("-")
            self.steps[a, b] = f"{a}-{b}"
            if "-" in path:
                self.steps[b, a] = f"{a}-{b}"
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def length(self, way: Sequence[str]) -> float:
        return sum(dist(self.places[a], self.places[b]) for a, b in pairwise(way))

    def way(self, a: str, b: str) -> tuple[str, ...]:
        """Nodes of the shortest way."""
        if (a, b) not in self._known:
            ways, ready = [], [(a,)]
            while ready:
                way = ready.pop()
                if way[-1] == b:
                    ways.append(way)
                    continue
                ready += [(*way, d) for c, d in self.steps if c == way[-1] and d not in way]
            ways.sort(key=self.length)
            assert len(ways) < 2 or self.length(ways[1]) > self.length(ways[0]) + 1e-6, "two ways as short"
            self._known[a, b] = ways[0]
        return self._known[a, b]

    def needs(self, way: Sequence[str]) -> set[str]:
        """Paths and nodes that one at the first node must have."""
        return {self.steps[a, b] for a, b in pairwise(way)} | set(way[1:])

    def legs(self, way: Sequence[str]) -> list[list[str]]:
        """Cut where the direction changes."""
        found: list[list[str]] = []
        for a, b in pairwise(way):
            if found and self._ahead(found[-1][-2], a, b):
                found[-1].append(b)
            else:
                found.append([a, b])
        return found

    def _ahead(self, a: str, b: str, c: str) -> bool:
        """Whether c is straight on: going by b is no detour, and not back."""
        a_, b_, c_ = self.places[a], self.places[b], self.places[c]
        return dist(a_, b_) + dist(b_, c_) - dist(a_, c_) < 1e-9
