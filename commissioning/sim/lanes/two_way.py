"""A lane that runs backward as well: one track, with one drive that turns, or one per zone.

When it turns, at rest, it is mirrored (`lane_turn`): first becomes last, and all is counted from the end at
which parts then come on. Between two turns it is a lane like any other, so that everything that holds for
lanes (queues, blades, exact edges, hand-over) holds for both directions. Records are in the coordinate of the
track.

What a part does at the ends is stated in `resources/decisions/0018-reversal.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, cast

from commissioning.model.problem import Place as Where
from commissioning.model.problem import Problem, Problems
from commissioning.sim.drive_two_way import MirrorDrive, TwoWayDrive
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.journal import Journal
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.eye import Clear, Eye, Mark
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.range import RangeEye
from commissioning.sim.lanes.train import Place
from commissioning.sim.lanes.turn import LaneTurn, Turner
from commissioning.sim.lanes.two_way_journal import TwoWayJournal
from commissioning.sim.lanes.watch import Border, Stop
from commissioning.sim.part import Part
from commissioning.sim.stateful import World

__all__ = ["TwoWayLane"]


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
        cast(TwoWayLane, self.lane).wake()


class TwoWayLane(LaneTurn):
    """`backward`: it runs from the end to the infeed. `exit`, `end`, `infeed` and every `x` are those of the
    present direction; `position` and `parts` say where parts are on the track.

    `exit_behind`: where parts go at the infeed; None: they are held there. `waiting_behind` wait for it to
    run the other way again.
    """

    saved: ClassVar[tuple[str, ...]] = ("backward", "waiting_behind")
    constant: ClassVar[tuple[str, ...]] = (
        "drives", "turner", "bounds", "exit_behind", "entries_behind", "aside_behind", "at",
    )  # fmt: skip

    def __init__(self, *told: Any, **more: Any) -> None:
        self.entries_behind: list[Entry] = []
        self.at: dict[int, float] = {}  # by number: where on the track a watch stands, m
        super().__init__(*told, **more)
        drives = {zone.drive.index: zone.drive for zone in self.zones}
        self.drives = [drive for drive in drives.values() if isinstance(drive, MirrorDrive)]
        if len(self.drives) != len(self.zones):
            raise ValueError(f"{self.id}: a lane that runs backward has a drive for it in each of its zones")
        self.backward = False
        self.bounds = [(zone.start, zone.end) for zone in self.zones]
        self.turner: Turner | None = None
        if isinstance(self.drives[0], TwoWayDrive):
            if len(self.drives) > 1:
                raise ValueError(f"{self.id}: drives that turn by themselves do not turn together")
            self.turner = self.drives[0]
            self.drives[0].track = self
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

    def add_joint(self, x: float, tell: Callable[[Any], None]) -> None:
        """At an end or a border: `tell(part)` when a part is beyond `x` m with the edge that leads, and with
        its other one, in either direction; or is gone."""
        border = next((w for w in self.watches if isinstance(w, Border) and w.x == x), None)
        if border is None:
            self.add_mark(x, tell)
        else:
            border.on_cross = tell
        clear = super().add_clear(x, tell)
        self.at[clear.number] = x

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

    def lying_between(self, x0: float, x1: float) -> list[Part]:
        """As `parts_between`, in the coordinate of the present direction, downstream first."""
        return super().parts_between(x0, x1)

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
        self.wake()

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
