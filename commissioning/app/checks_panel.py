"""Checks of the line and their verdicts; running them happens in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QProcess,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from commissioning.app.actions import Actions
from commissioning.app.tables import EmptyHint, Rows, Table
from commissioning.app.tokens import Tokens
from commissioning.app.verdicts import SYMBOLS, Verdicts
from commissioning.app.words import clock, exact, type_word

COLUMNS = ("verdict", "check", "type", "measured", "limit", "at", "why")
WIDTHS = (124, 110, 90, 84, 76, 96, 260)
FIRST_CHECK = """No checks in this scene yet. Write the first one into scene.yaml:

checks:
  rate:  {type: throughput, at: out, at_least: 550/h, for: 1 h}
  stop_fast:  {type: within, after: "I_EStop falls", expect: "not belt1.moving", limit: 0.5 s, for: 2 min}"""
Index = QModelIndex | QPersistentModelIndex


class CheckModel(Rows):
    columns = COLUMNS

    def __init__(self, verdicts: Verdicts, tokens: Tokens):
        super().__init__()
        self.verdicts, self.tokens = verdicts, tokens
        verdicts.changed.connect(self._begin)

    def _begin(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def count(self) -> int:
        return len(self.verdicts.all)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.verdicts.all[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            at = clock(entry.at_ns) if entry.at_ns is not None else ""
            verdict = f"{SYMBOLS.get(entry.verdict, '')}  {entry.verdict}"
            return (verdict, entry.check, type_word(entry.type), entry.measured, entry.limit, at, entry.why)[
                column
            ]
        if role == Qt.ItemDataRole.ForegroundRole:
            t = self.tokens
            if column == 0:
                colours = {"PASS": t.passed, "FAIL": t.failed, "INCONCLUSIVE": t.inconclusive}
                return QColor(colours.get(entry.verdict, t.muted))
            return QColor(t.muted) if column == 2 else None
        if role == Qt.ItemDataRole.ToolTipRole:
            at = f"\n{exact(entry.at_ns)}" if entry.at_ns is not None else ""
            return (entry.why or entry.verdict) + at
        return None


class ChecksPanel(QWidget):
    chosen = Signal(object)  # Verdict: what explains it
    asked = Signal(object)  # Verdict: its moment in the line
    running = Signal(bool)
    notice = Signal(str)

    def __init__(self, verdicts: Verdicts, actions: Actions, tokens: Tokens):
        super().__init__()
        self.model = CheckModel(verdicts, tokens)
        self.model.setParent(self)
        self._verdicts = verdicts
        self.scene: Path | None = None
        self.allowed: frozenset[str] = frozenset()  # hashes of Python of the scene that may run
        self._process: QProcess | None = None
        self._started = 0.0
        self.table = Table(self.model, WIDTHS)
        self._buttons = {name: QPushButton(actions[name].text()) for name in ("run_checks", "stop_checks")}
        for name, button in self._buttons.items():
            button.setToolTip(actions[name].toolTip())
            button.clicked.connect(actions[name].trigger)
        self.said = QLabel("")
        self.said.setObjectName("muted")
        top = QHBoxLayout()
        top.setContentsMargins(6, 3, 6, 3)
        top.setSpacing(8)
        for button in self._buttons.values():
            top.addWidget(button)
        top.addWidget(self.said)
        top.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self._hint = EmptyHint(self.table, FIRST_CHECK)
        self._hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._clock = QTimer(self)
        self._clock.setInterval(200)
        self._clock.timeout.connect(self._tell)
        self.table.setToolTip("A click shows what explains a verdict, a double click its moment in the line")
        self.table.clicked.connect(lambda index: self.chosen.emit(self._verdicts.all[index.row()]))
        self.table.activated.connect(lambda index: self.asked.emit(self._verdicts.all[index.row()]))
        verdicts.changed.connect(self._refresh)
        self._refresh()

    @property
    def busy(self) -> bool:
        return self._process is not None

    def redraw(self, tokens: Tokens) -> None:
        self.model.tokens = tokens
        self.table.viewport().update()

    def run(self) -> None:
        """`check SCENE --json` beside the window: it keeps its 50 ms, and a stop really stops."""
        if self.scene is None or self._process is not None:
            return
        process = QProcess(self)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(lambda _error: self._finished())
        self._process, self._started = process, time.monotonic()
        allowed = [part for one in sorted(self.allowed) for part in ("--allow-code", one)]
        process.start(sys.executable, ["-m", "commissioning", "check", str(self.scene), "--json", *allowed])
        self._clock.start()
        self._tell()
        self.running.emit(True)
        self._refresh()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()

    def close_down(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.waitForFinished(2000)

    def _finished(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self._clock.stop()
        text = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace")
        errors = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        spent = time.monotonic() - self._started
        try:
            answer = json.loads(text)
            results = answer["verdicts"]
        except (ValueError, KeyError):
            killed = process.exitStatus() == QProcess.ExitStatus.CrashExit
            self.said.setText("stopped" if killed else "the checks could not run")
            if not killed:
                self.notice.emit(errors.splitlines()[-1] if errors else "The checks gave no answer.")
        else:
            self._verdicts.take(answer)
            self.said.setText(f"{len(results)} checks in {spent:.1f} s")
        process.deleteLater()
        self.running.emit(False)
        self._refresh()

    def _tell(self) -> None:
        self.said.setText(f"checking … {time.monotonic() - self._started:.0f} s")

    def _refresh(self) -> None:
        self._hint.setVisible(not self._verdicts.all)
        self._buttons["run_checks"].setEnabled(
            self.scene is not None and not self.busy and bool(self._verdicts.all)
        )
        self._buttons["stop_checks"].setVisible(self.busy)
