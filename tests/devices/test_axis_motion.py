"""Rams, lifts and tables with ramps: times from closed formulas, places against a clock with short ticks."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

import numpy as np
import pytest

from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

PUSH = """
src: {type: source, product: box, every: 60 s, first: 1 s, to: b1}
b1: {type: belt, pose: {xyz: [0, 0, 0]}, length: 4 m, speed: 0.5 m/s, to: out}
pu: {type: pusher, along: b1, at: 2 m, stroke: 0.5 m, speed: 1 m/s, LIMITS, face: 0.3 m, to: bin, tags: {extend: Q}}
pe: {type: photo_eye, along: b1, at: 2.1 m}
bin: {type: sink}
out: {type: sink}
"""


def edges(run: Run, name: str, value: object = True) -> list[float]:
    return [t / 1e9 for t, v in run.journal.edges(name) if v == value and type(v) is type(value) and t]


def test_that_a_ram_with_ramps_touches_and_ends_when_its_profile_says(line: Line) -> None:
    """4 m/s2 over 0.5 m: 0.25 s and 0.125 m up, then 0.25 s even, 0.25 s down. The face touches at 0.15 m."""
    run = line(PUSH.replace("LIMITS", "acceleration: 4 m/s2"))
    run.advance("5.05 s")
    run.write("Q", True)
    run.advance("10 s")
    assert edges(run, "pe.blocked") == [5.2]
    assert edges(run, "pe.blocked", False) == pytest.approx([5.05 + 0.25 + 0.025], abs=2e-9)
    assert edges(run, "pu.extended") == pytest.approx([5.05 + 0.75], abs=2e-9)
    run.write("Q", False)
    run.advance("5 s")
    assert edges(run, "pu.home") == pytest.approx([15.05 + 0.75], abs=2e-9)


def test_that_a_ram_with_limited_jerk_touches_on_its_cubic(line: Line) -> None:
    """1 m/s2 and 10 m/s3 over 0.5 m: a is reached and held, v is not: 0.1 + sqrt(0.01 + 2) s in all.

    0.1 s of rising acceleration reach 10 * 0.1^3 / 6 m with 0.05 m/s; from there 1 m/s2 for 0.56 s.
    """
    run = line(PUSH.replace("LIMITS", "acceleration: 1 m/s2, jerk: 10 m/s3"))
    run.advance("5 s")
    run.write("Q", True)
    run.advance("10 s")
    held = -0.05 + sqrt(0.0025 + 2 * (0.15 - 0.01 / 6))
    assert edges(run, "pe.blocked", False) == pytest.approx([5 + 0.1 + held], abs=2e-9)
    assert edges(run, "pu.extended") == pytest.approx([5 + 0.1 + sqrt(2.01)], abs=2e-9)


def test_that_a_ram_that_turns_round_behind_the_side_of_a_part_touches_it(line: Line) -> None:
    """1 m/s2. Called back at 3.5 s from 0.5 m, and out again at 4.2 s, when it is at 0.255 m with -0.7 m/s: it
    turns at 4.9 s and 0.01 m, and is at the side of the part, at 0.15 m, sqrt(0.28) s later."""
    run = line(PUSH.replace("LIMITS", "acceleration: 1 m/s2"))
    for t, out in ((2.0, True), (3.5, False), (4.2, True)):
        run.advance_to(round(t * 1e9))
        run.write("Q", out)
    run.advance("5 s")
    assert edges(run, "pe.blocked") == [5.2]
    assert edges(run, "pe.blocked", False) == pytest.approx([4.9 + sqrt(0.28)], abs=2e-9)
    assert edges(run, "bin.count", 1) == pytest.approx([4.9 + 2 * sqrt(0.49)], abs=2e-9)


def test_that_a_ram_with_a_jerk_needs_a_limit_of_acceleration(line: Line) -> None:
    with pytest.raises(Exception, match="has a jerk"):
        line(PUSH.replace("LIMITS", "jerk: 4 m/s3"))


def s_curve_by_ticks(steps: list[tuple[float, float]], dt: float) -> tuple[np.ndarray, np.ndarray]:
    """(times, places) of jerks held for times, added up tick by tick: position, speed, then acceleration."""
    s = v = a = 0.0
    t = 0.0
    end = np.cumsum([0.0] + [time for time, _ in steps])
    times, places = [0.0], [0.0]
    while t < end[-1] - dt / 2:
        k = int(np.searchsorted(end, t + dt / 2, side="right")) - 1
        s += v * dt
        v += a * dt
        a += steps[k][1] * dt
        t += dt
        times.append(t)
        places.append(s)
    return np.array(times), np.array(places)


def test_that_a_lift_with_limited_jerk_is_where_a_tick_loop_puts_it_within_five_ticks(line: Line) -> None:
    """3 m at 0.5 m/s, 0.8 m/s2, 2 m/s3: 0.4 s jerk, 0.225 s even acceleration, 0.4 s jerk, 5.375 s at speed."""
    run = line("src: {type: source, product: box, every: always, limit: 1, to: up}\n"
               "up: {type: lift, pose: {xyz: [0, 0, 1]}, takes: {src: 0 m}, gives: {top: 3 m}, speed: 0.5 m/s, acceleration: 0.8 m/s2, jerk: 2 m/s3, to: {top: out}}\n"
               "out: {type: sink}")  # fmt: skip
    run.advance("10 s")
    steps = [(0.4, 2.0), (0.225, 0.0), (0.4, -2.0), (4.975, 0.0), (0.4, -2.0), (0.225, 0.0), (0.4, 2.0)]
    timeline = Timeline(run.journal.header, run.journal.records())
    off = []
    for dt in (1e-3, 1e-4):
        times, places = s_curve_by_ticks(steps, dt)
        step = max(1, len(times) // 200)
        mine = np.array([timeline.body_travel(round(t * 1e9))[0] for t in times[::step]])
        off.append(float(np.abs(mine - places[::step]).max()))
    assert off[0] <= 5 * 1e-3 * 0.5  # five ticks at full speed
    assert off[1] <= 0.2 * off[0]
    assert edges(run, "up.at", 2) == pytest.approx([7.025], abs=2e-9)


def test_that_a_table_turns_as_a_tick_loop_turns_it_within_five_ticks(line: Line) -> None:
    """There and back: 90 deg at 60 deg/s with 120 deg/s2, faster each tick as long as it may still stop."""
    run = line("src: {type: source, product: box, every: always, to: t}\n"
               "t: {type: turntable, pose: {xyz: [0, 0, 1]}, takes: {src: 0 deg}, gives: {left: 90 deg}, speed: 60 deg/s, acceleration: 120 deg/s2, load: 1 s, to: {left: out}}\n"
               "out: {type: sink}")  # fmt: skip
    run.advance("30 s")
    exact = edges(run, "out.count", 1) + edges(run, "out.count", 2)
    late = []
    for dt in (1e-3, 1e-4):
        speed, rate, goal = pi / 3, 2 * pi / 3, pi / 2
        n = 0
        s = v = 0.0
        while goal - s > 0.1 * rate * dt * dt:
            safe = sqrt((rate * dt) ** 2 + 2 * rate * (goal - s)) - rate * dt
            v = min(v + rate * dt, speed, safe)
            s += v * dt
            n += 1
        way = n * dt
        late.append(max(abs(1 + way - exact[0]) / 1, abs(1 + way + way + 1 + way - exact[1]) / 3))  # a way
    assert late[0] <= 5e-3 + 1e-9
    assert late[1] <= 0.2 * late[0]
