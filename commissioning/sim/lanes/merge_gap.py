"""The merge rule `gap`: a part from the side reserves its place in the flow before it has come.

When its front is `reserve` m before the end of its own lane, it reserves the first gap of the main lane
that is long enough for it and can still be met, looked for up to `reach` m upstream. What is ahead of that
gap passes; the gap keeps. So neither flow stops where a gap fits the part's time. Where it comes before its
gap does, it waits at its end; where there is none in reach, the next part on the main lane that would be in
its way is held before the merge, once, so that nobody waits for ever.

There is one reservation at a time; who asked later reserves when that part is in. A reservation holds nobody
while its part does not come (its track stands). What is foreseen only decides who waits: a part is put in
where it fits, as by all rules.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from commissioning.sim.drive import TOUCH
from commissioning.sim.flow import Giver
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.merge import MergePoint, MergeRule
from commissioning.sim.lanes.train import Place
from commissioning.sim.lanes.watch import Stop
from commissioning.sim.part import Part

__all__ = ["GapPoint", "merge_point"]

_NOW = -1  # `after`: the part may go before any that has not passed the blade


class GapPoint(MergePoint):
    """`asked`: [giver, part] of those that want a gap, in order; `reserved`: the one that has it, or [].
    `after`: number of the part on the main lane behind which that gap is."""

    saved: ClassVar[tuple[str, ...]] = ("asked", "reserved", "after")
    continuations: ClassVar[tuple[str, ...]] = ("try_again",)
    constant: ClassVar[tuple[str, ...]] = ("at_blade", "reserve_watchers")

    def __init__(self, lane: Lane, x: float, rule: MergeRule) -> None:
        self.asked: list[list[Any]] = []
        self.reserved: list[Any] = []
        self.after = _NOW
        self.reserve_watchers: list[Callable[[bool], None]] = []
        # declared before the blade: it decides whether that rises for the part that has just come to it
        self.at_blade = lane.add_mark(max(x - rule.hold, 0.0), self.main_comes)
        super().__init__(lane, x, rule)

    def fed_by(self, lane: Lane) -> None:
        """`lane` ends here. Its parts ask behind its last blade, for until there they may be held."""
        start = max(lane.length - self.rule.reserve, 0.0)
        for watch in lane.watches:
            if isinstance(watch, Stop):
                start = max(start, min(watch.x + 1e-3, lane.length))
        lane.add_mark(start, partial(self.side_comes, lane))
        lane.add_clear(lane.length, self.side_gone)
        for zone in lane.zones:
            if zone.end > start:
                zone.drive.watch_moving(self.side_moves)

    # from the side -------------------------------------------------------------------------------

    def side_comes(self, lane: Lane, part: Part) -> None:
        """A part is about to come."""
        self._ask(lane, part)

    def side_gone(self, _: Part) -> None:
        """The foremost part of a side lane is in, or was taken away."""
        if self.reserved and self._part() is None:
            self._next()
            self._soon()

    def side_moves(self, moving: bool) -> None:
        """A track of the side has begun to move, or stands."""
        if self.stop is not None and self.stop.holding is not None and not self._comes():
            self.stop.lower()
        if not moving and self.waiting:
            self._soon()

    def _soon(self) -> None:
        """Whoever waits may try again, when the lanes are done with what happens now."""
        self.lane.kernel.call_at(self.lane.kernel._now, self.try_again, None)

    def try_again(self, _: None) -> None:
        """Continuation: who had the gap does not come, or is not there any more."""
        self._call()

    def offer(self, part: Part, giver: Giver) -> bool:
        """Receiver: taken when it fits and takes nobody's gap."""
        if self.asking is giver:
            self.asking = None
        self._ask(giver, part)
        fits, behind = self._fits(part)
        givers = self.waiting.givers
        if fits and (self._is(part, self.reserved) or not self._hinders(part)):
            waited = bool(givers)
            self.waiting.discard(giver)
            self.since.pop(giver.id, None)
            had = self._is(part, self.reserved)
            self.asked = [row for row in self.asked if not self._is(part, row)]
            self.lane.insert(part, self.entry, behind, self.rule.gap)
            if had:
                self._next()
            if waited and not givers:
                self._tell(False)
            return True
        if not givers:
            self._tell(True)
        self.waiting.add(giver)
        self.since.setdefault(giver.id, self.lane.kernel._now)
        return False

    def room_made(self, part: Part) -> None:
        """A part has cleared the merge, or has gone: whoever waits may try again."""
        self._call()

    def _call(self) -> None:
        for giver in list(self.waiting.givers):
            self.asking = giver
            giver.ready(self)
            silent, self.asking = self.asking is not None, None
            if silent:  # it has nothing to give any more
                self.waiting.discard(giver)
                self.since.pop(giver.id, None)
                if not self.waiting:
                    self._tell(False)
        if self.reserved and self._part() is None:
            self._next()

    # reservations --------------------------------------------------------------------------------

    def _ask(self, giver: Giver, part: Part) -> None:
        if self._is(part, self.reserved) or any(self._is(part, row) for row in self.asked):
            return
        self.asked.append([giver.id, part.id])
        if not self.reserved or self._part() is None:
            self._next()

    def _next(self) -> None:
        """The reservation is used or void: what it held goes on, the next one reserves."""
        had, self.reserved = bool(self.reserved), []
        assert self.stop is not None
        self.stop.lower()
        while self.asked and not self.reserved:
            self.reserved = self.asked.pop(0)
            part = self._part()
            if part is None:
                self.reserved = []
            else:
                self.after = self._slot(part)
        if bool(self.reserved) is not had:
            for fn in self.reserve_watchers:
                fn(not had)

    def _is(self, part: Part, row: list[Any]) -> bool:
        return bool(row) and bool(row[1] == part.id)

    def _part(self) -> Part | None:
        """The part that has the reservation, if its giver still has it."""
        identity, number = self.reserved
        part = self.lane.parts_by_id.get(number)
        owner = None if part is None else part.owner
        return part if owner is not None and getattr(owner, "id", "") == identity else None

    def _waits(self, part: Part) -> bool:
        """Whether it is at the end of its track and waits here."""
        owner = part.owner
        if isinstance(owner, Lane):
            return owner.end.holding is part
        return any(giver is owner for giver in self.waiting.givers)

    def _comes(self) -> bool:
        """Whether the part that has the reservation is on its way, or there."""
        part = self._part() if self.reserved else None
        if part is None:
            return False
        if self._waits(part):
            return True
        place = part.place
        if not isinstance(place, Place) or place.train is None:
            return False
        drive = place.train.drive
        return drive is not None and drive.moving

    def _arrival(self, part: Part) -> int | None:
        """When its front will be at the merge, in ns; None: not as things are."""
        place = part.place
        if self._waits(part) or not isinstance(place, Place) or place.train is None:
            return self.lane.kernel._now
        lane, drive = part.owner, place.train.drive
        assert isinstance(lane, Lane)
        if drive is None:
            drive = place.train.home.drive  # the one ahead of it is just going in
        return drive.when(drive.travel(lane.kernel._now) + lane.length - lane.front(place))

    def _cleared(self, place: Place | None, t: int) -> int | None:
        """When, not before `t`, a part of the main lane has cleared the merge with its tail."""
        if place is None or place.train is None:
            return t
        train = place.train
        s = self.x + self.rule.gap - train.base + place.c + place.length
        if train.drive is None:
            return t if s <= TOUCH else None
        later = train.drive.when(s)
        return None if later is None else max(later, t)

    def _meets(self, part: Part, ahead: Place | None, behind: Place) -> bool:
        """Whether `part` will come into the gap between two parts of the main lane, neither being held."""
        t = self._arrival(part)
        t = None if t is None else self._cleared(ahead, t)
        if t is None:
            return False
        room = self.x - part.length - self.rule.gap
        return self.lane.position(behind.part, t) <= room + TOUCH

    def _slot(self, part: Part) -> int:
        """Behind which part of the main lane its gap is: the first that it meets, or else the next blade."""
        start = max(self.x - self.rule.reach, 0.0)
        blade = self.x - self.rule.hold
        ahead: Place | None = None
        needed = part.length + 2.0 * self.rule.gap
        for one in self.lane.parts_between(start, self.x + self.rule.gap):
            place = one.place
            assert isinstance(place, Place)
            if self.lane.front(place) < self.x and self._meets(part, ahead, place):
                return self._after(ahead, blade)
            ahead = place
        if ahead is not None and self.lane.front(ahead) - ahead.length - start >= needed:
            return self._after(ahead, blade)
        return _NOW

    def _after(self, ahead: Place | None, blade: float) -> int:
        return _NOW if ahead is None or self.lane.front(ahead) >= blade - TOUCH else ahead.part.id

    def _hinders(self, part: Part) -> bool:
        """Whether `part`, put in now, would be in the way of the one that has the reservation."""
        if not self._comes():
            return False
        holder = self._part()
        assert holder is not None
        t = self._arrival(holder)
        drive = next(z.drive for z in self.lane.zones if z.start <= self.x < z.end)
        clear = drive.when(drive.travel(self.lane.kernel._now) + part.length + self.rule.gap)
        return t is None or clear is None or clear > t

    # on the main lane ----------------------------------------------------------------------------

    def main_comes(self, part: Part) -> None:
        """A front is at the blade: hold it if it would take the reserved gap."""
        if not self.reserved:
            return
        if self.after == part.id:
            self.after = _NOW
            return
        if self.after != _NOW:
            wanted = self.lane.parts_by_id.get(self.after)
            if (
                wanted is not None
                and wanted.owner is self.lane
                and self.lane.position(wanted) < self.lane.position(part)
            ):
                return
            self.after = _NOW
        if self._comes() and self._in_its_way(part):
            assert self.stop is not None
            self.stop.raise_()

    def _in_its_way(self, part: Part) -> bool:
        holder, place = self._part(), part.place
        assert holder is not None and isinstance(place, Place)
        if self.rule.hold < holder.length + self.rule.gap - TOUCH:
            return False  # it does not fit in before a part that is held there
        ahead, train = place.ahead, place.train
        if (
            ahead is not None
            and ahead.train is not None
            and train is not None
            and not train.home.accumulating
        ):
            clear = self.lane.front(ahead) - ahead.length >= self.x + self.rule.gap - TOUCH
            if not clear and ahead.train.drive is train.home.drive:
                return False  # held here, it would stop the one ahead as well, which must clear the merge
        return not self._meets(holder, ahead, place)

    def main_held(self, part: Part | None) -> None:
        """A part of the main lane has come to stand at the blade, or goes on."""
        for fn in self.hold_watchers:
            fn(part is not None)

    def main_passed(self, part: Part) -> None:
        """Nothing follows from it by this rule."""

    def _arbitrate(self) -> None:
        """Nor from others."""


def merge_point(lane: Lane, x: float, rule: MergeRule) -> MergePoint:
    """What takes parts onto a lane at `x` m by a rule."""
    return GapPoint(lane, x, rule) if rule.rule == "gap" else MergePoint(lane, x, rule)
