"""Where the eye is: a plain record that orbits, pans and zooms. Z is up, lengths in m, angles in rad."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, pi, sin, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

VIEW_ANGLE = 30.0  # degrees, vertical
STEEPEST = pi / 2 - 1e-4
NEAREST, FARTHEST = 0.2, 2000.0

# azimuth 0 looks along +y (from the front), positive turns the eye towards +x.
PRESETS = {
    "front": (0.0, 0.0),
    "right": (pi / 2, 0.0),
    "top": (0.0, STEEPEST),
    "back": (pi, 0.0),
    "left": (-pi / 2, 0.0),
    "home": (-0.46, 0.52),
}


@dataclass(frozen=True)
class Camera:
    focus: tuple[float, float, float] = (0.0, 0.0, 0.5)
    distance: float = 10.0
    azimuth: float = PRESETS["home"][0]
    elevation: float = PRESETS["home"][1]

    @property
    def axes(self) -> NDArray[np.float64]:
        """Rows: right, up, towards the eye; unit vectors in the world."""
        ca, sa, ce, se = cos(self.azimuth), sin(self.azimuth), cos(self.elevation), sin(self.elevation)
        return np.array([[ca, sa, 0.0], [-sa * se, ca * se, ce], [sa * ce, -ca * ce, se]])

    @property
    def eye(self) -> NDArray[np.float64]:
        eye: NDArray[np.float64] = np.asarray(self.focus) + self.axes[2] * self.distance
        return eye

    def orbit(self, right: float, up: float) -> Camera:
        elevation = min(max(self.elevation + up, -0.1), STEEPEST)
        return replace(self, azimuth=self.azimuth + right, elevation=elevation)

    def pan(self, right: float, up: float) -> Camera:
        """Moves by metres in the picture's plane through the focus."""
        axes = self.axes
        x, y, z = (float(v) for v in np.asarray(self.focus) + axes[0] * right + axes[1] * up)
        return replace(self, focus=(x, y, z))

    def zoom(self, factor: float, at: tuple[float, float] = (0.0, 0.0)) -> Camera:
        """Comes nearer by `factor`; the point under `at` (m from the centre, see metres_per_pixel) stays."""
        distance = min(max(self.distance / factor, NEAREST), FARTHEST)
        kept = 1.0 - distance / self.distance
        return replace(self.pan(at[0] * kept, at[1] * kept), distance=distance)

    def metres_per_pixel(self, height: int) -> float:
        """At the focus, for a picture `height` pixels high."""
        return 2.0 * self.distance * tan(VIEW_ANGLE * pi / 360.0) / max(height, 1)

    def towards(self, preset: str) -> Camera:
        azimuth, elevation = PRESETS[preset]
        return replace(self, azimuth=azimuth, elevation=elevation)

    def framing(
        self, low: NDArray[np.float64], high: NDArray[np.float64], aspect: float, margin: float = 1.06
    ) -> Camera:
        """Same direction, moved so that the box low..high just fits the picture."""
        corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)])
        focus = (low + high) / 2
        axes = self.axes
        half_v = tan(VIEW_ANGLE * pi / 360.0) / margin
        half_h = half_v * aspect
        distance = NEAREST
        for _ in range(4):  # centring shifts the perspective a little: settle
            local = (corners - focus) @ axes.T
            reach = np.maximum(abs(local[:, 0]) / half_h, abs(local[:, 1]) / half_v)
            distance = float(np.max(local[:, 2] + reach))
            depth = distance - local[:, 2]
            x, y = local[:, 0] / depth, local[:, 1] / depth
            middle = np.array([(x.min() + x.max()) / 2, (y.min() + y.max()) / 2]) * distance
            focus = focus + axes[0] * middle[0] + axes[1] * middle[1]
        fx, fy, fz = (float(v) for v in focus)
        return replace(self, focus=(fx, fy, fz), distance=min(max(distance, NEAREST), FARTHEST))

    def project(
        self, points: NDArray[np.float64], width: int, height: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """World points (N, 3) to pixels (N, 2) from the upper left, and whether they lie before the eye."""
        local = (np.atleast_2d(points) - np.asarray(self.focus)) @ self.axes.T
        depth = self.distance - local[:, 2]
        before = depth > 1e-6
        scale = height / (2.0 * tan(VIEW_ANGLE * pi / 360.0)) / np.where(before, depth, 1.0)
        pixels = np.column_stack([width / 2 + local[:, 0] * scale, height / 2 - local[:, 1] * scale])
        return pixels, before

    def ray(
        self, x: float, y: float, width: int, height: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Origin and unit direction of the view ray through a pixel (from the upper left)."""
        half = tan(VIEW_ANGLE * pi / 360.0)
        right = (2.0 * x - width) / height * half
        up = (height - 2.0 * y) / height * half
        axes = self.axes
        direction = axes[0] * right + axes[1] * up - axes[2]
        return self.eye, direction / np.linalg.norm(direction)

    def apply(self, vtk_camera: Any, reach: float) -> None:
        """Sets a vtkCamera; `reach` is the radius in m around the focus that has to stay visible."""
        vtk_camera.SetViewAngle(VIEW_ANGLE)
        vtk_camera.SetFocalPoint(*self.focus)
        vtk_camera.SetPosition(*self.eye)
        vtk_camera.SetViewUp(*self.axes[1])
        far = self.distance + reach
        vtk_camera.SetClippingRange(max(self.distance - reach, far / 2000.0, 0.05), far)
