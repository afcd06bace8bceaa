"""The report of a scene's tests as one HTML page that needs nothing else. See bench/reports/report.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from commissioning.bench.reports.coverage import coverage_sections
from commissioning.bench.reports.report import POLICY
from commissioning.bench.reports.timing import text, verdict_mark
from commissioning.plc.testing.outcome import Outcome

if TYPE_CHECKING:
    from commissioning.bench.scene_tests_report import TestReport

__all__ = ["html_page"]

_RANK = ("FAIL", "INCONCLUSIVE", "NOT RUN", "PASS")


def html_page(report: TestReport, made: datetime | None = None) -> str:
    """The report as HTML. `made`: when, now if not given."""
    made = datetime.now(UTC) if made is None else made
    worst = next((word for word in _RANK if report.count(word)), "NOT RUN")
    style = files("commissioning.bench.reports").joinpath("report.css").read_text("utf-8")
    suites: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        suites.setdefault(outcome.suite, []).append(outcome)
    counts = ", ".join(f"{report.count(word)} {word}" for word in _RANK if report.count(word))
    header = (
        f'<header><span class="mark {_class(worst)}">{verdict_mark(worst)}</span><div>'
        f'<h1>Tests of {text(report.scene)}: <span class="{_class(worst)}">{worst}</span></h1>'
        f"<p>{counts or 'no tests were run'}</p></div></header>"
    )
    body = [
        header,
        *(f'<p class="problem"><b>Not read.</b> {text(problem)}</p>' for problem in report.problems),
        *(_suite(name, outcomes) for name, outcomes in suites.items()),
        coverage_sections(report.coverage),
        f"<footer><p>Made {made:%Y-%m-%d %H:%M} UTC. Times are virtual.</p></footer>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Tests of {text(report.scene)}: {worst}</title><style>{style}</style></head>\n"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _suite(name: str, outcomes: Sequence[Outcome]) -> str:
    rows = []
    for one in outcomes:
        why = one.why or "\n".join(str(failure) for failure in one.failures)
        why = "\n".join([*([why] if why else []), *(f"note: {note}" for note in one.notes)])
        tied = "".join(f"<small>{text(identity)}</small>" for identity in one.requirements)
        virtual = f"{one.virtual_ns / 1e9:g} s" if one.virtual_ns else ""
        rows.append(
            f'<tr><td><span class="verdict {_class(one.verdict)}">{verdict_mark(one.verdict)}{one.verdict}'
            f"</span></td><td class='id'>{text(one.name)}{tied}</td>"
            f"<td class='n'>{one.assertions or ''}</td><td class='n'>{virtual}</td>"
            f"<td class='why'>{text(why).replace(chr(10), '<br>')}</td></tr>"
        )
    return (
        f'<section><h2>{text(name)}</h2><div class="scroll"><table><thead><tr><th scope="col">Verdict</th>'
        '<th scope="col">Test</th><th scope="col" class="n">Assertions</th>'
        '<th scope="col" class="n">Time</th><th scope="col">Why</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def _class(word: str) -> str:
    return word.lower().replace(" ", "-")
