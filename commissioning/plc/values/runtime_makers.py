"""What generated code of the makers' dialects calls where CODESYS differs from the standard.

Measured on CODESYS 3.5 by public projects (tests/plc/peers); TwinCAT has the same compiler.
"""

from __future__ import annotations

import math
import struct
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from commissioning.plc.values.faults import MathFault

_LAST = 1 << 63
_SEVEN = Context(prec=7, rounding=ROUND_HALF_UP)


def nearest_away(value: float) -> int:
    """REAL -> whole number in 64 bits: ties away from zero; -2**63 stands for what they do not hold."""
    near = _away(value)
    return near if -_LAST <= near < _LAST else -_LAST


def nearest_away_unsigned(value: float) -> int:
    """The same for ULINT and LWORD, whose 64 bits have no sign."""
    return _away(value) if _LAST <= value < 2 * _LAST else nearest_away(value)


def truncated_dint(value: float) -> int:
    """TRUNC, which gives a DINT: its least number stands for what it does not hold."""
    cut = int(_finite(value))
    return cut if -(1 << 31) <= cut < 1 << 31 else -(1 << 31)


def multiplex_or_last(index: int, *values: Any) -> Any:
    """MUX, whose last input stands for every K that is none of them."""
    return values[index if 0 <= index < len(values) else -1]


def text_of_single(value: float) -> str:
    """REAL_TO_STRING: 3.0, 16777220.0 in seven digits, 1E08 and 1.2345679E08 in as many as tell the REAL."""
    if not math.isfinite(value):
        return f"{value:g}"
    near = _SEVEN.create_decimal_from_float(value)
    if not near or Decimal("0.0001") <= abs(near) < 100_000_000:
        shown = f"{near.normalize():f}"
        return shown if "." in shown else f"{shown}.0"
    digits = next((n for n in range(9) if _single(float(f"{value:.{n}e}")) == value), 8)
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return f"{mantissa}E{exponent.replace('+', '')}"


def _away(value: float) -> int:
    cut = int(_finite(value))
    if abs(value - cut) < 0.5:
        return cut
    return cut + 1 if value > 0 else cut - 1


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise MathFault(f"{value:g} has no whole number")
    return value


def _single(value: float) -> float:
    """The nearest binary32, infinity beyond."""
    try:
        near: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.inf
    return near
