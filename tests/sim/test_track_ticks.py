# ruff: noqa: E501  scene text
"""Inclines, spurs, set points and pallets that go round, from scene text against an independent tick loop
(`tick_net`): five ticks apart at 1 kHz at most, over a whole run, and the nearer the finer the tick."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, radians, sin

import pytest
from test_device_ticks import SECONDS, Ramped, Times, always, compare, solved, speeds, zigzag
from tick_axis import plant
from tick_net import INF, Gate, Goal, Net, Part, Source, Track, give


@pytest.mark.parametrize("seed", range(6))
def test_that_a_spur_onto_the_top_of_an_incline_agrees_with_a_tick_loop(seed: int) -> None:
    """The way up counts along the incline; what comes from the spur at an angle waits for a gap on the top."""
    rng = random.Random(seed)
    v, length, up = speeds(rng, 4), round(rng.uniform(1.2, 2.4), 3), rng.choice([20.0, -15.0, 30.0])
    every, angle = [round(rng.uniform(1.9, 4.0), 3) for _ in range(2)], rng.choice([30.0, 45.0, -60.0])
    x, z = 1.0 + length * cos(radians(up)), 1.5 + length * sin(radians(up))
    sx, sy = x + 2.0 - 1.5 * cos(radians(angle)), -1.5 * sin(radians(angle))
    exact = solved(f"""
s1: {{type: source, product: box, every: {every[0]} s, limit: 10, to: foot}}
s2: {{type: source, product: long, every: {every[1]} s, limit: 8, to: spur}}
foot: {{type: belt, pose: {{xyz: [0 m, 0 m, 1.5 m]}}, length: 1 m, speed: {v[0]} m/s, to: up}}
up: {{type: belt, pose: {{xyz: [1 m, 0 m, 1.5 m], rpy: [0 deg, {-up} deg, 0 deg]}}, length: {length} m, speed: {v[1]} m/s, to: top}}
top: {{type: belt, pose: {{xyz: [{x} m, 0 m, {z} m]}}, length: 3.5 m, speed: {v[2]} m/s, to: out}}
spur: {{type: belt, pose: {{xyz: [{sx} m, {sy} m, {z} m], rpy: [0 deg, 0 deg, {angle} deg]}}, length: 1.5 m, speed: {v[3]} m/s, to: {{device: top, at: 2 m}}}}
out: {{type: sink}}
""", {})  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        top = Track(3.5, always(v[2]), Gate(out))
        incline = Track(length, always(v[1]), Gate(top))
        foot, spur = Track(1.0, always(v[0]), Gate(incline)), Track(1.5, always(v[3]), Gate(top, 2.0))
        sources = [Source(foot, [0.3] * 10, every[0], every[0]), Source(spur, [0.45] * 8, every[1], every[1])]
        Net([top, incline, foot, spur], sources, rate).run(SECONDS)
        return {"out": out.times}

    compare(exact, ticked, 15)


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 5, 6])
def test_that_a_belt_by_set_points_agrees_with_a_tick_loop(seed: int) -> None:
    """The second of three belts is told other shares of its speed, along a ramp, also to stand, with parts on it
    and across both its ends. (With seed 1 a front creeps over an end just before the belt rests: a tick decides.)
    """
    rng = random.Random(seed)
    v, ramp = speeds(rng, 3), rng.choice([0.3, 0.9])
    every = round(rng.uniform(0.5, 1.5), 3)
    plan: list[tuple[float, object]] = [(0.0, 1.0)]
    plan += [
        (round(2.0 + 3.1 * k + rng.choice([0.0, 0.5, 1.0]), 1), rng.choice([0.0, 0.25, 0.6, 1.0]))
        for k in range(12)
    ]
    plan.append((45.0, 1.0))
    more = f"acceleration: {ramp} m/s2, setpoint: share, tags: {{speed_setpoint: V}},"
    zigzag(v, every, more, {"V": plan}, lambda rate: Ramped(v[1], ramp, plan, rate))


@dataclass(eq=False)
class Cell:
    """Takes a part that has come, works on it, and gives it to `target`; `times`: when the work was done."""

    cycle: float
    target: Track
    part: Part | None = None
    done: float = 0.0
    free: float = -INF
    took: float = -INF
    times: list[float] = field(default_factory=list)
    aside = False
    at = 0.0

    def offer(self, part: Part, reached: float, now: float) -> bool:
        took = max(reached, self.free)
        if self.part is not None or took > now:
            return False
        self.part, part.track = part, None
        self.took, self.done = took, took + self.cycle
        return True

    def off(self, now: float) -> None:
        """Nothing hangs over."""

    def tick(self, now: float, dt: float) -> None:
        if self.part is None or self.done > now:
            return
        if not self.times or self.times[-1] != self.done:
            self.times.append(self.done)
        if give(self.part, self.target, 0.0, max(self.done, now - dt), now):
            self.free = now - self.part.x / self.target.speed(now)
            self.part = None


@dataclass(eq=False)
class Store:
    """Pallets that wait to go onto `target`, the longest wait first; there is always room for one more."""

    target: Track
    waiting: list[tuple[float, Part]]
    aside = False
    at = 0.0

    def offer(self, part: Part, reached: float, now: float) -> bool:
        self.waiting.append((reached, part))
        part.track = None
        return True

    def off(self, now: float) -> None:
        """Nothing hangs over."""

    def tick(self, now: float, dt: float) -> None:
        if self.waiting and give(self.waiting[0][1], self.target, 0.0, max(self.waiting[0][0], 0.0), now):
            self.waiting.pop(0)


def went_round(v: Sequence[float], pallets: int, load: float, unload: float, rate: int) -> Times:
    b4 = Track(1.4, always(v[3]))
    unloading = Cell(unload, b4)
    b3 = Track(1.2, always(v[2]), unloading)  # type: ignore[arg-type]
    b2 = Track(1.7, always(v[1]), Gate(b3))
    loading = Cell(load, b2)
    b1 = Track(2.1, always(v[0]), loading)  # type: ignore[arg-type]
    store = Store(b1, [(0.0, Part(0.45)) for _ in range(pallets)])
    b4.exit = store  # type: ignore[assignment]
    plant([b4.tick, unloading.tick, b3.tick, b2.tick, loading.tick, b1.tick, store.tick], rate, SECONDS)
    return {"out": unloading.times}


@pytest.mark.parametrize("seed", range(8))
def test_that_pallets_that_go_round_agree_with_a_tick_loop(seed: int) -> None:
    """A box is set on each, and taken off it on the other side. From one pallet, which meets nobody, to so many
    that they queue before both places and back into the store."""
    rng = random.Random(seed)
    v, pallets = speeds(rng, 4), rng.choice([1, 3, 6, 12])
    load, unload = round(rng.uniform(0.5, 3.0), 3), round(rng.uniform(0.5, 3.0), 3)
    exact = solved(f"""
store: {{type: buffer, pallets: {pallets}, product: long, pose: {{xyz: [-0.6 m, 0 m, 0 m]}}, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 2.1 m, speed: {v[0]} m/s, to: load}}
boxes: {{type: source, product: box, every: always, pose: {{xyz: [2.4 m, -0.6 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}}, to: load}}
load: {{type: assembly, takes: {{long: 1, box: 1}}, loads: true, cycle: {load} s, to: b2}}
b2: {{type: belt, length: 1.7 m, speed: {v[1]} m/s, to: b3}}
b3: {{type: belt, pose: {{xyz: [4.4 m, 0 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}}, length: 1.2 m, speed: {v[2]} m/s, to: unload}}
unload: {{type: disassembly, gives: {{off: {{product: box}}}}, unloads: true, cycle: {unload} s, to: {{off: out, rest: b4}}}}
b4: {{type: belt, length: 1.4 m, speed: {v[3]} m/s, to: store}}
out: {{type: sink}}
""", {})  # fmt: skip
    compare(exact, lambda rate: went_round(v, pallets, load, unload, rate), 2)


def test_that_more_pallets_give_more_until_they_queue() -> None:
    """The loop itself: as many as go round in the run, then what the slower place can do."""
    v, counts = (0.5, 0.5, 0.5, 0.5), [1, 3, 6, 12]
    found = [len(went_round(v, count, 3.0, 1.0, 250)["out"]) for count in counts]
    assert found[0] < found[1] < found[2] == found[3]
    # one comes to the second place 10 s after it set out and 3 s at the first, and again each 12.8 s + 4 s
    assert found[0] == 1 + int((SECONDS - 14.0) / 16.8)
