"""A lane that runs backward as well: one track with one drive that turns.

When it turns, at rest, it is mirrored: first becomes last, and all is counted from the end at which parts
then come on. Between two turns it is a lane like any other, so that everything that holds for lanes (queues,
blades, exact edges, hand-over) holds for both directions. Records are in the coordinate of the track.

What a part does at the ends is stated in `resources/decisions/0018-reversal.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, cast

from commissioning.model.problem import Place as Where
from commissioning.model.problem import Problem, Problems
from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.drive import TOUCH
from commissioning.sim.drive_two_way import TwoWayDrive
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.journal import Journal
from commissioning.sim.lane import Lane
from commissioning.sim.lane_entry import Entry
from commissioning.sim.lane_eye import ChoosyEye, Clear, Eye, Mark
from commissioning.sim.lane_handover import neighbour
from commissioning.sim.lane_range import RangeEye
from commissioning.sim.lane_trains import HELD
from commissioning.sim.lane_two_way_journal import TwoWayJournal
from commissioning.sim.lane_watch import Holder, Stop, Watch
from commissioning.sim.part import Part
from commissioning.sim.stateful import World
from commissioning.sim.train import Place, Train

__all__ = ["TwoWayLane"]

_PART_MOVE, _TRAIN, _ON_LANE = int(Kind.PART_MOVE), int(Kind.TRAIN), int(CarrierKind.LANE)


class TwoWayEntry(Entry):
    """An entry at one end of a lane. While the lane runs towards it, what hangs over it stands and waits."""

    __slots__ = ()

    def post(self) -> None:
        if self.lane.entries[0] is self:
            super().post()
        else:
            self.ver += 1

    def finish(self, cleared: bool) -> None:
        super().finish(cleared)
        cast(TwoWayLane, self.lane).drive.wake()


class TwoWayLane(Lane):
    """`backward`: it runs from the end to the infeed. `exit`, `end`, `infeed` and every `x` are those of the
    present direction; `position` and `parts` say where parts are on the track.

    `exit_behind`: where parts go at the infeed; None: they are held there. `waiting_behind` wait for it to
    run the other way again.
    """

    saved: ClassVar[tuple[str, ...]] = ("backward", "waiting_behind")
    constant: ClassVar[tuple[str, ...]] = (
        "drive", "exit_behind", "entries_behind", "aside_behind", "at",
    )  # fmt: skip

    def __init__(self, *told: Any, **more: Any) -> None:
        self.entries_behind: list[Entry] = []
        self.at: dict[int, float] = {}  # by number: where on the track a watch stands, m
        super().__init__(*told, **more)
        if len(self.zones) != 1 or not isinstance(self.zones[0].drive, TwoWayDrive):
            raise ValueError(f"{self.id}: a lane that runs backward has one zone, with a drive for it")
        self.backward = False
        self.drive: TwoWayDrive = self.zones[0].drive
        self.drive.track = self
        self.journal = cast(Journal, TwoWayJournal(self, self.journal))
        self.exit_behind: Receiver | None = None
        self.aside_behind = False
        self.waiting_behind = Waiting()

    # what stands along it ------------------------------------------------------------------------

    def add_entry(self, x: float) -> Entry:
        if self.entries:
            self._refuse("merges onto its middle")
        for entries in (self.entries, self.entries_behind):
            entry = TwoWayEntry(cast(Lane, self), len(self.watches), 0.0)
            self.watches.append(entry)
            entries.append(entry)
        return self.entries[0]

    def add_eye(
        self, x: float, on_change: Callable[[bool], None], sees: Callable[[Part], bool] | None = None
    ) -> Eye:
        eye = super().add_eye(x, on_change, sees)
        self.at[eye.number] = x
        return eye

    def add_stop(self, x: float, on_hold: Callable[[Part | None], None] | None = None) -> Stop:
        stop = super().add_stop(x, on_hold)
        self.at[stop.number] = x
        return stop

    def add_mark(self, x: float, on_pass: Callable[[Part], None], where: str = "front") -> Mark:
        """Backward it is passed by the edge that leads then, the rear one."""
        if where == "tail":
            self._refuse("what waits for tails that pass, as scales and transfers do")
        mark = super().add_mark(x, on_pass, where)
        self.at[mark.number] = x
        return mark

    def add_clear(self, x: float, on_clear: Callable[[Part], None]) -> Clear:
        self._refuse("what waits until parts are clear, as merges, separators and proximity switches do")

    def add_range(self, x: float, reach: float, tell: Callable[[], None]) -> RangeEye:
        self._refuse("a laser that looks against the flow")

    def only_forward(self, what: str) -> None:
        self._refuse(what)

    def _refuse(self, what: str) -> NoReturn:
        track = self.id.removeprefix("lane:")
        raise Problems(
            Problem(
                f"{track} is reversible, and {what} works in one direction only",
                Where(id=f"devices.{track}.reversible"),
                "There may be photo-eyes, readers, light curtains, stoppers and encoders along it",
            )
        )

    # what is on it -------------------------------------------------------------------------------

    def parts(self) -> list[Part]:
        found = super().parts()
        return found[::-1] if self.backward else found

    def position(self, part: Part, t: int | None = None) -> float:
        x = super().position(part, t)
        return self.length - x + part.length if self.backward else x

    def parts_between(self, x0: float, x1: float) -> list[Part]:
        if not self.backward:
            return super().parts_between(x0, x1)
        return super().parts_between(self.length - x1, self.length - x0)[::-1]

    def recorded(self, place: Place) -> tuple[float, float]:
        base, c = super().recorded(place)
        return (self.length - base, -c - place.length) if self.backward else (base, c)

    # hand-over -----------------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        """Receiver: as a lane, from givers of the present direction; others wait until it turns."""
        comes_back = isinstance(giver, TwoWayLane) and giver.backward
        if comes_back is not self.backward:
            self.waiting_behind.add(giver)
            return False
        return super().offer(part, giver)

    def hang_no_more(self, cleared: bool) -> None:
        super().hang_no_more(cleared)
        self.drive.wake()

    # turning -------------------------------------------------------------------------------------

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
            isinstance(there, TwoWayLane)
            and there.backward is not self.backward
            and there.exit is self
            and there.end.holds
            and there.end.place is hanging.place
        )

    def turn(self) -> None:
        self.draining = True
        before = self.entries[0].over
        over = self._lies_across()
        if before is not None:
            before.settle()  # what follows there is not moved by this drive any more
        following = self._following()
        raised = [w for w in self.watches if isinstance(w, Stop) and w.raised]
        self._let_all_go()
        self.drive.count_the_other_way()
        self._mirror()
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
            if isinstance(lane, TwoWayLane):
                lane.drive.wake()

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
        """Of each eye and mark: what it waits for next in the other direction."""
        found: list[tuple[Watch, Place | None]] = []
        for watch in self.watches:
            if isinstance(watch, Eye):
                place = watch.place
                if not watch.tail:  # what has passed it last
                    place = self.last if place is None else place.ahead
                    while place is not None and isinstance(watch, ChoosyEye) and not watch.sees(place.part):
                        place = place.ahead
                found.append((watch, place))
            elif isinstance(watch, Mark):
                place = self.last if watch.place is None else watch.place.ahead
                while place is not None and self.front(place) - place.length < watch.x - TOUCH:
                    place = place.ahead  # it stands astride: the edge that leads then is beyond
                found.append((watch, place))
        return found

    def _let_all_go(self) -> None:
        """No blade and no end holds a part any more, no contact stalls the drive."""
        drive, mine = self.drive, f"{self.id}/"
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
        drive.stalls = [who for who in drive.stalls if not who.startswith(mine)]
        self.zones[0].stalled = False

    def _mirror(self) -> None:
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

    def _swap(self) -> None:
        """Everything there is two of is that of the other direction now."""
        for number, x in self.at.items():
            self.watches[number].x = self.length - x if self.backward else x
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
        end = self.end
        end.attach(place)
        end.holds = True
        end.ver += 1
        place.held += 1
        assert place.train is not None
        if self.zones[0].accumulating:
            place.train.holder = end
        else:
            self.drive.stall(end.key)

    def _take_back(self, entry: Entry) -> None:
        """The part whose tail lay across the end, and which stands on the next lane, is on this one again."""
        there, place, here = entry.lane, entry.place, self.last
        assert place is not None and here is not None and here.train is not None
        entry.detach()
        entry.over = None
        part, train = place.part, here.train
        train.home = self.zones[0]
        part.owner, part.place = self, here
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

    # snapshot ------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        behind = [giver.id for giver in self.waiting_behind.givers]
        return super().save() | {"backward": self.backward, "waiting_behind": behind}

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        """As a lane; the direction first, for the rest is counted in it."""
        if self.backward is not data["backward"]:
            self.backward = data["backward"]
            self._swap()
        super().restore(data, world)
        self.waiting_behind.givers = [world.objects[identity] for identity in data["waiting_behind"]]
