from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from commissioning.model.pose import Pose, Vector

angles = st.tuples(*[st.floats(-3.1, 3.1)] * 3)
points = st.tuples(*[st.floats(-50, 50)] * 3)


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    return Pose.from_rpy(draw(points), draw(angles))


@given(angles, points)
def test_that_rpy_is_intrinsic_z_y_x(rpy: Vector, point: Vector) -> None:
    # scipy: capital letters are intrinsic rotations
    expected = Rotation.from_euler("ZYX", rpy[::-1]).apply(point)
    assert Pose.from_rpy((0, 0, 0), rpy).apply(point) == pytest.approx(expected, abs=1e-9)


def test_that_a_quarter_turn_sends_travel_to_the_left() -> None:
    pose = Pose.from_rpy((1, 2, 3), (0, 0, math.pi / 2))
    assert pose.apply((1.0, 0.0, 0.0)) == pytest.approx((1.0, 3.0, 3.0))
    assert pose.shifted(2.0, up=0.5).xyz == pytest.approx((1.0, 4.0, 3.5))


@given(poses(), poses(), points)
def test_that_composition_applies_the_right_one_first(
    a: Pose, b: Pose, point: tuple[float, float, float]
) -> None:
    assert (a @ b).apply(point) == pytest.approx(a.apply(b.apply(point)), abs=1e-9)


@given(poses(), points)
def test_that_the_inverse_undoes(pose: Pose, point: tuple[float, float, float]) -> None:
    assert pose.inverse().apply(pose.apply(point)) == pytest.approx(point, abs=1e-9)


@given(poses(), st.lists(points, min_size=1, max_size=4))
def test_that_arrays_move_as_single_points_do(pose: Pose, many: list[tuple[float, float, float]]) -> None:
    moved = pose.apply(np.array(many))
    for row, point in zip(moved, many, strict=True):
        assert tuple(row) == pytest.approx(pose.apply(point), abs=1e-9)


@given(angles)
def test_that_rpy_reads_back_as_the_same_rotation(rpy: tuple[float, float, float]) -> None:
    pose = Pose.from_rpy((0, 0, 0), rpy)
    again = Pose.from_rpy((0, 0, 0), pose.rpy)
    for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        assert again.rotate(axis) == pytest.approx(pose.rotate(axis), abs=1e-6)


@pytest.mark.parametrize("pitch", [math.pi / 2, -math.pi / 2])
def test_that_gimbal_lock_keeps_the_rotation(pitch: float) -> None:
    pose = Pose.from_rpy((0, 0, 0), (0.3, pitch, 1.1))
    again = Pose.from_rpy((0, 0, 0), pose.rpy)
    assert pose.rpy[0] == 0.0
    assert again.rotate((0.2, 0.5, 0.7)) == pytest.approx(pose.rotate((0.2, 0.5, 0.7)), abs=1e-7)
