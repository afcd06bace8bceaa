# ruff: noqa: E501  scene text
"""What sensors tell of parts that pass them on a belt that stops and starts along a ramp, from scene text against a
loop that looks every tick what lies before each: every value five ticks apart at 1 kHz at most, and nearer with each
tick. (Encoder and laser, whose values run, are held to loops of their own in `test_continuous_sensors`.)"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from test_device_ticks import RATES, SECONDS, Ramped
from tick_net import Gate, Goal, Part, Source, Track

from commissioning.bench.load import load_text
from commissioning.model.record import Kind
from commissioning.sim.run import Run

NS = 1_000_000_000
SLOW = 0.15  # m/s: below that a front may pass a beam many ticks sooner or later
LENGTHS, HEIGHTS, MASSES, COLOURS = (0.3, 0.45, 0.45), (0.2, 0.31, 0.11), (2.0, 5.0, 1.5), (1, 2, 1)
ON, OFF = (0.05**2 - 0.03**2) ** 0.5, ((0.05 * 1.2) ** 2 - 0.03**2) ** 0.5
Edges = dict[str, list[tuple[float, float]]]

SENSORS = """
pe: {type: photo_eye, along: belt, at: 1 m}
late: {type: photo_eye, along: belt, at: 1.5 m, contact: nc, filter: 0.31 s, on_delay: 0.4 s, off_delay: 0.7 s}
px: {type: proximity, along: belt, at: 2 m, switching_distance: 50 mm, gap: 30 mm, hysteresis: 20 %, products: [p1, p2]}
lc: {type: light_curtain, along: belt, at: 2.5 m, beams: 12, pitch: 30 mm, lowest: 20 mm}
sc: {type: scale, along: belt, at: 3.3 m, length: 0.6 m}
bc: {type: barcode_reader, along: belt, at: 3.6 m}
co: {type: colour_sensor, along: belt, at: 4 m, teach: p0}
he: {type: height_eye, along: belt, at: 4.5 m, height: 0.25 m}
"""
PLACES = (1.0, 1.5, 2.0 - ON, 2.0 - OFF, 2.0 + OFF, 2.5, 2.7, 3.3, 3.6, 4.0, 4.5)
PORTS = ("pe.blocked", "late.blocked", "px.present", "lc.broken", "lc.height", "lc.clear", "sc.valid", "sc.weight",
         "bc.good", "bc.number", "co.colour", "co.match", "he.blocked")  # fmt: skip


class Mean(Ramped):
    """The mean speed of each tick, so that places are off by less than the last bit of a ramp."""

    mean = 0.0

    def __call__(self, t: float) -> float:
        if t > self.t + 0.5 * self.dt:
            before = self.now
            self.mean = 0.5 * (before + super().__call__(t))
        return self.mean


@dataclass
class Delayed:
    """A contact that tells what has lasted, counted in ticks."""

    filter: float
    delays: tuple[float, float]  # off, on
    told: bool = False
    passed: bool = False
    raw: bool = False
    since: float = 0.0  # of what is there
    passed_since: float = 0.0

    def __call__(self, now: float, present: bool) -> bool:
        if present is not self.raw:
            self.raw, self.since = present, now
        if self.raw is not self.passed and now - self.since >= self.filter:
            self.passed, self.passed_since = self.raw, now
        if self.passed is not self.told and now - self.passed_since >= self.delays[self.passed]:
            self.told = self.passed
        return not self.told


@dataclass
class Watch:
    """Looks at the parts of a track every tick. `clear`: no edge has passed a place while the belt was slow."""

    kinds: Sequence[int]
    edges: Edges = field(default_factory=lambda: {name: [] for name in PORTS})
    values: dict[str, float] = field(default_factory=dict)
    order: list[Part] = field(default_factory=list)
    before: dict[int, float] = field(default_factory=dict)
    late: Delayed = field(default_factory=lambda: Delayed(0.31, (0.7, 0.4)))
    clear: bool = True

    def tick(self, now: float, parts: Sequence[Part], speed: float) -> None:
        for part in reversed(parts):
            if part not in self.order:
                self.order.append(part)
        for part in parts:
            was = self.before.get(id(part), part.x)
            for edge, old in ((part.x, was), (part.x - part.length, was - part.length)):
                if speed < SLOW and any(old < y + 0.005 and y - 0.005 < edge for y in PLACES):
                    self.clear = False
            if was - part.length < 2.7 <= part.x - part.length:
                on = [(p, min(p.x, 3.3) - max(p.x - p.length, 2.7)) for p in parts]
                self._tell(
                    now,
                    "sc.weight",
                    sum(MASSES[self._kind(p)] * max(share, 0.0) / p.length for p, share in on),
                )
                self._tell(now, "sc.valid", True)
            if was < 3.3 <= part.x:
                self._tell(now, "sc.valid", False)
            self.before[id(part)] = part.x
        metal = [part for part in parts if self._kind(part) in (1, 2)]
        self._tell(now, "pe.blocked", bool(self._at(parts, 1.0)))
        self._tell(now, "late.blocked", self.late(now, bool(self._at(parts, 1.5))))
        reach = OFF if self.values.get("px.present") else ON  # what is on stays on as far as its hysteresis
        self._tell(now, "px.present", any(p.x >= 2.0 - reach and p.x - p.length < 2.0 + reach for p in metal))
        broken = max((sum(0.02 + 0.03 * k <= HEIGHTS[self._kind(p)] for k in range(12)) for p in self._at(parts, 2.5)),
                     default=0)  # fmt: skip
        self._tell(now, "lc.broken", broken)
        self._tell(now, "lc.height", 0.02 + 0.03 * (broken - 1) if broken else 0.0)
        self._tell(now, "lc.clear", not broken)
        for part in self._at(parts, 3.6):
            self._tell(now, "bc.number", self.order.index(part))
        self._tell(now, "bc.good", bool(self._at(parts, 3.6)))
        colour = max((COLOURS[self._kind(part)] for part in self._at(parts, 4.0)), default=0)
        self._tell(now, "co.colour", colour)
        self._tell(now, "co.match", colour == COLOURS[0])
        self._tell(now, "he.blocked", any(HEIGHTS[self._kind(part)] >= 0.25 for part in self._at(parts, 4.5)))

    def _kind(self, part: Part) -> int:
        return self.kinds[self.order.index(part)]

    def _at(self, parts: Sequence[Part], y: float) -> list[Part]:
        return [part for part in parts if part.x - part.length < y <= part.x]

    def _tell(self, now: float, name: str, value: float) -> None:
        if value != self.values.setdefault(name, {"late.blocked": 1.0, "lc.clear": 1.0}.get(name, 0.0)):
            self.values[name] = value
            self.edges[name].append((now, float(value)))


def solved(
    v: float, ramp: float, every: float, plan: Sequence[tuple[float, object]]
) -> tuple[Edges, list[int]]:
    """What was told after the start, without what came and went in one instant; products of the parts made."""
    products = "\n".join(
        f'  p{k}: {{size: [{LENGTHS[k]} m, 0.2 m, {HEIGHTS[k]} m], mass: {MASSES[k]} kg, colour: "#{COLOURS[k]}00000"}}'
        for k in range(3)
    )
    steps = ", ".join(f"{{at: {t} s, set: {{Q: {str(on).lower()}}}}}" for t, on in plan)
    body = "\n".join("  " + row for row in SENSORS.strip().splitlines())
    run = Run(load_text(f"""format: commissioning-scene/1
products:
{products}
run: {{length: 1 min, scenario: hands}}
scenarios: {{hands: {{steps: [{steps}]}}}}
devices:
  src: {{type: source, mix: {{p0: 30 %, p1: 40 %, p2: 30 %}}, every: {every} s, limit: 14, to: belt}}
  belt: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 6 m, speed: {v} m/s, acceleration: {ramp} m/s2, to: out, tags: {{run: Q}}}}
  out: {{type: sink}}
{body}
""", Path("scene.yaml")), 1)  # fmt: skip
    run.advance(SECONDS)
    assert run.problem is None
    found: Edges = {}
    for name in PORTS:
        ends = {t: float(value) for t, value in run.journal.edges(name)}  # the last one of each instant
        rows = list(ends.items())
        found[name] = [(t / NS, b) for (_, a), (t, b) in pairwise(rows) if a != b]
    rows = run.journal.records()
    return found, [int(k) for k in rows["aux"][rows["kind"] == int(Kind.PART_MADE)]]


def ticked(
    v: float, ramp: float, every: float, plan: list[tuple[float, object]], kinds: list[int], rate: int
) -> Watch:
    belt = Track(6.0, Mean(v, ramp, list(plan), rate), Gate(Goal()))
    source = Source(belt, [LENGTHS[k] for k in kinds], every, every)
    watch = Watch(kinds)
    for k in range(1, SECONDS * rate + 1):
        belt.tick(k / rate, 1 / rate)
        source.tick(k / rate)
        watch.tick(k / rate, belt.parts, belt.speed(k / rate))
    return watch


@pytest.mark.parametrize("first", [0, 100, 200])
def test_that_sensors_tell_what_a_loop_sees_five_ticks_apart(first: int) -> None:
    seen, told, seed = 0, set[str](), first
    while seen < 2:
        seed += 1
        assert seed < first + 60
        rng = random.Random(seed)
        v, ramp, every = (
            round(rng.uniform(0.3, 0.6), 3),
            rng.choice([0.5, 1.2]),
            round(rng.uniform(1.5, 3.5), 3),
        )
        plan: list[tuple[float, object]] = [(0.0, True)]
        plan += [(round(3.0 + 6.1 * k + rng.choice([0.0, 0.5, 1.0]), 1), k % 2 == 1) for k in range(6)]
        exact, kinds = solved(v, ramp, every, plan)
        one = ticked(v, ramp, every, plan, kinds, RATES[0])
        if not one.clear:
            continue
        seen += 1
        means = []
        for rate in RATES:
            found = ticked(v, ramp, every, plan, kinds, rate).edges if rate != RATES[0] else one.edges
            apart = []
            for name in PORTS:
                assert [value for _, value in found[name]] == pytest.approx(
                    [b for _, b in exact[name]], abs=0.03
                ), name
                apart += [abs(a - b) for (a, _), (b, _) in zip(exact[name], found[name], strict=True)]
                told |= {name} if exact[name] else set()
            assert max(apart) < 5 / rate
            means.append(sum(apart) / len(apart))
        assert means[1] < 0.5 * means[0]
    assert told == set(PORTS)
