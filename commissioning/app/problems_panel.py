"""Problems: what is wrong, where, and what to do; all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from commissioning.app.tables import EmptyHint, Rows, Table
from commissioning.app.tokens import Tokens
from commissioning.model.problem import Problem

COLUMNS = ("where", "what", "what to do", "cause")
WIDTHS = (240, 380, 330, 200)
Index = QModelIndex | QPersistentModelIndex


WORDS = {"warning": "Warning: ", "notice": "Notice: "}


class ProblemModel(Rows):
    columns = COLUMNS

    def __init__(self, tokens: Tokens):
        super().__init__()
        self.tokens = tokens
        self.problems: tuple[Problem, ...] = ()

    def show(self, problems: Sequence[Problem]) -> None:
        self.beginResetModel()
        self.problems = tuple(problems)
        self.endResetModel()

    def count(self) -> int:
        return len(self.problems)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        problem = self.problems[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            what = f"{WORDS.get(problem.severity, '')}{problem.what}"
            return (place_text(problem), what, problem.cure, problem.cause)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{problem}\nA double click or Enter goes to its line in the program"
        if role == Qt.ItemDataRole.ForegroundRole:
            t = self.tokens
            inks = {"warning": t.inconclusive, "notice": t.text}
            return QColor(inks.get(problem.severity, t.failed) if index.column() == 1 else t.text)
        return None


class ProblemsPanel(QWidget):
    chosen = Signal(object)  # Problem: show its line

    def __init__(self, tokens: Tokens):
        super().__init__()
        self.model = ProblemModel(tokens)
        self.model.setParent(self)
        self.table = Table(self.model, WIDTHS)
        self.table.activated.connect(lambda index: self.chosen.emit(self.model.problems[index.row()]))
        self.table.setAccessibleName("Problems")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self._hint = EmptyHint(
            self.table,
            "No problems.\n"
            "What a scene, a program or a link gets wrong is listed here, with file, line and cure.",
        )

    def redraw(self, tokens: Tokens) -> None:
        self.model.tokens = tokens
        self.table.viewport().update()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        self.model.show(problems)
        self._hint.setVisible(not problems)
        if problems:
            self.table.selectRow(0)


def place_text(problem: Problem) -> str:
    where = problem.where
    name = where.file.rsplit("/", 1)[-1] if where.file else ""
    spot = ":".join(str(part) for part in (name, where.line, where.column) if part)
    return "  ".join(part for part in (spot, where.id) if part)
