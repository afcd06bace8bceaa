"""Guide paths of vehicles: nodes, paths between them, shortest routes, and who has which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from math import sqrt

__all__ = ["GuidePaths"]

_STRAIGHT = 1e-9


class GuidePaths:
    """`nodes`: name -> (x, y) m. `paths`: "a-b" for both ways, "a>b" for one. Raises ValueError if wrong.

    What a vehicle reserves is a node, by its name, or a path, as "a-b" in the order of the file.
    """

    def __init__(self, nodes: Mapping[str, Sequence[float]], paths: Sequence[str]) -> None:
        for name, place in nodes.items():
            if len(place) != 2:
                raise ValueError(f"node {name} needs two lengths, [x, y]")
        self.nodes = {name: (float(x), float(y)) for name, (x, y) in nodes.items()}
        self._ahead: dict[str, list[tuple[str, str, float]]] = {name: [] for name in nodes}
        for text in paths:
            sign = ">" if ">" in text else "-"
            a, _, b = (part.strip() for part in text.partition(sign))
            for name in (a, b):
                if name not in self.nodes:
                    raise ValueError(f"there is no node {name or text!r}; a path is written a-b or a>b")
            (x0, y0), (x1, y1) = self.nodes[a], self.nodes[b]
            length = sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2)
            if length == 0.0:
                raise ValueError(f"the path {text} has no length")
            self._ahead[a].append((b, f"{a}-{b}", length))
            if sign == "-":
                self._ahead[b].append((a, f"{a}-{b}", length))

    def route(self, start: str, end: str) -> tuple[str, ...]:
        """Nodes of the shortest way, both ends included; () if there is none (Dijkstra 1959)."""
        best: dict[str, float] = {start: 0.0}
        before: dict[str, str] = {}
        heap: list[tuple[float, int, str]] = [(0.0, 0, start)]
        pushed = 0
        while heap:
            way, _, node = heappop(heap)
            if node == end:
                found = [end]
                while found[-1] != start:
                    found.append(before[found[-1]])
                return tuple(reversed(found))
            if way > best[node]:
                continue
            for other, _path, length in self._ahead[node]:
                if way + length < best.get(other, float("inf")):
                    best[other], before[other] = way + length, node
                    pushed += 1
                    heappush(heap, (way + length, pushed, other))
        return ()

    def length(self, route: Sequence[str]) -> float:
        """m."""
        return sum(self._step(a, b)[2] for a, b in pairwise(route))

    def needs(self, route: Sequence[str]) -> list[str]:
        """What a vehicle at the first node must have to go the route: all paths and nodes but the first."""
        found: list[str] = []
        for a, b in pairwise(route):
            found += [self._step(a, b)[1], b]
        return found

    def legs(self, route: Sequence[str]) -> list[list[str]]:
        """The route cut at its corners: straight runs of nodes, each from its first to its last one."""
        found: list[list[str]] = []
        for a, b in pairwise(route):
            if found and self._straight(found[-1][-2], a, b):
                found[-1].append(b)
            else:
                found.append([a, b])
        return found

    def _straight(self, a: str, b: str, c: str) -> bool:
        (x0, y0), (x1, y1), (x2, y2) = (self.nodes[name] for name in (a, b, c))
        ux, uy, wx, wy = x1 - x0, y1 - y0, x2 - x1, y2 - y1
        size = sqrt((ux * ux + uy * uy) * (wx * wx + wy * wy))
        return abs(ux * wy - uy * wx) <= _STRAIGHT * size and ux * wx + uy * wy > 0.0

    def _step(self, a: str, b: str) -> tuple[str, str, float]:
        return next(step for step in self._ahead[a] if step[0] == b)
