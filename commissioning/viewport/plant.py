"""What stands still: one mesh per colour role, with the range of cells of each device.

Thousands of separate actors cost 20 to 30 µs of CPU each and frame; a merged mesh costs nothing.
State tints and lamps are written straight into the colours of the cells they concern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.viewport.palette import Palette, mix, rgb
from commissioning.viewport.polydata import actor_of, matt, polydata
from commissioning.viewport.shapes import Triangles, joined, of_body
from commissioning.viewport.vtk_arrays import shared

TINT = 0.32  # share of the state colour in a tinted body
LIT, UNLIT = 0.25, 0.5  # a lit lamp has so much white in it, an unlit one so much black
TINTED = frozenset({"frame", "guard", "steel", "station", "panel"})


@dataclass
class Range:
    """Cells first..last (exclusive) of one body."""

    first: int
    last: int
    device: str
    index: int  # of the device among the objects of the journal
    signal: int


@dataclass
class Group:
    """Merged bodies of one role: actor, its cell colours (F, 3) and who owns which cells."""

    role: str
    actor: Any
    data: Any
    colours: NDArray[np.uint8]
    colour_array: Any
    ranges: list[Range] = field(default_factory=list)
    firsts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def owner(self, cell: int) -> str:
        """Device of a cell, for picking."""
        return self.ranges[int(np.searchsorted(self.firsts, cell, "right")) - 1].device


class Plant:
    """Static bodies of header["look"]["bodies"]; bodies with a drive belong to Movers."""

    def __init__(
        self,
        bodies: Sequence[Mapping[str, Any]],
        assets: Mapping[str, Any],
        objects: Mapping[str, int],
        palette: Palette,
    ):
        by_role: dict[str, list[tuple[Mapping[str, Any], Triangles]]] = {}
        for body in bodies:
            if body["drive"] < 0 and body["shape"] != "beam":
                by_role.setdefault(body["role"], []).append((body, of_body(body, assets)))
        self.groups = [_group(role, members, objects) for role, members in by_role.items()]
        self._by_actor = {group.actor: group for group in self.groups}
        self._states: NDArray[np.int64] = np.empty(0, np.int64)
        self._lit: NDArray[np.bool_] = np.empty(0, bool)
        self._palette = palette
        self._by_signal: dict[int, list[tuple[Group, Range]]] = {}
        self._by_state: dict[int, list[tuple[Group, Range]]] = {}
        for group in self.groups:
            for part in group.ranges:
                if part.signal >= 0:
                    self._by_signal.setdefault(part.signal, []).append((group, part))
                elif group.role in TINTED and part.index >= 0:
                    self._by_state.setdefault(part.index, []).append((group, part))
        self.recolour(palette)

    @property
    def actors(self) -> list[Any]:
        return [group.actor for group in self.groups]

    def device_at(self, actor: Any, cell: int) -> str | None:
        group = self._by_actor.get(actor)
        return None if group is None or cell < 0 else group.owner(cell)

    def recolour(self, palette: Palette) -> None:
        self._palette = palette
        for group in self.groups:
            for part in group.ranges:
                self._paint(group, part)
            group.colour_array.Modified()

    def show(self, states: NDArray[np.int64], lit: NDArray[np.bool_]) -> bool:
        """Takes device states (by object index) and truth of signals; True if anything changed colour."""
        if np.array_equal(states, self._states) and np.array_equal(lit, self._lit):
            return False
        before_states, before_lit = self._states, self._lit
        self._states, self._lit = states.copy(), lit.copy()
        touched: dict[str, Group] = {}
        for table, numbers in (
            (self._by_signal, _changed(before_lit, lit)),
            (self._by_state, _changed(before_states, states)),
        ):
            for number in numbers:
                for group, part in table.get(int(number), ()):
                    self._paint(group, part)
                    touched[group.role] = group
        for group in touched.values():
            group.colour_array.Modified()
            group.data.Modified()
        return bool(touched)

    def _paint(self, group: Group, part: Range) -> None:
        colour = self._palette.role(group.role)
        if part.signal >= 0:
            on = part.signal < len(self._lit) and bool(self._lit[part.signal])
            colour = mix(colour, (255, 255, 255), LIT) if on else mix(colour, (30, 32, 36), UNLIT)
        elif group.role in TINTED and 0 <= part.index < len(self._states):
            tint = self._palette.states.get(int(self._states[part.index]))
            if tint:
                colour = mix(colour, rgb(tint), TINT)
        group.colours[part.first : part.last] = colour


def _changed(before: NDArray[Any], now: NDArray[Any]) -> NDArray[np.int64]:
    """Indices at which two arrays differ; all of them when there was nothing before."""
    if len(before) != len(now):
        return np.arange(len(now))
    return np.flatnonzero(before != now)


def _group(
    role: str, members: Sequence[tuple[Mapping[str, Any], Triangles]], objects: Mapping[str, int]
) -> Group:
    mesh = joined([triangles for _, triangles in members])
    data = polydata(mesh)
    colours = np.zeros((len(mesh.faces), 3), np.uint8)
    colour_array = shared(colours, "colour")
    data.GetCellData().SetScalars(colour_array)
    actor = actor_of(data)
    if role.startswith("lamp"):
        matt(actor, ambient=0.75, diffuse=0.35)
    group = Group(role, actor, data, colours, colour_array)
    first = 0
    for body, triangles in members:
        last = first + len(triangles.faces)
        group.ranges.append(
            Range(first, last, body["device"], objects.get(body["device"], -1), body["signal"])
        )
        first = last
    group.firsts = np.array([part.first for part in group.ranges], np.int64)
    return group
