"""The cases about bottleneck, OEE and Little's law, read from their scenes by what the report shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from case_scenes import Plan, cases, plan
from test_cases import WITHOUT

from commissioning.bench.load import load_text
from commissioning.bench.run import make_run
from commissioning.bench.why import Why, why
from commissioning.sim.analysis.statistics import mean_interval
from commissioning.sim.check import JournalView

BUILT = [case for case in cases() if case["group"] not in WITHOUT]


def _of(group: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in cases() if case["group"] == group]


def _why(made: Plan, seconds: float, start: float = 0.0, seed: int = 7) -> Why:
    run = make_run(load_text(made.text, Path("scene.yaml")), seed)
    run.advance(seconds)
    return why(JournalView(run.journal, run.now_ns), round(start * 1e9))


@pytest.mark.parametrize("case", _of("bottleneck"))
def test_that_the_bottleneck_is_the_station_of_least_capacity_and_its_rate_the_line_s(
    case: dict[str, Any],
) -> None:
    p, made = case["parameters"], plan(case)
    assert made is not None
    rates = [n / t for t, n in zip(p["times"], p["servers"], strict=True)]
    found = _why(made, 40 * 3600.0, 3600.0)
    main = found.bottleneck.main
    assert main is not None
    name = f"m{rates.index(min(rates)) + 1}"
    assert found.names[main] == name and found.bottleneck.shares[main].momentary == 1.0
    station = next(one for one in found.oee if one.device == main)
    assert station.planned_s is not None and station.oee == pytest.approx(1.0, abs=1e-3)
    assert p["servers"][rates.index(min(rates))] / station.planned_s == pytest.approx(
        case["value"], rel=1e-12
    )
    line = found.law.balances[0]
    assert line.rate == pytest.approx(case["value"], abs=2.0 / (39 * 3600))  # one part at either end


@pytest.mark.parametrize("case", _of("oee"))
def test_that_oee_and_the_planned_cycle_give_the_throughput_of_renewal_reward(case: dict[str, Any]) -> None:
    p, made = case["parameters"], plan(case)
    assert made is not None
    rates = []
    for seed in range(1, 21):
        found = _why(made, 60_000.0, 0.0, seed)
        (station,) = found.oee
        assert station.oee is not None and station.planned_s == p["cycle"]
        assert station.time["down"] + station.time["effective"] + station.time["slow"] == pytest.approx(1.0)
        rates.append(station.oee / station.planned_s)
        # OEE / cycle is the rate of good parts, by definition
        assert rates[-1] == pytest.approx(station.good / 60_000.0, rel=1e-9)
    interval = mean_interval(rates, 0.95)
    exact = case["value"]
    assert exact == pytest.approx(p["mttf"] / (p["mttf"] + p["mttr"]) / p["cycle"])
    assert abs(interval.mean - exact) <= max(3 * interval.half_width, 0.002 * exact)


@pytest.mark.parametrize("case", BUILT, ids=lambda case: case["id"])
def test_that_littles_law_holds_exactly_in_every_case(case: dict[str, Any]) -> None:
    """The case of the group `law`: L / (X W) is 1 per station, here as area over times, without run error."""
    law = next(one for one in cases() if one["group"] == "law")
    made = plan(case)
    assert made is not None
    found = _why(made, 2000 * made.unit, 300 * made.unit)
    assert found.sound
    for balance in found.law.balances:
        if balance.time:
            assert balance.area / balance.time == law["value"]
