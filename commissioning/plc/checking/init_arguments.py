"""What a declaration gives to FB_init: `x : FB_X(1, b := 2);`, `y : ARRAY[1..2] OF FB_X[(1), (2)];`."""

from __future__ import annotations

from commissioning.plc.checking.scope import Pou, Project, Symbol
from commissioning.plc.syntax import tree, units
from commissioning.plc.values.iec_types import innermost


def note_init(project: Project, pou: Pou, symbol: Symbol, node: units.Declaration, file: str) -> None:
    """Notes in `pou` what the declaration of `symbol` gives to FB_init."""
    key, rows = symbol.name.upper(), _rows(node.type)
    inner = node.type
    while isinstance(inner, units.ArrayType):
        inner = inner.element
    arguments = _arguments(inner) if innermost(symbol.type).kind in ("block", "struct") else ()
    if rows and symbol.type.kind == "array":
        pou.init_rows[key] = rows
    elif rows:
        what = "arguments in [...] belong to an array of blocks"
        project.problem(what, file, node.at, "Write (...) instead")
    elif arguments and symbol.type.kind == "array":
        what = f"{symbol.name} is an array, and arguments in (...) belong to one block"
        project.problem(what, file, node.at, "Write [(...), (...)], one for each block")
    elif arguments:
        pou.init_arguments[key] = arguments


def _arguments(node: units.TypeNode) -> tuple[tree.Argument, ...]:
    """What `name : FB_X(...)` gives to FB_init; with names only it was read as an enumeration."""
    if isinstance(node, units.TypeName):
        if node.length is not None:
            return (tree.Argument("", node.length, False, False, node.at),)
        return node.arguments
    if isinstance(node, units.EnumType) and node.base:
        return tuple(
            tree.Argument(member.name if member.value is not None else "", member.value or
                          tree.Name(member.name, member.at), False, False, member.at)
            for member in node.members
        )  # fmt: skip
    return ()


def _rows(node: units.TypeNode) -> tuple[tuple[tree.Argument, ...], ...]:
    """What `ARRAY ... OF FB_X[(...), (...)]` gives to the FB_init of each block."""
    while isinstance(node, units.ArrayType):
        node = node.element
    return node.rows if isinstance(node, units.TypeName) else ()
