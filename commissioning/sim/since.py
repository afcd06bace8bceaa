"""A restored run as a journal of its own, which begins where it was restored.

The records before a snapshot are not in it. So that key figures and checks can be read off a restored run
all the same, its state there is written down as records once more: what moves and how, which part stands
where, what every signal was, what every device did. Behind them come the records since, with times and
causes counted from there. These records are no part of the run's journal, nor of its digest.

Parts that were there already have a time of -1 ns: nobody knows how long they had been where they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import RECORD, CarrierKind, Kind
from commissioning.model.tags import Reason
from commissioning.sim.check import RecordsView
from commissioning.sim.continuous import Reading
from commissioning.sim.device import Device
from commissioning.sim.part import Part
from commissioning.sim.status_port import COUNTED
from commissioning.sim.values import words

if TYPE_CHECKING:
    from commissioning.sim.lanes.lane import Lane
    from commissioning.sim.line import Line

__all__ = ["opening", "rows_since", "view_since"]

_BEFORE = -1
_HELD = 65535
_NOBODY = -1
Row = tuple[int, int, int, int, int, float, float, float, float]


def view_since(line: Line, start: Line, t_ns: int, count: int) -> RecordsView:
    """The journal of `line` since `t_ns`, when it had `count` records, and was in the state of `start`.

    `start` is a line of its own, as it was restored: nothing has happened in it yet.
    """
    rows = rows_since(start, line.journal.records(count), count)
    rows["t"] -= t_ns
    return RecordsView(line.journal.header, line.journal.texts, rows, line.kernel._now - t_ns)


def rows_since(start: Line, since: NDArray[np.void], count: int) -> NDArray[np.void]:
    """The state of `start` as records at its own time (of parts 1 ns before), and behind them `since`, those
    of a run from number `count` on. Causes count from the first row."""
    before = np.array(list(opening(start)), RECORD)
    before["t"] += start.kernel._now
    rows: NDArray[np.void] = np.concatenate([before, since])
    cause = rows["cause"][len(before) :]
    rows["cause"][len(before) :] = np.where(cause > count, cause - (count - len(before)), 0)
    return rows


def opening(line: Line) -> Iterator[Row]:
    """The present state of a line as records: parts at -1 ns, all else at 0."""
    now = line.kernel._now
    for part in line.parts.values():
        size = part.length, part.width, part.height
        yield _row(_BEFORE, Kind.PART_MADE, part.product, part.id, *size, _NOBODY)
    trains: list[Row] = []
    on_lanes: set[int] = set()
    for lane in line.lanes:
        for move, train in _riding(lane, now):
            on_lanes.add(move[3])
            trains.append(train)
            yield move
    places = _Places(line)
    for part in line.parts.values():
        if part.id not in on_lanes:
            yield from places.of(part)
        for attribute, value in part.attributes.items():
            yield _row(_BEFORE, Kind.PART_ATTRIBUTE, attribute, part.id, value)
    for drive in line.drives:
        aux, *piece = drive.now()
        yield _row(0, Kind.DRIVE, aux, drive.index, *piece)
    yield from trains
    for signal in line.tags:
        if isinstance(signal, Reading) and signal.runs:
            yield _row(0, Kind.READING, *signal.as_record())
        elif signal.reason != Reason.INITIAL and not getattr(signal, "quiet", False):
            high, low = words(signal.type, signal.value, line.journal)
            flags = signal.quality | signal.forced << 2 | signal.faulted << 3 | signal.reason << 8
            yield _row(0, Kind.VALUE, flags, signal.index, high, low)
    for device in line.devices.values():
        counts = any(place == COUNTED for _, place in device.status_ports)
        counted = device.status(COUNTED) if counts else 0
        yield _row(0, Kind.STATE, device.state, device.index, device.held, device.bits, counted)


def _riding(lane: Lane, now: int) -> Iterator[tuple[Row, Row]]:
    """Where the parts of a lane are and what moves them, downstream first."""
    ahead = -1
    for part in lane.parts():
        place = part.place
        train = place.train
        drive = _HELD if train.drive is None else train.drive.index
        base, c = lane.recorded(place)
        where = lane.index, c, ahead + 1, max(lane.position(part, now), 0.0)
        yield (
            _row(_BEFORE, Kind.PART_MOVE, CarrierKind.LANE, part.id, *where),
            _row(0, Kind.TRAIN, drive, lane.index, base, part.id, part.id),
        )
        ahead = part.id


class _Places:
    """Slots and rams of devices. Which of its slots a device keeps a part in, only the device knows: they are
    filled one after the other, so that no two parts stand in one place."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.slots: dict[str, list[int]] = {}
        for index, (device, _) in enumerate(line.slots):
            self.slots.setdefault(device, []).append(index)
        self.rams = {drive.name.rpartition(".")[0]: drive.index for drive in line.drives}
        self.placed: dict[str, int] = {}

    def of(self, part: Part) -> Iterator[Row]:
        if isinstance(part.owner, Part):
            load = [] if self.line.riding is None else self.line.riding.load_of(part.owner)
            number = load.index(part) if part in load else 0
            yield _row(_BEFORE, Kind.PART_MOVE, CarrierKind.PART, part.id, part.owner.id, number)
            return
        owner = getattr(part.owner, "id", "")
        axis = part.owner.axis_under(part) if isinstance(part.owner, Device) else None
        if axis is not None:
            yield _row(_BEFORE, Kind.PART_MOVE, CarrierKind.BODY, part.id, axis)
        elif owner in self.slots:
            number = self.placed.get(owner, 0)
            self.placed[owner] = number + 1
            slots = self.slots[owner]
            yield _row(_BEFORE, Kind.PART_MOVE, CarrierKind.SLOT, part.id, slots[number % len(slots)])
        elif owner in self.rams:
            yield _row(_BEFORE, Kind.PART_MOVE, CarrierKind.BODY, part.id, self.rams[owner])


def _row(
    t: int, kind: Kind, aux: int, index: int, a: Any = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0
) -> Row:
    return (t, int(kind), int(aux), index, 0, float(a), b, c, d)
