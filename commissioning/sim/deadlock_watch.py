"""Looks for deadlocks while a run goes on, at instants that do not depend on how it is sliced.

It looks each minute of virtual time, when everything of that instant and everything that was given at it
from outside has happened, just before time goes on. What it finds becomes a PROBLEM record (aux 1) and an
alarm; the run goes on. A ring that somebody could still resolve by a command (a diverter in it, a pusher
beside it) is told when it has stood unchanged for five minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from commissioning.model.problem import Place, Problem
from commissioning.model.record import Kind
from commissioning.sim.deadlock import Deadlock, find_deadlocks, receivers_of
from commissioning.sim.stateful import Stateful

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["DEADLOCK", "EVERY_NS", "PATIENCE_NS", "DeadlockWatch"]

EVERY_NS = 60_000_000_000
PATIENCE_NS = 300_000_000_000
DEADLOCK = 1
"""`aux` of its PROBLEM records; 0 is a device or controller that failed."""


class DeadlockWatch(Stateful):
    """`seen`: (ring in words, ns at which it was first seen) of those that stand now; `told`: reported.
    `possible`: not in a line that is only chains of devices, each one way from a source to a sink.
    """

    saved: ClassVar[tuple[str, ...]] = ("seen", "told")
    constant: ClassVar[tuple[str, ...]] = ("line", "receivers", "possible")

    def __init__(self, line: Line) -> None:
        self.id = "run:deadlocks"
        self.line = line
        self.receivers = receivers_of(line)
        chains = line.ahead.chains if line.ahead is not None else ()
        self.possible = sum(len(chain.covers()) for chain in chains) < len(line.devices)
        self.seen: list[tuple[str, int]] = []
        self.told: list[str] = []

    def next_look(self) -> int:
        """The next instant, now or later, in ns, at which it looks."""
        return -(-self.line.kernel._now // EVERY_NS) * EVERY_NS

    def look(self) -> None:
        """Look now. Between instants only."""
        rings = find_deadlocks(self.line, self.receivers)
        if not rings and not self.seen:
            return
        now = self.line.kernel._now
        before = dict(self.seen)
        found = [(str(deadlock), deadlock) for deadlock in rings]
        self.seen = [(words, before.get(words, now)) for words, _ in found]
        self.told = [words for words in self.told if any(words == other for other, _ in found)]
        for (words, since), (_, deadlock) in zip(self.seen, found, strict=True):
            if words not in self.told and (not deadlock.commands or now - since >= PATIENCE_NS):
                self.told.append(words)
                self._tell(deadlock)

    def _tell(self, deadlock: Deadlock) -> None:
        line = self.line
        first = deadlock.devices[0]
        what = f"deadlock: {deadlock}"
        what += ", and no command has changed that for 5 min" if deadlock.commands else ""
        cure = "Let fewer parts into the ring, give it more places, or hold parts back before they close it"
        problem = Problem(what, Place(id=first), cure)
        line.alarms.append(problem)
        journal = line.journal
        journal.add(int(Kind.PROBLEM), DEADLOCK, line.object_index[first], journal.text(what))
