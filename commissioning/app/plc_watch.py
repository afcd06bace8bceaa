"""The watch table: any variable of the program, its value, and whether it is forced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from commissioning.app.plc_reading import Watched
from commissioning.app.tables import EmptyHint, Rows, Table
from commissioning.app.tokens import Tokens

COLUMNS = ("variable", "value", "type")
PATH, VALUE, TYPE = range(len(COLUMNS))
WIDTHS = (140, 118, 60)
Index = QModelIndex | QPersistentModelIndex


class WatchModel(Rows):
    """One row per path."""

    columns = COLUMNS

    def __init__(self, tokens: Tokens):
        super().__init__()
        self.tokens = tokens
        self.paths: list[str] = []
        self._seen: Mapping[str, Watched] = {}
        self._forced: frozenset[str] = frozenset()

    def set_paths(self, paths: Sequence[str]) -> None:
        self.beginResetModel()
        self.paths = list(paths)
        self.endResetModel()

    def tell(self, watched: Sequence[Watched], forced: frozenset[str]) -> None:
        seen = {one.path: one for one in watched}
        if (seen, forced) != (self._seen, self._forced) and self.paths:
            self._seen, self._forced = seen, forced
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.paths) - 1, TYPE))

    def count(self) -> int:
        return len(self.paths)

    def is_forced(self, path: str) -> bool:
        return path.upper() in self._forced

    def seen(self, path: str) -> Watched | None:
        return self._seen.get(path)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        path = self.paths[index.row()]
        seen, forced = self._seen.get(path), path.upper() in self._forced
        if role == Qt.ItemDataRole.DisplayRole:
            if index.column() == PATH:
                return path
            if seen is None or seen.problem:
                return "–"
            return f"{seen.text}{'  forced' if forced else ''}" if index.column() == VALUE else seen.type
        if role == Qt.ItemDataRole.ForegroundRole:
            if index.column() == VALUE and forced:
                return QColor(self.tokens.forced)
            if index.column() == VALUE and seen is not None and seen.value is True:
                return QColor(self.tokens.passed)
            return QColor(self.tokens.muted) if index.column() == TYPE else None
        if role == Qt.ItemDataRole.FontRole and forced and index.column() == VALUE:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return seen.problem if seen is not None and seen.problem else path
        return None


class WatchTab(QWidget):
    """Table, and a line to add to it. `force`, `write`, `release` take a path, `trace` the paths chosen."""

    def __init__(
        self, tokens: Tokens, force: Callable[[str], None], write: Callable[[str], None],
        release: Callable[[str], None], changed: Callable[[], None],
    ):  # fmt: skip
        super().__init__()
        self._force, self._write, self._release, self._changed = force, write, release, changed
        self.model = WatchModel(tokens)
        self.model.setParent(self)
        self.table = Table(self.model, WIDTHS)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.activated.connect(lambda index: self._write(self.model.paths[index.row()]))
        self.table.setToolTip("Enter or a double click sets a value; the right button forces it")
        self.field = QLineEdit()
        self.field.setPlaceholderText("Add a variable, as MAIN.step")
        self.field.returnPressed.connect(self._entered)
        self.count = QLabel("")
        self.count.setObjectName("muted")
        top = QHBoxLayout()
        top.setContentsMargins(6, 4, 6, 4)
        top.addWidget(self.field, 1)
        top.setSpacing(8)
        top.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self._hint = EmptyHint(
            self.table, "Values of any variable.\nAdd one above, or with the right\nbutton in the text."
        )

    def offer(self, paths: Sequence[str]) -> None:
        """The variables of a program, to choose from."""
        completer = QCompleter(list(paths), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(12)
        self.field.setCompleter(completer)

    def add(self, path: str) -> None:
        if path and path.upper() not in (known.upper() for known in self.model.paths):
            self.set_paths([*self.model.paths, path])

    def set_paths(self, paths: Sequence[str]) -> None:
        self.model.set_paths(paths)
        self._hint.setVisible(not self.model.paths)
        self._changed()

    def chosen(self) -> list[str]:
        rows = sorted({index.row() for index in self.table.selectionModel().selectedIndexes()})
        return [self.model.paths[row] for row in rows]

    def tell(self, watched: Sequence[Watched], forced: Mapping[str, Any]) -> None:
        self.model.tell(watched, frozenset(path.upper() for path in forced))
        self.count.setText(f"{len(forced)} forced" if forced else "")

    def redraw(self, tokens: Tokens) -> None:
        self.model.tokens = tokens
        self.table.viewport().update()

    def _entered(self) -> None:
        self.add(self.field.text().strip())
        self.field.clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            gone = self.chosen()
            self.set_paths([path for path in self.model.paths if path not in gone])
        else:
            super().keyPressEvent(event)

    def _menu(self, at: QPoint) -> None:
        index = self.table.indexAt(at)
        if not index.isValid():
            return
        path = self.model.paths[index.row()]
        menu = QMenu(self)
        menu.addAction("Set a value …", lambda: self._write(path))
        menu.addAction("Force …", lambda: self._force(path))
        menu.addAction("Release", lambda: self._release(path)).setEnabled(self.model.is_forced(path))
        menu.addSeparator()
        menu.addAction("Remove", lambda: self.set_paths([p for p in self.model.paths if p != path]))
        menu.popup(self.table.viewport().mapToGlobal(at))
