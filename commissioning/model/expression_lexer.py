"""From the text of an expression to its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from commissioning.model.dimensions import DIMENSIONS
from commissioning.model.quantity import parse_duration_ns, parse_quantity

KEYWORDS = frozenset({"and", "or", "not", "rises", "falls", "for", "since", "true", "false"})
LONGEST = 4000
"""Characters an expression may have; a longer one is a mistake or an attack."""

TokenKind = Literal["name", "keyword", "number", "quantity", "text", "operator", "end"]

_NUMBER = re.compile(r"[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNIT = re.compile(r"\s*((?:[^\W\d_]|[%°])+[0-9²³]?(?:/[^\W\d_]+[0-9²³]?)?|/(?:h|min|s)\b)")
_OPERATOR = re.compile(r"<>|<=|>=|==|!=|&&|\|\||[-+*/()<>=,!&|]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression. `value` of a quantity is SI, of a duration whole ns; a share is a number."""

    kind: TokenKind
    text: str
    start: int
    value: bool | int | float | str = ""
    dimension: str = ""


class LexicalError(ValueError):
    """What is wrong at offset `start` of the text, and what to do."""

    def __init__(self, start: int, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.start, self.what, self.cure = start, what, cure


def tokens(text: str) -> list[Token]:
    """The words of `text`, closed by one of kind "end". Raises LexicalError."""
    if len(text) > LONGEST:
        raise LexicalError(LONGEST, f"an expression has at most {LONGEST} characters, this one {len(text)}")
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token, at = _token(text, at)
        found.append(token)
    found.append(Token("end", "", len(text)))
    return found


def _token(text: str, at: int) -> tuple[Token, int]:
    character = text[at]
    if character == "`":
        return _quoted(text, at, "`", "name")
    if character == "'":
        return _quoted(text, at, "'", "text")
    if character == '"':
        raise LexicalError(at, 'a `"` cannot stand here', "Write texts in '...' and unusual names in `...`")
    if character in "0123456789":
        return _number(text, at)
    if character == "_" or character.isidentifier():
        return _word(text, at)
    operator = _OPERATOR.match(text, at)
    if operator:
        return Token("operator", operator[0], at), operator.end()
    cure = "Write durations like `2 s` and numbers in decimal" if character == "#" else ""
    raise LexicalError(at, f"the character {character!r} has no meaning here", cure)


def _quoted(text: str, at: int, mark: str, kind: TokenKind) -> tuple[Token, int]:
    end = text.find(mark, at + 1)
    if end < 0:
        raise LexicalError(at, f"the {mark} that opens here is never closed", f"Close it with another {mark}")
    inside = text[at + 1 : end]
    if kind == "name" and not inside.strip():
        raise LexicalError(at, "there is no name between the backticks")
    return Token(kind, inside, at, inside), end + 1


def _word(text: str, at: int) -> tuple[Token, int]:
    end = at
    while end < len(text):
        dotted = text[end] == "." and _in_word(text[end + 1 : end + 2])
        if not dotted and not _in_word(text[end]):
            break
        end += 1
    word = text[at:end]
    if word.lower() in KEYWORDS:
        return Token("keyword", word.lower(), at), end
    return Token("name", word, at), end


def _in_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _number(text: str, at: int) -> tuple[Token, int]:
    match = _NUMBER.match(text, at)
    assert match is not None
    digits, end = match[0].replace("_", ""), match.end()
    if end < len(text) and text[end] == "#":
        raise LexicalError(at, "numbers with a base are not known here", "Write the number in decimal")
    unit = _UNIT.match(text, end)
    if unit and unit[1].lower() not in KEYWORDS:
        return _quantity(digits, unit[1], at), unit.end()
    if digits.isdigit():
        if len(digits) > 20:
            raise LexicalError(at, "this number does not fit into 64 bits")
        return Token("number", digits, at, int(digits)), end
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise LexicalError(at, "this number is too large")
    return Token("number", digits, at, value), end


def _quantity(digits: str, unit: str, at: int) -> Token:
    written = f"{digits}{unit}" if unit.startswith("/") else f"{digits} {unit}"
    dimension = next((name for name, known in DIMENSIONS.items() if unit in known.units), None)
    if dimension is None:
        cure = "Use units like s, ms, min, h, m, mm, m/s, kg, %, 1/h"
        raise LexicalError(at, f"`{unit}` is no unit", cure)
    try:
        if dimension == "duration":
            return Token("quantity", written, at, parse_duration_ns(written), dimension)
        value = parse_quantity(written, dimension)
    except ValueError as error:
        raise LexicalError(at, str(error)) from error
    return Token("quantity", written, at, value, "" if dimension == "share" else dimension)
