"""What global variables are compared with: how far one may run before a scan comes to another end.

A program that reads an input in comparisons with constants only, and nowhere else, goes the same way through
a scan for all its values between two neighbouring constants. Anything else that is done with a variable (a
store, a sum, an argument, a CASE) makes every value count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.typed import Cell

__all__ = ["between", "comparisons"]

_NODES = tuple(
    kind
    for module in (typed, commands)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
)
# what can hold a cell: neither a type, nor a place, nor what a standard block is
_PARTS = {
    kind: tuple(f.name for f in fields(kind) if f.name not in ("type", "at", "block", "symbol"))
    for kind in _NODES
}
_WHOLE, _LARGEST = 1 << 53, 1e300


def comparisons(bodies: Iterable[tuple[Command, ...]]) -> dict[int, tuple[float, ...] | None]:
    """By index of a global cell that occurs: the constants it is compared with, ascending; None: more is done
    with it. What does not occur is not in it."""
    found: dict[int, set[float] | None] = {}
    for cell, value in _uses(tuple(bodies)):
        if cell.memory != "g" or cell.owner is not None:
            continue
        known = found.setdefault(cell.index, set())
        if value is None or not cell.plain:
            found[cell.index] = None
        elif known is not None:
            known.add(value)
    return {index: None if values is None else tuple(sorted(values)) for index, values in found.items()}


def between(limits: Sequence[float], one: Any, other: Any) -> bool:
    """Whether two numbers lie strictly between the same two of the limits (ascending)."""
    place = bisect_left(limits, one)
    return place == bisect_right(limits, one) == bisect_left(limits, other) == bisect_right(limits, other)


def _uses(node: Any) -> Iterator[tuple[Cell, float | None]]:
    """Every cell that occurs in a part of the tree, with the constant it is compared with there."""
    if isinstance(node, tuple):
        for item in node:
            yield from _uses(item)
    elif isinstance(node, Cell):
        yield node, None
        if not node.plain:
            yield from _uses(node.owner)
            yield from _uses(node.value)
            yield from _uses(tuple(term.value for term in node.terms))
    elif isinstance(node, typed.Compare):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            cell, value = _loaded(one), _constant(other)
            if cell is not None and cell.plain and value is not None:
                yield cell, value
                return
        yield from _uses(node.left)
        yield from _uses(node.right)
    elif isinstance(node, _NODES):
        for name in _PARTS[type(node)]:
            yield from _uses(getattr(node, name))


def _loaded(node: typed.Typed) -> Cell | None:
    """The cell whose value this is, as it stands there or in a wider type of numbers."""
    while isinstance(node, typed.Convert):
        node = node.operand
    return node.cell if isinstance(node, typed.Load) and node.type.kind != "string" else None


def _constant(node: typed.Typed) -> float | None:
    """A number that is always the same, as a double; None for what is no number or none of a double's."""
    if isinstance(node, typed.Convert):
        return _constant(node.operand)
    if isinstance(node, typed.Minus):
        value = _constant(node.operand)
        return None if value is None else -value
    if isinstance(node, typed.Const) and isinstance(node.value, int | float):
        exact = _WHOLE if isinstance(node.value, int) else _LARGEST
        return float(node.value) if abs(node.value) <= exact else None
    return None
