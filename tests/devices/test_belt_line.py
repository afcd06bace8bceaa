"""Belts, eyes, stopper and pusher at times from closed formulas. Within 1 ns of rounding up."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]

ONE = "src: {type: source, product: box, every: 100 s, first: 1 s, limit: 1, to: b1}"


def rises(run: Run, name: str) -> list[int]:
    return [t for t, value in run.journal.edges(name) if value]


def falls(run: Run, name: str) -> list[int]:
    edges = run.journal.edges(name)
    return [t for (t, value), before in zip(edges[1:], edges, strict=False) if not value and before[1]]


def test_that_front_and_tail_pass_an_eye_at_distance_over_speed(line: Line) -> None:
    run = line(f"{ONE}\nb1: {{type: belt, length: 5 m, speed: 0.3 m/s, to: out}}\n"
               "pe: {type: photo_eye, along: b1, at: 4.2 m}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert rises(run, "pe.blocked") == [15_000_000_000]  # 1 s + 4.2 m / 0.3 m/s
    assert falls(run, "pe.blocked") == [16_000_000_000]  # the tail is 0.3 m behind
    assert run.tags["out.count"].value == 1


def test_that_a_part_enters_the_next_belt_with_its_front_and_takes_its_speed(line: Line) -> None:
    run = line(f"{ONE}\nb1: {{type: belt, length: 2 m, speed: 0.5 m/s, to: b2}}\n"
               "b2: {type: belt, length: 2 m, speed: 0.25 m/s, to: out}\n"
               "pe: {type: photo_eye, along: b1, at: 1.9 m}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    front, border = 1 + 1.9 / 0.5, 1 + 2.0 / 0.5
    tail = border + (1.9 + 0.3 - 2.0) / 0.25  # the tail leaves the eye by the second belt's motion
    assert rises(run, "pe.blocked") == [pytest.approx(front * 1e9, abs=1)]
    assert falls(run, "pe.blocked") == [pytest.approx(tail * 1e9, abs=1)]
    assert rises(run, "out.count") == [pytest.approx((border + 2.0 / 0.25) * 1e9, abs=1)]


def test_that_a_belt_keeps_its_gap_also_behind_another_belt_in_line(line: Line) -> None:
    """Boxes of 0.3 m touch on b1. Onto b2 the next one goes when the one before is 0.15 m past its entry: every
    (0.3 + 0.15) m / 0.6 m/s."""
    run = line("src: {type: source, product: box, every: always, to: b1}\n"
               "b1: {type: belt, length: 2 m, speed: 0.5 m/s, to: b2}\n"
               "b2: {type: belt, length: 2 m, speed: 0.6 m/s, accumulating: false, gap: 150 mm, to: out}\n"
               "pe: {type: photo_eye, along: b2, at: 1 m}\nout: {type: sink}")  # fmt: skip
    run.advance("30 s")
    times = rises(run, "pe.blocked")
    first = 2 / 0.5 + 1 / 0.6
    assert len(times) == 1 + int((30 - first) / 0.75)
    assert times == [pytest.approx((first + 0.75 * k) * 1e9, abs=20) for k in range(len(times))]
    gaps = [t - before for t, before in zip(times[1:], falls(run, "pe.blocked"), strict=False)]
    assert gaps == [pytest.approx(0.15 / 0.6 * 1e9, abs=2)] * len(gaps)


def test_that_ramps_follow_the_closed_form(line: Line) -> None:
    """Start at 2 s with 0.8 m/s2 to 0.4 m/s: eye at 1 m is reached at t0 + v/a + (s - v^2/2a)/v."""
    run = line(f"{ONE}\nb1: {{type: belt, length: 3 m, speed: 0.4 m/s, acceleration: 0.8 m/s2, to: out, tags: {{run: Q}}}}\n"
               "near: {type: photo_eye, along: b1, at: 0.05 m}\nfar: {type: photo_eye, along: b1, at: 1 m}\nout: {type: sink}")  # fmt: skip
    run.advance("2 s")
    run.write("Q", True)
    run.advance("20 s")
    assert rises(run, "near.blocked") == [pytest.approx((2 + sqrt(2 * 0.05 / 0.8)) * 1e9, abs=1)]
    expected = 2 + 0.4 / 0.8 + (1 - 0.4**2 / (2 * 0.8)) / 0.4
    assert rises(run, "far.blocked") == [pytest.approx(expected * 1e9, abs=1)]


def test_that_moving_is_true_until_the_exact_end_of_the_stop_ramp(line: Line) -> None:
    run = line("b1: {type: belt, length: 3 m, speed: 0.4 m/s, acceleration: 0.8 m/s2, to: out, tags: {run: Q}}\n"
               "out: {type: sink}")  # fmt: skip
    run.write("Q", True)
    run.advance("3 s")
    run.write("Q", False)
    run.advance("3 s")
    assert run.journal.edges("b1.moving") == [(0, False), (0, True), (3_500_000_000, False)]


def test_that_a_stopper_holds_the_next_front_and_its_queue_closes_up(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 2 s, first: 0 s, limit: 3, to: b1}\n"
               "b1: {type: belt, length: 4 m, speed: 0.5 m/s, to: out}\n"
               "st: {type: stopper, along: b1, at: 3 m, time: 100 ms, tags: {raise: Q}}\n"
               "pe: {type: photo_eye, along: b1, at: 2.5 m}\nout: {type: sink}")  # fmt: skip
    run.write("Q", True)
    run.advance("30 s")
    # held at 3 m, 2.7 m and 2.4 m: the second covers 2.4..2.7, the third comes to stand before 2.5
    assert [t for t, v in run.journal.edges("st.raised") if v] == [100_000_000]
    assert rises(run, "st.holding") == [6_000_000_000]
    assert run.tags["pe.blocked"].value is True
    assert rises(run, "pe.blocked") == [5_000_000_000, 7_000_000_000]
    run.write("Q", False)
    run.advance("30 s")
    # released at 30 s: fronts reach the end at 30 + (1, 1.3, 1.6) / 0.5
    assert [t for t, v in run.journal.edges("out.count") if v] == [
        32_000_000_000,
        32_600_000_000,
        33_200_000_000,
    ]


def test_that_a_blade_turns_round_in_mid_stroke(line: Line) -> None:
    run = line("b1: {type: belt, length: 4 m, speed: 0.5 m/s, to: out}\nout: {type: sink}\n"
               "st: {type: stopper, along: b1, at: 3 m, time: 100 ms, stroke: 0.1 m, tags: {raise: Q}}")  # fmt: skip
    run.write("Q", True)
    run.advance("60 ms")
    run.write("Q", False)
    run.advance("1 s")
    assert run.journal.edges("st.raised") == [(0, False)]
    assert run.journal.edges("st.lowered") == [(0, True), (0, False), (120_000_000, True)]


def test_that_the_pusher_takes_the_part_when_its_face_touches_it(line: Line) -> None:
    """Belt 0.5 m, part 0.2 m wide: the face touches after (0.5 - 0.2)/2 / 1 m/s = 150 ms."""
    run = line(f"{ONE}\nb1: {{type: belt, length: 4 m, speed: 0.5 m/s, to: out}}\n"
               "pu: {type: pusher, along: b1, at: 2 m, stroke: 0.5 m, speed: 1 m/s, face: 0.3 m, to: bin, tags: {extend: Q}}\n"
               "pe: {type: photo_eye, along: b1, at: 2.1 m}\nbin: {type: sink}\nout: {type: sink}")  # fmt: skip
    # the centre is before the face's centre when the front is at 2.15 m: 1 + 4.3 s
    run.advance("5.15 s")
    run.write("Q", True)
    run.advance("10 s")
    assert rises(run, "pe.blocked") == [5_200_000_000]
    assert falls(run, "pe.blocked") == [5_300_000_000]  # taken off the belt while it covered the eye
    assert rises(run, "pu.extended") == [5_650_000_000]
    assert run.journal.edges("bin.count") == [(0, 0), (5_650_000_000, 1)]
    assert run.tags["out.count"].value == 0


def test_that_a_part_beside_the_face_is_not_pushed(line: Line) -> None:
    run = line(f"{ONE}\nb1: {{type: belt, length: 4 m, speed: 0.5 m/s, to: out}}\n"
               "pu: {type: pusher, along: b1, at: 2 m, stroke: 0.5 m, speed: 1 m/s, face: 0.1 m, to: bin, tags: {extend: Q}}\n"
               "bin: {type: sink}\nout: {type: sink}")  # fmt: skip
    run.advance("4.5 s")
    run.write("Q", True)
    run.advance("20 s")
    assert run.tags["bin.count"].value == 0
    assert run.tags["out.count"].value == 1


def test_that_a_height_eye_sees_and_marks_only_tall_parts(line: Line) -> None:
    run = line("src: {type: source, mix: {box: 50 %, tall: 50 %}, every: 2 s, limit: 40, to: b1}\n"
               "b1: {type: belt, length: 3 m, speed: 0.4 m/s, to: out}\n"
               "he: {type: height_eye, along: b1, at: 1 m, height: 0.3 m}\nout: {type: sink}")  # fmt: skip
    run.advance("200 s")
    records = run.journal.records()
    made = {int(r["obj"]): int(r["aux"]) for r in records if r["kind"] == 5}
    marked = {int(r["obj"]) for r in records if r["kind"] == 9}
    assert marked == {part for part, product in made.items() if product == 1}
    assert 5 < len(marked) < 35
    assert len(rises(run, "he.blocked")) == len(marked)


def test_that_touching_parts_of_different_height_end_the_height_eyes_beam(line: Line) -> None:
    """A saturated belt: parts touch, tall ones are followed by low ones without a gap."""
    run = line("src: {type: source, mix: {box: 50 %, tall: 50 %}, every: always, limit: 60, to: b1}\n"
               "b1: {type: belt, length: 3 m, speed: 0.3 m/s, to: out}\n"
               "he: {type: height_eye, along: b1, at: 1 m, height: 0.3 m}\nout: {type: sink}")  # fmt: skip
    run.advance("200 s")
    products = [int(r["aux"]) for r in run.journal.records() if r["kind"] == 5]
    runs = sum(1 for a, b in zip([0, *products], products, strict=False) if b == 1 and a == 0)
    ends = sum(1 for a, b in zip(products, [*products[1:], 0], strict=True) if a == 1 and b == 0)
    assert len(rises(run, "he.blocked")) == runs
    assert len(falls(run, "he.blocked")) == ends
    # part k enters when the one before has cleared 0.3 m, and its front takes 1 m / 0.3 m/s
    first = products.index(1)
    assert rises(run, "he.blocked")[0] == pytest.approx((first * 0.3 + 1.0) / 0.3 * 1e9, abs=2 * first + 2)


def test_that_a_held_part_stops_a_belt_that_does_not_accumulate(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 2 s, first: 0 s, limit: 2, to: b1}\n"
               "b1: {type: belt, length: 4 m, speed: 0.5 m/s, accumulating: false, to: out}\n"
               "st: {type: stopper, along: b1, at: 3 m, tags: {raise: Q}}\n"
               "pe: {type: photo_eye, along: b1, at: 2.5 m}\nout: {type: sink}")  # fmt: skip
    run.write("Q", True)
    run.advance("30 s")
    assert run.tags["b1.moving"].value is False
    assert rises(run, "pe.blocked") == [5_000_000_000]  # the second one stands at 2 m with its gap
    run.write("Q", False)
    run.advance("30 s")
    assert rises(run, "pe.blocked") == [5_000_000_000, 31_000_000_000]


def test_that_s_curves_follow_the_closed_form(line: Line) -> None:
    """Start at 2 s to 0.4 m/s with 0.5 m/s2 and 1 m/s3: T = v/a + a/j = 1.3 s over v T / 2 = 0.26 m; the stop
    at 5 s takes as long."""
    run = line(f"{ONE}\nb1: {{type: belt, length: 3 m, speed: 0.4 m/s, acceleration: 0.5 m/s2, jerk: 1 m/s3, to: out, tags: {{run: Q, moving: M}}}}\n"
               "near: {type: photo_eye, along: b1, at: 0.01 m}\nfar: {type: photo_eye, along: b1, at: 1 m}\n"
               "last: {type: photo_eye, along: b1, at: 1.19 m}\nout: {type: sink}")  # fmt: skip
    run.advance("2 s")
    run.write("Q", True)
    run.advance("3 s")
    run.write("Q", False)  # at 0.26 + 0.4 * 1.7 = 0.94 m; it comes to rest at 1.2 m
    run.advance("20 s")
    assert rises(run, "near.blocked") == [pytest.approx((2 + (6 * 0.01) ** (1 / 3)) * 1e9, abs=1000)]
    # s(x) of the stop: 0.94 + 0.4 x - x^3/6 in its first half second (0.18 m), then 1.2 - (1.3 - x)^3/6 from 0.8 s
    x = 0.15
    for _ in range(50):
        x -= (0.06 - 0.4 * x + x**3 / 6) / (-0.4 + x**2 / 2)
    assert rises(run, "far.blocked") == [pytest.approx((5 + x) * 1e9, abs=1000)]
    assert rises(run, "last.blocked") == [pytest.approx((5 + 1.3 - (6 * 0.01) ** (1 / 3)) * 1e9, abs=1000)]
    assert falls(run, "M") == [pytest.approx(6.3e9, abs=1000)]
    run.write("Q", True)
    run.advance("20 s")
    assert run.kpi()["b1"].mean_time == pytest.approx(25 + 1.3 + (1.8 - 0.26) / 0.4 - 1.0, abs=1e-6)


def test_that_jerk_without_an_acceleration_is_a_problem(line: Line) -> None:
    with pytest.raises(Exception, match="starts or stops at once"):
        line(
            f"{ONE}\nb1: {{type: belt, length: 3 m, speed: 0.4 m/s, jerk: 1 m/s3, to: out}}\nout: {{type: sink}}"
        )
