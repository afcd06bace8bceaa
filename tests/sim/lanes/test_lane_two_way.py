"""Lanes that run both ways: closed-form cases to 1 us, storms of commands, snapshots inside turns.

An independent tick loop is in `test_lane_two_way_ticks`."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest
from going_on import goes_on_alike
from hypothesis import given, settings
from hypothesis import strategies as st
from storms import Plan, storm
from two_way_world import NS, BeltSpec, TwoWayWorld, random_belts

from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.sim.timeline.timeline import Timeline

US = 1_000
V, A = 0.4, 0.2


def told(world: TwoWayWorld, name: str) -> list[tuple[float, Any]]:
    return [(t / NS, value) for t, who, value in world.log.rows if who == name]


def near(*times: float) -> Any:
    return pytest.approx(list(times), abs=US / NS)


# one belt ------------------------------------------------------------------------------------------


def test_that_a_part_goes_back_the_way_it_came_through_standstill() -> None:
    """Forward at V until 8 s, then down and up the other way at A: 2 V/A later where it was, and on at V."""
    world = TwoWayWorld([BeltSpec(5.0, V, A, eyes=[2.0])])
    world.drives[0].command(V)
    world.run(2.0)  # 0.4 m of ramp; then even
    world.feeder.feed(0.3)
    world.run(8.0)  # its front is at 2.4 m
    world.drives[0].command(-V)
    world.run(30.0)
    rise, fall = 2.0 + 2.0 / V, 2.0 + 2.3 / V
    top = 2.4 + V * V / (2 * A)  # where it turns, 2 s later, and passes 2.4 m again after 2 s more
    assert top == pytest.approx(2.8)
    back_rise, back_fall = 12.0 + (0.4 - 0.3) / V, 12.0 + 0.4 / V
    assert [t for t, _ in told(world, "eye0")] == near(rise, fall, back_rise, back_fall)
    assert [blocked for _, blocked in told(world, "eye0")] == [True, False, True, False]
    assert world.lane.position(world.lane.parts()[0]) == pytest.approx(0.3, abs=1e-12)  # its rear edge at 0
    assert told(world, "belt0.moving") == [(0.0, True)]  # it never rested


def test_that_a_turn_with_limited_jerk_is_a_stop_and_a_start_of_s_curves() -> None:
    """V / A + A / J = 2.2 s and V / 2 times that each way (V J > A A): then it is where it was told."""
    jerk, ramp = 1.0, V / A + A / 1.0
    world = TwoWayWorld([BeltSpec(6.0, V, A, jerk=jerk, eyes=[3.0])])
    drive = world.drives[0]
    drive.command(V)
    world.run(3.0)
    world.feeder.feed(0.3)
    world.run(9.5)  # 6.5 s at V: 2.6 m
    drive.command(-V)
    world.run(9.5 + ramp)
    part = world.lane.parts()[0]
    assert world.lane.position(part) == pytest.approx(2.6 + V * ramp / 2, abs=1e-9)
    rise = told(world, "eye0")[0][0]
    world.run(18.0)
    # the same way back at the same speeds: the eye is left as long after the turn as it was met before it
    assert [t for t, _ in told(world, "eye0")] == near(rise, 2 * (9.5 + ramp) - rise)
    assert world.lane.position(part) == pytest.approx(2.6 - V * (18.0 - 9.5 - 2 * ramp), abs=1e-9)
    assert told(world, "belt0.moving") == [(0.0, True)]


def test_that_records_of_a_turn_have_the_travel_of_the_belt() -> None:
    world = TwoWayWorld([BeltSpec(5.0, V, A)])
    world.drives[0].command(V)
    world.run(6.0)
    world.drives[0].command(-V)
    world.run(20.0)
    rows = world.journal.records()
    rows = rows[rows["kind"] == int(Kind.DRIVE)]
    pieces = [tuple(round(float(row[name]), 9) for name in "abcd") for row in rows]
    assert (rows["t"] / NS).tolist() == near(0.0, 6.0, 8.0, 8.0)
    assert pieces == [(0, 0, A, V), (2.0, V, -A, 0), (2.4, 0, 0, 0), (2.4, 0, -A, -V)]
    timeline = Timeline(world.journal.header, world.journal.records())
    assert timeline.body_travel(16 * NS)[0] == pytest.approx(2.4 - 0.4 - 6 * V)


def test_that_a_stop_while_it_brakes_to_turn_and_a_change_of_mind_are_obeyed() -> None:
    world = TwoWayWorld([BeltSpec(5.0, V, A)])
    drive = world.drives[0]
    drive.command(V)
    world.run(6.0)
    drive.command(-V)
    world.run(7.0)  # at V / 2 now
    drive.command(V)
    world.run(10.0)
    assert drive.speed_at(world.kernel.now) == V and drive.way == 1.0
    drive.command(-V)
    world.run(11.0)
    drive.command(0.0)
    world.run(20.0)
    assert not drive.moving and drive.way == 1.0
    drive.command(-V)
    world.run(21.0)
    assert drive.way == -1.0 and drive.speed_at(world.kernel.now) == pytest.approx(V / 2)


def test_that_a_queue_at_the_rear_end_forms_from_the_other_side() -> None:
    """Parts 0.4 m apart come to stand, the last that came first; forward they keep touch."""
    world = TwoWayWorld([BeltSpec(4.0, V)])
    world.drives[0].command(V)
    for k in range(3):
        world.run(k * 1.75)  # 0.7 m of pitch
        world.feeder.feed(0.3)
    world.run(5.0)
    world.drives[0].command(-V)
    world.run(15.0)
    fronts = [world.lane.position(part) for part in world.lane.parts()]
    assert fronts == pytest.approx([0.9, 0.6, 0.3], abs=1e-12)
    assert len(world.lane.trains) == 1
    world.drives[0].command(V)
    world.run(17.5)
    fronts = [world.lane.position(part) for part in world.lane.parts()]
    assert fronts == pytest.approx([1.9, 1.6, 1.3], abs=1e-9)


def test_that_a_blade_holds_from_both_sides() -> None:
    """Raised behind a part, it holds its rear edge on the way back; what it held from the front goes."""
    world = TwoWayWorld([BeltSpec(4.0, V, stops=[1.0])])
    drive, stop = world.drives[0], world.stops[0]
    drive.command(V)
    world.feeder.feed(0.3)
    world.run(5.0)  # at 2 m
    stop.raise_()
    world.feeder.feed(0.3)
    world.run(9.0)  # the first at 3.6 m, the second at the blade
    one, two = world.lane.parts()
    assert stop.holding is two and world.lane.position(two) == pytest.approx(1.0)
    drive.command(-V)
    assert told(world, "stop0")[-1][1] == two.id
    world.run(9.1)
    assert stop.holding is None and world.lane.position(two) == pytest.approx(1.0 - 0.1 * V)
    world.run(20.0)
    assert stop.holding is one and world.lane.position(one) == pytest.approx(1.3)
    assert told(world, "stop0") == [
        (pytest.approx(7.5), two.id), (9.0, None), (pytest.approx(9.0 + 2.3 / V), one.id)
    ]  # fmt: skip
    stop.lower()
    world.run(30.0)
    assert world.lane.position(one) == pytest.approx(0.6)


def test_that_a_belt_that_cannot_slip_stands_when_its_part_is_at_the_rear_end() -> None:
    world = TwoWayWorld([BeltSpec(4.0, V, accumulating=False)])
    drive = world.drives[0]
    drive.command(V)
    world.feeder.feed(0.3)
    world.run(2.5)
    world.feeder.feed(0.3)
    world.run(3.5)  # at 1.4 m and 0.4 m
    drive.command(-V)
    world.run(10.0)
    assert [world.lane.position(part) for part in world.lane.parts()] == pytest.approx([1.3, 0.3])
    assert not drive.moving
    drive.command(V)
    world.run(11.0)
    assert [world.lane.position(part) for part in world.lane.parts()] == pytest.approx([1.7, 0.7])


def test_that_a_part_that_still_lies_over_the_infeed_stands_as_it_lies() -> None:
    world = TwoWayWorld([BeltSpec(4.0, V)])
    world.drives[0].command(V)
    world.feeder.feed(0.3)
    world.run(0.5)  # 0.2 m in
    world.drives[0].command(-V)
    world.run(5.0)
    assert world.lane.position(world.lane.parts()[0]) == pytest.approx(0.2)
    world.drives[0].command(V)
    world.run(6.0)
    assert world.lane.position(world.lane.parts()[0]) == pytest.approx(0.6)


def test_that_who_wants_to_give_waits_until_it_runs_forward_again() -> None:
    world = TwoWayWorld([BeltSpec(4.0, V)])
    world.drives[0].command(-V)
    world.run(1.0)
    world.feeder.feed(0.3)
    world.run(2.0)
    assert world.lane.parts() == []
    world.drives[0].command(V)
    world.run(3.0)
    assert world.lane.position(world.lane.parts()[0]) == pytest.approx(V)


# two belts -----------------------------------------------------------------------------------------


def pair(ramp: float = 0.0, **more: Any) -> TwoWayWorld:
    world = TwoWayWorld([BeltSpec(2.0, V, ramp, **more), BeltSpec(2.0, 0.5, ramp, **more)])
    world.do(["all", [V, 0.5]])
    return world


def test_that_a_part_is_given_back_to_the_belt_before_by_its_leading_edge() -> None:
    """It goes back at 0.5 m/s until its rear edge is at the joint, from there at V: closed form of each."""
    world = pair(eyes=[0.5])
    world.feeder.feed(0.3)
    world.run(7.0)  # 5 s on the first belt, 2 s on the second: 1 m on it
    world.do(["all", [-V, -0.5]])
    world.run(20.0)
    joint = 7.0 + 0.7 / 0.5  # its rear edge is 0.7 m beyond the joint
    eye1 = [5.0 + 0.5 / 0.5, 5.0 + 0.8 / 0.5, 7.0 + 0.2 / 0.5, 7.0 + 0.5 / 0.5]
    eye0 = [0.5 / V, 0.8 / V, joint + 1.5 / V, joint + 1.8 / V]
    assert [t for t, _ in told(world, "eye1")] == near(*eye1)
    assert [t for t, _ in told(world, "eye0")] == near(*eye0)
    assert world.lanes[0].position(world.lanes[0].parts()[0]) == pytest.approx(0.3)


def test_that_a_part_across_the_joint_is_taken_back_when_both_belts_turn() -> None:
    """0.2 m of it are on the second belt, which moves it no more; the first one does as soon as it turns."""
    world = pair()
    world.feeder.feed(0.3)
    world.run(5.0 + 0.2 / 0.5)
    world.drives[1].command(-0.5)
    world.run(6.0)
    (part,) = world.lanes[1].parts()
    assert world.lanes[1].position(part) == pytest.approx(0.2)  # it stands: the first belt runs on forward
    world.drives[0].command(-V)
    world.run(6.5)
    assert part.owner is world.lanes[0]
    assert world.lanes[0].position(part) == pytest.approx(2.2 - 0.5 * V)
    world.run(7.0)
    world.do(["all", [V, 0.5]])  # 1.8 m: forward again, past the joint
    world.run(8.0)
    assert world.lanes[1].position(part) == pytest.approx(0.5 * (1.0 - 0.2 / V))


def test_that_a_belt_waits_to_turn_until_no_tail_lies_across_its_end() -> None:
    """The second belt goes on forward: it takes the part with it, and only then the first one turns."""
    world = pair()
    world.feeder.feed(0.3)
    world.run(5.0 + 0.2 / 0.5)
    world.drives[0].command(-V)
    world.run(5.5)
    assert not world.drives[0].moving and world.drives[0].way == 1.0
    world.run(6.0)
    clear = 5.0 + 0.3 / 0.5
    assert world.drives[0].way == -1.0
    assert told(world, "belt0.moving") == [
        (0.0, True), (pytest.approx(5.4), False), (pytest.approx(clear, abs=US / NS), True)
    ]  # fmt: skip


def test_that_parts_between_belts_that_run_against_each_other_stand_at_the_joint() -> None:
    world = pair()
    for k in range(2):
        world.run(3.5 * k)
        world.feeder.feed(0.3)
    world.run(8.0)  # the first 1.5 m on the second belt, the second 1.8 m on the first
    world.drives[1].command(-0.5)
    world.run(20.0)
    assert world.lanes[0].position(world.lanes[0].parts()[0]) == pytest.approx(2.0)
    assert world.lanes[1].position(world.lanes[1].parts()[0]) == pytest.approx(0.3)
    world.drives[1].command(0.5)
    world.run(21.0)
    assert [world.lanes[1].position(part) for part in world.lanes[1].parts()] == pytest.approx([0.8, 0.5])


# storms --------------------------------------------------------------------------------------------


def plan_for(rng: random.Random, world: TwoWayWorld, commands: int) -> Plan:
    return [(0.0, ["all", [belt.speed for belt in world.belts]]), *storm(rng, world, commands)]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_nothing_overlaps_jumps_overtakes_or_gets_lost_however_belts_turn(seed: int) -> None:
    rng = random.Random(seed)
    world = TwoWayWorld(random_belts(rng))
    for t, command in plan_for(rng, world, 150):
        world.run(t)
        world.do(command)
    world.run(world.kernel.now / NS + 20.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_the_timeline_is_the_live_state_however_belts_turn(seed: int) -> None:
    rng = random.Random(seed)
    world = TwoWayWorld(random_belts(rng))
    states: dict[int, tuple[dict[int, tuple[int, float]], list[float]]] = {}
    for t, command in plan_for(rng, world, 60):
        until = round(t * NS)
        while (at := world.kernel.next_time()) is not None and at <= until:
            world.kernel.advance(at)
            states[at] = state_of(world)
        world.kernel.advance(until)
        world.do(command)
        states.pop(until, None)  # that instant is not over
    world.kernel.advance(world.kernel.now + 5 * NS)
    timeline = Timeline(world.journal.header, world.journal.records())
    for t in rng.sample(sorted(states), min(60, len(states))):
        placed, travel = states[t]
        poses = timeline.poses(t)
        rows = zip(poses.ids.tolist(), poses.carriers.tolist(), poses.fronts.tolist(), strict=True)
        shown = {part: (int(carrier[1]), front) for part, carrier, front in rows}
        assert sorted(shown) == sorted(placed)
        for part, (lane, front) in placed.items():
            assert shown[part][0] == lane and abs(shown[part][1] - front) <= 1e-12
        assert np.abs(timeline.body_travel(t) - travel).max() <= 1e-12


def state_of(world: TwoWayWorld) -> tuple[dict[int, tuple[int, float]], list[float]]:
    placed = {part.id: (lane.index, lane.position(part)) for lane in world.lanes for part in lane.parts()}
    return placed, [drive.way * drive.travel(world.kernel.now) for drive in world.drives]


@pytest.mark.parametrize("seed", range(30))
def test_that_a_snapshot_at_any_event_of_turning_belts_goes_on_alike(seed: int) -> None:
    """Inside ramps to a turn, with parts across joints, kept, taken back, waiting: all that is saved."""
    rng = random.Random(seed)
    belts = random_belts(rng)
    world = TwoWayWorld(belts)
    plan = plan_for(rng, world, 100)
    goes_on_alike(world, partial(TwoWayWorld.restored, belts), plan, rng, 0.08, 6)


def test_that_all_state_of_two_way_lanes_and_drives_is_declared() -> None:
    world = TwoWayWorld([BeltSpec(2.0, V, A), BeltSpec(2.0, V, A, jerk=1.0)])
    for thing in (*world.lanes, *world.drives):
        declared = {name for group in ("saved", "derived", "constant") for name in thing.declared(group)}
        assert thing.attributes() == declared


def test_that_what_knows_one_direction_only_is_refused_along_it() -> None:
    lane = TwoWayWorld([BeltSpec(2.0, V)]).lanes[0]
    with pytest.raises(Problems, match="one direction only"):
        lane.add_mark(1.0, lambda part: None, "tail")
    with pytest.raises(Problems, match="one direction only"):
        lane.add_clear(1.0, lambda part: None)
    with pytest.raises(Problems, match="one direction only"):
        lane.add_entry(1.0)
    with pytest.raises(Problems, match="one direction only"):
        lane.add_range(1.0, 0.5, lambda: None)
