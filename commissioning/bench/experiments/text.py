"""The report of an experiment as text: one table per measure."""

from __future__ import annotations

from math import isfinite

from commissioning.bench.experiments.plan import Measure
from commissioning.bench.experiments.results import Cell, ExperimentReport, shown
from commissioning.sim.analysis.cause import clock

__all__ = ["text_report"]


def text_report(report: ExperimentReport) -> str:
    """For people."""
    tables = [line for m in report.plan.measures for line in _table(report, m)]
    return "\n".join([*_heading(report), *tables, *_gains(report)])


def _heading(report: ExperimentReport) -> list[str]:
    plan, c = report.plan, report.conditions
    span, warm_up = clock(plan.length_ns), clock(report.warm_up_ns)
    if plan.warm_up_ns is None:
        time = f"{span}, the first {warm_up} left out as warm-up (MSER-5)"
    else:
        time = f"{span} after {warm_up} of warm-up" if plan.warm_up_ns else span
    count = len(report.variants)
    lines = [
        f"{c.scene}, experiment {plan.id}: {count} variant{'s' if count != 1 else ''}, {time}, seed {c.seed}",
        f"{report.ran} runs in {report.wall_s:.1f} s, {report.kept} more from the cache",
    ]
    if plan.help:
        lines.insert(1, plan.help)
    lines += [f"problem: {problem}" for problem in report.problems]
    lines += report.notices
    return lines


def _table(report: ExperimentReport, measure: Measure) -> list[str]:
    plan = report.plan
    width = max([len(result.variant.named) for result in report.asked] + [7])
    unit = f" in {measure.unit}" if measure.unit else ""
    versus = f"difference to {plan.baseline}" if plan.baseline and len(plan.variants) > 1 else ""
    share = f"{plan.confidence * 100:g} %"
    head = f"{'variant':{width}} {'runs':>5} {'mean':>11}   {share + ' interval':24} {versus}".rstrip()
    lines = ["", f"{measure.id}{unit}", head]
    for result in report.asked:
        cell = result.cells[measure.id]
        i = cell.interval
        mean = "" if i is None else shown(i.mean, measure)
        bounds = ""
        if i is not None and isfinite(i.half_width):
            bounds = f"{shown(i.low, measure)} to {shown(i.high, measure)}"
        line = f"{result.variant.named:{width}} {result.runs:5d} {mean:>11}   {bounds:24} {_versus(cell)}"
        lines.append(line.rstrip())
    return lines


def _gains(report: ExperimentReport) -> list[str]:
    if not report.gains:
        return []
    first = report.plan.measures[0]
    return ["", f"What would raise {first.id}", *(f"  {gain}" for gain in report.gains)]


def _versus(cell: Cell) -> str:
    d, m = cell.difference, cell.measure
    if d is None:
        return ""
    i = d.interval
    if not isfinite(i.half_width):
        return shown(i.mean, m, sign=True)
    words = "significant" if d.significant else "not significant"
    return f"{shown(i.mean, m, True)} ({shown(i.low, m, True)} to {shown(i.high, m, True)}), {words}"
