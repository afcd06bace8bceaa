"""JUnit XML for CI servers: one test suite per scene, one test case per check.

FAIL is a `failure`. INCONCLUSIVE is an `error`: it could not be judged and must not look green. NOT RUN is
`skipped`: its trigger never came. `time` is wall time in seconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from commissioning.sim.analysis.cause import clock
from commissioning.sim.check import Verdict

if TYPE_CHECKING:
    from commissioning.bench.verdicts import CheckReport

__all__ = ["junit_xml"]

_TAG = {"FAIL": "failure", "INCONCLUSIVE": "error", "NOT RUN": "skipped"}
# what XML 1.0 cannot hold, not even escaped
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: CheckReport) -> str:
    """The report as a JUnit XML document."""
    c = report.conditions
    words = [verdict.verdict for verdict in report.verdicts]
    total = sum(report.wall_s.values())
    suite = Xml.Element(
        "testsuite",
        {
            "name": clean(c.scene),
            "tests": str(len(words)),
            "failures": str(words.count("FAIL")),
            "errors": str(words.count("INCONCLUSIVE")),
            "skipped": str(words.count("NOT RUN")),
            "time": f"{total:.3f}",
        },
    )
    facts = {"scene_hash": c.scene_hash, "seed": str(c.seed)}
    facts |= {f"version.{name}": version for name, version in c.versions.items()}
    for run in report.runs:
        facts[f"digest.{run.scenario or 'none'}.{run.replication}"] = run.digest
    _properties(suite, facts)
    for verdict in report.verdicts:
        _case(suite, verdict, clean(c.scene), report.wall_s.get(verdict.id, 0.0))
    if report.problems:
        Xml.SubElement(suite, "system-err").text = clean("\n".join(map(str, report.problems)))
    suites = Xml.Element("testsuites")
    suites.append(suite)
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def clean(text: str) -> str:
    """`text` without the characters that no XML document can hold."""
    return _FORBIDDEN.sub("\ufffd", text)


def _case(suite: Xml.Element, verdict: Verdict, scene: str, wall_s: float) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        {"classname": f"{scene}.{clean(verdict.type)}", "name": clean(verdict.id), "time": f"{wall_s:.3f}"},
    )
    facts = {"verdict": verdict.verdict, "unit": verdict.unit}
    if verdict.measured is not None:
        facts["measured"] = f"{verdict.measured:.9g}"
    if verdict.limit is not None:
        facts["limit"] = f"{verdict.limit:.9g}"
    if verdict.interval is not None:
        facts["interval"] = f"{verdict.interval[0]:.9g} {verdict.interval[1]:.9g}"
    if verdict.at_s is not None:
        facts["at_s"] = f"{verdict.at_s:.9f}"
    _properties(case, facts)
    tag = _TAG.get(verdict.verdict)
    if tag is not None:
        what = Xml.SubElement(case, tag, {"message": clean(verdict.why), "type": verdict.verdict})
        lines = [f"{clock(t)} {text}" for t, text in verdict.causes]
        if lines:
            what.text = clean("cause, latest first:\n" + "\n".join(lines))
    else:
        Xml.SubElement(case, "system-out").text = clean(verdict.why)


def _properties(element: Xml.Element, facts: dict[str, str]) -> None:
    properties = Xml.SubElement(element, "properties")
    for name, value in facts.items():
        Xml.SubElement(properties, "property", {"name": clean(name), "value": clean(value)})
