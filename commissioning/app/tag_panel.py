"""The tag table: every tag with its live value; forcing is always visible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from commissioning.app.actions import Actions
from commissioning.app.selection import Selection
from commissioning.app.tables import EmptyHint, Rows, Table
from commissioning.app.tag_values import TagValues
from commissioning.app.tokens import Tokens
from commissioning.app.watch import Watch
from commissioning.app.words import UNITS, age, clock, exact

COLUMNS = ("tag", "address", "PLC in / out", "value", "quality", "owner", "age", "comment")
NAME, ADDRESS, DIRECTION, VALUE, QUALITY, OWNER, AGE, COMMENT = range(len(COLUMNS))
WIDTHS = (150, 70, 84, 80, 90, 120, 76, 120)
MEANING = {
    NAME: "Name of the PLC variable; a port without a tag has the name of its device before the dot",
    ADDRESS: "Address in the PLC's process image",
    DIRECTION: "Seen from the PLC: an input is what the field supplies, an output is what the PLC commands",
    VALUE: "Effective value with its unit: green = TRUE, magenta = forced, grey = not to be relied on",
    QUALITY: "good · uncertain (why) · bad (why) · forced by the operator · fault of a sensor or actuator",
    OWNER: "Who writes it; under a force or a fault, what the owner says:  owner → value",
    AGE: "Time since its value last changed; grey above 60 s",
    COMMENT: "From the scene",
}
DIRECTIONS = {"input": "input", "output": "output", "port": "–"}
SORT = Qt.ItemDataRole.UserRole + 1
OLD_S = 60  # a value that is old looks old
Index = QModelIndex | QPersistentModelIndex


class TagModel(Rows):
    """One row per signal. Asked only for what is on the screen."""

    columns = COLUMNS

    def __init__(self, watch: Watch, values: TagValues, tokens: Tokens):
        super().__init__()
        self._watch, self._values, self.tokens = watch, values, tokens
        self.signals: list[dict[str, Any]] = []
        self._units: list[str] = []
        self._helps: list[str] = []

    def begin(self) -> None:
        self.beginResetModel()
        header = self._watch.header
        self.signals = list(header["core"]["signals"]) if header else []
        ports = [port_of(header, signal) for signal in self.signals] if header else []
        self._units = [unit_of(port) for port in ports]
        self._helps = [str(port.get("help") or "").replace("`", "") for port in ports]
        self.endResetModel()

    def tell(self) -> None:
        if self.signals:
            self.dataChanged.emit(self.index(0, VALUE), self.index(len(self.signals) - 1, AGE))

    def count(self) -> int:
        return len(self.signals)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return MEANING[section]
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        number, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(number, column)
        if role == SORT:
            return self._values.changed_ns(number) if column == AGE else self._text(number, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._ink(number, column)
        if role == Qt.ItemDataRole.FontRole and column in (VALUE, QUALITY) and self._values.forced(number):
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            if column in (VALUE, QUALITY, OWNER):
                return f"{self._helps[number]}\n{MEANING[column]}".strip()
            changed = self._values.changed_ns(number)
            comment = self.signals[number].get("comment") or ""
            words = (comment, self._helps[number], f"changed at {clock(changed)}   {exact(changed)}")
            return "\n".join(word for word in words if word)
        return None

    def number_of(self, name: str) -> int:
        wanted = name.casefold()
        for number, signal in enumerate(self.signals):
            if wanted == signal["name"].casefold() or wanted in (p.casefold() for p in signal["ports"]):
                return number
        return -1

    def _text(self, number: int, column: int) -> str:
        signal, values = self.signals[number], self._values
        if column == NAME:
            return str(signal["name"])
        if column == ADDRESS:
            return str(signal.get("address") or "")
        if column == DIRECTION:
            return DIRECTIONS.get(signal["direction"], str(signal["direction"]))
        if column == VALUE:
            return f"{values.text(number)} {self._units[number]}".rstrip()
        if column == QUALITY:
            if values.forced(number):
                return "forced"
            return "fault" if values.faulted(number) else values.quality(number)
        if column == OWNER:
            owner = str(signal.get("owner") or "–")
            under = values.forced(number) or values.faulted(number)
            return f"{owner}  →  {values.source_text(number)}" if under else owner
        if column == COMMENT:
            return str(signal.get("comment") or "")
        return age(self._watch.t_ns - values.changed_ns(number))

    def _ink(self, number: int, column: int) -> QColor | None:
        t, values = self.tokens, self._values
        if column in (VALUE, QUALITY) and values.forced(number):
            return QColor(t.forced)
        if column in (VALUE, QUALITY) and values.faulted(number):
            return QColor(t.failed)
        if column == VALUE:
            if not values.is_good(number):
                return QColor(t.muted)
            return QColor(t.passed) if values.text(number) == "TRUE" else None
        if column in (ADDRESS, QUALITY, COMMENT):
            return QColor(t.muted)
        if column == AGE and self._watch.t_ns - values.changed_ns(number) > OLD_S * 1_000_000_000:
            return QColor(t.muted)
        return None


class TagPanel(QWidget):
    """Table, search and the ports that no tag is bound to, on demand."""

    def __init__(
        self, watch: Watch, selection: Selection, values: TagValues, actions: Actions, tokens: Tokens,
        edit: Callable[[], None],
    ):  # fmt: skip
        super().__init__()
        self._watch, self._selection, self._actions = watch, selection, actions
        self.model = TagModel(watch, values, tokens)
        self.model.setParent(self)  # belongs to the window, not to Python's collector
        self._proxy = _Filter(self.model, self)
        self.table = Table(self._proxy, WIDTHS)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.doubleClicked.connect(lambda _index: edit())
        self.table.selectionModel().currentChanged.connect(self._chosen)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter tags")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(260)
        self.search.textChanged.connect(self._proxy.set_words)
        self.ports = QCheckBox("ports without a tag")
        self.ports.toggled.connect(self._proxy.show_ports)
        self.count = QLabel("")
        self.count.setObjectName("muted")
        top = QHBoxLayout()
        top.setContentsMargins(6, 3, 6, 3)
        top.setSpacing(10)
        for widget in (self.search, self.ports):
            top.addWidget(widget)
        self.legend = QLabel("")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setToolTip("\n".join(f"{COLUMNS[n]}: {words}" for n, words in MEANING.items()))
        top.addStretch(1)
        top.addWidget(self.legend)
        top.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self._hint = EmptyHint(
            self.table,
            "No line is open. Open a scene: its tags show here, live.\n"
            "Force one with a right click, a double click or Shift+T / Shift+F.",
        )
        self._tell_legend(tokens)
        watch.replaced.connect(self._begin)
        watch.panels.connect(self.refresh)
        selection.changed.connect(self._follow)
        self._begin()

    def redraw(self, tokens: Tokens) -> None:
        self.model.tokens = tokens
        self._tell_legend(tokens)
        self.model.tell()

    def _tell_legend(self, t: Tokens) -> None:
        inks = ((t.passed, "TRUE"), (t.forced, "forced"), (t.failed, "fault"), (t.muted, "not good, or old"))
        self.legend.setText(" &nbsp; ".join(f'<span style="color:{ink}">{word}</span>' for ink, word in inks))

    def refresh(self) -> None:
        if self.isVisible():
            self.model.tell()

    def current(self) -> str:
        """Name of the tag the keys act on, "" for none."""
        index = self.table.currentIndex()
        return str(index.siblingAtColumn(NAME).data()) if index.isValid() else ""

    def show_forced(self) -> None:
        """Brings the forced ones to the top."""
        self.search.clear()
        self.table.sortByColumn(QUALITY, Qt.SortOrder.AscendingOrder)

    def _begin(self) -> None:
        self.model.begin()
        self._hint.setVisible(not self.model.signals)
        self._tell_count()

    def _tell_count(self) -> None:
        tags = sum(1 for signal in self.model.signals if signal["direction"] != "port")
        self.count.setText(f"{tags} tags" if self.model.signals else "")

    def _chosen(self, index: Index, _: Index) -> None:
        if index.isValid():
            signal = self.model.signals[self._proxy.mapToSource(index).row()]
            ports = [name for name in (signal["name"], *signal["ports"]) if "." in name]
            device = self._device(ports)
            self._selection.choose("tag", signal["name"], device)

    def _device(self, ports: list[str]) -> str:
        objects = self._watch.header["core"]["objects"] if self._watch.header else []
        devices = {entry["id"] for entry in objects if entry["kind"] == "device"}
        return next((p.split(".")[0] for p in ports if p.split(".")[0] in devices), "")

    def _follow(self) -> None:
        s = self._selection
        name = s.id if s.kind == "tag" else ""
        number = self.model.number_of(name) if name else self._first_of(s.device)
        model = self.table.selectionModel()
        if number < 0:
            if s.kind != "tag":
                self.table.clearSelection()
            return
        index = self._proxy.mapFromSource(self.model.index(number, NAME))
        if index.isValid() and index.row() != self.table.currentIndex().row():
            model.blockSignals(True)
            self.table.selectRow(index.row())
            model.blockSignals(False)
            self.table.scrollTo(index)
            self.table.viewport().update()

    def _first_of(self, device: str) -> int:
        if not device:
            return -1
        for number, signal in enumerate(self.model.signals):
            if signal["direction"] != "port" and any(p.split(".")[0] == device for p in signal["ports"]):
                return number
        return -1

    def _menu(self, at: QPoint) -> None:
        index = self.table.indexAt(at)
        if index.isValid():
            self.table.setCurrentIndex(index)
        menu = QMenu(self)
        for name in ("force_true", "force_false", "force_value", "release", "release_all", "copy"):
            if name in self._actions:
                menu.addAction(self._actions[name])
        menu.popup(self.table.viewport().mapToGlobal(at))


class _Filter(QSortFilterProxyModel):
    def __init__(self, model: TagModel, parent: QWidget):
        super().__init__(parent)
        self.setSourceModel(model)
        self.setSortRole(SORT)
        self._model, self._words, self._ports = model, "", False

    def set_words(self, words: str) -> None:
        self._words = words.casefold()
        self.invalidate()

    def show_ports(self, shown: bool) -> None:
        self._ports = shown
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        signal = self._model.signals[row]
        if signal["direction"] == "port" and not self._ports:
            return False
        if not self._words:
            return True
        held = " ".join(
            [signal["name"], signal.get("address") or "", signal.get("owner") or "", *signal["ports"]]
        )
        return self._words in held.casefold()


def port_of(header: Mapping[str, Any], signal: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the declaration of its device says of a signal's port: help, unit, dimension. Empty if nothing."""
    devices = (header.get("look") or {}).get("devices") or {}
    for name in (signal["name"], *signal["ports"]):
        device, _, port = name.partition(".")
        declared: Mapping[str, Any] = (devices.get(device) or {}).get("ports") or {}
        if port in declared:
            found: Mapping[str, Any] = declared[port]
            return found
    return {}


def unit_of(port: Mapping[str, Any]) -> str:
    return str(port.get("unit") or UNITS.get(str(port.get("dimension") or ""), ""))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == AGE else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
