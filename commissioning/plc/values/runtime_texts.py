"""Texts, times and dates for generated code: conversions, and the functions of the standard on them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from commissioning.plc.values.faults import ArithmeticFault
from commissioning.plc.values.iec_types import DAY_NS
from commissioning.plc.values.literals import date_value, time_value


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


def name(value: int, names: dict[int, str]) -> str:
    """What an enumeration calls a value; what it has no name for is its number."""
    return names.get(value) or str(value)


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


def found(text: str, part: str) -> int:
    """FIND: where the first of it begins, from 1; 0 where there is none, and for an empty text."""
    return text.find(part) + 1 if part else 0


def middle(text: str, length: int, position: int) -> str:
    """MID; nothing begins before the first character."""
    return text[position - 1 : position - 1 + max(length, 0)] if position > 0 else ""


def right(text: str, length: int) -> str:
    return text[max(len(text) - max(length, 0), 0) :]


def left(text: str, length: int) -> str:
    return text[: max(length, 0)]


def inserted(text: str, other: str, position: int) -> str:
    """INSERT; behind a character that is not there nothing goes in."""
    return text[:position] + other + text[position:] if 0 <= position <= len(text) else text


def deleted(text: str, length: int, position: int) -> str:
    """DELETE; from a place before the first character nothing goes."""
    return text[: position - 1] + text[position - 1 + length :] if position > 0 < length else text


def replaced(text: str, other: str, length: int, position: int) -> str:
    """REPLACE: DELETE, then INSERT in its place."""
    return inserted(deleted(text, length, position), other, max(position - 1, 0))
