"""Writing the run of the window into a file, from its start on, whenever that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from commissioning.app.source import LiveSource

if TYPE_CHECKING:
    from commissioning.app.main_window import MainWindow


class Recordings:
    """What the actions about recordings do. `after(future, words)` says the words when it is done."""

    def __init__(self, window: MainWindow, after: Callable[[Future[Any] | None, str], None]):
        self._window, self._after = window, after

    def begin(self) -> None:
        """From its start on, also what has happened before it was asked for."""
        source, file = self._window.watch.source, self._file("Record the run into")
        if isinstance(source, LiveSource) and file is not None:
            self._after(source.record(file), f"Recording into {file.name}: it holds the run from its start.")

    def end(self) -> None:
        source = self._window.watch.source
        if isinstance(source, LiveSource) and source.recording is not None:
            name = source.recording.name
            self._after(source.record(None), f"{name} is complete: open it with File, Open recording.")

    def save(self) -> None:
        source, file = self._window.watch.source, self._file("Save the run so far as")
        if isinstance(source, LiveSource) and file is not None:
            self._after(source.save_recording(file), f"Saved {file.name}: it replays from the start to here.")

    def _file(self, title: str) -> Path | None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, title, f"{self._line_name()}.recording", "Recordings (*.recording)", "",
            QFileDialog.Option.DontUseNativeDialog,
        )  # fmt: skip
        if not name:
            return None
        return Path(name) if Path(name).suffix else Path(name).with_suffix(".recording")

    def _line_name(self) -> str:
        scene = self._window.scene
        if scene is None:
            return "line"
        return scene.name if scene.is_dir() else scene.parent.name or scene.stem
