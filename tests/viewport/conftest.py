"""Qt and VTK without a screen; the fake line for every test of pictures and windows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
for folder in ("viewport", "gui"):  # fake_line.py, fake_session.py
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
