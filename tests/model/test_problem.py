from __future__ import annotations

import pickle

from commissioning.model.problem import Place, Problem, Problems


def test_that_a_problem_reads_as_place_what_and_cure() -> None:
    place = Place("scene.yaml", 12, 5, "devices.belt1.speed")
    problem = Problem("the speed is wrong", place, "Write 0.4 m/s")
    assert str(problem) == "scene.yaml:12:5 devices.belt1.speed: the speed is wrong. Write 0.4 m/s."


def test_that_what_is_unknown_of_a_place_is_left_out() -> None:
    assert str(Problem("broken!")) == "broken!"
    assert str(Problem("broken", Place(id="devices"))) == "devices: broken."
    assert str(Problem("broken", Place(line=3))) == "line:3: broken."


def test_that_problems_print_one_per_line_and_travel_between_processes() -> None:
    problems = Problems([Problem("a"), Problem("b", cause="c", cure="d")])
    assert str(problems) == "a.\nb. Cause: c. d."
    assert pickle.loads(pickle.dumps(problems)).problems == problems.problems  # noqa: S301 - our own bytes
