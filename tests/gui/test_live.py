"""The window on a real session of the carton line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from commissioning.app.main import open_window
from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened

pytestmark = pytest.mark.gui
SCENES = Path(__file__).parents[2] / "scenes"
LEFT = Qt.MouseButton.LeftButton
SECOND = 1_000_000_000


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow("light")
    qtbot.addWidget(made)
    made.resize(1400, 900)
    made.show()
    answers: list[Opened] = []
    made.opened.connect(answers.append)
    made.open(SCENES / "carton_line")
    qtbot.waitUntil(lambda: bool(answers) and made.viewport.widget.pictures > 0, timeout=30000)
    assert answers[0].problems == ()
    made.activateWindow()
    yield made
    made.close()


def wait_ns(qtbot: QtBot, window: MainWindow, t_ns: int) -> None:
    qtbot.waitUntil(lambda: window.watch.t_ns >= t_ns, timeout=30000)


def test_that_parts_move_while_the_line_runs_and_rest_while_it_pauses(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.run_bar.speed.setValue(window.run_bar.speed.maximum() - 4)
    qtbot.mouseClick(window.run_bar.run, LEFT)
    wait_ns(qtbot, window, 30 * SECOND)
    before = window.watch.frame()
    pictures = window.viewport.widget.pictures
    wait_ns(qtbot, window, window.watch.t_ns + 2 * SECOND)
    qtbot.waitUntil(lambda: window.viewport.widget.pictures > pictures)
    assert not np.array_equal(before.positions, window.watch.frame().positions)
    qtbot.mouseClick(window.run_bar.run, LEFT)
    qtbot.waitUntil(lambda: window.watch.status.state == "paused")
    qtbot.wait(150)
    still = window.watch.t_ns
    qtbot.wait(150)
    assert window.watch.t_ns == still


def test_that_stepping_goes_to_the_next_instant_with_an_event(window: MainWindow, qtbot: QtBot) -> None:
    seen = [window.watch.t_ns]
    for _ in range(4):
        length = window.watch.fed
        qtbot.mouseClick(window.run_bar.step, LEFT)
        qtbot.waitUntil(lambda length=length: window.watch.fed > length)
        seen.append(window.watch.t_ns)
    assert seen == sorted(set(seen))
    times = set(window.watch.times().tolist())
    assert all(t in times for t in seen[1:])


def test_that_a_held_start_button_starts_the_line_and_the_estop_stops_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.docks.show("Operator panel")
    window.run_bar.speed.setValue(window.run_bar.speed.maximum() - 5)
    qtbot.mouseClick(window.run_bar.run, LEFT)
    number = window.tags.model.number_of("Q_Belt1_Run")
    qtbot.waitUntil(lambda: window.values.text(number) == "TRUE", timeout=20000)  # its scenario presses start
    estop = next(e for e in window.operator.elements if e.device == "estop")
    qtbot.waitUntil(lambda: estop.lit("released"))
    qtbot.mouseClick(estop, LEFT, pos=QPoint(56, 54))
    qtbot.waitUntil(lambda: window.values.text(number) == "FALSE", timeout=20000)


def test_that_a_force_goes_through_the_run_and_reset_takes_it_away(window: MainWindow, qtbot: QtBot) -> None:
    window.selection.choose("tag", "Q_Stop1")
    assert window.tags.current() == "Q_Stop1"
    window.commands.force(True)
    qtbot.waitUntil(lambda: window.run_bar.forced.text == "1 FORCED")
    assert any(label.text.startswith("stop1   FORCED") for label in window.viewport._labels())
    window.commands.reset()
    qtbot.waitUntil(lambda: window.run_bar.forced.text == "")


def test_that_the_window_stays_quick_while_the_run_goes_at_full_speed(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.commands.run()
    assert window.watch.source is not None
    window.watch.source.set_speed(math.inf)
    wait_ns(qtbot, window, 600 * SECOND)
    window.watch.review(300 * SECOND)
    assert not window.watch.following and window.watch.t_ns == 300 * SECOND
    values = window.watch.timeline.values(300 * SECOND)
    shown = [window.values.text(n) for n in range(len(values))]
    for signal, value, text in zip(window.watch.header["core"]["signals"], values, shown, strict=True):  # type: ignore[index]
        if signal["type"] == "BOOL" and text != "–":
            assert text == ("TRUE" if value else "FALSE"), signal["name"]


def test_that_the_same_seed_gives_the_same_journal_with_a_window_as_without(
    window: MainWindow, qtbot: QtBot
) -> None:
    from commissioning.bench.load import load
    from commissioning.bench.run import make_run

    run = make_run(load(SCENES / "carton_line"))
    run.advance_to(120 * SECOND)
    source = window.watch.source
    assert source is not None
    source.set_speed(math.inf)
    source.start()
    wait_ns(qtbot, window, 120 * SECOND)
    source.pause()
    qtbot.waitUntil(lambda: window.watch.status.state == "paused")
    theirs = source.records(0, run.journal.length)
    assert theirs.tobytes() == run.journal.records().tobytes()


def test_that_a_scene_with_problems_lists_them_with_file_and_line(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "scene.yaml").write_text(
        "format: commissioning-scene/1\ndevices:\n  b: {type: belt, length: 3 kg, sped: 1 m/s}\n",
        encoding="utf-8",
    )
    window = MainWindow("light")
    qtbot.addWidget(window)
    window.show()
    answers: list[Opened] = []
    window.opened.connect(answers.append)
    window.open(tmp_path)
    qtbot.waitUntil(lambda: bool(answers), timeout=20000)
    model = window.problems.model
    assert model.rowCount() >= 2
    assert all("scene.yaml:3" in model.index(r, 0).data() for r in range(model.rowCount()))
    assert "cannot be opened" in window.notice.text
    window.close()


def test_that_a_screenshot_is_written_at_its_time(qtbot: QtBot, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    picture = tmp_path / "window.png"
    assert open_window(SCENES / "carton_line", 20 * SECOND, picture, "dark") == 0
    image = QImage(str(picture))
    assert image.width() >= 1000 and not image.isNull()
    assert open_window(tmp_path / "nothing", 0, tmp_path / "none.png") == 2
    assert QApplication.instance() is not None


def test_that_properties_count_the_parts_on_a_belt(window: MainWindow, qtbot: QtBot) -> None:
    source = window.watch.source
    assert source is not None
    future = source.do(lambda run: run.advance_to(40 * SECOND))
    assert future is not None
    qtbot.waitUntil(lambda: window.watch.t_ns == 40 * SECOND and window.watch.fed == source.length)
    window.selection.choose("device", "belt1")
    window.properties.refresh()
    frame = window.watch.frame()  # belt1 lies from x = 0 to 3 m, a part is on it by its front
    fronts = frame.positions[:, 0] + frame.sizes[:, 0] / 2
    on_belt = (np.abs(frame.positions[:, 1]) < 0.01) & (fronts > 0) & (fronts <= 3.0)
    assert window.properties._facts["parts in it"].text() == str(int(on_belt.sum()))
