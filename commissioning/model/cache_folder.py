"""Where this system keeps what can be computed again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path | None:
    """The user's folder for caches; COMMISSIONING_CACHE names another one, or is `off` for none."""
    chosen = os.environ.get("COMMISSIONING_CACHE", "")
    if chosen:
        return None if chosen.lower() == "off" else Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "commissioning"
