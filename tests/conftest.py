"""Before anything imports Qt or VTK: tests need no display.

A test that needs a real X display starts a process of its own with its own environment.
"""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
# Without this VTK tries X first and aborts where DISPLAY names a server that Qt does not use;
# an empty string is not "unset" for VTK, it selects OSMesa.
if not os.environ.get("VTK_DEFAULT_OPENGL_WINDOW"):
    os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = "vtkEGLRenderWindow"

# No deadlines: the machine may be busy. In CI the same examples each time: a red build means a change.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
