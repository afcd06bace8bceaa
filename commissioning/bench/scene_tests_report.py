"""What the tests of a scene came to: for people, as JSON, and as JUnit XML for CI servers.

In JUnit a FAIL is a `failure`, INCONCLUSIVE an `error`, NOT RUN `skipped`; one suite per file. `time` is wall
time in seconds, the virtual time is a property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as Xml

from commissioning.bench.junit import clean
from commissioning.bench.reports.coverage import coverage_json
from commissioning.model.problem import Problem
from commissioning.plc.debugging.coverage import Coverage
from commissioning.plc.testing.outcome import Outcome

__all__ = ["TestReport"]

_WORDS = ("PASS", "FAIL", "INCONCLUSIVE", "NOT RUN")
_TAGS = {"FAIL": "failure", "INCONCLUSIVE": "error", "NOT RUN": "skipped"}
_SHOWN = 10  # failures of one test, on screen


@dataclass(frozen=True)
class TestReport:
    """Outcomes in the order in which the tests ran; `problems`: what kept tests from running at all;
    `coverage`: by controller, if it was asked for."""

    __test__ = False  # for pytest, which takes it for a test by its name

    scene: str
    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...] = ()
    wall_s: float = 0.0
    coverage: Mapping[str, Coverage] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """1 if a test failed, whatever else; 2 if tests could not be read or compiled; 3 if some were not run
        or not decided; 0 if all passed."""
        words = {outcome.verdict for outcome in self.outcomes}
        if "FAIL" in words:
            return 1
        if self.problems or not words:
            return 2
        return 0 if words == {"PASS"} else 3

    def count(self, verdict: str) -> int:
        return sum(outcome.verdict == verdict for outcome in self.outcomes)

    def as_text(self) -> str:
        """One line per test, below it what was not as expected."""
        lines = []
        suite = ""
        for outcome in self.outcomes:
            if outcome.suite != suite:
                suite = outcome.suite
                lines.append(suite)
            virtual = f", {outcome.virtual_ns / 1e9:g} s" if outcome.virtual_ns else ""
            judged = f"  ({outcome.assertions} assertions{virtual})" if outcome.assertions else ""
            lines.append(f"  {outcome.verdict:8} {outcome.name}{judged}")
            lines += [f"           note: {note}" for note in outcome.notes]
            if outcome.why:
                lines.append(f"           {outcome.why}")
            told = outcome.failures if outcome.verdict != "NOT RUN" else ()
            for failure in told[:_SHOWN]:
                lines += [f"           {row}" for row in str(failure).splitlines()]
            if len(told) > _SHOWN:
                lines.append(f"           and {len(told) - _SHOWN} more")
        counts = ", ".join(f"{self.count(word)} {word}" for word in _WORDS if self.count(word))
        lines.append(f"{self.scene}: {counts or 'no tests were run'} ({self.wall_s:.2f} s)")
        return _printable("\n".join(lines))

    def as_json(self) -> dict[str, Any]:
        """What `test --json` prints; times in seconds."""
        return {
            "scene": self.scene,
            "tests": [_plain(outcome) for outcome in self.outcomes],
            "problems": [str(problem) for problem in self.problems],
            "wall_s": self.wall_s,
            "exit_code": self.exit_code,
            **({"coverage": coverage_json(self.coverage)} if self.coverage else {}),
        }

    def as_html(self) -> str:
        """One self-contained HTML page, with what was executed of the programs."""
        from commissioning.bench.scene_tests_html import html_page

        return html_page(self)

    def as_junit(self) -> str:
        """The report as a JUnit XML document."""
        root = Xml.Element("testsuites", {"name": clean(self.scene), **_counts(self.outcomes)})
        suites: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            suites.setdefault(outcome.suite, []).append(outcome)
        for name, outcomes in suites.items():
            suite = Xml.SubElement(root, "testsuite", {"name": clean(name), **_counts(outcomes)})
            for outcome in outcomes:
                _case(suite, outcome)
        if self.problems:
            told = clean("\n".join(map(str, self.problems)))
            facts = {
                "name": "problems",
                "tests": "1",
                "failures": "0",
                "errors": "1",
                "skipped": "0",
                "time": "0",
            }
            suite = Xml.SubElement(root, "testsuite", facts)
            case = Xml.SubElement(
                suite, "testcase", {"classname": "problems", "name": "what could not be read"}
            )
            Xml.SubElement(case, "error", {"message": told.splitlines()[0], "type": "problem"}).text = told
        Xml.indent(root)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _printable(text: str) -> str:
    """Names and messages come from files: they give a terminal no orders."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "suite": outcome.suite, "name": outcome.name, "file": outcome.file, "line": outcome.line,
        "verdict": outcome.verdict, "why": outcome.why, "assertions": outcome.assertions,
        "virtual_s": outcome.virtual_ns / 1e9, "wall_s": outcome.wall_s,
        "requirements": list(outcome.requirements), "notes": list(outcome.notes),
        "failures": [
            {"what": f.what, "file": f.file, "line": f.line, "at_s": None if f.t_ns < 0 else f.t_ns / 1e9}
            for f in outcome.failures
        ],
    }  # fmt: skip


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    words = [outcome.verdict for outcome in outcomes]
    return {
        "tests": str(len(words)), "failures": str(words.count("FAIL")),
        "errors": str(words.count("INCONCLUSIVE")), "skipped": str(words.count("NOT RUN")),
        "time": f"{sum(outcome.wall_s for outcome in outcomes):.3f}",
    }  # fmt: skip


def _case(suite: Xml.Element, outcome: Outcome) -> None:
    stem = outcome.suite.rpartition(".")[0] or outcome.suite
    case = Xml.SubElement(
        suite,
        "testcase",
        {
            "classname": clean(stem.replace("/", ".")),
            "name": clean(outcome.name),
            "time": f"{outcome.wall_s:.3f}",
            "file": clean(outcome.file),
            "line": str(outcome.line),
        },
    )
    facts = [("virtual_s", f"{outcome.virtual_ns / 1e9:.9f}"), ("assertions", str(outcome.assertions))]
    facts += [("requirement", identity) for identity in outcome.requirements]
    facts += [("note", note) for note in outcome.notes]
    properties = Xml.SubElement(case, "properties")
    for name, value in facts:
        Xml.SubElement(properties, "property", {"name": name, "value": clean(value)})
    tag = _TAGS.get(outcome.verdict)
    if tag is None:
        return
    told = [str(failure) for failure in outcome.failures]
    message = outcome.why or (told[0] if told else outcome.verdict)
    what = Xml.SubElement(case, tag, {"message": clean(message.splitlines()[0]), "type": outcome.verdict})
    if told:
        what.text = clean("\n".join(told))
