"""What is no program: comments in comments, and the descriptions that PC Worx exports leave outside of them.

The lexer knows comments that end at the first `*)`. Edition 3 lets them nest, older programs have a stray
`(*` inside that opens nothing. So one is read as nested where that comes out even, and as flat where not.
"""

from __future__ import annotations

import re

# an opening inside a comment; every character is looked at once, as each search stops at the next mark
_INSIDE = re.compile(r"\(\*(?:[^*(]|\*(?!\))|\((?!\*))*\(\*")
# strings have no end of line: what looks like one and has no end is left to the lexer
_MARK = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'|\"(?:\$[\s\S]|[^\"$\r\n])*\"|//[^\r\n]*|/\*[\s\S]*?(?:\*/|\Z)|\(\*"
)
_EDGE = re.compile(r"\(\*|\*\)")
_DESCRIPTION = re.compile(r"\(\*@KEY@:\s*DESCRIPTION\s*\*\)[\s\S]*?\(\*@KEY@:\s*END_DESCRIPTION\s*\*\)")
_NOT_LINE_END = re.compile(r"[^\r\n]")


def without_nesting(text: str) -> str:
    """`text` of the same length and lines, in which no comment has another inside."""
    if "@KEY@" in text:
        text = _DESCRIPTION.sub(lambda found: _blank(found.group()), text)
    if _INSIDE.search(text) is None:
        return text
    parts: list[str] = []
    position = 0
    even = True  # once a comment has not come out even, none behind it is tried: that would be quadratic
    while (mark := _MARK.search(text, position)) is not None:
        if mark.group() != "(*":
            parts.append(text[position : mark.end()])
            position = mark.end()
            continue
        end = _nested_end(text, mark.start()) if even else -1
        if end < 0:
            even = False
            end = text.find("*)", mark.end()) + 2
            if end < 2:
                break
            parts.append(text[position:end])
        else:
            inside = text[mark.end() : end - 2]
            parts.append(text[position : mark.end()] + _EDGE.sub("  ", inside) + "*)")
        position = end
    return "".join(parts) + text[position:]


def _nested_end(text: str, start: int) -> int:
    """Behind the `*)` that closes the comment at `start`, -1 where none does."""
    depth = 0
    for edge in _EDGE.finditer(text, start):
        depth += 1 if edge.group() == "(*" else -1
        if depth == 0:
            return edge.end()
    return -1


def _blank(text: str) -> str:
    return _NOT_LINE_END.sub(" ", text)
