"""Bodies to triangles: plain numpy arrays, ready to be joined and handed to VTK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDES = 24  # of a cylinder: smooth enough at arm's length, cheap for software GL

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Triangles:
    """points (P, 3) m, normals (P, 3), faces (F, 3) indices into points."""

    points: Floats
    normals: Floats
    faces: NDArray[np.int64]

    def placed(self, xyz: Sequence[float], quaternion: Sequence[float]) -> Triangles:
        """The same triangles at a pose; quaternion is (w, x, y, z)."""
        turn = rotation(quaternion)
        return Triangles(self.points @ turn.T + np.asarray(xyz, float), self.normals @ turn.T, self.faces)

    def scaled(self, size: Sequence[float]) -> Triangles:
        return Triangles(self.points * np.asarray(size, float), self.normals, self.faces)


def rotation(quaternion: Sequence[float]) -> Floats:
    """Rotation matrix (3, 3) of a unit quaternion (w, x, y, z)."""
    w, x, y, z = (float(v) for v in quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _unit_box() -> Triangles:
    points: list[Floats] = []
    normals: list[Floats] = []
    faces: list[tuple[int, int, int]] = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            normal = np.zeros(3)
            normal[axis] = side
            u, v = np.roll(np.eye(3), axis, axis=1)[1], np.roll(np.eye(3), axis, axis=1)[2]
            if np.dot(np.cross(u, v), normal) < 0:
                u, v = v, u
            first = len(points)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                points.append((normal + a * u + b * v) / 2)
                normals.append(normal)
            faces += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return Triangles(np.array(points), np.array(normals), np.array(faces, np.int64))


def _unit_cylinder() -> Triangles:
    """Diameter 1, height 1, axis z, centred; round side smooth, caps flat."""
    angle = np.arange(SIDES) * (2 * np.pi / SIDES)
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(SIDES)])
    up = np.array([0.0, 0.0, 0.5])
    points = [ring / 2 - up, ring / 2 + up, ring / 2 - up, ring / 2 + up]
    flat = np.tile((0.0, 0.0, 1.0), (SIDES, 1))
    normals = [ring, ring, -flat, flat]
    i = np.arange(SIDES)
    j = (i + 1) % SIDES
    fan = np.arange(1, SIDES - 1)
    first = np.zeros_like(fan)
    faces = [
        np.column_stack([i, j, j + SIDES]),
        np.column_stack([i, j + SIDES, i + SIDES]),
        np.column_stack([first, fan + 1, fan]) + 2 * SIDES,
        np.column_stack([first, fan, fan + 1]) + 3 * SIDES,
    ]
    return Triangles(np.concatenate(points), np.concatenate(normals), np.concatenate(faces).astype(np.int64))


UNIT_BOX = _unit_box()
UNIT_CYLINDER = _unit_cylinder()
# A part stands on its carrier: its pose is the centre of its bottom.
STANDING_BOX = Triangles(UNIT_BOX.points + np.array((0.0, 0.0, 0.5)), UNIT_BOX.normals, UNIT_BOX.faces)


def from_asset(asset: Mapping[str, Any]) -> Triangles:
    """Triangles of a mesh {"vertices": (V, 3) m, "faces": (F, 3)}; faces are shaded flat."""
    vertices = np.asarray(asset["vertices"], float).reshape(-1, 3)
    faces = np.asarray(asset["faces"], np.int64).reshape(-1, 3)
    points = vertices[faces].reshape(-1, 3)
    corner = vertices[faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)
    return Triangles(points, np.repeat(normal, 3, axis=0), np.arange(len(points)).reshape(-1, 3))


def of_body(body: Mapping[str, Any], assets: Mapping[str, Any]) -> Triangles:
    """World triangles of one entry of header["look"]["bodies"], at rest.

    A mesh whose asset the journal does not carry is drawn as a box of the body's size.
    """
    shape, size = body["shape"], [float(v) for v in body["size"]]
    if shape == "mesh" and body.get("asset") in assets:
        local = _fitted(from_asset(assets[body["asset"]]), np.asarray(size))
    elif shape == "cylinder":
        local = UNIT_CYLINDER.scaled(size)
    elif shape == "beam":
        local = UNIT_BOX.scaled([size[0], max(size[1], 0.004), max(size[2], 0.004)])
        local = Triangles(local.points + np.array((size[0] / 2, 0.0, 0.0)), local.normals, local.faces)
    else:
        local = UNIT_BOX.scaled(size)
    return local.placed(body["pose"]["xyz"], body["pose"]["quaternion"])


def _fitted(mesh: Triangles, box: Floats) -> Triangles:
    """Scaled alike in all directions until it fits the box; a box of zeros keeps the mesh's own size."""
    if not np.any(box > 0) or not len(mesh.points):
        return mesh
    extent = np.ptp(mesh.points, axis=0)
    ratios = [b / e for b, e in zip(box, extent, strict=True) if b > 0 and e > 0]
    return mesh.scaled([min(ratios)] * 3) if ratios else mesh


def joined(pieces: Sequence[Triangles]) -> Triangles:
    """One mesh of many."""
    if not pieces:
        return Triangles(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3), np.int64))
    offset = np.cumsum([0] + [len(p.points) for p in pieces[:-1]])
    return Triangles(
        np.concatenate([p.points for p in pieces]),
        np.concatenate([p.normals for p in pieces]),
        np.concatenate([p.faces + o for p, o in zip(pieces, offset, strict=True)]),
    )
