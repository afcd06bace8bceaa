"""Curved belts: edges by the length of the arc, poses on the circle. Numbers from plane trigonometry."""

from __future__ import annotations

from collections.abc import Callable
from math import acos, cos, pi, sin

import numpy as np
import pytest

from commissioning.model.pose import Pose
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

Line = Callable[..., Run]

BEND = """
src: {type: source, product: box, every: 100 s, first: 0 s, limit: 1, to: b1}
b1: {type: belt, pose: {xyz: [0, 0, 0.7 m]}, length: 1 m, speed: 0.5 m/s, to: bend}
bend: {type: curve, radius: 0.9 m, angle: 90 deg, speed: 0.4 m/s, to: b2}
pe: {type: photo_eye, along: bend, at: 0.6 m}
b2: {type: belt, length: 2 m, speed: 0.5 m/s, to: out}
out: {type: sink}
"""
ARC = 0.9 * pi / 2


def test_that_edges_come_by_the_length_of_the_arc(line: Line) -> None:
    run = line(BEND)
    run.advance("60 s")
    assert len(run.line.lanes) == 1  # one lane: nothing stops at the joints
    (rise,) = [t for t, value in run.journal.edges("pe.blocked") if value]
    assert rise == pytest.approx((1 / 0.5 + 0.6 / 0.4) * 1e9, abs=1_000)
    (end,) = [t for t, value in run.journal.edges("out.count") if value]
    assert end == pytest.approx((1 / 0.5 + ARC / 0.4 + 2 / 0.5) * 1e9, abs=1_000)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_that_what_follows_and_what_stands_along_it_have_their_places_on_the_circle(
    line: Line, way: float
) -> None:
    run = line(BEND.replace("90 deg", f"{90 * way} deg"))
    eye, after = run.line.devices["pe"].pose, run.line.devices["b2"].pose
    turned = 0.6 / 0.9
    assert eye.xyz == pytest.approx((1 + 0.9 * sin(turned), way * 0.9 * (1 - cos(turned)), 0.7), abs=1e-12)
    assert after.xyz == pytest.approx((1.9, way * 0.9, 0.7), abs=1e-12)
    assert after.rpy == pytest.approx((0.0, 0.0, way * pi / 2), abs=1e-12)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_that_parts_are_shown_on_the_circle_and_along_its_tangent(line: Line, way: float) -> None:
    run = line(BEND.replace("90 deg", f"{90 * way} deg"))
    run.advance("60 s")
    timeline = Timeline(run.journal.header, run.journal.records())
    centre = np.array([1.0, way * 0.9, 0.7])
    seen = 0
    for t in range(2_000_000_000, 9_000_000_000, 50_000_000):
        poses = timeline.poses(t)
        middle = poses.fronts[0] - 0.15
        pose = Pose(tuple(poses.positions[0]), tuple(poses.quaternions[0]))
        heading = np.array(pose.rotate((1.0, 0.0, 0.0)))
        if 1.0 < middle < 1.0 + ARC:
            seen += 1
            arm = poses.positions[0] - centre
            assert np.linalg.norm(arm) == pytest.approx(0.9, abs=1e-12)
            turned = acos(np.clip(-way * arm[1] / 0.9, -1.0, 1.0))
            assert turned * 0.9 == pytest.approx(middle - 1.0, abs=1e-7)
            assert heading @ arm == pytest.approx(0.0, abs=1e-12)
            assert heading[0] == pytest.approx(cos(turned), abs=1e-7)
        elif middle < 1.0:
            assert poses.positions[0] == pytest.approx([middle, 0.0, 0.7], abs=1e-12)
        else:
            assert poses.positions[0] == pytest.approx([1.9, way * (0.9 + middle - 1 - ARC), 0.7], abs=1e-9)
    assert seen > 60


def test_that_its_drawn_pieces_lie_on_the_arc_and_cover_it(line: Line) -> None:
    run = line(BEND)
    pieces = [body for body in run.line.devices["bend"].bodies() if body.role == "belt"]
    angles = []
    for body in pieces:
        x, y, _ = body.pose.xyz
        assert (x - 1.0) ** 2 + (y - 0.9) ** 2 == pytest.approx(0.9**2, rel=1e-12)
        angles.append(body.pose.rpy[2])
    step = pi / 2 / len(pieces)
    assert angles == pytest.approx([step * (k + 0.5) for k in range(len(pieces))])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("angle: 90 deg", "angle: 0 deg"), "turns by no angle"),
        (("angle: 90 deg", "angle: 90 deg, width: 2 m"), "inner edge"),
        (("at: 0.6 m", "at: 1.5 m"), "is not on bend"),
    ],
)
def test_that_a_curve_that_cannot_be_is_a_problem(line: Line, change: tuple[str, str], message: str) -> None:
    with pytest.raises(Exception, match=message):
        line(BEND.replace(*change))
