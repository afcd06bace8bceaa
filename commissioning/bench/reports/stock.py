"""Charts of stock, lead time and losses for the report: histograms and loss bars."""

from __future__ import annotations

from collections.abc import Mapping

from commissioning.bench.reports.timing import open_chart, text, ticks
from commissioning.sim.analysis.littles_law import Histogram
from commissioning.sim.analysis.oee import LOSSES

__all__ = ["histogram", "loss_bar"]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _RIGHT, _TOP = 490, 210, 44, 170, 12, 24


def histogram(found: Histogram, unit: str, title: str) -> str:
    """Shares as bars over the edges; mean and 95th percentile as lines with their numbers."""
    if found.mean is None:
        return '<p class="muted">Nothing to show.</p>'
    low, high = found.edges[0], found.edges[-1]
    most = max(found.weights)

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(share: float) -> float:
        return _BOTTOM - share / most * (_BOTTOM - _TOP - 12)

    parts = [open_chart(_WIDTH, _HEIGHT, title)]
    for tick in ticks(0.0, most * 100, 4):
        parts.append(f'<path class="grid" d="M{_LEFT} {y(tick / 100):.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(_label(_LEFT - 6, y(tick / 100) + 4, "end", f"{tick:g} %"))
    for k, share in enumerate(found.weights):
        left, right = x(found.edges[k]), x(found.edges[k + 1])
        if share > 0.0:
            words = f"{found.edges[k]:g} to {found.edges[k + 1]:g} {unit}: {share:.1%}"
            parts.append(
                f'<rect class="histogram" x="{left + 0.5:.1f}" y="{y(share):.1f}" '
                f'width="{max(right - left - 1.0, 0.5):.1f}" height="{_BOTTOM - y(share):.1f}">'
                f"<title>{text(words)}</title></rect>"
            )
    for tick in ticks(low, high, 6):
        parts.append(_label(x(tick), _BOTTOM + 17, "middle", f"{tick:g}"))
    parts.append(_label(_WIDTH - _RIGHT, _BOTTOM + 34, "end", unit))
    marks = [("mean", found.mean), ("95 % below", found.p95 or 0.0)]
    near = abs(x(marks[0][1]) - x(marks[1][1])) < 110
    for k, (word, value) in enumerate(marks):
        at = x(min(max(value, low), high))
        anchor = "start" if at < _WIDTH * 0.6 and not (near and k == 0 and at > 150) else "end"
        at_text = at + (4 if anchor == "start" else -4)
        parts.append(f'<path class="mark-plain" d="M{at:.1f} {_TOP - 2}V{_BOTTOM}"/>')
        parts.append(_label(at_text, 12 if k == 0 else 26, anchor, f"{word} {value:.4g} {unit}"))
    parts.append(f'<path class="axis" d="M{_LEFT} {_TOP}V{_BOTTOM}H{_WIDTH - _RIGHT}"/></svg>')
    return "".join(parts)


def loss_bar(time: Mapping[str, float], title: str) -> str:
    """Where the time of one machine went, in the order of LOSSES; what is below 0 is not drawn."""
    frame = 'class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img"'
    parts = [f'<svg {frame} aria-label="{text(title)}">']
    at = 0.0
    for loss in LOSSES:
        wide = min(max(time[loss], 0.0) * 1000, 1000 - at)
        if wide > 0.0:
            parts.append(
                f'<rect class="s-{loss}" x="{at:.2f}" y="0" width="{wide:.2f}" height="14">'
                f"<title>{loss} {time[loss]:.1%}</title></rect>"
            )
            at += wide
    parts.append("</svg>")
    return "".join(parts)


def _label(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text class="label-muted" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(words)}</text>'
