"""AGVs: trips at times from closed formulas, reservation of ways, ways out of the way, deadlocks by name."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest

from commissioning.devices.agv import Agvs
from commissioning.model.record import Kind
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

ONE = """
src: {type: source, product: box, every: always, to: fleet}
fleet: {type: agvs, pose: {xyz: [0, 0, 0.5]}, nodes: {a: [0, 0], m: [3, 0], b: [8, 0], c: [8, 6]}, paths: [a-m, m-b, b-c], vehicles: {v1: a}, takes: {src: a}, gives: {on: c}, speed: 2 m/s, acceleration: 1 m/s2, load: 2 s, unload: 1 s, to: {on: out}}
out: {type: sink}
"""
# a way between t and g with a siding at either end where one may park
TWO = """
src: {type: source, product: box, every: always, limit: 12, to: fleet}
fleet: {type: agvs, pose: {xyz: [0, 0, 0.5]}, nodes: {t: [0, 0], x: [2, 0], y: [8, 0], g: [10, 0], h1: [2, 3], h2: [8, 3]}, paths: [t-x, x-y, y-g, x-h1, y-h2], vehicles: {v1: h1, v2: h2}, takes: {src: t}, gives: {on: g}, speed: 1 m/s, acceleration: 1 m/s2, load: 2 s, unload: 1 s, to: {on: out}}
out: {type: sink}
"""
RING = """
s1: {type: source, product: box, every: 1 s, first: 0 s, limit: 1, to: fleet}
s2: {type: source, product: tall, every: 1 s, first: 0 s, limit: 1, to: fleet}
fleet: {type: agvs, pose: {xyz: [0, 0, 0.5]}, nodes: {g2: [0, 0], t1: [4, 0], t2: [8, 0], g1: [12, 0], h1: [4, 3], h2: [8, 3]}, paths: [g2-t1, t1-t2, t2-g1, t1-h1, t2-h2], vehicles: {HOMES}, takes: {s1: t1, s2: t2}, gives: {far: g1, near: g2}, route: {box: far, tall: near}, speed: 1 m/s, to: {far: o1, near: o2}}
o1: {type: sink}
o2: {type: sink}
"""


# the homes have a way out on their own side, and a way back beyond where the other one stands
CROSSED = RING.replace("HOMES", "v1: h1, v2: h2").replace("t1-h1, t2-h2", "h1>t1, g1>h1, h2>t2, g2>h2")


def edges(run: Run, name: str, value: object = True) -> list[float]:
    return [t / 1e9 for t, v in run.journal.edges(name) if v == value and type(v) is type(value) and t]


def way(d: float, v: float, a: float) -> float:
    return d / v + v / a if d >= v * v / a else 2 * sqrt(d / a)


def test_that_a_vehicle_stops_at_corners_only_and_makes_its_trips_in_the_time_of_the_formula(
    line: Line,
) -> None:
    """8 m straight on over a node, then 6 m after a corner; the same way back."""
    run = line(ONE)
    run.advance("100 s")
    trip = way(8, 2, 1) + way(6, 2, 1)
    assert edges(run, "out.count", 1) == pytest.approx([2 + trip + 1], abs=1e-8)
    assert edges(run, "out.count", 2) == pytest.approx([2 + trip + 1 + trip + 2 + trip + 1], abs=2e-8)


def test_that_a_part_rides_on_its_vehicle_round_the_corner(line: Line) -> None:
    run = line(ONE)
    run.advance("20 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    for t, x, y in (
        (1.0, 0, 0),
        (2 + 3.0, 4.0, 0),
        (2 + 6.0, 8.0, 0),
        (2 + 6 + 2.5, 8.0, 3.0),
        (13.5, 8.0, 6.0),
    ):
        assert timeline.poses(round(t * 1e9)).positions[0] == pytest.approx([x, y, 0.5], abs=1e-7)


def test_that_vehicles_never_share_a_path_or_a_node_and_every_part_arrives(line: Line) -> None:
    run = line(TWO)
    run.advance("600 s")
    assert run.tags["out.count"].value == 12
    assert run.tags["fleet.deadlock"].value is False
    gone = [int(r["obj"]) for r in run.journal.records() if r["kind"] == int(Kind.PART_GONE)]
    assert gone == sorted(gone)
    timeline = Timeline(run.journal.header, run.journal.records())
    names = run.journal.header["core"]["drives"]
    numbers = [(names.index(f"fleet.{v}_x"), names.index(f"fleet.{v}_y")) for v in ("v1", "v2")]
    moved = set()
    for t in np.arange(0.0, 600.0, 0.25):
        travel = timeline.body_travel(round(t * 1e9))
        (x1, y1), (x2, y2) = ((travel[i], travel[j]) for i, j in numbers)
        assert abs(x1 - x2) + abs(y1 - y2) > 1.9, f"they meet at {t} s"
        moved.update(v for v, (x, y) in (("v1", (x1, y1)), ("v2", (x2, y2))) if y == 0.0)
    assert moved == {"v1", "v2"}


def test_that_two_vehicles_are_faster_than_one_where_their_ways_are_apart(line: Line) -> None:
    """Two lines of their own: each vehicle makes as many trips as it would alone."""
    text = """
s1: {type: source, product: box, every: always, to: fleet}
s2: {type: source, product: box, every: always, to: fleet}
fleet: {type: agvs, pose: {xyz: [0, 0, 0.5]}, nodes: {a: [0, 0], b: [6, 0], c: [0, 9], d: [6, 9], p: [0, 4], q: [0, 5], r: [-2, 4], s: [-2, 5]}, paths: [a-b, c-d, a-p, p-q, q-c, p-r, q-s], vehicles: {v1: r, v2: s}, takes: {s1: a, s2: c}, gives: {on: b, off: d}, route: {box: on}, speed: 1 m/s, to: {on: o1, off: o2}}
o1: {type: sink}
o2: {type: sink}
"""
    run = line(text.replace("s2: {type: source, product: box", "s2: {type: source, product: tall")
               .replace("route: {box: on}", "route: {box: on, tall: off}"))  # fmt: skip
    run.advance("300 s")
    # there and back 12 s; some way at the beginning
    assert run.tags["o1.count"].value >= 20
    assert run.tags["o2.count"].value >= 20


def test_that_vehicles_that_wait_for_one_another_are_named(line: Line) -> None:
    """Each has a part for beyond where the other one stands, and so is its way home."""
    run = line(CROSSED)
    run.advance("60 s")
    assert run.tags["fleet.deadlock"].value is True
    texts = [run.journal.texts[int(r["a"])] for r in run.journal.records() if r["kind"] == int(Kind.PROBLEM)]
    assert len(texts) == 1
    assert "v1 waits for" in texts[0]
    assert "v2 waits for" in texts[0]


def test_that_a_vehicle_with_a_part_goes_out_of_the_way_of_another(line: Line) -> None:
    """As above, but each may go back to its home, beside where it took its part."""
    run = line(RING.replace("HOMES", "v1: h1, v2: h2"))
    run.advance("120 s")
    assert run.tags["fleet.deadlock"].value is False
    assert (run.tags["o1.count"].value, run.tags["o2.count"].value) == (1, 1)


def test_that_vehicles_whose_ways_home_are_taken_for_a_while_only_are_not_named(line: Line) -> None:
    """As above; the ways home cross one that a third vehicle has from 6 s to 41 s: then they go home."""
    nodes = "k1: [4, 3], k2: [8, 3], h1: [4, 6], h2: [8, 6], p: [-6, 3], q: [28, 3], h3: [-6, 4]"
    paths = "t1-k1, k1-h1, t2-k2, k2-h2, p-k1, k1-k2, k2-q, p-h3"
    text = RING.replace("h1: [4, 3], h2: [8, 3]", nodes).replace("t1-h1, t2-h2", paths)
    text = text.replace("HOMES", "v1: h1, v2: h2, v3: h3").replace("s2: t2}", "s2: t2, s3: p}")
    text = text.replace("gives: {far: g1, near: g2}", "gives: {end: q, near: g2, far: g1}")
    text = text.replace(", tall: near}", "}").replace("near: o2}", "near: o2, end: o3}")
    text = text.replace("speed: 1 m/s,", "speed: 1 m/s, load: 3 s,")
    text += (
        "s3: {type: source, product: tall, every: 1 s, first: 0 s, limit: 1, to: fleet}\no3: {type: sink}\n"
    )
    run = line(text)
    run.advance("40 s")
    assert run.tags["fleet.driving"].value == 1
    assert run.tags["fleet.loaded"].value == 3
    run.advance("160 s")
    assert [value for _, value in run.journal.edges("fleet.deadlock")] == [False]
    assert not any(r["kind"] == int(Kind.PROBLEM) for r in run.journal.records())
    assert [run.tags[f"o{k}.count"].value for k in (1, 2, 3)] == [1, 1, 1]


def test_that_a_vehicle_stays_until_it_may_set_out(line: Line) -> None:
    run = line(ONE.replace("load: 2 s", "load: 2 s, tags: {enable: Q_E}"), "tags: {Q_E: {type: BOOL}}\n")
    run.advance("30 s")
    assert run.tags["fleet.loaded"].value == 1
    run.write("Q_E", True)
    run.advance("30 s")
    assert edges(run, "out.count", 1) == pytest.approx([30 + way(8, 2, 1) + way(6, 2, 1) + 1], abs=1e-8)


@pytest.mark.parametrize("feed", ["belt", "station"])
@pytest.mark.parametrize("take", ["belt", "station", "buffer"])
def test_that_parts_pass_between_a_vehicle_and_other_carriers(line: Line, feed: str, take: str) -> None:
    feeds = {"belt": "f: {type: belt, pose: {xyz: [-1, 0, 0.5]}, length: 1 m, speed: 0.5 m/s, to: fleet}",
             "station": "f: {type: station, pose: {xyz: [-1, 0, 0.5]}, cycle: 1 s, to: fleet}"}  # fmt: skip
    takes = {"belt": "k: {type: belt, length: 1 m, speed: 0.2 m/s, accumulating: false, to: out}",
             "station": "k: {type: station, cycle: 9 s, to: out}",
             "buffer": "k: {type: buffer, capacity: 1, to: w}\nw: {type: station, cycle: 20 s, to: out}"}  # fmt: skip
    text = TWO.replace("every: always, limit: 12, to: fleet", "every: 2 s, limit: 8, to: f")
    text = text.replace("takes: {src: t}", "takes: {f: t}").replace("{on: out}", "{on: k}")
    run = line(text + feeds[feed] + "\n" + takes[take])
    for _ in range(40):
        run.advance("10 s")
        assert all(part.owner is not None for part in run.line.parts.values())
    assert run.tags["out.count"].value == 8
    assert run.kpi()["fleet"].count == 8
    gone = [int(r["obj"]) for r in run.journal.records() if r["kind"] == int(Kind.PART_GONE)]
    assert gone == sorted(gone)


@pytest.mark.parametrize(("wrong", "says"), [
    (ONE.replace("m-b, ", ""), "no way of fleet leads"),
    (ONE.replace("b-c]", "b-z]"), "no node 'z'"),
    (ONE.replace("gives: {on: c}", "gives: {on: z}"), "no node 'z'"),
    (TWO.replace("v2: h2", "v2: h1"), "one home"),
    (TWO.replace("v2: h2", "v2: y"), "in the way"),
    (TWO.replace("takes: {src: t}", "takes: {out: t}"), "add it to takes"),
    (ONE.replace("m: [3, 0]", "m: [0, 0]"), "no length"),
    (ONE.replace("m: [3, 0]", "m: [3]"), "two lengths"),
])  # fmt: skip
def test_that_a_wrong_fleet_is_a_problem(line: Line, wrong: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        line(wrong)


def test_that_a_tick_loop_makes_the_same_trip_within_five_ticks_a_leg(line: Line) -> None:
    run = line(ONE)
    run.advance("30 s")
    exact = edges(run, "out.count", 1)[0]
    late = []
    for dt in (1e-3, 1e-4):
        n = 0
        for d in (8.0, 6.0):
            s = v = 0.0
            while d - s > 0.1 * dt * dt:
                v = min(v + dt, 2.0, sqrt(dt * dt + 2 * (d - s)) - dt)
                s += v * dt
                n += 1
        late.append(abs(2 + n * dt + 1 - exact))
    assert late[0] <= 2 * 5e-3 + 1e-9
    assert late[1] <= 0.2 * late[0]


@pytest.mark.parametrize("seed", range(12))
def test_that_on_random_paths_every_part_arrives_or_the_deadlock_is_named(line: Line, seed: int) -> None:
    """Random trees, the vehicles park at twigs of their own; what a vehicle is on is always its own."""
    chance = random.Random(seed)
    count, fleet = chance.randint(4, 9), chance.randint(1, 3)
    nodes = [f"n{k}" for k in range(count)] + [f"h{k}" for k in range(fleet)]
    places = chance.sample([(x, y) for x in range(9) for y in range(9)], len(nodes))
    paths = [f"n{chance.randrange(k)}-n{k}" for k in range(1, count)]
    paths += [f"n{chance.randrange(count)}-h{k}" for k in range(fleet)]
    stops = chance.sample(nodes[:count], 4)
    run = line(f"""
s1: {{type: source, product: box, every: {{exponential: 20 s}}, limit: 15, to: f}}
s2: {{type: source, product: box, every: {{exponential: 30 s}}, limit: 10, to: f}}
f: {{type: agvs, pose: {{xyz: [0, 0, 0.5]}}, nodes: {{{', '.join(f'{n}: [{3 * x}, {3 * y}]' for n, (x, y) in zip(nodes, places, strict=True))}}}, paths: [{', '.join(paths)}], vehicles: {{{', '.join(f'v{k}: h{k}' for k in range(fleet))}}}, takes: {{s1: {stops[0]}, s2: {stops[1]}}}, gives: {{on: {stops[2]}, off: {stops[3]}}}, speed: 2 m/s, acceleration: 1 m/s2, load: 1 s, to: {{on: o1, off: o2}}}}
o1: {{type: sink}}
o2: {{type: sink}}
""", seed=seed)  # fmt: skip
    device = run.line.devices["f"]
    assert isinstance(device, Agvs)
    for _ in range(300):
        run.advance("10 s")
        for vehicle in device.vehicles:
            on = device.paths.needs(vehicle.legs[0]) if vehicle.legs else []
            assert {device.reserved.get(one) for one in [vehicle.node, *on]} == {vehicle.number}
    arrived = run.tags["o1.count"].value + run.tags["o2.count"].value
    if run.tags["f.deadlock"].value:
        assert len(device.named) >= 2
    else:
        assert arrived == 25
        assert all(vehicle.node == vehicle.home for vehicle in device.vehicles)
