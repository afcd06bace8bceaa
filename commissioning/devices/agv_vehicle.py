"""One vehicle of a fleet: two axes in the plane, a job, and the way that it has reserved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.sim.decks import Deck
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["Vehicle"]

_NONE = -1


class Vehicle(Stateful, Giver):
    """`phase`: idle; wait (for its way); moving; here (where it takes a part); taking; giving; offering.

    A leg is straight: both axes go at once, with speeds and limits in the ratio of their distances, so that
    the vehicle keeps to the line and both arrive together.
    """

    saved: ClassVar[tuple[str, ...]] = (
        "phase", "node", "goal", "job", "bound_for", "legs", "part", "pending", "homeward",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("fleet", "number", "name", "home", "x", "y", "line")
    continuations: ClassVar[tuple[str, ...]] = ("taken", "given")

    def __init__(self, fleet: Any, number: int, name: str, home: str, line: Line) -> None:
        self.id = f"vehicle:{fleet.id}.{name}"
        self.fleet, self.number, self.name, self.home, self.line = fleet, number, name, home, line
        self.x, self.y = line.add_axis(fleet, f"{name}_x"), line.add_axis(fleet, f"{name}_y")
        along, across = fleet.pose.rotate((1.0, 0.0, 0.0)), fleet.pose.rotate((0.0, 1.0, 0.0))
        line.add_deck(Deck(self.x.name, fleet.pose, along))
        line.add_deck(Deck(self.y.name, fleet.pose, across, on=self.x.name))
        self.x.watch_arrived(self.arrived)
        self.y.watch_arrived(self.arrived)
        self.phase = "idle"
        self.node = home  # where it stands, or last stood
        self.goal = home
        self.job = _NONE  # place that it fetches from
        self.bound_for = _NONE  # exit of its part
        self.legs: list[list[str]] = []
        self.part: Part | None = None
        self.pending = 0  # axes that have not arrived
        self.homeward = False  # without a job, or out of the way of others
        line.register(self)

    def start(self) -> None:
        """It stands at its home."""
        x, y = self.fleet.paths.nodes[self.home]
        self.x.place(x)
        self.y.place(y)

    @property
    def free(self) -> bool:
        """It may get a job: it stands empty, or waits to go home."""
        return self.job == _NONE and self.part is None and self.phase in ("idle", "wait")

    def stands_for(self, place: int, node: str) -> bool:
        """It takes what comes at `place` now: it came for it, or stands there with nothing to do."""
        if self.phase == "here":
            return self.job == place
        return self.free and self.node == node

    @property
    def goals(self) -> list[str]:
        """Where it may set out for: where it wants to be, or else home, out of the way of others."""
        return [self.goal] if self.node == self.home else [self.goal, self.home]

    def awaits(self) -> Sequence[Any]:
        """At an exit with its part: who is to take it. Before its way: who is in that, or in the way home."""
        if self.phase == "offering":
            return (self.fleet.targets[self.bound_for],)
        if self.phase != "wait":
            return ()
        there = [self.fleet.in_the_way(self, goal) for goal in self.goals]
        return () if None in there else there

    def fetch(self, place: int, node: str) -> None:
        """A job: to the part that waits at `place`."""
        self.job = place
        self._want(node)

    def go_home(self) -> None:
        """If there is nothing else to do."""
        if self.phase == "idle" and self.job == _NONE and self.node != self.home:
            self._want(self.home)

    def go(self, legs: list[list[str]]) -> None:
        """Its way is free, and its own."""
        self.legs = legs
        self.homeward = not legs or legs[-1][-1] != self.goal
        self._leg()

    def take(self, part: Part, time: int) -> None:
        """A part comes on."""
        self.part = part
        self.phase, self.job = "taking", _NONE
        if self.number in self.fleet.queue:
            self.fleet.queue.remove(self.number)
        self.line.kernel.call_at(self.line.kernel._now + time, self.taken)

    def taken(self, _: None) -> None:
        """Continuation: the part is on it, whole."""
        assert self.part is not None
        self.bound_for = self.fleet.next_exit(self.part)
        self._want(self.fleet.give_nodes[self.bound_for])
        self.fleet.dispatch()

    def given(self, _: None) -> None:
        """Continuation: the part stands where the exit may take it."""
        self.phase = "offering"
        self.ready(self.fleet.targets[self.bound_for])

    def ready(self, receiver: Receiver) -> None:
        if self.phase != "offering" or self.part is None:
            return
        part, self.part = self.part, None
        if not receiver.offer(part, self):
            self.part = part
            self.fleet.publish()
            return
        self.phase = "idle"
        self.fleet.dispatch()

    def arrived(self, position: float) -> None:
        """One of the axes stands where it was to go."""
        self.pending -= 1
        if self.pending:
            return
        leg = self.legs.pop(0)
        self.node = leg[-1]
        self.fleet.give_back(self, leg)
        if self.legs:
            self._leg()
        else:
            self._at_end()
        self.fleet.grant()

    def _want(self, goal: str) -> None:
        self.goal = goal
        self.phase = "wait"
        if self.number not in self.fleet.queue:
            self.fleet.queue.append(self.number)

    def _leg(self) -> None:
        """The next straight run; without one it is there."""
        if not self.legs:
            self._at_end()
            return
        self.phase = "moving"
        p, nodes, leg = self.fleet.params, self.fleet.paths.nodes, self.legs[0]
        (x0, y0), (x1, y1) = nodes[leg[0]], nodes[leg[-1]]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        moves = [(axis, end, abs(end - start) / length) for axis, start, end in
                 ((self.x, x0, x1), (self.y, y0, y1)) if end != start]  # fmt: skip
        self.pending = len(moves)
        for axis, end, share in moves:
            axis.move_to(end, p["speed"] * share, p["acceleration"] * share)

    def _at_end(self) -> None:
        """It stands where its way ended."""
        if self.homeward and self.goal != self.node:
            self._want(self.goal)  # out of the way now; its job is still to be done
        elif self.part is not None:
            self.phase = "giving"
            kernel = self.line.kernel
            kernel.call_at(kernel._now + self.fleet.unload.draw(), self.given)
        elif self.job != _NONE:
            self.phase = "here"
            self.fleet.call(self.job)
            if self.phase == "here":  # nobody has anything to give any more
                self.job, self.phase = _NONE, "idle"
                self.fleet.dispatch()
        else:
            self.phase = "idle"
            self.fleet.dispatch()
