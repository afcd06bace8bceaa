"""Shuttle, lift and turntable: times from closed formulas, commands of a PLC, parts that ride, ticks."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

import numpy as np
import pytest

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

CAR = """
src: {type: source, product: box, every: always, to: car}
car: {type: shuttle, pose: {xyz: [0, 0, 0.8]}, takes: {src: 0 m}, gives: {on: 12 m}, speed: 2 m/s, acceleration: 1 m/s2, load: 4 s, unload: 3 s, to: {on: out}}
out: {type: sink}
"""
TWO_BELTS = """
s1: {type: source, product: box, every: 9 s, first: 0 s, to: b1}
b1: {type: belt, pose: {xyz: [0, -2.3 m, 0]}, length: 2 m, speed: 0.5 m/s, to: car}
s2: {type: source, product: tall, every: 9 s, first: 0.5 s, to: b2}
b2: {type: belt, pose: {xyz: [4 m, -2.3 m, 0]}, length: 2 m, speed: 0.5 m/s, to: car}
car: {type: shuttle, pose: {xyz: [0, 0, 0]}, takes: {b1: 0 m, b2: 4 m}, gives: {near: 1 m, far: 9 m}, speed: 2 m/s, acceleration: 1 m/s2, load: 1 s, unload: 0.5 s, route: {tall: far, box: near}, to: {near: o1, far: o2}}
o1: {type: sink}
o2: {type: sink}
"""


def edges(run: Run, name: str, value: object = True) -> list[float]:
    return [t / 1e9 for t, v in run.journal.edges(name) if v == value and type(v) is type(value) and t]


def trapezoid(d: float, v: float = 2.0, a: float = 1.0) -> float:
    return d / v + v / a if d >= v * v / a else 2 * sqrt(d / a)


def about(*times: float) -> object:
    return pytest.approx(list(times), abs=2e-8)


def test_that_a_shuttle_makes_its_round_trips_in_the_time_of_the_formula(line: Line) -> None:
    """load + d/v + v/a + unload + d/v + v/a = 4 + 8 + 3 + 8 s."""
    run = line(CAR)
    run.advance("200 s")
    assert edges(run, "out.count", 1) == about(15)
    assert edges(run, "out.count", 5) == about(15 + 4 * 23)
    assert edges(run, "car.loaded") == about(*(4 + 23 * k for k in range(9)))
    assert edges(run, "car.at", 2) == about(*(12 + 23 * k for k in range(9)))
    assert run.tags["car.move_time"].value == 8.0


def test_that_who_waits_longest_is_served_first_and_products_have_their_exits(line: Line) -> None:
    """Box at 4 s at 0 m, tall at 4.5 s at 4 m.

    Box: taken 4 to 5 s, to 1 m by 5 + 2 s, given at 7.5 s. Tall: 3 m on, taken from 7.5 + 2 sqrt(3) s, 1 s, 5 m on.
    """
    run = line(TWO_BELTS)
    run.advance("27.5 s")
    tall = 7.5 + trapezoid(3)
    assert edges(run, "o1.count", 1) == about(7.5)
    assert edges(run, "o2.count", 1) == about(tall + 1 + trapezoid(5) + 0.5)
    assert edges(run, "car.called", 2)[:1] == about(4.5)
    # the second box has waited since 13 s, the car is at 9 m with the tall one until then
    free = tall + 1 + trapezoid(5) + 0.5
    assert edges(run, "o1.count", 2) == about(max(free, 13.0) + trapezoid(9) + 1 + trapezoid(1) + 0.5)


def test_that_a_plc_sends_the_car_and_may_change_its_mind_on_the_way(line: Line) -> None:
    run = line(TWO_BELTS.replace("to: {near", "tags: {place: Q_Place, at: I_At, give: Q_Give}, to: {near"),
               "tags: {Q_Place: {type: UINT}, I_At: {type: UINT}, Q_Give: {type: BOOL}}\n")  # fmt: skip
    run.advance("10 s")
    assert run.tags["car.loaded"].value is True  # it stands at place 1 and takes what comes there
    run.write("Q_Place", 4)  # 9 m
    run.advance("3 s")  # 2 m of ramp and 2 m
    assert run.line.drives[run.line.devices["car"].drive.index].travel(run.now_ns) == pytest.approx(4.0)
    run.write("Q_Place", 3)  # back to 1 m: stops at 6 m after 2 s, then 5 m
    run.advance("20 s")
    assert edges(run, "I_At", 3) == about(13 + 2 + trapezoid(5))
    assert not edges(run, "o1.count", 1)  # it may not give yet
    run.write("Q_Give", True)
    run.advance("1 s")
    assert edges(run, "o1.count", 1) == about(33.5)
    run.write("Q_Place", 7)
    run.advance("1 s")
    assert run.tags["car.refused"].value is True
    assert run.tags["car.at"].value == 3


def test_that_a_car_waits_with_its_part_until_there_is_a_place(line: Line) -> None:
    run = line(CAR.replace("to: {on: out}", "to: {on: st}") + "st: {type: station, cycle: 30 s, to: out}")
    run.advance("150 s")
    # in the station at 15 s, out at 45 s; the second one is there at 38 s and goes on at 45 s
    assert edges(run, "out.count", 1) == about(45)
    assert edges(run, "out.count", 2) == about(75)
    states = [(int(r["t"]) / 1e9, int(r["aux"])) for r in run.journal.records()
              if r["kind"] == int(Kind.STATE) and r["obj"] == run.line.object_index["car"]]  # fmt: skip
    assert (pytest.approx(38.0), 3) in states


def test_that_a_car_is_starved_without_parts_and_idle_where_it_may_not_take_one(line: Line) -> None:
    """Shares by formula: the part comes at 10 s, may be taken from 30 s on, is gone at 30 + 4 + 8 + 3 s."""
    run = line(CAR.replace("every: always", "every: 100 s, first: 10 s").replace("load: 4 s", "load: 4 s, tags: {take: Q_T}"),
               "tags: {Q_T: {type: BOOL}}\n")  # fmt: skip
    run.advance("30 s")
    run.write("Q_T", True)
    run.advance("50 s")
    shares = run.kpi()["car"]
    assert shares.starved == pytest.approx((10 + 35) / 80, abs=1e-6)
    assert shares.idle == pytest.approx(20 / 80, abs=1e-6)
    assert shares.working == pytest.approx(15 / 80, abs=1e-6)


def test_that_a_lift_with_limited_jerk_takes_the_time_of_its_s_curve(line: Line) -> None:
    """3 m at 0.5 m/s, 0.8 m/s2, 2 m/s3: v j >= a^2, so v/a + a/j + d/v = 0.625 + 0.4 + 6 s."""
    run = line("src: {type: source, product: box, every: 60 s, first: 0 s, to: b1}\n"
               "b1: {type: belt, pose: {xyz: [0, 0, 0.5]}, length: 1 m, speed: 0.5 m/s, to: up}\n"
               "up: {type: lift, takes: {b1: 0 m}, gives: {top: 3 m}, speed: 0.5 m/s, acceleration: 0.8 m/s2, jerk: 2 m/s3, to: {top: b2}}\n"
               "b2: {type: belt, length: 1 m, speed: 0.5 m/s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("30 s")
    assert edges(run, "up.at", 2) == about(2 + 7.025)
    assert edges(run, "out.count", 1) == about(2 + 7.025 + 2)
    timeline = Timeline(run.journal.header, run.journal.records())
    poses = timeline.poses(2_000_000_000 + 3_512_500_000)  # half way in time is half way in height
    assert poses.positions[0] == pytest.approx([1.4, 0.0, 0.5 + 1.5], abs=1e-6)
    assert poses.carriers[0][0] == CarrierKind.BODY
    assert run.line.lane_plans[1].zones[0].pose.xyz == pytest.approx((1.8, 0.0, 3.5))


def test_that_a_part_turns_with_the_table(line: Line) -> None:
    """90 deg at 60 deg/s with 120 deg/s2: 0.5 s up and down, 1.5 + 0.5 s; the table is 0.8 m wide."""
    run = line("src: {type: source, product: box, every: 60 s, first: 0 s, to: b1}\n"
               "b1: {type: belt, pose: {xyz: [0, 0, 0.5]}, length: 1 m, speed: 0.5 m/s, to: t}\n"
               "t: {type: turntable, takes: {b1: 0 deg}, gives: {left: 90 deg}, speed: 60 deg/s, acceleration: 120 deg/s2, load: 1 s, to: {left: b2}}\n"
               "b2: {type: belt, length: 1 m, speed: 0.5 m/s, to: out}\nout: {type: sink}")  # fmt: skip
    run.advance("20 s")
    assert edges(run, "t.at", 2) == about(2 + 1 + 2)
    assert edges(run, "out.count", 1) == about(5 + 2)
    timeline = Timeline(run.journal.header, run.journal.records())
    poses = timeline.poses(4_000_000_000)  # 45 deg
    assert poses.positions[0] == pytest.approx([1.4, 0.0, 0.5], abs=1e-6)
    w, _, _, z = poses.quaternions[0]
    assert 2 * np.arctan2(z, w) == pytest.approx(pi / 4, abs=1e-6)
    out = run.line.lane_plans[1].zones[0].pose
    assert out.xyz == pytest.approx((1.4, 0.4, 0.5))
    assert out.rotate((1.0, 0.0, 0.0)) == pytest.approx((0.0, 1.0, 0.0))


def test_that_a_car_carries_its_part_along_the_rails(line: Line) -> None:
    run = line(CAR)
    run.advance("20 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    for t, x in ((2.0, 0.0), (4 + 1.0, 0.5), (4 + 4.0, 6.0), (14.0, 12.0)):
        assert timeline.poses(round(t * 1e9)).positions[0] == pytest.approx([x, 0.0, 0.8], abs=1e-7)


@pytest.mark.parametrize(("wrong", "says"), [
    (CAR.replace("src: 0 m", "out: 0 m"), "add it to takes"),
    (CAR.replace("acceleration: 1 m/s2", "jerk: 1 m/s3"), "no acceleration"),
    (CAR.replace("load: 4 s", "route: {box: left}"), "no exit left"),
    (CAR.replace("to: {on: out}", "to: {off: out}"), "no exit 'off'"),
    (CAR.replace("takes: {src: 0 m}", "takes: {belt7: 0 m}"), "no device"),
])  # fmt: skip
def test_that_a_wrong_car_is_a_problem(line: Line, wrong: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        line(wrong)


def ticked(dt: float, end: float) -> list[float]:
    """TWO_BELTS by a clock: times at which parts come to (o1, o2), in order. Written without the product."""
    belts = [
        {"s": 9.0 * 0, "at": 0.0, "next": 0.0, "x": [], "kind": 0},
        {"at": 4.0, "next": 0.5, "x": [], "kind": 1},
    ]
    exits, out = (1.0, 9.0), []
    x = v = 0.0
    state, clock, part, goal = "free", 0.0, -1, 0.0
    waits: list[int] = []
    for n in range(round(end / dt)):
        t = n * dt
        for k, belt in enumerate(belts):
            if t >= belt["next"] - dt / 2:
                belt["x"].append(0.0)
                belt["next"] += 9.0
            for i, place in enumerate(belt["x"]):
                free = 2.0 if i == 0 else belt["x"][i - 1] - 0.3
                belt["x"][i] = min(place + 0.5 * dt, free)
            if belt["x"] and belt["x"][0] >= 2.0 - 1e-12 and k not in waits:
                waits.append(k)
        if state in ("fetch", "carry"):
            way, rest = (1.0 if goal > x else -1.0), abs(goal - x)
            safe = sqrt(dt * dt + 2 * rest) - dt
            v = min(v + dt, 2.0, safe)
            x += way * v * dt
            if abs(goal - x) <= 0.1 * dt * dt:
                x, v = goal, 0.0
                state, clock = ("wait", t) if state == "fetch" else ("give", t)
        elif state == "free" and waits:
            goal = belts[waits[0]]["at"]
            state = "fetch" if abs(goal - x) > 1e-9 else "wait"
        if state == "wait" and waits:
            part = waits.pop(0)
            belts[part]["x"].pop(0)
            state, clock = "take", t
        elif state == "take" and t >= clock + 1.0 - dt / 2:
            goal, state = exits[part], "carry"
        elif state == "give" and t >= clock + 0.5 - dt / 2:
            out.append(t)
            state = "free"
    return out


def test_that_a_tick_loop_serves_the_same_parts_within_five_ticks_a_stage_and_nearer_with_a_shorter_one(
    line: Line,
) -> None:
    run = line(TWO_BELTS)
    run.advance("60 s")
    exact = sorted(t / 1e9 for name in ("o1", "o2") for t, n in run.journal.edges(f"{name}.count") if n)
    coarse, fine = ticked(1e-3, 60.0), ticked(2e-4, 60.0)
    count = min(len(exact), len(coarse), len(fine))
    assert count >= 6
    # each part goes through two moves, two waits and what came before it, each a few ticks late
    first = [abs(a - b) for a, b in zip(coarse[:2], exact[:2], strict=True)]
    assert first[0] <= 5e-3
    late = [
        max(abs(a - b) for a, b in zip(times[:count], exact[:count], strict=True)) for times in (coarse, fine)
    ]
    assert late[1] < 0.5 * late[0]
    assert late[0] <= 5e-3 * 4 * count


FEEDS = {
    "belt": "f: {type: belt, pose: {xyz: [0, 0, 0.5]}, length: 1 m, speed: 0.5 m/s, to: c}",
    "station": "f: {type: station, pose: {xyz: [0, 0, 0.5]}, cycle: 1 s, to: c}",
    "buffer": "f: {type: buffer, pose: {xyz: [0, 0, 0.5]}, capacity: 2, to: c}",
    "lift": "f: {type: lift, pose: {xyz: [0, 0, 0.5]}, takes: {src: 0 m}, gives: {on: 0.4 m}, speed: 1 m/s, to: {on: c}}",
    "crane": "f: {type: crane, pose: {xyz: [0, 0, 0.5]}, length: 2 m, height: 1 m, speed: 1 m/s, lift_speed: 1 m/s, "
             "retrieval: fifo, to: c}",
    "pop-up": "f: {type: belt, pose: {xyz: [0, 0, 0.5]}, length: 2 m, speed: 0.5 m/s, to: lost}\n"
              "p: {type: popup, along: f, at: 1 m, time: 0.1 s, to: c, tags: {raise: Q_Up}}\nlost: {type: sink}",
}  # fmt: skip
TAKES = {
    "belt": "t: {type: belt, length: 1 m, speed: 0.3 m/s, accumulating: false, to: out}",
    "station": "t: {type: station, cycle: 2 s, to: out}",
    "buffer": "t: {type: buffer, capacity: 1, to: w}\nw: {type: station, cycle: 3 s, to: out}",
    "turntable": "t: {type: turntable, takes: {c: 0 deg}, gives: {on: -90 deg}, speed: 60 deg/s, load: 1 s, to: {on: out}}",
    "crane": "t: {type: crane, length: 2 m, height: 1 m, bays: 3, levels: 1, speed: 1 m/s, lift_speed: 1 m/s, "
             "retrieval: fifo, cycle: single, to: out}",
    "sink": "",
}  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("take", TAKES)
def test_that_parts_pass_between_a_carriage_and_every_carrier_in_order_with_one_owner(
    line: Line, feed: str, take: str
) -> None:
    target = "t" if TAKES[take] else "out"
    giver = "p" if feed == "pop-up" else "f"
    run = line(f"src: {{type: source, product: box, every: 0.9 s, first: 0 s, limit: 12, to: f}}\n{FEEDS[feed]}\n"
               f"c: {{type: shuttle, pose: {{xyz: [3, 0, 0.5]}}, takes: {{{giver}: 0 m}}, gives: {{on: 1 m}}, speed: 1 m/s, "
               f"acceleration: 2 m/s2, load: 0.3 s, to: {{on: {target}}}}}\n{TAKES[take]}\nout: {{type: sink}}")  # fmt: skip
    if feed == "pop-up":
        run.write("Q_Up", True)
    for k in range(1, 90):
        run.advance(1.0)
        for part in run.line.parts.values():
            assert part.owner is not None, f"part {part.id} has no owner at {k} s"
    assert run.tags["out.count"].value == 12
    records = run.journal.records()
    gone = records[records["kind"] == int(Kind.PART_GONE)]["obj"].tolist()
    assert gone == sorted(gone)
    kpi = run.kpi()
    assert kpi["c"].count == 12
    moves = records[(records["kind"] == int(Kind.PART_MOVE)) & (records["aux"] == int(CarrierKind.BODY))]
    drive = run.line.devices["c"].drive.index  # type: ignore[attr-defined]
    assert (moves["a"] == drive).sum() == 12


def test_that_two_cars_that_wait_for_one_another_are_named(line: Line) -> None:
    """Each has a part for the other: neither can ever give it."""
    run = line("s1: {type: source, product: box, every: always, limit: 4, to: x}\n"
               "x: {type: shuttle, pose: {xyz: [0, 0, 0]}, takes: {s1: 0 m, y: 1 m}, gives: {on: 2 m}, speed: 1 m/s, to: {on: y}}\n"
               "y: {type: shuttle, pose: {xyz: [0, 3, 0]}, takes: {x: 0 m}, gives: {on: 2 m}, speed: 1 m/s, to: {on: x}}")  # fmt: skip
    run.advance("60 s")
    from commissioning.sim.deadlock import find_deadlocks

    (found,) = find_deadlocks(run.line)
    assert set(found.devices) == {"x", "y"}
