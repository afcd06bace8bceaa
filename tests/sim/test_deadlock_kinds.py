# ruff: noqa: E501  scene text
"""Deadlocks through every kind of device that passes parts on: found and named, and never told of what goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commissioning.bench.load import load_text
from commissioning.model.record import Kind
from commissioning.registry import declarations
from commissioning.sim.deadlock import find_deadlocks
from commissioning.sim.deadlock_watch import DEADLOCK
from commissioning.sim.run import Run

HEAD = """format: commissioning-scene/1
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
  cube: {size: [0.1 m, 0.2 m, 0.2 m]}
devices:
"""
WORKER = "w: {type: operators, count: 1, pose: {xyz: [0 m, 9 m, 0 m]}}"
DRAIN = "drain: {type: sink, pose: {xyz: [0 m, 8 m, 0 m]}}"

# A device `x` that takes parts from `back` and gives them to `wait`; what else it needs; parts that it holds.
KINDS = {
    "station": ("x: {type: station, cycle: 2 s, to: wait}", "", 1),
    "station of two places": ("x: {type: station, cycle: 2 s, parallel: 2, to: wait}", "", 2),
    "station in batches": ("x: {type: station, cycle: 2 s, batch: 2, to: wait}", "", 1),
    "manual_station": ("x: {type: manual_station, cycle: 1 s, operators: w, to: wait}", WORKER, 1),
    "buffer": ("x: {type: buffer, capacity: 2, to: wait}", "", 2),
    "inspection": ("x: {type: inspection, results: {good: 50 %, bad: 50 %}, cycle: 1 s, to: {good: wait, bad: wait}}", "", 1),
    "assembly": ("x: {type: assembly, takes: {box: 1}, cycle: 1 s, to: wait}", "", 1),
    "disassembly": ("x: {type: disassembly, gives: {lids: {product: cube}}, cycle: 1 s, to: {lids: drain, rest: wait}}", DRAIN, 1),
    "turntable": ("x: {type: turntable, takes: {back: 0 deg}, gives: {on: 90 deg}, speed: 90 deg/s, to: {on: wait}}", "", 1),
    "lift": ("x: {type: lift, takes: {back: 0 m}, gives: {on: 1 m}, speed: 1 m/s, to: {on: wait}}", "", 1),
    "shuttle": ("x: {type: shuttle, takes: {back: 0 m}, gives: {on: 1 m}, speed: 1 m/s, to: {on: wait}}", "", 1),
    "rack": ("x: {type: rack, bays: 1, levels: 1, to: wait}", "", 2),
    "crane": ("x: {type: crane, length: 2 m, height: 2 m, speed: 1 m/s, lift_speed: 1 m/s, capacity: 1, to: wait}", "", 1),
    "agvs": ("x: {type: agvs, nodes: {a: [0 m, 0 m], b: [4 m, 0 m], h: [0 m, 2 m]}, paths: [a-b, h-a], vehicles: {v1: h}, takes: {back: a}, gives: {on: b}, speed: 1 m/s, to: {on: wait}}", "", 1),
    "agvs of two": ("x: {type: agvs, nodes: {a: [0 m, 0 m], b: [4 m, 0 m], h: [0 m, 2 m], i: [4 m, 2 m]}, paths: [a-b, h-a, b-i], vehicles: {v1: h, v2: i}, takes: {back: a}, gives: {on: b}, speed: 1 m/s, to: {on: wait}}", "", 2),
    "diverter": ("x: {type: diverter, to: {straight: wait, left: drain}}", DRAIN, 0),
    "diverter before a station": ("x: {type: diverter, to: {straight: s2, left: drain}}", DRAIN + "\ns2: {type: station, cycle: 1 s, pose: {xyz: [0 m, 3 m, 0 m]}, to: wait}", 1),
    "transfer": ("x: {type: transfer, time: 1 s, side: left, to: wait}", "", 0),
    "transfer before a station": ("x: {type: transfer, time: 1 s, side: left, to: s2}", "s2: {type: station, cycle: 1 s, to: wait}", 1),
    "belt": ("x: {type: belt, length: 2 m, speed: 1 m/s, to: wait}", "", 7),
    "curve": ("x: {type: curve, radius: 1 m, angle: 90 deg, speed: 1 m/s, to: wait}", "", 6),
    "roller_conveyor": ("x: {type: roller_conveyor, length: 2 m, zones: 4, speed: 1 m/s, to: wait}", "", 4),
    "chain_conveyor": ("x: {type: chain_conveyor, length: 2 m, zones: 4, speed: 1 m/s, to: wait}", "", 4),
    "roller_conveyor that may turn": ("x: {type: roller_conveyor, length: 2 m, zones: 4, speed: 1 m/s, reversible: true, to: wait, tags: {reverse: Q_Back}}", "", 4),
    "separator": ("x: {type: belt, length: 3 m, speed: 1 m/s, to: wait}", "sep: {type: separator, along: x, at: 1.5 m, gap: 0.5 m}", 10),
    "separator that never lets the next one go": ("x: {type: belt, length: 1.8 m, speed: 1 m/s, to: wait}", "sep: {type: separator, along: x, at: 1.5 m, gap: 0.3 m}", 6),
    "router": ("x: {type: router, routes: {box: [s2]}}", "s2: {type: station, cycle: 1 s, to: wait}", 1),
}  # fmt: skip
NO_RING = {
    "source": "gives only", "sink": "takes always", "stopper": "is told to hold",
    "pusher": "nobody waits for it: it takes parts off a track itself", "popup": "has a scene of its own",
    "merge": "has scenes of its own", "operators": "no parts",
}  # fmt: skip


def scene(rows: str) -> str:
    return HEAD + "".join(f"  {row}\n" for row in rows.strip().splitlines())


def ring(kind: str, parts: int) -> Run:
    """wait (3 places) -> press -> back (1 place) -> x -> wait, with so many parts let in, if there is room."""
    device, more, _ = KINDS[kind]
    return start(f"""
src: {{type: source, product: box, every: 1 s, limit: {parts}, to: wait}}
wait: {{type: buffer, capacity: 3, to: press}}
press: {{type: station, cycle: 2 s, to: back}}
back: {{type: buffer, capacity: 1, to: x}}
{device}
{more}""")


def start(rows: str) -> Run:
    return Run(load_text(scene(rows), Path("scene.yaml")), 1)


def told(run: Run) -> list[int]:
    """Times in s at which a deadlock was journaled."""
    records = run.journal.records()
    mine = records[(records["kind"] == int(Kind.PROBLEM)) & (records["aux"] == DEADLOCK)]
    return [int(row["t"]) // 10**9 for row in mine]


def moves(run: Run, since_s: int) -> int:
    """Parts that came to a carrier since then."""
    records = run.journal.records()
    rows = records[records["t"] > since_s * 10**9]
    return int((rows["kind"] == int(Kind.PART_MOVE)).sum())


def test_that_every_kind_of_device_that_holds_or_passes_parts_is_looked_at() -> None:
    passing = {
        kind
        for (what, kind), one in declarations().items()
        if what == "device" and (one.feeds or one.outputs)
    }
    looked_at = {kind.split(" ")[0] for kind in KINDS} | set(NO_RING)
    assert passing <= looked_at


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "router"])
def test_that_a_ring_through_it_is_found_and_named(kind: str) -> None:
    run = ring(kind, 40)
    run.advance("20 min")
    assert moves(run, 1000) == 0
    (deadlock,) = find_deadlocks(run.line)
    assert told(run) and told(run)[0] <= 420
    named = set(deadlock.devices) | set(deadlock.behind)
    assert named >= {"wait", "press", "back", "src"}
    assert "x" in named or "sep" in named
    held = [part for wait in deadlock.ring for part in wait.parts]
    assert {0, 1} & set(held) and len(held) == len(set(held))
    for wait, ahead in zip(deadlock.ring, [*deadlock.ring[1:], deadlock.ring[0]], strict=True):
        assert wait.on == ahead.device  # each waits for the next one, and the last for the first


def test_that_a_router_is_seen_through_by_what_each_part_wants() -> None:
    """Boxes fill the loop for ever; that cubes still get through the same router changes nothing for them."""
    run = start("""
src: {type: source, product: box, every: 1 s, limit: 12, to: hub}
src2: {type: source, product: cube, every: 5 s, pose: {xyz: [0 m, 5 m, 0 m]}, to: hub}
hub: {type: router, pose: {xyz: [2 m, 0 m, 0 m]}, routes: {box: [wait, press, rest, load, wait, press, rest, load, out], cube: [slow, out]}}
wait: {type: buffer, capacity: 2, pose: {xyz: [3 m, 0 m, 0 m]}, to: hub}
press: {type: station, cycle: 2 s, pose: {xyz: [4 m, 0 m, 0 m]}, to: hub}
rest: {type: buffer, capacity: 1, pose: {xyz: [5 m, 0 m, 0 m]}, to: hub}
load: {type: station, cycle: 2 s, pose: {xyz: [6 m, 0 m, 0 m]}, to: hub}
slow: {type: station, cycle: 50 s, pose: {xyz: [7 m, 0 m, 0 m]}, to: hub}
out: {type: sink, pose: {xyz: [8 m, 0 m, 0 m]}}
""")
    run.advance("30 min")
    (deadlock,) = find_deadlocks(run.line)
    assert set(deadlock.devices) == {"load", "wait", "press", "rest"}
    assert "src" in deadlock.behind and "src2" not in deadlock.behind
    assert run.kpi()["slow"].count > 30  # the cubes


def test_that_a_pop_up_whose_part_comes_back_before_it_closes_a_ring() -> None:
    """Its command may change that, so it is told when nothing has for five minutes."""
    run = start("""
s1: {type: source, product: box, every: 3 s, limit: 1000, to: b1}
b1: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: drain}
drain: {type: sink}
pop: {type: popup, along: b1, at: 2 m, to: b2, tags: {raise: Up}}
b2: {type: belt, length: 2 m, speed: 0.5 m/s, pose: {xyz: [2 m, 0.3 m, 0 m], rpy: [0 deg, 0 deg, 90 deg]}, to: {device: b1, at: 1 m}}
""")
    run.write("Up", True)
    run.advance("20 min")
    (deadlock,) = find_deadlocks(run.line)
    assert set(deadlock.devices) == {"b1", "b2"} and deadlock.commands == ("pop.raise",)
    assert moves(run, 600) == 0 and told(run)[0] >= 300


@pytest.mark.parametrize("rule", ["main", "side", "alternate", "first_come", "gap"])
def test_that_two_belts_that_merge_onto_one_another_are_found_by_every_rule(rule: str) -> None:
    run = start(f"""
s1: {{type: source, product: box, every: 3 s, limit: 1000, to: b1}}
s2: {{type: source, product: box, every: 3 s, limit: 1000, to: b2}}
b1: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 3 m, speed: 0.5 m/s, to: {{device: b2, at: 1 m}}}}
b2: {{type: belt, pose: {{xyz: [4 m, 2 m, 0 m], rpy: [0 deg, 0 deg, 180 deg]}}, length: 3 m, speed: 0.5 m/s, to: {{device: b1, at: 1 m}}}}
mg: {{type: merge, along: b2, at: 1 m, rule: {rule}, hold: 0.5 m}}
""")
    run.advance("20 min")
    (deadlock,) = find_deadlocks(run.line)
    assert set(deadlock.devices) == {"b1", "b2"} and moves(run, 600) == 0


@given(
    kind=st.sampled_from(sorted(set(KINDS) - {"router", "disassembly", "station in batches"})),
    parts=st.integers(1, 20),
)
@example("rack", 6)
@example("rack", 5)
@example("agvs of two", 7)
@example("crane", 5)
@settings(max_examples=60, deadline=None)
def test_that_it_is_found_exactly_when_nothing_moves_any_more(kind: str, parts: int) -> None:
    """Parts in a ring go round for ever, or stand for ever. Looked at every 3 s: whatever is found stands."""
    run = ring(kind, parts)
    first = -1
    for second in range(3, 360, 3):
        run.advance(3.0)
        if first < 0 and find_deadlocks(run.line):
            first = second
    stands = moves(run, 300) == 0
    assert bool(find_deadlocks(run.line)) is stands
    if first >= 0:
        assert moves(run, first) == 0  # no false alarm at any look before


def test_that_a_rack_whose_crane_is_at_work_is_no_deadlock() -> None:
    """Its part cannot leave and another waits to come, but while the crane puts one away the next may follow:
    only a full rack whose crane rests waits for ever."""
    run = start("""
src: {type: source, product: box, every: 1 s, limit: 20, to: wait}
wait: {type: buffer, capacity: 1, to: x}
x: {type: rack, bays: 4, levels: 1, handling: 30 s, to: wait}
""")
    rack = run.line.devices["x"]
    found = []
    for _ in range(80):
        run.advance("10 s")
        busy, blocked = bool(run.tags["x.busy"].value), bool(run.tags["x.ready"].value)
        found.append((bool(find_deadlocks(run.line)), busy, blocked, rack.held))
    assert all(held == 5 and not busy for dead, busy, _, held in found if dead)
    assert found[-1] == (True, False, True, 5)
    assert any(busy and blocked and not dead for dead, busy, blocked, _ in found)


MIXED = """
s: {type: source, mix: {box: 90 %, cube: 10 %}, every: 4 s, to: b}
b: {type: buffer, capacity: 3, to: WAY}
a: {type: assembly, takes: {box: 1, cube: 1}, cycle: 1 s, to: out}
out: {type: sink}
"""


@pytest.mark.parametrize(
    ("way", "more", "names"),
    [
        ("a", "", {"a", "b"}),
        ("x", "x: {type: belt, length: 1 m, speed: 1 m/s, to: a}", {"a", "x"}),
        ("x", "x: {type: transfer, time: 1 s, side: left, to: a}", {"a", "b"}),
        ("x", "x: {type: station, cycle: 1 s, parallel: 2, to: a}", {"a", "x"}),
    ],
)  # fmt: skip
def test_that_an_assembly_before_which_stands_what_it_does_not_want_is_found(
    way: str, more: str, names: set[str]
) -> None:
    """A second box waits before it, and the cube that it lacks can only come behind that."""
    run = start(MIXED.replace("WAY", way) + more)
    run.advance("20 min")
    (deadlock,) = find_deadlocks(run.line)
    assert set(deadlock.devices) == names and "s" in deadlock.behind
    assert moves(run, 600) == 0 and len(told(run)) == 1


def test_that_an_assembly_that_another_one_may_still_bring_its_part_to_is_none() -> None:
    """Boxes wait before it, and the cube comes once an hour, from elsewhere."""
    run = start("""
s: {type: source, product: box, every: 4 s, to: b}
b: {type: buffer, capacity: 3, to: a}
s2: {type: source, product: cube, every: 1 h, pose: {xyz: [0 m, 5 m, 0 m]}, to: a}
a: {type: assembly, takes: {box: 1, cube: 1}, cycle: 1 s, to: out}
out: {type: sink}
""")
    run.advance("5 h")
    assert told(run) == [] and find_deadlocks(run.line) == ()
    assert run.tags["out.count"].value == 4
