"""A text of the program with what happens in it: breakpoints, where it is held, values, coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontDatabase,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextFormat,
    QTextOption,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from commissioning.app.st_highlighter import StHighlighter
from commissioning.app.tokens import Tokens

if TYPE_CHECKING:
    from commissioning.plc.debugging.coverage import LineMark

DOT, ARROW = 16, 12  # px
PIXELS = 12  # of the letters
BEHIND = 28  # px between a statement and its values


class Margin(QWidget):
    """Left of the text: coverage, breakpoints, the arrow, line numbers. A click sets a breakpoint."""

    def __init__(self, view: SourceView):
        super().__init__(view)
        self._view = view
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("A click sets a breakpoint, or takes it away  (F8)")

    def sizeHint(self) -> QSize:
        return QSize(self._view.margin_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_margin(QPainter(self), event.rect())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            line = self._view.line_at(event.pos().y())
            condition = self._view.breakpoints.get(line, "")
            more = f"\nholds if {condition}" if condition not in ("", "always") else ""
            usual = f"A click sets a breakpoint, or takes it away  (F8){more}"
            self.setToolTip(self._view.wrong.get(line, usual))
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._view.margin_clicked.emit(self._view.line_at(event.position().toPoint().y()))


class SourceView(QPlainTextEdit):
    """Read only. Lines count from 1."""

    margin_clicked = Signal(int)
    menu_asked = Signal(int, str, QPoint)  # line, word, where on the screen
    word_chosen = Signal(str, int)

    def __init__(self, tokens: Tokens):
        super().__init__()
        self.setObjectName("code")
        self.setReadOnly(True)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(PIXELS)
        self.setFont(font)
        self.tokens = tokens
        self.held: tuple[int, bool] | None = None  # line, whether it is the innermost call
        self.breakpoints: Mapping[int, str] = {}  # line -> "always" or its condition, "" if disabled
        self.inline: Mapping[int, str] = {}
        self.marks: Mapping[int, LineMark] = {}
        self.wrong: Mapping[int, str] = {}  # line -> what does not compile there
        self._margin = Margin(self)
        self._colours = StHighlighter(self.document(), tokens)
        self.blockCountChanged.connect(lambda _count: self._place_margin())
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._cursor_moved)
        self._place_margin()

    # what is shown

    def show_text(self, text: str, wrong: Mapping[int, str] | None = None) -> None:
        """`wrong`: line -> what does not compile there."""
        self.wrong = wrong or {}
        self.held, self.breakpoints, self.inline, self.marks = None, {}, {}, {}
        self.setPlainText(text)
        self._place_margin()

    def tell(
        self, held: tuple[int, bool] | None, breakpoints: Mapping[int, str], inline: Mapping[int, str],
        marks: Mapping[int, LineMark],
    ) -> None:  # fmt: skip
        """What is new; paints only if something is."""
        new = (held, breakpoints, inline, marks)
        if new == (self.held, self.breakpoints, self.inline, self.marks):
            return
        moved = held != self.held
        self.held, self.breakpoints, self.inline, self.marks = new
        if moved:
            self._show_held()
        self._margin.update()
        self.viewport().update()

    def go_to(self, line: int) -> None:
        """Scrolls so that the line is well inside the view."""
        block = self.document().findBlockByNumber(line - 1)
        if not block.isValid():
            return
        cursor = QTextCursor(block)
        self.setTextCursor(cursor)
        first, last = self.visible_lines()
        if not first + 1 <= line <= last - 2:
            self.verticalScrollBar().setValue(max(line - 1 - max((last - first) // 3, 1), 0))

    def line(self) -> int:
        """The chosen line."""
        return self.textCursor().blockNumber() + 1

    def word_at(self, cursor: QTextCursor) -> str:
        """The path around a place in the text, as "MAIN.zones[3].speed"."""
        text, at = cursor.block().text(), cursor.positionInBlock()
        start = end = at
        while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_."):
            start -= 1
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        return text[start:end].strip(".")

    def visible_lines(self) -> tuple[int, int]:
        first = self.firstVisibleBlock().blockNumber() + 1
        tall = max(self.blockBoundingRect(self.firstVisibleBlock()).height(), 1.0)
        return first, first + int(self.viewport().height() / tall)

    def redraw(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._colours.redraw(tokens)
        self._show_held()
        self._margin.update()

    # margin

    def margin_width(self) -> int:
        digits = max(len(str(self.blockCount())), 2)
        return 4 + DOT + self.fontMetrics().horizontalAdvance("9") * digits + ARROW

    def _place_margin(self) -> None:
        self.setViewportMargins(self.margin_width(), 0, 0, 0)
        box = self.contentsRect()
        self._margin.setGeometry(QRect(box.left(), box.top(), self.margin_width(), box.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_margin()

    def _scrolled(self, rect: QRect, dy: int) -> None:
        if dy:
            self._margin.scroll(0, dy)
        else:
            self._margin.update(0, rect.y(), self._margin.width(), rect.height())

    def line_at(self, y: int) -> int:
        return self.cursorForPosition(QPoint(0, y)).blockNumber() + 1

    def _blocks(self, rect: QRect) -> list[tuple[QTextBlock, QRectF]]:
        """The visible lines with their places."""
        found, block = [], self.firstVisibleBlock()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > rect.bottom():
                break
            if place.bottom() >= rect.top():
                found.append((block, place))
            block = block.next()
        return found

    def paint_margin(self, painter: QPainter, rect: QRect) -> None:
        t, wide = self.tokens, self.margin_width()
        painter.fillRect(rect, QColor(t.window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        inks = {"hit": t.passed, "part": t.inconclusive, "missed": t.failed}
        for block, place in self._blocks(rect):
            line, middle = block.blockNumber() + 1, place.center().y()
            mark = self.marks.get(line)
            if mark is not None and mark.mark:
                ink = QColor(inks[mark.mark])
                bar = QRectF(0, place.top() + 1, 3, place.height() - 2)
                if mark.mark == "missed":  # not by colour alone: a missed line has a broken bar
                    bar = QRectF(0, place.top() + 4, 3, place.height() - 8)
                painter.fillRect(bar, ink)
            painter.setPen(QColor(t.text if self.held is not None and self.held[0] == line else t.muted))
            room = QRectF(4 + DOT, place.top(), wide - 4 - DOT - ARROW + 2, place.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(line))
            if line in self.wrong:  # a cross
                painter.setPen(QPen(QColor(t.failed), 1.8))
                for down in (3.5, -3.5):
                    centre = QPointF(4 + DOT / 2, middle)
                    painter.drawLine(centre + QPointF(-3.5, -down), centre + QPointF(3.5, down))
            if line in self.breakpoints:
                painter.setPen(QColor(t.failed))
                painter.setBrush(QColor(t.failed) if self.breakpoints[line] else Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(4 + DOT / 2, middle), 4.5, 4.5)
                if self.breakpoints[line] not in ("", "always"):  # a bar in it: only under a condition
                    painter.setPen(QPen(QColor(t.panel), 1.6))
                    painter.drawLine(QPointF(1.5 + DOT / 2, middle), QPointF(6.5 + DOT / 2, middle))
            if self.held is not None and self.held[0] == line:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(t.accent if self.held[1] else t.muted))
                x = wide - ARROW + 2.5
                tip = [QPointF(x, middle - 4.5), QPointF(x + 7, middle), QPointF(x, middle + 4.5)]
                painter.drawPolygon(QPolygonF(tip))
        painter.end()

    # text

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.inline and not self.marks and not self.wrong:
            return
        t = self.tokens
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        for block, place in self._blocks(event.rect()):
            line = block.blockNumber() + 1
            mark = self.marks.get(line)
            missed = ", ".join(mark.missed) if mark is not None else ""
            text = self.inline.get(line, "")
            wrong = self.wrong.get(line, "")
            if not text and not missed and not wrong:
                continue
            x = place.left() + block.layout().lineAt(0).naturalTextWidth() + BEHIND
            for words, ink, ground in (
                (wrong, t.failed, t.raised),
                (text, t.text, t.raised),
                (_shortened(missed), t.inconclusive, ""),
            ):
                if words:
                    wide = self.fontMetrics().horizontalAdvance(words)
                    room = QRectF(x, place.top(), wide + 10, place.height())
                    if ground:
                        painter.setPen(Qt.PenStyle.NoPen)
                        painter.setBrush(QColor(ground))
                        painter.drawRoundedRect(room.adjusted(0, 0.5, 0, -0.5), 3, 3)
                    painter.setPen(QColor(ink))
                    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
                    x += wide + 16
        painter.end()

    def _show_held(self) -> None:
        """The ground of the statement that comes next."""
        selections = []
        if self.held is not None:
            block = self.document().findBlockByNumber(self.held[0] - 1)
            if block.isValid():
                selection = QTextEdit.ExtraSelection()
                selection.format.setBackground(QColor(self.tokens.selected))
                selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
                selection.cursor = QTextCursor(block)
                selections.append(selection)
        self.setExtraSelections(selections)

    def _cursor_moved(self) -> None:
        word = self.word_at(self.textCursor())
        if word:
            self.word_chosen.emit(word, self.line())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        cursor = self.cursorForPosition(event.pos())
        if not self.textCursor().hasSelection():
            self.setTextCursor(cursor)
        self.menu_asked.emit(cursor.blockNumber() + 1, self.word_at(cursor), event.globalPos())


def _shortened(text: str) -> str:
    return text if len(text) < 60 else text[:57] + "…"
