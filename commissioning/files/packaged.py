"""Where the files that travel with the product are: scenes and resources."""

from __future__ import annotations

from pathlib import Path


def packaged(path: str) -> Path:
    """A packaged file or folder, e.g. `packaged("scenes/carton_line")`, from a checkout or a wheel.

    A wheel carries `scenes/` and `resources/` as `commissioning/_data`; a checkout has them beside the
    package. Raises FileNotFoundError for what the installation does not have.
    """
    package = Path(__file__).resolve().parent.parent
    data = package / "_data"
    root = data if data.is_dir() else package.parent
    found = root / path
    if not found.exists():
        raise FileNotFoundError(f"this installation has no {path} (looked in {root}); install it again")
    return found
