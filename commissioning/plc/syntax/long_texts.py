"""Texts in quotes that go over several lines, as some makers allow it.

A quote whose other half is missing in its line is more often a slip than such a text. So a text over lines is
tried only where the parser stops at a quote, and taken only where what follows it can be read. Its opening
quote is then a mark that the grammar knows: one character too, so that all places stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lark import UnexpectedInput

from commissioning.plc.syntax.rules import TooDeep

_MARKS = {"'": "\ue000", '"': "\ue001"}
_QUOTES = {mark: quote for quote, mark in _MARKS.items()}
_TEXT = re.compile(r"""'(?:\$[\s\S]|[^'$])*'|"(?:\$[\s\S]|[^"$])*\"""")


def marked(text: str, position: int, parse: Callable[[str], object]) -> str | None:
    """`text` with the quote at `position` marked as that of a text over lines, None where it is none.

    `parse` raises UnexpectedInput, like a parser of lark.
    """
    match = _TEXT.match(text, position)
    if match is None or "\n" not in match.group():
        return None
    candidate = text[:position] + _MARKS[text[position]] + text[position + 1 :]
    try:
        parse(candidate)
    except UnexpectedInput as error:
        stopped = int(error.pos_in_stream or 0)  # -1 where the text has ended
        if stopped >= 0 and not text[match.end() : stopped].strip():
            return None
    except TooDeep:
        pass
    return candidate


def unmarked(token: str) -> str:
    """A literal as it was written."""
    return _QUOTES.get(token[:1], token[:1]) + token[1:]
