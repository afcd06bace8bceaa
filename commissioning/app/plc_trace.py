"""The trace of the watched variables: started by hand or by a trigger, drawn, and saved as CSV or VCD."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from commissioning.app.analyser import Chart
from commissioning.app.pills import Elided
from commissioning.app.plc_reading import TraceCopy
from commissioning.app.tables import EmptyHint
from commissioning.app.tokens import Tokens
from commissioning.app.traces import SPAN_NS, Lane, Trace
from commissioning.app.words import clock

NO_TRIGGER = "no trigger"
LEAST_SPAN_NS = 100_000_000
WORDS = {
    "recording": "recording",
    "waiting": "waits for the trigger",
    "triggered": "triggered",
    "done": "done",
}


class TraceTab(QWidget):
    """`begin(paths, trigger, pre, post)` starts one and tells what is wrong, `end` ends it."""

    save = Signal()

    def __init__(
        self, tokens: Tokens, watched: Callable[[], Sequence[str]],
        begin: Callable[[Sequence[str], str, str, str], None], end: Callable[[], None],
    ):  # fmt: skip
        super().__init__()
        self._watched, self._begin, self._end = watched, begin, end
        self.trigger = QComboBox()
        self.trigger.setEditable(True)
        self.trigger.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.trigger.setToolTip(
            "What has to come true: a BOOL of the watch table, or a condition, as MAIN.step > 3"
        )
        self.trigger.setAccessibleName("Trigger of the trace")
        self.trigger.addItem(NO_TRIGGER)
        self.pre, self.post = QLineEdit("1 s"), QLineEdit("1 s")
        for field, word in ((self.pre, "before"), (self.post, "after")):
            field.setMaximumWidth(52)
            field.setToolTip(f"How much is kept {word} the trigger")
            field.setAccessibleName(f"Kept {word} the trigger")
        self.go = QPushButton("Start")
        self.go.clicked.connect(self._go)
        self.save_button = QPushButton("Save …")
        self.save_button.setToolTip("The trace as a table (CSV) or as a value change dump (VCD) for GTKWave")
        self.save_button.setAccessibleName("Save the trace")
        self.save_button.clicked.connect(self.save)
        self.said = Elided()
        self.said.setObjectName("muted")
        top = QHBoxLayout()
        top.setContentsMargins(6, 4, 6, 4)
        top.setSpacing(6)
        for widget in (self.go, self.trigger, self.pre, self.post, self.save_button):
            top.addWidget(widget)
        top.addStretch(1)
        below = QHBoxLayout()
        below.setContentsMargins(8, 0, 8, 2)
        below.addWidget(self.said)
        self.chart = Chart(tokens)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.chart)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(below)
        column.addWidget(self._area, 1)
        self._hint = EmptyHint(self._area, "Start records the watched variables after every scan.")
        self.copy: TraceCopy | None = None
        self.tell(None)

    def offer(self, paths: Sequence[str]) -> None:
        """BOOLs that may be triggers."""
        chosen = self.trigger.currentText()
        self.trigger.clear()
        self.trigger.addItems([NO_TRIGGER, *paths])
        self.trigger.setCurrentText(chosen)

    def tell(self, copy: TraceCopy | None) -> None:
        self.copy = copy
        runs = copy is not None and copy.state != "done"
        self.go.setText("Stop" if runs else "Start")
        self.save_button.setEnabled(copy is not None)
        self._hint.setVisible(copy is None)
        if copy is None:
            self.said.setText("")
            self.chart.show_trace(None)
            return
        at = f" at {clock(copy.triggered_ns)}" if copy.triggered_ns is not None else ""
        self.said.setText(f"{WORDS.get(copy.state, copy.state)}{at}, {_changes(len(copy.samples))}")
        self.chart.show_trace(drawn(copy))

    def redraw(self, tokens: Tokens) -> None:
        self.chart.tokens = tokens
        self.chart.update()

    def _go(self) -> None:
        if self.copy is not None and self.copy.state != "done":
            self._end()
        else:
            trigger = self.trigger.currentText().strip()
            self._begin(
                self._watched(), "" if trigger == NO_TRIGGER else trigger, self.pre.text(), self.post.text()
            )


def _changes(count: int) -> str:
    return f"{count} change{'s' if count != 1 else ''}"


def drawn(copy: TraceCopy) -> Trace:
    """As the chart takes it."""
    start = copy.samples[0][0] if copy.samples else copy.now_ns
    if copy.triggered_ns is None:
        start = max(start, copy.now_ns - SPAN_NS)  # it goes on: the last seconds
    last = copy.samples[-1][0] if copy.samples else start
    end = max(last if copy.state == "done" else copy.now_ns, start + LEAST_SPAN_NS)
    lanes = tuple(
        Lane(path, _kind(kind), "", _points(copy, column, start))
        for column, (path, kind) in enumerate(zip(copy.paths, copy.types, strict=True))
    )
    marks = ((copy.triggered_ns, "trigger"),) if copy.triggered_ns is not None else ()
    return Trace(start, end, marks, lanes, max(copy.now_ns, last) if copy.state != "done" else end)


def _points(copy: TraceCopy, column: int, start: int) -> tuple[tuple[int, Any], ...]:
    found: list[tuple[int, Any]] = []
    for t, values in copy.samples:
        if not found or found[-1][1] != values[column]:
            found.append((t, values[column]))
    while len(found) > 1 and found[1][0] <= start:
        del found[0]
    return tuple((max(t, start), value) for t, value in found)


def _kind(type_: str) -> str:
    return "level" if type_ == "BOOL" else "text" if "STRING" in type_ else "number"
