"""Racks and routers: times from the geometry, orders by hand, and Bozer and White's travel time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commissioning.model.problem import Problems
from commissioning.model.record import Kind
from commissioning.sim.deadlock import find_deadlocks
from commissioning.sim.run import Run

Line = Callable[..., Run]


def edges(run: Run, name: str) -> list[tuple[float, Any]]:
    return [(t / 1e9, value) for t, value in run.journal.edges(name) if t]


RACK = """
src: {{type: source, product: box, every: 1 s, first: 0 s, limit: {limit}, to: r}}
r: {{type: rack, bays: 4, levels: 2, pitch: 1 m, height: 1 m, speed: 1 m/s, lift_speed: 0.5 m/s, handling: 3 s, to: out{more}}}
out: {{type: sink}}
"""


def test_that_the_crane_takes_the_longer_of_both_ways_and_handles_twice(line: Line) -> None:
    """Take at the place 3 s, 1 s to bay 1, 3 s to put: 7 s. Back 1 s, 3 s, 2 s to bay 2, 3 s: 16 s.

    The third goes to bay 1, level 2 (2 s up; bay 3 would be 3 s): 16 + 2 + 3 + 2 + 3 s.
    """
    run = line(RACK.format(limit=3, more=", tags: {retrieve: Q_Get, address: Q_At}"))
    run.advance("100 s")
    assert edges(run, "r.stored") == [(7, 1), (16, 2), (26, 5)]
    run.write("Q_At", 2)
    run.write("Q_Get", True)
    run.advance("60 s")
    # from bay 1, level 2 to bay 2, level 1: 2 s; take 3 s, back 2 s, put 3 s
    assert edges(run, "out.count") == [(110, 1)]
    assert edges(run, "r.retrieved") == [(110, 2)]


@pytest.mark.parametrize(("rule", "order"), [("fifo", [0, 1, 2]), ("lifo", [2, 1, 0])])
def test_that_parts_come_back_in_the_order_that_was_said(line: Line, rule: str, order: list[int]) -> None:
    more = f", retrieves: {rule}, tags: {{retrieve: Q_Get}}"
    run = line(RACK.format(limit=3, more=more))
    run.advance("100 s")
    for _ in range(4):
        run.write("Q_Get", True)
        run.advance("1 s")
        run.write("Q_Get", False)
    run.advance("100 s")
    records = run.journal.records()
    assert records["obj"][records["kind"] == int(Kind.PART_GONE)].tolist() == order
    assert run.tags["r.refused"].value is True  # the fourth command finds none


def test_that_a_product_can_be_asked_for(line: Line) -> None:
    run = line("s1: {type: source, product: box, every: 1 s, first: 0 s, limit: 2, to: r}\n"
               "s2: {type: source, product: tall, every: 1 s, first: 0.5 s, limit: 1, to: r}\n"
               "r: {type: rack, bays: 5, levels: 1, to: out, tags: {retrieve: Q_Get, product: Q_Which}}\nout: {type: sink}")  # fmt: skip
    run.advance("100 s")
    run.write("Q_Which", 2)
    run.write("Q_Get", True)
    run.advance("100 s")
    records = run.journal.records()
    made = {int(r["obj"]): int(r["aux"]) for r in records[records["kind"] == int(Kind.PART_MADE)]}
    gone = records["obj"][records["kind"] == int(Kind.PART_GONE)].tolist()
    assert [made[part] for part in gone] == [1]


def test_that_an_occupied_address_is_refused_until_another_is_given(line: Line) -> None:
    """The first part is there at 0 s, before the address is given; the next goes 2 s along and up."""
    run = line(RACK.format(limit=3, more=", tags: {retrieve: Q_Get, store_at: Q_To}"))
    run.write("Q_To", 6)
    run.advance("50 s")
    assert edges(run, "r.stored") == [(7, 1), (16, 6)]
    assert run.tags["r.refused"].value is True
    run.write("Q_To", 3)
    run.advance("50 s")
    assert run.tags["r.refused"].value is False
    assert run.tags["r.count"].value == 3


def test_that_without_commands_a_rack_is_a_buffer_that_keeps_every_part(line: Line) -> None:
    run = line(
        RACK.format(limit=40, more="").replace("to: out", "to: m")
        + "m: {type: station, cycle: 30 s, to: out}"
    )
    run.advance("600 s")
    assert run.line.devices["r"].held + run.tags["out.count"].value + run.line.devices["m"].held <= 40
    assert run.tags["r.count"].value <= 8
    run.advance("2000 s")
    assert run.tags["out.count"].value == 40
    records = run.journal.records()
    assert records["obj"][records["kind"] == int(Kind.PART_GONE)].tolist() == list(range(40))


def test_that_the_mean_way_is_that_of_bozer_and_white(line: Line) -> None:
    """Single command, place at the corner, random slots: T (1 + b^2 / 3), with T the longer and b T the
    shorter of the times to the far end and to the top (Bozer and White 1984). 100 x 40 slots stand for the
    continuous rack: within the half slot that they are off.
    """
    run = line("src: {type: source, product: box, every: 1 s, to: r}\n"
               "r: {type: rack, bays: 100, levels: 40, pitch: 0.5 m, height: 0.5 m, speed: 2 m/s, lift_speed: 1 m/s, to: out}\n"
               "out: {type: sink}")  # fmt: skip
    rack: Any = run.line.devices["r"]
    mean = sum(2 * rack.way(0, address) for address in range(1, 4001)) / 4000 / 1e9
    longer, b = 100 * 0.5 / 2, (40 * 0.5 / 1) / (100 * 0.5 / 2)
    assert mean == pytest.approx(longer * (1 + b**2 / 3), rel=0.01)


SHOP = """
s1: {type: source, product: box, every: 10 s, first: 0 s, limit: 3, to: hub}
s2: {type: source, product: tall, every: 10 s, first: 5 s, limit: 3, to: hub}
hub: {type: router, routes: {box: [saw, drill, out], tall: [drill, saw, drill, out]}}
saw: {type: station, cycle: 2 s, to: hub, pose: {xyz: [0, 2, 1]}}
drill: {type: station, cycle: 1 s, to: hub, pose: {xyz: [0, 4, 1]}}
out: {type: sink, pose: {xyz: [0, 6, 1]}}
"""


def test_that_parts_go_the_route_of_their_product(line: Line) -> None:
    run = line(SHOP)
    run.advance("100 s")
    assert edges(run, "out.count") == [(3, 1), (9, 2), (13, 3), (19, 4), (23, 5), (29, 6)]
    kpi = run.kpi()
    assert (kpi["saw"].count, kpi["drill"].count) == (6, 9)


def test_that_a_part_waits_where_it_is_until_its_next_stop_has_a_place(line: Line) -> None:
    """The drill needs 20 s: the second box is sawn at 12 s, stays in the saw and goes to the drill at 22 s."""
    run = line(SHOP.replace("cycle: 1 s", "cycle: 20 s").replace("s2:", "# s2:"))
    run.advance("100 s")
    assert [t for t, done in edges(run, "saw.done") if not done] == [22, 42]
    assert edges(run, "out.count") == [(22, 1), (42, 2), (62, 3)]


def test_that_a_ring_of_stops_that_wait_for_one_another_is_found(line: Line) -> None:
    """At 9 s the first box is sawn and wants the drill, where a tall is; at 13 s that wants the saw."""
    run = line(SHOP.replace("cycle: 2 s", "cycle: 9 s").replace("cycle: 1 s", "cycle: 8 s"))
    run.advance("12 s")
    assert not find_deadlocks(run.line)
    run.advance("2 s")
    (found,) = find_deadlocks(run.line)
    assert {*found.devices, *found.behind} >= {"saw", "drill", "hub"}


@pytest.mark.parametrize(
    ("routes", "what"),
    [
        ("{box: []}", "route is empty"),
        ("{}", "routes is empty"),
        ("{box: [saw, lathe, out]}", "no device 'lathe'"),
        ("{bolt: [saw, out]}", "no product 'bolt'"),
        ("{box: [saw, out, drill]}", "do not come back from out"),
        ("{box: [saw, eye, out]}", "eye takes no parts"),
    ],
)
def test_that_a_wrong_route_is_a_problem(line: Line, routes: str, what: str) -> None:
    shop = SHOP.replace("{box: [saw, drill, out], tall: [drill, saw, drill, out]}", routes)
    with pytest.raises(Problems, match=what) as caught:
        line(shop + "eye: {type: push_button, pose: {xyz: [0, 0, 0]}}")
    assert all(problem.where.id.startswith("devices.hub.routes") for problem in caught.value.problems)


def test_that_a_product_without_a_route_stops_the_run_and_is_named(line: Line) -> None:
    """Somebody may send it another way, before it comes to the hub, so that it is no problem of the scene."""
    gate = (
        "gate: {type: diverter, to: {straight: hub, left: bin}}\n"
        "bin: {type: sink, pose: {xyz: [0 m, 9 m, 0 m]}}\n"
    )
    shop = SHOP.replace(", tall: [drill, saw, drill, out]", "").replace(
        "s2: {type: source, product: tall, every: 10 s, first: 5 s, limit: 3, to: hub}",
        "s2: {type: source, product: tall, every: 10 s, first: 5 s, limit: 3, to: gate}",
    )
    run = line(shop.rstrip() + "\n" + gate)
    run.advance("60 s")
    assert run.problem is not None
    assert "hub was given a tall, which has no route" in run.problem.what
