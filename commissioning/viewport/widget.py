"""The Qt widget that shows a picture: renders only when something changed, and cleans edges at rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from commissioning.viewport import overlay
from commissioning.viewport.camera import PRESETS, Camera
from commissioning.viewport.frame import Frame
from commissioning.viewport.palette import Palette
from commissioning.viewport.picking import Pick

if TYPE_CHECKING:  # VTK comes after the window is on the screen
    from commissioning.viewport.picture import PictureSource
    from commissioning.viewport.stage import Stage

SAMPLES = 12  # pictures averaged at rest, each shifted by part of a pixel
REST_MS = 220
CLICK_PX = 4
ORBIT_RAD_PER_PX = 0.006


class ViewportWidget(QWidget):
    """Shows a Stage. Drag orbits, middle or shift drag pans, the wheel zooms, a click picks."""

    picked = Signal(object)  # Pick or None
    framed = Signal(object)  # Pick or None, on a double click

    def __init__(self, palette: Palette, parent: QWidget | None = None):
        super().__init__(parent)
        self.setMinimumSize(160, 120)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.camera = Camera()
        self.stage: Stage | None = None
        self.labels: Callable[[], Sequence[overlay.Label]] = lambda: ()
        self.begins: Callable[[bool], None] = lambda _urgent: None  # a picture; urgent: an answer to a hand
        self.render_s = 0.0  # what the last picture took
        self.pictures = 0
        self._palette = palette
        self._image: QImage | None = None
        self._buffer: NDArray[np.uint8] | None = None
        self._sum: NDArray[np.uint16] | None = None
        self._samples = 0
        self._dirty = False
        self._urgent = False
        self._hover = ""
        self._pressed: QPointF | None = None
        self._last: QPointF | None = None
        self._dragged = False
        self._fits = True
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._render)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._refine)

    # what the window calls

    def set_stage(self, stage: Stage, keep_view: bool = False) -> None:
        self.stage = stage
        self._fits = self._fits or not keep_view
        self._resize_source()
        self.request()

    def show_frame(self, frame: Frame) -> None:
        if self.stage is not None and self.stage.show(frame):
            self.request()

    def recolour(self, palette: Palette) -> None:
        self._palette = palette
        if self.stage is not None:
            self.stage.recolour(palette)
        self.request()

    def select(self, what: Pick | None) -> None:
        if self.stage is not None:
            self.stage.select(what)
            self.update()  # its label needs no new picture
            self.request(urgent=True)

    def look(self, camera: Camera) -> None:
        self._fits = False
        self.camera = camera
        self.request(urgent=True)

    def view(self, preset: str) -> None:
        if preset in PRESETS:
            self.camera = self.camera.towards(preset)
            self.frame_selection(None)
            self._fits = preset == "home"

    def frame_selection(self, what: Pick | None) -> None:
        if self.stage is not None:
            low, high = self.stage.box_of(what)
            margin = 1.06 if what is None else 1.9
            self.look(self.camera.framing(low, high, self.width() / max(self.height(), 1), margin))

    def request(self, urgent: bool = False) -> None:
        """A new picture as soon as the last one leaves time for it; at once if somebody waits for it."""
        self._dirty = True
        self._rest.stop()
        if urgent and not self._urgent:
            self._urgent = True
            self._next.start(0)
        elif not self._next.isActive():
            # In software GL a picture is slow: leave the event loop at least as long as it took.
            self._next.start(round(self.render_s * 1000) if self.render_s > 0.02 else 0)

    def settle(self) -> QImage | None:
        """The best picture of this moment at once, for a screenshot."""
        self._render()
        while self._samples < SAMPLES and self.stage is not None:
            self._refine()
        return self._image

    def close_source(self) -> None:
        self._next.stop()
        self._rest.stop()
        if self.stage is not None:
            source: PictureSource = self.stage.source
            self.stage = None
            source.close()

    # pictures

    def _resize_source(self) -> None:
        if self.stage is not None:
            ratio = self.devicePixelRatioF()
            self.stage.source.resize(round(self.width() * ratio), round(self.height() * ratio))

    def _render(self) -> None:
        stage = self.stage
        if stage is None or self.width() < 2 or not self.isVisible():
            return
        self.begins(self._urgent)
        self._dirty = self._urgent = False
        if self._fits:  # until somebody moves the camera, the whole line stays in the picture
            low, high = stage.box_of(None)
            self.camera = self.camera.framing(low, high, self.width() / max(self.height(), 1))
        started = time.perf_counter()
        stage.look_from(self.camera)
        pixels = stage.source.render()
        self._show(np.ascontiguousarray(pixels[::-1]))
        self.render_s = time.perf_counter() - started
        self.pictures += 1
        self._samples = 0
        self._sum = None
        self._rest.start(REST_MS)

    def _refine(self) -> None:
        """Adds one shifted picture to the average: clean edges, and never a long wait for a click."""
        stage = self.stage
        if stage is None or self._dirty or self._samples >= SAMPLES:
            return
        stage.look_from(self.camera)
        shift = (halton(self._samples + 1, 2) - 0.5, halton(self._samples + 1, 3) - 0.5)
        pixels = stage.source.render(shift)
        if self._sum is None or self._sum.shape != pixels.shape:
            self._sum = np.zeros(pixels.shape, np.uint16)
        self._sum += pixels
        self._samples += 1
        if self._samples >= 4 or self._samples == SAMPLES:
            self._show((self._sum[::-1] // self._samples).astype(np.uint8))
        if self._samples < SAMPLES:
            self._rest.start(max(15, round(self.render_s * 1000)))  # a click comes between two of them

    def _show(self, pixels: NDArray[np.uint8]) -> None:
        height, width = pixels.shape[:2]
        self._buffer = pixels  # the image only borrows it
        self._image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGBX8888)
        self._image.setDevicePixelRatio(self.devicePixelRatioF())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = QLinearGradient(0, 0, 0, self.height())
        ground.setColorAt(0, QColor(self._palette.background_high))
        ground.setColorAt(1, QColor(self._palette.background_low))
        if self._image is None:
            painter.fillRect(self.rect(), ground)
        else:
            if self._image.deviceIndependentSize().toSize() != self.size():
                painter.fillRect(self.rect(), ground)
            painter.drawImage(QPoint(0, 0), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.stage is not None:
            overlay.paint_labels(
                painter, self.labels(), self.camera, self.width(), self.height(), self._palette
            )
            painter.setFont(self.font())
            overlay.paint_scale(painter, self.camera, self.width(), self.height(), self._palette)
            overlay.paint_cube(painter, self.camera, self.width(), self._palette, self._hover)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._resize_source()
        self.request()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resize_source()
            self.request()
        super().changeEvent(event)

    def showEvent(self, event: QEvent) -> None:
        self.request()

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._last = event.position()
        self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._last is None or self._pressed is None:
            hover = overlay.cube_face_at(self.camera, self.width(), at)
            if hover != self._hover:
                self._hover = hover
                self.update()
            return
        if not self._dragged and (at - self._pressed).manhattanLength() < CLICK_PX:
            return
        self._dragged = True
        step = at - self._last
        self._last = at
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.buttons() & (Qt.MouseButton.MiddleButton | Qt.MouseButton.RightButton) or shifted:
            per_pixel = self.camera.metres_per_pixel(self.height())
            self.look(self.camera.pan(-step.x() * per_pixel, step.y() * per_pixel))
        else:
            self.look(self.camera.orbit(-step.x() * ORBIT_RAD_PER_PX, step.y() * ORBIT_RAD_PER_PX))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and not self._dragged
        self._pressed = self._last = None
        if not clicked or event.button() != Qt.MouseButton.LeftButton:
            return
        face = overlay.cube_face_at(self.camera, self.width(), event.position())
        if face in PRESETS:
            self.view(face)
        elif self.stage is not None:
            self.picked.emit(self.pick(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.stage is not None:
            self.framed.emit(self.pick(event.position()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        per_pixel = self.camera.metres_per_pixel(self.height())
        at = event.position()
        offset = ((at.x() - self.width() / 2) * per_pixel, (self.height() / 2 - at.y()) * per_pixel)
        self.look(self.camera.zoom(1.0015 ** event.angleDelta().y(), offset))

    def pick(self, at: QPointF) -> Pick | None:
        if self.stage is None:
            return None
        ratio = self.devicePixelRatioF()
        return self.stage.pick(
            self.camera,
            at.x() * ratio,
            at.y() * ratio,
            round(self.width() * ratio),
            round(self.height() * ratio),
        )


def halton(index: int, base: int) -> float:
    """Low-discrepancy number in 0..1 (Halton 1960)."""
    result, share = 0.0, 1.0
    while index:
        share /= base
        result += share * (index % base)
        index //= base
    return result
