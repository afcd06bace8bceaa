"""PLCopen XML: boxes of functions that give more than their result -> a call that assigns all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable, type_text
from commissioning.plc.plcopen.wires import assigned_outputs, instance_of

_SECTIONS = ("outputVars", "inOutVars")


def types_of_outputs(function: Element) -> dict[str, str]:
    """The types of what a function gives beside its result, or a program, as "OWNER.OUTPUT" in upper case."""
    interface, name = function.child("interface"), function.get("name").upper()
    found: dict[str, str] = {}
    for section in interface.all(*_SECTIONS) if interface is not None else ():
        for variable in section.all("variable"):
            try:
                kind = type_text(variable.child("type"), variable)
            except Unreadable:
                continue  # it is told where it is declared
            found[f"{name}.{variable.get('name').upper()}"] = kind
    return found


def type_beside(node: Element, formal: str, types: Mapping[str, str]) -> str | None:
    """The type of an output of a function box that is not its result, else None."""
    if node.tag != "block" or instance_of(node, types):
        return None
    return types.get(f"{node.get('typeName').upper()}.{formal.upper()}")


def outputs_read(node: Element, wired: Iterable[str]) -> list[str]:
    """What is read of a box but whether it is enabled: by wires, and by variables beside its outputs."""
    read = dict.fromkeys([*wired, *(formal for formal, *_ in assigned_outputs(node))])
    return [formal for formal in read if formal.upper() != "ENO"]


def several(node: Element, read: Iterable[str], types: Mapping[str, str]) -> bool:
    """Whether one of these outputs is not the result."""
    return any(type_beside(node, formal, types) is not None for formal in read)


def variables_for(
    node: Element, read: Iterable[str], types: Mapping[str, str], new: Callable[[str, str, Element], str]
) -> dict[str, str]:
    """A variable for each output that is read; `new` makes one."""
    kept: dict[str, str] = {}
    result = ""  # it may be called by its own name and by none
    for formal in read:
        kind = type_beside(node, formal, types)
        if kind is not None:
            kept[formal] = new(f"wire_{node.get('localId')}_{formal}", kind, node)
            continue
        kind = types.get(node.get("typeName").upper())
        if kind is None:
            raise Unreadable(f"the type of what {node.get('typeName')} gives is not known", node)
        result = kept[formal] = result or new(f"wire_{node.get('localId')}", kind, node)
    return kept


def call_of_several(
    node: Element, arguments: Sequence[tuple[str, str]], kept: Mapping[str, str], types: Mapping[str, str]
) -> str:
    """The call that gives these variables what they are for."""
    beside = {formal: name for formal, name in kept.items() if type_beside(node, formal, types) is not None}
    given = {name.upper(): value for name, value in arguments}  # in-outs are given, and read behind the call
    pins = [f"{name} := {value}" for name, value in arguments]
    pins += [f"{name} => {variable}" for name, variable in beside.items() if name.upper() not in given]
    text = f"{node.get('typeName')}({', '.join(pins)});"
    for name, variable in beside.items():
        if name.upper() in given:
            text += f" {variable} := {given[name.upper()]};"
    result = next((name for formal, name in kept.items() if formal not in beside), "")
    return f"{result} := {text}" if result else text
