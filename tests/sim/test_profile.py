"""Motion profiles against the formulas of the books, optima found by linear programming, and properties."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from commissioning.sim.profile import Limits, Profile, plan

POSITIONS = st.floats(-20.0, 20.0).map(lambda x: round(x, 6))
RATES = st.floats(0.1, 10.0).map(lambda x: round(x, 6))
SHARES = st.floats(-1.0, 1.0)


def trapezoid_time(d: float, v: float, a: float, dec: float) -> float:
    """Rest to rest (Biagiotti and Melchiorri 2008, 3.2), braking with another rate than accelerating."""
    if d >= 0.5 * v * v * (1 / a + 1 / dec):
        return d / v + 0.5 * v * (1 / a + 1 / dec)
    return sqrt(2 * d * (1 / a + 1 / dec))


def double_s_time(d: float, v: float, a: float, j: float) -> float:
    """Rest to rest with jerk j (Biagiotti and Melchiorri 2008, 3.4), the same limit for both ramps."""
    ramp = v / a + a / j if v * j >= a * a else 2 * sqrt(v / j)
    if d >= v * ramp:
        return d / v + ramp
    if d >= 2 * a**3 / j**2:
        return a / j + sqrt((a / j) ** 2 + 4 * d / a)
    return float((32 * d / j) ** (1 / 3))


def holds(profile: Profile, limits: Limits, v0: float, a0: float) -> None:
    """It is continuous, ends at rest at its target and stays within its limits once it is."""
    reach = max(1.0, max(abs(one.s) for one in profile.segments))
    for one, after in pairwise(profile.segments):
        s, v, a = one.at(after.t)
        assert s == pytest.approx(after.s, abs=1e-9 * reach)
        if limits.acceleration:
            assert v == pytest.approx(after.v, abs=1e-9 * reach)
        if limits.jerk:
            assert a == pytest.approx(after.a, abs=1e-9)
    s, v, a = profile.segments[-1].at(profile.duration)
    assert s == pytest.approx(profile.target, abs=1e-8 * reach)
    if limits.acceleration:
        assert v == pytest.approx(0.0, abs=1e-8 * reach)
    if limits.jerk:
        assert a == pytest.approx(0.0, abs=1e-7 * reach)
    top = max(limits.acceleration, limits.deceleration)
    fastest = max(limits.speed, abs(v0), abs(v0 + a0 * abs(a0) / (2 * limits.jerk)) if limits.jerk else 0.0)
    for one in profile.segments:
        assert abs(one.j) <= limits.jerk * (1 + 1e-12)
    for tau in np.linspace(0.0, profile.duration, 101)[:-1].tolist():
        _, v, a = profile.at(tau)
        assert abs(v) <= fastest * (1 + 1e-9) + 1e-9
        assert not top or abs(a) <= max(top, abs(a0)) * (1 + 1e-9) + 1e-9


@settings(max_examples=300, deadline=None)
@given(POSITIONS, RATES, RATES, RATES)
def test_that_a_trapezoid_from_rest_takes_the_time_of_the_formula(
    d: float, v: float, a: float, dec: float
) -> None:
    limits = Limits(v, a, dec)
    profile = plan(1.5, 0.0, 0.0, 1.5 + d, limits)
    assert profile.duration == pytest.approx(
        trapezoid_time(abs(1.5 + d - 1.5), v, a, dec), rel=1e-12, abs=1e-11
    )
    holds(profile, limits, 0.0, 0.0)


@settings(max_examples=300, deadline=None)
@given(st.floats(1e-4, 20.0), RATES, RATES, st.floats(0.1, 200.0))
def test_that_a_double_s_from_rest_takes_the_time_of_the_formula(
    d: float, v: float, a: float, j: float
) -> None:
    limits = Limits(v, a, a, j)
    profile = plan(0.0, 0.0, 0.0, d, limits)
    assert profile.duration == pytest.approx(double_s_time(d, v, a, j), rel=1e-11)
    assert len(profile.segments) <= 7
    holds(profile, limits, 0.0, 0.0)


def test_that_the_published_cases_are_met() -> None:
    """Those of the table of exact cases: groups kinematics."""
    assert plan(0, 0, 0, 10, Limits(2, 1, 1)).duration == pytest.approx(7.0, rel=1e-14)
    assert plan(0, 0, 0, 0.3, Limits(1, 2, 2)).duration == pytest.approx(0.7745966692414834, rel=1e-14)
    assert plan(0, 0, 0, 0.05, Limits(1, 2, 2, 20)).duration == pytest.approx(0.43166247903554, rel=1e-13)


@settings(max_examples=400, deadline=None)
@given(POSITIONS, SHARES, SHARES, POSITIONS, RATES, RATES, RATES, st.one_of(st.just(0.0), RATES))
def test_that_a_move_from_any_state_ends_at_rest_at_its_target(
    s: float, v: float, a: float, target: float, speed: float, up: float, down: float, jerk: float
) -> None:
    limits = Limits(speed, up, down, jerk)
    v0, a0 = 1.5 * v * speed, 1.5 * a * min(up, sqrt(speed * jerk))  # above its limits too
    profile = plan(s, v0, a0, target, limits)
    first = profile.segments[0].at(0.0)
    if profile.duration:
        assert first[0] == s
        assert first[1] == pytest.approx(v0, abs=1e-12)
    holds(profile, limits, v0, a0)


@settings(max_examples=150, deadline=None)
@given(SHARES, POSITIONS, RATES, RATES, RATES)
def test_that_a_move_that_is_planned_again_on_its_way_takes_no_longer(
    share: float, target: float, speed: float, up: float, jerk: float
) -> None:
    """Principle of optimality: planned again from any state on the way, the rest of the move is the same."""
    limits = Limits(speed, up, up, jerk)
    whole = plan(0.0, 0.0, 0.0, target, limits)
    tau = abs(share) * whole.duration
    again = plan(*whole.at(tau), target, limits)
    assert tau + again.duration == pytest.approx(whole.duration, rel=1e-6, abs=1e-6)


def fastest_by_linear_programming(v0: float, a0: float, target: float, limits: Limits, n: int) -> float:
    """The least time of `n` equal steps of constant jerk each, between the limits: found by halving, each
    time asking a linear program whether there is any such motion. It knows no profile and no segments.
    """
    speed, top, _, jerk = limits

    def possible(duration: float) -> bool:
        h = duration / n
        lower = np.tril(np.ones((n, n)))
        late = lower @ lower - lower  # steps that lie between
        rate = h * lower  # acceleration after step k
        faster = h * h * (late + 0.5 * lower)
        k = np.arange(n)
        age = n - 1 - k
        further = h**3 * (age * age / 2 + age / 2 + 1 / 6)
        when = h * (k + 1)
        upper = np.concatenate([top - a0 * np.ones(n), top + a0 * np.ones(n),
                                speed - v0 - a0 * when, speed + v0 + a0 * when])  # fmt: skip
        rows = csr_matrix(np.vstack([rate, -rate, faster, -faster]))
        ends = np.vstack([rate[-1], faster[-1], further])
        goal = [-a0, -v0 - a0 * duration, target - v0 * duration - 0.5 * a0 * duration**2]
        found = linprog(np.zeros(n), rows, upper, ends, goal, (-jerk, jerk), method="highs")
        return bool(found.success)

    low, high = 0.0, 1.0
    while not possible(high):
        low, high = high, 2 * high
    while high - low > 2e-4 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if possible(middle) else (middle, high)
    return high


@pytest.mark.parametrize(
    ("v0", "a0", "target"),
    [
        (0.0, 0.0, 2.0),
        (0.8, 0.0, 2.0),
        (0.8, 0.0, 0.35),  # cannot stop in time: comes back
        (0.9, -1.5, 0.42),  # brakes already, too much
        (0.5, 1.5, 0.9),
        (-0.7, 0.0, 0.6),
        (-0.6, -1.0, -2.5),
        (0.2, -2.0, 0.5),
    ],
)
def test_that_no_motion_within_the_limits_is_faster(v0: float, a0: float, target: float) -> None:
    limits = Limits(1.0, 2.0, 2.0, 8.0)
    mine = plan(0.0, v0, a0, target, limits).duration
    best = fastest_by_linear_programming(v0, a0, target, limits, 120)
    assert mine <= best * (1 + 1e-3)
    assert mine >= best * (1 - 0.02)  # steps that cannot switch in between are a little slower


def tick_loop(target: float, limits: Limits, dt: float, retarget: tuple[float, float]) -> float:
    """Time at which a drive arrives that a controller with a clock drives: each tick as fast as it may be to
    stop in time from there on, as its limits allow."""
    up, down = limits.acceleration * dt, limits.deceleration * dt
    s = v = 0.0
    n = 0
    while True:
        goal = target if n * dt < retarget[0] - dt / 2 else retarget[1]
        way = 1.0 if goal >= s else -1.0
        rest, u = abs(goal - s), way * v
        if n * dt >= retarget[0] and rest <= 0.1 * down * dt and abs(v) <= down:
            return n * dt
        safe = sqrt(down * down + 2 * limits.deceleration * rest) - down
        u = min(u + down, 0.0) if u < 0.0 else max(min(u + up, limits.speed, safe), u - down)
        v = way * u
        s += v * dt
        n += 1


@pytest.mark.parametrize(("at", "to"), [(1.0, 4.0), (2.5, 0.5), (2.5, 2.2), (0.4, -1.0)])
def test_that_a_clocked_drive_does_the_same_within_five_ticks_a_move(at: float, to: float) -> None:
    """Moves that turn round count as two."""
    limits = Limits(1.0, 0.5, 0.8)
    first = plan(0.0, 0.0, 0.0, 3.0, limits)
    second = plan(*first.at(at), to, limits)
    ticks = (1e-3, 1e-4)
    late = [abs(at + second.duration - tick_loop(3.0, limits, dt, (at, to))) for dt in ticks]
    turns = sum(one.v == 0.0 for one in second.segments[1:])
    for dt, error in zip(ticks, late, strict=True):
        assert error <= 5 * dt * (1 + turns) + 1e-9


@settings(max_examples=200, deadline=None)
@given(SHARES, POSITIONS, RATES, RATES, st.one_of(st.just(0.0), RATES), st.floats(0.0, 1.0))
def test_that_the_time_of_a_place_on_the_way_is_the_first_one_at_which_it_is_there(
    v: float, target: float, speed: float, up: float, jerk: float, share: float
) -> None:
    profile = plan(0.0, v * speed, 0.0, target, Limits(speed, up, up, jerk))
    taus = np.linspace(0.0, profile.duration, 400)
    places = np.array([profile.at(tau)[0] for tau in taus.tolist()])
    wanted = float(places.min() + share * (places.max() - places.min()))
    found = profile.passes(wanted)
    assert found is not None
    assert profile.at(found)[0] == pytest.approx(wanted, abs=1e-7)
    before = places[taus < found - 1e-9]
    side = np.sign(before - wanted)
    assert (np.abs(before - wanted)[side != side[:1]] < 1e-7).all()


def test_that_a_place_beyond_the_target_is_never_passed() -> None:
    profile = plan(0.0, 0.0, 0.0, 1.0, Limits(1.0, 2.0, 2.0, 10.0))
    assert profile.passes(1.2) is None
    assert profile.passes(-0.1) is None
    assert profile.passes(1.0) == pytest.approx(profile.duration)
    assert profile.passes(0.0, after=0.1) is None


@pytest.mark.parametrize("limits", [Limits(0.0), Limits(1.0, -1.0), Limits(1.0, 0.0, 1.0, 5.0),
                                    Limits(float("inf")), Limits(float("nan"))])  # fmt: skip
def test_that_limits_that_allow_no_motion_are_refused(limits: Limits) -> None:
    with pytest.raises(ValueError, match="needs"):
        plan(0.0, 0.0, 0.0, 1.0, limits)
