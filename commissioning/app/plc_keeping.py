"""Brings breakpoints and watch lists of the last session back, and notes what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from commissioning.app.plc_link import PlcLink
from commissioning.app.plc_memory import PlcMemory
from commissioning.app.plc_reading import Seen
from commissioning.app.plc_watch import WatchTab
from commissioning.app.settings import Settings

ANSWER_MS = 40


class PlcKeeping(QObject):
    """Between the panel and `PlcMemory`."""

    said = Signal(str)

    def __init__(self, link: PlcLink, watched: WatchTab) -> None:
        super().__init__()
        self._link, self._watched = link, watched
        self._memory = PlcMemory(None)
        self._shown = ""  # the controller whose watch list is in the table
        self._restoring: Future[tuple[int, list[str]]] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(ANSWER_MS)
        self._timer.timeout.connect(self._restored)

    def use(self, settings: Settings | None) -> None:
        """Where it is kept."""
        self._memory = PlcMemory(settings)

    def open(self, scene: Path | None) -> None:
        """The scene that opens next."""
        self._memory.open(scene)
        self._shown, self._restoring = "", None

    def begin(self) -> None:
        """A run has begun: the breakpoints of the last session, once; a reset keeps its own."""
        controllers = self._link.controllers
        if not controllers:
            self._shown = ""
        elif not self._memory.settled and self._restoring is None:
            kept = {name: points for name in controllers if (points := self._memory.breakpoints(name))}
            if not kept:
                self._memory.settled = True
                return
            self._restoring = self._link.restore(kept)
            self._timer.start()

    def choose(self, controller: str) -> None:
        """Another program is shown: its watch list."""
        if controller != self._shown or not controller:
            self._shown = ""  # what the table loses now is not to be noted
            self._watched.set_paths(self._memory.watched(controller) if controller else ())
            self._shown = controller

    def watched(self, paths: Sequence[str]) -> None:
        """The watch list is another one."""
        self._memory.keep_watched(self._shown, paths)

    def seen(self, seen: Seen) -> None:
        """What has been read of the program that is shown."""
        self._memory.keep_breakpoints(self._link.controller, seen.kept)
        if seen.lost:
            self.said.emit(_gone(seen.lost))

    def flush(self) -> None:
        """The line is about to be closed."""
        for controller, points in self._link.kept().items():
            self._memory.keep_breakpoints(controller, points)

    def _restored(self) -> None:
        restoring = self._restoring
        if restoring is not None and not restoring.done():
            return
        self._timer.stop()
        self._restoring = None
        if restoring is None or restoring.cancelled():
            return
        error = restoring.exception()
        if error is not None:
            self.said.emit(f"The breakpoints of the last session could not be set: {error}")
            return
        self._memory.settled = True
        count, lost = restoring.result()
        again = (
            f"{count} breakpoint{'s' if count != 1 else ''} of the last session set again." if count else ""
        )
        self.said.emit(f"{again} {_gone(lost) if lost else ''}".strip())


def _gone(lost: Sequence[str]) -> str:
    more = f", and {len(lost) - 2} more" if len(lost) > 2 else ""
    word = "A breakpoint is" if len(lost) == 1 else f"{len(lost)} breakpoints are"
    return f"{word} gone with the edit: {'; '.join(lost[:2])}{more}."
