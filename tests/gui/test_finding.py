"""From a check's row to what explains it: its trace, and its moment in the run that the check has judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.app.source import LiveSource
from commissioning.app.traces import from_verdict
from commissioning.bench.check import check

pytestmark = pytest.mark.gui
SCENE = Path(__file__).parents[2] / "scenes" / "carton_line_faulty"
LEFT = Qt.MouseButton.LeftButton
SECOND = 1_000_000_000
RELEASED_S = 75.0  # scenario stop_test of the scene: the e-stop comes back then, and the fault shows at once


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return check(SCENE, only=("no_restart", "stop_fast")).as_json()


@pytest.fixture
def answers() -> list[Opened]:
    return []


@pytest.fixture
def window(qtbot: QtBot, results: dict[str, Any], answers: list[Opened]) -> Iterator[MainWindow]:
    made = MainWindow("light")
    qtbot.addWidget(made)
    made.resize(1500, 950)
    made.show()
    made.opened.connect(answers.append)
    made.open(SCENE)
    qtbot.waitUntil(lambda: bool(answers) and made.viewport.widget.stage is not None, timeout=30000)
    made.verdicts.take(results)
    made.docks.show("Checks")
    yield made
    made.close()


def spot(window: MainWindow, identity: str) -> QPoint:
    row = next(n for n, entry in enumerate(window.verdicts.all) if entry.check == identity)
    center: QPoint = window.checks.table.visualRect(window.checks.model.index(row, 1)).center()
    return center


def test_that_a_click_on_a_finding_shows_its_trace_and_its_cause(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.checks.table.viewport(), LEFT, pos=spot(window, "no_restart"))
    trace = window.analyser.chart.trace
    assert window.analyser.isVisible() and trace is not None
    assert (round(RELEASED_S * SECOND), "fails") in trace.marks
    lanes = {lane.name: lane for lane in trace.lanes}
    assert {"belt1.moving", "belt2.moving", "I_Start", "I_EStop"} <= set(lanes)
    rises = [t for t, value in lanes["I_EStop"].points if value and t > trace.start_ns]
    assert rises == [round(RELEASED_S * SECOND)]
    assert "release estop" in window.analyser.causes.text()
    assert "stop_test" in window.analyser.said.text()
    assert window.watch.following  # the run shown is not the one of the check: its time stays


def test_that_a_passing_check_shows_what_it_measured_too(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.checks.table.viewport(), LEFT, pos=spot(window, "stop_fast"))
    trace = window.analyser.chart.trace
    assert trace is not None and {word for _, word in trace.marks} == {"event", "reaction", "limit"}
    assert not window.analyser.go.isVisible()  # nothing went wrong at an instant


def test_that_a_double_click_goes_to_the_moment_in_the_run_of_the_check(
    window: MainWindow, qtbot: QtBot, answers: list[Opened]
) -> None:
    viewport, at = window.checks.table.viewport(), spot(window, "no_restart")
    qtbot.mouseClick(viewport, LEFT, pos=at)
    qtbot.mouseDClick(viewport, LEFT, pos=at)
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=30000)
    source = window.watch.source
    assert isinstance(source, LiveSource) and (source.scenario, source.seed) == ("stop_test", 1)
    assert window.watch.t_ns == round(RELEASED_S * SECOND) and not window.watch.following
    assert window.run_bar.failed.text == "✗ 1"  # what the checks said is still there
    number = window.tags.model.number_of("Q_Belt2_Run")
    assert window.values.text(number) == "TRUE"  # the fault: it runs without having been started
    window.watch.review(round(RELEASED_S * SECOND) - 1)
    assert window.values.text(number) == "FALSE"
    assert any(kind == "check" for _, kind, _ in window.watch.marks)
    qtbot.mouseClick(viewport, LEFT, pos=spot(window, "no_restart"))  # now it is the run shown: no third one
    assert window.watch.t_ns == round(RELEASED_S * SECOND) and len(answers) == 2


def test_that_a_run_that_was_acted_on_is_not_taken_for_the_one_of_the_check(
    window: MainWindow, qtbot: QtBot, answers: list[Opened]
) -> None:
    verdict = next(entry for entry in window.verdicts.all if entry.check == "no_restart")
    window.go_to(verdict)
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=30000)
    assert window._is_shown(verdict)
    window.watch.follow()
    window.commands.operate("start", "push")
    assert not window._is_shown(verdict)


def test_that_the_chart_tells_the_time_under_a_click(window: MainWindow, qtbot: QtBot) -> None:
    source = window.watch.source
    assert isinstance(source, LiveSource)
    source.session.do(lambda run: run.advance_to(30 * SECOND)).result(30)
    qtbot.waitUntil(lambda: window.watch.t_ns == 30 * SECOND)
    window.docks.show("Logic analyser")
    window.selection.choose("device", "pe1")
    chart = window.analyser.chart
    qtbot.waitUntil(
        lambda: chart.trace is not None and [lane.name for lane in chart.trace.lanes] == ["I_PE1"]
    )
    before, x = chart.trace, chart.place(25 * SECOND)
    qtbot.mouseClick(chart, LEFT, pos=QPoint(round(x), 12))
    window.analyser.refresh()
    assert chart.trace == before  # the picture stands, the line in it moves
    assert abs(window.watch.t_ns - chart.time_at(round(x))) <= 1 and not window.watch.following


def test_that_live_waveforms_are_the_edges_of_the_journal(window: MainWindow, qtbot: QtBot) -> None:
    source = window.watch.source
    assert isinstance(source, LiveSource)
    source.session.do(lambda run: run.advance_to(40 * SECOND)).result(30)
    qtbot.waitUntil(lambda: window.watch.t_ns == 40 * SECOND)
    window.docks.show("Logic analyser")
    window.selection.choose("tag", "I_PE1", "pe1")
    window.analyser.refresh()
    trace = window.analyser.chart.trace
    assert trace is not None
    edges = [(t, value) for t, value in source.session.journal.edges("I_PE1") if trace.start_ns < t]
    assert [point for point in trace.lanes[0].points if point[0] > trace.start_ns] == edges
    assert len(edges) > 2


def test_that_a_verdict_without_a_trace_has_none() -> None:
    assert from_verdict(None) is None and from_verdict({}) is None
