"""Plain values -> YAML 1.2 text that reads back as exactly the same values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from commissioning.files.yaml_tree import MAX_INTEGER, resolve

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z0-9_./µ°+(-][^\x00-\x1f\x7f-\x9f,\[\]{}#:\"'`&*!|>\\]*\Z")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)
_PRINTABLE = ((0x20, 0x7F), (0xA0, 0x2028), (0x202A, 0xD800), (0xE000, 0xFEFF))
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar(value: Any) -> str:
    """Text of a scalar, valid inside and outside of brackets.

    Raises TypeError for what is no scalar and ValueError for what would not read back: numbers that are not
    finite or too large, half characters.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= MAX_INTEGER:
            raise ValueError("a whole number of more than 64 bits cannot stand in a scene")
        return str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot stand in a scene")
        return repr(float(value))
    if isinstance(value, str):
        return _plain_or_quoted(value)
    raise TypeError(f"{type(value).__name__} cannot stand in a scene")


def flow(value: Any) -> str:
    """One line: ``{a: 1, b: [x, y]}``."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_text(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def key_text(key: Any) -> str:
    """A key; keys are always text, so that `true` or `12` as a key need no quotes of their own."""
    text = str(key)
    if not text:
        raise ValueError("a name in a scene has at least one character")
    return text if _PLAIN_KEY.match(text) and text != "null" else _quoted(text)


def entry(key: Any, value: Any, indent: int, newline: str) -> str:
    """``key: value`` for a block mapping at `indent`; a long value goes on as a block below it."""
    head = f"{key_text(key)}:"
    line = f"{head} {flow(value)}"
    if indent + len(line) <= _WIDTH or not isinstance(value, Mapping) or not value:
        return line
    inner = " " * (indent + 2)
    rows = [inner + entry(name, item, indent + 2, newline) for name, item in value.items()]
    return newline.join([head, *rows])


def document(tree: Any, newline: str) -> str:
    """A whole document, one top-level entry per line or block."""
    if not isinstance(tree, Mapping) or not tree:
        return flow(tree) + newline
    return "".join(_section(key, value, newline) for key, value in tree.items())


def _section(key: Any, value: Any, newline: str) -> str:
    if not isinstance(value, Mapping) or not value:
        return entry(key, value, 0, newline) + newline
    rows = [f"{key_text(key)}:"] + [f"  {entry(name, item, 2, newline)}" for name, item in value.items()]
    return newline.join(rows) + newline


def _plain_or_quoted(text: str) -> str:
    special = text != text.strip() or text == "-" or text.startswith(("---", "- ", "..."))
    if _PLAIN.match(text) and not special:
        try:
            if resolve(text) == text and isinstance(resolve(text), str):
                return text
        except ValueError:
            return _quoted(text)
    return _quoted(text)


def _quoted(text: str) -> str:
    out = []
    for character in text:
        code = ord(character)
        if character in _ESCAPES:
            out.append(_ESCAPES[character])
        elif any(low <= code < high for low, high in _PRINTABLE):
            out.append(character)
        elif 0xD800 <= code < 0xE000:
            raise ValueError("half a character (a lone surrogate) cannot stand in a scene")
        elif code <= 0xFF:
            out.append(f"\\x{code:02X}")
        elif code <= 0xFFFF:
            out.append(f"\\u{code:04X}")
        else:
            out.append(f"\\U{code:08X}")
    return '"' + "".join(out) + '"'
