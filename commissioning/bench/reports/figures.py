"""The charts of the report that show figures: output over time, replications, state bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from commissioning.bench.reports.timing import open_chart, text, ticks

__all__ = ["STATES", "rate_chart", "replication_chart", "state_bar"]

STATES = ("working", "starved", "blocked", "down", "setup", "idle", "off")
Limits = Sequence[tuple[str, float]]


def rate_chart(
    curves: Sequence[Sequence[Sequence[int]]],
    start_ns: int,
    end_ns: int,
    limits: Limits,
    title: str,
) -> str:
    """Parts per hour over time: the first run as a line, the spread of all as a band, limits dashed.

    `curves`: per run [t_ns, parts so far]; `start_ns`: end of the warm-up, shaded before.
    """
    width, height, left, bottom, right = 600, 230, 52, 198, 24
    bins = 30
    edges = [end_ns * k / bins for k in range(bins + 1)]
    rates = [_rates(curve, edges) for curve in curves]
    peak = max([rate for row in rates for rate in row] + [limit for _, limit in limits] + [1e-9])
    marks = ticks(0.0, peak * 1.12, 5)
    top_value = max(marks[-1], peak * 1.12)

    def x(t: float) -> float:
        return left + t / end_ns * (width - left - right)

    def y(rate: float) -> float:
        return bottom - rate / top_value * (bottom - 14)

    def step(k: int, rate: float) -> tuple[str, str]:
        return f"{x(edges[k]):.1f},{y(rate):.1f}", f"{x(edges[k + 1]):.1f},{y(rate):.1f}"

    parts = [open_chart(width, height, title)]
    if start_ns:
        wide = x(start_ns) - left
        parts.append(f'<rect class="band" x="{left}" y="14" width="{wide:.1f}" height="{bottom - 14}"/>')
        parts.append(f'<text class="label-muted" x="{left + 4}" y="26">warm-up</text>')
    for tick in marks:
        parts.append(f'<path class="grid" d="M{left} {y(tick):.1f}H{width - right}"/>')
        parts.append(_label(left - 6, y(tick) + 4, "end", f"{tick:g}"))
    if len(rates) > 1:
        band = [(min(row[k] for row in rates), max(row[k] for row in rates)) for k in range(bins)]
        over = [point for k, (_, most) in enumerate(band) for point in step(k, most)]
        under = [point for k, (least, _) in enumerate(band) for point in step(k, least)]
        parts.append(f'<polygon class="band" points="{" ".join([*over, *reversed(under)])}"/>')
    line = [point for k, rate in enumerate(rates[0]) for point in step(k, rate)]
    parts.append(f'<polyline class="wave" points="{" ".join(line)}"/>')
    for word, limit in limits:
        parts.append(f'<path class="limit" d="M{left} {y(limit):.1f}H{width - right}"/>')
        parts.append(
            f'<text class="mark-text-fail" x="{width - right - 2}" y="{y(limit) + 15:.1f}" text-anchor="end">'
            f"{text(word)} {limit:g}/h</text>"
        )
    for t in ticks(0.0, end_ns / 60e9, 6):
        if t * 60e9 <= end_ns:
            parts.append(_label(x(t * 60e9), bottom + 17, "middle", f"{t:g} min"))
    parts.append(f'<path class="axis" d="M{left} 14V{bottom}H{width - right}"/></svg>')
    return "".join(parts)


def _label(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text class="label-muted" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(words)}</text>'


def _rates(curve: Sequence[Sequence[int]], edges: Sequence[float]) -> list[float]:
    """Parts per hour in each bin, the count taken linearly between the points of the curve."""
    points = [(0.0, 0.0), *((float(t), float(n)) for t, n in curve)]
    counts, k = [], 0
    for edge in edges:
        while k + 1 < len(points) and points[k + 1][0] <= edge:
            k += 1
        t, n = points[k]
        if k + 1 < len(points) and points[k + 1][0] > t:
            t1, n1 = points[k + 1]
            n += (n1 - n) * (edge - t) / (t1 - t)
        counts.append(n)
    return [(counts[j + 1] - counts[j]) / ((edges[j + 1] - edges[j]) / 3.6e12) for j in range(len(edges) - 1)]


def replication_chart(
    rates: Sequence[float],
    interval: Sequence[float] | None,
    mean: float,
    limits: Limits,
    title: str,
) -> str:
    """The rate of each replication as a dot, the mean with its interval as a band, limits dashed."""
    width, height, left, bottom = 400, 230, 52, 198
    values = [*rates, *(limit for _, limit in limits), *(interval or ())]
    low, high = min(values), max(values)
    margin = (high - low) * 0.12 or abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin

    def y(rate: float) -> float:
        return bottom - (rate - low) / (high - low) * (bottom - 14)

    def x(k: int) -> float:
        return left + (k + 0.5) / len(rates) * (width - left - 12)

    parts = [open_chart(width, height, title)]
    for tick in ticks(low, high, 5):
        parts.append(f'<path class="grid" d="M{left} {y(tick):.1f}H{width - 12}"/>')
        parts.append(_label(left - 6, y(tick) + 4, "end", f"{tick:g}"))
    if interval is not None:
        at, tall = y(interval[1]), max(y(interval[0]) - y(interval[1]), 1.0)
        wide = width - left - 12
        parts.append(f'<rect class="ci" x="{left}" y="{at:.1f}" width="{wide}" height="{tall:.1f}"/>')
    parts.append(f'<path class="mean" d="M{left} {y(mean):.1f}H{width - 12}"/>')
    for word, limit in limits:
        parts.append(f'<path class="limit" d="M{left} {y(limit):.1f}H{width - 12}"/>')
        parts.append(
            f'<text class="mark-text-fail" x="{width - 14}" y="{y(limit) - 5:.1f}" text-anchor="end">'
            f"{text(word)} {limit:g}/h</text>"
        )
    step = max(1, ceil(len(rates) / 12))
    for k, rate in enumerate(rates):
        parts.append(
            f'<circle class="dot" cx="{x(k):.1f}" cy="{y(rate):.1f}" r="3.6">'
            f"<title>run {k + 1}: {rate:.1f}/h</title></circle>"
        )
        if k % step == 0:
            parts.append(_label(x(k), bottom + 17, "middle", str(k + 1)))
    parts.append(f'<path class="axis" d="M{left} 14V{bottom}H{width - 12}"/></svg>')
    return "".join(parts)


def state_bar(shares: Mapping[str, float], title: str) -> str:
    """The share of time in each state, side by side."""
    frame = 'class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img"'
    parts = [f'<svg {frame} aria-label="{text(title)}">']
    at = 0.0
    for state in STATES:
        wide = shares[state] * 1000
        if wide > 0:
            parts.append(
                f'<rect x="{at:.2f}" y="0" width="{wide:.2f}" height="14" style="fill:var(--{state})">'
                f"<title>{state} {shares[state]:.1%}</title></rect>"
            )
        at += wide
    parts.append("</svg>")
    return "".join(parts)
