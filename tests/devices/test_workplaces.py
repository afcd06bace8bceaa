"""Assembly, disassembly, inspection and rework, people and shifts: tables made by hand and queueing theory."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import comb, factorial

import numpy as np
import pytest

from commissioning.model.problem import Problems
from commissioning.model.record import Kind, State
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.oee import oee
from commissioning.sim.deadlock import find_deadlocks
from commissioning.sim.run import Run

Line = Callable[..., Run]
MADE, GONE, STATE = int(Kind.PART_MADE), int(Kind.PART_GONE), int(Kind.STATE)


def leaving(run: Run, name: str = "out.count") -> list[float]:
    return [t / 1e9 for t, value in run.journal.edges(name) if value]


def levels(run: Run, name: str) -> list[tuple[float, object]]:
    return [(t / 1e9, value) for t, value in run.journal.edges(name)]


def states(run: Run, device: str) -> list[tuple[float, str]]:
    records = run.journal.records()
    mine = records[(records["kind"] == STATE) & (records["obj"] == run.line.object_index[device])]
    found: list[tuple[float, str]] = []
    for record in mine:
        t, name = int(record["t"]) / 1e9, State(int(record["aux"])).name.lower()
        if found and found[-1][0] == t:
            found.pop()
        if not found or found[-1][1] != name:
            found.append((t, name))
    return found


# assembly and disassembly ----------------------------------------------------------------------------

JOIN = """
s1: {type: source, product: box, every: 10 s, first: 0 s, limit: 3, to: join}
s2: {type: source, product: tall, every: 3 s, first: 3 s, limit: 6, to: join}
out: {type: sink}
"""


def test_that_an_assembly_works_when_it_has_all_it_needs(line: Line) -> None:
    """Boxes at 0, 10, 20 s (each the interval after it was taken), two talls each, 4 s of work.

    Talls come at 3 and 6 s: work 6-10 s. Then box 2 and tall 3 wait already: tall 3 was made at 9 s and is
    taken at 10 s, tall 4 comes at 13 s: work 13-17 s; box 3 was made at 20 s, talls at 16 s (taken at 17 s)
    and 20 s: work 20-24 s.
    """
    run = line(JOIN + "join: {type: assembly, takes: {box: 1, tall: 2}, cycle: 4 s, to: out}")
    run.advance("60 s")
    assert run.problem is None
    assert leaving(run) == [10, 17, 24]
    assert states(run, "join") == [
        (0, "starved"), (6, "working"), (10, "starved"), (13, "working"), (17, "starved"), (20, "working"),
        (24, "starved"),
    ]  # fmt: skip


@pytest.mark.parametrize("result", ["", ", result: tall"])
def test_that_no_part_of_an_assembly_is_lost_from_the_journal(line: Line, result: str) -> None:
    """Every part that is made leaves, is in something that says so, or is in the line still."""
    run = line(JOIN.replace("limit: 6", "limit: 5")
               + f"join: {{type: assembly, takes: {{box: 1, tall: 2}}, cycle: 4 s, to: out{result}}}")  # fmt: skip
    run.advance("60 s")
    records = run.journal.records()
    made = records["obj"][records["kind"] == MADE].tolist()
    gone = records[records["kind"] == GONE]
    assert sorted([*gone["obj"].tolist(), *run.line.parts]) == made == list(range(len(made)))
    used = gone[gone["aux"] == 3]
    assert np.all(used["a"] == run.line.object_index["join"])
    into = (used["b"] - 1).astype(int).tolist()
    done = gone["obj"][gone["aux"] == 0].tolist()
    assert len(done) == 2
    assert into == sorted(done * (3 if result else 2))
    assert run.kpi()["join"].count == 2  # what was used up has not left


def test_that_an_assembly_of_two_saturated_feeds_takes_the_time_of_the_slower(line: Line) -> None:
    """Deterministic: feeds of 2 s and 3 s through stations, 1 s of assembly; the feed of 3 s is the takt."""
    run = line("s1: {type: source, product: box, every: always, to: a}\na: {type: station, cycle: 2 s, to: join}\n"
               "s2: {type: source, product: tall, every: always, to: b}\nb: {type: station, cycle: 3 s, to: join}\n"
               "join: {type: assembly, takes: {box: 1, tall: 1}, cycle: 1 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("1 h")
    assert np.diff(leaving(run)).tolist() == pytest.approx([3.0] * (len(leaving(run)) - 1))


@pytest.mark.parametrize(("fast", "slow"), [(1.0, 1.0), (1.0, 0.7)])
def test_that_an_assembly_of_exponential_feeds_follows_its_markov_chain(
    line: Line, fast: float, slow: float
) -> None:
    """Kitting from two memoryless feeds with room for two each (Som, Wilhelm and Disney 1994).

    A machine is blocked while its part waits in the assembly and the next is finished: the parts that one
    is ahead are a walk on -2..2 with rates a and b, P(d) in proportion to (a / b)^d; at an end the feed that
    is ahead stands, so pairs leave at a (1 - P(2)).
    """
    a, b = fast, slow
    run = line("s1: {type: source, product: box, every: always, to: a}\n"
               f"a: {{type: station, cycle: {{exponential: {1 / a!r} s}}, to: join}}\n"
               "s2: {type: source, product: tall, every: always, to: b}\n"
               f"b: {{type: station, cycle: {{exponential: {1 / b!r} s}}, to: join}}\n"
               "join: {type: assembly, takes: {box: 1, tall: 1}, cycle: 0 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance(40_000)
    weights = [(a / b) ** d for d in range(-2, 3)]
    assert run.tags["out.count"].value / 40_000 == pytest.approx(
        a * (1 - weights[-1] / sum(weights)), rel=0.012
    )


def test_that_an_assembly_is_one_machine_whatever_it_holds(line: Line) -> None:
    """Three parts lie in it, it works on all of them at once: performance 100 %, availability 100 %."""
    run = line("s1: {type: source, product: box, every: 10 s, first: 0 s, to: join}\n"
               "s2: {type: source, product: tall, every: 2 s, first: 0 s, to: join}\n"
               "join: {type: assembly, takes: {box: 1, tall: 2}, cycle: 4 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("1 h")
    view = run.view()
    history = History(view.header, view.records(), view.end_ns)
    (figures,) = oee(history)
    assert figures.availability == 1.0
    assert figures.performance == pytest.approx(1.0, abs=0.005)
    assert figures.parts == run.tags["out.count"].value


def test_that_a_part_that_an_assembly_never_takes_stops_the_run_and_is_named(line: Line) -> None:
    run = line("s: {type: source, mix: {tall: 1, box: 1}, every: 1 s, to: gate}\n"
               "gate: {type: diverter, to: {straight: join, left: bin}}\n"  # who commands it may send tall ones away
               "bin: {type: sink, pose: {xyz: [0 m, 9 m, 0 m]}}\n"
               "join: {type: assembly, takes: {box: 6}, result: tall, cycle: 4 s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("10 s")
    assert run.problem is not None
    assert run.problem.where.id == "join"
    assert "given a tall; it takes box only" in run.problem.what


@pytest.mark.parametrize(
    ("device", "what", "where"),
    [
        ("{type: assembly, takes: {}, cycle: 1 s, to: out}", "takes is empty", "devices.d.takes"),
        ("{type: assembly, takes: {bolt: 1}, cycle: 1 s, to: out}", "no product 'bolt'", "devices.d.takes.bolt"),
        ("{type: assembly, takes: {box: 0}, cycle: 1 s, to: out}", "at least 1", "devices.d.takes.box"),
        ("{type: assembly, takes: {box: 2}, cycle: 1 s, to: out}", "name a result", "devices.d"),
        ("{type: disassembly, gives: {a: {product: box}}, cycle: 1 s, to: {rest: out}}", "exit a of d", "devices.d.to"),
        ("{type: disassembly, gives: {a: {product: box}}, cycle: 1 s, to: {b: out}}", "no exit 'b'", "devices.d.to.b"),
        ("{type: inspection, results: {good: 95 %, bad: 4 %}, cycle: 1 s, to: {good: out, bad: out}}",
         "add up to 99 %, not 100 %", "devices.d.results"),
        ("{type: inspection, results: {good: 120 %, bad: -20 %}, cycle: 1 s, to: {good: out, bad: out}}",
         "at most 100 %", "devices.d.results.good"),
        ("{type: inspection, results: {good: 100 %}, by_product: {box: {fair: 100 %}}, cycle: 1 s, to: {good: out}}",
         "no result 'fair'", "devices.d.by_product.fair.box"),
        ("{type: inspection, results: {good: 90 %, bad: 10 %}, max_passes: 2, cycle: 1 s, to: {good: out, bad: out}}",
         "no result sends to rework", "devices.d.max_passes"),
        ("{type: manual_station, cycle: 1 s, to: out}", "needs 'operators'", "devices.d.operators"),
        ("{type: manual_station, operators: out, cycle: 1 s, to: out}", "out is a sink, nobody", "devices.d"),
        ("{type: manual_station, operators: team, needs: 3, cycle: 1 s, to: out}", "never more than 2", "devices.d"),
        ("{type: manual_station, operators: team, repair_by: team, cycle: 1 s, to: out}", "needs failures", "devices.d"),
        ("{type: manual_station, operators: team, cycle: {box: 1 s, bolt: 2 s}, to: out}", "no product 'bolt'",
         "devices.d.cycle.bolt"),
        ("{type: manual_station, operators: team, cycle: 1 s, to: out, setup: {box: {bolt: 2 s, tall: 1 s}}}",
         "no product 'bolt'", "devices.d.setup.box.bolt"),
        ("{type: manual_station, operators: team, cycle: 1 s, to: out, shifts: [{from: 06:00, to: 14:00, breaks: [{from: 15:00, to: 15:10}]}]}",
         "not in its shift", "devices.d"),
        ("{type: manual_station, operators: team, cycle: 1 s, to: out, shifts: [{from: 6:77, to: 14:00}]}",
         "6:77", "devices.d.shifts[0].from"),
    ],
)  # fmt: skip
def test_that_what_is_wrong_is_a_problem_with_its_place(
    line: Line, device: str, what: str, where: str
) -> None:
    with pytest.raises(Problems) as caught:
        line(f"team: {{type: operators, count: 2}}\nd: {device}\nout: {{type: sink}}")
    found = [problem for problem in caught.value.problems if what in problem.what + problem.cure]
    assert found, caught.value
    assert found[0].where.id.startswith(where.split(".fair")[0])


def test_that_what_is_taken_apart_leaves_by_its_exits(line: Line) -> None:
    """A box at 0 s, 5 s of work: two talls to one exit, where a station of 10 s holds back the second; the
    box itself by the exit rest at once. The next box comes in when everything has left, at 15 s."""
    run = line("src: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: d}\n"
               "d: {type: disassembly, gives: {inner: {product: tall, count: 2}}, cycle: 5 s, to: {inner: a, rest: r}}\n"
               "a: {type: station, cycle: 10 s, to: out}\nout: {type: sink}\nr: {type: sink}")  # fmt: skip
    run.advance("100 s")
    assert leaving(run, "r.count") == [5, 20]
    assert leaving(run) == [15, 25, 35, 45]
    # 5 s blocked until 15 s; boxes of 15-20 s: at 20 s the station works on tall 2 until 25 s, then on 3
    assert states(run, "d") == [
        (0, "working"), (5, "blocked"), (15, "working"), (20, "blocked"), (35, "starved"),
    ]  # fmt: skip
    records = run.journal.records()
    assert int((records["kind"] == MADE).sum()) == 6


def test_that_a_part_taken_apart_for_good_is_used_up(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 10 s, limit: 2, to: d}\n"
               "d: {type: disassembly, gives: {a: {product: tall, count: 3}, b: {product: box}}, cycle: 5 s, to: {a: o1, b: o2}}\n"
               "o1: {type: sink}\no2: {type: sink}")  # fmt: skip
    run.advance("100 s")
    gone = run.journal.records()
    gone = gone[gone["kind"] == GONE]
    assert [(int(r["obj"]), float(r["b"])) for r in gone if r["aux"] == 3] == [(0, 0.0), (5, 0.0)]
    assert (run.tags["o1.count"].value, run.tags["o2.count"].value) == (6, 2)
    assert run.kpi()["d"].count == 8
    assert not run.line.parts


# inspection and rework -------------------------------------------------------------------------------


def test_that_rework_that_goes_round_follows_the_geometric_series(line: Line) -> None:
    """Of each pass q is sent back to the inspection itself: a part needs 1 / (1 - q) passes on average, so
    an inspection of 1 s that is never starved lets (1 - q) / s out; passes are geometric."""
    run = line("src: {type: source, product: box, every: always, to: mix}\n"
               "mix: {type: buffer, capacity: 1, pose: {xyz: [0, 0, 1]}, to: test}\n"
               "test: {type: inspection, results: {good: 70 %, rework: 30 %}, cycle: 1 s, to: {good: out, rework: loop}}\n"
               "loop: {type: buffer, to: test}\nout: {type: sink}")  # fmt: skip
    run.advance(40_000)
    assert run.tags["out.count"].value / 40_000 == pytest.approx(0.7, rel=0.02)
    attribute = run.line.attributes.index("test.reworks")
    records = run.journal.records()
    marks = records[(records["kind"] == int(Kind.PART_ATTRIBUTE)) & (records["aux"] == attribute)]
    most = np.zeros(int(records["obj"][records["kind"] == MADE].max()) + 1)
    np.maximum.at(most, marks["obj"], marks["a"])
    finished = records["obj"][(records["kind"] == GONE)]
    for k in range(4):  # P(passes = k) = 0.7 * 0.3^k
        assert np.mean(most[finished] == k) == pytest.approx(0.7 * 0.3**k, rel=0.1)


def test_that_a_queue_with_rework_is_as_long_as_one_that_works_on_all_passes_at_once(line: Line) -> None:
    """M/M/1 with Bernoulli feedback (Takacs 1963): L = r / (1 - r), r = arrival rate * mean cycle / (1 - q)."""
    run = line("src: {type: source, product: box, every: {exponential: 4 s}, to: mix}\n"
               "mix: {type: buffer, pose: {xyz: [0, 0, 1]}, to: test}\n"
               "test: {type: inspection, results: {good: 70 %, rework: 30 %}, cycle: {exponential: 1.4 s}, "
               "to: {good: out, rework: mix}}\nout: {type: sink}")  # fmt: skip
    run.advance(150_000)
    kpi, r = run.kpi(), 1.4 / 4 / 0.7
    assert kpi["mix"].mean_queue + kpi["test"].mean_queue == pytest.approx(r / (1 - r), rel=0.05)
    assert kpi["test"].utilisation == pytest.approx(r, rel=0.02)


def test_that_rework_ends_after_so_many_passes(line: Line) -> None:
    """Never good: after two reworks a part is scrap. 50 parts are inspected three times each, 150 s."""
    run = line("src: {type: source, product: box, every: always, limit: 50, to: mix}\n"
               "mix: {type: buffer, capacity: 1, pose: {xyz: [0, 0, 1]}, to: test}\n"
               "test: {type: inspection, results: {good: 0 %, rework: 100 %, scrap: 0 %}, max_passes: 2, cycle: 1 s, "
               "to: {good: out, rework: loop, scrap: bin}}\n"
               "loop: {type: buffer, to: test}\nout: {type: sink}\nbin: {type: sink}")  # fmt: skip
    run.advance("300 s")
    assert run.tags["out.count"].value == 0
    assert len(leaving(run, "bin.count")) == 50
    assert leaving(run, "bin.count")[-1] == 150


def test_that_a_pallet_that_comes_again_begins_its_reworks_anew(line: Line) -> None:
    """One pallet, sent to rework whenever that is allowed, once in a row: rework and scrap take turns."""
    run = line("ring: {type: buffer, pallets: 1, product: box, pose: {xyz: [0, 0, 1]}, to: test}\n"
               "test: {type: inspection, results: {good: 0 %, rework: 100 %, scrap: 0 %}, max_passes: 1, cycle: 1 s, "
               "to: {good: ring, rework: ring, scrap: ring}}")  # fmt: skip
    run.advance(8.5)
    records = run.journal.records()
    index = run.line.attributes.index("test.result")
    judged = records[(records["kind"] == int(Kind.PART_ATTRIBUTE)) & (records["aux"] == index)]
    assert judged["a"].tolist() == [1, 2, 1, 2, 1, 2, 1, 2]


def test_that_an_inspection_errs_as_often_as_said(line: Line) -> None:
    """80 % are good, 5 % of those rejected, 10 % of the others accepted: out 0.8 * 0.95 + 0.2 * 0.1 = 78 %."""
    run = line("src: {type: source, product: box, every: always, limit: 20000, to: test}\n"
               "test: {type: inspection, results: {good: 80 %, scrap: 20 %}, false_reject: 5 %, false_accept: 10 %, "
               "cycle: 1 s, to: {good: out, scrap: bin}}\nout: {type: sink}\nbin: {type: sink}")  # fmt: skip
    run.advance(21_000)
    assert run.tags["out.count"].value / 20_000 == pytest.approx(0.78, abs=3 * (0.78 * 0.22 / 20_000) ** 0.5)
    records = run.journal.records()
    true = run.line.attributes.index("test.true")
    marks = records[(records["kind"] == int(Kind.PART_ATTRIBUTE)) & (records["aux"] == true)]
    assert np.mean(marks["a"] == 0) == pytest.approx(0.8, abs=0.01)


def test_that_a_rework_loop_that_has_filled_is_found_as_a_deadlock(line: Line) -> None:
    """Never good: the inspection waits for the rework place, that for the belt, the belt for the inspection."""
    run = line("src: {type: source, product: box, every: 2 s, to: b}\n"
               "b: {type: belt, pose: {xyz: [0, 0, 0]}, length: 1 m, speed: 0.5 m/s, to: test}\n"
               "test: {type: inspection, results: {good: 0 %, rework: 100 %}, cycle: 1 s, to: {good: out, rework: fix}}\n"
               "fix: {type: station, cycle: 1 s, to: {device: b, at: 0.5 m}, pose: {xyz: [0.5, 1, 0], rpy: [0 deg, 0 deg, -90 deg]}}\n"
               "out: {type: sink}")  # fmt: skip
    run.advance("100 s")
    assert run.problem is None
    (found,) = find_deadlocks(run.line)
    assert set(found.devices) == {"test", "fix", "b"}


def test_that_products_have_results_of_their_own_and_rules_go_before_chance(line: Line) -> None:
    run = line("src: {type: source, mix: {box: 50 %, tall: 50 %}, every: 2 s, limit: 300, to: b}\n"
               "b: {type: belt, length: 2 m, speed: 1 m/s, to: test}\n"
               "eye: {type: height_eye, along: b, at: 1 m, height: 0.3 m, mark: tall}\n"
               "test: {type: inspection, results: {good: 0 %, small: 100 %, high: 0 %}, by_product: {tall: {good: 100 %}}, "
               "rules: [{attribute: tall, at_least: 1, result: high}], cycle: 1 s, to: {good: o1, small: o2, high: o3}}\n"
               "o1: {type: sink}\no2: {type: sink}\no3: {type: sink}")  # fmt: skip
    run.advance("700 s")
    records = run.journal.records()
    products = records["aux"][records["kind"] == MADE]
    assert run.tags["o1.count"].value == 0
    assert run.tags["o2.count"].value == int((products == 0).sum())
    assert run.tags["o3.count"].value == int((products == 1).sum())


# people ------------------------------------------------------------------------------------------------


def test_that_shared_operators_serve_in_the_order_of_asking(line: Line) -> None:
    """One operator, three stations with a part at 0, 1 and 2 s, 10 s each: one after the other."""
    rows = ["team: {type: operators, count: 1}", "out: {type: sink}"]
    for k in range(3):
        rows.append(f"s{k}: {{type: source, product: box, every: 1 s, first: {k} s, limit: 1, to: m{k}}}")
        rows.append(f"m{k}: {{type: manual_station, operators: team, cycle: 10 s, to: out}}")
    run = line("\n".join(rows))
    run.advance("60 s")
    assert leaving(run) == [10, 20, 30]
    assert states(run, "m2") == [(0, "starved"), (2, "idle"), (20, "working"), (30, "starved")]
    assert levels(run, "team.waiting") == [(0, 0), (1, 1), (2, 2), (10, 1), (20, 0)]
    assert states(run, "team")[-1] == (30, "idle")


def test_that_priority_goes_before_the_order_of_asking_and_two_wait_for_two(line: Line) -> None:
    """Two operators. m0 takes one until 10 s; m1 needs two and waits first; m2, more urgent, gets the other
    at 2 s and leaves at 12 s; m3 may not pass m1: it begins when m1 has finished."""
    rows = ["team: {type: operators, count: 2}", "out: {type: sink}"]
    extra = ["", ", needs: 2", ", priority: -1", ""]
    for k in range(4):
        rows.append(f"s{k}: {{type: source, product: box, every: 1 s, first: {k} s, limit: 1, to: m{k}}}")
        rows.append(f"m{k}: {{type: manual_station, operators: team, cycle: 10 s, to: out{extra[k]}}}")
    run = line("\n".join(rows))
    run.advance("60 s")
    begun = {k: next(t for t, busy in levels(run, f"m{k}.busy") if busy) for k in range(4)}
    assert begun == {0: 0, 1: 12, 2: 2, 3: 22}


def finite_source(machines: int, crews: int, rho: float) -> list[float]:
    """Steady state of M/M/c//N, P(k down): k of N machines, each failing at rate rho, c repaired at rate 1."""
    weights = [
        comb(machines, k) * rho**k * (1.0 if k <= crews else factorial(k) / (factorial(crews) * crews ** (k - crews)))
        for k in range(machines + 1)
    ]  # fmt: skip
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("crews", [1, 2])
def test_that_machines_that_share_repair_crews_follow_the_finite_source_model(line: Line, crews: int) -> None:
    """Machine repair model M/M/c//N (Palm 1947): 4 saturated machines, MTBF 40 s, MTTR 20 s, cycle 5 s."""
    rows = [
        f"crew: {{type: operators, count: {crews}}}",
        "team: {type: operators, count: 4}",
        "out: {type: sink}",
    ]
    for k in range(4):
        rows.append(f"s{k}: {{type: source, product: box, every: always, to: m{k}}}")
        rows.append(f"m{k}: {{type: manual_station, operators: team, cycle: 5 s, repair_by: crew, to: out, "
                    "failures: {every: {exponential: 40 s}, repair: {exponential: 20 s}}}")  # fmt: skip
    run = line("\n".join(rows))
    run.advance(100_000)
    p = finite_source(4, crews, 0.5)
    up = sum((4 - k) * share for k, share in enumerate(p))
    assert run.tags["out.count"].value / 100_000 * 5 == pytest.approx(up, rel=0.015)
    busy = sum(min(k, crews) * share for k, share in enumerate(p))
    assert mean_level(run, "crew.busy", 100_000) == pytest.approx(busy, rel=0.02)


def mean_level(run: Run, port: str, seconds: float) -> float:
    edges = [*levels(run, port), (seconds, 0)]
    return sum(float(v) * (b[0] - a) for (a, v), b in pairwise(edges)) / seconds  # type: ignore[arg-type]


def test_that_operators_that_load_machines_by_hand_follow_the_finite_source_model(line: Line) -> None:
    """Three machines (2 s of own work on average) share one operator for the hand work of 1 s: M/M/1//3.

    Each machine's part goes hand work -> own work -> hand work in a closed loop of one pallet.
    """
    rows = ["team: {type: operators, count: 1}"]
    for k in range(3):
        rows.append(
            f"p{k}: {{type: buffer, pallets: 1, product: box, pose: {{xyz: [0, {3 * k}, 1]}}, to: h{k}}}"
        )
        rows.append(f"h{k}: {{type: manual_station, operators: team, cycle: {{exponential: 1 s}}, to: a{k}}}")
        rows.append(f"a{k}: {{type: station, cycle: {{exponential: 2 s}}, to: p{k}}}")
    run = line("\n".join(rows))
    run.advance(60_000)
    p = finite_source(3, 1, 0.5)
    assert mean_level(run, "team.busy", 60_000) == pytest.approx(1 - p[0], rel=0.01)


# shifts ------------------------------------------------------------------------------------------------

SHIFT = "shifts: [{from: 00:00, to: 00:01, breaks: [{from: 30 s, to: 40 s}]}], repeat: 2 min"
DAY = """
src: {type: source, product: box, every: always, to: m}
out: {type: sink}
"""


def test_that_people_finish_what_they_began_when_the_shift_ends(line: Line) -> None:
    """Cycles of 7 s from 0 s: those from 28 s and from 54 s end 5 s and 1 s after break and shift begin."""
    run = line(
        DAY
        + f"team: {{type: operators, {SHIFT}}}\nm: {{type: manual_station, operators: team, cycle: 7 s, to: out}}"
    )
    run.advance("130 s")
    assert leaving(run) == [7, 14, 21, 28, 35, 47, 54, 61, 127]
    assert states(run, "team") == [
        (0, "working"), (35, "off"), (40, "working"), (61, "off"), (120, "working"),
    ]  # fmt: skip


def test_that_people_leave_at_once_and_come_back_to_what_they_left(line: Line) -> None:
    run = line(DAY + f"team: {{type: operators, at_shift_end: interrupt, {SHIFT}}}\n"
               "m: {type: manual_station, operators: team, cycle: 7 s, to: out}")  # fmt: skip
    run.advance("130 s")
    # 2 s of the fifth part are done by 30 s; 40 + 5 = 45 s, 52, 59 s, 1 s of the next, which ends at 126 s
    assert leaving(run) == [7, 14, 21, 28, 45, 52, 59, 126]
    assert states(run, "m") == [
        (0, "working"), (30, "idle"), (40, "working"), (60, "idle"), (120, "working"),
    ]  # fmt: skip


def test_that_a_machine_is_off_outside_its_shifts(line: Line) -> None:
    run = line(
        DAY
        + f"team: {{type: operators}}\nm: {{type: manual_station, operators: team, cycle: 7 s, {SHIFT}, to: out}}"
    )
    run.advance("120 s")
    # what has begun at 28 s is finished at 35 s and leaves at 40 s, when it is there again; 54 s + 7 s at 120 s
    assert leaving(run) == [7, 14, 21, 28, 40, 47, 54, 120]
    assert states(run, "m") == [
        (0, "working"), (35, "off"), (40, "working"), (61, "off"), (120, "working"),
    ]  # fmt: skip
    figures = run.kpi()["m"]
    assert figures.off == pytest.approx((5 + 59) / 120)
    assert figures.utilisation == 1.0


def test_that_a_night_shift_goes_over_midnight(line: Line) -> None:
    run = line(
        "team: {type: operators, count: 3, shifts: [{from: 22:00, to: 06:00}, {from: 05:00, to: 14:00, count: 1}]}"
    )
    run.advance("48 h")
    hour = 3600
    assert levels(run, "team.present") == [
        (0, 3), (5 * hour, 4), (6 * hour, 1), (14 * hour, 0), (22 * hour, 3), (29 * hour, 4), (30 * hour, 1),
        (38 * hour, 0), (46 * hour, 3),
    ]  # fmt: skip


# products ----------------------------------------------------------------------------------------------

ALTERNATING = """
s1: {type: source, product: box, every: 40 s, first: 0 s, limit: 3, to: q}
s2: {type: source, product: tall, every: 40 s, first: 20 s, limit: 3, to: q}
q: {type: buffer, to: m}
out: {type: sink}
team: {type: operators}
"""


def test_that_set_up_depends_on_what_came_before(line: Line) -> None:
    """Box, tall, box ... each 20 s; 5 s to tall, 11 s to box; cycles of 2 s and 3 s."""
    run = line(ALTERNATING + "m: {type: manual_station, operators: team, cycle: {box: 2 s, tall: 3 s}, to: out, "
               "setup: {box: {tall: 5 s}, tall: {box: 11 s}}}")  # fmt: skip
    run.advance("160 s")
    assert leaving(run) == [2, 28, 53, 68, 93, 108]
    assert states(run, "m")[:6] == [
        (0, "working"), (2, "starved"), (20, "setup"), (25, "working"), (28, "starved"), (40, "setup"),
    ]  # fmt: skip
    assert run.kpi()["m"].setup == pytest.approx((3 * 5 + 2 * 11) / 160)


def test_that_a_machine_may_be_set_up_for_something_at_the_start_by_setters(line: Line) -> None:
    """Set up for tall: the first box needs 4 s, when the setters have come at 6 s."""
    run = line(ALTERNATING + "setters: {type: operators, shifts: [{from: 6 s, to: 1 h}], repeat: 1 h}\n"
               "m: {type: manual_station, operators: team, cycle: 2 s, to: out, setup: 4 s, set_up_for: tall, "
               "setup_by: setters}")  # fmt: skip
    run.advance("30 s")
    assert leaving(run) == [12, 26]
    assert states(run, "setters") == [(0, "off"), (6, "working"), (10, "idle"), (20, "working"), (24, "idle")]
    assert states(run, "team")[:3] == [(0, "idle"), (10, "working"), (12, "idle")]


def test_that_a_product_without_a_cycle_stops_the_run_and_is_named(line: Line) -> None:
    run = line(ALTERNATING.replace("to: m}", "to: gate}")
               + "gate: {type: diverter, to: {straight: m, left: bin}}\n"
               "bin: {type: sink, pose: {xyz: [0 m, 9 m, 0 m]}}\n"
               "m: {type: manual_station, operators: team, cycle: {box: 2 s}, to: out}")  # fmt: skip
    run.advance("60 s")
    assert run.problem is not None
    assert run.problem.where.id == "m"
    assert "given a tall; it has a cycle for box only" in run.problem.what
