"""Functions and methods of one name that differ in their parameters, where the dialect has such.

In the trees each becomes known by its name and the types of its parameters, `F.(INT, LREAL)`, before anything
is declared; its result keeps the name that is written. A call takes the one that its arguments fit best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from commissioning.plc.checking import typed
from commissioning.plc.checking.constants import fitted_literal
from commissioning.plc.checking.scope import Pou, Symbol
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree, units
from commissioning.plc.values.iec_types import ANY_INT, ANY_REAL, IecType, converts

SIGN = ".("
_PARAMETERS = ("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT")
_LEFT_OUT = 100  # what an input without an argument costs: more than any types


def with_overloads(sources: Sequence[units.Source]) -> tuple[list[units.Source], frozenset[str]]:
    """The sources with a name of its own for each function and method that is declared several times with
    different parameters, and the names that are written, in upper case."""
    functions = Counter[str]()
    methods: set[str] = set()
    for unit in _pous(unit for source in sources for unit in source.units):
        if unit.kind == "FUNCTION":
            functions[unit.name.upper()] += 1
        counted = Counter(member.name.upper() for member in unit.members if member.kind == "METHOD")
        methods |= {name for name, count in counted.items() if count > 1}
    several = {name for name, count in functions.items() if count > 1}
    if not several and not methods:
        return list(sources), frozenset()
    found = [replace(source, units=_renamed(source.units, several, methods)) for source in sources]
    return found, frozenset(several | methods)


def _pous(found: Iterable[units.Unit]) -> Iterator[units.Pou]:
    for unit in found:
        if isinstance(unit, units.Namespace):
            yield from _pous(unit.units)
        elif isinstance(unit, units.Pou):
            yield unit


def _renamed(found: tuple[units.Unit, ...], functions: set[str], methods: set[str]) -> tuple[units.Unit, ...]:
    made: list[units.Unit] = []
    for unit in found:
        if isinstance(unit, units.Namespace):
            made.append(replace(unit, units=_renamed(unit.units, functions, methods)))
        elif isinstance(unit, units.Pou):
            members = tuple(
                _signed(member) if member.kind == "METHOD" and member.name.upper() in methods else member
                for member in unit.members
            )
            unit = replace(unit, members=members)
            loose = unit.kind == "METHOD" and unit.name.upper() in methods
            named = unit.kind == "FUNCTION" and unit.name.upper() in functions
            made.append(_signed(unit) if named or loose else unit)
        else:
            made.append(unit)
    return tuple(made)


def _signed(node: units.Pou) -> units.Pou:
    rows = [row for section in node.sections if section.word in _PARAMETERS for row in section.declarations]
    types = ", ".join(_shown(row.type) for row in rows for _ in row.names)
    return replace(node, name=f"{node.name}{SIGN}{types})")


def _shown(node: units.TypeNode) -> str:
    if isinstance(node, units.ArrayType):
        return f"ARRAY OF {_shown(node.element)}"
    if isinstance(node, units.AddressType):
        return f"{node.kind} TO {_shown(node.target)}"
    return node.name.upper() if isinstance(node, units.TypeName | units.SubrangeType) else type(node).__name__


def functions_of(pous: Iterable[Pou], name: str) -> list[Pou]:
    """The functions that are written with that name."""
    start = name.upper() + SIGN
    return [pou for pou in pous if pou.kind == "FUNCTION" and pou.name.upper().startswith(start)]


def methods_of(block: Pou, name: str) -> list[Pou]:
    """The methods of a block or interface that are written with that name, with those it inherits."""
    start = name.upper() + SIGN
    found: dict[str, Pou] = {}
    work = [block]
    seen: list[Pou] = []
    while work:
        here = work.pop(0)
        if here in seen:
            continue
        seen.append(here)
        for key, method in here.members.items():
            if key.startswith(start):
                found.setdefault(key, method)
        work += here.interfaces if here.kind == "INTERFACE" else [here.base] if here.base is not None else []
    return list(found.values())


def best_of(found: Sequence[Pou], node: tree.Call, values: Sequence[Typed | None]) -> Pou:
    """The one that a call means; the first one where it fits none."""
    costs = [(cost, number) for number, pou in enumerate(found) if (cost := _cost(pou, node, values)) >= 0]
    return found[min(costs)[1]] if costs else found[0]


def _cost(pou: Pou, node: tree.Call, values: Sequence[Typed | None]) -> int:
    """How badly the arguments of a call fit; -1 where they do not."""
    parameters = pou.section(*_PARAMETERS)
    by_position = pou.section("VAR_INPUT", "VAR_IN_OUT")
    given: set[str] = set()
    total = 0
    for position, (argument, value) in enumerate(zip(node.arguments, values, strict=True)):
        name = argument.name or (by_position[position].name if position < len(by_position) else "")
        symbol = next((one for one in parameters if one.name.upper() == name.upper()), None)
        if symbol is None or symbol.name in given or (symbol.section == "VAR_OUTPUT") != argument.out:
            return -1
        given.add(symbol.name)
        cost = _distance(value, symbol)
        if cost < 0:
            return -1
        total += cost
    left = [symbol for symbol in by_position if symbol.name not in given]
    if any(symbol.section == "VAR_IN_OUT" for symbol in left):
        return -1
    return total + _LEFT_OUT * len(left)


def _distance(value: Typed | None, symbol: Symbol) -> int:
    if value is None or symbol.section == "VAR_OUTPUT":
        return 0
    target, source = symbol.type, value.type
    if source == target:
        return 0
    if symbol.section == "VAR_IN_OUT":
        return 0 if source.kind == target.kind and source.kind in ("string", "array") else -1
    if isinstance(value, typed.Const):
        if fitted_literal(value, target) is None:
            return -1
        return _of_literal(source, target)
    if source.kind == "string" == target.kind and source.name == target.name:
        return 0
    return 1 + abs(target.bits - source.bits) if converts(source, target) else -1


def _of_literal(source: IecType, target: IecType) -> int:
    """A literal is first of all what it is without more being said: an INT or a LREAL."""
    if source == ANY_INT:
        order = ("INT", "DINT", "LINT", "UINT", "UDINT", "ULINT", "SINT", "USINT", "REAL", "LREAL")
        return 1 + order.index(target.name) if target.name in order else 20
    if source == ANY_REAL:
        return 1 if target.name == "LREAL" else 2
    return 1
