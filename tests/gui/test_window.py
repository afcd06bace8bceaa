"""The window on a fake session: every panel, by real clicks and keys."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from fake_line import FakeTimeline
from fake_session import SECOND, FakeSession
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commissioning.app.actions import ACTIONS
from commissioning.app.main_window import MainWindow
from commissioning.app.source import LiveSource
from commissioning.app.tag_panel import AGE, NAME, OWNER, QUALITY, VALUE
from commissioning.app.tokens import THEMES
from commissioning.app.words import clock

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


class Timeline(FakeTimeline):
    def __init__(self, header: Any):
        super().__init__()

    def feed(self, rows: Any) -> None:
        pass


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def window(qtbot: QtBot, session: FakeSession) -> Iterator[MainWindow]:
    made = MainWindow("light", Timeline)
    qtbot.addWidget(made)
    made.resize(1400, 900)
    made.show()
    qtbot.waitUntil(lambda: made.viewport.widget.stage is not None, timeout=20000)
    made.show_source(LiveSource(session), "Fake line")  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: made.watch.fed == session.journal.length)
    made.activateWindow()
    yield made
    made.close()


def key(qtbot: QtBot, window: MainWindow, which: Any, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, which, modifier)


def cell(window: MainWindow, tag: str, column: int) -> str:
    model = window.tags.table.model()
    for row in range(model.rowCount()):
        if model.index(row, NAME).data() == tag:
            return str(model.index(row, column).data())
    raise AssertionError(f"{tag} is not in the table")


def choose_tag(window: MainWindow, qtbot: QtBot, tag: str) -> None:
    model = window.tags.table.model()
    row = next(r for r in range(model.rowCount()) if model.index(r, NAME).data() == tag)
    rect = window.tags.table.visualRect(model.index(row, NAME))
    qtbot.mouseClick(window.tags.table.viewport(), LEFT, pos=rect.center())


def click_device(window: MainWindow, qtbot: QtBot, point: tuple[float, float, float]) -> None:
    view = window.viewport.widget
    at, _ = view.camera.project(point, view.width(), view.height())  # type: ignore[arg-type]
    qtbot.mouseClick(view, LEFT, pos=QPointF(*at[0]).toPoint())


def test_that_the_run_bar_says_what_is_true(window: MainWindow) -> None:
    assert window.run_bar.clock.text() == "0:00:10.000"
    assert window.run_bar.mode.text == "LOCK-STEP"
    assert window.run_bar.forced.text == ""
    assert window.run_bar.open.text == "? 2"  # two checks that were not run
    assert "emulated PLC" in window.run_bar.said.text()


def test_that_space_runs_and_pauses(window: MainWindow, session: FakeSession, qtbot: QtBot) -> None:
    key(qtbot, window, Qt.Key.Key_Space)
    assert session.state == "running"
    qtbot.waitUntil(lambda: window.run_bar.run.text() == "Pause")
    key(qtbot, window, Qt.Key.Key_Space)
    assert session.state == "paused"


def test_that_the_speed_goes_from_a_tenth_to_max(window: MainWindow, session: FakeSession) -> None:
    slider = window.run_bar.speed
    slider.setValue(slider.minimum())
    assert session.speed == 0.1
    slider.setValue(slider.maximum())
    assert math.isinf(session.speed) and window.run_bar.speed_word.text() == "max"


def test_that_a_click_in_3d_selects_in_tree_and_properties(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.viewport.widget.pictures > 0)
    click_device(window, qtbot, (3.9, -0.265, 0.72))
    assert (window.selection.kind, window.selection.id) == ("device", "belt2")
    index = window.tree.view.currentIndex()
    assert str(index.data()).startswith("belt2")


def test_that_a_click_in_the_tree_selects_in_3d(window: MainWindow, qtbot: QtBot) -> None:
    item = window.tree._items["device:belt1"]
    index = window.tree._proxy.mapFromSource(item.index())
    rect = window.tree.view.visualRect(index)
    qtbot.mouseClick(window.tree.view.viewport(), LEFT, pos=rect.center())
    stage = window.viewport.widget.stage
    assert stage is not None and stage._selected is not None and stage._selected.id == "belt1"
    labels = window.properties.findChildren(type(window.tags.count))
    assert any("0.40 m/s" in label.text() for label in labels)


def test_that_a_tag_selects_the_device_of_its_port(window: MainWindow, qtbot: QtBot) -> None:
    choose_tag(window, qtbot, "I_PE1")
    assert (window.selection.kind, window.selection.id, window.selection.device) == ("tag", "I_PE1", "pe1")
    assert str(window.tree.view.currentIndex().data()).startswith("pe1")


def test_that_escape_and_a_click_beside_the_line_select_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.selection.choose("device", "belt1")
    key(qtbot, window, Qt.Key.Key_Escape)
    assert window.selection.kind == ""


def test_that_tags_show_value_quality_owner_and_age(window: MainWindow) -> None:
    assert cell(window, "Q_Belt1_Run", VALUE) == "TRUE"
    assert cell(window, "Q_Belt1_Run", QUALITY) == "good"
    assert cell(window, "Q_Belt1_Run", OWNER) == "plc"
    assert cell(window, "Q_Belt1_Run", AGE) == "9.000 s"


def test_that_a_force_is_set_by_key_seen_everywhere_and_released(window: MainWindow, qtbot: QtBot) -> None:
    choose_tag(window, qtbot, "Q_Stop1")
    key(qtbot, window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.run_bar.forced.text == "1 FORCED")
    assert cell(window, "Q_Stop1", VALUE) == "TRUE"
    assert cell(window, "Q_Stop1", QUALITY) == "forced"
    assert cell(window, "Q_Stop1", OWNER) == "plc  →  FALSE"
    assert any(kind == "forced" for _, kind, _ in window.watch.marks)
    key(qtbot, window, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.run_bar.forced.text == "")
    assert cell(window, "Q_Stop1", QUALITY) == "good"


def test_that_a_value_that_does_not_fit_the_type_is_refused_with_words(
    window: MainWindow, qtbot: QtBot
) -> None:
    choose_tag(window, qtbot, "Q_Stop1")
    key(qtbot, window, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert window.ask.isVisible()
    window.ask.field.setText("perhaps")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    assert "TRUE or FALSE" in window.ask._hint.text() and window.ask.isVisible()
    window.ask.field.setText("true")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    assert not window.ask.isVisible()
    qtbot.waitUntil(lambda: cell(window, "Q_Stop1", QUALITY) == "forced")


def test_that_dragging_the_time_bar_moves_everything_and_end_returns(
    window: MainWindow, qtbot: QtBot
) -> None:
    line = window.time_bar.line
    qtbot.mousePress(line, LEFT, pos=QPoint(round(line.place(SECOND // 2)), 15))
    qtbot.mouseRelease(line, LEFT, pos=QPoint(round(line.place(SECOND // 2)), 15))
    assert not window.watch.following
    assert abs(window.watch.t_ns - SECOND // 2) < 20_000_000
    assert cell(window, "Q_Belt1_Run", VALUE) == "FALSE"
    assert cell(window, "Q_Belt1_Run", QUALITY) == "uncertain (initial)"
    assert window.run_bar.clock.text() == clock(window.watch.t_ns)
    assert window.run_bar.review.text.startswith("REVIEW")
    for t_ns in (5 * SECOND, 8 * SECOND):  # beyond what fits into 32 bits
        qtbot.mouseClick(line, LEFT, pos=QPoint(round(line.place(t_ns)), 15))
        assert abs(window.watch.t_ns - t_ns) < 20_000_000
    key(qtbot, window, Qt.Key.Key_End)
    assert window.watch.following and cell(window, "Q_Belt1_Run", VALUE) == "TRUE"


def test_that_comma_goes_back_event_by_event(window: MainWindow, qtbot: QtBot) -> None:
    seen = []
    for _ in range(4):
        key(qtbot, window, Qt.Key.Key_Comma)
        seen.append(window.watch.t_ns)
    assert seen == [3 * SECOND, 2 * SECOND, SECOND, 0]
    key(qtbot, window, Qt.Key.Key_Period)
    assert window.watch.t_ns == SECOND


def test_that_reset_begins_a_new_journal(window: MainWindow, session: FakeSession, qtbot: QtBot) -> None:
    session.run.force("Q_Stop1", True)
    window.watch.tick()
    qtbot.mouseClick(window.run_bar.reset, LEFT)
    qtbot.waitUntil(lambda: window.run_bar.clock.text() == "0:00:00.000")
    assert window.run_bar.forced.text == ""
    assert window.watch.fed == session.journal.length


def test_that_a_new_journal_of_the_same_length_is_not_taken_for_the_old_one(
    window: MainWindow, session: FakeSession
) -> None:
    session.run.force("Q_Stop1", True)
    window.watch.tick()
    number = window.tags.model.number_of("Q_Stop1")
    assert window.values.forced(number)
    session.reset()
    session.now_ns = 10 * SECOND
    session.journal.add(SECOND, 10, 1, 1, 2.0)
    session.journal.add(SECOND, 10, 1, 1, 3.0)
    window.watch.tick()
    window.values.refresh()
    assert not window.values.forced(number)
    assert window.values.text(number) == "FALSE"


def test_that_the_journal_is_a_view_that_filters_and_jumps(window: MainWindow, qtbot: QtBot) -> None:
    window.docks.show("Journal")
    model = window.journal.model
    window.journal.kinds.setCurrentText("device states")
    assert [model.index(r, 2).data() for r in range(model.rowCount())] == ["belt1", "belt2"]
    window.journal.kinds.setCurrentText("parts")
    window.journal.words.setText("done")
    assert model.rowCount() == 1
    rect = window.journal.table.visualRect(model.index(0, 3))
    viewport = window.journal.table.viewport()
    qtbot.mouseClick(viewport, LEFT, pos=rect.center())
    qtbot.mouseDClick(viewport, LEFT, pos=rect.center())
    assert window.watch.t_ns == 3 * SECOND and not window.watch.following


def test_that_operator_elements_act_on_the_run(
    window: MainWindow, session: FakeSession, qtbot: QtBot
) -> None:
    window.docks.show("Operator panel")
    by_name = {element.device: element for element in window.operator.elements}
    assert set(by_name) == {"start", "estop", "light"}
    qtbot.mousePress(by_name["start"], LEFT, pos=QPoint(56, 54))
    qtbot.mouseRelease(by_name["start"], LEFT, pos=QPoint(56, 54))
    assert session.asked[-2:] == [("start", "push"), ("start", "release")]
    window.watch.review(SECOND)
    window.operator.refresh()
    count = len(session.asked)
    qtbot.mouseClick(by_name["start"], LEFT, pos=QPoint(56, 54))
    assert len(session.asked) == count  # the past cannot be operated


def test_that_the_finder_finds_a_device_and_a_command(window: MainWindow, qtbot: QtBot) -> None:
    key(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.finder.isVisible()
    qtbot.keyClicks(window.finder.field, "belt2")
    qtbot.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert window.selection.id == "belt2" and not window.finder.isVisible()


def test_that_the_search_field_narrows_the_tree(window: MainWindow) -> None:
    window.tree.search.setText("stop1")
    proxy = window.tree._proxy
    top = [proxy.index(r, 0).data() for r in range(proxy.rowCount())]
    assert top == ["Devices"]


def test_that_a_device_that_needs_attention_is_labelled(window: MainWindow) -> None:
    texts = [label.text for label in window.viewport._labels()]
    assert texts == ["belt2   blocked 8.0 s"]


def test_that_both_themes_dress_every_panel(window: MainWindow, qtbot: QtBot) -> None:
    for name in ("dark", "light"):
        window.set_theme(name)
        qtbot.wait(30)
        image = window.grab().toImage()
        corner = image.pixelColor(2, image.height() // 2)
        assert corner.name().upper() == THEMES[name].window


def test_that_closing_ends_the_session(qtbot: QtBot, session: FakeSession) -> None:
    window = MainWindow("dark", Timeline)
    qtbot.addWidget(window)
    window.show()
    window.show_source(LiveSource(session), "Fake line")  # type: ignore[arg-type]
    window.close()
    assert session.asked == ["close"]


def test_that_every_action_has_its_own_key_and_a_handler(window: MainWindow) -> None:
    keys = [spec.key for spec in ACTIONS if spec.key]
    assert len(keys) == len(set(keys))
    assert all(spec.id in window.actions_table for spec in ACTIONS)


def test_that_an_empty_window_teaches(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    assert window.run_bar.said.text() == "no line open"
    assert not window.run_bar.run.isEnabled()
    assert not window.tags._hint.isHidden() and "scene" in window.tags._hint.text()
    assert "checks:" in window.checks._hint.text()
    window.close()
