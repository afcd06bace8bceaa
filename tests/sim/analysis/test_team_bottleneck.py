"""People whom machines share can be what limits a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.bench.single import run_once
from commissioning.sim.analysis.bottleneck import bottlenecks
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.limits import limit_words
from commissioning.sim.run import Run

SCENE = """format: commissioning-scene/1
products: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}}}
devices:
  team: {{type: operators, count: {people}}}
  s1: {{type: source, product: box, every: always, to: m1}}
  m1: {{type: manual_station, operators: team, cycle: 8 s, to: q}}
  q: {{type: buffer, capacity: 3, to: m2}}
  m2: {{type: station, operators: team, cycle: 7 s, to: out}}
  out: {{type: sink}}
"""


def history(people: int) -> tuple[History, Run]:
    run = Run(load_text(SCENE.format(people=people), Path("scene.yaml")), 1)
    run.advance("1 h")
    view = run.view()
    return History(view.header, view.records(), view.end_ns, 60 * 10**9), run


def test_that_one_operator_for_two_machines_is_the_bottleneck() -> None:
    """15 s of hand work a part: 240/h, the operator is never idle; either machine waits half of the time."""
    seen, run = history(1)
    found = bottlenecks(seen)
    assert found.main == run.line.object_index["team"]
    assert found.shares[found.main].momentary == pytest.approx(1.0)
    assert run.tags["out.count"].value == pytest.approx(240, abs=2)
    assert limit_words(seen, run.line.object_index["out"]) == (
        "Bottleneck: team, 100 % of the time: all its people were at work then, and machines waited for them"
    )


def test_that_with_two_operators_the_slower_machine_is() -> None:
    seen, run = history(2)
    found = bottlenecks(seen)
    assert found.main == run.line.object_index["m1"]
    assert run.tags["out.count"].value == pytest.approx(450, abs=2)


def test_that_a_team_is_no_machine_in_other_figures() -> None:
    seen, run = history(1)
    assert seen.roles[run.line.object_index["team"]] == "team"
    assert seen.teams([run.line.object_index["m2"]]) == [run.line.object_index["team"]]
    assert seen.teams([run.line.object_index["out"]]) == []
    assert set(run_once(run.loaded, 60 * 10**9).staff) == {"team"}
