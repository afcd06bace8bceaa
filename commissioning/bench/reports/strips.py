"""Strips over virtual time for the report: what each device did, and which one was the bottleneck.

A state shows by colour and by shape: working fills the row, starved its lower half, blocked its upper half,
down is crossed out, set-up is a band in the middle, idle and off are a line at its foot. Where a device
changed too often, a step of time shows the shares of the states on top of one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from commissioning.bench.reports.timing import open_chart, text, ticks
from commissioning.bench.why import Why
from commissioning.bench.why_strips import STEPS, Strip
from commissioning.sim.analysis.bottleneck import Bottlenecks
from commissioning.sim.analysis.cause import clock

__all__ = ["STACK", "bottleneck_strip", "state_strips"]

STACK = ("working", "down", "setup", "blocked", "starved", "idle", "off")
_WIDTH, _LABELS, _ROW, _BAR = 1000, 150, 24, 17
_RIGHT = 12
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)  # s
_SHAPE = {  # part of the bar's height: from, to, counted from its top
    "working": (0.0, 1.0), "down": (0.0, 1.0), "setup": (0.25, 0.75), "blocked": (0.0, 0.5),
    "starved": (0.5, 1.0), "idle": (0.88, 1.0), "off": (0.96, 1.0),
}  # fmt: skip


def state_strips(strips: Strip, start: int, end: int, title: str) -> str:
    """One row per device; `strips` as in `Why`."""
    bottom = 6 + _ROW * len(strips)
    parts = [open_chart(_WIDTH, bottom + 26, title), _grid(start, end, 6, bottom)]
    for row, (name, pieces) in enumerate(strips.items()):
        y = 6 + _ROW * row
        parts.append(_label(name, y))
        parts.extend(_pieces(pieces, start, end, y))
    parts.append(f'<path class="axis" d="M{_LABELS} {bottom}H{_WIDTH - _RIGHT}"/></svg>')
    return "".join(parts)


def bottleneck_strip(why: Why, rows: int = 6) -> str:
    """The momentary bottleneck over time: full bars where it was the only one, half where it shifted."""
    found = why.bottleneck
    ranked = sorted(found.shares, key=lambda device: -found.shares[device].momentary)
    chosen = [device for device in ranked if found.shares[device].momentary >= 0.001][:rows]
    start, end = why.start_ns, why.end_ns
    if not chosen or end <= start:
        return ""
    bottom = 6 + _ROW * len(chosen)
    parts = [open_chart(_WIDTH, bottom + 26, "bottleneck over time"), _grid(start, end, 6, bottom)]
    few = len(found.strip) <= 400
    grown = {} if few else found.grown(_edges(start, end))
    for row, device in enumerate(chosen):
        y = 6 + _ROW * row
        parts.append(_label(why.names[device], y))
        parts += _exact(found, device, start, end, y) if few else _stepped(grown[device], start, end, y)
    parts.append(f'<path class="axis" d="M{_LABELS} {bottom}H{_WIDTH - _RIGHT}"/></svg>')
    return "".join(parts)


def _exact(found: Bottlenecks, device: int, start: int, end: int, y: float) -> list[str]:
    mine = [(t0, t1) for t0, t1, one in found.strip if one == device]
    moves = [(t0, t1) for t0, t1, a, b in found.shifts if device in (a, b)]
    return [
        _rect(kind, _x(t0, start, end), _x(t1, start, end), y, top, 1.0)
        for kind, top, pieces in (("limits", 0.0, mine), ("shifts", 0.5, moves))
        for t0, t1 in pieces
    ]


def _stepped(grown: tuple[list[float], list[float]], start: int, end: int, y: float) -> list[str]:
    found = []
    seconds = (end - start) / STEPS / 1e9
    wide = (_WIDTH - _LABELS - _RIGHT) / STEPS
    for k, (momentary, sole) in enumerate(zip(*(np.diff(one) for one in grown), strict=True)):
        left = _LABELS + wide * k
        high = min(float(momentary) / seconds, 1.0)
        alone = min(float(sole) / seconds, high)
        found.append(_rect("limits", left, left + wide, y, 1.0 - alone, 1.0))
        found.append(_rect("shifts", left, left + wide, y, 1.0 - high, 1.0 - alone))
    return found


def _edges(start: int, end: int) -> NDArray[np.int64]:
    return np.array([start + (end - start) * k // STEPS for k in range(STEPS + 1)], np.int64)


def _pieces(
    pieces: Sequence[tuple[int, int, Mapping[str, float]]], start: int, end: int, y: float
) -> list[str]:
    found = []
    stepped = any(len(shares) > 1 for _, _, shares in pieces)
    for t0, t1, shares in pieces:
        left, right = _x(t0, start, end), _x(t1, start, end)
        if len(shares) == 1 and not stepped:
            (state,) = shares
            found.append(_rect(f"s-{state}", left, right, y, *_SHAPE[state]))
            if state == "down":
                found.append(f'<path class="cross-line" d="M{left:.1f} {y + 2 + _BAR}L{right:.1f} {y + 2}"/>')
            continue
        at = 1.0
        for state in STACK:
            share = shares.get(state, 0.0)
            if share > 0.0:
                found.append(_rect(f"s-{state}", left, right, y, at - share, at))
                at -= share
    return found


def _rect(kind: str, left: float, right: float, y: float, low: float, high: float) -> str:
    if high - low <= 0.002 or right <= left:
        return ""
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{y + 2 + low * _BAR:.1f}" '
        f'width="{max(right - left, 1.2):.1f}" height="{(high - low) * _BAR:.1f}"/>'
    )


def _x(t: float, start: int, end: int) -> float:
    wide = _WIDTH - _LABELS - _RIGHT
    return _LABELS + (min(max(t, start), end) - start) / max(end - start, 1) * wide


def _label(name: str, y: float) -> str:
    shown = name if len(name) <= 19 else name[:18] + "…"
    return (
        f'<text x="{_LABELS - 10}" y="{y + 15}" text-anchor="end">{text(shown)}<title>{text(name)}</title>'
        f'</text><path class="grid" d="M{_LABELS} {y + 2 + _BAR}H{_WIDTH - _RIGHT}"/>'
    )


def _grid(start: int, end: int, top: int, bottom: int) -> str:
    parts = []
    for t in _round_times(start / 1e9, end / 1e9):
        at, word = _x(t * 1e9, start, end), clock(round(t * 1e9)).split(".")[0]
        middle = min(at, _WIDTH - 3.4 * len(word))
        parts.append(f'<path class="grid" d="M{at:.1f} {top}V{bottom}"/>')
        parts.append(
            f'<text class="label-muted" x="{middle:.1f}" y="{bottom + 17}" text-anchor="middle">{word}</text>'
        )
    return "".join(parts)


def _round_times(start: float, end: float) -> list[float]:
    """Some six round times in seconds: whole minutes, quarters of an hour and the like."""
    if end <= start:
        return [start]
    step = next((one for one in _STEPS if (end - start) / one <= 7), None)
    if step is None:
        return ticks(start, end, 6)
    return [step * k for k in range(ceil(start / step), int(end / step) + 1)]
