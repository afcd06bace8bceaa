"""X_TO_Y: which conversions there are, and the Python they become."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from commissioning.plc.generation.emission import (
    ATOM,
    PRODUCT,
    SUM,
    TERNARY,
    UNARY,
    Code,
    call,
    floored,
    wrapped,
)  # fmt: skip
from commissioning.plc.values.iec_types import DAY_NS, ELEMENTARY, LTIME, REAL, TIME, IecType

_NAMES = "|".join(sorted(ELEMENTARY, key=len, reverse=True))
_CONVERSION = re.compile(
    rf"(?:({_NAMES})_|ANY_(?:NUM_)?)?TO_({_NAMES})|([A-Z]*REAL)_TRUNC_({_NAMES})|TRUNC_({_NAMES})"
)
_MS, _S = 1_000_000, 1_000_000_000
_CHARACTERS = ("CHAR", "WCHAR")
_COUNTED = {"time": _MS, "tod": _MS, "date": _S, "dt": _S}  # ns in what a number counts on the other side
_HUGE = 1 << 1100
REAL_DIGITS = 24  # binary ones
_LONG = ("LDATE", "LTOD", "LDT")  # the types of DATE, TOD and DT, but for their numbers
_EXACT = 1 << 24  # up to here every whole number is a REAL


def conversion(
    name: str, own: Mapping[str, IecType] = MappingProxyType({})
) -> tuple[IecType | None, IecType, bool] | None:
    """(source or None for any, target, truncating) of X_TO_Y, TO_Y, TRUNC_Y; None for any other name. `own`:
    types of a dialect. LDATE, LTOD and LDT have their names in `shown`, as a number counts ns of them."""
    match = _CONVERSION.fullmatch(name)
    if match is None:
        return None
    source, target, real, real_target, trunc_target = match.groups()
    wanted_name = target or real_target or trunc_target or ""
    wanted = own.get(wanted_name) or ELEMENTARY.get(wanted_name)
    given = source or real
    if wanted is None or (given and given not in ELEMENTARY):
        return None
    if wanted_name in _LONG:
        wanted = replace(wanted, shown=wanted_name)
    found = (own.get(given) or ELEMENTARY[given]) if given else None
    if found is not None and given in _LONG:
        found = replace(found, shown=given)
    return found, wanted, target is None


def _unit(type_: IecType) -> int:
    """The ns in what a number counts: of long types ns themselves."""
    return 1 if type_ == LTIME or type_.shown in _LONG else _COUNTED[type_.kind]


def convert(code: Code, source: IecType, target: IecType, whole: str = "nearest") -> Code:
    """X_TO_Y; `whole` makes a whole number of a REAL. Durations and times of day count in ms on the other
    side, dates in s since 1970, as CODESYS and TwinCAT have it (decision 5)."""
    if source.whole and source.kind != "time":
        code = wrapped(code, source)
    if source.kind in _COUNTED and target.kind in _COUNTED:
        return _between(code, source, target)
    if source.kind == "string":
        if source.name in _CHARACTERS and target.kind in ("int", "bits"):
            return wrapped(call("code_of", code, low=0, high=0x10FFFF), target)
        return _from_text(code, target)
    if target.kind == "string":
        if target.name in _CHARACTERS and source.kind in ("int", "bits"):
            inside = wrapped(code, ELEMENTARY["BYTE" if target.name == "CHAR" else "WORD"])
            return call("character", inside)
        return _to_text(code, source)
    if source.kind == "bool":
        if target.kind == "bool":
            return code
        one, zero = ("1.0", "0.0") if target.kind == "real" else ("1", "0")
        one = str(_unit(target)) if target.kind in _COUNTED else one
        return Code(
            f"{one} if {code.within(TERNARY - 1)} else {zero}", TERNARY, 0, int(float(one)), code.calls
        )
    if target.kind == "bool":
        return Code(f"{code.within(SUM)} != 0", TERNARY, calls=code.calls)
    if source.kind in _COUNTED:
        unit = _unit(source)
        if target.kind == "real":
            return Code(f"{code.within(UNARY)} / {unit}", SUM, calls=code.calls)
        bound = max(source.high, TIME.high) // unit + 1
        return wrapped(call("divide", code, Code(str(unit)), low=-bound, high=bound), target)
    if target.kind in _COUNTED:
        unit = _unit(target)
        if source.kind == "real" and target.grain == unit:
            rounding = "nearest" if whole == "truncated" else whole
            counted = call(rounding, code, low=-_HUGE, high=_HUGE)
            return wrapped(Code(f"{counted.text} * {unit}", PRODUCT, -_HUGE, _HUGE, code.calls), target)
        if source.kind == "real":
            scaled = Code(f"{code.within(UNARY)} * {unit}", SUM, calls=code.calls)
            rounding = "nearest" if whole == "truncated" else whole
            return wrapped(call(rounding, scaled, low=-_HUGE, high=_HUGE), target)
        text = f"{code.within(UNARY)} * {unit}"
        return wrapped(Code(text, SUM, code.low * unit, code.high * unit, code.calls), target)
    if target.kind == "real":
        if source.kind == "real":
            return call("rounded", code) if target is REAL else code
        if target is REAL and max(-source.low, source.high) > _EXACT:
            return call("rounded", code)
        found = Code(f"{code.within(UNARY)} * 1.0", SUM, calls=code.calls)
        return call("rounded", found) if target is REAL and source.bits > REAL_DIGITS else found
    if source.kind == "real":
        if whole == "nearest_away" and target.low == 0 and target.bits == 64:
            whole = "nearest_away_unsigned"
        return wrapped(call(whole, code, low=-_HUGE, high=_HUGE), target)
    return wrapped(code, target)


def _between(code: Code, source: IecType, target: IecType) -> Code:
    """A date, a time of day, both, or a duration as another of them."""
    if target.kind == "time" and target.grain > source.grain:
        return floored(wrapped(code, target), target)
    if target.kind == "tod":
        return wrapped(code, target) if source.kind != "tod" else code
    if target.kind == "date" and source.kind != "date":
        text = f"{code.within(SUM)} - {code.within(UNARY)} % {DAY_NS}"
        if code.calls or code.binding != ATOM:
            return call("midnight", code, low=target.low - DAY_NS, high=target.high)
        return Code(text, SUM, target.low - DAY_NS, target.high)
    return code


def _from_text(code: Code, target: IecType) -> Code:
    if target.kind == "string":
        return call("left", code, Code("1")) if target.name in _CHARACTERS else code
    if target.kind in _COUNTED:
        low, high = target.low, target.high
        return floored(call("moment_of_text", code, Code(repr(target.kind)), low=low, high=high), target)
    if target.kind == "real":
        found = call("real_of_text", code)
        return call("rounded", found) if target is REAL else found
    if target.kind == "bool":
        return Code(f"{code.within(ATOM)} == 'TRUE'", TERNARY, calls=code.calls)
    number = call("number_of_text", code, low=-(1 << 110), high=1 << 110)
    return wrapped(number, target)


def _to_text(code: Code, source: IecType) -> Code:
    if source.kind == "bool":
        return Code(f"'TRUE' if {code.within(TERNARY - 1)} else 'FALSE'", TERNARY, calls=code.calls)
    if source.kind == "real":
        return call("text_of_real", code, Code("7" if source is REAL else "15"))
    if source.kind == "time":
        return call("text_of_duration", code)
    if source.kind in _COUNTED:
        return call("text_of_moment", code, Code(repr(source.kind)))
    return call("string", code)
