# ruff: noqa: E501  scene text
"""Random lines from scene text: no part is lost, none overtakes or overlaps another, Little's law holds, and
slices and snapshots change nothing.

What is demanded of the journal is written here anew, from what its records mean; of the product only the
timeline is used, which gives the poses that a viewer would see.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_lines import SECONDS, lines

from commissioning.bench.load import load_text
from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.littles_law import law
from commissioning.sim.lanes.two_way import TwoWayLane
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import PartPoses, Timeline

NS = 1_000_000_000
TOUCH = 2e-8  # m: rounding up to whole ns at both ends of 1 m/s and less, and the product's own 1e-8 m
INSTANTS = 250  # of a run that are looked at


def run_of(text: str, seed: int = 1) -> Run:
    run = Run(load_text(text, Path("scene.yaml")), seed)
    run.advance(SECONDS)
    assert run.problem is None and run.line.alarms == []
    return run


def seen(run: Run) -> Iterator[tuple[int, PartPoses]]:
    """Poses at instants of events and between them."""
    records = run.journal.records()
    times = np.unique(records["t"])
    between = (times[1:] + times[:-1]) // 2
    chosen = np.unique(np.concatenate((times, between)))
    if len(chosen) > INSTANTS:
        chosen = np.random.default_rng(1).choice(chosen, INSTANTS, replace=False)
    timeline = Timeline(run.journal.header, records)
    for t in np.sort(chosen):
        yield int(t), timeline.poses(int(t))


def on_lanes(poses: PartPoses) -> Mapping[int, list[tuple[int, float, float]]]:
    """(part, front, length) by lane, downstream first."""
    found: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    rows = zip(poses.ids, poses.carriers, poses.fronts, poses.sizes, strict=True)
    for part, (kind, carrier), front, size in rows:
        if kind == CarrierKind.LANE:
            found[int(carrier)].append((int(part), float(front), float(size[0])))
    return found


# ---- conservation -------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(lines())
def test_that_every_part_made_is_somewhere_or_has_left(text: str) -> None:
    """Each is made once, leaves once, is nowhere before and after, and at every instant in one place."""
    run = run_of(text)
    alive: set[int] = set()
    placed: set[int] = set()
    sinks = {k for k, thing in enumerate(run.journal.header["core"]["objects"]) if thing["type"] == "sink"}
    joins = {
        k for k, thing in enumerate(run.journal.header["core"]["objects"]) if thing["type"] == "assembly"
    }
    left = used = 0  # at sinks; up in what an assembly made
    for row in run.journal.records():
        kind, part = row["kind"], int(row["obj"])
        if kind == Kind.PART_MADE:
            assert part not in alive and part not in placed
            alive.add(part)
        elif kind == Kind.PART_MOVE:
            assert part in alive
            placed.add(part)
        elif kind == Kind.PART_GONE:
            assert int(row["a"]) in (sinks if row["aux"] == 0 else joins) and row["aux"] in (0, 3)
            alive.remove(part)
            placed.discard(part)
            left += row["aux"] == 0
            used += row["aux"] == 3
    assert alive == set(run.line.parts)
    assert left + used + len(alive) == run.line.made
    shown = [int(part) for part in Timeline(run.journal.header, run.journal.records()).poses(run.now_ns).ids]
    assert sorted(shown) == sorted(placed)
    counted = sum(int(run.tags[f"{d.id}.count"].value) for d in run.line.devices.values() if d.index in sinks)
    assert counted == left


# ---- Little's law -------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(lines())
def test_that_the_area_under_what_a_line_holds_is_the_time_that_its_parts_spent_there(text: str) -> None:
    """Both sides of the identity in whole ns, from different records, for the line and for each device that
    says what it holds; cut anywhere."""
    run = run_of(text)
    records = run.journal.records()
    for start, end in ((0, run.now_ns), (run.now_ns // 3, run.now_ns - 7)):
        history = History(run.journal.header, records, end, start)
        balances = law(history).balances
        assert [balance.name for balance in balances if not balance.holds] == []
        assert balances
    # and anew for lanes: a lane says nothing of itself, what it holds is counted from moves on and off it
    made, gone, area, time = {}, {}, 0, 0
    where: dict[int, tuple[int, int]] = {}
    held = 0
    last = 0
    for row in records:
        kind, part, t = row["kind"], int(row["obj"]), int(row["t"])
        if kind not in (Kind.PART_MOVE, Kind.PART_GONE):
            continue
        area += held * (t - last)
        last = t
        if part in where:
            time += t - where.pop(part)[1]
            held -= 1
        if kind == Kind.PART_MOVE and row["aux"] == CarrierKind.LANE:
            where[part] = int(row["a"]), t
            held += 1
    area += held * (run.now_ns - last)
    time += sum(run.now_ns - since for _, since in where.values())
    assert (area, made, gone) == (time, {}, {})
    assert held == sum(lane.count for lane in run.line.lanes)


# ---- order and overlap --------------------------------------------------------------------------------


@settings(max_examples=25)
@given(lines())
def test_that_no_part_overtakes_or_overlaps_another_on_any_track(text: str) -> None:
    """At instants of events and between them: tail to front in order, none closer than it is long; and two
    parts that are on one track together stay in their order for as long as both are there."""
    run = run_of(text)
    order: dict[tuple[int, tuple[int, int], tuple[int, int]], int] = {}  # lane, two visits -> when seen so
    visits: dict[int, int] = defaultdict(int)  # of a part to its carriers: pallets come again
    carrier: dict[int, tuple[int, int]] = {}
    moves = [row for row in run.journal.records() if row["kind"] == Kind.PART_MOVE]
    k = 0
    for t, poses in seen(run):
        while k < len(moves) and moves[k]["t"] <= t:
            part, onto = int(moves[k]["obj"]), (int(moves[k]["aux"]), int(moves[k]["a"]))
            visits[part] += carrier.get(part) != onto
            carrier[part] = onto
            k += 1
        for lane, parts in on_lanes(poses).items():
            for (one, front, length), (two, behind, _) in pairwise(parts):
                assert front - length >= behind - TOUCH, f"parts {one} and {two} overlap at {t} ns"
            there = [(part, visits[part]) for part, _, _ in parts]
            for i, first in enumerate(there):
                for second in there[i + 1 :]:
                    assert (lane, second, first) not in order, f"{second} has overtaken {first} at {t} ns"
                    order[lane, first, second] = t


@settings(max_examples=25)
@given(lines())
def test_that_a_tail_that_hangs_over_keeps_its_room_on_the_track_before(text: str) -> None:
    """Where one track leads to the begin of another: what has gone over lies back over the end by what it has
    not yet gone, and the next one stays behind it."""
    run = run_of(text)
    after = {
        lane.index: lane.exit.index
        for lane in run.line.lanes
        if lane.exit is not None and lane.exit in run.line.lanes
    }
    came_from: dict[int, int] = {}
    lane_of: dict[int, int] = {}
    moves = [
        (int(row["t"]), int(row["obj"]), int(row["a"]))
        for row in run.journal.records()
        if row["kind"] == Kind.PART_MOVE and row["aux"] == CarrierKind.LANE and not row["d"]
    ]
    k = 0
    for t, poses in seen(run):
        while k < len(moves) and moves[k][0] <= t:
            _, part, lane = moves[k]
            came_from[part], lane_of[part] = lane_of.get(part, -1), lane
            k += 1
        lanes = on_lanes(poses)
        for lane, parts in lanes.items():
            follower = lanes.get(lane, [])
            beyond = lanes.get(after.get(lane, -1), [])
            hanging = [p for p in beyond if came_from.get(p[0]) == lane and p[1] < p[2]]
            if hanging and follower:
                _, front, length = hanging[-1]
                end = run.line.lanes[lane].length
                assert follower[0][1] <= end - (length - front) + TOUCH, (
                    f"at {t} ns on lane {lane}: {parts[:1]}"
                )


@settings(max_examples=25)
@given(lines())
def test_that_what_comes_first_onto_a_track_leaves_it_first(text: str) -> None:
    """Except what is put on or taken off in the middle: merges, pop-ups, pushers."""
    run = run_of(text)
    middle = {
        lane.index
        for lane in run.line.lanes
        if len(lane.entries) > 1
        or any(
            device.record.along in {zone.device for zone in run.line.lane_plans[lane.index].zones}
            and device.record.to
            for device in run.line.devices.values()
        )
    }
    before = {  # of what runs backward too: the track that it gives back to
        lane.index: lane.exit if lane.backward else lane.exit_behind
        for lane in run.line.lanes
        if isinstance(lane, TwoWayLane)
    }
    queues: dict[int, list[int]] = defaultdict(list)
    where: dict[int, int] = {}
    for row in run.journal.records():
        if row["kind"] not in (Kind.PART_MOVE, Kind.PART_GONE):
            continue
        part = int(row["obj"])
        onto = int(row["a"]) if row["kind"] == Kind.PART_MOVE and row["aux"] == CarrierKind.LANE else -1
        lane = where.pop(part, -1)
        if lane >= 0 and lane not in middle:
            back = onto >= 0 and before.get(lane) is run.line.lanes[onto]  # then the last one goes first
            assert queues[lane].pop(-1 if back else 0) == part, (
                f"part {part} left lane {lane} before its turn"
            )
        if onto >= 0:
            where[part] = onto
            queues[onto].insert(0 if onto in before and row["d"] else len(queues[onto]), part)


RIGID = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: roll}
  roll: {type: roller_conveyor, pose: {xyz: [0 m, 0 m, 0 m]}, length: 0.6 m, speed: 0.7 m/s, zones: 1, mode: slug, to: belt}
  belt: {type: belt, pose: {xyz: [0.6 m, 0 m, 0 m]}, length: 2.0 m, speed: 0.7 m/s, to: work}
  work: {type: station, pose: {xyz: [2.6 m, 0 m, 0 m]}, length: 0.6 m, cycle: 1 s, to: out}
  out: {type: sink}
"""


def test_that_rounding_does_not_add_up_in_a_queue_that_moves_a_part_at_a_time() -> None:
    """0.3 m at 0.7 m/s is no whole number of ns. A track that cannot slip stops where its part touches, not where
    the instant, rounded up, has brought it: else each part would lead the next one by 0.3 nm more, and come in
    0.4 ns earlier. Parts leave each second, and so they come in each second, to the nanosecond.
    """
    run = Run(load_text(RIGID, Path("scene.yaml")), 1)
    run.advance("30 min")
    records = run.journal.records()
    made = records["t"][records["kind"] == Kind.PART_MADE][20:]
    assert set(np.diff(made).tolist()) == {NS}
    timeline = Timeline(run.journal.header, records)
    for t in np.unique(records["t"])[-300:]:
        for parts in on_lanes(timeline.poses(int(t))).values():
            for (_, front, length), (_, behind, _) in pairwise(parts):
                assert front - length >= behind - 1e-9


def test_that_rounding_does_not_add_up_where_zones_push_onto_a_belt() -> None:
    """As above, with two zones that let all go at once; 0.3 m at 0.55 m/s is no whole number of ns either."""
    text = RIGID.replace(
        "length: 0.6 m, speed: 0.7 m/s, zones: 1", "length: 1.2 m, speed: 0.55 m/s, zones: 2"
    )
    text = text.replace("xyz: [0.6 m", "xyz: [1.2 m").replace("xyz: [2.6 m", "xyz: [3.2 m")
    text = text.replace("2.0 m, speed: 0.7", "2.0 m, speed: 0.55")
    run = Run(load_text(text, Path("scene.yaml")), 1)
    run.advance("10 min")
    records = run.journal.records()
    timeline = Timeline(run.journal.header, records)
    for t in np.unique(records["t"])[-100:]:
        for parts in on_lanes(timeline.poses(int(t))).values():
            for (_, front, length), (_, behind, _) in pairwise(parts):
                assert front - length >= behind - TOUCH


def test_that_zones_that_are_stopped_at_their_end_stay_in_step() -> None:
    """As above, with the station right behind the zones: the end holds the last one, a command the others."""
    text = RIGID.replace(
        "length: 0.6 m, speed: 0.7 m/s, zones: 1", "length: 2.4 m, speed: 0.55 m/s, zones: 4"
    )
    text = text.replace("mode: slug, to: belt", "mode: slug, to: work").replace("xyz: [2.6 m", "xyz: [2.4 m")
    rows = [row for row in text.splitlines() if not row.startswith("  belt:")]
    run = Run(load_text("\n".join(rows) + "\n", Path("scene.yaml")), 1)
    run.advance("20 min")
    records = run.journal.records()
    timeline = Timeline(run.journal.header, records)
    seen_pairs = 0
    for t in np.unique(records["t"])[-100:]:
        for parts in on_lanes(timeline.poses(int(t))).values():
            for (_, front, length), (_, behind, _) in pairwise(parts):
                seen_pairs += 1
                assert front - length >= behind - 1e-9
    assert seen_pairs


GAPS = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: one}
  one: {type: belt, pose: {xyz: [0 m, 0 m, 0.8 m]}, length: 2 m, speed: 0.55 m/s, gap: 0.05 m, to: two}
  two: {type: belt, length: 2 m, speed: SPEED, gap: 0.1 m, to: three}
  three: {type: belt, length: 2 m, speed: 0.55 m/s, to: out}
  pe: {type: photo_eye, along: three, at: 1.5 m}
  out: {type: sink}
"""


@pytest.mark.parametrize(
    ("scene", "period"),
    [
        (GAPS.replace("SPEED", "0.55 m/s"), 0.4 / 0.55),  # the gap of the second belt is the pitch
        (GAPS.replace("SPEED", "0.45 m/s"), 0.4 / 0.45),
        (GAPS.replace("SPEED", "2.3 m/s"), 0.35 / 0.55),  # that of the first one
    ],
)
def test_that_parts_that_follow_at_a_gap_keep_to_the_closed_form_for_hours(scene: str, period: float) -> None:
    """No pitch here is a whole number of ns. A part that waits for a gap comes on where the solved time has it,
    not at 0 at the instant, rounded up: else each of some thousand would come by up to 1 ns later than that.
    """
    run = Run(load_text(scene, Path("scene.yaml")), 1)
    run.advance("2 h")
    times = [t for t, blocked in run.journal.edges("pe.blocked") if blocked][20:]
    assert len(times) > 5000
    for k in (1, 10, 1000, len(times) - 1):
        assert times[k] - times[0] == pytest.approx(k * period * NS, abs=3.0)


# ---- the same, however it is cut ----------------------------------------------------------------------


@settings(max_examples=20)
@given(lines(), st.integers(0, 10**6))
def test_that_slices_and_snapshots_in_between_change_nothing(text: str, seed: int) -> None:
    whole = run_of(text)
    rng = random.Random(seed)
    times = np.unique(whole.journal.records()["t"]).tolist()
    stops = sorted(rng.sample(times, min(len(times), 6)) + [rng.randrange(SECONDS * NS) for _ in range(4)])
    run = Run(whole.loaded, 1)
    for k, t in enumerate(stops):
        run.advance_to(t)
        if k % 2 == 0:
            run = Run.restore(run.loaded, run.snapshot())
    run.advance_to(whole.now_ns)
    assert run.journal.digest() == whole.journal.digest()


# ---- these tests can fail -----------------------------------------------------------------------------


def test_that_the_demands_refuse_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part shifted by a hair more than rounding, and one that has overtaken, are told."""
    text = next(iter(EXAMPLES))
    good = dict(seen_of(text))
    t = next(t for t, poses in good.items() if any(len(parts) > 1 for parts in on_lanes(poses).values()))

    def shifted(run: Run) -> Any:
        for instant, poses in good.items():
            fronts = poses.fronts.copy()
            if instant == t:
                fronts[1:] += 10.0
            yield instant, poses._replace(fronts=fronts)

    monkeypatch.setitem(globals(), "seen", shifted)
    inner: Any = test_that_no_part_overtakes_or_overlaps_another_on_any_track
    with pytest.raises(AssertionError, match="overlap"):
        inner.hypothesis.inner_test(text)


EXAMPLES: Sequence[str] = (
    """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: always, to: belt}
  belt: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: work}
  work: {type: station, cycle: 2 s, to: out}
  out: {type: sink}
""",
)


def seen_of(text: str) -> Iterator[tuple[int, PartPoses]]:
    yield from seen(run_of(text))
