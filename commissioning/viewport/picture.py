"""Where pictures come from. One small interface; the default is a VTK window that is never shown.

It needs no OpenGL in Qt, works on every window platform, docks and floats, and costs a read-back of
about 1 ms at 1280 x 720. A native OpenGL widget can become a second source behind the same interface.
"""

from __future__ import annotations

import ctypes.util
import os
import sys
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from commissioning.viewport.palette import Palette, rgb

SOFTWARE_NAMES = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader")


class PictureSource(Protocol):
    """What the Qt widget and the stage need."""

    renderer: Any  # vtkRenderer to put actors into
    camera: Any  # vtkCamera

    def resize(self, width: int, height: int) -> None: ...

    def render(self, shift: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.uint8]:
        """RGBA (height, width, 4), lowest row first, valid until the next call; `shift` in pixels."""
        ...

    def recolour(self, palette: Palette) -> None: ...

    @property
    def software(self) -> bool:
        """Drawn by the CPU: fewer frames, clean edges only at rest."""
        ...

    def close(self) -> None: ...


def prefer_windowless_gl() -> None:
    """Tells VTK to take EGL where there is one, so that it opens no window of its own.

    An empty variable is not the same as none to VTK: it then skips to OSMesa.
    """
    if not os.environ.get("VTK_DEFAULT_OPENGL_WINDOW"):
        os.environ.pop("VTK_DEFAULT_OPENGL_WINDOW", None)
        if sys.platform.startswith("linux") and ctypes.util.find_library("EGL"):
            os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"


class OffscreenPicture:
    """A VTK render window that is never shown (what a PyVista plotter wraps, see decision record 9)."""

    def __init__(self) -> None:
        prefer_windowless_gl()
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  registers the OpenGL classes
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
        from vtkmodules.vtkRenderingCore import vtkMapper, vtkRenderer, vtkRenderWindow

        self._window = vtkRenderWindow()
        self._window.SetShowWindow(False)
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self.renderer = vtkRenderer()
        self.renderer.SetAutomaticLightCreation(False)
        # A culler asks each frame for the bounds of 10,000 glyphs to leave out what is seldom out of sight.
        self.renderer.GetCullers().RemoveAllItems()
        self._window.AddRenderer(self.renderer)
        self.camera = self.renderer.GetActiveCamera()
        self._pixels = vtkUnsignedCharArray()
        # VTK's stub names the array's overload "Any" without the front buffer's default.
        self._read = self._window.GetRGBACharPixelData
        self._software: bool | None = None
        vtkMapper.SetResolveCoincidentTopologyToPolygonOffset()  # outlines lie before their faces
        self._light()

    def resize(self, width: int, height: int) -> None:
        self._window.SetSize(max(width, 1), max(height, 1))

    def render(self, shift: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.uint8]:
        from commissioning.viewport.vtk_arrays import view

        width, height = self._window.GetSize()
        self.camera.SetWindowCenter(2.0 * shift[0] / width, 2.0 * shift[1] / height)
        self._window.Render()
        self._read(0, 0, width - 1, height - 1, 1, self._pixels, 0)
        return view(self._pixels).reshape(height, width, 4)

    def recolour(self, palette: Palette) -> None:
        self.renderer.SetBackground(*(c / 255 for c in rgb(palette.background_low)))
        self.renderer.SetBackground2(*(c / 255 for c in rgb(palette.background_high)))
        self.renderer.SetGradientBackground(True)

    @property
    def software(self) -> bool:
        if self._software is None:
            said = str(self._window.ReportCapabilities()).lower()
            self._software = any(name in said for name in SOFTWARE_NAMES)
        return self._software

    def close(self) -> None:
        self.renderer.RemoveAllViewProps()
        self._window.Finalize()

    def _light(self) -> None:
        """One key light, two fills and a faint headlight, as directions in the world; no gloss."""
        from vtkmodules.vtkRenderingCore import vtkLight

        for position, strength in (
            ((-0.55, -0.75, 1.25), 0.62),
            ((0.55, -0.95, 0.3), 0.36),
            ((0.1, 1.0, 0.5), 0.22),
        ):
            light = vtkLight()
            light.SetLightTypeToSceneLight()
            light.SetPositional(False)
            light.SetPosition(*position)
            light.SetFocalPoint(0.0, 0.0, 0.0)
            light.SetIntensity(strength)
            self.renderer.AddLight(light)
        head = vtkLight()
        head.SetLightTypeToHeadlight()
        head.SetIntensity(0.16)
        self.renderer.AddLight(head)
