"""Checks assignments as expressions, which makers call ExST, and what they share with those of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.plc.checking import typed
from commissioning.plc.checking.implicit_checks import checked_range
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import NONE, IecType

if TYPE_CHECKING:
    from commissioning.plc.checking.expressions import OperatorChecker

__all__ = ["assigned", "told", "without_result"]


def without_result(checker: OperatorChecker, target: tree.Expression) -> bool:
    """Whether a function that has no result is given one; a Problem says so."""
    pou = checker.pou
    if not isinstance(target, tree.Name) or pou.kind not in ("FUNCTION", "METHOD"):
        return False
    if target.name.upper() != pou.result_name or pou.result is not NONE:
        return False
    checker.problem(f"{target.name} has no result", target.at)
    return True


def told(checker: OperatorChecker, target: tree.Expression, value: tree.Expression, type_: IecType) -> None:
    """What is stored in a stub, taken for a `type_`, says what it is."""
    project = checker.project
    known = len(project.problems)
    found = checker.expression(value)
    project.forget(known)  # a Problem says already why the value does not go there
    if found is not None:
        project.stubs.refit(checker, target, found.type, value)
    else:
        project.stubs.takes_block(checker, target, type_, value)


def assigned(checker: OperatorChecker, node: tree.Assigned) -> Typed | None:
    """`(x := value)`: stored once, where it stands among its operands; its value is what x keeps."""
    key = (id(node), checker.project.stubs.muted)
    if key in checker.in_vain:  # or assignments in each other would take twice as long with every level
        return None
    found = _assigned(checker, node)
    if found is None:
        checker.in_vain[key] = node
    return found


def _assigned(checker: OperatorChecker, node: tree.Assigned) -> Typed | None:
    project = checker.project
    if not project.dialect.assigns_inside:
        cure = "Write '=' to compare, or a statement of its own in front"
        checker.problem("an assignment is a statement and no value", node.at, cure)
        return None
    if checker.declaring:
        checker.problem("nothing is assigned inside of a declaration", node.at, "Write the value alone")
        return None
    if without_result(checker, node.target):
        return None
    target = checker.designator(node.target)
    if target is None:
        found = checker.expression(node.value)
        if found is not None:
            project.stubs.stands(checker, node.target, found.type, node.value)
        return None
    if target.accessors is not None:
        what = f"{target.accessors.name} is a property: it is set by a statement of its own"
        checker.problem(what, node.at, "Assign to a variable, and that to the property")
        return None
    if not checker.writable(target, node.target.at):
        project.stubs.stored(checker, node.target)
        return None
    what = f"for {target.member or target.symbol.name} a {target.type}"
    value = checker.value(checked_range(checker, node.value, target.type), target.type, what)
    target.symbol.written = target.symbol.read = True
    if value is None:
        told(checker, node.target, node.value, target.type)
        return None
    return typed.Assigned(target.type.plain, target.type, target.cell, value)
