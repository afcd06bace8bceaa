"""A card that says what would be lost, and does it only on a button. Not modal: the line runs on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from commissioning.app.notices import Overlay

WIDTH = 520  # px


class Confirm(Overlay):
    """`ask(question, facts, word, act)`: `act()` on the button `word`; Escape drops it."""

    def __init__(self, window: QWidget):
        super().__init__(window)
        self._act: Callable[[], object] = lambda: None
        self.question, self.facts = QLabel(), QLabel()
        self.question.setObjectName("heading")
        for label in (self.question, self.facts):
            label.setWordWrap(True)
        self.yes, self.no = QPushButton(), QPushButton("Leave it")
        self.no.setObjectName("primary")  # Enter by habit loses nothing
        self.no.setToolTip("Nothing is done  (Esc)")
        self.yes.clicked.connect(self._done)
        self.no.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.addWidget(self.yes)
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.question)
        column.addWidget(self.facts)
        column.addLayout(buttons)

    def ask(self, question: str, facts: str, word: str, act: Callable[[], object]) -> None:
        self._act = act
        self.question.setText(question)
        self.facts.setText(facts)
        self.yes.setText(word)
        self.yes.setToolTip(facts)
        self.setAccessibleName(question)
        self.setAccessibleDescription(facts)
        self.appear()
        self.no.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        wide = min(WIDTH, self.host.width() - 40)
        self.setFixedWidth(wide)
        layout = self.layout()
        assert layout is not None
        self.setFixedHeight(max(layout.totalHeightForWidth(wide), layout.sizeHint().height(), 1))
        self.move((self.host.width() - wide) // 2, self.host.height() - self.height() - 74)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """The tabulator stays on the card as long as somebody is on it: its two buttons."""
        (self.yes if self.no.hasFocus() else self.no).setFocus(
            Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        )
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.yes if self.yes.hasFocus() else self.no).click()
        else:
            super().keyPressEvent(event)

    def _done(self) -> None:
        self.hide()
        self._act()
