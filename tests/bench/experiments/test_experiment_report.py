"""The report of an experiment: whole, self-contained, and true to what was found."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from commissioning.bench.experiments.experiment import ExperimentReport, experiment
from commissioning.bench.experiments.report import html_report, interval_chart
from commissioning.bench.load import load_text
from commissioning.bench.pool import LocalPool

LINE = """
format: commissioning-scene/1
name: Report <line>
run: {length: 20 min}
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2 kg}}
devices:
  infeed: {type: source, product: carton, every: {exponential: 4 s}, to: pack}
  pack: {type: station, pose: {xyz: [0, 0, 0.75]}, cycle: {exponential: 3 s}, to: out}
  out: {type: sink}
experiments:
  it:
    help: which cycle & why
    warm_up: auto
    replications: 5
    measures: [out.throughput, pack.blocked, pack.utilisation, out.mean_time]
    variants: {"<fast>": {pack.cycle: 1 s}, slow: {pack.cycle: 5 s, infeed.every: 4 s}}
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ExperimentReport:
    scene = load_text(LINE, tmp_path_factory.mktemp("scene") / "scene.yaml")
    return experiment(scene, "it", make_pool=lambda files: LocalPool(1, files))


def page(report: ExperimentReport) -> ElementTree.Element:
    """The page as XML: every tag closed, every text escaped."""
    html = html_report(report, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    closed = re.sub(r"<(meta [^>]*)>", r"<\1/>", html.removeprefix("<!DOCTYPE html>\n"))
    return ElementTree.fromstring(re.sub(r"<style>.*?</style>", "", closed, flags=re.DOTALL))


def test_that_the_page_is_whole_and_asks_for_nothing(report: ExperimentReport) -> None:
    tree = page(report)
    for element in tree.iter():
        assert element.tag not in ("script", "link", "img", "iframe")
        for name in element.attrib:
            assert name not in ("src", "href") and not name.startswith("on")
    words = "".join(tree.itertext())
    assert "Report <line>: experiment it" in words and "which cycle & why" in words
    assert "2026-01-02 03:04:05 UTC" in words and report.conditions.scene_hash in words


def test_that_every_figure_is_in_its_table(report: ExperimentReport) -> None:
    words = "".join(page(report).itertext())
    for result in report.variants:
        i = result.cells["out.throughput"].interval
        assert i is not None
        assert f"{i.mean:.2f}{i.low:.2f} to {i.high:.2f}" in words
    d = report.variant("slow").cells["pack.utilisation"].difference
    assert d is not None
    assert f"{d.interval.mean * 100:+.2f} pp" in words
    assert "no value in 5 of 5 runs" in words  # no part leaves a sink


def test_that_the_bottleneck_of_every_variant_is_told(report: ExperimentReport) -> None:
    """5 s of work for a part every 4 s: the machine never waits; 1 s: what arrives limits the line."""
    slow, fast = report.variant("slow"), report.variant("<fast>")
    assert next(iter(slow.limits)) == "pack" and slow.limits["pack"][0] > 0.95
    assert next(iter(fast.limits)) == "infeed" and fast.limits["infeed"][0] > 0.9
    for result in report.variants:
        assert sum(momentary for momentary, _ in result.limits.values()) <= 1.0 + 1e-9
        assert result.as_json()["bottleneck"].keys() == result.limits.keys()
    words = "".join(page(report).itertext())
    assert f"pack {slow.limits['pack'][0]:.1%}" in words


def test_that_the_interval_is_drawn_where_its_axis_says(report: ExperimentReport) -> None:
    measure = report.plan.measures[0]
    chart = ElementTree.fromstring(interval_chart(report.variants, measure, "base"))
    ticks = [
        (float(e.attrib["x"]), float((e.text or "").removesuffix("/h")))
        for e in chart.iter("text")
        if (e.text or "").endswith("/h")
    ]
    (x0, v0), (x1, v1) = ticks[0], ticks[-1]
    bars = [e for e in chart.iter("rect") if e.attrib["class"] == "ci"]
    assert len(bars) == len(report.variants)
    for bar, result in zip(bars, report.variants, strict=True):
        i = result.cells[measure.id].interval
        assert i is not None
        left = v0 + (float(bar.attrib["x"]) - x0) / (x1 - x0) * (v1 - v0)
        width = float(bar.attrib["width"]) / (x1 - x0) * (v1 - v0)
        assert left == pytest.approx(i.low, abs=0.002 * (v1 - v0))
        assert left + width == pytest.approx(i.high, abs=0.004 * (v1 - v0))
    dots = list(chart.iter("circle"))
    assert len(dots) == sum(result.runs for result in report.variants)


def test_that_a_measure_without_values_has_no_chart(report: ExperimentReport) -> None:
    assert interval_chart(report.variants, report.plan.measures[3], "base") == ""


def test_that_the_text_shows_every_measure_and_variant(report: ExperimentReport, tmp_path: Path) -> None:
    lines = report.as_text().splitlines()
    for measure in report.plan.measures:
        at = next(k for k, line in enumerate(lines) if line.startswith(measure.id))
        assert [line.split()[0] for line in lines[at + 2 : at + 5]] == ["base", "<fast>", "slow"]
