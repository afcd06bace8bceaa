"""Lanes: closed-form cases to 1 us, and each trap that a prototype or the fuzzing met."""

from __future__ import annotations

from itertools import pairwise

import pytest
from lane_world import NS, LaneWorld, WorldSpec, ZoneSpec

from commissioning.model.record import Kind
from commissioning.sim.drive import Drive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.lane import Lane, Zone

US = 1_000


def belt(length: float, speed: float, **more: object) -> ZoneSpec:
    return ZoneSpec(length, speed, **more)  # type: ignore[arg-type]


def running(*zones: ZoneSpec, **along: object) -> LaneWorld:
    world = LaneWorld(WorldSpec(zones, **along))  # type: ignore[arg-type]
    for drive in world.drives:
        drive.command(drive.speed)
    return world


def told(world: LaneWorld, name: str) -> list[tuple[int, object]]:
    return [(t, value) for t, who, value in world.log.rows if who == name]


def feed(world: LaneWorld, *times_and_lengths: tuple[float, float]) -> None:
    for seconds, length in times_and_lengths:
        world.run(seconds)
        world.feeder.feed(length)


# closed form -------------------------------------------------------------------------------------


def test_that_a_part_arrives_when_its_way_is_done() -> None:
    world = running(belt(4.2, 0.3))
    world.feeder.feed(0.3)
    world.run(13.999_999_999)
    assert world.taker.taken == []
    world.run(14.0)  # 4.2 m at 0.3 m/s
    assert world.taker.taken == [0]


def test_that_an_eye_is_blocked_for_the_length_of_the_part() -> None:
    world = running(belt(3.0, 0.4), eyes=[1.0])
    feed(world, (0.5, 0.3))
    world.run(10.0)
    (rise, _), (fall, _) = told(world, "eye0")
    assert rise == pytest.approx((0.5 + 1.0 / 0.4) * NS, abs=US)
    assert fall == pytest.approx((0.5 + 1.3 / 0.4) * NS, abs=US)


def test_that_an_edge_falls_into_the_ramp_where_the_parabola_says() -> None:
    world = LaneWorld(WorldSpec([belt(3.0, 0.4, acceleration=0.2)], eyes=[0.1, 1.0]))
    world.feeder.feed(0.3)
    world.drives[0].command(0.4)
    world.run(20.0)
    assert told(world, "eye0")[0][0] == pytest.approx((2 * 0.1 / 0.2) ** 0.5 * NS, abs=US)
    assert told(world, "eye1")[0][0] == pytest.approx((2.0 + (1.0 - 0.4) / 0.4) * NS, abs=US)


def test_that_a_part_changes_its_speed_where_its_front_changes_belts() -> None:
    world = running(belt(2.0, 0.4), belt(3.0, 0.5), eyes=[3.0])
    world.feeder.feed(0.3)
    world.run(20.0)
    rise, fall = told(world, "eye0")
    assert rise[0] == pytest.approx((2.0 / 0.4 + 1.0 / 0.5) * NS, abs=US)
    assert fall[0] - rise[0] == pytest.approx(0.3 / 0.5 * NS, abs=US)  # its tail too moves with its front


def test_that_a_follower_queues_at_a_blade_and_the_queue_moves_up_as_one() -> None:
    world = running(belt(3.0, 0.5), stops=[2.0], eyes=[1.8])
    world.stops[0].raise_()
    feed(world, (0.0, 0.3), (2.0, 0.3), (4.0, 0.3))
    world.run(10.0)
    assert [world.lane.position(part) for part in world.lane.parts()] == pytest.approx([2.0, 1.7, 1.4])
    assert len(world.lane.trains) == 1
    trains = world.journal.records()
    before = int((trains["kind"] == int(Kind.TRAIN)).sum())
    world.stops[0].lower()
    trains = world.journal.records()
    assert int((trains["kind"] == int(Kind.TRAIN)).sum()) == before + 1  # one record for three parts
    world.run(12.0)
    assert told(world, "stop0") == [(4 * NS, 0), (10 * NS, None)]
    assert len(told(world, "eye0")) == 2  # no light between parts that touch
    world.run(20.0)
    assert world.taker.taken == [0, 1, 2]


def test_that_a_blade_lets_pass_what_is_beyond_and_catches_the_next() -> None:
    world = running(belt(3.0, 0.5), stops=[1.0])
    feed(world, (0.0, 0.3), (1.0, 0.3))
    world.run(2.1)  # the first front is at 1.05
    world.stops[0].raise_()
    world.run(20.0)
    assert world.taker.taken == [0]
    assert told(world, "stop0") == [(3 * NS, 1)]


def test_that_a_blade_that_rises_in_touching_parts_cuts_between_them() -> None:
    world = running(belt(4.0, 0.5), stops=[2.0])
    world.feeder.always = 0.3
    world.feeder.feed(0.3)
    world.run(4.3)
    world.stops[0].raise_()
    world.run(20.0)
    positions = [world.lane.position(part) for part in world.lane.parts()]
    assert positions[0] == pytest.approx(2.0)
    assert positions == pytest.approx([2.0 - 0.3 * k for k in range(len(positions))])


def test_that_a_slower_belt_holds_a_faster_one_back_and_lets_it_go_again() -> None:
    world = running(belt(2.0, 0.5), belt(2.0, 0.6))
    world.drives[1].command(0.25)
    world.feeder.always = 0.3
    world.feeder.feed(0.3)
    world.run(30.0)
    parts = world.lane.parts()
    gaps = [world.lane.position(a) - a.length - world.lane.position(b) for a, b in pairwise(parts)]
    assert gaps == pytest.approx([0.0] * len(gaps), abs=1e-8)
    taken = len(world.taker.taken)
    world.run(30.0 + 10 * 0.3 / 0.25)
    assert len(world.taker.taken) - taken == 10  # one length at the slow belt's speed each
    world.drives[1].command(0.6)
    world.run(60.0)
    assert {train.drive for train in world.lane.trains.values()} == set(world.drives)


def test_that_two_belts_that_stop_and_start_together_keep_their_gaps() -> None:
    world = running(belt(2.0, 0.4, acceleration=1.2), belt(2.0, 0.4, acceleration=1.2))
    for k in range(5):
        feed(world, (0.75 * 1 + k * 1.5, 0.3))

    def gaps() -> list[float]:
        fronts = [world.lane.position(part) for part in world.lane.parts()]
        return [a - b for a, b in pairwise(fronts)]

    world.run(8.0)
    before = gaps()
    for drive in world.drives:
        drive.command(0.0)
    world.run(10.0)
    assert gaps() == pytest.approx(before, abs=1e-8)
    for drive in world.drives:
        drive.command(0.4)
    world.run(11.0)
    assert gaps() == pytest.approx(before, abs=1e-8)


# belts that cannot slip ---------------------------------------------------------------------------


def test_that_a_part_held_on_a_belt_that_cannot_slip_stops_all_of_it() -> None:
    world = running(belt(3.0, 0.5, accumulating=False), stops=[2.0])
    feed(world, (0.0, 0.3), (1.6, 0.3))
    world.stops[0].raise_()
    world.run(10.0)
    assert [world.lane.position(p) for p in world.lane.parts()] == pytest.approx([2.0, 1.2])
    assert told(world, "belt0.moving") == [(0, True), (4 * NS, False)]
    world.stops[0].lower()
    world.run(30.0)
    assert world.taker.taken == [0, 1]


def test_that_a_belt_that_cannot_slip_waits_for_a_full_one_ahead() -> None:
    world = running(belt(1.0, 0.5, accumulating=False), belt(1.0, 0.5))
    world.taker.set(False)
    for k in range(6):
        feed(world, (k * 1.0, 0.3))
    world.run(20.0)
    assert not world.drives[0].moving
    assert world.drives[1].moving
    fronts = [world.lane.position(part) for part in world.lane.parts()]
    assert fronts[:4] == pytest.approx([2.0, 1.7, 1.4, 1.1])
    assert fronts[4] == pytest.approx(0.8)  # touches: that stalls the belt, so the next keeps its gap
    assert fronts[5] == pytest.approx(0.3)
    world.taker.set(True)
    world.run(40.0)
    assert world.taker.taken == [0, 1, 2, 3, 4, 5]


# traps --------------------------------------------------------------------------------------------


def test_that_a_cascade_of_5000_touching_parts_is_no_recursion() -> None:
    world = running(belt(1600.0, 10.0), belt(10.0, 10.0), stops=[1605.0])
    lane = world.lane
    world.feeder.always = 0.3
    world.feeder.feed(0.3)
    world.run(160.0, check=False)
    assert lane.count >= 5000
    world.stops[0].raise_()
    world.run(165.0, check=False)
    world.check()
    world.stops[0].lower()
    world.run(165.5, check=False)
    world.check()


def test_that_a_part_taken_from_the_middle_of_a_queue_lets_the_rest_move_up() -> None:
    world = running(belt(3.0, 0.5), stops=[2.0], eyes=[1.35, 1.0])
    world.stops[0].raise_()
    for k in range(4):
        feed(world, (k * 1.0, 0.3))
    world.run(12.0)
    assert [world.eyes[0].blocked, world.eyes[1].blocked] == [True, True]
    second = world.lane.parts()[1]
    world.remove(second)
    world.check()
    world.run(13.0)
    assert [world.lane.position(part) for part in world.lane.parts()] == pytest.approx([2.0, 1.7, 1.4])


def test_that_who_waits_at_the_infeed_is_told_when_the_last_part_is_taken_off() -> None:
    world = LaneWorld(WorldSpec([belt(3.0, 0.5)]))
    world.feeder.feed(0.3)
    world.feeder.feed(0.4)
    world.run(1.0)
    assert world.feeder.waiting is not None
    world.remove(world.lane.parts()[0])
    assert world.feeder.waiting is None
    assert [part.id for part in world.lane.parts()] == [1]


def test_that_an_eye_sees_light_when_the_part_that_covers_it_is_taken() -> None:
    world = running(belt(3.0, 0.5), eyes=[1.0])
    feed(world, (0.0, 0.3))
    world.run(2.2)
    assert world.eyes[0].part is world.lane.parts()[0]
    world.remove(world.lane.parts()[0])
    assert told(world, "eye0") == [(2 * NS, True), (2_200_000_000, False)]


def test_that_a_part_is_held_by_every_blade_at_its_front() -> None:
    world = running(belt(3.0, 0.5), stops=[1.0, 1.0])
    for stop in world.stops:
        stop.raise_()
    feed(world, (0.0, 0.3))
    world.run(5.0)
    world.stops[0].lower()
    world.run(6.0)
    assert world.lane.position(world.lane.parts()[0]) == 1.0
    world.stops[1].lower()
    world.run(20.0)
    assert world.taker.taken == [0]


def test_that_an_eye_at_the_tail_of_a_held_part_is_decided_alike_on_every_way_there() -> None:
    for lengths in ([0.3, 0.3], [0.3, 0.3, 0.3]):
        world = running(belt(3.0, 0.5), stops=[1.6], eyes=[1.3])
        world.stops[0].raise_()
        for k, length in enumerate(lengths):
            feed(world, (1.0 * k, length))
        world.run(10.0)
        assert world.eyes[0].blocked  # by the second: its front has reached the eye


def test_that_a_height_eye_does_not_see_low_parts() -> None:
    world = LaneWorld(WorldSpec([belt(3.0, 0.5)]))
    seen: list[tuple[int, bool]] = []
    eye = world.lane.add_eye(1.0, lambda b: seen.append((world.kernel.now, b)), lambda part: part.id % 2 == 1)
    world.drives[0].command(0.5)
    world.feeder.always = 0.3
    world.feeder.feed(0.3)
    world.run(5.0)
    assert [t for t, _ in seen[:4]] == pytest.approx([2.6 * NS, 3.2 * NS, 3.8 * NS, 4.4 * NS], abs=10)
    assert eye.part is None or eye.part.id % 2 == 1


def test_that_marks_tell_fronts_and_tails() -> None:
    world = running(belt(3.0, 0.5), marks=[(1.0, "front"), (1.0, "tail")])
    feed(world, (0.0, 0.3))
    world.run(5.0)
    assert told(world, "mark0") == [(2 * NS, 0)]
    assert told(world, "mark1") == [(2_600_000_000, 0)]


def test_that_parts_between_two_places_are_those_with_some_length_there() -> None:
    world = running(belt(5.0, 0.5), eyes=[2.5, 4.0])
    for k in range(12):
        feed(world, (k * 0.8, 0.3))
    world.run(9.5)
    lane = world.lane
    for x0, x1 in ((0.0, 0.5), (1.0, 1.2), (2.0, 3.0), (0.0, 5.0), (4.5, 5.0), (2.49, 2.5)):
        expected = [p for p in lane.parts() if lane.position(p) > x0 and lane.position(p) - p.length < x1]
        assert lane.parts_between(x0, x1) == expected


def test_that_the_gap_asked_for_is_kept_at_the_infeed() -> None:
    world = running(belt(3.0, 0.5))
    world.lane.gap_kept = world.lane.infeed.x = 0.2
    world.feeder.always = 0.3
    world.feeder.feed(0.3)
    world.run(4.0)
    fronts = [world.lane.position(part) for part in world.lane.parts()]
    assert [a - b for a, b in pairwise(fronts)] == pytest.approx([0.5] * (len(fronts) - 1))


def test_that_an_end_without_exit_holds_for_ever() -> None:
    world = running(belt(1.0, 0.5))
    world.lane.exit = None
    feed(world, (0.0, 0.3), (1.0, 0.3))
    world.run(100.0)
    assert [world.lane.position(part) for part in world.lane.parts()] == pytest.approx([1.0, 0.7])


def test_that_edges_go_back_to_the_command_that_moved_the_belt() -> None:
    world = running(belt(3.0, 0.5), eyes=[1.0])
    world.feeder.feed(0.3)
    causes: list[int] = []
    world.told = lambda name, value: causes.append(world.kernel.cause)  # type: ignore[method-assign]
    world.run(5.0)
    drive = world.journal.records()[causes[0] - 1]
    assert drive["kind"] == int(Kind.DRIVE)


@pytest.mark.parametrize(
    ("zones", "message"),
    [([(0.0, 1.0), (1.5, 2.0)], "the next at"), ([(0.5, 1.0)], "starts at 0"), ([(0.0, 0.0)], "end after")],
)
def test_that_zones_that_do_not_join_are_refused(zones: list[tuple[float, float]], message: str) -> None:
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    with pytest.raises(ValueError, match=message):
        made = [Zone(a, b, Drive(k, f"b{k}", kernel, journal, 0.5)) for k, (a, b) in enumerate(zones)]
        Lane(0, "lane", made, kernel, journal)


def test_that_a_place_off_the_lane_is_refused() -> None:
    world = running(belt(3.0, 0.5))
    with pytest.raises(ValueError, match=r"3\.0 m long"):
        world.lane.add_eye(3.1, lambda blocked: None)


def test_that_a_blade_that_rises_at_the_end_keeps_what_waits_there_until_it_is_lowered() -> None:
    world = running(belt(2.0, 0.4), stops=[2.0])
    world.taker.set(False)
    feed(world, (0.0, 0.3))
    world.run(6.0)  # it has been at the end for a second
    world.stops[0].raise_()
    world.taker.set(True)
    world.run(8.0)
    assert world.taker.taken == [] and world.stops[0].holding is not None
    world.stops[0].lower()
    assert world.taker.taken == [0]
