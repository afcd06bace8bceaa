"""Meeting and parting where one of two drives ramps with limited jerk: the difference of the two is a cubic.

The same questions as in `contact`, which asks here for such drives.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import inf
from typing import NamedTuple

from commissioning.sim.drive import Drive
from commissioning.sim.polynomial import Polynomial
from commissioning.sim.root import bracketed
from commissioning.sim.soft_drive import SoftDrive

__all__ = ["closing", "meeting", "opening", "parting"]

_SAME = 1e-10  # m/s, m/s2, m/s3: see `contact.SAME_SPEED`
_DIP = 1e-12  # m; a gap that closes by less is not closed
_SOON = 1e-9  # s; what is foreseen while it is not so yet comes an instant later at the earliest


class _Piece(NamedTuple):
    """Motion of the leader as seen by the follower for `duration` s: speed, acceleration, jerk."""

    duration: float
    w: float
    a: float
    j: float

    @property
    def sign(self) -> int:
        """Whether the leader is, at its begin and just after, the faster (1) or the slower (-1) one."""
        for value in (self.w, self.a, self.j):
            if abs(value) > _SAME:
                return 1 if value > 0.0 else -1
        return 0

    def gained(self, tau: float) -> float:
        return (self.w + (0.5 * self.a + self.j / 6.0 * tau) * tau) * tau

    def turns(self) -> list[float]:
        """When, within it, both are equally fast."""
        roots = Polynomial(0, self.w, self.a, 0.5 * self.j).roots()
        return [tau for tau in roots if 0.0 < tau < self.duration]


def closing(follower: Drive, leader: Drive, t: int) -> bool:
    """As `contact.closing`."""
    return _relative(follower, leader, t)[0].sign < 0


def opening(follower: Drive, leader: Drive, t: int) -> bool:
    """As `contact.opening`."""
    return _relative(follower, leader, t)[0].sign > 0


def meeting(gap: float, follower: Drive, leader: Drive, t: int) -> float | None:
    """As `contact.meeting`."""
    begin, gap = 0.0, max(gap, 0.0)
    for piece in _relative(follower, leader, t):
        far = piece.duration
        if far == inf:  # straight on
            return max(begin + gap / -piece.w, _SOON) if piece.w < -_SAME else None
        cuts = [0.0, *piece.turns(), far]
        for low, high in pairwise(cuts):
            if gap + piece.gained(high) < -_DIP:
                before = gap + piece.gained(low)
                tau = bracketed(partial(_gap, gap, piece), low, high) if before > 0.0 else low
                return max(begin + tau, _SOON)
        begin += far
        gap = max(gap + piece.gained(far), 0.0)
    return None


def parting(follower: Drive, leader: Drive, t: int) -> float | None:
    """As `contact.parting`."""
    begin = 0.0
    for piece in _relative(follower, leader, t):
        if piece.sign > 0:
            return max(begin, _SOON)
        for tau in piece.turns():
            if piece.a + piece.j * tau > _SAME:
                return max(begin + tau, _SOON)
        begin += piece.duration
    return None


def _gap(gap: float, piece: _Piece, tau: float) -> float:
    return gap + piece.gained(tau)


def _relative(follower: Drive, leader: Drive, t: int) -> list[_Piece]:
    """From `t` ns on; the last one lasts for ever."""
    first, second = _motion(follower, t), _motion(leader, t)
    cuts = sorted({end for end, *_ in (*first, *second)})
    pieces: list[_Piece] = []
    begin = 0.0
    for end in cuts:
        if end - begin > 1e-12:
            v1, a1, j1 = _at(first, begin)
            v2, a2, j2 = _at(second, begin)
            pieces.append(_Piece(end - begin, v2 - v1, a2 - a1, j2 - j1))
            begin = end
    return pieces


Row = tuple[
    float, float, float, float, float
]  # end, begin (s from now), speed, acceleration, jerk at its begin


def _motion(drive: Drive, t: int) -> list[Row]:
    rows: list[Row] = []
    begin = 0.0
    if isinstance(drive, SoftDrive):
        for duration, v, a, j in drive.rest_of_ramp(t):
            rows.append((begin + duration, begin, v, a, j))
            begin += duration
    else:
        left = drive.ramp - (t - drive.t0) * 1e-9
        if drive.a and left > 1e-12:
            rows.append((left, 0.0, drive.speed_at(t), drive.a, 0.0))
            begin = left
    rows.append((inf, begin, drive.v1, 0.0, 0.0))
    return rows


def _at(rows: list[Row], tau: float) -> tuple[float, float, float]:
    for end, begin, v, a, j in rows:
        if tau < end - 1e-12:
            x = max(tau - begin, 0.0)
            return v + (a + 0.5 * j * x) * x, a + j * x, j
    raise AssertionError("the last piece lasts for ever")
