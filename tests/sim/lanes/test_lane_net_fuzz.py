"""Random nets of lanes and random commands: hand-over and merging. Invariants, timeline, snapshots."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest
from going_on import goes_on_alike
from hypothesis import example, given, settings
from hypothesis import strategies as st
from net_world import NS, NetWorld, random_net

from commissioning.sim.timeline.timeline import Timeline

Plan = list[tuple[float, list[Any]]]


def plan_for(rng: random.Random, world: NetWorld, commands: int) -> Plan:
    plan: Plan = [(0.0, ["speed", k, drive.speed]) for k, drive in enumerate(world.drives)]
    t = 0.0
    for _ in range(commands):
        t += rng.choice([0.0, 0.01, 0.3, 0.6, rng.expovariate(1.5)])
        plan.append((t, world.command(rng)))
    return plan


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 40))
@example(464)  # a part is taken away, so that its zone starts and another one comes on just behind it
@example(6838)  # at one instant one comes on, another waits for the gap, and the last one goes off
def test_that_parts_neither_overlap_jump_nor_get_lost_between_lanes(seed: int) -> None:
    rng = random.Random(seed)
    world = NetWorld(random_net(rng))
    for t, command in plan_for(rng, world, 150):
        world.run(t)
        world.do(command)
        world.check()
    world.run(world.kernel.now / NS + 20.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_the_timeline_of_a_net_is_the_live_state(seed: int) -> None:
    rng = random.Random(seed)
    world = NetWorld(random_net(rng))
    seen = []
    for t, command in plan_for(rng, world, 80):
        world.run(t, check=False)
        world.do(command)
        world.kernel.advance(world.kernel.now)
        seen = seen[:-1] if seen and seen[-1][0] == world.kernel.now else seen
        seen.append((world.kernel.now, fronts_of(world)))
    timeline = Timeline(world.journal.header, world.journal.records())
    for t, fronts in seen:
        poses = timeline.poses(t)
        assert poses.ids.tolist() == list(fronts)
        assert np.abs(poses.fronts - list(fronts.values())).max(initial=0.0) <= 1e-12


def fronts_of(world: NetWorld) -> dict[int, float]:
    return {part.id: lane.position(part) for lane in world.lanes for part in lane.parts()}


@pytest.mark.parametrize("seed", range(40))
def test_that_a_net_restored_at_any_event_goes_on_alike(seed: int) -> None:
    rng = random.Random(seed)
    spec = random_net(rng)
    world = NetWorld(spec)
    plan = plan_for(rng, world, 120)
    goes_on_alike(world, partial(NetWorld.restored, spec), plan, rng, 0.05, 5)
