"""Values that move between records: polynomials of degree three in time, and where they cross zero.

The travel of a drive is one piece of such a polynomial at a time, of degree three where jerk is limited.
`evaluate` combines and compares them; crossings are solved, never sampled.
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from commissioning.sim.kernel import instant
from commissioning.sim.root import bracketed

NEVER = 1 << 62
"""A time in ns after every run."""

_TOLERANCE = 1e-12  # s; what `instant` absorbs


class Polynomial(NamedTuple):
    """c0 + c1 tau + c2 tau^2 + c3 tau^3 with tau = (t - anchor) in seconds, t and anchor in ns."""

    anchor: int
    c0: float
    c1: float = 0.0
    c2: float = 0.0
    c3: float = 0.0

    def at(self, t: int) -> float:
        """The value at `t` ns."""
        return self.after((t - self.anchor) / 1e9)

    def after(self, tau: float) -> float:
        """The value `tau` s after the anchor."""
        if self.c3:
            return self.c0 + (self.c1 + (self.c2 + self.c3 * tau) * tau) * tau
        return self.c0 + (self.c1 + self.c2 * tau) * tau

    @property
    def constant(self) -> bool:
        return self.c1 == 0.0 and self.c2 == 0.0 and self.c3 == 0.0

    def scaled(self, factor: float) -> Polynomial:
        c0, c1, c2, c3 = (c * factor for c in self[1:])
        return Polynomial(self.anchor, c0, c1, c2, c3)

    def plus(self, other: Polynomial, sign: float = 1.0) -> Polynomial:
        """The sum (sign 1) or difference (sign -1). A constant takes the other's anchor: no rounding."""
        left, right = self, other
        if left.anchor != right.anchor:
            if right.constant:
                right = right._replace(anchor=left.anchor)
            elif left.constant:
                left = left._replace(anchor=right.anchor)
            elif left.anchor < right.anchor:
                left = left.moved(right.anchor)
            else:
                right = right.moved(left.anchor)
        c0, c1, c2, c3 = (a + sign * b for a, b in zip(left[1:], right[1:], strict=True))
        return Polynomial(left.anchor, c0, c1, c2, c3)

    def moved(self, anchor: int) -> Polynomial:
        """The same polynomial written around another time."""
        tau = (anchor - self.anchor) / 1e9
        if self.c3:
            c1 = self.c1 + (2.0 * self.c2 + 3.0 * self.c3 * tau) * tau
            return Polynomial(anchor, self.after(tau), c1, self.c2 + 3.0 * self.c3 * tau, self.c3)
        return Polynomial(anchor, self.after(tau), self.c1 + 2.0 * self.c2 * tau, self.c2)

    def roots(self) -> tuple[float, ...]:
        """Where it is zero, in seconds after the anchor, ascending; none for the zero polynomial."""
        if self.c3:
            return self._cubic_roots()
        c0, c1, c2 = self.c0, self.c1, self.c2
        if c2 == 0.0:
            return (-c0 / c1,) if c1 != 0.0 else ()
        discriminant = c1 * c1 - 4.0 * c2 * c0
        if discriminant < 0.0:
            return ()
        # the form that never subtracts nearly equal numbers
        q = -0.5 * (c1 + (sqrt(discriminant) if c1 >= 0.0 else -sqrt(discriminant)))
        if q == 0.0:
            return (0.0,)
        return tuple(sorted((q / c2, c0 / q)))

    def _cubic_roots(self) -> tuple[float, ...]:
        """Where it changes its sign: once at most in each stretch between its extremes."""
        c0, c1, c2, c3 = self[1:]
        bound = 1.0 + max(abs(c0), abs(c1), abs(c2)) / abs(c3)  # Cauchy's, for all roots
        extremes = Polynomial(0, c1, 2.0 * c2, 3.0 * c3).roots()
        cuts = [-bound, *(x for x in extremes if -bound < x < bound), bound]
        found: list[float] = []
        for low, high in pairwise(cuts):
            here, there = self.after(low), self.after(high)
            if (here >= 0.0) is not (there >= 0.0):
                found.append(bracketed(self.after, low, high))
        return tuple(found)

    def sign_after(self, t: int) -> tuple[int, int]:
        """Its sign (-1, 0, 1) from the instant `t` on, and the instant of the next root (NEVER if none).

        A root belongs to the instant `kernel.instant` gives it, as every solved time does. Sign 0 means
        that the polynomial is zero throughout; a root that is only touched changes no sign.
        """
        now = (t - self.anchor) / 1e9
        low, high, until = now, None, NEVER
        for root in self.roots():
            if root <= now + _TOLERANCE:
                low = max(low, root)
            else:
                high = root
                # beyond 292 years no event is due
                until = max(self.anchor + instant(root * 1e9), t + 1) if root < 9e9 else NEVER
                break
        tau = low + 1.0 if high is None else 0.5 * (low + high)
        value = self.c0 if self.constant else self.after(tau)
        return (value > 0.0) - (value < 0.0), until


class Motion:
    """Travel (m) or speed (m/s) of one drive, from its DRIVE records."""

    def __init__(self, speed: bool) -> None:
        self.speed = speed
        self.change = NEVER  # instant at which the ramp ends
        self._later: Polynomial | None = None
        self.polynomial = Polynomial(0, 0.0)

    def piece(
        self, t: int, s0: float, v0: float, acceleration: float, v1: float, cubic: bool = False
    ) -> None:
        """A new DRIVE record at `t`: ramp from v0 to v1, then straight (`decisions/0001-journal.md`); or, if
        `cubic`, with the jerk in place of v1 until the next record (`decisions/0016-axes.md`)."""
        if cubic:
            c2 = 0.5 * acceleration
            self.polynomial = (
                Polynomial(t, v0, acceleration, 0.5 * v1)
                if self.speed
                else Polynomial(t, s0, v0, c2, v1 / 6.0)
            )
            self.change, self._later = NEVER, None
            return
        ramp = (v1 - v0) / acceleration if acceleration else 0.0
        if ramp <= 0.0:
            self.polynomial = Polynomial(t, v0) if self.speed else Polynomial(t, s0, v0)
            self.change, self._later = NEVER, None
            return
        end = s0 + 0.5 * (v0 + v1) * ramp
        if self.speed:
            self.polynomial = Polynomial(t, v0, acceleration)
            self._later = Polynomial(t, v1)
        else:
            self.polynomial = Polynomial(t, s0, v0, 0.5 * acceleration)
            self._later = Polynomial(t, end - v1 * ramp, v1)
        self.change = max(t + instant(ramp * 1e9), t) if ramp < 9e9 else NEVER

    def settle(self, t: int) -> None:
        """Go on to the straight part if the ramp is over at `t`."""
        if t >= self.change and self._later is not None:
            self.polynomial, self._later = self._later, None
            self.change = NEVER
