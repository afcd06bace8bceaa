"""What is on the picture: floor, plant, movers, beams, parts and outlines of one journal header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkCellPicker

from commissioning.viewport.beams import Beams
from commissioning.viewport.camera import Camera
from commissioning.viewport.floor import Floor
from commissioning.viewport.frame import Frame
from commissioning.viewport.loads import Loads
from commissioning.viewport.movers import Movers
from commissioning.viewport.outline import Outline
from commissioning.viewport.palette import Palette
from commissioning.viewport.picking import Pick, part_at, part_centres
from commissioning.viewport.picture import PictureSource
from commissioning.viewport.plant import Plant
from commissioning.viewport.shadow import Shadow
from commissioning.viewport.shapes import STANDING_BOX, Triangles, joined, of_body

MANY_BODIES = 8
SAMPLE = 97  # every so manyth part is compared first
EMPTY_LOOK: dict[str, Any] = {"bodies": [], "lanes": [], "slots": [], "products": [], "assets": {}}


class Stage:
    """Owns every actor of a picture. `show` takes a frame and says whether a new picture is due."""

    def __init__(self, source: PictureSource, header: Mapping[str, Any] | None, palette: Palette):
        look = (header or {}).get("look") or EMPTY_LOOK
        products = ((header or {}).get("core") or {}).get("products") or []
        self.source = source
        self.palette = palette
        self.frame = Frame()
        assets = look.get("assets") or {}
        objects = {o["id"]: n for n, o in enumerate(((header or {}).get("core") or {}).get("objects") or [])}
        self.meshes: dict[str, Triangles] = {}
        self._collect(look["bodies"], assets)
        self.low, self.high = self._extent()
        self.floor = Floor(self.low, self.high, palette)
        self.shadow = Shadow([mesh for meshes in self._still.values() for mesh in meshes], palette)
        self.plant = Plant(look["bodies"], assets, objects, palette)
        self.movers = Movers(look["bodies"], assets, palette, look.get("decks") or ())
        self.beams = Beams(look["bodies"], palette)
        self.loads = Loads(products, look.get("products") or [{}] * len(products), assets, palette)
        self._outlines: list[Outline] = []
        self._part_outline: Outline | None = None
        self._selected: Pick | None = None
        self._picker = vtkCellPicker()
        self._picker.SetTolerance(0.0)
        source.renderer.RemoveAllViewProps()
        for actor in (
            *self.floor.actors,
            self.shadow.actor,
            *self.plant.actors,
            *self.movers.actors,
            *self.loads.actors,
            self.beams.actor,
        ):
            source.renderer.AddActor(actor)
        source.recolour(palette)

    def show(self, frame: Frame) -> bool:
        """Moves everything to a frame; False if the picture is the same as before."""
        parts_before = self.frame
        self.frame = frame
        changed = [
            self.plant.show(frame.states, frame.lit),
            self.movers.show(frame.travel),
            self.beams.show(frame.lit),
            _moved(parts_before, frame) and self.loads.show(frame),
        ]
        if self._selected is not None and self._selected.kind == "part":
            self._follow_part(self._selected.id)
        return any(changed)

    def recolour(self, palette: Palette) -> None:
        self.palette = palette
        for thing in (self.floor, self.shadow, self.plant, self.movers, self.beams, self.loads):
            thing.recolour(palette)
        self.source.recolour(palette)
        self.select(self._selected)

    def look_from(self, camera: Camera) -> None:
        middle = (self.low + self.high) / 2
        reach = float(np.linalg.norm(np.asarray(camera.focus) - middle)) + self.floor.radius * 1.5
        camera.apply(self.source.camera, reach)

    def pick(self, camera: Camera, x: float, y: float, width: int, height: int) -> Pick | None:
        """What is under a pixel (from the upper left): the nearest part or device, or nothing."""
        origin, direction = camera.ray(x, y, width, height)
        part = part_at(self.frame, origin, direction)
        device: Pick | None = None
        if self._picker.Pick(x, height - 1 - y, 0.0, self.source.renderer):
            index = self._device_at(self._picker.GetActor(), self._picker.GetCellId())
            if index is not None:
                distance = float(np.linalg.norm(np.asarray(self._picker.GetPickPosition()) - origin))
                device = Pick("device", index, distance)
        if part is None or device is None:
            return part or device
        return part if part.distance <= device.distance else device

    def select(self, what: Pick | None) -> None:
        """Outlines a device or a part, or nothing."""
        for outline in (*self._outlines, *([self._part_outline] if self._part_outline else [])):
            self.source.renderer.RemoveActor(outline.actor)
        self._outlines, self._part_outline = [], None
        self._selected = what
        if what is not None and what.kind == "device":
            if what.id in self._still:
                mesh = joined(_large(self._still[str(what.id)]))
                self._outlines.append(Outline(mesh, self.source.camera, self.palette))
            for mover in self.movers.members:
                if mover.device == what.id:
                    self._outlines.append(Outline(mover.mesh, self.source.camera, self.palette, mover.actor))
            for outline in self._outlines:
                self.source.renderer.AddActor(outline.actor)
        elif what is not None:
            self._follow_part(what.id)

    def box_of(self, what: Pick | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of a selection, of the whole line for None; m."""
        if what is not None and what.kind == "device" and what.id in self.meshes:
            points = self.meshes[str(what.id)].points
            return points.min(axis=0), points.max(axis=0)
        if what is not None and what.kind == "part":
            at = np.flatnonzero(self.frame.ids == what.id)
            if len(at):
                centre, half = part_centres(self.frame)[at[0]], self.frame.sizes[at[0]] / 2
                return centre - half, centre + half
        return self.low, self.high

    def anchor_of(self, device: str) -> NDArray[np.float64] | None:
        """Where a label of a device points to: the middle of its top; m."""
        mesh = self.meshes.get(device)
        if mesh is None:
            return None
        low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
        return np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, high[2]])

    def _collect(self, bodies: list[Mapping[str, Any]], assets: Mapping[str, Any]) -> None:
        every: dict[str, list[Triangles]] = {}
        still: dict[str, list[Triangles]] = {}
        for body in bodies:
            if body["shape"] == "beam":
                continue
            mesh = of_body(body, assets)
            every.setdefault(body["device"], []).append(mesh)
            if body["drive"] < 0:
                still.setdefault(body["device"], []).append(mesh)
        self.meshes = {device: joined(meshes) for device, meshes in every.items()}
        self._still = still

    def _extent(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not self.meshes:
            return np.array([-3.0, -2.0, 0.0]), np.array([3.0, 2.0, 1.5])
        points = np.concatenate([mesh.points for mesh in self.meshes.values()])
        return points.min(axis=0), points.max(axis=0)

    def _device_at(self, actor: Any, cell: int) -> str | None:
        if actor is self.beams.actor:
            return self.beams.device_at(cell)
        mover = self.movers.device_at(actor)
        return mover if mover is not None else self.plant.device_at(actor, cell)

    def _follow_part(self, part: int | str) -> None:
        if self._part_outline is not None:
            self.source.renderer.RemoveActor(self._part_outline.actor)
            self._part_outline = None
        at = np.flatnonzero(self.frame.ids == part)
        if len(at):
            n = int(at[0])
            mesh = STANDING_BOX.scaled(self.frame.sizes[n])
            mesh = mesh.placed(self.frame.positions[n], self.frame.quaternions[n])
            self._part_outline = Outline(mesh, self.source.camera, self.palette)
            self.source.renderer.AddActor(self._part_outline.actor)


def _large(meshes: list[Triangles]) -> list[Triangles]:
    """Of a device of many bodies only the large ones are outlined: legs and braces would clutter it."""
    if len(meshes) <= MANY_BODIES:
        return meshes
    lengths = [float(np.ptp(mesh.points, axis=0).max()) for mesh in meshes]
    return [mesh for mesh, length in zip(meshes, lengths, strict=True) if length >= max(lengths) / 2]


def _moved(before: Frame, now: Frame) -> bool:
    """Whether any part is elsewhere: a stopped line needs no new picture."""
    if len(before.ids) != len(now.ids):
        return True
    if len(now.ids) > SAMPLE and (before.positions[::SAMPLE] != now.positions[::SAMPLE]).any():
        return True  # the usual answer while a line runs, from a few of many
    return not (
        np.array_equal(before.positions, now.positions)
        and np.array_equal(before.ids, now.ids)
        and np.array_equal(before.quaternions, now.quaternions)
    )
