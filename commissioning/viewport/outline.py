"""The outline of what is selected: silhouettes, which cost next to nothing also in software GL."""

from __future__ import annotations

from typing import Any

from vtkmodules.vtkFiltersCore import vtkCleanPolyData
from vtkmodules.vtkFiltersHybrid import vtkPolyDataSilhouette
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from commissioning.viewport.palette import Palette, rgb
from commissioning.viewport.polydata import polydata, unlit
from commissioning.viewport.shapes import Triangles

WIDTH = 2.0  # px


class Outline:
    """One silhouette around a mesh; follows the actor it was made for, if that one moves."""

    def __init__(self, mesh: Triangles, camera: Any, palette: Palette, follows: vtkActor | None = None):
        welded = vtkCleanPolyData()  # silhouettes need shared edges, flat shading needs separate ones
        welded.SetInputData(polydata(mesh, normals=False))
        welded.Update()
        edges = vtkPolyDataSilhouette()
        edges.SetInputData(welded.GetOutput())
        edges.SetCamera(camera)
        edges.SetEnableFeatureAngle(0)
        mapper = vtkPolyDataMapper()
        mapper.SetInputConnection(edges.GetOutputPort())
        mapper.SetRelativeCoincidentTopologyLineOffsetParameters(-1.0, -400.0)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        if follows is not None:
            edges.SetProp3D(follows)
            self.actor.SetUserMatrix(follows.GetUserMatrix())
        unlit(self.actor)
        material = self.actor.GetProperty()
        material.SetLineWidth(WIDTH)
        material.SetColor(*(c / 255 for c in rgb(palette.selection)))
        self.actor.SetPickable(False)
