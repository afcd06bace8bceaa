"""An axis: one driven degree of freedom that moves to positions, like a blade, a ram or a carriage."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf
from typing import Any, ClassVar, NamedTuple

from commissioning.model.record import CUBIC, Kind
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import EDGE, Kernel, instant
from commissioning.sim.profile import Limits, Profile, Segment, plan
from commissioning.sim.stateful import Stateful

__all__ = ["Axis"]

_DRIVE = int(Kind.DRIVE)
_ROUNDING = 1e-12  # of a speed at the end of a ramp


class _Piece(NamedTuple):
    """What one DRIVE record says, from `t` ns on."""

    t: int
    s: float
    v: float
    a: float
    j: float
    v1: float  # speed at the end of the ramp, where there is one: constant from there on
    aux: int

    def at(self, t: int) -> tuple[float, float, float]:
        tau = (t - self.t) * 1e-9
        s, v, a, j = self.s, self.v, self.a, self.j
        if self.aux == CUBIC:
            return s + (v + (0.5 * a + j / 6.0 * tau) * tau) * tau, v + (a + 0.5 * j * tau) * tau, a + j * tau
        ramp = (self.v1 - v) / a if a else 0.0
        if tau < ramp:
            return s + (v + 0.5 * a * tau) * tau, v + a * tau, a
        return s + 0.5 * (v + self.v1) * ramp + self.v1 * (tau - ramp), self.v1, 0.0


_AT_HOME = (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)


class Axis(Stateful):
    """At 0 first. A move follows a closed-form profile (`profile.plan`) from the present state and ends
    exactly at `target`. Positions are in m, or in rad where the axis turns.

    In the journal it is a drive: a record for each piece of the profile (a ramp and the even stretch behind
    it are one), and one when it arrives.
    """

    saved: ClassVar[tuple[str, ...]] = (
        "piece", "ahead", "begun", "segments", "duration", "target", "moving", "record", "strokes",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("index", "name", "kernel", "journal", "watchers", "key")
    continuations: ClassVar[tuple[str, ...]] = ("arrive", "go_on")

    def __init__(self, index: int, name: str, kernel: Kernel, journal: Journal) -> None:
        self.id = f"axis:{name}"
        self.index, self.name, self.kernel, self.journal = index, name, kernel, journal
        self.key = EDGE + min(index, 60_000)
        self.watchers: list[Callable[[float], Any]] = []
        self.piece: tuple[Any, ...] = _AT_HOME  # of the move, the present one
        self.ahead: list[tuple[Any, ...]] = []  # those that follow
        self.begun = 0  # t of the move in ns
        self.segments: list[tuple[float, ...]] = []  # of its profile
        self.duration = 0.0
        self.target = 0.0
        self.moving = False
        self.record = 0  # number of the journal record of this piece
        self.strokes = 0

    def travel(self, t: int) -> float:
        """Position at `t` ns, in the piece that holds now."""
        begun, s, v, a, _, v1, aux = self.piece
        if a == 0.0 and v == v1 and aux != CUBIC:
            return s + v * ((t - begun) * 1e-9)  # type: ignore[no-any-return]
        return self._at(t)[0]

    def speed_at(self, t: int) -> float:
        """Speed per s at `t` ns; negative on the way back."""
        return self._at(t)[1]

    def now(self) -> tuple[int, float, float, float, float]:
        """`aux` and the four fields of a DRIVE record that tells how it moves from now on."""
        piece = _Piece(*self.piece)
        s, v, a = piece.at(self.kernel._now)
        if piece.aux == CUBIC:
            return CUBIC, s, v, a, piece.j
        return 0, s, v, a, piece.v1

    def when(self, position: float) -> int | None:
        """The first time in ns, from now on, at which the present move is at `position`; None: never."""
        now: int = self.kernel._now
        if not self.moving:
            return now if position == self.target else None
        segments = tuple(Segment(*one) for one in self.segments)
        tau = Profile(segments, self.duration, self.target).passes(position, (now - self.begun) * 1e-9)
        return None if tau is None else max(self.begun + instant(tau * 1e9), now)

    def turns(self) -> int | None:
        """When, in ns, the present move turns round that began the other way; None: it does not."""
        if not self.moving:
            return None
        now: int = self.kernel._now
        segments = tuple(Segment(*one) for one in self.segments)
        tau = Profile(segments, self.duration, self.target).turns((now - self.begun) * 1e-9)
        return None if tau is None else max(self.begun + instant(tau * 1e9), now)

    def place(self, position: float) -> None:
        """At the start: it stands there, and has not moved to it."""
        self.target = position
        if position != 0.0:
            self.ahead = [(self.kernel._now, position, 0.0, 0.0, 0.0, 0.0, 0)]
            self._follow()

    def move_to(
        self, position: float, speed: float, acceleration: float = 0.0, deceleration: float | None = None,
        jerk: float = 0.0,
    ) -> float:  # fmt: skip
        """Go from wherever it is, however it moves, to `position`; a move under way is given up for it.

        Returns the time it takes, s. `acceleration` 0: at once; `deceleration`: as acceleration unless given;
        `jerk` 0: not limited. Raises ValueError for limits that allow no motion (`profile.Limits`).
        """
        if not acceleration and not deceleration and not jerk and 0.0 < speed < inf:
            return self.stroke_to(position, speed)
        deceleration = acceleration if deceleration is None else deceleration
        now: int = self.kernel._now
        profile = plan(*self._at(now), position, Limits(speed, acceleration, deceleration, jerk))
        self.begun, self.duration, self.target = now, profile.duration, position
        self.segments = [tuple(one) for one in profile.segments]
        self.moving = True
        end = now + instant(profile.duration * 1e9)
        self.ahead = [tuple(one) for one in _pieces(profile, now, end)]
        self.strokes += 1
        self._follow()
        self.kernel.call_at(end, self.arrive, self.strokes, self.key)
        return profile.duration

    def stroke_to(self, position: float, speed: float) -> float:
        """`move_to` at `speed` (above 0) at once: one piece, without a plan."""
        now: int = self.kernel._now
        start = self.travel(now) if self.moving else self.target
        distance = position - start
        if distance >= 0.0:
            v, duration = (speed if distance else 0.0), distance / speed
        else:
            v, duration = -speed, -distance / speed
        self.begun, self.duration, self.target, self.moving = now, duration, position, True
        self.segments = [(0.0, start, v, 0.0, 0.0)]
        self.strokes = strokes = self.strokes + 1
        if self.ahead:
            self.ahead = []
        self.piece = (now, start, v, 0.0, 0.0, v, 0)
        self.record = self.journal.add(_DRIVE, 0, self.index, start, v, 0.0, v)
        self.kernel.call_at(now + ceil(duration * 1e9 - 0.001), self.arrive, strokes, self.key)  # `instant`
        return duration

    def watch_arrived(self, fn: Callable[[float], Any]) -> None:
        """Call `fn(position)` at the instant a move ends."""
        self.watchers.append(fn)

    def go_on(self, strokes: int) -> None:
        """Continuation: the next piece of the move begins."""
        if strokes == self.strokes:
            self.kernel.cause = self.record
            self._follow()

    def arrive(self, strokes: int) -> None:
        """Continuation: the end of the move, unless another one began meanwhile."""
        if strokes != self.strokes:
            return
        kernel, target = self.kernel, self.target
        kernel.cause = self.record
        self.moving = False
        self.strokes += 1
        if self.ahead:
            self.ahead = []
        self.piece = (kernel._now, target, 0.0, 0.0, 0.0, 0.0, 0)
        self.record = self.journal.add(_DRIVE, 0, self.index, target)
        for fn in self.watchers:
            fn(self.target)

    def _at(self, t: int) -> tuple[float, float, float]:
        return _Piece(*self.piece).at(t)

    def _follow(self) -> None:
        """Begin the next piece, and see to it that the one behind it begins."""
        self.piece = self.ahead.pop(0)
        piece = _Piece(*self.piece)
        last = piece.j if piece.aux == CUBIC else piece.v1
        self.record = self.journal.add(_DRIVE, piece.aux, self.index, piece.s, piece.v, piece.a, last)
        if self.ahead:
            self.kernel.call_at(self.ahead[0][0], self.go_on, self.strokes, self.key)


def _pieces(profile: Profile, start: int, end: int) -> list[_Piece]:
    """Records of a profile that begins at `start` ns and ends at `end` ns.

    A piece begins at the first whole ns of its segment, in the state of the profile then, so that roundings
    of times do not add up.
    """
    found: list[_Piece] = []
    segments = profile.segments
    for k, one in enumerate(segments):
        t = start + instant(one.t * 1e9)
        even = one.a == 0.0 and one.j == 0.0
        before = found[-1] if found else None
        if before is not None and even and before.aux == 0 and before.a and before.v1 == one.v:
            continue  # the ramp before tells it
        s, v, a = (one.s, one.v, one.a) if k == 0 else one.at(max((t - start) * 1e-9, one.t))
        if one.j:
            piece = _Piece(t, s, v, a, one.j, 0.0, CUBIC)
        else:
            following = segments[k + 1] if k + 1 < len(segments) else None
            final = one.at(profile.duration if following is None else following.t)[1]
            goal = 0.0 if following is None else following.v
            if abs(goal - final) <= _ROUNDING * max(abs(v), abs(final)):
                final = goal
            piece = _Piece(t, s, v, one.a, 0.0, v if even else final, 0)
        if before is not None and before.t >= t:
            found.pop()  # shorter than a ns
        if t < end or not found:
            found.append(piece)
    return found
