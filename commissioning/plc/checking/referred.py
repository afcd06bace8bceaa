"""What REF() may go into: edition 3 lets a REF_TO refer to variables of its own type only."""

from __future__ import annotations

from commissioning.plc.checking.classes import is_a
from commissioning.plc.checking.designators import DesignatorChecker
from commissioning.plc.checking.scope import Pou
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import IecType


def refers_otherwise(checker: DesignatorChecker, node: tree.Expression, target: IecType, what: str) -> bool:
    """Whether `node` is REF() of a variable that `target`, a REF_TO, cannot refer to; a Problem where so.

    ADR gives a pointer that leads anywhere, and is not asked.
    """
    if not isinstance(node, tree.Call) or not isinstance(node.target, tree.Name):
        return False
    project = checker.project
    if node.target.name.upper() != "REF" or len(node.arguments) != 1 or "REF" in project.pous:
        return False
    found, declared = checker.designator(node.arguments[0].value), project.target(target)
    if found is None or declared is None:
        return False
    wanted = declared.type
    block = project.block(wanted.name) if wanted.kind == "block" else None
    derived = isinstance(block, Pou) and found.block is not None and is_a(found.block, block)
    if found.type.plain == wanted.plain or derived:
        return False
    told = f"{what or f'a {target}'} refers to a {wanted}, this is a {found.type}"
    if project.dialect.refers_freely and wanted.kind != "block":
        project.notice(told, checker.file, node.at, "Its bytes are read and written")
        return False
    project.stubs.extends(found.type.name, wanted.name)
    checker.problem(told, node.at)
    return True
