"""How long a click in 3D takes until it is answered, while the line runs: at 1x, 100x and full speed.

`python tests/benchmarks/bench_click.py [CLICKS]` prints milliseconds of wall time, their distribution over
many clicks, and the load of the machine before and after. Not collected by pytest. A thread beside the
window posts press and release at random instants, as a hand would; *answered* is when the label of the
chosen device stands on the picture, *outlined* when the first picture with its outline does.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLICKS = 60
SPEEDS = (0.0, 1.0, 100.0, math.inf)  # 0: paused
PATIENCE_MS = 3000


def measure(clicks: int) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    from commissioning.app.main_window import MainWindow

    app = QApplication([])
    sys.setswitchinterval(0.0001)  # as the window has it
    window = MainWindow("light")
    window.resize(1680, 1000)
    window.show()
    opened: list[object] = []
    window.opened.connect(opened.append)
    window.open(ROOT / "scenes" / "carton_line")
    while not (opened and window.viewport.widget.pictures):
        app.processEvents()
    view, watch = window.viewport.widget, window.watch
    settled = time.perf_counter() + 1.0
    while time.perf_counter() < settled:  # panels find their size, the camera its place
        app.processEvents()

    class Painted(QObject):
        """Paints in the widget's place, and so knows when it is done."""

        def __init__(self) -> None:
            super().__init__()
            self.begun = self.selected = self.answered = self.outlined = 0.0
            self.pictures = 0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
            if event.type() == QEvent.Type.Paint:
                view.paintEvent(event)  # type: ignore[arg-type]
                now = time.perf_counter()
                if self.selected and not self.answered:
                    self.answered = now
                if self.selected and not self.outlined and view.pictures > self.pictures:
                    self.outlined = now
                    loop.quit()
                return True
            return False

    painted = Painted()
    view.installEventFilter(painted)

    def told() -> None:
        if painted.begun and not painted.selected:
            painted.selected, painted.pictures = time.perf_counter(), view.pictures

    window.selection.changed.connect(told)  # the last one connected is told last
    loop, patience = QEventLoop(), QTimer()
    patience.setSingleShot(True)
    patience.timeout.connect(loop.quit)
    pick = random.Random(1)
    # Places where a device is seen; parts come and go.
    across, down = range(40, view.width() - 140, 9), range(40, view.height() - 60, 9)
    places = [QPointF(x, y) for x in across for y in down]
    spots = [at for at in places if (hit := view.pick(at)) is not None and hit.kind == "device"]
    pick.shuffle(spots)

    def click(at: QPointF) -> None:
        time.sleep(pick.uniform(0.15, 0.6))
        painted.selected = painted.answered = painted.outlined = 0.0
        painted.begun = time.perf_counter()
        for kind, buttons in (
            (QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton),
            (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
        ):
            event = QMouseEvent(
                kind, at, view.mapToGlobal(at), Qt.MouseButton.LeftButton, buttons,
                Qt.KeyboardModifier.NoModifier,
            )  # fmt: skip
            QCoreApplication.postEvent(view, event)

    def spread(values: list[float]) -> str:
        values = sorted(values)
        tenth = values[min(len(values) - 1, math.ceil(0.9 * len(values)) - 1)]
        return f"{statistics.median(values) * 1e3:5.0f} {tenth * 1e3:5.0f} {values[-1] * 1e3:5.0f}"

    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{view.width()} x {view.height()} px, {clicks} clicks each, load {load}")
    print("ms: median, 90 %, longest")
    for speed in SPEEDS:
        assert watch.source is not None
        if speed:
            watch.source.set_speed(speed)
            watch.source.start()
        begun_wall, begun_ns = time.perf_counter(), watch.t_ns
        answered: list[float] = []
        drawn: list[float] = []
        missed = 0
        for n in range(clicks):
            spot = spots[n % len(spots)]
            window.selection.clear()
            painted.begun = 0.0
            hand = threading.Thread(target=click, args=(spot,))
            hand.start()
            patience.start(PATIENCE_MS)
            loop.exec()
            patience.stop()
            hand.join()
            if not painted.outlined:
                missed += 1
                continue
            answered.append(painted.answered - painted.begun)
            drawn.append(painted.outlined - painted.begun)
        shown = (watch.t_ns - begun_ns) / 1e9 / (time.perf_counter() - begun_wall)
        name = "paused" if not speed else "full speed" if math.isinf(speed) else f"{speed:g}x"
        print(
            f"  {name:11} answered {spread(answered)}   outlined {spread(drawn)}   "
            f"picture {view.render_s * 1e3:4.0f}   shown {shown:6.0f}x   unanswered {missed}"
        )
    print("load afterwards", ", ".join(f"{value:.1f}" for value in os.getloadavg()))
    window.close()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    sys.path.insert(0, str(ROOT))
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else CLICKS)
