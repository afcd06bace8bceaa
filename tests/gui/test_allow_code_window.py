"""Before Python of a scene runs the window shows it and asks, once per content."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commissioning.app.allow_code import plainly
from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.app.settings import Settings

pytestmark = pytest.mark.gui
SCENE = Path(__file__).parents[2] / "scenes" / "carton_line_python"
LEFT = Qt.MouseButton.LeftButton
Open = Callable[[], tuple[MainWindow, Opened]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SCENE, tmp_path / "line")
    return tmp_path / "line"


@pytest.fixture
def opens(qtbot: QtBot, tmp_path: Path, folder: Path) -> Open:
    """A new start of the program, with the same settings, and what came of opening the scene."""

    def start() -> tuple[MainWindow, Opened]:
        window = MainWindow("light", settings=Settings(tmp_path / "settings.ini"))
        qtbot.addWidget(window)
        window.resize(1400, 900)
        window.show()
        window.activateWindow()
        with qtbot.waitSignal(window.opened, timeout=30000) as answer:
            window.open(folder)
        return window, answer.args[0]

    return start


def test_that_the_window_asks_once_and_remembers(opens: Open, qtbot: QtBot, folder: Path) -> None:
    window, opened = opens()
    card = window.allow_code
    assert opened.source is None and window.watch.source is None and card.isVisible()
    assert [card.files.itemText(k) for k in range(2)] == ["logic.py   (1 of 2)", "tracking.py   (2 of 2)"]
    assert card.text.toPlainText() == (folder / "logic.py").read_text()
    card.files.setCurrentIndex(1)
    assert card.text.toPlainText() == (folder / "tracking.py").read_text()
    with qtbot.waitSignal(window.opened, timeout=30000) as answer:
        qtbot.mouseClick(card.allow, LEFT)
    assert answer.args[0].source is not None and not card.isVisible()
    assert window.checks.allowed == window.allowed
    window.close()
    window, opened = opens()
    assert opened.source is not None and not window.allow_code.isVisible()
    window.close()
    (folder / "tracking.py").write_text((folder / "tracking.py").read_text() + "\n")
    window, opened = opens()
    assert opened.source is None and window.allow_code.isVisible()
    window.close()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Space, None])
def test_that_a_key_by_habit_runs_nothing(opens: Open, qtbot: QtBot, key: Qt.Key | None) -> None:
    window, _ = opens()
    card = window.allow_code
    if key is None:
        qtbot.mouseClick(card.leave, LEFT)
    else:
        qtbot.keyClick(card.leave if key == Qt.Key.Key_Space else card, key)
    qtbot.wait(50)
    assert not card.isVisible() and window.watch.source is None and not window.allowed
    assert not Settings(Path(window.settings._store.fileName())).allowed_code  # type: ignore[union-attr]
    window.close()


def test_that_the_checks_of_the_window_are_allowed_the_same(opens: Open, qtbot: QtBot) -> None:
    window, _ = opens()
    with qtbot.waitSignal(window.opened, timeout=30000):
        qtbot.mouseClick(window.allow_code.allow, LEFT)
    window.commands.run_checks()
    qtbot.waitUntil(lambda: not window.checks.busy, timeout=60000)
    assert {verdict.verdict for verdict in window.verdicts.all} == {"PASS"}
    window.close()
    QApplication.processEvents()


def test_that_what_cannot_be_seen_is_written_out() -> None:
    """U+202E turns the direction of writing: what is shown behind it is not what runs."""
    assert plainly("a = 1\t# \u202e x\x07\r\nb = 'ä'\n".encode()) == "a = 1\t# \\u202e x\\x07\nb = 'ä'\n"
    assert plainly(b"\xff") == "\\xff"
