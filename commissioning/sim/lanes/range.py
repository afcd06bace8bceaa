"""What measures along a lane how far away the nearest part is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.lanes.eye import Eye
from commissioning.sim.lanes.train import Place, Train
from commissioning.sim.lanes.watch import Watch
from commissioning.sim.stateful import World

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane

__all__ = ["RangeEye"]


class RangeEye(Eye):
    """Looks upstream from `x` at the first part whose tail has not passed it, `reach` m far.

    It waits for that part's front at its reach (from there on it is `seen`), then at `x`, then for its
    tail. `tell()` at each of these, and whenever that part is moved by another drive or comes to stand: in
    the middle of what the lane does, so it may write values and command nothing.
    """

    __slots__ = ("reach", "seen", "tell")

    def __init__(self, lane: Lane, number: int, x: float, reach: float, tell: Callable[[], None]) -> None:
        super().__init__(lane, number, x, _nothing)
        self.reach, self.tell = reach, tell
        self.seen = False

    @property
    def nearest(self) -> tuple[Drive | None, float] | None:
        """(drive, d): the part is d m minus the drive's travel away (no drive: d m). None: none is seen.

        Not while a part covers `x` itself (`blocked`).
        """
        place = self.place
        if place is None or not self.seen:
            return None
        train = place.train
        assert train is not None
        return train.drive, self.x - train.base + place.c

    def post(self) -> None:
        place = self.place
        assert place is not None
        if not self.tail and not self.seen:
            self.seen = self.lane.front(place) >= self.x - self.reach - TOUCH
        if self.tail or self.seen:
            super().post()
        else:
            x, self.x = self.x, self.x - self.reach
            super().post()
            self.x = x
        self.tell()

    def attach(self, place: Place) -> None:
        self.seen = False
        super().attach(place)

    def follow(self) -> Train | None:
        self.seen = False
        train = super().follow()
        if train is None:
            self.tell()
        return train

    edge = Watch.edge

    def passed(self) -> None:
        if self.tail or self.seen:
            super().passed()
            return
        self.seen = True
        self.post()
        if self.lane.touched:
            self.lane.flush()

    def save(self) -> list[Any]:
        return [self.seen]

    def restore(self, data: list[Any], world: World) -> None:
        self.seen = bool(data[0])


def _nothing(_: bool) -> None:
    """Its edges are told with the rest."""
