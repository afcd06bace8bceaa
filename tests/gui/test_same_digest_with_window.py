"""A run that a window watches, with clicks, views and changes of speed, has the digest of one nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.bench.load import load
from commissioning.bench.run import Run

pytestmark = pytest.mark.gui
SCENE = Path(__file__).parents[2] / "scenes" / "carton_line"
TWENTY_S = 20_000_000_000


def test_that_a_watched_run_has_the_digest_of_an_unwatched_one(qtbot: QtBot) -> None:
    window = MainWindow("light")
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    answers: list[Opened] = []
    window.opened.connect(answers.append)
    window.open(SCENE, TWENTY_S // 2)
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    session = answers[0].source.session  # type: ignore[union-attr]
    session.set_speed(5.0)
    qtbot.mouseClick(window.run_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.watch.t_ns > TWENTY_S // 2 + 3_000_000_000, timeout=30000)
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.mouseClick(window.run_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.watch.status.state == "paused", timeout=10000)
    qtbot.mouseClick(window.run_bar.step, Qt.MouseButton.LeftButton)
    watched = session.do(lambda run: (run.advance_to(TWENTY_S), run.journal.digest())[1]).result(20)
    alone = Run(load(SCENE), 1, "production")
    alone.advance_to(TWENTY_S)
    assert watched == alone.journal.digest()
    window.close()
