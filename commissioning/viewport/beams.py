"""Light beams of sensors: thin and clear when free, strong when blocked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.viewport.palette import Palette, rgb
from commissioning.viewport.polydata import actor_of, polydata, unlit
from commissioning.viewport.shapes import UNIT_BOX, joined, rotation
from commissioning.viewport.vtk_arrays import shared

FREE, BLOCKED = 0.006, 0.018  # thickness in m


class Beams:
    """All beams in one mesh; a changed beam rewrites its own 24 points and 12 colours."""

    def __init__(self, bodies: Sequence[Mapping[str, Any]], palette: Palette):
        self._bodies = [body for body in bodies if body["shape"] == "beam"]
        self._blocked = np.zeros(len(self._bodies), bool)
        self._signals = np.array([body["signal"] for body in self._bodies], np.int64)
        mesh = joined([UNIT_BOX] * len(self._bodies))
        self._points = np.zeros((len(mesh.points), 3), np.float32)
        self._colours = np.zeros((len(mesh.faces), 4), np.uint8)
        self._data = polydata(mesh, normals=False)
        self._point_array = shared(self._points)
        self._data.GetPoints().SetData(self._point_array)
        self._colour_array = shared(self._colours, "colour")
        self._data.GetCellData().SetScalars(self._colour_array)
        self.actor = actor_of(self._data)
        unlit(self.actor)
        self.actor.SetVisibility(bool(self._bodies))
        self._palette = palette
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        self._palette = palette
        for number in range(len(self._bodies)):
            self._draw(number)
        self._modified()

    def show(self, lit: NDArray[np.bool_]) -> bool:
        if not len(self._bodies) or not len(lit):
            return False
        blocked = np.where(self._signals >= 0, lit[self._signals], False)
        changed = np.flatnonzero(blocked != self._blocked)
        if not len(changed):
            return False
        self._blocked = blocked
        for number in changed:
            self._draw(int(number))
        self._modified()
        return True

    def device_at(self, cell: int) -> str | None:
        number = cell // len(UNIT_BOX.faces)
        return self._bodies[number]["device"] if 0 <= number < len(self._bodies) else None

    def _draw(self, number: int) -> None:
        body, blocked = self._bodies[number], bool(self._blocked[number])
        thick = BLOCKED if blocked else FREE
        long = float(body["size"][0])
        local = UNIT_BOX.points * (long, thick, thick) + np.array((long / 2, 0.0, 0.0))
        pose = body["pose"]
        k = len(UNIT_BOX.points)
        placed = local @ rotation(pose["quaternion"]).T + np.asarray(pose["xyz"], float)
        self._points[number * k : (number + 1) * k] = placed
        f = len(UNIT_BOX.faces)
        colour = self._palette.beam_blocked if blocked else self._palette.beam_free
        self._colours[number * f : (number + 1) * f] = (*rgb(colour), 255 if blocked else 120)

    def _modified(self) -> None:
        self._point_array.Modified()
        self._data.GetPoints().Modified()
        self._colour_array.Modified()
        self._data.Modified()
