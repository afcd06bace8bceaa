"""A lane: a chain of tracks with one coordinate, and the parts that travel on it.

`x` runs from 0 at the infeed; a part is where its front is. Tracks are zones, each with its own drive;
a part changes its drive when its front passes from zone to zone, and queues, is pushed or is pulled
away where drives differ. All events are solved for; nothing ticks, and nothing that happens costs more
because there are more parts that it does not concern.

What is told to devices (`on_change`, `on_hold`, `on_pass`) is told when the lane is consistent again;
it may command drives and blades at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from commissioning.sim.drive import Drive
from commissioning.sim.flow import Receiver, Waiting
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes import state as lane_state
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.eye import ChoosyEye, Clear, Eye, Mark
from commissioning.sim.lanes.handover import LaneHandover
from commissioning.sim.lanes.range import RangeEye
from commissioning.sim.lanes.train import Place, Zone
from commissioning.sim.lanes.watch import Border, End, Infeed, Stop, Watch
from commissioning.sim.part import Part
from commissioning.sim.stateful import World

__all__ = ["Lane", "Zone"]


class Lane(LaneHandover):
    """Takes parts at x = 0 (a `Receiver`) and gives them away at its end (a `Giver`).

    `gap` m are kept free between an entering part and the last one. `exit` gets the parts that reach
    the end; None: they are held there for ever. `aside`: they leave it sideways there, and stand in the
    way until they are clear.
    """

    __slots__ = ("parts_by_id",)
    saved: ClassVar[tuple[str, ...]] = (
        "first", "last", "count", "trains", "trains_made", "idle", "across", "waiting",
        "hanging", "foreign",
    )  # fmt: skip
    derived: ClassVar[tuple[str, ...]] = ("todo", "due", "calls", "touched", "draining", "offering")
    constant: ClassVar[tuple[str, ...]] = (
        "index", "kernel", "journal", "zones", "parts_by_id", "exit", "gap_kept", "watches", "end", "infeed",
        "length", "entries", "beyond", "aside", "first_rank",
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
        self.aside = False
        self.draining = self.offering = False
        self.hanging: Entry | None = None
        self.foreign: list[Drive] = []
        self.beyond = self._beyond()
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
        self.entries: list[Entry] = []
        self.add_entry(0.0)

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

    def add_clear(self, x: float, on_clear: Callable[[Part], None]) -> Clear:
        """`on_clear(part)` when the foremost part before `x` m has passed it with its tail, or is gone."""
        clear = Clear(self, len(self.watches), self._inside(x), on_clear, True)
        self._add(clear)
        return clear

    def add_range(self, x: float, reach: float, tell: Callable[[], None]) -> RangeEye:
        """Looks upstream from `x` m, `reach` m far; `tell()` when its distance follows another formula."""
        eye = RangeEye(self, len(self.watches), self._inside(x), reach, tell)
        self._add(eye)
        return eye

    def add_entry(self, x: float) -> Entry:
        """A place at which parts come onto the lane, for `insert`; before the first part."""
        entry = Entry(self, len(self.watches), self._inside(x))
        self.watches.append(entry)
        self.entries.append(entry)
        return entry

    def only_forward(self, what: str) -> None:
        """Said by what would do wrong with parts that come backward; a lane that runs both ways refuses."""

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
        return [place.part for place in self._places(self.first) if place.part.place is place]

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

    def recorded(self, place: Place) -> tuple[float, float]:
        """Base and pack coordinate of a part as records have them: front = base - c + travel of its drive."""
        assert place.train is not None
        return place.train.base, place.c

    def parts_between(self, x0: float, x1: float) -> list[Part]:
        """Parts of which some length lies between `x0` and `x1` m, downstream first.

        Costs one step per watch on the lane and per part between `x1` and the next watch downstream.
        """
        nearest: Watch | None = None
        for watch in self.watches:
            if watch.x >= x1 and (nearest is None or watch.x < nearest.x):
                if isinstance(watch, Infeed | Entry) or (isinstance(watch, Stop) and not watch.raised):
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
            if front - candidate.length < x1 and candidate.part.place is candidate:
                found.append(candidate.part)
        return found

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
