"""When a conveyor is at its limit: a part at its narrowest place is on the move and keeps the next one out.

A conveyor cannot take a part while the one before still lies over its infeed, or nearer to it than `gap`.
As a machine works for its cycle, so the infeed is taken for (length + gap) / speed by each part. That ends
when the part comes to stand, for then somebody downstream holds it (or whoever stopped the drive), and when
it is drawn along by the drive of a slower one ahead: what moves up in a queue is not at its limit. A conveyor
that passes on all that it can is taken without a break; so it has the active periods that Roser's method asks
for, and its rate is v / (length + gap).

Narrow places (gates) are: the infeed of a lane; each joint of conveyors, where parts may touch; a zone of a
roller conveyor that lets parts go one by one, from the eye before it to its end, while its part moves; a
merge, with the gap that it keeps; a separator, with the gap that it makes. One with several gates is as busy
as its busiest one.

What runs backward too has gates of its own for that, the same seen from the other end (see `_Reader`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.lanes.directions import Directions, directions
from commissioning.sim.lanes.records import HELD, TOUCH, LaneReader, Riding

__all__ = ["Gate", "busy_gates", "joined"]

_PAUSE = 2_000  # ns that two parts that touch may seem to be apart: places are good to 10 nm
_TOUCH = 2e-8  # m; nearer to a blade than this a part stands at it
_AT_END = 1e-6  # m; nearer to its end than this a part leaves a lane there
Stretch = tuple[int, int]
_Segment = tuple[int, int, int, float, bool]


@dataclass(frozen=True)
class Gate:
    """A narrow place of a lane, owned by a device (object index): taken from when a front passes `begin`
    until its tail passes `end`, m. `merges`: parts come in at `begin`, and those of the lane keep one out
    before: as soon as it would not fit. `zone`: parts stand in it for want of a place further on."""

    owner: int
    begin: float
    end: float
    merges: bool = False
    zone: bool = False


def busy_gates(header: Mapping[str, Any], records: NDArray[np.void]) -> dict[int, list[list[Stretch]]]:
    """By device with gates (object index): for each of them the stretches in ns, rising and disjoint, in
    which it was taken by a part that moved. `records`: those of a run from its first on."""
    if not header["core"]["lanes"]:
        return {}
    lanes, behind = _gates(header, records), _gates_behind(header)
    kinds = records["kind"]
    wanted = (kinds == int(Kind.PART_MOVE)) | (kinds == int(Kind.PART_GONE)) | (kinds == int(Kind.TRAIN))
    reader = _Reader(header, lanes, behind, records, np.flatnonzero(wanted))
    reader.follow()
    found: dict[int, list[list[Stretch]]] = {}
    for gates, taken in zip([*lanes, *behind], reader.taken, strict=True):
        for gate, stretches in zip(gates, taken, strict=True):
            if stretches:
                found.setdefault(gate.owner, []).append(joined(stretches))
    return found


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """Rising and disjoint, those that touch as one. At least one."""
    stretches = sorted(stretches)
    found = [stretches[0]]
    for t0, t1 in stretches[1:]:
        if t0 <= found[-1][1] + _PAUSE:
            if t1 > found[-1][1]:
                found[-1] = (found[-1][0], t1)
        else:
            found.append((t0, t1))
    return found


def _gates(header: Mapping[str, Any], records: NDArray[np.void]) -> list[list[Gate]]:
    """Of each lane, the first one first."""
    core = header["core"]
    looks = header.get("look", {}).get("devices", {})
    index = {thing["id"]: k for k, thing in enumerate(core["objects"]) if thing["kind"] == "device"}
    types = {thing["id"]: thing["type"] for thing in core["objects"] if thing["kind"] == "device"}
    starts: dict[str, tuple[int, float]] = {}  # by track: its lane and where on it that begins
    for number, lane in enumerate(core["lanes"]):
        for zone in lane["zones"]:
            starts.setdefault(zone["device"], (number, float(zone["start"])))
    found: list[list[Gate]] = []
    for lane in core["lanes"]:
        found.append(_gates_of(lane["zones"], looks, index))
    merges = _merges(records, len(found))
    for name, kind in types.items():
        look = looks.get(name, {})
        along, at, gap = look.get("along"), look.get("at"), _number(look.get("params", {}), "gap")
        if kind not in ("separator", "merge") or along not in starts or at is None:
            continue
        number, start = starts[along]
        x = start + float(at)
        if kind == "merge":
            merges[number] = [one for one in merges[number] if abs(one - x) > _AT_END]
        found[number].append(Gate(index[name], x, x + gap, kind == "merge"))
    for number, places in enumerate(merges):
        for x in places:
            zones = core["lanes"][number]["zones"]
            if x >= float(zones[-1]["end"]):
                continue  # given back by the track after it
            zone = next((zone for zone in zones if x < float(zone["end"])), zones[-1])
            found[number].append(Gate(index[zone["device"]], x, x, True))
    return [sorted(gates, key=lambda gate: (gate.end, gate.begin)) for gates in found]


def _gates_of(
    zones: Sequence[Mapping[str, Any]], looks: Mapping[str, Any], index: Mapping[str, int]
) -> list[Gate]:
    """Of a lane with these zones: its infeed, its joints, its zones."""
    gates: list[Gate] = []
    for k, zone in enumerate(zones):
        name, start, end = zone["device"], float(zone["start"]), float(zone["end"])
        params = looks.get(name, {}).get("params", {})
        if k == 0:
            gates.append(Gate(index[name], 0.0, _number(params, "gap")))
        elif zones[k - 1]["device"] != name or params.get("mode") == "slug":
            gates.append(Gate(index[name], start, start))
        else:
            gates.append(Gate(index[name], start - _number(params, "eye"), end, zone=True))
    return gates


def _gates_behind(header: Mapping[str, Any]) -> list[list[Gate]]:
    """Of each lane what there is for parts that go backward, counted from its end; none where none do."""
    core = header["core"]
    looks = header.get("look", {}).get("devices", {})
    index = {thing["id"]: k for k, thing in enumerate(core["objects"]) if thing["kind"] == "device"}
    found: list[list[Gate]] = []
    for lane in core["lanes"]:
        zones = lane["zones"]
        if looks.get(zones[0]["device"], {}).get("params", {}).get("reversible"):
            found.append(_gates_of(_mirrored(zones), looks, index))
        else:
            found.append([])
    return found


def _mirrored(zones: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    end = float(zones[-1]["end"])
    return [{**z, "start": end - float(z["end"]), "end": end - float(z["start"])} for z in reversed(zones)]


def _merges(records: NDArray[np.void], count: int) -> list[list[float]]:
    """Where parts came onto each lane in its middle."""
    rows = records[(records["kind"] == int(Kind.PART_MOVE)) & (records["aux"] == int(CarrierKind.LANE))]
    rows = rows[(rows["d"] > 0.0) & (rows["t"] >= 0)]  # before 0: where parts of a restored run were
    lane = rows["a"].astype(np.int64)
    return [np.unique(rows["d"][lane == number]).tolist() for number in range(count)]


def _number(params: Mapping[str, Any], name: str) -> float:
    value = params.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


class _Trip:
    """A part from lane to lane, its front in a coordinate that goes on across their ends: that of a lane +
    `shift`. `crossing`: (lane, gate, begin, end) in it; `segments`: from, to (ns), drive or
    HELD, offset, and whether that was the drive under it and not the one under a part ahead.

    `way` -1: it goes backward, counted from the other end; its front is then the edge that leads."""

    __slots__ = ("crossing", "ends_at", "left", "segments", "shift", "way")

    def __init__(self, way: int) -> None:
        self.way = way
        self.shift = 0.0
        self.ends_at = 0.0  # the coordinate at which a part comes on that goes on from lane to lane
        self.left = 0  # ns at which it left its last lane
        self.segments: list[_Segment] = []
        self.crossing: list[tuple[int, int, float, float]] = []


class _Reader(LaneReader):
    """`taken`: by lane and gate, the stretches in which parts that moved took it, as they were found; after
    the lanes once more all of them, for what goes backward. There everything is mirrored: the lane, and the
    motion of its drives (those behind the drives themselves in `motions`)."""

    def __init__(
        self, header: Mapping[str, Any], gates: Sequence[Sequence[Gate]], behind: Sequence[Sequence[Gate]],
        records: NDArray[np.void], wanted: NDArray[np.intp],
    ) -> None:  # fmt: skip
        super().__init__(header, [True] * len(gates), records, wanted)
        self.gates = [*gates, *behind]
        lanes = [lane["zones"] for lane in header["core"]["lanes"]]
        self.begins = [  # of the zone that a drive moves
            {int(zone["drive"]): float(zone["start"]) for zone in reversed(zones)} for zones in lanes
        ]
        self.ends = [float(zones[-1]["end"]) for zones in lanes]
        self.directions: list[Directions | None] = [None] * len(lanes)
        self.drives = len(self.motions)
        if any(behind):
            self.directions = directions(header, records)
            self.motions += [motion.mirrored() for motion in self.motions]
            for zones in lanes:
                rows = reversed(_mirrored(zones))
                self.begins.append({self.drives + int(zone["drive"]): float(zone["start"]) for zone in rows})
        made = records[records["kind"] == int(Kind.PART_MADE)]
        self.length = dict(zip(made["obj"].tolist(), made["a"].tolist(), strict=True))
        self.trips: dict[int, _Trip] = {}
        self.taken: list[list[list[Stretch]]] = [[[] for _ in mine] for mine in self.gates]

    def arrived(self, part: int, t: int, lane: int, riding: Riding, x: float) -> None:
        backward = self.directions[lane] is not None and x > 0.0  # it came on at the end
        self._set_out(part, t, lane, -1 if backward else 1, 0.0 if backward else x)

    def _set_out(self, part: int, t: int, lane: int, way: int, x: float) -> None:
        """On a lane, from `x` m on: the edge that leads, in the coordinate of that way."""
        trip = self.trips.get(part)
        if trip is not None and trip.way != way:
            trip.left = t
            self.elsewhere(part, t)
            trip = None
        if trip is None:
            trip = self.trips[part] = _Trip(way)
        else:
            trip.shift = trip.ends_at - x
        length = self.length.get(part, 0.0)
        place = lane if way > 0 else lane + len(self.ends)
        for number, gate in enumerate(self.gates[place]):
            if gate.end + length <= x:
                continue  # its tail is beyond it already
            begin, end = gate.begin, gate.end
            if gate.merges and x < begin - TOUCH:
                begin = max(begin - length - (end - begin), 0.0)
            trip.crossing.append((place, number, max(begin, x) + trip.shift, end + length + trip.shift))

    def left(self, part: int, t: int, lane: int, riding: Riding, going: bool) -> None:
        segments, both = riding.segments, self.directions[lane]
        for k, (start, drive, offset) in enumerate(segments):
            stop = segments[k + 1][0] if k + 1 < len(segments) else t
            if both is None:
                self._ride(self.trips[part], lane, drive, offset, start, stop)
            else:
                for t0, t1, way in both.cut(start, stop):
                    self._ride_a_way(part, lane, way, drive, offset, t0, t1)
        trip = self.trips[part]
        trip.left = t
        trip.ends_at = self.ends[lane] + trip.shift
        if not going or (trip.segments and self._front(trip, t) < trip.ends_at - _AT_END):
            self.elsewhere(part, t)  # the end of the records, or it left aside

    def _ride_a_way(
        self, part: int, lane: int, way: int, drive: int, offset: float, start: int, stop: int
    ) -> None:
        """On a lane that turns: what has turned since goes on from where it is, as what goes that way."""
        place = lane
        if way < 0:
            place += len(self.ends)
            offset = self.ends[lane] + self.length.get(part, 0.0) - offset
            drive = drive if drive == HELD else drive + self.drives
        if self.trips[part].way != way:
            x = offset if drive == HELD else offset + self.motions[drive].travel(start)
            self._set_out(part, start, lane, way, x)
        self._ride(self.trips[part], place, drive, offset, start, stop)

    def _ride(self, trip: _Trip, lane: int, drive: int, offset: float, start: int, stop: int) -> None:
        begin = self.begins[lane].get(drive)
        if begin is not None and begin > 0.0:
            motion = self.motions[drive]
            if offset + motion.travel(start) < begin - TOUCH:  # drawn along, as far as to that zone
                there = offset + motion.travel(stop) >= begin - TOUCH
                middle = motion.reaches(begin - offset, start, stop) if there else stop
                if middle > start:
                    trip.segments.append((start, middle, drive, offset + trip.shift, False))
                start = middle
        if stop > start:
            trip.segments.append((start, stop, drive, offset + trip.shift, begin is not None))

    def elsewhere(self, part: int, t: int) -> None:
        """Its trip has ended: what did it take, and when?"""
        trip = self.trips.pop(part, None)
        if trip is None or not trip.segments:
            return
        segments = trip.segments
        reached: list[float] = []  # where the front was at the end of each, rising
        for _, stop, drive, offset, _ in segments:
            x = offset if drive == HELD else offset + self.motions[drive].travel(stop)
            reached.append(max(x, reached[-1]) if reached else x)
        for lane, number, begin, end in trip.crossing:
            k = bisect_right(reached, begin + _TOUCH)  # where it goes on from there; it may have been held
            if k == len(segments):
                continue
            t0 = self._when(segments[k], begin)
            last = bisect_left(reached, end - TOUCH, k)
            t1 = self._when(segments[last], end) if last < len(segments) else trip.left
            stretches = self._moving(segments[k : last + 1], t0, t1)
            taken = self.taken[lane][number]
            if self.gates[lane][number].zone:
                taken += stretches
                continue
            for start, stop in stretches:  # up to where it stands or is drawn along
                if start > t0 + _PAUSE:
                    break
                taken.append((start, stop))
                t0 = stop

    def _moving(self, segments: Sequence[_Segment], t0: int, t1: int) -> Iterator[Stretch]:
        """The stretches of [t0, t1] in which a part is moved by the drive under it."""
        for start, stop, drive, _, own in segments:
            begin, end = max(start, t0), min(stop, t1)
            if own and end > begin:
                yield from self.motions[drive].moves_within(begin, end)

    def _front(self, trip: _Trip, t: int) -> float:
        _, _, drive, offset, _ = trip.segments[-1]
        return offset if drive == HELD else offset + self.motions[drive].travel(t)

    def _when(self, segment: _Segment, x: float) -> int:
        start, stop, drive, offset, _ = segment
        if drive == HELD:
            return start
        motion = self.motions[drive]
        if offset + motion.travel(start) >= x - TOUCH:
            return start
        return motion.reaches(x - offset, start, stop)
