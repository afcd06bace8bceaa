from __future__ import annotations

import numpy as np
import pytest

from commissioning.viewport.shapes import UNIT_BOX, UNIT_CYLINDER, Triangles, from_asset, joined, of_body


def volume(mesh: Triangles) -> float:
    """Signed volume by the divergence theorem: positive if all faces look outwards."""
    a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def test_that_boxes_and_cylinders_are_closed_and_look_outwards() -> None:
    assert volume(UNIT_BOX) == pytest.approx(1.0)
    n = 24
    assert volume(UNIT_CYLINDER) == pytest.approx(n / 2 * np.sin(2 * np.pi / n) / 4)


def test_that_normals_agree_with_the_faces() -> None:
    for mesh in (UNIT_BOX, UNIT_CYLINDER):
        a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        assert (np.einsum("ij,ij->i", normal, mesh.normals[mesh.faces[:, 0]]) > 0).all()


def test_that_a_body_stands_at_its_pose() -> None:
    quarter = [np.cos(np.pi / 4), 0.0, 0.0, np.sin(np.pi / 4)]
    body = {"shape": "box", "size": [2.0, 1.0, 0.5], "pose": {"xyz": [10.0, 0.0, 1.0], "quaternion": quarter}}
    mesh = of_body(body, {})
    assert np.allclose(mesh.points.min(axis=0), (9.5, -1.0, 0.75))
    assert np.allclose(mesh.points.max(axis=0), (10.5, 1.0, 1.25))


def test_that_a_mesh_is_fitted_into_its_box_and_keeps_its_proportions() -> None:
    asset = {
        "vertices": [[0, 0, 0], [4, 0, 0], [0, 2, 0], [0, 0, 1]],
        "faces": [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]],
    }
    pose = {"xyz": [0, 0, 0], "quaternion": [1, 0, 0, 0]}
    fitted = of_body({"shape": "mesh", "size": [2, 2, 2], "asset": "m", "pose": pose}, {"m": asset})
    assert np.allclose(np.ptp(fitted.points, axis=0), (2, 1, 0.5))
    own = of_body({"shape": "mesh", "size": [0, 0, 0], "asset": "m", "pose": pose}, {"m": asset})
    assert np.allclose(own.points, from_asset(asset).points)


def test_that_joining_keeps_every_face_on_its_own_points() -> None:
    both = joined([UNIT_BOX, UNIT_BOX.placed((5, 0, 0), (1, 0, 0, 0))])
    assert volume(both) == pytest.approx(2.0)
    assert len(both.faces) == 24
