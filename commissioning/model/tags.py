"""Types and qualities of tags: the IEC 61131-3 elementary types that a PLC tag can have."""

from __future__ import annotations

import math
from enum import IntEnum, StrEnum

_INTEGERS: dict[str, tuple[int, int]] = {}
for _name, _bits in (("SINT", 8), ("INT", 16), ("DINT", 32), ("LINT", 64)):
    _INTEGERS[_name] = (-(1 << (_bits - 1)), (1 << (_bits - 1)) - 1)
    _INTEGERS["U" + _name] = (0, (1 << _bits) - 1)
for _name, _bits in (("BYTE", 8), ("WORD", 16), ("DWORD", 32), ("LWORD", 64)):
    _INTEGERS[_name] = (0, (1 << _bits) - 1)
_INTEGERS["TIME"] = _INTEGERS["LINT"]  # integer ns

_REAL_MAX = 3.4028234663852886e38  # largest finite IEEE 754 binary32

Value = bool | int | float | str


class DataType(StrEnum):
    """IEC 61131-3 elementary type. Values are bool, int, float or str; TIME is integer nanoseconds."""

    BOOL = "BOOL"
    SINT = "SINT"
    INT = "INT"
    DINT = "DINT"
    LINT = "LINT"
    USINT = "USINT"
    UINT = "UINT"
    UDINT = "UDINT"
    ULINT = "ULINT"
    BYTE = "BYTE"
    WORD = "WORD"
    DWORD = "DWORD"
    LWORD = "LWORD"
    REAL = "REAL"
    LREAL = "LREAL"
    TIME = "TIME"
    STRING = "STRING"

    @property
    def default(self) -> Value:
        """The value before anybody wrote: FALSE, 0, 0.0 or ''."""
        if self is DataType.BOOL:
            return False
        if self is DataType.STRING:
            return ""
        return 0.0 if self.is_real else 0

    @property
    def is_real(self) -> bool:
        return self in (DataType.REAL, DataType.LREAL)

    @property
    def is_integer(self) -> bool:
        """Whether values are integers: the INT and WORD families and TIME (ns)."""
        return self.value in _INTEGERS

    @property
    def is_bits(self) -> bool:
        """BYTE, WORD, DWORD, LWORD: what `bit` of a binding may address, beside the integer types."""
        return self in (DataType.BYTE, DataType.WORD, DataType.DWORD, DataType.LWORD)

    @property
    def bits(self) -> int:
        """Width in bits; 1 for BOOL, 0 for STRING."""
        if self is DataType.BOOL:
            return 1
        if self is DataType.STRING:
            return 0
        if self.is_real:
            return 32 if self is DataType.REAL else 64
        low, high = _INTEGERS[self.value]
        return (high - low).bit_length()

    @property
    def range(self) -> tuple[float, float] | None:
        """(smallest, largest) value, None for BOOL and STRING. Integer types give ints."""
        if self.value in _INTEGERS:
            return _INTEGERS[self.value]
        if self is DataType.REAL:
            return (-_REAL_MAX, _REAL_MAX)
        if self is DataType.LREAL:
            return (-1.7976931348623157e308, 1.7976931348623157e308)
        return None

    def accepts(self, value: object) -> bool:
        """Whether `value` can stand on a tag of this type. True is no number and 1 is no BOOL here."""
        if isinstance(value, bool):
            return self is DataType.BOOL
        if isinstance(value, str):
            return self is DataType.STRING
        if isinstance(value, int):
            if self.is_real:
                return True
            return self.value in _INTEGERS and _INTEGERS[self.value][0] <= value <= _INTEGERS[self.value][1]
        if isinstance(value, float):
            if self is DataType.LREAL:
                return True
            # NaN and the infinities are values of IEEE 754 and reach a REAL tag from outside
            return self is DataType.REAL and (not math.isfinite(value) or abs(value) <= _REAL_MAX)
        return False


class Quality(IntEnum):
    """How far a value can be trusted."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(IntEnum):
    """Why a quality is not GOOD."""

    NONE = 0
    INITIAL = 1
    LINK_LOST = 2
    STALE = 3
    FAULT = 4
    SUBSTITUTED = 5
    NO_COMMUNICATION = 6
