"""Quantities with units: text as an engineer writes it <-> SI values, exactly.

Numbers are read as decimals and scaled as fractions, so that "20 ms" is 20,000,000 ns and not one less,
and "0.3 m" is the same float as 0.3. A plain number is SI, except for angles, which always need a unit.
"""

from __future__ import annotations

import difflib
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from commissioning.model.dimensions import DIMENSIONS, Dimension

NS: Final = 1_000_000_000
MAX_NS: Final = 2**63 - 1
_LONGEST = 100  # characters; more is no number that somebody wrote
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*(.*?)\s*\Z", re.ASCII | re.DOTALL)
_COMPOUND = re.compile(rf"\s*({_NUMBER})\s*([a-zµμ]+)\s*", re.ASCII)
_ISO = re.compile(
    r"P(?:(?P<w>\d+(?:\.\d+)?)W|(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<min>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?)\Z",
    re.ASCII,
)


class QuantityError(ValueError):
    """A value that is no quantity of its dimension: what is wrong, what to write instead, and where in
    the value (`path`, for values that are mappings or lists)."""

    def __init__(self, what: str, cure: str = "", path: tuple[str | int, ...] = ()) -> None:
        self.what = what
        self.cure = cure
        self.path = path
        super().__init__(f"{what}. {cure}." if cure else f"{what}.")


def parse_quantity(value: str | int | float, dimension: str) -> float:
    """SI value of `value` as a float, correctly rounded.

    `value`: a number (SI) or text with a unit of the dimension ("0.4 m/s", "900/h", "95 %").
    `dimension`: a key of `DIMENSIONS`. Raises QuantityError (a ValueError) whose text says what to write.
    """
    exact = _parse_exact(value, DIMENSIONS[dimension])
    return _to_float(exact, value)


def parse_duration_ns(value: str | int | float) -> int:
    """Whole nanoseconds (nearest) of a duration >= 0: "8h", "1 h 30 min", "PT8H", 2.5 (seconds).

    Raises QuantityError for what is no duration, negative or longer than 2**63 - 1 ns (292 years).
    """
    exact = _parse_exact(value, DIMENSIONS["duration"])
    if exact < 0:
        raise QuantityError(f"a duration cannot be negative, {_shown(value)} is", "Write it as 0 s or more")
    ns = round(exact * NS)
    if ns > MAX_NS:
        raise QuantityError(f"{_shown(value)} is longer than the longest duration, 292 years", "Write less")
    return ns


def format_quantity(value: float, dimension: str) -> str:
    """The shortest text that `parse_quantity` reads back as exactly `value` (SI): "0.4 m/s", "20 ms".

    Raises QuantityError for NaN and infinity.
    """
    kind = DIMENSIONS[dimension]
    if not math.isfinite(value):
        raise QuantityError(f"{value} is no {kind.name}")
    value = float(value)
    if not kind.shown:
        return _number_text(value)
    best = ""
    for unit in kind.shown:
        number = _number_in(value, kind.units[unit])
        if number is None:
            continue
        text = number + (unit if unit.startswith("/") else f" {unit}")
        if not best or len(text) < len(best):
            best = text
    if best:
        return best
    si = kind.si if kind.si != "1" else ""
    return f"{_number_text(value)} {si}".strip()


def format_duration_ns(ns: int) -> str:
    """Whole nanoseconds -> text that `parse_duration_ns` reads back exactly: "20 ms", "8 h"."""
    for unit, size in (("h", 3600 * NS), ("min", 60 * NS), ("s", NS), ("ms", 1_000_000), ("us", 1000)):
        if ns and ns % size == 0:
            return f"{ns // size} {unit}"
    if abs(ns) < NS:
        return f"{ns} ns" if ns else "0 s"
    return f"{Decimal(ns).scaleb(-9):f} s"


def _number_in(value: float, factor: Fraction) -> str | None:
    exact = Fraction(value) / factor
    for digits in (15, 16, 17):
        try:
            text = _number_text(float(f"{float(exact):.{digits}g}"))
            if float(Fraction(Decimal(text)) * factor) == value:
                return text
        except OverflowError:
            continue  # beyond the floats in this unit, or by rounding to so few digits
    return None


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _parse_exact(value: object, kind: Dimension) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise QuantityError(f"{_shown(value)} is no {_words(kind.name)}", _expected(kind))
    if isinstance(value, str):
        return _parse_text(value, kind)
    if isinstance(value, float) and not math.isfinite(value):
        raise QuantityError(f"{value} is no {_words(kind.name)}", _expected(kind))
    if not kind.plain and value != 0:
        raise _no_unit(value, kind)
    return Fraction(value)


def _parse_text(text: str, kind: Dimension) -> Fraction:
    if len(text) > _LONGEST:
        raise QuantityError(f"{_shown(text)} is no {_words(kind.name)}", _expected(kind))
    if kind.name == "duration" and text.strip().startswith("P"):
        return _parse_iso(text.strip(), kind)
    match = _QUANTITY.match(text)
    if match is None:
        raise QuantityError(f"{_shown(text)} is no {_words(kind.name)}", _expected(kind))
    number, unit = _decimal(match[1], text), match[2]
    if not unit:
        if not kind.plain and number != 0:
            raise _no_unit(text, kind)
        return number
    factor = kind.units.get(unit)
    if factor is not None and unit != "1":
        return number * factor
    if kind.name == "duration":
        compound = _parse_compound(text, kind)
        if compound is not None:
            return compound
    raise _wrong_unit(text, unit, kind)


def _parse_compound(text: str, kind: Dimension) -> Fraction | None:
    """ "1 h 30 min": parts without sign, each unit smaller than the one before."""
    total, position, last = Fraction(0), 0, None
    while position < len(text):
        match = _COMPOUND.match(text, position)
        factor = kind.units.get(match[2]) if match is not None else None
        if match is None or factor is None or match[1][0] in "+-" or (last is not None and factor >= last):
            return None
        total += _decimal(match[1], text) * factor
        position, last = match.end(), factor
    return total


def _parse_iso(text: str, kind: Dimension) -> Fraction:
    match = _ISO.match(text)
    if match is None or not any(match.groups()):
        raise QuantityError(
            f"{_shown(text)} is no duration of ISO 8601 with weeks, days, hours, minutes and seconds",
            "Write for example PT8H, PT1M30S or 8 h",
        )
    seconds = {"w": 604800, "d": 86400, "h": 3600, "min": 60, "s": 1}
    return sum(
        (_decimal(number, text) * seconds[unit] for unit, number in match.groupdict().items() if number),
        Fraction(0),
    )


def _decimal(number: str, text: str) -> Fraction:
    """Exact; an exponent beyond the floats is refused before it becomes a huge integer."""
    decimal = Decimal(number)
    if decimal and not -400 < decimal.adjusted() < 400:
        raise QuantityError(f"{_shown(text)} is out of the range of numbers", "Write a smaller exponent")
    return Fraction(decimal)


def _to_float(exact: Fraction, value: object) -> float:
    try:
        return float(exact)
    except OverflowError:
        what = f"{_shown(value)} is out of the range of numbers"
        raise QuantityError(what, "Write a smaller number") from None


def _no_unit(value: object, kind: Dimension) -> QuantityError:
    return QuantityError(f"{_shown(value)} has no unit, and {_article(kind.name)} needs one", _expected(kind))


def _wrong_unit(text: str, unit: str, kind: Dimension) -> QuantityError:
    if re.match(r"[,']\d", unit):
        cure = f"Write decimals with a point. {_expected(kind)}"
        return QuantityError(f"{_shown(text)} is no {_words(kind.name)}", cure)
    other = next((name for name, other in DIMENSIONS.items() if unit in other.units and unit != "1"), None)
    what = f"{_shown(text)} has the unit {unit!r}"
    if other is not None:
        what += f", which is {_article(other)}, not {_article(kind.name)}"
        return QuantityError(what, _expected(kind))
    lowered = {known.lower(): known for known in kind.units if known != "1"}
    near = lowered.get(unit.lower())
    if near is None:
        near = next(iter(difflib.get_close_matches(unit, list(lowered.values()), 1)), None)
    hint = f"Did you mean {near!r}? " if near else ""
    return QuantityError(f"{what}, which is no unit of {_words(kind.name)}", hint + _expected(kind))


def _expected(kind: Dimension) -> str:
    units = [unit for unit in kind.units if unit != "1" and unit.isascii()]
    listed = f" (units: {', '.join(units)})" if units else ""
    return f"Write {_article(kind.name)} like {kind.example}{listed}"


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {_words(name)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        return "that number"  # Python refuses to print integers of more than 4300 digits
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
