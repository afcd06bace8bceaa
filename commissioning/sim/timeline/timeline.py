"""The timeline: journal records and a time in, poses and values out. It never sees a live object.

Fed with records as they come (live) or all at once (a recording); any time may be asked for, in any
order. What it gives is what the run itself would have said, to the last bit of the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import CUBIC, CarrierKind, Kind
from commissioning.model.tags import DataType
from commissioning.sim.continuous import HIDDEN, RATE, Formula
from commissioning.sim.decks import Decks
from commissioning.sim.status_rows import StatusRows
from commissioning.sim.timeline.geometry import Geometry
from commissioning.sim.timeline.joints import lay_across
from commissioning.sim.timeline.load import place_riders
from commissioning.sim.timeline.parts import LaneState, PlaceState
from commissioning.sim.timeline.rows import History, LastRows

__all__ = ["PartPoses", "SignalValues", "Timeline"]

_ON_LANE = int(CarrierKind.LANE)
_BODY = int(CarrierKind.BODY)
_PART = int(CarrierKind.PART)


class PartPoses(NamedTuple):
    """N parts; lane by lane, downstream first, then those in slots and on rams.

    `ids` (N,), `products` (N,) index of the product, `carriers` (N, 2) carrier kind and index,
    `positions` (N, 3) m of the centre of the bottom, `quaternions` (N, 4) w x y z, `sizes` (N, 3) m
    along, across, up, `fronts` (N,) m lane coordinate of the front, NaN off lanes.
    """

    ids: NDArray[np.int64]
    products: NDArray[np.int64]
    carriers: NDArray[np.int64]
    positions: NDArray[np.float64]
    quaternions: NDArray[np.float64]
    sizes: NDArray[np.float64]
    fronts: NDArray[np.float64]


class SignalValues(NamedTuple):
    """By signal: fields a and b of the last VALUE record, quality, flags, time; -1 as time: none yet."""

    value: NDArray[np.float64]
    low_word: NDArray[np.float64]
    quality: NDArray[np.int64]
    flags: NDArray[np.int64]  # the whole aux: bit 2 forced, bit 3 fault, bits 8-15 reason
    t: NDArray[np.int64]


class Timeline:
    """`header`: that of the journal, with `core` and `look`."""

    def __init__(self, header: Mapping[str, Any], records: NDArray[np.void] | None = None) -> None:
        core, look = header["core"], header.get("look", {})
        self._drives = LastRows(len(core["drives"]))
        self._told = StatusRows(header)
        self._values = LastRows(len(core["signals"]))
        self._signals = core["signals"]
        self._states = LastRows(len(core["objects"]))
        self._lanes = [History(partial(LaneState, k)) for k in range(len(core["lanes"]))]
        self._places = History(PlaceState)
        self._facts = np.zeros((64, 4))  # by part: product, length, width, height
        self._lane_of: dict[int, int] = {}  # where each part was after the last record fed
        self._geometry = Geometry(core, look)
        self._decks = Decks(look.get("decks", ()))
        self._from = np.full(len(self._lanes), 1, np.int64)  # the lanes' states stand from .. until
        self._until = np.full(len(self._lanes), 0, np.int64)
        self._on_lane: list[tuple[NDArray[Any], ...]] = [_NOBODY] * len(self._lanes)
        self._together: tuple[NDArray[Any], ...] | None = None
        if records is not None:
            self.feed(records)

    # records in ----------------------------------------------------------------------------------

    def feed(self, rows: NDArray[np.void]) -> None:
        """More records, in the order of the journal."""
        kind = rows["kind"]
        told, _ = self._told.expand(rows)
        self._drives.feed(rows[kind == Kind.DRIVE])
        shown = (told["kind"] == Kind.READING) & (told["aux"] & HIDDEN == 0)
        self._values.feed(told[(told["kind"] == Kind.VALUE) | shown])
        self._states.feed(rows[kind == Kind.STATE])
        made = rows[kind == Kind.PART_MADE]
        if len(made):
            self._learn(made)
        moving = rows[
            (kind == Kind.TRAIN) | (kind == Kind.PART_MOVE) | (kind == Kind.PART_GONE)
        ]  # fmt: skip
        if len(moving):
            self._route(moving)

    def _learn(self, made: NDArray[np.void]) -> None:
        need = int(made["obj"].max()) + 1
        if need > len(self._facts):
            facts = np.zeros((max(need, 2 * len(self._facts)), 4))
            facts[: len(self._facts)] = self._facts
            self._facts = facts
        parts = made["obj"]
        self._facts[parts] = np.column_stack([made["aux"], made["a"], made["b"], made["c"]])

    def _route(self, moving: NDArray[np.void]) -> None:
        """To each lane its records, and to a lane that a part leaves the record that says where to."""
        is_train = moving["kind"] == Kind.TRAIN
        lanes: dict[int, list[int]] = {}
        places: list[int] = []
        before: list[int] = []
        came = np.full(len(moving), -1, np.int64)
        for i, (train, obj, kind, aux, a) in enumerate(
            zip(
                is_train.tolist(), moving["obj"].tolist(), moving["kind"].tolist(), moving["aux"].tolist(),
                moving["a"].tolist(), strict=True,
            )
        ):  # fmt: skip
            if train:
                lanes.setdefault(obj, []).append(i)
                continue
            left = self._lane_of.pop(obj, -1)
            entered = int(a) if kind == Kind.PART_MOVE and aux == _ON_LANE else -1
            if left >= 0 and left != entered:
                lanes.setdefault(left, []).append(i)
            if entered >= 0:
                came[i] = left
                self._lane_of[obj] = entered
                lanes.setdefault(entered, []).append(i)
            places.append(i)
            before.append(left)
        for lane, numbers in lanes.items():
            if 0 <= lane < len(self._lanes):
                rows = moving[numbers]
                rows["cause"] = came[numbers]
                self._lanes[lane].feed(rows)
                self._until[lane] = min(self._until[lane], int(moving["t"][numbers[0]]))
        if places:
            elsewhere = moving[places].copy()
            elsewhere["d"] = before
            self._places.feed(elsewhere)

    # poses and values out ------------------------------------------------------------------------

    def body_travel(self, t: int) -> NDArray[np.float64]:
        """Travel of every drive in m at `t` ns, by its index; what a body of that drive is moved by."""
        s0, v0, a, v1, tau, ramp, cubic = self._pieces(t)
        s1 = s0 + 0.5 * (v0 + v1) * ramp
        travel: NDArray[np.float64] = np.where(
            tau < ramp, s0 + (v0 + 0.5 * a * tau) * tau, s1 + v1 * (tau - ramp)
        )
        if cubic.any():
            travel = np.where(cubic, s0 + (v0 + (0.5 * a + v1 / 6.0 * tau) * tau) * tau, travel)
        return travel

    def body_speed(self, t: int) -> NDArray[np.float64]:
        """Speed of every drive in m/s at `t` ns, by its index."""
        _, v0, a, v1, tau, ramp, cubic = self._pieces(t)
        speed: NDArray[np.float64] = np.where(tau < ramp, v0 + a * tau, v1)
        return np.where(cubic, v0 + (a + 0.5 * v1 * tau) * tau, speed) if cubic.any() else speed

    def _pieces(self, t: int) -> tuple[NDArray[Any], ...]:
        """s0, v0, a, v1 of the piece each drive is on at `t`, the s since it began, the length of its ramp;
        last, which pieces are cubic: there v1 is the jerk.

        A drive that has none yet is at 0 m and stands.
        """
        last = self._drives.at(t)
        rows = self._drives.table.rows
        if not len(rows):
            return (*(np.zeros(len(last)),) * 6, np.zeros(len(last), bool))
        piece = rows[np.maximum(last, 0)]
        begun = last >= 0
        s0, v0, a, v1 = (np.where(begun, piece[name], 0.0) for name in ("a", "b", "c", "d"))
        tau = (t - piece["t"]) * 1e-9
        ramp = np.divide(v1 - v0, a, out=np.zeros(len(a)), where=a != 0.0)
        return s0, v0, a, v1, tau, ramp, begun & (piece["aux"] == CUBIC)

    def poses(self, t: int) -> PartPoses:
        """Where every part is at `t` ns."""
        ids, offset, drive, came, joined, lane = self._lane_parts(t)
        travel = np.append(self.body_travel(t), 0.0)  # drive -1: stands
        fronts = offset + travel[drive]
        facts = self._facts[ids]
        positions, quaternions = self._geometry.on_lanes(lane, fronts - 0.5 * facts[:, 1])
        across = lane, fronts, facts[:, 1], came, joined
        lay_across(self._geometry, *across, positions, quaternions)
        carriers = np.empty((len(ids), 2), np.int64)
        carriers[:, 0], carriers[:, 1] = _ON_LANE, lane
        others = self._places.at(t).where
        if others:
            more = np.fromiter(others, np.int64, len(others))
            stand = [self._elsewhere(part, where, travel) for part, where in others.items()]
            ids = np.concatenate([ids, more])
            facts = self._facts[ids]
            positions = np.concatenate([positions, [p for p, _ in stand]])
            quaternions = np.concatenate([quaternions, [q for _, q in stand]])
            carriers = np.concatenate([carriers, [where[:2] for where in others.values()]])
            fronts = np.concatenate([fronts, np.full(len(more), np.nan)])
            riders = {part: where for part, where in others.items() if where[0] == _PART}
            if riders:
                place_riders(riders, ids, facts[:, 1:], positions, quaternions)
        return PartPoses(
            ids, facts[:, 0].astype(np.int64), carriers, positions, quaternions, facts[:, 1:], fronts
        )

    def signals(self, t: int) -> SignalValues:
        """Effective values of all signals at `t` ns."""
        last = self._values.at(t)
        rows = self._values.table.rows
        if not len(rows):
            none = np.zeros(len(last))
            return SignalValues(none, none.copy(), *(np.full(len(last), k) for k in (1, 1 | 1 << 8, -1)))
        row, known = rows[np.maximum(last, 0)], last >= 0
        flags = np.where(known, row["aux"].astype(np.int64), 1 | 1 << 8)  # uncertain, initial
        value = np.where(known, row["a"], 0.0)
        running = np.flatnonzero(known & (row["kind"] == Kind.READING))
        if len(running):
            self._run(row, running, value, t)
            flags[running] &= ~RATE
        return SignalValues(
            value,
            np.where(known, row["b"], 0.0),
            flags & 3,
            flags,
            np.where(known, row["t"], -1),
        )

    def _run(
        self, row: NDArray[np.void], running: NDArray[np.int64], value: NDArray[np.float64], t: int
    ) -> None:
        """Solve the values of the signals numbered `running`, whose last row is a formula, into `value`."""
        travel, speed = self.body_travel(t), self.body_speed(t)
        for k in running.tolist():
            formula = Formula.of(row[k])
            motion = (speed if formula.rate else travel)[formula.drive]
            value[k] = formula.value(DataType[self._signals[k]["type"]], float(motion))

    def values(self, t: int) -> NDArray[np.float64]:
        """Field a of every signal's effective value at `t` ns; 0 before the first."""
        return self.signals(t).value

    def states(self, t: int) -> NDArray[np.int64]:
        """State of every object at `t` ns; -1 before the first."""
        last = self._states.at(t)
        rows = self._states.table.rows
        if not len(rows):
            return last
        return np.where(last >= 0, rows["aux"][np.maximum(last, 0)].astype(np.int64), -1)

    def _lane_parts(self, t: int) -> tuple[NDArray[Any], ...]:
        changed = np.flatnonzero((t < self._from) | (t >= self._until))
        for k in changed.tolist():
            history = self._lanes[k]
            columns = history.at(t).arrays()
            self._from[k], self._until[k] = history.span()
            self._on_lane[k] = (*columns, np.full(len(columns[0]), k, np.int64))
        if len(changed) or self._together is None:
            rows = zip(*self._on_lane, strict=True) if self._on_lane else [(part,) for part in _NOBODY]
            self._together = tuple(np.concatenate(column) for column in rows)
        return self._together

    def _elsewhere(
        self, part: int, where: tuple[int, int, float, int, int], travel: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        kind, carrier, coordinate, lane, since = where
        if kind == _PART:
            return _STILL, _UPRIGHT  # until those that carry have a place
        if kind != _BODY:
            return self._geometry.in_slot(carrier)
        if carrier in self._decks:
            stand = self._decks.stand(carrier, travel)
            return np.array(stand.xyz), np.array(stand.quaternion)
        half = 0.5 * self._facts[part, 1]
        position, quaternion = self._geometry.on_lanes(
            np.array([max(lane, 0)]), np.array([coordinate - half])
        )  # fmt: skip
        moved = travel[carrier] - self.body_travel(since)[carrier]
        return position[0] + moved * self._geometry.axis(carrier), quaternion[0]


_STILL = np.zeros(3)
_UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])
_NOBODY: tuple[NDArray[Any], ...] = (
    np.empty(0, np.int64),
    np.empty(0),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0),
    np.empty(0, np.int64),
)
