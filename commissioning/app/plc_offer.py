"""A strip in the PLC panel: the program files on disk are not what runs, and what one can do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from commissioning.app.actions import Actions
from commissioning.app.icons import icon
from commissioning.app.pills import Elided
from commissioning.app.tokens import Tokens

MARK = 14  # px


class PlcOffer(QFrame):
    """Hidden while there is nothing to say. `back`: the text of the program that runs is wanted again."""

    back = Signal()
    problems = Signal()

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.mark = QLabel()
        self.said = Elided()
        self.change = QPushButton("Online change")
        self.change.setToolTip(actions["plc_online_change"].toolTip())
        self.change.clicked.connect(actions["plc_online_change"].trigger)
        actions["plc_online_change"].enabledChanged.connect(self._able)
        self.show_problems = QPushButton("Show the problems")
        self.show_problems.setToolTip("Where the changed files do not compile")
        self.show_problems.clicked.connect(self.problems)
        self.leave_draft = QPushButton("Back to what runs")
        self.leave_draft.setToolTip("The text of the program that runs, instead of the file on disk")
        self.leave_draft.clicked.connect(self.back)
        self.hush = QPushButton("Not now")
        self.hush.setToolTip("Hides this until a file changes again; PLC, Online change still does it")
        self.hush.clicked.connect(self._hush)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 6, 3)
        row.setSpacing(6)
        row.addWidget(self.mark)
        row.addWidget(self.said, 1)
        for button in (self.change, self.show_problems, self.leave_draft, self.hush):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self._actions = actions
        self.hushed = ""
        self._text = ""
        self.hide()

    def tell(self, text: str, wrong: bool, busy: bool, draft: bool, tokens: Tokens) -> None:
        """`text`: "" hides it. `wrong`: it does not compile; `draft`: the text shown does not run."""
        self._text = text
        self.setVisible(bool(text) and (text != self.hushed or draft))
        self.said.setText(text)
        self.setAccessibleName(text)
        ink = tokens.failed if wrong else tokens.accent
        self.mark.setPixmap(icon("warning" if wrong else "changed", ink).pixmap(MARK, MARK))
        self.change.setVisible(not busy)
        self.change.setText("Try again" if wrong else "Online change")
        self.show_problems.setVisible(wrong and not draft)
        self.leave_draft.setVisible(draft)
        self.hush.setVisible(not draft and not busy)
        self._able(self._actions["plc_online_change"].isEnabled())

    def _able(self, able: bool) -> None:
        self.change.setEnabled(able)
        held = "" if able else "\nNot while a scan is held: let it go on first  (F5)"
        self.change.setToolTip(self._actions["plc_online_change"].toolTip() + held)

    def _hush(self) -> None:
        self.hushed = self._text
        self.hide()
