"""Tracks that are not in line, merges and diverters, at times from closed formulas (within rounding up)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]

CORNER = """
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 2 m, speed: 0.5 m/s, to: b2}
b2: {type: belt, pose: {xyz: [2 m, 0 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}, length: 3 m, speed: 0.25 m/s, to: out, tags: {run: Q2}}
out: {type: sink}
"""
TEE = """
main: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 6 m, speed: 0.5 m/s, to: out}
side: {type: belt, pose: {xyz: [3 m, -2 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}, length: 2 m, speed: 0.5 m/s, to: {device: main, at: 3 m}}
out: {type: sink}
"""


def edges(run: Run, name: str, value: object = True) -> list[float]:
    return [t / 1e9 for t, v in run.journal.edges(name) if v is value and t]


def about(*times: float) -> object:
    return pytest.approx(list(times), abs=4e-9)


def test_that_what_follows_waits_for_the_tail_that_hangs_over_a_corner(line: Line) -> None:
    """Parts of 0.3 m that touch. Front 1 is at the corner at 4 s; its tail has cleared it 0.3 / 0.25 s later:
    part 2 goes over then, and not when it could have come by b1's speed.
    """
    run = line("src: {type: source, product: box, every: always, limit: 2, to: b1}" + CORNER +
               "e1: {type: photo_eye, along: b1, at: 1.9 m}\ne2: {type: photo_eye, along: b2, at: 0.05 m}")  # fmt: skip
    run.write("Q2", True)
    run.advance("60 s")
    assert edges(run, "e2.blocked") == about(4 + 0.05 / 0.25)  # no light between parts that touch
    assert edges(run, "e2.blocked", False) == about(4 + 0.65 / 0.25)
    assert edges(run, "out.count", 1) == about(4 + 3 / 0.25)
    assert edges(run, "out.count", 2) == about(4 + 3.3 / 0.25)
    assert edges(run, "e1.blocked") == about(1.9 / 0.5)
    # both tails leave the eye, 0.1 m before the corner, by b2's speed: 0.2 m of it when part 2 is on b2
    assert edges(run, "e1.blocked", False) == about(4 + 0.3 / 0.25 + 0.2 / 0.25)


def test_that_a_tail_that_stands_over_the_corner_holds_the_belt_before(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: b1}" + CORNER +
               "e1: {type: photo_eye, along: b1, at: 1.9 m}")  # fmt: skip
    run.write("Q2", True)
    run.advance("4.4 s")  # front 1 is 0.1 m on b2
    run.write("Q2", False)
    run.advance("20 s")
    assert run.tags["e1.blocked"].value is True  # its tail hangs 0.2 m over b1
    assert run.line.lanes[0].position(run.line.lanes[0].parts()[0]) == pytest.approx(1.8, abs=3e-8)
    run.write("Q2", True)
    run.advance("20 s")
    # 24.4 s: parts touch; part 1 has 2.9 m to go, part 2 follows by b2's speed
    assert edges(run, "out.count", 1) == about(24.4 + 2.9 / 0.25)
    run.advance("20 s")
    assert edges(run, "out.count", 2) == about(24.4 + 3.2 / 0.25)


def test_that_the_side_waits_for_a_gap_in_the_main_flow(line: Line) -> None:
    """Main parts each 1 s are 0.5 m apart: 0.2 m gaps, none for 0.3 m. The main flow ends after 5 parts.

    Main part k enters at k s and its tail passes 3 m at k + 3.3 / 0.5 s: the last at 10.6 s.
    """
    run = line("s1: {type: source, product: box, every: 1 s, first: 0 s, limit: 5, to: main}\n"
               "s2: {type: source, product: box, every: 1 s, first: 3 s, limit: 1, to: side}" + TEE +
               "e: {type: photo_eye, along: main, at: 3.1 m}")  # fmt: skip
    run.advance("60 s")
    assert edges(run, "e.blocked") == about(*(k + 3.1 / 0.5 for k in range(5)))
    # it touches the last one of the main flow
    assert edges(run, "e.blocked", False)[-1:] == about(10.6 + 0.1 / 0.5 + 0.3 / 0.5)
    assert run.tags["out.count"].value == 6


def test_that_a_gap_that_is_long_enough_is_taken_at_once(line: Line) -> None:
    run = line("s1: {type: source, product: box, every: 2 s, first: 0 s, limit: 3, to: main}\n"
               "s2: {type: source, product: box, every: 1 s, first: 3.3 s, limit: 1, to: side}" + TEE +
               "e: {type: photo_eye, along: main, at: 3 m}")  # fmt: skip
    run.advance("60 s")
    # at 7.3 s the side part comes: main 0 has its tail at 3.35 m, main 1 its front at 2.65 m: 0.7 m
    assert edges(run, "e.blocked") == about(6, 7.3, 8, 10)


def test_that_the_side_first_holds_the_main_flow(line: Line) -> None:
    """Main blade 0.3 m before the merge, at 2.7 m. The side part waits from 7 s.

    Main k is at 2.7 m at k + 5.4 s: main 0 and 1 are past then, main 2 is held at 7.4 s. The side part goes when main 1's tail is clear, at 1 + 6.6 s, and main 2 with it.
    """
    run = line("s1: {type: source, product: box, every: 1 s, first: 0 s, limit: 4, to: main}\n"
               "s2: {type: source, product: box, every: 1 s, first: 3 s, limit: 1, to: side}" + TEE +
               "m: {type: merge, along: main, at: 3 m, rule: side}\ne: {type: photo_eye, along: main, at: 3 m}")  # fmt: skip
    run.advance("60 s")
    assert edges(run, "m.waiting") == about(7)
    assert edges(run, "m.waiting", False) == about(7.6)
    assert edges(run, "m.holding") == about(7.4)
    assert edges(run, "m.holding", False) == about(7.6)
    # 7.6 s: side at 3 m, main 2 at 2.7 m touching it, main 3 at 2.3 m with 0.1 m between
    assert edges(run, "e.blocked") == about(6, 7, 9)
    assert edges(run, "e.blocked", False) == about(6.6, 7.6 + 1.2, 9.6)
    assert edges(run, "out.count", 5) == about(9 + 6)


@pytest.mark.parametrize("rule", ["alternate", "first_come"])
def test_that_two_full_tracks_take_turns(line: Line, rule: str) -> None:
    run = line("s1: {type: source, product: box, every: always, to: main}\n"
               "s2: {type: source, product: tall, every: always, to: side}" + TEE +
               f"m: {{type: merge, along: main, at: 3 m, rule: {rule}}}\n"
               "e: {type: height_eye, along: main, at: 5 m, height: 0.3 m}")  # fmt: skip
    run.advance("200 s")
    order = [int(r["obj"]) for r in run.journal.records() if r["kind"] == 6]
    products = {int(r["obj"]): int(r["aux"]) for r in run.journal.records() if r["kind"] == 5}
    late = [products[part] for part in order[20:]]
    assert len(late) > 100
    if rule == "alternate":
        assert all(a != b for a, b in pairwise(late))
    assert sum(late) == pytest.approx(len(late) / 2, abs=2)


def test_that_with_the_main_first_a_full_main_flow_lets_nothing_in(line: Line) -> None:
    run = line("s1: {type: source, product: box, every: always, to: main}\n"
               "s2: {type: source, product: tall, every: always, first: 8 s, to: side}" + TEE)  # fmt: skip
    run.advance("200 s")
    products = {int(r["obj"]): int(r["aux"]) for r in run.journal.records() if r["kind"] == 5}
    gone = [products[int(r["obj"])] for r in run.journal.records() if r["kind"] == 6]
    assert sum(gone) <= 1


def test_that_a_blade_off_the_track_is_a_problem(line: Line) -> None:
    with pytest.raises(Exception, match=r"held 3\.5 m before the merge"):
        line(TEE + "m: {type: merge, along: main, at: 3 m, rule: side, hold: 3.5 m}")


def test_that_a_merge_leaves_the_main_tracks_in_one_lane(line: Line) -> None:
    run = line("a: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 2 m, speed: 0.5 m/s, to: b}\n"
               "b: {type: belt, length: 2 m, speed: 0.25 m/s, to: out}\n"
               "s: {type: belt, pose: {xyz: [3 m, -1 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}, length: 1 m, speed: 0.5 m/s, to: {device: b, at: 1 m}}\n"
               "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: s}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert len(run.line.lanes) == 2
    assert edges(run, "out.count", 1) == about(2 + 4)
    kpi = run.kpi()
    assert (kpi["b"].count, kpi["a"].count, kpi["s"].count) == (2, 0, 2)
    assert kpi["b"].mean_time == pytest.approx(4.0, abs=1e-8)


DIVERT = """
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 2 m, speed: 0.5 m/s, to: div}
div: {type: diverter, time: 0.4 s, to: {straight: b2, left: b3}, tags: {left: Q}}
b2: {type: belt, length: 1 m, speed: 0.5 m/s, to: o2}
b3: {type: belt, length: 1 m, speed: 0.25 m/s, to: o3}
o2: {type: sink}
o3: {type: sink}
"""


def test_that_a_diverter_sends_parts_the_way_that_is_set_when_their_front_comes(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 3, to: b1}" + DIVERT)
    run.advance("4.5 s")  # front 0 came at 4 s
    run.write("Q", True)
    run.advance("1 s")
    run.write("Q", False)  # turned left from 4.9 s, back from 5.5 s to 5.9 s
    run.advance("20 s")
    assert edges(run, "o2.count", 1) == about(4 + 1 / 0.5)
    assert edges(run, "o3.count", 1) == about(5 + 1 / 0.25)
    assert edges(run, "o2.count", 2) == about(6.2 + 2)  # part 1's tail is off the corner at 5 + 0.3 / 0.25 s
    assert edges(run, "div.set") == about(4.9, 5.9)


def test_that_a_part_waits_while_the_diverter_turns(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: b1}" + DIVERT)
    run.advance("3.9 s")
    run.write("Q", True)
    run.advance("20 s")
    assert edges(run, "div.waiting") == about(4)
    assert edges(run, "o3.count", 1) == about(4.3 + 1 / 0.25)


def test_that_a_diverter_with_one_way_is_a_problem(line: Line) -> None:
    with pytest.raises(Exception, match="fewer than two ways"):
        line("d: {type: diverter, to: {straight: o}}\no: {type: sink}")


def test_that_a_transfer_rises_waits_until_the_tail_is_clear_and_goes_down(line: Line) -> None:
    """Front at the end at 4 s, up 0.6 s later; clear 0.3 / 0.25 s after; down again 0.6 s after that."""
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: b1}\n"
               "b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 2 m, speed: 0.5 m/s, to: t}\n"
               "t: {type: transfer, time: 0.6 s, to: b2}\nb2: {type: belt, length: 2 m, speed: 0.25 m/s, to: out}\n"
               "out: {type: sink}\ne: {type: photo_eye, along: b1, at: 1.9 m}")  # fmt: skip
    run.advance("60 s")
    # part 1 is 0.5 m behind: it closes up to part 0 (0.3 m behind the end), goes on when that is clear at
    # 5.8 s, is at the end 0.6 s later, which is when the chains are down, and rises from there
    assert edges(run, "t.raised") == about(4.6, 7.0)
    assert edges(run, "t.lowered")[-2:] == about(6.4, 7.0 + 1.2 + 0.6)
    assert edges(run, "out.count", 1) == about(4.6 + 8)
    assert edges(run, "out.count", 2) == about(7.0 + 8)
    assert edges(run, "e.blocked", False) == about(5.8, 8.2)


def test_that_a_popup_takes_parts_off_while_it_is_up_and_holds_the_others(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 3, to: b1}\n"
               "b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 4 m, speed: 0.5 m/s, to: o1}\n"
               "p: {type: popup, along: b1, at: 2 m, time: 0.1 s, to: b2, tags: {raise: Q}}\n"
               "b2: {type: belt, length: 1 m, speed: 0.25 m/s, to: o2}\n"
               "o1: {type: sink}\no2: {type: sink}\ne: {type: photo_eye, along: b1, at: 1.6 m}")  # fmt: skip
    run.advance("4.5 s")  # part 0 has passed
    run.write("Q", True)
    run.advance("0.8 s")  # part 1 is caught at 5 s, and is off at 6.2 s
    run.write("Q", False)
    run.advance("20 s")
    assert edges(run, "o1.count", 1) == about(8)
    assert edges(run, "o2.count", 1) == about(5 + 4)
    # part 2 touches it from 5.6 s to 6.2 s at 1.7 m: 2.3 m to go
    assert edges(run, "o1.count", 2) == about(6.2 + 2.3 / 0.5)
    assert edges(run, "p.holding") == about(5)
    assert edges(run, "p.holding", False) == about(6.2)
    assert edges(run, "p.lowered") == about(6.3)


def test_that_a_popup_that_goes_down_lets_a_refused_part_go_on(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: b1}\n"
               "b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 4 m, speed: 0.5 m/s, to: o1}\n"
               "p: {type: popup, along: b1, at: 2 m, time: 0.1 s, to: st, tags: {raise: Q}}\n"
               "st: {type: station, cycle: 100 s, to: o2}\no1: {type: sink}\no2: {type: sink}")  # fmt: skip
    run.write("Q", True)
    run.advance("10 s")  # part 0 is in the station since 4 s, part 1 waits since 5 s
    run.write("Q", False)
    run.advance("20 s")
    assert edges(run, "o1.count", 1) == about(10 + 2 / 0.5)


def test_that_a_gap_is_reserved_before_the_part_comes_and_nobody_stops(line: Line) -> None:
    """Both at 0.3 m/s. The side part reserves 0.4 m before its end and is in when it comes; main parts each
    4 s (1.2 m), one 0.8 m ahead of it."""
    run = line("s1: {type: source, product: box, every: 4 s, first: 0 s, limit: 4, to: main}\n"
               "main: {type: belt, pose: {xyz: [0, 0, 0]}, length: 5 m, speed: 0.3 m/s, to: out}\n"
               "s2: {type: source, product: box, every: 99 s, first: 4 s, limit: 1, to: side}\n"
               "side: {type: belt, pose: {xyz: [3 m, -2 m, 0], rpy: [0, 0, 90 deg]}, length: 2 m, speed: 0.3 m/s, "
               "to: {device: main, at: 3 m}}\n"
               "m: {type: merge, along: main, at: 3 m, rule: gap, gap: 50 mm, reserve: 0.4 m}\n"
               "out: {type: sink}")  # fmt: skip
    run.advance("60 s")
    comes = 4 + 2.0 / 0.3  # 10.667 s: main fronts are there at 10 s and 14 s; a tail is off 0.35 m later
    clear = 10 + 0.35 / 0.3
    reserved = [(t / 1e9, value) for t, value in run.journal.edges("m.reserved")][1:]
    assert reserved == [
        (pytest.approx(comes - 0.4 / 0.3, abs=2e-9), True),
        (pytest.approx(clear, abs=2e-9), False),
    ]
    assert not [t for t, value in run.journal.edges("m.holding") if value]
    ends = [t / 1e9 for t, value in run.journal.edges("out.count") if value]
    expected = [5 / 0.3, clear + 2 / 0.3, 4 + 5 / 0.3, 8 + 5 / 0.3, 12 + 5 / 0.3]
    assert ends == pytest.approx(expected, abs=2e-9)
