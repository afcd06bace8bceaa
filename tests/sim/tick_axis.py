"""An independent reference for what moves to places: axes by ticks, and cars that carry parts along them.

Every 1/rate s an axis is faster by what its acceleration allows, as long as it could still stop in time;
where that changes within a tick the tick is cut in two until the place is found to a millionth of it. No
formula of a whole move is in here, and no code of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tick_net import HAIR, INF, Goal, Part, Track, give

__all__ = ["Arm", "Blade", "Car", "Gates", "Interval", "Parting", "TickedAxis", "plant", "way"]


@dataclass(eq=False)
class TickedAxis:
    """`speed`, `rate` to get going and `brake` to stop (0: at once). `go` from any rest or motion."""

    speed: float
    rate: float
    brake: float
    x: float = 0.0
    v: float = 0.0  # towards the goal
    goal: float = 0.0
    since: float = 0.0  # s: up to where it has been moved
    moving: bool = False

    def go(self, goal: float, since: float) -> None:
        self.v = self.v if (goal - self.x) * (self.goal - self.x) >= 0.0 else -self.v
        self.goal, self.since, self.moving = goal, since, True

    def tick(self, now: float) -> float | None:
        """Move up to `now`; when it arrived, if it did."""
        while self.moving and self.since < now - 1e-12:
            step = now - self.since
            if self._part(step):
                return self.since
        return None

    def _part(self, step: float) -> bool:
        """As much of `step` as the speed does one thing; whether it arrived."""
        way = 1.0 if self.goal > self.x else -1.0
        rest = abs(self.goal - self.x)
        if not self.rate:
            self.v = self.speed
            if rest <= self.speed * step:
                return self._arrive(self.since + rest / self.speed)
            self._advance(way, step, self.speed)
            return False
        if self.v < 0.0:  # first it comes to rest
            least = min(step, -self.v / self.brake)
            self._advance(way, least, self.v + self.brake * least)
            self.v = min(self.v, 0.0) if self.v < -1e-12 else 0.0
            return False
        if self.v > 0.0 and self.v**2 / (2 * self.brake) >= rest - 1e-12:
            if rest < 1e-12 or 2 * rest / self.v <= step:
                return self._arrive(self.since + (2 * rest / self.v if rest >= 1e-12 else 0.0))
            self._advance(way, step, self.v - self.v**2 / (2 * rest) * step)
            return False
        if rest < 1e-12:
            return self._arrive(self.since)
        while True:
            v = min(self.v + self.rate * step, self.speed)
            x = rest - 0.5 * (self.v + v) * step
            if v**2 / (2 * self.brake) <= x + 1e-12 or step < 1e-9:
                self._advance(way, step, v)
                return False
            step /= 2

    def _advance(self, way: float, step: float, v: float) -> None:
        self.x += way * 0.5 * (self.v + v) * step
        self.v = v
        self.since += step

    def _arrive(self, t: float) -> bool:
        self.x, self.v, self.moving, self.since = self.goal, 0.0, False, t
        return True


def way(axis: TickedAxis, goal: float, start: float, rate: int) -> float:
    """When it arrives, by ticks of 1 / rate s."""
    if abs(goal - axis.x) < 1e-12:
        return start
    axis.go(goal, start)
    k = int(start * rate) + 1
    while True:
        arrived = axis.tick(k / rate)
        if arrived is not None:
            return arrived
        k += 1


@dataclass(eq=False)
class Gates:
    """The end of a track where a car takes parts."""

    car: Car
    place: int
    aside = False
    at = 0.0
    took: float = -INF

    def offer(self, part: Part, reached: float, now: float) -> bool:
        if self.place not in [place for _, place in self.car.calls]:
            self.car.calls.append((reached, self.place))
            self.car.calls.sort()
        took = self.car.take(self.place, part, reached, now)
        if took is None:
            return False
        self.took, part.track = took, None
        return True

    def off(self, now: float) -> None:
        """Nothing stays."""


@dataclass(eq=False)
class Car:
    """Serves the places of `takes` in the order in which parts began to wait there; its exits, with their
    places and what takes parts there, in turns. `load` and `unload` in s."""

    axis: TickedAxis
    takes: Sequence[float]
    gives: Sequence[tuple[float, Goal | Track]]
    load: float
    unload: float
    calls: list[tuple[float, int]] = field(default_factory=list)
    state: str = "free"  # since `t`; fetching, loading, carrying, unloading, offering
    t: float = 0.0
    at: int = 0  # place of `takes` where it stands or goes to
    turn: int = 0
    part: Part | None = None

    def take(self, place: int, part: Part, reached: float, now: float) -> float | None:
        """When it took the part, if it could."""
        if self.state != "free" or self.at != place or not self.calls or self.calls[0][1] != place:
            return None
        if self.axis.x != self.takes[place]:
            return None
        self.calls.pop(0)
        took = max(self.t, reached)
        self.part, self.state, self.t = part, "loading", took + self.load
        return took

    def tick(self, now: float) -> None:
        while self._step(now):
            pass

    def _step(self, now: float) -> bool:
        exits = self.gives[self.turn]
        match self.state:
            case "free" if self.calls and self.axis.x != self.takes[self.calls[0][1]]:
                self.at = self.calls[0][1]
                self.axis.go(self.takes[self.at], max(self.t, self.calls[0][0]))
                self.state = "fetching"
            case "free" if self.calls:
                self.at = self.calls[0][1]  # it stands there: the track gives
                return False
            case "fetching" | "carrying":
                arrived = self.axis.tick(now)
                if arrived is None:
                    return False
                self.state = "free" if self.state == "fetching" else "unloading"
                self.t = arrived if self.state == "free" else arrived + self.unload
            case "loading" if self.t <= now:
                self.axis.go(exits[0], self.t)
                self.state = "carrying"
            case "unloading" if self.t <= now:
                self.state = "offering"
            case "offering":
                assert self.part is not None
                if not give(self.part, exits[1], 0.0, self.t, now):
                    return False
                if isinstance(exits[1], Track):
                    # from where it goes on, back to when it came on
                    speed = exits[1].speed(now)
                    self.t = now - self.part.x / speed if speed else now
                self.part, self.state = None, "free"
                self.turn = (self.turn + 1) % len(self.gives)
            case _:
                return False
        return True


Interval = tuple[float, float]


def raised(plan: Sequence[tuple[float, bool]], time: float, until: float) -> list[Interval]:
    """When a blade is fully up: it goes as far in a second as `time` says, and turns round where it is."""
    found: list[Interval] = []
    height, told, since = 0.0, False, 0.0
    for t, up in [*plan, (until, False)]:
        if up is told:
            continue
        if told:
            full = since + (1.0 - height) * time
            if full < t:
                found.append((full, t))
            height = min(1.0, height + (t - since) / time)
        else:
            height = max(0.0, height - (t - since) / time)
        told, since = up, t
    return found


@dataclass(eq=False)
class Blade:
    """Stands in a track (as its `popup`) while it is up, and holds the next front that comes."""

    at: float
    intervals: Sequence[Interval]
    over: Track
    left: float = 0.0

    def tick(self, now: float) -> None:
        """It knows its times."""

    def _up(self, t: float) -> Interval | None:
        return next((one for one in self.intervals if one[0] <= t + HAIR and t < one[1] - HAIR), None)

    def catches(self, part: Part, x: float, now: float) -> bool:
        speed = self.over.speed(now)
        if not part.x < self.at <= x + HAIR or not speed:
            return False
        return self._up(now - (x - self.at) / speed) is not None

    def stays(self, part: Part, now: float) -> bool:
        if self._up(now) is not None:
            return True
        self.left = max(end for _, end in self.intervals if end <= now + HAIR)
        part.since = -INF
        return False

    def offer(self, part: Part, reached: float, now: float) -> bool:
        return False


@dataclass(eq=False)
class Parting:
    """Lets the next one go when the tail of the one before is `gap` m beyond it."""

    at: float
    gap: float
    over: Track
    left: float = 0.0
    going: Part | None = None

    def tick(self, now: float) -> None:
        """It looks when a front comes."""

    def _made(self, now: float) -> float | None:
        """Since when the gap is there; -INF: there is nobody to keep it to."""
        part = self.going
        if part is None or part.track is not self.over:
            return -INF
        beyond = part.x - part.length - self.at - self.gap
        if beyond < -HAIR:
            return None
        return now - max(beyond, 0.0) / self.over.speed(now) if self.over.speed(now) else now

    def catches(self, part: Part, x: float, now: float) -> bool:
        if not part.x < self.at <= x + HAIR or part is self.going:
            return False
        made = self._made(now)
        reached = now - (x - self.at) / self.over.speed(now)
        if made is not None and made <= reached:
            self.going = part
            return False
        return True

    def stays(self, part: Part, now: float) -> bool:
        made = self._made(now)
        if made is None:
            return True
        self.left, self.going = max(made, 0.0), part
        part.since = -INF
        return False

    def offer(self, part: Part, reached: float, now: float) -> bool:
        return False


@dataclass(eq=False)
class Arm:
    """A ram that takes the part in front of its face when that touches, and brings it to `target`.

    `plan`: (t, out). It touches after `gap` m; a part is taken if its middle is `half` m from `at` or less.
    """

    axis: TickedAxis
    stroke: float
    gap: float
    at: float
    half: float
    over: Track
    target: Goal
    plan: list[tuple[float, bool]]
    part: Part | None = None
    out: bool = False
    nearest: float = INF  # m: how near a middle came to the edge of the face when it touched

    def tick(self, now: float, dt: float) -> None:
        while True:
            due = self.plan[0][0] if self.plan and self.part is None else INF
            until = min(now, due)
            touches = self.part is None and self.out and self.axis.moving and self.axis.x < self.gap
            before = self.axis.since
            arrived = self.axis.tick(until)
            if touches and self.axis.x >= self.gap - HAIR:
                self._touch(now, dt, before, until if arrived is None else arrived)
            if arrived is not None and self.out and self.part is not None:
                self.target.offer(self.part, arrived, now)
                self.part = None
                while self.plan and self.plan[0][0] <= arrived:
                    self.out = self.plan.pop(0)[1]
                if not self.out:
                    self.axis.go(0.0, arrived)
                    continue
            if due > now:
                return
            _, out = self.plan.pop(0)
            if out is not self.out:
                self.out = out
                self.axis.go(self.stroke if out else 0.0, due)

    def _touch(self, now: float, dt: float, before: float, after: float) -> None:
        """Where the face crossed the gap, by the speed that it has there."""
        t = after - (self.axis.x - self.gap) / self.axis.v if self.axis.v else after
        speed = self.over.speed(now)
        for part in self.over.parts:
            middle = part.x - speed * (now - t) - part.length / 2
            self.nearest = min(self.nearest, abs(abs(middle - self.at) - self.half))
            if abs(middle - self.at) <= self.half:
                self.over.parts.remove(part)
                self.part = part
                return


def plant(steps: Sequence[Callable[[float, float], None]], rate: int, seconds: float) -> None:
    """Every tick, each of them in turn: (now, length of the tick)."""
    dt = 1.0 / rate
    for k in range(1, round(seconds * rate) + 1):
        for step in steps:
            step(k * dt, dt)
