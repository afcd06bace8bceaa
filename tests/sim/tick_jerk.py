"""An independent reference for moves with limited jerk, from rest to rest: each tick as fast as limits allow,
as long as it could still stop in time. Whether it could is tried, tick by tick. No move has a formula here.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SoftAxis"]


@dataclass(frozen=True)
class SoftAxis:
    """Limits of speed, of getting going, of braking, and of jerk: m/s, m/s2, m/s2, m/s3."""

    speed: float
    rate: float
    brake: float
    jerk: float

    def time(self, distance: float, rate: int) -> float:
        """s of a move of `distance` m by ticks of 1 / `rate` s."""
        if distance < 1e-12:
            return 0.0
        dt, t, s, v, a = 1.0 / rate, 0.0, 0.0, 0.0, 0.0
        while True:
            for change in (self.jerk, 0.0, -self.jerk):
                after = min(max(a + change * dt, 0.0), self.rate)
                w = v + 0.5 * (a + after) * dt
                x = s + v * dt + (2 * a + after) / 6 * dt * dt
                too_fast = w + after * after / (2 * self.jerk) > self.speed and change >= 0.0 and after > 0.0
                if not too_fast and self._stops(distance - x, w, after, dt):
                    break
            else:
                took, way = self._stop(v, a, dt)
                return (
                    t + (distance - s - way) / max(v, 1e-9) + took
                )  # the part of this tick before it must stop
            t, s, v, a = t + dt, x, w, after

    def _stops(self, rest: float, v: float, a: float, dt: float) -> bool:
        most = v + a * a / (2 * self.jerk)  # faster it never gets
        if most * ((a + self.brake) / self.jerk + most / self.brake) < rest:
            return True
        return self._stop(v, a, dt)[1] <= rest

    def _stop(self, v: float, a: float, dt: float) -> tuple[float, float]:
        """(s, m) of a stop: it brakes ever harder until only the bend to rest is left."""
        t = s = 0.0
        bends = False
        while not bends or a < 0.0:
            after = max(a - self.jerk * dt, -self.brake)
            bends = bends or (after < 0.0 and v + 0.5 * (a + after) * dt < after * after / (2 * self.jerk))
            if bends:
                after = min(a + self.jerk * dt, 0.0)
                if a >= 0.0:
                    break
            s += v * dt + (2 * a + after) / 6 * dt * dt
            v += 0.5 * (a + after) * dt
            t, a = t + dt, after
        return t, s
