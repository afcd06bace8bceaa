"""The text of a scene file: read strictly, edited in place, written back byte for byte.

An edit replaces exactly the characters of the value it changes. What was not edited keeps its bytes:
comments, columns, quotes, line ends.
"""

from __future__ import annotations

from typing import Any, Final

from commissioning.files import yaml_edit
from commissioning.files.yaml_tree import Composed, Path, compose, position
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.reading import path_id

MAX_BYTES: Final = 8 * 1024 * 1024


class SceneText:
    """One scene file as text, tree and places. Immutable: `set` and `delete` give a new one.

    `tree` holds dict, list, str, bool, int, float and None; None when the text is empty or no YAML at all
    (then `problems` says why). `problems` are those of the text: duplicate keys, tags, anchors, syntax.
    """

    def __init__(self, text: str, file: str, composed: Composed, problems: tuple[Problem, ...] = ()) -> None:
        self._text = text
        self._composed = composed
        self._spans = composed.spans
        self.file = file
        self.tree: Any = composed.tree
        self.problems: tuple[Problem, ...] = problems or tuple(
            Problem(fault.what, Place(file, fault.line, fault.column, path_id(fault.path)), fault.cure)
            for fault in composed.faults
        )

    def dump(self) -> str:
        """The text: exactly what was loaded, where nothing was edited."""
        return self._text

    def place(self, path: Path, key: bool = False) -> Place:
        """Where the value at `path` stands, or its key; a missing path has the place of what is above."""
        known = path
        while known not in self._spans and known:
            known = known[:-1]
        span = self._spans.get(known)
        if span is None:
            return Place(self.file, 0, 0, path_id(path))
        if (key or known != path) and span.key_line:
            return Place(self.file, span.key_line, span.key_column, path_id(path))
        return Place(self.file, span.line, span.column, path_id(path))

    def set(self, path: Path, value: Any) -> SceneText:
        """With `value` (plain data) at `path`, added after its siblings if it is not there yet.

        Raises Problems while the text itself has problems, KeyError for a path that cannot be (an item far
        behind the end of a list, a key in a number), TypeError or ValueError for a value that a
        scene cannot hold.
        """
        self._editable()
        text, composed = yaml_edit.set_value(self._text, self._composed, path, value)
        return SceneText(text, self.file, composed)

    def delete(self, path: Path) -> SceneText:
        """Without the key or item at `path`. Raises KeyError if there is none, Problems as `set` does."""
        self._editable()
        if path not in self._spans or not path:
            raise KeyError(path_id(path))
        text, composed = yaml_edit.delete_value(self._text, self._composed, path)
        return SceneText(text, self.file, composed)

    def _editable(self) -> None:
        if self.problems:
            raise Problems(self.problems)


def load(text: str | bytes, file: str = "") -> SceneText:
    """Text of a scene file (bytes are UTF-8) -> SceneText. Never raises: see its `problems`."""
    if len(text) > MAX_BYTES:
        return _refused("", file, too_large(len(text), file))
    if isinstance(text, str):
        return _loaded(text, file)
    try:
        return _loaded(text.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        line, column = position(text[: error.start].decode("utf-8"), error.start)
        what = f"the byte 0x{text[error.start]:02X} is no UTF-8"
        return _refused("", file, Problem(what, Place(file, line, column), "Save the file as UTF-8"))


def _loaded(text: str, file: str) -> SceneText:
    return SceneText(text, file, compose(text))


def _refused(text: str, file: str, problem: Problem) -> SceneText:
    return SceneText(text, file, Composed(), (problem,))


def too_large(size: int, file: str) -> Problem:
    """What is wrong with a scene of more than MAX_BYTES."""
    limit = MAX_BYTES // 1024 // 1024
    what = f"the file has {size / 1024 / 1024:.1f} MB, more than a scene can have ({limit} MB)"
    return Problem(what, Place(file, 1, 1), "Move large data into files of their own")
