"""Opening the window from the command line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from commissioning.app.main_window import MainWindow
from commissioning.app.opening import Opened
from commissioning.app.settings import Settings

PATIENCE_S = 300.0  # for a screenshot: loading and running to its time


def open_window(
    source: str | Path | None,
    at_ns: int | None = None,
    screenshot: Path | None = None,
    theme: str | None = None,
    arm: Sequence[str] = (),
    allow_code: Collection[str] = (),
) -> int:
    """The desktop on a scene or recording; returns the exit code.

    `theme`: light or dark, without it the one at the last end. With `screenshot` it runs to `at_ns`, writes
    the window as a picture and ends. `allow_code`: hashes of Python of scenes that may run. 2: could not be
    opened.
    """
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screenshot is not None and not screen and sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    app.setApplicationName("commissioning")
    # The run lives in a thread beside this one: shorter turns keep both answering.
    sys.setswitchinterval(0.0001)
    # A picture is the same on every machine; a window is as its user left it.
    settings = Settings() if screenshot is None else None
    theme = theme or (settings.theme if settings is not None else "") or "light"
    window = MainWindow(theme, settings=settings)
    window.allowed |= frozenset(allow_code)
    window.show()
    if screenshot is not None:
        return picture_of(app, window, Path(source) if source else None, at_ns, screenshot)
    if source is not None:
        window.open(Path(source), at_ns, arm=arm)
    return int(app.exec())


def picture_of(
    app: QApplication, window: MainWindow, source: Path | None, at_ns: int | None, file: Path
) -> int:
    """Runs to the time, settles the picture, writes it. 2 if there is nothing to show or to write."""
    answers: list[Opened] = []
    window.opened.connect(answers.append)
    deadline = time.monotonic() + PATIENCE_S
    if source is not None:
        window.open(source, at_ns, stop=True)
        while not answers and time.monotonic() < deadline:
            app.processEvents()
            time.sleep(0.005)
    window.viewport.prepare_now()
    while time.monotonic() < deadline and window.watch.source is not None:
        app.processEvents()
        if at_ns is None or window.watch.status.now_ns >= at_ns or window.watch.status.state == "failed":
            break
        time.sleep(0.005)
    window.watch.catch_up()
    for _ in range(10):
        app.processEvents()
        time.sleep(0.02)
    window.viewport.widget.settle()
    app.processEvents()
    saved = window.grab().save(str(file))
    failed = source is not None and (not answers or answers[0].source is None)
    problems = answers[0].problems if answers else ()
    window.close()
    app.processEvents()
    if failed and problems:
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
    return 0 if saved and not failed else 2
