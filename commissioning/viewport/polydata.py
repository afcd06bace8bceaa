"""numpy arrays to VTK data that shares their memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from commissioning.viewport.palette import Rgb
from commissioning.viewport.shapes import Triangles
from commissioning.viewport.vtk_arrays import copied, indices

AMBIENT = 0.3
DIFFUSE = 0.84


def cells(corners: NDArray[np.int64]) -> vtkCellArray:
    """(F, k) point indices to a cell array of k-point cells."""
    count, k = corners.shape
    array = vtkCellArray()
    array.SetData(indices(np.arange(0, count * k + 1, k)), indices(corners.ravel()))
    return array


def polydata(mesh: Triangles, normals: bool = True) -> vtkPolyData:
    data = vtkPolyData()
    points = vtkPoints()
    points.SetData(copied(mesh.points))
    data.SetPoints(points)
    data.SetPolys(cells(mesh.faces))
    if normals:
        data.GetPointData().SetNormals(copied(mesh.normals, "Normals"))
    return data


def matt(actor: Any, colour: Rgb | None = None, ambient: float = AMBIENT, diffuse: float = DIFFUSE) -> None:
    """No gloss: what shapes the picture is light, proportion and colour."""
    material = actor.GetProperty()
    material.SetAmbient(ambient)
    material.SetDiffuse(diffuse)
    material.SetSpecular(0.0)
    if colour is not None:
        material.SetColor(*(c / 255 for c in colour))


def unlit(actor: Any) -> None:
    """Exactly its own colour: without lighting VTK still adds the ambient share to the diffuse one."""
    matt(actor, ambient=0.0, diffuse=1.0)
    actor.GetProperty().SetLighting(False)


def actor_of(data: vtkPolyData) -> vtkActor:
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.SetStatic(1)
    actor = vtkActor()
    actor.SetMapper(mapper)
    matt(actor)
    return actor
