"""Random lines and random commands: what must hold is checked after every instant, and what is seen in
the journal, and what a snapshot goes on to do, must be the same as live."""

from __future__ import annotations

import random
from functools import partial

import numpy as np
import pytest
from going_on import goes_on_alike
from hypothesis import given, settings
from hypothesis import strategies as st
from lane_world import NS, LaneWorld, random_spec
from storms import Plan, storm

from commissioning.sim.timeline.timeline import Timeline


def plan_for(rng: random.Random, world: LaneWorld, commands: int) -> Plan:
    plan: Plan = []
    for k, drive in enumerate(world.drives):
        if rng.random() < 0.8:
            plan.append((0.0, ["speed", k, drive.speed]))
    return plan + storm(rng, world, commands)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_nothing_overlaps_jumps_overtakes_or_gets_lost_and_every_eye_is_right(seed: int) -> None:
    rng = random.Random(seed)
    world = LaneWorld(random_spec(rng))
    for t, command in plan_for(rng, world, 200):
        world.run(t)
        world.do(command)
    world.run(world.kernel.now / NS + 20.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_the_timeline_is_the_live_state(seed: int) -> None:
    rng = random.Random(seed)
    world = LaneWorld(random_spec(rng))
    live = Timeline(world.journal.header)
    fed, seen = 0, []
    for t, command in plan_for(rng, world, 80):
        until = round(t * NS)
        while (at := world.kernel.next_time()) is not None and at <= until:
            world.kernel.advance(at)
            seen.append(state_of(world))
        world.kernel.advance(until)
        if rng.random() < 0.3:
            live.feed(world.journal.records(fed))
            fed = world.journal.length
            compare(live, state_of(world))
        world.do(command)
        seen = seen[:-1] if seen and seen[-1][0] == until else seen  # that instant is not over
    live.feed(world.journal.records(fed))
    recorded = Timeline(world.journal.header, world.journal.records())
    for state in rng.sample(seen, min(50, len(seen))):
        compare(live, state)
        compare(recorded, state)


def state_of(world: LaneWorld) -> tuple[int, list[int], list[float], list[float]]:
    now = world.kernel.now
    parts = world.lane.parts()
    fronts = [world.lane.position(part) for part in parts]
    return now, [part.id for part in parts], fronts, [drive.travel(now) for drive in world.drives]


def compare(timeline: Timeline, state: tuple[int, list[int], list[float], list[float]]) -> None:
    t, ids, fronts, travel = state
    poses = timeline.poses(t)
    assert poses.ids.tolist() == ids
    assert np.abs(poses.fronts - fronts).max(initial=0.0) <= 1e-12
    assert np.abs(timeline.body_travel(t) - travel).max(initial=0.0) <= 1e-12


@pytest.mark.parametrize("seed", range(40))
def test_that_a_lane_restored_at_any_event_goes_on_alike(seed: int) -> None:
    """Inside ramps, with parts held, coupled, stalled, waiting: journal and every attribute."""
    rng = random.Random(seed)
    spec = random_spec(rng)
    world = LaneWorld(spec)
    plan = plan_for(rng, world, 120)
    goes_on_alike(world, partial(LaneWorld.restored, spec), plan, rng, 0.05, 5)


def test_that_every_attribute_of_a_lane_is_declared() -> None:
    lane = LaneWorld(random_spec(random.Random(1))).lane
    declared = {name for group in ("saved", "derived", "constant") for name in lane.declared(group)}
    assert lane.attributes() == declared
