"""The trains of a lane: rebase, split, merge, take a part out. What moves how, not why.

Splitting and merging relabels the smaller side, and moves only the watches that wait for parts of it.
Every change of a base or of a drive is one journal record per train.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from commissioning.model.record import Kind
from commissioning.sim.drive import Drive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.train import FREE, Place, Train, Zone
from commissioning.sim.lanes.watch import CONTACT, Watch, rank_of
from commissioning.sim.stateful import Stateful

__all__ = ["HELD", "LaneTrains"]

HELD = 65535  # in a TRAIN record: no drive
_TRAIN = int(Kind.TRAIN)


class LaneTrains(Stateful):
    """Places in order, and the trains they form.

    An operation changes trains, notes in `todo` which trains must look at the one ahead again, in
    `due` which watches were reached by a part that came to stand, in `calls` whom to tell; `settle`
    works that off in a loop (never recursively: a cascade may be 5,000 trains long).
    """

    __slots__ = (
        "across", "calls", "count", "due", "first", "first_rank", "id", "idle", "index", "journal", "kernel",
        "last", "todo", "touched", "trains", "trains_made", "zones",
    )  # fmt: skip

    def __init__(
        self, index: int, identity: str, zones: Sequence[Zone], kernel: Kernel, journal: Journal
    ) -> None:
        self.index, self.id, self.kernel, self.journal = index, identity, kernel, journal
        self.zones = list(zones)
        self.first: Place | None = None  # downstream-most
        self.last: Place | None = None
        self.count = 0
        self.trains: dict[int, Train] = {}
        self.trains_made = 0
        self.first_rank = rank_of(index, CONTACT, 0)
        self.idle: list[Watch] = []  # their next part has not entered yet
        self.todo: deque[Train] = deque()
        self.due: deque[tuple[Watch, int]] = deque()
        self.calls: deque[tuple[Callable[[Any], None], Any]] = deque()
        self.touched: list[Drive] = []  # drives with new thresholds, to be armed
        self.across: dict[int, dict[Train, None]] = {z.drive.index: {} for z in self.zones}  # by drive

    # where things are ----------------------------------------------------------------------------

    def front(self, place: Place) -> float:
        """Lane coordinate of a part's front now, m."""
        train = place.train
        assert train is not None
        if train.drive is None:
            return train.base - place.c
        return train.base - place.c + train.drive.travel(self.kernel._now)

    def gap(self, train: Train) -> float:
        """Free length between a train and the one ahead of it, m."""
        assert train.head.ahead is not None
        return self.distance(train.head.ahead, train.head)

    def distance(self, place: Place, behind: Place) -> float:
        """Length from the front of `behind` to the tail of `place`, m; not rounded if moved alike."""
        one, two = place.train, behind.train
        assert one is not None and two is not None
        distance = one.base - place.c - place.length - (two.base - behind.c)
        if one.drive is not two.drive:
            now: int = self.kernel._now
            if one.drive is not None:
                distance += one.drive.travel(now)
            if two.drive is not None:
                distance -= two.drive.travel(now)
        return distance

    # operations ----------------------------------------------------------------------------------

    def new_train(self, place: Place, home: Zone, drive: Drive | None, base: float) -> Train:
        number = self.trains_made
        self.trains_made = number + 1
        rank = self.first_rank + number
        train = Train(self, number, rank, place, home, drive, base)  # type: ignore[arg-type]
        self.trains[number] = place.train = train
        return train

    def rebase(self, train: Train, base: float, drive: Drive | None) -> None:
        """From now on `train` moves with `drive` (None: stands) from `base`."""
        if base == train.base and drive is train.drive:
            return
        train.base, train.drive = base, drive
        head, tail = train.head, train.tail
        if head.part.place is head:  # `_record`, written out
            mover = HELD if drive is None else drive.index
            self.journal.note(_TRAIN, mover, self.index, base, head.part.id, tail.part.id)
        else:
            self._record(train, head, tail, 0.0)
        for watch in train.watches:
            watch.post()
        behind = tail.behind
        if behind is not None:
            assert behind.train is not None
            self.todo.append(behind.train)

    def split(self, train: Train, place: Place) -> Train:
        """Cut before `place`, which is not the head. Returns the rear train; nothing moves otherwise.

        Cost: parts of the smaller side, watches on the train.
        """
        back = self.cut(train, place)
        assert place.ahead is not None and place.ahead.train is not None
        self.todo.append(place.ahead.train)
        self.todo.append(back)
        return back

    def cut(self, train: Train, place: Place) -> Train:
        """`split`, where the caller sees to it that both are settled."""
        assert place.ahead is not None
        fore, rear, before, n = train.head, train.tail, place.ahead, 1
        while fore is not before and rear is not place:  # from both sides: as many steps as the smaller has
            assert fore.behind is not None and rear.ahead is not None
            fore, rear, n = fore.behind, rear.ahead, n + 1
        if fore is before:
            new = self.new_train(train.head, train.home, train.drive, train.base)
            new.tail = before
            train.head = place
            front, back = new, train
            front.holder, back.holder = train.holder, None
        else:
            new = self.new_train(place, train.home, train.drive, train.base)
            new.tail = train.tail
            train.tail = before
            front, back = train, new
        train.count -= n
        if n == 1:  # nearly always; `new_train` has told its part
            one = new.head
            moved = [watch for watch in train.watches if watch.place is one]
        else:
            new.count = n
            walk: Place | None = new.head
            while walk is not None:
                walk.train = new
                if walk is new.tail:
                    break
                walk = walk.behind
            moved = [w for w in train.watches if w.place is not None and w.place.train is new]
        for watch in moved:
            del train.watches[watch]
            new.watches[watch] = None
        if front is new:
            self.unrelate(train)  # what it waited for is now the front train's matter
        return back

    def merge(self, ahead: Train, train: Train) -> Train:
        """Couple `train`, which touches `ahead`, to it: one train that moves as `ahead` does."""
        shift = ahead.tail.c + ahead.tail.length - train.head.c
        self.unrelate(train)
        if train.count == 1 and not train.watches:  # the usual case of what follows
            place = train.head
            place.train = ahead
            ahead.tail = place
            ahead.count += 1
            del self.trains[train.number]
            if shift == 0.0 and train.base == ahead.base and train.drive is ahead.drive:
                return ahead
            place.c += shift
            mover, number = HELD if ahead.drive is None else ahead.drive.index, place.part.id
            self.journal.note(_TRAIN, mover, self.index, ahead.base, number, number, shift)
            if place.behind is not None:
                assert place.behind.train is not None
                self.todo.append(place.behind.train)
            return ahead
        if ahead.count >= train.count:
            result, joined = ahead, train
            changed = train.base != ahead.base or train.drive is not ahead.drive or shift != 0.0
            self._relabel(train, ahead, shift)
            if changed:
                self._record(ahead, train.head, train.tail, shift)
            ahead.tail = train.tail
        else:
            result, joined = train, ahead
            self.unrelate(ahead)
            base, drive = ahead.base - shift, ahead.drive
            changed = train.base != base or train.drive is not drive
            self._relabel(ahead, train, -shift)
            train.base, train.drive, train.holder = base, drive, ahead.holder
            if shift != 0.0:
                self._record(train, ahead.head, ahead.tail, -shift)
            if changed:
                self._record(train, train.head, train.tail, 0.0)
            train.head = ahead.head
            self.todo.append(train)
        result.count += joined.count
        del self.trains[joined.number]
        moved = list(joined.watches)
        if changed or shift != 0.0:
            moved = [*result.watches, *moved] if result is train else moved
            result.watches.update(joined.watches)
            for watch in moved:
                watch.post()
        else:
            result.watches.update(joined.watches)
        if changed and result.tail.behind is not None:
            assert result.tail.behind.train is not None
            self.todo.append(result.tail.behind.train)
        return result

    def take_out(self, place: Place) -> None:
        """Unlink a part. Eyes that only it covered see light again; the rest behind it may move up."""
        train = place.train
        assert train is not None
        if train.count == 1:
            watches = list(train.watches)
        else:
            watches = [watch for watch in train.watches if watch.place is place]
        for watch in watches:
            watch.part_left()
        behind, ahead = place.behind, place.ahead
        if train.count > 1 and place is not train.head and place is not train.tail:
            assert behind is not None
            self.split(train, behind)
            assert place.train is not None
            train = place.train  # the front one of the two
        if train.count == 1:
            if train.home.stalled:
                self.left_zone(train)
            if train.relation:
                self.unrelate(train)
            del self.trains[train.number]
        elif place is train.head:
            assert behind is not None
            train.head, train.holder = behind, None
        else:
            assert ahead is not None
            train.tail = ahead
        train.count -= 1
        if ahead is None:
            self.first = behind
        else:
            ahead.behind = behind
        if behind is None:
            self.last = ahead
        else:
            behind.ahead = ahead
            follower = behind.train
            assert follower is not None
            home = follower.home
            if ahead is not None or follower.relation or follower.drive is not home.drive or home.stalled:
                self.todo.append(follower)  # else nothing changes for it
        self.count -= 1
        place.train = place.ahead = place.behind = None
        for watch in watches:
            if watch.place is not None:
                watch.post()

    def flush(self) -> None:
        """Arm the drives that got new thresholds."""
        touched = self.touched
        while touched:
            drive = touched.pop()
            if drive.dirty:
                drive.arm()

    def unrelate(self, train: Train) -> None:
        """Forget what `train` waited for from the train ahead."""
        train.ver += 1
        train.relation = FREE
        if train.across is not None:
            for drive in train.across:
                self.across[drive.index].pop(train, None)
            train.across = None

    def left_zone(self, train: Train) -> None:
        """The last part of `train` is being taken off the lane."""

    def _relabel(self, train: Train, into: Train, shift: float) -> None:
        walk: Place | None = train.head
        while walk is not None:
            walk.train = into
            if shift != 0.0:
                walk.c += shift
            if walk is train.tail:
                return
            walk = walk.behind

    def _record(self, train: Train, head: Place, tail: Place, shift: float) -> None:
        while head.part.place is not head and head is not tail and head.behind is not None:
            head = head.behind  # not a stand-in: its part is on another lane
        drive = HELD if train.drive is None else train.drive.index
        self.journal.note(_TRAIN, drive, self.index, train.base, head.part.id, tail.part.id, shift)
