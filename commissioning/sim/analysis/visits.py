"""Which part was in which device from when to when, from the journal alone.

A visit begins when a part comes onto a carrier of the device (its stretch of a lane, its slot, its body)
and ends when it goes on to another or leaves the line. Where belts are chained into one lane nothing is
recorded at the joint: the instant at which the front passes it is solved from the motion pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CarrierKind, Kind
from commissioning.sim.lanes.records import HELD, TOUCH, LaneReader, Riding

__all__ = ["OPEN", "Visits", "visits"]

OPEN = -1
"""`t_out` of a visit that has not ended."""


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
    kinds = np.ascontiguousarray(records["kind"])
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
    columns = [device[alone], rows["obj"][alone].astype(np.int64), rows["t"][alone], t_out[alone]]
    if not chained.any():  # as they came
        return Visits(*columns)
    table = np.stack(columns, axis=1)
    told = chained.copy()
    told[order[ends + 1]] |= chained[order[ends]]  # what takes a part away
    wanted = np.union1d(moves[told], np.flatnonzero(kinds == int(Kind.TRAIN)))
    table = np.concatenate([table, _Reader(header, places, records, wanted).read()])
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


class _Reader(LaneReader):
    """Visits of devices that are chained into lanes."""

    def __init__(
        self, header: Mapping[str, Any], places: _Places, records: NDArray[np.void], wanted: NDArray[np.intp]
    ) -> None:
        super().__init__(header, places.chained, records, wanted)
        self.lanes = places.lanes
        self.place: dict[int, int] = {}  # part -> row of its visit
        self.rows: list[list[int]] = []

    def read(self) -> NDArray[np.int64]:
        """Rows of device, part, t_in, t_out."""
        self.follow()
        return np.array(self.rows, np.int64).reshape(-1, 4)

    def arrived(self, part: int, t: int, lane: int, riding: Riding, x: float) -> None:
        zone = riding.zone = sum(1 for _, end in self.lanes[lane][:-1] if end <= x)  # joined in the middle?
        self.place[part] = len(self.rows)
        self.rows.append([self.lanes[lane][zone][0], part, t, OPEN])

    def left(self, part: int, t: int, lane: int, riding: Riding, going: bool) -> None:
        row = self._pass_joints(part, riding, lane, t)
        if going:
            self.rows[row][3] = t

    def _pass_joints(self, part: int, one: Riding, lane: int, end: int) -> int:
        """Split the visit of a part at the joints that it has passed by `end`; its last row."""
        row, zones = self.place[part], self.lanes[lane]
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
                if drive != HELD:
                    motion = self.motions[drive]
                    if offset + motion.travel(stop) >= joint - TOUCH:
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
