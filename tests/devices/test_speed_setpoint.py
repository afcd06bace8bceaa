"""Speed set-points in motion, at times from the formulas of uniformly accelerated motion. Within 1 us."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan, sqrt

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]

US = 1_000  # ns

BELT = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: b}
b: {type: belt, length: 10 m, speed: 0.8 m/s, MORE, to: out}
pe: {type: photo_eye, along: b, at: 4 m}
out: {type: sink}
"""


def rises(run: Run, name: str) -> list[int]:
    return [t for t, value in run.journal.edges(name) if value]


def test_that_a_new_speed_is_reached_along_the_ramp_while_parts_travel(line: Line) -> None:
    """0.4 m/s at once until 5 s (2 m), then 0.8 m/s along 0.2 m/s2: the ramp takes 2 s and 1.2 m."""
    run = line(BELT.replace("MORE", "deceleration: 0.2 m/s2, tags: {speed_setpoint: V}"))
    run.write("V", 0.4)
    run.advance("5 s")
    assert run.line.lanes[0].position(run.line.parts[0]) == pytest.approx(2.0)
    run.write("V", 0.8)
    run.advance("60 s")
    assert rises(run, "pe.blocked") == [pytest.approx((5 + 2.0 / 0.8) * 1e9, abs=US)]  # no start ramp
    slow = line(BELT.replace("MORE", "acceleration: 0.2 m/s2, tags: {speed_setpoint: V}"))
    slow.write("V", 0.4)  # 2 s and 0.4 m to 0.4 m/s
    slow.advance("6 s")
    slow.write("V", 0.8)  # at 2 m; 2 s and 1.2 m to 0.8 m/s
    slow.advance("60 s")
    assert rises(slow, "pe.blocked") == [pytest.approx((8 + 0.8 / 0.8) * 1e9, abs=US)]


def test_that_a_set_point_changed_within_a_ramp_goes_on_from_the_speed_it_has(line: Line) -> None:
    run = line(BELT.replace("MORE", "acceleration: 0.2 m/s2, tags: {speed_setpoint: V}"))
    run.write("V", 0.8)
    run.advance("1 s")  # 0.2 m/s, 0.1 m
    run.write("V", 0.1)  # down: 0.5 s and 0.075 m
    run.advance("9.5 s")  # 1.5 s .. 10.5 s at 0.1 m/s: 0.9 m, so 1.075 m
    run.write("V", 0.5)  # up: 2 s and 0.6 m, at 12.5 s at 1.675 m
    run.advance("60 s")
    assert rises(run, "pe.blocked") == [pytest.approx((12.5 + (4 - 1.675) / 0.5) * 1e9, abs=US)]


def test_that_an_edge_within_the_ramp_between_two_speeds_is_at_the_root_of_its_parabola(line: Line) -> None:
    run = line(BELT.replace("MORE", "acceleration: 0.1 m/s2, tags: {speed_setpoint: V, run: Q}"))
    run.write("V", 0.2)
    run.write("Q", True)  # 2 s and 0.2 m to 0.2 m/s
    run.advance("20 s")  # 3.8 m
    run.write("V", 0.8)
    run.advance("60 s")
    tau = 2 * 0.2 / (0.2 + sqrt(0.2**2 + 2 * 0.1 * 0.2))
    assert rises(run, "pe.blocked") == [pytest.approx((20 + tau) * 1e9, abs=US)]


def test_that_a_share_counts_the_speed_and_both_ends_are_kept(line: Line) -> None:
    run = line(BELT.replace("MORE", "setpoint: share, tags: {speed_setpoint: V, moving: M}"))
    drive = run.line.drives[0]
    assert not drive.moving  # 0 until somebody says more
    for value, speed in (
        (0.5, 0.4),
        (1.0, 0.8),
        (1.5, 0.8),
        (inf, 0.8),
        (0.25, 0.2),
        (-1.0, 0.0),
        (nan, 0.0),
    ):
        run.write("V", value)
        run.advance("1 s")
        assert drive.speed_at(run.now_ns) == pytest.approx(speed, abs=1e-15)
        assert run.tags["M"].value is (speed > 0.0)


def test_that_the_set_point_does_not_move_a_track_that_is_not_to_run(line: Line) -> None:
    run = line(BELT.replace("MORE", "tags: {speed_setpoint: V, run: Q}"))
    run.write("V", 0.4)
    run.advance("1 s")
    assert not run.line.drives[0].moving
    run.write("Q", True)
    run.advance("1 s")
    assert run.line.drives[0].speed_at(run.now_ns) == 0.4


def test_that_zones_take_over_a_new_speed_in_motion(line: Line) -> None:
    """Front at 0.5 m after 2 s at 0.25 m/s; then 0.5 m/s along 0.5 m/s2: 0.5 s and 0.1875 m."""
    run = line("src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: z}\n"
               "z: {type: roller_conveyor, pose: {xyz: [0, 0, 0]}, length: 3 m, zones: 3, speed: 0.5 m/s, "
               "acceleration: 0.5 m/s2, eye: 0.3 m, to: out, tags: {speed_setpoint: V}}\nout: {type: sink}")  # fmt: skip
    run.advance("1 s")  # stands: 0 m/s
    run.write("V", 0.25)  # 0.5 s and 0.0625 m
    run.advance("2.25 s")  # 0.5 m
    run.write("V", 0.5)
    run.advance("60 s")
    expected = 1 + 2.25 + 0.5 + (3.0 - 0.5 - 0.1875) / 0.5
    assert rises(run, "out.count") == [pytest.approx(expected * 1e9, abs=US)]
    assert all(drive.target == 0.5 for drive in run.line.drives)
