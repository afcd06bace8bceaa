"""What attributes of CODESYS and TwinCAT do: see syntax/attributes.py for those that do nothing here."""

from __future__ import annotations

from collections.abc import Iterator

from commissioning.plc.checking import typed
from commissioning.plc.checking.scope import Pou, Project, Symbol
from commissioning.plc.checking.typed import Typed
from commissioning.plc.values.iec_types import IecType

__all__ = ["initialised_on_call", "mark_path", "may_be_assigned", "methods_after_init"]


def _has(project: Project, pou: Pou, name: str) -> bool:
    """Whether a POU, or what it extends, has an attribute."""
    return any(project.attribute(name, above.file, above.at) is not None for above in pou.lineage())


def mark_path(project: Project, pou: Pou, symbol: Symbol) -> None:
    """'instance-path': the initial value of a text is the path of the instance that it lies in."""
    if project.attribute("instance-path", symbol.file, symbol.at) is None:
        return
    what = f"{symbol.name} does not get the path of its instance"
    if pou.kind not in ("FUNCTION_BLOCK", "PROGRAM") or symbol.section != "VAR":
        cure = "Declare it in VAR of a FUNCTION_BLOCK"
    elif symbol.type.kind != "string":
        cure = "Make it a STRING"
    elif not _has(project, pou, "reflection"):
        cure = f"Write {{attribute 'reflection'}} in front of {pou.name}"
    else:
        symbol.is_path = True
        return
    project.notice(what, symbol.file, symbol.at, cure)


def may_be_assigned(project: Project, block: Pou) -> bool:
    """Whether instances of a block may be copied: 'no_assign' forbids it."""
    return not (project.attributes and _has(project, block, "no_assign"))


def methods_after_init(project: Project, block: Pou) -> Iterator[Pou]:
    """'call_after_init': the methods that are called when an instance has its initial values and FB_init has
    run, those of what it extends first."""
    if not project.attributes or not _has(project, block, "call_after_init"):
        return
    found: dict[str, None] = {}
    for above in reversed(block.lineage()):
        for key, method in above.members.items():
            if project.attribute("call_after_init", method.file, method.at) is not None:
                found[key] = None
    for key in found:
        latest = block.member(key)
        if latest is not None:
            yield latest


def initialised_on_call(
    project: Project, block: Pou, given: set[str]
) -> Iterator[tuple[int, IecType, Typed]]:
    """'initialize_on_call': inputs that have their initial value again in each call that does not give them
    one, as (index, type, value)."""
    if not project.attributes:
        return
    for symbol in block.section("VAR_INPUT"):
        if symbol.name in given or project.attribute("initialize_on_call", symbol.file, symbol.at) is None:
            continue
        cells = block.slots[symbol.index : symbol.index + symbol.size]
        if symbol.type.blocks:
            continue
        values = tuple(cell.value for cell in cells)
        value: Typed = typed.Const(symbol.type, values[0])
        if symbol.type.aggregate:
            value = typed.Defaults(symbol.type, values)
        yield symbol.index, symbol.type, value
