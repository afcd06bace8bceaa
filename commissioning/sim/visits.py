"""Which part was in which device from when to when, from the journal alone.

A visit begins when a part comes onto a carrier of the device (its stretch of a lane, its slot, its body)
and ends when it goes on to another or leaves the line. Where belts are chained into one lane nothing is
recorded at the joint: the instant at which the front passes it is solved from the motion pieces.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CUBIC, CarrierKind, Kind
from commissioning.sim.kernel import instant
from commissioning.sim.root import bracketed
from commissioning.sim.soft_ramp import Segment

__all__ = ["OPEN", "Visits", "visits"]

OPEN = -1
"""`t_out` of a visit that has not ended."""
_HELD = 65535
_TOUCH = 1e-9  # m; a re-based train may stand this much short of a joint it has passed


@dataclass(frozen=True)
class Visits:
    """One row per visit, in order of arrival: device (object index), part, t_in and t_out in ns."""

    device: NDArray[np.int64]
    part: NDArray[np.int64]
    t_in: NDArray[np.int64]
    t_out: NDArray[np.int64]

    def departures(self, device: int) -> NDArray[np.int64]:
        """Times at which parts left a device, ascending."""
        mine = (self.device == device) & (self.t_out != OPEN)
        return np.sort(self.t_out[mine])


def visits(header: Mapping[str, Any], records: NDArray[np.void]) -> Visits:
    """All visits that `records`, those of a run from its first on, tell of."""
    places = _Places(header)
    kinds = records["kind"]
    moves = np.flatnonzero((kinds == int(Kind.PART_MOVE)) | (kinds == int(Kind.PART_GONE)))
    rows = records[moves]
    round_ = _goes_round(places, rows)
    if round_.any():
        moves, rows = moves[~round_], rows[~round_]
    order = np.argsort(rows["obj"], kind="stable")
    mine = rows["obj"][order]
    ends = np.flatnonzero(mine[1:] == mine[:-1])  # where the next row is of the same part
    t_out = np.full(len(rows), OPEN, np.int64)
    t_out[order[ends]] = rows["t"][order[ends + 1]]
    device, chained = places.of(rows)
    alone = (device >= 0) & ~chained
    columns = [device[alone], rows["obj"][alone], rows["t"][alone], t_out[alone]]
    table = np.stack([np.asarray(column, np.int64) for column in columns], axis=1)
    if chained.any():
        told = chained.copy()
        told[order[ends + 1]] |= chained[order[ends]]  # what takes a part away
        wanted = np.union1d(moves[told], np.flatnonzero(kinds == int(Kind.TRAIN)))
        table = np.concatenate([table, _Reader(places, records, wanted).read()])
    table = table[np.argsort(table[:, 2], kind="stable")]
    return Visits(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _goes_round(places: _Places, rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Rows that bring a part from a body to a slot of the same device, or back: it has not left by that."""
    found = np.zeros(len(rows), bool)
    carrier = np.where(rows["kind"] == int(Kind.PART_MOVE), rows["aux"], 0)
    if not (carrier == int(CarrierKind.BODY)).any():
        return found
    order = np.argsort(rows["obj"], kind="stable")
    part, carrier, device = rows["obj"][order], carrier[order], places.of(rows)[0][order]
    among = np.isin(carrier, (int(CarrierKind.SLOT), int(CarrierKind.BODY)))
    same = (part[1:] == part[:-1]) & (device[1:] == device[:-1]) & (carrier[1:] != carrier[:-1])
    found[order[1:][same & among[1:] & among[:-1]]] = True
    return found


class _Places:
    """What the carriers of a header belong to. `lanes`: (device, end in m) of each zone."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        core = header["core"]
        objects = enumerate(core["objects"])
        ids = {thing["id"]: index for index, thing in objects if thing["kind"] == "device"}
        self.slots = [ids[slot["device"]] for slot in core["slots"]]
        self.bodies = [ids.get(name.rsplit(".", 1)[0], -1) for name in core["drives"]]
        self.lanes = [
            [(ids[zone["device"]], float(zone["end"])) for zone in lane["zones"]] for lane in core["lanes"]
        ]
        self.chained = [len(zones) > 1 for zones in self.lanes]

    def of(self, rows: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Device that each row brings its part to (-1: none; of a chain of zones the first one), and whether
        it is a chain of zones."""
        device = np.full(len(rows), -1, np.int64)
        chained = np.zeros(len(rows), bool)
        moves = rows["kind"] == int(Kind.PART_MOVE)
        first = [zones[0][0] for zones in self.lanes]
        for carrier, table in (
            (CarrierKind.LANE, first), (CarrierKind.SLOT, self.slots), (CarrierKind.BODY, self.bodies),
        ):  # fmt: skip
            chosen = moves & (rows["aux"] == int(carrier))
            if chosen.any():
                index = rows["a"][chosen].astype(np.int64)
                device[chosen] = np.array(table, np.int64)[index]
                if carrier == CarrierKind.LANE:
                    chained[chosen] = np.array(self.chained, bool)[index]
        return device, chained


class _Motion:
    """Travel of one drive over the whole run: piece k from t[k] on."""

    def __init__(self, rows: NDArray[np.void]) -> None:
        self.t: list[int] = [0]
        self.pieces: list[tuple[float, float, float, float]] = [(0.0, 0.0, 0.0, 0.0)]
        self.cubic = [False]
        for t, _kind, aux, _obj, _cause, s0, v0, rate, v1 in rows.tolist():
            self.t.append(t)
            self.pieces.append((s0, v0, rate, v1))
            self.cubic.append(aux == CUBIC)

    def travel(self, t: int) -> float:
        k = bisect_right(self.t, t) - 1
        s0, v0, rate, v1 = self.pieces[k]
        tau = (t - self.t[k]) / 1e9
        if self.cubic[k]:
            return s0 + (v0 + (0.5 * rate + v1 / 6.0 * tau) * tau) * tau
        ramp = (v1 - v0) / rate if rate else 0.0
        if tau < ramp:
            return s0 + (v0 + 0.5 * rate * tau) * tau
        return s0 + 0.5 * (v0 + v1) * ramp + v1 * (tau - ramp)

    def reaches(self, s: float, start: int, end: int) -> int:
        """The first instant in [start, end] at which the travel is `s`; it is at `end`. No reversal."""
        k = max(bisect_right(self.t, start) - 1, 0)
        while k + 1 < len(self.t) and self.t[k + 1] < end and self.travel(self.t[k + 1]) < s:
            k += 1
        s0, v0, rate, v1 = self.pieces[k]
        if self.cubic[k]:
            piece = Segment(0.0, s0 - s, v0, rate, v1)
            low = max(start - self.t[k], 0) / 1e9
            high = max(min(end, self.t[k + 1] if k + 1 < len(self.t) else end) - self.t[k], 0) / 1e9
            if high <= low or piece.after(low)[0] >= 0.0:
                return max(start, self.t[k])
            if piece.after(high)[0] <= 0.0:
                return min(self.t[k] + round(high * 1e9), end)
            tau = bracketed(lambda x: piece.after(x)[0], low, high)
            return min(max(self.t[k] + instant(tau * 1e9), start), end)
        ramp = (v1 - v0) / rate if rate else 0.0
        s1 = s0 + 0.5 * (v0 + v1) * ramp
        if s < s1 and rate:
            tau = 2.0 * (s - s0) / (v0 + sqrt(max(v0 * v0 + 2.0 * rate * (s - s0), 0.0)) or 1e-300)
        elif v1 > 0.0:
            tau = ramp + (s - s1) / v1
        else:
            return end
        return min(max(self.t[k] + instant(min(tau, 9e9) * 1e9), start), end)


class _Riding:
    """A part on a lane: what moved it since when. `behind`: the next part upstream."""

    __slots__ = ("behind", "c", "segments", "zone")

    def __init__(self, c: float) -> None:
        self.c = c
        self.behind = -1
        self.zone = 0
        self.segments: list[tuple[int, int, float]] = []  # from t: drive, U - c


class _Reader:
    """Visits of devices that are chained into lanes, from the records at `wanted`: trains, arrivals on such
    lanes, and what takes parts away from them."""

    def __init__(self, places: _Places, records: NDArray[np.void], wanted: NDArray[np.intp]) -> None:
        self.lanes, self.chained = places.lanes, places.chained
        self.records, self.wanted = records, wanted
        drives = records[records["kind"] == int(Kind.DRIVE)]
        self.motions = [_Motion(drives[drives["obj"] == index]) for index in range(len(places.bodies))]
        self.riding: list[dict[int, _Riding]] = [{} for _ in self.lanes]
        self.place: dict[int, tuple[int, int]] = {}  # part -> (row of its visit, lane)
        self.rows: list[list[int]] = []

    def read(self) -> NDArray[np.int64]:
        """Rows of device, part, t_in, t_out."""
        for t, kind, aux, index, _cause, a, b, c, d in self.records[self.wanted].tolist():
            if kind == Kind.TRAIN:
                if self.chained[index]:
                    self._train(t, aux, index, a, int(b), int(c), d)
                continue
            self._leave(index, t)
            if kind == Kind.PART_MOVE and aux == CarrierKind.LANE and self.chained[int(a)]:
                self._arrive(index, t, int(a), b, int(c) - 1, d)
        end = int(self.records["t"][-1]) if len(self.records) else 0
        for part, (row, lane) in list(self.place.items()):
            self._pass_joints(part, row, lane, end)
        return np.array(self.rows, np.int64).reshape(-1, 4)

    def _arrive(self, part: int, t: int, lane: int, c: float, ahead: int, x: float) -> None:
        zone = sum(1 for _, end in self.lanes[lane][:-1] if end <= x)  # it may join in the middle
        riding = self.riding[lane]
        behind = self._foremost(riding) if x and ahead not in riding else -1
        one = riding[part] = _Riding(c)
        one.zone, one.behind = zone, behind
        if ahead in riding:
            one.behind = riding[ahead].behind
            riding[ahead].behind = part
        self.place[part] = (len(self.rows), lane)
        self.rows.append([self.lanes[lane][zone][0], part, t, OPEN])

    def _foremost(self, riding: Mapping[int, _Riding]) -> int:
        followers = {one.behind for one in riding.values()}
        return next((part for part in riding if part not in followers), -1)

    def _leave(self, part: int, t: int) -> None:
        row, lane = self.place.pop(part, (-1, -1))
        if row < 0:
            return
        row = self._pass_joints(part, row, lane, t)
        gone = self.riding[lane].pop(part)
        for other in self.riding[lane].values():
            if other.behind == part:
                other.behind = gone.behind
        self.rows[row][3] = t

    def _train(self, t: int, drive: int, lane: int, base: float, first: int, last: int, shift: float) -> None:
        riding = self.riding[lane]
        part = first
        while part in riding:
            one = riding[part]
            one.c += shift
            one.segments.append((t, drive, base - one.c))
            if part == last:
                return
            part = one.behind

    def _pass_joints(self, part: int, row: int, lane: int, end: int) -> int:
        """Split the visit `row` of a part on a chain of zones at the joints it has passed by `end`."""
        one, zones = self.riding[lane][part], self.lanes[lane]
        segments = one.segments
        k = 0
        while one.zone + 1 < len(zones):
            if zones[one.zone + 1][0] == zones[one.zone][0]:
                one.zone += 1  # a zone of the same device
                continue
            joint = zones[one.zone][1]
            passed = -1
            while k < len(segments):
                start, drive, offset = segments[k]
                stop = segments[k + 1][0] if k + 1 < len(segments) else end
                if drive != _HELD:
                    motion = self.motions[drive]
                    if offset + motion.travel(stop) >= joint - _TOUCH:
                        passed = motion.reaches(joint - offset, start, stop)
                        break
                k += 1
            if passed < 0:
                break
            one.zone += 1
            self.rows[row][3] = passed
            row = len(self.rows)
            self.rows.append([zones[one.zone][0], part, passed, OPEN])
        return row
