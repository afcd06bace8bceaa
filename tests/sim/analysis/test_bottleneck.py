"""The active period method against a case by hand, an independent look at every instant, and known lines."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from flow_scenes import history, index, row_of, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.record import State
from commissioning.sim.analysis.bottleneck import Share, active_periods, bottlenecks, find

# By hand, after the drawing of the method (allaboutlean.com/active-period-method): lengths 10, 6; 12; 3, 11.
ACTIVE = {1: [(0, 10), (14, 20)], 2: [(6, 18)], 3: [(2, 5), (19, 30)]}


def test_that_the_longest_running_active_period_is_the_momentary_bottleneck() -> None:
    found = find(ACTIVE, 0, 30)
    # until 6 machine 1; machine 2 is longer and takes over; when it ends only the second period of 1 runs
    # (14 to 20), until the longer one of 3 begins at 19
    assert found.strip == ((0, 6, 1), (6, 18, 2), (18, 19, 1), (19, 30, 3))
    assert found.shifts == ((6, 10, 1, 2), (14, 18, 2, 1), (19, 20, 1, 3))
    assert found.shares[1] == Share(7 / 30, 7 / 30, 9 / 30)
    assert found.shares[2] == Share(12 / 30, 4 / 30, 8 / 30)
    assert found.shares[3] == Share(11 / 30, 10 / 30, 1 / 30)
    assert (found.none, found.moving, found.main) == (0.0, 9 / 30, 2)


def test_that_time_in_which_all_wait_has_no_bottleneck() -> None:
    found = find({1: [(2, 4)], 2: [(6, 7)]}, 0, 10)
    assert found.strip == ((2, 4, 1), (6, 7, 2))
    assert found.shifts == () and found.none == 0.7
    nobody = find({1: []}, 0, 10)
    assert nobody.none == 1.0 and nobody.shares[1] == Share(0.0, 0.0, 0.0)


def test_that_of_machines_that_never_waited_the_one_that_made_least_is_it() -> None:
    assert find({1: [(0, 10)], 2: [(0, 10)]}, 0, 10, {1: 5, 2: 4}).main == 2
    assert find({1: [(0, 10)], 2: [(0, 10)]}, 0, 10, {1: 4, 2: 5}).main == 1


@st.composite
def _active(draw: st.DrawFn) -> dict[int, list[tuple[int, int]]]:
    found = {}
    for device in range(draw(st.integers(1, 4))):
        edges = sorted(draw(st.sets(st.integers(0, 40), max_size=12)))
        found[device] = list(zip(edges[::2], edges[1::2], strict=False))
    return found


@given(_active())
@settings(max_examples=150, deadline=None)
def test_that_every_instant_agrees_with_a_look_at_that_instant_alone(
    active: dict[int, list[tuple[int, int]]],
) -> None:
    """Unit steps of time, each judged by itself: who has the longest period that covers it."""
    found = find(active, 0, 40)
    told: dict[int, int] = {t: d for t0, t1, d in found.strip for t in range(t0, t1)}
    for t in range(40):
        running = [(t1 - t0, d) for d, rows in active.items() for t0, t1 in rows if t0 <= t < t1]
        longest = max((length for length, _ in running), default=0)
        assert (
            (told.get(t) in {d for length, d in running if length == longest}) if running else t not in told
        )
    assert sum(share.momentary for share in found.shares.values()) + found.none == pytest.approx(1.0)
    sole = sum(share.sole for share in found.shares.values())
    assert sole + found.moving + found.none == pytest.approx(1.0)
    for share in found.shares.values():
        assert share.sole <= share.momentary + 1e-12 and share.sole + share.shifting <= 1.0 + 1e-12
    grown = found.grown(np.array([0, 20 * 10**9, 40 * 10**9]))
    for device, (momentary, alone) in grown.items():
        assert momentary[-1] == pytest.approx(found.shares[device].momentary * 40e-9)
        assert alone[-1] == pytest.approx(found.shares[device].sole * 40e-9)


@given(slow=st.integers(0, 3), places=st.integers(0, 2), seed=st.integers(1, 1000))
@settings(max_examples=12, deadline=None)
def test_that_an_obviously_slow_machine_is_the_bottleneck(slow: int, places: int, seed: int) -> None:
    cycles = ["cycle: {exponential: 2 s}"] * 4
    cycles[slow] = "cycle: {exponential: 8 s}"
    text = row_of(cycles, f"type: buffer, capacity: {places}" if places else "")
    found = history(text, 3000.0, 300.0, seed)
    result = bottlenecks(found)
    assert result.main == index(found, f"m{slow + 1}")
    assert result.shares[result.main].momentary > 0.8
    assert sum(share.momentary for share in result.shares.values()) + result.none == pytest.approx(1.0)


def test_that_a_line_without_enough_to_do_is_limited_by_its_source() -> None:
    text = row_of(["cycle: 2 s", "cycle: 3 s"], source="every: 10 s")
    found = history(text, 1000.0, 100.0)
    result = bottlenecks(found)
    assert result.main == index(found, "src") and result.shares[result.main].momentary == 1.0


def test_that_a_scarce_source_beside_one_that_waits_is_not_the_bottleneck() -> None:
    """Two sources into one machine: one brings a part a minute and is never refused, the other always."""
    text = scene(
        "rare: {type: source, product: part, every: 60 s, to: q}",
        "many: {type: source, product: part, every: always, pose: {xyz: [0, 2, 1]}, to: q}",
        "q: {type: buffer, capacity: 2, pose: {xyz: [2, 0, 1]}, to: m}",
        "m: {type: station, cycle: {exponential: 5 s}, failures: {every: 40 s, repair: 10 s}, to: out}",
        "out: {type: sink}",
    )
    found = history(text, 3000.0, 300.0)
    assert found.periods[index(found, "rare")].shares(found.start, found.end)[State.BLOCKED] < 0.2
    result = bottlenecks(found)
    assert result.main == index(found, "m") and result.shares[result.main].momentary > 0.95


def test_that_a_queue_without_limit_behind_two_sources_is_the_machine_s() -> None:
    text = scene(
        "rare: {type: source, product: part, every: 60 s, to: q}",
        "many: {type: source, product: part, every: 4 s, pose: {xyz: [0, 2, 1]}, to: q}",
        "q: {type: buffer, pose: {xyz: [2, 0, 1]}, to: m}",
        "m: {type: station, cycle: 5 s, to: out}",
        "out: {type: sink}",
    )
    found = history(text, 3000.0, 300.0)
    assert bottlenecks(found).main == index(found, "m")


def test_that_a_source_that_loses_parts_is_not_the_bottleneck() -> None:
    """A part a second, 2.5 s of work: two of three are lost; the machine takes the next one 0.5 s later."""
    text = row_of(["cycle: 2.5 s"], source="every: 1 s, when_blocked: lose")
    found = history(text, 3000.0, 300.0)
    result = bottlenecks(found)
    assert result.main == index(found, "m1")
    assert result.shares[result.main].momentary == pytest.approx(2.5 / 3, abs=0.01)


def test_that_the_part_an_assembly_waits_for_limits_it() -> None:
    """Frames are there at once, motors come every 20 s, putting them together takes 5 s."""
    text = (
        "format: commissioning-scene/1\n"
        "products: {frame: {size: [0.3 m, 0.2 m, 0.2 m]}, motor: {size: [0.1 m, 0.1 m, 0.1 m]}}\n"
        "devices:\n"
        "  frames: {type: source, product: frame, every: always, to: join}\n"
        "  motors: {type: source, product: motor, every: 20 s, pose: {xyz: [0, 2, 1]}, to: join}\n"
        "  join: {type: assembly, takes: {frame: 1, motor: 1}, cycle: 5 s, pose: {xyz: [2, 0, 1]}, to: out}\n"
        "  out: {type: sink}\n"
    )
    found = history(text, 2000.0, 200.0)
    result = bottlenecks(found)
    motors, join = index(found, "motors"), index(found, "join")
    assert result.shares[motors].momentary == pytest.approx(0.75, abs=0.01)
    assert result.shares[join].momentary == pytest.approx(0.25, abs=0.01)


def test_that_lines_which_exchange_no_parts_are_judged_apart() -> None:
    text = scene(
        "a: {type: source, product: part, every: always, to: ma}",
        "ma: {type: station, cycle: 2 s, to: oa}",
        "oa: {type: sink}",
        "b: {type: source, product: part, every: 30 s, pose: {xyz: [0, 3, 1]}, to: mb}",
        "mb: {type: station, cycle: 10 s, to: ob}",
        "ob: {type: sink}",
    )
    found = history(text, 1000.0, 100.0)
    first, second = found.lines[:2]
    assert {found.names[d] for d in first} == {"a", "ma", "oa"}
    assert bottlenecks(found, first).main == index(found, "ma")
    assert bottlenecks(found, second).main == index(found, "b")


def test_that_a_station_of_several_places_is_active_while_all_of_them_are_taken() -> None:
    """Arrivals every 4 s, 10 s of work, 3 places: 2.5 of them are busy; all three for 2 s of every 4."""
    found = history(row_of(["cycle: 10 s, parallel: 3"], source="every: 4 s"), 404.0, 204.0)
    stretches = active_periods(found, index(found, "m1"))
    assert sum(t1 - t0 for t0, t1 in stretches) == 100 * 10**9
    assert {t1 - t0 for t0, t1 in stretches} <= {2 * 10**9}


def test_that_a_wait_of_no_length_does_not_end_an_active_period() -> None:
    """A part arrives at the very instant at which the one before leaves: 5 s of work every 5 s."""
    found = history(row_of(["cycle: 5 s"], source="every: 5 s"), 100.0, 10.0)
    assert active_periods(found, index(found, "m1")) == [(10 * 10**9, 100 * 10**9)]


def test_that_repair_counts_as_active_and_waiting_does_not() -> None:
    """5 parts of 10 s, then 10 s of repair; the machine behind it works 5 of every 10 s."""
    found = history(row_of(["cycle: 10 s, failures: {every: 50 s, repair: 10 s}", "cycle: 5 s"]), 660.0, 60.0)
    assert active_periods(found, index(found, "m1")) == [(60 * 10**9, 660 * 10**9)]
    result = bottlenecks(found)
    assert result.shares[index(found, "m1")].momentary == 1.0
    assert result.shares[index(found, "m2")] == Share(0.0, 0.0, 0.0)


def test_that_ways_are_those_of_every_part_one_by_one() -> None:
    found = history(row_of(["cycle: 3 s", "cycle: 4 s"], "type: buffer, capacity: 2"), 500.0)
    counted: Counter[tuple[int, int]] = Counter()
    for part, visits in found.journeys.items():
        devices = [found.made[part][1], *(device for device, _, _ in visits)]
        devices += [found.ends[part].device] if part in found.ends else []
        counted.update(pairwise(devices))
    assert found.ways == counted
