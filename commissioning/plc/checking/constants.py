"""Untyped literals meeting types: what they become, what joins to a literal again, and which cure to name."""

from __future__ import annotations

from commissioning.plc.checking import typed
from commissioning.plc.checking.typed import Typed
from commissioning.plc.values.iec_types import (
    ADDRESSES,
    ANY_INT,
    ANY_REAL,
    BOOL,
    ELEMENTARY,
    LAST_ADDRESS,
    LREAL,
    REAL,
    TIME,
    IecType,
    Value,
    converts,
)
from commissioning.plc.values.runtime import divide, modulo, rounded


def fitted_literal(found: typed.Const, target: IecType) -> typed.Const | None:
    """A constant as a constant of `target`, None where it does not fit."""
    value = found.value
    if isinstance(value, str):
        one = (
            target.name in ("CHAR", "WCHAR") and found.type.name == f"{target.name.replace('CHAR', 'STRING')}"
        )
        return typed.Const(target, value) if one and len(value) == 1 else None
    if found.type is ANY_INT and not isinstance(value, float):
        if target.open and target.low <= value <= target.high:
            return typed.Const(target, value)
        if target is BOOL:
            return typed.Const(BOOL, value == 1) if value in (0, 1) else None
        if target.kind in ADDRESSES and (value == 0 or target.kind == "pointer"):
            return typed.Const(target, value) if 0 <= value <= LAST_ADDRESS else None
        if target.kind in ("int", "bits"):
            return typed.Const(target, value) if target.low <= value <= target.high else None
    if (
        target.kind == "real"
        and found.type.kind in ("int", "bits", "real")
        and (found.type in (ANY_INT, ANY_REAL) or converts(found.type, target))
    ):
        return typed.Const(target, rounded(float(value)) if target is REAL else float(value))
    return None


def number_of(found: Typed) -> Typed:
    """A member of an enumeration as a value of its base type, anything else as it is."""
    base = found.type.element
    if found.type.kind != "enum" or base is None:
        return found
    if isinstance(found, typed.Const):
        return typed.Const(base, found.value)
    return typed.Convert(base, found)


def sized(found: Typed, other: IecType) -> Typed:
    """An untyped whole literal too large for the other operand's type gets the smallest type that fits it"""
    if not isinstance(found, typed.Const) or found.type is not ANY_INT or other.kind not in ("int", "bits"):
        return found
    value = whole(found)
    if other.low <= value <= other.high:
        return found
    for name in ("INT", "DINT", "LINT", "ULINT"):
        if ELEMENTARY[name].low <= value <= ELEMENTARY[name].high:
            return typed.Const(ELEMENTARY[name], value)
    return found


def type_of_literals(*operands: Typed) -> IecType:
    """The smallest type from INT on that holds every untyped whole literal in operands like SEL(b, 1, 2)."""
    values, work = [0], list(operands)
    while work:
        node = work.pop()
        if isinstance(node, typed.Const) and isinstance(node.value, int):
            values.append(node.value)
        elif isinstance(node, typed.Standard):
            work += node.arguments
        elif isinstance(node, typed.Minus):
            work.append(node.operand)
    for name in ("INT", "DINT", "LINT"):
        if ELEMENTARY[name].low <= min(values) and max(values) <= ELEMENTARY[name].high:
            return ELEMENTARY[name]
    return ELEMENTARY["ULINT"]


def untyped_join(types: list[IecType]) -> IecType | None:
    """ANY_REAL or ANY_INT if all types are of untyped literals, else None."""
    if any(type_ not in (ANY_INT, ANY_REAL) for type_ in types):
        return None
    return ANY_REAL if ANY_REAL in types else ANY_INT


def real_of(types: list[IecType]) -> IecType:
    """The type of a function of numbers: LREAL where an operand needs it, untyped where all operands are."""
    if untyped_join(types) is not None:
        return ANY_REAL
    wide = any(
        type_ is LREAL or (type_ is not ANY_INT and type_.whole and type_.bits > 32) for type_ in types
    )
    return LREAL if wide else REAL


def whole(found: Typed) -> int:
    return found.value if isinstance(found, typed.Const) and isinstance(found.value, int) else 0


def folded_literal(operator: str, left: Typed, right: Typed) -> typed.Const | None:
    """Untyped literals joined: still an untyped literal, computed exactly."""
    untyped = (ANY_INT, ANY_REAL)
    if not (isinstance(left, typed.Const) and isinstance(right, typed.Const)):
        return None
    a, b = left.value, right.value
    if left.type not in untyped or right.type not in untyped or isinstance(a, str) or isinstance(b, str):
        return None
    if operator in ("/", "MOD") and b == 0:
        return None
    if isinstance(a, float) or isinstance(b, float):
        results = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}
        return typed.Const(ANY_REAL, float(results[operator])) if operator in results else None
    whole = {
        "+": a + b,
        "-": a - b,
        "*": a * b,
        "/": divide(a, b) if b else 0,
        "MOD": modulo(a, b) if b else 0,
    }
    value = whole[operator]
    return typed.Const(ANY_INT, value) if ANY_INT.low <= value <= ANY_INT.high else None


def conversion_cure(source: IecType, target: IecType, value: Value | None = None) -> str:
    kinds = {source.kind, target.kind}
    if not kinds.isdisjoint(("block", "none", "array", "struct")):
        return ""
    if target.kind == "enum":
        named = [name for name, number in target.values if number == value and source is ANY_INT]
        return f"Write {target.name}.{named[0]}" if named else f"Convert it: TO_{target.name}(...)"
    if source.kind == "enum":
        return f"Convert it: TO_{target.name}(...)"
    if source is ANY_REAL:
        return f"Write LREAL_TO_{target.name}(...) or a whole number" if target.whole else ""
    if source is ANY_INT:
        return "Write it with a unit, for example T#10ms" if target == TIME else ""
    return f"Convert it: {source.name}_TO_{target.name}(...)"
