"""Proximity switch, colour sensor and light curtain, at times and values from closed formulas."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import pytest

from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.sim.run import Run

Line = Callable[..., Run]

BELT = "b: {type: belt, length: 4 m, speed: 0.5 m/s, to: out}\nout: {type: sink}\n"
ONE = "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: b}\n"
TWO = "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: b}\n"


def changes(run: Run, name: str) -> list[tuple[float, object]]:
    return [(t / 1e9, value) for t, value in run.journal.edges(name)]


def proximity(line: Line, params: str, source: str = ONE) -> list[tuple[float, object]]:
    run = line(f"{source}{BELT}p: {{type: proximity, along: b, at: 1 m, {params}}}")
    run.advance("20 s")
    assert run.problem is None
    return changes(run, "p.present")


def test_that_a_proximity_switch_has_its_distance_and_its_hysteresis(line: Line) -> None:
    """Switches at 50 mm, passed at 30 mm: on 40 mm before its axis, off sqrt(60^2 - 30^2) mm beyond it."""
    found = proximity(line, "switching_distance: 50 mm, gap: 30 mm, hysteresis: 20 %")
    off = (1.3 + sqrt(0.06**2 - 0.03**2)) / 0.5
    assert [value for _, value in found] == [False, True, False]
    assert [t for t, _ in found] == pytest.approx([0, 0.96 / 0.5, off], abs=1.1e-9)


def test_that_a_gap_between_parts_shorter_than_the_hysteresis_is_not_seen(line: Line) -> None:
    """0.5 m from front to front leaves a gap of 0.2 m: more than off + on, or less than twice off."""
    narrow = "switching_distance: 101 mm, gap: 0, hysteresis: 0 %"
    assert [value for _, value in proximity(line, narrow, TWO)] == [False, True, False]
    narrow = "switching_distance: 99 mm, gap: 0, hysteresis: 0 %"
    assert [value for _, value in proximity(line, narrow, TWO)] == [False, True, False, True, False]
    held = proximity(line, "switching_distance: 60 mm, gap: 0, hysteresis: 100 %", TWO)
    assert [value for _, value in held] == [False, True, False]  # off at 120 mm: the next one is nearer
    assert held[-1][0] == pytest.approx((0.5 + 1.3 + 0.12) / 0.5, abs=1e-8)


def test_that_a_proximity_switch_does_not_see_what_is_not_of_metal(line: Line) -> None:
    source = "src: {type: source, product: tall, every: 1 s, first: 0 s, limit: 2, to: b}\n"
    assert proximity(line, "products: [box]", source) == [(0, False)]
    assert len(proximity(line, "products: [tall]", source)) == 5


def test_that_a_part_taken_away_in_front_of_the_switch_is_gone(line: Line) -> None:
    """The pusher stands where the switch does; the part is on its ram at once when the stroke begins."""
    run = line(f"{ONE}{BELT}s: {{type: stopper, along: b, at: 1 m, tags: {{raise: Q_Stop}}}}\n"
               "p: {type: proximity, along: b, at: 0.9 m}\n"
               "r: {type: pusher, along: b, at: 0.85 m, to: bin, tags: {extend: Q_Push}}\nbin: {type: sink}")  # fmt: skip
    run.write("Q_Stop", True)
    run.advance("5 s")
    assert run.tags["p.present"].value is True
    run.write("Q_Push", True)
    run.advance("5 s")
    assert run.tags["p.present"].value is False


def test_that_a_part_that_comes_on_from_the_side_in_front_of_the_switch_is_sensed(line: Line) -> None:
    """Its front comes onto the track at 1.005 m, after 1 m at 0.5 m/s; tail off 12 mm beyond 1 m."""
    run = line(
        "src: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: side}\n"
        "side: {type: belt, pose: {xyz: [1.005 m, -1 m, 0], rpy: [0 deg, 0 deg, 90 deg]}, length: 1 m, "
        f"speed: 0.5 m/s, to: {{device: b, at: 1.005 m}}}}\n{BELT}"
        "p: {type: proximity, along: b, at: 1 m, hysteresis: 0 %, switching_distance: 15 mm, gap: 9 mm}"
    )
    run.advance("20 s")
    found = changes(run, "p.present")
    assert [value for _, value in found] == [False, True, False]
    assert found[1][0] == pytest.approx(2, abs=1e-8)
    assert found[2][0] == pytest.approx(2 + (1.012 + 0.3 - 1.005) / 0.5, abs=1e-8)


@pytest.mark.parametrize(
    ("params", "words"),
    [("at: 1 m, gap: 20 mm", "never sense"), ("at: 1 mm", "beyond the end"), ("at: 4 m", "beyond the end")],
)
def test_that_a_proximity_switch_that_cannot_work_is_a_problem(line: Line, params: str, words: str) -> None:
    with pytest.raises(Problems, match=words):
        line(f"{ONE}{BELT}p: {{type: proximity, along: b, {params}}}")


PRODUCTS = (
    "format: commissioning-scene/1\nproducts:\n  red: {size: [0.3 m, 0.2 m, 0.2 m], colour: '#ff0000'}\n"
    "  blue: {size: [0.3 m, 0.2 m, 0.1 m], colour: blue}\n  plain: {size: [0.3 m, 0.2 m, 0.1 m]}\n"
    "  other: {size: [0.3 m, 0.2 m, 0.1 m], colour: BLUE}\n"
)


@pytest.fixture
def colours(tmp_path: object) -> Callable[[str], Run]:
    from pathlib import Path

    from commissioning.bench.load import load_text

    def build(sensor: str) -> Run:
        devices = (
            "".join(
                f"  s{k}: {{type: source, product: {name}, every: 1 s, first: {k} s, limit: 1, to: b}}\n"
                for k, name in enumerate(("red", "blue", "plain", "other"))
            )
            + "  b: {type: belt, length: 4 m, speed: 0.5 m/s, to: out}\n  out: {type: sink}\n"
        )
        text = f"{PRODUCTS}devices:\n{devices}  c: {{type: colour_sensor, along: b, at: 1 m{sensor}}}\n"
        return Run(load_text(text, Path(str(tmp_path)) / "scene.yaml"), 1)

    return build


def test_that_colours_are_numbered_and_the_taught_one_matches(colours: Callable[[str], Run]) -> None:
    """Fronts at 2, 3, 4, 5 s, tails 0.6 s later; `other` is as blue as `blue`."""
    run = colours(", teach: blue")
    run.advance("20 s")
    seen = [(t, v) for t, v in changes(run, "c.colour") if v]
    assert seen == [(2, 1), (3, 2), (4, 3), (5, 2)]
    assert changes(run, "c.match") == [(0, False), (3, True), (3.6, False), (5, True), (5.6, False)]


@pytest.mark.parametrize(("teach", "matches"), [("plain", [4.0]), ("'#FF0000'", [2.0]), ("red", [2.0])])
def test_that_a_product_or_its_colour_can_be_taught(
    colours: Callable[[str], Run], teach: str, matches: list[float]
) -> None:
    run = colours(f", teach: {teach}")
    run.advance("20 s")
    assert [t for t, value in changes(run, "c.match") if value] == matches


def test_that_the_colour_in_the_beam_can_be_taught_on_the_way(colours: Callable[[str], Run]) -> None:
    run = colours(", tags: {teach: Q_Teach}")
    run.advance("1 s")
    run.write("Q_Teach", True)  # nothing is there: nothing is learnt
    run.write("Q_Teach", False)
    run.advance("2.2 s")
    run.write("Q_Teach", True)
    run.advance("20 s")
    assert changes(run, "c.match") == [(0, False), (3.2, True), (3.6, False), (5, True), (5.6, False)]


def test_that_an_unknown_colour_is_a_problem_that_names_those_there_are(
    colours: Callable[[str], Run],
) -> None:
    with pytest.raises(Problems, match="red, blue, plain, other, #ff0000"):
        colours(", teach: pink")


def curtain(line: Line, params: str = "", source: str = ONE) -> Run:
    return line(f"{source}{BELT}c: {{type: light_curtain, along: b, at: 1 m, {params}"
                "tags: {mute: Q_Mute, reset: Q_Reset}}")  # fmt: skip


def test_that_a_light_curtain_counts_the_beams_that_a_part_reaches(line: Line) -> None:
    """Beams at 20, 50, .. 470 mm. 200 mm reach the 7th (20 + 6 x 30); 400 mm the 13th (380 mm)."""
    for product, count, height in (("box", 7, 0.2), ("tall", 13, 0.38)):
        run = curtain(line, source=ONE.replace("box", product))
        run.advance("20 s")
        assert changes(run, "c.broken") == [(0, 0), (2, count), (2.6, 0)]
        assert changes(run, "c.height") == [(0, 0.0), (2, pytest.approx(height)), (2.6, 0.0)]
        assert changes(run, "c.blocked") == [(0, False), (2, True), (2.6, False)]
        assert changes(run, "c.clear") == [(0, True), (2, False), (2.6, True)]


def test_that_the_height_changes_between_parts_that_touch(line: Line) -> None:
    """A saturated belt: fronts every 0.3 m / 0.5 m/s, no edge of the beams between them."""
    run = curtain(
        line, source="src: {type: source, mix: {box: 50 %, tall: 50 %}, every: always, limit: 9, to: b}\n"
    )
    run.advance("20 s")
    made = run.journal.records()
    tall = [bool(product) for product in made["aux"][made["kind"] == Kind.PART_MADE]]
    assert 0 < sum(tall) < 9
    expected: list[tuple[float, int]] = [(0, 0)]
    for k, is_tall in enumerate(tall):
        count = 13 if is_tall else 7
        if count != expected[-1][1]:
            expected.append((2 + 0.6 * k, count))
    expected.append((2 + 0.6 * 9, 0))
    found = changes(run, "c.broken")
    assert [value for _, value in found] == [value for _, value in expected]
    assert [t for t, _ in found] == pytest.approx([t for t, _ in expected], abs=2e-8)
    assert [value for _, value in changes(run, "c.blocked")] == [False, True, False]


def test_that_what_is_lower_than_the_lowest_beam_is_not_seen(line: Line) -> None:
    run = curtain(line, "lowest: 0.25 m, ")
    run.advance("20 s")
    assert changes(run, "c.blocked") == [(0, False)]
    assert changes(run, "c.clear") == [(0, True)]


def test_that_a_muted_curtain_lets_the_part_through_and_tells_that_it_is_muted(line: Line) -> None:
    run = curtain(line)
    run.advance("1 s")
    run.write("Q_Mute", True)
    run.advance("1.3 s")
    assert (run.tags["c.clear"].value, run.tags["c.blocked"].value) == (True, True)
    run.write("Q_Mute", False)  # the part is still in it
    assert run.tags["c.clear"].value is False
    run.advance("5 s")
    assert changes(run, "c.muted") == [(0, False), (1, True), (2.3, False)]
    assert changes(run, "c.clear") == [(0, True), (2.3, False), (2.6, True)]


def test_that_muting_ends_at_its_limit(line: Line) -> None:
    run = curtain(line, "mute_limit: 1.5 s, ")
    run.advance("0.2 s")
    run.write("Q_Mute", True)
    run.write("Q_Mute", False)
    run.advance("0.7 s")
    run.write("Q_Mute", True)  # 0.9 s + 1.5 s: the limit of the first one is void
    run.advance("9 s")
    assert changes(run, "c.clear") == [(0, True), (2.4, False), (2.6, True)]


def test_that_a_restart_interlock_waits_for_the_reset(line: Line) -> None:
    run = curtain(line, "restart: manual, ")
    assert run.tags["c.clear"].value is False
    run.advance("1 s")
    run.write("Q_Reset", True)
    assert run.tags["c.clear"].value is True
    run.write("Q_Reset", False)
    run.advance("1.2 s")
    run.write("Q_Reset", True)  # the part is in it
    run.write("Q_Reset", False)
    run.advance("2 s")
    assert run.tags["c.clear"].value is False
    run.write("Q_Reset", True)
    assert changes(run, "c.clear") == [(0, False), (1, True), (2, False), (4.2, True)]
