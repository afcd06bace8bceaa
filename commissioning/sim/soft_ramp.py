"""From one speed to another with limited jerk: the fastest ramp, in closed form.

The acceleration rises with the jerk, stays at its limit where it comes that far, and falls to 0 with the jerk
again, so that the speed is reached without a kink. It starts from any acceleration, so that a ramp under way
may be given another speed.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

__all__ = ["Segment", "soft_ramp"]

_LEAST = 1e-12
"""s; segments shorter than that are rounding."""


class Segment(NamedTuple):
    """From `tau` s after the command: travel, speed and acceleration there, and the jerk that stays."""

    tau: float
    s: float
    v: float
    a: float
    j: float

    def after(self, x: float) -> tuple[float, float, float]:
        """Travel, speed and acceleration `x` s after its begin."""
        return (
            self.s + (self.v + (0.5 * self.a + self.j / 6.0 * x) * x) * x,
            self.v + (self.a + 0.5 * self.j * x) * x,
            self.a + self.j * x,
        )


def soft_ramp(
    s: float, v: float, a: float, target: float, acceleration: float, deceleration: float, jerk: float
) -> tuple[list[Segment], float, float]:
    """Segments from travel `s` m, speed `v` m/s, acceleration `a` m/s2 to `target` m/s; the time in s that
    they take, and the travel at their end. No segments if it runs like that already."""
    ends_at = v + 0.5 * a * abs(a) / jerk  # the speed, if the acceleration were taken back from now on
    way = 1.0 if target > ends_at else -1.0
    limit = acceleration if way > 0.0 else deceleration
    change, first = way * (target - v), way * a
    peak = sqrt(max(jerk * change + 0.5 * first * first, 0.0))
    hold = 0.0
    if peak > limit:
        peak = limit
        hold = max((change - (peak * peak - 0.5 * first * first) / jerk) / peak, 0.0)
    peak = max(peak, first, 0.0)
    segments: list[Segment] = []
    tau = 0.0
    for duration, begin, j in (
        ((peak - first) / jerk, a, way * jerk),
        (hold, way * peak, 0.0),
        (peak / jerk, way * peak, -way * jerk),
    ):
        if duration > _LEAST:
            one = Segment(tau, s, v, begin, j)
            segments.append(one)
            s, v, _ = one.after(duration)
            tau += duration
    return segments, tau, s
