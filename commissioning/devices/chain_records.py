"""The records of a chain whose instants are known, in the order in which its devices would write them.

All records of one instant come from one kernel entry: a station is done, or the source makes a part. It goes
ahead first (into the next zone), then what becomes free is filled from behind, zone after zone against the
flow; a buffer tells what it holds when all that is over. A key has the time in its upper bits and, below,
the place in that order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import RECORD, CarrierKind, Kind, State
from commissioning.sim.ahead import KEY_BITS

if TYPE_CHECKING:
    from commissioning.devices.chain_instants import ChainInstants, Int64

__all__ = ["enter_place", "key", "records_of", "source_place"]

_LAST = (1 << KEY_BITS) - 1
_AHEAD, _ENTER, _BEGIN, _HOLDS, _FILLED, _EMPTY = range(6)  # in the order of one zone
_OCCUPIED, _BUSY, _DONE = 1, 2, 4
_BLOCKED, _IDLE, _STARVED, _WORKING = (
    int(State.BLOCKED), int(State.IDLE), int(State.STARVED), int(State.WORKING),
)  # fmt: skip
_MADE, _GONE, _MOVE, _STATE = int(Kind.PART_MADE), int(Kind.PART_GONE), int(Kind.PART_MOVE), int(Kind.STATE)
_SLOT = int(CarrierKind.SLOT)


def key(times: Int64, place: int | Int64, now: int) -> Int64:
    """Keys of records at `times` in this place of their instant."""
    return (times - now << KEY_BITS) + place


def _zone_place(zones: int, k: int) -> int:
    """Place of zone `k` (1 the first, `zones` + 1 the sink, 0 the source) in an instant."""
    return 8 + (zones + 1 - k) * 8


def enter_place(zones: int, k: int) -> int:
    """Place of a part's coming into station `k`, at which its end of work is scheduled."""
    return _zone_place(zones, k) + _ENTER


def source_place(zones: int) -> int:
    """Place at which the source schedules the next part."""
    return _zone_place(zones, 0) + _HOLDS


_COLUMNS = RECORD.itemsize // 8  # t; kind, aux and obj; cause; a, b, c, d


class _Rows:
    """Records as they are found, piece by piece; put together as words of 64 bits, little-endian as the
    format is."""

    def __init__(self, now: int, cause: int) -> None:
        self.now, self.cause = now, cause
        self.pieces: list[tuple[Int64, int | Int64, tuple[tuple[int, Any], ...]]] = []
        self.places: list[int] = []
        self.lengths: list[int] = []

    def add(self, times: Int64, place: int, kind: int, aux: int | Int64, obj: int | Int64, a: Any = None,
            b: Any = None, c: Any = None, d: Any = None) -> None:  # fmt: skip
        if len(times):
            head = (obj << 32) + (aux << 16) + kind
            numbers = tuple((k, one) for k, one in ((3, a), (4, b), (5, c), (6, d)) if one is not None)
            self.pieces.append((times, head, numbers))
            self.places.append(place)
            self.lengths.append(len(times))

    def finish(self) -> tuple[NDArray[np.void], Int64]:
        words = np.zeros((sum(self.lengths), _COLUMNS), np.int64)
        floats = words.view(np.float64)
        words[:, 2] = self.cause
        start = 0
        for (times, head, numbers), length in zip(self.pieces, self.lengths, strict=True):
            end = start + length
            words[start:end, 0] = times
            words[start:end, 1] = head
            for column, number in numbers:
                floats[start:end, column] = number
            start = end
        keys = key(words[:, 0], np.repeat(self.places, self.lengths), self.now)
        return words.view(RECORD)[:, 0], keys


def records_of(found: ChainInstants, until: int, ids: Int64,
               products: Int64) -> tuple[NDArray[np.void], Int64, Int64]:  # fmt: skip
    """Records in (now, until] with their keys, and a key for each kernel entry that is made."""
    zones = len(found.chain.zones)
    rows = _Rows(found.now, found.cause)
    scheduled = [_source(found, until, ids, products, rows)]
    for k in range(1, zones + 1):
        scheduled.append(_station(found, until, ids, k, rows))
        if found.chain.zones[k - 1].buffer is not None:
            _buffer(found, until, ids, k, rows)
    low, high = found.left[zones], _by(found.leaves[zones], until)
    sink = found.chain.sink
    gone = sink.taken + 1.0 + np.arange(high - low)
    place = _zone_place(zones, zones + 1)
    rows.add(found.leaves[zones][low:high], place, _GONE, 0, ids[low:high], sink.index, gone)
    return (*rows.finish(), np.concatenate(scheduled))


def _by(times: Int64, until: int) -> int:
    """How many of the times are at or before `until`."""
    return int(np.searchsorted(times, until, side="right"))


def _source(found: ChainInstants, until: int, ids: Int64, products: Int64, rows: _Rows) -> Int64:
    chain, here, zones = found.chain, len(found.residents), len(found.chain.zones)
    source, made, leaves = chain.source, found.ends[0], found.leaves[0]
    high = here + len(products)
    sizes = np.array(source.line.sizes)[products]
    times = made[here:high]
    place = _LAST - 1 if chain.always else 0
    rows.add(
        times, place, _MADE, products, ids[here:high], sizes[:, 0], sizes[:, 1], sizes[:, 2], source.index
    )
    waits = times < leaves[here:high]
    place = _LAST if chain.always else _zone_place(zones, 0) + _ENTER
    rows.add(times[waits], place, _STATE, _BLOCKED, source.index, 1.0, 1.0)
    low, high = found.left[0], _by(leaves, until)
    times = leaves[low:high]
    waited = times > made[low:high]
    rows.add(times[waited], _zone_place(zones, 0), _STATE, _WORKING, source.index)
    return key(times, source_place(zones), found.now)


def _station(found: ChainInstants, until: int, ids: Int64, k: int, rows: _Rows) -> Int64:
    zones = len(found.chain.zones)
    zone = found.chain.zones[k - 1]
    station, place = zone.station.index, _zone_place(zones, k)
    enters, ends, leaves = found.enters[k], found.ends[k], found.leaves[k]
    low, high = found.started[k], _by(enters, until)
    times = enters[low:high]
    rows.add(times, place + _ENTER, _MOVE, _SLOT, ids[low:high], zone.server.slot)
    begins = np.ones(high - low, bool)
    if high > low:
        first = 1 if low == 0 else 0  # before the first part of all it is starved
        gone, done = leaves[low - 1 + first : high - 1], ends[low - 1 + first : high - 1]
        begins[first:] = (times[first:] > gone) | (gone > done)
    rows.add(times[begins], place + _BEGIN, _STATE, _WORKING, station, 1.0, float(_OCCUPIED | _BUSY))
    low, high = _by(ends, found.now), _by(ends, until)
    blocked = leaves[low:high] > ends[low:high]
    rows.add(ends[low:high][blocked], place, _STATE, _BLOCKED, station, 1.0, float(_OCCUPIED | _DONE))
    low, high = found.left[k], _by(leaves, until)
    starves = np.ones(high - low, bool)
    following = enters[low + 1 : high + 1]  # one less where the next part is not looked at: it comes later
    starves[: len(following)] = following > leaves[low : low + len(following)]
    rows.add(leaves[low:high][starves], place + _EMPTY, _STATE, _STARVED, station)
    return key(times, place + _ENTER, found.now)


def _buffer(found: ChainInstants, until: int, ids: Int64, k: int, rows: _Rows) -> None:
    zones = len(found.chain.zones)
    zone = found.chain.zones[k - 1]
    buffer, place = zone.buffer, _zone_place(zones, k)
    assert buffer is not None
    comes, done, goes = found.leaves[k - 1], found.ends[k - 1], found.enters[k]
    low, high = found.left[k - 1], _by(comes, until)
    times = comes[low:high]
    waited = times > done[low:high]  # whoever gave it had to wait for a place
    slots = np.array(buffer.places)[(buffer.taken + np.arange(high - low)) % len(buffer.places)]
    for which, where in ((waited, _FILLED), (~waited, _AHEAD)):
        rows.add(times[which], place + where, _MOVE, _SLOT, ids[low:high][which], slots[which])
    stays = ~waited & (goes[low:high] > times)
    held = np.arange(low + 1, high + 1)[stays] - np.searchsorted(goes, times[stays], side="right")
    full = held >= zone.places
    rows.add(times[stays], place + _HOLDS, _STATE, np.where(full, _BLOCKED, _WORKING), buffer.index,
             held, full.astype(np.float64))  # fmt: skip
    low, high = found.started[k], _by(goes, until)
    times = goes[low:high]
    fewer = times > comes[low:high]
    if zone.places < len(comes):
        filled = comes[low + zone.places : high + zone.places]
        fewer[: len(filled)] &= filled != times[: len(filled)]
    held = np.searchsorted(comes, times[fewer], side="right") - np.arange(low + 1, high + 1)[fewer]
    place = _zone_place(zones, 0) + 8 + k
    rows.add(times[fewer], place, _STATE, np.where(held > 0, _WORKING, _IDLE), buffer.index, held)
