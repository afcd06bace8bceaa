"""The PLC panel on a real session of the carton line, by clicks and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.app.plc_trace import drawn
from commissioning.app.st_highlighter import StHighlighter

pytestmark = pytest.mark.gui
SCENES = Path(__file__).parents[2] / "scenes"
LEFT = Qt.MouseButton.LeftButton
INSIDE = 63  # of plc/main.st: a carton has come to the pusher
FIRST = 90  # the first statement of MAIN


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow("light")
    qtbot.addWidget(made)
    made.resize(1500, 1000)
    made.show()
    answers: list[Opened] = []
    made.opened.connect(answers.append)
    made.open(SCENES / "carton_line")
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    made.docks.show("PLC")
    qtbot.waitUntil(lambda: made.plc.reading is not None and made.plc.view.blockCount() > 100, timeout=30000)
    made.activateWindow()
    yield made
    made.close()


def click_margin(window: MainWindow, qtbot: QtBot, line: int) -> None:
    view = window.plc.view
    view.go_to(line)
    qtbot.wait(20)
    block = view.document().findBlockByNumber(line - 1)
    y = view.blockBoundingGeometry(block).translated(view.contentOffset()).center().y()
    qtbot.mouseClick(view._margin, LEFT, pos=QPoint(8, round(y)))


def lines(window: MainWindow) -> list[int]:
    return [line for _, line, _, _ in window.plc.seen.breakpoints]


def run_until_held(window: MainWindow, qtbot: QtBot) -> None:
    window.run_bar.speed.setValue(window.run_bar.speed.maximum() - 4)
    qtbot.mouseClick(window.run_bar.run, LEFT)
    qtbot.waitUntil(lambda: window.plc.seen.where is not None, timeout=20000)


def key(window: MainWindow, qtbot: QtBot, which: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    modifier = modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(QApplication.focusWidget() or window, which, modifier)


def line(window: MainWindow) -> int:
    where = window.plc.seen.where
    return 0 if where is None else where.line


def test_that_a_click_in_the_margin_holds_plant_and_plc_there(window: MainWindow, qtbot: QtBot) -> None:
    click_margin(window, qtbot, INSIDE)
    qtbot.waitUntil(lambda: lines(window) == [INSIDE])
    run_until_held(window, qtbot)
    assert window.run_bar.said.text().endswith("held")
    assert window.run_bar.run.text() == "Run"
    still = window.watch.t_ns
    qtbot.wait(200)
    assert window.watch.t_ns == still
    assert window.plc.view.held == (INSIDE, True)
    first, last = window.plc.view.visible_lines()
    assert first < INSIDE < last
    assert window.plc.seen.inline[INSIDE].startswith("Reject = ")
    key(window, qtbot, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: line(window) == INSIDE + 1)
    key(window, qtbot, Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.plc.seen.where is not None and window.plc.seen.where.path == "MAIN")
    assert window.watch.t_ns == still  # all of it in one scan
    click_margin(window, qtbot, INSIDE)
    qtbot.waitUntil(lambda: lines(window) == [])
    key(window, qtbot, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.watch.t_ns > still and window.watch.status.state == "running")


def test_that_single_scans_go_from_the_beginning_of_one_to_that_of_the_next(
    window: MainWindow, qtbot: QtBot
) -> None:
    key(window, qtbot, Qt.Key.Key_F6)  # from a paused run: to the next scan
    qtbot.waitUntil(lambda: line(window) == FIRST)
    times = [window.watch.status.now_ns]
    for _ in range(3):
        qtbot.mouseClick(window.plc.bar.buttons["plc_scan"], LEFT)
        qtbot.waitUntil(
            lambda: window.watch.status.state == "held" and window.watch.status.now_ns > times[-1]
        )
        qtbot.waitUntil(lambda: line(window) == FIRST)
        times.append(window.watch.status.now_ns)
    assert all(t % 10_000_000 == 0 for t in times)


def test_that_the_call_stack_leads_to_the_caller_and_its_variables(window: MainWindow, qtbot: QtBot) -> None:
    click_margin(window, qtbot, INSIDE)
    run_until_held(window, qtbot)
    panel = window.plc
    panel.tabs.setCurrentWidget(panel.calls)
    qtbot.waitUntil(lambda: panel.calls.stack.topLevelItemCount() == 2)
    names = [panel.calls.locals.topLevelItem(row).text(0) for row in range(3)]  # type: ignore[union-attr]
    assert names == ["Enter", "Tall", "Leave"]
    caller = panel.calls.stack.topLevelItem(1)
    assert caller is not None
    qtbot.mouseClick(
        panel.calls.stack.viewport(), LEFT, pos=panel.calls.stack.visualItemRect(caller).center()
    )
    qtbot.waitUntil(lambda: panel.view.held is not None and not panel.view.held[1])
    assert panel.view.held == (int(caller.text(1)), False)
    qtbot.waitUntil(lambda: panel.calls.locals.topLevelItem(0).text(0) == "Running")  # type: ignore[union-attr]


def test_that_what_would_act_says_that_the_scan_is_held(window: MainWindow, qtbot: QtBot) -> None:
    key(window, qtbot, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: line(window) == FIRST)
    window.selection.choose("tag", "Q_Stop1")
    window.commands.force(True)
    qtbot.waitUntil(lambda: "plc is held inside a scan at plc/main.st:90" in window.notice.text)


def test_that_a_reset_while_held_starts_anew_with_the_breakpoints(window: MainWindow, qtbot: QtBot) -> None:
    click_margin(window, qtbot, INSIDE)
    run_until_held(window, qtbot)
    qtbot.mouseClick(window.run_bar.reset, LEFT)
    qtbot.waitUntil(lambda: window.watch.t_ns == 0 and window.watch.status.state == "paused")
    qtbot.waitUntil(lambda: lines(window) == [INSIDE] and window.plc.seen.where is None)


def test_that_a_watched_variable_is_forced_and_counted(window: MainWindow, qtbot: QtBot) -> None:
    table = window.plc.watched
    table.field.setFocus()
    qtbot.keyClicks(table.field, "main.step")
    qtbot.keyClick(table.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: table.model.index(0, 1).data() == "0")
    table._force("main.step")
    qtbot.keyClicks(window.ask.field, "7")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: table.model.index(0, 1).data() == "7  forced")
    qtbot.waitUntil(lambda: window.run_bar.forced.text == "1 FORCED")
    assert any("force main.step = 7" in text for text in window.watch.source.texts)  # type: ignore[union-attr]
    table._write("main.step")
    qtbot.keyClicks(window.ask.field, "x")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    assert window.ask.isVisible()
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Escape)
    window.actions_table["plc_release_all"].trigger()
    qtbot.waitUntil(lambda: window.run_bar.forced.text == "")


def test_that_a_variable_that_does_not_exist_is_told_in_its_row(window: MainWindow, qtbot: QtBot) -> None:
    table = window.plc.watched
    table.add("MAIN.Stepp")
    qtbot.waitUntil(lambda: table.model.seen("MAIN.Stepp") is not None)
    index = table.model.index(0, 1)
    assert index.data() == "–"
    assert "has no variable MAIN.Stepp" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_that_coverage_marks_lines_until_it_is_turned_off(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.plc.bar.coverage, LEFT)
    window.run_bar.speed.setValue(window.run_bar.speed.maximum() - 4)
    qtbot.mouseClick(window.run_bar.run, LEFT)
    view = window.plc.view
    qtbot.waitUntil(
        lambda: view.marks.get(FIRST) is not None and view.marks[FIRST].mark == "hit", timeout=20000
    )
    qtbot.waitUntil(lambda: "statements" in window.plc.bar.said.text())
    assert view.marks[53].mark == "missed"
    assert view.marks[52].missed == ("never THEN",)
    qtbot.mouseClick(window.plc.bar.coverage, LEFT)
    qtbot.waitUntil(lambda: not view.marks)


def test_that_a_word_shows_where_it_is_used(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.plc
    panel.tabs.setCurrentWidget(panel.uses)
    text = panel.view.toPlainText()
    cursor = QTextCursor(panel.view.document())
    cursor.setPosition(text.index("Q_Stop1", text.index("PROGRAM MAIN")) + 2)
    panel.view.setTextCursor(cursor)
    uses = panel.uses.uses
    assert panel.uses.said.text().startswith("Q_Stop1 AT %QX0.2 : BOOL, written ")
    rows = [uses.topLevelItem(row) for row in range(uses.topLevelItemCount())]
    assert [row.text(0) for row in rows if row is not None][:2] == ["declared", "written"]
    declared = rows[0]
    assert declared is not None
    qtbot.mouseClick(uses.viewport(), LEFT, pos=uses.visualItemRect(declared).center())
    assert panel.view.line() == 25


def test_that_a_trace_waits_for_its_trigger_and_is_saved_as_table_and_as_dump(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = window.plc
    panel.tabs.setCurrentWidget(panel.trace)
    qtbot.mouseClick(panel.trace.go, LEFT)
    qtbot.waitUntil(lambda: "Add to the watch table" in window.notice.text)
    for path in ("MAIN.Track.Reject", "I_PE2", "MAIN.Track.Count"):
        panel.watched.add(path)
    qtbot.waitUntil(lambda: panel.trace.trigger.findText("I_PE2") > 0)
    panel.trace.trigger.setCurrentText("I_PE2")
    panel.trace.pre.setText("200 ms")
    panel.trace.post.setText("100 ms")
    qtbot.mouseClick(panel.trace.go, LEFT)
    qtbot.waitUntil(lambda: "waits for the trigger" in panel.trace.said.text())
    window.run_bar.speed.setValue(window.run_bar.speed.maximum() - 4)
    qtbot.mouseClick(window.run_bar.run, LEFT)
    qtbot.waitUntil(lambda: panel.trace.said.text().startswith("done at "), timeout=20000)
    copy = panel.trace.copy
    assert copy is not None
    assert copy.triggered_ns is not None
    trace = drawn(copy)
    assert trace.marks == ((copy.triggered_ns, "trigger"),)
    assert [lane.kind for lane in trace.lanes] == ["level", "level", "number"]
    assert [(t, v) for t, v in trace.lanes[1].points if t == copy.triggered_ns] == [(copy.triggered_ns, True)]
    assert copy.csv().startswith("time_s,MAIN.Track.Reject,I_PE2,MAIN.Track.Count\n")
    kinds = [
        "Table (*.csv)",
        "Value change dump, for GTKWave (*.vcd)",
        "Value change dump, for GTKWave (*.vcd)",
    ]
    for name, kind, begins in zip(("a", "b", "c.csv"), kinds, ("time_s", "$version", "time_s"), strict=True):
        given = str(tmp_path / name), kind
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, given=given: given)
        qtbot.mouseClick(panel.trace.save_button, LEFT)
        file = tmp_path / (name if "." in name else name + kind[-5:-1])
        assert file.read_text("utf-8").startswith(begins), name
        assert window.notice.text == f"Saved {file}"
    assert "$var wire 1 ! Reject $end" in (tmp_path / "b.vcd").read_text("utf-8")


def test_that_conditions_hold_a_breakpoint_and_a_run(window: MainWindow, qtbot: QtBot) -> None:
    window.plc.condition_asked.emit(INSIDE)
    qtbot.keyClicks(window.ask.field, "Count >")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    assert "something is missing" in window.ask._hint.text()
    qtbot.keyClicks(window.ask.field, " 1")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.plc.view.breakpoints.get(INSIDE) == "Count > 1")
    run_until_held(window, qtbot)
    plc = window.watch.source.session.debugger("plc").plc  # type: ignore[union-attr]
    assert plc["MAIN.Track.Count"] > 1
    window.actions_table["plc_no_breakpoints"].trigger()
    key(window, qtbot, Qt.Key.Key_F5, Qt.KeyboardModifier.ControlModifier)
    goal = plc["MAIN.Packed"] + 2
    qtbot.keyClicks(window.ask.field, f"MAIN.Packed = {goal}")
    qtbot.keyClick(window.ask.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: plc["MAIN.Packed"] == goal and window.watch.status.state == "held", timeout=20000)
    window.plc.link.run_until("MAIN.Pakt = 3")
    qtbot.waitUntil(lambda: "no variable MAIN.Pakt" in window.notice.text)


def test_that_a_line_without_a_program_says_so(window: MainWindow, qtbot: QtBot) -> None:
    window.close_line()
    assert window.plc._hint.isVisible()
    assert not window.actions_table["plc_step_in"].isEnabled()
    assert window.plc.view.toPlainText() == ""


def test_that_comments_and_words_have_their_colours(window: MainWindow) -> None:
    view = window.plc.view
    view.show_text("(* IF a\nTHEN *) IF x THEN // END_IF\ny := 'IF'; END_IF;\nStep : INT; STEP a:\nSTEP b:")
    colours = view._colours
    assert isinstance(colours, StHighlighter)

    def inks(number: int) -> list[tuple[str, str]]:
        block = view.document().findBlockByNumber(number)
        return [
            (block.text()[f.start : f.start + f.length], f.format.foreground().color().name().upper())
            for f in block.layout().formats()
        ]

    t = window.tokens
    assert inks(0) == [("(* IF a", t.muted)]
    assert inks(1) == [("THEN *)", t.muted), ("IF", t.accent), ("THEN", t.accent), ("// END_IF", t.muted)]
    assert inks(2) == [("'IF'", t.setup), ("END_IF", t.accent)]
    assert inks(3) == []  # a name, and a step that does not begin a line
    assert inks(4) == [("STEP", t.accent)]


def test_that_both_themes_draw_the_panel(window: MainWindow, qtbot: QtBot) -> None:
    click_margin(window, qtbot, INSIDE)
    qtbot.waitUntil(lambda: lines(window) == [INSIDE])
    light = window.plc.grab().toImage()
    window.set_theme("dark")
    qtbot.wait(50)
    dark = window.plc.grab().toImage()
    at = QPoint(light.width() // 3, light.height() - 30)
    assert light.pixelColor(at).lightness() > 200 > 80 > dark.pixelColor(at).lightness()


def test_that_a_project_of_files_shows_the_text_where_it_is_held(qtbot: QtBot, tmp_path: Path) -> None:
    """A TwinCAT project: the text that was compiled, and its place in the file beside."""
    import shutil

    shutil.copytree(SCENES / "sorting_line", tmp_path / "line")
    scene = tmp_path / "line" / "scene.yaml"
    text = scene.read_text("utf-8")
    old = "programs: [plc/main.st], task: {main: {program: MAIN, cycle: 10 ms}}"
    assert old in text
    scene.write_text(text.replace(old, "programs: [twincat/SortingLine.plcproj]"), "utf-8")
    window = MainWindow("dark")
    qtbot.addWidget(window)
    window.show()
    window.open(tmp_path / "line")
    qtbot.waitUntil(lambda: window.plc.link.program is not None, timeout=30000)
    window.docks.show("PLC")
    qtbot.waitUntil(lambda: window.plc.reading is not None, timeout=30000)
    assert window.plc.bar.texts.currentText() == "MAIN.TcPOU"
    seen: list[object] = [None]
    for _ in range(40):
        window.plc.link.step("in")
        qtbot.waitUntil(lambda: window.plc.seen.where not in (None, seen[-1]))
        seen.append(window.plc.seen.where)
        if window.plc.seen.where is not None and window.plc.seen.where.pou == "FB_Eye":
            break
    where = window.plc.seen.where
    assert where is not None
    assert window.plc.bar.texts.currentText() == "FB_Eye.TcPOU"
    assert window.plc.bar.instances.currentText() == "MAIN.Scan : FB_Eye"
    shown = window.plc.view.document().findBlockByNumber(where.line - 1).text()
    file = (tmp_path / "line" / where.file).read_text("utf-8").splitlines()
    assert shown.strip() in file[where.file_line - 1]
    assert f"{where.file}:{where.file_line}" in window.plc.bar.said.text()
    window.close()


TWO = """format: commissioning-scene/1
name: Two controllers
devices:
  b: {type: push_button, pose: {xyz: [0, 0, 1]}, tags: {pressed: I_B}}
controllers:
  one: {type: emulated, programs: [one.st], task: {main: {program: ONE, cycle: 10 ms}}}
  two: {type: emulated, programs: [two.st], task: {main: {program: TWO, cycle: 10 ms}}}
tags:
  I_B: {type: BOOL, controller: one, path: ONE.b}
"""


def test_that_the_panel_goes_to_the_controller_that_is_held(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "scene.yaml").write_text(TWO, "utf-8")
    (tmp_path / "one.st").write_text(
        "PROGRAM ONE\nVAR b : BOOL; n : INT; END_VAR\nn := n + 1;\nEND_PROGRAM\n", "utf-8"
    )
    (tmp_path / "two.st").write_text(
        "PROGRAM TWO\nVAR k : INT; END_VAR\n\nk := k + 1;\nEND_PROGRAM\n", "utf-8"
    )
    window = MainWindow("light")
    qtbot.addWidget(window)
    window.show()
    window.open(tmp_path)
    qtbot.waitUntil(lambda: window.plc.link.program is not None, timeout=30000)
    window.docks.show("PLC")
    qtbot.waitUntil(lambda: window.plc.reading is not None, timeout=30000)
    panel = window.plc
    assert panel.link.controllers == ["one", "two"]
    panel.bar.controller_chosen.emit("two")
    qtbot.waitUntil(lambda: "k := k + 1" in panel.view.toPlainText())
    panel.link.toggle_breakpoint("two.st", 4)
    qtbot.waitUntil(lambda: lines(window) == [4])
    panel.bar.controller_chosen.emit("one")
    qtbot.waitUntil(lambda: "n := n + 1" in panel.view.toPlainText())
    qtbot.mouseClick(window.run_bar.run, LEFT)
    qtbot.waitUntil(lambda: panel.seen.where is not None and panel.seen.where.path == "TWO", timeout=30000)
    assert panel.bar.controllers.currentText() == "two"
    assert "k := k + 1" in panel.view.toPlainText()
    window.close()


def test_that_warnings_of_a_program_stand_in_the_problems(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "scene.yaml").write_text(TWO.replace("  two: {", "  # {"), "utf-8")
    (tmp_path / "one.st").write_text(
        "PROGRAM ONE\nVAR b : BOOL; n, never : INT; END_VAR\nn := never;\nEND_PROGRAM\n", "utf-8"
    )
    window = MainWindow("light")
    qtbot.addWidget(window)
    window.show()
    window.open(tmp_path)
    qtbot.waitUntil(lambda: window.problems.model.rowCount() > 0, timeout=30000)
    rows = [window.problems.model.index(0, column).data() for column in range(2)]
    assert "one.st:2" in rows[0]
    assert rows[1].startswith("Warning: ONE.never is read by ONE (one.st:3) but never written")
    window.close()
