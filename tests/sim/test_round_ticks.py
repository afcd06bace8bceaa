# ruff: noqa: E501  scene text
"""Rounds of cranes, racks and vehicles (agvs) from scene text against ticked axes (`tick_axis`): over many rounds one
after the other five ticks apart at 1 kHz at most, and the nearer the finer the tick.

Where a round goes to (the slots that a rule chose) is read from the records of the run; when it is there is not.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from math import dist
from pathlib import Path

import pytest
from tick_axis import TickedAxis, way
from tick_jerk import SoftAxis

from commissioning.bench.load import load_text
from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.run import Run

RATES = (250, 1000)
NS = 1_000_000_000


def run_of(devices: str, seconds: float) -> Run:
    body = "\n".join("  " + row for row in devices.strip().splitlines())
    text = f"format: commissioning-scene/1\nproducts: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}}}\ndevices:\n{body}\n"
    run = Run(load_text(text, Path("scene.yaml")), 1)
    run.advance(seconds)
    assert run.problem is None
    return run


def moves(run: Run, device: str) -> list[tuple[float, int, int]]:
    """(t, carrier kind, slot of the device from 0) of every part that comes onto something of `device`."""
    core = run.journal.header["core"]
    own = [k for k, slot in enumerate(core["slots"]) if slot["device"] == device]
    drives = [k for k, name in enumerate(core["drives"]) if name.split(".")[0] == device]
    rows = run.journal.records()
    found = []
    for row in rows[rows["kind"] == int(Kind.PART_MOVE)]:
        kind, carrier = int(row["aux"]), int(row["a"])
        if kind == CarrierKind.SLOT and carrier in own:
            found.append((int(row["t"]) / NS, kind, own.index(carrier)))
        elif kind == CarrierKind.BODY and carrier in drives:
            found.append((int(row["t"]) / NS, kind, -1))
    return found


def gone(run: Run) -> list[float]:
    rows = run.journal.records()
    return [int(t) / NS for t in rows["t"][rows["kind"] == int(Kind.PART_GONE)]]


def near(exact: list[float], ticked: Callable[[int], list[float]], least: int) -> None:
    assert len(exact) >= least
    means = []
    for rate in RATES:
        found = ticked(rate)[: len(exact)]
        apart = [abs(a - b) for a, b in zip(found, exact, strict=True)]
        assert max(apart) < 5 / rate
        means.append(sum(apart) / len(apart))
    assert means[1] < 0.5 * means[0] or means[1] < 1e-6  # a thousandth of a tick


@pytest.mark.parametrize("seed", range(6))
def test_that_rounds_of_a_crane_agree_with_ticked_axes(seed: int) -> None:
    """Stored one after the other in slots of a rack, the nearest first: there and back, both axes at once."""
    rng = random.Random(seed)
    v, a, lv, la = (round(rng.uniform(0.5, 3.0), 2) for _ in range(4))
    pick, deposit = round(rng.uniform(0.2, 2.0), 2), round(rng.uniform(0.2, 2.0), 2)
    run = run_of(f"""
src: {{type: source, product: box, every: always, limit: 9, to: cr}}
cr: {{type: crane, pose: {{xyz: [0 m, 0 m, 1 m]}}, length: 12 m, height: 6 m, bays: 3, levels: 3, storage: nearest, speed: {v} m/s, acceleration: {a} m/s2, lift_speed: {lv} m/s, lift_acceleration: {la} m/s2, pick: {pick} s, deposit: {deposit} s, tags: {{retrieve: Q_Get}}, to: out}}
out: {{type: sink}}
""", 200.0)  # fmt: skip
    stored = [row for row in moves(run, "cr") if row[1] == CarrierKind.SLOT]
    poses = [slot["pose"]["xyz"] for k, slot in enumerate(run.journal.header["look"]["slots"])
             if run.journal.header["core"]["slots"][k]["device"] == "cr"]  # fmt: skip
    places = [(poses[slot][0], poses[slot][2] - 1.0) for _, _, slot in stored]
    assert len(set(places)) == 9

    def ticked(rate: int) -> list[float]:
        along, up = TickedAxis(v, a, a), TickedAxis(lv, la, la)
        t, times = 0.0, []
        for x, z in places:
            t = max(way(along, x, t + pick, rate), way(up, z, t + pick, rate)) + deposit
            times.append(t)
            t = max(way(along, 0.0, t, rate), way(up, 0.0, t, rate))
        return times

    near([t for t, _, _ in stored], ticked, 9)


@pytest.mark.parametrize("seed", range(6))
def test_that_rounds_of_a_rack_agree_with_ticked_axes(seed: int) -> None:
    """Eight parts stored, each from the place of the one before; at even speed."""
    rng = random.Random(seed)
    v, lv = round(rng.uniform(0.5, 3.0), 2), round(rng.uniform(0.3, 1.0), 2)
    handling, pitch, height = round(rng.uniform(0.3, 2.0), 2), 0.7, 0.45
    rule = rng.choice(["nearest", "farthest", "lowest"])
    run = run_of(f"""
src: {{type: source, product: box, every: always, limit: 8, to: rk}}
rk: {{type: rack, pose: {{xyz: [0 m, 0 m, 1 m]}}, bays: 4, levels: 2, pitch: {pitch} m, height: {height} m, speed: {v} m/s, lift_speed: {lv} m/s, handling: {handling} s, stores: {rule}, tags: {{retrieve: Q_Get}}, to: out}}
out: {{type: sink}}
""", 200.0)  # fmt: skip
    # slots: where parts come in, where they go out, and the addresses from 1 on
    stored = [(t, slot - 1) for t, kind, slot in moves(run, "rk") if kind == CarrierKind.SLOT and slot > 1]

    def ticked(rate: int) -> list[float]:
        along, up = TickedAxis(v, 0.0, 0.0), TickedAxis(lv, 0.0, 0.0)
        t, times = 0.0, []
        for _, address in stored:
            bay, level = (address - 1) % 4, (address - 1) // 4
            t = max(way(along, 0.0, t, rate), way(up, 0.0, t, rate)) + handling
            t = max(way(along, (bay + 1) * pitch, t, rate), way(up, level * height, t, rate)) + handling
            times.append(t)
        return times

    near([t for t, _ in stored], ticked, 8)


@pytest.mark.parametrize("seed", range(6))
def test_that_trips_of_a_vehicle_agree_with_ticked_axes(seed: int) -> None:
    """agvs: round two corners, where it stops, and straight over a node, where it does not; there and back."""
    rng = random.Random(seed)
    v, a = round(rng.uniform(0.5, 2.0), 2), round(rng.uniform(0.3, 2.0), 2)
    load, unload = round(rng.uniform(0.2, 2.0), 2), round(rng.uniform(0.2, 2.0), 2)
    nodes = {"t": (0.0, 0.0), "m": (2.5, 0.0), "b": (round(rng.uniform(4.0, 7.0), 1), 0.0)}
    nodes["c"] = (nodes["b"][0], round(rng.uniform(1.0, 5.0), 1))
    nodes["g"] = (nodes["c"][0] + 1.5, nodes["c"][1] + 2.0)
    listed = ", ".join(f"{name}: [{x}, {y}]" for name, (x, y) in nodes.items())
    run = run_of(f"""
src: {{type: source, product: box, every: always, limit: 8, to: fleet}}
fleet: {{type: agvs, pose: {{xyz: [0 m, 0 m, 0.5 m]}}, nodes: {{{listed}}}, paths: [t-m, m-b, b-c, c-g], vehicles: {{v1: t}}, takes: {{src: t}}, gives: {{on: g}}, speed: {v} m/s, acceleration: {a} m/s2, load: {load} s, unload: {unload} s, to: {{on: out}}}}
out: {{type: sink}}
""", 600.0)  # fmt: skip
    legs = [dist(nodes["t"], nodes["b"]), dist(nodes["b"], nodes["c"]), dist(nodes["c"], nodes["g"])]

    def ticked(rate: int) -> list[float]:
        t, times = 0.0, []
        for _ in range(8):
            t += load
            for leg in legs:
                t = way(TickedAxis(v, a, a), leg, t, rate)
            t += unload
            times.append(t)
            for leg in reversed(legs):
                t = way(TickedAxis(v, a, a), leg, t, rate)
        return times

    near(gone(run), ticked, 8)


def soft(rng: random.Random) -> tuple[SoftAxis, str]:
    """Limits with a jerk, and how a device is given them."""
    v, up, down = (round(rng.uniform(*span), 2) for span in ((0.4, 1.2), (0.6, 1.5), (0.6, 1.5)))
    jerk = round(rng.uniform(2.0, 6.0), 2)
    limits = f"speed: {v} m/s, acceleration: {up} m/s2, deceleration: {down} m/s2, jerk: {jerk} m/s3"
    return SoftAxis(v, up, down, jerk), limits


def soft_trips(kind: str, seed: int) -> list[float]:
    """s that one trip there, two with one back, and so on take longer than by ticks; per rate and trip."""
    rng = random.Random(f"{kind} {seed}")
    axis, limits = soft(rng)
    way_up, load, unload = round(rng.uniform(0.4, 2.0), 2), 0.3, 0.7
    run = run_of(f"""
src: {{type: source, product: box, every: always, limit: 2, to: car}}
car: {{type: {kind}, pose: {{xyz: [0 m, 0 m, 1 m]}}, takes: {{src: 0 m}}, gives: {{on: {way_up} m}}, {limits}, load: {load} s, unload: {unload} s, to: {{on: out}}}}
out: {{type: sink}}
""", 60.0)  # fmt: skip
    first, second = gone(run)
    late = []
    for rate in RATES:
        trip = axis.time(way_up, rate)
        late += [load + trip + unload - first, load + 2 * trip + unload - (second - first)]
    return late


def soft_store(kind: str, seed: int) -> list[float]:
    """As `soft_trips`, of a crane that stores two parts, both axes at once."""
    rng = random.Random(f"{kind} {seed}")
    v, a, j, lv, la, lj = (round(rng.uniform(*span), 2) for span in 2 * [(0.6, 1.5), (0.6, 1.5), (2.0, 6.0)])
    run = run_of(f"""
src: {{type: source, product: box, every: always, limit: 2, to: cr}}
cr: {{type: crane, pose: {{xyz: [0 m, 0 m, 1 m]}}, length: 4 m, height: 3 m, bays: 3, levels: 3, storage: nearest, speed: {v} m/s, acceleration: {a} m/s2, jerk: {j} m/s3, lift_speed: {lv} m/s, lift_acceleration: {la} m/s2, lift_jerk: {lj} m/s3, pick: 0.4 s, deposit: 0.6 s, tags: {{retrieve: Q_Get}}, to: out}}
out: {{type: sink}}
""", 60.0)  # fmt: skip
    stored = [row for row in moves(run, "cr") if row[1] == CarrierKind.SLOT]
    poses = [slot["pose"]["xyz"] for k, slot in enumerate(run.journal.header["look"]["slots"])
             if run.journal.header["core"]["slots"][k]["device"] == "cr"]  # fmt: skip
    (x, z), (x2, z2) = ((poses[slot][0], poses[slot][2] - 1.0) for _, _, slot in stored)
    late = []
    for rate in RATES:
        along, up = SoftAxis(v, a, a, j), SoftAxis(lv, la, la, lj)
        first, second = (max(along.time(p, rate), up.time(q, rate)) for p, q in ((x, z), (x2, z2)))
        late += [0.4 + first + 0.6 - stored[0][0], first + 0.4 + second + 0.6 - (stored[1][0] - stored[0][0])]
    return late


def soft_push(kind: str, seed: int) -> list[float]:
    """As `soft_trips`, of a ram: out at 1 s and at 20 s, when it is at home."""
    rng = random.Random(f"{kind} {seed}")
    axis, _ = soft(rng)
    v, a, j = axis.speed, axis.rate, axis.jerk
    run = run_of(f"""
src: {{type: source, product: box, every: 100 s, to: b}}
b: {{type: belt, pose: {{xyz: [0 m, 0 m, 0 m]}}, length: 3 m, width: 0.5 m, speed: 0.2 m/s, to: out}}
pu: {{type: pusher, along: b, at: 1.5 m, stroke: 0.6 m, face: 0.4 m, speed: {v} m/s, acceleration: {a} m/s2, jerk: {j} m/s3, to: other, tags: {{extend: Q}}}}
out: {{type: sink}}
other: {{type: sink}}
""", 1.0)  # fmt: skip
    for told, seconds in ((True, 9.0), (False, 10.0), (True, 9.0)):
        run.write("Q", told)
        run.advance(seconds)
    first, second = [t / NS for t, out in run.journal.edges("pu.extended") if out]
    late = []
    for rate in RATES:
        stroke = SoftAxis(v, a, a, j).time(0.6, rate)
        late += [1.0 + stroke - first, 20.0 + stroke - second]
    return late


@pytest.mark.parametrize(("kind", "late_of"), [("lift", soft_trips), ("shuttle", soft_trips), ("crane", soft_store),
                                              ("pusher", soft_push)])  # fmt: skip
def test_that_moves_with_limited_jerk_agree_with_ticked_ones(
    kind: str, late_of: Callable[[str, int], list[float]]
) -> None:
    """Five ticks a move at most: the first figure is of one, the second of two at most. By the sum of all less with
    ticks of a quarter."""
    coarse, fine = 0.0, 0.0
    for seed in range(4):
        one, two, finer_one, finer_two = map(abs, late_of(kind, seed))
        assert one < 5 / RATES[0] and two < 10 / RATES[0]
        assert finer_one < 5 / RATES[1] and finer_two < 10 / RATES[1]
        coarse, fine = coarse + one + two, fine + finer_one + finer_two
    assert fine < 0.5 * coarse


def test_that_the_loop_is_off_where_a_limit_is_another_one() -> None:
    """It can fail: a brake of 10 % less is no error of a tick."""
    right, wrong = TickedAxis(1.0, 1.0, 1.0), TickedAxis(1.0, 1.0, 0.9)
    assert way(right, 3.0, 0.0, 1000) == pytest.approx(4.0, abs=1e-3)
    assert way(wrong, 3.0, 0.0, 1000) > 4.0 + 5e-3
    soft, jerky = SoftAxis(1.0, 1.0, 1.0, 2.0), SoftAxis(1.0, 1.0, 1.0, 1.8)
    assert soft.time(3.0, 1000) == pytest.approx(3.0 + 1.0 + 0.5, abs=5e-3)
    assert jerky.time(3.0, 1000) > 4.5 + 5e-3
