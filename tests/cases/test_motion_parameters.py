"""The builders of motion and storage with parameters that are in no table, against formulas written here."""

from __future__ import annotations

from math import sqrt

import pytest
from case_scenes import plan
from estimate import Estimate, measure


def found(group: str, parameters: dict[str, float], description: str = "") -> Estimate:
    case = {"id": "other", "group": group, "parameters": parameters, "metric": "", "description": description}
    made = plan(case)
    assert made is not None
    return measure(made, 5)


@pytest.mark.parametrize(
    ("d", "v", "a", "dec"),
    [
        (10, 2, 1, 0.5),
        (3, 2, 0.5, 2.5),
        (0.01, 3, 4, 1),
        (250.0, 0.37, 0.11, 3.3),
        (2.6666666666666665, 2, 1.5, 0.9),
    ],
)
def test_that_a_move_with_another_brake_takes_the_time_of_the_formula(
    d: float, v: float, a: float, dec: float
) -> None:
    """Ramps of v / a and v / dec, or a triangle where d is less than both take."""
    both = v * v / (2 * a) + v * v / (2 * dec)
    exact = d / v + v / (2 * a) + v / (2 * dec) if d >= both else sqrt(2 * d * (1 / a + 1 / dec))
    assert found("kinematics", {"d": d, "v": v, "a": a, "dec": dec}).value == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    ("d", "v", "a", "j", "exact"),
    [
        # v and a are reached: d / v + v / a + a / j
        (3.0, 1.0, 2.0, 20.0, 3.0 + 0.5 + 0.1),
        # v is reached, a is not (v j < a^2): d / v + 2 sqrt(v / j)
        (2.0, 0.5, 4.0, 8.0, 4.0 + 2 * sqrt(0.5 / 8)),
        # a is reached, v is not: a / j + sqrt((a / j)^2 + 4 d / a)
        (0.3, 5.0, 1.0, 4.0, 0.25 + sqrt(0.0625 + 1.2)),
        # neither: four times the cube root of d / (2 j)
        (0.016, 5.0, 9.0, 1.0, 4 * 0.2),
        # both just so: v = a^2 / j and d = 2 a^3 / j^2
        (4.0, 2.0, 2.0, 2.0, 4.0),
    ],
)
def test_that_a_move_with_limited_jerk_takes_the_time_of_the_formula(
    d: float, v: float, a: float, j: float, exact: float
) -> None:
    """Biagiotti and Melchiorri (2008), section 3.4."""
    assert found("kinematics", {"d": d, "v": v, "a": a, "j": j}).value == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    ("d", "v", "a", "load", "unload"),
    [(12, 2, 1, 4, 3), (1.5, 2, 1, 0.5, 0), (30, 2.5, 0.4, 0, 12.25), (4, 2, 1, 1, 1)],
)
def test_that_a_shuttle_makes_as_many_trips_as_the_formula_says(
    d: float, v: float, a: float, load: float, unload: float
) -> None:
    way = d / v + v / a if d >= v * v / a else 2 * sqrt(d / a)
    value = found("transport", {"d": d, "v": v, "a": a, "load": load, "unload": unload}).value
    assert 1 / value == pytest.approx(load + unload + 2 * way, abs=1e-6)


@pytest.mark.parametrize(("b", "t", "each"), [(1.0, 30.0, 4.0), (0.35, 80.0, 0.0)])
def test_that_single_cycles_follow_bozer_and_white(b: float, t: float, each: float) -> None:
    """E(SC) = T (1 + b^2 / 3) and twice the time at a shelf (IIE Transactions 16, 1984)."""
    exact = t * (1 + b * b / 3) + 2 * each
    assert found("transport", {"b": b, "T": t, "pd_each": each}, "single-command").agrees(exact)


@pytest.mark.parametrize(("b", "t", "each"), [(0.6, 45.0, 7.0), (0.25, 100.0, 0.0), (0.9, 20.0, 15.0)])
def test_that_dual_cycles_follow_bozer_and_white(b: float, t: float, each: float) -> None:
    """E(DC) = T (4 / 3 + b^2 / 2 - b^3 / 30) and four times the time at a shelf."""
    exact = t * (4 / 3 + b * b / 2 - b**3 / 30) + 4 * each
    assert found("transport", {"b": b, "T": t, "pd_each": each}, "AS/RS dual-command cycle").agrees(exact)
