"""Literals of Structured Text -> typed values. What is wrong is a ValueError in the programmer's words."""

from __future__ import annotations

import math
import re
from datetime import date
from fractions import Fraction

from commissioning.plc.values.iec_types import (
    ANY_INT,
    ANY_REAL,
    BOOL,
    CHAR,
    DATE,
    DAY_NS,
    DT,
    ELEMENTARY,
    STRING,
    TIME,
    TOD,
    WCHAR,
    WSTRING,
    IecType,
    Value,
)

_UNITS = {
    "D": 86_400_000_000_000, "H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000,
    "MS": 1_000_000, "US": 1_000, "NS": 1,
}  # fmt: skip
_PART = re.compile(r"([0-9][0-9_]*(?:\.[0-9][0-9_]*)?)(MS|US|NS|D|H|M|S)_?")
_ESCAPE = re.compile(r"\$([0-9A-Fa-f]{2}|[\s\S])")
_WIDE_ESCAPE = re.compile(r"\$([0-9A-Fa-f]{4}|[\s\S])")
_EPOCH = date(1970, 1, 1).toordinal()
_ESCAPES = {"$": "$", "'": "'", "L": "\n", "N": "\n", "P": "\f", "R": "\r", "T": "\t", '"': '"'}
_LONGEST = 400  # digits of a number; more is an attack, and int() of it is slow


def literal_value(kind: str, text: str) -> tuple[IecType, Value]:
    """Type and value of one literal; untyped numbers are ANY_INT or ANY_REAL."""
    if kind == "boolean":
        return BOOL, text.upper() == "TRUE"
    if kind in ("text", "wide") and "CHAR#" in text[:6].upper():
        found = string_value(text.partition("#")[2])[1]
        if len(str(found)) != 1:
            raise ValueError(f"{text} is not one character")
        return (WCHAR if kind == "wide" else CHAR), found
    if kind in ("string", "text", "wide"):
        return string_value(text.partition("#")[2] if text[0] not in "'\"" else text)
    if len(text) > _LONGEST:
        raise ValueError(f"a literal of {len(text)} characters is too long")
    if kind == "integer":
        return ANY_INT, _fitting(int(text.replace("_", "")), ANY_INT, text)
    if kind == "based":
        return ANY_INT, _fitting(_based(text), ANY_INT, text)
    if kind == "real":
        return ANY_REAL, _real(text)
    if kind == "time":
        return TIME, time_value(text)
    if kind in ("date", "tod", "dt"):
        return {"date": DATE, "tod": TOD, "dt": DT}[kind], date_value(kind, text)
    return _typed(text)


def _typed(text: str) -> tuple[IecType, Value]:
    prefix, _, rest = text.partition("#")
    type_ = ELEMENTARY.get(prefix.upper())
    if type_ in (CHAR, WCHAR) and rest.upper() not in ("TRUE", "FALSE") and rest[:1] not in "+-":
        number = _based(rest) if "#" in rest else int(rest.replace("_", ""))
        if number > (0xFF if type_ is CHAR else 0xFFFF):
            raise ValueError(f"{text} is not one character")
        return type_, chr(number)
    if type_ is None or type_.kind in ("time", "string", "date", "tod", "dt"):
        raise ValueError(f"'{prefix}#' is not a type that a literal can have")
    if type_.kind == "bool":
        values = {"TRUE": True, "FALSE": False, "1": True, "0": False}
        if rest.upper() not in values:
            raise ValueError(f"'{text}' is not a BOOL: write BOOL#TRUE, BOOL#FALSE, BOOL#1 or BOOL#0")
        return type_, values[rest.upper()]
    if rest.upper() in ("TRUE", "FALSE"):
        raise ValueError(f"'{text}': {rest} is a BOOL, not {type_.name}")
    if type_.kind == "real":
        if "#" in rest:
            raise ValueError(f"'{text}' mixes a base with {type_.name}")
        return type_, _real(rest)
    if "#" in rest:
        return type_, _fitting(_based(rest), type_, text)
    if "." in rest or "e" in rest.lower():
        raise ValueError(f"'{text}' is not a whole number")
    return type_, _fitting(int(rest.replace("_", "")), type_, text)


def _fitting(value: int, type_: IecType, text: str) -> int:
    if not type_.low <= value <= type_.high:
        raise ValueError(f"{text} does not fit {type_.name} ({type_.low}..{type_.high})")
    return value


def _based(text: str) -> int:
    base, _, digits = text.partition("#")
    if base.replace("_", "") not in ("2", "8", "10", "16"):
        raise ValueError(f"'{text}': the base of a number is 2, 8, 10 or 16")
    try:
        return int(digits.replace("_", ""), int(base))
    except ValueError:
        raise ValueError(f"'{text}' has digits that base {base} does not have") from None


def _real(text: str) -> float:
    value = float(text.replace("_", ""))
    if not math.isfinite(value):
        raise ValueError(f"{text} is larger than the largest LREAL")
    return value


def time_value(text: str) -> int:
    """Nanoseconds of ``T#1h2m3s4ms``: units in falling order, each once, only the last with a fraction."""
    body = text.partition("#")[2].upper()
    sign = -1 if body.startswith("-") else 1
    body = body.lstrip("+-")
    total, position, last = Fraction(0), 0, math.inf
    fraction_seen = False
    for match in _PART.finditer(body):
        number, unit = match.groups()
        if match.start() != position or fraction_seen or _UNITS[unit] >= last:
            break
        total += Fraction(number.replace("_", "")) * _UNITS[unit]
        fraction_seen, last, position = "." in number, _UNITS[unit], match.end()
    if position != len(body) or position == 0:
        raise ValueError(f"'{text}' is not a duration: write for example T#1h2m3s4ms or T#1.5s")
    value = sign * round(total)
    if not TIME.low <= value < 1 << 64:
        raise ValueError(f"{text} is longer than the longest LTIME (584 years)")
    return value


def date_value(kind: str, text: str) -> int:
    """Nanoseconds of ``D#2024-01-31``, ``TOD#12:30:15.5`` (of the day) and ``DT#2024-01-31-12:30:15.5``."""
    words = text.partition("#")[2].replace("_", "").split("-")
    total = Fraction(0)
    forms = {"date": "D#2024-01-31", "tod": "TOD#12:30:15.5", "dt": "DT#2024-01-31-12:30:15.5"}
    try:
        if kind != "tod":
            day = date(*(int(word) for word in words[:3]))
            total += (day.toordinal() - _EPOCH) * DAY_NS
        if kind != "date":
            hours, minutes, *rest = words[-1].split(":")
            seconds = Fraction(rest[0]) if rest else Fraction(0)
            if len(rest) > 1 or not (int(hours) < 24 and int(minutes) < 60 and seconds < 60):
                raise ValueError
            total += ((int(hours) * 60 + int(minutes)) * 60 + seconds) * 1_000_000_000
    except (ValueError, OverflowError):
        what = {"date": "date", "tod": "time of day", "dt": "date and time"}[kind]
        raise ValueError(f"'{text}' is not a {what}: write for example {forms[kind]}") from None
    if not DT.low <= total <= DT.high:
        raise ValueError(f"{text} is outside what a date can be (1678 to 2261)")
    return round(total)


def string_value(text: str) -> tuple[IecType, str]:
    """A STRING exactly as long as the text in quotes; ``$N $R $T $L $P $$ $' $0A`` are characters.

    A text in double quotes is a WSTRING, with four digits: ``$00E4``.
    """
    base, code = (WSTRING, _WIDE_ESCAPE) if text[0] == '"' else (STRING, _ESCAPE)

    def character(match: re.Match[str]) -> str:
        word = match.group(1)
        if len(word) > 1:
            return chr(int(word, 16))
        if word.upper() not in _ESCAPES:
            raise ValueError(f"'${word}' is not a character of a string: write $$ for a dollar sign")
        return _ESCAPES[word.upper()]

    value = code.sub(character, text[1:-1])
    return IecType(base.name, "string", length=max(len(value), base.length)), value
