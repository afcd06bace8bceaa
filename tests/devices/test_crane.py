"""Crane: rounds at times from closed formulas, commands, what rides, means over a rack of slots, ticks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from math import sqrt

import pytest

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

LIMITS = "speed: 2 m/s, acceleration: 0.5 m/s2, lift_speed: 0.5 m/s, lift_acceleration: 1 m/s2"
RACK = f"""
src: {{type: source, product: box, every: always, to: cr}}
cr: {{type: crane, pose: {{xyz: [0, 0, 0.5]}}, length: 20 m, height: 4 m, bays: 2, levels: 1, {LIMITS}, pick: 3 s, deposit: 2 s, cycle: CYCLE, stock: 1, product: tall, to: out}}
out: {{type: sink}}
"""


def edges(run: Run, name: str, value: object = True) -> list[float]:
    return [t / 1e9 for t, v in run.journal.edges(name) if v == value and type(v) is type(value) and t]


def about(*times: float) -> object:
    return pytest.approx(list(times), abs=3e-8)


def along(d: float) -> float:
    return d / 2 + 4 if d >= 8 else 2 * sqrt(d / 0.5)


def up(d: float) -> float:
    return d / 0.5 + 0.5 if d >= 0.25 else 2 * sqrt(d)


NEAR, FAR = max(along(5), up(2)), max(along(15), up(2))  # slots at 5 m and 15 m, 2 m up


def test_that_a_dual_round_stores_and_fetches_on_its_way(line: Line) -> None:
    """One slot is in use, the other one is free: there, 10 m on to the other, and back, whichever it is."""
    run = line(RACK.replace("CYCLE", "dual"))
    run.advance("200 s")
    # the first round goes for the stock alone if nothing has come yet at time 0
    cycle = 3 + NEAR + 2 + along(10) + 3 + FAR + 2
    times = edges(run, "cr.cycles", 1) + edges(run, "cr.cycles", 2) + edges(run, "cr.cycles", 3)
    assert times[1] - times[0] == pytest.approx(cycle, abs=3e-8)
    assert times[2] - times[1] == pytest.approx(cycle, abs=3e-8)
    assert run.tags["cr.count"].value in (1, 2)


def test_that_single_rounds_take_turns(line: Line) -> None:
    run = line(RACK.replace("CYCLE", "single"))
    run.advance("200 s")
    both = []
    for n in range(1, 6):
        both += edges(run, "cr.cycles", n)
    rounds = [b - a for a, b in pairwise(both)]
    possible = [3 + 2 + 2 * way for way in (NEAR, FAR)]
    for one in rounds:
        assert min(abs(one - way) for way in possible) < 3e-8
    kinds = [int(r["aux"]) for r in run.journal.records() if r["kind"] == int(Kind.PART_MOVE)][1:]
    # stored: onto the crane, into the slot; fetched: onto the crane, and away
    assert kinds[:6] in ([3, 2, 3, 3, 2, 3], [3, 3, 2, 3, 3, 2])


def test_that_a_plc_says_what_is_stored_where_and_fetched_from_where(line: Line) -> None:
    run = line(RACK.replace("CYCLE", "single").replace("stock: 1, product: tall, to: out",
               "to: out, tags: {store: Q_S, retrieve: Q_R, store_at: Q_Sa, retrieve_from: Q_Ra}"),
               "tags: {Q_S: {type: BOOL}, Q_R: {type: BOOL}, Q_Sa: {type: UDINT}, Q_Ra: {type: UDINT}}\n")  # fmt: skip
    run.advance("5 s")
    assert run.tags["cr.busy"].value is False
    run.write("Q_Sa", 3)
    run.write("Q_S", True)
    run.advance("1 s")
    assert run.tags["cr.refused"].value is True
    run.write("Q_Sa", 2)
    run.advance("1 s")
    run.write("Q_S", False)
    run.advance("60 s")
    assert edges(run, "cr.cycles", 1) == about(6 + 3 + FAR + 2 + FAR)
    run.write("Q_Ra", 1)
    run.write("Q_R", True)
    run.advance("1 s")
    assert run.tags["cr.refused"].value is True  # there is nothing
    run.write("Q_Ra", 2)
    run.advance("60 s")
    assert edges(run, "out.count", 1) == about(68 + FAR + 3 + FAR + 2)
    assert run.kpi()["cr"].count == 1


def test_that_a_part_rides_on_the_fork_of_the_mast(line: Line) -> None:
    run = line(RACK.replace("CYCLE", "single").replace("stock: 1, product: tall, ", "")
               .replace("cr}\ncr", "cr}\ncr").replace("to: out}", "to: out, tags: {store_at: Q_At}}", 1),
               "tags: {Q_At: {type: UDINT}}\nscenarios: {s: {steps: [{at: 0 s, set: {Q_At: 2}}]}}\nrun: {scenario: s}\n")  # fmt: skip
    run.advance("60 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    half = timeline.poses(round((3 + along(15) / 2) * 1e9))
    x, y, z = half.positions[0]
    assert x == pytest.approx(7.5, abs=1e-6)
    assert (y, z) == pytest.approx((0.0, 2.5), abs=1e-6)  # up long since
    assert half.carriers[0][0] == CarrierKind.BODY
    early = timeline.poses(4_000_000_000)  # 1 s on the way: 0.25 m along, 0.5 * (1 - 0.25) m up
    assert early.positions[0] == pytest.approx([0.25, 0.0, 0.5 + 0.375], abs=1e-6)
    stored = timeline.poses(round((3 + FAR + 2.5) * 1e9))
    assert stored.carriers[0][0] == CarrierKind.SLOT
    assert stored.positions[0][[0, 2]] == pytest.approx([15.0, 2.5])


def test_that_it_waits_with_a_fetched_part_until_it_is_taken(line: Line) -> None:
    run = line(RACK.replace("CYCLE", "dual").replace("to: out}", "to: st}", 1)
               .replace("stock: 1", "stock: 2") + "st: {type: station, cycle: 100 s, to: out}")  # fmt: skip
    run.advance("300 s")
    states = [(int(r["aux"]), int(r["t"]) / 1e9) for r in run.journal.records()
              if r["kind"] == int(Kind.STATE) and r["obj"] == run.line.object_index["cr"]]  # fmt: skip
    assert 3 in [state for state, _ in states]
    counts = run.journal.edges("out.count")
    assert counts[2][0] - counts[1][0] == 100_000_000_000


@pytest.mark.parametrize("io", [0.0, 3.3])
def test_that_single_rounds_in_a_rack_of_slots_have_the_mean_over_its_slots(line: Line, io: float) -> None:
    """Where parts come and go lies `io` m along the rack: by enumeration of its 6 x 3 slots."""
    run = line("src: {type: source, product: box, every: always, to: cr}\n"
               "cr: {type: crane, length: 12 m, height: 4.5 m, bays: 6, levels: 3, speed: 1.5 m/s, acceleration: 1 m/s2, lift_speed: 0.5 m/s, "
               f"pick: 2 s, deposit: 1 s, cycle: single, io_x: {io} m, stock: 9, product: box, to: out}}\nout: {{type: sink}}")  # fmt: skip
    ways = []
    for bay, level in product(range(6), range(3)):
        d = abs(2 * bay + 1 - io)
        ways.append(max(d / 1.5 + 1.5 if d >= 2.25 else 2 * sqrt(d), (1.5 * level + 0.75) / 0.5))
    exact = 3 + 2 * sum(ways) / 18
    run.advance(5000 * exact)
    assert 5000 * exact / run.tags["cr.cycles"].value == pytest.approx(exact, rel=0.01)


def test_that_the_rules_nearest_and_fifo_do_what_they_say(line: Line) -> None:
    run = line("src: {type: source, product: box, every: 30 s, first: 0 s, to: cr}\n"
               "cr: {type: crane, length: 12 m, height: 3 m, bays: 4, levels: 2, speed: 1 m/s, lift_speed: 1 m/s, storage: nearest, retrieval: fifo, to: out, tags: {retrieve: Q}}\n"
               "out: {type: sink}", "tags: {Q: {type: BOOL}}\n")  # fmt: skip
    run.advance("100 s")
    crane = run.line.devices["cr"]
    assert list(crane.rack.parts) == [1, 5, 2, 6]  # type: ignore[attr-defined]
    run.write("Q", True)
    run.advance("100 s")
    gone = [int(r["obj"]) for r in run.journal.records() if r["kind"] == int(Kind.PART_GONE)]
    assert gone[:4] == [0, 1, 2, 3]


@pytest.mark.parametrize(("wrong", "says"), [
    (RACK.replace("CYCLE", "dual").replace("levels: 1, ", ""), "bays or levels"),
    (RACK.replace("CYCLE", "dual").replace("stock: 1", "stock: 3"), "do not fit"),
    (RACK.replace("CYCLE", "dual").replace(", product: tall", ""), "needs a product"),
    (RACK.replace("CYCLE", "dual").replace("bays: 2, levels: 1", "bays: 2000, levels: 200"), "use several"),
    (RACK.replace("CYCLE", "dual").replace("lift_acceleration: 1 m/s2", "lift_jerk: 1 m/s3"), "lift_jerk"),
])  # fmt: skip
def test_that_a_wrong_crane_is_a_problem(line: Line, wrong: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        line(wrong)


def ticked(dt: float, x: float, z: float) -> float:
    """A round that stores at (x, z) by a clock: both axes driven as fast as each may stop in time."""

    def way(d: float, speed: float, rate: float) -> int:
        s = v = 0.0
        n = 0
        while d - s > 0.1 * rate * dt * dt:
            v = max(min(v + rate * dt, speed, sqrt((rate * dt) ** 2 + 2 * rate * (d - s)) - rate * dt), 0.0)
            s += v * dt
            n += 1
        return n

    there = max(way(x, 2.0, 0.5), way(z, 0.5, 1.0))
    return (round(3 / dt) + there + round(2 / dt) + there) * dt


def test_that_a_tick_loop_makes_the_same_round_within_five_ticks_a_way(line: Line) -> None:
    run = line(RACK.replace("CYCLE", "single").replace("stock: 1, product: tall, ", ""))
    run.advance("100 s")
    exact = edges(run, "cr.cycles", 1)[0]
    slot = 5.0 if abs(exact - (5 + 2 * NEAR)) < 1e-6 else 15.0
    coarse, fine = (abs(ticked(dt, slot, 2.0) - exact) for dt in (1e-3, 1e-4))
    assert coarse <= 2 * 5e-3
    assert fine <= max(0.2 * coarse, 2e-4)
