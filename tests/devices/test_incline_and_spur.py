"""Tracks that lie at an angle to one another: inclines and spurs. Times by the length along each track, places in the
world from trigonometry."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin
from typing import Any

import numpy as np
import pytest

from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

US, NS = 1_000, 1_000_000_000
RISE = radians(30.0)

INCLINE = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: foot}
foot: {type: belt, length: 1 m, speed: 0.4 m/s, pose: {xyz: [0 m, 0 m, 0.75 m]}, to: up}
up: {type: belt, length: 2 m, speed: 0.5 m/s, pose: {xyz: [1 m, 0 m, 0.75 m], rpy: [0 deg, -30 deg, 0 deg]}, to: top}
top: {type: belt, length: 2 m, speed: 0.4 m/s, pose: {xyz: [2.732050808 m, 0 m, 1.75 m]}, to: out}
pe1: {type: photo_eye, along: foot, at: 0.9 m}
pe2: {type: photo_eye, along: up, at: 1.2 m}
pe3: {type: photo_eye, along: top, at: 0.2 m}
out: {type: sink}
"""


def edges(run: Run, name: str) -> list[float]:
    return [t / NS for t, _ in run.journal.edges(name)][1:]


def near(*times: float) -> Any:
    return pytest.approx(list(times), abs=US / NS)


def pose(timeline: Timeline, seconds: float) -> tuple[list[float], list[float]]:
    """Centre of the bottom, and direction of travel, of the only part."""
    poses = timeline.poses(round(seconds * NS))
    w, i, j, k = poses.quaternions[0]
    along = [1 - 2 * (j * j + k * k), 2 * (i * j + w * k), 2 * (i * k - w * j)]
    return poses.positions[0].tolist(), along


def test_that_the_way_up_an_incline_counts_along_it(line: Line) -> None:
    """2.5 s on the foot, 4 s on the 2 m of the incline (1.73 m in plan), the front being the driving point."""
    run = line(INCLINE)
    run.advance("20 s")
    top = 2.5 + 2.0 / 0.5
    tail = (
        2.5 + 0.2 / 0.5
    )  # from 2.5 s on the incline moves it; its tail still has 0.2 m to go to the first eye
    assert edges(run, "pe1.blocked") == near(0.9 / 0.4, tail)
    assert edges(run, "pe2.blocked") == near(2.5 + 1.2 / 0.5, 2.5 + 1.5 / 0.5)
    assert edges(run, "pe3.blocked") == near(top + 0.2 / 0.4, top + 0.5 / 0.4)
    assert edges(run, "out.count") == near(top + 2.0 / 0.4)


def test_that_parts_lie_on_the_incline_and_across_its_foot_and_top(line: Line) -> None:
    """On it: 0.75 + s sin 30 deg high. Across the foot: front end on the one, rear end on the other."""
    run = line(INCLINE)
    run.advance("20 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    centre, along = pose(timeline, 2.5 + 1.0 / 0.5)  # front at 1 m
    assert centre == pytest.approx([1 + 0.85 * cos(RISE), 0.0, 0.75 + 0.85 * sin(RISE)], abs=1e-9)
    assert along == pytest.approx([cos(RISE), 0.0, sin(RISE)], abs=1e-9)
    centre, along = pose(timeline, 2.5 + 0.1 / 0.5)  # 0.1 m on the incline, 0.2 m on the foot
    front, rear = np.array([1 + 0.1 * cos(RISE), 0.0, 0.75 + 0.1 * sin(RISE)]), np.array([0.8, 0.0, 0.75])
    assert centre == pytest.approx((0.5 * (front + rear)).tolist(), abs=1e-9)
    assert 0.0 < along[2] < sin(RISE)
    centre, _ = pose(timeline, 6.5 + 0.15 / 0.4)
    crest = np.array([1 + 2 * cos(RISE), 0.0, 1.75])
    front, rear = crest + np.array([0.15, 0.0, 0.0]), crest - [0.15 * cos(RISE), 0.0, 0.15 * sin(RISE)]
    assert centre == pytest.approx((0.5 * (front + rear)).tolist(), abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_that_nothing_jumps_where_tracks_meet_at_an_angle(line: Line, seed: int) -> None:
    """From one instant to the next, 4 ms later, a part moves no further than its belt, and turns by little."""
    text = INCLINE if seed < 2 else SPUR
    run = line(text.replace("0.5 m/s", "0.4 m/s") if seed else text)
    run.advance("20 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    before: tuple[list[float], list[float]] | None = None
    for t in np.arange(0.5, 9.0, 0.004).tolist():
        if len(timeline.poses(round(t * NS)).ids) != 1:
            continue
        here = pose(timeline, t)
        if before is not None:
            assert np.linalg.norm(np.subtract(here[0], before[0])) < 0.004 * 0.5 + 1e-6
            assert np.linalg.norm(np.subtract(here[1], before[1])) < 8e-3
        before = here


SPUR = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: spur}
spur: {type: belt, length: 2 m, speed: 0.4 m/s, pose: {xyz: [0.267949192 m, -1 m, 0.75 m], rpy: [0 deg, 0 deg, 30 deg]}, to: {device: main, at: 2 m}}
main: {type: belt, length: 4 m, speed: 0.5 m/s, pose: {xyz: [0 m, 0 m, 0.75 m]}, to: out}
pe0: {type: photo_eye, along: spur, at: 1.9 m}
pe1: {type: photo_eye, along: main, at: 1.8 m}
pe2: {type: photo_eye, along: main, at: 3 m}
out: {type: sink}
"""


def test_that_a_spur_hands_over_where_its_front_comes_to_the_middle_of_the_main_track(line: Line) -> None:
    """5 s on the spur, then the main belt moves it, its tail on the spur too: 0.3 m of it clear the eye on the
    spur 0.2 m later. On the main track it lies from 1.7 m on, with its tail at the eye there."""
    run = line(SPUR)
    run.advance("20 s")
    assert edges(run, "pe0.blocked") == near(1.9 / 0.4, 5.0 + 0.2 / 0.5)
    assert edges(run, "pe1.blocked") == near(5.0, 5.0 + 0.1 / 0.5)
    assert edges(run, "pe2.blocked") == near(5.0 + 1.0 / 0.5, 5.0 + 1.3 / 0.5)
    assert edges(run, "out.count") == near(5.0 + 2.0 / 0.5)
    timeline = Timeline(run.journal.header, run.journal.records())
    centre, along = pose(timeline, 5.0 + 0.15 / 0.5)  # half of it on each
    front, rear = np.array([2.15, 0.0, 0.75]), np.array([2.0 - 0.15 * cos(RISE), -0.15 * sin(RISE), 0.75])
    assert centre == pytest.approx((0.5 * (front + rear)).tolist(), abs=1e-8)
    assert along == pytest.approx([cos(RISE / 2), sin(RISE / 2), 0.0], abs=1e-9)


BRANCH = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: main}
main: {type: belt, length: 2 m, speed: 0.4 m/s, pose: {xyz: [0 m, 0 m, 0.75 m]}, to: gate}
gate: {type: diverter, time: 0 s, tags: {left: Q_Left}, to: {straight: on, left: branch}}
on: {type: belt, length: 2 m, speed: 0.4 m/s, to: out}
branch: {type: belt, length: 3 m, speed: 0.5 m/s, pose: {xyz: [2 m, 0 m, 0.75 m], rpy: [0 deg, 0 deg, 30 deg]}, to: side}
pe: {type: photo_eye, along: branch, at: 1 m}
out: {type: sink}
side: {type: sink}
"""


def test_that_a_branch_at_an_angle_is_travelled_along_its_own_line(line: Line) -> None:
    run = line(BRANCH)
    run.force("Q_Left", True)
    run.advance("20 s")
    assert edges(run, "pe.blocked") == near(5.0 + 1.0 / 0.5, 5.0 + 1.3 / 0.5)
    assert edges(run, "side.count") == near(5.0 + 3.0 / 0.5)
    timeline = Timeline(run.journal.header, run.journal.records())
    centre, along = pose(timeline, 7.0)
    assert centre == pytest.approx([2 + 0.85 * cos(RISE), 0.85 * sin(RISE), 0.75], abs=1e-9)
    assert along == pytest.approx([cos(RISE), sin(RISE), 0.0], abs=1e-9)


def test_that_a_part_given_back_down_an_incline_lies_across_its_foot_the_same(line: Line) -> None:
    """Reversible belts: where its front was on the way up at the same place, it lies the same on the way down."""
    text = INCLINE.replace("speed: 0.4 m/s,", "speed: 0.4 m/s, reversible: true, tags: {reverse: Q_Back},")
    text = text.replace("speed: 0.5 m/s,", "speed: 0.5 m/s, reversible: true, tags: {reverse: Q_Back},")
    run = line(text)
    run.advance("4.5 s")  # front at 1 m of the incline
    run.force("Q_Back", True)
    run.advance("4 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    up = [pose(timeline, 2.5 + x / 0.5) for x in (0.05, 0.15, 0.25)]
    joint = 4.5 + 0.7 / 0.5  # its rear edge is at the joint: 0.3 m of it still on the incline
    down = [pose(timeline, joint + (0.3 - x) / 0.4) for x in (0.05, 0.15, 0.25)]
    for one, two in zip(up, down, strict=True):
        assert one[0] == pytest.approx(two[0], abs=1e-6) and one[1] == pytest.approx(two[1], abs=1e-6)
