"""An axis: one driven degree of freedom that strokes at constant speed, like a blade or a ram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from commissioning.model.record import Kind
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import EDGE, Kernel, instant
from commissioning.sim.stateful import Stateful

__all__ = ["Axis"]

_DRIVE = int(Kind.DRIVE)


class Axis(Stateful):
    """At 0 m first. Position is `s0 + v t` since `t0`; it stops exactly at `target`.

    In the journal it is a drive: one record when a stroke begins or turns round, one when it arrives.
    """

    saved: ClassVar[tuple[str, ...]] = ("t0", "s0", "v", "target", "moving", "record", "strokes")
    constant: ClassVar[tuple[str, ...]] = ("index", "name", "kernel", "journal", "watchers", "key")
    continuations: ClassVar[tuple[str, ...]] = ("arrive",)

    def __init__(self, index: int, name: str, kernel: Kernel, journal: Journal) -> None:
        self.id = f"axis:{name}"
        self.index, self.name, self.kernel, self.journal = index, name, kernel, journal
        self.key = EDGE + min(index, 60_000)
        self.watchers: list[Callable[[float], Any]] = []
        self.t0, self.s0, self.v = 0, 0.0, 0.0
        self.target = 0.0
        self.moving = False
        self.record = 0  # number of the journal record of this stroke
        self.strokes = 0

    def travel(self, t: int) -> float:
        """Position in m at `t` ns, not before the stroke began."""
        return self.s0 + self.v * ((t - self.t0) * 1e-9)

    def speed_at(self, t: int) -> float:
        """Speed in m/s at `t` ns; negative on the way back."""
        return self.v

    def move_to(self, position: float, speed: float) -> None:
        """Stroke from wherever it is to `position` m at `speed` m/s; a stroke under way turns round.

        Raises ValueError for a speed that is not above 0.
        """
        if not speed > 0.0:
            raise ValueError(f"{self.name}: a stroke needs a speed above 0 m/s, got {speed!r}")
        now: int = self.kernel._now
        start = self.travel(now)
        distance = position - start
        self.target, self.moving = position, True
        self._begin(start, speed if distance > 0.0 else -speed if distance < 0.0 else 0.0)
        self.kernel.call_at(now + instant(abs(distance) / speed * 1e9), self.arrive, self.strokes, self.key)

    def watch_arrived(self, fn: Callable[[float], Any]) -> None:
        """Call `fn(position)` at the instant a stroke ends."""
        self.watchers.append(fn)

    def arrive(self, strokes: int) -> None:
        """Continuation: the end of the stroke, unless it turned round meanwhile."""
        if strokes != self.strokes:
            return
        self.kernel.cause = self.record
        self.moving = False
        self._begin(self.target, 0.0)
        for fn in self.watchers:
            fn(self.target)

    def _begin(self, s0: float, v: float) -> None:
        self.t0, self.s0, self.v = self.kernel._now, s0, v
        self.strokes += 1
        self.record = self.journal.add(_DRIVE, 0, self.index, s0, v, 0.0, v)
