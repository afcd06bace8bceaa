"""Drives that turn backward as well: their direction changes at rest, and the lane they move changes with it.

All that parts meet on their way is a threshold above the travel. Instead of a second set of thresholds below,
a drive that goes backward counts its travel the other way round, and so does its lane (`lane_two_way`):
within one direction nothing differs from a drive that only goes forward. `way` says which direction that is;
records have the travel as it really is (`resources/decisions/0018-reversal.md`).

A belt has one drive, which sees itself to when it turns (`TwoWayDrive`). Zones of a conveyor have one each,
and turn together, by the logic of the conveyor (`MirrorDrive`).
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar, Protocol

from commissioning.sim.drive import Drive
from commissioning.sim.soft_drive import SoftDrive

__all__ = ["MirrorDrive", "MirrorSoftDrive", "TwoWayDrive", "TwoWaySoftDrive"]


class Turning(Protocol):
    """The lane that turns with its drives."""

    def may_turn(self) -> bool:
        """Whether no part lies across its end that keeps it from going the other way."""

    def turn(self) -> None:
        """Go the other way, `count_the_other_way` of its drives called on the way."""


class MirrorDrive(Drive):
    """A drive whose travel counts in the direction in which its lane runs at present, above 0 in either."""

    saved: ClassVar[tuple[str, ...]] = ("way",)

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self.way = 1.0

    def count_the_other_way(self) -> None:
        """It stands, and its travel counts in the other direction from now on. All thresholds are void."""
        now = self.kernel._now
        self.s0 = -(self.s1 if self.v1 == 0.0 else self.travel(now))
        self.t0, self.v0, self.a, self.v1, self.target = now, 0.0, 0.0, 0.0, 0.0
        self.way = -self.way
        self._derive()
        self.pieces += 1
        self.heap.clear()
        self.armed_t = -1
        self.version += 1
        self.record = self._note(0, self.s0, 0.0, 0.0, 0.0)

    def now(self) -> tuple[int, float, float, float, float]:
        aux, *piece = super().now()
        s, v, a, last = (self.way * x + 0.0 for x in piece)
        return aux, s, v, a, last

    def _note(self, aux: int, s: float, v: float, a: float, last: float) -> int:
        way = self.way  # + 0.0: never -0.0
        return super()._note(aux, way * s + 0.0, way * v + 0.0, way * a + 0.0, way * last + 0.0)


class TwoWayDrive(MirrorDrive):
    """`command` takes a speed of either sign. Through 0 it goes by way of standing still: down its ramp, then
    up the one in the other direction, at the exact end of the first.
    """

    saved: ClassVar[tuple[str, ...]] = ("wanted",)
    constant: ClassVar[tuple[str, ...]] = ("track",)
    continuations: ClassVar[tuple[str, ...]] = ("obey",)

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self.wanted = 0.0  # m/s, below 0: backward
        self.track: Turning | None = None

    def command(self, target: float) -> None:
        """Go to `target` m/s, below 0 backward. It waits at rest as long as its lane may not turn."""
        if not -inf < target < inf:
            raise ValueError(f"{self.name}: there is no speed of {target!r} m/s")
        if target == self.wanted:
            return
        self.wanted = target
        if not self._turns():
            super().command(abs(target))
            return
        if self.deceleration:
            super().command(0.0)
        if not self.deceleration or not self.moving:
            self.wake()

    def wake(self) -> None:
        """See at this very instant, but not in the middle of what happens now, whether it may turn."""
        if self._turns():
            self.kernel.call_at(self.kernel._now, self.obey, None, self.key)

    def obey(self, _: None) -> None:
        """Continuation: turn, if that is what is wanted and nothing keeps it from it."""
        if self._turns() and not (self.moving and self.deceleration):
            self._turn()

    def stall(self, who: str, s: float | None = None) -> None:
        super().stall(who, s)
        self.wake()

    def come_to_rest(self, pieces: int) -> None:
        """Continuation: the ramp to 0 ends. If it turns here it moves on, and nobody is told of a rest."""
        if pieces == self.pieces and self._turns() and self._lane().may_turn():
            self.kernel.cause = self.record
            self._turn()
        else:
            super().come_to_rest(pieces)

    def _turns(self) -> bool:
        return self.wanted * self.way < 0.0

    def _lane(self) -> Turning:
        assert self.track is not None
        return self.track

    def _turn(self) -> None:
        if not self._lane().may_turn():
            super().command(0.0)  # if it stops at once: here
            return
        self._lane().turn()
        if not self._turns():
            super().command(abs(self.wanted))
        if self.moving and self.v0 == 0.0 == self.v1:  # it stays where it is: told to, or stalled
            self.moving = False
            self._tell_lanes()
            for fn in self.watchers:
                fn(False)


class MirrorSoftDrive(MirrorDrive, SoftDrive):
    """The same with limited jerk."""


class TwoWaySoftDrive(TwoWayDrive, SoftDrive):
    """With limited jerk: it stands for an instant, without acceleration, where it turns."""
