"""The typing rules of expressions: which operands an operator takes and what it makes of them.

Every rule returns a node or raises TypeProblem with what to write instead. An operand of type ERROR was
reported already and passes.
"""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.model.expression_lexer import Token
from commissioning.model.expression_tree import (
    And,
    Compare,
    Constant,
    Edge,
    ExpressionType,
    Function,
    Held,
    Node,
    Not,
    Or,
    Product,
    Since,
    Sum,
)

BOOL, EVENT, INT, REAL = ExpressionType.BOOL, ExpressionType.EVENT, ExpressionType.INT, ExpressionType.REAL
TIME, TEXT = ExpressionType.TIME, ExpressionType.TEXT
CONTINUOUS, ERROR = ExpressionType.CONTINUOUS, ExpressionType.ERROR


class TypeProblem(ValueError):
    """A broken rule at offset `start`: what is wrong and what to write instead."""

    def __init__(self, start: int, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.start, self.what, self.cure = start, what, cure


def literal(word: Token) -> Node:
    """A number, quantity or text as it stands."""
    if word.kind == "text":
        return Constant(TEXT, "", word.start, word.value)
    if word.dimension == "duration":
        return Constant(TIME, "", word.start, word.value)
    kind = INT if isinstance(word.value, int) else REAL
    return Constant(kind, word.dimension, word.start, word.value)


def either(parts: Sequence[Node]) -> Node:
    """`or`: all levels or all events."""
    _logical(parts, "or")
    kinds = {part.type for part in parts} - {ERROR}
    if kinds == {BOOL, EVENT}:
        level = next(part for part in parts if part.type is BOOL)
        what = "`or` joins levels or events, not one with the other"
        raise TypeProblem(level.start, what, "Make the level an event with `rises` or `falls`")
    return Or(_joined(kinds, BOOL), "", parts[0].start, tuple(parts))


def both(parts: Sequence[Node]) -> Node:
    """`and`: levels, or events while levels are true."""
    _logical(parts, "and")
    kinds = {part.type for part in parts}
    kind = EVENT if EVENT in kinds else _joined(kinds - {ERROR}, BOOL)
    return And(kind, "", parts[0].start, tuple(parts))


def inverse(node: Node, count: int, start: int) -> Node:
    """`not`, written `count` times."""
    if node.type is EVENT:
        cure = "Write `falls` instead of `rises`, or put the level in parentheses: `(not a) rises`"
        raise TypeProblem(start, "an event has no opposite", cure)
    _logical((node,), "not")
    return Not(BOOL, "", start, (node,)) if count % 2 else node


def edge(node: Node, rising: bool) -> Node:
    """`rises`, `falls`: the event at which a level changes."""
    word = "rises" if rising else "falls"
    if node.type is EVENT:
        what = f"`{word}` is for levels, this is an event already"
        raise TypeProblem(node.start, what, f"Leave out `{word}`")
    if node.type not in (BOOL, ERROR):
        what = f"`{word}` is for levels, this is a {node.type.value}"
        raise TypeProblem(node.start, what, f"Compare it first: `(x > 2) {word}`")
    return Edge(EVENT, "", node.start, (node,), rising)


def held(node: Node, duration: Token) -> Node:
    """`level for duration`."""
    ns = duration.value
    assert isinstance(ns, int)
    if node.type is EVENT:
        cure = "Write `level since event` for a level that an event starts"
        raise TypeProblem(node.start, "an event is an instant and cannot hold for a time", cure)
    _logical((node,), "for")
    if ns <= 0:
        raise TypeProblem(duration.start, "the duration after `for` must be longer than 0")
    return Held(BOOL, "", node.start, (node,), ns)


def since(level: Node, event: Node) -> Node:
    """`level since event`."""
    _logical((level,), "since")
    if level.type is EVENT:
        raise TypeProblem(level.start, "before `since` stands a level, this is an event", "Leave out `rises`")
    if event.type is BOOL:
        what = "after `since` stands an event, this is a level"
        raise TypeProblem(event.start, what, "Add `rises` or `falls`")
    if event.type not in (EVENT, ERROR):
        raise TypeProblem(event.start, f"after `since` stands an event, this is a {event.type.value}")
    return Since(BOOL, "", level.start, (level, event))


def compare(operator: str, left: Node, right: Node) -> Node:
    """= <> < <= > >= between two values of one kind."""
    pair = (left, right)
    kinds = {node.type for node in pair}
    if ERROR not in kinds:
        if EVENT in kinds:
            node = left if left.type is EVENT else right
            raise TypeProblem(node.start, "an event has no value to compare", "Leave out `rises` or `falls`")
        if CONTINUOUS in kinds:
            _continuous_comparison(operator, pair)
        elif kinds in ({BOOL}, {TEXT}):
            if operator not in ("=", "<>"):
                what = f"`{operator}` does not order {left.type.value}s"
                raise TypeProblem(left.start, what, "Use = or <>")
        elif not (kinds <= {INT, REAL} or kinds == {TIME}):
            what = f"a {left.type.value} cannot be compared with a {right.type.value}"
            raise TypeProblem(left.start, what, _comparison_cure(pair))
        _same_dimension(pair)
    return Compare(BOOL, "", left.start, pair, operator)


def total(parts: Sequence[Node], signs: Sequence[int]) -> Node:
    """+ and -."""
    kind = _arithmetic(parts, "+" if 1 in signs[1:] else "-")
    return Sum(kind, _same_dimension(parts), parts[0].start, tuple(parts), tuple(signs))


def product(parts: Sequence[Node], powers: Sequence[int]) -> Node:
    """* and /. Of a continuous value only by constants; a division gives a REAL."""
    for part in parts:
        _number(part, "*" if -1 not in powers else "/")
        if part.type is TIME:
            what = "durations are not multiplied"
            raise TypeProblem(part.start, what, "Write the resulting duration: `4 s`")
    moving = [(part, power) for part, power in zip(parts, powers, strict=True) if part.type is CONTINUOUS]
    others = [part for part in parts if part.type is not CONTINUOUS]
    if moving and (len(moving) > 1 or moving[0][1] < 0 or not all(map(_constant, others))):
        what = "a continuous value can be multiplied or divided by a constant only"
        cure = "Use + and -, a constant factor, abs, min, max; for a distance driven compare travel"
        raise TypeProblem(moving[0][0].start, what, cure)
    dimensions = [part for part in parts if part.dimension]
    if len(dimensions) > 1 or any(p.dimension and power < 0 for p, power in zip(parts, powers, strict=True)):
        what = "quantities with units are multiplied and divided by plain numbers only"
        raise TypeProblem(dimensions[-1].start, what, "Work the value out and write it with its unit")
    for part, power in zip(parts, powers, strict=True):
        if power < 0 and isinstance(part, Constant) and part.value == 0:
            raise TypeProblem(part.start, "a division by zero has no value")
    dimension = dimensions[0].dimension if dimensions else ""
    kind = CONTINUOUS if moving else INT if all(p.type is INT for p in parts) and -1 not in powers else REAL
    return Product(kind, dimension, parts[0].start, tuple(parts), tuple(powers))


def negative(node: Node, count: int, start: int) -> Node:
    """Unary -, written `count` times."""
    _number(node, "-")
    if count % 2 == 0:
        return node
    if isinstance(node, Constant) and isinstance(node.value, int | float):
        return Constant(node.type, node.dimension, start, -node.value)
    return Sum(node.type, node.dimension, start, (node,), (-1,))


def function(name: str, arguments: Sequence[Node], start: int) -> Node:
    """abs(x), min(x, y, ...), max(x, y, ...)."""
    if name == "abs" and len(arguments) != 1:
        raise TypeProblem(start, f"abs takes one value, here are {len(arguments)}")
    if name != "abs" and len(arguments) < 2:
        raise TypeProblem(start, f"{name} takes two values or more")
    kind = _arithmetic(arguments, name)
    return Function(kind, _same_dimension(arguments), start, tuple(arguments), name)


def _logical(parts: Sequence[Node], word: str) -> None:
    for part in parts:
        if part.type not in (BOOL, EVENT, ERROR):
            what = f"`{word}` joins conditions, this is a {part.type.value}"
            if word in ("not", "for", "since"):
                what = f"`{word}` needs a condition, this is a {part.type.value}"
            raise TypeProblem(part.start, what, "Compare it: `x > 2`")


def _joined(kinds: set[ExpressionType], default: ExpressionType) -> ExpressionType:
    return next(iter(kinds)) if len(kinds) == 1 else default


def _number(part: Node, word: str) -> None:
    if part.type in (BOOL, EVENT, TEXT):
        raise TypeProblem(part.start, f"`{word}` needs numbers, this is a {part.type.value}")


def _arithmetic(parts: Sequence[Node], word: str) -> ExpressionType:
    for part in parts:
        _number(part, word)
    kinds = {part.type for part in parts} - {ERROR}
    if TIME in kinds and len(kinds) > 1:
        odd = next(part for part in parts if part.type not in (TIME, ERROR))
        what = f"`{word}` does not mix durations and other values"
        raise TypeProblem(odd.start, what, "Give it a unit: `2 s`")
    for kind in (CONTINUOUS, TIME, REAL, INT):
        if kind in kinds:
            return kind
    return ERROR


def _constant(node: Node) -> bool:
    """Whether no name is in it."""
    if not node.operands:
        return isinstance(node, Constant)
    return all(_constant(operand) for operand in node.operands)


def _same_dimension(parts: Sequence[Node]) -> str:
    """The one dimension of the parts. Values of unknown dimension and plain numbers (SI) go with any."""
    known = ""
    for part in parts:
        if part.dimension and not known:
            known = part.dimension
        elif part.dimension and part.dimension != known:
            what = f"a {known} and a {part.dimension} do not go together"
            raise TypeProblem(part.start, what.replace("_", " "), "Check the unit")
    return known


def _continuous_comparison(operator: str, pair: tuple[Node, Node]) -> None:
    for node in pair:
        if node.type in (BOOL, TEXT, TIME):
            what = f"a continuous value cannot be compared with a {node.type.value}"
            raise TypeProblem(node.start, what, "Compare it with a quantity: `belt1.speed > 0.2 m/s`")
    if operator in ("=", "<>"):
        what = "a continuous value meets another for an instant only"
        cure = "Write `abs(a - b) <= tolerance`, or use a port such as `belt1.moving`"
        raise TypeProblem(pair[0].start, what, cure)


def _comparison_cure(pair: tuple[Node, Node]) -> str:
    kinds = {node.type for node in pair}
    if TIME in kinds and kinds & {INT, REAL}:
        return "Write the number with a unit of time: `2 s`"
    if BOOL in kinds:
        return "A level needs no comparison: write `x` or `not x`"
    return ""
