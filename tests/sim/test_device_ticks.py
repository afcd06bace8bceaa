# ruff: noqa: E501  scene text
"""Corners, merges, diverters, pop-ups, transfers and zones of rollers from scene text against an independent
tick loop (`tick_net`): five ticks apart at 1 kHz at most, and the nearer the finer the tick."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tick_net import Diverter, Gate, Goal, Net, Popup, Slug, Source, Track, Transfer, Zones

from commissioning.bench.load import load_text
from commissioning.model.record import Kind
from commissioning.sim.run import Run

SECONDS = 60
RATES = (250, 1000)
Times = dict[str, list[float]]


def solved(devices: str, commands: dict[str, list[tuple[float, object]]]) -> Times:
    """When parts came to each sink of a scene."""
    steps = [
        f"{{at: {t} s, set: {{{tag}: {str(v).lower()}}}}}" for tag, plan in commands.items() for t, v in plan
    ]
    steps.sort(key=lambda step: float(step.split()[1]))
    body = "\n".join("  " + row for row in devices.strip().splitlines())
    text = f"""format: commissioning-scene/1
products: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}, long: {{size: [0.45 m, 0.2 m, 0.2 m]}}}}
run: {{length: 1 min, scenario: hands}}
scenarios: {{hands: {{steps: [{", ".join(steps)}]}}}}
devices:
{body}
"""
    run = Run(load_text(text, Path("scene.yaml")), 1)
    run.advance(SECONDS)
    assert run.problem is None
    names = [thing["id"] for thing in run.journal.header["core"]["objects"]]
    times: Times = {}
    for row in run.journal.records():
        if row["kind"] == Kind.PART_GONE:
            times.setdefault(names[int(row["a"])], []).append(int(row["t"]) / 1e9)
    return times


def compare(exact: Times, ticked: Callable[[int], Times], least: int, hair: float = 1e-6) -> None:
    """The same parts at the same sinks, five ticks apart at most, and on the average nearer with each tick, if
    they are not `hair` s apart anyway: a loop that places events within its ticks errs by roundings alone."""
    means = []
    for rate in RATES:
        found = ticked(rate)
        apart = []
        assert {name: len(times) for name, times in found.items() if times} == {
            name: len(times) for name, times in exact.items()
        }
        for name, times in exact.items():
            apart += [abs(a - b) for a, b in zip(times, found[name], strict=True)]
        assert len(apart) >= least
        assert max(apart) < 5 / rate
        means.append(sum(apart) / len(apart))
    assert means[1] < 0.5 * means[0] or means[1] < hair


def always(speed: float) -> Callable[[float], float]:
    return lambda t: speed


def speeds(rng: random.Random, count: int) -> list[float]:
    return [round(rng.uniform(0.3, 0.7), 3) for _ in range(count)]


class Ramped:
    """A drive that goes to what it is told along a ramp, a tick at a time; `plan`: s, share of `speed`."""

    def __init__(self, speed: float, ramp: float, plan: list[tuple[float, object]], rate: int) -> None:
        self.full, self.ramp, self.plan, self.dt = speed, ramp, list(plan), 1.0 / rate
        self.target = self.now = self.t = 0.0

    def __call__(self, t: float) -> float:
        if t > self.t + 0.5 * self.dt:
            self.t = t
            while self.plan and self.plan[0][0] <= t - 0.5 * self.dt:
                self.target = self.full * float(self.plan.pop(0)[1])  # type: ignore[arg-type]
            step = self.ramp * self.dt
            self.now += min(step, max(-step, self.target - self.now))
        return self.now


def zigzag(
    v: list[float], every: float, more: str, commands: dict[str, list[tuple[float, object]]],
    middle: Callable[[int], Callable[[float], float]],
) -> None:  # fmt: skip
    """Three belts, each across the one before, with twelve parts of 0.3 m; `more` of the second, whose drive at so
    many ticks a second is `middle`."""
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 12, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 1.3 m, speed: {v[0]} m/s, to: b2}}
b2: {{type: belt, pose: {{xyz: [1.3 m, 0 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}}, length: 1.1 m, speed: {v[1]} m/s, {more} to: b3}}
b3: {{type: belt, pose: {{xyz: [1.3 m, 1.1 m, 0 m]}}, length: 1.7 m, speed: {v[2]} m/s, to: out}}
out: {{type: sink}}
""", commands)  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        b3 = Track(1.7, always(v[2]), Gate(out))
        b2 = Track(1.1, middle(rate), Gate(b3))
        b1 = Track(1.3, always(v[0]), Gate(b2))
        Net([b3, b2, b1], [Source(b1, [0.3] * 12, every, every)], rate).run(SECONDS)
        return {"out": out.times}

    compare(exact, ticked, 10)


@pytest.mark.parametrize("seed", range(8))
def test_that_belts_that_stop_with_a_ramp_agree_with_a_tick_loop(seed: int) -> None:
    """The second of three belts stops and starts along a ramp, with parts that hang over both its ends. The loop
    sums the speed of each tick: half a tick too much for each change of the speed, and so its error is one of
    the tick."""
    rng = random.Random(seed)
    v, ramp = speeds(rng, 3), rng.choice([0.5, 1.2])
    every = round(rng.uniform(0.2, 1.5), 3)
    plan: list[tuple[float, object]] = [(0.0, True)]
    plan += [(round(2.0 + 3.1 * k + rng.choice([0.0, 0.5, 1.0]), 1), k % 2 == 1) for k in range(8)]
    more = f"acceleration: {ramp} m/s2, tags: {{run: Q}},"
    zigzag(v, every, more, {"Q": plan}, lambda rate: Ramped(v[1], ramp, plan, rate))


@pytest.mark.parametrize("seed", range(8))
def test_that_corners_agree_with_a_tick_loop(seed: int) -> None:
    """A part whenever there is room: queues form before the slower ones."""
    rng = random.Random(seed)
    v = speeds(rng, 3)
    zigzag(v, round(rng.uniform(0.2, 1.5), 3), "", {}, lambda rate: always(v[1]))


@pytest.mark.parametrize("seed", range(8))
def test_that_a_merge_into_gaps_agrees_with_a_tick_loop(seed: int) -> None:
    rng = random.Random(seed)
    v = speeds(rng, 2)
    every = [round(rng.uniform(1.8, 4.0), 3) for _ in range(2)]
    exact = solved(f"""
s1: {{type: source, product: box, every: {every[0]} s, limit: 10, to: main}}
s2: {{type: source, product: long, every: {every[1]} s, limit: 8, to: side}}
main: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 4 m, speed: {v[0]} m/s, to: out}}
side: {{type: belt, pose: {{xyz: [2 m, -1.5 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}}, length: 1.5 m, speed: {v[1]} m/s, to: {{device: main, at: 2 m}}}}
out: {{type: sink}}
""", {})  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        main = Track(4.0, always(v[0]), Gate(out))
        side = Track(1.5, always(v[1]), Gate(main, 2.0))
        sources = [Source(main, [0.3] * 10, every[0], every[0]), Source(side, [0.45] * 8, every[1], every[1])]
        Net([main, side], sources, rate).run(SECONDS)
        return {"out": out.times}

    compare(exact, ticked, 18)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_diverter_agrees_with_a_tick_loop(seed: int) -> None:
    """It turns every few seconds at tenths; what comes meanwhile queues."""
    rng = random.Random(seed)
    v = speeds(rng, 3)
    every, time = round(rng.uniform(0.9, 2.0), 3), rng.choice([0.0, 0.37])
    plan = [(round(3.0 + 4.3 * k + rng.choice([0.0, 0.4, 1.1]), 1), k % 2 == 0) for k in range(10)]
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 20, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 1.5 m, speed: {v[0]} m/s, to: gate}}
gate: {{type: diverter, time: {time} s, to: {{straight: b2, left: b3}}, tags: {{left: Q}}}}
b2: {{type: belt, length: 1.1 m, speed: {v[1]} m/s, to: out}}
b3: {{type: belt, length: 0.9 m, speed: {v[2]} m/s, to: other}}
out: {{type: sink}}
other: {{type: sink}}
""", {"Q": list(plan)})  # fmt: skip

    def ticked(rate: int) -> Times:
        out, other = Goal(), Goal()
        b2, b3 = Track(1.1, always(v[1]), Gate(out)), Track(0.9, always(v[2]), Gate(other))
        ways = [(t, "left" if left else "straight") for t, left in plan]
        b1 = Track(1.5, always(v[0]), Diverter({"straight": b2, "left": b3}, ways, time))
        Net([b2, b3, b1], [Source(b1, [0.3] * 20, every, every)], rate).run(SECONDS)
        return {"out": out.times, "other": other.times}

    compare(exact, ticked, 15)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_transfer_agrees_with_a_tick_loop(seed: int) -> None:
    """One part after the other rises, goes off sideways and stands in the way until its tail is off."""
    rng = random.Random(seed)
    v = speeds(rng, 2)
    every, time = round(rng.uniform(0.9, 3.0), 3), rng.choice([0.2, 0.53])
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 8, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 2 m, speed: {v[0]} m/s, to: turn}}
turn: {{type: transfer, time: {time} s, side: left, to: b2}}
b2: {{type: belt, length: 1.4 m, speed: {v[1]} m/s, to: out}}
out: {{type: sink}}
""", {})  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        b2 = Track(1.4, always(v[1]), Gate(out))
        b1 = Track(2.0, always(v[0]), Transfer(b2, time))
        Net([b2, b1], [Source(b1, [0.3] * 8, every, every)], rate).run(SECONDS)
        return {"out": out.times}

    compare(exact, ticked, 8)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_popup_agrees_with_a_tick_loop(seed: int) -> None:
    rng = random.Random(seed)
    v = speeds(rng, 2)
    every, time = round(rng.uniform(1.2, 2.5), 3), rng.choice([0.0, 0.23])
    plan = [(round(2.0 + 5.1 * k + rng.choice([0.0, 0.6, 1.3]), 1), k % 2 == 0) for k in range(8)]
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 16, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 3 m, speed: {v[0]} m/s, to: out}}
pop: {{type: popup, along: b1, at: 1.5 m, time: {time} s, to: b2, tags: {{raise: Q}}}}
b2: {{type: belt, length: 1.4 m, speed: {v[1]} m/s, to: other}}
out: {{type: sink}}
other: {{type: sink}}
""", {"Q": list(plan)})  # fmt: skip

    def ticked(rate: int) -> Times:
        out, other = Goal(), Goal()
        b2 = Track(1.4, always(v[1]), Gate(other))
        b1 = Track(3.0, always(v[0]), Gate(out))
        b1.popup = Popup(1.5, b2, plan, time, b1)
        Net([b2, b1], [Source(b1, [0.3] * 16, every, every)], rate).run(SECONDS)
        return {"out": out.times, "other": other.times}

    compare(exact, ticked, 12)


@pytest.mark.parametrize("kind", ["roller_conveyor", "chain_conveyor"])
@pytest.mark.parametrize("seed", range(8))
def test_that_zones_of_rollers_and_chains_agree_with_a_tick_loop(kind: str, seed: int) -> None:
    """As many parts as zones; the last zone is let go and held again at tenths, the others by what is ahead."""
    rng = random.Random(seed)
    count, speed = rng.randint(2, 6), round(rng.uniform(0.3, 0.7), 3)
    every = round(rng.uniform(1.1, 1.8) / speed, 3)  # so far apart that no zone has two: 0.6 + 0.45 m
    until = round(rng.uniform(4.0, 20.0), 1)
    plan = [(until, True)]
    exact = solved(f"""
src: {{type: source, product: long, every: {every} s, limit: {count}, to: zpa}}
zpa: {{type: {kind}, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: {0.6 * count:.1f} m, zones: {count}, speed: {speed} m/s, to: out, tags: {{release: Q}}}}
out: {{type: sink}}
""", {"Q": list(plan)})  # fmt: skip

    def ticked(rate: int) -> Times:
        zones = Zones(
            count, 0.6, 0.05, speed, lambda t: until if t >= until else None, [0.45] * count, every, rate
        )
        zones.run(SECONDS)
        return {"out": zones.times}

    compare(exact, ticked, count)


@pytest.mark.parametrize(("kind", "seed"), [*(("roller_conveyor", k) for k in range(10)),
                                           *(("chain_conveyor", k) for k in range(10, 14))])  # fmt: skip
def test_that_a_slug_of_rollers_or_chains_agrees_with_a_tick_loop(kind: str, seed: int) -> None:
    """What has queued up goes all at once; it is stopped at a tenth, with parts half over their eyes, and let go."""
    rng = random.Random(seed)
    count, speed = rng.randint(2, 6), round(rng.uniform(0.3, 0.7), 3)
    every = round(rng.uniform(1.1, 1.8) / speed, 3)
    until = round((count + 1) * every + rng.uniform(1.0, 4.0), 1)
    plan = [(until, True), (round(until + rng.uniform(0.2, 1.5), 1), False)]
    plan += [(round(plan[-1][0] + 2.3, 1), True)]
    exact = solved(f"""
src: {{type: source, product: long, every: {every} s, limit: {count}, to: zpa}}
zpa: {{type: {kind}, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: {0.6 * count:.1f} m, zones: {count}, mode: slug, speed: {speed} m/s, to: out, tags: {{release: Q}}}}
out: {{type: sink}}
""", {"Q": list(plan)})  # fmt: skip

    def ticked(rate: int) -> Times:
        def released(t: float) -> bool:
            return any(on <= t + 1e-9 < off for on, off in ((plan[0][0], plan[1][0]), (plan[2][0], 1e9)))

        zones = Slug(count, 0.6, 0.05, speed, released, [0.45] * count, every, rate)
        zones.run(SECONDS)
        return {"out": zones.times}

    compare(exact, ticked, count)
