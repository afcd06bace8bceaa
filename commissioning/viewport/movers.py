"""Bodies that a drive moves: one actor each, moved by a matrix; the mesh is never touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from commissioning.viewport.palette import Palette
from commissioning.viewport.polydata import actor_of, matt, polydata
from commissioning.viewport.shapes import of_body


class Mover:
    """One moving body: world mesh at rest, displaced by travel * axis."""

    def __init__(self, body: Mapping[str, Any], assets: Mapping[str, Any]):
        self.device: str = body["device"]
        self.name: str = body["name"]
        self.role: str = body["role"]
        self.drive: int = body["drive"]
        self.axis = np.asarray(body["axis"], float)
        self.mesh = of_body(body, assets)
        self.matrix = vtkMatrix4x4()
        self.actor = actor_of(polydata(self.mesh))
        self.actor.SetUserMatrix(self.matrix)
        self.travel = 0.0

    def move(self, travel: float) -> bool:
        if travel == self.travel:
            return False
        self.travel = travel
        for row, shift in enumerate(self.axis * travel):
            self.matrix.SetElement(row, 3, float(shift))
        self.matrix.Modified()
        return True


class Movers:
    def __init__(self, bodies: Sequence[Mapping[str, Any]], assets: Mapping[str, Any], palette: Palette):
        self.members = [
            Mover(body, assets) for body in bodies if body["drive"] >= 0 and body["shape"] != "beam"
        ]
        self._by_actor = {member.actor: member for member in self.members}
        self.recolour(palette)

    @property
    def actors(self) -> list[Any]:
        return [member.actor for member in self.members]

    def recolour(self, palette: Palette) -> None:
        for member in self.members:
            matt(member.actor, palette.role(member.role))

    def show(self, travel: NDArray[np.float64]) -> bool:
        """Takes the travel of each drive in m (by drive index); True if a body moved."""
        moved = [
            member.move(float(travel[member.drive])) for member in self.members if member.drive < len(travel)
        ]
        return any(moved)

    def device_at(self, actor: Any) -> str | None:
        member = self._by_actor.get(actor)
        return None if member is None else member.device
