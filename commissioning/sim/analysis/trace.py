"""What signals and motion looked like between two instants, as plain data: evidence for a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.expression_tree import NameInfo
from commissioning.model.record import CUBIC, Kind
from commissioning.model.tags import Quality
from commissioning.sim.kernel import instant
from commissioning.sim.polynomial import NEVER, Motion
from commissioning.sim.status_rows import StatusRows
from commissioning.sim.timeline.timeline import Timeline
from commissioning.sim.values import signal_index, value_of

__all__ = ["companions", "waveforms"]

_RAMP_POINTS = 16
_UNITS = {"length": "m", "speed": "m/s"}


def waveforms(
    header: Mapping[str, Any],
    records: NDArray[np.void],
    texts: Sequence[str],
    names: Iterable[NameInfo],
    start: int,
    end: int,
) -> list[dict[str, Any]]:
    """One waveform per name over [start, end] ns.

    {name, kind, unit, points}: `kind` "level", "number", "text" (points [t_ns, value] stand until the
    next; value None = BAD) or "motion" (points on a curve, to be joined by lines). The first point is
    at `start`.
    """
    return [_waveform(header, records, texts, info, start, end) for info in names]


def companions(
    header: Mapping[str, Any], records: NDArray[np.void], start: int, end: int, record: int
) -> list[str]:
    """Signals that help to understand record number `record`: those of its cause chain, then the tags of
    controllers that changed in [start, end] ns, latest first."""
    signals = header["core"]["signals"]
    found: dict[str, None] = {}
    number = record
    while 0 < number <= len(records):
        row = records[number - 1]
        if row["kind"] == int(Kind.VALUE):
            found.setdefault(signals[int(row["obj"])]["name"])
        before = int(row["cause"])
        number = before if before < number else 0
    low, high = np.searchsorted(records["t"], [start, end + 1])
    near = records[low:high]
    for index in near["obj"][near["kind"] == int(Kind.VALUE)][::-1].tolist():
        if signals[index]["direction"] in ("input", "output"):
            found.setdefault(signals[index]["name"])
    return list(found)


def _waveform(
    header: Mapping[str, Any],
    records: NDArray[np.void],
    texts: Sequence[str],
    info: NameInfo,
    start: int,
    end: int,
) -> dict[str, Any]:
    records = records[records["t"] <= end]
    if info.kind in ("travel", "speed"):
        index = list(header["core"]["drives"]).index(info.drive)
        rows = records[(records["kind"] == int(Kind.DRIVE)) & (records["obj"] == index)]
        unit = "m" if info.kind == "travel" else "m/s"
        return {"name": info.name, "kind": "motion", "unit": unit, "points": _curve(rows, info, start, end)}
    index = signal_index(header, info.name)
    if info.kind == "reading":
        curve = _running(header, records, index, start, end)
        return {"name": info.name, "kind": "motion", "unit": _UNITS.get(info.dimension, ""), "points": curve}
    records, _ = StatusRows(header, {index}).expand(records)
    rows = records[(records["kind"] == int(Kind.VALUE)) & (records["obj"] == index)]
    points: list[list[Any]] = [[start, info.type.default]]
    for t, _kind, aux, _index, _cause, a, b, _c, _d in rows.tolist():
        value = None if aux & 3 == Quality.BAD else value_of(info.type, a, b, texts)
        if t <= start:
            points[0][1] = value
        elif points[-1][0] == t:
            points[-1][1] = value
        else:
            points.append([t, value])
    default = info.type.default
    kind = "level" if isinstance(default, bool) else "text" if isinstance(default, str) else "number"
    return {"name": info.name, "kind": kind, "unit": "", "points": points}


def _running(
    header: Mapping[str, Any], records: NDArray[np.void], index: int, start: int, end: int
) -> list[list[float]]:
    """Points on the curve of an entry that runs: where a record or a ramp changes it, ramps in steps."""
    kinds = records["kind"]
    mine = np.isin(kinds, (int(Kind.VALUE), int(Kind.READING))) & (records["obj"] == index)
    rows = records[mine | (kinds == int(Kind.DRIVE))]
    times = {start, end}
    for t, kind, aux, _o, _n, _a, b, c, d in rows.tolist():
        times.add(t)
        if kind == int(Kind.DRIVE) and c and aux != CUBIC:
            ramp = (d - b) / c * 1e9
            times.update(t + instant(ramp * k / _RAMP_POINTS) for k in range(1, _RAMP_POINTS + 1))
    timeline = Timeline(header, rows)
    points: list[list[float]] = []
    for t in sorted(t for t in times if start <= t <= end):
        if t > start and points and points[-1][0] < t - 1:  # what it was until then: it may jump
            points.append([t - 1, float(timeline.signals(t - 1).value[index])])
        points.append([t, float(timeline.signals(t).value[index])])
    return points


def _curve(rows: NDArray[np.void], info: NameInfo, start: int, end: int) -> list[list[float]]:
    motion = Motion(info.kind == "speed")
    pieces = [(0, 0, 0.0, 0.0, 0.0, 0.0)] if not len(rows) or rows[0]["t"] > 0 else []
    pieces += [(t, aux, a, b, c, d) for t, _k, aux, _o, _n, a, b, c, d in rows.tolist()]
    points: list[list[float]] = []
    for at, (t, aux, s0, v0, rate, v1) in enumerate(pieces):
        motion.piece(t, s0, v0, rate, v1, aux == CUBIC)
        until = min(pieces[at + 1][0] if at + 1 < len(pieces) else end, end)
        low = max(t, start)
        if until < low:
            continue
        change = motion.change
        if aux == CUBIC:
            for k in range(_RAMP_POINTS + 1):
                tau = low + (until - low) * k // _RAMP_POINTS
                points.append([tau, motion.polynomial.at(tau)])
            continue
        if low < change:
            ramp_end = min(change, until)
            steps = 1 if info.kind == "speed" else _RAMP_POINTS
            for k in range(steps + 1):
                tau = low + (ramp_end - low) * k // steps
                points.append([tau, motion.polynomial.at(tau)])
        if change <= until or change == NEVER:
            motion.settle(NEVER if change == NEVER else max(change, low))
            low = max(low, change if change != NEVER else low)
            points.append([low, motion.polynomial.at(low)])
            points.append([until, motion.polynomial.at(until)])
    return points
