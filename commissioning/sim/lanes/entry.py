"""Where parts come onto a lane, and what still lies on the lane they came from.

The front is the driving point: when it has reached the end of one lane, the part belongs to the next.
Its tail still lies on the lane before and moves with the part. That lane keeps a *stand-in* for it, ahead of
everything else, until the tail has cleared its end: what follows queues behind it, or follows it, as behind
any other part, and eyes see it to its very end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commissioning.sim.lanes.train import Place
from commissioning.sim.lanes.watch import INFEED, Stop, Watch
from commissioning.sim.stateful import World

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane

__all__ = ["Entry"]


class Entry(Watch):
    """A place `x` of a lane at which parts come onto it. It follows the tail of the last one until that has
    left the lane it came from, `over`.

    `aside`: parts leave that lane sideways, so that they stand in the way there until they are clear; at its
    end, or where the blade `holder` holds them.
    """

    __slots__ = ("aside", "holder", "over")

    category = INFEED

    def __init__(self, lane: Lane, number: int, x: float) -> None:
        super().__init__(lane, number, x)
        self.tail = True
        self.over: Lane | None = None
        self.aside = False
        self.holder: Stop | None = None

    def begin(self, place: Place, over: Lane, aside: bool, holder: Stop | None = None) -> None:
        """The part at `place` has just come from `over`."""
        self.over, self.aside, self.holder = over, aside, holder
        self.attach(place)

    def post(self) -> None:
        Watch.post(self)
        over, place = self.over, self.place
        assert over is not None and place is not None and place.train is not None
        if not self.aside:
            train = place.train
            over.hang(over.length - self.x + train.base - place.c, train.drive)
            self.lane.calls.append((self._settle, over))

    def passed(self) -> None:
        self.finish(True)

    def part_left(self) -> None:
        self.finish(False)

    def finish(self, cleared: bool) -> None:
        """The tail has cleared the lane before, or (False) the part has been taken away altogether."""
        over, holder = self.over, self.holder
        self.detach()
        self.over = self.holder = None
        if over is not None:
            if holder is None:
                over.hang_no_more(cleared and not self.aside)
            elif holder.place is not None:
                over.part_with(holder.place, 1)
            self.lane.calls.append((self._settle, over))
            if cleared:
                self.lane.settle()

    def _settle(self, over: Lane) -> None:
        over.settle()

    def save(self) -> list[Any]:
        over = "" if self.over is None else self.over.id
        return [over, self.aside, -1 if self.holder is None else self.holder.number]

    def restore(self, data: list[Any], world: World) -> None:
        self.over = world.objects[data[0]] if data[0] else None
        self.aside = bool(data[1])
        holder = None if self.over is None or data[2] < 0 else self.over.watches[data[2]]
        self.holder = holder if isinstance(holder, Stop) else None
