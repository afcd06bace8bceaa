"""One field that finds commands, devices, tags and checks. Ctrl+P for commands, Ctrl+F for anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from commissioning.app.notices import Overlay

MOST = 60


@dataclass(frozen=True)
class Found:
    text: str
    more: str
    act: Callable[[], object]


class Finder(Overlay):
    def __init__(self, window: QWidget, things: Callable[[bool], list[Found]]):
        super().__init__(window)
        self._things = things
        self._all: list[Found] = []
        self._shown: list[Found] = []
        self.field = QLineEdit()
        self.list = QListWidget()
        self.list.setMinimumSize(520, 300)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.textChanged.connect(self._match)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._take())

    def open(self, commands_only: bool) -> None:
        self._all = self._things(commands_only)
        self.field.setPlaceholderText("A command" if commands_only else "A device, tag, check or command")
        self.field.clear()
        self._match("")
        self.appear()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        self.adjustSize()
        self.move((self.host.width() - self.width()) // 2, 84)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() == QEvent.Type.FocusOut:
            self.hide()
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key == Qt.Key.Key_Escape:
                self.hide()
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take()
                return True
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                step = 1 if key == Qt.Key.Key_Down else -1
                self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), self.list.count() - 1))
                return True
        return super().eventFilter(watched, event)

    def _match(self, text: str) -> None:
        words = text.casefold().split()
        scored = [
            (_score(f"{entry.text} {entry.more}".casefold(), words), n) for n, entry in enumerate(self._all)
        ]
        ranked = sorted((score, n) for score, n in scored if score is not None)
        self._shown = [self._all[n] for _, n in ranked[:MOST]]
        self.list.clear()
        for entry in self._shown:
            self.list.addItem(QListWidgetItem(f"{entry.text}    {entry.more}".rstrip()))
        if self._shown:
            self.list.setCurrentRow(0)

    def _take(self) -> None:
        row = self.list.currentRow()
        self.hide()
        if 0 <= row < len(self._shown):
            self._shown[row].act()


def _score(text: str, words: list[str]) -> int | None:
    """Lower is better; None if a word is missing."""
    places = [text.find(word) for word in words]
    return None if any(place < 0 for place in places) else sum(places)
