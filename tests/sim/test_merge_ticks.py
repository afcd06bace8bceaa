# ruff: noqa: E501  scene text
"""The rules of a merge (who goes first, room before and behind) from scene text against an independent tick loop.

Two events a few ticks apart may be decided one way by a loop and the other way by an exact solution: plans in
which a front comes to the blade just when one comes to the side, or a gap is long enough by a hair, are left out.
"""

from __future__ import annotations

import random

import pytest
from test_device_ticks import SECONDS, Times, always, compare, solved
from tick_axis import plant
from tick_net import HAIR, INF, Gate, Goal, Part, Source, Track

X, LONG = 2.5, 0.45
NEAR_S, NEAR_M = 0.02, 0.02


class Junction(Gate):
    """The end of the side, and the blade on the main track `hold` m before the merge (its `popup`)."""

    def __init__(self, main: Track, rule: str, gap: float, hold: float) -> None:
        super().__init__(main, X)
        self.main, self.rule, self.gap = main, rule, gap
        self.blade_at = X - hold
        self.up = INF  # since when the blade is up
        self.left = 0.0  # when it was lowered
        self.holding: Part | None = None
        self.waiting: float | None = None  # since when a part of the side waits
        self.main_since = self.main_last = self.side_last = -INF
        self.passing: Part | None = None
        self.free_since = -INF  # when the last one that was let by had passed
        self.before: dict[int, float] = {}
        self.fronts: list[float] = []
        self.sides: list[float] = []
        self.hairs: list[float] = []  # m by which a decision about room was made

    # on the main track: what `Track` asks of its `popup`; there `at` is the blade's

    def catches(self, part: Part, x: float, now: float) -> bool:
        at, speed = self.blade_at, self.main.speed(now)
        if not part.x < at <= x + HAIR:
            return False
        reached = now - (x - at) / speed
        self.fronts.append(reached)
        if self.up > reached + HAIR:
            return False
        self.holding, self.main_since = part, reached
        self._arbitrate(reached)
        if self.up < INF:
            return True
        self.holding = None
        return False

    def stays(self, part: Part, now: float) -> bool:
        if self.up < INF:
            return True
        self.holding, part.since = None, -INF
        return False

    def remember(self, now: float, dt: float) -> None:
        self.before = {id(part): part.x for part in self.main.parts}

    def look(self, now: float, dt: float) -> None:
        """Who has passed the blade in this tick."""
        for part in self.main.parts:
            tail, was = part.x - part.length, self.before.get(id(part), part.x) - part.length
            if was < self.blade_at <= tail and tail > was:
                t = now - (tail - self.blade_at) / self.main.speed(now)
                self.main_last = max(self.main_last, t)
                if part is self.passing:
                    self.passing, self.free_since = None, t
                    self._arbitrate(t)

    # from the side

    def offer(self, part: Part, reached: float, now: float) -> bool:
        if not self.sides or reached > self.sides[-1] + 1e-6:
            self.sides.append(reached)
        start = self._fits(part, max(reached, self.free_since), now) if self.passing is None else None
        if start is None:
            if self.waiting is None:
                self.waiting = reached
                self._arbitrate(reached)
            return False
        part.x = X + self.main.speed(now) * (now - start)
        part.track, part.since = self.main, -INF
        ahead = sum(p.x > part.x for p in self.main.parts)
        self.main.parts.insert(ahead, part)
        self.waiting, self.side_last = None, start
        self._arbitrate(start)
        return True

    def _fits(self, part: Part, since: float, now: float) -> float | None:
        speed, start = self.main.speed(now), since
        for p in self.main.parts:
            beyond = p.x - p.length - X - self.gap
            if beyond >= -HAIR:
                start = max(start, now - beyond / speed)
        for p in self.main.parts:
            if p.x - p.length - X - self.gap >= -HAIR:
                continue
            then = p.x - (speed if p.held is None else 0.0) * (now - start)
            room = X - part.length - self.gap - then
            self.hairs.append(room)
            if room < -HAIR:
                return None
        return start

    def _arbitrate(self, t: float) -> None:
        if self.rule == "main":
            return
        if self.waiting is None:
            self.passing = None
            self._lower(t)
        elif self.holding is not None and self._turn_of_main():
            self.passing = self.holding
            self._lower(t)
        elif self.passing is None and self.up == INF:
            self.up = t

    def _lower(self, t: float) -> None:
        if self.up < INF:
            self.up, self.left = INF, t

    def _turn_of_main(self) -> bool:
        if self.rule == "alternate":
            return self.side_last > self.main_last
        return self.rule == "first_come" and self.waiting is not None and self.main_since < self.waiting

    def clear(self) -> bool:
        """Whether nothing was decided by a hair."""
        close = [abs(a - b) for a in self.fronts for b in self.sides]
        return min(close, default=INF) > NEAR_S and min(map(abs, self.hairs), default=INF) > NEAR_M


class OnMain:
    """The junction as the main track sees it."""

    def __init__(self, junction: Junction) -> None:
        self.junction = junction

    @property
    def at(self) -> float:
        return self.junction.blade_at

    @property
    def left(self) -> float:
        return self.junction.left

    def catches(self, part: Part, x: float, now: float) -> bool:
        return self.junction.catches(part, x, now)

    def stays(self, part: Part, now: float) -> bool:
        return self.junction.stays(part, now)

    def offer(self, part: Part, reached: float, now: float) -> bool:
        return False


@pytest.mark.parametrize("rule", ["main", "side", "alternate", "first_come"])
def test_that_a_merge_by_its_rule_agrees_with_a_tick_loop(rule: str) -> None:
    seen = waited = 0
    for seed in range(60):
        rng = random.Random(f"{rule}{seed}")
        v = [round(rng.uniform(0.4, 0.7), 3) for _ in range(2)]
        every = [round(rng.uniform(1.6, 3.6), 3) for _ in range(2)]
        gap = rng.choice([0.0, 0.05, 0.11])
        hold = LONG + gap + 0.01
        junctions: list[Junction] = []

        def ticked(rate: int, v: list[float] = v, every: list[float] = every, gap: float = gap,
                   hold: float = hold, junctions: list[Junction] = junctions) -> Times:  # fmt: skip
            out = Goal()
            main = Track(4.0, always(v[0]), Gate(out))
            junction = Junction(main, rule, gap, hold)
            junctions.append(junction)
            if rule != "main":
                main.popup = OnMain(junction)  # type: ignore[assignment]
            side = Track(1.5, always(v[1]), junction)
            sources = [
                Source(main, [0.3] * 11, every[0], every[0]),
                Source(side, [LONG] * 9, every[1], every[1]),
            ]
            steps = [junction.remember, main.tick, junction.look, side.tick]
            steps += [lambda now, dt, source=source: source.tick(now) for source in sources]  # type: ignore[misc]
            plant(steps, rate, SECONDS)
            return {"out": out.times}

        ticked(250)
        if not junctions[0].clear():
            continue
        exact = solved(f"""
s1: {{type: source, product: box, every: {every[0]} s, limit: 11, to: main}}
s2: {{type: source, product: long, every: {every[1]} s, limit: 9, to: side}}
main: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 4 m, speed: {v[0]} m/s, to: out}}
side: {{type: belt, pose: {{xyz: [{X} m, -1.5 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}}, length: 1.5 m, speed: {v[1]} m/s, to: {{device: main, at: {X} m}}}}
mg: {{type: merge, along: main, at: {X} m, rule: {rule}, gap: {gap} m, hold: {hold} m}}
out: {{type: sink}}
""", {})  # fmt: skip
        compare(exact, ticked, 20, 1e-5)
        seen += 1
        waited += len(junctions[0].hairs)
        if seen == 4:
            break
    assert seen == 4
    assert waited
