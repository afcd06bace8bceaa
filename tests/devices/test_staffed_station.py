"""Stations with people, set-ups, crews, shifts and times by product."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import comb, factorial

import pytest

from commissioning.model.problem import Problems
from commissioning.model.record import Kind, State
from commissioning.sim.analysis.staff import staff
from commissioning.sim.run import Run

Line = Callable[..., Run]


def leaving(run: Run, name: str = "out.count") -> list[float]:
    return [t / 1e9 for t, value in run.journal.edges(name) if value]


def states(run: Run, device: str) -> list[tuple[float, str]]:
    records = run.journal.records()
    mine = records[(records["kind"] == int(Kind.STATE)) & (records["obj"] == run.line.object_index[device])]
    found: list[tuple[float, str]] = []
    for record in mine:
        t, name = int(record["t"]) / 1e9, State(int(record["aux"])).name.lower()
        if found and found[-1][0] == t:
            found.pop()
        if not found or found[-1][1] != name:
            found.append((t, name))
    return found


def finite_source(machines: int, crews: int, rho: float) -> list[float]:
    """M/M/c//N: P(k of N machines down), each failing at rate rho, c repaired at a time at rate 1."""
    queue = [1.0 if k <= crews else factorial(k) / (factorial(crews) * crews ** (k - crews))
             for k in range(machines + 1)]  # fmt: skip
    weights = [comb(machines, k) * rho**k * queue[k] for k in range(machines + 1)]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize(("parallel", "crews"), [(1, 1), (1, 3), (2, 2)])
def test_that_stations_that_share_a_crew_follow_the_machine_repair_model(
    line: Line, parallel: int, crews: int
) -> None:
    """Palm's machine repair model: 4 or 8 saturated machines, MTBF 50 s of operation, MTTR 20 s."""
    rows = [f"crew: {{type: operators, count: {crews}}}", "out: {type: sink}"]
    for k in range(4):
        rows.append(f"s{k}: {{type: source, product: box, every: always, to: m{k}}}")
        rows.append(f"m{k}: {{type: station, parallel: {parallel}, cycle: 5 s, repair_by: crew, to: out, "
                    "failures: {every: {exponential: 50 s}, repair: {exponential: 20 s}}}")  # fmt: skip
    run = line("\n".join(rows))
    run.advance(100_000)
    machines = 4 * parallel
    p = finite_source(machines, crews, 0.4)
    up = sum((machines - k) * share for k, share in enumerate(p))
    assert run.tags["out.count"].value * 5 / 100_000 == pytest.approx(up, rel=0.015)
    crew = staff(run.journal.header, run.journal.records(), run.now_ns)["crew"]
    assert crew.busy == pytest.approx(sum(min(k, crews) * share for k, share in enumerate(p)), rel=0.02)
    assert crew.waiting == pytest.approx(
        sum(max(k - crews, 0) * share for k, share in enumerate(p)), rel=0.06, abs=0.01
    )


def test_that_a_station_with_enough_people_is_a_station_without(line: Line) -> None:
    """The same streams, the same times: whoever is never missed changes nothing but who is counted."""
    text = ("src: {{type: source, product: box, every: {{exponential: 3 s}}, to: q}}\nq: {{type: buffer, capacity: 3, to: a}}\n"
            "a: {{type: station, parallel: 2, cycle: {{exponential: 4 s}}, failures: {{every: {{exponential: 30 s}}, repair: 5 s}}, to: b{more}}}\n"
            "b: {{type: station, cycle: {{exponential: 2 s}}, failures: {{every: 40 s, repair: {{exponential: 8 s}}, counts: calendar}}, to: out{more}}}\n"
            "out: {{type: sink}}\nteam: {{type: operators, count: 9}}")  # fmt: skip
    plain, staffed = line(text.format(more="")), line(text.format(more=", operators: team, repair_by: team"))
    for run in (plain, staffed):
        run.advance("1 h")
    assert leaving(plain) == leaving(staffed)
    for name in ("a", "b"):
        assert states(plain, name) == states(staffed, name)


def test_that_two_servers_of_a_station_share_one_operator(line: Line) -> None:
    run = line("team: {type: operators}\nsrc: {type: source, product: box, every: always, limit: 4, to: a}\n"
               "a: {type: station, parallel: 2, operators: team, cycle: 10 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("60 s")
    assert leaving(run) == [10, 20, 30, 40]
    assert states(run, "a") == [(0, "working"), (40, "starved")]


def test_that_products_have_cycles_and_set_ups_of_their_own(line: Line) -> None:
    run = line("s1: {type: source, product: box, every: 40 s, first: 0 s, limit: 2, to: a}\n"
               "s2: {type: source, product: tall, every: 40 s, first: 20 s, limit: 2, to: a}\n"
               "a: {type: station, cycle: {box: 2 s, tall: 3 s}, setup: {box: 5 s, tall: {box: 11 s}}, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("100 s")
    assert leaving(run) == [2, 28, 53, 68]
    assert [round(b[0] - a[0]) for a, b in pairwise(states(run, "a")) if a[1] == "setup"] == [5, 11, 5]


def test_that_a_station_keeps_its_shifts_and_waits_for_its_start_command(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 4 s, first: 0 s, to: q}\nq: {type: buffer, to: a}\n"
               "a: {type: station, cycle: 7 s, shifts: [{from: 10 s, to: 30 s}], repeat: 60 s, to: out, tags: {start: Q_Go}}\n"
               "out: {type: sink}")  # fmt: skip
    run.advance("15 s")
    run.write("Q_Go", True)
    run.advance("100 s")
    # 15-22, 22-29 s, 29-36 s (finished, leaves at 70 s), 70-77, 77-84, 84-91 s (leaves at 130 s)
    assert leaving(run) == [22, 29, 70, 77, 84]
    assert states(run, "a") == [
        (0, "off"), (10, "idle"), (15, "working"), (36, "off"), (70, "working"), (91, "off"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("operators: team, batch: 2", "operators does not go with a batch"),
        ("shifts: [{from: 1 s, to: 2 s}], blocking: before_service", "shifts does not go with"),
        ("setup: 1 s, slot: 1 s", "setup does not go with"),
        ("repair_by: team", "needs failures"),
        ("operators: out", "out is a sink, nobody"),
        ("operators: team, needs: 2", "never more than 1"),
    ],
)
def test_that_what_does_not_go_together_is_a_problem(line: Line, more: str, what: str) -> None:
    with pytest.raises(Problems, match=what):
        line("team: {type: operators}\nsrc: {type: source, product: box, every: 1 s, to: a}\n"
             f"a: {{type: station, cycle: 7 s, {more}, to: out}}\nout: {{type: sink}}")  # fmt: skip
