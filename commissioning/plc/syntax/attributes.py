"""Attributes of CODESYS and TwinCAT: which are carried out, which change nothing here, which are told.

Source: the lists of attribute pragmas in the public documentation of both. A program may have attributes of
its own, which conditional pragmas and other tools ask about, so one that stands in no table gets no word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from commissioning.model.problem import Place, Problem
from commissioning.plc.syntax import units
from commissioning.plc.syntax.tree import At

__all__ = ["CARRIED_OUT", "NO_EFFECT", "TOLD", "Attributes", "attributes_not_carried_out", "attributes_of"]

# of what is declared at a place: its attributes in lower case, and what stands behind their `:=`
Attributes = dict[At, dict[str, str]]
CARRIED_OUT = frozenset((
    "call_after_init", "initialize_on_call", "instance-path", "no_assign", "no_check", "pack_mode",
    "qualified_only", "reflection", "strict", "tcencoding", "to_string",
))  # fmt: skip
# for drawing, monitoring, symbols, links, checks and messages of their editors: no value changes
NO_EFFECT = frozenset((
    "c++_compatible", "conditionalshow", "conditionalshow_all_locals", "const_non_replaced", "const_replaced",
    "dataflow", "displaymode", "enable_dynamic_creation", "estimated-stack-usage", "expandfully", "hide",
    "hide_all_locals", "io_function_block", "io_function_block_mapping", "linkalways", "monitoring",
    "monitoring_encoding", "no_assign_warning", "no_explicit_call", "no_instance_in_retain",
    "obsolete", "opc.ua.da", "pin_presentation_order_inputs", "pin_presentation_order_outputs", "pingroup",
    "processvalue", "subsequent", "symbol", "tc2gvlvarnames", "tccontextid",
    "tccontextname", "tcdisplayscale", "tchidesubitems", "tclinkto", "tclinktooso", "tcnosymbol",
    "tcrpcenable",
))  # fmt: skip
_NOT_CALLED = "the method is not called by itself", "Call it where it is needed"
_NOT_KEPT = "a start gives the variable its initial value", "Make it RETAIN or PERSISTENT"
TOLD: Mapping[str, tuple[str, str]] = {
    "call_after_global_init_slot": _NOT_CALLED,
    "call_after_online_change_slot": _NOT_CALLED,
    "call_before_global_exit_slot": _NOT_CALLED,
    "call_on_type_change": _NOT_CALLED,
    "global_init_slot": ("globals start in the order of the text", "Give values where the program starts"),
    "init_namespace": ("the text keeps its initial value", "Give it a value"),
    "init_on_onlchange": ("the variable keeps its value over an online change", "Set it in the program"),
    "is_connected": ("the variable does not say whether an input is given", "Give the block an input for it"),
    "no_copy": ("the variable keeps its value over an online change", "Set it in the program"),
    "no_init": _NOT_KEPT,
    "no-init": _NOT_KEPT,
    "noinit": _NOT_KEPT,
    "no-exit": ("FB_exit is called all the same", "Ask in FB_exit whether there is anything to do"),
    "no_virtual_actions": ("actions of derived blocks are called all the same", "Call them with SUPER^"),
    "parameterstringof": ("the text does not become the name of what is given", "Give it to the block"),
    "tccallafteroutputupdate": ("the program runs where its task has it", "Order the programs of the task"),
    "tcinitonreset": ("a reset is no start: the variable keeps its value", "Set it in the program"),
    "tcswapdword": ("the bytes stay as they are", "Use SWAP or ROL"),
    "tcswapword": ("the bytes stay as they are", "Use SWAP or ROL"),
}
# strings and comments first: what stands in them is no pragma. What has no end matches to the end.
_FOUND = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'?|\"(?:\$[\s\S]|[^\"$\r\n])*\"?|//[^\r\n]*|/\*[\s\S]*?(?:\*/|\Z)|\(\*[\s\S]*?(?:\*\)|\Z)"
    r"|\{\s*attribute\s*'(?P<name>[^'}\r\n]*)'(?:\s*:=\s*'(?P<value>[^'}\r\n]*)')?",
    re.IGNORECASE,
)


def _any_of(names: Iterator[str]) -> re.Pattern[str]:
    return re.compile(r"\{\s*attribute\s*'\s*(?:" + "|".join(map(re.escape, names)) + r")\s*'", re.IGNORECASE)


_ANY_TOLD, _ANY_CARRIED = _any_of(iter(TOLD)), _any_of(iter(sorted(CARRIED_OUT)))


def attributes_of(text: str, found: tuple[units.Unit, ...]) -> Attributes:
    """The attributes of what `text` declares, by the place of its name: each belongs to the name that comes
    next. Empty where none is carried out."""
    if _ANY_CARRIED.search(text) is None:
        return {}
    declared = dict(_declared(found))
    places = sorted(declared)
    attributes: Attributes = {}
    line, start = 1, 0
    for match in _FOUND.finditer(text):
        if match["name"] is None:
            continue
        line += text.count("\n", start, match.start())
        start = match.start()
        at = At(line, start - text.rfind("\n", 0, start))
        behind = bisect_left(places, at)
        for place in declared[places[behind]] if behind < len(places) else ():
            attributes.setdefault(place, {})[match["name"].strip().lower()] = (match["value"] or "").strip()
    return attributes


def _declared(found: tuple[units.Unit, ...]) -> Iterator[tuple[At, tuple[At, ...]]]:
    """(where the first name stands, where all of them do) of everything that is declared."""
    for unit in units.flattened(found):
        if isinstance(unit, units.Pou):
            yield from _of_pou(unit)
        elif isinstance(unit, units.Globals):
            yield from _of_section(unit.section)
        elif isinstance(unit, units.Types):
            for type_ in unit.declarations:
                yield type_.at, (type_.at,)
                if isinstance(type_.type, units.StructType):
                    yield from _of_declarations(type_.type.declarations)
                elif isinstance(type_.type, units.EnumType):
                    yield from ((member.at, (member.at,)) for member in type_.type.members)


def _of_pou(pou: units.Pou) -> Iterator[tuple[At, tuple[At, ...]]]:
    yield pou.at, (pou.at,)
    for section in pou.sections:
        yield from _of_section(section)
    for member in pou.members:  # a property and its accessors, as deep as the grammar has them
        yield from _of_pou(member)


def _of_section(section: units.Section) -> Iterator[tuple[At, tuple[At, ...]]]:
    yield section.at, (section.at,)
    yield from _of_declarations(section.declarations)


def _of_declarations(found: tuple[units.Declaration, ...]) -> Iterator[tuple[At, tuple[At, ...]]]:
    for declaration in found:
        yield declaration.at, tuple(name.at for name in declaration.names)


def attributes_not_carried_out(text: str, file: str) -> Iterator[Problem]:
    """A warning for the first use of each such attribute in a text."""
    if _ANY_TOLD.search(text) is None:
        return
    told: set[str] = set()
    for found in _FOUND.finditer(text):
        name, start = (found["name"] or "").strip().lower(), found.start()
        if name in told or name not in TOLD or (name in _NO_INIT and _gets_path(text, start, found.end())):
            continue
        told.add(name)
        effect, cure = TOLD[name]
        place = Place(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        yield Problem(f"the attribute '{name}' is not carried out: {effect}", place, cure, severity="warning")


_NO_INIT = ("no_init", "no-init", "noinit")
_BEFORE = re.compile(r"'instance-path'\s*\}\s*\Z", re.IGNORECASE)
_BEHIND = re.compile(r"\s*\}\s*\{\s*attribute\s*'instance-path'", re.IGNORECASE)


def _gets_path(text: str, start: int, end: int) -> bool:
    """Whether an attribute stands beside 'instance-path', which asks for it."""
    before = text[max(start - 200, 0) : start]
    return _BEFORE.search(before) is not None or _BEHIND.match(text, end) is not None
