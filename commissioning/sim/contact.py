"""When two drives bring parts together, and when they part again: solved in time.

A part still on drive A may meet one that drive B moves. That contact is a threshold in the travel of
neither: it depends on the difference of the two, which is a parabola between the ends of their ramps.
"""

from __future__ import annotations

from math import inf, sqrt

from commissioning.sim import soft_contact
from commissioning.sim.drive import Drive

__all__ = ["SAME_SPEED", "closing", "meeting", "opening", "parting"]

SAME_SPEED = 1e-10
"""m/s and m/s2. Drives whose speeds differ by less run alike; rounding on a ramp stays far below."""


def closing(follower: Drive, leader: Drive, t: int) -> bool:
    """Whether `follower` is, from `t` ns on, the faster one."""
    if follower.soft or leader.soft:
        return soft_contact.closing(follower, leader, t)
    _, w, a = relative(follower, leader, t)[0]
    return w < -SAME_SPEED or (w <= SAME_SPEED and a < -SAME_SPEED)


def opening(follower: Drive, leader: Drive, t: int) -> bool:
    """Whether `leader` is, from `t` ns on, the faster one."""
    if follower.soft or leader.soft:
        return soft_contact.opening(follower, leader, t)
    _, w, a = relative(follower, leader, t)[0]
    return w > SAME_SPEED or (w >= -SAME_SPEED and a > SAME_SPEED)


def meeting(gap: float, follower: Drive, leader: Drive, t: int) -> float | None:
    """Seconds after `t` ns at which a gap of `gap` m closes, None if it does not without a command."""
    if follower.soft or leader.soft:
        return soft_contact.meeting(gap, follower, leader, t)
    if (not follower.a or follower.ramp <= (t - follower.t0) * 1e-9) and (
        not leader.a or leader.ramp <= (t - leader.t0) * 1e-9
    ):  # both run evenly from now on, as nearly always: one piece of what follows
        w = leader.v1 - follower.v1
        return max(gap, 0.0) / -w if w < -SAME_SPEED else None
    begin = 0.0
    for duration, w, a in relative(follower, leader, t):
        tau = _first_root(max(gap, 0.0), w, a)
        if tau is not None and tau <= duration:
            return begin + tau
        if duration == inf:
            return None
        begin += duration
        gap += (w + 0.5 * a * duration) * duration
    return None


def parting(follower: Drive, leader: Drive, t: int) -> float | None:
    """Seconds after `t` ns at which `leader` becomes the faster one, None: not without a command."""
    if follower.soft or leader.soft:
        return soft_contact.parting(follower, leader, t)
    begin = 0.0
    for duration, w, a in relative(follower, leader, t):
        if w > SAME_SPEED:
            return begin
        if a > SAME_SPEED and -w <= a * duration:
            return begin + max(-w / a, 0.0)
        begin += duration
    return None


def _first_root(gap: float, w: float, a: float) -> float | None:
    """The first time at which `gap + w t + a t^2/2` falls through 0; gap >= 0."""
    if abs(a) <= SAME_SPEED:
        return gap / -w if w < -SAME_SPEED else None
    root = w * w - 2.0 * a * gap
    if a > 0.0:  # falls only as long as w < 0 (as `closing` has it)
        return 2.0 * gap / (sqrt(root) - w) if w < -SAME_SPEED and root >= 0.0 else None
    if w > 0.0:
        return (sqrt(root) + w) / -a
    return 2.0 * gap / (sqrt(root) - w) if gap > 0.0 else 0.0


def relative(follower: Drive, leader: Drive, t: int) -> list[tuple[float, float, float]]:
    """Motion of `leader` as seen by `follower` from `t` ns on: (duration s, speed m/s, acceleration).

    At most three pieces; the last one lasts for ever.
    """
    ends = []
    for drive in (follower, leader):
        left = drive.ramp - (t - drive.t0) * 1e-9
        if drive.a and left > 0.0:
            ends.append(left)
    pieces: list[tuple[float, float, float]] = []
    begin = 0.0
    for end in [*sorted(ends), inf]:
        va, aa = _state(follower, t, begin)
        vb, ab = _state(leader, t, begin)
        if end > begin:
            pieces.append((end - begin, vb - va, ab - aa))
        begin = end
    return pieces


def _state(drive: Drive, t: int, later: float) -> tuple[float, float]:
    """Speed and acceleration just after `later` s past `t` ns."""
    tau = (t - drive.t0) * 1e-9 + later
    if drive.a and drive.ramp - tau > 1e-12:
        return drive.v0 + drive.a * tau, drive.a
    return drive.v1, 0.0
