from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from fake_line import FakeTimeline, header
from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from commissioning.app.tokens import LIGHT
from commissioning.viewport.frame import frame_at
from commissioning.viewport.overlay import Label, cube_faces, round_length
from commissioning.viewport.picture import OffscreenPicture
from commissioning.viewport.stage import Stage
from commissioning.viewport.widget import ViewportWidget, halton


@pytest.fixture
def widget(qtbot: QtBot) -> Iterator[ViewportWidget]:
    made = ViewportWidget(LIGHT.palette)
    qtbot.addWidget(made)
    made.resize(500, 340)
    made.show()
    made.set_stage(Stage(OffscreenPicture(), header(), LIGHT.palette))
    made.show_frame(frame_at(FakeTimeline(), 3_000_000_000))
    qtbot.waitUntil(lambda: made.pictures > 0)
    yield made
    made.close_source()


def pixels(widget: ViewportWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    # constBits does not keep the image alive: copy.
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from 3.12 on")
def test_that_qt_calls_do_not_lose_references_to_none(qtbot: QtBot) -> None:
    # PySide6 6.12.0 on Python 3.11 lost one per call and ended in a fatal error.
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) - before > -100


def test_that_a_drag_turns_the_camera_and_shows_another_picture(widget: ViewportWidget, qtbot: QtBot) -> None:
    before, camera, count = pixels(widget), widget.camera, widget.pictures
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(widget, QPoint(260, 220))
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=QPoint(260, 220))
    qtbot.waitUntil(lambda: widget.pictures > count)
    assert widget.camera.azimuth != camera.azimuth
    assert (pixels(widget) != before).any(axis=2).sum() > 1000


def test_that_a_click_picks_and_a_drag_does_not(widget: ViewportWidget, qtbot: QtBot) -> None:
    assert widget.stage is not None
    at, _ = widget.camera.project(np.array([3.9, -0.265, 0.72]), widget.width(), widget.height())
    point = QPointF(*at[0]).toPoint()
    with qtbot.waitSignal(widget.picked) as caught:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=point)
    assert caught.args[0].id == "belt2"
    with qtbot.assertNotEmitted(widget.picked):
        qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=point)
        qtbot.mouseMove(widget, point + QPoint(30, 0))
        qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=point + QPoint(30, 0))


def test_that_a_still_line_is_not_drawn_again_but_refined(widget: ViewportWidget, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: widget._samples >= 4, timeout=4000)
    count = widget.pictures
    for _ in range(5):
        widget.show_frame(frame_at(FakeTimeline(), 3_000_000_000))
    qtbot.wait(50)
    assert widget.pictures == count


def test_that_refining_cleans_edges_and_keeps_the_picture(widget: ViewportWidget) -> None:
    widget._render()
    rough = pixels(widget).astype(int)
    widget.settle()
    fine = pixels(widget).astype(int)
    assert np.abs(fine - rough).mean() < 6

    def colours(a: np.ndarray) -> int:
        return len(np.unique(a.reshape(-1, 4), axis=0))

    assert colours(fine) > 2 * colours(rough)


def test_that_a_label_is_painted_where_its_device_is(widget: ViewportWidget) -> None:
    plain = pixels(widget)
    anchor = (1.5, 0.0, 0.8)
    widget.labels = lambda: [Label("belt1", "#FF00FF", anchor)]
    changed = np.argwhere((pixels(widget) != plain).any(axis=2))
    (x, y), = widget.camera.project(np.array(anchor), widget.width(), widget.height())[0]  # fmt: skip
    assert len(changed) > 100
    assert changed[:, 0].max() <= y + 2 and abs(changed[:, 1].mean() - x) < 12


def test_that_a_click_on_the_view_cube_turns_to_that_face(widget: ViewportWidget, qtbot: QtBot) -> None:
    name, polygon, _ = max(cube_faces(widget.camera, widget.width()), key=lambda face: face[2])
    middle = polygon.boundingRect().center().toPoint()
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=middle)
    facing = {face: share for face, _, share in cube_faces(widget.camera, widget.width())}
    assert facing[name] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("limit", "length"), [(0.7, 0.5), (1.0, 1.0), (4.99, 2.0), (73.0, 50.0), (0.003, 0.002)]
)
def test_that_the_scale_bar_has_a_round_length(limit: float, length: float) -> None:
    assert round_length(limit) == pytest.approx(length)


def test_that_the_shifts_of_the_refined_picture_cover_a_pixel_evenly() -> None:
    points = np.array([(halton(n, 2), halton(n, 3)) for n in range(1, 13)])
    assert np.abs(points.mean(axis=0) - 0.5).max() < 0.07
