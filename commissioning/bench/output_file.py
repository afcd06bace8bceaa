"""Files that a command writes beside its answer: reports, pictures."""

from __future__ import annotations

from pathlib import Path

from commissioning.model.problem import Place, Problem, Problems

__all__ = ["require_writable", "write"]


def require_writable(path: Path | None) -> None:
    """Raises Problems if nothing can be written there: known before the work is done, not after it.

    An existing file keeps its content, a new one is not left behind.
    """
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def write(path: Path, text: str) -> None:
    """Write a text file, with its folders. Raises Problems."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> Problems:
    what = f"nothing can be written here: {error.strerror}"
    return Problems(Problem(what, Place(file=str(path)), "Choose another place"))
