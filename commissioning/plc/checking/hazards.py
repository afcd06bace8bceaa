"""Whether working out an expression can stop the PLC: an index, a division, a conversion, a reference."""

from __future__ import annotations

from commissioning.plc.checking import typed


def may_stop(node: typed.Typed) -> bool:
    """Whether evaluating `node` can raise; what is not known to be safe counts as well."""
    match node:
        case typed.Const() | typed.Defaults():
            return False
        case typed.Load():
            return bool(node.cell.terms) or node.cell.pointer
        case typed.Minus() | typed.Not() | typed.Convert() | typed.Named():
            return may_stop(node.operand)
        case typed.Arithmetic():
            divides = any(operator in ("/", "MOD") for operator, _ in node.steps)
            return divides or may_stop(node.first) or any(may_stop(operand) for _, operand in node.steps)
        case typed.Compare():
            return may_stop(node.left) or may_stop(node.right)
        case typed.Logic():
            return any(may_stop(operand) for operand in node.operands)
        case _:
            return True
