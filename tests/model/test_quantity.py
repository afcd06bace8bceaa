from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.model.dimensions import DIMENSIONS
from commissioning.model.quantity import (
    MAX_NS,
    QuantityError,
    format_duration_ns,
    format_quantity,
    parse_duration_ns,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "dimension", "si"),
    [
        ("3 m", "length", 3.0),
        ("300mm", "length", 0.3),
        ("0.4 m/s", "speed", 0.4),
        ("24 m/min", "speed", 0.4),
        ("1.2 m/s2", "acceleration", 1.2),
        ("1.2 m/s²", "acceleration", 1.2),
        ("500 mm/s2", "acceleration", 0.5),
        ("5 m/s3", "jerk", 5.0),
        ("20 ms", "duration", 0.02),
        ("15 min", "duration", 900.0),
        ("1 h 30 min", "duration", 5400.0),
        ("PT1M30.5S", "duration", 90.5),
        ("P1DT2H", "duration", 93600.0),
        ("2.5 kg", "mass", 2.5),
        ("900/h", "rate", 0.25),
        ("900 1/h", "rate", 0.25),
        ("15 /min", "rate", 0.25),
        ("95 %", "share", 0.95),
        ("180 deg", "angle", math.pi),
        ("1.5 kW", "power", 1500.0),
        ("-1e-3 N", "force", -0.001),
        ("6 bar", "pressure", 600000.0),
        (3, "length", 3.0),
        ("3", "length", 3.0),
    ],
)
def test_that_what_an_engineer_writes_is_read_in_si(text: str, dimension: str, si: float) -> None:
    assert parse_quantity(text, dimension) == si


def test_that_a_duration_is_exact_to_the_nanosecond() -> None:
    assert parse_duration_ns("20 ms") == 20_000_000
    assert parse_duration_ns("8h") == parse_duration_ns("8 h") == parse_duration_ns("PT8H") == 28_800 * 10**9
    assert parse_duration_ns(2.5) == 2_500_000_000
    # 0.1 + 0.2 style errors: the float 4.35 times 1e9 is 4349999999.999999
    assert parse_duration_ns("4.35 s") == 4_350_000_000
    assert parse_duration_ns("1.000000001 s") == 1_000_000_001


@given(st.integers(0, MAX_NS))
def test_that_every_whole_nanosecond_survives_its_text(ns: int) -> None:
    assert parse_duration_ns(format_duration_ns(ns)) == ns


@given(st.decimals(0, 9_000_000, places=9))
def test_that_decimal_seconds_are_read_without_rounding(seconds: Decimal) -> None:
    assert parse_duration_ns(f"{seconds} s") == int(seconds.scaleb(9))


@pytest.mark.parametrize("dimension", sorted(DIMENSIONS))
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_that_a_formatted_quantity_reads_back_as_the_same_float(dimension: str, value: float) -> None:
    assert parse_quantity(format_quantity(value, dimension), dimension) == value


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (0.4, "speed", "0.4 m/s"),
        (0.02, "duration", "20 ms"),
        (28800.0, "duration", "8 h"),
        (0.25, "rate", "900/h"),
        (0.95, "share", "95 %"),
        (math.pi / 2, "angle", "90 deg"),
        (3.0, "length", "3 m"),
        (0.05, "length", "50 mm"),
        (7.0, "number", "7"),
    ],
)
def test_that_quantities_are_shown_as_one_would_write_them(value: float, dimension: str, text: str) -> None:
    assert format_quantity(value, dimension) == text


@pytest.mark.parametrize(
    ("value", "dimension", "words"),
    [
        ("3 s", "length", ["is a duration, not a length", "3 m"]),
        ("3 MM", "length", ["Did you mean 'mm'", "3 m"]),
        ("0,4 m/s", "speed", ["point", "0.4 m/s"]),
        ("fast", "speed", ["0.4 m/s"]),
        (90, "angle", ["needs one", "90 deg"]),
        ("90", "angle", ["needs one", "90 deg"]),
        (True, "length", ["3 m"]),
        (None, "length", ["3 m"]),
        ([], "length", ["3 m"]),
        (math.nan, "length", ["3 m"]),
        (math.inf, "duration", ["20 ms"]),
        ("nan s", "duration", ["20 ms"]),
        ("1e999 m", "length", ["range"]),
        ("1e308 km", "length", ["range"]),
        ("9" * 101, "length", ["3 m"]),
        ("1e999999999999 m", "length", ["range"]),
        (10**400, "length", ["range"]),
        pytest.param(16**6000, "length", ["range"], id="an integer that Python does not print"),
        ("P1Y", "duration", ["PT8H"]),
        ("PT", "duration", ["PT8H"]),
        ("1 min 2 h", "duration", ["20 ms"]),
        ("", "duration", ["20 ms"]),
    ],
)
def test_that_a_wrong_quantity_says_what_to_write(value: object, dimension: str, words: list[str]) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(value, dimension)  # type: ignore[arg-type]
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("value", ["-1 s", -0.5, "300000 d", 1e30, pytest.param(10**4400, id="huge")])
def test_that_a_duration_is_neither_negative_nor_longer_than_the_kernel_counts(value: object) -> None:
    with pytest.raises(QuantityError):
        parse_duration_ns(value)  # type: ignore[arg-type]


@given(
    st.text(max_size=30) | st.integers() | st.floats() | st.none() | st.booleans() | st.binary(max_size=4),
    st.sampled_from(sorted(DIMENSIONS)),
)
def test_that_any_value_is_read_or_refused_with_a_cure(value: object, dimension: str) -> None:
    try:
        number = parse_quantity(value, dimension)  # type: ignore[arg-type]
    except QuantityError as error:
        assert error.cure
    else:
        assert math.isfinite(number)
