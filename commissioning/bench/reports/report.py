"""The report of a check: one HTML page that needs nothing else, for the screen and for paper.

No script, no request: everything is inline, and the page forbids the browser to load anything. Every text
is escaped, names of a scene are foreign input.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from commissioning.bench.conditions import RunFacts
from commissioning.bench.reports.coverage import coverage_sections
from commissioning.bench.reports.figures import STATES, rate_chart, replication_chart, state_bar
from commissioning.bench.reports.timing import text, timing_chart, verdict_mark
from commissioning.bench.reports.why import HOW as WHY_HOW
from commissioning.bench.reports.why import why_sections
from commissioning.sim.analysis.cause import clock
from commissioning.sim.check import Verdict

if TYPE_CHECKING:
    from commissioning.bench.verdicts import CheckReport

__all__ = ["POLICY", "html_report"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_RANK = ("FAIL", "INCONCLUSIVE", "NOT RUN", "PASS")
_FEWEST = 20  # parts done from which on a run is asked why
_HOW = """
<p>A level is what it is after everything that happened in an instant; times are virtual and exact to
the nanosecond. <b>never</b> fails if its condition is ever true. <b>within</b> passes if its reaction
holds at some time in [event, event + limit], both included; an event that never came is NOT RUN, an
obligation open at the end is INCONCLUSIVE. <b>throughput</b> is judged by the two-sided Student t
interval of the mean over replications: PASS if it lies wholly on the right side of the limit, FAIL if
wholly on the wrong side, INCONCLUSIVE if the limit lies in it. A value of BAD quality decides
nothing.</p>
"""


def html_report(report: CheckReport, made: datetime | None = None) -> str:
    """The report as HTML. `made`: when, now if not given."""
    made = datetime.now(UTC) if made is None else made
    c = report.conditions
    worst = next((word for word in _RANK if any(v.verdict == word for v in report.verdicts)), "NOT RUN")
    style = files("commissioning.bench.reports").joinpath("report.css").read_text("utf-8")
    body = [
        _header(report, worst),
        _problems(report),
        _table(report.verdicts),
        *(_decided(verdict) for verdict in report.verdicts if verdict.verdict != "PASS" and verdict.trace),
        *(_throughput(verdict) for verdict in report.verdicts if "rates" in verdict.details),
        _outputs(report),
        *(_figures(run) for run in report.runs if run.kpi),
        *(why_sections(run.why, _about(run)) for run in report.runs if _worth(run) and run.why is not None),
        coverage_sections(report.coverage),
        _passed(report.verdicts),
        _conditions(report, made),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(c.scene)}: {worst}</title><style>{style}</style></head>\n"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _header(report: CheckReport, worst: str) -> str:
    counts = ", ".join(
        f"{n} {word}" for word in _RANK if (n := sum(v.verdict == word for v in report.verdicts))
    )
    c = report.conditions
    runs = "1 run" if len(report.runs) == 1 else f"{len(report.runs)} runs"
    return (
        f'<header><span class="mark {_class(worst)}">{verdict_mark(worst)}</span><div>'
        f'<h1>{text(c.scene)}: <span class="{_class(worst)}">{worst}</span></h1>'
        f"<p>{counts or 'no checks'} in {runs}, seed {c.seed}</p></div></header>"
    )


def _problems(report: CheckReport) -> str:
    found = [f'<p class="problem"><b>A run stopped.</b> {text(problem)}</p>' for problem in report.problems]
    if report.interrupted:
        found.append('<p class="problem"><b>Stopped by the user</b> before all runs were done.</p>')
    for run in report.runs:
        for t, alarm in run.alarms:
            if not any(alarm == str(problem) for problem in report.problems):
                found.append(f'<p class="problem"><b>Alarm at {clock(t)}.</b> {text(alarm)}</p>')
    return "".join(found)


def _table(verdicts: Sequence[Verdict]) -> str:
    rows = []
    for v in verdicts:
        interval = "" if v.interval is None else f"{_number(v.interval[0])} to {_number(v.interval[1])}"
        at = "" if v.at_s is None else clock(round(v.at_s * 1e9))
        rows.append(
            f"<tr><td>{_verdict(v.verdict)}</td><td class='id'>{text(v.id)}<small>{text(v.type)}</small></td>"
            f"<td class='n'>{_number(v.measured, v.unit)}</td><td class='n'>{_number(v.limit, v.unit)}</td>"
            f"<td class='n'>{interval}</td><td class='n'>{at}</td>"
            f"<td class='why'>{_code(v.why)}</td></tr>"
        )
    return (
        '<section><h2>Verdicts</h2><div class="scroll"><table><thead><tr><th scope="col">Verdict</th>'
        '<th scope="col">Check</th><th scope="col" class="n">Measured</th>'
        '<th scope="col" class="n">Limit</th><th scope="col" class="n">Interval</th>'
        '<th scope="col" class="n">At</th><th scope="col">Why</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _decided(verdict: Verdict) -> str:
    return (
        f'<section><h2 class="verdict {_class(verdict.verdict)}">{verdict_mark(verdict.verdict)}'
        f"{verdict.verdict}: {text(verdict.id)}</h2><p>{_code(verdict.why)}</p>{_evidence(verdict)}</section>"
    )


def _evidence(verdict: Verdict) -> str:
    parts = []
    if verdict.trace is not None:
        chart = timing_chart(verdict.trace, f"signals of {verdict.id}")
        parts.append(f"<figure><figcaption>Signals over virtual time</figcaption>{chart}</figure>")
    if verdict.causes:
        items = "".join(
            f'<li><span class="muted">{clock(t)}</span><span class="what">{text(what)}</span></li>'
            for t, what in verdict.causes
        )
        parts.append(f'<h3>Cause, latest first</h3><ol class="causes">{items}</ol>')
    return "".join(parts)


def _throughput(verdict: Verdict) -> str:
    d = verdict.details
    limits = [] if verdict.limit is None else [("limit", verdict.limit)]
    start, end = int(d["warm_up_ns"]), int(d["length_ns"])
    over_time = rate_chart(d["curves"], start, end, limits, f"output of {d['at']} over time")
    means = replication_chart(
        d["rates"], verdict.interval, verdict.measured or 0.0, limits, f"replications of {verdict.id}"
    )
    counted = f"Counted for {clock(end - start)}"
    if start:
        counted += f" after a warm-up of {clock(start)}"
    spread = f"standard deviation {d['sd']:.2f}/h, {d['confidence'] * 100:g} % interval"
    return (
        f"<section><h2>Output at {text(d['at'])} ({text(verdict.id)})</h2>"
        f'<p class="verdict {_class(verdict.verdict)}">{verdict_mark(verdict.verdict)}{verdict.verdict}</p>'
        f'<p>{_code(verdict.why)}. {counted}.</p><div class="side">'
        f"<figure><figcaption>Parts per hour over time: run 1 as a line, the range of all runs as a band"
        f"</figcaption>{over_time}</figure><figure><figcaption>Each run, mean and interval ({spread})"
        f"</figcaption>{means}</figure></div></section>"
    )


def _outputs(report: CheckReport) -> str:
    """Output over time where no throughput check draws it."""
    if any("rates" in verdict.details for verdict in report.verdicts):
        return ""
    figures = [
        f"<figure><figcaption>Parts per hour at {text(device)}, scenario {text(run.scenario or 'none')}"
        f"</figcaption>{rate_chart([curve], 0, run.end_ns, [], f'output of {device} over time')}</figure>"
        for run in report.runs
        for device, curve in run.output.items()
        if curve and run.end_ns
    ]
    if not figures:
        return ""
    return f'<section><h2>Output over time</h2><div class="side">{"".join(figures)}</div></section>'


def _figures(run: RunFacts) -> str:
    rows, quiet = [], []
    for device, f in run.kpi.items():
        shares = {state: getattr(f, state) for state in STATES}
        if f.count == 0 and f.mean_queue == 0.0 and f.idle == 1.0:
            quiet.append(device)
            continue
        time = "" if f.mean_time is None else f"{f.mean_time:.2f} s"
        rows.append(
            f"<tr><td class='id'>{text(device)}</td><td class='n'>{f.count}</td>"
            f"<td class='n'>{f.rate_per_h:.1f}</td><td class='n'>{f.utilisation:.1%}</td>"
            f"<td class='n'>{f.mean_queue:.2f}</td><td class='n'>{time}</td>"
            f"<td class='states'>{state_bar(shares, _shares(device, shares))}</td></tr>"
        )
    legend = "".join(f'<span style="--c:var(--{state})">{state}</span>' for state in STATES)
    rest = ""
    if quiet:
        rest = f'<p class="muted">Without parts or states of their own: {text(", ".join(quiet))}.</p>'
    title = f"Key figures, scenario {text(run.scenario or 'none')}, first run, {clock(run.end_ns)}"
    return (
        f"<section><h2>{title}</h2>"
        f'<div class="legend">{legend}</div><div class="scroll"><table><thead><tr><th scope="col">Device</th>'
        '<th scope="col" class="n">Parts</th><th scope="col" class="n">Per hour</th>'
        '<th scope="col" class="n">Used</th><th scope="col" class="n">In it</th>'
        '<th scope="col" class="n">Stay</th><th scope="col" class="states">States</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{rest}</section>"
    )


def _about(run: RunFacts) -> str:
    return f"scenario {text(run.scenario or 'none')}, first run"


def _worth(run: RunFacts) -> bool:
    """Whether parts flow enough to say why; a test of a stop is too short for that, unless it is wrong."""
    found = run.why
    return found is not None and (found.routes.done >= _FEWEST or not found.sound)


def _passed(verdicts: Sequence[Verdict]) -> str:
    """What passed and left a trace: its slowest reaction."""
    shown = [v for v in verdicts if v.verdict == "PASS" and v.trace is not None]
    if not shown:
        return ""
    parts = [
        f"<details><summary>{text(v.id)}: slowest reaction {_number(v.measured, v.unit)}, "
        f"limit {_number(v.limit, v.unit)}</summary>{_evidence(v)}</details>"
        for v in shown
    ]
    return f"<section><h2>Evidence of what passed</h2>{''.join(parts)}</section>"


def _conditions(report: CheckReport, made: datetime) -> str:
    c = report.conditions
    facts = {
        "Scene": text(c.scene),
        "Scene hash": f"<code>{text(c.scene_hash)}</code>",
        "Seed": str(c.seed),
        "Versions": text(", ".join(f"{name} {version}" for name, version in c.versions.items())),
        "Made": made.strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    rows = "".join(
        f"<tr><td>{text(run.scenario or 'none')}</td><td class='n'>{run.replication + 1}</td>"
        f"<td class='n'>{run.seed}</td><td class='n'>{clock(run.end_ns)}</td><td class='n'>{run.events}</td>"
        f"<td class='mono' style='overflow-wrap:anywhere'>{text(run.digest)}</td></tr>"
        for run in report.runs
    )
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return (
        f'<section><h2>Conditions</h2><dl class="facts">{listed}</dl><div class="scroll"><table><thead><tr>'
        '<th scope="col">Scenario</th><th scope="col" class="n">Run</th><th scope="col" class="n">Seed</th>'
        '<th scope="col" class="n">Virtual time</th><th scope="col" class="n">Events</th>'
        f'<th scope="col">Journal digest</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
        f"<footer>{_HOW}{WHY_HOW}</footer>"
    )


def _verdict(word: str) -> str:
    return f'<span class="verdict {_class(word)}">{verdict_mark(word)}{word}</span>'


def _class(word: str) -> str:
    return word.lower().replace(" ", "-")


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    shown = f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
    if unit == "times":
        return shown
    return f"{shown}{unit}" if unit.startswith("/") else f"{shown} {text(unit)}".strip()


def _code(why: str) -> str:
    """A reason, what stands in backticks set as code."""
    pieces = text(why).replace(" &lt;- ", " ← ").split("`")
    if len(pieces) % 2 == 0:
        return "`".join(pieces)
    return "".join(f"<code>{piece}</code>" if k % 2 else piece for k, piece in enumerate(pieces))


def _shares(device: str, shares: dict[str, float]) -> str:
    listed = ", ".join(f"{state} {share:.1%}" for state, share in shares.items() if share > 0)
    return f"{device}: {listed}"
