"""Belts that run backward, from scene text: by `reverse`, by a set-point below 0, over chains of belts. Times from
the formulas of uniform and uniformly accelerated motion, within 1 us."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from turning import edges, goes_on_alike, near, to

from commissioning.model.problem import Problems
from commissioning.sim.run import Run

Line = Callable[..., Run]

BELT = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: b}
b: {type: belt, length: 6 m, speed: 0.4 m/s, reversible: true, MORE, to: out}
pe: {type: photo_eye, along: b, at: 2 m}
enc: {type: encoder, along: b, at: 1 m, counts: 1000}
out: {type: sink}
"""


def test_that_reverse_turns_a_belt_through_its_ramps_and_encoder_and_eye_agree(line: Line) -> None:
    """At 8 s at 3.2 m; 1 s and 0.2 m down, 1 s and 0.2 m up the other way, then 0.4 m/s backward."""
    run = line(BELT.replace("MORE", "acceleration: 0.4 m/s2, tags: {reverse: Q_Back}"))
    to(run, 8.5)  # 0.5 s more for the ramp: 0.2 m at the start instead of 0.4
    run.force("Q_Back", True)
    to(run, 9.5)
    assert run.line.lanes[0].position(run.line.parts[0]) == pytest.approx(3.4)
    assert run.tags["enc.position"].value == pytest.approx(3.4)
    assert run.tags["enc.speed"].value == pytest.approx(0.0)
    to(run, 30)
    back = 10.5  # at 3.2 m again
    rise, fall = 0.5 + 2.0 / 0.4, 0.5 + 2.3 / 0.4
    assert edges(run, "pe.blocked") == near(rise, fall, back + (3.2 - 2.3) / 0.4, back + (3.2 - 2.0) / 0.4)
    assert run.tags["enc.position"].value == pytest.approx(3.2 - 0.4 * (30.0 - back))
    assert run.tags["enc.speed"].value == pytest.approx(-0.4)
    assert edges(run, "b.moving") == near(0.0)
    assert run.line.lanes[0].position(run.line.parts[0]) == pytest.approx(0.3)


def test_that_a_set_point_below_zero_runs_a_reversible_belt_backward(line: Line) -> None:
    run = line(BELT.replace("MORE", "tags: {speed_setpoint: V}"))
    run.write("V", 0.4)
    to(run, 6)
    run.write("V", -0.1)
    to(run, 10)
    assert run.line.lanes[0].position(run.line.parts[0]) == pytest.approx(2.0)
    run.write("V", -9.0)  # no more than its speed
    to(run, 12)
    assert run.line.lanes[0].position(run.line.parts[0]) == pytest.approx(1.2)
    assert edges(run, "pe.blocked") == near(2.0 / 0.4, 2.3 / 0.4, 6.0 + 0.1 / 0.1, 10.0)


def test_that_run_stops_it_in_both_directions(line: Line) -> None:
    run = line(BELT.replace("MORE", "tags: {reverse: Q_Back, run: Q_Run}"))
    run.force("Q_Run", True)
    to(run, 6)
    run.force("Q_Run", False)
    to(run, 7)
    run.force("Q_Back", True)
    to(run, 8)
    assert not run.tags["b.moving"].value
    run.force("Q_Run", True)
    to(run, 10)
    assert run.line.lanes[0].position(run.line.parts[0]) == pytest.approx(2.4 - 0.8)


def test_that_a_reverse_command_to_a_belt_that_runs_one_way_is_a_problem(line: Line) -> None:
    text = BELT.replace("reversible: true, MORE", "tags: {reverse: Q_Back}")
    with pytest.raises(Problems) as caught:
        line(text)
    (problem,) = caught.value.problems
    assert problem.where.id == "devices.b.tags.reverse" and "reversible: true" in problem.cure


@pytest.mark.parametrize(
    "device",
    [
        "sep: {type: separator, along: b, at: 3 m}",
        "scale: {type: scale, along: b, at: 3 m}",
        "far: {type: laser_distance, along: b, at: 3 m}",
        "up: {type: popup, along: b, at: 3 m, to: out}",
    ],
)
def test_that_what_works_in_one_direction_only_is_a_problem_along_a_reversible_belt(
    line: Line, device: str
) -> None:
    with pytest.raises(Problems, match="one direction only"):
        line(BELT.replace("MORE, ", "") + device)


def test_that_a_reader_reads_what_comes_by_in_either_direction(line: Line) -> None:
    """Two parts that touch: the beam falls only behind both, but each is read when its leading edge is there: the
    fronts at 3 m, and on the way back from 4 m the rear edges, that of the rear part first."""
    text = BELT.replace("limit: 1", "limit: 2").replace("every: 100 s, first: 0 s", "every: always")
    reader = "code: {type: barcode_reader, along: b, at: 3 m}"
    run = line(text.replace("MORE", "tags: {reverse: Q_Back}") + reader)
    to(run, 10.0)  # the first front at 4 m
    run.force("Q_Back", True)
    to(run, 20.0)
    strobes = [t * 1e-9 for t, value in run.journal.edges("code.good") if value]
    assert strobes == near(7.5, 7.5 + 0.3 / 0.4, 10.0 + 0.4 / 0.4, 10.0 + 0.7 / 0.4)
    codes = [value for _, value in run.journal.edges("code.code") if value]
    assert codes == ["box-000000", "box-000001", "box-000000"]  # the second one twice in a row


CHAIN = """
src: {type: source, product: box, every: 4 s, limit: 3, to: one}
one: {type: belt, pose: {xyz: [0 m, 0 m, 0.8 m]}, length: 3 m, speed: 0.4 m/s, reversible: true, tags: {reverse: Q_Back}, to: two}
two: {type: belt, length: 3 m, speed: 0.5 m/s, reversible: true, tags: {reverse: Q_Back}, to: out}
pe1: {type: photo_eye, along: one, at: 1 m}
pe2: {type: photo_eye, along: two, at: 0.5 m}
stop: {type: stopper, along: two, at: 2.5 m, tags: {raise: Q_Stop}}
out: {type: sink}
"""


def test_that_parts_go_back_over_a_chain_of_belts_and_come_again(line: Line) -> None:
    """One part: over the joint at 7.5 s and its tail at 8.1 s, at 1.25 m of the second belt at 10 s; then back."""
    run = line(CHAIN.replace("limit: 3", "first: 0 s, limit: 1"))
    to(run, 10)
    run.force("Q_Back", True)
    to(run, 40)
    joint = 10.0 + (1.25 - 0.3) / 0.5
    assert edges(run, "pe2.blocked") == near(8.5, 9.1, 10.0 + 0.45 / 0.5, 10.0 + 0.75 / 0.5)
    assert edges(run, "pe1.blocked") == near(2.5, 3.25, joint + (3.3 - 1.3) / 0.4, joint + (3.3 - 1.0) / 0.4)
    run.force("Q_Back", False)
    to(run, 60)
    assert int(run.tags["out.count"].value) == 1


PLAN = [
    (t, {"Q_Back": back, "Q_Stop": up})
    for t, back, up in (
        (9, True, False),
        (11, False, True),
        (15, True, True),
        (18, False, True),
        (25, False, False),
    )
]


def test_that_statistics_and_snapshots_of_belts_that_turn_hold(line: Line) -> None:
    run = goes_on_alike(line(CHAIN), PLAN, 60)
    assert int(run.tags["out.count"].value) == 3
    assert run.kpi()["two"].count == 3
