"""Tags and ports of a run or a recording over time, for files of other tools (VCD, CSV)."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from commissioning.model.record import Kind
from commissioning.model.tags import DataType, Quality
from commissioning.model.waveforms import Wave, Waveforms
from commissioning.sim.check import RunView
from commissioning.sim.status_rows import StatusRows
from commissioning.sim.values import value_of

__all__ = ["tag_waveforms"]


def tag_waveforms(
    view: RunView, names: Sequence[str] = (), start_ns: int = 0, offset_ns: int = 0
) -> Waveforms:
    """The effective values, forces and faults in them, from `start_ns` on; BAD ones are not known.

    `offset_ns`: what the times of the view count from (see `Run.view`). `names`: tags and ports, as "I_*" or
    "belt1.moving", without regard to case; without any the tags of controllers, and where there are none all
    entries. Entries that run by a formula between two records (laser distances, encoders) have no values
    there and are left out. Raises KeyError for a name that fits nothing.
    """
    header, records = view.header, view.records()
    signals = header["core"]["signals"]
    chosen = _chosen(signals, names)
    formulas = set(np.unique(records["obj"][records["kind"] == int(Kind.READING)]).tolist())
    left_out = [f"{signals[k]['name']} (runs by a formula)" for k in chosen if k in formulas]
    chosen = [k for k in chosen if k not in formulas]
    place = {index: number for number, index in enumerate(chosen)}
    types = [DataType[signals[k]["type"]] for k in chosen]
    rows, _ = StatusRows(header, set(chosen)).expand(records)
    rows = rows[(rows["kind"] == int(Kind.VALUE)) & np.isin(rows["obj"], chosen)]
    initial: list[Any] = [kind.default for kind in types]
    changes: list[tuple[int, int, Any]] = []
    for t, _kind, aux, index, _cause, a, b, _c, _d in rows.tolist():
        number = place[index]
        value = None if aux & 3 == Quality.BAD else value_of(types[number], a, b, view.texts)
        if t < start_ns:
            initial[number] = value
        else:
            changes.append((t + offset_ns, number, value))
    waves = [_wave(signals[k], kind) for k, kind in zip(chosen, types, strict=True)]
    comments = [
        f"{header.get('name', '')}, seed {header['core']['seed']}, journal of commissioning".strip(", ")
    ]
    start, end = start_ns + offset_ns, max(view.end_ns, start_ns) + offset_ns
    return Waveforms(waves, start, initial, changes, end, left_out, comments)


def _chosen(signals: Sequence[dict[str, Any]], names: Sequence[str]) -> list[int]:
    """Numbers of entries, in the order of the line."""
    if not names:
        tags = [k for k, one in enumerate(signals) if one["direction"] in ("input", "output")]
        return tags or list(range(len(signals)))
    found: set[int] = set()
    for name in names:
        wanted = name.casefold()
        fits = [
            k for k, one in enumerate(signals)
            if any(fnmatchcase(known.casefold(), wanted) for known in (one["name"], *one["ports"]))
        ]  # fmt: skip
        if not fits:
            raise KeyError(f"no tag or port is named {name}")
        found.update(fits)
    return sorted(found)


def _wave(signal: dict[str, Any], kind: DataType) -> Wave:
    name = signal["name"]
    if kind is DataType.BOOL:
        return Wave(name, "bool")
    if kind is DataType.STRING:
        return Wave(name, "text")
    if kind.is_real:
        return Wave(name, "real")
    low, _ = kind.range or (0, 0)
    return Wave(
        name, "signed" if low < 0 else "bits", kind.bits, "TIME in ns" if kind is DataType.TIME else ""
    )
