"""Rules about names: N1 to N10, CP23, E1 to E3 where a declaration says enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from commissioning.plc.lint.walk import Given, PouAt, expressions, operand, pointers_of, root, spelled
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ELEMENTARY

__all__ = ["check_names"]

_STYLES = {
    "UpperCamelCase": re.compile(r"[A-Z][A-Za-z0-9]*\Z"),
    "lowerCamelCase": re.compile(r"[a-z][A-Za-z0-9]*\Z"),
    "UPPER_SNAKE_CASE": re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z"),
    "lower_snake_case": re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z"),
}
_KINDS = {
    units.StructType: "STRUCT",
    units.EnumType: "ENUM",
    units.ArrayType: "ARRAY",
    units.SubrangeType: "SUBRANGE",
    units.AddressType: "REF",
    units.TypeName: "ALIAS",
}
_ORDER = ("<", ">", "<=", ">=")


class Named(NamedTuple):
    """Anything with a name. `kind`: variable, constant, program, function_block, function, type, task ...
    `pou`: what a variable belongs to, None of a global; `declared` its declaration."""

    name: str
    kind: str
    source: str
    at: At
    pou: PouAt | None = None
    declared: units.Declaration | units.TypeDeclaration | None = None
    section: str = ""


def check_names(given: Given) -> None:
    """Look at every name."""
    names = list(_names(given))
    for one in names:
        _to_avoid(given, one)
        _characters(given, one)
        _style(given, one)
        _length(given, one)
        _prefix(given, one)
    _hidden(given, names)
    _shared(given, names)
    located = {node.address.upper(): node.names[0].name for node, _, _ in given.globals if node.address}
    for pou in given.pous:
        _parameters(given, pou)
        _addresses(given, pou, located)
        _pointers(given, pou)


def _names(given: Given) -> Iterator[Named]:
    for node, section, source in given.globals:
        kind = "constant" if "CONSTANT" in section.qualifiers else "variable"
        for name in node.names:
            yield Named(name.name, kind, source, name.at, None, node, "VAR_GLOBAL")
    for declared, source in given.types:
        yield Named(declared.name, "type", source, declared.at, None, declared)
    for configuration, source in given.configurations:
        for task in configuration.tasks:
            yield Named(task.name, "task", source, task.at)
    for pou in given.pous:
        if pou.pou.kind not in ("GET", "SET"):
            yield Named(
                pou.pou.name, pou.pou.kind.lower(), pou.source, pou.pou.at, pou if pou.owner else None
            )
        for section in pou.pou.sections:
            kind = "constant" if "CONSTANT" in section.qualifiers else "variable"
            for node in section.declarations:
                for name in node.names:
                    yield Named(name.name, kind, pou.source, name.at, pou, node, section.word)


def _is_variable(one: Named) -> bool:
    return one.kind in ("variable", "constant")


# ---- one name -------------------------------------------------------------------------------------------


def _to_avoid(given: Given, one: Named) -> None:
    key = one.name.upper()
    if key in ELEMENTARY or key in FUNCTIONS or key in STANDARD_BLOCKS:
        given.tell("N3", f"{one.name} is the name of a standard type, function or block", one.source, one.at)
    elif one.name.lower() in str(given.option("N3", "names")).lower().split():
        given.tell("N3", f"the name {one.name} says nothing", one.source, one.at, "Say what it is for")


def _characters(given: Given, one: Named) -> None:
    if "__" in one.name or one.name.endswith("_"):
        what = f"{one.name} has underscores at its end or two in a row"
        given.tell("N8", what, one.source, one.at)


def _style(given: Given, one: Named) -> None:
    kind = one.kind if one.kind in ("variable", "constant", "type") else "pou"
    if one.kind == "task":
        return
    style = str(given.option("N4", kind))
    if style in _STYLES and _STYLES[style].match(one.name) is None:
        given.tell("N4", f"{one.name} is not in {style}", one.source, one.at)


def _length(given: Given, one: Named) -> None:
    local = _is_variable(one) and one.section in ("VAR", "VAR_TEMP")
    least, most = given.option("N6", "min_local" if local else "min"), given.option("N6", "max")
    if len(one.name) < least and not (local and _is_counter(one)):
        given.tell("N6", f"{one.name} has fewer than {least} characters", one.source, one.at)
    elif len(one.name) > most:
        given.tell("N6", f"{one.name} has more than {most} characters", one.source, one.at)


def _is_counter(one: Named) -> bool:
    """Loop counters may be short."""
    body = one.pou.pou.body if one.pou is not None else ()
    return any(
        isinstance(statement, tree.For) and (name := root(statement.variable)) is not None
        and name.name.upper() == one.name.upper()
        for statement in body
    )  # fmt: skip


def _prefix(given: Given, one: Named) -> None:
    if _is_variable(one) and one.declared is not None:
        _told_prefix(given, "N2", one, _type_keys(one.declared.type))
    elif one.kind == "type" and one.declared is not None:
        _told_prefix(given, "N10", one, [_KINDS[type(one.declared.type)], "TYPE"])
    elif one.kind != "task" and one.pou is None:
        _told_prefix(given, "N10", one, [one.kind.upper()])


def _type_keys(node: units.TypeNode) -> list[str]:
    if isinstance(node, units.TypeName):
        return [node.name.upper()]
    return [_KINDS[type(node)]]


def _told_prefix(given: Given, rule: str, one: Named, keys: list[str]) -> None:
    prefixes = {str(key).upper(): str(value) for key, value in given.option(rule, "prefixes").items()}
    wanted = next((prefixes[key] for key in keys if key in prefixes), "")
    rest = one.name[len(wanted) :]
    if wanted and not (one.name.startswith(wanted) and rest and (rest[0].isupper() or not rest[0].isalpha())):
        given.tell(rule, f"{one.name} does not begin with {wanted}", one.source, one.at)


# ---- names with names -----------------------------------------------------------------------------------


def _hidden(given: Given, names: list[Named]) -> None:
    shown = {one.name.upper(): one for one in names if _is_variable(one) and one.pou is None}
    for one in names:
        other = shown.get(one.name.upper())
        if _is_variable(one) and one.pou is not None and one.section != "VAR_EXTERNAL" and other is not None:
            where = f"{other.source}:{other.at.line}" if other.source else f"line {other.at.line}"
            given.tell("N5", f"{one.name} hides the global variable of {where}", one.source, one.at)


def _shared(given: Given, names: list[Named]) -> None:
    first: dict[str, Named] = {}
    for one in names:
        if one.pou is not None:
            continue
        key = one.name.upper()
        kind = "variable" if _is_variable(one) else one.kind
        other = first.setdefault(key, one)
        other_kind = "variable" if _is_variable(other) else other.kind
        if other is not one and kind != other_kind:
            what = f"{one.name} names a {kind} here and a {other_kind} in line {other.at.line}"
            given.tell("N9", what, one.source, one.at)
    for one in names:
        other_one = first.get(one.name.upper())
        if one.pou is None or other_one is None or _is_variable(other_one) or not _is_variable(one):
            continue
        if other_one.kind != "task":
            what = f"{one.name} names a variable here and a {other_one.kind} in line {other_one.at.line}"
            given.tell("N9", what, one.source, one.at)


def _parameters(given: Given, pou: PouAt) -> None:
    most = given.option("CP23", "max")
    for word in ("VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT"):
        count = sum(
            len(node.names)
            for section in pou.pou.sections
            if section.word == word
            for node in section.declarations
        )
        if count > most:
            what = f"{pou.name} has {count} variables in {word}, more than {most}"
            given.tell("CP23", what, pou.source, pou.pou.at, "Put some of them into a structure")


# ---- addresses and pointers -----------------------------------------------------------------------------


def _addresses(given: Given, pou: PouAt, located: dict[str, str]) -> None:
    declared = dict(located)
    for section in pou.pou.sections:
        declared |= {n.address.upper(): n.names[0].name for n in section.declarations if n.address}
    for node in expressions(pou):
        if isinstance(node, tree.Direct):
            given.tell("N1", f"{node.address} is used without a name", pou.source, node.at,
                       "Declare a variable AT it")  # fmt: skip
            given.tell("CP27", f"{node.address} in a body is deprecated in edition 3", pou.source, node.at)
            name = declared.get(node.address.upper())
            if name:
                given.tell("CP1", f"{node.address} is {name}", pou.source, node.at, f"Write {name}")
        elif isinstance(node, tree.Literal) and node.text.split("#")[-2:-1] == ["8"]:
            given.tell(
                "CP27", f"octal literals ({node.text}) are deprecated in edition 3", pou.source, node.at
            )
        elif isinstance(node, tree.Call) and spelled(node.target) in ("__NEW", "__DELETE"):
            given.tell("E1", f"{spelled(node.target)} allocates memory while running", pou.source, node.at)


def _pointers(given: Given, pou: PouAt) -> None:
    pointers = pointers_of(pou) | given.pointers

    def is_address(node: tree.Expression) -> bool:
        node = operand(node)
        if isinstance(node, tree.Name):
            return node.name.upper() in pointers
        if isinstance(node, tree.Call) and isinstance(node.target, tree.Name):
            return node.target.name.upper() in ("ADR", "REF")
        return isinstance(node, tree.Chain) and any(
            is_address(one) for one in (node.first, *(s.operand for s in node.steps))
        )

    for node in expressions(pou):
        if not isinstance(node, tree.Chain) or not node.steps:
            continue
        addressed = [is_address(one) for one in (node.first, *(step.operand for step in node.steps))]
        for k, step in enumerate(node.steps):
            if not (addressed[k] or addressed[k + 1]):
                continue
            if step.operator in ("+", "-"):
                given.tell(
                    "E2", "arithmetic with a pointer", pou.source, step.at, "Use an array and its index"
                )
                break
            if step.operator in _ORDER:
                given.tell("E3", f"pointers are compared with {step.operator}", pou.source, step.at)
                break
