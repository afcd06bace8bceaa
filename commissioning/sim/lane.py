"""A lane: a chain of tracks with one coordinate, and the parts that travel on it.

`x` runs from 0 at the infeed; a part is where its front is. Tracks are zones, each with its own drive;
a part changes its drive when its front passes from zone to zone, and queues, is pushed or is pulled
away where drives differ. All events are solved for; nothing ticks, and nothing that happens costs more
because there are more parts that it does not concern.

What is told to devices (`on_change`, `on_hold`, `on_pass`) is told when the lane is consistent again;
it may command drives and blades at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim import lane_state
from commissioning.sim.drive import TOUCH
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lane_contacts import LaneContacts
from commissioning.sim.lane_eye import ChoosyEye, Eye, Mark
from commissioning.sim.lane_watch import Border, End, Holder, Infeed, Stop, Watch
from commissioning.sim.part import Part
from commissioning.sim.stateful import World
from commissioning.sim.train import Place, Zone

__all__ = ["Lane", "Zone"]

_PART_MOVE = int(Kind.PART_MOVE)
_TRAIN = int(Kind.TRAIN)
_ON_LANE = int(CarrierKind.LANE)


class Lane(LaneContacts):
    """Takes parts at x = 0 (a `Receiver`) and gives them away at its end (a `Giver`).

    `gap` m are kept free between an entering part and the last one. `exit` gets the parts that reach
    the end; None: they are held there for ever.
    """

    saved: ClassVar[tuple[str, ...]] = (
        "first", "last", "count", "trains", "trains_made", "idle", "across", "waiting",
    )  # fmt: skip
    derived: ClassVar[tuple[str, ...]] = ("todo", "due", "calls", "touched", "draining", "offering")
    constant: ClassVar[tuple[str, ...]] = (
        "index", "kernel", "journal", "zones", "parts_by_id", "exit", "gap_kept", "watches", "end", "infeed",
        "length",
    )  # fmt: skip

    def __init__(
        self,
        index: int,
        identity: str,
        zones: Sequence[Zone],
        kernel: Kernel,
        journal: Journal,
        parts: Mapping[int, Part] | None = None,
        gap: float = 0.0,
    ) -> None:
        super().__init__(index, identity, zones, kernel, journal)
        if not self.zones or self.zones[0].start != 0.0:
            raise ValueError(f"{identity}: the first zone of a lane starts at 0 m")
        for before, after in zip(self.zones, self.zones[1:], strict=False):
            if before.end != after.start:
                raise ValueError(f"{identity}: a zone ends at {before.end} m, the next at {after.start} m")
        self.length = self.zones[-1].end
        self.parts_by_id: Mapping[int, Part] = {} if parts is None else parts
        self.gap_kept = gap
        self.exit: Receiver | None = None
        self.waiting = Waiting()
        self.draining = self.offering = False
        self.watches: list[Watch] = []
        for number, zone in enumerate(self.zones):
            zone.index = number
            if self not in zone.drive.lanes:
                zone.drive.lanes.append(self)
        for before, after in zip(self.zones, self.zones[1:], strict=False):
            self._add(Border(self, len(self.watches), before, after))
        self.end = End(self, len(self.watches), self.length)
        self._add(self.end)
        self.infeed = Infeed(self, len(self.watches), gap)
        self.infeed.tail = True
        self.watches.append(self.infeed)

    # what stands along it ------------------------------------------------------------------------

    def add_eye(
        self, x: float, on_change: Callable[[bool], None], sees: Callable[[Part], bool] | None = None
    ) -> Eye:
        """A photo-eye at `x` m; `sees(part)`: whether a part reaches the beam. Before the first part."""
        eye = (
            Eye(self, len(self.watches), self._inside(x), on_change)
            if sees is None
            else ChoosyEye(self, len(self.watches), self._inside(x), on_change, sees)
        )
        self._add(eye)
        return eye

    def add_stop(self, x: float, on_hold: Callable[[Part | None], None] | None = None) -> Stop:
        """A blade at `x` m, lowered; before the first part enters. `on_hold(None)`: holds no more."""
        stop = Stop(self, len(self.watches), self._inside(x), on_hold)
        self.watches.append(stop)
        return stop

    def add_mark(self, x: float, on_pass: Callable[[Part], None], where: str = "front") -> Mark:
        """`on_pass(part)` when a part's `where` ("front" or "tail") passes `x` m."""
        if where not in ("front", "tail"):
            raise ValueError(f"a mark is passed by the front or the tail of a part, not its {where}")
        mark = Mark(self, len(self.watches), self._inside(x), on_pass, where == "tail")
        self._add(mark)
        return mark

    def _add(self, watch: Watch) -> None:
        if self.first is not None:
            raise ValueError(f"{self.id}: parts are on it already")
        self.watches.append(watch)
        self.idle.append(watch)

    def _inside(self, x: float) -> float:
        if not 0.0 <= x <= self.length:
            raise ValueError(f"{self.id} is {self.length} m long, there is no {x} m on it")
        return x

    # what is on it -------------------------------------------------------------------------------

    def parts(self) -> list[Part]:
        """Downstream first."""
        return [place.part for place in self._places(self.first)]

    def position(self, part: Part, t: int | None = None) -> float:
        """Lane coordinate in m of a part's front, now or at `t` ns (not before the last command).

        Raises ValueError if the part is not on this lane.
        """
        place = self._place(part)
        train = place.train
        assert train is not None
        if train.drive is None:
            return train.base - place.c
        return train.base - place.c + train.drive.travel(self.kernel._now if t is None else t)

    def parts_between(self, x0: float, x1: float) -> list[Part]:
        """Parts of which some length lies between `x0` and `x1` m, downstream first.

        Costs one step per watch on the lane and per part between `x1` and the next watch downstream.
        """
        nearest: Watch | None = None
        for watch in self.watches:
            if watch.x >= x1 and (nearest is None or watch.x < nearest.x):
                if isinstance(watch, Infeed) or (isinstance(watch, Stop) and not watch.raised):
                    continue  # these do not keep to the next part
                nearest = watch
        place = self.last if nearest is None or nearest.place is None else nearest.place
        while (
            place is not None
            and place.ahead is not None
            and self.front(place.ahead) - place.ahead.length < x1
        ):
            place = place.ahead
        found = []
        for candidate in self._places(place):
            front = self.front(candidate)
            if front <= x0:
                break
            if front - candidate.length < x1:
                found.append(candidate.part)
        return found

    def _places(self, place: Place | None) -> Iterator[Place]:
        while place is not None:
            yield place
            place = place.behind

    def _place(self, part: Part) -> Place:
        place = part.place
        if part.owner is not self or not isinstance(place, Place):
            raise ValueError(f"{part} is not on {self.id}")
        return place

    # hand-over -----------------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        """Receiver: taken when the last part's tail has cleared the infeed; its front is then at 0."""
        if not self._has_room():
            self.waiting.add(giver)
            if self.infeed.place is None:
                assert self.last is not None
                self.infeed.attach(self.last)
                self.settle()
            return False
        self.waiting.discard(giver)
        self._enter(part)
        return True

    def ready(self, receiver: Receiver) -> None:
        """Giver: what follows would take a part now."""
        if self.end.holds and not self.offering:
            self.deliver()

    def remove(self, part: Part) -> None:
        """Take a part off the lane, wherever it is; the caller journals where it goes.

        Raises ValueError if it is not on the lane.
        """
        place = self._place(part)
        last = self.last
        part.owner = part.place = None
        self.take_out(place)
        if last is place and self.waiting:
            self.calls.append((self._cleared, None))
        self.settle()

    def _has_room(self) -> bool:
        last = self.last
        return last is None or self.front(last) - last.length >= self.gap_kept - TOUCH

    def _enter(self, part: Part) -> None:
        last, zone, drive = self.last, self.zones[0], self.zones[0].drive
        c = 0.0 if last is None else last.c + last.length
        place = Place(part, c, None)
        train = self.new_train(place, zone, drive, c - drive.travel(self.kernel._now))
        part.owner, part.place = self, place
        add = self.journal.add
        add(_PART_MOVE, _ON_LANE, part.id, self.index, c, 0 if last is None else last.part.id + 1)
        add(_TRAIN, drive.index, self.index, train.base, part.id, part.id)
        self.count += 1
        self.last = place
        if last is None:
            self.first = place
        else:
            last.behind, place.ahead = place, last
            ahead = last.train
            assert ahead is not None
            if ahead.drive is not drive or self.gap(train) <= TOUCH:
                self.todo.append(train)
        if self.idle:
            idle, self.idle = self.idle, []
            for watch in idle:
                watch.attach(place)
        self.settle()

    def deliver(self) -> None:
        """The first part is at the end: give it away, or hold it until it is taken."""
        end = self.end
        place = end.place
        assert place is not None and place.train is not None
        receiver = self.exit
        if receiver is not None:
            self.offering = True
            taken = receiver.offer(place.part, self)
            self.offering = False
            if taken:
                last = self.last
                self.take_out(place)
                if last is place and self.waiting:
                    self.calls.append((self._cleared, None))
                self.settle()
                return
        if not end.holds:
            self.catch(end)

    def cleared(self) -> None:
        """The last part's tail has cleared the infeed: whoever waits may give."""
        while self.waiting and self._has_room():
            self.waiting.call(self)
        if self.waiting and self.infeed.place is None and self.last is not None:
            self.infeed.attach(self.last)
            self.settle()

    def _cleared(self, _: Any) -> None:
        self.infeed.detach()
        self.cleared()

    # blades, borders -----------------------------------------------------------------------------

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
        if train.relation:
            self.unrelate(train)
        train.home = zone
        if train.drive is border.before.drive and zone.drive is not train.drive:
            self._free(train)
        self.todo.append(train)
        if place.behind is not None and place.behind.train is not None:
            self.todo.append(place.behind.train)
        if border.follow() is not None:
            border.post()
        self.settle()

    # snapshot ------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        return lane_state.save(self)

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        """Restored after its drives, whose thresholds it puts back in place."""
        lane_state.restore(self, data, world)
        self.restored()

    def restored(self) -> None:
        self.draining = self.offering = False
        self.todo.clear()
        self.due.clear()
        self.calls.clear()
        self.touched.clear()
