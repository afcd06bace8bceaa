"""What waits along a lane for the next part: blades, zone borders, the end, the infeed (eyes: lane_eye).

Each has one pending threshold, in the drive that moves its next part at present. When that part
changes its train or drive, its threshold moves along. A watch whose next part has not entered yet is
`idle`; one whose part stands posts nothing.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from commissioning.sim.drive import TOUCH, HeapEntry
from commissioning.sim.lanes.train import Place, Train, Zone
from commissioning.sim.part import Part
from commissioning.sim.stateful import World

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane

__all__ = ["Border", "End", "Holder", "Infeed", "Stop", "Watch", "rank_of"]

# Order of what is reached at one place at once: eyes, marks and blades as declared, then contact, then
# the step to the next drive, then the end.
POINT, CONTACT, BORDER, END, INFEED = range(5)


def rank_of(lane: int, category: int, number: int) -> int:
    """Order among equal thresholds of one drive."""
    return (lane << 8 | category) << 40 | number


class Watch:
    """Base. `place` is the next part's; `tail` says that its tail is awaited, not its front."""

    __slots__ = ("lane", "number", "place", "rank", "tail", "ver", "x")

    category = POINT
    at_rest = True  # a part that is held there has reached it

    def __init__(self, lane: Lane, number: int, x: float) -> None:
        self.lane, self.number, self.x = lane, number, x
        self.rank = rank_of(lane.index, self.category, number)
        self.place: Place | None = None
        self.tail = False
        self.ver = 0

    def post(self) -> None:
        """Put the threshold where it now belongs; the one posted before is void."""
        place: Any = self.place
        train = place.train
        self.ver = ver = self.ver + 1
        s: float = self.x - train.base + place.c
        if self.tail:
            s += place.length
        drive = train.drive
        if drive is not None:
            heappush(drive.heap, (s, self.rank, ver, self))
            if not drive.dirty:
                drive.dirty = True
                self.lane.touched.append(drive)
        elif s <= TOUCH and self.at_rest:
            self.lane.due.append((self, ver))  # it stands there, and so has reached it

    def attach(self, place: Place) -> None:
        """Wait for `place`."""
        assert place.train is not None
        self.place = place
        place.train.watches[self] = None
        self.post()

    def detach(self) -> None:
        """Wait for nothing."""
        place = self.place
        if place is not None:
            self.ver += 1
            self.place = None
            if place.train is not None:
                place.train.watches.pop(self, None)

    def follow(self) -> Train | None:
        """Turn to the part behind, without posting; its train, or None if there is no such part."""
        place = self.place
        assert place is not None and place.train is not None
        behind = place.behind
        if behind is None:
            self.detach()
            self.lane.idle.append(self)
            return None
        train = behind.train
        assert train is not None
        if train is not place.train:
            del place.train.watches[self]
            train.watches[self] = None
        self.place = behind
        return train

    @abstractmethod
    def passed(self) -> None:
        """The threshold is reached."""

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        """The threshold `s`, on top of `heap`, is reached. Some put the next one in its place."""
        heappop(heap)
        self.passed()

    def part_left(self) -> None:
        """The part waited for is being taken off the lane; turn to the one behind, without posting."""
        self.follow()

    def save(self) -> list[Any]:
        """State beyond `ver`, `tail` and `place`, as plain data."""
        return []

    def restore(self, data: list[Any], world: World) -> None:
        """Take over what `save` gave."""


class Holder(Watch):
    """A watch that can hold the part it meets. `holding`: its next part stands at it."""

    __slots__ = ("holds", "key", "on_hold")

    def __init__(
        self, lane: Lane, number: int, x: float, on_hold: Callable[[Part | None], None] | None = None
    ) -> None:
        super().__init__(lane, number, x)
        self.on_hold = on_hold
        self.holds = False
        self.key = f"{lane.id}/{number}"  # who stalls a drive that cannot slip

    def post(self) -> None:
        if self.holds:
            self.ver += 1  # waits for nothing but to be lowered, or for room
        else:
            Watch.post(self)  # `super()` costs as much again

    @property
    def holding(self) -> Part | None:
        return self.place.part if self.holds and self.place is not None else None

    def part_left(self) -> None:
        if self.holds:
            self.lane.let_go(self)
        self.follow()

    def save(self) -> list[Any]:
        return [self.holds]

    def restore(self, data: list[Any], world: World) -> None:
        self.holds = bool(data[0])


class Stop(Holder):
    """A blade at `x`. Raised, it catches the next part whose front comes; lowered, it lets it go on.

    `on_hold(part)` at the instant a part comes to stand at it, `on_hold(None)` when it holds no more.
    While it is lowered it waits for nothing and so costs nothing; `raise_` finds the next part, each
    part being passed over once.
    """

    __slots__ = ("raised",)

    def __init__(
        self, lane: Lane, number: int, x: float, on_hold: Callable[[Part | None], None] | None
    ) -> None:
        super().__init__(lane, number, x, on_hold)
        self.raised = False

    def raise_(self) -> None:
        """Up: parts whose front is beyond pass, the next one is caught."""
        if self.raised:
            return
        self.raised = True
        lane = self.lane
        place = self.place
        if place is None or place.train is None or place is lane.stand_in:  # gone, and so all ahead of it
            place = lane.foremost
        beyond, drive, s = self.x + TOUCH, None, 0.0
        while place is not None:
            train: Any = place.train
            if train.drive is not drive:  # `lane.front(place)`, written out
                drive = train.drive
                s = 0.0 if drive is None else drive.travel(lane.kernel._now)
            if train.base - place.c + s <= beyond:
                break
            place = place.behind
        self.place = None
        if place is None:
            lane.idle.append(self)
        else:
            self.place = place
            place.train.watches[self] = None  # type: ignore[union-attr]
            self.post()
            if lane.touched or lane.todo or lane.due or lane.calls:
                lane.settle()

    def lower(self) -> None:
        """Down: what it holds goes on."""
        if not self.raised:
            return
        self.raised = False
        place = self.place
        if place is None:
            self.lane.idle.remove(self)
            return
        lane = self.lane
        if self.holds:
            lane.let_go(self)
            if lane.end.holds and lane.end.place is place:
                lane.calls.append((lane.ready, lane.exit))
        self.ver += 1
        if place.train is not None:
            del place.train.watches[self]  # `place` stays: from here `raise_` looks for the next one
        lane.settle()

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        heappop(heap)
        self.lane.catch(self)

    def passed(self) -> None:
        self.lane.catch(self)

    def save(self) -> list[Any]:
        return [self.holds, self.raised]

    def restore(self, data: list[Any], world: World) -> None:
        self.holds, self.raised = bool(data[0]), bool(data[1])


class Border(Watch):
    """Where one zone ends and the next begins: a part's front changes its drive here.

    Not a part's that stands at a blade: it is in the zone before until it is let go. `on_cross(part)` when
    one is in the zone after.
    """

    __slots__ = ("after", "before", "on_cross")

    category = BORDER
    at_rest = False

    def post(self) -> None:
        if self.place is not None and self.place.held:
            self.ver += 1
        else:
            Watch.post(self)

    def __init__(self, lane: Lane, number: int, before: Zone, after: Zone) -> None:
        super().__init__(lane, number, after.start)
        self.before, self.after = before, after
        self.on_cross: Callable[[Part], None] | None = None

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        heappop(heap)
        self.lane.cross(self)

    def passed(self) -> None:
        self.lane.cross(self)


class End(Holder):
    """The end of the lane: parts are offered to what follows, and held until it takes them."""

    __slots__ = ()

    category = END
    at_rest = False

    def post(self) -> None:
        if self.holds or (self.place is not None and self.place.held):
            self.ver += 1
        else:
            Watch.post(self)

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        heappop(heap)
        self.lane.deliver()

    def passed(self) -> None:
        self.lane.deliver()


class Infeed(Watch):
    """The begin of the lane, while somebody waits for the last part's tail to clear it."""

    __slots__ = ()

    category = INFEED

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        heappop(heap)
        self.detach()
        self.lane.cleared()

    def passed(self) -> None:
        self.detach()
        self.lane.cleared()

    def part_left(self) -> None:
        lane, gone = self.lane, self.place
        self.detach()
        if gone is not lane.last:  # another has come on behind it at this very instant: wait for that one
            lane.calls.append((lane._cleared, None))
