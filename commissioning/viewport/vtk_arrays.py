"""numpy and VTK arrays, with the types that VTK's own bridge does not state."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkDataArray, vtkIdTypeArray

__all__ = ["copied", "indices", "shared", "view"]

# The bridge has no annotations: what it takes and gives is stated here, once.
_to_vtk: Any = numpy_support.numpy_to_vtk
_to_vtk_ids: Any = numpy_support.numpy_to_vtkIdTypeArray
_to_numpy: Any = numpy_support.vtk_to_numpy


def shared(array: NDArray[Any], name: str = "") -> vtkDataArray:
    """A VTK array over the memory of a contiguous numpy array (kept alive by numpy_support)."""
    return _named(_to_vtk(array, deep=0), name)


def copied(array: NDArray[Any], name: str = "") -> vtkDataArray:
    """A VTK array with a float32 copy of a numpy array."""
    return _named(_to_vtk(np.ascontiguousarray(array, np.float32), deep=1), name)


def indices(array: NDArray[Any]) -> vtkIdTypeArray:
    """A VTK array of indices with a copy of a numpy array of integers."""
    return cast(vtkIdTypeArray, _to_vtk_ids(np.ascontiguousarray(array, np.int64), deep=1))


def view(array: vtkDataArray) -> NDArray[Any]:
    """A numpy array over the memory of a VTK array, valid until that is resized or refilled."""
    return cast(NDArray[Any], _to_numpy(array))


def _named(array: vtkDataArray, name: str) -> vtkDataArray:
    if name:
        array.SetName(name)
    return array
