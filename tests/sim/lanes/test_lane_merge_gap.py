"""The merge rule `gap`: times from closed formulas, an independent tick loop, and random flows.

Main belt 4 m, merge at 2 m, side belt 1.5 m; parts of 0.3 m; blade and reservation 0.3 m before.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from net_world import NS, NetSpec, NetWorld, TrackSpec
from tick_net import INF, Gate, Goal, Net, Part, Source, Track

from commissioning.sim.lanes.merge import MergeRule
from commissioning.sim.lanes.merge_gap import GapPoint

SIDE, MAIN, AT = 1.5, 4.0, 2.0
Plan = list[tuple[float, int, float]]  # s, track (0 side, 1 main), length


def world_of(
    rule: MergeRule, speeds: tuple[float, ...] = (0.5, 0.5), sides: int = 1, ramp: float = 0.0
) -> NetWorld:
    side = [TrackSpec(SIDE, speeds[0], ramp, to=sides, at=AT) for _ in range(sides)]
    world = NetWorld(NetSpec((*side, TrackSpec(MAIN, speeds[1], ramp)), {(sides, AT): rule}))
    for k, drive in enumerate(world.drives):
        world.do(["speed", k, drive.speed])
    return world


def exits(world: NetWorld, plan: Plan, seconds: float = 120.0) -> list[tuple[float, int]]:
    """(s, number) of the parts that reach the end of the main belt; numbers in order of the plan."""
    for t, k, length in plan:
        world.run(t)
        world.do(["feed", k, length])
    world.run(seconds)
    rows = world.journal.records()
    return [(int(r["t"]) / NS, int(r["obj"])) for r in rows if r["kind"] == 6]


def point_of(world: NetWorld) -> GapPoint:
    (point,) = world.merges.values()
    assert isinstance(point, GapPoint)
    return point


RULE = MergeRule("gap", 0.0, 0.3, 0.3, 1.2)


def test_that_neither_flow_stops_where_a_gap_is_there_in_time() -> None:
    """Main parts each 2 s (1 m): their fronts are at the merge at 4, 6, 8 s. A side part that starts at 2 s
    is there at 5 s, 0.5 m behind the one, 0.5 m before the other: all travel as if alone."""
    plan = [(0.0, 1, 0.3), (2.0, 0, 0.3), (2.0, 1, 0.3), (4.0, 1, 0.3)]
    found = exits(world_of(RULE), plan)
    assert [number for _, number in found] == [0, 1, 2, 3]
    assert [t for t, _ in found] == pytest.approx([8.0, 2 + 3 + 4, 10.0, 12.0], abs=1e-8)


def test_that_the_side_waits_for_its_gap_and_the_main_flow_does_not_stop() -> None:
    """It comes at 5.8 s, when the main part due at 6 s is 0.1 m before the merge; that is off at 6.6 s."""
    plan = [(0.0, 1, 0.3), (2.0, 1, 0.3), (2.8, 0, 0.3), (4.0, 1, 0.3)]
    found = exits(world_of(RULE), plan)
    assert [number for _, number in found] == [0, 1, 2, 3]
    assert [t for t, _ in found] == pytest.approx([8.0, 10.0, 6.6 + 4, 12.0], abs=1e-8)


def test_that_the_main_flow_is_held_once_where_no_gap_is_in_reach() -> None:
    """Main parts each 0.8 s, 0.1 m apart, fronts at the merge at 4, 4.8, ... s. The side part comes at 4.5 s
    and is in at 4.6 s, when the first is off the merge. The second, at the blade at 4.2 s, waits: it
    leaves 0.4 s later than alone, the third 0.2 s (it touches the second), the fourth as if alone."""
    plan: Plan = sorted([*((0.8 * k, 1, 0.3) for k in range(6)), (1.5, 0, 0.3)])
    found = exits(world_of(RULE), plan)
    assert [number for _, number in found] == [0, 2, 1, 3, 4, 5, 6]
    assert [t for t, _ in found] == pytest.approx([8.0, 8.6, 9.2, 9.8, 10.4, 11.2, 12.0], abs=1e-8)


@dataclass(eq=False)
class Blade:
    """The rule in ticks: on the main track, 0.0 m of gap, constant speeds. Knows nothing of the product."""

    main: Track
    side: Track
    merge: float
    rule: MergeRule
    dt: float
    asked: list[Part] = field(default_factory=list)
    known: list[Part] = field(default_factory=list)
    after: Part | None = None
    left: float = 0.0

    def __post_init__(self) -> None:
        self.at = self.merge - self.rule.hold
        self.held = False

    def arrival(self, now: float) -> float:
        return now + (self.side.length - self.asked[0].x) / self.side.speed(now)

    def meets(self, t: float, ahead: Part | None, part: Part, now: float) -> bool:
        speed = self.main.speed(now)
        if ahead is not None:
            t = max(t, now + (self.merge - ahead.x + ahead.length) / speed)
        return part.x + speed * (t - now) <= self.merge - self.asked[0].length + 1e-8

    def choose(self, now: float) -> None:
        start, ahead = self.merge - self.rule.reach, None
        self.after = None
        for part in self.main.parts:
            if part.x - part.length >= self.merge or part.x <= start:
                continue
            if part.x < self.merge and self.meets(self.arrival(now), ahead, part, now):
                break
            ahead = part
        else:
            if ahead is None or ahead.x - ahead.length - start < self.asked[0].length:
                return
        if ahead is not None and ahead.x < self.at:
            self.after = ahead

    def tick(self, now: float) -> None:
        now -= self.dt  # where everything is
        for part in self.side.parts:
            if part.x >= self.side.length - self.rule.reserve and part not in self.known:
                self.known.append(part)
                self.asked.append(part)
                if len(self.asked) == 1:
                    self.choose(now)

    def catches(self, part: Part, x: float, now: float) -> bool:
        if not part.x <= self.at <= x or not self.asked:
            return False
        if self.after is part:
            self.after = None
            return False
        if self.after is not None and self.after.x < part.x:
            return False
        self.after = None
        number = self.main.parts.index(part)
        ahead = self.main.parts[number - 1] if number else None
        here = Part(part.length, x)
        t = self.arrival(now - self.dt)
        self.held = not self.meets(t, ahead, here, now) and self.rule.hold >= self.asked[0].length
        return self.held

    def stays(self, part: Part, now: float) -> bool:
        if not self.held:
            part.since = -INF  # it waits nowhere any more
        return self.held

    def offer(self, part: Part, reached: float, now: float) -> bool:
        return False


class GapGate(Gate):
    """The end of the side track."""

    blade: Blade

    def offer(self, part: Part, reached: float, now: float) -> bool:
        if not super().offer(part, reached, now):
            return False
        blade = self.blade
        blade.asked.remove(part)
        if blade.held:
            blade.held, blade.left = False, now - (part.x - self.at) / blade.main.speed(now)
        if blade.asked:
            blade.choose(now)
        return True


def ticked(plan: Plan, speeds: tuple[float, float], rule: MergeRule, rate: int) -> list[float]:
    end = Goal()
    main = Track(MAIN, lambda t: speeds[1], Gate(end))
    gate = GapGate(main, AT)
    side = Track(SIDE, lambda t: speeds[0], gate)
    gate.blade = main.popup = Blade(main, side, AT, rule, 1.0 / rate)  # type: ignore[assignment]
    sources = []
    for k, track in ((0, side), (1, main)):
        mine = [(t, length) for t, belt, length in plan if belt == k]
        sources.append(Source(track, [length for _, length in mine], times=[t for t, _ in mine]))
    Net([main, side], sources, rate).run(120.0)
    return end.times


def random_plan(rng: random.Random, sides: int = 1, parts: int = 14) -> Plan:
    plan: Plan = []
    t = [0.0] * (sides + 1)
    busy = rng.uniform(0.9, 3.0)
    for _ in range(parts):
        k = rng.randrange(sides + 1)
        t[k] += rng.uniform(0.9, busy) + 0.3
        plan.append((t[k], k, rng.choice([0.2, 0.3, 0.4])))
    return sorted(plan)


def test_that_a_tick_loop_of_the_same_rules_sees_the_same_a_few_ticks_apart() -> None:
    mean = {250: 0.0, 1000: 0.0}
    holds = 0
    for seed in range(8):
        rng = random.Random(seed)
        speeds = rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6)
        rule = MergeRule("gap", 0.0, rng.uniform(0.4, 0.6), rng.uniform(0.2, 1.0), rng.uniform(0.8, 1.8))
        plan = random_plan(rng)
        world = world_of(rule, speeds)
        point_of(world).hold_watchers.append(world.log.teller("hold"))
        exact = [t for t, _ in exits(world, plan)]
        holds += sum(row[1] == "hold" and row[2] is True for row in world.log.rows)
        for rate in mean:
            found = ticked(plan, speeds, rule, rate)
            assert len(found) == len(exact) == len(plan)
            apart = [abs(a - b) for a, b in zip(found, exact, strict=True)]
            assert max(apart) < 5 / rate, f"seed {seed} at {rate} Hz"
            mean[rate] += sum(apart)
    assert holds > 5
    # straight motion is exact in the loop too: what is left is the rounding of times to whole ns
    assert mean[1000] < max(0.5 * mean[250], 112 * 5e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_all_get_through_in_order_and_none_waits_for_ever(seed: int) -> None:
    """Two sides and the main track, tracks that stop and go on; no overlap and no jump is asked by `run`."""
    rng = random.Random(seed)
    sides = rng.randint(1, 2)
    rule = MergeRule(
        "gap", rng.choice([0.0, 0.05]), rng.uniform(0.45, 0.8), rng.uniform(0.1, 1.2), rng.uniform(0.5, 2.0)
    )
    world = world_of(rule, (rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.8)), sides, rng.choice([0.0, 1.0]))
    fed: dict[int, list[int]] = {k: [] for k in range(sides + 1)}
    for t, k, length in random_plan(rng, sides, 30):
        world.run(t)
        if world.feeds[k].part is None:
            fed[k].append(world.made)
            world.do(["feed", k, length])
        if rng.random() < 0.3:
            stopped = rng.randrange(sides + 1)
            world.do(["speed", stopped, rng.choice([0.0, world.drives[stopped].speed])])
    for k, drive in enumerate(world.drives):
        world.do(["speed", k, drive.speed])
    world.run(world.kernel.now / NS + 120.0)
    assert sorted(world.gate.taken) == list(range(world.made))
    for numbers in fed.values():
        assert [n for n in world.gate.taken if n in numbers] == numbers
    point = point_of(world)
    assert point.reserved == point.asked == [] and not point.waiting
