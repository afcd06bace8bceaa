"""What the rules of the grammar share: places of tokens, limits of depth, statements written as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lark import Token

from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At

MAX_DEPTH = 40
MAX_CHAIN = 2000
MOST_DIGITS = 9

Children = list[Any]


class TooDeep(Exception):
    """The text nests deeper, or chains more operands, than the compiler accepts."""

    def __init__(self, what: str, at: At) -> None:
        super().__init__(what)
        self.what = what
        self.at = at


def place(token: Token) -> At:
    """Where a token stands."""
    return At(token.line or 0, token.column or 0)


def deeper(at: At, *parts: Any) -> int:
    """The depth of a node with these parts. Raises TooDeep."""
    depth = 1 + max((part.depth for part in parts if part is not None), default=0)
    if depth > MAX_DEPTH:
        raise TooDeep(f"this is nested more than {MAX_DEPTH} levels deep", at)
    return depth


@dataclass(frozen=True, slots=True)
class Row:
    """What was written as one statement and stands for several."""

    statements: tuple[tree.Statement, ...]


def unrowed(children: Children) -> Iterator[Any]:
    for child in children:
        if isinstance(child, Row):
            yield from child.statements
        else:
            yield child


def flat(children: Children) -> tuple[tree.Statement, ...]:
    return tuple(child for child in unrowed(children) if child is not None)
