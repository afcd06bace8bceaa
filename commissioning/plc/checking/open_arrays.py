"""`ARRAY[*]`: a VAR_IN_OUT that takes an array of any bounds.

Behind the two cells of every reference it has two more for each dimension: the bounds of what it was given.
"""

from __future__ import annotations

from commissioning.plc.checking import typed
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.scope import Symbol
from commissioning.plc.checking.typed import Cell, Typed
from commissioning.plc.values.iec_types import DINT, LINT


def bound(symbol: Symbol, cell: Cell, dimension: int, upper: bool) -> Typed:
    """A bound of the array that an open one was given; `dimension` counts from 0."""
    index = symbol.index + 2 + 2 * dimension + upper
    return typed.Load(DINT, Cell(cell.memory, cell.owner, index))


def bounds_given(found: Designator) -> tuple[Typed, ...]:
    """The bounds of an array that is given to an open one, low and high of each dimension."""
    if found.type.dimensions:
        cells = range(found.type.dimensions)
        return tuple(bound(found.symbol, found.cell, n, upper) for n in cells for upper in (False, True))
    return tuple(typed.Const(DINT, value) for pair in found.type.bounds for value in pair)


def element(owner: Designator, indices: list[Typed]) -> Cell:
    """The place of an element of an open array."""
    cell, size = owner.cell, 1 if owner.type.element is None else owner.type.element.size
    for dimension, value in enumerate(indices):
        low = bound(owner.symbol, owner.cell, dimension, False)
        high = bound(owner.symbol, owner.cell, dimension, True)
        cell = cell.moved(typed.OpenIndex(low, high, step(owner, dimension, size), value))
    return cell


def step(owner: Designator, dimension: int, size: int) -> Typed:
    """How many cells lie between neighbours in a dimension of an open array."""
    result: Typed = typed.Const(LINT, size)
    for later in range(dimension + 1, owner.type.dimensions):
        low = bound(owner.symbol, owner.cell, later, False)
        high = bound(owner.symbol, owner.cell, later, True)
        count = typed.Arithmetic(LINT, high, (("-", low), ("+", typed.Const(LINT, 1))))
        result = typed.Arithmetic(LINT, result, (("*", count),))
    return result
