"""The floor: a neutral disc with a 1 m grid, a strong line each 10 m, fading out far away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkPolyData

from commissioning.viewport.palette import Palette, Rgb, rgb
from commissioning.viewport.polydata import actor_of, cells, unlit
from commissioning.viewport.vtk_arrays import shared

FADE_FROM = 0.35  # share of the radius inside which nothing fades
SEGMENTS = 72
RINGS = 10


class Floor:
    """Grows with what stands on it; nothing on it can be picked."""

    def __init__(self, low: NDArray[np.float64], high: NDArray[np.float64], palette: Palette):
        middle = (low + high) / 2
        self.centre = np.array([round(float(middle[0])), round(float(middle[1]))], float)
        reach = float(np.max(high[:2] - low[:2]))
        self.radius = float(np.ceil(max(14.0, reach * 1.6)))
        self._disc, self._disc_colours, self._disc_array, self._disc_fade = self._make_disc()
        self._grid, self._grid_colours, self._grid_array, self._grid_fade, self._strong = self._make_grid()
        self.actors = [self._disc, self._grid]
        for actor in self.actors:
            unlit(actor)
            actor.SetPickable(False)
            actor.ForceTranslucentOn()
        self._grid.GetProperty().SetLineWidth(1.0)
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        self._disc_colours[:] = _faded(rgb(palette.floor), self._disc_fade)
        fine = _faded(rgb(palette.grid), self._grid_fade)
        strong = _faded(rgb(palette.grid_strong), self._grid_fade)
        self._grid_colours[:] = np.where(self._strong[:, None], strong, fine)
        self._disc_array.Modified()
        self._grid_array.Modified()

    def _fade(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        distance = np.hypot(points[:, 0] - self.centre[0], points[:, 1] - self.centre[1]) / self.radius
        share = np.clip((1.0 - distance) / (1.0 - FADE_FROM), 0.0, 1.0)
        smooth: NDArray[np.float64] = share * share * (3.0 - 2.0 * share)
        return smooth

    def _make_disc(self) -> tuple[Any, NDArray[np.uint8], Any, NDArray[np.float64]]:
        angle = np.arange(SEGMENTS) * (2 * np.pi / SEGMENTS)
        radii = self.radius * np.linspace(0.0, 1.0, RINGS + 1)[1:]
        ring = np.column_stack([np.cos(angle), np.sin(angle)])
        flat = np.concatenate([[[0.0, 0.0]], *(ring * r for r in radii)]) + self.centre
        points = np.column_stack([flat, np.full(len(flat), -0.03)])
        i = np.arange(SEGMENTS)
        j = (i + 1) % SEGMENTS
        faces = [np.column_stack([np.zeros_like(i), i + 1, j + 1])]
        for k in range(RINGS - 1):
            a, b = 1 + k * SEGMENTS, 1 + (k + 1) * SEGMENTS
            faces += [np.column_stack([a + i, b + i, b + j]), np.column_stack([a + i, b + j, a + j])]
        return (*_coloured(points, np.concatenate(faces), lines=False), self._fade(points))

    def _make_grid(self) -> tuple[Any, NDArray[np.uint8], Any, NDArray[np.float64], NDArray[np.bool_]]:
        r = int(self.radius)
        points: list[tuple[float, float]] = []
        pairs: list[tuple[int, int]] = []
        strong: list[bool] = []
        step = max(1, r // 20)  # lines are cut up so that their ends can fade
        stops = np.arange(-r, r + step, step, dtype=float)
        for axis in (0, 1):
            for offset in range(-r, r + 1):
                heavy = (int(self.centre[axis]) + offset) % 10 == 0
                first = len(points)
                for stop in stops:
                    points.append((offset, stop) if axis == 0 else (stop, offset))
                    strong.append(heavy)
                pairs += [(first + n, first + n + 1) for n in range(len(stops) - 1)]
        flat = np.array(points, float) + self.centre
        spatial = np.column_stack([flat, np.zeros(len(flat))])
        return (
            *_coloured(spatial, np.array(pairs, np.int64), lines=True),
            self._fade(spatial),
            np.array(strong, bool),
        )


def _coloured(
    points: NDArray[np.float64], indices: NDArray[np.int64], lines: bool
) -> tuple[Any, NDArray[np.uint8], Any]:
    data = vtkPolyData()
    holder = vtkPoints()
    holder.SetData(shared(np.ascontiguousarray(points, np.float32)))
    data.SetPoints(holder)
    if lines:
        data.SetLines(cells(indices))
    else:
        data.SetPolys(cells(indices))
    colours = np.zeros((len(points), 4), np.uint8)
    array = shared(colours, "colour")
    data.GetPointData().SetScalars(array)
    return actor_of(data), colours, array


def _faded(colour: Rgb, fade: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.column_stack([np.tile(colour, (len(fade), 1)), np.round(fade * 255)]).astype(np.uint8)
