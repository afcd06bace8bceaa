"""What the logic analyser draws: the trace of a finding, or the last seconds of some tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from commissioning.app.watch import Watch
from commissioning.app.words import decoded
from commissioning.model.record import Kind
from commissioning.model.tags import Quality

SPAN_NS = 12_000_000_000  # of the live view
MOST = 9  # lanes of the live view


@dataclass(frozen=True)
class Lane:
    """One waveform. `kind`: level, number and text stand until the next point, a motion is joined by lines.

    Points are (t ns, value); a value of None was BAD.
    """

    name: str
    kind: str
    unit: str
    points: tuple[tuple[int, Any], ...]
    forced: bool = False  # at the end


@dataclass(frozen=True)
class Trace:
    start_ns: int
    end_ns: int
    marks: tuple[tuple[int, str], ...] = ()
    lanes: tuple[Lane, ...] = field(default_factory=tuple)
    known_ns: int | None = None  # nothing is known after this time; None: everything up to the end is


def from_verdict(trace: Mapping[str, Any] | None) -> Trace | None:
    """The trace of `check --json`: start_ns, end_ns, marks, signals of name, kind, unit and points."""
    if not trace:
        return None
    lanes = tuple(
        Lane(
            str(signal["name"]), str(signal["kind"]), str(signal.get("unit") or ""),
            tuple((int(t), value) for t, value in signal["points"]),
        )
        for signal in trace["signals"]
    )  # fmt: skip
    marks = tuple((int(t), str(word)) for t, word in trace["marks"])
    return Trace(int(trace["start_ns"]), int(trace["end_ns"]), marks, lanes)


def chosen_signals(watch: Watch, chosen: str, device: str) -> list[int]:
    """Numbers of the chosen tag, of the ports of the chosen device, or of the first PLC tags."""
    signals = watch.header["core"]["signals"] if watch.header is not None else []
    names = [(number, (signal["name"], *signal["ports"])) for number, signal in enumerate(signals)]
    mine = [n for n, all_names in names if chosen and chosen in all_names]
    mine += [n for n, all_names in names if device and any(p.split(".")[0] == device for p in all_names)]
    if not mine:
        mine = [n for n, signal in enumerate(signals) if signal["direction"] != "port"]
    return list(dict.fromkeys(mine))[:MOST]


def recent(watch: Watch, numbers: Sequence[int]) -> Trace:
    """The last seconds before the time shown, read from the journal."""
    end = max(watch.t_ns, SPAN_NS // 4)
    start = max(end - SPAN_NS, 0)
    signals = watch.header["core"]["signals"] if watch.header is not None else []
    lanes = tuple(_lane(watch, signals[n], n, start, end) for n in numbers)
    return Trace(start, end, (), lanes, watch.t_ns)


def _lane(watch: Watch, signal: Mapping[str, Any], number: int, start: int, end: int) -> Lane:
    rows = watch.effective.of(number)
    first = max(int(np.searchsorted(rows["t"], start, "right")) - 1, 0)
    last = int(np.searchsorted(rows["t"], min(end, watch.t_ns), "right"))
    datatype = str(signal["type"])
    texts = watch.source.texts if watch.source is not None else ()
    points: list[tuple[int, Any]] = []
    forced = last > first and bool(int(rows["aux"][last - 1]) & 4)
    for row in rows[first:last]:
        if row["kind"] == Kind.READING:
            continue  # it runs between events: the tag table shows it
        bad = int(row["aux"]) & 3 == Quality.BAD
        value = None if bad else decoded(datatype, float(row["a"]), float(row["b"]), texts)
        points.append((max(int(row["t"]), start), value))
    if not points:
        points = [(start, decoded(datatype, 0.0, 0.0, texts) if datatype != "STRING" else "")]
    kind = "level" if datatype == "BOOL" else "text" if datatype == "STRING" else "number"
    return Lane(str(signal["name"]), kind, "", tuple(points), forced)
