"""Beside the text of the program: the call stack with its variables, and where a variable is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSplitter, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from commissioning.app.plc_reading import Seen

if TYPE_CHECKING:
    from commissioning.plc.debugging.cross_reference import CallNode, CrossReference
    from commissioning.plc.debugging.debugger import Where

SOURCE, LINE, FRAME = (Qt.ItemDataRole.UserRole + n for n in range(3))


def _tree(*columns: str) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels(columns)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    return tree


class CallsTab(QWidget):
    """While a scan is held: the calls and the variables of the chosen one; else who calls whom."""

    chosen = Signal(str, int, int)  # source, line, number of the call (-1: none is held)

    def __init__(self) -> None:
        super().__init__()
        self.stack = _tree("call", "line")
        self.locals = _tree("variable", "value", "type")
        self.stack.setColumnWidth(0, 190)
        self.locals.setColumnWidth(0, 130)
        self.locals.setColumnWidth(1, 90)
        self.stack.itemClicked.connect(self._clicked)
        self.said = QLabel("")
        self.said.setObjectName("muted")
        self.said.setContentsMargins(8, 3, 8, 3)
        self.said.setWordWrap(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.addWidget(self.stack)
        split.addWidget(self.locals)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.said)
        column.addWidget(split, 1)
        self._where: Where | None = None
        self._locals: tuple[tuple[str, str, str], ...] = ()
        self._filled = False

    def tell(self, seen: Seen, references: CrossReference) -> None:
        self.said.setText(seen.cycles)
        self.said.setVisible(bool(seen.cycles))
        if seen.where != self._where or not self._filled:
            self._where, self._filled = seen.where, True
            self.stack.clear()
            self.stack.setRootIsDecorated(seen.where is None)
            if seen.where is None:
                for node in references.call_tree():
                    self._add_call(node, None, references)
                self.stack.expandToDepth(2)
            else:
                for number, frame in enumerate(seen.where.stack):
                    item = QTreeWidgetItem([frame.path, str(frame.line)])
                    item.setToolTip(1, f"{frame.file}:{frame.file_line}")
                    item.setData(0, SOURCE, frame.source)
                    item.setData(0, LINE, frame.line)
                    item.setData(0, FRAME, number)
                    self.stack.addTopLevelItem(item)
                first = self.stack.topLevelItem(0)
                if first is not None:
                    self.stack.setCurrentItem(first)
        self.locals.setVisible(seen.where is not None)
        if seen.locals != self._locals:
            self._show_locals(seen.locals)

    def _show_locals(self, values: tuple[tuple[str, str, str], ...]) -> None:
        same = [name for name, _, _ in values] == [name for name, _, _ in self._locals]
        self._locals = values
        if not same:
            self.locals.clear()
            self.locals.addTopLevelItems([QTreeWidgetItem([name, text, kind]) for name, kind, text in values])
            return
        for row, (_, _, text) in enumerate(values):
            item = self.locals.topLevelItem(row)
            if item is not None and item.text(1) != text:
                item.setText(1, text)

    def _add_call(self, node: CallNode, parent: QTreeWidgetItem | None, references: CrossReference) -> None:
        name = node.path if node.path == node.pou else f"{node.path} : {node.pou}"
        item = QTreeWidgetItem([name, str(node.line)])
        pou = references.program.checked.project.pous.get(node.pou.upper())
        if pou is not None and pou.tree is not None:
            item.setData(0, SOURCE, pou.file)
            item.setData(0, LINE, pou.tree.at.line)
            item.setData(0, FRAME, -1)
        if parent is None:
            self.stack.addTopLevelItem(item)
        else:
            parent.addChild(item)
        for call in node.calls:
            self._add_call(call, item, references)

    def _clicked(self, item: QTreeWidgetItem) -> None:
        line = item.data(0, LINE)
        if line is not None:
            self.chosen.emit(str(item.data(0, SOURCE)), int(line), int(item.data(0, FRAME)))


class UsesTab(QWidget):
    """Where the chosen variable is declared, written and read. A click goes there."""

    chosen = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.said = QLabel("Choose a variable in the text.")
        self.said.setObjectName("muted")
        self.said.setContentsMargins(8, 4, 8, 4)
        self.said.setWordWrap(True)
        self.uses = _tree("use", "in", "line")
        self.uses.setColumnWidth(0, 80)
        self.uses.setColumnWidth(1, 160)
        self.uses.itemClicked.connect(self._clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.said)
        column.addWidget(self.uses, 1)

    def show_name(self, word: str, pou: str, references: CrossReference) -> None:
        """`word` as it stands in POU `pou`; what is no variable changes nothing."""
        head = word.partition(".")[0]
        variable = references.variables.get(f"{pou}.{head}".upper()) or references.variables.get(head.upper())
        if variable is None:
            return
        writes, reads = len(variable.writes), len(variable.reads)
        address = f" AT {variable.address}" if variable.address else ""
        self.said.setText(f"{variable.name}{address} : {variable.type}, written {writes}, read {reads} times")
        self.uses.clear()
        rows = [("declared", variable.owner or "global", variable.source, variable.line, variable.place.line)]
        rows += [
            ("written" if use.use == "write" else "read", use.pou, use.source, use.line, use.file_line)
            for use in sorted(variable.uses, key=lambda use: (use.use != "write", use.file, use.file_line))
        ]
        for what, where, source, line, shown in rows:
            item = QTreeWidgetItem([what, where, str(shown)])
            item.setData(0, SOURCE, source)
            item.setData(0, LINE, line)
            self.uses.addTopLevelItem(item)

    def _clicked(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(str(item.data(0, SOURCE)), int(item.data(0, LINE)))
