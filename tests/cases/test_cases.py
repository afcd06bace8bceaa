"""Every open case of exact throughput, built as scene text from its parameters, held to its value.

Convention of the table: half-width of the 95 % interval at most 0.5 %, agreement within three half-widths
or 0.2 %; what has no chance in it is exact. The same builder serves any parameters of a group.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from case_scenes import CASES, cases, plan
from estimate import Estimate, measure

from commissioning.bench.load import load_text
from commissioning.model.problem import Problems
from commissioning.sim.analysis.kpi import kpi
from commissioning.sim.run import Run

SEED = 7
EXACT = {"deterministic_line", "closed_loop_deterministic", "conveyor", "batch", "bottleneck", "kinematics"}
# `law` has no parameters, it is tested below
WITHOUT = {"law"}
QUICK = {"bernoulli_line", "transport"}


def _cases() -> list[Any]:
    found = []
    for case in cases():
        slow = case["group"] not in EXACT | QUICK
        if case["group"] not in WITHOUT:
            marks = [pytest.mark.slow, pytest.mark.timeout(1800)] if slow else []
            found.append(pytest.param(case, id=case["id"], marks=marks))
    return found


@pytest.mark.parametrize("case", _cases())
def test_that_the_line_of_a_published_case_makes_what_theory_says(case: dict[str, Any]) -> None:
    made = plan(case)
    assert made is not None
    found = measure(made, SEED)
    exact = case["value"]
    if case["group"] in EXACT:
        assert found.value == pytest.approx(exact, rel=1e-9)
        return
    if made.kind == "exact rate":
        assert 1 / found.value == pytest.approx(1 / exact, abs=1e-6)  # what motion is exact to
        return
    assert found.half_width <= 0.005 * exact
    assert found.agrees(exact), f"{found} against {exact}"


def test_that_every_group_of_cases_is_built_or_named_as_missing() -> None:
    for case in cases():
        assert (plan(case) is None) == (case["group"] in WITHOUT), case["id"]


@pytest.mark.parametrize("case", [c for c in cases() if c["group"] not in EXACT | WITHOUT],
                         ids=lambda c: c["id"])  # fmt: skip
def test_that_a_wrong_value_would_be_refused(case: dict[str, Any]) -> None:
    """The convention can fail: 3 % beside the value is outside of whatever it allows."""
    exact = case["value"]
    assert not Estimate(exact * 1.03, 0.005 * exact, 1).agrees(exact)
    assert Estimate(exact * 1.001, 0.0, 1).agrees(exact)


@pytest.mark.parametrize("case", [c for c in cases() if c["group"] not in WITHOUT | {"conveyor"}],
                         ids=lambda c: c["id"])  # fmt: skip
def test_that_littles_law_holds_for_every_device_of_every_case(case: dict[str, Any]) -> None:
    """L = X W (Little 1961): parts in a device, its rate, the time in it; up to the parts at both ends."""
    made = plan(case)
    assert made is not None
    run = Run(load_text(made.text, Path("scene.yaml")), SEED)
    span = 3000 * made.unit
    run.advance(span)
    header, records = run.journal.header, run.journal.records()
    for name, figure in kpi(header, records, run.now_ns).items():
        if figure.mean_time is None:
            continue
        resident = sum(1 for part in run.line.parts.values() if getattr(part.owner, "id", "") == name)
        time = figure.count * figure.mean_time
        # what is still inside has not been counted in W
        assert time <= figure.mean_queue * span * (1 + 1e-9) + 1e-6, name
        if resident == 0:
            assert time == pytest.approx(figure.mean_queue * span, rel=1e-9), name


def test_that_the_cases_are_the_open_ones() -> None:
    assert len(cases()) == 51
    assert CASES.is_file()


def test_that_a_scene_of_a_case_with_a_wrong_parameter_is_refused() -> None:
    case = next(c for c in cases() if c["group"] == "bernoulli_line")
    made = plan({**case, "parameters": {"p1": 1.5, "p2": 0.9, "N": 2}})
    assert made is not None
    with pytest.raises(Problems, match="probability of a slot"):
        load_text(made.text, Path("scene.yaml"))
