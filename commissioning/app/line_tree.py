"""The line as a tree: what stands on what, and how each thing is doing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from commissioning.app.pills import paint_state
from commissioning.app.selection import Selection
from commissioning.app.tokens import Tokens
from commissioning.app.verdicts import Verdicts
from commissioning.app.watch import Watch
from commissioning.app.words import state_word, type_word

ID, KIND, TYPE, STATE, FORCED, VERDICT = (Qt.ItemDataRole.UserRole + n for n in range(1, 7))
GROUPS = (("device", "Devices"), ("controller", "Controllers"), ("link", "Links"), ("check", "Checks"))
Index = QModelIndex | QPersistentModelIndex


class LineTree(QWidget):
    """Search field and tree; follows and sets the selection of the window."""

    def __init__(self, watch: Watch, selection: Selection, verdicts: Verdicts, tokens: Tokens):
        super().__init__()
        self._watch, self._selection, self._verdicts = watch, selection, verdicts
        self.model = QStandardItemModel(self)
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self.model)
        self._proxy.setRecursiveFilteringEnabled(True)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the line   Ctrl+F")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.view = QTreeView()
        self.view.setModel(self._proxy)
        self.view.setHeaderHidden(True)
        self.view.setIndentation(14)
        self.view.setUniformRowHeights(True)
        self.view.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self._delegate = _Rows(tokens, self.view)
        self.view.setItemDelegate(self._delegate)
        self.view.selectionModel().currentChanged.connect(self._chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.search)
        column.addWidget(self.view, 1)
        self._items: dict[str, QStandardItem] = {}
        self._numbers: dict[str, int] = {}
        watch.replaced.connect(self.rebuild)
        watch.panels.connect(self.refresh)
        verdicts.changed.connect(self._tell_verdicts)
        selection.changed.connect(self._follow)

    def redraw(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.view.viewport().update()

    def rebuild(self) -> None:
        self.model.clear()
        self._items, self._numbers = {}, {}
        header = self._watch.header
        if header is None:
            return
        objects = header["core"]["objects"]
        looks = (header.get("look") or {}).get("devices") or {}
        self._numbers = {f"{entry['kind']}:{entry['id']}": n for n, entry in enumerate(objects)}
        for kind, title in GROUPS:
            mine = [entry for entry in objects if entry["kind"] == kind]
            if not mine:
                continue
            group = QStandardItem(title)
            group.setData("group", KIND)
            group.setSelectable(False)
            self.model.appendRow(group)
            for entry in mine:
                item = self._item(entry)
                self._items[f"{kind}:{entry['id']}"] = item
            for entry in mine:
                along = looks.get(entry["id"], {}).get("along", "") if kind == "device" else ""
                parent = self._items.get(f"device:{along}") or group
                parent.appendRow(self._items[f"{kind}:{entry['id']}"])
        self.view.expandAll()
        self.refresh()
        self._tell_verdicts()

    def refresh(self) -> None:
        watch = self._watch
        if watch.header is None or not self.isVisible():
            return
        rows, last = watch.states.rows, watch.states.at(watch.t_ns)
        forced = forced_devices(watch)
        for key, item in self._items.items():
            number = last[self._numbers[key]]
            state = int(rows["aux"][number]) if number >= 0 else -1
            if item.data(STATE) != state:
                item.setData(state, STATE)
                item.setToolTip(state_word(state))
            is_forced = key.removeprefix("device:") in forced
            if item.data(FORCED) != is_forced:
                item.setData(is_forced, FORCED)

    def _tell_verdicts(self) -> None:
        for entry in self._verdicts.all:
            item = self._items.get(f"check:{entry.check}")
            if item is not None:
                item.setData(entry.verdict, VERDICT)
                item.setToolTip(f"{entry.verdict}  {entry.why}".rstrip())

    def _item(self, entry: dict[str, Any]) -> QStandardItem:
        item = QStandardItem(f"{entry['id']}  ·  {type_word(entry['type'])}")
        item.setData(entry["id"], ID)
        item.setData(entry["kind"], KIND)
        item.setData(type_word(entry["type"]), TYPE)
        item.setData(-1, STATE)
        return item

    def _filter(self, text: str) -> None:
        self._proxy.setFilterFixedString(text)
        self.view.expandAll()

    def _chosen(self, index: Index, _: Index) -> None:
        kind, identity = index.data(KIND), index.data(ID)
        if identity and kind:
            self._selection.choose(kind, identity)

    def _follow(self) -> None:
        s = self._selection
        item = self._items.get(f"{s.kind}:{s.id}") or self._items.get(f"device:{s.device}")
        model = self.view.selectionModel()
        if item is None:
            model.clear()
            return
        index = self._proxy.mapFromSource(item.index())
        if index.isValid() and index != self.view.currentIndex():
            model.blockSignals(True)
            self.view.setCurrentIndex(index)
            model.blockSignals(False)
            self.view.scrollTo(index)
            self.view.viewport().update()


def forced_devices(watch: Watch) -> set[str]:
    """Devices with a forced port or tag."""
    if watch.header is None or not len(watch.effective.rows):
        return set()
    numbers = watch.effective.at(watch.t_ns)
    aux = watch.effective.rows["aux"]
    signals = watch.header["core"]["signals"]
    held = [signals[n] for n, row in enumerate(numbers) if row >= 0 and aux[row] & 4]
    return {
        name.split(".")[0] for signal in held for name in (signal["name"], *signal["ports"]) if "." in name
    }


class _Rows(QStyledItemDelegate):
    """Dot, id, muted type."""

    def __init__(self, tokens: Tokens, view: QTreeView):
        super().__init__(view)
        self.tokens = tokens

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = self.tokens
        rect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect.adjusted(-rect.left(), 0, 0, 0), QColor(t.selected))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect.adjusted(-rect.left(), 0, 0, 0), QColor(t.raised))
        middle = rect.center().y() + 0.5
        left = rect.left() + 4
        aligned = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        metrics = option.fontMetrics
        if index.data(KIND) == "group":
            painter.setPen(QColor(t.text))
            painter.drawText(rect.adjusted(4, 0, 0, 0), aligned, index.data(Qt.ItemDataRole.DisplayRole))
            painter.restore()
            return
        state = int(index.data(STATE) or 0)
        colour = t.forced if index.data(FORCED) else t.states.get(state, t.border)
        verdict = index.data(VERDICT)
        if verdict:  # told like a state: FAIL is a triangle, what was not decided a ring
            state = {"PASS": -1, "FAIL": 4}.get(verdict, 2)
            colour = {"PASS": t.passed, "FAIL": t.failed, "INCONCLUSIVE": t.inconclusive}.get(verdict, t.idle)
        paint_state(painter, QPointF(left + 5, middle), -1 if index.data(FORCED) else state, colour)
        left += 17
        painter.setPen(QColor(t.text))
        name = str(index.data(ID))
        painter.drawText(rect.adjusted(left - rect.left(), 0, 0, 0), aligned, name)
        left += metrics.horizontalAdvance(name)
        painter.setPen(QColor(t.muted))
        room = rect.right() - left - 4
        kind = metrics.elidedText(f"  ·  {index.data(TYPE)}", Qt.TextElideMode.ElideRight, room)
        painter.drawText(rect.adjusted(left - rect.left(), 0, 0, 0), aligned, kind)
        painter.restore()
