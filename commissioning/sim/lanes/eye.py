"""What only looks: photo-eyes and marks along a lane."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heapreplace
from typing import TYPE_CHECKING, Any

from commissioning.sim.drive import TOUCH, HeapEntry
from commissioning.sim.lanes.train import Place, Train
from commissioning.sim.lanes.watch import Watch
from commissioning.sim.part import Part

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane

__all__ = ["ChoosyEye", "Clear", "Eye", "Mark"]


class Eye(Watch):
    """A light beam across the lane at `x`. `on_change(blocked)` at each edge, exactly.

    Blocked while a part covers it: from the instant its front is there until its tail has passed.
    Between parts that touch there is no light. `part` is the one that blocks it.
    """

    __slots__ = ("on_change",)

    def __init__(self, lane: Lane, number: int, x: float, on_change: Callable[[bool], None]) -> None:
        super().__init__(lane, number, x)
        self.on_change = on_change

    @property
    def blocked(self) -> bool:
        return self.tail

    @property
    def part(self) -> Part | None:
        return self.place.part if self.tail and self.place is not None else None

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        """As `passed`; in the usual case what comes next is in the same drive and takes its place."""
        place: Any = self.place
        if not self.tail:
            self.tail = True
            self.ver = ver = self.ver + 1
            heapreplace(heap, (s + place.length, self.rank, ver, self))
            self.on_change(True)
            return
        train, behind = place.train, place.behind
        if behind is not None:
            following = behind.train
            if following is not train and following.drive is train.drive:
                base = following.base - behind.c
                if train.base - place.c - place.length - base > TOUCH:
                    del train.watches[self]
                    following.watches[self] = None
                    self.place = behind
                    self.tail = False
                    self.ver = ver = self.ver + 1
                    heapreplace(heap, (self.x - following.base + behind.c, self.rank, ver, self))
                    self.on_change(False)
                    return
        heappop(heap)
        self.passed()

    def passed(self) -> None:
        lane = self.lane
        if not self.tail:
            self.tail = True
            self.post()
        else:
            place = self.place
            self.follow()
            following = self.place
            assert place is not None
            if following is None:
                self.tail = False
            else:
                touches = lane.distance(place, following) <= TOUCH  # no light between them
                self.tail = touches
                self.post()
                if touches:
                    lane.flush()
                    return
        if lane.touched:
            lane.flush()
        self.on_change(self.tail)

    def part_left(self) -> None:
        if not self.tail:
            self.follow()
        elif self.follow() is None or self.lane.front(self._next()) < self.x - TOUCH:
            self.tail = False
            self.lane.calls.append((self.on_change, False))

    def _next(self) -> Place:
        assert self.place is not None
        return self.place


class ChoosyEye(Eye):
    """An eye for which parts do not count that `sees(part)` says False for (too low for the beam)."""

    __slots__ = ("sees",)

    edge = Watch.edge  # which part comes next is another question

    def __init__(
        self,
        lane: Lane,
        number: int,
        x: float,
        on_change: Callable[[bool], None],
        sees: Callable[[Part], bool],
    ) -> None:
        super().__init__(lane, number, x, on_change)
        self.sees = sees

    def attach(self, place: Place) -> None:
        if self.sees(place.part):
            super().attach(place)
        else:
            self.lane.idle.append(self)

    def follow(self) -> Train | None:
        train = super().follow()
        while train is not None and not self.sees(self._next().part):
            train = super().follow()
        return train


class Mark(Watch):
    """Calls `on_pass(part)` at the instant a part's front (or tail) passes `x`."""

    __slots__ = ("on_pass",)

    def __init__(
        self, lane: Lane, number: int, x: float, on_pass: Callable[[Part], None], tail: bool
    ) -> None:
        super().__init__(lane, number, x)
        self.on_pass = on_pass
        self.tail = tail

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        """As `passed`; in the usual case the part behind is moved by the same drive."""
        place: Any = self.place
        train, behind = place.train, place.behind
        if behind is not None:
            following = behind.train
            if following.drive is train.drive:
                if following is not train:
                    del train.watches[self]
                    following.watches[self] = None
                self.place = behind
                self.ver = ver = self.ver + 1
                s = self.x - following.base + behind.c
                if self.tail:
                    s += behind.length
                heapreplace(heap, (s, self.rank, ver, self))
                self.on_pass(place.part)
                return
            if following.drive is None:  # it stands, and not here
                del train.watches[self]
                following.watches[self] = None
                self.place = behind
                heappop(heap)
                self.post()
                self.on_pass(place.part)
                return
        heappop(heap)
        self.passed()

    def passed(self) -> None:
        assert self.place is not None
        part = self.place.part
        if self.follow() is not None:
            self.post()
        if self.lane.touched:
            self.lane.flush()
        self.on_pass(part)


class Clear(Mark):
    """Tells whenever the next part has cleared `x` with its tail, also by being taken off the lane."""

    __slots__ = ()

    def part_left(self) -> None:
        assert self.place is not None
        part = self.place.part
        super().part_left()
        self.lane.calls.append((self.on_pass, part))
