"""The standard functions: which arguments they take, and the Python they become.

`rule` is read by the checker:
  number   one numeric argument, result of its type        real     one number, result REAL or LREAL
  reals    numbers, result REAL or LREAL
  same     all arguments in their common type              select   BOOL, then `same`
  mux      whole number, then `same`                       shift    bit string or integer, then a count
  to_int   a real number, whole result                     signature  the types of `takes`, result `gives`
  to_bool  a real number, result BOOL                      bytes    one whole number or bit string, its type
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from commissioning.plc.generation.emission import ATOM, PRODUCT, SUM, TERNARY, Code, call, wrapped
from commissioning.plc.values.iec_types import (
    BOOL,
    DATE,
    DINT,
    DT,
    ELEMENTARY,
    INT,
    REAL,
    STRING,
    TIME,
    TOD,
    IecType,
)

USINT = ELEMENTARY["USINT"]
Emit = Callable[[list[Code], IecType], Code]


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters`: formal names; `more`: further arguments may follow; `extra`: not in the standard's core,
    so that a program may have a function of its own by this name."""

    name: str
    parameters: tuple[str, ...]
    rule: str
    emit: Emit
    more: bool = False
    takes: tuple[IecType, ...] = ()
    gives: IecType = REAL
    extra: bool = False


def _absolute(arguments: list[Code], type_: IecType) -> Code:
    (code,) = arguments
    if type_.kind == "real":
        return call("absolute", code)
    return call("absolute", code, low=0, high=max(abs(code.low), abs(code.high)))


def _plain(name: str) -> Emit:
    return lambda arguments, type_: call(name, *arguments)


def _extreme(name: str, pick: Callable[[list[int]], int]) -> Emit:
    def emit(arguments: list[Code], type_: IecType) -> Code:
        lows, highs = [code.low for code in arguments], [code.high for code in arguments]
        return call(name, *arguments, low=pick(lows), high=pick(highs))

    return emit


def _limit(arguments: list[Code], type_: IecType) -> Code:
    return call("limit", *arguments, low=min(a.low for a in arguments), high=max(a.high for a in arguments))


def _select(arguments: list[Code], type_: IecType) -> Code:
    chosen, zero, one = arguments
    low, high = min(zero.low, one.low), max(zero.high, one.high)
    if zero.calls or one.calls:
        return call("select", chosen, zero, one, low=low, high=high)
    text = f"{one.within(TERNARY - 1)} if {chosen.within(TERNARY - 1)} else {zero.within(TERNARY - 1)}"
    return Code(text, TERNARY, low, high, chosen.calls)


def _mux(name: str) -> Emit:
    def emit(arguments: list[Code], type_: IecType) -> Code:
        values = arguments[1:]
        low, high = min(code.low for code in values), max(code.high for code in values)
        return call(name, *arguments, low=low, high=high)

    return emit


def _move(arguments: list[Code], type_: IecType) -> Code:
    return arguments[0]


def _pattern(code: Code, type_: IecType) -> Code:
    """The bits of a value of `type_` as a number >= 0."""
    inside = wrapped(code, type_)
    if inside.low >= 0:
        return inside
    return Code(f"({inside.text}) & {(1 << type_.bits) - 1}", TERNARY, 0, (1 << type_.bits) - 1, inside.calls)


def _swapped(arguments: list[Code], type_: IecType) -> Code:
    """The bytes in the other order."""
    pattern = _pattern(arguments[0], type_)
    swapped = call("swapped", pattern, Code(str(type_.bits // 8)), low=0, high=(1 << type_.bits) - 1)
    return wrapped(swapped, type_)


# SHR where the sign comes in from the left; no program can write this name
SIGNED_SHIFT = "SHR of a signed number"
# MUX that gives its last input for a K beyond it; neither can be written
MUX_OR_LAST = "MUX or its last input"
# TRUNC and REAL_TO_STRING as the makers have them
TRUNC_TO_DINT, TEXT_OF_REAL = "TRUNC to a DINT", "REAL as a text"


def _bits(name: str, counted: bool) -> Emit:
    """Shifts and rotations act on the bit pattern of the operand's own type."""

    def emit(arguments: list[Code], type_: IecType) -> Code:
        value, count = arguments
        width = [Code(str(type_.bits))] if counted else []
        pattern = call(name, _pattern(value, type_), count, *width, low=0, high=(1 << type_.bits) - 1)
        if type_.low < 0:
            return call("sign_extended", pattern, Code(str(type_.bits)), low=type_.low, high=type_.high)
        return pattern

    return emit


def _right_with_sign(arguments: list[Code], type_: IecType) -> Code:
    return call("shift_right", wrapped(arguments[0], type_), arguments[1], low=type_.low, high=type_.high)


def _whole(name: str) -> Emit:
    return lambda arguments, type_: wrapped(call(name, *arguments, low=-(1 << 1100), high=1 << 1100), type_)


def _length(arguments: list[Code], type_: IecType) -> Code:
    return call("length", *arguments, low=0, high=65_535)


def _concat(arguments: list[Code], type_: IecType) -> Code:
    return Code(
        " + ".join(code.within(SUM - 1) for code in arguments), SUM, calls=any(a.calls for a in arguments)
    )


def _find(arguments: list[Code], type_: IecType) -> Code:
    text, part = arguments
    if part.text[:1] in ("'", '"') and len(part.text) > 2:  # a literal with something in it
        return Code(f"{text.within(ATOM)}.find({part.text}) + 1", SUM, 0, 65_536, text.calls or part.calls)
    return call("found", text, part, low=0, high=65_536)


def _now(arguments: list[Code], type_: IecType) -> Code:
    return Code("now", ATOM, 0, TIME.high)


def _added(arguments: list[Code], type_: IecType) -> Code:
    day, time = arguments
    text = f"{day.within(SUM)} + {time.within(PRODUCT)}"
    return Code(text, SUM, day.low + time.low, day.high + time.high, day.calls or time.calls)


def _ranged(name: str) -> Emit:
    return lambda arguments, type_: wrapped(call(name, *arguments, low=-(1 << 70), high=1 << 70), type_)


_BCD = (("BYTE", "USINT", 2), ("WORD", "UINT", 4), ("DWORD", "UDINT", 8), ("LWORD", "ULINT", 16))


def _bcd(digits: int) -> Emit:
    return lambda arguments, type_: call(
        "bcd_of_number", *arguments, Code(str(digits)), low=type_.low, high=type_.high
    )


def _weekday(arguments: list[Code], type_: IecType) -> Code:
    return call("day_of_week", *arguments, low=0, high=6)


def _table() -> dict[str, Function]:
    one = ("IN",)
    table = [
        Function("ABS", one, "number", _absolute),
        Function("MIN", ("IN1", "IN2"), "same", _extreme("smallest", min), more=True),
        Function("MAX", ("IN1", "IN2"), "same", _extreme("largest", max), more=True),
        Function("LIMIT", ("MN", "IN", "MX"), "same", _limit),
        Function("SEL", ("G", "IN0", "IN1"), "select", _select),
        Function("MUX", ("K", "IN0", "IN1"), "mux", _mux("multiplex"), more=True),
        Function(MUX_OR_LAST, ("K", "IN0", "IN1"), "mux", _mux("multiplex_or_last"), more=True),
        Function("MOVE", one, "same", _move),
        Function("SHL", ("IN", "N"), "shift", _bits("shift_left", True)),
        Function("SHR", ("IN", "N"), "shift", _bits("shift_right", False)),
        Function(SIGNED_SHIFT, ("IN", "N"), "shift", _right_with_sign),
        Function("ROL", ("IN", "N"), "shift", _bits("rotate_left", True)),
        Function("ROR", ("IN", "N"), "shift", _bits("rotate_right", True)),
        Function("TRUNC", one, "to_int", _whole("truncated"), gives=DINT),
        Function(TRUNC_TO_DINT, one, "to_int", _whole("truncated_dint"), gives=DINT),
        Function(TEXT_OF_REAL, one, "signature", _plain("text_of_single"), takes=(REAL,), gives=STRING),
        Function("ROUND", one, "to_int", _whole("nearest"), gives=DINT, extra=True),
        Function("FRACT", one, "real", _plain("fraction"), extra=True),
        Function("FLOOR", one, "to_int", _whole("floor"), gives=DINT, extra=True),
        Function("CEIL", one, "to_int", _whole("ceiling"), gives=DINT, extra=True),
        Function("IS_VALID", one, "to_bool", _plain("is_valid"), gives=BOOL, extra=True),
        Function("EXPT", ("IN1", "IN2"), "reals", _plain("power")),
        Function("ATAN2", ("Y", "X"), "reals", _plain("atan2")),
        Function("TIME", (), "signature", _now, gives=TIME),
        Function("LEN", one, "signature", _length, takes=(STRING,), gives=INT),
        Function("CONCAT", ("IN1", "IN2"), "same", _concat, more=True, takes=(STRING,)),
        Function("LEFT", ("IN", "L"), "signature", _plain("left"), takes=(STRING, DINT), gives=STRING),
        Function("RIGHT", ("IN", "L"), "signature", _plain("right"), takes=(STRING, DINT), gives=STRING),
        Function(
            "MID", ("IN", "L", "P"), "signature", _plain("middle"), takes=(STRING, DINT, DINT), gives=STRING
        ),
        Function("FIND", ("IN1", "IN2"), "signature", _find, takes=(STRING, STRING), gives=INT),
        Function(
            "INSERT", ("IN1", "IN2", "P"), "signature", _plain("inserted"),
            takes=(STRING, STRING, DINT), gives=STRING,
        ),
        Function(
            "DELETE", ("IN", "L", "P"), "signature", _plain("deleted"),
            takes=(STRING, DINT, DINT), gives=STRING,
        ),
        Function(
            "REPLACE", ("IN1", "IN2", "L", "P"), "signature", _plain("replaced"),
            takes=(STRING, STRING, DINT, DINT), gives=STRING,
        ),
    ]  # fmt: skip
    moments = [
        Function("CONCAT_DATE_TOD", ("IN1", "IN2"), "signature", _added, takes=(DATE, TOD), gives=DT),
        Function(
            "CONCAT_DATE", ("YEAR", "MONTH", "DAY"), "signature", _ranged("date_of_parts"),
            takes=(DINT, DINT, DINT), gives=DATE,
        ),
        Function(
            "CONCAT_TOD", ("HOUR", "MINUTE", "SECOND", "MILLISECOND"), "signature", _ranged("time_of_parts"),
            takes=(DINT, DINT, DINT, DINT), gives=TOD,
        ),
        Function("DAY_OF_WEEK", one, "signature", _weekday, takes=(DATE,), gives=USINT, extra=True),
    ]  # fmt: skip
    table += moments
    for name, target in (
        ("SQRT", "sqrt"), ("LN", "log"), ("LOG", "log10"), ("EXP", "exp"), ("SIN", "sin"), ("COS", "cos"),
        ("TAN", "tan"), ("ASIN", "asin"), ("ACOS", "acos"), ("ATAN", "atan"),
    ):  # fmt: skip
        table.append(Function(name, one, "real", _plain(target)))
    for bits, whole, digits in _BCD:
        pattern, number = ELEMENTARY[bits], ELEMENTARY[whole]
        read = Function(
            f"{bits}_BCD_TO_{whole}",
            one,
            "signature",
            _ranged("number_of_bcd"),
            takes=(pattern,),
            gives=number,
        )
        written = Function(
            f"{whole}_TO_BCD_{bits}", one, "signature", _bcd(digits), takes=(number,), gives=pattern
        )
        table += [read, written]
        # edition 3 has them without the type in front as well
        table += [
            replace(read, name=f"BCD_TO_{whole}", extra=True),
            replace(written, name=f"TO_BCD_{bits}", extra=True),
        ]
    for word in ("TO", "FROM"):  # the emulated PLC is little endian
        table += [
            Function(f"{word}_BIG_ENDIAN", one, "bytes", _swapped, extra=True),
            Function(f"{word}_LITTLE_ENDIAN", one, "bytes", _move, extra=True),
        ]
    return {function.name: function for function in table}


FUNCTIONS: dict[str, Function] = _table()
# what the library Standard of CODESYS and TwinCAT calls the parameters
MAKERS_NAMES: dict[str, tuple[str, ...]] = {
    "LEN": ("STR",),
    "LEFT": ("STR", "SIZE"),
    "RIGHT": ("STR", "SIZE"),
    "MID": ("STR", "LEN", "POS"),
    "CONCAT": ("STR1", "STR2"),
    "INSERT": ("STR1", "STR2", "POS"),
    "DELETE": ("STR", "LEN", "POS"),
    "REPLACE": ("STR1", "STR2", "L", "P"),
    "FIND": ("STR1", "STR2"),
}
