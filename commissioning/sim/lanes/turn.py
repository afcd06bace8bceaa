"""How a lane turns: at rest it is mirrored, first becomes last, and nothing moves.

Everything there is two of (entries, exits, who waits) is exchanged; what stands along it stands where it was
and waits for the next part of the other direction; and each part is driven by the zone in which the edge lies
that leads now. `lane_two_way` is the lane between two turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.drive import TOUCH
from commissioning.sim.drive_two_way import MirrorDrive
from commissioning.sim.flow import Receiver, Waiting
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.eye import ChoosyEye, Clear, Eye, Mark
from commissioning.sim.lanes.handover import neighbour
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.train import Place, Train
from commissioning.sim.lanes.trains import HELD
from commissioning.sim.lanes.watch import Border, Holder, Stop, Watch

__all__ = ["LaneTurn", "Turner"]

_PART_MOVE, _TRAIN, _ON_LANE = int(Kind.PART_MOVE), int(Kind.TRAIN), int(CarrierKind.LANE)


class Turner(Protocol):
    """Who turns a lane: the drive of a belt, the logic of a conveyor with zones."""

    def wake(self) -> None:
        """See at this very instant, but not in the middle of what happens now, whether it may turn."""


class LaneTurn(Lane):
    """`turn` may be called when all drives of the lane stand and `may_turn()`. Whoever calls it is `turner`,
    and is woken when what kept it from turning may be over.
    """

    backward: bool
    drives: Sequence[MirrorDrive]
    turner: Turner | None
    bounds: Sequence[tuple[float, float]]
    at: dict[int, float]
    exit_behind: Receiver | None
    entries_behind: list[Entry]
    aside_behind: bool
    waiting_behind: Waiting

    def wake(self) -> None:
        """What kept it from turning may be over."""
        if self.turner is not None:
            self.turner.wake()

    def may_turn(self) -> bool:
        """Not while a tail lies across its end, unless that part stands, to be taken back: then the track on
        which it is runs the other way already."""
        hanging = self.hanging
        if hanging is None:
            return True
        there = hanging.lane
        if self.entries[0].place is self.first:
            return False  # longer than this lane
        return (
            isinstance(there, LaneTurn)
            and there.backward is not self.backward
            and there.exit is self
            and there.end.holds
            and there.end.place is hanging.place
        )

    def turn(self) -> None:
        """Run the other way from now on. The drives stand, and are to be commanded anew."""
        self.draining = True
        before = self.entries[0].over
        over = self._lies_across()
        if before is not None:
            before.settle()  # what follows there is not moved by these drives any more
        following = self._following()
        homes = self._homes()
        raised = [w for w in self.watches if isinstance(w, Stop) and w.raised]
        self._let_all_go()
        for drive in self.drives:
            drive.count_the_other_way()
        self._mirror(homes)
        for watch, place in following:
            self._wait_for(watch, place)
        taken_back, self.hanging = self.hanging, None
        for stop in raised:
            stop.raise_()
        if self.entries[0].place is not None:
            self.entries[0].post()  # its part goes on
        if over is not None:
            self._keep_at_the_end(over)
        else:
            self._wait_for(self.end, self.first)
        self.todo.extend(self._trains())
        if taken_back is not None:
            self._take_back(taken_back)
        self.draining = False
        self.settle()
        self.cleared()
        for lane in (self.exit, self.exit_behind, self.entries_behind[0].over):
            if isinstance(lane, LaneTurn):
                lane.wake()

    # before it is mirrored -----------------------------------------------------------------------

    def _lies_across(self) -> Place | None:
        """The part that lies across the end at which parts come on: it stands from now on."""
        entry, last = self.entries[0], self.last
        if last is None or last.train is None or self.front(last) - last.length >= -TOUCH:
            if entry.place is not None:
                entry.finish(True)  # what rounding has left of that tail
            return None
        train = last.train
        if train.head is not last:
            train = self.split(train, last)
        if train.drive is not None:
            self.rebase(train, train.base + train.drive.travel(self.kernel._now), None)
        return last

    def _following(self) -> list[tuple[Watch, Place | None]]:
        """Of each eye, mark and border: what it waits for next in the other direction."""
        found: list[tuple[Watch, Place | None]] = []
        for watch in self.watches:
            if isinstance(watch, Eye):
                place = watch.place
                if not watch.tail:  # what has passed it last
                    place = self.last if place is None else place.ahead
                    while place is not None and isinstance(watch, ChoosyEye) and not watch.sees(place.part):
                        place = place.ahead
                found.append((watch, place))
            elif isinstance(watch, Clear):
                place = self.last if watch.place is None else watch.place
                while place is not None and self.front(place) <= watch.x + TOUCH:
                    place = place.ahead  # the edge that goes last then is beyond
                found.append((watch, place))
            elif isinstance(watch, Mark | Border):
                place = self.last if watch.place is None else watch.place.ahead
                while place is not None and self._has_passed(watch, place):
                    place = place.ahead
                found.append((watch, place))
        return found

    def _has_passed(self, watch: Watch, place: Place) -> bool:
        """Whether a part stands astride, so that the edge that leads in the other direction is beyond."""
        return self.front(place) - place.length < watch.x - TOUCH

    def _homes(self) -> dict[int, int]:
        """By train: in which zone, in the order of the other direction, its parts are. Trains are cut where
        that differs."""
        borders = [watch for watch in self.watches if isinstance(watch, Border)]
        borders.sort(key=lambda border: border.x)
        left = len(borders)
        rows: list[tuple[Place, int]] = []
        for place in self._places(self.first):
            while left and self._has_passed(borders[left - 1], place):
                left -= 1
            rows.append((place, len(borders) - left))
        before = 0
        for place, home in rows:
            assert place.train is not None
            if home != before and place is not place.train.head:
                self.split(place.train, place)
            before = home
        return {place.train.number: home for place, home in rows if place.train is not None}

    def _let_all_go(self) -> None:
        """No blade and no end holds a part any more, no contact stalls a drive."""
        mine = f"{self.id}/"
        for watch in self.watches:
            if isinstance(watch, Holder) and watch.holds:
                watch.holds = False
                if watch.on_hold is not None:
                    self.calls.append((watch.on_hold, None))
                if watch.place is not None:
                    watch.place.held -= 1
            if isinstance(watch, Entry):
                continue  # it stays with its part
            if not isinstance(watch, Stop):
                watch.detach()
                continue
            if watch.raised:
                watch.raised = False
                watch.detach()
            watch.place = None
        for drive in self.drives:
            drive.stalls = [who for who in drive.stalls if not who.startswith(mine)]
        for zone in self.zones:
            zone.stalled = False

    # mirrored ------------------------------------------------------------------------------------

    def _mirror(self, homes: dict[int, int]) -> None:
        """The same parts at the same places, counted from the other end."""
        length = self.length
        self.backward = not self.backward
        for place in list(self._places(self.first)):
            place.ahead, place.behind = place.behind, place.ahead
            place.c = -place.c - place.length
        self.first, self.last = self.last, self.first
        for train in self.trains.values():
            self.unrelate(train)
            train.holder = None
            train.head, train.tail = train.tail, train.head
            train.base = length - train.base
        self.idle.clear()
        self.due.clear()
        self._swap()
        for number, home in homes.items():
            train, zone = self.trains[number], self.zones[home]
            train.home = zone
            if train.drive is not None and train.drive is not zone.drive:
                self._free(train)  # by the zone under the edge that leads now; all stand

    def _swap(self) -> None:
        """Everything there is two of is that of the other direction now."""
        for number, x in self.at.items():
            self.watches[number].x = self.length - x if self.backward else x
        self.zones.reverse()
        for number, zone in enumerate(self.zones):
            zone.index = number
            if self.backward:
                start, end = self.bounds[-1 - number]
                zone.start, zone.end = self.length - end, self.length - start
            else:
                zone.start, zone.end = self.bounds[number]
        for watch in self.watches:
            if isinstance(watch, Border):
                watch.before, watch.after = watch.after, watch.before
                watch.x = watch.after.start
        self.beyond.drive = self.zones[-1].drive
        self.entries, self.entries_behind = self.entries_behind, self.entries
        self.exit, self.exit_behind = self.exit_behind, self.exit
        self.aside, self.aside_behind = self.aside_behind, self.aside
        self.waiting, self.waiting_behind = self.waiting_behind, self.waiting

    def _wait_for(self, watch: Watch, place: Place | None) -> None:
        if place is None:
            self.idle.append(watch)
        else:
            watch.attach(place)

    def _keep_at_the_end(self, place: Place) -> None:
        """A part that lies across the end to which the lane runs now stands there, as it lies."""
        end, zone = self.end, self.zones[-1]
        end.attach(place)
        end.holds = True
        end.ver += 1
        place.held += 1
        assert place.train is not None
        if zone.accumulating:
            place.train.holder = end
        else:
            zone.drive.stall(end.key)

    def _take_back(self, entry: Entry) -> None:
        """The part whose tail lay across the end, and which stands on the next lane, is on this one again."""
        there, place, here = entry.lane, entry.place, self.last
        assert place is not None and here is not None and here.train is not None
        entry.detach()
        entry.over = None
        part, train = place.part, here.train
        part.owner, part.place = cast(Any, self), here
        self.count += 1
        self.journal.note(_PART_MOVE, _ON_LANE, part.id, self.index, here.c, neighbour(here.ahead))
        self.journal.note(_TRAIN, HELD, self.index, train.base, part.id, part.id)
        there._stand_in_for(place, self.entries[0])
        there.settle()

    def _trains(self) -> list[Train]:
        found: list[Train] = []
        for place in self._places(self.first):
            if place.train is not None and place.train.head is place:
                found.append(place.train)
        return found
