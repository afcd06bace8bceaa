"""The time bar: spans the run, marks what matters, and moves everything when it is dragged."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from commissioning.app.tokens import Tokens
from commissioning.app.watch import Watch
from commissioning.app.words import clock, exact

MARKS = 400  # more would only paint over each other
ROUND_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


class TimeLine(QWidget):
    """The bar itself."""

    dragged = Signal(object)  # ns: Qt's int ends at 2.1 s
    released = Signal()

    def __init__(self, watch: Watch, tokens: Tokens):
        super().__init__()
        self._watch, self.tokens = watch, tokens
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(220)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._down = False

    def sizeHint(self) -> QSize:
        return QSize(600, 40)

    def place(self, t_ns: int) -> float:
        """x of a time."""
        end = max(self._watch.status.end_ns, 1)
        return 8 + (self.width() - 16) * min(max(t_ns / end, 0.0), 1.0)

    def time_at(self, x: float) -> int:
        share = (x - 8) / max(self.width() - 16, 1)
        return round(min(max(share, 0.0), 1.0) * self._watch.status.end_ns)

    def paintEvent(self, event: QPaintEvent) -> None:
        watch, t = self._watch, self.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, end = 15.0, watch.status.end_ns
        knob = self.place(watch.t_ns) if end else 8.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.raised))
        painter.drawRoundedRect(QRectF(8, middle - 4, self.width() - 16, 8), 4, 4)
        painter.setBrush(QColor(t.accent if watch.following else t.inconclusive))
        painter.drawRoundedRect(QRectF(8, middle - 4, max(knob - 8, 0), 8), 4, 4)
        colours = {"forced": t.forced, "down": t.down, "problem": t.failed, "check": t.failed}
        marks = watch.marks[-MARKS:]
        for when, kind, _ in marks:
            x = self.place(when)
            painter.setBrush(QColor(colours[kind]))
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 3), QPointF(x + 4, 3), QPointF(x, 9)]))
        painter.setBrush(QColor(t.panel))
        painter.setPen(QPen(QColor(t.accent if watch.following else t.inconclusive), 2.2))
        painter.drawEllipse(QPointF(knob, middle), 6.5, 6.5)
        painter.setPen(QColor(t.muted))
        metrics = QFontMetrics(self.font())
        base = self.height() - metrics.descent() - 1
        free = -1.0
        for when in self._ticks(end, metrics.horizontalAdvance("0:00:00") + 40):
            text = short(when)
            width = metrics.horizontalAdvance(text)
            x = min(max(self.place(when) - width / 2, 8.0), self.width() - width - 8.0)
            if x > free:
                painter.drawText(QPointF(x, base), text)
                free = x + width + 14

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._watch.source is not None:
            self._down = True
            self.dragged.emit(self.time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        when = self.time_at(event.position().x())
        if self._down:
            self.dragged.emit(when)
        near = [
            text for t, _, text in self._watch.marks[-MARKS:] if abs(self.place(t) - event.position().x()) < 5
        ]
        self.setToolTip("\n".join([f"{clock(when)}   {exact(when)}", *near[:6]]))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._down = False
        self.released.emit()

    def _ticks(self, end_ns: int, room: float) -> list[int]:
        if not end_ns:
            return [0]
        fits = max((self.width() - 16) / room, 1.0)
        step = next((s for s in ROUND_S if end_ns / 1e9 / s <= fits), ROUND_S[-1])
        return [when * 1_000_000_000 for when in range(0, int(end_ns // 1_000_000_000) + 1, step)]


class TimeBar(QFrame):
    """Time line on the left; events per second, lag and links on the right."""

    def __init__(self, watch: Watch, tokens: Tokens):
        super().__init__()
        self.setObjectName("card")
        self._watch = watch
        self.line = TimeLine(watch, tokens)
        self.said = QLabel("")
        self.said.setObjectName("muted")
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 10, 3)
        row.setSpacing(12)
        row.addWidget(self.line, 1)
        row.addWidget(self.said)
        self.line.dragged.connect(self._drag)
        watch.moved.connect(self.line.update)
        watch.panels.connect(self.refresh)
        watch.replaced.connect(self.refresh)
        watch.status_changed.connect(self.line.update)
        self.drawing = ""  # how the picture is made, said when it is made slowly

    def redraw(self, tokens: Tokens) -> None:
        self.line.tokens = tokens
        self.refresh()

    def refresh(self) -> None:
        status = self._watch.status
        words = []
        if self._watch.source is not None and self._watch.source.live:
            words += [
                f"{status.events_per_s:,.0f} events/s".replace(",", " "),
                f"lag {status.lag_s * 1000:.1f} ms",
            ]
            words += [f"{name} {link.state}" for name, link in status.links]
        if self._watch.header is not None:
            words.append(f"{self._watch.fed:,} records".replace(",", " "))
        if self.drawing:
            words.append(self.drawing)
        self.said.setText("    ".join(words))
        self.line.update()

    def _drag(self, t_ns: int) -> None:
        watch = self._watch
        at_end = watch.status.end_ns and t_ns >= watch.status.end_ns * 0.999
        if at_end and watch.source is not None and watch.source.live:
            watch.follow()
        else:
            watch.review(t_ns)


def short(t_ns: int) -> str:
    """h:mm:ss, or m:ss below an hour."""
    seconds = t_ns // 1_000_000_000
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
