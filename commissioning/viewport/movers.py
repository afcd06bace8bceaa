"""Bodies that a drive moves: one actor each, moved by a matrix; the mesh is never touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from commissioning.sim.decks import Decks
from commissioning.viewport.palette import Palette
from commissioning.viewport.polydata import actor_of, matt, polydata
from commissioning.viewport.shapes import of_body


class Mover:
    """One moving body: world mesh at rest, displaced by travel * axis, or as the deck of its drive moves."""

    def __init__(self, body: Mapping[str, Any], assets: Mapping[str, Any], decks: Decks):
        self.device: str = body["device"]
        self.name: str = body["name"]
        self.role: str = body["role"]
        self.drive: int = body["drive"]
        self.axis = np.asarray(body["axis"], float)
        self.mesh = of_body(body, assets)
        self.matrix = vtkMatrix4x4()
        self.actor = actor_of(polydata(self.mesh))
        self.actor.SetUserMatrix(self.matrix)
        self.decks = decks
        self.drives = decks.drives(self.drive)
        self.travel: tuple[float, ...] = (0.0,) * len(self.drives)

    def move(self, travel: NDArray[np.float64]) -> bool:
        """`travel`: of every drive."""
        now = tuple(float(travel[drive]) if drive < len(travel) else 0.0 for drive in self.drives)
        if now == self.travel:
            return False
        self.travel = now
        if self.drive in self.decks:
            moved = self.decks.motion(self.drive, travel)
            for row in range(3):
                for column in range(3):
                    self.matrix.SetElement(row, column, float(moved.matrix[row, column]))
                self.matrix.SetElement(row, 3, float(moved.xyz[row]))
        else:
            for row, shift in enumerate(self.axis * now[0]):
                self.matrix.SetElement(row, 3, float(shift))
        self.matrix.Modified()
        return True


class Movers:
    def __init__(
        self, bodies: Sequence[Mapping[str, Any]], assets: Mapping[str, Any], palette: Palette,
        decks: Sequence[Mapping[str, Any]] = (),
    ):  # fmt: skip
        moved = Decks(decks)
        self.members = [
            Mover(body, assets, moved) for body in bodies if body["drive"] >= 0 and body["shape"] != "beam"
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
        moved = [member.move(travel) for member in self.members if member.drive < len(travel)]
        return any(moved)

    def device_at(self, actor: Any) -> str | None:
        member = self._by_actor.get(actor)
        return None if member is None else member.device
