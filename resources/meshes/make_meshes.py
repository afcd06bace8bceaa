"""Makes the product meshes that are shipped: `python resources/meshes/make_meshes.py`.

Each stands on z = 0 with its footprint centred, x along travel, in metres; the files are glTF and so have
y up. They are made from boxes with bevelled edges and nothing else, so that they stay small. Needs the
development extra (the hull comes from scipy).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

HERE = Path(__file__).parent
Z_UP_TO_Y_UP = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)

CARDBOARD = (196, 154, 108, 255)
TAPE = (226, 205, 160, 255)
LABEL = (244, 244, 240, 255)
PLASTIC = (54, 112, 176, 255)
WOOD = (198, 164, 116, 255)
DARK_WOOD = (172, 138, 94, 255)


def bevelled(
    low: tuple[float, ...], high: tuple[float, ...], bevel: float, colour: tuple[int, ...]
) -> trimesh.Trimesh:
    """A box from corner `low` to corner `high` with its edges cut by `bevel`: 24 points, 44 triangles."""
    a, b = np.asarray(low, float), np.asarray(high, float)
    points = []
    for corner in np.ndindex(2, 2, 2):
        at = np.where(corner, b, a)
        inward = np.where(corner, -bevel, bevel)
        for axis in range(
            3
        ):  # the corner as seen by the face across `axis`: moved inwards along the other two
            points.append(at + np.where(np.arange(3) == axis, 0.0, inward))
    mesh = trimesh.convex.convex_hull(np.array(points))
    mesh.visual.face_colors = np.tile(np.array(colour, np.uint8), (len(mesh.faces), 1))
    return mesh


def box(low: tuple[float, ...], high: tuple[float, ...], colour: tuple[int, ...]) -> trimesh.Trimesh:
    """A plain box: 8 points, 12 triangles."""
    mesh = trimesh.creation.box(bounds=(low, high))
    mesh.visual.face_colors = np.tile(np.array(colour, np.uint8), (len(mesh.faces), 1))
    return mesh


def carton() -> list[trimesh.Trimesh]:
    """300 x 200 x 200 mm: bevelled board, a tape strip over the top and down both ends, a label."""
    x, y, z, skin = 0.150, 0.100, 0.200, 0.0006
    return [
        bevelled((-x, -y, 0.0), (x, y, z - skin), 0.004, CARDBOARD),
        box((-x + 0.004, -0.025, z - 2 * skin), (x - 0.004, 0.025, z), TAPE),
        box((-x, -0.025, z - 0.06), (-x + skin, 0.025, z - 0.004), TAPE),
        box((x - skin, -0.025, z - 0.06), (x, 0.025, z - 0.004), TAPE),
        box((0.03, -y, 0.05), (0.12, -y + skin, 0.12), LABEL),
    ]


def tote() -> list[trimesh.Trimesh]:
    """600 x 400 x 220 mm open container: floor, four walls, a rim."""
    x, y, z, wall, rim = 0.300, 0.200, 0.220, 0.004, 0.018
    inner_x, inner_y = x - rim, y - rim
    return [
        bevelled((-inner_x, -inner_y, 0.0), (inner_x, inner_y, 0.006), 0.002, PLASTIC),
        box((-inner_x, -inner_y, 0.006), (-inner_x + wall, inner_y, z), PLASTIC),
        box((inner_x - wall, -inner_y, 0.006), (inner_x, inner_y, z), PLASTIC),
        box((-inner_x + wall, -inner_y, 0.006), (inner_x - wall, -inner_y + wall, z), PLASTIC),
        box((-inner_x + wall, inner_y - wall, 0.006), (inner_x - wall, inner_y, z), PLASTIC),
        bevelled((-x, -y, z - 0.02), (-inner_x, y, z), 0.003, PLASTIC),
        bevelled((inner_x, -y, z - 0.02), (x, y, z), 0.003, PLASTIC),
        bevelled((-inner_x, -y, z - 0.02), (inner_x, -inner_y, z), 0.003, PLASTIC),
        bevelled((-inner_x, inner_y, z - 0.02), (inner_x, y, z), 0.003, PLASTIC),
        box((-0.06, -inner_y - 0.001, 0.08), (0.06, -inner_y, 0.14), LABEL),
    ]


def pallet() -> list[trimesh.Trimesh]:
    """1200 x 800 x 144 mm after EN 13698-1: five top boards, three stringers, nine blocks, three skids."""
    boards = []
    for y, width in ((-0.3275, 0.145), (-0.1775, 0.100), (0.0, 0.145), (0.1775, 0.100), (0.3275, 0.145)):
        boards.append(bevelled((-0.6, y - width / 2, 0.122), (0.6, y + width / 2, 0.144), 0.003, WOOD))
    for x in (-0.5275, 0.0, 0.5275):
        boards.append(box((x - 0.0725, -0.4, 0.100), (x + 0.0725, 0.4, 0.122), DARK_WOOD))
        for y, width in ((-0.35, 0.100), (0.0, 0.145), (0.35, 0.100)):
            boards.append(
                box((x - 0.0725, y - width / 2, 0.022), (x + 0.0725, y + width / 2, 0.100), DARK_WOOD)
            )
    for y, width in ((-0.35, 0.100), (0.0, 0.145), (0.35, 0.100)):
        boards.append(bevelled((-0.6, y - width / 2, 0.0), (0.6, y + width / 2, 0.022), 0.003, WOOD))
    return boards


def joined(pieces: list[trimesh.Trimesh]) -> trimesh.Trimesh:
    """One mesh with a colour for each point; corners are not shared, so that faces stay flat and plain."""
    points: list[NDArray[np.float64]] = []
    colours: list[NDArray[np.uint8]] = []
    for piece in pieces:
        points.append(piece.triangles.reshape(-1, 3))
        colours.append(np.repeat(piece.visual.face_colors, 3, axis=0))
    corners = np.concatenate(points).round(6)
    paints = np.concatenate(colours)
    # one row for each different (point, normal, colour) keeps the file small without rounding edges
    normals = np.concatenate([np.repeat(piece.face_normals, 3, axis=0) for piece in pieces]).round(3)
    _, first, inverse = np.unique(
        np.hstack([corners, normals, paints]), axis=0, return_index=True, return_inverse=True
    )
    return trimesh.Trimesh(
        corners[first], inverse.reshape(-1, 3), vertex_colors=paints[first], process=False
    ).apply_transform(Z_UP_TO_Y_UP)


def main() -> None:
    for make in (carton, tote, pallet):
        content = joined(make()).export(file_type="glb")
        (HERE / f"{make.__name__}.glb").write_bytes(content)
        print(f"{make.__name__}.glb {len(content)} bytes")


if __name__ == "__main__":
    main()
