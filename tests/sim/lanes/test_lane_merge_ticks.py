"""A corner and a merge of lanes against an independent tick loop (`tick_net`): five ticks apart at most.

An earlier loop, which let a part that had waited begin at the end of the tick in which it might go, lost up
to a tick for each part of a queue: fourteen of them after twelve parts.
"""

from __future__ import annotations

import random

import pytest
from net_world import NS, NetSpec, NetWorld, TrackSpec
from tick_net import Gate, Goal, Net, Source, Track

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
    """The same by the loop."""
    end = Goal()
    main = Track(MAIN, lambda t: speeds[1], Gate(end))
    side = Track(SIDE, lambda t: speeds[0], Gate(main, AT if merge else 0.0))
    sources = []
    for k, track in ((0, side), (1, main)):
        mine = [(t, length) for t, belt, length in plan if (belt if merge else 0) == k]
        times, lengths = [t for t, _ in mine], [length for _, length in mine]
        sources.append(Source(track, lengths, times=times))
    Net([main, side], sources, rate).run(120.0)
    return end.times


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
            assert max(apart) < 5 / rate
            mean[rate] += sum(apart)
    # straight motion is exact in the loop too: what is left is the rounding of times to whole ns
    assert mean[1000] < max(0.5 * mean[250], 72 * 5e-9)
