"""Roller and chain conveyors that run backward, from scene text: one part, zones that queue and let go towards the
present end, hand-over at both ends. Times from the formulas of uniform and uniformly accelerated motion."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from turning import edges, goes_on_alike, near, to

from commissioning.bench.load import load_text
from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.sim.run import Run

Line = Callable[..., Run]

V = 0.5  # m/s

ONE = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: z}
z: {type: TYPE, length: 3 m, zones: 3, speed: 0.5 m/s, eye: 0.1 m, reversible: true, MORE to: out}
pe: {type: photo_eye, along: z, at: 1.2 m}
enc: {type: encoder, along: z, at: 0.5 m, counts: 1000}
out: {type: sink}
"""


def one(kind: str = "roller_conveyor", more: str = "tags: {reverse: Q_Back},") -> str:
    return ONE.replace("TYPE", kind).replace("MORE", more)


def fronts(run: Run, lane: int = 0) -> list[float]:
    return [run.line.lanes[lane].position(part) for part in run.line.lanes[lane].parts()]


# one part ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["roller_conveyor", "chain_conveyor"])
def test_that_a_part_comes_back_by_the_way_it_went(line: Line, kind: str) -> None:
    """At 3.5 s it has its front at 1.75 m and its rear edge at 1.45 m, which is at 0 after 1.45 m."""
    run = line(one(kind))
    to(run, 3.5)
    run.force("Q_Back", True)
    to(run, 20)
    back = 3.5
    assert edges(run, "pe.blocked") == near(1.2 / V, 1.5 / V, back + 0.25 / V, back + 0.55 / V)
    assert fronts(run) == pytest.approx([0.3])
    run.force("Q_Back", False)
    to(run, 40)
    assert int(run.tags["out.count"].value) == 1
    assert [t * 1e-9 for t, v in run.journal.edges("out.count") if v] == near(20 + (3.0 - 0.3) / V)


@pytest.mark.parametrize(
    ("more", "ramp"), [("acceleration: 2.5 m/s2,", 0.2), ("acceleration: 2.5 m/s2, jerk: 25 m/s3,", 0.3)]
)
def test_that_zones_turn_together_where_their_ramps_end(line: Line, more: str, ramp: float) -> None:
    """A ramp takes v/a, with limited jerk v/a + a/j, and half of v times that of way; the way back is as long: at the
    speeds of the way there, the eye that was met before the turn is left as long after it."""
    run = line(one(more=more + "tags: {reverse: Q_Back},").replace("eye: 0.1 m", "eye: 0.15 m"))
    to(run, 3.45)
    run.force("Q_Back", True)
    to(run, 20)
    met = edges(run, "pe.blocked")
    turn = 3.45 + ramp
    assert met[2:] == near(2 * turn - met[1], 2 * turn - met[0])
    assert run.tags["enc.speed"].value == pytest.approx(
        0.0
    )  # it is at the infeed, which nobody takes it from


def test_that_each_zone_drives_what_has_its_leading_edge_on_it(line: Line) -> None:
    """The front at 2.15 m and the rear edge at 1.85 m: forward the third zone, backward the second one."""
    run = line(one())
    to(run, 4.3)
    (part,) = run.line.lanes[0].parts()
    assert part.place.train.drive.name == "z.zone3"
    run.force("Q_Back", True)
    to(run, 4.4)
    assert part.place.train.drive.name == "z.zone2"
    assert fronts(run) == pytest.approx([2.1])


def test_that_a_set_point_below_zero_runs_it_backward(line: Line) -> None:
    run = line(one(more="tags: {speed_setpoint: W},"))
    run.write("W", 0.5)
    to(run, 4)
    run.write("W", -0.2)
    to(run, 6)
    assert fronts(run) == pytest.approx([1.6])
    assert run.tags["enc.speed"].value == pytest.approx(-0.2)
    run.write("W", -9.0)  # no more than its speed
    to(run, 7)
    assert fronts(run) == pytest.approx([1.1])


def test_that_run_stops_it_in_both_directions(line: Line) -> None:
    run = line(one(more="tags: {reverse: Q_Back, run: Q_Run},"))
    run.force("Q_Run", True)
    to(run, 4)
    run.force("Q_Run", False)
    to(run, 5)
    run.force("Q_Back", True)
    to(run, 6)
    assert fronts(run) == pytest.approx([2.0])
    run.force("Q_Run", True)
    to(run, 7)
    assert fronts(run) == pytest.approx([1.5])


def test_that_a_change_of_mind_while_it_brakes_to_turn_is_obeyed(line: Line) -> None:
    """0.1 s of its 0.2 s ramp down, and 0.1 s up again: 2 x 0.1 s x 3/4 v instead of 0.2 s v."""
    run = line(one(more="acceleration: 2.5 m/s2, tags: {reverse: Q_Back},"))
    to(run, 3)
    before = fronts(run)[0]
    run.force("Q_Back", True)
    to(run, 3.1)
    run.force("Q_Back", False)
    to(run, 3.5)
    assert fronts(run) == pytest.approx([before + 0.5 * V - 0.2 * V / 4])
    assert run.line.drives[0].way == 1.0


SAME = """
src: {type: source, product: box, every: {exponential: 2 s}, limit: 30, to: z}
z: {type: roller_conveyor, length: 4 m, zones: 5, speed: 0.5 m/s, acceleration: 2 m/s2, eye: 0.1 m, gap: 50 mm, mode: MODE, MORE to: out, tags: {release: Q, run: R, full: I_Full, ready: I_Ready}}
pe: {type: photo_eye, along: z, at: 1.7 m}
out: {type: sink}
"""


@pytest.mark.parametrize("mode", ["singulation", "slug"])
def test_that_one_that_may_turn_and_does_not_moves_as_one_that_may_not(line: Line, mode: str) -> None:
    """To the nanosecond, however it is commanded."""
    seen = []
    for more in ("", "reversible: true,"):
        run, rng = line(SAME.replace("MODE", mode).replace("MORE", more)), random.Random(5)
        for name in ("Q", "R"):
            run.write(name, True)
        for _ in range(80):
            run.advance(f"{rng.uniform(0.1, 2.5):.3f} s")
            run.write(rng.choice("QR"), rng.random() < 0.7)
        names = ("out.count", "pe.blocked", "I_Full", "I_Ready")
        seen.append([run.journal.edges(name) for name in names])
    assert seen[0] == seen[1] and len(seen[0][0]) > 10


# zones that queue ----------------------------------------------------------------------------------

QUEUE = """
src: {type: source, product: box, every: 4 s, first: 0 s, limit: 3, to: b}
b: {type: belt, length: 6 m, speed: 0.4 m/s, reversible: true, tags: {reverse: Q_Belt}, to: z}
z: {type: roller_conveyor, length: 3 m, zones: 3, speed: 0.5 m/s, eye: 0.1 m, mode: MODE, reversible: true, to: out, tags: {reverse: Q_Back, release: Q, full: I_Full, ready: I_Ready}}
out: {type: sink}
"""


def queued(line: Line, mode: str) -> Run:
    """At 60 s: three parts at the eyes before the forward ends, then two s later at those before the backward ones."""
    run = line(QUEUE.replace("MODE", mode))
    to(run, 60)
    assert fronts(run, 1) == pytest.approx([2.9, 1.9, 0.9], abs=5e-9)
    assert run.tags["I_Full"].value is run.tags["I_Ready"].value is True
    run.force("Q_Back", True)
    run.force("Q_Belt", True)
    return run


@pytest.mark.parametrize("mode", ["singulation", "slug"])
def test_that_parts_queue_towards_the_end_of_the_present_direction(line: Line, mode: str) -> None:
    """Each has its rear edge at the eye before the backward end of its zone: 0.5 m from where it stood."""
    run = queued(line, mode)
    to(run, 60.5)
    assert run.tags["I_Full"].value is run.tags["I_Ready"].value is False
    to(run, 70)
    assert fronts(run, 1) == pytest.approx([2.4, 1.4, 0.4], abs=5e-9)
    assert not any(drive.moving for drive in run.line.drives[1:])
    assert run.tags["I_Full"].value is run.tags["I_Ready"].value is True
    assert edges(run, "I_Ready")[-1] == pytest.approx(60 + 0.5 / V, abs=1e-6)


def given_back(run: Run) -> list[float]:
    rows = run.journal.records()
    moves = rows[(rows["kind"] == int(Kind.PART_MOVE)) & (rows["a"] == 0) & (rows["t"] > 60_000_000_000)]
    return (moves["t"] * 1e-9).tolist()


def test_that_singulation_gives_back_each_when_the_zone_ahead_is_empty(line: Line) -> None:
    """Released at 70 s: 0.1 m to the joint, which its other edge passes 0.3 m later at 0.4 m/s. Then the next one
    goes 1.1 m; the third one comes to the eye of the zone before, and waits for it in the same way."""
    run = queued(line, "singulation")
    to(run, 70)
    run.force("Q", True)
    to(run, 100)
    first = 70 + 0.1 / V
    second = first + 0.3 / 0.4 + 1.1 / V
    third = second + 0.3 / 0.4 + 1.1 / V
    assert first + 0.3 / 0.4 + 0.4 / V + 1.0 / V < second + 0.3 / 0.4  # it is at that eye before
    assert given_back(run) == near(first, second, third)


def test_that_a_slug_gives_back_all_at_once(line: Line) -> None:
    """The second one's leading edge is 1 m behind the first one's, and so on; none waits for anything."""
    run = queued(line, "slug")
    to(run, 70)
    run.force("Q", True)
    to(run, 100)
    assert given_back(run) == near(70 + 0.1 / V, 70 + 1.1 / V, 70 + 2.1 / V)


def test_that_a_queue_that_turns_twice_stands_where_it_stood(line: Line) -> None:
    run = queued(line, "singulation")
    to(run, 70)
    run.force("Q_Back", False)
    to(run, 80)
    assert fronts(run, 1) == pytest.approx([2.9, 1.9, 0.9], abs=5e-9)


# both ends -----------------------------------------------------------------------------------------

CHAIN = """
src: {type: source, product: box, every: 5 s, first: 0 s, limit: LIMIT, to: one}
one: {type: belt, pose: {xyz: [0 m, 0 m, 0.8 m]}, length: 2 m, speed: 0.4 m/s, reversible: true, tags: {reverse: Q_Back}, to: z}
z: {type: chain_conveyor, length: 2 m, zones: 2, speed: 0.5 m/s, eye: 0.1 m, reversible: true, tags: {reverse: Q_Back}, to: two}
two: {type: belt, length: 2 m, speed: 0.25 m/s, reversible: true, tags: {reverse: Q_Back}, to: out}
pe1: {type: photo_eye, along: one, at: 1 m}
pez: {type: photo_eye, along: z, at: 0.5 m}
out: {type: sink}
"""


def test_that_a_reader_and_a_stopper_along_it_work_in_both_directions(line: Line) -> None:
    """Read at 1 m by the leading edge: the front at 2 s, then the rear edge, which is at 1.45 m at 3.5 s. Held at 0.5 m
    by the blade, which was raised behind it."""
    text = one(more="accumulating: true, tags: {reverse: Q_Back},")
    run = line(
        text
        + "code: {type: barcode_reader, along: z, at: 1 m}\nstop: {type: stopper, along: z, at: 0.5 m, tags: {raise: Q_Stop}}"
    )
    to(run, 3.5)
    run.force("Q_Stop", True)
    run.force("Q_Back", True)
    to(run, 20)
    read = [t * 1e-9 for t, good in run.journal.edges("code.good") if good]
    assert read == near(1.0 / V, 3.5 + 0.45 / V)
    assert fronts(run) == pytest.approx([0.8])
    run.force("Q_Stop", False)
    to(run, 30)
    assert fronts(run) == pytest.approx([0.3])


def test_that_parts_go_back_over_both_ends_and_come_again(line: Line) -> None:
    """Over the joints at 5 s and 9 s, at 1 m of the last belt at 13 s; back by the rear edge: 0.7 m, 1.5 m to the eye
    of the conveyor, 0.5 m to its end, 1 m to the eye of the first belt; the front follows 0.3 m later."""
    run = line(CHAIN.replace("LIMIT", "1"))
    to(run, 13)
    run.force("Q_Back", True)
    to(run, 40)
    upper = 13 + 0.7 / 0.25
    lower = upper + 2.0 / V
    pez = [5 + 0.5 / V, 5 + 0.8 / V, upper + 1.5 / V, upper + 1.8 / V]
    assert edges(run, "pez.blocked") == near(*pez)
    assert edges(run, "pe1.blocked") == near(2.5, 1.3 / 0.4, lower + 1.0 / 0.4, lower + 1.3 / 0.4)
    run.force("Q_Back", False)
    to(run, 70)
    assert int(run.tags["out.count"].value) == 1


def test_that_a_part_across_the_joint_is_taken_back_when_both_have_turned(line: Line) -> None:
    """At 9.4 s 0.1 m of it lie on the belt, which turns with the conveyor: that takes it from there at its speed."""
    run = line(CHAIN.replace("LIMIT", "1"))
    to(run, 9.4)
    run.force("Q_Back", True)
    to(run, 10.4)
    assert fronts(run, 1) == pytest.approx([2.1 - V])
    assert run.line.lanes[2].parts() == []


PLAN = [
    (t, {"Q_Back": back})
    for t, back in ((7, True), (9, False), (14, True), (15, False), (22, True), (31, False))
]


def test_that_statistics_and_snapshots_of_conveyors_that_turn_hold(line: Line) -> None:
    run = goes_on_alike(line(CHAIN.replace("LIMIT", "4")), PLAN, 90)
    assert int(run.tags["out.count"].value) == 4
    rows = run.journal.records()
    moves = rows[rows["kind"] == int(Kind.PART_MOVE)]
    visits = int((moves["a"] == 1).sum())  # all of them have left again
    assert visits > 4 and run.kpi()["z"].count == visits


# what may not be -----------------------------------------------------------------------------------


def test_that_a_reverse_command_to_a_conveyor_that_runs_one_way_is_a_problem(line: Line) -> None:
    with pytest.raises(Problems) as caught:
        line(one().replace("reversible: true,", ""))
    (problem,) = caught.value.problems
    assert problem.where.id == "devices.z.tags.reverse" and "reversible: true" in problem.cure


@pytest.mark.parametrize(
    "device",
    [
        "sep: {type: separator, along: z, at: 1.5 m}",
        "scale: {type: scale, along: z, at: 1.5 m}",
        "far: {type: laser_distance, along: z, at: 1.5 m}",
        "up: {type: popup, along: z, at: 1.5 m, to: out}",
        "px: {type: proximity, along: z, at: 1.5 m}",
        "far2: {type: laser_distance, along: z, at: 1 m, range: 0.5 m}",
    ],
)
def test_that_what_works_in_one_direction_only_is_a_problem_along_a_conveyor_that_turns(
    line: Line, device: str
) -> None:
    with pytest.raises(Problems, match="one direction only") as caught:
        line(one(more="accumulating: true, ") + device)
    assert caught.value.problems[0].cure


def test_that_a_merge_onto_a_conveyor_that_turns_is_a_problem(line: Line) -> None:
    side = (
        "s2: {type: source, product: box, every: 5 s, to: side}\n"
        "side: {type: belt, pose: {xyz: [1.5 m, -1 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}, length: 1 m, speed: 0.4 m/s, to: {device: z, at: 1.5 m}}"
    )
    text = one().replace("length: 3 m", "pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m")
    with pytest.raises(Problems, match="one direction only"):
        line(text + side)


SHORT = """format: commissioning-scene/1
products: {small: {size: [0.05 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: small, every: 2 s, first: 0 s, limit: 3, to: z}
  z: {type: roller_conveyor, length: 3 m, zones: 3, speed: 0.5 m/s, eye: 0.2 m, reversible: true, to: out, tags: {reverse: Q_Back, release: Q}}
  out: {type: sink}
"""


def test_that_a_part_that_no_eye_sees_does_not_run_into_a_zone_that_is_taken() -> None:
    """The second of three parts of 5 cm waits at 0.8 m until the first one has left its zone, at 2.05 m at 4.1 s. At
    4.66 s it lies from 1.03 m to 1.08 m, all of it beyond the eye for backward at 1.2 m, and the third one, which
    came at 4 s and stood for 0.1 s, from 0.23 m on. Backward that one waits at 0.2 m, and so the second one stands;
    the first one comes to 2.2 m."""
    run = Run(load_text(SHORT, Path("scene.yaml")), 1)
    to(run, 4.66)
    assert fronts(run) == pytest.approx([2.33, 1.08, 0.28])
    run.force("Q_Back", True)
    to(run, 10)
    assert fronts(run) == pytest.approx([2.25, 1.08, 0.25])
    assert not any(drive.stalls for drive in run.line.drives)
