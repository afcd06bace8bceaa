"""The look that all tables share, and what an empty one teaches."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from commissioning.app.tokens import ROW

Index = QModelIndex | QPersistentModelIndex
PADDING = 9  # px, as the style sheet pads the other cells


class Rows(QAbstractTableModel):
    """Rows of things under the headers `columns`; a subclass says how many there are and what they show."""

    columns: Sequence[str] = ()

    @abstractmethod  # for readers and type checkers: the metaclass of Qt does not ask
    def count(self) -> int:
        """How many rows there are."""

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else self.count()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section]
        return None


class Table(QTableView):
    """Whole rows, no grid, quiet headers; the last column takes what is left."""

    def __init__(self, model: QAbstractItemModel, widths: Sequence[int]):
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(Cells(self))
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW - 2)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(40)
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)
        header.setStretchLastSection(True)

    def copy_rows(self) -> None:
        """Selected rows to the clipboard, separated by tabs, for a spreadsheet."""
        rows = sorted({index.row() for index in self.selectionModel().selectedIndexes()})
        model = self.model()
        lines = [
            "\t".join(str(model.index(row, column).data() or "") for column in range(model.columnCount()))
            for row in rows
        ]
        if lines:
            QApplication.clipboard().setText("\n".join(lines))


class Cells(QStyledItemDelegate):
    """A selected row keeps its colours: a forced value is magenta wherever it stands."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        ink = index.data(Qt.ItemDataRole.ForegroundRole)
        if ink is None or not option.state & QStyle.StateFlag.State_Selected:
            super().paint(painter, option, index)
            return
        painter.save()
        painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Highlight))
        font = index.data(Qt.ItemDataRole.FontRole)
        if font is not None:
            painter.setFont(font)
        painter.setPen(ink)
        room = option.rect.adjusted(PADDING, 0, -PADDING, 0)
        side = index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignVCenter
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, side, text)
        painter.restore()


class EmptyHint(QLabel):
    """Words in the middle of an empty table: what belongs here and how to get it."""

    def __init__(self, view: QWidget, text: str):
        super().__init__(text, view)
        self.setObjectName("hint")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        view.installEventFilter(self)
        self._place(view)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._place(watched)
        return False

    def _place(self, view: QWidget) -> None:
        self.setGeometry(view.rect().adjusted(24, 28, -24, -8))
