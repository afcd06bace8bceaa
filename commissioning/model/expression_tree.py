"""The typed tree of an expression: what the parser makes and `sim.analysis.evaluate` runs.

Nodes are immutable and know their type. A *level* (BOOL) is true over time, an EVENT happens at an
instant; a CONTINUOUS value moves between the records of the journal, every other value only with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.tags import DataType


class ExpressionType(StrEnum):
    """What a node stands for. ERROR follows a problem already reported, and causes no second one."""

    BOOL = "level"
    EVENT = "event"
    INT = "whole number"
    REAL = "number"
    TIME = "duration"
    TEXT = "text"
    CONTINUOUS = "continuous value"
    ERROR = "error"

    @property
    def is_number(self) -> bool:
        return self in (ExpressionType.INT, ExpressionType.REAL)


@dataclass(frozen=True, slots=True)
class NameInfo:
    """What a name in an expression stands for.

    `kind` "tag" or "port": an entry of the tag table, of `type`; "reading": one that runs between events.
    "travel" (m) or "speed" (m/s): motion of `drive`. `dimension` is one of `model.quantity`, "" if not known.
    `steps`: a reading that goes in steps.
    """

    name: str
    type: DataType
    kind: Literal["tag", "port", "reading", "travel", "speed"] = "tag"
    dimension: str = ""
    drive: str = ""
    steps: bool = False

    @property
    def expression_type(self) -> ExpressionType:
        if self.kind in ("travel", "speed", "reading"):
            return ExpressionType.CONTINUOUS
        if self.type is DataType.BOOL:
            return ExpressionType.BOOL
        if self.type is DataType.TIME:
            return ExpressionType.TIME
        if self.type is DataType.STRING:
            return ExpressionType.TEXT
        return ExpressionType.REAL if self.type.is_real else ExpressionType.INT


@dataclass(frozen=True, slots=True)
class Node:
    """Part of an expression. `start` is the offset of its first character in the text."""

    type: ExpressionType
    dimension: str
    start: int

    @property
    def operands(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal: bool, int, float (SI), int ns (TIME) or str."""

    value: bool | int | float | str


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A tag, a port or the motion of a drive."""

    info: NameInfo


@dataclass(frozen=True, slots=True)
class Inner(Node):
    """A node over others."""

    parts: tuple[Node, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Not(Inner):
    """The level that is true where its operand is not."""


@dataclass(frozen=True, slots=True)
class And(Inner):
    """Levels: all are true. With events among them: these happen together while the levels are true."""


@dataclass(frozen=True, slots=True)
class Or(Inner):
    """One of the levels is true, or one of the events happens."""


@dataclass(frozen=True, slots=True)
class Compare(Inner):
    """`operator` one of = <> < <= > >= over two values."""

    operator: str


@dataclass(frozen=True, slots=True)
class Sum(Inner):
    """The operands, each taken with its sign (+1 or -1)."""

    signs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Product(Inner):
    """The operands, each a factor (+1) or a divisor (-1)."""

    powers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Function(Inner):
    """abs, min or max."""

    name: str


@dataclass(frozen=True, slots=True)
class Edge(Inner):
    """The event that a level becomes true (`rising`) or false."""

    rising: bool


@dataclass(frozen=True, slots=True)
class Held(Inner):
    """`level for duration`: true once the level has been true without a break for `duration_ns`."""

    duration_ns: int


@dataclass(frozen=True, slots=True)
class Since(Inner):
    """`level since event`: true from an event at which the level is true, for as long as it stays so."""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, its typed tree, the names in it in order of first use."""

    text: str
    root: Node
    names: tuple[NameInfo, ...]
    place: Place = NOWHERE

    @property
    def type(self) -> ExpressionType:
        return self.root.type

    def require(self, *types: ExpressionType, cure: str = "") -> Expression:
        """This expression, if it is of one of `types`. Raises Problems otherwise."""
        if self.type in types:
            return self
        wanted = " or ".join(_WORDS[kind] for kind in types)
        what = f"`{self.text}` is {_WORDS[self.type]}, but {wanted} is needed here"
        raise Problems(Problem(what, self.place, cure or _cure(self.type, types)))

    def __str__(self) -> str:
        return self.text


_WORDS = {
    ExpressionType.BOOL: "a level (true or false over time)",
    ExpressionType.EVENT: "an event (an instant)",
    ExpressionType.INT: "a whole number",
    ExpressionType.REAL: "a number",
    ExpressionType.TIME: "a duration",
    ExpressionType.TEXT: "a text",
    ExpressionType.CONTINUOUS: "a continuous value",
    ExpressionType.ERROR: "in error",
}


def _cure(got: ExpressionType, wanted: tuple[ExpressionType, ...]) -> str:
    if got is ExpressionType.BOOL and ExpressionType.EVENT in wanted:
        return "Write `... rises` or `... falls` for the instant at which it changes"
    if got is ExpressionType.EVENT and ExpressionType.BOOL in wanted:
        return "Leave out `rises` or `falls` for the level, or write `level since event`"
    return "Compare it with something, as in `x > 2`"


def postorder(root: Node) -> Iterator[Node]:
    """Every node, operands before what is over them."""
    for operand in root.operands:
        yield from postorder(operand)
    yield root
