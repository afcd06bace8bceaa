"""Breakpoints and watch lists of a scene last from one session of the window to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.app.settings import MOST_SCENES, Settings

pytestmark = pytest.mark.gui
SCENE = """format: commissioning-scene/1
name: Memory
devices:
  b: {type: push_button, pose: {xyz: [0, 0, 1]}, tags: {pressed: I_B}}
controllers:
  one: {type: emulated, programs: [one.st], task: {main: {program: ONE, cycle: 10 ms}}}
  two: {type: emulated, programs: [two.st], task: {main: {program: TWO, cycle: 10 ms}}}
tags:
  I_B: {type: BOOL, controller: one, path: ONE.b}
"""
ONE = "PROGRAM ONE\nVAR b : BOOL; n, m : INT; END_VAR\nn := n + 1;\nm := n;\nEND_PROGRAM\n"
TWO = "PROGRAM TWO\nVAR k : INT; END_VAR\nk := k + 1;\nEND_PROGRAM\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scene = tmp_path / "scene"
    scene.mkdir()
    (scene / "scene.yaml").write_text(SCENE, "utf-8")
    (scene / "one.st").write_text(ONE, "utf-8")
    (scene / "two.st").write_text(TWO, "utf-8")
    return scene


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


def session(qtbot: QtBot, folder: Path, file: Path | None) -> MainWindow:
    """A window of its own on settings of its own, as after a start of the program."""
    made = MainWindow("light", settings=Settings(file) if file is not None else None)
    qtbot.addWidget(made)
    made.show()
    show(made, qtbot, folder)
    return made


def show(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    answers: list[Opened] = []
    window.opened.connect(answers.append)
    window.open(folder)
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    window.docks.show("PLC")
    qtbot.waitUntil(
        lambda: window.plc.reading is not None and window.plc.view.blockCount() > 3, timeout=30000
    )


def points(window: MainWindow) -> list[tuple[int, str]]:
    return [(line, condition) for _, line, _, condition in window.plc.seen.breakpoints]


def choose(window: MainWindow, qtbot: QtBot, controller: str) -> None:
    window.plc.bar.controller_chosen.emit(controller)
    qtbot.waitUntil(lambda: f"PROGRAM {controller.upper()}" in window.plc.view.toPlainText(), timeout=10000)


def test_that_they_are_there_again_after_a_start(qtbot: QtBot, folder: Path, file: Path) -> None:
    before = (folder / "scene.yaml").read_bytes()
    first = session(qtbot, folder, file)
    first.plc.stop_if(4, "n > 2")
    first.plc.watched.add("ONE.n")
    qtbot.waitUntil(lambda: points(first) == [(4, "n > 2")])
    choose(first, qtbot, "two")
    assert first.plc.watched.model.paths == []
    first.plc.watched.add("TWO.k")
    first.plc.link.toggle_breakpoint("two.st", 3)
    first.close()  # at once: nobody has read it yet
    assert (folder / "scene.yaml").read_bytes() == before

    again = session(qtbot, folder, file)
    qtbot.waitUntil(lambda: "2 breakpoints of the last session set again." in again.notice.text)
    qtbot.waitUntil(lambda: points(again) == [(4, "n > 2")])
    assert again.plc.watched.model.paths == ["ONE.n"]
    choose(again, qtbot, "two")
    assert again.plc.watched.model.paths == ["TWO.k"]
    qtbot.waitUntil(lambda: points(again) == [(3, "")])
    choose(again, qtbot, "one")
    assert again.plc.watched.model.paths == ["ONE.n"]
    again.plc.link.remove_breakpoints()
    qtbot.waitUntil(lambda: points(again) == [])
    again.close()

    last = session(qtbot, folder, file)
    qtbot.waitUntil(lambda: "1 breakpoint of the last session set again." in last.notice.text)
    last.close()


def test_that_a_breakpoint_holds_its_line_after_an_edit_and_one_that_is_gone_is_told(
    qtbot: QtBot, folder: Path, file: Path
) -> None:
    first = session(qtbot, folder, file)
    for line in (3, 4):
        first.plc.link.toggle_breakpoint("one.st", line)
    qtbot.waitUntil(lambda: points(first) == [(3, ""), (4, "")])
    first.close()
    (folder / "one.st").write_text(ONE.replace("n := n + 1;", "\n\nn := n + 2;"), "utf-8")
    again = session(qtbot, folder, file)
    told = "A breakpoint is gone with the edit: ONE: n := n + 1; (that line is gone)."
    qtbot.waitUntil(lambda: told in again.notice.text)
    qtbot.waitUntil(lambda: points(again) == [(6, "")])
    again.watch.source.start()  # type: ignore[union-attr]
    qtbot.waitUntil(
        lambda: again.plc.seen.where is not None and again.plc.seen.where.line == 6, timeout=10000
    )
    again.close()


def test_that_an_online_change_that_removes_a_line_tells_of_its_breakpoint(
    qtbot: QtBot, folder: Path, file: Path
) -> None:
    window = session(qtbot, folder, file)
    window.plc.link.toggle_breakpoint("one.st", 4)
    qtbot.waitUntil(lambda: points(window) == [(4, "")])
    (folder / "one.st").write_text(ONE.replace("m := n;", "m := n + 1;"), "utf-8")
    window.actions_table["plc_online_change"].trigger()
    told = "A breakpoint is gone with the edit: ONE: m := n; (that line is gone)."
    qtbot.waitUntil(lambda: told in window.notice.text, timeout=10000)
    window.close()


def test_that_a_reset_and_opening_it_again_keep_them_once(qtbot: QtBot, folder: Path) -> None:
    window = session(qtbot, folder, None)
    window.plc.link.toggle_breakpoint("one.st", 4)
    window.plc.watched.add("ONE.m")
    qtbot.waitUntil(lambda: points(window) == [(4, "")])
    window.actions_table["reset"].trigger()
    qtbot.wait(200)
    qtbot.waitUntil(lambda: points(window) == [(4, "")])
    show(window, qtbot, folder)
    qtbot.waitUntil(lambda: points(window) == [(4, "")])
    assert window.plc.watched.model.paths == ["ONE.m"]
    window.close()


def test_that_spoiled_settings_and_old_scenes_do_no_harm(file: Path) -> None:
    settings = Settings(file)
    for spoiled in ("{", "3", '[["a"]]', '[["a", 3]]', '[["a", {"one": {"breakpoints": [1], "watch": 2}}]]'):
        settings._store.setValue("scenes", spoiled)
        assert settings.scene("b") == {}
    from commissioning.app.plc_memory import PlcMemory

    memory = PlcMemory(settings)
    memory.open(Path("/a"))
    assert memory.breakpoints("one") == [] and memory.watched("one") == []
    for number in range(MOST_SCENES + 3):
        settings.keep_scene(f"/s{number}", {"one": {"watch": ["x"]}})
    assert settings.scene("/s2") == {} and settings.scene("/s3") == {"one": {"watch": ["x"]}}


def test_that_an_edit_of_another_controllers_program_leads_to_it(
    qtbot: QtBot, folder: Path, file: Path
) -> None:
    window = session(qtbot, folder, file)
    strip = window.plc.changes.strip
    (folder / "two.st").write_text(TWO.replace("k := k + 1;", "k := k + 2;"), "utf-8")
    words = "two: two.st has changed on disk since this program was loaded."
    qtbot.waitUntil(lambda: strip.isVisible() and strip.said.text() == words, timeout=5000)
    assert "PROGRAM ONE" in window.plc.view.toPlainText()
    qtbot.mouseClick(strip.change, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "two runs the changed program: 1 kept" in window.notice.text, timeout=10000)
    qtbot.waitUntil(lambda: "k := k + 2;" in window.plc.view.toPlainText(), timeout=10000)
    assert window.plc.bar.controllers.currentText() == "two"
    (folder / "one.st").write_text(ONE.replace("m := n;", "m := q;"), "utf-8")
    qtbot.waitUntil(lambda: strip.isVisible() and "one: one.st" in strip.said.text(), timeout=5000)
    window.actions_table["plc_online_change"].trigger()
    qtbot.waitUntil(lambda: list(window.plc.view.wrong) == [4], timeout=10000)
    assert window.plc.bar.controllers.currentText() == "one" and "m := q;" in window.plc.view.toPlainText()
    qtbot.wait(300)  # the program that runs has been read meanwhile: the wrong text stays
    assert "m := q;" in window.plc.view.toPlainText()
    window.close()
