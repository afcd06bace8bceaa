"""IEC 61131-3 types, values and qualities in OPC UA terms. Imports no OPC UA library.

Types map as in OPC 30000 (PLCopen information model), table 27: TIME travels as Int64 milliseconds.
Our TIME is nanoseconds, so what is finer than a millisecond is rounded to the nearest one.
"""

from __future__ import annotations

import math
from typing import Final

from commissioning.model.tags import DataType, Quality, Reason, Value

__all__ = ["ACCEPTED", "BUILTIN", "NAMES", "from_wire", "quality_of", "status_of", "to_wire"]

# Built-in types of OPC UA (OPC 10000-6, table 1); also their numeric node ids in namespace 0.
NAMES: Final[dict[int, str]] = {
    1: "Boolean", 2: "SByte", 3: "Byte", 4: "Int16", 5: "UInt16", 6: "Int32", 7: "UInt32",
    8: "Int64", 9: "UInt64", 10: "Float", 11: "Double", 12: "String", 13: "DateTime",
}  # fmt: skip

BUILTIN: Final[dict[DataType, int]] = {
    DataType.BOOL: 1, DataType.SINT: 2, DataType.USINT: 3, DataType.BYTE: 3, DataType.INT: 4,
    DataType.UINT: 5, DataType.WORD: 5, DataType.DINT: 6, DataType.UDINT: 7, DataType.DWORD: 7,
    DataType.LINT: 8, DataType.ULINT: 9, DataType.LWORD: 9, DataType.REAL: 10, DataType.LREAL: 11,
    DataType.TIME: 8, DataType.STRING: 12,
}  # fmt: skip

ACCEPTED: Final[dict[DataType, tuple[int, ...]]] = {
    **{datatype: (number,) for datatype, number in BUILTIN.items()},
    # Milliseconds in all of them: PLCopen Int64, S7 Int32, CODESYS UInt32, OPC UA's own Duration (Double).
    DataType.TIME: (8, 6, 7, 11),
}
"""What a PLC's variable may be for a tag of each type, the usual one first."""

_RANGE: Final[dict[int, tuple[int, int]]] = {
    2: (-(1 << 7), (1 << 7) - 1), 3: (0, (1 << 8) - 1), 4: (-(1 << 15), (1 << 15) - 1),
    5: (0, (1 << 16) - 1), 6: (-(1 << 31), (1 << 31) - 1), 7: (0, (1 << 32) - 1),
    8: (-(1 << 63), (1 << 63) - 1), 9: (0, (1 << 64) - 1),
}  # fmt: skip
_FLOAT_MAX: Final = 3.4028234663852886e38
_NS_PER_MS: Final = 1_000_000

# Status codes of OPC 10000-4, 7.38 and OPC 10000-8, 6.3.
GOOD: Final = 0x00000000
_STATUS: Final[dict[tuple[Quality, Reason], int]] = {
    (Quality.UNCERTAIN, Reason.INITIAL): 0x40920000,  # UncertainInitialValue
    (Quality.UNCERTAIN, Reason.LINK_LOST): 0x408F0000,  # UncertainNoCommunicationLastUsableValue
    (Quality.UNCERTAIN, Reason.NO_COMMUNICATION): 0x408F0000,
    (Quality.UNCERTAIN, Reason.STALE): 0x40900000,  # UncertainLastUsableValue
    (Quality.UNCERTAIN, Reason.SUBSTITUTED): 0x40910000,  # UncertainSubstituteValue
    (Quality.UNCERTAIN, Reason.FAULT): 0x40930000,  # UncertainSensorNotAccurate
    (Quality.BAD, Reason.INITIAL): 0x80320000,  # BadWaitingForInitialData
    (Quality.BAD, Reason.LINK_LOST): 0x80310000,  # BadNoCommunication
    (Quality.BAD, Reason.NO_COMMUNICATION): 0x80310000,
    (Quality.BAD, Reason.FAULT): 0x808C0000,  # BadSensorFailure
}
_PLAIN: Final = {Quality.GOOD: GOOD, Quality.UNCERTAIN: 0x40000000, Quality.BAD: 0x80000000}
_REASON: Final[dict[int, Reason]] = {
    0x40920000: Reason.INITIAL, 0x80320000: Reason.INITIAL, 0x408F0000: Reason.NO_COMMUNICATION,
    0x80310000: Reason.NO_COMMUNICATION, 0x40900000: Reason.STALE, 0x40910000: Reason.SUBSTITUTED,
    0x40930000: Reason.FAULT, 0x808C0000: Reason.FAULT, 0x808B0000: Reason.FAULT,
}  # fmt: skip


def status_of(quality: Quality, reason: Reason) -> int:
    """The OPC UA status code (32 bit) of a quality and its reason."""
    return _STATUS.get((quality, reason), _PLAIN[quality])


def quality_of(status: int) -> tuple[Quality, Reason]:
    """Quality and reason of a status code. The two top bits are the severity; 11 is reserved, so BAD."""
    severity = status >> 30
    quality = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)[severity]
    # the low half holds flags (limit, overflow, semantics changed) that do not touch the meaning
    return quality, _REASON.get(status & 0xFFFF0000, Reason.NONE)


def to_wire(datatype: DataType, builtin: int, value: Value) -> Value:
    """A tag's value as the built-in type `builtin` carries it. Raises ValueError if it does not fit."""
    if not datatype.accepts(value):
        raise ValueError(f"{value!r} is no {datatype} value")
    if datatype is DataType.TIME and not isinstance(value, str):
        ms = value / _NS_PER_MS if builtin == 11 else (int(value) + _NS_PER_MS // 2) // _NS_PER_MS
        value = ms
    limits = _RANGE.get(builtin)
    if limits is not None and isinstance(value, int) and not limits[0] <= value <= limits[1]:
        raise ValueError(f"{value} does not fit into {NAMES[builtin]}")
    return float(value) if builtin in (10, 11) else value


def from_wire(datatype: DataType, builtin: int, value: object) -> Value:
    """A received value as the tag holds it. Raises ValueError if it is none: nothing turns null into 0."""
    if value is None:
        raise ValueError("no value")
    if builtin not in ACCEPTED[datatype]:
        raise ValueError(f"{NAMES.get(builtin, f'type {builtin}')} is no {datatype}")
    if datatype is DataType.TIME and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no duration")
        value = round(value * _NS_PER_MS) if builtin == 11 else int(value) * _NS_PER_MS
    if not datatype.accepts(value):
        raise ValueError(f"{value!r} is no {datatype} value")
    if datatype is DataType.REAL and isinstance(value, float) and abs(value) > _FLOAT_MAX:
        raise ValueError(f"{value} is no finite {datatype}")
    assert isinstance(value, bool | int | float | str)
    return value
