"""Words that come and go by themselves: nothing modal while a line runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

SHOWN_MS = 7000


class Overlay(QFrame):
    """A card that floats in the window and stays where it belongs when the window changes size."""

    def __init__(self, window: QWidget):
        super().__init__(window)
        self.host = window
        self.setObjectName("card")
        self.hide()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def place(self) -> None:
        self.adjustSize()
        window = self.host
        self.move((window.width() - self.width()) // 2, window.height() - self.height() - 74)

    def appear(self) -> None:
        self.place()
        self.show()
        self.raise_()


class Notice(Overlay):
    """One sentence: what happened, to what, and what to do."""

    def __init__(self, window: QWidget):
        super().__init__(window)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setMaximumWidth(720)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.addWidget(self._text)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)

    @property
    def text(self) -> str:
        return self._text.text() if self.isVisible() else ""

    def say(self, text: str, stays: bool = False) -> None:
        self._text.setText(text)
        self._text.setMinimumWidth(min(self._text.fontMetrics().horizontalAdvance(text) + 4, 720))
        self.appear()
        self._timer.stop()
        if not stays:
            self._timer.start(SHOWN_MS)

    def mousePressEvent(self, event: object) -> None:
        self.hide()


class Ask(Overlay):
    """One line to fill in, for a value to force. Enter takes it, Escape drops it."""

    def __init__(self, window: QWidget):
        super().__init__(window)
        self._label, self.field = QLabel(), QLineEdit()
        self.field.setMinimumWidth(140)
        self._take: Callable[[str], str] = lambda _text: ""
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(self._label)
        row.addWidget(self.field)
        self._hint = QLabel("Enter forces, Esc leaves")
        self._hint.setObjectName("muted")
        row.addWidget(self._hint)
        self.field.returnPressed.connect(self._done)

    def ask(self, label: str, value: str, take: Callable[[str], str], enter: str = "forces") -> None:
        """`take(text)` answers "" when it is content, else what is wrong."""
        self._take = take
        self.field.setMinimumWidth(140 if len(value) < 12 and enter == "forces" else 320)
        self._label.setText(label)
        self._hint.setText(f"Enter {enter}, Esc leaves")
        self.field.setText(value)
        self.field.selectAll()
        self.appear()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _done(self) -> None:
        wrong = self._take(self.field.text())
        if wrong:
            self._hint.setText(wrong)
            self.place()
        else:
            self.hide()
