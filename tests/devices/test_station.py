"""Stations: blocking after service, failures, commands, against queueing theory and hand-made tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commissioning.sim.run import Run

Line = Callable[..., Run]


def times(run: Run, name: str) -> list[tuple[float, object]]:
    return [(t / 1e9, value) for t, value in run.journal.edges(name)]


def test_that_a_deterministic_pair_blocks_after_service(line: Line) -> None:
    """2 s then 3 s: part 1 leaves at 5 s; the first station is blocked from 4 to 5 s, then each 3 s."""
    run = line("src: {type: source, product: box, every: always, limit: 3, to: a}\n"
               "a: {type: station, cycle: 2 s, to: b}\nb: {type: station, cycle: 3 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert [t for t, v in times(run, "out.count") if v] == [5.0, 8.0, 11.0]
    assert times(run, "a.busy") == [
        (0, False),
        (0, True),
        (4, False),  # at 2 s the next part is in at the same instant: no edge that nobody could see
        (5, True),
        (7, False),
    ]
    assert times(run, "a.done") == [(0, False), (4, True), (5, False), (7, True), (8, False)]


def test_that_two_exponential_stations_without_buffer_make_two_thirds(line: Line) -> None:
    """Hillier and Boling (1967): two stations of rate 1, no buffer, blocking after service: 2/3."""
    run = line("src: {type: source, product: box, every: always, to: a}\n"
               "a: {type: station, cycle: {exponential: 1 s}, to: b}\n"
               "b: {type: station, cycle: {exponential: 1 s}, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance(60_000)
    assert run.tags["out.count"].value / 60_000 == pytest.approx(2 / 3, rel=0.01)


def test_that_operating_failures_give_the_isolated_availability(line: Line) -> None:
    """A saturated machine with MTBF 100 s of operation and MTTR 25 s works 80 % of the time."""
    run = line("src: {type: source, product: box, every: always, to: a}\n"
               "a: {type: station, cycle: 1 s, to: out, failures: {every: {exponential: 100 s}, repair: {exponential: 25 s}}}\n"
               "out: {type: sink}")  # fmt: skip
    run.advance(400_000)
    assert run.tags["out.count"].value / 400_000 == pytest.approx(0.8, rel=0.02)


def test_that_a_failure_interrupts_the_cycle_and_work_goes_on_after_the_repair(line: Line) -> None:
    run = line("src: {type: source, product: box, every: always, limit: 2, to: a}\n"
               "a: {type: station, cycle: 4 s, to: out, failures: {every: 3 s, repair: 10 s}}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    # works 0-3, down 3-13, works 13-14: done at 14 (4 s of work); 2 s of 3 s are left then
    assert [t for t, v in times(run, "out.count") if v] == [14.0, 28.0]
    assert times(run, "a.failed") == [(0, False), (3, True), (13, False), (16, True), (26, False)]


def test_that_calendar_failures_come_whether_it_works_or_not(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 100 s, first: 12 s, limit: 1, to: a}\n"
               "a: {type: station, cycle: 4 s, to: out, failures: {every: 10 s, repair: 5 s, counts: calendar}}\nout: {type: sink}")  # fmt: skip
    run.advance("30 s")
    assert times(run, "a.failed") == [(0, False), (10, True), (15, False), (25, True), (30, False)]
    assert [t for t, v in times(run, "out.count") if v] == [19.0]  # came at 12, waited until 15


def test_that_a_bound_start_makes_the_part_wait_for_it(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, limit: 1, to: a}\n"
               "a: {type: station, cycle: 2 s, to: out, tags: {start: Q_Go}}\nout: {type: sink}")  # fmt: skip
    run.advance("5 s")
    assert run.tags["a.occupied"].value and not run.tags["a.busy"].value
    run.write("Q_Go", True)
    run.advance("5 s")
    assert [t for t, v in times(run, "out.count") if v] == [7.0]


def test_that_a_disabled_station_takes_no_part(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, limit: 1, to: b1}\n"
               "b1: {type: belt, length: 1 m, speed: 1 m/s, to: a}\n"
               "a: {type: station, cycle: 2 s, to: out, tags: {enable: Q_En}}\nout: {type: sink}")  # fmt: skip
    run.advance("5 s")
    assert not run.tags["a.occupied"].value
    run.write("Q_En", True)
    run.advance("5 s")
    assert [t for t, v in times(run, "a.occupied") if v] == [5.0]


@pytest.mark.parametrize("kind", ["station", "manual_station, operators: team"])
def test_that_what_may_take_no_part_is_idle_and_not_starved(kind: str, line: Line) -> None:
    """Disabled for 5 s while a part waits, then 2 s of work, then nothing comes for 3 s."""
    run = line("team: {type: operators}\nsrc: {type: source, product: box, every: 1 s, limit: 1, to: a}\n"
               f"a: {{type: {kind}, cycle: 2 s, to: out, tags: {{enable: Q_En}}}}\nout: {{type: sink}}")  # fmt: skip
    run.advance("5 s")
    run.write("Q_En", True)
    run.advance("5 s")
    figures = run.kpi()["a"]
    assert (figures.idle, figures.working, figures.starved) == pytest.approx((0.5, 0.2, 0.3))


def test_that_lost_parts_of_a_loss_system_follow_erlang_b(line: Line) -> None:
    """M/M/1/1 with offered load 1: half of the parts are lost (Erlang B)."""
    run = line("src: {type: source, product: box, every: {exponential: 1 s}, when_blocked: lose, to: a}\n"
               "a: {type: station, cycle: {exponential: 1 s}, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance(60_000)
    made = int((run.journal.records()["kind"] == 5).sum())
    assert run.tags["out.count"].value / made == pytest.approx(0.5, rel=0.02)


def test_that_the_source_ends_at_its_limit_and_its_first_part_comes_when_said(line: Line) -> None:
    run = line(
        "src: {type: source, product: box, every: 2 s, first: 0.5 s, limit: 3, to: out}\nout: {type: sink}"
    )
    run.advance("60 s")
    assert [t for t, v in times(run, "out.count") if v] == [0.5, 2.5, 4.5]


def test_that_the_time_to_load_counts_for_a_single_part_as_well(line: Line) -> None:
    """8 s of work and 2 s to load it, one at a time: a part each 10 s."""
    run = line("""
src: {type: source, product: box, every: always, to: m}
m: {type: station, batch: 1, load: 2 s, cycle: 8 s, to: out}
out: {type: sink}
""")
    run.advance("100 s")
    assert [t / 1e9 for t, n in run.journal.edges("out.count") if n] == [10.0 * k for k in range(1, 11)]
