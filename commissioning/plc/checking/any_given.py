"""What a parameter of type ANY is given, and blocks that are given by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.plc.checking import typed
from commissioning.plc.checking.any_type import ANY, class_of
from commissioning.plc.checking.byte_layout import measure, memory_layout
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import DINT, IecType

if TYPE_CHECKING:
    from commissioning.plc.checking.pointers import PointerChecker

__all__ = ["PLACES", "any_of", "clone_of"]

# what may name a variable
PLACES = tree.Name | tree.Member | tree.Indexed | tree.Dereference | tree.Call | tree.Part | tree.Direct


def any_of(checker: PointerChecker, node: tree.Expression) -> Typed | None:
    """What an ANY is given: the class, address and size of a variable."""
    found = checker.designator(node) if isinstance(node, PLACES) else None
    if found is None or found.value is not None:
        if checker.project.unknown.met:  # a stub takes it, and looks at nothing
            value = checker.expression(node)
            nowhere = typed.Const(IecType("POINTER TO BYTE", "pointer", 0, 0, target="BYTE"), 0)
            known = None if value is None else typed.Const(DINT, class_of(value.type))
            return None if known is None else typed.Made(ANY, (known, nowhere, typed.Const(DINT, 0)))
        if not isinstance(node, PLACES):
            checker.problem("an ANY is given a variable", node.at, "Assign the value to one first")
        return None
    if found.type == ANY:
        found.symbol.read = True
        return typed.Load(ANY, found.cell)
    address = checker.address_of(found, node.at)
    if address is None:
        return None
    block = found.block
    size = memory_layout(block).size if block is not None else measure(found.type)[0]
    return typed.Made(ANY, (typed.Const(DINT, class_of(found.type)), address, typed.Const(DINT, size)))


def clone_of(checker: PointerChecker, node: tree.Expression, target: IecType, what: str) -> Typed | None:
    """A block, or what has blocks in it, by value."""
    found = checker.designator(node)
    if found is None:
        return None
    if found.type != target or found.here or found.value is not None:
        shown = what or f"a {target}"
        checker.problem(f"{shown} is expected here, this is a {found.type}", node.at)
        return None
    found.symbol.read = True
    checker.project.any_elapsed |= found.symbol.elapsed
    return typed.Cloned(target, found.cell, found.block is not None)
