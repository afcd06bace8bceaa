"""What the lexer cannot tell: comments in comments, descriptions outside of comments, texts over lines.

The lexer knows comments that end at the first `*)` or `*/`. Edition 3 lets them nest, older programs have a
stray `(*` inside that opens nothing. So one is read as nested where that comes out even, as flat where not.

A quote whose other half is missing in its line is more often a slip than a text over several lines, as some
makers allow it. So such a text is tried only where the parser stops at a quote, and taken only where what
follows it can be read. Its opening quote is then a mark that the grammar knows, of one character too, so that
all places stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lark import UnexpectedInput

from commissioning.plc.syntax.rules import TooDeep

# an opening inside a comment; every character is looked at once, as each search stops at the next mark
_INSIDE = re.compile(r"\(\*(?:[^*(]|\*(?!\))|\((?!\*))*\(\*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*/\*")
# strings have no end of line: what looks like one and has no end is left to the lexer
_MARK = re.compile(r"'(?:\$[\s\S]|[^'$\r\n])*'|\"(?:\$[\s\S]|[^\"$\r\n])*\"|//[^\r\n]*|/\*|\(\*")
_EDGES = {"(*": re.compile(r"\(\*|\*\)"), "/*": re.compile(r"/\*|\*/")}
_ENDS = {"(*": "*)", "/*": "*/"}
_DESCRIPTION = re.compile(r"\(\*@KEY@:\s*DESCRIPTION\s*\*\)[\s\S]*?\(\*@KEY@:\s*END_DESCRIPTION\s*\*\)")
_NOT_LINE_END = re.compile(r"[^\r\n]")
_MARKS = {"'": "\ue000", '"': "\ue001"}
_QUOTES = {mark: quote for quote, mark in _MARKS.items()}
_TEXT = re.compile(r"""'(?:\$[\s\S]|[^'$])*'|"(?:\$[\s\S]|[^"$])*\"""")


def without_nesting(text: str) -> str:
    """`text` of the same length and lines, in which no comment has another inside."""
    if "@KEY@" in text:
        text = _DESCRIPTION.sub(lambda found: _blank(found.group()), text)
    if _INSIDE.search(text) is None:
        return text
    parts: list[str] = []
    position = 0
    even = set(
        _ENDS
    )  # once a comment has not come out even, none behind it is tried: that would be quadratic
    while (mark := _MARK.search(text, position)) is not None:
        opening = mark.group()
        if opening not in _ENDS:
            parts.append(text[position : mark.end()])
            position = mark.end()
            continue
        end = _nested_end(text, mark.start(), opening) if opening in even else -1
        if end < 0:
            even.discard(opening)
            end = text.find(_ENDS[opening], mark.end()) + 2
            if end < 2:
                break
            parts.append(text[position:end])
        else:
            inside = text[mark.end() : end - 2]
            parts.append(text[position : mark.end()] + _EDGES[opening].sub("  ", inside) + _ENDS[opening])
        position = end
    return "".join(parts) + text[position:]


def _nested_end(text: str, start: int, opening: str) -> int:
    """Behind what closes the comment at `start`, -1 where nothing does."""
    depth = 0
    for edge in _EDGES[opening].finditer(text, start):
        depth += 1 if edge.group() == opening else -1
        if depth == 0:
            return edge.end()
    return -1


def _blank(text: str) -> str:
    return _NOT_LINE_END.sub(" ", text)


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
