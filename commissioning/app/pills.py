"""Small painted things that several panels share: pills, dots, state symbols."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from commissioning.app.style import sized

HEIGHT = 26


class Pill(QWidget):
    """A rounded word, outlined or filled; can be clicked."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._text, self._colour, self._ink, self._filled = "", "#808080", "#FFFFFF", False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return self._text

    def say(self, text: str, colour: str, filled: bool = False, ink: str = "#FFFFFF") -> None:
        """Empty text hides it."""
        if (text, colour, ink, filled) != (self._text, self._colour, self._ink, self._filled):
            self._text, self._colour, self._ink, self._filled = text, colour, ink, filled
            self.setVisible(bool(text))
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetricsF(self._font()).horizontalAdvance(self._text)
        return QSize(round(width) + 24, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        colour = QColor(self._colour)
        painter.setPen(QPen(colour, 1.3))
        painter.setBrush(colour if self._filled else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(QColor(self._ink) if self._filled else colour)
        painter.setFont(self._font())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def _font(self) -> QFont:
        return sized(self.font(), max(self.font().pixelSize(), 11), QFont.Weight.DemiBold)


class Elided(QLabel):
    """One line of words that gives way: it ends in dots where there is no room, and never widens a window."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, text)
        self.setToolTip(self.text() if text != self.text() else "")


def paint_state(painter: QPainter, centre: QPointF, state: int, colour: str, radius: float = 4.0) -> None:
    """A device state, by shape as well as colour: square = blocked, triangle = down, ring = starved."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    if state == 3:
        side = radius * 0.9
        painter.drawRect(QRectF(centre.x() - side, centre.y() - side, 2 * side, 2 * side))
    elif state == 4:
        r = radius * 1.25
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(centre.x(), centre.y() - r),
                    QPointF(centre.x() + r, centre.y() + r * 0.8),
                    QPointF(centre.x() - r, centre.y() + r * 0.8),
                ]
            )
        )
    elif state == 2:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 2.0))
        painter.drawEllipse(centre, radius - 1, radius - 1)
    else:
        painter.drawEllipse(centre, radius, radius)
    painter.restore()
