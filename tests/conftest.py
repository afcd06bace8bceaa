"""Before anything imports Qt or VTK: tests need no display.

A test that needs a real X display starts a process of its own with its own environment.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
# Without this VTK tries X first and aborts where DISPLAY names a server that Qt does not use;
# an empty string is not "unset" for VTK, it selects OSMesa.
if not os.environ.get("VTK_DEFAULT_OPENGL_WINDOW"):
    os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"
