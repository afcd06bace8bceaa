"""The report of an experiment: one HTML page that needs nothing else, as the report of a check is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from math import isfinite

from commissioning.bench.experiments.plan import FIGURES, Measure
from commissioning.bench.experiments.report_limits import gains_section, limits_section
from commissioning.bench.experiments.results import Cell, ExperimentReport, VariantResult, shown
from commissioning.bench.experiments.runs import BINS
from commissioning.bench.experiments.variants import value_text
from commissioning.bench.reports.timing import open_chart, text, ticks
from commissioning.sim.analysis.cause import clock

__all__ = ["html_report", "interval_chart", "warm_up_chart"]

_Scale = Callable[[float], float]
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_WIDTH, _LABELS, _ROW = 1000, 320, 26
_LONGEST = 46  # characters of a variant's name beside a chart
_HOW = """
<p>Every variant ran with the same seeds, replication by replication, so that variants share their random
numbers. <b>Interval</b>: two-sided Student t interval of the mean over replications. <b>Difference</b>:
mean of the differences between equal replications of variant and baseline (paired t), with an interval
widened by Bonferroni so that all comparisons of one measure hold together; a difference is
<b>significant</b> if its interval leaves out 0. p is of the single comparison. Stopping at a stated
precision makes the confidence approximate.</p>
"""


def html_report(report: ExperimentReport, made: datetime | None = None) -> str:
    """The report as HTML. `made`: when, now if not given."""
    made = datetime.now(UTC) if made is None else made
    title = f"{report.conditions.scene}: {report.plan.id}"
    style = files("commissioning.bench.reports").joinpath("report.css").read_text("utf-8")
    body = [
        _header(report),
        _notices(report),
        _variants(report),
        *(_measure(report, measure) for measure in report.plan.measures),
        gains_section(report),
        limits_section(report),
        _warm_up(report),
        _conditions(report, made),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{style}</style></head>\n"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _header(report: ExperimentReport) -> str:
    plan = report.plan
    runs = sum(result.runs for result in report.variants)
    counts = {result.runs for result in report.variants}
    each = f"{counts.pop()} each" if len(counts) == 1 else f"{min(counts)} to {max(counts)} each"
    about = f"<p>{text(plan.help)}</p>" if plan.help else ""
    n = len(report.variants)
    return (
        f"<header><div><h1>{text(report.conditions.scene)}: experiment {text(plan.id)}</h1>{about}"
        f"<p>{n} variant{'s' if n != 1 else ''}, {runs} runs ({each}), {_times(report)}, "
        f"seed {report.conditions.seed}</p></div></header>"
    )


def _times(report: ExperimentReport) -> str:
    length, left_out = report.plan.length_ns, report.warm_up_ns
    if report.plan.warm_up_ns is None:
        return f"{clock(length)}, of which the first {clock(left_out)} left out as warm-up"
    return f"{clock(length)} after {clock(left_out)} of warm-up" if left_out else f"{clock(length)} each"


def _notices(report: ExperimentReport) -> str:
    found = [f"<b>A run stopped.</b> {text(problem)}" for problem in report.problems]
    found += [text(notice) for notice in report.notices]
    return "".join(f'<p class="problem">{words}</p>' for words in found)


def _variants(report: ExperimentReport) -> str:
    addresses: dict[str, None] = {}
    for result in report.asked:
        addresses |= dict.fromkeys(result.variant.as_json())
    if not addresses:
        return ""
    head = "".join(f'<th scope="col">{text(address)}</th>' for address in addresses)
    rows = []
    for result in report.asked:
        given = result.variant.as_json()
        cells = "".join(
            f"<td>{text(value_text(given[address])) if address in given else ''}</td>"
            for address in addresses
        )
        name = text(result.variant.id)
        if result.variant.id == report.plan.baseline:
            name += "<small>baseline</small>"
        name += "".join(f"<small>the same as {text(other)}</small>" for other in result.variant.also)
        precision = "" if result.precision is None else f"{result.precision * 100:.2f} %"
        rows.append(
            f"<tr><td class='id'>{name}</td>{cells}<td class='n'>{result.runs}</td>"
            f"<td class='n'>{precision}</td></tr>"
        )
    return (
        '<section><h2>Variants</h2><div class="scroll"><table><thead><tr><th scope="col">Variant</th>'
        f'{head}<th scope="col" class="n">Runs</th><th scope="col" class="n">Precision</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        f'<p class="muted">{_more(report)}An empty cell: as in the scene. Precision: half width of the '
        f"interval of {text(report.plan.measures[0].id)} as a share of its mean.</p></section>"
    )


def _more(report: ExperimentReport) -> str:
    count = len(report.plan.quicker)
    if not count:
        return ""
    return f"{count} more variants have one device each that is quicker, see below. "


def _measure(report: ExperimentReport, measure: Measure) -> str:
    unit = f" ({measure.unit})" if measure.unit else ""
    compared = any(result.cells[measure.id].difference is not None for result in report.asked)
    versus = (
        f'<th scope="col" class="n">Difference to {text(report.plan.baseline)}</th>'
        '<th scope="col" class="n">Interval of it</th><th scope="col" class="n">p</th><th scope="col"></th>'
        if compared
        else ""
    )
    rows = "".join(
        f"<tr><td class='id'>{text(result.variant.named)}</td>"
        f"{_cell(result.cells[measure.id], compared)}</tr>"
        for result in report.asked
    )
    chart = interval_chart(report.asked, measure, report.plan.baseline)
    share = f"{report.plan.confidence * 100:g} %"
    figure = (
        f"<figure><figcaption>Each run as a dot, the mean with its {share} interval as a bar"
        f"{'; dashed: mean of the baseline' if compared else ''}</figcaption>{chart}</figure>"
        if chart
        else ""
    )
    return (
        f"<section><h2>{text(measure.id)}{unit}</h2><p class='muted'>{text(FIGURES[measure.figure][1])}</p>"
        '<div class="scroll"><table><thead><tr><th scope="col">Variant</th>'
        f'<th scope="col" class="n">Mean</th><th scope="col" class="n">{share} interval</th>{versus}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>{figure}</section>"
    )


def _cell(cell: Cell, compared: bool) -> str:
    m, i, d = cell.measure, cell.interval, cell.difference
    parts = ["", ""]
    if i is not None:
        parts[0] = shown(i.mean, m)
        parts[1] = f"{shown(i.low, m)} to {shown(i.high, m)}" if isfinite(i.half_width) else ""
    elif cell.values:
        missing = sum(value is None for value in cell.values)
        parts[1] = f"no value in {missing} of {len(cell.values)} runs"
    mark = ""
    if compared:
        parts += ["", "", ""]
        if d is not None:
            parts[2] = shown(d.interval.mean, m, sign=True)
            if isfinite(d.interval.half_width):
                parts[3] = f"{shown(d.interval.low, m, True)} to {shown(d.interval.high, m, True)}"
                parts[4] = f"{d.p:.3f}" if d.p >= 0.0005 else "&lt; 0.001"
                mark = "<b>significant</b>" if d.significant else "not significant"
    cells = "".join(f"<td class='n'>{part}</td>" for part in parts)
    return cells + (f"<td>{mark}</td>" if compared else "")


def interval_chart(results: Sequence[VariantResult], measure: Measure, baseline: str) -> str:
    """One row per variant: its runs as dots, its mean and interval as a bar. Empty without any value."""
    rows = [(result.variant.named, result.cells[measure.id]) for result in results]
    numbers = [value for _, cell in rows for value in cell.values if value is not None]
    if not numbers:
        return ""
    for _, cell in rows:
        if cell.interval is not None and isfinite(cell.interval.half_width):
            numbers += [cell.interval.low, cell.interval.high]
    factor = 1.0 if measure.unit else 100.0
    low, high = min(numbers) * factor, max(numbers) * factor
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin
    top, bottom = 8, 8 + _ROW * len(rows)
    right = _WIDTH - 14

    def x(value: float) -> float:
        return _LABELS + (value * factor - low) / (high - low) * (right - _LABELS)

    parts = [open_chart(_WIDTH, bottom + 26, f"{measure.id} of each variant")]
    for tick in ticks(low, high, 7):
        at = x(tick / factor)
        parts.append(f'<path class="grid" d="M{at:.1f} {top}V{bottom}"/>')
        words = f"{tick:g}{measure.unit}" if measure.unit == "/h" else f"{tick:g} {measure.unit or '%'}"
        parts.append(
            f'<text class="label-muted" x="{at:.1f}" y="{bottom + 17}" text-anchor="middle">{words}</text>'
        )
    for k, (name, cell) in enumerate(rows):
        parts.append(_row(name, cell, top + _ROW * (k + 0.5), x))
    base = next((r.cells[measure.id].interval for r in results if r.variant.id == baseline), None)
    if base is not None and len(rows) > 1:
        parts.append(f'<path class="mark-plain" d="M{x(base.mean):.1f} {top}V{bottom}"/>')
    parts.append(f'<path class="axis" d="M{_LABELS} {bottom}H{right}"/></svg>')
    return "".join(parts)


def _row(name: str, cell: Cell, y: float, x: _Scale) -> str:
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    begin = f'<text x="{_LABELS - 10}" y="{y + 4:.1f}" text-anchor="end">'
    parts = [f"{begin}<title>{text(name)}</title>{text(short)}</text>"]
    interval = cell.interval
    if interval is not None and isfinite(interval.half_width):
        left, right = x(interval.low), x(interval.high)
        parts.append(
            f'<rect class="ci" x="{left:.1f}" y="{y - 8:.1f}" width="{max(right - left, 1.0):.1f}" '
            f'height="16"><title>{shown(interval.low, cell.measure)} to '
            f"{shown(interval.high, cell.measure)}</title></rect>"
        )
    for k, value in enumerate(cell.values):
        if value is not None:
            parts.append(
                f'<circle class="dot" cx="{x(value):.1f}" cy="{y:.1f}" r="2.4" fill-opacity="0.6">'
                f"<title>run {k + 1}: {shown(value, cell.measure)}</title></circle>"
            )
    if interval is not None:
        parts.append(f'<path class="mean" d="M{x(interval.mean):.1f} {y - 9:.1f}v18"/>')
    return "".join(parts)


def _warm_up(report: ExperimentReport) -> str:
    if report.plan.warm_up_ns is not None:
        return ""
    measure = report.plan.measures[0]
    figures = "".join(
        f"<figure><figcaption>{text(result.variant.named)}: mean over the runs; "
        f"{_found(result, report)}</figcaption>{warm_up_chart(result, measure, report)}</figure>"
        for result in report.asked
        if result.series
    )
    return (
        f"<section><h2>Warm-up, by MSER-5 on {text(measure.id)}</h2><p>The longest of all variants, "
        f"{clock(report.warm_up_ns)}, is left out of every run.</p>{figures}</section>"
    )


def _found(result: VariantResult, report: ExperimentReport) -> str:
    if result.warm_up is None:
        return ""
    if not result.warm_up.found:
        return "no steady state in the first half"
    return f"steady from {clock(report.plan.length_ns * result.warm_up.cut // BINS)} on"


def warm_up_chart(result: VariantResult, measure: Measure, report: ExperimentReport) -> str:
    """The mean series of a variant over virtual time, what is left out shaded."""
    width, height, left, bottom, right = _WIDTH, 170, 60, 140, 14
    factor = 1.0 if measure.unit else 100.0
    values = [value * factor for value in result.series]
    low, high = min(values), max(values)
    margin = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin

    def x(k: float) -> float:
        return left + k / len(values) * (width - left - right)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - 10)

    parts = [open_chart(width, height, f"{measure.id} of {result.variant.id} over time")]
    if report.cut:
        wide = x(report.cut) - left
        parts.append(
            f'<rect class="band" x="{left}" y="10" width="{wide:.1f}" height="{bottom - 10}"/>'
            f'<text class="label-muted" x="{left + 4}" y="23">left out</text>'
        )
    for tick in ticks(low, high, 4):
        parts.append(f'<path class="grid" d="M{left} {y(tick):.1f}H{width - right}"/>')
        place = f'x="{left - 6}" y="{y(tick) + 4:.1f}"'
        parts.append(f'<text class="label-muted" {place} text-anchor="end">{tick:g}</text>')
    minutes = report.plan.length_ns / 60e9
    for tick in ticks(0.0, minutes, 8):
        if tick <= minutes:
            at = x(tick / minutes * len(values))
            parts.append(
                f'<text class="label-muted" x="{at:.1f}" y="{bottom + 17}" text-anchor="middle">'
                f"{tick:g} min</text>"
            )
    points = " ".join(f"{x(k + 0.5):.1f},{y(value):.1f}" for k, value in enumerate(values))
    parts.append(f'<polyline class="wave" points="{points}"/>')
    parts.append(f'<path class="axis" d="M{left} 10V{bottom}H{width - right}"/></svg>')
    return "".join(parts)


def _conditions(report: ExperimentReport, made: datetime) -> str:
    c, plan = report.conditions, report.plan
    seeds = ", ".join(map(str, report.seeds[:40])) + (" ..." if len(report.seeds) > 40 else "")
    stop = f", stopping at {plan.precision * 100:g} % of {plan.measures[0].id}" if plan.precision else ""
    facts = {
        "Scene": text(c.scene),
        "Scene hash": f"<code>{text(c.scene_hash)}</code>",
        "Scenario": text(plan.scenario or "none"),
        "Replications": text(f"at most {plan.replications}{stop}"),
        "Seeds": text(seeds),
        "Confidence": f"{plan.confidence * 100:g} %",
        "Versions": text(", ".join(f"{name} {version}" for name, version in c.versions.items())),
        "Computed": f"{report.ran} runs in {report.wall_s:.1f} s, {report.kept} from the cache",
        "Made": made.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return f'<section><h2>Conditions</h2><dl class="facts">{listed}</dl></section><footer>{_HOW}</footer>'
