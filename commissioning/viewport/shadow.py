"""A flat shadow on the floor: what stands there looks as if it stood, for the price of one static mesh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commissioning.viewport.palette import Palette, rgb
from commissioning.viewport.polydata import actor_of, matt, polydata, unlit
from commissioning.viewport.shapes import Triangles, joined

# Metres of shadow per metre of height: a steep light from the front left keeps shadows close.
ALONG = np.array([0.22, 0.34])
HEIGHT = -0.012  # between the floor and its grid, far enough for the depth buffer


class Shadow:
    """All still bodies pressed onto the floor in one opaque colour, so that overlaps do not add up."""

    def __init__(self, meshes: Sequence[Triangles], palette: Palette):
        mesh = joined(meshes)
        above = np.maximum(mesh.points[:, 2], 0.0)
        flat = np.column_stack([mesh.points[:, :2] + above[:, None] * ALONG, np.full(len(above), HEIGHT)])
        self.actor = actor_of(polydata(Triangles(flat, mesh.normals, mesh.faces), normals=False))
        unlit(self.actor)
        self.actor.SetPickable(False)
        self.actor.SetVisibility(bool(len(mesh.faces)))
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        matt(self.actor, rgb(palette.shadow), ambient=0.0, diffuse=1.0)
