"""Constant expressions: whether one is constant, and its value."""

from __future__ import annotations

from commissioning.plc.checking import typed
from commissioning.plc.generation.expression_code import stored
from commissioning.plc.values.iec_types import IecType, Value
from commissioning.plc.values.runtime import ArithmeticFault, namespace


def evaluated(found: typed.Typed, type_: IecType) -> Value | None:
    """The value of a constant expression as a cell of `type_` keeps it, None where it is not constant."""
    if not is_constant(found):
        return None
    try:
        # the text was generated from typed values and names no cell
        value: Value = eval(stored(found, type_).text, namespace())  # noqa: S307
    except (ArithmeticFault, ZeroDivisionError, OverflowError):
        return None
    return value


def is_constant(node: typed.Typed) -> bool:
    """Whether a typed expression reads no cell, no clock and calls no function of the user."""
    match node:
        case typed.Const():
            return True
        case typed.Load() | typed.UserCall() | typed.Defaults():
            return False
        case typed.AddressOf() | typed.Query() | typed.OfMemory() | typed.Graft():
            return False
        case typed.Given() | typed.Cloned() | typed.Made() | typed.Assigned():
            return False
        case typed.Named():  # of a constant it is one itself
            return False
        case typed.Minus() | typed.Not() | typed.Convert():
            return is_constant(node.operand)
        case typed.Arithmetic():
            return is_constant(node.first) and all(is_constant(operand) for _, operand in node.steps)
        case typed.Scaled():
            return is_constant(node.time) and is_constant(node.factor)
        case typed.Compare():
            return is_constant(node.left) and is_constant(node.right)
        case typed.Logic():
            return all(is_constant(operand) for operand in node.operands)
        case typed.Standard():
            return node.name != "TIME" and all(is_constant(argument) for argument in node.arguments)
