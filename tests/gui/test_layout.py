"""What the window remembers between starts, and how the first layout comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_line import FakeTimeline
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.settings import Settings

pytestmark = pytest.mark.gui


def started(qtbot: QtBot, file: Path | None, theme: str = "light") -> MainWindow:
    window = MainWindow(theme, lambda _header: FakeTimeline(), Settings(file) if file is not None else None)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window._sized)
    qtbot.wait(50)  # panels are placed when the event loop is idle
    return window


def test_that_panels_size_and_theme_stay_between_starts(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    first = started(qtbot, file)
    first.resize(780, 640)  # inside the screen of the offscreen platform
    first.docks.show("Logic analyser")
    first.docks.docks["Problems"].toggleView(False)
    first.set_theme("dark")
    first.close()
    assert Settings(file).theme == "dark"
    again = started(qtbot, file, Settings(file).theme)
    assert (again.width(), again.height()) == (780, 640)
    assert again.docks.docks["Problems"].isClosed()
    assert again.analyser.isVisible() and not again.journal.isVisible()
    again.actions_table["layout"].trigger()
    QApplication.processEvents()
    assert not again.docks.docks["Problems"].isClosed()
    assert again.journal.isVisible() and not again.analyser.isVisible()
    again.close()


def test_that_a_window_without_settings_starts_as_at_first(qtbot: QtBot) -> None:
    first = started(qtbot, None)
    first.docks.docks["Problems"].toggleView(False)
    first.close()
    again = started(qtbot, None)
    assert not again.docks.docks["Problems"].isClosed()
    again.close()


def test_that_a_layout_of_other_panels_is_left_alone(qtbot: QtBot, tmp_path: Path) -> None:
    window = started(qtbot, tmp_path / "settings.ini")
    _, state = window.docks.state()
    assert not window.docks.restore_state("3D|Line|Something else", state)
    window.close()


def test_that_damaged_settings_do_not_keep_the_window_from_opening(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "settings.ini"
    started(qtbot, file).close()
    text = file.read_text()
    file.write_text(text.replace("docks=@ByteArray(", "docks=@ByteArray(xx").replace("light", "purple"))
    window = started(qtbot, file)
    assert Settings(file).theme == "" and window.tree.isVisible()
    window.close()


def test_that_every_button_with_a_key_says_so(qtbot: QtBot) -> None:
    window = started(qtbot, None)
    assert "(Space)" in window.run_bar.run.toolTip()
    assert "(.)" in window.run_bar.step.toolTip()
    assert "(Ctrl+R)" in window.run_bar.reset.toolTip()
    assert "(F9)" in window.checks._buttons["run_checks"].toolTip()
    window.close()


def test_that_the_window_fits_a_small_screen_with_everything_said(qtbot: QtBot) -> None:
    window = started(qtbot, None)
    bar = window.run_bar
    for pill, text in (
        (bar.mode, "LOCK-STEP"), (bar.review, "REVIEW · back to live"), (bar.target, "REAL"),
        (bar.record, "● REC"), (bar.forced, "12 FORCED"), (bar.passed, "✓ 12"), (bar.failed, "✗ 12"),
        (bar.open, "? 12"),
    ):  # fmt: skip
        pill.say(text, "#808080")
    bar.said.setText("emulated PLC, external PLC · scenario a rather long one · paused")
    assert window.minimumSizeHint().width() <= 1366
    window.close()
