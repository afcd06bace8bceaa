"""Whether the controller runs, and the menu that stops it, starts it and changes its program."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton

from commissioning.app.actions import Actions
from commissioning.app.icons import icon
from commissioning.app.tokens import LIGHT, Tokens
from commissioning.app.watch import Watch
from commissioning.model.record import State

WORDS = {"run": "RUN", "stop": "STOP", "failed": "FAILED"}
ICONS = {"run": "live", "stop": "stop", "failed": "warning"}  # by shape as well as by colour
CONTROLS = ("plc_run", "plc_stop", "", "plc_hot", "plc_warm", "plc_cold", "", "plc_online_change")


class StateButton(QPushButton):
    """`state`, at the time shown: run, stop or failed, "" where there is no controller."""

    changed = Signal()

    def __init__(self, actions: Actions, watch: Watch, controller: Callable[[], str]):
        super().__init__()
        self._watch, self._controller, self._tokens = watch, controller, LIGHT
        self.state = self._of = ""
        menu = QMenu(self)
        for name in CONTROLS:
            if name:
                menu.addAction(actions[name])
            else:
                menu.addSeparator()
        self.setMenu(menu)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        watch.panels.connect(self.refresh)
        self.hide()

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._show()

    def refresh(self) -> None:
        found = (self._found(), self._controller())
        if found != (self.state, self._of):
            self.state, self._of = found
            self._show()
            self.changed.emit()

    def _found(self) -> str:
        header, name = self._watch.header, self._controller()
        if header is None or not name:
            return ""
        numbers = [k for k, one in enumerate(header["core"]["objects"]) if one["id"] == name]
        row = int(self._watch.states.at(self._watch.t_ns)[numbers[0]]) if numbers else -1
        what = int(self._watch.states.rows["aux"][row]) if row >= 0 else int(State.WORKING)
        return {State.DOWN: "failed", State.OFF: "stop"}.get(State(what), "run")

    def _show(self) -> None:
        t, word, name = self._tokens, WORDS.get(self.state, ""), self._of
        ink = {"run": t.live, "stop": t.idle}.get(self.state, t.failed)
        self.setVisible(bool(self.state))
        self.setText(word)
        self.setIcon(icon(ICONS.get(self.state, ""), ink))
        self.setMinimumWidth(self.sizeHint().width())
        self.setAccessibleName(f"{name}: {word}")
        self.setToolTip(f"{name} is in {word}\nRun, stop, hot, warm and cold start, online change")
