"""What an online change did: which variables kept their values, which began anew, which are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from commissioning.app.plc_reading import PlcReading
from commissioning.app.tables import EmptyHint
from commissioning.app.words import clock

if TYPE_CHECKING:
    from commissioning.plc.running.online_change import OnlineChange

SOURCE, LINE = (Qt.ItemDataRole.UserRole + n for n in range(2))
HINT = (
    "An edit of a program file is offered here as an online change: it runs on with the new program, "
    "and this says which variables kept their values."
)


class ChangeTab(QWidget):
    """Empty until a program was changed."""

    chosen = Signal(str, int)  # text and line of a declaration

    def __init__(self) -> None:
        super().__init__()
        self.said = QLabel("")
        self.said.setObjectName("muted")
        self.said.setContentsMargins(8, 4, 8, 4)
        self.said.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["variable", "what became of it"])
        self.tree.setColumnWidth(0, 190)
        self.tree.setUniformRowHeights(True)
        self.tree.setAccessibleName("Variables after the online change")
        self.tree.setToolTip("A click or Enter goes to the declaration")
        self.tree.itemClicked.connect(self._clicked)
        self.tree.itemActivated.connect(self._clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.said)
        column.addWidget(self.tree, 1)
        self._hint = EmptyHint(self.tree, HINT)
        self._rows: list[QTreeWidgetItem] = []

    def clear(self) -> None:
        self._rows = []
        self.tree.clear()
        self.said.setText("")
        self._hint.show()

    def tell(self, report: OnlineChange, at_ns: int, words: str) -> None:
        """`words`: which files."""
        self._rows = []
        self._hint.hide()
        self.tree.clear()
        self.said.setText(f"Online change at {clock(at_ns)}: {words}")
        self.said.setToolTip(f"{at_ns} ns")
        retyped = [(one.path, f"was {one.before}, begins anew as {one.after}") for one in report.changed]
        for name, rows, opened in (
            ("another type", retyped, True),
            ("new", [(path, "begins with its initial value") for path in report.new], True),
            ("removed", [(path, "its value is gone") for path in report.removed], True),
            ("no longer forced", [(p, "gone, or it does not take the value") for p in report.released], True),
            ("kept", [(path, "kept its value") for path in report.kept], False),
        ):
            if rows:
                self._group(name, rows, opened)

    def place(self, reading: PlcReading) -> None:
        """The program that runs now has been read: rows lead to its declarations."""
        for item in self._rows:
            declared = reading.declared(item.text(0))
            if declared is not None:
                item.setData(0, SOURCE, declared.source)
                item.setData(0, LINE, declared.line)

    def _group(self, name: str, rows: list[tuple[str, str]], opened: bool) -> None:
        group = QTreeWidgetItem([f"{len(rows)} {name}", ""])
        group.setFirstColumnSpanned(True)
        self.tree.addTopLevelItem(group)
        made = [QTreeWidgetItem(list(row)) for row in rows]
        for item in made:
            item.setToolTip(0, item.text(0))
        group.addChildren(made)
        self._rows += made
        group.setExpanded(opened)

    def _clicked(self, item: QTreeWidgetItem) -> None:
        source = item.data(0, SOURCE)
        if source is not None:
            self.chosen.emit(str(source), int(item.data(0, LINE)))
