"""What a program asks about itself, all known when compiling: SIZEOF, BITADR, __POUNAME, __POSITION,
__VARINFO.

Source: the operators of these names in the public documentation of CODESYS and TwinCAT. __POSITION counts the
lines of the whole text, as everything else here does; their editors count those of the body by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.plc.checking import typed
from commissioning.plc.checking.addresses import bits_of_address
from commissioning.plc.checking.byte_layout import measure, memory_layout
from commissioning.plc.checking.scope import Pou
from commissioning.plc.checking.typed import Typed
from commissioning.plc.checking.variable_info import variable_info
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import ANY_INT, ELEMENTARY, STRING

if TYPE_CHECKING:
    from commissioning.plc.checking.pointers import PointerChecker

_SIZES = ("SIZEOF", "XSIZEOF")
_AREAS = {"M": 0x40000000, "I": 0x80000000, "Q": 0xC0000000}


def program_fact(checker: PointerChecker, name: str, call: tree.Call) -> tuple[Typed | None] | None:
    """The value of one of these, in a tuple; None where it is none of them."""
    makers = checker.project.dialect.library_names
    if name in _SIZES or (name == "BITADR" and makers):
        if len(call.arguments) != 1:
            checker.problem(f"{name} has 1 argument", call.at)
            return (None,)
        node = call.arguments[0].value
        return (_size_of(checker, node) if name in _SIZES else _bit_address(checker, node),)
    if name == "__VARINFO" and makers:
        return (variable_info(checker, call),)
    if name not in ("__POUNAME", "__POSITION") or not makers:
        return None
    if call.arguments:
        checker.problem(f"{name} has no arguments", call.at, f"Write {name}()")
        return (None,)
    return (typed.Const(STRING, _pou_name(checker) if name == "__POUNAME" else _position(checker, call)),)


def _pou_name(checker: PointerChecker) -> str:
    """With the block in front of a method; of a property with Get or Set behind it."""
    pou = checker.pou
    if pou.kind == "GLOBAL":
        return "GVL"
    name = pou.name
    if pou.kind in ("GET", "SET"):
        name = f"{name.rpartition('.')[0] or name}.{pou.kind.capitalize()}"
    return name if pou.owner is None else f"{pou.owner.name}.{name}"


def _position(checker: PointerChecker, call: tree.Call) -> str:
    if checker.declaring:
        return f"Line {call.at.line} (Decl)"
    return f"Line {call.at.line}, Column {call.at.column} (Impl)"


def _bit_address(checker: PointerChecker, node: tree.Expression) -> Typed | None:
    """Where a located variable begins, in bits, with the area in the highest four of 32."""
    found = checker.designator(node)
    if found is None:
        return None
    place = bits_of_address(found.symbol.address, checker.project.dialect.byte_addresses)
    if place is None or found.member:
        checker.problem("BITADR asks for a variable with an address (AT %...)", node.at)
        return None
    found.symbol.read = True
    return typed.Const(ELEMENTARY["DWORD"], _AREAS[place[0]] + place[1])


def _size_of(checker: PointerChecker, node: tree.Expression) -> Typed | None:
    """SIZEOF of a variable or a type, in bytes."""
    type_ = None
    if isinstance(node, tree.Name) and checker.project.lookup(checker.pou, node.name) is None:
        declared = checker.project.type_named(node.name, node.at, checker.file)
        type_ = None if declared is None else declared.type
    if type_ is None:
        found = checker.designator(node)
        if found is None:
            return None
        type_ = found.type
    block = checker.project.block(type_.name) if type_.kind == "block" else None
    if isinstance(block, Pou):
        return typed.Const(ANY_INT, memory_layout(block).size)
    return typed.Const(ANY_INT, measure(type_)[0])
