from __future__ import annotations

import numpy as np
import pytest

from commissioning.viewport.camera import PRESETS, Camera

WIDTH, HEIGHT = 800, 600


def test_that_the_axes_are_orthonormal_and_right_handed() -> None:
    for azimuth, elevation in PRESETS.values():
        axes = Camera(azimuth=azimuth, elevation=elevation).axes
        assert np.allclose(axes @ axes.T, np.eye(3))
        assert np.allclose(np.cross(axes[0], axes[1]), axes[2])


def test_that_the_front_view_looks_along_plus_y_with_z_up() -> None:
    camera = Camera(focus=(0, 0, 0), distance=5).towards("front")
    assert np.allclose(camera.eye, (0, -5, 0))
    assert np.allclose(camera.axes[1], (0, 0, 1))


def test_that_a_ray_through_a_projected_point_passes_that_point() -> None:
    camera = Camera(focus=(1, 2, 0.5), distance=7, azimuth=0.7, elevation=0.4)
    point = np.array([1.7, 1.1, 0.9])
    pixels, before = camera.project(point, WIDTH, HEIGHT)
    origin, direction = camera.ray(pixels[0, 0], pixels[0, 1], WIDTH, HEIGHT)
    assert before[0]
    away = np.cross(point - origin, direction)
    assert np.linalg.norm(away) < 1e-9


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_that_framing_keeps_every_corner_in_the_picture_and_fills_it(preset: str) -> None:
    low, high = np.array([-1.0, -0.5, 0.0]), np.array([9.0, 2.0, 1.8])
    camera = Camera().towards(preset).framing(low, high, WIDTH / HEIGHT)
    corners = np.array(
        [[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    )
    pixels, before = camera.project(corners, WIDTH, HEIGHT)
    assert before.all()
    assert pixels.min() >= 0 and pixels[:, 0].max() <= WIDTH and pixels[:, 1].max() <= HEIGHT
    spread = np.ptp(pixels, axis=0) / (WIDTH, HEIGHT)
    assert spread.max() > 0.85


def test_that_zooming_keeps_the_point_under_the_mouse() -> None:
    camera = Camera(focus=(0, 0, 0), distance=10).towards("front")
    per_pixel = camera.metres_per_pixel(HEIGHT)
    x, y = 650.0, 120.0
    offset = ((x - WIDTH / 2) * per_pixel, (HEIGHT / 2 - y) * per_pixel)
    under = np.asarray(camera.focus) + camera.axes[0] * offset[0] + camera.axes[1] * offset[1]
    pixels, _ = camera.zoom(1.7, offset).project(under, WIDTH, HEIGHT)
    assert np.allclose(pixels[0], (x, y))


def test_that_vtk_projects_a_point_to_the_same_pixel() -> None:
    from vtkmodules.vtkRenderingCore import vtkCamera

    camera = Camera(focus=(1, 0, 0.5), distance=6, azimuth=-0.4, elevation=0.6)
    vtk_camera = vtkCamera()
    camera.apply(vtk_camera, 20.0)
    point = (1.5, 0.8, 1.1, 1.0)
    clip = vtk_camera.GetCompositeProjectionTransformMatrix(WIDTH / HEIGHT, -1, 1).MultiplyPoint(point)
    expected = ((clip[0] / clip[3] + 1) * WIDTH / 2, (1 - clip[1] / clip[3]) * HEIGHT / 2)
    pixels, _ = camera.project(np.array(point[:3]), WIDTH, HEIGHT)
    assert np.allclose(pixels[0], expected, atol=1e-6)
