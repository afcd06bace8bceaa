"""What devices did over time, in strips for charts; the order of devices along the flow; the warm-up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from commissioning.model.record import Kind, State
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.warmup import mser

__all__ = ["STEPS", "Strip", "flow_order", "steady_from", "strips"]

STEPS = 240
"""Steps of strips in JSON and in charts."""
_GRID = 200
_FEWEST = 50  # parts that must have left for a warm-up to be told
_ROWS = 40  # devices in a strip
_EXACT = 300  # periods of one device up to which a strip shows every one
_ROUND = (3600, 600, 60, 10, 1)  # s, of which the exact strip is a whole number long
_ZOOM = 60  # periods of the busiest device in the exact strip

Strip = dict[str, list[tuple[int, int, dict[str, float]]]]
"""By device: (t0, t1, share by state)."""


def steady_from(history: History) -> tuple[int, str]:
    """From when on the line runs steadily (ns): MSER-5 over the parts that leave it; and how it was found."""
    rows = history.records
    out = rows["t"][(rows["kind"] == int(Kind.PART_GONE)) & (rows["aux"] == 0)]
    if len(out) < _FEWEST:
        return 0, "too short"
    edges = [history.end * k // _GRID for k in range(_GRID + 1)]
    counts = np.diff(np.searchsorted(out, np.array(edges, np.int64), side="right"))
    found = mser([float(count) for count in counts])
    if not found.found:
        return 0, "none found"
    return edges[found.cut], "MSER-5"


def flow_order(history: History) -> tuple[int, ...]:
    """Devices by the first part that they made, held or took; those without any are left out."""
    first: dict[int, int] = {}
    for visits in history.journeys.values():
        for device, t_in, _ in visits:
            first[device] = min(first.get(device, t_in), t_in)
    for t, device, _ in history.made.values():
        if device in history.periods:
            first[device] = min(first.get(device, t), t - 1)
    for end in history.ends.values():
        first.setdefault(end.device, end.t)
    for device, role in history.roles.items():
        if role in ("machine", "source"):
            first.setdefault(device, history.end)
    return tuple(sorted((d for d in first if d in history.periods), key=lambda d: (first[d], d)))


def strips(history: History, order: tuple[int, ...]) -> tuple[Strip, Strip]:
    """Of machines, sources and belts that changed their state: the whole time, and its first stretch."""
    shown = {}
    for device in order:
        kind = history.roles[device]
        changes = len(history.periods[device].within(history.start, history.end))
        if kind in ("machine", "source") or (kind == "transport" and changes > 1):
            shown[device] = changes
    chosen = list(shown)[:_ROWS]
    busiest = max((shown[device] for device in chosen), default=0)
    whole = {
        history.names[device]: _strip(history, device, history.end, shown[device] <= _EXACT)
        for device in chosen
    }
    zoom: Strip = {}
    if busiest > _EXACT:
        length = history.span * _ZOOM // busiest
        step = next((one for one in _ROUND if one * 10**9 <= length), 0) * 10**9
        until = history.start + (length // step * step if step else length)
        zoom = {history.names[device]: _strip(history, device, until, True) for device in chosen}
    return whole, zoom


def _strip(history: History, device: int, end: int, exactly: bool) -> list[tuple[int, int, dict[str, float]]]:
    periods, start = history.periods[device], history.start
    if exactly:
        found: list[tuple[int, int, dict[str, float]]] = []
        for t0, t1, state, _ in periods.within(start, end):
            shares = {State(state).name.lower(): 1.0}
            if found and found[-1][2] == shares:
                found[-1] = (found[-1][0], t1, shares)
            else:
                found.append((t0, t1, shares))
        return found
    edges = [start + (end - start) * k // STEPS for k in range(STEPS + 1)]
    return [
        (
            t0,
            t1,
            {
                state.name.lower(): share
                for state, share in zip(State, periods.shares(t0, t1), strict=True)
                if share
            },
        )
        for t0, t1 in pairwise(edges)
        if t1 > t0
    ]
