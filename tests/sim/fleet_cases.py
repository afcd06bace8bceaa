# ruff: noqa: E501  scene text
"""Fleets drawn at random: as scene text, and as the ticked fleet has them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tick_fleet import Exit, Feed, Fleet
from tick_paths import Map

from commissioning.bench.load import load_text
from commissioning.sim.run import Run

__all__ = ["KINDS", "Case", "drawn"]

Places = dict[str, tuple[float, float]]


@dataclass
class Case:
    """`feeds`: node, first, every, limit, exit or None; `exits`: node, cycle of the station there (0: none)."""

    places: Places
    paths: list[str]
    homes: list[str]
    feeds: list[tuple[str, float, float, int, int | None]]
    exits: list[tuple[str, float]]
    speed: float
    rate: float
    load: float
    unload: float
    enable: list[tuple[float, bool]] | None = None

    def text(self) -> str:
        numbers = range(len(self.feeds))
        rows = [
            f"s{k}: {{type: source, product: p{k}, first: {first} s, every: {every} s, limit: {limit}, to: fleet}}"
            for k, (_, first, every, limit, _) in enumerate(self.feeds)
        ]
        route = ", ".join(f"p{k}: e{feed[4]}" for k, feed in enumerate(self.feeds) if feed[4] is not None)
        rows.append(
            "fleet: {type: agvs, pose: {xyz: [0 m, 0 m, 0.5 m]}, "
            f"nodes: {{{', '.join(f'{name}: [{x} m, {y} m]' for name, (x, y) in self.places.items())}}}, "
            f"paths: [{', '.join(self.paths)}], "
            f"vehicles: {{{', '.join(f'v{k}: {home}' for k, home in enumerate(self.homes))}}}, "
            f"takes: {{{', '.join(f's{k}: {self.feeds[k][0]}' for k in numbers)}}}, "
            f"gives: {{{', '.join(f'e{k}: {node}' for k, (node, _) in enumerate(self.exits))}}}, "
            f"route: {{{route}}}, speed: {self.speed} m/s, acceleration: {self.rate} m/s2, load: {self.load} s, "
            f"unload: {self.unload} s, "
            f"to: {{{', '.join(f'e{k}: o{k}' for k in range(len(self.exits)))}}}"
            + (", tags: {enable: Q}}" if self.enable else "}")
        )
        for k, (_, cycle) in enumerate(self.exits):
            rows.append(
                f"o{k}: {{type: station, cycle: {cycle} s, to: end{k}}}" if cycle else f"o{k}: {{type: sink}}"
            )
            rows += [f"end{k}: {{type: sink}}"] if cycle else []
        products = "\n".join(f"  p{k}: {{size: [0.3 m, 0.2 m, 0.2 m]}}" for k in numbers)
        hands = ", ".join(f"{{at: {t} s, set: {{Q: {str(on).lower()}}}}}" for t, on in self.enable or ())
        scenario = f"run: {{length: 1 h, scenario: hands}}\nscenarios: {{hands: {{steps: [{hands}]}}}}\n"
        body = "\n".join("  " + row for row in rows)
        return f"format: commissioning-scene/1\n{scenario if self.enable else ''}products:\n{products}\ndevices:\n{body}\n"

    def run(self) -> Run:
        """At its begin."""
        return Run(load_text(self.text(), Path("scene.yaml")), 1)

    def fleet(self, plain: bool, rules: type[Fleet] = Fleet) -> Fleet:
        return rules(
            Map(self.places, self.paths), self.homes, [Feed(*feed) for feed in self.feeds],
            [Exit(*one) for one in self.exits], self.speed, self.rate, self.load, self.unload, self.enable, plain,
        )  # fmt: skip


def _length(rng: random.Random) -> float:
    return round(rng.uniform(1.0, 6.0), 2)


def _spurs(rng: random.Random, at: Sequence[tuple[str, bool]], places: Places, paths: list[str]) -> list[str]:
    """Homes aside of the given nodes, above (True) or below: there and back, on nobody's way."""
    homes = []
    for k, (node, above) in enumerate(at):
        x, y = places[node]
        homes.append(f"h{k}")
        places[f"h{k}"] = (x, round(y + (1 if above else -1) * _length(rng), 2))
        paths.append(f"{node}-h{k}")
    return homes


def _ring(rng: random.Random, count: int) -> tuple[Places, list[str], list[str], list[str], list[str]]:
    """One way round a rectangle, straight over some of its nodes; homes beside it, and of what it serves one or all."""
    widths = [_length(rng) for _ in range(4)]
    height = round(rng.uniform(3.0, 9.0), 2)
    places: Places = {}
    for k in range(5):
        x = round(sum(widths[:k]), 2)
        places[f"n{k}"] = (x, 0.0)
        places[f"n{9 - k}"] = (x, height)
    paths = [f"n{k}>n{(k + 1) % 10}" for k in range(10)]
    beside = [("n1", False), ("n7", True), ("n3", False), ("n6", True), ("n2", False)][:count]
    homes = _spurs(rng, beside, places, paths)
    stops = rng.sample(["n1", "n3", "n5", "n6", "n8", "n0"], 4)
    for k in range(4 if rng.random() < 0.7 else 1):
        x, y = places[stops[k]]
        places[f"d{k}"] = (round(x + rng.uniform(0.5, 1.0), 2), round(y + (-2.0 if y else 2.0), 2))
        paths.append(f"{stops[k]}-d{k}")
        stops[k] = f"d{k}"
    return places, paths, homes, stops[:2], stops[2:]


def _crossing(rng: random.Random, count: int) -> tuple[Places, list[str], list[str], list[str], list[str]]:
    """Two lines that share a node; what comes from either goes to the end of both."""
    west, east, south, north = (_length(rng) for _ in range(4))
    places: Places = {
        "w": (-west, 0.0), "x": (0.0, 0.0), "e": (east, 0.0), "s": (0.0, -south), "n": (0.0, north),
        "ww": (round(-west - _length(rng), 2), 0.0), "ss": (0.0, round(-south - _length(rng), 2)),
        "ee": (round(east + _length(rng), 2), 0.0),
    }  # fmt: skip
    paths = ["ww-w", "w-x", "x-e", "e-ee", "ss-s", "s-x", "x-n"]
    homes = _spurs(
        rng, [("w", True), ("e", False), ("w", False), ("e", True), ("ww", True)][:count], places, paths
    )
    return places, paths, homes, ["ww", "ss"], ["ee", "n"]


def _branch(rng: random.Random, count: int) -> tuple[Places, list[str], list[str], list[str], list[str]]:
    """A way for both directions with dead ends: parts are fetched at one end of it and brought to the other."""
    places: Places = {}
    x = 0.0
    for k in range(6):
        places[f"n{k}"] = (round(x, 2), 0.0)
        x += _length(rng)
    paths = [f"n{k}-n{k + 1}" for k in range(5)]
    at = [("n1", True), ("n4", True), ("n2", False), ("n3", False), ("n1", False)][:count]
    homes = _spurs(rng, at, places, paths)
    places["d"] = (places["n3"][0], round(_length(rng), 2))
    paths.append("n3-d")
    return places, paths, homes, ["n0", "d"], ["n5", "n2"]


def _any(rng: random.Random, count: int) -> tuple[Places, list[str], list[str], list[str], list[str]]:
    """A tree with slanted paths and, now and then, a short cut one way; homes are twigs."""
    names = [f"n{k}" for k in range(rng.randint(4, 8))]
    cells = rng.sample([(x, y) for x in range(5) for y in range(5)], len(names) + count)
    spots = [
        (round(3 * x + rng.uniform(0.0, 2.0), 2), round(3 * y + rng.uniform(0.0, 2.0), 2)) for x, y in cells
    ]
    homes = [f"h{k}" for k in range(count)]
    places = dict(zip([*names, *homes], spots, strict=True))
    joined = [(names[rng.randrange(k)], names[k]) for k in range(1, len(names))]
    paths = [f"{a}-{b}" for a, b in joined]
    for _ in range(rng.randint(0, 2)):
        a, b = rng.sample(names, 2)
        if (a, b) not in joined and (b, a) not in joined:
            joined.append((a, b))
            paths.append(f"{a}>{b}")
    paths += [f"{rng.choice(names)}-{home}" for home in homes]
    return places, paths, homes, rng.sample(names, 2), rng.sample(names, 2)


KINDS = {"ring": _ring, "crossing": _crossing, "branch": _branch, "any": _any}


def drawn(kind: str, count: int, seed: int, seconds: float) -> Case:
    """A fleet of `count` vehicles with more to do than one of them can in `seconds`."""
    rng = random.Random(f"{kind} {count} {seed}")
    places, paths, homes, takes, gives = KINDS[kind](rng, count)
    feeds = [
        (
            node,
            round(rng.uniform(0.5, 9.0), 3),
            round(rng.uniform(2.0, 15.0), 3),
            1000,
            rng.choice([None, 0, 1]),
        )
        for node in takes
    ]
    exits = [(node, rng.choice([0.0, 0.0, round(rng.uniform(3.0, 20.0), 3)])) for node in gives]
    enable = None
    if rng.random() < 0.3:
        t = round(rng.uniform(10.0, seconds / 2), 3)
        enable = [(0.0, True), (t, False), (round(t + rng.uniform(3.0, 15.0), 3), True)]
    speed, rate = round(rng.uniform(0.6, 2.0), 2), rng.choice([0.0, round(rng.uniform(0.4, 2.0), 2)])
    load, unload = round(rng.uniform(0.3, 3.0), 3), round(rng.uniform(0.3, 3.0), 3)
    return Case(places, paths, homes, feeds, exits, speed, rate, load, unload, enable)
