"""A merge: parts come onto a lane in its middle, where others pass.

A part is put onto the lane when it fits there: nothing lies between its tail and its front, nor within the
gap before and behind. The rule says who waits for whom:

* main - parts on the lane never wait; one from the side takes the first gap that is long enough,
* side - as soon as one waits at the side, parts on the lane are held before the merge,
* alternate - where both wait, one from the side, one from the lane, and so on,
* first_come - where both wait, in the order in which they came to wait,
* gap - a part from the side reserves a gap before it comes (`lane_merge_gap`).

Parts on the lane are held `hold` m before the merge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from commissioning.sim.drive import TOUCH
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.lanes.eye import Mark
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.train import Place
from commissioning.sim.lanes.watch import Stop
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful, World, decode

__all__ = ["RULES", "MergePoint", "MergeRule"]

RULES = ("main", "side", "alternate", "first_come", "gap")


@dataclass(frozen=True)
class MergeRule:
    """Who goes first, the room kept around a part that comes in, where others are held; by rule `gap`, how
    far before its end a part from the side reserves, and how far upstream a gap is looked for. All in m."""

    rule: str = "main"
    gap: float = 0.0
    hold: float = 0.0
    reserve: float = 0.0
    reach: float = 0.0


class MergePoint(Stateful, Receiver):
    """Takes parts onto `lane` at `x` m. `watchers` are told when somebody begins or ceases to wait,
    `hold_watchers` when a part of the lane is held or let go."""

    saved: ClassVar[tuple[str, ...]] = ("waiting", "since", "main_since", "side_was_last", "passing")
    derived: ClassVar[tuple[str, ...]] = ("asking",)
    constant: ClassVar[tuple[str, ...]] = (
        "lane", "x", "rule", "entry", "clear", "stop", "behind_stop", "watchers", "hold_watchers",
    )  # fmt: skip

    def __init__(self, lane: Lane, x: float, rule: MergeRule) -> None:
        if not 0.0 < x < lane.length:
            raise ValueError(f"parts merge onto {lane.id} between 0 m and {lane.length} m, not at {x} m")
        self.id = f"merge:{lane.id}@{x!r}"
        self.lane, self.x, self.rule = lane, x, rule
        self.entry = lane.add_entry(x)
        at = min(x + rule.gap, lane.length)
        self.clear = lane.add_clear(at, self.room_made)
        self.stop: Stop | None = None
        self.behind_stop: Mark | None = None
        if rule.rule != "main":
            if not 0.0 < rule.hold <= x:
                raise ValueError(
                    f"parts on the main track are held {rule.hold:g} m before the merge at {x:g} m: "
                    "that is not on the track"
                )
            self.stop = lane.add_stop(x - rule.hold, self.main_held)
            self.behind_stop = lane.add_mark(x - rule.hold, self.main_passed, "tail")
        self.watchers: list[Callable[[bool], None]] = []
        self.hold_watchers: list[Callable[[bool], None]] = []
        self.waiting = Waiting()
        self.since: dict[str, int] = {}  # by giver, ns from which it waits
        self.main_since = 0  # ns from which the part at the blade waits
        self.side_was_last = False
        self.passing = False  # one part of the lane was let go and has not passed the blade yet
        self.asking: Giver | None = None  # whose offer is awaited

    # from the side -------------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        """Receiver: taken when it fits and it is the side's turn."""
        if self.asking is giver:
            self.asking = None
        fits, behind = self._fits(part)
        givers = self.waiting.givers
        if fits and not self.passing and (not givers or givers[0] is giver):
            waited = bool(givers)
            self.waiting.discard(giver)
            self.since.pop(giver.id, None)
            self.side_was_last = True
            self.lane.insert(part, self.entry, behind, self.rule.gap)
            self._arbitrate()
            if waited and not givers:
                self._tell(False)
            return True
        if not givers:
            self._tell(True)
        self.waiting.add(giver)
        self.since.setdefault(giver.id, self.lane.kernel._now)
        self._arbitrate()
        return False

    def room_made(self, part: Part) -> None:
        """A part has cleared the merge: whoever waits may try again, in turn."""
        if self.passing:
            return
        for giver in list(self.waiting.givers):
            self.asking = giver
            giver.ready(self)
            silent, self.asking = self.asking is not None, None
            if not silent and giver in self.waiting.givers:
                break
            if silent:  # it has nothing to give any more
                self.waiting.discard(giver)
                self.since.pop(giver.id, None)
                if not self.waiting:
                    self._tell(False)
        self._arbitrate()

    def _fits(self, part: Part) -> tuple[bool, Place | None]:
        """Whether there is room for a part, and the place that it would be ahead of."""
        place = self.clear.place
        if place is None:
            return True, None
        room = self.x - part.length - self.rule.gap
        return self.lane.front(place) <= room + TOUCH, place

    # on the lane ---------------------------------------------------------------------------------

    def main_held(self, part: Part | None) -> None:
        """A part of the lane has come to the blade before the merge, or has gone."""
        for fn in self.hold_watchers:
            fn(part is not None)
        if part is not None:
            self.main_since = self.lane.kernel._now
            self._arbitrate()

    def main_passed(self, part: Part) -> None:
        """A part of the lane has passed the blade: it may rise behind it."""
        self.side_was_last = False
        if self.passing:
            self.passing = False
            self._arbitrate()

    def _arbitrate(self) -> None:
        stop = self.stop
        if stop is None:
            return
        if not self.waiting:
            self.passing = False
            stop.lower()
        elif stop.holding is not None and self._turn_of_main():
            self.passing = True
            stop.lower()
        elif not self.passing:
            stop.raise_()

    def _turn_of_main(self) -> bool:
        if self.rule.rule == "alternate":
            return self.side_was_last
        if self.rule.rule == "first_come":
            return self.main_since < self.since[self.waiting.givers[0].id]
        return False

    def _tell(self, waits: bool) -> None:
        for fn in self.watchers:
            fn(waits)

    def restore(self, data: Mapping[str, Any], world: World) -> None:
        for name in self.declared("saved"):
            setattr(self, name, decode(data[name], world))
        self.asking = None
