"""How busy shared people are: a table made by hand, and the finite source model."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.load import load_text
from commissioning.bench.single import run_once
from commissioning.sim.analysis.staff import staff
from commissioning.sim.run import Run

SCENE = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  team: {type: operators, count: 2, shifts: [{from: 0 s, to: 50 s}], repeat: 100 s}
  s1: {type: source, product: box, every: 30 s, first: 10 s, limit: 2, to: m1}
  s2: {type: source, product: box, every: 30 s, first: 15 s, limit: 2, to: m2}
  m1: {type: manual_station, operators: team, needs: 2, cycle: 20 s, to: out}
  m2: {type: manual_station, operators: team, cycle: 10 s, to: out}
  out: {type: sink}
"""


def test_that_people_are_counted_while_they_are_there_at_work_and_wanted() -> None:
    """m1 at work 10-30 s with two; m2 waits from 15 s, works 30-40 s; m1 waits from 40 s, gets both, works
    40-60 s, beyond the shift; the next part of m2 comes at 45 s and waits until the next shift, at 100 s."""
    loaded = load_text(SCENE, Path("scene.yaml"))
    run = Run(loaded, 1)
    run.advance("100 s")
    team = staff(run.journal.header, run.journal.records(), run.now_ns)["team"]
    assert team.present == pytest.approx(2 * 50 / 100)
    assert team.busy == pytest.approx((2 * 20 + 10 + 2 * 20) / 100)
    assert team.waiting == pytest.approx((15 + 55) / 100)
    assert team.busiest == 2
    assert team.utilisation == pytest.approx(0.9)
    assert run_once(loaded, 100 * 10**9).as_json()["staff"]["team"]["busy"] == pytest.approx(0.9)
    later = staff(run.journal.header, run.journal.records(), run.now_ns, 60 * 10**9)["team"]
    assert (later.present, later.busy, later.utilisation) == (0.0, 0.0, None)
