"""Buffers, and stations that reserve, work side by side, in batches and in slots: tables made by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.bench.load import load_text
from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.sim.run import Run

Line = Callable[..., Run]


def leaving(run: Run, name: str = "out.count") -> list[float]:
    return [t / 1e9 for t, value in run.journal.edges(name) if value]


def levels(run: Run, name: str) -> list[tuple[float, object]]:
    return [(t / 1e9, value) for t, value in run.journal.edges(name)]


def test_that_a_buffer_counts_its_own_places_only(line: Line) -> None:
    """5 parts at 1 s intervals into a station of 10 s: one in work, two in the buffer, the fourth waits."""
    run = line("src: {type: source, product: box, every: 1 s, limit: 5, to: q}\n"
               "q: {type: buffer, capacity: 2, to: a}\na: {type: station, cycle: 10 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("100 s")
    assert levels(run, "q.count") == [(0, 0), (2, 1), (3, 2), (31, 1), (41, 0)]
    # the fourth part is made at 4 s and let in at 11 s; the next is made 1 s later and let in at 21 s
    assert levels(run, "q.full") == [(0, False), (3, True), (31, False)]
    assert leaving(run) == [11, 21, 31, 41, 51]


def test_that_a_part_goes_through_an_empty_buffer_in_no_time_and_is_seen_in_it(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 3 s, limit: 2, to: q}\n"
               "q: {type: buffer, to: a}\na: {type: station, cycle: 1 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("20 s")
    figures = run.kpi()["q"]
    assert leaving(run) == [4, 7]
    assert (figures.count, figures.mean_time, figures.mean_queue) == (2, 0.0, 0.0)


def test_that_priority_lets_the_first_named_product_go_first(line: Line) -> None:
    run = line("s1: {type: source, product: box, every: 1 s, limit: 3, to: q}\n"
               "s2: {type: source, product: tall, every: 1 s, first: 2.5 s, limit: 2, to: q}\n"
               "q: {type: buffer, discipline: priority, priority: [tall, box], to: a}\n"
               "a: {type: station, cycle: 10 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("100 s")
    records = run.journal.records()
    products = records[records["kind"] == int(Kind.PART_MADE)]["aux"]
    gone = records[records["kind"] == int(Kind.PART_GONE)]["obj"]
    # box 1 is in work from 1 s; box at 2 s, tall at 2.5 s, box at 3 s, tall at 3.5 s wait
    assert [int(products[part]) for part in gone] == [0, 1, 1, 0, 0]


def test_that_blocking_before_service_begins_only_with_a_place_downstream(line: Line) -> None:
    """2 s then 3 s without a buffer: the place is the second station; both never work at once."""
    run = line("src: {type: source, product: box, every: always, limit: 3, to: a}\n"
               "a: {type: station, cycle: 2 s, blocking: before_service, to: b}\n"
               "b: {type: station, cycle: 3 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert leaving(run) == [5, 10, 15]
    assert levels(run, "a.busy") == [
        (0, False),
        (0, True),
        (2, False),
        (5, True),
        (7, False),
        (10, True),
        (12, False),
    ]


def test_that_a_reserved_place_is_kept_from_others(line: Line) -> None:
    """a reserves the only place of q for 10 s; b, done after 1 s, has to wait until it has been used."""
    run = line("s1: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: a}\n"
               "a: {type: station, cycle: 10 s, blocking: before_service, to: q}\n"
               "s2: {type: source, product: tall, every: 1 s, first: 0 s, limit: 1, to: b}\n"
               "b: {type: station, cycle: 1 s, to: q}\n"
               "q: {type: buffer, capacity: 1, to: c}\nc: {type: station, cycle: 5 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert levels(run, "b.done") == [(0, False), (1, True), (10, False)]
    assert leaving(run) == [15, 20]


def test_that_blocking_before_service_needs_something_that_keeps_places(line: Line) -> None:
    with pytest.raises(Problems, match="keeps no place") as caught:
        line("src: {type: source, product: box, every: always, to: a}\n"
             "a: {type: station, cycle: 2 s, blocking: before_service, to: b}\n"
             "b: {type: belt, length: 1 m, speed: 1 m/s, to: out}\nout: {type: sink}")  # fmt: skip
    assert caught.value.problems[0].where.id == "devices.a"


def test_that_servers_side_by_side_work_and_block_each_by_itself(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, limit: 4, to: q}\nq: {type: buffer, to: a}\n"
               "a: {type: station, parallel: 2, cycle: 5 s, to: b}\nb: {type: station, cycle: 4 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    # a: parts at 1, 2 done 6, 7; b works 6-10, so the second blocks its server until 10; parts 3, 4 start
    # at 6 and 10, are done at 11 and 15; b: 6-10, 10-14, 14-18, 18-22
    assert leaving(run) == [10, 14, 18, 22]
    states = run.kpi()["a"]
    assert states.mean_queue == pytest.approx(
        (1 + 2 * 4 + 2 * 4 + 2 * 4 + 4) / 60
    )  # 1-2, 2-6, 6-10, 10-14, 14-18


def test_that_a_batch_is_loaded_worked_on_and_given_away_together(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 1 s, limit: 4, to: q}\nq: {type: buffer, to: a}\n"
               "a: {type: station, batch: 2, load: 3 s, cycle: 10 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert run.journal.edges("out.count")[1:] == [
        (15 * 10**9, 1),
        (15 * 10**9, 2),
        (28 * 10**9, 3),
        (28 * 10**9, 4),
    ]


def test_that_pallets_go_round_for_ever(line: Line) -> None:
    """A ring of 10, 15, 20 and 5 s with 3 pallets: one every 20 s (the slowest station), none is lost."""
    run = line("p: {type: buffer, pallets: 3, product: tall, pose: {xyz: [0, 0, 1]}, to: a}\n"
               "a: {type: station, cycle: 10 s, to: qb}\nqb: {type: buffer, to: b}\nb: {type: station, cycle: 15 s, to: qc}\n"
               "qc: {type: buffer, to: c}\nc: {type: station, cycle: 20 s, to: qd}\nqd: {type: buffer, to: d}\n"
               "d: {type: station, cycle: 5 s, to: p}")  # fmt: skip
    run.advance("1 h")
    gone = [t / 1e9 for t, busy in run.journal.edges("d.busy") if not busy][1:]
    assert len(run.line.parts) == 3
    assert np.diff(gone[5:]).tolist() == pytest.approx([20.0] * (len(gone) - 6))


def test_that_more_pallets_than_places_are_a_problem(line: Line) -> None:
    with pytest.raises(Problems, match="4 pallets do not fit"):
        line("p: {type: buffer, capacity: 3, pallets: 4, product: tall, pose: {xyz: [0, 0, 1]}, to: a}\n"
             "a: {type: station, cycle: 10 s, to: p}")  # fmt: skip


def test_that_slots_without_a_length_are_a_problem(line: Line) -> None:
    with pytest.raises(Problems, match="slot: 1 s"):
        line("src: {type: source, product: box, every: always, to: a}\n"
             "a: {type: station, cycle: {geometric: 0.5}, to: out}\nout: {type: sink}")  # fmt: skip


def test_that_slotted_work_ends_on_the_grid_of_slots(line: Line) -> None:
    run = line("src: {type: source, product: box, every: {exponential: 0.9 s}, limit: 200, to: q}\nq: {type: buffer, to: a}\n"
               "a: {type: station, cycle: {geometric: 40 %}, slot: 0.5 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("600 s")
    times = leaving(run)
    assert len(times) == 200
    assert all(t % 0.5 == 0 for t in times)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), min_size=1, max_size=4), st.integers(1, 30))
def test_that_deterministic_lines_follow_the_recursion_of_departures(
    stations: list[tuple[int, int]], count: int
) -> None:
    """D(i, k) = max(max(D(i-1, k), D(i, k-1)) + T(i), D(i+1, k - B(i+1) - 1)): blocking after service."""
    times = [t for t, _ in stations]
    places = [b for _, b in stations[1:]]
    rows = ["src: {type: source, product: box, every: always, to: s0}", "out: {type: sink}"]
    for i, t in enumerate(times):
        after = "out" if i + 1 == len(times) else f"q{i}" if places[i] else f"s{i + 1}"
        rows.append(f"s{i}: {{type: station, cycle: {t} s, to: {after}}}")
        if after == f"q{i}":
            rows.append(f"q{i}: {{type: buffer, capacity: {places[i]}, to: s{i + 1}}}")
    head = "format: commissioning-scene/1\nproducts: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
    run = Run(load_text(head + "".join(f"  {row}\n" for row in rows), Path("scene.yaml")), 1)
    run.advance(sum(times) * (count + 1))
    left = [[0] * count for _ in times]
    for k in range(count):
        for i, t in enumerate(times):
            arrived = left[i - 1][k] if i else 0
            begun = max(arrived, left[i][k - 1] if k else 0)
            freed = 0
            if i + 1 < len(times) and k - places[i] - 1 >= 0:
                freed = left[i + 1][k - places[i] - 1]
            left[i][k] = max(begun + t, freed)
    assert leaving(run)[:count] == left[-1]


STATION = st.tuples(
    st.sampled_from(["{exponential: 1 s}", "1 s", "{uniform: [0 s, 2 s]}", "0 s"]),  # cycle
    st.sampled_from(["", ", parallel: 3", ", blocking: before_service", ", batch: 2, load: 0.5 s"]),
    st.sampled_from(["", ", failures: {every: {exponential: 5 s}, repair: 1 s}",
                     ", failures: {every: 4 s, repair: {exponential: 2 s}, counts: calendar}"]),
    st.integers(0, 3),  # places behind it
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(STATION, min_size=1, max_size=5), st.integers(0, 1000))
def test_that_random_lines_lose_no_part_keep_its_order_and_never_hold_more_than_fits(
    stations: list[tuple[str, str, str, int]], seed: int
) -> None:
    rows = ["src: {type: source, product: box, every: {exponential: 0.8 s}, to: s0}", "out: {type: sink}"]
    room = {}
    for i, (cycle, kind, failures, places) in enumerate(stations):
        last = i + 1 == len(stations)
        after = "out" if last else f"q{i}" if places else f"s{i + 1}"
        rows.append(f"s{i}: {{type: station, cycle: {cycle}{kind}{failures}, to: {after}}}")
        room[f"s{i}"] = 3 if "parallel" in kind else 2 if "batch" in kind else 1
        if after == f"q{i}":
            rows.append(f"q{i}: {{type: buffer, capacity: {places}, to: s{i + 1}}}")
            room[f"q{i}"] = places
    head = "format: commissioning-scene/1\nproducts: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
    run = Run(load_text(head + "".join(f"  {row}\n" for row in rows), Path("scene.yaml")), seed)
    run.advance(60)
    assert run.problem is None
    records = run.journal.records()
    gone = records["obj"][records["kind"] == int(Kind.PART_GONE)].tolist()
    made = int((records["kind"] == int(Kind.PART_MADE)).sum())
    assert sorted([*gone, *run.line.parts]) == list(range(made))
    if not any("parallel" in kind for _, kind, _, _ in stations):
        assert gone == sorted(gone)
    states = records[records["kind"] == int(Kind.STATE)]
    for name, most in room.items():
        held = states["a"][states["obj"] == run.line.object_index[name]]
        assert held.max(initial=0) <= most
        inside = sum(getattr(part.owner, "id", "") == name for part in run.line.parts.values())
        assert inside == run.line.devices[name].held
    assert len(gone) > 0 or made < 12 * len(stations)
