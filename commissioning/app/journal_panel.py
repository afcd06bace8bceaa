"""The journal as a log: a view over the records, never a widget per row."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from commissioning.app.last_index import Growing
from commissioning.app.selection import Selection
from commissioning.app.tables import EmptyHint, Rows, Table
from commissioning.app.tokens import Tokens
from commissioning.app.watch import Watch
from commissioning.app.words import RecordWords, clock, exact
from commissioning.model.record import Kind

COLUMNS = ("time", "kind", "about", "cause", "what happened")
WIDTHS = (104, 90, 130, 70, 260)
K = Kind
FILTERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("all but motion", (K.VALUE, K.SOURCE, K.OVERRIDE, K.PART_MADE, K.PART_GONE, K.PART_ATTRIBUTE, K.STATE,
                        K.INPUT, K.VERDICT, K.PROBLEM, K.LINK_STATUS)),
    ("everything", ()),
    ("tag edges", (K.VALUE, K.SOURCE, K.OVERRIDE)),
    ("parts", (K.PART_MADE, K.PART_GONE, K.PART_MOVE, K.PART_ATTRIBUTE)),
    ("device states", (K.STATE,)),
    ("inputs and forces", (K.INPUT, K.OVERRIDE)),
    ("verdicts and problems", (K.VERDICT, K.PROBLEM, K.LINK_STATUS)),
    ("motion", (K.DRIVE, K.TRAIN)),
)  # fmt: skip
PIECE = 4096
Index = QModelIndex | QPersistentModelIndex


class JournalModel(Rows):
    """Numbers of the records that pass the filter; texts are made for visible rows only."""

    columns = COLUMNS

    def __init__(self, watch: Watch, tokens: Tokens):
        super().__init__()
        self._watch, self.tokens = watch, tokens
        self._numbers = Growing(np.int64)
        self._looked = 0
        self._kinds: tuple[int, ...] = FILTERS[0][1]
        self._words = ""
        self._only: set[int] | None = None
        self._say: RecordWords | None = None
        self._piece: tuple[int, Any] = (-1, None)

    def begin(self) -> None:
        self.beginResetModel()
        self._numbers, self._looked, self._piece = Growing(np.int64), 0, (-1, None)
        source = self._watch.source
        self._say = RecordWords(source.header, source.texts) if source is not None else None
        self.endResetModel()
        self.extend()

    def filter(self, kinds: tuple[int, ...], words: str) -> None:
        self._kinds, self._words = kinds, words.casefold().strip()
        self.begin()

    def extend(self) -> None:
        """Takes in what the watch has read since."""
        source, stop = self._watch.source, self._watch.fed
        if source is None or self._say is None or stop <= self._looked:
            return
        found = []
        while self._looked < stop:
            upto = min(stop, self._looked + 16 * PIECE)
            rows = source.records(self._looked, upto)
            passes = np.isin(rows["kind"], self._kinds) if self._kinds else np.ones(len(rows), bool)
            numbers = np.flatnonzero(passes)
            if self._words:
                say = self._say
                numbers = np.array(
                    [
                        n
                        for n in numbers
                        if self._words in f"{say.about(rows[n])} {say.says(rows[n])}".casefold()
                    ],
                    np.int64,
                )
            found.append(numbers + self._looked)
            self._looked = upto
        new = np.concatenate(found)
        if len(new):
            first = len(self._numbers)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._numbers.append(new)
            self.endInsertRows()

    def count(self) -> int:
        return len(self._numbers)

    def record(self, row: int) -> Any:
        number = int(self._numbers.array[row])
        piece = number // PIECE
        start = piece * PIECE
        if self._piece[0] != piece or number - start >= len(self._piece[1]):
            source = self._watch.source
            assert source is not None
            self._piece = (piece, source.records(start, min(start + PIECE, self._watch.fed)))
        return self._piece[1][number - start]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._say is None:
            return None
        record, column = self.record(index.row()), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == 0:
                return clock(int(record["t"]))
            if column == 1:
                return self._say.kind(record)
            if column == 2:
                return self._say.about(record)
            if column == 4:
                return self._say.says(record)
            cause = int(record["cause"])
            return f"#{cause}" if cause else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"record {int(self._numbers.array[index.row()]) + 1}\n{exact(int(record['t']))}"
        if role == Qt.ItemDataRole.ForegroundRole:
            kind, aux = int(record["kind"]), int(record["aux"])
            if kind == K.PROBLEM or (kind == K.VERDICT and aux == 1) or (kind == K.STATE and aux == 4):
                return QColor(self.tokens.failed)
            if kind == K.OVERRIDE or (kind == K.VALUE and aux & 4):
                return QColor(self.tokens.forced)
            if column in (1, 3):
                return QColor(self.tokens.muted)
        return None

    def row_at(self, t_ns: int) -> int:
        """Last row at or before a time, -1 for none. Records are in time order: bisection."""
        low, high = 0, len(self._numbers)
        while low < high:
            middle = (low + high) // 2
            if int(self.record(middle)["t"]) <= t_ns:
                low = middle + 1
            else:
                high = middle
        return low - 1


class JournalPanel(QWidget):
    """Filter, log, and the jump to a record's time."""

    chosen = Signal(object)  # ns: Qt's int ends at 2.1 s

    def __init__(self, watch: Watch, selection: Selection, tokens: Tokens):
        super().__init__()
        self._watch, self._selection = watch, selection
        self.model = JournalModel(watch, tokens)
        self.model.setParent(self)
        self.table = Table(self.model, WIDTHS)
        self.kinds = QComboBox()
        self.kinds.addItems([name for name, _ in FILTERS])
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter by words")
        self.words.setClearButtonEnabled(True)
        self.mine = QCheckBox("selection only")
        self.tail = QCheckBox("follow")
        self.tail.setChecked(True)
        self.count = QLabel("")
        self.count.setObjectName("muted")
        top = QHBoxLayout()
        top.setContentsMargins(6, 3, 6, 3)
        top.setSpacing(8)
        for widget in (self.kinds, self.words, self.mine, self.tail):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self._hint = EmptyHint(
            self.table,
            "Everything that happens in a run stands here: edges, parts, states, operator actions.\n"
            "Double-click a row to see the line at that instant.",
        )
        self.kinds.currentIndexChanged.connect(self._filter)
        self.words.textChanged.connect(self._filter)
        self.mine.toggled.connect(self._filter)
        self.table.doubleClicked.connect(
            lambda index: self.chosen.emit(int(self.model.record(index.row())["t"]))
        )
        selection.changed.connect(lambda: self._filter() if self.mine.isChecked() else None)
        watch.replaced.connect(self._begin)
        watch.panels.connect(self.refresh)

    def redraw(self, tokens: Tokens) -> None:
        self.model.tokens = tokens
        self.table.viewport().update()

    def refresh(self) -> None:
        if not self.isVisible():
            return
        before = self.model.rowCount()
        self.model.extend()
        rows = self.model.rowCount()
        self._hint.setVisible(rows == 0)
        self.count.setText(f"{rows:,} rows".replace(",", " ") if rows else "")
        if rows and not self._watch.following:
            self._go(self.model.row_at(self._watch.t_ns))
        elif self.tail.isChecked() and rows != before:
            self.table.scrollToBottom()

    def _begin(self) -> None:
        self.model.begin()
        self.refresh()

    def _filter(self) -> None:
        words = self.words.text()
        if self.mine.isChecked():
            words = self._selection.id or words
        self.model.filter(FILTERS[self.kinds.currentIndex()][1], words)
        self.refresh()
        if self.tail.isChecked():
            self.table.scrollToBottom()

    def _go(self, row: int) -> None:
        if row >= 0 and self.table.currentIndex().row() != row:
            self.table.selectRow(row)
            self.table.scrollTo(self.model.index(row, 0))
