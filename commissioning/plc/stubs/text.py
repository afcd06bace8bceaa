"""Stubs as Structured Text: what the compiler takes, and what the user saves and completes."""

from __future__ import annotations

from itertools import groupby

from commissioning.plc.checking.scope import Project
from commissioning.plc.stubs.collected import Stubs
from commissioning.plc.stubs.model import INIT, STUB_CALL, STUB_FILE, Spot, StubCall, StubPart, StubType
from commissioning.plc.values.iec_types import ELEMENTARY

HEAD = f"""(* Stubs: declared nowhere in the program, so written here from how the program uses them.
   Complete the bodies: {STUB_CALL}(); stands for what is missing, and stops the PLC when it is reached. *)
"""


def stub_files(stubs: Stubs) -> dict[str, str]:
    """The stubs as texts by file name: one of all, and one for each list of globals that is a stub."""
    if not (stubs.types or stubs.calls or stubs.variables):
        return {}
    files = {STUB_FILE: _stub_text(stubs)}
    taken = {key for key in stubs.variables if key not in stubs.lists}
    for key, name in stubs.lists.items():
        type_ = stubs.types.get(stubs.variables[key].guess.text.upper())
        if type_ is not None:
            own = {key: part for key, part in type_.parts.items() if key not in taken}
            taken |= own.keys()
            files[f"stubs/{name}.st"] = HEAD + "\n" + "\n".join(_globals(own))
    return files


def _globals(parts: dict[str, StubPart]) -> list[str]:
    lines: list[str] = []
    for word, constant in (("VAR_GLOBAL CONSTANT", True), ("VAR_GLOBAL", False)):
        chosen = [part for part in parts.values() if part.constant is constant]
        if chosen:
            lines += [word, *(_variable(part, place) for place, part in enumerate(chosen)), "END_VAR", ""]
    return lines


def _variable(part: StubPart, place: int) -> str:
    """A variable; constants get different values, as cases of a CASE must be."""
    text = part.guess.declared
    kind = ELEMENTARY.get(text)
    number = place + 10 if part.value is None else part.value
    value = f" := {number}" if part.constant and kind is not None and kind.kind in ("int", "bits") else ""
    return f"    {part.guess.name} : {text}{value};"


def _stub_text(stubs: Stubs) -> str:
    """All stubs but those in lists, in the order in which they were met."""
    parts = [HEAD]
    parts += [_type(type_, stubs) for type_ in stubs.types.values()]
    parts += [_function(call, stubs) for call in stubs.calls.values()]
    loose = {key: part for key, part in stubs.variables.items() if key not in stubs.lists}
    parts.append("\n".join(_globals(loose)))
    return "\n".join(parts)


def told(stubs: Stubs, project: Project) -> None:
    """Notes every stub, where it is used first."""
    for type_ in stubs.types.values():
        kind = "type" if type_.kind == "alias" else type_.kind
        _tell(project, type_.name, kind, type_.spot, len(type_.places))
    for call in stubs.calls.values():
        _tell(project, call.name, "function", call.spot, len(call.places))
    for key, part in stubs.variables.items():
        _tell(project, part.guess.name, "global variable", stubs.spots[key], 0)


def _tell(project: Project, name: str, kind: str, spot: Spot, count: int) -> None:
    places = f", used in {count} places" if count > 1 else ""
    what = f"{name} is declared nowhere: a stub stands for this {kind}{places}"
    project.notice(what, *spot, "Save the stubs in a file of the project and complete them", "notice")


def _type(type_: StubType, stubs: Stubs) -> str:
    match type_.kind:
        case "block":
            above = [stubs.types[name.upper()] for name in type_.interfaces if name.upper() in stubs.types]
            calls = {key: call for other in above for key, call in other.methods.items()} | type_.methods
            methods = [_method(method, stubs) for method in calls.values()]
            methods += [
                _property(part, stubs, f"{STUB_CALL}(); ") for a in above for part in a.parts.values()
            ]
            head = f" EXTENDS {type_.base}" if type_.base else ""
            head += f" IMPLEMENTS {', '.join(type_.interfaces)}" if type_.interfaces else ""
            above += stubs.lineage(type_)[1:]
            own = {k: part for k, part in type_.parts.items() if not any(k in a.parts for a in above)}
            methods += [_owed(part) for part in own.values() if part.accessors]
            own = {k: part for k, part in own.items() if not part.accessors}
            lines = [f"FUNCTION_BLOCK {type_.name}{head}", *_sections(own), *methods]
            lines += [f"    {STUB_CALL}();", "END_FUNCTION_BLOCK", ""]
        case "interface":
            methods = [_prototype(method, stubs) for method in type_.methods.values()]
            properties = [_property(part, stubs) for part in type_.parts.values()]
            head = f" EXTENDS {', '.join(type_.interfaces)}" if type_.interfaces else ""
            lines = [f"INTERFACE {type_.name}{head}", *methods, *properties, "END_INTERFACE", ""]
        case "enum":
            names = list(type_.members.values()) or [f"{type_.name}_0"]
            names[0] += f" := {type_.first}" if type_.first else ""
            lines = [f"TYPE {type_.name} : ({', '.join(names)}); END_TYPE", ""]
        case "alias":
            alias = type_.alias.declared if type_.alias is not None else "DINT"
            lines = [f"TYPE {type_.name} : {alias}; END_TYPE", ""]
        case _:
            members = [f"    {part.guess.name} : {part.guess.declared};" for part in type_.parts.values()]
            lines = [f"TYPE {type_.name} : STRUCT", *members, "END_STRUCT END_TYPE", ""]
    return "\n".join(lines)


def _property(part: StubPart, stubs: Stubs, body: str = "") -> str:
    """Of an interface or block; a structure is given by reference, for its members may be written."""
    type_ = stubs.types.get(part.guess.text.upper())
    reference = "REFERENCE TO " if type_ is not None and type_.kind in ("struct", "block") else ""
    set_ = "" if reference else f" SET {body}END_SET"
    head = f"PROPERTY {part.guess.name} : {reference}{part.guess.declared}"
    return f"    {head} GET {body}END_GET{set_} END_PROPERTY"


def _owed(part: StubPart) -> str:
    """A property that an interface of the program asks for, with the accessors that it has there."""
    accessors = "".join(f" {kind} {STUB_CALL}(); END_{kind}" for kind in sorted(part.accessors))
    return f"    PROPERTY {part.guess.name} : {part.guess.declared}{accessors} END_PROPERTY"


def _sections(parts: dict[str, StubPart]) -> list[str]:
    """In the order in which they are given by position; outputs last."""
    lines: list[str] = []
    constants = [part for part in parts.values() if part.constant]
    if constants:
        values = [_variable(part, place) for place, part in enumerate(constants)]
        lines += ["VAR CONSTANT", *values, "END_VAR"]
    parts = {key: part for key, part in parts.items() if not part.constant}
    inputs = [part for part in parts.values() if _section(part) != "VAR_OUTPUT"]
    outputs = [part for part in parts.values() if _section(part) == "VAR_OUTPUT"]
    for word, row in groupby([*inputs, *outputs], _section):
        lines += [word, *(f"    {part.guess.name} : {part.guess.declared};" for part in row), "END_VAR"]
    return lines


def _section(part: StubPart) -> str:
    if "inout" in part.roles and not part.guess.mixed:
        return "VAR_IN_OUT"
    taken = "taken" in part.roles or ("in" not in part.roles and bool(part.roles))
    return "VAR_OUTPUT" if taken else "VAR_INPUT"


def _function(call: StubCall, stubs: Stubs) -> str:
    head = f"FUNCTION {call.name}{_result(call, stubs)}"
    return "\n".join([head, *_sections(call.parts), f"    {STUB_CALL}();", "END_FUNCTION", ""])


def _method(call: StubCall, stubs: Stubs) -> str:
    if call.name == INIT:
        return _init(call, stubs)
    return "\n".join([_head(call, stubs), *_sections(call.parts), f"    {STUB_CALL}();", "END_METHOD"])


def _init(call: StubCall, stubs: Stubs) -> str:
    """FB_init, which runs when the PLC starts, whatever is used later; so nothing stands in its body."""
    lines = [_head(call, stubs), "VAR_INPUT"]
    for part in call.parts.values():
        reference = "REFERENCE TO " if "inout" in part.roles and not part.guess.mixed else ""
        lines.append(f"    {part.guess.name} : {reference}{part.guess.declared};")
    return "\n".join([*lines, "END_VAR", "    // keep what the block needs", "END_METHOD"])


def _prototype(call: StubCall, stubs: Stubs) -> str:
    return "\n".join([_head(call, stubs), *_sections(call.parts), "END_METHOD"])


def _head(call: StubCall, stubs: Stubs) -> str:
    return f"METHOD {call.name}{_result(call, stubs)}"


def _result(call: StubCall, stubs: Stubs) -> str:
    """A block is given by reference."""
    if call.result is None:
        return ""
    type_ = stubs.types.get(call.result.text.upper())
    reference = "REFERENCE TO " if type_ is not None and type_.kind == "block" else ""
    return f" : {reference}{call.result.declared}"
