"""The made-up types and the sample scene for tests of the model."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # scene_fakes.py
