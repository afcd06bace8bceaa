"""Figures by product: pallets that go round, loads that ride on them, what is taken apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_scenes import history, index

from commissioning.bench.load import load_text
from commissioning.bench.reports.stock import histogram
from commissioning.bench.reports.why import why_sections
from commissioning.bench.run import make_run
from commissioning.bench.verdicts import check_scene
from commissioning.bench.why import Why, why
from commissioning.model.problem import Problems
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.littles_law import law, lead_times, wip
from commissioning.sim.analysis.oee import oee
from commissioning.sim.analysis.products import products
from commissioning.sim.analysis.quality import rejected
from commissioning.sim.analysis.routes import account

HEAD = """format: commissioning-scene/1
products:
  pallet: {size: [0.3 m, 0.3 m, 0.1 m]}
  housing: {size: [0.2 m, 0.2 m, 0.1 m]}
devices:
"""
# Three pallets; 6 s to load, 10 s to work, 4 s to unload, nothing between: a round is 20 s of work, and the
# press, always busy, takes a pallet each 10 s. So L = 3, lambda = 0.1/s, W = 30 s.
LOOP = (
    HEAD
    + """
  home: {type: buffer, product: pallet, pallets: 3, pose: {xyz: [0 m, 0 m, 1 m]}, to: load}
  housings: {type: source, product: housing, every: always, to: load}
  load: {type: assembly, takes: {pallet: 1, housing: 1}, loads: true, cycle: 6 s, to: press}
  press: {type: station, cycle: 10 s, to: test}
  test: {type: inspection, results: {good: 75 %, scrap: 25 %}, cycle: 1 s, to: {good: unload, scrap: unload}}
  unload:
    type: disassembly
    gives: {made: {product: housing}}
    unloads: true
    cycle: 3 s
    to: {made: out, rest: home}
  out: {type: sink}
"""
)


def looked_at(text: str, seconds: float, start: float) -> tuple[History, Why]:
    run = make_run(load_text(text, Path("scene.yaml")), 1)
    run.advance(seconds)
    start_ns = round(start * 1e9)
    found = History(run.journal.header, run.journal.records(), run.now_ns, start_ns)
    return found, why(run, start_ns)


@pytest.fixture(scope="module")
def loop() -> tuple[History, Why]:
    return looked_at(LOOP, 2100.0, 100.0)


def test_that_a_closed_loop_has_a_round_and_its_product_with_the_rate_is_the_number_of_pallets(
    loop: tuple[History, Why],
) -> None:
    found, _ = loop
    pallet, housing = products(found)
    assert pallet.goes_round and pallet.carries and found.names[pallet.round_at] == "load"
    assert not housing.goes_round and not housing.carries
    places = {balance.name: balance for balance in law(found).balances}
    closed = places["line: pallet"]
    assert (closed.mean, closed.rate, closed.stay) == pytest.approx((3.0, 0.1, 30.0))
    assert closed.edge == pytest.approx(0.0, abs=1e-9) and closed.holds and closed.round_at == "load"
    # one housing comes and one goes with each round
    came = places["line: housing"]
    assert came.rate == pytest.approx(0.1) and came.mean == pytest.approx(0.1 * came.stay, rel=1e-3)
    assert "line" not in places


def test_that_stock_and_times_are_those_of_each_product(loop: tuple[History, Why]) -> None:
    found, told = loop
    pallet, housing = products(found)
    assert wip(found, [pallet]).mean == 3.0 and lead_times(found, pallet).median == pytest.approx(30.0)
    assert told.wip.mean == pytest.approx(wip(found, [housing]).mean)  # pallets are no work in progress
    assert told.wip.mean + 3.0 == pytest.approx(wip(found).mean)
    accounts = {one.product.name: one.account for one in told.products}
    assert (accounts["pallet"].made, accounts["pallet"].inside_after) == (0, 3)
    assert accounts["housing"].made == accounts["housing"].done == 200
    total = account(found, found.made.keys())
    for name in ("made", "done", "lost", "rejected", "inside_before", "inside_after"):
        assert getattr(total, name) == sum(getattr(one, name) for one in accounts.values())
    assert "3 of pallet stay in the line and go round: 360.0 rounds an hour, one takes 30.0 s" in " ".join(
        told.summary
    )


def test_that_parts_of_a_machine_are_its_loads_where_they_are_put_on_and_taken_off(
    loop: tuple[History, Why],
) -> None:
    found, _ = loop
    machines = {found.names[one.device]: one for one in oee(found)}
    assert {name: one.parts for name, one in machines.items()} == dict.fromkeys(
        ("load", "press", "test", "unload"), 200
    )
    assert machines["load"].performance == pytest.approx(1.0)


def test_that_a_judgement_of_a_pallet_is_about_what_it_carried_then(loop: tuple[History, Why]) -> None:
    """A quarter is scrap: load and press made it; unload passed on what was judged already."""
    found, told = loop
    machines = {found.names[one.device]: one for one in oee(found)}
    assert machines["unload"].quality == machines["test"].quality == 1.0
    assert machines["press"].quality == pytest.approx(0.75, abs=0.1)
    bad = {part for part in rejected(found) if found.made[part][2] == 1}
    assert 30 <= len(bad) <= 75  # binomial, 200 of 25 %
    counted = next(one.account for one in told.products if one.product.name == "housing")
    assert counted.rejected == pytest.approx(len(bad), abs=4)  # some were judged before or are inside yet


def test_that_key_figures_count_what_rides_away_once() -> None:
    run = make_run(load_text(LOOP, Path("scene.yaml")), 1)
    run.advance(2106.0)
    count = {name: figure.count for name, figure in run.kpi().items()}
    assert count["load"] == count["press"] + 1
    assert count["unload"] == 2 * count["out"]  # pallets and housings leave it


def test_that_a_throughput_counts_the_product_it_names() -> None:
    more = """
checks:
  both: {type: throughput, at: unload, at_least: 700/h, warm_up: 100 s, for: 1000 s, replications: 5}
  one: {type: throughput, at: unload, product: housing, at_least: 700/h, warm_up: 100 s, for: 1000 s}
"""
    report = check_scene(load_text(LOOP + more, Path("scene.yaml")))
    told = {verdict.id: verdict for verdict in report.verdicts}
    assert told["both"].measured == pytest.approx(720.0) and told["both"].verdict == "PASS"
    assert told["one"].measured == pytest.approx(360.0) and told["one"].verdict == "FAIL"
    assert "360.0 parts of housing per hour at unload" in told["one"].why
    with pytest.raises(Problems, match="no housing ever passes home"):
        load_text((LOOP + more).replace("at: unload, product", "at: home, product"), Path("scene.yaml"))


def test_that_several_products_that_come_and_go_have_a_line_together_and_each_its_own() -> None:
    text = (
        HEAD
        + """
  a: {type: source, product: pallet, every: 10 s, to: m}
  b: {type: source, product: housing, every: 20 s, pose: {xyz: [0 m, 2 m, 1 m]}, to: m}
  m: {type: station, cycle: 2 s, pose: {xyz: [2 m, 0 m, 1 m]}, to: out}
  out: {type: sink}
"""
    )
    found = history(text, 1005.0, 5.0)
    line, one, other = law(found).balances[:3]
    assert [line.name, one.name, other.name] == ["line", "line: pallet", "line: housing"]
    assert line.mean == pytest.approx(one.mean + other.mean)
    assert (line.rate, one.rate, other.rate) == pytest.approx((0.15, 0.1, 0.05))
    assert index(found, "m") >= 0


def test_that_times_that_are_all_alike_have_a_histogram() -> None:
    text = (
        HEAD
        + """
  s: {type: source, product: pallet, every: 50 s, to: m}
  m: {type: station, cycle: 34 s, to: out}
  out: {type: sink}
"""
    )
    found = lead_times(history(text, 1000.0))
    assert found.mean == found.most == pytest.approx(34.0) and sum(found.weights) == pytest.approx(1.0)
    assert all(b > a for a, b in zip(found.edges, found.edges[1:], strict=False))
    assert "<svg" in histogram(found, "s", "lead time")


def test_that_the_report_shows_them(loop: tuple[History, Why]) -> None:
    _, told = loop
    page = why_sections(told, "run")
    assert "goes round, by load" in page and '<th scope="col">Product</th>' in page
    assert told.as_json()["products"]["pallet"]["round_at"] == "load"
    assert told.as_json()["littles_law"]["places"][1]["round_at"] == "load"
