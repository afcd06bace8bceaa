"""Fits values to types: what a place asks for, and where two operands meet."""

from __future__ import annotations

from commissioning.plc.checking import typed
from commissioning.plc.checking.classes import is_a
from commissioning.plc.checking.constants import (
    conversion_cure,
    fitted_literal,
    sized,
    type_of_literals,
    whole,
)
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.checking.typed import Typed
from commissioning.plc.checking.writable import WritableChecker
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import (
    ANY_INT,
    ANY_REAL,
    BOOL,
    LINT,
    LREAL,
    TIME,
    ULINT,
    IecType,
    common,
    converts,
)  # fmt: skip


def same_width(left: IecType, right: IecType) -> IecType | None:
    """Where a number without a sign meets one with a sign in as many bits, the makers take the one with it;
    below 32 bits both are computed in a DINT anyway. None for any other two."""
    kinds = ("int", "bits")
    if left.kind not in kinds or right.kind not in kinds or left.bits != right.bits or left.bits < 32:
        return None
    if (left.low < 0) == (right.low < 0) or ANY_INT in (left, right):
        return None
    return left if left.low < 0 else right


def _member(found: Typed, target: IecType) -> bool:
    """Whether it is a constant that an enumeration has a member for."""
    return isinstance(found, typed.Const) and any(number == found.value for _, number in target.values)


def _refers_to_it(project: Project, found: Typed, target: IecType) -> bool:
    """Whether a REF_TO may get this value: null, what ADR gives, or a pointer to its own type or to a
    block that extends it."""
    if isinstance(found, typed.AddressOf) or found.type.target == target.target:
        return True
    if isinstance(found, typed.Const) and found.value == 0:
        return True
    wanted, given = project.target(target), project.target(found.type)
    if found.type.kind != "pointer" or wanted is None or given is None:
        return found.type.kind == "pointer"
    if wanted.type.kind != "block":
        return given.type.plain == wanted.type.plain
    derived, base = project.block(given.type.name), project.block(wanted.type.name)
    return not isinstance(base, Pou) or (isinstance(derived, Pou) and is_a(derived, base))


_ANY_INT = ("TRUNC", "DAY_OF_WEEK")  # their result is any whole number


class FittingChecker(WritableChecker):
    """Gives values the types that their places ask for, or notes a Problem and gives None."""

    def has_bits(self, operand: Typed, name: str, at: At) -> bool:
        """Whether an operator of bit strings takes this, in the standard no number; a Problem where not."""
        if self.project.dialect.numbers_have_bits or operand.type.kind != "int" or operand.type is ANY_INT:
            return True
        width = {8: "BYTE", 16: "WORD", 32: "DWORD"}.get(operand.type.bits, "LWORD")
        what = f"{name} needs a bit string, this is a {operand.type}"
        self.project.notice(what, self.file, at, f"Convert it: {operand.type.name}_TO_{width}(...)")
        return True

    def fit(self, found: Typed, target: IecType, at: At, what: str = "") -> Typed | None:
        limits, target = target.limits, target.plain
        checked = target.name.startswith("REF_TO ") and not self.project.dialect.refers_freely
        if checked and not _refers_to_it(self.project, found, target):
            shown = "whole number" if found.type is ANY_INT else found.type
            told = f"{what or f'a {target}'} refers to a variable, this is a {shown}"
            if found.type.kind != "int" or found.type is ANY_INT:
                self.problem(told, at)
                return None
            # p + 1, as public code goes through bytes
            self.project.notice(told, self.file, at, "The standard does not compute with addresses")
        if isinstance(found, typed.Const):
            fitted = fitted_literal(found, target)
            if fitted is not None:
                if limits is not None and not limits[0] <= whole(fitted) <= limits[1]:
                    shown = f"{target} ({limits[0]}..{limits[1]})"
                    self.problem(f"{whole(fitted)} does not fit {shown}", at)
                    return None
                return fitted
            unsigned = self._without_sign(found, target, at) if limits is None else None
            if unsigned is not None:
                return unsigned
            if found.type is ANY_INT and target.kind in ("int", "bits"):
                self.problem(f"{found.value} does not fit {target} ({target.low}..{target.high})", at)
                return None
        if isinstance(found, typed.Standard) and found.type in (ANY_INT, ANY_REAL):
            return self._fitted_call(found, target, at, what)
        if isinstance(found, typed.Standard) and found.name in _ANY_INT and target.kind == "int":
            return typed.Standard(target, found.name, found.arguments)
        source = found.type
        if converts(source, target):
            return found if source == target else typed.Convert(target, found)
        narrowed = self._narrowed(found, target, at)
        if narrowed is not None:
            return narrowed
        self.project.stubs.mismatch(source, target)
        subject = what or f"a {target}"
        shown = "REAL" if source is ANY_REAL else "whole number" if source is ANY_INT else str(source)
        cure = conversion_cure(source, target, found.value if isinstance(found, typed.Const) else None)
        self.problem(f"{subject} is expected here, this is a {shown}", at, cure)
        return None

    def _without_sign(self, found: typed.Const, target: IecType, at: At) -> Typed | None:
        """A negative literal as a type without a sign of at least its width, where the dialect takes it with
        a warning; None for anything else."""
        values = target.high + 1
        takes = self.project.dialect.narrows and found.type is ANY_INT and target.kind in ("int", "bits")
        if not takes or target.low != 0 or not -values // 2 <= whole(found) < 0:
            return None
        made = whole(found) + values
        what = f"{whole(found)} has a sign and {target} has none: it becomes {made}"
        self.project.notice(what, self.file, at, f"Write {made}, if it is meant")
        return typed.Const(target, made)

    def _narrowed(self, found: Typed, target: IecType, at: At) -> Typed | None:
        """`found` as a `target` where the dialect converts with a warning, None where it does not."""
        both = found.type.kind == target.kind == "time"
        if both and (not found.type.shown or target is TIME):  # what a timer, chart or function counts
            return typed.Standard(target, "CONVERT", (found,))
        why = self.project.dialect.narrowing(found.type, target)
        if not why or (target.strict and not _member(found, target)):
            return None
        whole_number = isinstance(found, typed.Const) and target.kind in ("int", "bits")
        if whole_number and target.low <= whole(found) <= target.high:
            return typed.Const(target, whole(found))
        self.project.notice(why, self.file, at, "Convert it, if it is meant")
        return typed.Standard(target, "CONVERT", (found,))

    def _fitted_call(self, found: typed.Standard, target: IecType, at: At, what: str) -> Typed | None:
        """A function of nothing but untyped literals takes the type that its place asks for."""
        if target.kind == "real":
            return typed.Standard(
                target, found.name, tuple(self._as_real(a, target) for a in found.arguments)
            )
        if found.type is ANY_REAL:
            return self.fit(typed.Standard(LREAL, found.name, found.arguments), target, at, what)
        literals = [self.fit(a, target, at, what) if a.type is ANY_INT else a for a in found.arguments]
        fitted = [argument for argument in literals if argument is not None]
        return typed.Standard(target, found.name, tuple(fitted)) if len(fitted) == len(literals) else None

    def _as_real(self, argument: Typed, target: IecType) -> Typed:
        return self.widened(argument, target) if argument.type in (ANY_INT, ANY_REAL) else argument

    def widened(self, operand: Typed, type_: IecType) -> Typed:
        if operand.type == type_:
            return operand
        if isinstance(operand, typed.Const):
            return fitted_literal(operand, type_) or typed.Convert(type_, operand)
        return typed.Convert(type_, operand)

    def meet(self, left: Typed, right: Typed, at: At, what: str) -> tuple[Typed, Typed, IecType] | None:
        left, right = sized(left, right.type), sized(right, left.type)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, typed.Const) and one.type is ANY_INT and other.type is BOOL:
                fitted = fitted_literal(one, BOOL)
                if fitted is not None:
                    return (fitted, other, BOOL) if one is left else (other, fitted, BOOL)
        type_ = self.common_type(left.type, right.type)
        if self.project.dialect.measured and type_ is not None:
            signed = same_width(left.type, right.type)
            if signed is not None:
                left, right = (
                    one if one.type == signed else self._narrowed(one, signed, at) or one
                    for one in (left, right)
                )
                type_ = signed
        if type_ is None or type_.kind == "block" or type_.aggregate:
            self.project.stubs.mismatch(left.type, right.type)
            cure = "Convert one of them, for example with DINT_TO_LINT or REAL_TO_DINT"
            numbers = left.type.numeric and right.type.numeric
            self.problem(f"{what} cannot join {left.type} and {right.type}", at, cure if numbers else "")
            return None
        if type_ is ANY_INT and not (isinstance(left, typed.Const) and isinstance(right, typed.Const)):
            type_ = type_of_literals(left, right)
        elif type_ is ANY_INT:
            type_ = LINT if all(o.type.low <= whole(o) <= LINT.high for o in (left, right)) else ULINT
        elif type_ is ANY_REAL:
            type_ = LREAL
        if left.type != right.type and type_.kind in ("time", "date", "tod", "dt"):  # a number counts ms or s
            left, right = (
                one if one.type == type_ else self._narrowed(one, type_, at) or one for one in (left, right)
            )
        return self.widened(left, type_), self.widened(right, type_), type_

    def common_type(self, left: IecType, right: IecType) -> IecType | None:
        return common(left, right) or self.project.dialect.common(left, right)
