"""The HTML report: whole, self-contained, escaped, and with what a verdict must show."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from commissioning.bench.conditions import Conditions
from commissioning.bench.load import LoadedScene
from commissioning.bench.reports.figures import STATES, rate_chart, replication_chart, state_bar
from commissioning.bench.reports.report import html_report
from commissioning.bench.reports.timing import timing_chart
from commissioning.bench.verdicts import CheckReport, check_scene
from commissioning.model.problem import Problem
from commissioning.sim.check import Verdict

NASTY = "<script>alert(1)</script> \"'&\x00\x1b\ud800 ünï"
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VOID = {"meta", "link", "img", "br", "hr", "input"}
SECOND = 10**9


def signal(name: str, kind: str, unit: str, *points: tuple[float, object]) -> dict[str, object]:
    """A waveform, its points in seconds."""
    return {"name": name, "kind": kind, "unit": unit, "points": [[round(t * SECOND), v] for t, v in points]}


TRACE = {
    "start_ns": 0,
    "end_ns": 10 * SECOND,
    "marks": [[4_000_000_000, "event"], [4_500_000_000, "limit"], [4_600_000_000, "reaction"]],
    "signals": [
        signal(NASTY, "level", "", (0, False), (4, True), (6, None)),
        signal("count", "number", "", (0, 1), (5, 2.5), (9, None)),
        signal("recipe", "text", "", (0, NASTY)),
        signal("belt1.speed", "motion", "m/s", (0, 0.0), (1, 0.4), (10, 0.4)),
    ],
}


class Page(HTMLParser):
    """Collects tags, attributes and text; complains about tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def report(loaded: LoadedScene) -> CheckReport:
    return check_scene(loaded)


def test_that_the_page_asks_for_nothing_and_runs_nothing(report: CheckReport) -> None:
    html = html_report(report, MADE)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert name not in ("src", "href", "xlink:href", "action", "srcset"), (tag, name)
            assert not name.startswith("on"), (tag, name)
            assert "url(" not in (value or "")
    assert set(re.findall(r"url\(([^)]*)\)", html)) <= {"#bad"}
    assert "@import" not in html and "http:" not in html and "https:" not in html
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None and policy.startswith("default-src 'none'")


def test_that_the_page_shows_every_verdict_with_word_measure_limit_and_reason(report: CheckReport) -> None:
    page = Page(html_report(report, MADE))
    for verdict in report.verdicts:
        assert verdict.id in page.text and verdict.verdict in page.text
        assert verdict.why.split("`")[-1].replace(" <- ", " ← ").strip() in page.text
    assert page.text.lstrip().startswith("Checked line: FAIL")
    assert "2026-01-02 03:04:05 UTC" in page.text and report.conditions.scene_hash in page.text
    for run in report.runs:
        assert run.digest in page.text and str(run.seed) in page.text


def test_that_headings_and_table_heads_can_be_read_aloud(report: CheckReport) -> None:
    page = Page(html_report(report, MADE))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("h1") == 1 and tags.index("h1") < tags.index("h2")
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    charts = [a for tag, a in page.tags if tag == "svg" and a.get("class") in ("chart", "bar")]
    assert charts and all(a.get("role") == "img" and a.get("aria-label") for a in charts)


def test_that_a_failure_shows_its_signals_and_its_causes(report: CheckReport) -> None:
    html = html_report(report, MADE)
    failed = report.verdict("seen")
    assert failed.trace is not None and failed.causes
    page = Page(html)
    assert "FAIL: seen" in page.text and "Cause, latest first" in page.text
    assert all(text in page.text for _, text in failed.causes)
    assert "fails 0:00:" in page.text


def test_that_foreign_text_stays_text() -> None:
    verdict = Verdict(
        NASTY, NASTY, "FAIL", 1.0, 0.0, NASTY, at_s=1.0, why=NASTY, causes=((1, NASTY),), trace=TRACE
    )
    report = CheckReport((verdict,), Conditions(NASTY, "0" * 64, 1, {NASTY: NASTY}), (), (Problem(NASTY),))
    html = html_report(report, MADE)
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text.count("<script>alert(1)</script>") >= 5
    html.encode("utf-8")
    assert "\x00" not in html and "\x1b" not in html


def test_that_problems_and_an_interruption_stand_at_the_top(report: CheckReport) -> None:
    broken = replace(report, problems=(Problem("belt1 failed at 3 s"),), interrupted=True)
    page = Page(html_report(broken, MADE))
    assert "belt1 failed at 3 s" in page.text and "Stopped by the user" in page.text
    assert page.text.index("belt1 failed") < page.text.index("Verdicts")


@pytest.mark.parametrize(
    "svg",
    [
        timing_chart(TRACE, NASTY),
        timing_chart({"start_ns": 5, "end_ns": 5, "marks": [], "signals": []}, "empty"),
        rate_chart([[[10**9, 1], [2 * 10**9, 2]], []], 10**9, 4 * 10**9, [("limit", 620.0)], NASTY),
        rate_chart([[]], 0, 10**9, [], "no parts"),
        replication_chart([5.0, 6.0, 7.0], (4.5, 7.5), 6.0, [("limit", 5.5)], NASTY),
        replication_chart([5.0], None, 5.0, [], "one run"),
        state_bar(dict.fromkeys(STATES, 0.0) | {"working": 0.5, "starved": 0.25, "blocked": 0.25}, "s"),
    ],
)  # fmt: skip
def test_that_every_chart_is_well_formed_and_stays_in_its_frame(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    width, height = (float(x) for x in (root.get("viewBox") or "").split()[2:])
    for element in root.iter():
        for name, bound in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            if element.get(name) is not None:
                assert -0.5 <= float(element.get(name, "0")) <= bound + 0.5, ElementTree.tostring(element)
        if element.tag == "rect":
            right = float(element.get("x", "0")) + float(element.get("width", "0"))
            assert right <= width + 0.5


def test_that_a_level_is_drawn_where_it_was_true() -> None:
    signals = [
        {
            "name": "A",
            "kind": "level",
            "unit": "",
            "points": [[0, False], [25 * 10**8, True], [75 * 10**8, False]],
        }
    ]
    svg = timing_chart({"start_ns": 0, "end_ns": 10**10, "marks": [], "signals": signals}, "A")
    (rect,) = [e for e in ElementTree.fromstring(svg).iter("rect") if e.get("class") == "wave-high"]
    # the plot is 190 to 988 wide: a quarter to three quarters of it
    assert float(rect.get("x", "0")) == pytest.approx(190 + 798 / 4, abs=0.1)
    assert float(rect.get("width", "0")) == pytest.approx(798 / 2, abs=0.1)


def test_that_ten_thousand_edges_stay_a_small_picture() -> None:
    points = [[k * 10**6, bool(k % 2)] for k in range(10_000)]
    svg = timing_chart(
        {
            "start_ns": 0, "end_ns": 10**10, "marks": [],
            "signals": [{"name": "A", "kind": "level", "unit": "", "points": points}],
        },
        "A",
    )  # fmt: skip
    busy = [e for e in ElementTree.fromstring(svg).iter("rect") if e.get("class") == "dot"]
    assert len(svg) < 5_000 and len(busy) == 1  # one block that says so, not a flat line
    assert float(busy[0].get("width", "0")) == pytest.approx(798, abs=1)
