"""What a lane does where a part comes to a blade, leaves it, or crosses from zone to zone."""

from __future__ import annotations

from commissioning.sim.drive import INSTANT, TOUCH
from commissioning.sim.lanes.contacts import LaneContacts
from commissioning.sim.lanes.train import Place, Train
from commissioning.sim.lanes.watch import Border, Holder

__all__ = ["LaneHolds"]


class LaneHolds(LaneContacts):
    """Catching, letting go, crossing."""

    __slots__ = ()

    def catch(self, holder: Holder) -> None:
        """The part that `holder` waited for has come to it and stands from now on."""
        place = holder.place
        assert place is not None and place.train is not None
        train, zone = place.train, place.train.home
        own = zone.drive
        holder.holds = True
        place.held += 1
        alone = zone.accumulating and not (self.draining or self.todo or self.due or self.calls)
        if holder.on_hold is not None and not alone:
            self.calls.append((holder.on_hold, place.part))
        slips = zone.accumulating or train.drive is not own
        if slips and place is not train.head:
            free = zone.accumulating and train.drive is own and not train.relation
            # a train that waited for nothing still does so without its rear one, which is held from now on
            train = self.cut(train, place) if free else self.split(train, place)
        if zone.accumulating:
            if train.relation:
                self.unrelate(train)
            if train.drive is not None:
                self.rebase(train, holder.x + place.c, None)
            train.holder = holder
        else:
            if train.drive is not own:
                self._free(train)
                self.todo.append(train)
            if holder.x > zone.end - TOUCH:
                self._post_onward(place)
            own.stall(holder.key, holder.x - train.base + place.c)
        if alone and holder.on_hold is not None:
            if self.todo or self.due or self.calls:
                self.calls.appendleft((holder.on_hold, place.part))
            else:  # what `settle` would come to
                self.draining = True
                holder.on_hold(place.part)
                self.draining = False
        if self.touched or self.todo or self.due or self.calls:
            self.settle()

    def let_go(self, holder: Holder) -> None:
        """What `holder` held may go on. The caller settles."""
        holder.holds = False
        if holder.on_hold is not None:
            self.calls.append((holder.on_hold, None))
        place = holder.place
        assert place is not None and place.train is not None
        train = place.train
        place.held -= 1
        if not place.held and train.drive is not None:  # else nothing is posted before it moves
            self._post_onward(place)
        if not train.home.accumulating:
            self.calls.append((train.home.drive.unstall, holder.key))
        elif train.holder is holder:
            train.holder = None if not place.held else self._other_holder(train, place)
            self.todo.append(train)

    def _other_holder(self, train: Train, place: Place) -> Holder | None:
        """Another blade at the same place."""
        others = (w for w in train.watches if w.place is place and isinstance(w, Holder) and w.holds)
        return next(others, None)

    def _post_onward(self, place: Place) -> None:
        """A blade at a border or at the end: whether that is reached depends on the blade."""
        assert place.train is not None
        for watch in place.train.watches:
            if watch.place is place and not watch.at_rest:
                watch.post()

    def cross(self, border: Border) -> None:
        """The next part's front goes over to the next zone's drive."""
        place = border.place
        assert place is not None and place.train is not None
        train, zone = place.train, border.after
        if train.count > 1:
            assert place is train.head and place.behind is not None
            self.split(train, place.behind)
            train = place.train
        following = border.follow()  # before what waits for this part is posted
        if train.relation:
            self.unrelate(train)
        train.home = zone
        own, before = zone.drive, border.before.drive
        if train.drive is before and own is not before:
            self._change_drive(train, place, border)
        else:
            self.todo.append(train)
            if place.behind is not None and place.behind.train is not None:
                self.todo.append(place.behind.train)
        if following is not None:
            border.post()
        if border.on_cross is not None:
            self.calls.append((border.on_cross, place.part))
        if self.touched or self.todo or self.due or self.calls:
            self.settle()

    def _change_drive(self, train: Train, place: Place, border: Border) -> None:
        """A train of one part goes on with the drive of the zone after `border`."""
        own, before, now = border.after.drive, border.before.drive, self.kernel._now
        tau = (now - before.t0) * 1e-9
        if tau < before.ramp:
            s, v = before.travel(now), before.speed_at(now)
        else:  # the same, written out
            v = before.v1
            s = before.s1 + v * (tau - before.ramp)
        there = own.travel(now)
        beyond = train.base - place.c + s - border.x
        if 0.0 < beyond < INSTANT * v:  # so far it went since the solved time: by `own`, not by `before`
            beyond *= own.speed_at(now) / v
        train.base, train.drive = border.x + beyond + place.c - there, own
        self._record(train, place, place, 0.0)
        for watch in train.watches:
            watch.post()
        behind = None if place.behind is None else place.behind.train
        if self.todo or self.due or self.calls or self.draining or not self._is_free(train, place):
            if behind is not None:
                self.todo.append(behind)
            self.todo.append(train)
        elif behind is not None:
            gap = train.base - place.c - place.length - (behind.base - behind.head.c) + there - s
            plain = behind.drive is before and not behind.relation and behind.holder is None
            if plain and gap > TOUCH and behind.home is border.before and not border.before.stalled:
                self._meet(behind, gap, before, own)  # what `_relate` would come to
            else:
                self.todo.append(behind)

    def _is_free(self, train: Train, place: Place) -> bool:
        """Whether a train of one part, on the drive of its own zone, waits for nothing from the one ahead."""
        zone, ahead = train.home, place.ahead
        if ahead is None:
            return not zone.stalled
        leader = ahead.train
        return (
            leader is not None
            and leader.home is zone
            and leader.drive is train.drive
            and leader.base - ahead.c - ahead.length - (train.base - place.c) > TOUCH
        )
