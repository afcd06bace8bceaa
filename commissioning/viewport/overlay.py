"""What Qt paints over the picture: labels, view cube, scale bar. Crisp at any resolution, and free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from commissioning.viewport.camera import Camera
from commissioning.viewport.palette import Palette

LEADER = 16.0  # px between a label and what it names
CUBE = 19.0  # half an edge of the view cube, px
CUBE_MARGIN = 46.0
FACES = {
    "right": (1.0, 0.0, 0.0),
    "left": (-1.0, 0.0, 0.0),
    "back": (0.0, 1.0, 0.0),
    "front": (0.0, -1.0, 0.0),
    "top": (0.0, 0.0, 1.0),
    "bottom": (0.0, 0.0, -1.0),
}


@dataclass(frozen=True)
class Label:
    """A pill with a short text above a point of the line; lower rank is more important."""

    text: str
    colour: str
    at: tuple[float, float, float]
    rank: int = 5


def small(font: QFont, bold: bool = False, points: float = -1.0) -> QFont:
    changed = QFont(font)
    size = font.pixelSize() if font.pixelSize() > 0 else 13
    changed.setPixelSize(round(size + points))
    changed.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return changed


def paint_labels(
    painter: QPainter, labels: Sequence[Label], camera: Camera, width: int, height: int, palette: Palette
) -> None:
    """Pills with leaders; the more important ones get their place first, the others move up."""
    if not labels:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = small(painter.font(), bold=True)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    pixels, before = camera.project(np.array([label.at for label in labels], float), width, height)
    taken: list[QRectF] = []
    room = QRectF(0, 0, width, height)
    cube = QRectF(width - 2 * CUBE_MARGIN, 0, 2 * CUBE_MARGIN, 2 * CUBE_MARGIN)
    for n in sorted(range(len(labels)), key=lambda i: (labels[i].rank, labels[i].text)):
        x, y = float(pixels[n][0]), float(pixels[n][1])
        if not before[n] or not room.contains(x, y):
            continue
        label = labels[n]
        w, h = metrics.horizontalAdvance(label.text) + 18, metrics.height() + 6
        pill = QRectF(x - w / 2, y - LEADER - h, w, h)
        pill.moveLeft(min(max(pill.left(), 4.0), width - w - 4.0))
        pill.moveTop(max(pill.top(), 4.0))
        if pill.intersects(cube):
            pill.moveRight(cube.left() - 4.0)
        while any(pill.intersects(other.adjusted(-3, -3, 3, 3)) for other in taken) and pill.top() > 6:
            pill.translate(0, -4.0)
        taken.append(pill)
        colour = QColor(label.colour)
        painter.setPen(QPen(colour, 1.2))
        painter.drawLine(QPointF(min(max(x, pill.left()), pill.right()), pill.bottom()), QPointF(x, y))
        ground = QColor(palette.panel)
        ground.setAlpha(238)
        painter.setBrush(ground)
        painter.drawRoundedRect(pill, h / 2, h / 2)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, label.text)


def paint_scale(painter: QPainter, camera: Camera, width: int, height: int, palette: Palette) -> None:
    """A bar of a round length, valid at the focus of the camera."""
    per_pixel = camera.metres_per_pixel(height)
    length = round_length(per_pixel * 130.0)
    span = length / per_pixel
    left, base = 16.0, height - 16.0
    painter.setPen(QPen(QColor(palette.text), 1.4))
    painter.drawPolyline(
        [
            QPointF(left, base - 5),
            QPointF(left, base),
            QPointF(left + span, base),
            QPointF(left + span, base - 5),
        ]
    )
    painter.setFont(small(painter.font(), points=0))
    painter.drawText(QPointF(left + span + 8, base + 1), scale_text(length))


def round_length(limit: float) -> float:
    """Largest of 1, 2, 5 times a power of ten that is not longer than `limit` (m)."""
    power = 10.0 ** np.floor(np.log10(max(limit, 1e-6)))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= limit * (1 + 1e-9)))


def scale_text(length: float) -> str:
    return f"{length:g} m" if length >= 1.0 else f"{length * 1000:g} mm"


def cube_faces(camera: Camera, width: int) -> list[tuple[str, QPolygonF, float]]:
    """Visible faces of the view cube in pixels, with how far each turns to the eye (0..1)."""
    axes = camera.axes
    centre = QPointF(width - CUBE_MARGIN, CUBE_MARGIN)
    seen = []
    for name, normal in FACES.items():
        facing = float(axes[2] @ np.asarray(normal))
        if facing <= 0.02:
            continue
        n = np.asarray(normal)
        u = np.array([0.0, 0.0, 1.0]) if abs(n[2]) < 0.5 else np.array([0.0, 1.0 if n[2] > 0 else -1.0, 0.0])
        r = np.cross(u, n)
        corners = [n - r + u, n + r + u, n + r - u, n - r - u]  # upper left first, as one reads it
        flat = [centre + QPointF(float(axes[0] @ c), -float(axes[1] @ c)) * CUBE for c in corners]
        seen.append((name, QPolygonF(flat), facing))
    return seen


def paint_cube(painter: QPainter, camera: Camera, width: int, palette: Palette, hover: str = "") -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = small(painter.font(), bold=True, points=-2)
    for name, polygon, facing in cube_faces(camera, width):
        ground = QColor(palette.panel)
        ground = ground.darker(round(100 + 22 * (1.0 - facing)))
        if name == hover:
            ground = QColor(palette.selection)
        ground.setAlpha(235)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(palette.border), 1.0))
        painter.drawPolygon(polygon)
        path = QPainterPath()
        metrics = QFontMetricsF(font)
        text = name.upper()
        path.addText(-metrics.horizontalAdvance(text) / 2, metrics.capHeight() / 2, font, text)
        half = 32.0
        square = QPolygonF(
            [QPointF(-half, -half), QPointF(half, -half), QPointF(half, half), QPointF(-half, half)]
        )
        turn = QTransform()
        if facing > 0.25 and QTransform.quadToQuad(square, polygon, turn):
            painter.fillPath(turn.map(path), QColor("#FFFFFF" if name == hover else palette.text))


def cube_face_at(camera: Camera, width: int, position: QPointF) -> str:
    for name, polygon, _ in cube_faces(camera, width):
        if polygon.containsPoint(position, Qt.FillRule.OddEvenFill):
            return name
    return ""
