"""A corner and a merge against an independent tick loop, written without any code of the product.

Rules of the loop, every 1/rate s: a part advances with the belt under its front, no further than the tail
of the part ahead, measured along its own way (belt, then the belt it goes over to). At the merge a part
comes in if nothing lies between its tail and its front on the main belt.
"""

from __future__ import annotations

import random

import pytest
from net_world import NS, NetSpec, NetWorld, TrackSpec

SIDE, MAIN, AT = 1.5, 4.0, 2.0


def solved(plan: list[tuple[float, int, float]], speeds: tuple[float, float], merge: bool) -> list[float]:
    """Times at which parts reach the end of the main belt."""
    side = TrackSpec(SIDE, speeds[0], to=1, at=AT if merge else 0.0)
    world = NetWorld(NetSpec((side, TrackSpec(MAIN, speeds[1], eyes=(MAIN - 1e-3,)))))
    for k, drive in enumerate(world.drives):
        world.do(["speed", k, drive.speed])
    for t, k, length in plan:
        world.run(t)
        world.do(["feed", k if merge else 0, length])
    world.run(120.0)
    records = world.journal.records()
    return [int(r["t"]) / NS for r in records if r["kind"] == 6]


def ticked(
    plan: list[tuple[float, int, float]], speeds: tuple[float, float], merge: bool, rate: int
) -> list[float]:
    dt = 1.0 / rate
    side: list[list[float]] = []  # [front, length], downstream first
    main: list[list[float]] = []
    came = AT if merge else 0.0
    over: list[float] | None = None  # the part whose tail hangs over the side belt
    waiting: list[tuple[int, float]] = []
    done: list[float] = []
    step = 0
    for tick in range(120 * rate):
        while step < len(plan) and plan[step][0] * rate <= tick:
            waiting.append((plan[step][1] if merge else 0, plan[step][2]))
            step += 1
        for belt, row in ((0, side), (1, main)):
            mine = next((w for w in waiting if w[0] == belt), None)
            if mine is not None and (not row or row[-1][0] - row[-1][1] >= 0.0):
                row.append([0.0, mine[1]])
                waiting.remove(mine)
        limit = float("inf")
        for part in main:
            part[0] = min(part[0] + speeds[1] * dt, limit)
            limit = part[0] - part[1]
        while main and main[0][0] >= MAIN:
            done.append(tick * dt)
            main.pop(0)
        if over is not None and over[0] - over[1] >= came:
            over = None
        limit = float("inf") if over is None else SIDE + over[0] - came - over[1]
        for part in list(side):
            x = min(part[0] + speeds[0] * dt, limit)
            part[0] = min(x, SIDE)
            if x >= SIDE and over is None:
                free = all(p[0] - p[1] >= came or p[0] <= came - part[1] for p in main)
                if free:
                    side.remove(part)
                    part[0] = came
                    main.insert(sum(p[0] > came for p in main), part)
                    over = part
                    limit = SIDE - part[1]
                    continue
            limit = part[0] - part[1]
    return done


@pytest.mark.parametrize("merge", [False, True])
def test_that_a_tick_loop_of_the_same_rules_sees_the_same_a_few_ticks_apart(merge: bool) -> None:
    mean = {250: 0.0, 1000: 0.0}
    for seed in range(6):
        rng = random.Random(seed)
        speeds = rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.6)
        plan, t = [], [0.0, 0.0]
        for _ in range(12):
            k = rng.randrange(2)
            t[k] += rng.uniform(2.0, 5.0)
            plan.append((t[k], k, rng.choice([0.2, 0.3, 0.5])))
        plan.sort()
        exact = solved(plan, speeds, merge)
        for rate in mean:
            found = ticked(plan, speeds, merge, rate)
            assert len(found) == len(exact) == 12
            apart = [abs(a - b) for a, b in zip(found, exact, strict=True)]
            assert max(apart) < 14 / rate
            mean[rate] += sum(apart)
    assert mean[1000] < 0.5 * mean[250]
