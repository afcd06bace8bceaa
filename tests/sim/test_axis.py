"""Axes: what the journal says of a move, pieces, another target on the way, thresholds, snapshots."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.record import CUBIC, Kind
from commissioning.sim.axis import Axis
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel, instant
from commissioning.sim.polynomial import Motion, Polynomial
from commissioning.sim.profile import Limits, plan
from commissioning.sim.timeline.timeline import Timeline

HEADER = {"core": {"drives": ["a"], "signals": [], "objects": [], "lanes": []}, "look": {}}
TRAPEZOID = (1.0, 0.5, 0.8, 0.0)
S_CURVE = (1.0, 0.5, 0.8, 2.0)


class Bench:
    def __init__(self) -> None:
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, {})
        self.axis = Axis(0, "a", self.kernel, self.journal)
        self.arrived: list[tuple[int, float]] = []
        self.axis.watch_arrived(lambda at: self.arrived.append((self.kernel._now, at)))

    def drives(self) -> np.ndarray:
        records = self.journal.records()
        return records[records["kind"] == int(Kind.DRIVE)]


def test_that_a_stroke_without_limits_keeps_its_two_records() -> None:
    bench = Bench()
    bench.axis.move_to(0.5, 0.25)
    bench.kernel.advance(3_000_000_000)
    rows = [tuple(row)[:2] + tuple(row)[2:3] + tuple(row)[5:] for row in bench.drives().tolist()]
    assert rows == [(0, 4, 0, 0.0, 0.25, 0.0, 0.25), (2_000_000_000, 4, 0, 0.5, 0.0, 0.0, 0.0)]
    assert bench.arrived == [(2_000_000_000, 0.5)]


def test_that_a_trapezoid_is_a_ramp_a_brake_and_a_rest() -> None:
    """10 m at 2 m/s with 1 m/s2: 2 s ramp, 3 s even, 2 s brake."""
    bench = Bench()
    assert bench.axis.move_to(10.0, 2.0, 1.0) == 7.0
    bench.kernel.advance(8_000_000_000)
    rows = bench.drives()
    assert rows["t"].tolist() == [0, 5_000_000_000, 7_000_000_000]
    assert rows["aux"].tolist() == [0, 0, 0]
    assert [tuple(row)[5:] for row in rows.tolist()] == [(0, 0, 1, 2), (8, 2, -1, 0), (10, 0, 0, 0)]


def test_that_an_s_curve_is_in_cubic_pieces_but_for_what_is_even() -> None:
    """2 m at 1 m/s, 2 m/s2, 10 m/s3: 0.2 s up, 0.3 s held, 0.2 s down; 2 - 0.7 = 1.3 s even."""
    bench = Bench()
    bench.axis.move_to(2.0, 1.0, 2.0, jerk=10.0)
    bench.kernel.advance(5_000_000_000)
    rows = bench.drives()
    times = [0, 0.2, 0.5, 0.7, 2.0, 2.2, 2.5, 2.7]
    assert (rows["t"] / 1e9).tolist() == pytest.approx(times, abs=2e-9)
    assert rows["aux"].tolist() == [CUBIC, 0, CUBIC, 0, CUBIC, 0, CUBIC, 0]
    assert rows["d"].tolist()[::2] == [10, -10, -10, 10]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(0.01, 4.0)), min_size=1, max_size=6),
    st.sampled_from([TRAPEZOID, S_CURVE, (1.0, 2.0, 2.0, 30.0), (0.7, 0.0, 0.4, 0.0)]),
)
def test_that_the_timeline_shows_the_axis_where_it_is_and_where_its_profile_is(
    commands: list[tuple[float, float]], limits: tuple[float, float, float, float]
) -> None:
    bench = Bench()
    seen: list[tuple[int, float, float, float]] = []
    for target, wait in commands:
        now = bench.kernel._now
        state = bench.axis._at(now)
        profile = plan(*state, target, Limits(*limits))
        bench.axis.move_to(target, *limits)
        for k in range(1, 8):
            bench.kernel.advance(now + round(wait * 1e9 * k / 8))
            t = bench.kernel._now
            true = profile.at((t - now) * 1e-9)[0]
            seen.append((t, bench.axis.travel(t), bench.axis.speed_at(t), true))
        bench.kernel.advance(now + round(wait * 1e9))
    timeline = Timeline(HEADER, bench.journal.records())
    for t, travel, speed, true in seen:
        assert timeline.body_travel(t)[0] == travel
        assert timeline.body_speed(t)[0] == speed
        assert travel == pytest.approx(true, abs=3e-9)
    motion = Motion(speed=False)
    rows = bench.drives().tolist()
    for row, after in pairwise(rows):
        motion.piece(row[0], *row[5:], row[2] == CUBIC)
        motion.settle(after[0])
        jumps = limits[1] == 0.0 or limits[2] == 0.0
        assert motion.polynomial.at(after[0]) == pytest.approx(after[5], abs=3e-9 if jumps else 2e-9)


@pytest.mark.parametrize("limits", [TRAPEZOID, S_CURVE])
@pytest.mark.parametrize(("at", "to"), [(1.0, 4.0), (2.5, 0.5), (0.4, -1.0), (3.0, 3.0)])
def test_that_another_target_on_the_way_is_reached_when_the_profile_says(
    limits: tuple[float, float, float, float], at: float, to: float
) -> None:
    bench = Bench()
    bench.axis.move_to(3.0, *limits)
    bench.kernel.advance(round(at * 1e9))
    rest = plan(*plan(0, 0, 0, 3.0, Limits(*limits)).at(at), to, Limits(*limits)).duration
    bench.axis.move_to(to, *limits)
    bench.kernel.advance(20_000_000_000)
    assert [place for _, place in bench.arrived] == [to]
    assert bench.arrived[0][0] / 1e9 == pytest.approx(at + rest, abs=1e-6)
    assert bench.axis.travel(bench.kernel._now) == to


def ticks(target: float, speed: float, rate: float, brake: float, dt: float) -> float:
    """Time of a move by a clock: each tick as fast as it may be to stop before the target from there on."""
    s = v = 0.0
    n = 0
    while target - s > 0.1 * brake * dt * dt:  # in position
        safe = sqrt((brake * dt) ** 2 + 2 * brake * (target - s)) - brake * dt
        v = max(min(v + rate * dt, speed, safe), 0.0)
        s += v * dt
        n += 1
    return n * dt


@pytest.mark.parametrize(
    ("distance", "limits"), [(3.0, (1.0, 0.5, 0.8)), (0.4, (1.0, 0.5, 0.8)), (5.0, (2.0, 3.0, 1.0))]
)
def test_that_a_clocked_drive_arrives_within_five_ticks_the_nearer_the_shorter_its_tick(
    distance: float, limits: tuple[float, float, float]
) -> None:
    bench = Bench()
    bench.axis.move_to(distance, *limits)
    bench.kernel.advance(30_000_000_000)
    exact = bench.arrived[0][0] / 1e9
    coarse, fine = (abs(ticks(distance, *limits, dt) - exact) for dt in (1e-3, 1e-4))
    assert coarse <= 5e-3 + 1e-9
    assert fine <= 5e-4 + 1e-9


def test_that_the_time_of_a_place_is_the_first_instant_there_and_asked_again_after_a_command() -> None:
    bench = Bench()
    bench.axis.move_to(10.0, 2.0, 1.0)
    assert bench.axis.when(2.0) == 2_000_000_000
    assert bench.axis.when(8.5) == instant((5 + 2 - sqrt(4 - 1)) * 1e9)
    assert bench.axis.when(11.0) is None
    bench.kernel.advance(3_000_000_000)
    assert bench.axis.when(2.0) is None  # behind it
    bench.axis.move_to(0.0, 2.0, 1.0)  # at 4 m with 2 m/s: turns at 6 m, 2 s later
    assert bench.axis.when(5.5) == instant((3 + 2 - 1) * 1e9)
    assert bench.axis.when(2.0) == instant((5 + 2 + 1) * 1e9)
    assert bench.axis.when(7.0) is None


def test_that_a_move_of_no_length_arrives_in_the_same_instant() -> None:
    bench = Bench()
    assert bench.axis.move_to(0.0, 1.0, 1.0) == 0.0
    assert not bench.arrived
    bench.kernel.advance(0)
    assert bench.arrived == [(0, 0.0)]


@pytest.mark.parametrize("limits", [TRAPEZOID, S_CURVE])
def test_that_a_saved_axis_goes_on_alike(limits: tuple[float, float, float, float]) -> None:
    whole, part = Bench(), Bench()
    for bench in (whole, part):
        bench.axis.move_to(3.0, *limits)
        bench.kernel.advance(1_234_567_890)
    data = part.axis.save()
    again = Bench()
    again.kernel.replace(part.kernel._now, part.kernel.scheduled, [
        (*entry[:5], getattr(again.axis, entry[5].__name__)) for entry in part.kernel.entries()
    ])  # fmt: skip
    again.axis.restore(data, again)  # type: ignore[arg-type]
    for bench in (whole, again):
        bench.kernel.advance(1_900_000_000)
        bench.axis.move_to(0.7, *limits)
        bench.kernel.advance(20_000_000_000)
    assert again.arrived == whole.arrived
    fields = ["t", "kind", "aux", "obj", "a", "b", "c", "d"]  # causes are numbers of another journal
    since = again.drives()[fields]
    assert len(since) > 3
    assert whole.drives()[fields][-len(since) :].tolist() == since.tolist()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-3.0, 3.0).map(lambda x: round(x, 2)), min_size=3, max_size=3),
    st.sampled_from([0.5, -1.0, 2.0]),
)
def test_that_a_cubic_changes_its_sign_at_its_roots(roots: list[float], lead: float) -> None:
    a, b, c = sorted(roots)
    line = Polynomial(0, -lead * a * b * c, lead * (a * b + a * c + b * c), -lead * (a + b + c), lead)
    if min(b - a, c - b) > 0.05:
        assert line.roots() == pytest.approx([a, b, c], abs=1e-9)
    for root in line.roots():
        assert min(abs(root - x) for x in roots) < 1e-3
    sign, until = line.sign_after(0)
    ahead = [x for x in (a, b, c) if x > 1e-6]
    if min(b - a, c - b) > 0.05 and min(abs(a), abs(b), abs(c)) > 0.05:
        assert until == (pytest.approx(ahead[0] * 1e9, abs=2) if ahead else 1 << 62)
        assert sign == np.sign(line.after((ahead[0] if ahead else 1.0) * 0.5)) or not ahead
