"""Asking before Python that comes with a scene runs: what it is, to read, and two buttons.

It is asked once per content: the answer is kept by its hash, in the settings. The card lies over the window
while no line is open; nothing runs behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from commissioning.app.notices import Overlay
from commissioning.files.python_code import PythonCode

WIDTH, TEXT_HEIGHT = 760, 300
WARNING = (
    "It runs as a program of yours: it can read, change and send whatever you can on this computer. "
    "Read it, and allow it only if you know where it comes from."
)


class AllowCode(Overlay):
    """Shows the very bytes that would run. `ask(codes, name, allow)`: `allow(hashes)` on the button."""

    def __init__(self, window: QWidget):
        super().__init__(window)
        self._codes: tuple[PythonCode, ...] = ()
        self._allow: Callable[[frozenset[str]], None] = lambda _hashes: None
        self._heading, self._warning, self._facts = QLabel(), QLabel(WARNING), QLabel()
        self._heading.setObjectName("heading")
        self._facts.setObjectName("muted")
        for label in (self._heading, self._warning, self._facts):
            label.setWordWrap(True)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.files = QComboBox()
        self.files.setAccessibleName("File of the scene's Python")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFixedHeight(TEXT_HEIGHT)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(12)
        self.text.setFont(font)
        self.allow, self.leave = QPushButton("Allow and open"), QPushButton("Leave it closed")
        self.leave.setObjectName("primary")  # Enter by habit runs nothing
        self.files.currentIndexChanged.connect(self._show)
        self.allow.clicked.connect(self._allowed)
        self.leave.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.addWidget(self.allow)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 14)
        column.setSpacing(9)
        for widget in (self._heading, self._warning, self.files, self.text, self._facts):
            column.addWidget(widget)
        column.addLayout(buttons)

    def ask(self, codes: Sequence[PythonCode], name: str, allow: Callable[[frozenset[str]], None]) -> None:
        self._codes, self._allow = tuple(codes), allow
        self._heading.setText(f"{name} brings Python of its own. May it run?")
        installed = sorted({top for code in codes for top in code.installed})
        hashes = ", ".join(code.hash for code in codes)
        self._facts.setText(
            f"From this computer it imports {', '.join(installed) or 'nothing'}.\n"
            f"You are asked again when a character of it changes. SHA-256 {hashes}"
        )
        self.files.clear()
        paths = [path for path, _ in self._all()]
        self.files.addItems([f"{path}   ({k} of {len(paths)})" for k, path in enumerate(paths, 1)])
        self.appear()
        self.leave.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        self.setFixedWidth(min(WIDTH, self.host.width() - 40))
        self.adjustSize()
        room = max(0, self.host.height() - self.height())
        self.move((self.host.width() - self.width()) // 2, room // 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _all(self) -> list[tuple[str, bytes]]:
        """Path and content of every file, those of one controller after those of another."""
        found = []
        for code in self._codes:
            content = {file.path: file.content for file in code.files}
            found += [(path, content[path]) for path in code.names]
        return found

    def _show(self, number: int) -> None:
        files = self._all()
        if 0 <= number < len(files):
            self.text.setPlainText(plainly(files[number][1]))

    def _allowed(self) -> None:
        self.hide()
        self._allow(frozenset(code.hash for code in self._codes))


def plainly(content: bytes) -> str:
    """The text with everything that cannot be seen written out, so that nothing reads as what it is not: a
    character that turns the direction of writing can hide what a line does."""
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)
