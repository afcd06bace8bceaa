"""Devices that could never do anything where they stand are told when the scene is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.model.problem import Problems
from commissioning.sim.run import Run

SCENE = """\
format: commissioning-scene/1
products: {wide: {size: [0.4 m, 0.3 m, 0.2 m]}, narrow: {size: [0.3 m, 0.1 m, 0.2 m]}}
devices:
  src: {type: source, mix: {wide: 1, narrow: 1}, every: 5 s, to: b}
  b: {type: belt, length: 2 m, width: 0.5 m, speed: 0.5 m/s, to: dv, tags: {run: {tag: Q_Halt, invert: true}}}
  pu: {type: pusher, along: b, at: 1 m, stroke: 0.4 m, face: 0.2 m, to: bin, tags: {extend: Q_Push}}
  dv: {type: diverter, to: {straight: out, left: side}, tags: {left: Q_Left}}
  bin: {type: sink}
  side: {type: sink}
  out: {type: sink}
"""


def told(*changes: tuple[str, str]) -> list[str]:
    text = SCENE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    try:
        load_text(text, Path("line/scene.yaml"))
    except Problems as problems:
        return [str(problem) for problem in problems.problems]
    return []


@pytest.mark.parametrize(("stroke", "reaches"), [("99 mm", False), ("101 mm", True)])
def test_that_a_pusher_whose_stroke_ends_before_any_part_is_told(stroke: str, reaches: bool) -> None:
    """The side of the wide product runs (0.5 - 0.3) / 2 = 100 mm from the edge of the belt."""
    problems = told(("stroke: 0.4 m", f"stroke: {stroke}"))
    assert not problems if reaches else len(problems) == 1
    for problem in problems:
        assert problem.startswith("line/scene.yaml:6:49 devices.pu.stroke: it pushes nothing")
        assert "0.1 m or more from the edge of b. Give it a stroke of at least 0.1 m." in problem


@pytest.mark.parametrize(("at", "reaches"), [("1.949 m", True), ("1.951 m", False)])
def test_that_a_pusher_past_the_last_middle_of_a_part_is_told(at: str, reaches: bool) -> None:
    """The narrow one is gone when its front is at 2 m, its middle at 1.85 m; the face begins 0.1 m before."""
    problems = told(("at: 1 m", f"at: {at}"))
    assert not problems if reaches else len(problems) == 1
    for problem in problems:
        assert problem.startswith("line/scene.yaml:6:36 devices.pu.at: it pushes nothing")
        assert "Put it 1 mm or more further up" in problem


def test_that_a_pusher_on_a_track_that_every_product_hangs_over_is_told() -> None:
    (problem,) = told(("width: 0.5 m", "width: 90 mm"))
    assert problem.startswith("line/scene.yaml:5:")
    assert "devices.b.width: it pushes nothing: every product is wider than b" in problem
    assert "the narrowest one is 0.1 m" in problem


def test_that_a_pusher_at_the_last_place_pushes() -> None:
    """At 1.9 m, face from 1.8 m: the narrow one, stopped with its front at 1.99 m, has its middle at 1.84 m."""
    text = SCENE.replace("at: 1 m", "at: 1.9 m")
    text = text.replace("mix: {wide: 1, narrow: 1}", "product: narrow, first: 0 s")
    run = Run(load_text(text, Path("line/scene.yaml")))
    run.advance("3.98 s")
    run.write("Q_Halt", True)
    run.write("Q_Push", True)
    run.advance("2 s")
    assert run.tags["bin.count"].value == 1


def test_that_a_diverter_commanded_to_a_way_it_has_not_is_told() -> None:
    (problem,) = told(("tags: {left: Q_Left}", "tags: {left: Q_Left, right: Q_Right}"))
    assert problem.startswith("line/scene.yaml:7:85 devices.dv.tags.right: ")
    assert "Q_Right" in problem and "no way right" in problem
    assert not told(
        ("left: side}", "left: side, right: bin}"), ("tags: {left: Q_Left}", "tags: {right: Q_Right}")
    )


def test_that_all_of_them_are_told_at_once() -> None:
    problems = told(("stroke: 0.4 m", "stroke: 1 mm"), ("tags: {left: Q_Left}", "tags: {right: Q_Right}"))
    assert ["devices.pu" in problems[0], "devices.dv" in problems[1], len(problems)] == [True, True, 2]
