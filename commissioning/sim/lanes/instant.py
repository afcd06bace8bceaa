"""Where a part is at the instant at which it comes onto a lane.

An instant is the solved time rounded up to whole ns. What has led to it (the tail of the part ahead that
clears a gap, or the part's own way on the lane before) has gone on meanwhile, and so has the part. If it
began at 0 all the same, each part that follows at a gap would come by up to 1 ns later than the last.
"""

from __future__ import annotations

from commissioning.sim.drive import INSTANT, Drive
from commissioning.sim.lanes.train import Place
from commissioning.sim.part import Part

__all__ = ["gone_on"]


def gone_on(part: Part, ahead: Place | None, drive: Drive, room: float) -> float:
    """How far beyond the infeed or entry `part` is as it comes onto a zone of `drive`, m. `room`: lane
    coordinate that the tail of the part `ahead` must have cleared for that, m."""
    now: int = drive.kernel._now
    if ahead is not None and ahead.train is not None and ahead.train.drive is drive:
        beyond = ahead.train.lane.front(ahead) - ahead.length - room
        if 0.0 < beyond < INSTANT * drive.speed_at(now):
            return beyond
    one = part.place
    if isinstance(one, Place) and one.train is not None and one.train.drive is not None:
        before, v = one.train.lane, one.train.drive.speed_at(now)
        beyond = before.front(one) - before.zones[-1].end
        if 0.0 < beyond < INSTANT * v:
            return beyond * drive.speed_at(now) / v
    return 0.0
