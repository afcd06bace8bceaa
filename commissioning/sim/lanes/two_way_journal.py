"""What a lane that runs both ways writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.model.record import Kind
from commissioning.sim.journal import Journal

if TYPE_CHECKING:
    from commissioning.sim.lanes.two_way import TwoWayLane

__all__ = ["TwoWayJournal"]

_TRAIN = int(Kind.TRAIN)


class TwoWayJournal:
    """Its records in the coordinate of the track, whichever way the lane counts."""

    def __init__(self, lane: TwoWayLane, journal: Journal) -> None:
        self.lane, self.journal = lane, journal

    def note(
        self, kind: int, aux: int, obj: int, a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0
    ) -> None:
        """As that of `Journal`, of the records that a lane writes."""
        lane = self.lane
        if lane.backward and kind == _TRAIN:
            a, b, c, d = lane.length - a, c, b, -d + 0.0  # its first part is the last one of the track
        elif lane.backward:
            # it comes on at the end, ahead of all others
            b, c, d = -b - lane.parts_by_id[obj].length, 0.0, lane.length
        self.journal.note(kind, aux, obj, a, b, c, d)
