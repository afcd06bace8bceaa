"""The tag timing chart of the report as SVG, and what all its charts share.

Colours are classes of `report.css`, so that one picture fits light, dark and paper. Nothing is told by
colour alone: every line has a label, every failure a shape and a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Any

from commissioning.bench.junit import clean
from commissioning.sim.analysis.cause import clock

__all__ = ["open_chart", "text", "ticks", "timing_chart", "verdict_mark"]

_WIDTH, _LABELS, _ROW = 1000, 190, 34
BUSY = "\ue000busy"  # a private mark, no value of any signal
_SHAPES = {
    "PASS": '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
    '<path d="M4.5 8.3l2.4 2.4 4.6-5" stroke="var(--panel)" stroke-width="1.8" fill="none"/>',
    "FAIL": '<path d="M8 .8 15.2 8 8 15.2 .8 8z" fill="currentColor"/>'
    '<path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" stroke="var(--panel)" stroke-width="1.8"/>',
    "INCONCLUSIVE": '<path d="M8 1.2 15 14.2H1z" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    '<path d="M8 6v4M8 11.4v1.4" stroke="currentColor" stroke-width="1.6"/>',
    "NOT RUN": '<circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M4.6 8h6.8" stroke="currentColor" stroke-width="1.8"/>',
}


def verdict_mark(word: str) -> str:
    """The shape of a verdict: disc, diamond, triangle, ring."""
    return f'<svg viewBox="0 0 16 16" aria-hidden="true">{_SHAPES[word]}</svg>'


def text(value: object) -> str:
    """Any text as HTML."""
    return escape(clean(str(value)), quote=True)


def open_chart(width: int, height: int, title: str) -> str:
    """The opening tag of a chart."""
    return f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{text(title)}">'


def timing_chart(trace: Mapping[str, Any], title: str) -> str:
    """Logic-analyser picture of a verdict's trace (see `sim.check.Verdict`)."""
    start, end = int(trace["start_ns"]), max(int(trace["end_ns"]), int(trace["start_ns"]) + 1)
    plot = _WIDTH - _LABELS - 12

    def x(t: float) -> float:
        return _LABELS + (min(max(t, start), end) - start) / (end - start) * plot

    marks, mark_rows = _marks(trace["marks"], x)
    top = 10 + 16 * mark_rows
    signals = trace["signals"]
    bottom = top + _ROW * len(signals)
    parts = [open_chart(_WIDTH, bottom + 26, title)]
    parts.append(
        '<defs><pattern id="bad" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0v6" class="mark-limit"/></pattern></defs>'
    )
    for t in ticks(start / 1e9, end / 1e9, 6):
        at, word = x(t * 1e9), clock(round(t * 1e9))
        middle = min(at, _WIDTH - 3.4 * len(word))
        parts.append(f'<path class="grid" d="M{at:.1f} {top}V{bottom}"/>')
        parts.append(
            f'<text class="label-muted" x="{middle:.1f}" y="{bottom + 17}" text-anchor="middle">{word}</text>'
        )
    for row, signal in enumerate(signals):
        parts.append(_lane(signal, top + _ROW * row, x, end))
    parts.append(f'<path class="axis" d="M{_LABELS} {bottom}H{_WIDTH - 12}"/>')
    parts += [mark(bottom) for mark in marks]
    parts.append("</svg>")
    return "".join(parts)


def _marks(marks: Sequence[Sequence[Any]], x: Any) -> tuple[list[Any], int]:
    """Vertical lines with labels that do not run into each other; and how many rows of labels they take."""
    drawn: list[Any] = []
    ends: list[float] = []
    for t, word in sorted(marks, key=lambda mark: mark[0]):
        at, label = x(t), f"{word} {clock(t)}"
        width = 6.6 * len(label) + 14
        left = min(max(at - width / 2, 0.0), _WIDTH - width)
        row = next((k for k, end in enumerate(ends) if end < left), len(ends))
        if row == len(ends):
            ends.append(0.0)
        ends[row] = left + width
        drawn.append(_mark(at, left + width / 2, 16 * row + 14, str(word), label))
    return drawn, max(len(ends), 1)


def _mark(at: float, middle: float, y: float, word: str, label: str) -> Any:
    fails = word == "fails"
    line = "mark-fail" if fails else "mark-limit" if word == "limit" else "mark-plain"
    style = ' class="mark-text-fail"' if fails else ""

    def draw(bottom: float) -> str:
        shape = ""
        if fails:
            shape = f'<path class="mark-fail-fill" d="M{at:.1f} {bottom - 5}l5 5l-5 5l-5 -5z"/>'
        return (
            f'<path class="{line}" d="M{at:.1f} {y + 4}V{bottom}"/>{shape}'
            f'<text{style} x="{middle:.1f}" y="{y}" text-anchor="middle">{text(label)}</text>'
        )

    return draw


def _lane(signal: Mapping[str, Any], y: float, x: Any, end: int) -> str:
    name = str(signal["name"])
    shown = name if len(name) <= 24 else name[:23] + "…"
    label = (
        f'<text x="{_LABELS - 12}" y="{y + 22}" text-anchor="end">{text(shown)}'
        f"<title>{text(name)}</title></text>"
        f'<path class="grid" d="M{_LABELS} {y + _ROW - 2}H{_WIDTH - 12}"/>'
    )
    if signal["kind"] == "motion":
        return label + _curve(signal, y, x)
    pieces = _pieces(signal["points"], x, end)
    if signal["kind"] == "level":
        return label + _levels(pieces, y)
    return label + "".join(_bus(left, right, value, y) for left, right, value in pieces)


def _pieces(points: Sequence[Sequence[Any]], x: Any, end: int) -> list[tuple[float, float, Any]]:
    """(from, to, value) in pixels. Changes too fast to draw become stretches of value BUSY."""
    pieces: list[tuple[float, float, Any]] = []
    for at, (t, value) in enumerate(points):
        left = x(t)
        right = x(points[at + 1][0] if at + 1 < len(points) else end)
        if right - left >= 0.7 or len(points) < 400:
            pieces.append((left, right, value))
        elif pieces and pieces[-1][2] == BUSY:
            pieces[-1] = (pieces[-1][0], right, BUSY)
        else:
            pieces.append((left, right, BUSY))
    return pieces


def _levels(pieces: Sequence[tuple[float, float, Any]], y: float) -> str:
    high, low = y + 7, y + _ROW - 6
    fills, path = [], ""
    before: float | None = None
    for left, right, value in pieces:
        if value is None or value == BUSY:
            kind, word = ("wave-bad", "BAD") if value is None else ("dot", "changes too fast to draw")
            fills.append(f'<rect class="{kind}" x="{left:.1f}" y="{high}" width="{right - left:.1f}" '
                         f'height="{low - high}"><title>{word}</title></rect>')  # fmt: skip
            before = None
            continue
        level = high if value else low
        path += f"M{left:.1f} {level}" if before is None else f"L{left:.1f} {before}L{left:.1f} {level}"
        path += f"L{right:.1f} {level}"
        before = level
        if value:
            fills.append(
                f'<rect class="wave-high" x="{left:.1f}" y="{high}" width="{right - left:.1f}" '
                f'height="{low - high}"/>'
            )
    return "".join(fills) + (f'<path class="wave" d="{path}"/>' if path else "")


def _bus(left: float, right: float, value: Any, y: float) -> str:
    """A number or text: a six-sided stretch with its value in it."""
    high, low, middle = y + 7, y + _ROW - 6, y + (_ROW + 1) / 2
    tip = min(4.0, (right - left) / 2)
    kind = "wave-bad" if value is None else "wave"
    shape = (
        f'<path class="{kind}" d="M{left:.1f} {middle}L{left + tip:.1f} {high}H{right - tip:.1f}'
        f'L{right:.1f} {middle}L{right - tip:.1f} {low}H{left + tip:.1f}Z"/>'
    )
    word = "BAD" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    if value == BUSY:
        wide = right - left
        return f'<rect class="dot" x="{left:.1f}" y="{high}" width="{wide:.1f}" height="{low - high}"/>'
    if 7 * len(word) + 10 > right - left:
        return shape
    centre = (left + right) / 2
    return shape + f'<text x="{centre:.1f}" y="{middle + 4}" text-anchor="middle">{text(word)}</text>'


def _curve(signal: Mapping[str, Any], y: float, x: Any) -> str:
    points = signal["points"]
    if not points:
        return ""
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    low = min(low, 0.0) if signal["unit"] == "m/s" else low
    span = (high - low) or 1.0
    base = y + _ROW - 6
    path = " ".join(f"{x(t):.1f},{base - (value - low) / span * (_ROW - 13):.1f}" for t, value in points)
    return (
        f'<polyline class="wave" points="{path}"/><text class="label-muted" x="{_WIDTH - 14}" y="{y + 14}" '
        f'text-anchor="end">{low:.3g} to {high:.3g} {text(signal["unit"])}</text>'
    )


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers from low to high, some `about` of them."""
    span = high - low
    if span <= 0.0:
        return [low]
    step = 10.0 ** floor(log10(span / about))
    step *= next((factor for factor in (1, 2, 5, 10) if span / (step * factor) <= about), 10)
    first = ceil(low / step - 1e-9)
    return [k * step for k in range(first, floor(high / step + 1e-9) + 1)]
