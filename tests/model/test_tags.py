from __future__ import annotations

import math

import pytest

from commissioning.model.tags import DataType


@pytest.mark.parametrize(
    ("name", "low", "high"),
    # IEC 61131-3:2013 table 10
    [
        ("SINT", -128, 127),
        ("INT", -32768, 32767),
        ("DINT", -(2**31), 2**31 - 1),
        ("LINT", -(2**63), 2**63 - 1),
        ("USINT", 0, 255),
        ("UINT", 0, 65535),
        ("UDINT", 0, 2**32 - 1),
        ("ULINT", 0, 2**64 - 1),
        ("BYTE", 0, 255),
        ("LWORD", 0, 2**64 - 1),
    ],
)
def test_that_an_integer_type_takes_its_range_and_no_more(name: str, low: int, high: int) -> None:
    kind = DataType(name)
    assert kind.range == (low, high)
    assert kind.accepts(low) and kind.accepts(high)
    assert not kind.accepts(low - 1) and not kind.accepts(high + 1)
    assert kind.bits == (high - low).bit_length()


@pytest.mark.parametrize("kind", list(DataType))
def test_that_every_type_accepts_its_default_and_only_one_of_true_one_and_text(kind: DataType) -> None:
    assert kind.accepts(kind.default)
    assert sum((kind.accepts(True), kind.accepts(1), kind.accepts("1"))) == 1
    assert not kind.accepts(None)


def test_that_a_real_refuses_what_overflows_it() -> None:
    assert not DataType.REAL.accepts(1e39)
    assert DataType.LREAL.accepts(1e39)
    assert DataType.REAL.accepts(math.nan) and DataType.REAL.accepts(2)
    assert not DataType.INT.accepts(1.0)
