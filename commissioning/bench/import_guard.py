"""What the Python tests of a scene may import from its folder: what was hashed when they were allowed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

COMPILED = (".pyc", ".pyo", ".pyd", ".so", ".dll", ".dylib")


def python_below(folder: Path) -> list[Path]:
    """Every file that Python could import, in a fixed order; hidden ones, caches and linked folders are left
    out, and `ImportGuard` refuses them."""
    found: list[Path] = []
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            found += [] if path.is_symlink() else python_below(path)
        elif path.suffix.lower() in (".py", ".pyw", *COMPILED):
            found.append(path)
    return found


class ImportGuard:
    """A finder before all others: ImportError for a module below `folder` that was not hashed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.allowed = {str(path) for path in python_below(folder)}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and self._is_foreign(Path(spec.origin)):
            raise ImportError(f"{spec.origin} is not part of what was allowed to run", name=name)
        return None  # the usual finders go on

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def _is_foreign(self, place: Path) -> bool:
        """Below the scene's folder, by its name or by where it really lies, and not hashed. What is installed
        is not foreign, where the environment itself lies in the scene's folder."""
        places = {*place.parents, *place.resolve().parents}
        if not place.is_absolute() or Path(sys.prefix) in places:
            return False
        return self.folder in places and str(place) not in self.allowed
