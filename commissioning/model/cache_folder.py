"""Where this system keeps what can be computed again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder", "is_own", "own_folder"]


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


def is_own(path: Path) -> bool:
    """Whether nobody but the user can write there. Raises OSError where nothing is."""
    if not hasattr(os, "getuid"):
        return True  # Windows: what lies in the folder of a user's data is the user's
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def own_folder(base: Path | None, name: str) -> Path | None:
    """The folder `name` in a folder for caches, for what runs code when it is read; None where there is none
    that is the user's alone."""
    if base is None:
        return None
    folder = base / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if is_own(folder) else None
    except OSError:
        return None
