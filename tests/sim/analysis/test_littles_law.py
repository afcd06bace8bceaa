"""Little's law as an identity, its histograms, and that a contradiction in the records is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flow_scenes import HEAD, history, row_of, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.bench.load import load
from commissioning.bench.run import make_run
from commissioning.model.record import Kind
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.littles_law import law, lead_times, wip
from commissioning.sim.analysis.routes import LOST, routes

EVERYTHING = Path(__file__).parents[2] / "scenes" / "everything"


@given(
    start=st.floats(0.0, 400.0),
    seed=st.integers(1, 1000),
    gap=st.sampled_from(["always", "{exponential: 4 s}"]),
)
@settings(max_examples=12, deadline=None)
def test_that_area_and_times_agree_to_the_nanosecond_over_any_time(start: float, seed: int, gap: str) -> None:
    text = row_of(
        ["cycle: {exponential: 3 s}", "cycle: 3 s, parallel: 2"], "type: buffer, capacity: 4", f"every: {gap}"
    )
    found = law(history(text, 500.0, start, seed))
    names = [balance.name for balance in found.balances]
    assert found.holds
    assert [name for name in names if name != "b1"] == ["line", "m1", "m2"]  # b1 may stay empty
    for balance in found.balances:
        assert balance.area == balance.time


def test_that_it_holds_for_every_device_there_is() -> None:
    run = make_run(load(EVERYTHING), 1)
    run.advance(120.0)
    found = History(run.journal.header, run.journal.records(), run.now_ns, 7 * 10**9)
    assert law(found).holds and len(law(found).balances) > 10
    assert routes(found).balanced


def test_that_means_are_those_of_arithmetic() -> None:
    """A part each 10 s that stays 4 s: L = 0.4, W = 4 s, 0.1 a second; over whole periods no edge is left."""
    line, station = law(history(row_of(["cycle: 4 s"], source="every: 10 s"), 1010.0, 10.0)).balances
    for balance in (line, station):
        assert (balance.mean, balance.rate, balance.stay) == pytest.approx((0.4, 0.1, 4.0))
        assert balance.edge == pytest.approx(0.0, abs=1e-12)


def test_that_a_journal_that_lost_a_move_is_found_out() -> None:
    found = history(row_of(["cycle: 4 s"], source="every: 10 s"), 1000.0)
    rows = found.records.copy()
    first = int(np.flatnonzero(rows["kind"] == int(Kind.PART_MOVE))[3])
    broken = History(found.header, np.delete(rows, first), found.end)
    wrong = law(broken)
    assert not wrong.holds
    assert [balance.name for balance in wrong.balances if not balance.holds] == ["m1"]


def test_that_stock_and_lead_time_are_those_of_a_known_line() -> None:
    """A part each 10 s, 4 s of work: one part for 40 % of the time; every lead time is 4 s."""
    found = history(row_of(["cycle: 4 s"], source="every: 10 s"), 1010.0, 10.0)
    stock, lead = wip(found), lead_times(found)
    assert stock.edges == (0.0, 1.0, 2.0) and stock.weights == pytest.approx((0.6, 0.4))
    assert (stock.mean, stock.median, stock.p95, stock.most) == pytest.approx((0.4, 0.0, 1.0, 1.0))
    assert (lead.mean, lead.median, lead.p95, lead.most, lead.count) == pytest.approx(
        (4.0, 4.0, 4.0, 4.0, 100)
    )
    assert sum(lead.weights) == pytest.approx(1.0)
    for k, weight in enumerate(lead.weights):
        assert (weight > 0.0) == (lead.edges[k] <= 4.0 < lead.edges[k + 1])


def test_that_the_wait_in_a_queue_has_the_mean_that_theory_says() -> None:
    """M/M/1 with rho = 0.5 and a mean service of 1 s: L = rho / (1 - rho) = 1, W = 2 s (Erlang)."""
    text = scene(
        "src: {type: source, product: part, every: {exponential: 2 s}, to: q}",
        "q: {type: buffer, to: m}",
        "m: {type: station, cycle: {exponential: 1 s}, to: out}",
        "out: {type: sink}",
    )
    found = history(text, 100_000.0, 1000.0)
    lead, stock = lead_times(found), wip(found)
    assert lead.mean == pytest.approx(2.0, rel=0.05) and stock.mean == pytest.approx(1.0, rel=0.05)
    assert stock.weights[:3] == pytest.approx((0.5, 0.25, 0.125), abs=0.02)  # (1 - rho) rho^n
    assert lead.p95 == pytest.approx(2.0 * 2.9957, rel=0.06)  # exponential: mean times ln 20


def test_that_flow_balances_and_losses_are_counted() -> None:
    text = HEAD + (
        "  src: {type: source, product: part, every: 1 s, when_blocked: lose, to: m1}\n"
        "  m1: {type: station, cycle: 2.5 s, to: out}\n"
        "  out: {type: sink}\n"
    )
    found = history(text, 1000.0, 100.0)
    flow = routes(found)
    names = {"src": found.names.index("src"), "m1": found.names.index("m1"), "out": found.names.index("out")}
    # of three parts one is taken: after 2.5 s of work the next one comes at 3 s
    assert flow.made == 900 and flow.balanced
    assert flow.flows[names["src"], names["m1"]] == pytest.approx(300, abs=1)
    assert flow.flows[names["src"], LOST] == flow.lost == pytest.approx(600, abs=1)
    assert flow.flows[names["m1"], names["out"]] == flow.done
