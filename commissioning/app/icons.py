"""Plain icons, drawn: no font, no files, sharp at every size and in every theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

Draw = Callable[[QPainterPath], None]  # on a field of 16 x 16


def _polygon(path: QPainterPath, *points: tuple[float, float]) -> None:
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in (*points, points[0])]))


def _play(path: QPainterPath) -> None:
    _polygon(path, (4.5, 2.5), (13, 8), (4.5, 13.5))


def _pause(path: QPainterPath) -> None:
    path.addRect(QRectF(3.5, 3, 3, 10))
    path.addRect(QRectF(9.5, 3, 3, 10))


def _step(path: QPainterPath) -> None:
    _polygon(path, (3, 3), (10, 8), (3, 13))
    path.addRect(QRectF(11, 3, 2, 10))


def _back(path: QPainterPath) -> None:
    _polygon(path, (13, 3), (6, 8), (13, 13))
    path.addRect(QRectF(3, 3, 2, 10))


def _record(path: QPainterPath) -> None:
    path.addEllipse(QPointF(8, 8), 5, 5)


def _stop(path: QPainterPath) -> None:
    path.addRect(QRectF(3.5, 3.5, 9, 9))


def _live(path: QPainterPath) -> None:
    path.addEllipse(QPointF(8, 8), 4, 4)


def _reset(path: QPainterPath) -> None:
    path.arcMoveTo(QRectF(3, 3, 10, 10), 150)
    path.arcTo(QRectF(3, 3, 10, 10), 150, -290)
    path.moveTo(3, 3)
    path.lineTo(3.6, 6.6)
    path.lineTo(7.2, 6.0)


def _open(path: QPainterPath) -> None:
    path.moveTo(2, 13)
    for x, y in ((2, 3.5), (6, 3.5), (7.5, 5.5), (14, 5.5), (14, 13), (2, 13)):
        path.lineTo(x, y)


def _frame(path: QPainterPath) -> None:
    for x, y, dx, dy in ((2, 2, 1, 1), (14, 2, -1, 1), (14, 14, -1, -1), (2, 14, 1, -1)):
        path.moveTo(x + 4 * dx, y)
        path.lineTo(x, y)
        path.lineTo(x, y + 4 * dy)
    path.addRect(QRectF(6, 6, 4, 4))


def _home(path: QPainterPath) -> None:
    path.moveTo(2, 8)
    for x, y in ((8, 2.5), (14, 8)):
        path.lineTo(x, y)
    path.moveTo(4, 7)
    for x, y in ((4, 13.5), (12, 13.5), (12, 7)):
        path.lineTo(x, y)


def _search(path: QPainterPath) -> None:
    path.addEllipse(QPointF(7, 7), 4, 4)
    path.moveTo(10, 10)
    path.lineTo(14, 14)


def _force(path: QPainterPath) -> None:
    path.moveTo(8, 2)
    path.lineTo(8, 10)
    path.moveTo(4.5, 6.5)
    path.lineTo(8, 10)
    path.lineTo(11.5, 6.5)
    path.moveTo(3, 13.5)
    path.lineTo(13, 13.5)


def _release(path: QPainterPath) -> None:
    path.moveTo(8, 11)
    path.lineTo(8, 3)
    path.moveTo(4.5, 6.5)
    path.lineTo(8, 3)
    path.lineTo(11.5, 6.5)
    path.moveTo(3, 13.5)
    path.lineTo(13, 13.5)


def _check(path: QPainterPath) -> None:
    path.moveTo(2.5, 8.5)
    path.lineTo(6.5, 12.5)
    path.lineTo(13.5, 4)


def _theme(path: QPainterPath) -> None:
    path.addEllipse(QPointF(8, 8), 5.5, 5.5)
    path.moveTo(8, 2.5)
    path.lineTo(8, 13.5)


def _camera(path: QPainterPath) -> None:
    path.addRect(QRectF(2, 4.5, 12, 9))
    path.addEllipse(QPointF(8, 9), 2.6, 2.6)


def _step_in(path: QPainterPath) -> None:
    path.moveTo(8, 2)
    path.lineTo(8, 9)
    path.moveTo(4.8, 5.8)
    path.lineTo(8, 9)
    path.lineTo(11.2, 5.8)
    path.addEllipse(QPointF(8, 13), 1.2, 1.2)


def _step_over(path: QPainterPath) -> None:
    path.moveTo(2.5, 9)
    path.quadTo(3, 3.5, 8, 3.5)
    path.quadTo(12, 3.5, 13, 8)
    path.moveTo(9.8, 6.4)
    path.lineTo(13, 8.4)
    path.lineTo(14.4, 4.8)
    path.addEllipse(QPointF(8, 12.5), 1.2, 1.2)


def _step_out(path: QPainterPath) -> None:
    path.moveTo(8, 9.5)
    path.lineTo(8, 2.5)
    path.moveTo(4.8, 5.7)
    path.lineTo(8, 2.5)
    path.lineTo(11.2, 5.7)
    path.addEllipse(QPointF(8, 13), 1.2, 1.2)


def _warning(path: QPainterPath) -> None:
    _polygon(path, (8, 2), (14.5, 13.5), (1.5, 13.5))
    path.moveTo(8, 6)
    path.lineTo(8, 9.6)
    path.moveTo(8, 11.4)
    path.lineTo(8, 11.6)


def _changed(path: QPainterPath) -> None:
    """A sheet with an arrow into it."""
    path.moveTo(9, 13.5)
    for x, y in ((3, 13.5), (3, 2.5), (9.5, 2.5), (12.5, 5.5), (12.5, 7)):
        path.lineTo(x, y)
    path.moveTo(14.5, 10.5)
    path.lineTo(8, 10.5)
    path.moveTo(10.5, 8)
    path.lineTo(8, 10.5)
    path.lineTo(10.5, 13)


FILLED: dict[str, Draw] = {
    "play": _play,
    "pause": _pause,
    "step": _step,
    "back": _back,
    "stop": _stop,
    "record": _record,
    "live": _live,
}
LINES: dict[str, Draw] = {
    "reset": _reset,
    "open": _open,
    "frame": _frame,
    "home": _home,
    "search": _search,
    "force": _force,
    "release": _release,
    "check": _check,
    "theme": _theme,
    "camera": _camera,
    "step_in": _step_in,
    "step_over": _step_over,
    "step_out": _step_out,
    "warning": _warning,
    "changed": _changed,
}


def icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """An icon by name; an unknown name is an empty one. Raises nothing."""
    made = QIcon()
    if name not in FILLED and name not in LINES:
        return made
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled or colour)):
        for size in (16, 32, 48):
            made.addPixmap(_pixmap(name, ink, size), mode)
    return made


def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    (FILLED.get(name) or LINES[name])(path)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 16, size / 16)
    if name in FILLED:
        painter.fillPath(path, QColor(colour))
    else:
        pen = QPen(
            QColor(colour), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        )
        painter.strokePath(path, pen)
    painter.end()
    return pixmap
