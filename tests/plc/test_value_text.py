"""Values as literals and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.plc.running.value_text import duration_ns, parsed_value, shown_duration, shown_value
from commissioning.plc.values.iec_types import (
    BOOL,
    DATE,
    DT,
    ELEMENTARY,
    INT,
    LREAL,
    REAL,
    STRING,
    TIME,
    TOD,
    WSTRING,
    IecType,
)
from commissioning.plc.values.runtime import rounded

COLOUR = IecType("Colour", "enum", -(1 << 15), (1 << 15) - 1, element=INT, values=(("red", 0), ("green", 5)))


@settings(max_examples=200)
@given(st.integers(TIME.low + 1, TIME.high))
def test_that_a_duration_is_read_as_it_was_shown(ns: int) -> None:
    assert duration_ns(shown_duration(ns)) == ns


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_that_a_string_is_read_as_it_was_shown(text: str) -> None:
    assert parsed_value(STRING, shown_value(STRING, text)) == text
    assert parsed_value(WSTRING, shown_value(WSTRING, text)) == text


@settings(max_examples=100)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_that_a_number_is_read_as_it_was_shown(value: float) -> None:
    assert parsed_value(LREAL, shown_value(LREAL, value)) == value
    kept = rounded(value)
    assert rounded(float(str(parsed_value(REAL, shown_value(REAL, kept))))) == kept


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (BOOL, "true", True),
        (BOOL, "0", False),
        (INT, "-12", -12),
        (INT, "1_000", 1000),
        (INT, "16#ff", 255),
        (INT, "-2#101", -5),
        (INT, "INT#7", 7),
        (LREAL, "-1.5e3", -1500.0),
        (TIME, "T#1s500ms", 1_500_000_000),
        (TIME, "20 ms", 20_000_000),
        (COLOUR, "GREEN", 5),
        (COLOUR, "Colour.green", 5),
        (COLOUR, "Colour#red", 0),
        (COLOUR, "5", 5),
        (STRING, "plain", "plain"),
        (STRING, "'a$'b'", "a'b"),
        (DATE, "1970-01-02", 86_400 * 10**9),
        (TOD, "TOD#00:00:01", 10**9),
        (DT, "DT#1970-01-01-00:00:02", 2 * 10**9),
        (ELEMENTARY["WORD"], "8#17", 15),
    ],
)
def test_that_texts_stand_for_values(type_: IecType, text: str, value: object) -> None:
    found = parsed_value(type_, text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (BOOL, "2"),
        (BOOL, ""),
        (INT, "1.5"),
        (INT, "x"),
        (INT, ""),
        (INT, "3#1"),
        (LREAL, "1,5"),
        (COLOUR, "blue"),
        (TIME, "soon"),
        (DATE, "1970-13-01"),
        (INT, "9" * 1000),
        (TIME, "T#" + "1" * 500 + "s"),
        (INT, "--5x"),
    ],
)
def test_that_what_is_no_value_is_told(type_: IecType, text: str) -> None:
    with pytest.raises(ValueError):
        parsed_value(type_, text)


def test_that_values_are_shown_as_literals() -> None:
    assert shown_value(BOOL, True) == "TRUE"
    assert shown_value(COLOUR, 5) == "Colour.green" and shown_value(COLOUR, 3) == "3"
    assert shown_value(TIME, -90_000_000_000) == "T#-1m30s" and shown_value(TIME, 0) == "T#0s"
    assert shown_value(ELEMENTARY["REAL"], 0.10000000149011612) == "0.1"
    assert shown_value(DATE, 0) == "D#1970-01-01"
