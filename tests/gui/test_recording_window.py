"""Recordings from the window: begun while a run goes on, they hold it from its start, and they replay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.app.source import LiveSource, ReplaySource
from commissioning.bench.load import load
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun
from commissioning.files.recording import read_recording
from commissioning.sim.run import Run

pytestmark = pytest.mark.gui
SCENE = Path(__file__).parents[2] / "scenes" / "carton_line"
SECOND = 1_000_000_000


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow("light")
    qtbot.addWidget(made)
    made.show()
    answers: list[Opened] = []
    made.opened.connect(answers.append)
    made.open(SCENE)
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    yield made
    made.close()


def to(qtbot: QtBot, window: MainWindow, seconds: int) -> LiveSource:
    source = window.watch.source
    assert isinstance(source, LiveSource)
    source.session.do(lambda run: run.advance_to(seconds * SECOND)).result(30)
    qtbot.waitUntil(lambda: window.watch.t_ns == seconds * SECOND)
    return source


def answer_with(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(file), ""))


def test_that_a_recording_begun_late_holds_the_run_from_its_start(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "late.recording"
    answer_with(monkeypatch, file)
    to(qtbot, window, 30)
    window.actions_table["record"].trigger()
    qtbot.waitUntil(lambda: "late.recording" in window.notice.text)
    assert window.run_bar.record.text == "● REC" and str(file) in window.run_bar.record.toolTip()
    assert not window.actions_table["record"].isEnabled()
    window.commands.operate("estop", "push")
    source = to(qtbot, window, 60)
    window.actions_table["stop_record"].trigger()
    qtbot.waitUntil(lambda: "complete" in window.notice.text)
    assert window.run_bar.record.text == ""
    recording = read_recording(file)
    assert recording.end_ns == 60 * SECOND and recording.records["t"][0] == 0
    assert recording.records.tobytes() == source.session.journal.records().tobytes()
    assert verify(file).same


def test_that_the_run_so_far_is_saved_and_goes_on(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, tmp_path / "part")  # the ending is added
    to(qtbot, window, 20)
    window.actions_table["save_recording"].trigger()
    qtbot.waitUntil(lambda: "Saved part.recording" in window.notice.text)
    to(qtbot, window, 40)
    assert read_recording(tmp_path / "part.recording").end_ns == 20 * SECOND


def test_that_a_reset_completes_the_recording(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, tmp_path / "reset.recording")
    to(qtbot, window, 10)
    window.actions_table["record"].trigger()
    qtbot.waitUntil(lambda: window.run_bar.record.text != "")
    window.actions_table["reset"].trigger()
    qtbot.waitUntil(lambda: window.watch.t_ns == 0 and window.run_bar.record.text == "", timeout=10000)
    assert read_recording(tmp_path / "reset.recording").end_ns == 10 * SECOND


def test_that_a_file_that_cannot_be_written_is_said_and_nothing_is_recorded(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notes.recording"
    file.write_text("something else")
    answer_with(monkeypatch, file)
    window.actions_table["record"].trigger()
    qtbot.waitUntil(lambda: "notes.recording" in window.notice.text and window.run_bar.record.text == "")
    assert file.read_text() == "something else"
    assert window.actions_table["record"].isEnabled()
    assert window.watch.status.state == "paused"


def test_that_closing_the_window_completes_the_recording(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, tmp_path / "closed.recording")
    to(qtbot, window, 10)
    window.actions_table["record"].trigger()
    qtbot.waitUntil(lambda: "closed.recording" in window.notice.text)
    window.close()
    assert read_recording(tmp_path / "closed.recording").end_ns == 10 * SECOND


def test_that_a_recording_of_a_restored_run_begins_where_it_was_restored(
    qtbot: QtBot, tmp_path: Path
) -> None:
    loaded = load(SCENE)
    live = Run(loaded, 1)
    live.advance_to(1200 * SECOND)
    run = Run.restore(loaded, live.snapshot())
    assert run.journal.first > 0
    recorded = RecordedRun(run, loaded, tmp_path / "restored.recording")
    recorded.advance_to(1260 * SECOND)
    recorded.close()
    made = MainWindow("light")
    qtbot.addWidget(made)
    made.show()
    answers: list[Opened] = []
    made.opened.connect(answers.append)
    made.open(tmp_path / "restored.recording")
    qtbot.waitUntil(lambda: bool(answers), timeout=30000)
    source = made.watch.source
    assert isinstance(source, ReplaySource)
    qtbot.waitUntil(lambda: made.watch.t_ns == 1200 * SECOND)
    qtbot.waitUntil(lambda: "recorded from 0:20:00.000 on" in made.notice.text)
    source.seek(0)
    assert source.status().now_ns == 1200 * SECOND  # nothing is known of what was before
    source.seek(1230 * SECOND)
    qtbot.waitUntil(lambda: made.watch.t_ns == 1230 * SECOND)
    live.advance_to(1230 * SECOND)
    assert len(made.watch.frame().ids) == len(live.line.parts)
    made.close()
