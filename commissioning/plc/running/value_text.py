"""Values of variables as people write them: as literals for messages, and from tables and Python."""

from __future__ import annotations

from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.checking.scope import suggestion
from commissioning.plc.values.iec_types import IecType, Value
from commissioning.plc.values.literals import date_value, literal_value, string_value, time_value
from commissioning.plc.values.runtime import rounded
from commissioning.plc.values.runtime_texts import text_of_moment
from commissioning.plc.values.wording import with_articles

__all__ = ["duration_ns", "given_value", "parsed_value", "shown_duration", "shown_value"]

_UNITS = (
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
)  # fmt: skip
_LONGEST = 400


def shown_value(type_: IecType, value: object) -> str:
    """`value` of a cell as a literal of Structured Text: TRUE, T#1s500ms, 'text', Colour.red."""
    if type_.kind == "enum":
        name = next((name for name, number in type_.values if number == value), None)
        return str(value) if name is None else f"{type_.name}.{name}"
    if type_.kind == "time" and isinstance(value, int):
        return shown_duration(value)
    if type_.kind in ("date", "tod", "dt") and isinstance(value, int):
        return text_of_moment(value, type_.kind)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _shown_real(type_, value)
    if isinstance(value, str):
        quote = '"' if type_.name == "WSTRING" else "'"
        return quote + value.replace("$", "$$").replace(quote, "$" + quote) + quote
    return str(value)


def _shown_real(type_: IecType, value: float) -> str:
    """As short as it can be and still is this very value, as a REAL or as an LREAL."""
    if type_.name == "REAL":
        short = f"{value:.7g}"
        return short if rounded(float(short)) == value else f"{value:.9g}"
    short = f"{value:.15g}"
    return short if float(short) == value else repr(value)


def shown_duration(ns: int) -> str:
    """T#1m2s500ms."""
    words, rest = [], abs(ns)
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count}{unit}")
    return f"T#{'-' if ns < 0 else ''}{''.join(words) or '0s'}"


def duration_ns(value: str | int | float) -> int:
    """ "T#4s", "4 s", or a number of seconds -> ns. Raises ValueError."""
    if isinstance(value, str) and "#" in value:
        return time_value(value.strip())
    return parse_duration_ns(value)


def given_value(type_: IecType, value: object) -> Value:
    """A value from Python as a cell keeps it: enumerators by name and durations and dates as text too.

    Raises TypeError or ValueError for what the type does not take (the range is not looked at).
    """
    if isinstance(value, str) and type_.kind != "string":
        if type_.kind in ("enum", "time", "date", "tod", "dt"):
            return parsed_value(type_, value)
        raise TypeError(with_articles(f"a {type_} is expected") + f", not the text {value!r}")
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(with_articles(f"a {type_} is expected, not {type(value).__name__}"))


def parsed_value(type_: IecType, text: str) -> Value:
    """The value that a text stands for: TRUE or 1, -12, 16#FF, 1.5, T#2s or 2 s, red. Raises ValueError."""
    word = text.strip()
    if len(word) > _LONGEST and type_.kind != "string":
        raise ValueError(f"a value of {len(word)} characters is too long")
    if type_.kind == "string":
        quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "'\""
        return string_value(word)[1] if quoted else text
    if type_.kind == "bool":
        known = {"TRUE": True, "1": True, "FALSE": False, "0": False}
        if word.upper() not in known:
            raise ValueError(f"'{word}' is no BOOL: write TRUE or FALSE")
        return known[word.upper()]
    if type_.kind == "enum":
        return _enumerator(type_, word)
    if type_.kind == "time":
        return duration_ns(word)
    if type_.kind in ("date", "tod", "dt"):
        prefix = {"date": "D#", "tod": "TOD#", "dt": "DT#"}[type_.kind]
        return date_value(type_.kind, word if "#" in word else prefix + word)
    return _number(type_, word)


def _enumerator(type_: IecType, word: str) -> int:
    name = word.replace("#", ".").rpartition(".")[2]
    for member, number in type_.values:
        if member.upper() == name.upper():
            return number
    if name.lstrip("+-").isdecimal():
        return int(name)
    known = [member for member, _ in type_.values]
    hint = suggestion(name, known)
    raise ValueError(
        f"{type_.name} has no {word}; it has {', '.join(known[:12])}{'. ' + hint if hint else ''}"
    )


def _number(type_: IecType, word: str) -> Value:
    sign = -1 if word.startswith("-") else 1
    digits = word.lstrip("+-")
    if type_.kind == "real":
        try:
            return float(word)
        except ValueError:
            raise ValueError(f"'{word}' is no number") from None
    kind = "based" if "#" in digits and digits[:1].isdecimal() else "typed" if "#" in digits else "integer"
    if kind == "integer" and not digits.replace("_", "").isdecimal():
        raise ValueError(f"'{word}' is no whole number")
    value = literal_value(kind, digits)[1]
    if not isinstance(value, int):
        raise ValueError(f"'{word}' is no whole number")
    return sign * value
