"""What generated code may call: arithmetic as IEC 61131-3 wants it, and nothing else of Python.

A function that cannot give a value raises ArithmeticFault (or Python's ZeroDivisionError, OverflowError); the
scan turns that into a PlcError with the line of the program.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

from commissioning.plc.values.faults import (
    FAULTS,
    DepthFault,
    EndlessCalls,
    IndexFault,
    MathFault,
    RangeFault,
    catchable,
    caught,
    raised,
)
from commissioning.plc.values.faults import ArithmeticFault as ArithmeticFault
from commissioning.plc.values.faults import Overrun as Overrun
from commissioning.plc.values.faults import PlcError as PlcError
from commissioning.plc.values.faults import StubFault as StubFault
from commissioning.plc.values.runtime_bits import bits_of_real, put, put_all, put_bits, real_of_bits
from commissioning.plc.values.runtime_makers import (
    multiplex_or_last,
    nearest_away,
    nearest_away_unsigned,
    text_of_single,
    truncated_dint,
)
from commissioning.plc.values.runtime_texts import (
    character,
    code_of,
    date_of_parts,
    day_of_week,
    deleted,
    found,
    inserted,
    left,
    middle,
    midnight,
    moment_of_text,
    name,
    number_of_text,
    real_of_text,
    replaced,
    right,
    text_of_duration,
    text_of_moment,
    text_of_real,
    time_of_parts,
)

LARGEST_TABLE = 4096
STATEMENT_BUDGET = 1_000_000  # statements that one scan of a task may execute, unless the task says otherwise


def stub(name: str, why: str) -> None:
    """What a stub does that nobody has filled in, and what a statement does that does not fit its stubs."""
    if why:
        raise StubFault(f"this uses what only stubs declare, and does not fit them: {why}")
    raise StubFault(f"{name} is a stub: it was called and has no body")


def absent(block: str, method: str) -> Callable[..., Any]:
    """What stands for a method of an interface that only stubs declare, in a block that does not have it."""

    def stop(*_: Any) -> Any:
        raise StubFault(f"{block} has no {method}, which the stub of an interface has")

    return stop


_single = array("f", [0.0])


def rounded(value: float) -> float:
    """The nearest REAL (IEEE 754 binary32, ties to even); -0.0 becomes 0.0, beyond the range infinity."""
    _single[0] = value
    result: float = _single[0] + 0.0
    return result


class IndexTable(dict[int, int]):
    """Index -> cells to go on from the first element; an index that does not exist stops the PLC."""

    def __init__(self, low: int, high: int, stride: int) -> None:
        super().__init__((index, (index - low) * stride) for index in range(low, high + 1))
        self.low, self.high = low, high

    def __missing__(self, index: int) -> int:
        raise IndexFault(f"the index {index} is outside {self.low}..{self.high}")


class IndexRange:
    """The same for many indices, without a table."""

    def __init__(self, low: int, high: int, stride: int) -> None:
        self.low, self.high, self.stride = low, high, stride

    def __getitem__(self, index: int) -> int:
        if self.low <= index <= self.high:
            return (index - self.low) * self.stride
        raise IndexFault(f"the index {index} is outside {self.low}..{self.high}")


def table(low: int, high: int, stride: int) -> IndexTable | IndexRange:
    return (IndexTable if high - low < LARGEST_TABLE else IndexRange)(low, high, stride)


def piece(memory: list[Any], start: int, size: int) -> list[Any]:
    """The cells of an array or structure, copied."""
    return memory[start : start + size]


def bounded(value: int, low: int, high: int) -> int:
    """A value on its way into a subrange."""
    if low <= value <= high:
        return value
    raise RangeFault(f"{value} is outside {low}..{high}")


def divide(a: int, b: int) -> int:
    """Truncating toward zero."""
    quotient = a // b
    return quotient + 1 if quotient < 0 and quotient * b != a else quotient


def modulo(a: int, b: int) -> int:
    """With the sign of the dividend."""
    rest = a % b
    return rest - b if rest and (a < 0) != (b < 0) else rest


def modulo_or_0(a: int, b: int) -> int:
    """As TwinCAT has it: the rest of a division by zero is 0."""
    return modulo(a, b) if b else 0


def power(base: float, exponent: float) -> float:
    result: float | complex
    try:
        result = float(base) ** float(exponent)
    except OverflowError:
        return math.inf
    if isinstance(result, complex):
        raise MathFault("a negative number has no real power with a fractional exponent")
    return result


def nearest(value: float) -> int:
    """REAL -> whole number: ties to even (IEC 60559)."""
    if not math.isfinite(value):
        raise MathFault(f"{_shown(value)} has no whole number")
    return round(value)


def truncated(value: float) -> int:
    if not math.isfinite(value):
        raise MathFault(f"{_shown(value)} has no whole number")
    return int(value)


def floor(value: float) -> int:
    return math.floor(value) if math.isfinite(value) else truncated(value)


def ceiling(value: float) -> int:
    return math.ceil(value) if math.isfinite(value) else truncated(value)


def fraction(value: float) -> float:
    return math.fmod(value, 1.0) if math.isfinite(value) else float(truncated(value))


def swapped(value: int, count: int) -> int:
    """`count` bytes in the other order."""
    return int.from_bytes(value.to_bytes(count, "little"), "big")


def is_valid(value: float) -> bool:
    """Whether a REAL is a number: neither infinite nor NaN."""
    return math.isfinite(value)


def number_of_bcd(pattern: int) -> int:
    """Four bits per decimal digit."""
    digits = f"{pattern:x}"
    if not digits.isdecimal():
        raise ArithmeticFault(f"16#{digits.upper()} is no BCD number")
    return int(digits)


def bcd_of_number(value: int, digits: int) -> int:
    if value >= 10**digits:
        raise ArithmeticFault(f"{value} has more than {digits} digits")
    return int(str(value), 16)


def limit(low: Any, value: Any, high: Any) -> Any:
    """IEC: MIN(MAX(value, low), high)."""
    return min(max(value, low), high)


def select(chosen: bool, zero: Any, one: Any) -> Any:
    return one if chosen else zero


def multiplex(index: int, *values: Any) -> Any:
    if not 0 <= index < len(values):
        raise IndexFault(f"MUX: K is {index}, the inputs are 0..{len(values) - 1}")
    return values[index]


def shift_left(value: int, count: int, bits: int) -> int:
    if count < 0:
        raise ArithmeticFault(f"a shift by {count} bits")
    return value << count & (1 << bits) - 1 if count < bits else 0


def shift_right(value: int, count: int) -> int:
    if count < 0:
        raise ArithmeticFault(f"a shift by {count} bits")
    return value >> min(count, 64)


def rotate_left(value: int, count: int, bits: int) -> int:
    count %= bits
    return (value << count | value >> bits - count) & (1 << bits) - 1


def rotate_right(value: int, count: int, bits: int) -> int:
    return rotate_left(value, bits - count % bits, bits)


def sign_extended(value: int, bits: int) -> int:
    """`bits` bits of a pattern -> the signed number they stand for."""
    return value - (1 << bits) if value >> bits - 1 & 1 else value


def _domain(name: str, function: Callable[[float], float]) -> Callable[[float], float]:
    def guarded(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            raise MathFault(f"{name} of {_shown(value)}") from None
        except OverflowError:
            return math.inf

    return guarded


def _shown(value: float) -> str:
    return f"{value:g}"


def overrun() -> None:
    raise Overrun(f"watchdog: more than {STATEMENT_BUDGET} statements; this loop does not end")


def endless() -> None:
    raise EndlessCalls(f"watchdog: more than {STATEMENT_BUDGET} statements {EndlessCalls.where}")


def within(index: int, low: int, high: int) -> int:
    """Elements between the first one of an ARRAY[*] and that with the index."""
    if not low <= index <= high:
        raise IndexFault(f"the index {index} is outside {low}..{high}")
    return index - low


MAX_DEPTH = 100  # how often methods may call themselves through each other


def depth_counter() -> tuple[Callable[[], None], Callable[[], None]]:
    """(on the way in, on the way out) of calls that may lead back to themselves."""
    depth = 0

    def deeper() -> None:
        nonlocal depth
        if depth >= MAX_DEPTH:
            raise DepthFault(f"calls lead back to themselves more than {MAX_DEPTH} times")
        depth += 1

    def shallower() -> None:
        nonlocal depth
        depth -= 1

    return deeper, shallower


def cloned(source: list[Any], start: int, count: int) -> list[Any]:
    """Cells, with blocks of their own; -1: those of a block."""
    cells = source[start:] if count < 0 else source[start : start + count]
    return [cloned(value, 0, -1) if isinstance(value, list) else value for value in cells]


def graft(target: list[Any], at: int, source: list[Any], start: int, count: int) -> None:
    """Copies cells and all blocks in them; -1: all that two blocks have both, one may be derived."""
    for index in range(min(len(source), len(target)) if count < 0 else count):
        value = source[start + index]
        if isinstance(value, list):
            graft(target[at + index], 0, value, 0, -1)
        elif not isinstance(value, dict):  # not the table of its class
            target[at + index] = value


def changed(memory: list[Any], cells: tuple[tuple[int, Any], ...]) -> list[Any]:
    """A fresh memory with other initial values in some cells."""
    for index, value in cells:
        memory[index] = value
    return memory


def unjudged(number: int, now: int, *values: Any) -> bool:
    """What an assertion comes to where no tests are run."""
    return False


def namespace() -> dict[str, Any]:
    """The globals of generated code: these functions, no builtins."""
    math_functions = {
        name: _domain({"log": "LN", "log10": "LOG"}.get(name, name.upper()), getattr(math, name))
        for name in ("sqrt", "log", "log10", "exp", "sin", "cos", "tan", "asin", "acos", "atan")
    }
    functions: dict[str, Any] = {
        function.__name__: function
        for function in (
            rounded, divide, modulo, modulo_or_0, power, nearest, nearest_away, truncated, floor, ceiling,
            limit, select, multiplex, multiplex_or_last, stub, absent,
            shift_left, shift_right, rotate_left, rotate_right, sign_extended, text_of_real,
            number_of_text, real_of_text, found, middle, right, left, inserted, deleted, replaced, overrun,
            endless, table, piece, bounded, midnight, text_of_moment, moment_of_text, date_of_parts,
            time_of_parts, day_of_week, fraction, is_valid, swapped, number_of_bcd, bcd_of_number,
            real_of_bits, bits_of_real, graft, cloned, text_of_duration, code_of, character, changed, within,
            catchable, caught, raised, put, put_all, put_bits, text_of_single, truncated_dint,
            nearest_away_unsigned, name,
            *depth_counter(),
        )
    }  # fmt: skip
    return {
        "__builtins__": {},
        "single": _single,
        "none": None,
        "fault": FAULTS,
        "nan": math.nan,
        "inf": math.inf,
        "atan2": math.atan2,
        "absolute": abs,
        "smallest": min,
        "largest": max,
        "length": len,
        "string": str,
        "judge": unjudged,
        **math_functions,
        **functions,
    }
