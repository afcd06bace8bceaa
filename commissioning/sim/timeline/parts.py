"""Which parts stand where, as journal records add up: on lanes in trains, in slots, on rams."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CarrierKind, Kind

__all__ = ["LaneState", "PlaceState"]

_TRAIN = int(Kind.TRAIN)
_PART_MOVE = int(Kind.PART_MOVE)
_ON_LANE = int(CarrierKind.LANE)
_HELD = 65535
_PLACES = (CarrierKind.SLOT, CarrierKind.BODY, CarrierKind.PART)


class LaneState:
    """The parts of one lane, downstream first, in arrays with a free end.

    A part that leaves from the middle leaves a hole (id -1) until the arrays are packed again.
    `drive` is -1 where a part stands. Front of part i: `base[i] - c[i] + travel of drive[i]`. `came`: the
    lane that it was on before (-1: none), `joined`: where it came onto this one, m.
    """

    __slots__ = ("_low", "_where", "base", "c", "came", "drive", "high", "ids", "joined", "lane", "size")

    def __init__(self, lane: int, capacity: int = 32) -> None:
        self.lane = lane
        self.ids: NDArray[np.int64] = np.empty(capacity, np.int64)
        self.c: NDArray[np.float64] = np.empty(capacity)
        self.base: NDArray[np.float64] = np.empty(capacity)
        self.drive: NDArray[np.int64] = np.empty(capacity, np.int64)
        self.came: NDArray[np.int64] = np.empty(capacity, np.int64)
        self.joined: NDArray[np.float64] = np.empty(capacity)
        self._low = self.high = self.size = 0
        self._where: dict[int, int] = {}

    def apply(self, row: tuple[Any, ...]) -> None:
        """One record: TRAIN, PART_MOVE to this lane, or whatever takes a part away from it. In place of the
        cause, a PART_MOVE has the lane that the part was on before."""
        _, kind, aux, obj, came, a, b, c, d = row
        if kind == _TRAIN:
            first, last = self._where.get(int(b)), self._where.get(int(c))
            if first is None or last is None:
                return  # of parts from before the first record
            self.base[first : last + 1] = a
            self.drive[first : last + 1] = -1 if aux == _HELD else aux
            if d:
                self.c[first : last + 1] += d
            return
        self._leave(obj)
        if kind == _PART_MOVE and aux == _ON_LANE and int(a) == self.lane:
            if self.high == len(self.ids):
                self._pack(2 * self.size + 32)
            i = self.high
            if d:  # it joined in the middle
                i = self._where[int(c) - 1] + 1 if int(c) - 1 in self._where else self._low
                self._make_room(i)
            self.ids[i], self.c[i], self.base[i], self.drive[i] = obj, b, 0.0, -1
            self.came[i], self.joined[i] = came, d
            self._where[obj] = i
            self.high += 1
            self.size += 1

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """(ids, base - c, drive, came, joined), downstream first, as copies."""
        window = slice(self._low, self.high)
        ids, offset, drive = self.ids[window], self.base[window] - self.c[window], self.drive[window]
        came, joined = self.came[window], self.joined[window]
        if self.size == len(ids):
            return ids.copy(), offset, drive.copy(), came.copy(), joined.copy()
        here = ids >= 0
        return ids[here], offset[here], drive[here], came[here], joined[here]

    def copy(self) -> LaneState:
        other = LaneState(self.lane, 0)
        other.ids, other.c, other.base, other.drive = self.ids, self.c, self.base, self.drive
        other.came, other.joined = self.came, self.joined
        other._low, other.high, other.size = self._low, self.high, self.size
        other._pack(self.size + 32)
        return other

    def _leave(self, part: int) -> None:
        i = self._where.pop(part, None)
        if i is None:
            return
        self.ids[i] = -1
        self.size -= 1
        while self._low < self.high and self.ids[self._low] < 0:
            self._low += 1

    def _make_room(self, i: int) -> None:
        """Move everything from place `i` on one place upstream."""
        for row in (self.ids, self.c, self.base, self.drive, self.came, self.joined):
            row[i + 1 : self.high + 1] = row[i : self.high].copy()
        for k in range(i + 1, self.high + 1):
            if self.ids[k] >= 0:
                self._where[int(self.ids[k])] = k

    def _pack(self, capacity: int) -> None:
        """New arrays without holes, with room for `capacity` parts."""
        window = slice(self._low, self.high)
        here = self.ids[window] >= 0
        n = int(here.sum())
        for name in ("ids", "c", "base", "drive", "came", "joined"):
            old = getattr(self, name)
            new = np.empty(max(capacity, n), old.dtype)
            new[:n] = old[window][here]
            setattr(self, name, new)
        self._low, self.high, self.size = 0, n, n
        self._where = {part: i for i, part in enumerate(self.ids[:n].tolist())}


class PlaceState:
    """Parts that are on no lane but somewhere: {part: (carrier kind, carrier, coordinate, lane, t ns)}.

    `lane` is the one it was on before, for what takes parts off lanes.
    """

    __slots__ = ("size", "where")

    def __init__(self) -> None:
        self.where: dict[int, tuple[int, int, float, int, int]] = {}
        self.size = 0

    def apply(self, row: tuple[Any, ...]) -> None:
        """One record: PART_MOVE (field d holds the lane before, or -1) or PART_GONE."""
        t, kind, aux, part, _, a, b, _, d = row
        self.where.pop(part, None)
        if kind == _PART_MOVE and aux in _PLACES:
            self.where[part] = (aux, int(a), b, int(d), t)
        self.size = len(self.where)

    def copy(self) -> PlaceState:
        other = PlaceState()
        other.where = dict(self.where)
        other.size = self.size
        return other
