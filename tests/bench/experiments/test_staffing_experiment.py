"""What-if variants of people, routes, set-ups and takt, against tables made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commissioning.bench.experiments.experiment import experiment
from commissioning.bench.load import load_text
from commissioning.model.problem import Problems

SCENE = """
format: commissioning-scene/1
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
  tall: {size: [0.3 m, 0.2 m, 0.4 m]}
devices:
  team: {type: operators, count: 1, shifts: [{from: 0 s, to: 2 h}], repeat: 4 h}
  s1: {type: source, product: box, every: always, to: m1}
  s2: {type: source, product: box, every: always, to: m2}
  m1: {type: manual_station, operators: team, cycle: {box: 10 s, tall: 30 s}, setup: 5 s, to: out}
  m2: {type: manual_station, operators: team, cycle: 10 s, to: out}
  out: {type: sink}
  s3: {type: source, product: box, every: 20 s, to: hub}
  hub: {type: router, routes: {box: [a, b, end]}}
  a: {type: station, cycle: 15 s, pose: {xyz: [0, 5, 1]}, to: hub}
  b: {type: station, cycle: 40 s, pose: {xyz: [0, 7, 1]}, to: hub}
  end: {type: sink, pose: {xyz: [0, 9, 1]}}
experiments:
  staffing:
    for: 1 h
    warm_up: 10 min
    replications: 1
    measures: [out.throughput, end.throughput]
    variants:
      two: {team.count: 2}
      slow: {m1.cycle.box: 30 s}
      short: {hub.routes.box: [a, end]}
      night: {team.shifts: [{from: 2 h, to: 4 h}]}
"""


@pytest.fixture(scope="module")
def rates() -> Iterator[dict[str, list[float]]]:
    report = experiment(load_text(SCENE, Path("scene.yaml")), "staffing", workers=1)
    facts = report.as_json()
    yield {one["id"]: [m["values"][0] for m in one["measures"].values()] for one in facts["variants"]}


def test_that_staff_products_and_routes_can_be_varied(rates: dict[str, list[float]]) -> None:
    """One operator: a part each 10 s whichever station; two: both stations. 30 s and 10 s in turn: two parts
    each 40 s. On the route, b with 40 s is the takt; without it the source with 20 s. No shift: nothing."""
    assert rates["base"] == pytest.approx([360, 90], rel=0.01)
    assert rates["two"] == pytest.approx([720, 90], rel=0.01)
    assert rates["slow"] == pytest.approx([180, 90], rel=0.01)
    assert rates["short"] == pytest.approx([360, 180], rel=0.01)
    assert rates["night"] == pytest.approx([0, 90], abs=1)


@pytest.mark.parametrize(
    ("variant", "what"),
    [
        ("{team.people: 2}", "people"),
        ("{hub.routes.box: []}", "empty"),
        ("{hub.routes.box: [a, lathe]}", "lathe"),
        ("{m1.cycle.bolt: 3 s}", "bolt"),
        ("{team.count: 0}", "at least 1"),
    ],
)
def test_that_a_wrong_variant_is_a_problem(variant: str, what: str) -> None:
    scene = SCENE.replace("{team.count: 2}", variant)
    with pytest.raises(Problems, match=what):
        experiment(load_text(scene, Path("scene.yaml")), "staffing", workers=1)
