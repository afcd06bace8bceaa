"""__VARINFO(x): what the compiler knows about a variable.

Source: the operator of that name in the public documentation of CODESYS and TwinCAT, __SYSTEM.VAR_INFO. What
a PLC numbers as it likes is -1 here for whatever lies in an instance or call, and 0 for globals.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from commissioning.plc.checking import typed
from commissioning.plc.checking.addresses import bits_of_address
from commissioning.plc.checking.any_type import class_of
from commissioning.plc.checking.byte_layout import measure, memory_layout
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import IecType, Value, innermost

if TYPE_CHECKING:
    from commissioning.plc.checking.pointers import PointerChecker

__all__ = ["variable_info"]

_AREAS = {"M": 0, "I": 1, "Q": 2}
_RETAIN, _GLOBAL, _LOCAL = 3, 4, 5


def variable_info(checker: PointerChecker, call: tree.Call) -> Typed | None:
    """The structure that __VARINFO gives; None after a Problem."""
    declared = checker.project.type_named("VAR_INFO", call.at, checker.file)
    if len(call.arguments) != 1 or declared is None:
        checker.problem("__VARINFO has 1 argument: a variable", call.at)
        return None
    node = call.arguments[0].value
    found = checker.designator(node)
    if found is None:
        return None
    if found.value is not None or found.accessors is not None:
        checker.problem("__VARINFO asks for a variable, this is only a value", node.at)
        return None
    found.symbol.read = True
    address = _address(checker, found, node)
    if address is None:
        return None
    known = _known(checker, found, node)
    values: list[Typed] = [address]
    for member in declared.type.members[1:]:
        value = known.get(member.name, member.type.default)
        values.append(typed.Const(member.type, value))
    return typed.Made(declared.type, tuple(values))


def _known(checker: PointerChecker, found: Designator, node: tree.Expression) -> dict[str, Value]:
    """Everything but the address, by the name of the member; what is missing is 0."""
    symbol, type_ = found.symbol, found.type
    view = found.cell.view if found.cell.view is not symbol.view else None
    block = found.block
    size = memory_layout(block).size if block is not None else measure(type_)[0]
    place = bits_of_address(symbol.address, checker.project.dialect.byte_addresses)
    located = place is not None and not found.member
    area = _GLOBAL if symbol.is_global else _LOCAL
    area = _RETAIN if symbol.retain else area
    known: dict[str, Value] = {
        "ByteOffset": _offset(checker, found), "Area": 0 if symbol.is_global else -1,
        "BitNr": view.start if view is not None and type_.kind == "bool" else -1,
        "BitSize": view.width if view is not None else 8 * size,
        "BitAddress": place[1] if place is not None and located else 0,
        "TypeClass": class_of(type_), "TypeName": str(type_)[:79],
        "MemoryArea": _AREAS[place[0]] if place is not None else area,
        "Symbol": _spelled(node, symbol.name)[:39], "Comment": symbol.comment[:79],
    }  # fmt: skip
    if type_.kind == "array":
        known |= _of_array(type_)
    return known


def _of_array(type_: IecType) -> dict[str, Value]:
    element, count, inner = innermost(type_), 1, type_
    while inner.kind == "array" and inner.element is not None:
        count *= prod(high - low + 1 for low, high in inner.bounds)
        inner = inner.element
    return {
        "NumElements": count, "BaseTypeClass": class_of(element), "ElemBitSize": 8 * measure(element)[0],
    }  # fmt: skip


def _address(checker: PointerChecker, found: Designator, node: tree.Expression) -> Typed | None:
    """Of a bit that of the number it belongs to; 0 of what shares the bits of an address."""
    if found.symbol.view is not None:
        return typed.Const(checker.project.dialect.elementary("DWORD") or found.type, 0)
    if found.cell.view is not None:
        found = replace(found, type=found.cell.view.base, cell=replace(found.cell, view=None))
    return checker.address_of(found, node.at)


def _offset(checker: PointerChecker, found: Designator) -> int:
    """Bytes behind the beginning of the instance, call or globals that it lies in."""
    cell, pou = found.cell, checker.pou
    homes = {"g": checker.project.globals, "m": pou.owner or pou, "s": pou}
    home = homes.get(cell.memory)
    if home is None or not replace(cell, view=None).plain or not 0 <= cell.index < len(home.slots):
        return 0
    return memory_layout(home).offsets[cell.index]


def _spelled(node: tree.Expression, name: str) -> str:
    """The variable as it is written, as far as it consists of names."""
    words: list[str] = []
    while isinstance(node, tree.Member):
        words.append(node.name)
        node = node.owner
    return ".".join([node.name, *reversed(words)]) if isinstance(node, tree.Name) else name
