"""A drive whose ramps have limited jerk: between commands its travel is a row of cubics, then straight.

It does all that a `Drive` does, by the same thresholds. The closed form counts from the command on; the
journal gets a record where a piece begins (`resources/decisions/0016-axes.md`), in the state it has then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import ClassVar

from commissioning.model.record import CUBIC
from commissioning.sim.drive import TOUCH, Drive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel, instant
from commissioning.sim.root import bracketed
from commissioning.sim.soft_ramp import Segment, soft_ramp

__all__ = ["SoftDrive"]


class SoftDrive(Drive):
    """`jerk` in m/s3. What stalls it stops it at once all the same: a part that stands does not give way."""

    soft: ClassVar[bool] = True
    derived: ClassVar[tuple[str, ...]] = ("segments",)
    constant: ClassVar[tuple[str, ...]] = ("jerk",)
    continuations: ClassVar[tuple[str, ...]] = ("go_on",)

    def __init__(
        self,
        index: int,
        name: str,
        kernel: Kernel,
        journal: Journal,
        speed: float,
        acceleration: float,
        deceleration: float | None,
        jerk: float,
    ) -> None:
        super().__init__(index, name, kernel, journal, speed, acceleration, deceleration)
        if not (self.acceleration > 0.0 and self.deceleration > 0.0 and jerk > 0.0):
            raise ValueError(
                f"{name} is to ramp with a jerk of {jerk:g} m/s3, but starts or stops at once: give it an "
                "acceleration and a deceleration above 0"
            )
        self.jerk = jerk
        self.segments: list[Segment] = []

    # motion --------------------------------------------------------------------------------------

    def travel(self, t: int) -> float:
        tau = (t - self.t0) * 1e-9
        if tau < self.ramp:
            return self._state(tau)[0]
        return self.s1 + self.v1 * (tau - self.ramp)

    def speed_at(self, t: int) -> float:
        tau = (t - self.t0) * 1e-9
        return max(self._state(tau)[1], 0.0) if tau < self.ramp else self.v1

    def segment(self, tau: float) -> Segment:
        """The one that holds `tau` s after the command, within the ramp: of two that meet there the later."""
        found = self.segments[0]
        for one in self.segments:
            if one.tau > tau:
                break
            found = one
        return found

    def rest_of_ramp(self, t: int) -> list[tuple[float, float, float, float]]:
        """From `t` ns on: (s that it lasts, speed, acceleration, jerk) of each piece but the straight one."""
        tau = (t - self.t0) * 1e-9
        rows: list[tuple[float, float, float, float]] = []
        for k, one in enumerate(self.segments):
            end = self.ramp if k + 1 == len(self.segments) else self.segments[k + 1].tau
            begin = max(one.tau, tau)
            if end - begin > 1e-12:
                _, v, a = one.after(begin - one.tau)
                rows.append((end - begin, v, a, one.j))
        return rows

    def now(self) -> tuple[int, float, float, float, float]:
        """The present piece as a record has it: `aux` and its four numbers."""
        tau = (self.kernel._now - self.t0) * 1e-9
        if tau < self.ramp:
            return (CUBIC, *self._state(tau), self.segment(tau).j)
        return 0, self.s1 + self.v1 * (tau - self.ramp), self.v1, 0.0, self.v1

    def go_on(self, arg: list[int]) -> None:
        """Continuation: the next piece of the ramp begins."""
        pieces, number = arg
        if pieces == self.pieces:
            self.kernel.cause = self.record
            self._tell(number)

    def _state(self, tau: float) -> tuple[float, float, float]:
        one = self.segment(tau)
        return one.after(tau - one.tau)

    def _begin_piece(self, s0: float, v0: float, v1: float) -> None:
        kernel = self.kernel
        now: int = kernel._now
        tau = (now - self.t0) * 1e-9
        a0 = self._state(tau)[2] if v0 > 0.0 and tau < self.ramp else 0.0
        if v0 == self.v0 == v1 == self.v1 and a0 == self.a == 0.0:
            return  # stands, or runs, as before
        self.t0, self.s0, self.v0, self.a, self.v1 = now, s0, v0, a0, v1
        self._derive()
        self.pieces += 1
        self._tell(0)
        moved, self.moving = self.moving, v0 > 0.0 or v1 > 0.0
        if self.moving and v1 == 0.0:
            kernel.call_at(now + instant(self.ramp * 1e9), self.come_to_rest, self.pieces, self.key)
        self._tell_lanes()
        if self.moving is not moved:
            for fn in self.watchers:
                fn(self.moving)

    def _tell(self, number: int) -> None:
        """Record piece `number` of the ramp, which begins now; the last is the straight one."""
        now: int = self.kernel._now
        if number == len(self.segments):
            s = self.s1 + self.v1 * max((now - self.t0) * 1e-9 - self.ramp, 0.0)
            self.record = self._note(0, s, self.v1, 0.0, self.v1)
            return
        one = self.segments[number]
        s, v, a = one.after(max((now - self.t0) * 1e-9 - one.tau, 0.0))
        self.record = self._note(CUBIC, s, v, a, one.j)
        following = number + 1
        end = self.ramp if following == len(self.segments) else self.segments[following].tau
        t = max(self.t0 + instant(end * 1e9), now)
        self.kernel.call_at(t, self.go_on, [self.pieces, following], self.key)

    def _derive(self) -> None:
        self.segments, self.ramp, self.s1 = [], 0.0, self.s0
        if self.v0 != self.v1 or self.a != 0.0:
            limits = self.acceleration, self.deceleration, self.jerk
            self.segments, self.ramp, self.s1 = soft_ramp(self.s0, self.v0, self.a, self.v1, *limits)
        self.even = self.s1 if self.v1 > 0.0 else inf

    # thresholds ----------------------------------------------------------------------------------

    def when(self, s: float) -> int | None:
        """As that of `Drive`; within the ramp by the root of a cubic that only rises."""
        beyond = s - self.s1
        if beyond > 0.0 and self.v1 > 0.0:
            tau = self.ramp + beyond / self.v1
        elif beyond > TOUCH:
            return None
        elif beyond >= 0.0:
            tau = self.ramp
        elif s > self.s0:
            tau = self._reaches(s)
        else:
            tau = 0.0
        now: int = self.kernel._now
        return max(self.t0 + instant(tau * 1e9), now)

    def _reaches(self, s: float) -> float:
        """The time in s after the command at which the travel is `s`, which lies within the ramp."""
        for k, one in enumerate(self.segments):
            last = k + 1 == len(self.segments)
            end = self.s1 if last else self.segments[k + 1].s
            if s <= end or last:
                length = (self.ramp if last else self.segments[k + 1].tau) - one.tau
                beyond: Callable[[float], float] = partial(_beyond, one, s)
                if beyond(0.0) >= 0.0:
                    return one.tau
                if beyond(length) <= 0.0:
                    return one.tau + length
                return one.tau + bracketed(beyond, 0.0, length)
        return self.ramp


def _beyond(one: Segment, s: float, x: float) -> float:
    return one.after(x)[0] - s
