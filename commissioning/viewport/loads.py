"""Parts: one glyph mapper per product mesh, its arrays written in place each frame.

10,000 actors would cost 450 ms of CPU a frame, 10,000 glyphs about 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkGlyph3DMapper

from commissioning.viewport.frame import Frame
from commissioning.viewport.palette import Palette, rgb
from commissioning.viewport.polydata import matt, polydata
from commissioning.viewport.shapes import STANDING_BOX, Triangles, from_asset
from commissioning.viewport.vtk_arrays import view

FIRST_CAPACITY = 64


class ProductLoads:
    """All parts of one product. Mesh unit: a part's size scales `mesh` of size `mesh_size`."""

    def __init__(self, mesh: Triangles, mesh_size: Sequence[float]):
        self.mesh = mesh
        self.mesh_size = np.asarray(mesh_size, np.float32)
        self.ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._data = vtkPolyData()
        self._points = vtkPoints()
        self._data.SetPoints(self._points)
        self._capacity = 0
        self._count = 0
        self._reserve(FIRST_CAPACITY)
        mapper = self._mapper = vtkGlyph3DMapper()
        mapper.SetInputData(self._data)
        mapper.SetSourceData(polydata(mesh))
        mapper.SetScalarVisibility(False)
        mapper.SetOrientationModeToQuaternion()
        mapper.SetOrientationArray("orientation")
        mapper.SetScaleModeToScaleByVectorComponents()
        mapper.SetScaleArray("scale")
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.SetPickable(False)
        self._resize(0)

    def show(
        self,
        ids: NDArray[np.int64],
        positions: NDArray[np.float64],
        quaternions: NDArray[np.float64],
        sizes: NDArray[np.float64],
    ) -> bool:
        """Writes the poses; True if the picture changed."""
        count = len(ids)
        same_parts = count == len(self.ids) and np.array_equal(ids, self.ids)
        if not same_parts:
            self.ids = ids.copy()
            if count > self._capacity:
                self._reserve(count + count // 2)
            self._resize(count)
            self.sizes[:count] = sizes / self.mesh_size
            # Parts of their product's own size need no scaling: a tenth of the frame.
            self._mapper.SetScaling(bool(np.any(np.abs(self.sizes[:count] - 1.0) > 1e-6)))
            self._size_array.Modified()
        elif not count:
            return False
        self.positions[:count] = positions
        self.quaternions[:count] = quaternions
        self._position_array.Modified()
        self._quaternion_array.Modified()
        self._points.Modified()
        self._data.Modified()
        return True

    def _reserve(self, capacity: int) -> None:
        self._capacity = capacity
        self._position_array, self.positions = _columns(capacity, 3, "position")
        self._quaternion_array, self.quaternions = _columns(capacity, 4, "orientation")
        self._size_array, self.sizes = _columns(capacity, 3, "scale")
        self._points.SetData(self._position_array)
        self._data.GetPointData().AddArray(self._quaternion_array)
        self._data.GetPointData().AddArray(self._size_array)

    def _resize(self, count: int) -> None:
        # Shrinking and growing inside the reserved memory moves only VTK's end mark.
        for array in (self._position_array, self._quaternion_array, self._size_array):
            array.SetNumberOfTuples(count)
        self.actor.SetVisibility(count > 0)


class Loads:
    """Parts of every product of a journal header."""

    def __init__(
        self,
        products: Sequence[Mapping[str, Any]],
        looks: Sequence[Mapping[str, Any]],
        assets: Mapping[str, Any],
        palette: Palette,
    ):
        self._looks = looks
        self.products: list[ProductLoads] = []
        for product, look in zip(products, looks, strict=True):
            asset = look.get("asset") or ""
            if asset in assets:
                self.products.append(ProductLoads(from_asset(assets[asset]), product["size"]))
            else:
                size = product["size"]
                self.products.append(ProductLoads(STANDING_BOX.scaled(size), size))
        self.recolour(palette)

    @property
    def actors(self) -> list[Any]:
        return [product.actor for product in self.products]

    def recolour(self, palette: Palette) -> None:
        for product, look in zip(self.products, self._looks, strict=True):
            colour = look.get("colour") or palette.product
            matt(product.actor, rgb(colour) if colour.startswith("#") else palette.role(colour))

    def show(self, frame: Frame) -> bool:
        changed = False
        alone = len(self.products) == 1
        for number, product in enumerate(self.products):
            if alone:
                changed |= product.show(frame.ids, frame.positions, frame.quaternions, frame.sizes)
            else:
                mine = frame.products == number
                changed |= product.show(
                    frame.ids[mine], frame.positions[mine], frame.quaternions[mine], frame.sizes[mine]
                )
        return changed


def _columns(capacity: int, width: int, name: str) -> tuple[vtkFloatArray, NDArray[np.float32]]:
    array = vtkFloatArray()
    array.SetName(name)
    array.SetNumberOfComponents(width)
    array.SetNumberOfTuples(capacity)
    return array, view(array)
