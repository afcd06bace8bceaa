"""TwinCAT: the text of a transition object, which is one expression or gives the transition's name a value.

Source: TwinCAT 3 manual, "Object transition".
"""

from __future__ import annotations

import re

_ENDS = {"(*": "*)", "/*": "*/", "//": "\n", "{": "}"}
_ASIDE = re.compile(r"\(\*|/\*|//|\{|'|\"|\(|\[|\)|\]")
_STATEMENT = re.compile(
    r":=|;(?=.*\S)|\b(?:IF|CASE|FOR|WHILE|REPEAT|RETURN|EXIT|CONTINUE|JMP)\b", re.I | re.S
)


def is_one_expression(text: str) -> bool:
    """Whether nothing but an expression stands there, with or without := in front and ; behind."""
    bare = outside(text).strip()
    return bool(bare) and _STATEMENT.search(bare.removeprefix(":=")) is None


def outside(text: str) -> str:
    """A text without comments, pragmas, strings and what stands in brackets; in one pass."""
    kept: list[str] = []
    depth = at = 0
    while (found := _ASIDE.search(text, at)) is not None:
        mark = found.group()
        if depth == 0:
            kept.append(text[at : found.start()] + " ")
        at = found.end()
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth = max(depth - 1, 0)
        elif mark in "'\"":
            at = _string_end(text, at, mark)
        else:
            end = text.find(_ENDS[mark], at)
            at = len(text) if end < 0 else end + len(_ENDS[mark])
    if depth == 0:
        kept.append(text[at:])
    return "".join(kept)


def _string_end(text: str, at: int, quote: str) -> int:
    """Behind the quote that ends a string; $ takes the next character along."""
    while at < len(text) and text[at] != quote:
        at += 2 if text[at] == "$" else 1
    return at + 1
