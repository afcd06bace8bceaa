"""The made-up types and the sample scene for tests of scene files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "model"))  # scene_fakes.py
