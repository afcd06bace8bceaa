"""The timeline against records written by hand; against live runs it is tested in test_lane_fuzz."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from commissioning.bench.load import load_text
from commissioning.model.pose import Pose
from commissioning.model.record import RECORD, CarrierKind, Kind
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

NS = 1_000_000_000
HELD = 65535


def pose(xyz: tuple[float, float, float], yaw: float = 0.0) -> dict[str, list[float]]:
    made = Pose.from_rpy(xyz, (0.0, 0.0, yaw))
    return {"xyz": list(made.xyz), "quaternion": list(made.quaternion)}


def header(lanes: list[list[dict[str, Any]]], drives: int = 3) -> dict[str, Any]:
    return {
        "core": {
            "signals": [{"name": f"s{k}"} for k in range(3)], "objects": [{"id": f"o{k}"} for k in range(2)],
            "drives": [f"d{k}" for k in range(drives)], "lanes": [{"id": f"l{k}"} for k in range(len(lanes))],
        },
        "look": {
            "lanes": [{"zones": zones} for zones in lanes],
            "slots": [{"pose": pose((9.0, 1.0, 0.5))}],
            "bodies": [{"drive": 2, "axis": [0.0, -1.0, 0.0]}, {"drive": -1, "axis": [0, 0, 0]}],
        },
    }  # fmt: skip


STRAIGHT = [{"pose": pose((0.0, 0.0, 0.75)), "start": 0.0, "end": 3.0}]


def records(*rows: tuple[float, Kind, int, int, float, float, float, float]) -> NDArray[np.void]:
    """Rows of (seconds, kind, aux, obj, a, b, c, d)."""
    packed = [(round(t * NS), int(kind), aux, obj, 0, a, b, c, d) for t, kind, aux, obj, a, b, c, d in rows]
    return np.array(packed, RECORD)


MADE = [(0.0, Kind.PART_MADE, 1, k, 0.3, 0.2, 0.25, 2.5) for k in range(3)]
ON_LANE, IN_SLOT, ON_BODY = int(CarrierKind.LANE), int(CarrierKind.SLOT), int(CarrierKind.BODY)


def test_that_a_part_moves_with_its_drive_and_stands_when_held() -> None:
    timeline = Timeline(header([STRAIGHT]))
    timeline.feed(
        records(
            *MADE,
            (0.0, Kind.DRIVE, 0, 1, 0.0, 0.0, 0.5, 0.4),  # ramp of 0.8 s
            (1.0, Kind.PART_MOVE, ON_LANE, 0, 0.0, 0.0, 0.0, 0.0),
            (1.0, Kind.TRAIN, 1, 0, -0.24, 0.0, 0.0, 0.0),  # travel at 1 s: 0.16 + 0.08
            (3.0, Kind.TRAIN, HELD, 0, 0.8, 0.0, 0.0, 0.0),
        )
    )
    assert len(timeline.poses(NS - 1).ids) == 0
    at_two = timeline.poses(2 * NS)
    assert at_two.fronts.tolist() == pytest.approx([0.4])
    assert at_two.positions[0].tolist() == pytest.approx([0.4 - 0.15, 0.0, 0.75])
    assert at_two.sizes.tolist() == [[0.3, 0.2, 0.25]]
    assert at_two.products.tolist() == [1]
    assert timeline.poses(9 * NS).fronts.tolist() == [0.8]
    assert timeline.poses(2 * NS).fronts.tolist() == pytest.approx([0.4])  # and back


def test_that_a_lane_round_a_corner_turns_its_parts() -> None:
    corner = [
        {"pose": pose((0.0, 0.0, 0.5)), "start": 0.0, "end": 2.0},
        {"pose": pose((2.0, 0.0, 0.5), math.pi / 2), "start": 2.0, "end": 4.0},
    ]
    timeline = Timeline(header([STRAIGHT, corner]))
    timeline.feed(
        records(
            *MADE,
            (0.0, Kind.PART_MOVE, ON_LANE, 0, 1.0, 0.0, 0.0, 0.0),
            (0.0, Kind.TRAIN, HELD, 1, 3.15, 0.0, 0.0, 0.0),
            (0.0, Kind.PART_MOVE, ON_LANE, 1, 1.0, 0.3, 1.0, 0.0),
            (0.0, Kind.TRAIN, HELD, 1, 1.45, 1.0, 1.0, 0.0),
        )
    )
    poses = timeline.poses(0)
    assert poses.positions.tolist() == [pytest.approx([2.0, 1.0, 0.5]), pytest.approx([1.0, 0.0, 0.5])]
    assert poses.quaternions[0].tolist() == pytest.approx(list(pose((0, 0, 0), math.pi / 2)["quaternion"]))
    assert poses.carriers.tolist() == [[ON_LANE, 1], [ON_LANE, 1]]


def test_that_parts_in_slots_and_on_rams_are_there_too() -> None:
    timeline = Timeline(header([STRAIGHT]))
    timeline.feed(
        records(
            *MADE,
            (0.0, Kind.PART_MOVE, ON_LANE, 0, 0.0, 0.0, 0.0, 0.0),
            (0.0, Kind.TRAIN, HELD, 0, 1.0, 0.0, 0.0, 0.0),
            (1.0, Kind.DRIVE, 0, 2, 0.0, 0.5, 0.0, 0.5),
            (1.5, Kind.PART_MOVE, ON_BODY, 0, 2.0, 1.0, 0.0, 0.0),
            (2.0, Kind.DRIVE, 0, 2, 0.5, 0.0, 0.0, 0.0),
            (4.0, Kind.PART_MOVE, IN_SLOT, 0, 0.0, 0.0, 0.0, 0.0),
            (5.0, Kind.PART_GONE, 0, 0, 0.0, 0.0, 0.0, 0.0),
        )
    )
    assert timeline.poses(NS).positions.tolist() == [pytest.approx([0.85, 0.0, 0.75])]
    assert timeline.poses(3 * NS).positions.tolist() == [pytest.approx([0.85, -0.25, 0.75])]  # from 0.25 on
    assert timeline.poses(4 * NS).positions.tolist() == [[9.0, 1.0, 0.5]]
    assert np.isnan(timeline.poses(4 * NS).fronts).all()
    assert len(timeline.poses(5 * NS).ids) == 0


def test_that_a_train_record_moves_all_from_its_first_to_its_last_part() -> None:
    rows = [*MADE]
    for k in range(3):
        rows.append((0.0, Kind.PART_MOVE, ON_LANE, k, 0.0, 0.3 * k, float(k), 0.0))
    rows.append((1.0, Kind.TRAIN, HELD, 0, 2.0, 0.0, 2.0, 0.0))
    rows.append((2.0, Kind.TRAIN, HELD, 0, 1.5, 1.0, 2.0, -0.1))
    timeline = Timeline(header([STRAIGHT]), records(*rows))
    assert timeline.poses(NS).fronts.tolist() == pytest.approx([2.0, 1.7, 1.4])
    assert timeline.poses(2 * NS).fronts.tolist() == pytest.approx([2.0, 1.3, 1.0])


def test_that_values_states_and_qualities_are_those_of_the_last_record() -> None:
    timeline = Timeline(header([STRAIGHT]))
    timeline.feed(
        records(
            (1.0, Kind.VALUE, 0, 0, 1.0, 0.0, 0.0, 0.0),
            (1.0, Kind.VALUE, 0, 0, 0.0, 0.0, 0.0, 0.0),  # twice in one instant: the last counts
            (2.0, Kind.VALUE, 4, 1, 7.5, 3.0, 0.0, 0.0),
            (2.0, Kind.STATE, 3, 1, 0.0, 0.0, 0.0, 0.0),
        )
    )
    assert timeline.values(NS).tolist() == [0.0, 0.0, 0.0]
    after = timeline.signals(2 * NS)
    assert after.value.tolist() == [0.0, 7.5, 0.0]
    assert after.low_word.tolist() == [0.0, 3.0, 0.0]
    assert after.t.tolist() == [NS, 2 * NS, -1]
    assert after.quality.tolist() == [0, 0, 1]  # never written: uncertain
    assert after.flags[1] == 4
    assert timeline.states(NS).tolist() == [-1, -1]
    assert timeline.states(2 * NS).tolist() == [-1, 3]


def busy(seed: int, parts: int) -> tuple[NDArray[np.void], list[dict[int, float]]]:
    """A lane on which parts come, go, are re-based and shifted; and what stands where after each record."""
    rng = random.Random(seed)
    rows, after = [], []
    lane: list[list[float]] = []  # [part, c, base]
    made = 0
    for step in range(parts * 6):
        t = step * 0.01
        what = rng.random()
        if what < 0.35 and made < parts:
            rows.append((t, Kind.PART_MADE, 0, made, 0.3, 0.2, 0.2, 1.0))
            after.append({int(p): base - c for p, c, base in lane})
            c = lane[-1][1] + 0.3 if lane else 0.0
            rows.append((t, Kind.PART_MOVE, ON_LANE, made, 0.0, c, 0.0, 0.0))
            lane.append([made, c, 0.0])
            made += 1
        elif what < 0.85 and lane:
            low = rng.randrange(len(lane))
            high = rng.randrange(low, len(lane))
            base, shift = rng.uniform(0.0, 3.0), rng.choice([0.0, 0.0, 0.1])
            rows.append((t, Kind.TRAIN, HELD, 0, base, lane[low][0], lane[high][0], shift))
            for entry in lane[low : high + 1]:
                entry[1] += shift
                entry[2] = base
        elif lane:
            gone = lane.pop(rng.choice([0, 0, rng.randrange(len(lane))]))
            rows.append((t, Kind.PART_GONE, 0, int(gone[0]), 0.0, 0.0, 0.0, 0.0))
        else:
            continue
        after.append({int(p): base - c for p, c, base in lane})
    return records(*rows), after


@pytest.mark.parametrize("seed", range(3))
def test_that_any_time_may_be_asked_for_in_any_order_and_in_any_helpings(seed: int) -> None:
    rows, after = busy(seed, 400)
    whole = Timeline(header([STRAIGHT]), rows)
    live = Timeline(header([STRAIGHT]))
    rng = random.Random(seed)
    fed = 0
    while fed < len(rows):
        more = rng.randrange(1, 300)
        live.feed(rows[fed : fed + more])
        fed += more
        if rng.random() < 0.5:
            live.poses(rng.randrange(int(rows["t"][-1])))
    for number in rng.sample(range(len(rows)), 200):
        t = int(rows["t"][number])
        last = int(np.searchsorted(rows["t"], t, side="right")) - 1
        for timeline in (whole, live):
            poses = timeline.poses(t)
            assert dict(zip(poses.ids.tolist(), poses.fronts.tolist(), strict=True)) == pytest.approx(
                after[last], abs=1e-12
            )


def test_that_records_of_parts_from_before_a_restored_run_are_passed_over() -> None:
    timeline = Timeline(header([STRAIGHT]))
    timeline.feed(
        records(
            (0.0, Kind.TRAIN, HELD, 0, 1.0, 5.0, 5.0, 0.0),
            (1.0, Kind.PART_GONE, 0, 5, 0.0, 0.0, 0.0, 0.0),
        )
    )
    assert len(timeline.poses(2 * NS).ids) == 0


def test_that_the_speed_of_a_belt_is_its_ramps_at_every_instant(tmp_path: Path) -> None:
    """Started at 1 s with 0.8 m/s2 to 0.4 m/s, stopped at 3 s: v = a t on the ramps."""
    text = (
        "format: commissioning-scene/1\nproducts: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
        "  b: {type: belt, length: 3 m, speed: 0.4 m/s, acceleration: 0.8 m/s2, to: out, tags: {run: Q}}\n"
        "  out: {type: sink}\n"
    )
    run = Run(load_text(text, tmp_path / "scene.yaml"))
    for t, on in ((1, True), (3, False)):
        run.advance_to(t * 1_000_000_000)
        run.write("Q", on)
    run.advance("2 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    expected = {0.5: 0.0, 1.25: 0.2, 1.5: 0.4, 2.9: 0.4, 3.125: 0.3, 3.5: 0.0, 4.9: 0.0}
    for seconds, speed in expected.items():
        assert timeline.body_speed(round(seconds * 1e9))[0] == pytest.approx(speed, abs=1e-12)
