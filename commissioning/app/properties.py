"""What is selected: its parameters, its tags with live values, and how its time was spent."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from commissioning.app.selection import Selection
from commissioning.app.style import sized
from commissioning.app.tag_values import TagValues
from commissioning.app.tokens import STATE_NAMES, Tokens
from commissioning.app.watch import Watch
from commissioning.app.words import clock, param_text, state_word, type_word
from commissioning.model.record import CarrierKind

HIDDEN = {"x", "y", "z"}


class Properties(QScrollArea):
    """Rebuilt when the selection changes; values follow the time shown."""

    def __init__(self, watch: Watch, selection: Selection, values: TagValues, tokens: Tokens):
        super().__init__()
        self._watch, self._selection, self._values, self._tokens = watch, selection, values, tokens
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._live: list[tuple[QLabel, int]] = []
        self._facts: dict[str, QLabel] = {}
        self._bar: StateBar | None = None
        self._section: QWidget | None = None
        selection.changed.connect(self.rebuild)
        watch.replaced.connect(self.rebuild)
        watch.panels.connect(self.refresh)
        self.rebuild()

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.rebuild()

    def rebuild(self) -> None:
        self._live, self._facts, self._bar, self._section = [], {}, None, None
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        device, header = self._selection.device, self._watch.header
        entry = self._entry(self._selection.kind, self._selection.id) or self._entry("device", device)
        if header is None or (entry is None and self._selection.kind != "part"):
            column.addWidget(
                _hint(
                    "Choose a device in the line, in 3D or in the tags: "
                    "its parameters, tags and states show here."
                )
            )
        elif self._selection.kind == "part":
            column.addWidget(_heading(f"part {self._selection.id}"))
            self._part(column)
        elif entry is not None:
            column.addWidget(_heading(f"{entry['id']}  ·  {type_word(entry['type'])}"))
            self._device(column, header, entry)
        column.addStretch(1)
        self.setWidget(body)
        self.refresh()

    def refresh(self) -> None:
        if not self.isVisible() or self._watch.header is None:
            return
        for label, number in self._live:
            text, forced = self._values.text(number), self._values.forced(number)
            good = self._values.is_good(number)
            colour = (
                self._tokens.forced
                if forced
                else self._tokens.passed
                if text == "TRUE"
                else self._tokens.text
            )
            if not good:
                label.setToolTip(self._values.quality(number))
                text += "  ?"  # a column has no room for the reason: the tool tip has
                colour = self._tokens.muted
            _say(label, text, f"color: {colour}; font-weight: {600 if forced or text == 'TRUE' else 400};")
        if self._selection.kind == "part":
            self._refresh_part()
        elif self._selection.device:
            self._refresh_device()

    def _entry(self, kind: str, identity: str) -> dict[str, Any] | None:
        objects = self._watch.header["core"]["objects"] if self._watch.header else []
        return next((o for o in objects if o["kind"] == kind and o["id"] == identity), None)

    def _device(self, column: QVBoxLayout, header: Any, entry: dict[str, Any]) -> None:
        look = ((header.get("look") or {}).get("devices") or {}).get(entry["id"]) or {}
        if look.get("help"):
            column.addWidget(_hint(look["help"].replace("`", "")))
        units, params = look.get("units") or {}, look.get("params") or {}
        if params:
            grid = _grid(column)
            for name, value in params.items():
                if name not in HIDDEN and value is not None:
                    _row(grid, name.replace("_", " "), param_text(value, units.get(name, "")))
        for name, target in (look.get("to") or {}).items():
            _row(_grid(column), f"to {name}".strip(), target)
        ports = [
            (port, number, signal)
            for number, signal in enumerate(header["core"]["signals"])
            for port in dict.fromkeys((signal["name"], *signal["ports"]))
            if port.split(".")[0] == entry["id"] and "." in port
        ]
        if ports:
            column.addWidget(_heading("Tags"))
            grid = _grid(column)
            for port, number, signal in ports:
                commanded = signal["direction"] == "output"
                arrow = "←" if commanded else "→"
                name = port.split(".", 1)[1]
                title = f"{name}  {arrow}  {signal['name']}" if signal["name"] != port else name
                self._live.append((_row(grid, title, ""), number))
        if entry["kind"] == "device":
            self._section = QWidget()
            inner = QVBoxLayout(self._section)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(column.spacing())
            inner.addWidget(_heading("State, this run"))
            self._bar = StateBar(self._tokens)
            inner.addWidget(self._bar)
            column.addWidget(self._section)
            grid = _grid(inner)
            for name in ("state", "parts in it", "parts out", "throughput"):
                self._facts[name] = _row(grid, name, "–")

    def _refresh_device(self) -> None:
        watch, header = self._watch, self._watch.header
        if self._bar is None or header is None:
            return
        number = next(
            n for n, o in enumerate(header["core"]["objects"])
            if o["kind"] == "device" and o["id"] == self._selection.device
        )  # fmt: skip
        rows = watch.states.of(number)
        if self._section is not None:
            self._section.setVisible(len(rows) > 0)  # a photo-eye has no states to tell
        rows = rows[rows["t"] <= watch.t_ns]
        self._bar.show_shares(shares(rows["t"], rows["aux"], watch.t_ns) if len(rows) else {})
        state = int(rows["aux"][-1]) if len(rows) else -1
        since = f"  since {clock(int(rows['t'][-1]))}" if len(rows) else ""
        _say(self._facts["state"], (state_word(state) or "–") + since)
        _say(self._facts["parts in it"], self._parts_in(int(rows["a"][-1]) if len(rows) else 0))
        out = len(watch.departures(number))
        _say(self._facts["parts out"], str(out) if out else "–")
        hours = watch.t_ns / 3.6e12
        _say(self._facts["throughput"], f"{out / hours:,.0f} /h".replace(",", " ") if out and hours else "–")

    def _parts_in(self, told: int) -> str:
        """Parts on a track by where they are; other devices tell their number with their state."""
        watch = self._watch
        if watch.header is None or watch.timeline is None:
            return "–"
        zones = [
            (lane, zone)
            for lane, entry in enumerate(watch.header["core"]["lanes"])
            for zone in entry["zones"]
            if zone["device"] == self._selection.device
        ]
        if not zones:
            return str(told)
        poses = watch.timeline.poses(watch.t_ns)
        on_lane = poses.carriers[:, 0] == CarrierKind.LANE
        count = 0
        for lane, zone in zones:
            here = on_lane & (poses.carriers[:, 1] == lane)
            count += int(
                np.count_nonzero(here & (poses.fronts > zone["start"]) & (poses.fronts <= zone["end"]))
            )
        return str(count)

    def _part(self, column: QVBoxLayout) -> None:
        grid = _grid(column)
        for name in ("product", "size", "position"):
            self._facts[name] = _row(grid, name, "–")

    def _refresh_part(self) -> None:
        frame = self._watch.frame()
        at = np.flatnonzero(frame.ids == int(self._selection.id or 0))
        if not len(at) or self._watch.header is None:
            _say(self._facts["position"], "left the line")
            return
        n = int(at[0])
        products = self._watch.header["core"]["products"]
        _say(self._facts["product"], str(products[int(frame.products[n])]["id"]))
        _say(self._facts["size"], " × ".join(f"{v:.3f}" for v in frame.sizes[n]) + " m")
        _say(self._facts["position"], ", ".join(f"{v:.3f}" for v in frame.positions[n]) + " m")


class StateBar(QWidget):
    """Shares of time in each state, as a bar and in words."""

    def __init__(self, tokens: Tokens):
        super().__init__()
        self._tokens, self._shares = tokens, dict.fromkeys(STATE_NAMES, 0.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(180, 14 + 2 * (self.fontMetrics().height() + 3) + 4)

    def show_shares(self, found: dict[int, float]) -> None:
        if found != self._shares:
            self._shares = found
            self.setToolTip("\n".join(f"{STATE_NAMES[s]} {v:.2%}" for s, v in found.items() if v > 0))
            lines = -(-self.fontMetrics().horizontalAdvance(self._words()) // max(self.width() - 4, 1))
            self.setFixedHeight(18 + max(lines, 1) * (self.fontMetrics().height() + 1))
            self.update()

    def _words(self) -> str:
        order = (1, 3, 2, 4, 5, 0, 6)
        words = [f"{STATE_NAMES[s]} {self._shares[s]:.0%}" for s in order if self._shares.get(s, 0) >= 0.005]
        return "   ".join(words) or "nothing yet"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        x = 0.0
        painter.fillRect(QRectF(0, 0, self.width(), 12), QColor(self._tokens.raised))
        for state in (1, 3, 2, 4, 5, 0, 6):
            width = self.width() * self._shares.get(state, 0.0)
            if width > 0.5:
                colour = self._tokens.border if state == 0 else self._tokens.states[state]
                painter.fillRect(QRectF(x, 0, max(width - 1, 1), 12), QColor(colour))
                x += width
        painter.setPen(QColor(self._tokens.muted))
        box = QRectF(0, 15, self.width(), self.height() - 15)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self._words())


def shares(times: Any, states: Any, now_ns: int) -> dict[int, float]:
    """Share of 0..now_ns in each state; before its first record a device is idle."""
    found = dict.fromkeys(STATE_NAMES, 0.0)
    if now_ns <= 0:
        return found
    edges = np.concatenate([[0], times, [now_ns]]).astype(np.int64)
    kinds = np.concatenate([[0], states]).astype(np.int64)
    for state, span in zip(kinds, np.diff(edges), strict=True):
        found[int(state)] += float(span) / now_ns
    return found


class TagRow(QLabel):
    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(sized(label.font(), label.font().pixelSize(), QFont.Weight.DemiBold))
    label.setObjectName("heading")
    return label


def _hint(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("hint")
    label.setWordWrap(True)
    return label


def _grid(column: QVBoxLayout) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    column.addLayout(grid)
    return grid


def _row(grid: QGridLayout, name: str, value: str) -> QLabel:
    row = grid.rowCount()
    title, shown = QLabel(name), QLabel(value)
    title.setObjectName("muted")
    shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    shown.setMinimumWidth(20)
    shown.setWordWrap(len(value) > 24)
    grid.addWidget(title, row, 0)
    grid.addWidget(shown, row, 1)
    return shown


def _say(label: QLabel, text: str, style: str = "") -> None:
    if label.text() != text:
        label.setText(text)
    if label.styleSheet() != style:
        label.setStyleSheet(style)
