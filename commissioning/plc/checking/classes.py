"""Classes: function blocks that extend others, interfaces, and the methods, properties and actions they have.

A derived block has the cells of what it extends in front of its own, so that inherited code runs on it as it
is. In a project with objects the first cell of every memory is the table of its class (key 0: number of the
block, 1: its body, then its methods by `Project.method_number`).
"""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking.scope import Pou, Project, Slot, suggestion
from commissioning.plc.syntax import units
from commissioning.plc.values.iec_types import NONE, IecType

HEAD = (Slot(fixed="class"),)
BODY = 1  # key of the body in the table of a class
_NOT_IN_OUT = ("VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT")


def declare_members(project: Project, owner: Pou, file: str) -> None:
    """Makes the methods, actions and properties of a block, program or interface known."""
    assert owner.tree is not None
    for node in owner.tree.members:
        add_member(project, owner, node, file)


def add_member(project: Project, owner: Pou, node: units.Pou, file: str) -> None:
    """One method, action or property; it may also stand behind the block it belongs to."""
    if owner.kind == "FUNCTION":
        project.problem(f"a function has no {node.kind}", file, node.at, "Make it a FUNCTION_BLOCK")
        return
    if node.kind in ("GET", "SET"):
        project.problem(f"{node.kind} stands outside a PROPERTY", file, node.at)
        return
    if node.kind != "PROPERTY":
        _register(project, owner, node, file)
        return
    if node.result is None:
        project.problem(f"the PROPERTY {node.name} has no type", file, node.at, f"Write {node.name} : INT")
        return
    accessors = node.members
    if not accessors:
        project.problem(f"the PROPERTY {node.name} has neither GET nor SET", file, node.at)
    for accessor in accessors:
        made = replace(
            accessor, name=f"{node.name}.{accessor.kind}", sections=(*node.sections, *accessor.sections),
            result=node.result, modifiers=node.modifiers | accessor.modifiers,
        )  # fmt: skip
        _register(project, owner, made, file)


def _register(project: Project, owner: Pou, node: units.Pou, file: str) -> None:
    key = node.name.upper()
    other = owner.members.get(key)
    if other is not None and other.tree is not None:
        what = f"{owner.name} has a {other.kind.lower()} {node.name} already, in line {other.tree.at.line}"
        project.problem(what, file, node.at, "Rename one of them")
        return
    made = Pou(node.kind, node.name, project.next_number, file, node, owner=owner)
    owner.members[key] = made
    if owner.kind == "INTERFACE":
        project.prototypes.append(made)
    else:
        project.pous[made.key] = made


def declare_interface(project: Project, node: units.Pou, file: str) -> None:
    key = node.name.upper()
    other = project.interfaces.get(key) or project.pous.get(key)
    if other is not None and other.tree is not None:
        what = f"{node.name} is declared a second time (first in {other.file}:{other.tree.at.line})"
        project.problem(what, file, node.at, "Rename one of them")
        return
    made = Pou("INTERFACE", node.name, len(project.interfaces) + 1, file, node)
    project.interfaces[key] = made
    declare_members(project, made, file)


# ---- who extends and implements what -------------------------------------------------------------------


def link_classes(project: Project) -> None:
    """Resolves EXTENDS and IMPLEMENTS, once all blocks and interfaces are known by name."""
    for pou in [*project.interfaces.values(), *project.pous.values()]:
        if pou.tree is None or pou.owner is not None:
            continue
        for node in pou.tree.implements:
            _add_interface(project, pou, node)
        for node in pou.tree.extends:
            if pou.kind == "INTERFACE":
                _add_interface(project, pou, node)
            else:
                _add_base(project, pou, node)
    for pou in [*project.interfaces.values(), *project.pous.values()]:
        _refuse_cycle(project, pou)


def _last(name: str) -> str:
    """A name without the namespace or library in front of it."""
    return name.rpartition(".")[2]


def _add_interface(project: Project, pou: Pou, node: units.TypeName) -> None:
    found = project.interfaces.get(_last(node.name).upper())
    if found is None:
        known = [other.name for other in project.interfaces.values()]
        project.stubs.type_named(node.name, pou.file, node.at, "interface")
        what = f"there is no interface {node.name}"
        project.problem(what, pou.file, node.at, suggestion(node.name, known))
    elif found in pou.interfaces:
        project.problem(f"{found.name} is named twice", pou.file, node.at)
    else:
        pou.interfaces.append(found)


def _add_base(project: Project, pou: Pou, node: units.TypeName) -> None:
    found = project.pous.get(_last(node.name).upper())
    if pou.kind != "FUNCTION_BLOCK" or pou.base is not None:
        what = (
            f"{pou.name} extends more than one block" if pou.base else "only a FUNCTION_BLOCK extends another"
        )
        project.problem(what, pou.file, node.at)
    elif found is None or found.kind != "FUNCTION_BLOCK":
        known = [other.name for other in project.pous.values() if other.kind == "FUNCTION_BLOCK"]
        project.stubs.type_named(node.name, pou.file, node.at, "block")
        what = f"there is no function block {node.name} to extend"
        project.problem(what, pou.file, node.at, suggestion(node.name, known))
    elif "FINAL" in found.modifiers:
        project.problem(f"{found.name} is FINAL and cannot be extended", pou.file, node.at)
    else:
        pou.base = found
        found.derived.append(pou)


def _refuse_cycle(project: Project, pou: Pou) -> None:
    seen: list[Pou] = []
    work = [pou]
    while work:
        here = work.pop()
        for above in (*here.interfaces, *([here.base] if here.base is not None else [])):
            if above is pou and pou.tree is not None:
                what = f"{pou.name} extends itself"
                project.problem(what, pou.file, pou.tree.at, "Remove one EXTENDS")
                if pou.base is not None:
                    pou.base.derived = [other for other in pou.base.derived if other is not pou]
                pou.base = None
                pou.interfaces = []
                return
            if above not in seen:
                seen.append(above)
                work.append(above)


# ---- what a class must have ----------------------------------------------------------------------------


def all_interfaces(pou: Pou) -> list[Pou]:
    """What a block implements, itself or through what it extends, with what these extend."""
    found: list[Pou] = []
    work = [interface for above in pou.lineage() for interface in above.interfaces]
    while work:
        here = work.pop(0)
        if here not in found:
            found.append(here)
            work += here.interfaces
    return found


def implementers(project: Project, interface: Pou) -> list[Pou]:
    """The blocks that implement an interface."""
    blocks = [pou for pou in project.pous.values() if pou.kind == "FUNCTION_BLOCK"]
    return [pou for pou in blocks if interface in all_interfaces(pou)]


def is_a(pou: Pou, other: Pou) -> bool:
    """Whether a block or interface is, extends or implements `other`."""
    if other.kind == "INTERFACE":
        return other in ([pou, *_parents(pou)] if pou.kind == "INTERFACE" else all_interfaces(pou))
    return other in pou.lineage()


def _parents(interface: Pou) -> list[Pou]:
    found: list[Pou] = []
    work = list(interface.interfaces)
    while work:
        here = work.pop()
        if here not in found:
            found.append(here)
            work += here.interfaces
    return found


def check_classes(project: Project) -> None:
    """Missing and wrongly overridden methods, once all parameters are known."""
    for pou in project.pous.values():
        if pou.kind != "FUNCTION_BLOCK" or pou.tree is None:
            continue
        if "ABSTRACT" not in pou.modifiers:
            _check_complete(project, pou)
        for name, member in pou.members.items():
            above = pou.base.member(name) if pou.base is not None else None
            _check_override(project, pou, member, above)
            for interface in pou.interfaces:
                prototype = interface.member(name)
                if prototype is not None:
                    _check_signature(project, member, prototype)


def _check_complete(project: Project, pou: Pou) -> None:
    assert pou.tree is not None
    wanted: dict[str, Pou] = {}
    for interface in all_interfaces(pou):
        for name, prototype in interface.members.items():
            wanted.setdefault(name, prototype)
    for name, prototype in wanted.items():
        if prototype.file in project.unknown.files:
            continue  # a guess from use
        if pou.member(name) is None and prototype.owner is not None:
            if project.stubs.owes(pou, prototype):
                continue
            shown = _shown(prototype)
            what = f"{pou.name} implements {prototype.owner.name} and has no {shown}"
            project.problem(what, pou.file, pou.tree.at, f"Write the {shown}, or make {pou.name} ABSTRACT")
    for above in pou.lineage():
        for name, member in above.members.items():
            reached = pou.member(name)
            if reached is member and "ABSTRACT" in member.modifiers:
                what = f"{pou.name} has no {_shown(member)}, which is ABSTRACT in {above.name}"
                project.problem(what, pou.file, pou.tree.at, f"Write it, or make {pou.name} ABSTRACT")


def _shown(member: Pou) -> str:
    name, _, accessor = member.name.partition(".")
    accessed = accessor in ("GET", "SET")
    return f"{accessor} of PROPERTY {name}" if accessed else f"{member.kind} {name}{accessor}"


def _check_override(project: Project, pou: Pou, member: Pou, above: Pou | None) -> None:
    assert member.tree is not None
    if above is None:
        if "OVERRIDE" in member.modifiers:
            project.stubs.overrides(pou, member)
        stubbed = any(base.file in project.unknown.files for base in pou.lineage())
        if "OVERRIDE" in member.modifiers and not stubbed:
            what = f"{member.name} is OVERRIDE, there is nothing of that name to override"
            project.problem(what, pou.file, member.tree.at)
        return
    if "FINAL" in above.modifiers and above.owner is not None:
        what = f"{member.name} is FINAL in {above.owner.name} and cannot be written again"
        project.problem(what, pou.file, member.tree.at)
    if member.kind == "METHOD":
        _check_signature(project, member, above)


def _check_signature(project: Project, member: Pou, above: Pou) -> None:
    """The parameters and result of a method that takes the place of another."""
    assert member.tree is not None and above.owner is not None
    if "FB_INIT" in member.name.upper() or member.kind != above.kind:
        return
    if project.stubs.overridden(member, above) or above.file in project.unknown.files:
        return
    block = member.owner if above.owner.kind == "INTERFACE" else None
    if block is not None and project.stubs.owes(block, above):
        return
    mine, theirs = member.section(*_NOT_IN_OUT), above.section(*_NOT_IN_OUT)
    if (member.result or NONE) != (above.result or NONE):
        what = f"{member.name} gives {member.result or NONE} and in {above.owner.name} {above.result or NONE}"
        project.problem(what, member.file, member.tree.at, "Make them the same")
    if [(s.name.upper(), s.section) for s in mine] != [(s.name.upper(), s.section) for s in theirs]:
        shown = ", ".join(f"{s.name} ({s.section})" for s in theirs) or "none"
        what = f"{member.name} has other parameters than in {above.owner.name}, which has {shown}"
        project.problem(what, member.file, member.tree.at, "Make them the same")
        return
    for one, other in zip(mine, theirs, strict=True):
        if one.type != other.type:
            what = f"{one.name} of {member.name} is a {one.type} and in {above.owner.name} a {other.type}"
            project.problem(what, one.file, one.at, "Make them the same")


def class_type(pou: Pou) -> IecType:
    """The type of an instance of a block."""
    return IecType(pou.name, "block", blocks=True)
