"""Belts that run both ways against an independent tick loop (`tick_two_way`): the difference is the tick's.

As in `test_lane_ticks`, a random plan is drawn while the lanes run it, so that no command falls where a
millimetre decides.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from slits import apart, nearer
from tick_two_way import Belt, TwoWayTicks
from two_way_world import NS, BeltSpec, TwoWayWorld

from commissioning.sim.drive import Drive

MARGIN = 0.02  # m
SECONDS = 60


def belts_of(rng: random.Random, count: int) -> list[BeltSpec]:
    ramp = rng.choice([0.0, 1.2, 0.6])
    belts = []
    for _ in range(count):
        length = rng.uniform(1.2, 2.5)
        eyes = [rng.uniform(0.1, length - 0.1) for _ in range(2)]
        belts.append(
            BeltSpec(length, rng.uniform(0.3, 0.5), ramp, eyes=eyes, stops=[rng.uniform(0.5, length - 0.1)])
        )
    return belts


def decided(world: TwoWayWorld, drive: Drive | None) -> bool:
    """Whether no edge of a part that moves is near a place, nor will be where it comes to rest or turns."""
    places = [*world.at, *world.stop_at, *world.starts, world.length]
    now = world.kernel.now
    for part, front in world.fronts():
        mover = part.place.train.drive
        if mover is None or not mover.moving:
            continue
        far = 0.0
        if mover is drive and drive.acceleration:
            v = drive.speed_at(now)
            far = drive.way * v * v / (2 * drive.acceleration)
        for edge in (front, front - part.length):
            if any(abs(edge + x - place) < MARGIN for place in places for x in (0.0, far)):
                return False
    return True


def stands_near(world: TwoWayWorld) -> bool:
    """Whether a part stands near a place, not stopped exactly there: in a queue, or out of a turn."""
    places = [*world.at, *world.stop_at, *world.starts, world.length]
    for part, front in world.fronts():
        mover = part.place.train.drive
        if mover is None or not mover.moving:
            for edge in (front, front - part.length):
                if any(1e-6 < abs(edge - place) < MARGIN for place in places):
                    return True
    return False


def play(seed: int, count: int) -> tuple[TwoWayWorld, list[tuple[int, list[Any]]]]:
    """The first of some runs with many edges in which nothing that decides comes near a place."""
    for number in range(200):
        found = attempt(1000 * seed + number, count)
        if found is not None and sum(row[1].startswith("eye") for row in found[0].log.rows) > 20:
            return found
    raise AssertionError("no such run")


def attempt(seed: int, count: int) -> tuple[TwoWayWorld, list[tuple[int, list[Any]]]] | None:
    rng = random.Random(seed)
    world = TwoWayWorld(belts_of(rng, count))
    plan: list[tuple[int, list[Any]]] = [(0, ["all", [belt.speed for belt in world.belts]])]
    world.do(plan[0][1])
    for tenth in range(1, 10 * SECONDS):
        world.run(tenth / 10, check=False)
        if stands_near(world):
            return None
        if rng.random() > 0.25:
            continue
        kind = rng.choice(["feed", "feed", "feed", "turn", "turn", "all", "stop", "exit"])
        k = rng.randrange(count)
        top = world.belts[k].speed
        command: list[Any]
        if kind == "feed":
            if world.feeder.waiting or not decided(world, None):
                continue
            command = ["feed", rng.choice([0.3, 0.25, 0.45])]
        elif kind == "turn":
            command = ["speed", k, rng.choice([top, top, top, 0.0, -top, -top])]
            if not decided(world, world.drives[k]):
                continue
        elif kind == "all":
            way = rng.choice([1.0, 1.0, -1.0])
            if not all(decided(world, drive) for drive in world.drives):
                continue
            command = ["all", [way * belt.speed for belt in world.belts]]
        elif not decided(world, None):
            continue
        elif kind == "stop":
            command = ["stop", k, rng.random() < 0.4]
        else:
            command = ["exit", rng.random() < 0.7]
        plan.append((tenth, command))
        world.do(command)
    return world, plan


def tick(world: TwoWayWorld, plan: list[tuple[int, list[Any]]], rate: int) -> TwoWayTicks:
    belts = [
        Belt(start, start + belt.length, belt.acceleration)
        for start, belt in zip(world.starts, world.belts, strict=True)
    ]
    blades = [(at, k) for k, at in enumerate(world.stop_at)]  # one on each
    model = TwoWayTicks(belts, rate, list(world.at), blades)
    waiting: list[tuple[int, float]] = []
    made, step = 0, 0
    for number in range(rate * (SECONDS - 1)):
        while step < len(plan) and plan[step][0] * rate <= number * 10:
            match plan[step][1]:
                case ["speed", k, speed]:
                    belts[k].target = speed
                case ["all", speeds]:
                    for belt, speed in zip(belts, speeds, strict=True):
                        belt.target = speed
                case ["stop", k, up]:
                    model.raised[k] = up
                case ["exit", is_open]:
                    model.open = is_open
                case ["feed", length]:
                    waiting.append((made, length))
                    made += 1
            step += 1
        if waiting and model.enter(*waiting[0]):
            waiting.pop(0)
        model.tick()
    return model


def differences(world: TwoWayWorld, model: TwoWayTicks) -> list[float]:
    """Ticked minus solved time of every edge of every eye, s."""
    found = []
    for k in range(len(world.at)):
        solved = [(t / NS, blocked) for t, name, blocked in world.log.rows if name == f"eye{k}"]
        ticked = [(t, blocked) for t, eye, blocked in model.edges if eye == k]
        found += apart(solved, ticked, model.dt, SECONDS, k)
    return found


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("seed", range(12))
def test_that_a_tick_loop_of_belts_that_turn_sees_the_same_edges_a_few_ticks_apart(
    seed: int, count: int
) -> None:
    world, plan = play(seed, count)
    coarse, fine = (differences(world, tick(world, plan, rate)) for rate in (240, 960))
    nearer(coarse, fine, (240, 960))
