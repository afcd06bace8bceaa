"""POUs for implicit checks: functions that CODESYS and TwinCAT call where a program has them.

CheckBounds gets every index that is worked out, CheckDivInt and its like every divisor, CheckRangeSigned and
its like what goes into a subrange; the program goes on with what they give. None is called inside another,
nor in a POU with the attribute 'no_check'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.plc.checking.typed import Const, Typed
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import LREAL, IecType, converts

if TYPE_CHECKING:
    from commissioning.plc.checking.elements import ElementChecker

_BOUNDS = "CheckBounds"
_NAMES = frozenset(
    name.upper()
    for name in (
        _BOUNDS, "CheckDivInt", "CheckDivLInt", "CheckDivReal", "CheckDivLReal", "CheckRangeSigned",
        "CheckRangeUnsigned", "CheckLRangeSigned", "CheckLRangeUnsigned", "CheckPointer",
    )
)  # fmt: skip


def checked_index(checker: ElementChecker, node: tree.Expression, index: Typed, low: int, high: int) -> Typed:
    """The index that CheckBounds makes of one; itself where the program has no CheckBounds."""
    if isinstance(index, Const) or not _has(checker, _BOUNDS):
        return index
    made = _call(checker, _BOUNDS, node, index.type, (low, high), node.at)
    return _worked_out(checker, node, index, made) or index


def checked_divisor(checker: ElementChecker, node: tree.Expression, divisor: Typed) -> Typed:
    """The divisor that CheckDivInt and its like make of one."""
    kind = divisor.type.kind
    if isinstance(divisor, Const) or kind not in ("int", "bits", "real"):
        return divisor
    if kind == "real":
        name = "CheckDivLReal" if divisor.type is LREAL else "CheckDivReal"
    else:
        name = "CheckDivLInt" if divisor.type.bits > 32 else "CheckDivInt"
    if not _has(checker, name):
        return divisor
    made = _call(checker, name, node, divisor.type, (), node.at)
    return _worked_out(checker, node, divisor, _converted(made, divisor.type)) or divisor


def checked_range(checker: ElementChecker, node: tree.Expression, target: IecType) -> tree.Expression:
    """What goes into a subrange, by CheckRangeSigned and its like."""
    if target.limits is None or target.kind not in ("int", "bits"):
        return node
    name = f"Check{'L' * (target.bits > 32)}Range{'Signed' if target.low < 0 else 'Unsigned'}"
    if not _has(checker, name):
        return node
    return _converted(_call(checker, name, node, None, target.limits, node.at), target)


def _worked_out(
    checker: ElementChecker, node: tree.Expression, value: Typed, made: tree.Expression
) -> Typed | None:
    """What the call of a check gives. `node` in it has been worked out: a second time would take twice as
    long with every level of such expressions in each other."""
    checker.worked_out[id(node)] = value
    try:
        return checker.expression(made)
    finally:
        del checker.worked_out[id(node)]


def _has(checker: ElementChecker, name: str) -> bool:
    pou = checker.project.pous.get(name.upper())
    if pou is None or pou.kind != "FUNCTION" or not checker.project.dialect.measured:
        return False
    own = checker.pou if checker.pou.kind != "ACTION" else checker.pou.owner or checker.pou
    checked = checker.project.attribute("no_check", own.file, own.at) is None
    return checked and checker.pou.name.upper() not in _NAMES


def _call(
    checker: ElementChecker,
    name: str,
    node: tree.Expression,
    given: IecType | None,
    bounds: tuple[int, ...],
    at: At,
) -> tree.Call:
    inputs = checker.project.pous[name.upper()].section("VAR_INPUT")
    if given is not None and inputs and not converts(given, inputs[0].type):
        node = _converted(node, inputs[0].type)
    limits = (
        tree.Literal("typed", f"{symbol.type.name}#{bound}", at)
        for symbol, bound in zip(inputs[1:], bounds, strict=False)
    )
    return tree.Call(tree.Name(name, at), tuple(_argument(one) for one in (node, *limits)), at, 1)


def _converted(node: tree.Expression, type_: IecType) -> tree.Call:
    """Written out, so that no warning says what may be lost."""
    return tree.Call(tree.Name(f"TO_{type_.name}", node.at), (_argument(node),), node.at, 1)


def _argument(value: tree.Expression) -> tree.Argument:
    return tree.Argument("", value, False, False, value.at)
