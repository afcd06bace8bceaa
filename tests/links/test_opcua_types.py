"""Types, values and qualities on the wire."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.links import opcua_types as types
from commissioning.model.tags import DataType, Quality, Reason

# OPC 30000 (PLCopen), table 27.
PLCOPEN = {
    "BOOL": "Boolean", "SINT": "SByte", "INT": "Int16", "DINT": "Int32", "LINT": "Int64", "USINT": "Byte",
    "UINT": "UInt16", "UDINT": "UInt32", "ULINT": "UInt64", "REAL": "Float", "LREAL": "Double",
    "TIME": "Int64", "BYTE": "Byte", "WORD": "UInt16", "DWORD": "UInt32", "LWORD": "UInt64",
    "STRING": "String",
}  # fmt: skip


def test_that_every_type_travels_as_plcopen_says() -> None:
    assert {t.value: types.NAMES[types.BUILTIN[t]] for t in DataType} == PLCOPEN


def _values(datatype: DataType) -> st.SearchStrategy[object]:
    if datatype is DataType.BOOL:
        return st.booleans()
    if datatype is DataType.STRING:
        return st.text()
    if datatype is DataType.REAL:
        return st.floats(width=32, allow_nan=False, allow_infinity=False)
    if datatype is DataType.LREAL:
        return st.floats(allow_nan=False, allow_infinity=False)
    if datatype is DataType.TIME:
        return st.integers(-(2**63) // 10**6 + 1, 2**63 // 10**6 - 1).map(lambda ms: ms * 10**6)
    low, high = datatype.range or (0, 0)
    return st.integers(int(low), int(high)) | st.sampled_from([int(low), int(high)])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(DataType)).flatmap(lambda t: st.tuples(st.just(t), _values(t))))
def test_that_a_value_comes_back_as_it_was_sent(case: tuple[DataType, object]) -> None:
    datatype, value = case
    builtin = types.BUILTIN[datatype]
    sent = types.to_wire(datatype, builtin, value)  # type: ignore[arg-type]
    back = types.from_wire(datatype, builtin, sent)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize(
    ("datatype", "builtin", "value"),
    [
        (DataType.BOOL, 1, 1), (DataType.INT, 4, True), (DataType.INT, 4, 32768), (DataType.INT, 6, 5),
        (DataType.REAL, 10, None), (DataType.BOOL, 1, None), (DataType.STRING, 12, 3),
        (DataType.REAL, 10, 1e39), (DataType.TIME, 11, float("nan")), (DataType.USINT, 3, -1),
        (DataType.INT, 4, "5"),
    ],
)  # fmt: skip
def test_that_what_is_no_value_of_the_type_is_refused(
    datatype: DataType, builtin: int, value: object
) -> None:
    with pytest.raises(ValueError, match=r"."):
        types.from_wire(datatype, builtin, value)


@pytest.mark.parametrize("builtin", [6, 7, 8, 11])
def test_that_a_time_of_any_vendor_is_read_in_milliseconds(builtin: int) -> None:
    assert types.from_wire(DataType.TIME, builtin, 1500) == 1_500_000_000
    assert types.to_wire(DataType.TIME, builtin, 1_500_000_000) == 1500


def test_that_a_time_too_long_for_32_bit_milliseconds_is_refused() -> None:
    too_long_ns = (1 << 31) * 1_000_000
    with pytest.raises(ValueError, match="Int32"):
        types.to_wire(DataType.TIME, 6, too_long_ns)


@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize("reason", list(Reason))
def test_that_the_severity_of_a_status_is_the_quality(quality: Quality, reason: Reason) -> None:
    """OPC 10000-4, 7.38: bits 31-30 are 00 good, 01 uncertain, 10 bad."""
    assert types.status_of(quality, reason) >> 30 == int(quality)
    assert types.quality_of(types.status_of(quality, reason))[0] is quality


def test_that_the_flag_bits_of_a_status_do_not_change_its_meaning() -> None:
    """OPC 10000-4, table 175: the low 16 bits of a status code are info bits."""
    assert types.quality_of(0x408F0000 | 0x0480) == (Quality.UNCERTAIN, Reason.NO_COMMUNICATION)


@given(st.floats(width=32))
def test_that_any_float_a_tag_can_hold_can_be_encoded(value: float) -> None:
    struct.pack("<f", types.to_wire(DataType.REAL, 10, value))
