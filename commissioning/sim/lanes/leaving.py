"""How a part leaves the order of a lane, and what hangs over its end: the tail of the last one given away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.flow import Waiting
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.holds import LaneHolds
from commissioning.sim.lanes.train import Place, Zone
from commissioning.sim.lanes.watch import End

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane

__all__ = ["LaneLeaving"]


class LaneLeaving(LaneHolds):
    """`hanging`: while the tail of the part given away last still lies on this lane, the entry of the lane
    that has it now. Its stand-in is `first` then; it is on this lane for whoever comes behind it and for
    eyes, but no longer counted or listed among the parts.
    """

    __slots__ = ("aside", "beyond", "end", "entries", "foreign", "hanging", "length", "waiting")

    length: float
    end: End
    entries: list[Entry]
    beyond: Zone
    waiting: Waiting
    aside: bool
    hanging: Entry | None
    foreign: list[Drive]

    # out of the order ----------------------------------------------------------------------------

    def part_with(self, place: Place, counted: int = 0) -> None:
        """Take a place out of the order; `counted`: 1 if its part is not counted among them any more."""
        self.count += counted
        last = self.last
        # A zone that starts because of this tells its lanes; nothing may come on between two parts whose
        # order is just being changed. What is left to do then is done when the caller settles.
        draining, self.draining = self.draining, True
        self.take_out(place)
        self.draining = draining
        if last is place and self.waiting:
            self.calls.append((self._cleared, None))

    def _leave(self, place: Place) -> bool:
        """`part_with`, for a part that runs off the end alone and changes nothing for the one behind it."""
        train, behind, end = place.train, place.behind, self.end
        if behind is None or place is not self.first or place is not end.place or end.holds:
            return False
        follower = behind.train
        assert train is not None and follower is not None
        if train.count > 1 or len(train.watches) > 1 or train.relation or train.home.stalled:
            return False
        home = follower.home
        if follower.relation or follower.drive is not home.drive or home.stalled:
            return False
        del self.trains[train.number]
        self.count -= 1
        self.first, behind.ahead = behind, None
        end.place, follower.watches[end] = behind, None
        place.train = place.behind = None
        end.post()
        return True

    def _cleared(self, _: Any) -> None:
        """The last part has gone: whoever waits at the infeed may give."""

    # what hangs over its end ---------------------------------------------------------------------

    @property
    def stand_in(self) -> Place | None:
        """The place of the part given away last, as long as its tail lies here."""
        return None if self.hanging is None else self.first

    @property
    def foremost(self) -> Place | None:
        """The place of the part nearest to the end."""
        first = self.first
        return first if self.hanging is None or first is None else first.behind

    def _stand_in_for(self, place: Place, entry: Entry) -> None:
        """The part at the end belongs to another lane from now on, onto which it came at `entry`."""
        self.end.part_left()
        if place.behind is not None and place.behind.train is place.train:
            assert place.train is not None
            self.split(place.train, place.behind)
        train = place.train
        assert train is not None
        self.left_zone(train)
        self.unrelate(train)
        train.home, train.holder = self.beyond, self.end
        self.hanging = entry
        self.count -= 1
        if self.end.place is not None:
            self.end.post()
        if place.behind is not None:
            assert place.behind.train is not None
            self.todo.append(place.behind.train)
        if self.aside:
            self.hang(self.length, None)
        over: Lane = self  # type: ignore[assignment]
        entry.begin(place.part.place, over, self.aside)
        entry.lane.settle()

    def _entry_of(self, place: Place) -> Entry | None:
        """Where the part at `place` has just come onto another lane. None: that was not a lane, or it went
        further at once."""
        there = place.part.place
        if there is place or not isinstance(there, Place) or there.train is None:
            return None
        other: LaneLeaving = there.train.lane  # type: ignore[assignment]
        x = other.front(there)
        for entry in other.entries:
            if abs(entry.x - x) <= TOUCH and entry.over is None:
                return entry
        return None

    def hang(self, front: float, drive: Drive | None) -> None:
        """The stand-in moves so from now on: its front is at `front` + travel of `drive`."""
        place = self.first
        assert place is not None and place.train is not None
        train, base = place.train, front + place.c
        if base == train.base and drive is train.drive:
            return
        if drive is not None:
            self.know(drive)
        train.base, train.drive = base, drive
        for watch in train.watches:
            watch.post()
        if place.behind is not None:
            assert place.behind.train is not None
            self.todo.append(place.behind.train)

    def hang_no_more(self, cleared: bool) -> None:
        """The tail has cleared the end; or the part was taken away from where it had gone."""
        place = self.first
        assert place is not None and place.train is not None
        if cleared:
            for watch in list(place.train.watches):  # reached now, were it not for rounding
                watch.ver += 1
                watch.passed()
        self.hanging = None
        self.part_with(place, 1)

    def know(self, drive: Drive) -> None:
        """Hear of what `drive`, which moves no zone of this lane, does."""
        if drive.index not in self.across:
            self.across[drive.index] = {}
            self.foreign.append(drive)
        if self not in drive.lanes:
            drive.lanes.append(self)
            drive.lanes.sort(key=lambda lane: lane.index)
