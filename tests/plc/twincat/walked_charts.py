"""What a drawn chart of TwinCAT does in one scan, after "Processing order in SFC" of the TwinCAT 3 manual.

Steps before and behind a transition are looked for in the drawing itself, from where the transition stands,
which shares nothing with the translation. The control of IEC actions is that of the standard.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from archived_charts import Branch, Jump, Part, Step, Transition, steps_in
from sfc_reference import MS, ActionControl

Spot = tuple[tuple[Sequence[Part], int], ...]  # lists from the outermost inwards, each with a place in it


def spots(parts: Sequence[Part], above: Spot = ()) -> Iterator[Spot]:
    """Where the transitions stand, from top to bottom and from left to right."""
    for place, part in enumerate(parts):
        here = (*above, (parts, place))
        if isinstance(part, Transition):
            yield here
        elif isinstance(part, Branch):
            for leg in part.legs:
                yield from spots(leg, here)


def sources(spot: Spot) -> list[str]:
    """The steps before a spot: those above it, or above the branch whose line it begins."""
    parts, place = spot[-1]
    return _ends(parts[place - 1]) if place else sources(spot[:-1])


def _ends(part: Part) -> list[str]:
    if isinstance(part, Step):
        return [part.name]
    assert isinstance(part, Branch)
    lines = [leg for leg in part.legs if not isinstance(leg[-1], Jump)]
    return [name for leg in lines for name in _ends(leg[-1])]


def targets(spot: Spot, whole: Sequence[Part]) -> list[str]:
    """The steps behind a spot: those below it, or below the branch whose line it ends."""
    parts, place = spot[-1]
    if place + 1 == len(parts):
        return targets(spot[:-1], whole)
    below = parts[place + 1]
    if isinstance(below, Jump):
        return _named(below.target, whole)
    return _begins(below)


def _begins(part: Part) -> list[str]:
    if isinstance(part, Step):
        return [part.name]
    assert isinstance(part, Branch) and part.parallel
    return [name for leg in part.legs for name in _begins(leg[0])]


def _named(name: str, parts: Sequence[Part]) -> list[str]:
    """A step, or the parallel branch of that name."""
    for part in parts:
        if isinstance(part, Step | Branch) and part.name == name:
            return _begins(part)
        if isinstance(part, Branch):
            for leg in part.legs:
                found = _named(name, leg)
                if found:
                    return found
    return []


class ChartWalk:
    """`actions`: names of the IEC actions, as they are executed. `executed`: all of one scan, in order."""

    def __init__(
        self, parts: Sequence[Part], actions: Sequence[str], holds: Callable[[ChartWalk, str], bool]
    ):
        self.steps = {step.name: step for step in steps_in(parts)}
        self.moves = []
        for spot in spots(parts):
            transition = spot[-1][0][spot[-1][1]]
            assert isinstance(transition, Transition)
            self.moves.append((sources(spot), targets(spot, parts), transition.condition))
        self.x = {name: step.initial for name, step in self.steps.items()}
        self.was = dict.fromkeys(self.steps, False)
        self.t = dict.fromkeys(self.steps, 0)
        self.since: dict[str, int | None] = dict.fromkeys(self.steps)
        uses = [use for step in self.steps.values() for use in step.uses]
        self.controls = {use.name: ActionControl() for use in uses}
        self.actions, self.holds = actions, holds
        self.inputs: dict[str, bool] = {}
        self.executed: list[str] = []

    def scan(self, now: int) -> None:
        for name in self.steps:
            if self.x[name]:
                since = self.since[name]
                self.since[name] = now if since is None else since
                self.t[name] = now - (self.since[name] or 0)
        self._control(now)
        self._execute()
        self.was = dict(self.x)
        self._evolve(now)

    def _control(self, now: int) -> None:
        for name, control in self.controls.items():
            active = [u for s in self.steps.values() if self.x[s.name] for u in s.uses if u.name == name]
            times = [use.ms for use in active if use.ms is not None]
            on = {use.qualifier for use in active}
            control(now, on.__contains__, times[0] * MS if times else None)

    def _execute(self) -> None:
        """The order of the manual, but IEC actions that end precede entry actions (decision 36)."""
        left = [s.exit for s in self.steps.values() if self.was[s.name] and not self.x[s.name]]
        entered = [s.entry for s in self.steps.values() if self.x[s.name] and not self.was[s.name]]
        active = [s.active for s in self.steps.values() if self.x[s.name]]
        used = [name for name in self.actions if name in self.controls]
        going = [name for name in used if self.controls[name].q or self.controls[name].begins]
        ending = [name for name in used if self.controls[name].a and name not in going]
        self.executed = [name for name in (*left, *ending, *entered, *active, *going) if name]

    def _evolve(self, now: int) -> None:
        """The first true transition of a branch from the left is taken; a step is active for its time."""
        done: list[tuple[list[str], list[str]]] = []
        used: set[str] = set()
        for before, behind, condition in self.moves:
            if all(self.x[name] for name in before) and used.isdisjoint(before):
                waited = all(self.t[name] >= self.steps[name].shortest * MS for name in before)
                if self.holds(self, condition) and waited:
                    used.update(before)
                    done.append((before, behind))
        for before, _ in done:
            for name in before:
                self.x[name] = False
        for _, behind in done:
            for name in behind:
                self.x[name], self.since[name], self.t[name] = True, now, 0
