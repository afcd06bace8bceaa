"""The lane against an independent tick loop (`tick_model`): the difference is the tick's, and shrinks.

A random plan of commands is drawn while the lane runs it, so that no command falls where a millimetre
decides (a blade that rises under a front, a belt that stops with an edge at an eye): there, a tick loop
and an exact one may rightly part for good.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from lane_world import NS, LaneWorld, WorldSpec, ZoneSpec
from slits import apart, nearer
from tick_model import TickBelt, TickLine

from commissioning.sim.soft_drive import SoftDrive
from commissioning.sim.soft_ramp import soft_ramp

MARGIN = 0.02  # m around an edge or a place where nothing may be decided
SECONDS = 150


def spec_of(rng: random.Random, jerk: float) -> WorldSpec:
    ramp = rng.choice([0.0, 1.2, 0.6])
    if jerk:
        ramp = ramp or 0.9
    zones = [
        ZoneSpec(rng.uniform(0.8, 2.5), rng.uniform(0.3, 0.5), ramp, jerk=jerk)
        for _ in range(rng.randint(1, 3))
    ]
    length = 0.0
    for zone in zones:
        length += zone.length
    return WorldSpec(
        zones,
        eyes=[rng.uniform(0.1, length - 0.1) for _ in range(3)],
        stops=[rng.uniform(0.5, length - 0.05)],
    )


def decided(world: LaneWorld, k: int | None) -> bool:
    """Whether no edge of a part is, or will come to rest, near a place; of zone `k` where it will stop."""
    lane, now = world.lane, world.kernel.now
    places = [*world.spec.eyes, *world.spec.stops, lane.length, *(zone.start for zone in lane.zones)]
    for part in lane.parts():
        front = lane.position(part)
        train = part.place.train
        shifts = [0.0]
        if k is not None and train.drive is world.drives[k]:
            drive = world.drives[k]
            if isinstance(drive, SoftDrive):
                a = drive.now()[3]
                limits = drive.acceleration, drive.deceleration, drive.jerk
                shifts.append(soft_ramp(0.0, drive.speed_at(now), a, 0.0, *limits)[2])
            elif drive.acceleration:
                shifts.append(drive.speed_at(now) ** 2 / (2 * drive.acceleration))
        for shift in shifts:
            for edge in (front + shift, front + shift - part.length):
                at_rest = train.drive is None or not train.drive.moving
                if not at_rest and any(abs(edge - place) < MARGIN for place in places):
                    return False
    return True


def play(seed: int, jerk: float = 0.0) -> tuple[LaneWorld, list[tuple[int, list[Any]]]]:
    """The lane's own run and the plan: (time in tenths of a second, command)."""
    rng = random.Random(seed)
    world = LaneWorld(spec_of(rng, jerk))
    plan: list[tuple[int, list[Any]]] = []
    for k, zone in enumerate(world.spec.zones):
        plan.append((0, ["speed", k, zone.speed]))
        world.do(plan[-1][1])
    for tenth in range(1, 10 * SECONDS):
        world.run(tenth / 10, check=False)
        if rng.random() < 0.25:
            command = world.command(rng)
            if command[0] == "speed":
                command[2] = rng.choice([0.0, world.spec.zones[command[1]].speed])
            if command[0] in ("remove", "always") or (command[0] == "feed" and world.feeder.waiting):
                continue
            if command[0] != "feed" and not decided(world, command[1] if command[0] == "speed" else None):
                continue
            plan.append((tenth, command))
            world.do(command)
    return world, plan


def tick(world: LaneWorld, plan: list[tuple[int, list[Any]]], rate: int) -> TickLine:
    belts, x = [], 0.0
    for zone in world.spec.zones:
        belts.append(TickBelt(x, x + zone.length, zone.acceleration, jerk=zone.jerk))
        x += zone.length
    line = TickLine(belts, rate, list(world.spec.eyes), list(world.spec.stops))
    waiting: list[tuple[int, float]] = []
    made, step = 0, 0
    for number in range(rate * (SECONDS - 1)):
        while step < len(plan) and plan[step][0] * rate <= number * 10:
            match plan[step][1]:
                case ["speed", k, speed]:
                    line.belts[k].target = speed
                case ["stop", k, up]:
                    line.raised[k] = up
                case ["exit", is_open]:
                    line.open = is_open
                case ["feed", length]:
                    waiting.append((made, length))
                    made += 1
            step += 1
        if waiting and line.enter(*waiting[0]):
            waiting.pop(0)
        line.tick()
    return line


def differences(world: LaneWorld, line: TickLine) -> list[float]:
    """Ticked minus solved time of every edge of every eye, s."""
    found = []
    for k in range(len(world.spec.eyes)):
        solved = [(t / NS, blocked) for t, name, blocked in world.log.rows if name == f"eye{k}"]
        ticked = [(t, blocked) for t, eye, blocked in line.edges if eye == k]
        found += apart(solved, ticked, line.dt, SECONDS, k)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_that_a_tick_loop_of_the_same_rules_sees_the_same_edges_a_few_ticks_apart(seed: int) -> None:
    compare(*play(seed))


@pytest.mark.parametrize("seed", range(8))
def test_that_a_tick_loop_with_limited_jerk_sees_the_same_edges_a_few_ticks_apart(seed: int) -> None:
    compare(*play(seed, 2.5))


def compare(world: LaneWorld, plan: list[tuple[int, list[Any]]]) -> None:
    coarse, fine = (differences(world, tick(world, plan, rate)) for rate in (240, 960))
    nearer(coarse, fine, (240, 960))
