"""Conveyors with zones that turn, alone and with belts before and behind, commanded at random: parts are
conserved, keep their order, never overlap nor jump; the timeline is the live state; a restored snapshot goes
on alike."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from reversible_lines import NS, Plan, Watched, random_line, run_of

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.littles_law import law
from commissioning.sim.drive import Drive
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

SECONDS = 60
Live = tuple[dict[int, tuple[int, float]], dict[int, float]]  # lane and front of parts; travel of drives


def play(run: Run, plan: Plan, watched: Watched) -> None:
    for t, tag, value in plan:
        watched.to(t)
        run.write(tag, value)
    watched.to(plan[-1][0] + NS)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_nothing_overlaps_jumps_overtakes_or_gets_lost_however_conveyors_turn(seed: int) -> None:
    scene, plan = random_line(random.Random(seed), SECONDS)
    run = run_of(scene)
    watched = Watched(run)
    play(run, plan, watched)
    records = run.journal.records()
    made = set(records["obj"][records["kind"] == int(Kind.PART_MADE)].tolist())
    gone = records["obj"][records["kind"] == int(Kind.PART_GONE)].tolist()
    assert made == {*gone, *run.line.parts} and len(made) == len(gone) + len(run.line.parts)
    assert gone == sorted(gone), "first in, first out"
    on_lanes = {part.id for lane in run.line.lanes for part in lane.parts()}
    elsewhere = {part.id for part in run.line.parts.values() if part.owner not in run.line.lanes}
    assert on_lanes.isdisjoint(elsewhere) and on_lanes | elsewhere == set(run.line.parts)
    history = History(run.journal.header, records, run.now_ns, 0)
    assert all(balance.holds for balance in law(history).balances)
    for gates in history.gates.values():  # why it is slow: when narrow places were taken
        for stretches in gates:
            flat = [t for stretch in stretches for t in stretch]
            assert flat == sorted(set(flat)) and flat[0] >= 0 and flat[-1] <= run.now_ns


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_the_timeline_is_the_live_state_however_conveyors_turn(seed: int) -> None:
    """What is drawn: which lane, where on it to 1e-9 m, and the travel of each zone."""
    rng = random.Random(seed)
    scene, plan = random_line(rng, 30)
    run = run_of(scene)
    states: dict[int, Live] = {}
    for t, tag, value in plan:
        while (at := run.line.kernel.next_time()) is not None and at <= t:
            run.advance_to(at)
            states[at] = live(run)
        run.advance_to(t)
        run.write(tag, value)
        states.pop(t, None)  # that instant is not over
    run.advance_to(run.now_ns + NS)
    timeline = Timeline(run.journal.header, run.journal.records())
    for t in rng.sample(sorted(states), min(60, len(states))):
        placed, travel = states[t]
        poses = timeline.poses(t)
        rows = zip(poses.ids.tolist(), poses.carriers.tolist(), poses.fronts.tolist(), strict=True)
        shown = {
            part: (int(lane), front) for part, (kind, lane), front in rows if kind == int(CarrierKind.LANE)
        }
        assert sorted(shown) == sorted(placed)
        for part, (lane, front) in placed.items():
            assert shown[part][0] == lane and abs(shown[part][1] - front) <= 1e-9
        drawn = timeline.body_travel(t)
        assert all(abs(drawn[index] - s) <= 1e-9 for index, s in travel.items())


def live(run: Run) -> Live:
    placed = {part.id: (lane.index, lane.position(part)) for lane in run.line.lanes for part in lane.parts()}
    tracks = [drive for drive in run.line.drives if isinstance(drive, Drive)]
    return placed, {drive.index: drive.way * drive.travel(run.now_ns) for drive in tracks}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 40))
def test_that_a_snapshot_at_any_event_of_turning_conveyors_goes_on_alike(seed: int) -> None:
    """Within ramps to a turn, with parts astride zones, across joints, held at the ends, waiting to turn."""
    rng = random.Random(seed)
    scene, plan = random_line(rng, 40)
    run = run_of(scene)
    taken: list[tuple[int, Any]] = []
    for step, (t, tag, value) in enumerate(plan):
        while (at := run.line.kernel.next_time()) is not None and at <= t:
            run.advance_to(at)
            if rng.random() < 0.05:
                taken.append((step, run.snapshot()))
        run.advance_to(t)
        run.write(tag, value)
    run.advance_to(plan[-1][0] + NS)
    digest, end = run.journal.digest(), live(run)
    for step, snapshot in rng.sample(taken, min(5, len(taken))):
        branch = Run.restore(run.loaded, snapshot)
        for t, tag, value in plan[step:]:
            branch.advance_to(t)
            branch.write(tag, value)
        branch.advance_to(plan[-1][0] + NS)
        assert branch.journal.digest() == digest
        assert live(branch) == end
