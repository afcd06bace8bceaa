"""The logic analyser: the waveforms that explain a verdict, or the last seconds of what is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from commissioning.app.selection import Selection
from commissioning.app.tables import EmptyHint
from commissioning.app.tokens import Tokens
from commissioning.app.traces import Lane, Trace, chosen_signals, from_verdict, recent
from commissioning.app.verdicts import SYMBOLS, Verdict
from commissioning.app.watch import Watch
from commissioning.app.words import clock, exact

LANE, LEAST_LANE = 27, 15  # px
LEFT, RIGHT = 132, 12
STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
MOST_CAUSES, CAUSES = 6, 240  # of them, and px
NAMES = 20  # letters of a lane's name


class Chart(QWidget):
    """Paints a trace. A click tells its time."""

    chosen = Signal(object)  # ns: Qt's int ends at 2.1 s

    def __init__(self, tokens: Tokens):
        super().__init__()
        self.tokens = tokens
        self.trace: Trace | None = None
        self.now: Callable[[], int | None] = lambda: None  # where the shown time stands, if it is of this run
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)

    def show_trace(self, trace: Trace | None) -> None:
        if trace != self.trace:
            self.trace = trace
            self.setMinimumHeight(self._top() + LEAST_LANE * len(trace.lanes) + 24 if trace else 0)
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(500, 220)

    def place(self, t_ns: float) -> float:
        """x of a time."""
        trace = self.trace
        assert trace is not None
        share = (t_ns - trace.start_ns) / max(trace.end_ns - trace.start_ns, 1)
        return LEFT + (self.width() - LEFT - RIGHT) * min(max(share, 0.0), 1.0)

    def time_at(self, x: float) -> int:
        trace = self.trace
        assert trace is not None
        share = min(max((x - LEFT) / max(self.width() - LEFT - RIGHT, 1), 0.0), 1.0)
        return round(trace.start_ns + share * (trace.end_ns - trace.start_ns))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.trace is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.trace is not None:
            t_ns = self.time_at(event.position().x())
            self.setToolTip(f"{clock(t_ns)}   {exact(t_ns)}")

    def paintEvent(self, event: QPaintEvent) -> None:
        trace, t = self.trace, self.tokens
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(t.panel))
        if trace is None or not trace.lanes:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = self._top()
        room = (self.height() - top - 24) // len(trace.lanes)
        tall = min(max(room, LEAST_LANE), LANE)
        bottom = top + tall * len(trace.lanes)
        self._ticks(painter, top, bottom)
        for row, lane in enumerate(trace.lanes):
            y = float(top + row * tall)
            painter.setPen(QColor(t.text))
            name = lane.name if len(lane.name) <= NAMES else lane.name[: NAMES - 1] + "…"
            label = QRectF(8, y, LEFT - 16, tall)
            painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            self._lane(painter, lane, y, tall)
        now = self.now()
        if now is not None and trace.start_ns <= now <= trace.end_ns:
            painter.setPen(QPen(QColor(t.accent), 1.2))
            painter.drawLine(QPointF(self.place(now), top - 2), QPointF(self.place(now), bottom))
        self._marks(painter, bottom)

    def _top(self) -> int:
        return 8 + 16 * self._rows() if self.trace is not None and self.trace.marks else 8

    def _rows(self) -> int:
        return len({row for *_, row in self._labels()})

    def _labels(self) -> list[tuple[int, str, float, int]]:
        """Time, text, left edge and row of each mark; labels do not run into each other."""
        assert self.trace is not None
        metrics, ends = self.fontMetrics(), [-1.0]
        found = []
        for when, word in sorted(self.trace.marks):
            text = f"{word}  {clock(when)}"
            width = metrics.horizontalAdvance(text)
            left = min(max(self.place(when) - width / 2, 4.0), max(self.width() - width - 4.0, 4.0))
            row = next((n for n, end in enumerate(ends) if end < left), len(ends))
            if row == len(ends):
                ends.append(0.0)
            ends[row] = left + width + 10
            found.append((when, text, left, row))
        return found

    def _marks(self, painter: QPainter, bottom: int) -> None:
        t, metrics, labels = self.tokens, painter.fontMetrics(), self._labels()
        inks = [QColor(t.failed if text.startswith("fails") else t.muted) for _, text, _, _ in labels]
        for (when, _, _, row), ink in zip(labels, inks, strict=True):
            painter.setPen(QPen(ink, 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(self.place(when), 16.0 * row + 18), QPointF(self.place(when), bottom))
        for (_, text, left, row), ink in zip(labels, inks, strict=True):
            room = QRectF(left - 3, 16.0 * row + 2, metrics.horizontalAdvance(text) + 6, 15)
            painter.fillRect(room, QColor(t.panel))  # a line must not strike a label out
            painter.setPen(ink)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)

    def _ticks(self, painter: QPainter, top: int, bottom: int) -> None:
        trace, t = self.trace, self.tokens
        assert trace is not None
        room = painter.fontMetrics().horizontalAdvance("0:00:00.000") + 24
        span = (trace.end_ns - trace.start_ns) / 1e9
        fits = max((self.width() - LEFT - RIGHT) / room, 1.0)
        step = round(next((s for s in STEPS_S if span / s <= fits), STEPS_S[-1]) * 1e9)
        for when in range(-(-trace.start_ns // step) * step, trace.end_ns + 1, step):
            x = self.place(when)
            painter.setPen(QPen(QColor(t.border), 1.0))
            painter.drawLine(QPointF(x, top), QPointF(x, bottom + 3))
            text = clock(when)
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(QColor(t.muted))
            left = min(max(x - width / 2, LEFT - 20.0), self.width() - width - 2.0)
            painter.drawText(QPointF(left, bottom + 16), text)

    def _lane(self, painter: QPainter, lane: Lane, y: float, tall: int) -> None:
        t, trace = self.tokens, self.trace
        assert trace is not None
        high, low = y + 5.0, y + tall - 4.0
        ink = QColor(t.forced if lane.forced else t.accent)
        known = trace.end_ns if trace.known_ns is None else trace.known_ns
        painter.setPen(QPen(ink, 1.6))
        if lane.kind == "motion":
            values = [float(value) for _, value in lane.points]
            least, most = min([0.0, *values]), max([0.0, *values])
            scale = (low - high) / (most - least) if most > least else 0.0
            line = [QPointF(self.place(at), low - (float(v) - least) * scale) for at, v in lane.points]
            painter.drawPolyline(QPolygonF(line))
            self._say(painter, f"{most:.3g} {lane.unit}".rstrip(), QRectF(LEFT + 4, high - 4, 90, 14))
            return
        before: float | None = None
        for n, (at, value) in enumerate(lane.points):
            until = lane.points[n + 1][0] if n + 1 < len(lane.points) else known
            left, right = self.place(at), self.place(until)
            if value is None:  # BAD: hatched, not guessed
                painter.fillRect(QRectF(left, high, right - left, low - high), self._hatch())
                before = None
            elif lane.kind == "level":
                level = high if value else low
                if before is not None and before != level:
                    painter.drawLine(QPointF(left, before), QPointF(left, level))
                painter.drawLine(QPointF(left, level), QPointF(right, level))
                before = level
            else:
                painter.drawLine(QPointF(left, low), QPointF(right, low))
                painter.drawLine(QPointF(left, high + 4), QPointF(left, low))
                self._say(painter, _figure(value), QRectF(left + 4, high, max(right - left - 6, 0), 14))
                painter.setPen(QPen(ink, 1.6))

    def _hatch(self) -> QBrush:
        return QBrush(QColor(self.tokens.idle), Qt.BrushStyle.BDiagPattern)

    def _say(self, painter: QPainter, text: str, room: QRectF) -> None:
        if painter.fontMetrics().horizontalAdvance(text) <= room.width():
            painter.setPen(QColor(self.tokens.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _figure(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Analyser(QWidget):
    """Chart, what it shows in words, and the way from a finding to its moment in the line."""

    asked = Signal(object)  # Verdict: show its run at its time
    chosen = Signal(object)  # ns of the run shown

    def __init__(self, watch: Watch, selection: Selection, tokens: Tokens):
        super().__init__()
        self._watch, self._selection = watch, selection
        self.finding: Verdict | None = None
        self._numbers: list[int] = []  # of the signals drawn
        self.is_shown: Callable[[Verdict], bool] = lambda _verdict: False
        self.said, self.causes = QLabel(""), QLabel("")
        self.causes.setObjectName("muted")
        self.causes.setWordWrap(True)
        self.causes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.go, self.back = QPushButton("Show in the line"), QPushButton("Back to live tags")
        self.go.setToolTip("The run of the check, at the moment of the finding")
        self.go.clicked.connect(lambda: self.asked.emit(self.finding) if self.finding else None)
        self.back.clicked.connect(lambda: self.show_finding(None))
        top = QHBoxLayout()
        top.setContentsMargins(8, 3, 8, 3)
        top.setSpacing(8)
        top.addWidget(self.said, 1)
        for button in (self.go, self.back):
            top.addWidget(button)
        self.chart = Chart(tokens)
        self.chart.chosen.connect(self._clicked)
        self.chart.now = self._now
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.chart)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addLayout(top)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 8, 0)
        row.addWidget(self._area, 3)
        row.addWidget(self.causes, 1)
        column.addLayout(row, 1)
        self.causes.setMaximumWidth(CAUSES)
        self.causes.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._hint = EmptyHint(
            self._area,
            "Waveforms of the selected device or tag.\n"
            "Choose a check that failed: its trace and its cause show here.",
        )
        watch.replaced.connect(self._begin)
        watch.panels.connect(self.refresh)
        selection.changed.connect(self.refresh)
        self.show_finding(None)

    def redraw(self, tokens: Tokens) -> None:
        self.chart.tokens = tokens
        self.refresh()

    def show_finding(self, verdict: Verdict | None) -> None:
        """The trace of a verdict, or, without one, live tags."""
        self.finding = verdict
        if verdict is None:
            self.causes.hide()
        else:
            at = f"  at {clock(verdict.at_ns)}" if verdict.at_ns is not None else ""
            where = f" · scenario {verdict.scenario}" if verdict.scenario else ""
            self.said.setText(f"{SYMBOLS.get(verdict.verdict, '')}  {verdict.check}{at}{where}")
            lines = [f"{clock(t)}  {what}" for t, what in verdict.causes[:MOST_CAUSES]]
            self.causes.setText("\n".join(lines) or verdict.why)
            self.causes.setVisible(bool(self.causes.text()))
            self.causes.setToolTip(verdict.why)
        self.go.setVisible(verdict is not None and verdict.at_ns is not None)
        self.back.setVisible(verdict is not None)
        self.refresh()

    def refresh(self) -> None:
        if not self.isVisible():
            return
        if self.finding is not None:
            self.chart.show_trace(from_verdict(self.finding.trace))
        elif self._watch.header is None:
            self.said.setText("")
            self.chart.show_trace(None)
        else:
            tag = self._selection.id if self._selection.kind == "tag" else ""
            device = "" if tag else self._selection.device
            about = tag or device
            self.said.setText(about or "the first tags of the PLC")
            numbers = chosen_signals(self._watch, tag, device)
            if not self._still_holds(numbers):
                self._numbers = numbers
                self.chart.show_trace(recent(self._watch, numbers))
            self.chart.update()
        self._hint.setVisible(self.chart.trace is None)

    def _begin(self) -> None:
        self.chart.show_trace(None)  # of another run
        self.refresh()

    def showEvent(self, event: object) -> None:
        self.refresh()

    def _still_holds(self, numbers: list[int]) -> bool:
        """A look back inside what is drawn moves the line that stands for the time, not the picture."""
        trace = self.chart.trace
        if self._watch.following or trace is None or trace.known_ns is None or numbers != self._numbers:
            return False
        return trace.start_ns <= self._watch.t_ns <= trace.known_ns

    def _now(self) -> int | None:
        if self.finding is not None and not self.is_shown(self.finding):
            return None
        return self._watch.t_ns

    def _clicked(self, t_ns: int) -> None:
        if self.finding is None or self.is_shown(self.finding):
            self.chosen.emit(t_ns)
        else:
            self.asked.emit(self.finding)
