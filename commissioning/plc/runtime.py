"""What generated code may call: arithmetic as IEC 61131-3 wants it, and nothing else of Python.

A function that cannot give a value raises ArithmeticFault (or Python's ZeroDivisionError, OverflowError); the
scan turns that into a PlcError with the line of the program.
"""

from __future__ import annotations

import math
import re
import struct
from array import array
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from commissioning.plc.iec_types import DAY_NS
from commissioning.plc.literals import date_value, time_value

LARGEST_TABLE = 4096
STATEMENT_BUDGET = 1_000_000  # statements that one scan of a task may execute, unless the task says otherwise


class ArithmeticFault(Exception):
    """The PLC would stop here; the text says why."""


class Overrun(ArithmeticFault):
    """The scan has executed more statements than its task may."""


class PlcError(Exception):
    """The emulated PLC stopped: `message` and the statement (file, 1-based line and column) it was at.

    `cure`: what to do, where there is more to say than to correct the statement.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, cure: str = "") -> None:
        super().__init__(message, file, line, column, cure)
        self.cure = cure
        self.message = message
        self.file = file
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}: {self.message}"
            if self.file or self.line
            else self.message
        )


class StubFault(ArithmeticFault):
    """A stub was called whose body is missing. The place that counts is the one of the call."""


def stub(name: str) -> None:
    """What a stub does that nobody has filled in."""
    raise StubFault(f"{name} is a stub: it was called and has no body")


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
        raise ArithmeticFault(f"the index {index} is outside {self.low}..{self.high}")


class IndexRange:
    """The same for many indices, without a table."""

    def __init__(self, low: int, high: int, stride: int) -> None:
        self.low, self.high, self.stride = low, high, stride

    def __getitem__(self, index: int) -> int:
        if self.low <= index <= self.high:
            return (index - self.low) * self.stride
        raise ArithmeticFault(f"the index {index} is outside {self.low}..{self.high}")


def table(low: int, high: int, stride: int) -> IndexTable | IndexRange:
    return (IndexTable if high - low < LARGEST_TABLE else IndexRange)(low, high, stride)


def piece(memory: list[Any], start: int, size: int) -> list[Any]:
    """The cells of an array or structure, copied."""
    return memory[start : start + size]


def bounded(value: int, low: int, high: int) -> int:
    """A value on its way into a subrange."""
    if low <= value <= high:
        return value
    raise ArithmeticFault(f"{value} is outside {low}..{high}")


def divide(a: int, b: int) -> int:
    """Truncating toward zero."""
    quotient = a // b
    return quotient + 1 if quotient < 0 and quotient * b != a else quotient


def modulo(a: int, b: int) -> int:
    """With the sign of the dividend."""
    rest = a % b
    return rest - b if rest and (a < 0) != (b < 0) else rest


def power(base: float, exponent: float) -> float:
    result: float | complex
    try:
        result = float(base) ** float(exponent)
    except OverflowError:
        return math.inf
    if isinstance(result, complex):
        raise ArithmeticFault("a negative number has no real power with a fractional exponent")
    return result


def nearest_away(value: float) -> int:
    """REAL -> whole number: ties away from zero."""
    if not math.isfinite(value):
        raise ArithmeticFault(f"{_shown(value)} has no whole number")
    cut = int(value)
    if abs(value - cut) < 0.5:
        return cut
    return cut + 1 if value > 0 else cut - 1


def nearest(value: float) -> int:
    """REAL -> whole number: ties to even (IEC 60559)."""
    if not math.isfinite(value):
        raise ArithmeticFault(f"{_shown(value)} has no whole number")
    return round(value)


def truncated(value: float) -> int:
    if not math.isfinite(value):
        raise ArithmeticFault(f"{_shown(value)} has no whole number")
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
        raise ArithmeticFault(f"MUX: K is {index}, the inputs are 0..{len(values) - 1}")
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
            raise ArithmeticFault(f"{name} of {_shown(value)}") from None
        except OverflowError:
            return math.inf

    return guarded


def _shown(value: float) -> str:
    return f"{value:g}"


def text_of_real(value: float, digits: int) -> str:
    return f"{value:.{digits}g}"


_DURATION = (
    ("d", DAY_NS), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ("us", 1_000), ("ns", 1),
)  # fmt: skip


def text_of_duration(value: int) -> str:
    """TIME_TO_STRING: T#1h2m3s4ms, as in CODESYS and TwinCAT."""
    words, rest = [], abs(value)
    for unit, length in _DURATION:
        count, rest = divmod(rest, length)
        words += [f"{count}{unit}"] if count else []
    return f"T#{'-' * (value < 0)}{''.join(words) or '0ms'}"


def code_of(text: str) -> int:
    """CHAR_TO_BYTE and its like; 0 of no character."""
    return ord(text) if text else 0


def character(code: int) -> str:
    """BYTE_TO_CHAR and its like; code 0 ends a text, so it is no character."""
    return chr(code) if code and not 0xD800 <= code < 0xE000 else ""


def number_of_text(text: str) -> int:
    """STRING_TO_INT: the leading whole number, 0 where there is none."""
    digits = text.strip()[:30]
    sign = digits[:1] if digits[:1] in ("+", "-") else ""
    length = len(sign)
    while length < len(digits) and digits[length] in "0123456789":
        length += 1
    return int(digits[:length]) if length > len(sign) else 0


_LEADING_REAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def real_of_text(text: str) -> float:
    """STRING_TO_REAL: the leading number, 0.0 where there is none."""
    found = _LEADING_REAL.match(text[:400])
    return float(found.group()) if found is not None else 0.0


def real_of_bits(pattern: int, bits: int) -> float:
    """IEEE 754; no cell holds -0.0."""
    form = ("<I", "<f") if bits == 32 else ("<Q", "<d")
    value: float = struct.unpack(form[1], struct.pack(form[0], pattern))[0]
    return value + 0.0


def bits_of_real(value: float, bits: int) -> int:
    form = ("<I", "<f") if bits == 32 else ("<Q", "<d")
    pattern: int = struct.unpack(form[0], struct.pack(form[1], value))[0]
    return pattern


def midnight(moment: int) -> int:
    """The beginning of the day."""
    return moment - moment % DAY_NS


def text_of_moment(moment: int, kind: str) -> str:
    """DATE, TOD or DT as a literal: D#2024-01-31, TOD#12:30:15.5, DT#2024-01-31-12:30:15."""
    days, rest = divmod(moment, DAY_NS)
    words = []
    if kind != "tod":
        words.append((date(1970, 1, 1) + timedelta(days=days)).isoformat())
    if kind != "date":
        seconds, fraction = divmod(rest, 1_000_000_000)
        shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        words.append(f"{shown}.{fraction:09}".rstrip("0") if fraction else shown)
    return {"date": "D#", "tod": "TOD#", "dt": "DT#"}[kind] + "-".join(words)


def moment_of_text(text: str, kind: str) -> int:
    """STRING_TO_TIME and its like: the literal in the text, 0 where it is none."""
    given = text.strip()
    if len(given) > 100:
        return 0
    try:
        return time_value(given) if kind == "time" else date_value(kind, given)
    except ValueError:
        return 0


def date_of_parts(year: int, month: int, day: int) -> int:
    try:
        return (date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()) * DAY_NS
    except (ValueError, OverflowError):
        raise ArithmeticFault(f"there is no date {year}-{month}-{day}") from None


def time_of_parts(hour: int, minute: int, second: int, millisecond: int) -> int:
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= millisecond < 1000):
        raise ArithmeticFault(f"there is no time of day {hour}:{minute}:{second}.{millisecond}")
    return (((hour * 60 + minute) * 60 + second) * 1000 + millisecond) * 1_000_000


def day_of_week(moment: int) -> int:
    """0 is Sunday; 1970-01-01 was a Thursday."""
    return (moment // DAY_NS + 4) % 7


def middle(text: str, length: int, position: int) -> str:
    return text[max(position - 1, 0) : max(position - 1 + max(length, 0), 0)]


def right(text: str, length: int) -> str:
    return text[max(len(text) - max(length, 0), 0) :]


def left(text: str, length: int) -> str:
    return text[: max(length, 0)]


def inserted(text: str, other: str, position: int) -> str:
    at = max(position, 0)
    return text[:at] + other + text[at:]


def replaced(text: str, other: str, length: int, position: int) -> str:
    at = max(position - 1, 0)
    return text[:at] + other + text[at + max(length, 0) :]


def overrun() -> None:
    raise Overrun(f"watchdog: more than {STATEMENT_BUDGET} statements; this loop does not end")


def within(index: int, low: int, high: int) -> int:
    """Elements between the first one of an ARRAY[*] and that with the index."""
    if not low <= index <= high:
        raise ArithmeticFault(f"the index {index} is outside {low}..{high}")
    return index - low


MAX_DEPTH = 100  # how often methods may call themselves through each other


def depth_counter() -> tuple[Callable[[], None], Callable[[], None]]:
    """(on the way in, on the way out) of calls that may lead back to themselves."""
    depth = 0

    def deeper() -> None:
        nonlocal depth
        if depth >= MAX_DEPTH:
            raise ArithmeticFault(f"calls lead back to themselves more than {MAX_DEPTH} times")
        depth += 1

    def shallower() -> None:
        nonlocal depth
        depth -= 1

    return deeper, shallower


def cloned(source: list[Any], start: int, count: int) -> list[Any]:
    """Cells, with blocks of their own; -1: those of a block."""
    cells = source[start:] if count < 0 else source[start : start + count]
    return [cloned(value, 0, -1) if type(value) is list else value for value in cells]


def graft(target: list[Any], at: int, source: list[Any], start: int, count: int) -> None:
    """Copies cells and all blocks in them; -1: all of a block's memory."""
    for index in range(len(source) if count < 0 else count):
        value = source[start + index]
        if type(value) is list:
            graft(target[at + index], 0, value, 0, -1)
        elif type(value) is not dict:  # not the table of its class
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
            rounded, divide, modulo, power, nearest, nearest_away, truncated, floor, ceiling, limit, select,
            multiplex, stub,
            shift_left, shift_right, rotate_left, rotate_right, sign_extended, text_of_real,
            number_of_text, real_of_text, middle, right, left, inserted, replaced, overrun, table,
            piece, bounded, midnight, text_of_moment, moment_of_text, date_of_parts, time_of_parts,
            day_of_week, fraction, is_valid, swapped, number_of_bcd, bcd_of_number, real_of_bits,
            bits_of_real, graft, cloned, text_of_duration, code_of, character, changed, within,
            *depth_counter(),
        )
    }  # fmt: skip
    return {
        "__builtins__": {},
        "single": _single,
        "none": None,
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
