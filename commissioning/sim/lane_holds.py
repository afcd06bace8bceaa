"""What a lane does where a part comes to a blade, leaves it, or crosses from zone to zone."""

from __future__ import annotations

from commissioning.sim.drive import INSTANT, TOUCH
from commissioning.sim.lane_contacts import LaneContacts
from commissioning.sim.lane_watch import Border, Holder
from commissioning.sim.train import Place

__all__ = ["LaneHolds"]


class LaneHolds(LaneContacts):
    """Catching, letting go, crossing."""

    def catch(self, holder: Holder) -> None:
        """The part that `holder` waited for has come to it and stands from now on."""
        place = holder.place
        assert place is not None and place.train is not None
        train, zone = place.train, place.train.home
        own = zone.drive
        holder.holds = True
        place.held += 1
        if holder.on_hold is not None:
            self.calls.append((holder.on_hold, place.part))
        slips = zone.accumulating or train.drive is not own
        if slips and place is not train.head:
            train = self.split(train, place)
        if zone.accumulating:
            if train.relation:
                self.unrelate(train)
            base = train.base if train.drive is None else holder.x + place.c
            self.rebase(train, base, None)
            train.holder = holder
        else:
            if train.drive is not own:
                self._free(train)
                self.todo.append(train)
            if holder.x > zone.end - TOUCH:
                self._post_onward(place)
            own.stall(holder.key, holder.x - train.base + place.c)
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
        if not place.held:
            self._post_onward(place)
        if not train.home.accumulating:
            self.calls.append((train.home.drive.unstall, holder.key))
        elif train.holder is holder:
            others = (w for w in train.watches if w.place is place and isinstance(w, Holder) and w.holds)
            train.holder = next(others, None)  # another blade at the same place
            self.todo.append(train)

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
        following = border.follow()  # before `rebase`, which posts what waits for this part
        if train.relation:
            self.unrelate(train)
        train.home = zone
        own, before = zone.drive, border.before.drive
        moved = train.drive is before and own is not before
        if moved:
            now = self.kernel._now
            beyond, v = self.front(place) - border.x, before.speed_at(now)
            if 0.0 < beyond < INSTANT * v:  # so far it went since the solved time: by `own`, not by `before`
                beyond *= own.speed_at(now) / v
            self.rebase(train, border.x + beyond + place.c - own.travel(now), own)
        self.todo.append(train)
        if not moved and place.behind is not None and place.behind.train is not None:
            self.todo.append(place.behind.train)  # else `rebase` has
        if following is not None:
            border.post()
        if border.on_cross is not None:
            self.calls.append((border.on_cross, place.part))
        self.settle()
