"""OEE and its loss tree against arithmetic and the published case of renewal-reward."""

from __future__ import annotations

import pytest
from flow_scenes import HEAD, history, row_of
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.sim.analysis.oee import LOSSES, oee


def test_that_a_machine_that_breaks_down_has_the_availability_of_its_times() -> None:
    """50 s of work, 10 s of repair: 5/6; nothing of it is the line's."""
    found = history(row_of(["cycle: 10 s, failures: {every: 50 s, repair: 10 s}"]), 6060.0, 60.0)
    (one,) = oee(found)
    assert one.planned_s == 10.0 and one.parts == one.good == 500
    assert (one.availability, one.performance, one.quality) == pytest.approx((5 / 6, 1.0, 1.0))
    assert one.oee == one.iso_oee == pytest.approx(5 / 6) and one.line == pytest.approx(1.0)
    assert one.elements == pytest.approx({"APT": 5000.0, "AUST": 0.0, "ADOT": 0.0, "ADET": 1000.0})
    assert one.time["down"] == pytest.approx(1 / 6) and one.time["effective"] == pytest.approx(5 / 6)


def test_that_waiting_for_the_line_is_not_blamed_on_the_machine() -> None:
    """m2 works 5 s of every 10 s that m1 takes: OEE 100 % of its own time, 50 % by the standard."""
    one = oee(history(row_of(["cycle: 10 s", "cycle: 5 s"]), 1020.0, 20.0))[1]
    assert one.oee == pytest.approx(1.0) and one.iso_oee == pytest.approx(0.5)
    assert one.line == pytest.approx(0.5) and one.time["starved"] == pytest.approx(0.5)


def test_that_empty_places_of_a_wide_station_are_starved_places() -> None:
    """Arrivals every 4 s, 10 s of work, 3 places: 2.5 of 3 are used."""
    (one,) = oee(history(row_of(["cycle: 10 s, parallel: 3"], source="every: 4 s"), 404.0, 204.0))
    assert one.time["starved"] == pytest.approx(0.5 / 3) and one.performance == pytest.approx(1.0)


def test_that_rejected_parts_are_the_loss_of_the_machine_before_the_inspection() -> None:
    text = HEAD + (
        "  src: {type: source, product: part, every: always, to: m1}\n"
        "  m1: {type: station, cycle: 4 s, to: test}\n"
        "  test: {type: inspection, results: {good: 75 %, scrap: 25 %}, cycle: 1 s,"
        " to: {good: out, scrap: bin}}\n"
        "  out: {type: sink}\n"
        "  bin: {type: sink, pose: {xyz: [0, 3, 1]}}\n"
    )
    found = history(text, 8000.0, 40.0)
    machine, inspection = oee(found)
    binned = sum(
        1 for end in found.ends.values() if end.device == found.names.index("bin") and end.t > found.start
    )
    assert machine.parts - machine.good == pytest.approx(binned, abs=1)
    assert machine.quality == pytest.approx(0.75, abs=0.03) and inspection.quality == 1.0
    assert machine.time["rejected"] == pytest.approx(1.0 - machine.quality, abs=1e-3)


@given(
    cycle=st.sampled_from(["3 s", "{exponential: 3 s}", "{normal: {mean: 3 s, sd: 0.5 s}}"]),
    wide=st.integers(1, 3),
    seed=st.integers(1, 1000),
)
@settings(max_examples=10, deadline=None)
def test_that_the_loss_tree_adds_up_and_its_factors_multiply(cycle: str, wide: int, seed: int) -> None:
    breaks = "failures: {every: {exponential: 50 s}, repair: {exponential: 9 s}}"
    body = f"cycle: {cycle}, parallel: {wide}, {breaks}"
    for one in oee(history(row_of([body, body], "type: buffer, capacity: 2"), 1000.0, 50.0, seed)):
        assert sum(one.time.values()) == pytest.approx(1.0) and tuple(one.time) == LOSSES
        assert one.availability and one.performance and one.quality and one.oee and one.line
        assert sum(one.elements.values()) == pytest.approx(950.0)  # PBT: it is never off
        assert one.iso_availability == pytest.approx(one.elements["APT"] / 950.0)
        assert one.oee == pytest.approx(one.availability * one.performance * one.quality)
        assert one.iso_oee == pytest.approx(one.oee * one.line)
