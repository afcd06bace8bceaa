"""What a window needs from the system and Python packages cannot bring: looked for before Qt is loaded.

Qt ends the process when its platform plugin cannot be loaded, so what is missing is found out first and
named with the command that installs it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

from commissioning.model.problem import Problem

ALWAYS: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""What QtGui and VTK link against (soname -> Debian and Ubuntu package), also without a screen."""

ON_SCREEN: Final = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What Qt's xcb plugin links against besides."""


def needs_xcb(environment: Mapping[str, str] = os.environ) -> bool:
    """Will Qt open its window through X11? Not offscreen, and not where Wayland is."""
    chosen = environment.get("QT_QPA_PLATFORM", "").split(":")[0]
    return chosen == "xcb" or (not chosen and not environment.get("WAYLAND_DISPLAY"))


def missing_libraries(
    on_screen: bool, load: Callable[[str], object] = ctypes.CDLL, platform: str = sys.platform
) -> Problem | None:
    """The Problem that names every missing library and the command that installs them; None if all are there.

    `on_screen`: a real window is to be opened, not an offscreen one.
    """
    if platform != "linux":
        return None  # the Qt and VTK packages bring theirs
    wanted = ALWAYS | ON_SCREEN if on_screen else ALWAYS
    missing = [name for name in wanted if not _loads(name, load)]
    if not missing:
        return None
    packages = " ".join(wanted[name] for name in missing)
    return Problem(
        f"the window cannot open without these system libraries: {', '.join(missing)}",
        cure=(
            "Install them, on Debian and Ubuntu with: sudo apt-get update && "
            f"sudo apt-get install -y --no-install-recommends {packages} libgl1-mesa-dri"
        ),
    )


def _loads(name: str, load: Callable[[str], object]) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True
