"""The operator's panel of the line: push buttons, e-stops and stack lights, drawn as IEC 60073 has them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRadialGradient,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from commissioning.app.selection import Selection
from commissioning.app.tables import EmptyHint
from commissioning.app.tag_values import TagValues
from commissioning.app.tokens import IEC, Tokens
from commissioning.app.watch import Watch

CELL = QSize(112, 128)
LAMPS = ("red", "yellow", "green", "blue")  # top to bottom


class Element(QWidget):
    """One thing on the panel: paints its signals, turns the hand's actions into the run's."""

    acted = Signal(str, str)  # device, action
    chosen = Signal(str)

    def __init__(
        self,
        device: str,
        look: Mapping[str, Any],
        signals: Mapping[str, int],
        values: TagValues,
        tokens: Tokens,
    ):
        super().__init__()
        self.device, self.look, self.signals, self.values, self.tokens = device, look, signals, values, tokens
        self.setFixedSize(CELL)
        self._shown: tuple[bool, ...] = ()
        self.usable = True

    def lit(self, port: str) -> bool:
        number = self.signals.get(port, -1)
        return number >= 0 and self.values.text(number) == "TRUE"

    def refresh(self) -> None:
        shown = (self.usable, *(self.lit(port) for port in self.signals))
        if shown != self._shown:
            self._shown = shown
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter, QPointF(self.width() / 2, 54))
        painter.setPen(QColor(self.tokens.text))
        name = self.fontMetrics().elidedText(self.device, Qt.TextElideMode.ElideMiddle, self.width() - 8)
        painter.drawText(QRectF(0, 101, self.width(), 20), Qt.AlignmentFlag.AlignCenter, name)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.tokens.accent), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 6, 6)

    @abstractmethod  # for readers and type checkers: the metaclass of Qt does not ask
    def draw(self, painter: QPainter, centre: QPointF) -> None:
        """Draw it as it stands now, around `centre`."""


class PushButton(Element):
    """Held down as long as the mouse is; the space bar is a short press."""

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Hold the mouse button to hold it; Enter presses it briefly")

    def draw(self, painter: QPainter, centre: QPointF) -> None:
        pressed = self.lit("pressed")
        colour = QColor(IEC.get(str((self.look.get("params") or {}).get("colour", "white")), IEC["white"]))
        painter.setPen(QPen(QColor(self.tokens.border), 1.5))
        painter.setBrush(QColor("#C9CED4"))
        painter.drawEllipse(centre, 36, 36)
        painter.setBrush(QColor("#8A929B"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(centre, 31, 31)
        radius = 26.0 if pressed else 28.5
        shade = QRadialGradient(centre - QPointF(8, 9), radius * 1.7)
        shade.setColorAt(0, colour.lighter(150 if pressed else 118))
        shade.setColorAt(1, colour if pressed else colour.darker(118))
        painter.setBrush(QBrush(shade))
        painter.drawEllipse(centre, radius, radius)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.device)
        if self.usable:
            self.acted.emit(self.device, "push")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.usable:
            self.acted.emit(self.device, "release")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.usable and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.acted.emit(self.device, "press")
        else:
            super().keyPressEvent(event)


class EStop(Element):
    """A red mushroom on yellow: a click pushes it, another one pulls it out."""

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def draw(self, painter: QPainter, centre: QPointF) -> None:
        pushed = not self.lit("released")
        self.setToolTip("Pushed: click to pull it out" if pushed else "Click to push it")
        painter.setPen(QPen(QColor("#B98B00"), 1.2))
        painter.setBrush(QColor(IEC["yellow"]))
        painter.drawEllipse(centre, 42, 42)
        radius = 27.0 if pushed else 31.0
        painter.setPen(Qt.PenStyle.NoPen)
        if not pushed:
            painter.setBrush(QColor(0, 0, 0, 60))
            painter.drawEllipse(centre + QPointF(1.5, 3), radius, radius)
        shade = QRadialGradient(centre - QPointF(9, 10), radius * 1.8)
        colour = QColor(IEC["red"])
        shade.setColorAt(0, colour.lighter(128))
        shade.setColorAt(1, colour.darker(135 if pushed else 115))
        painter.setBrush(QBrush(shade))
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(
            QRectF(centre.x() - 30, centre.y() - 10, 60, 20), Qt.AlignmentFlag.AlignCenter, "STOP"
        )
        if pushed:
            painter.setPen(QPen(QColor("#FFFFFF"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, radius + 3, radius + 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.device)
        self._turn()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._turn()
        else:
            super().keyPressEvent(event)

    def _turn(self) -> None:
        if self.usable:
            self.acted.emit(self.device, "push" if self.lit("released") else "release")


class StackLight(Element):
    """Lamps from top to bottom: red, yellow, green, blue."""

    def draw(self, painter: QPainter, centre: QPointF) -> None:
        lamps = [colour for colour in LAMPS if colour in (self.look.get("tags") or {})] or list(LAMPS[:3])
        height = 76.0 / max(len(lamps), 3)
        top = centre.y() - height * len(lamps) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#8A929B"))
        painter.drawRoundedRect(QRectF(centre.x() - 15, top - 5, 30, 6), 2, 2)
        painter.drawRect(
            QRectF(centre.x() - 4, top + height * len(lamps), 8, 96 - (top + height * len(lamps)))
        )
        for n, lamp in enumerate(lamps):
            on = self.lit(lamp)
            colour = QColor(IEC[lamp])
            box = QRectF(centre.x() - 17, top + n * height + 1, 34, height - 2)
            if on:
                glow = QRadialGradient(box.center(), 44)
                halo = QColor(colour)
                halo.setAlpha(110)
                glow.setColorAt(0, halo)
                halo.setAlpha(0)
                glow.setColorAt(1, halo)
                painter.setBrush(QBrush(glow))
                painter.drawEllipse(box.center(), 44, 30)
            painter.setBrush(colour.lighter(125) if on else _mixed(colour, QColor(self.tokens.raised), 0.72))
            painter.setPen(QPen(colour.darker(120) if on else QColor(self.tokens.border), 1))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(
                QColor("#10141A" if on and lamp == "yellow" else "#FFFFFF")
                if on
                else QColor(self.tokens.muted)
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "●" if on else lamp[0].upper())
            painter.setPen(Qt.PenStyle.NoPen)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.device)


# Which type is drawn how; what is not here does not stand on the panel.
ELEMENTS: dict[str, type[Element]] = {
    "push_button": PushButton,
    "estop_button": EStop,
    "stack_light": StackLight,
}


class OperatorPanel(QScrollArea):
    acted = Signal(str, str)

    def __init__(self, watch: Watch, selection: Selection, values: TagValues, tokens: Tokens):
        super().__init__()
        self._watch, self._selection, self._values, self._tokens = watch, selection, values, tokens
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.elements: list[Element] = []
        self._grid: QGridLayout | None = None
        self._hint = EmptyHint(
            self,
            "Push buttons, e-stops and stack lights of the line stand here.\n"
            "Add one to the scene:  start: {type: push_button, pose: {xyz: [1.2 m, -0.6 m, 1 m]}, "
            "tags: {pressed: I_Start}}",
        )
        watch.replaced.connect(self.rebuild)
        watch.panels.connect(self.refresh)
        self.rebuild()

    def redraw(self, tokens: Tokens) -> None:
        self._tokens = tokens
        for element in self.elements:
            element.tokens = tokens
            element.update()

    def rebuild(self) -> None:
        self.elements = []
        header = self._watch.header
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(8, 6, 8, 6)
        self._grid.setSpacing(4)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        if header is not None:
            looks = (header.get("look") or {}).get("devices") or {}
            for entry in header["core"]["objects"]:
                made = ELEMENTS.get(entry["type"]) if entry["kind"] == "device" else None
                if made is None:
                    continue
                signals = ports_of(header, entry["id"])
                element = made(entry["id"], looks.get(entry["id"]) or {}, signals, self._values, self._tokens)
                element.acted.connect(self.acted)
                element.chosen.connect(lambda device: self._selection.choose("device", device))
                self.elements.append(element)
        self.setWidget(body)
        self._place()
        self._hint.setVisible(not self.elements)
        self._hint.raise_()
        self.refresh()

    def refresh(self) -> None:
        source = self._watch.source
        usable = source is not None and source.live and self._watch.following
        for element in self.elements:
            element.usable = usable
            element.refresh()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        if self._grid is None:
            return
        across = max(1, (self.viewport().width() - 16) // (CELL.width() + 4))
        for n, element in enumerate(self.elements):
            self._grid.addWidget(element, n // across, n % across)


def ports_of(header: Mapping[str, Any], device: str) -> dict[str, int]:
    """Port name -> signal number of one device."""
    found = {}
    for number, signal in enumerate(header["core"]["signals"]):
        for name in (signal["name"], *signal["ports"]):
            owner, dot, port = name.partition(".")
            if dot and owner == device:
                found[port] = number
    return found


def _mixed(a: QColor, b: QColor, share: float) -> QColor:
    return QColor(
        round(a.red() + (b.red() - a.red()) * share),
        round(a.green() + (b.green() - a.green()) * share),
        round(a.blue() + (b.blue() - a.blue()) * share),
    )
