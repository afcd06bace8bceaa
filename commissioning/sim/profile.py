"""Motion of one axis to a position, in closed form: trapezoid of speed, or S-curve with limited jerk.

A profile is a row of segments with constant jerk. It starts from any state (position, speed, acceleration),
so that a move under way may be given another target, and ends at rest at the target. From rest it is the
fastest one within the limits: the classical trapezoid (two or three segments) and double S (up to seven;
Biagiotti and Melchiorri, Trajectory Planning for Automatic Machines and Robots, 2008, sections 3.2 and 3.4).

From another state an S-curve pushes towards full speed and then stops: as the stop from each instant of the
push ends farther away than the one before, one root gives the instant to begin it. Where braking has another
limit than accelerating, what runs the wrong way stops first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from math import inf, sqrt
from typing import NamedTuple

from commissioning.sim.root import bracketed

__all__ = ["Limits", "Profile", "Segment", "plan"]

_LEAST = 1e-12
"""s; segments shorter than that are rounding (a thousandth of what a kernel's nanosecond resolves)."""

_NEAR = 1e-13
"""m per m: a stop that ends this near to the target ends there. A correction of a rounding of the position
would take its cube root of time."""


class Limits(NamedTuple):
    """Per unit of the axis (m or rad): `speed` above 0, `acceleration` and `deceleration` (0: at once),
    `jerk` (0: not limited; otherwise both others above 0)."""

    speed: float
    acceleration: float = 0.0
    deceleration: float = 0.0
    jerk: float = 0.0


class Segment(NamedTuple):
    """From `t` s after the beginning: position, speed and acceleration there, and the jerk that stays."""

    t: float
    s: float
    v: float
    a: float
    j: float

    def at(self, tau: float) -> tuple[float, float, float]:
        """Position, speed and acceleration `tau` s after the beginning of the profile."""
        x = tau - self.t
        return (
            self.s + (self.v + (0.5 * self.a + self.j / 6.0 * x) * x) * x,
            self.v + (self.a + 0.5 * self.j * x) * x,
            self.a + self.j * x,
        )

    def beyond(self, position: float, tau: float) -> float:
        """How far it is beyond `position` then."""
        return self.at(tau)[0] - position


class Profile(NamedTuple):
    """`segments` in order, the first at 0 s; at rest at `target` after `duration` s."""

    segments: tuple[Segment, ...]
    duration: float
    target: float

    def at(self, tau: float) -> tuple[float, float, float]:
        """Position, speed and acceleration `tau` s after the beginning, before which it was nowhere."""
        if tau >= self.duration:
            return self.target, 0.0, 0.0
        return self.segment(tau).at(tau)

    def segment(self, tau: float) -> Segment:
        """The one that holds at `tau` s: of two that meet there the later one."""
        found = self.segments[0]
        for one in self.segments:
            if one.t > tau:
                break
            found = one
        return found

    def passes(self, position: float, after: float = 0.0) -> float | None:
        """The first time in s, from `after` on, at which the axis is at `position`; None: never."""
        ends = [one.t for one in self.segments[1:]] + [self.duration]
        for one, end in zip(self.segments, ends, strict=True):
            low = max(one.t, after)
            if low > end:
                continue
            for first, last in _monotone(one, low, end):
                here, there = one.at(first)[0] - position, one.at(last)[0] - position
                if here == 0.0 or there == 0.0 or (here > 0.0) is not (there > 0.0):
                    if one.a == 0.0 and one.j == 0.0 and one.v != 0.0:
                        return min(max(one.t + (position - one.s) / one.v, first), last)
                    return bracketed(partial(one.beyond, position), first, last)
        there_at_last = abs(position - self.target) <= _NEAR * (1.0 + abs(self.target))
        return self.duration if there_at_last and after <= self.duration else None

    def turns(self, after: float = 0.0) -> float | None:
        """The first time in s, from `after` on, at which it turns round on its way; None: never."""
        before = 0.0
        ends = [one.t for one in self.segments[1:]] + [self.duration]
        for one, end in zip(self.segments, ends, strict=True):
            low = max(one.t, after)
            if low >= end:
                continue
            for first, last in _monotone(one, low, end):
                v = one.at(0.5 * (first + last))[1]
                if before * v < 0.0:
                    return first
                before = v or before
        return None


def _monotone(one: Segment, low: float, high: float) -> Iterator[tuple[float, float]]:
    """[low, high] cut where the speed is zero."""
    cuts = [low]
    half = 0.5 * one.j
    if half != 0.0:
        square = one.a * one.a - 4.0 * half * one.v
        if square > 0.0:
            q = -0.5 * (one.a + (sqrt(square) if one.a >= 0.0 else -sqrt(square)))
            cuts += sorted(one.t + x for x in (q / half, one.v / q if q else 0.0))
    elif one.a != 0.0:
        cuts.append(one.t - one.v / one.a)
    cuts = [low] + [cut for cut in cuts[1:] if low < cut < high] + [high]
    yield from pairwise(cuts)


def plan(s: float, v: float, a: float, target: float, limits: Limits) -> Profile:
    """From position `s`, speed `v`, acceleration `a` to rest at `target`. Raises ValueError for limits
    that allow no motion. What is above a limit at first comes down to it."""
    speed, acceleration, deceleration, jerk = limits
    if not (0.0 < speed < inf and acceleration >= 0.0 and deceleration >= 0.0 and jerk >= 0.0):
        raise ValueError(f"an axis needs a speed above 0 and limits not below 0, got {limits}")
    if jerk and not (0.0 < acceleration < inf and 0.0 < deceleration < inf):
        raise ValueError(f"limited jerk needs limits of acceleration and deceleration above 0, got {limits}")
    if jerk:
        return _joined(s, v, a, _double_s(v, a, target - s, limits), target)
    rates = Limits(speed, acceleration or inf, deceleration or inf)
    return _trapezoid(s, v, target, rates)


# trapezoid ---------------------------------------------------------------------------------------------


def _trapezoid(s: float, v: float, target: float, limits: Limits) -> Profile:
    speed, up, down, _ = limits
    distance = target - s
    way = 1.0 if distance - 0.5 * v * abs(v) / down >= 0.0 else -1.0
    rest, u = way * distance, way * v  # along the way from here on
    pieces: list[tuple[float, float, float]] = []  # duration, speed at its beginning, acceleration
    if u < 0.0:  # runs the wrong way
        pieces.append((-u / down, u, down))
        rest += 0.5 * u * u / down
        u = 0.0
    elif u > speed:
        pieces.append(((u - speed) / down, u, -down))
        rest -= 0.5 * (u * u - speed * speed) / down
        u = speed
    # peak^2 = (2 a d rest + d u^2) / (a + d), divided by a d so that either may be infinite
    peak = sqrt(max((2.0 * rest + u * u / up) / (1.0 / up + 1.0 / down), 0.0)) if min(up, down) < inf else inf
    peak = min(max(peak, u), speed)
    even = max(rest - 0.5 * (peak * peak - u * u) / up - 0.5 * peak * peak / down, 0.0)
    if peak > u:
        pieces.append(((peak - u) / up, u, up))
    pieces.append((even / peak if peak else 0.0, peak, 0.0))
    pieces.append((peak / down, peak, -down))
    segments: list[Segment] = []
    t, x = 0.0, s
    for duration, u, rate in pieces:
        if duration <= _LEAST:
            continue  # at once, or rounding
        segments.append(Segment(t, x, way * u, way * rate + 0.0, 0.0))  # + 0.0: never -0.0
        t += duration
        x += way * (u + 0.5 * rate * duration) * duration
    return Profile(tuple(segments) or (Segment(0.0, target, 0.0, 0.0, 0.0),), t, target)


# double S ----------------------------------------------------------------------------------------------

Steps = list[tuple[float, float]]  # duration, jerk


def _double_s(v: float, a: float, distance: float, limits: Limits) -> Steps:
    speed, up, down, jerk = limits
    stop = _to_speed(v, a, 0.0, down, jerk)
    stopped = _end(0.0, v, a, stop)[0]
    if abs(distance - stopped) <= _NEAR * (1.0 + abs(distance)):
        return stop
    way = 1.0 if distance > stopped else -1.0
    u, b, rest = way * v, way * a, way * distance
    natural = u + 0.5 * b * abs(b) / jerk  # speed if the acceleration goes to 0 now
    if natural < 0.0 and up != down:
        further = _double_s(0.0, 0.0, distance - stopped, limits)
        return stop + further
    push = _to_speed(u, b, speed, down if natural > speed else up, jerk)

    def stops_at(x: float) -> float:
        s, v, a = _end(0.0, u, b, _until(push, x))
        return _end(s, v, a, _to_speed(v, a, 0.0, down, jerk))[0] - rest

    x, found = 0.0, False
    for duration, _ in push:
        if not found and stops_at(x + duration) >= 0.0:
            x = bracketed(stops_at, x, x + duration) if stops_at(x) < 0.0 else x
            found = True
        if not found:
            x += duration
    steps = _until(push, x) if found else [*push, (-stops_at(x) / speed, 0.0)]
    _, u, b = _end(0.0, u, b, steps)
    steps = steps + _to_speed(u, b, 0.0, down, jerk)
    return [(duration, way * j + 0.0) for duration, j in steps]


def _to_speed(v: float, a: float, goal: float, limit: float, jerk: float) -> Steps:
    """The fastest way from speed `v` and acceleration `a` to `goal` without acceleration: up, even, down."""
    way = 1.0 if goal >= v + 0.5 * a * abs(a) / jerk else -1.0
    b, change = way * a, way * (goal - v)
    if b > limit:  # it comes down to its limit first
        even = max((change - 0.5 * b * b / jerk) / limit, 0.0)
        steps = [((b - limit) / jerk, -jerk), (even, 0.0), (limit / jerk, -jerk)]
    else:
        peak = sqrt(max(jerk * change + 0.5 * b * b, 0.0))
        even = 0.0
        if peak > limit:
            peak = limit
            even = max((change - (limit * limit - 0.5 * b * b) / jerk) / limit, 0.0)
        steps = [(max(peak - b, 0.0) / jerk, jerk), (even, 0.0), (peak / jerk, -jerk)]
    return [(duration, way * j) for duration, j in steps]


def _until(steps: Steps, x: float) -> Steps:
    """The first `x` s of `steps`."""
    found: Steps = []
    for duration, jerk in steps:
        if x <= duration:
            return [*found, (x, jerk)]
        found.append((duration, jerk))
        x -= duration
    return found


def _end(s: float, v: float, a: float, steps: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    for x, j in steps:
        s, v, a = Segment(0.0, s, v, a, j).at(x)
    return s, v, a


def _joined(s: float, v: float, a: float, steps: Steps, target: float) -> Profile:
    """Segments of steps; neighbours of the same jerk are one."""
    merged: Steps = []
    for duration, jerk in steps:
        if duration <= _LEAST:
            continue
        if merged and merged[-1][1] == jerk:
            merged[-1] = (merged[-1][0] + duration, jerk)
        else:
            merged.append((duration, jerk))
    segments: list[Segment] = []
    t = 0.0
    for duration, jerk in merged:
        segments.append(Segment(t, s, v, a, jerk))
        t += duration
        s, v, a = segments[-1].at(t)
        if abs(a) < 1e-12 * abs(jerk):
            a = 0.0  # it is even from here on, but for rounding
    return Profile(tuple(segments) or (Segment(0.0, target, 0.0, 0.0, 0.0),), t, target)
