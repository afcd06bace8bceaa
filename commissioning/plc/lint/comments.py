"""What the syntax tree does not keep: comments, and which IF has an ELSE with nothing in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from commissioning.plc.syntax.tree import At

__all__ = ["Comment", "comments_of", "with_else"]

_MARK = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'?|\"(?:\$[\s\S]|[^\"$\r\n])*\"?|\(\*|/\*[\s\S]*?(?:\*/|\Z)|//[^\r\n]*"
)
_EDGE = re.compile(r"\(\*|\*\)")


class Comment(NamedTuple):
    """`text` without its marks; `nested`: another one begins inside, there."""

    text: str
    line: int
    column: int
    end_line: int
    block: bool
    nested: At | None


def comments_of(text: str) -> list[Comment]:
    """Every comment of a text; one that nests is one."""
    starts = [0]
    starts += [match.end() for match in re.finditer(r"\n", text)]

    def at(position: int) -> At:
        line = bisect_right(starts, position)
        return At(line, position - starts[line - 1] + 1)

    found = []
    for start, end, inner in _spans(text):
        word = text[start:end]
        block = not word.startswith("//")
        told = word[2:-2] if block else word[2:]
        place = at(start)
        nested = None if inner < 0 else at(inner)
        found.append(Comment(told.strip(), *place, at(max(end - 1, start)).line, block, nested))
    return found


_WORDS = re.compile(
    _MARK.pattern + r"|(?<![A-Za-z0-9_])(?:IF|CASE|ELSE|END_IF|END_CASE)(?![A-Za-z0-9_#])", re.IGNORECASE
)


def with_else(text: str) -> set[int]:
    """Where in `text` each IF begins that has an ELSE, also one with nothing in it."""
    found: set[int] = set()
    open_: list[int] = []
    for start, word in _words(text):
        if word in ("IF", "CASE"):
            open_.append(start)
        elif word == "ELSE" and open_:
            found.add(open_[-1])
        elif open_ and word.startswith("END_"):
            open_.pop()
    return found


def _words(text: str) -> Iterator[tuple[int, str]]:
    """The words that open and close IF and CASE, outside of comments and strings, in upper case."""
    position = 0
    comments = iter(_spans(text))
    comment = next(comments, None)
    while (match := _WORDS.search(text, position)) is not None:
        position = match.end()
        while comment is not None and comment[1] <= match.start():
            comment = next(comments, None)
        if comment is not None and comment[0] <= match.start():
            position = comment[1]
        elif match.group()[0] not in "'\"(/":
            yield match.start(), match.group().upper()


def _spans(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, where another one begins inside or -1)."""
    position = 0
    even = True  # as the reader of the language: once one does not come out even, none behind it nests
    while (mark := _MARK.search(text, position)) is not None:
        position = mark.end()
        word = mark.group()
        if word[0] in "'\"":
            continue
        if word != "(*":
            inner = word.find("(*", 2) if word.startswith("/*") else -1
            yield mark.start(), position, mark.start() + inner if inner >= 0 else -1
            continue
        inner, depth, end = -1, 0, -1
        for edge in _EDGE.finditer(text, mark.start()) if even else ():
            depth += 1 if edge.group() == "(*" else -1
            if depth == 2 and inner < 0:
                inner = edge.start()
            if depth == 0:
                end = edge.end()
                break
        if end < 0:
            even = False
            close = text.find("*)", mark.end())
            end = len(text) if close < 0 else close + 2
            inner = text.find("(*", mark.end(), end)
        if inner < 0:
            line = text.find("//", mark.end(), end - 2)
            inner = line if line >= 0 and text[line - 1] != ":" else -1  # but for http://
        yield mark.start(), end, inner
        position = end
