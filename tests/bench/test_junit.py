"""JUnit XML that a CI server can read, whatever is in the texts."""

from __future__ import annotations

from xml.etree import ElementTree

from commissioning.bench.conditions import Conditions
from commissioning.bench.junit import junit_xml
from commissioning.bench.verdicts import CheckReport
from commissioning.model.problem import Problem
from commissioning.sim.check import Verdict

NASTY = 'Line <"&1"> \x00\x1b[31m\x0b\ud800 ünï \U0001f4e6 ]]>'


def report(*verdicts: Verdict, problems: tuple[Problem, ...] = ()) -> CheckReport:
    conditions = Conditions(NASTY, "ab" * 32, 1, {"python": "3.11"})
    return CheckReport(verdicts, conditions, (), problems, {verdict.id: 0.25 for verdict in verdicts})


def test_that_each_verdict_has_its_junit_meaning() -> None:
    text = junit_xml(
        report(
            Verdict("a", "never", "PASS", 0.0, 0.0, "times", why="never"),
            Verdict("b", "never", "FAIL", 2.0, 0.0, "times", at_s=1.5, why="it was", causes=((1, "x rose"),)),
            Verdict("c", "throughput", "INCONCLUSIVE", 5.0, 5.1, "/h", interval=(4.5, 5.5), why="close"),
            Verdict("d", "within", "NOT RUN", limit=1.0, unit="s", why="never came"),
        )
    )
    suite = ElementTree.fromstring(text).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "1.000"}
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    assert [child.tag for child in cases["a"]] == ["properties", "system-out"]
    failure = cases["b"].find("failure")
    assert failure is not None and failure.get("message") == "it was" and "x rose" in (failure.text or "")
    assert cases["c"].find("error") is not None and cases["d"].find("skipped") is not None
    facts = {p.get("name"): p.get("value") for p in cases["b"].iter("property")}
    assert facts["at_s"] == "1.500000000" and facts["measured"] == "2"


def test_that_control_characters_and_markup_survive_as_text() -> None:
    text = junit_xml(report(Verdict("a", "never", "FAIL", why=NASTY), problems=(Problem(NASTY),)))
    suite = ElementTree.fromstring(text).find("testsuite")
    assert suite is not None
    name = suite.get("name") or ""
    assert name.startswith('Line <"&1"> ') and name.endswith("ünï \U0001f4e6 ]]>")
    assert "\x00" not in text and "\x1b" not in text
    assert NASTY.split("\x00")[0] in (suite.findtext("system-err") or "")
