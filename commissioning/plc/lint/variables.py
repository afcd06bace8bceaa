"""Rules about variables over all POUs, decided on the syntax tree: CP7 and CP24."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commissioning.plc.lint.statements import block_type
from commissioning.plc.lint.walk import Given, PouAt, expressions, inside, root, statements
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At

__all__ = ["check_variables"]

_ERROR = re.compile(r"[a-z]{0,2}(?:Error|Err|Fault)(?:ID|Id|Code|No|Number)?\Z|ERROR(?:_?ID|_?CODE)?\Z|ERR\Z")


def check_variables(given: Given) -> None:
    """Look at every variable."""
    _unused(given)
    _errors(given)


# ---- CP24 -----------------------------------------------------------------------------------------------


def _unused(given: Given) -> None:
    named = {id(pou.pou): set(_names(pou)) for pou in given.pous}
    elsewhere: set[str] = set()  # in declarations of globals, types and configurations
    for node, _, _ in given.globals:
        elsewhere |= set(_in_declaration(node))
    for declared, _ in given.types:
        elsewhere |= set(_in_type(declared.type)) | set(_in_initial(declared.initial))
    for configuration, _ in given.configurations:
        for task in configuration.tasks:
            for setting in task.settings:
                elsewhere |= {n.name.upper() for n in inside(setting.value) if isinstance(n, tree.Name)}
    locals_of = {
        id(pou.pou): {
            name.name.upper()
            for section in pou.pou.sections
            if section.word != "VAR_EXTERNAL"
            for node in section.declarations
            for name in node.names
        }
        for pou in given.pous
    }
    for pou in given.pous:
        elsewhere |= named[id(pou.pou)] - locals_of[id(pou.pou)]
    for node, _, source in given.globals:
        for name in node.names:
            key = name.name.upper()
            if key not in elsewhere and not node.address and key not in given.wired:
                _tell(given, name, source)
    for pou in given.pous:
        family = given.members.get(id(pou.pou), [])
        heirs = _heirs(given, pou)
        used_here = named[id(pou.pou)].union(*(named[id(other.pou)] for other in (*family, *heirs)))
        for section in pou.pou.sections:
            if section.word in ("VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT") or pou.pou.kind == "INTERFACE":
                continue  # rule CP17 looks at them
            for node in section.declarations:
                for name in node.names:
                    wired = f"{pou.name}.{name.name}".upper() in given.wired
                    if name.name.upper() not in used_here and not node.address and not wired:
                        _tell(given, name, pou.source)


def _tell(given: Given, name: tree.Name, source: str) -> None:
    given.tell("CP24", f"{name.name} is used by nobody", source, name.at, "Delete it")


def _heirs(given: Given, pou: PouAt) -> list[PouAt]:
    """What extends a block, directly or not, with its members."""
    found: dict[int, PouAt] = {}
    waiting = list(given.heirs.get(pou.pou.name.upper(), ())) if pou.owner is None else []
    while waiting:
        heir = waiting.pop()
        if id(heir.pou) not in found:
            found[id(heir.pou)] = heir
            waiting += given.heirs.get(heir.pou.name.upper(), ())
            found |= {id(member.pou): member for member in given.members.get(id(heir.pou), ())}
    return list(found.values())


def _names(pou: PouAt) -> Iterator[str]:
    for node in expressions(pou):
        if isinstance(node, tree.Name | tree.Member):
            yield node.name.upper()
    for section in pou.pou.sections:
        for declared in section.declarations:
            yield from _in_declaration(declared)


def _in_declaration(node: units.Declaration) -> Iterator[str]:
    yield from _in_type(node.type)
    yield from _in_initial(node.initial)


def _in_type(node: units.TypeNode) -> Iterator[str]:
    parts: list[tree.Expression | None] = []
    match node:
        case units.TypeName():
            parts = [node.length, *(argument.value for argument in node.arguments)]
        case units.SubrangeType():
            parts = [node.low, node.high]
        case units.ArrayType():
            parts = [end for bounds in node.bounds for end in (bounds.low, bounds.high)]
            yield from _in_type(node.element)
        case units.StructType():
            for declared in node.declarations:
                yield from _in_declaration(declared)
        case units.AddressType():
            yield from _in_type(node.target)
        case units.EnumType():
            parts = [member.value for member in node.members]
    for part in parts:
        yield from _in_initial(part)


def _in_initial(node: units.Initial | None) -> Iterator[str]:
    match node:
        case None:
            return
        case units.StructInitial():
            for member in node.members:
                yield from _in_initial(member.value)
        case units.ArrayInitial():
            for _, value in node.items:
                yield from _in_initial(value)
        case _:
            for part in inside(node):
                if isinstance(part, tree.Name | tree.Member):
                    yield part.name.upper()


# ---- CP7 ------------------------------------------------------------------------------------------------


def _errors(given: Given) -> None:
    outputs: dict[str, dict[str, str]] = {}  # block -> its outputs that tell of errors
    for pou in given.pous:
        if pou.owner is None and pou.pou.kind == "FUNCTION_BLOCK":
            names = {
                name.name.upper(): name.name
                for section in pou.pou.sections
                if section.word == "VAR_OUTPUT"
                for node in section.declarations
                for name in node.names
                if _ERROR.match(name.name)
            }
            if names:
                outputs[pou.pou.name.upper()] = names
    if not outputs:
        return
    tested: set[tuple[str, str]] = set()  # (instance, output), as the text names them
    called: dict[tuple[str, str], tuple[str, At, str, str]] = {}
    for pou in given.pous:
        for node in expressions(pou):
            if isinstance(node, tree.Member) and (name := root(node)) is not None:
                tested.add((name.name.upper(), node.name.upper()))
        for statement in statements(pou.pou.body):
            call = statement.call if isinstance(statement, tree.Invoke) else None
            name = root(call.target) if isinstance(call, tree.Call) else None
            if not isinstance(call, tree.Call) or name is None:
                continue
            key = name.name.upper()
            type_ = block_type(given, pou, key)
            tested |= {(key, argument.name.upper()) for argument in call.arguments if argument.out}
            if type_ in outputs and isinstance(call.target, tree.Name | tree.Indexed):
                called.setdefault((pou.name, key), (pou.source, call.at, type_, name.name))
    for (_, key), (source, at, type_, shown) in called.items():
        if not any((key, output) in tested for output in outputs[type_]):
            output = next(iter(outputs[type_].values()))
            given.tell("CP7", f"nobody looks at {shown}.{output}", source, at, "Test it after the call")
