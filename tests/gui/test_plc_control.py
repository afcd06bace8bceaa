"""Stop, run, starts and online change of the controller in the PLC panel, on a real session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
SCENE = """format: commissioning-scene/1
name: Controls
devices:
  go: {type: push_button, pose: {xyz: [0, 1, 1]}, hold: 200 ms, tags: {pressed: I_Go}}
  li: {type: stack_light, pose: {xyz: [1, 1, 1]}, tags: {green: Q_Lamp}}
controllers:
  plc: {type: emulated, programs: [plc], task: {main: {program: MAIN, cycle: 10 ms}}}
"""
PROGRAM = """VAR_GLOBAL
  I_Go : BOOL;
  Q_Lamp : BOOL;
END_VAR
VAR_GLOBAL RETAIN ever : INT; END_VAR
VAR_GLOBAL PERSISTENT hours : INT := 3; END_VAR
PROGRAM MAIN
VAR n : INT; speed : INT; END_VAR
n := n + 1;
speed := 2 * n;
ever := n;
Q_Lamp := n > 0;
END_PROGRAM
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plc").mkdir()
    (tmp_path / "plc" / "main.st").write_text(PROGRAM, "utf-8")
    (tmp_path / "scene.yaml").write_text(SCENE, "utf-8")
    return tmp_path


def opened(qtbot: QtBot, folder: Path) -> MainWindow:
    made = MainWindow("light")
    qtbot.addWidget(made)
    made.resize(1500, 1000)
    made.show()
    answers: list[Opened] = []
    made.opened.connect(answers.append)
    made.open(folder)
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    made.docks.show("PLC")
    qtbot.waitUntil(lambda: made.plc.reading is not None and made.plc.view.blockCount() > 3, timeout=30000)
    made.activateWindow()
    return made


@pytest.fixture
def window(qtbot: QtBot, folder: Path) -> Iterator[MainWindow]:
    made = opened(qtbot, folder)
    yield made
    made.close()


def edit(file: Path, text: str) -> None:
    """Another time of the file too, however coarse the clock of the disk is."""
    file.write_text(text, "utf-8")
    edit.later += 1_000_000_000  # type: ignore[attr-defined]
    state = file.stat()
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns + edit.later))  # type: ignore[attr-defined]


edit.later = 0  # type: ignore[attr-defined]


def run_for(window: MainWindow, qtbot: QtBot, span: str) -> None:
    source = window.watch.source
    assert source is not None
    future = source.do(lambda run: run.advance(span))
    assert future is not None
    future.result(10)
    qtbot.waitUntil(lambda: window.watch.t_ns == source.status().now_ns)


def value(window: MainWindow, path: str) -> object:
    return window.watch.source.session.run.line.hosts["plc"].controller.plc[path]  # type: ignore[union-attr]


def do(window: MainWindow, name: str) -> None:
    assert window.actions_table[name].isEnabled(), name
    window.actions_table[name].trigger()


def test_that_the_controller_is_stopped_and_runs_again(window: MainWindow, qtbot: QtBot) -> None:
    button = window.plc.bar.state
    run_for(window, qtbot, "1 s")
    qtbot.waitUntil(lambda: button.text() == "RUN")
    assert not window.actions_table["plc_run"].isEnabled()
    do(window, "plc_stop")
    qtbot.waitUntil(lambda: button.text() == "STOP")
    qtbot.waitUntil(lambda: "its outputs are at their defaults" in window.notice.text)
    assert button.accessibleName() == "plc: STOP"
    n = value(window, "MAIN.n")
    run_for(window, qtbot, "1 s")
    assert value(window, "MAIN.n") == n
    assert not window.actions_table["plc_stop"].isEnabled()
    do(window, "plc_run")
    qtbot.waitUntil(lambda: button.text() == "RUN")
    run_for(window, qtbot, "1 s")
    assert value(window, "MAIN.n") == n + 100  # type: ignore[operator]


def test_that_a_past_moment_shows_the_state_it_had_then(window: MainWindow, qtbot: QtBot) -> None:
    run_for(window, qtbot, "1 s")
    do(window, "plc_stop")
    run_for(window, qtbot, "1 s")
    qtbot.waitUntil(lambda: window.plc.bar.state.text() == "STOP")
    window.watch.review(500_000_000)
    qtbot.waitUntil(lambda: window.plc.bar.state.text() == "RUN")


@pytest.mark.parametrize(
    ("kind", "kept", "words"),
    [
        ("warm", {"ever": 101, "hours": 3, "MAIN.n": 0}, "2 declared RETAIN or PERSISTENT keep their values"),
        ("cold", {"ever": 0, "hours": 3, "MAIN.n": 0}, "1 of them declared RETAIN: ever."),
    ],
)
def test_that_a_start_that_loses_values_says_so_and_waits_for_a_button(
    window: MainWindow, qtbot: QtBot, kind: str, kept: dict[str, int], words: str
) -> None:
    run_for(window, qtbot, "1 s")
    do(window, f"plc_{kind}")
    card = window.confirm
    assert card.isVisible() and words in card.facts.text()
    assert card.no.hasFocus() or QApplication.focusWidget() is card.no
    qtbot.keyClick(card.no, Qt.Key.Key_Return)  # by habit: nothing happens
    assert not card.isVisible()
    assert value(window, "MAIN.n") == 101
    do(window, f"plc_{kind}")
    qtbot.keyClick(card.no, Qt.Key.Key_Tab)
    qtbot.waitUntil(card.yes.hasFocus)
    qtbot.keyClick(card.yes, Qt.Key.Key_Backtab)
    qtbot.waitUntil(card.no.hasFocus)
    qtbot.keyClick(card.no, Qt.Key.Key_Tab)
    qtbot.keyClick(card.yes, Qt.Key.Key_Escape)
    assert not card.isVisible()
    do(window, f"plc_{kind}")
    qtbot.mouseClick(card.yes, LEFT)
    qtbot.waitUntil(lambda: f"{kind.capitalize()} start of plc" in window.notice.text)
    assert {path: value(window, path) for path in kept} == kept
    assert any(f"start {kind}" in text for text in window.watch.source.texts)  # type: ignore[union-attr]


def test_that_a_hot_start_asks_nothing(window: MainWindow, qtbot: QtBot) -> None:
    run_for(window, qtbot, "1 s")
    do(window, "plc_hot")
    assert not window.confirm.isVisible()
    qtbot.waitUntil(lambda: "Hot start of plc" in window.notice.text)
    assert value(window, "MAIN.n") == 101


def test_that_an_edit_is_offered_and_taken_with_its_values(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    run_for(window, qtbot, "1 s")
    strip, tab = window.plc.changes.strip, window.plc.changes.tab
    assert not strip.isVisible()
    better = PROGRAM.replace("VAR n : INT; speed : INT;", "VAR more : BOOL; n : INT; speed : DINT;")
    edit(folder / "plc" / "main.st", better.replace("2 * n", "3 * n"))
    qtbot.waitUntil(strip.isVisible, timeout=5000)
    assert strip.said.text() == "plc/main.st has changed on disk since this program was loaded."
    assert "2 * n" in window.plc.view.toPlainText()  # still what runs
    qtbot.mouseClick(strip.change, LEFT)
    qtbot.waitUntil(lambda: tab.tree.topLevelItemCount() > 0, timeout=10000)
    groups = [tab.tree.topLevelItem(k).text(0) for k in range(tab.tree.topLevelItemCount())]  # type: ignore[union-attr]
    assert groups == ["1 another type", "1 new", "5 kept"]
    retyped = tab.tree.topLevelItem(0).child(0)  # type: ignore[union-attr]
    assert (retyped.text(0), retyped.text(1)) == ("MAIN.speed", "was INT, begins anew as DINT")
    assert "5 kept, 1 new (MAIN.more), 1 of another type (MAIN.speed: INT is now DINT)" in window.notice.text
    assert tab.isVisible() and not strip.isVisible()
    qtbot.waitUntil(lambda: "3 * n" in window.plc.view.toPlainText(), timeout=5000)
    tab.tree.itemClicked.emit(retyped, 0)
    assert window.plc.view.line() == 8
    run_for(window, qtbot, "1 s")
    assert (value(window, "MAIN.n"), value(window, "MAIN.speed")) == (201, 603)


def test_that_a_program_that_does_not_compile_shows_its_lines_and_the_old_one_runs_on(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    file = folder / "plc" / "main.st"
    edit(file, PROGRAM.replace("speed := 2 * n;", "speed := 2 * nn;").replace("ever := n;", "ever := 'x';"))
    window.actions_table["plc_online_change"].trigger()  # at once, before anybody has looked
    strip, view = window.plc.changes.strip, window.plc.view
    qtbot.waitUntil(lambda: sorted(view.wrong) == [10, 11], timeout=10000)
    assert "nn" in view.wrong[10] and "2 * nn" in view.toPlainText()
    assert view.line() == 10
    assert window.notice.text.startswith("plc runs on with the old program: plc/main.st:10")
    assert strip.isVisible() and "does not run" in strip.said.text()
    run_for(window, qtbot, "1 s")
    assert value(window, "MAIN.n") == 101
    qtbot.mouseClick(view._margin, LEFT, pos=QPoint(8, 8))  # no breakpoint in a text that does not run
    qtbot.mouseClick(strip.leave_draft, LEFT)
    assert "2 * n;" in view.toPlainText() and not view.wrong
    assert "with 2 problems: the old program runs on." in strip.said.text()
    assert window.plc.seen.breakpoints == ()
    qtbot.mouseClick(strip.show_problems, LEFT)
    table = window.problems.table
    qtbot.waitUntil(table.isVisible)
    row = window.problems.model.index(1, 0)
    assert "main.st:11" in row.data()
    table.setCurrentIndex(row)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(view.isVisible)
    assert view.line() == 11 and sorted(view.wrong) == [10, 11]
    edit(file, PROGRAM.replace("2 * n", "4 * n"))
    qtbot.mouseClick(strip.change, LEFT)
    qtbot.waitUntil(lambda: "4 * n" in view.toPlainText(), timeout=10000)
    assert window.problems.model.problems == () and not view.wrong


def test_that_an_undone_edit_is_no_offer_and_a_reset_offers_it_again(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    file, strip = folder / "plc" / "main.st", window.plc.changes.strip
    edit(file, PROGRAM.replace("2 * n", "4 * n"))
    qtbot.waitUntil(strip.isVisible, timeout=5000)
    edit(file, PROGRAM)
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=5000)
    do(window, "plc_online_change")
    qtbot.waitUntil(lambda: "are what it runs: nothing to change" in window.notice.text, timeout=5000)
    edit(file, PROGRAM.replace("2 * n", "4 * n"))
    do(window, "plc_online_change")
    qtbot.waitUntil(lambda: "4 * n" in window.plc.view.toPlainText(), timeout=10000)
    do(window, "reset")
    qtbot.waitUntil(strip.isVisible, timeout=5000)
    qtbot.waitUntil(lambda: "2 * n" in window.plc.view.toPlainText(), timeout=5000)
    qtbot.mouseClick(strip.hush, LEFT)
    assert not strip.isVisible()
    qtbot.wait(1000)
    assert not strip.isVisible()
    edit(file, PROGRAM.replace("2 * n", "5 * n"))
    qtbot.waitUntil(strip.isVisible, timeout=5000)


def test_that_what_would_act_on_a_held_scan_says_so(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    edit(folder / "plc" / "main.st", PROGRAM.replace("2 * n", "4 * n"))
    qtbot.waitUntil(window.plc.changes.strip.isVisible, timeout=5000)
    window.plc.link.step("in")
    qtbot.waitUntil(lambda: window.watch.status.state == "held", timeout=10000)
    for name in ("plc_online_change", "plc_stop", "plc_cold"):
        qtbot.waitUntil(lambda name=name: not window.actions_table[name].isEnabled())  # type: ignore[misc]
    assert "let it go on first" in window.plc.changes.strip.change.toolTip()


def test_that_a_twincat_project_shows_the_line_of_its_file(qtbot: QtBot, tmp_path: Path) -> None:
    scenes = Path(__file__).parents[2] / "scenes"
    shutil.copytree(scenes / "sorting_line", tmp_path / "line")
    scene = tmp_path / "line" / "scene.yaml"
    text = scene.read_text("utf-8")
    old = "programs: [plc/main.st], task: {main: {program: MAIN, cycle: 10 ms}}"
    scene.write_text(text.replace(old, "programs: [twincat/SortingLine.plcproj]"), "utf-8")
    file = next((tmp_path / "line" / "twincat").rglob("FB_Eye.TcPOU"))
    window = opened(qtbot, tmp_path / "line")
    lines = file.read_text("utf-8").splitlines()
    number = next(
        k for k, one in enumerate(lines) if ":=" in one and one.strip().endswith(";") and "VAR" not in one
    )
    lines[number] = "nobody := 1;"
    edit(file, "\n".join(lines))
    window.actions_table["plc_online_change"].trigger()
    qtbot.waitUntil(lambda: bool(window.plc.view.wrong), timeout=15000)
    (line,) = window.plc.view.wrong
    shown = window.plc.view.document().findBlockByNumber(line - 1).text()
    assert "nobody := 1;" in shown
    assert f"FB_Eye.TcPOU:{number + 1}" in window.notice.text
    window.close()


def test_that_behind_another_panel_a_notice_tells_of_the_edit_once(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    window.docks.show("Tags")
    edit(folder / "plc" / "main.st", PROGRAM.replace("2 * n", "3 * n"))
    told = "plc/main.st has changed on disk. PLC, Online change (Ctrl+F6) takes it into this run."
    qtbot.waitUntil(lambda: window.notice.text == told, timeout=5000)
    window.notice.hide()
    qtbot.wait(1600)
    assert window.notice.text == ""
    run_for(window, qtbot, "1 s")
    qtbot.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "plc runs the changed program" in window.notice.text, timeout=10000)
    assert window.plc.isVisible()
    assert value(window, "MAIN.speed") == 202  # until the next scan
    run_for(window, qtbot, "10 ms")
    assert value(window, "MAIN.speed") == 306


def test_that_new_files_gone_files_and_none_at_all_are_told(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    said = window.plc.changes.strip.said
    edit(folder / "plc" / "more.st", "FUNCTION F_More : INT F_More := 1; END_FUNCTION")
    qtbot.waitUntil(lambda: said.text().startswith("plc/more.st is new on disk"), timeout=5000)
    do(window, "plc_online_change")
    qtbot.waitUntil(lambda: "plc runs the changed program" in window.notice.text, timeout=10000)
    (folder / "plc" / "more.st").unlink()
    qtbot.waitUntil(lambda: said.text().startswith("plc/more.st is gone on disk"), timeout=5000)
    (folder / "plc" / "main.st").unlink()
    qtbot.waitUntil(lambda: "there is no program in the folder plc" in said.text(), timeout=5000)
    do(window, "plc_online_change")
    qtbot.waitUntil(lambda: bool(window.problems.model.problems), timeout=5000)
    assert "there is no program in the folder plc" in str(window.problems.model.problems[0])
    assert value(window, "MAIN.n") == 1  # the old program is as it was


def test_that_a_change_of_tasks_or_tags_is_refused_with_words(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    edit(folder / "plc" / "main.st", PROGRAM.replace("Q_Lamp : BOOL", "Q_Lamp : INT").replace("n > 0", "n"))
    do(window, "plc_online_change")
    qtbot.waitUntil(lambda: "runs on with the old program" in window.notice.text, timeout=10000)
    assert "Q_Lamp" in window.notice.text
    assert window.plc.changes.draft_of == ""  # no line is to blame: the text that runs stays
    assert "with 1 problem: the old program runs on." in window.plc.changes.strip.said.text()
