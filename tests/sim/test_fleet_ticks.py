"""Fleets of several vehicles in each other's way (`agvs`), from scene text against an independent tick loop
(`tick_fleet`): who leaves where and comes where, who has which part and which path, and when."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from fleet_cases import KINDS, Case, drawn
from hypothesis import Phase, assume, given, seed, settings
from hypothesis import strategies as st
from tick_axis import TickedAxis, way
from tick_fleet import LEG, Cart, Fleet, Status
from tick_paths import PlainAxis

from commissioning.devices.agv import Agvs
from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.run import Run

NS = 1_000_000_000
RATES = (1000, 4000)
SECONDS = 100
HAIR = 1e-5  # s: a hundredth of a tick; by chance a coarse tick may be as near
Told = tuple[float, int, int, int, bool]
"""t, called, driving, loaded, deadlock."""


def logs(run: Run, case: Case) -> list[list[tuple[float, str, str]]]:
    """Of each vehicle (t, what, node) as in `Event`, from the records of axes and parts alone."""
    core = run.journal.header["core"]
    axes = {f"fleet.v{k}_{way}": (k, way) for k in range(len(case.homes)) for way in "xy"}
    number = {k: axes[name] for k, name in enumerate(core["drives"]) if name in axes}
    at = [dict(zip("xy", case.places[home], strict=True)) for home in case.homes]
    node, moving = list(case.homes), [set[str]() for _ in case.homes]
    carries: dict[int, int] = {}
    found: list[list[tuple[float, str, str]]] = [[] for _ in case.homes]
    for row in run.journal.records():
        t, kind, aux = int(row["t"]) / NS, int(row["kind"]), int(row["aux"])
        if kind == Kind.DRIVE and int(row["obj"]) in number:
            k, way = number[int(row["obj"])]
            at[k][way] = float(row["a"])
            if row["b"] or row["c"]:
                if not moving[k]:
                    found[k].append((t, "leaves", node[k]))
                moving[k].add(way)
            elif way in moving[k]:
                moving[k].remove(way)
                if not moving[k]:
                    x, y = at[k].values()
                    node[k] = next(n for n, (a, b) in case.places.items() if abs(x - a) + abs(y - b) < 1e-9)
                    found[k].append((t, "stands", node[k]))
        elif kind == Kind.PART_MOVE and aux == CarrierKind.BODY:
            k, way = number[int(row["a"])]
            carries[int(row["obj"])] = k
            found[k].append((t, "takes", node[k]))
        elif kind in (Kind.PART_MOVE, Kind.PART_GONE) and int(row["obj"]) in carries:
            k = carries.pop(int(row["obj"]))
            found[k].append((t, "gives", node[k]))
    return found


def told(run: Run) -> list[Told]:
    """`Told` at the end of each instant in which one of them changed."""
    names = ("called", "driving", "loaded", "deadlock")
    edges = sorted((t, k, v) for k, name in enumerate(names) for t, v in run.journal.edges(f"fleet.{name}"))
    values = [0, 0, 0, 0]
    found: dict[int, Told] = {}
    for t, k, v in edges:
        values[k] = int(v)
        found[t] = (t / NS, values[0], values[1], values[2], bool(values[3]))
    return changes(list(found.values()))


def changes(rows: list[Told]) -> list[Told]:
    nothing: Told = (0.0, 0, 0, 0, False)
    return [b for a, b in pairwise([nothing, *rows]) if a[1:] != b[1:]]


def of(history: list[Status]) -> list[Told]:
    last = {row.t: row for row in history}
    return changes([(row.t, row.called, row.driving, row.loaded, row.deadlock) for row in last.values()])


def loop(case: Case, rate: int, seconds: float, plain: bool = False, rules: type[Fleet] = Fleet) -> Fleet:
    fleet = case.fleet(plain, rules)
    fleet.run(seconds, rate)
    return fleet


def solved(case: Case, fleet: Fleet, seconds: float) -> Run:
    """The exact run. Between any two things that happen in the loop, some ticks apart, the same paths and
    nodes are reserved for the same vehicles."""
    run = case.run()
    device = run.line.devices["fleet"]
    assert isinstance(device, Agvs)
    for before, after in pairwise(fleet.history):
        if after.t - before.t > 20 / RATES[0]:
            run.advance((before.t + after.t) / 2 - run.now_ns / NS)
            assert device.reserved == before.reserved, before.t
    run.advance(seconds - run.now_ns / NS)
    assert run.problem is None
    return run


def apart(exact: list[Any], ticked: list[Any], seconds: float) -> list[float]:
    """The same things one after the other: s between them. One at the very end may be in one only."""
    least = min(len(exact), len(ticked))
    assert [row[1:] for row in exact[:least]] == [row[1:] for row in ticked[:least]]
    assert all(row[0] > seconds - 0.2 for row in [*exact[least:], *ticked[least:]])
    return [abs(a[0] - b[0]) for a, b in zip(exact, ticked, strict=False)]


def differences(case: Case, run: Run, fleet: Fleet, seconds: float) -> list[float]:
    """s between everything that happens in the run and in the loop."""
    found = apart(told(run), of(fleet.history), seconds)
    for rows, cart in zip(logs(run, case), fleet.carts, strict=True):
        found += apart(rows, [row[:3] for row in cart.log], seconds)
    return found


def compare(case: Case, fleet: Fleet, seconds: float) -> None:
    """Not five ticks apart over the whole run, and nearer with each tick if not a hair apart anyway."""
    run = solved(case, fleet, seconds)
    means = []
    for rate, one in ((RATES[0], fleet), (RATES[1], loop(case, RATES[1], seconds))):
        found = differences(case, run, one, seconds)
        assert max(found) < 5 / rate
        means.append(sum(found) / len(found))
    assert means[1] < 0.5 * means[0] or means[1] < HAIR


@pytest.mark.parametrize("count", [2, 3, 5])
@settings(max_examples=8, derandomize=True, phases=[Phase.generate])
@given(kind=st.sampled_from(sorted(KINDS)), number=st.integers(0, 1 << 30))
def test_that_fleets_in_each_others_way_agree_with_a_tick_loop(count: int, kind: str, number: int) -> None:
    """Where two things happen within one tick another order may be right as well: not looked at."""
    case = drawn(kind, count, number, SECONDS)
    fleet = loop(case, RATES[0], SECONDS)
    assume(fleet.nearest > 1 / RATES[0])
    compare(case, fleet, SECONDS)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("block", range(48))
def test_that_many_more_fleets_agree_with_a_tick_loop_over_longer_runs(block: int) -> None:
    @seed(block)
    @settings(max_examples=10, database=None, phases=[Phase.generate])
    @given(st.sampled_from(sorted(KINDS)), st.integers(2, 5), st.integers(0, 1 << 30))
    def agrees(kind: str, count: int, number: int) -> None:
        case = drawn(kind, count, number, 2 * SECONDS)
        fleet = loop(case, RATES[0], 2 * SECONDS)
        assume(fleet.nearest > 1 / RATES[0])
        compare(case, fleet, 2 * SECONDS)

    agrees()


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_that_a_plain_loop_is_five_ticks_a_leg_off_at_most(kind: str, count: int) -> None:
    """A speed for each tick, everything at the end of one. A leg adds five ticks, a time to wait one, to what
    led to it, and so whatever happens is off by the sum of what led to it, as long as things come in the same
    order. In these cases they do, and no two come in one tick."""
    case = drawn(kind, count, 4, SECONDS)
    run = case.run()
    run.advance(SECONDS)
    exact, means = logs(run, case), []
    for rate in RATES:
        fleet = loop(case, rate, SECONDS, plain=True)
        assert fleet.nearest > 0.5 / rate
        found = differences(case, run, fleet, SECONDS)
        means.append(sum(found) / len(found))
        for rows, cart in zip(exact, fleet.carts, strict=True):
            for (t, *_), event in zip(rows, cart.log, strict=False):
                assert abs(t - event.t) <= event.ticks / rate
    assert len(found) > 20
    assert means[1] < 0.5 * means[0]


def test_that_one_leg_of_either_loop_is_within_five_ticks_of_the_formula() -> None:
    """Trapezoid or triangle, or at even speed: what `LEG` says of a plain leg."""
    rng = random.Random(1)
    for _ in range(300):
        length, v, a = rng.uniform(0.5, 9.0), rng.uniform(0.3, 2.0), rng.choice([0.0, rng.uniform(0.2, 2.0)])
        exact = length / v if not a else 2 * (length / a) ** 0.5 if length < v * v / a else length / v + v / a
        plain, k = PlainAxis(v, a), 1
        plain.go(length, 0.0)
        while plain.tick(k / 1000) is None:
            k += 1
        assert abs(k / 1000 - exact) < LEG / 1000
        assert abs(way(TickedAxis(v, a, a), length, 0.0, 1000) - exact) < 0.1 / 1000


class AtTheEnd(Fleet):
    """What lies behind a vehicle is given back at the end of its way, not at each corner."""

    def _behind(self, cart: Cart, leg: Sequence[str]) -> set[str]:
        own = {one for one, k in self.reserved.items() if k == cart.number}
        return set() if cart.legs else own - {cart.node}


class Stays(Fleet):
    """Nobody goes home to be out of the way."""

    def _goals(self, cart: Cart) -> list[str]:
        return [cart.goal]


class Latest(Fleet):
    """Who began to wait last goes first."""

    def _want(self, cart: Cart, goal: str) -> None:
        super()._want(cart, goal)
        self.queue.sort(key=lambda one: one is not cart)


class First(Fleet):
    """The first one that is free gets the job, however far away."""

    def _chosen(self, free: Sequence[Cart], node: str) -> Cart:
        return free[0]


@pytest.mark.parametrize("rules", [AtTheEnd, Stays, Latest, First])
def test_that_a_loop_by_other_rules_is_told_apart(rules: type[Fleet]) -> None:
    case = drawn("branch", 5, 0, SECONDS)
    run = case.run()
    run.advance(SECONDS)
    assert max(differences(case, run, loop(case, RATES[0], SECONDS), SECONDS)) < 5 / RATES[0]
    with pytest.raises(AssertionError):
        differences(case, run, loop(case, RATES[0], SECONDS, rules=rules), SECONDS)
