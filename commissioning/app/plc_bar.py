"""Above the text of the program: which text, which instance, the steps, and where it is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from commissioning.app.actions import Actions
from commissioning.app.icons import icon
from commissioning.app.pills import Elided
from commissioning.app.plc_reading import PlcReading, Seen
from commissioning.app.plc_state import StateButton
from commissioning.app.tokens import Tokens

ICONS = {
    "plc_go_on": "play", "plc_hold": "pause", "plc_step_in": "step_in", "plc_step_over": "step_over",
    "plc_step_out": "step_out", "plc_scan": "step",
}  # fmt: skip
NARROWEST, WIDEST = 56, 190  # px of a list


class PlcBar(QWidget):
    controller_chosen = Signal(str)
    source_chosen = Signal(str)
    instance_chosen = Signal(str, str, int)  # POU, path, line of the POU

    def __init__(self, actions: Actions, state: StateButton):
        super().__init__()
        self.state = state
        self.controllers, self.texts, self.instances = QComboBox(), QComboBox(), QComboBox()
        self.controllers.setToolTip("The controllers of the line that run a program")
        self.texts.setToolTip("The texts of the program")
        self.instances.setToolTip("The instance whose values are shown in the text")
        for box in (self.controllers, self.texts, self.instances):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMinimumWidth(NARROWEST)  # they give way before a button is cut
            box.setMaximumWidth(WIDEST)
        self.controllers.textActivated.connect(self.controller_chosen)
        self.texts.activated.connect(lambda number: self.source_chosen.emit(self.texts.itemData(number)))
        self.instances.activated.connect(lambda n: self.instance_chosen.emit(*self.instances.itemData(n)))
        self.buttons = {name: self._button(actions, name) for name in ICONS}
        self.coverage = self._button(actions, "plc_coverage")
        self.coverage.setCheckable(True)
        self.said = Elided()
        self.said.setObjectName("muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(5)
        chosen = (self.controllers, self.state, self.texts, self.instances)
        for widget in (*chosen, *self.buttons.values(), self.coverage):
            row.addWidget(widget)
        row.addWidget(self.said, 1)

    def _button(self, actions: Actions, name: str) -> QPushButton:
        action, button = actions[name], QPushButton()
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.text())
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        button.setEnabled(action.isEnabled())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if name in ICONS:
            button.setFixedWidth(30)
        else:
            button.setText(action.text())
            button.setMinimumWidth(button.sizeHint().width())
        return button

    def redraw(self, tokens: Tokens) -> None:
        self.state.redraw(tokens)
        for name, button in self.buttons.items():
            button.setIcon(icon(ICONS[name], tokens.text, tokens.idle))

    def clear(self) -> None:
        self.texts.clear()
        self.instances.clear()
        self.said.setText("")

    def offer_controllers(self, names: Sequence[str], chosen: str) -> None:
        """One alone needs no list."""
        self.controllers.clear()
        self.controllers.addItems(list(names))
        self.controllers.setCurrentText(chosen)
        self.controllers.setVisible(len(names) > 1)

    def offer_texts(self, names: Sequence[str]) -> None:
        """By their last part, where that is enough."""
        short = Counter(PurePath(name).name for name in names)
        self.texts.clear()
        for name in names:
            last = PurePath(name).name
            self.texts.addItem((last if short[last] == 1 else name) or "program", name)
            self.texts.setItemData(self.texts.count() - 1, name, Qt.ItemDataRole.ToolTipRole)

    def show_source(self, source: str, reading: PlcReading) -> None:
        self.texts.setCurrentIndex(max(self.texts.findData(source), 0))
        self.instances.clear()
        for pou, line in reading.pous_of(source):
            for path in reading.instances.get(pou, ()):
                self.instances.addItem(path if path == pou else f"{path} : {pou}", (pou, path, line))
        self.instances.setVisible(self.instances.count() > 0)

    def show_instance(self, path: str) -> None:
        for number in range(self.instances.count()):
            if self.instances.itemData(number)[1] == path:
                self.instances.setCurrentIndex(number)

    def tell(self, seen: Seen) -> None:
        """Where it is held, why it stopped, or how much has been executed."""
        if seen.stopped:
            self.said.setText(f"stopped: {seen.stopped}")
        elif self.state.state == "stop":
            self.said.setText("stopped: PLC, Run the controller goes on")
        elif seen.where is not None:
            where = seen.where
            original = f" ({where.file}:{where.file_line})" if where.file_line != where.line else ""
            self.said.setText(f"held before line {where.line} in {where.path}{original}")
        else:
            self.said.setText(seen.covered)
