# ruff: noqa: E501  scene text
"""What moves along axes, holds parts in a track or takes them off, from scene text against independent tick loops
(`tick_axis`, `tick_net`): five ticks apart at 1 kHz at most, over a whole run, and the nearer the finer the tick.

Parts have chains of waits behind them (a belt, a place, a car, a belt), so errors would add up if a loop made any
in the mean; what happens within a tick is therefore placed in it.
"""

from __future__ import annotations

import random

import pytest
from test_device_ticks import SECONDS, Ramped, Times, always, compare, solved, speeds
from tick_axis import Arm, Blade, Car, Gates, Parting, TickedAxis, plant, raised
from tick_net import Gate, Goal, Source, Track


def limits(rng: random.Random) -> tuple[float, float, float]:
    """Speed, acceleration, deceleration; now and then at once."""
    if rng.random() < 0.2:
        return round(rng.uniform(0.5, 2.0), 2), 0.0, 0.0
    return round(rng.uniform(0.5, 2.0), 2), round(rng.uniform(0.5, 2.0), 2), round(rng.uniform(0.5, 2.0), 2)


def by_car(tracks: list[Track], car: Car, after: list[Track], sources: list[Source], rate: int) -> None:
    """The car first, then the tracks, the last one of the line first."""
    steps = [lambda now, dt: car.tick(now)]
    steps += [track.tick for track in [*after, *tracks]]
    steps += [lambda now, dt, source=source: source.tick(now) for source in sources]  # type: ignore[misc]
    plant(steps, rate, SECONDS)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_shuttle_between_belts_agrees_with_a_tick_loop(seed: int) -> None:
    """Two belts bring parts, two take them; who waits longest is served first, exits take turns."""
    rng = random.Random(seed)
    v, (top, up, down) = speeds(rng, 4), limits(rng)
    every = [round(rng.uniform(5.0, 9.0), 3) for _ in range(2)]
    load, unload = round(rng.uniform(0.0, 1.0), 2), round(rng.uniform(0.1, 1.0), 2)
    exact = solved(f"""
s1: {{type: source, product: box, every: {every[0]} s, limit: 6, to: b1}}
s2: {{type: source, product: box, every: {every[1]} s, limit: 6, to: b2}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 1.3 m, speed: {v[0]} m/s, to: car}}
b2: {{type: belt, pose: {{xyz: [0 m, 3 m, 0 m]}}, length: 0.9 m, speed: {v[1]} m/s, to: car}}
car: {{type: shuttle, pose: {{xyz: [5 m, 0 m, 0 m]}}, takes: {{b1: 0 m, b2: 2.5 m}}, gives: {{on: 1.2 m, off: 4 m}}, speed: {top} m/s, acceleration: {up} m/s2, deceleration: {down} m/s2, load: {load} s, unload: {unload} s, to: {{on: b3, off: b4}}}}
b3: {{type: belt, length: 1.1 m, speed: {v[2]} m/s, to: out}}
b4: {{type: belt, length: 0.7 m, speed: {v[3]} m/s, to: other}}
out: {{type: sink}}
other: {{type: sink}}
""", {})  # fmt: skip

    def ticked(rate: int) -> Times:
        out, other = Goal(), Goal()
        b3, b4 = Track(1.1, always(v[2]), Gate(out)), Track(0.7, always(v[3]), Gate(other))
        car = Car(TickedAxis(top, up, down), [0.0, 2.5], [(1.2, b3), (4.0, b4)], load, unload)
        b1, b2 = Track(1.3, always(v[0]), Gates(car, 0)), Track(0.9, always(v[1]), Gates(car, 1))  # type: ignore[arg-type]
        sources = [Source(b1, [0.3] * 6, every[0], every[0]), Source(b2, [0.3] * 6, every[1], every[1])]
        by_car([b1, b2], car, [b3, b4], sources, rate)
        return {"out": out.times, "other": other.times}

    compare(exact, ticked, 4)


@pytest.mark.parametrize("kind", ["lift", "turntable"])
@pytest.mark.parametrize("seed", range(4))
def test_that_a_lift_and_a_turntable_between_belts_agree_with_a_tick_loop(kind: str, seed: int) -> None:
    """A queue of parts before it; a lift goes 3 m up, a table turns 90 deg to the left."""
    rng = random.Random(seed)
    v, (top, up, down) = speeds(rng, 2), limits(rng)
    every = round(rng.uniform(1.0, 8.0), 3)
    load, unload = round(rng.uniform(0.0, 1.0), 2), round(rng.uniform(0.0, 1.0), 2)
    if kind == "lift":
        goal = 3.0
        places = f"takes: {{b1: 0 m}}, gives: {{on: 3 m}}, speed: {top} m/s, acceleration: {up} m/s2, deceleration: {down} m/s2"
    else:
        goal = 1.5
        places = f"takes: {{b1: 0 rad}}, gives: {{on: 1.5 rad}}, speed: {top} rad/s, acceleration: {up} rad/s2, deceleration: {down} rad/s2"
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 7, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 1.7 m, speed: {v[0]} m/s, to: car}}
car: {{type: {kind}, {places}, load: {load} s, unload: {unload} s, to: {{on: b2}}}}
b2: {{type: belt, length: 1.1 m, speed: {v[1]} m/s, to: out}}
out: {{type: sink}}
""", {})  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        b2 = Track(1.1, always(v[1]), Gate(out))
        car = Car(TickedAxis(top, up, down), [0.0], [(goal, b2)], load, unload)
        b1 = Track(1.7, always(v[0]), Gates(car, 0))  # type: ignore[arg-type]
        by_car([b1], car, [b2], [Source(b1, [0.3] * 7, every, every)], rate)
        return {"out": out.times}

    compare(exact, ticked, 4)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_stopper_agrees_with_a_tick_loop(seed: int) -> None:
    """The blade takes its time up, falls at once, and turns round on its way; the belt stops and starts."""
    rng = random.Random(seed)
    v, time = speeds(rng, 1)[0], rng.choice([0.1, 0.35])
    ramp = rng.choice([0.8, 1.5])
    every = round(rng.uniform(1.0, 2.5), 3)
    plan = [(round(2.0 + 4.7 * k + rng.choice([0.0, 0.4, 1.1]), 1), k % 2 == 0) for k in range(9)]
    plan += [(30.0, True), (30.2, False), (30.3, True), (33.1, False)]
    plan = [row for row in sorted(plan) if row[0] < 29.0 or row[0] >= 30.0][:14]
    runs = [(0.0, True), (11.0, False), (14.0, True)]
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 14, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 3.3 m, speed: {v} m/s, acceleration: {ramp} m/s2, to: out, tags: {{run: Q_Run}}}}
stop: {{type: stopper, along: b1, at: 2.1 m, time: {time} s, tags: {{raise: Q}}}}
out: {{type: sink}}
""", {"Q": list(plan), "Q_Run": list(runs)})  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        b1 = Track(3.3, Ramped(v, ramp, list(runs), rate), Gate(out))
        b1.popup = Blade(2.1, raised(plan, time, 1e9), b1)  # type: ignore[assignment]
        source = Source(b1, [0.3] * 14, every, every)
        plant([b1.tick, lambda now, dt: source.tick(now)], rate, SECONDS)
        return {"out": out.times}

    compare(exact, ticked, 10)


@pytest.mark.parametrize("seed", range(8))
def test_that_a_separator_agrees_with_a_tick_loop(seed: int) -> None:
    """Parts of two lengths that come closer than the gap."""
    rng = random.Random(seed)
    v, gap = speeds(rng, 1)[0], round(rng.uniform(0.2, 0.8), 2)
    every = round(rng.uniform(0.6, 3.0), 3)
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 15, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 3.3 m, speed: {v} m/s, to: out}}
sep: {{type: separator, along: b1, at: 1.9 m, gap: {gap} m}}
out: {{type: sink}}
""", {})  # fmt: skip

    def ticked(rate: int) -> Times:
        out = Goal()
        b1 = Track(3.3, always(v), Gate(out))
        b1.popup = Parting(1.9, gap, b1)  # type: ignore[assignment]
        source = Source(b1, [0.3] * 15, every, every)
        plant([b1.tick, lambda now, dt: source.tick(now)], rate, SECONDS)
        return {"out": out.times}

    compare(exact, ticked, 12)


def test_that_a_pusher_agrees_with_a_tick_loop() -> None:
    """The ram goes out and back at tenths; it takes what is before its face when that touches, and no other."""
    seen = 0
    for seed in range(24):
        rng = random.Random(seed)
        v, (top, up, _) = speeds(rng, 1)[0], limits(rng)
        every = round(rng.uniform(1.2, 2.5), 3)
        plan, t = [], 3.0
        for k in range(16):
            plan.append((round(t, 1), k % 2 == 0))
            t += rng.choice([1.3, 2.1, 2.8])
        arms: list[Arm] = []

        def ticked(rate: int, v: float = v, top: float = top, up: float = up, every: float = every,
                   plan: list[tuple[float, bool]] = plan, arms: list[Arm] = arms) -> Times:  # fmt: skip
            out, other = Goal(), Goal()
            b1 = Track(3.0, always(v), Gate(out))
            arm = Arm(TickedAxis(top, up, up), 0.6, 0.15, 1.5, 0.2, b1, other, list(plan))
            arms.append(arm)
            source = Source(b1, [0.3] * 20, every, every)
            plant([b1.tick, arm.tick, lambda now, dt: source.tick(now)], rate, SECONDS)
            return {"out": out.times, "other": other.times}

        ticked(1000)
        if arms[0].nearest < 0.01 or not arms[0].target.times:
            continue  # a middle comes so near to the end of the face that a tick may decide
        seen += 1
        exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 20, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 3 m, width: 0.5 m, speed: {v} m/s, to: out}}
pu: {{type: pusher, along: b1, at: 1.5 m, stroke: 0.6 m, face: 0.4 m, speed: {top} m/s, acceleration: {up} m/s2, to: other, tags: {{extend: Q}}}}
out: {{type: sink}}
other: {{type: sink}}
""", {"Q": list(plan)})  # fmt: skip
        compare(exact, ticked, 15)
        if seen == 8:
            break
    assert seen == 8


@pytest.mark.parametrize("seed", range(6))
def test_that_a_curve_that_stops_with_a_ramp_agrees_with_a_tick_loop(seed: int) -> None:
    """Its length is that of the arc of its centre line."""
    rng = random.Random(seed)
    v, ramp = speeds(rng, 3), rng.choice([0.5, 1.2])
    every, radius = round(rng.uniform(0.8, 2.0), 3), round(rng.uniform(0.5, 1.2), 2)
    plan = [(0.0, True)]
    plan += [(round(2.0 + 3.1 * k + rng.choice([0.0, 0.5, 1.0]), 1), k % 2 == 1) for k in range(8)]
    exact = solved(f"""
src: {{type: source, product: box, every: {every} s, limit: 12, to: b1}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 1.3 m, speed: {v[0]} m/s, to: bend}}
bend: {{type: curve, radius: {radius} m, angle: 1.2 rad, speed: {v[1]} m/s, acceleration: {ramp} m/s2, to: b3, tags: {{run: Q}}}}
b3: {{type: belt, length: 1.7 m, speed: {v[2]} m/s, to: out}}
out: {{type: sink}}
""", {"Q": list(plan)})  # fmt: skip

    def ticked(rate: int) -> Times:
        return lane_of([(1.3, always(v[0])), (1.2 * radius, Ramped(v[1], ramp, list(plan), rate)), (1.7, always(v[2]))],
                       12, every, rate)  # fmt: skip

    compare(exact, ticked, 12)


def lane_of(belts: list[tuple[float, object]], count: int, every: float, rate: int) -> Times:
    """Belts in line: a part moves with the belt under its front, its tail keeps its place on the one before."""
    dt, fronts, times = 1.0 / rate, [], []  # type: ignore[var-annotated]
    ends, total = [], 0.0
    for length, _ in belts:
        total += length
        ends.append(total)
    due, made = every, 0
    for k in range(1, round(SECONDS * rate) + 1):
        now = k * dt
        speed = [drive(now) for _, drive in belts]  # type: ignore[operator]
        limit = float("inf")
        for i, x in enumerate(fronts):
            left = dt
            for end, v in zip(ends, speed, strict=True):  # the rest of the tick behind a joint
                if x < end - 1e-12 and left > 0.0:
                    step = min(left, (end - x) / v) if v else left
                    x += v * step
                    left -= step
            x = min(x, limit)
            if x >= total - 1e-12 and fronts[i] < total - 1e-12:
                times.append(now - left)
            fronts[i] = x if x < total - 1e-12 else total + 10.0
            limit = fronts[i] - 0.3 if fronts[i] <= total else float("inf")
        tail = fronts[-1] - 0.3 if fronts and fronts[-1] <= total else float("inf")
        if made < count and due <= now and tail >= 0.0:
            start = max(due, now - tail / speed[0]) if tail < speed[0] * dt and speed[0] else due
            fronts.append(min(speed[0] * (now - start), tail))
            made, due = made + 1, start + every
    return {"out": times}
