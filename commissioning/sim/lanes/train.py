"""Places and trains: the parts on a lane, in order, and which of them move as one.

A part's place has a *pack coordinate* `c`, fixed when it enters: the packed queue counted from its
front. Parts that touch and move alike are a *train*; it has one `base`, and the front of each of its
parts is at `base - c + travel of its drive` (standing: `base - c`). Starting, stopping, queueing and
releasing 5,000 parts changes one number.

Places are a doubly linked list, not a range of numbers, so that a part may leave from the middle.
"""

from __future__ import annotations

from heapq import heappop
from typing import TYPE_CHECKING

from commissioning.sim.drive import Drive, HeapEntry
from commissioning.sim.part import Part

if TYPE_CHECKING:
    from commissioning.sim.lanes.contacts import LaneContacts
    from commissioning.sim.lanes.watch import Holder, Watch

__all__ = ["FREE", "MEETING", "PARTING", "REACHING", "STALLING", "Place", "Train", "Zone"]

# What a train waits for from the train ahead of it.
FREE = 0  # nothing: the same drive moves both, or none is ahead
REACHING = 1  # that one stands: contact is a threshold in this one's drive
MEETING = 2  # another drive moves that one: contact is solved in time (maybe never)
PARTING = 3  # pushed back by it, moves with its drive until that becomes the faster one
STALLING = 4  # touches it, and cannot slip: keeps its own zone's drive stalled until it moves


class Zone:
    """A stretch [start, end) of a lane, m, moved by one drive.

    `accumulating`: parts slip on it and queue. Otherwise a part that cannot go on stalls the drive,
    and everything on the zone stands at once.
    """

    __slots__ = ("accumulating", "drive", "end", "index", "stalled", "start")

    def __init__(self, start: float, end: float, drive: Drive, accumulating: bool = True) -> None:
        if not end > start:
            raise ValueError(f"a zone must end after it starts, got {start} m to {end} m")
        self.start, self.end, self.drive, self.accumulating = start, end, drive, accumulating
        self.index = -1  # in its lane
        self.stalled = False  # by a part of it that touches one beyond


class Place:
    """Where one part is on a lane. `train` is None once the part has left."""

    __slots__ = ("ahead", "behind", "c", "held", "length", "part", "train")

    def __init__(self, part: Part, c: float, train: Train | None) -> None:
        self.part = part
        self.length = part.length
        self.c = c
        self.train: Train | None = train
        self.ahead: Place | None = None  # downstream
        self.behind: Place | None = None  # upstream
        self.held = 0  # blades it stands at


class Train:
    """Parts from `head` (downstream) to `tail` that touch and move as one.

    `home` is the zone in which their fronts are; `drive` moves them: that of `home`, that of a train
    ahead which holds them back, or None while they stand, held at a blade or an end (`holder`) or by
    contact with a train that is. As a threshold, a train waits to reach the one ahead.
    """

    __slots__ = (
        "across", "base", "count", "drive", "head", "holder", "home", "lane", "number", "rank", "relation",
        "tail", "ver", "watches",
    )  # fmt: skip

    def __init__(
        self,
        lane: LaneContacts,
        number: int,
        rank: int,
        place: Place,
        home: Zone,
        drive: Drive | None,
        base: float,
    ) -> None:
        self.lane, self.number, self.rank = lane, number, rank
        self.head = self.tail = place
        self.count = 1
        self.home, self.drive, self.base = home, drive, base
        self.holder: Holder | None = None
        self.watches: dict[Watch, None] = {}  # those whose next part is one of these, in order
        self.relation = FREE
        self.across: tuple[Drive, Drive] | None = None  # own and other drive that the relation depends on
        self.ver = 0

    def edge(self, s: float, heap: list[HeapEntry]) -> None:
        """Threshold: it has reached the standing train ahead."""
        heappop(heap)
        self.ver += 1
        self.lane.contact(self)
