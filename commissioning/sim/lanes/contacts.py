"""How each train of a lane stands to the one ahead: free, reaching it, pushed back by it, held.

A train is settled again whenever the one ahead changes, whenever one of the two drives changes, and
when the contact or parting that was foreseen comes. Settling only looks downstream, so a cascade runs
upstream, once, in a loop.
"""

from __future__ import annotations

from heapq import heappush
from typing import ClassVar

from commissioning.sim.contact import closing, meeting, opening, parting
from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.kernel import instant
from commissioning.sim.lanes.train import MEETING, PARTING, REACHING, STALLING, Place, Train, Zone
from commissioning.sim.lanes.trains import LaneTrains

__all__ = ["LaneContacts"]


class LaneContacts(LaneTrains):
    """Contacts between trains. On a zone that cannot slip, a blocked part stalls the drive instead."""

    __slots__ = ("draining",)

    continuations: ClassVar[tuple[str, ...]] = ("across_drives",)

    draining: bool

    def settle(self) -> None:
        """Work off what the last operation left to do; then the lane is consistent and its drives armed."""
        if self.draining:
            return  # the loop below is running further up
        todo, due, calls = self.todo, self.due, self.calls
        if todo or due or calls:
            self.draining = True
            while True:
                while todo:
                    train = todo.popleft()
                    if train.holder is None and self.trains.get(train.number) is train:
                        self._relate(train)
                if due:
                    watch, ver = due.popleft()
                    if watch.ver == ver:
                        watch.ver += 1
                        watch.passed()
                elif calls:
                    fn, arg = calls.popleft()
                    fn(arg)
                else:
                    break
            self.draining = False
        if self.touched:
            self.flush()

    def drive_changed(self, drive: Drive) -> None:
        """A drive of this lane moves otherwise: look at the contacts that depend on it."""
        trains = self.across[drive.index]
        if trains:
            self.todo.extend(trains)
            self.settle()

    def contact(self, train: Train) -> None:
        """`train` has reached the standing train ahead."""
        ahead = train.head.ahead
        leader = None if ahead is None else ahead.train
        if (
            leader is not None and leader.drive is None and train.relation == REACHING and not self.draining
            and leader.home is train.home and train.home.accumulating
        ):  # fmt: skip
            self.merge(leader, train)  # what `_relate` would come to
        else:
            self.todo.append(train)
        self.settle()

    def across_drives(self, arg: list[int]) -> None:
        """Continuation: a meeting or parting solved in time has come."""
        number, ver = arg
        train = self.trains.get(number)
        if train is not None and train.ver == ver:
            self.kernel.cause = train.home.drive.record
            self.contact(train)

    def left_zone(self, train: Train) -> None:
        zone = train.home
        if zone.stalled and not self._in(zone, train.head.ahead) and not self._in(zone, train.tail.behind):
            self._unstall(zone)

    def _relate(self, train: Train) -> None:
        """Settle one train that no holder holds: it waits for the train ahead."""
        if train.relation:
            self.unrelate(train)
        zone, drive, head = train.home, train.drive, train.head
        own, ahead = zone.drive, head.ahead
        if ahead is None:
            if zone.stalled:
                self._unstall(zone)
            if drive is not own:
                self._free(train)
            return
        leader = ahead.train
        assert leader is not None
        other = leader.drive
        at_border = leader.home is not zone
        # `gap(train)`, written out
        gap = leader.base - ahead.c - ahead.length - (train.base - head.c)
        s = 0.0
        if other is not drive:
            now: int = self.kernel._now
            if other is not None:
                s = other.travel(now)
                gap += s
            if drive is not None:
                gap -= drive.travel(now)
        touching = gap <= TOUCH
        if at_border and zone.stalled and not (touching and self._cannot_go(own, other)):
            self._unstall(zone)
        if not touching:
            if drive is None and other is own:  # as one behind another is let go
                self.rebase(train, train.base - s, own)
            elif drive is not own:
                self._free(train)
                if other is not None and other is not own:
                    gap = self.gap(train)
            if other is None:
                self._reach(train, leader)
            elif other is not own:
                self._meet(train, gap, own, other)
        elif other is own or (other is None and zone.accumulating) or not at_border:
            self._join(train, leader)
        elif not zone.accumulating and self._cannot_go(own, other):
            if train.drive is not own:
                self._free(train)
            self._relation(train, STALLING, own, other)
            if not zone.stalled:
                zone.stalled = True
                # where they touch exactly: what rounding up the instant added would add up, part by part
                exact = own.travel(self.kernel._now) + self.gap(train)
                own.stall(self._key(zone), exact)
        else:
            assert other is not None
            self._push(train, leader, own, other)

    def _push(self, train: Train, leader: Train, own: Drive, other: Drive) -> None:
        """`train` touches `leader` on another drive, and may slip on its own."""
        now = self.kernel._now
        if train.drive is other:
            pushed = not opening(own, other, now)
        else:
            pushed = closing(own, other, now)
        if not pushed:
            if train.drive is not own:
                self._free(train)
            self._meet(train, self.gap(train), own, other)
            return
        self._join(train, leader)
        self._relation(train, PARTING, own, other)
        later = parting(own, other, now)
        if later is not None:
            t = now + max(instant(later * 1e9), 0)
            self.kernel.call_at(t, self.across_drives, [train.number, train.ver], own.key)

    def _join(self, train: Train, leader: Train) -> None:
        """Touching: `train` moves (or stands) as `leader` does; as one train with it in the same zone."""
        if leader.home is train.home:
            self.merge(leader, train)
        else:
            place = leader.tail
            self.rebase(train, leader.base + (train.head.c - (place.c + place.length)), leader.drive)

    def _free(self, train: Train) -> None:
        """`train` moves with its own zone's drive, from where it is."""
        own, now = train.home.drive, self.kernel._now
        base = train.base - own.travel(now)
        if train.drive is not None:
            base += train.drive.travel(now)
        self.rebase(train, base, own)

    def _reach(self, train: Train, leader: Train) -> None:
        """`leader` stands: contact is a threshold in the drive of `train`."""
        assert train.drive is not None
        train.relation = REACHING
        train.ver += 1
        s = leader.base - leader.tail.c - leader.tail.length - train.base + train.head.c
        drive = train.drive
        heappush(drive.heap, (s, train.rank, train.ver, train))
        if not drive.dirty:
            drive.dirty = True
            self.touched.append(drive)

    def _meet(self, train: Train, gap: float, own: Drive, other: Drive) -> None:
        """Another drive moves the train ahead, `gap` m ahead: contact is solved in time."""
        now = self.kernel._now
        train.relation = MEETING  # `_relation`, written out
        train.ver += 1
        train.across = own, other
        self.across[own.index][train] = None
        self.across[other.index][train] = None
        later = meeting(gap, own, other, now)
        if later is not None:
            t = now + max(instant(later * 1e9), 0)
            self.kernel.call_at(t, self.across_drives, [train.number, train.ver], own.key)

    def _relation(self, train: Train, relation: int, own: Drive, other: Drive | None) -> None:
        train.relation = relation
        train.ver += 1
        if other is not None:
            train.across = own, other
            self.across[own.index][train] = None
            self.across[other.index][train] = None

    def _cannot_go(self, own: Drive, other: Drive | None) -> bool:
        """Whether a part that touches one moved by `other` cannot go on at all."""
        return other is None or (other is not own and not other.moving)

    def _in(self, zone: Zone, place: Place | None) -> bool:
        return place is not None and place.train is not None and place.train.home is zone

    def _unstall(self, zone: Zone) -> None:
        zone.stalled = False
        zone.drive.unstall(self._key(zone))

    def _key(self, zone: Zone) -> str:
        return f"{self.id}/zone{zone.index}"
