"""How parts come onto a lane and leave it: at its infeed, in its middle, at its end, off its side."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.drive import TOUCH
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.eye import ChoosyEye, Eye
from commissioning.sim.lanes.instant import gone_on
from commissioning.sim.lanes.leaving import LaneLeaving
from commissioning.sim.lanes.train import Place, Zone
from commissioning.sim.lanes.watch import Infeed, Stop, Watch
from commissioning.sim.part import Part

__all__ = ["LaneHandover", "neighbour"]

_PART_MOVE = int(Kind.PART_MOVE)
_TRAIN = int(Kind.TRAIN)
_ON_LANE = int(CarrierKind.LANE)


class LaneHandover(LaneLeaving):
    """Receiver at x = 0 and at every `Entry`, giver at its end."""

    __slots__ = ("exit", "gap_kept", "infeed", "offering", "watches")

    index: int
    watches: list[Watch]
    infeed: Infeed
    gap_kept: float
    exit: Receiver | None
    offering: bool

    # on ------------------------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        """Receiver: taken when the last part's tail has cleared the infeed; its front is then at 0."""
        last, givers = self.last, self.waiting.givers
        if last is not None and not self._has_room():
            if giver not in givers:
                givers.append(giver)
            if self.infeed.place is None:
                self.infeed.attach(last)
                if self.touched or self.todo or self.due or self.calls:
                    self.settle()
            return False
        if givers and giver in givers:
            givers.remove(giver)
        self._enter(part)
        return True

    def insert(self, part: Part, entry: Entry, behind: Place | None, gap: float = 0.0) -> None:
        """Put a part onto the lane at an entry in its middle, ahead of `behind` (None: as the last one).

        The caller has seen to it that there is room, and `gap` m to the part ahead.
        """
        if entry.place is not None:
            entry.finish(True)
        x = entry.x
        ahead = self.last if behind is None else behind.ahead
        zone = next(z for z in self.zones if z.start <= x < z.end)
        place = Place(part, 0.0 if ahead is None else ahead.c + ahead.length, None)
        base = x + place.c - zone.drive.travel(self.kernel._now)
        base += gone_on(part, ahead, zone.drive, x + gap)
        train = self.new_train(place, zone, zone.drive, base)
        part.owner, part.place = self, place
        self.journal.note(_PART_MOVE, _ON_LANE, part.id, self.index, place.c, neighbour(ahead), x)
        self.journal.note(_TRAIN, zone.drive.index, self.index, train.base, part.id, part.id)
        self.count += 1
        place.ahead, place.behind = ahead, behind
        if ahead is None:
            self.first = place
        else:
            ahead.behind = place
        self.todo.append(train)
        if behind is None:
            self.last = place
            if self.infeed.place is not None:  # somebody waits there for the last part
                self.infeed.detach()
                self.infeed.attach(place)
        else:
            behind.ahead = place
            assert behind.train is not None
            self.todo.append(behind.train)
        self._see(place, x)
        self.settle()

    def _see(self, place: Place, x: float) -> None:
        """Watches whose next part this one is, now that it has come to `x` in the middle."""
        tail = x - place.length
        for watch in self.watches:
            if isinstance(watch, Infeed | Entry):
                continue
            covers = isinstance(watch, Eye) and not watch.tail and tail < watch.x < x
            if not (covers or (tail < watch.x if watch.tail else x <= watch.x)):
                continue
            if isinstance(watch, ChoosyEye) and not watch.sees(place.part):
                continue
            if watch.place is not None and watch.place.train is not None:
                if self.front(watch.place) > x:
                    continue  # it waits for one further downstream
                if isinstance(watch, Stop) and not watch.raised:
                    watch.place = place  # from here it will look for the next one
                    continue
                watch.detach()
            elif watch in self.idle:
                self.idle.remove(watch)
            else:
                continue
            if covers and isinstance(watch, Eye):
                watch.tail = True
                self.calls.append((watch.on_change, True))
            watch.attach(place)

    def _has_room(self) -> bool:
        last = self.last
        if last is None:
            return True
        train: Any = last.train
        front: float = train.base - last.c  # `front(last)`, written out
        if train.drive is not None:
            front += train.drive.travel(self.kernel._now)
        return front - last.length >= self.gap_kept - TOUCH

    def _enter(self, part: Part) -> None:
        entry = self.entries[0]
        if entry.place is not None:
            entry.finish(True)
        last, zone = self.last, self.zones[0]
        drive, number = zone.drive, part.id
        c = 0.0 if last is None else last.c + last.length
        place = Place(part, c, None)
        base = c - drive.travel(self.kernel._now)
        if part.place is not None or self.gap_kept:
            base += gone_on(part, last, drive, self.gap_kept)
        part.owner, part.place = self, place
        add = self.journal.note
        if last is None or last.part.place is last:
            follows = 0 if last is None else last.part.id + 1
        else:
            follows = neighbour(last)
        add(_PART_MOVE, _ON_LANE, number, self.index, c, follows)
        add(_TRAIN, drive.index, self.index, base, number, number)
        self.count += 1
        self.last = place
        if last is None:
            self.first = place
            self.new_train(place, zone, drive, base)
        else:
            last.behind, place.ahead = place, last
            ahead = last.train
            assert ahead is not None
            if ahead.drive is not drive:
                self.todo.append(self.new_train(place, zone, drive, base))
            elif ahead.base - last.c - last.length - (base - c) > TOUCH:
                self.new_train(place, zone, drive, base)
            elif ahead.home is not zone or self.idle or self.todo or self.due or self.calls or self.draining:
                self.todo.append(self.new_train(place, zone, drive, base))
            else:
                self.trains_made += 1  # it is coupled at once: what `settle` would come to
                place.train = ahead
                ahead.tail = place
                ahead.count += 1
                if base != ahead.base:
                    add(_TRAIN, drive.index, self.index, ahead.base, number, number)
                if self.touched:
                    self.flush()
                return
        if self.idle:
            idle, self.idle = self.idle, []
            for watch in idle:
                watch.attach(place)
        if self.touched or self.todo or self.due or self.calls:
            self.settle()

    def cleared(self) -> None:
        """The last part's tail has cleared the infeed: whoever waits may give."""
        while self.waiting.givers and self._has_room():
            self.waiting.givers.pop(0).ready(self)
        if self.waiting.givers and self.infeed.place is None and self.last is not None:
            self.infeed.attach(self.last)
            self.settle()

    def _cleared(self, _: Any) -> None:
        self.infeed.detach()
        self.cleared()

    # off -----------------------------------------------------------------------------------------

    def ready(self, receiver: Receiver) -> None:
        """Giver: what follows would take a part now."""
        end = self.end
        if end.holds and not self.offering and end.place is not None and end.place.held == 1:
            self.deliver()  # no blade holds it there as well

    def deliver(self) -> None:
        """The first part is at the end: give it away, or hold it until it is taken."""
        if self.hanging is not None and not self.hanging.aside:
            self.hanging.finish(True)  # they touch: what rounding has left of that tail
        end = self.end
        place = end.place
        assert place is not None and place.train is not None
        receiver = self.exit
        if receiver is not None:
            self.offering = True
            taken = receiver.offer(place.part, self)
            self.offering = False
            if taken:
                entry = self._entry_of(place)
                if entry is not None:
                    self._stand_in_for(place, entry)
                elif not self._leave(place):
                    self.part_with(place)
                if self.touched or self.todo or self.due or self.calls:
                    self.settle()
                return
        if not end.holds:
            self.catch(end)

    def remove(self, part: Part) -> None:
        """Take a part off the lane, wherever it is; the caller journals where it goes.

        Raises ValueError if it is not on the lane.
        """
        place = self._place(part)
        self.part_with(place)
        part.owner = part.place = None
        self.settle()

    def give_aside(self, stop: Stop, receiver: Receiver, giver: Giver) -> bool:
        """Offer what a blade holds to a receiver beside the lane. True: taken.

        On another lane, it stands in the way on this one until its tail has cleared that one's entry.
        """
        place = stop.place
        assert place is not None and stop.holds
        if not receiver.offer(place.part, giver):
            return False
        entry = self._entry_of(place)
        if entry is not None:
            self.count -= 1
            entry.begin(place.part.place, self, True, stop)  # type: ignore[arg-type]
            entry.lane.settle()
        else:
            self.part_with(place)
        self.settle()
        return True

    def _place(self, part: Part) -> Place:
        place = part.place
        if part.owner is not self or not isinstance(place, Place):
            raise ValueError(f"{part} is not on {self.id}")
        return place

    # all of them ---------------------------------------------------------------------------------

    def _places(self, place: Place | None) -> Iterator[Place]:
        while place is not None:
            yield place
            place = place.behind

    def _beyond(self) -> Zone:
        return Zone(self.length, inf, self.zones[-1].drive)


def neighbour(place: Place | None) -> int:
    """For the journal: number + 1 of the part at a place, or of the next downstream that is no stand-in."""
    while place is not None and place.part.place is not place:
        place = place.ahead
    return 0 if place is None else place.part.id + 1
