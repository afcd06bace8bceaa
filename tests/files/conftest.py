"""scene_fakes.py and json_schema.py for tests of scene files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "model"), str(Path(__file__).parent)]
