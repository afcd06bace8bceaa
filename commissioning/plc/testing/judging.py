"""What assertions come to: whether they hold, and what is expected and what is there if not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commissioning.plc.checking.assertions import OPERATORS, Assertion
from commissioning.plc.checking.byte_layout import measure
from commissioning.plc.checking.value_bytes import encoded
from commissioning.plc.generation.layout import parts
from commissioning.plc.program import Program
from commissioning.plc.running.value_text import shown_duration, shown_value
from commissioning.plc.values.iec_types import IecType

__all__ = ["verdict_on", "written"]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b, "NE": lambda a, b: a != b, "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b, "GT": lambda a, b: a > b, "GE": lambda a, b: a >= b,
}  # fmt: skip


def written(program: Program, assertion: Assertion) -> str:
    """The statement as far as it stands in its first line, in brackets; "" where its text is not known."""
    text = program.checked.sources.get(assertion.file, "")
    lines = text.split("\n", assertion.at.line)
    if len(lines) < assertion.at.line:
        return ""
    words = lines[assertion.at.line - 1][assertion.at.column - 1 :].partition(";")[0].strip()
    return f" [{words[:100]}]" if words else ""


def verdict_on(assertion: Assertion, values: tuple[Any, ...]) -> str:
    """Empty if the assertion holds, else what is expected and what is there."""
    word, type_ = assertion.word, assertion.type
    actual = values[0]
    if word in ("TRUE", "FALSE"):
        wanted = word == "TRUE"
        return "" if bool(actual) is wanted else f"expected {word}, actual {shown_value(type_, bool(actual))}"
    expected = values[1]
    if word == "OTHER":
        return "expected and actual are of different types"
    if word == "BYTES" and assertion.actual is not None:
        return _bytes(type_, assertion.actual, actual, expected)
    if word == "ARRAY":
        return _arrays(type_, actual, expected, float(values[2]))
    if type_.aggregate:
        if (actual == expected) is (word == "EQ"):
            return ""
        return (
            _difference(type_, actual, expected)
            if word == "EQ"
            else "expected others, all values are the same"
        )
    if word == "NEAR":
        tolerance = values[2]
        if abs(actual - expected) <= tolerance:
            return ""
        around = shown_duration(tolerance) if type_.kind == "time" else f"{tolerance:.7g}"
        return f"expected {shown_value(type_, expected)} +- {around}, actual {shown_value(type_, actual)}"
    if _COMPARE[word](actual, expected):
        return ""
    relation = "" if word == "EQ" else f"{OPERATORS[word]} "
    return f"expected {relation}{shown_value(type_, expected)}, actual {shown_value(type_, actual)}"


def _arrays(type_: IecType, actual: list[Any], expected: list[Any], tolerance: float) -> str:
    """Two arrays, whose bounds may differ, element by element; `type_` is that of the expected one."""
    if len(actual) != len(expected):
        return f"expected {len(expected)} elements, actual {len(actual)}"
    for path, index, inner in parts(type_, "", 0):
        wanted, found = expected[index], actual[index]
        same = abs(wanted - found) <= tolerance if inner.kind == "real" else wanted == found
        if not same:
            return f"expected {path} = {shown_value(inner, wanted)}, actual {shown_value(inner, found)}"
    return ""


def _bytes(type_: IecType, other: IecType, actual: list[Any], expected: list[Any]) -> str:
    """Two arrays or structures of different types: equal where their bytes are."""
    wanted, found = measure(type_)[0], measure(other)[0]
    if wanted != found:
        return f"expected {wanted} bytes, actual {found}"
    same = _image(type_, expected) == _image(other, actual)
    return "" if same else f"expected the bytes of a {type_}, the {other} has others"


def _image(type_: IecType, cells: list[Any]) -> bytes:
    """Without the gaps between members."""
    return b"".join(encoded(cells[index], inner) for _, index, inner in parts(type_, "", 0))


def _difference(type_: IecType, actual: list[Any], expected: list[Any]) -> str:
    """The first value in which two arrays or structures differ."""
    for path, index, inner in parts(type_, "", 0):
        if actual[index] != expected[index]:
            wanted, found = shown_value(inner, expected[index]), shown_value(inner, actual[index])
            return f"expected {path.lstrip('.')} = {wanted}, actual {found}"
    return "expected the same values"
