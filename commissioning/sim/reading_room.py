"""Values that go in steps, and how far what they are made of may move until they are other ones."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import ceil, floor, inf, isfinite

from commissioning.model.tags import DataType

__all__ = ["counted", "room", "stepped"]

_ROUNDING = 1e-6  # of a count: what the arithmetic of a travel may be short of a whole count
_UNSURE = 1e-7  # of a count: how near a change is taken for one
_SINGLE = 2.4e-7  # of a number: a REAL is stored nearer to it than that


def stepped(value: float, step: float) -> float:
    """The multiple of `step` (in the unit of the value; 0: it has none) at or below `value`."""
    steps = value / step if step > 0.0 else inf
    return step * floor(steps + _ROUNDING) if isfinite(steps) else value


def counted(datatype: DataType, value: float, modulus: float = 0.0) -> int:
    """The count below `value`, modulo `modulus` (0: not), wrapped as a register of the type wraps.

    What is no number, as a recording written by hand may have it, counts 0.
    """
    count = floor(value + _ROUNDING) if isfinite(value) else 0
    if modulus >= 1.0 and isfinite(modulus):
        count %= int(modulus)
    limits = datatype.range
    if limits is None:
        raise TypeError(f"{datatype} cannot count")
    low, high = limits
    return int((count - low) % (high - low + 1) + low)


def room(
    datatype: DataType, x: float, modulus: float, limits: Sequence[float] | None = None
) -> tuple[float, float]:
    """How far `x` may surely (fall, rise) until the value that is made of it is another one.

    Integers count `x` modulo `modulus`, a REAL goes in steps of `modulus`, or as it is. `limits`, ascending:
    what leaves the value strictly between the same two of them is no change. Both are 0 where it may be
    another one at once.
    """
    if not isfinite(x):
        return 0.0, 0.0
    if not datatype.is_real:
        return _of_count(datatype, x, modulus, limits)
    down, up = 0.0, 0.0
    if modulus > 0.0 and isfinite(x / modulus):
        over = x / modulus + _ROUNDING - floor(x / modulus + _ROUNDING)
        down, up = max(over - _UNSURE, 0.0) * modulus, max(1.0 - over - _UNSURE, 0.0) * modulus
    if limits is None:
        return down, up
    low, high = x - modulus * (1.0 + _ROUNDING), x + modulus * _ROUNDING  # where the value is, surely
    k = bisect_right(limits, low)
    below = limits[k - 1] if k else -inf
    above = limits[k] if k < len(limits) else inf
    fall = inf if below == -inf else low - below - _SINGLE * abs(below)
    rise = inf if above == inf else above - high - _SINGLE * abs(above)
    return (max(down, fall), max(up, rise)) if min(fall, rise) > 0.0 else (down, up)


def _of_count(
    datatype: DataType, x: float, modulus: float, limits: Sequence[float] | None
) -> tuple[float, float]:
    """Of an integer, whole counts and the rest of the present one."""
    over = x + _ROUNDING - floor(x + _ROUNDING)
    down = up = 1  # counts until it is another one
    if limits is not None:
        value, count, around = counted(datatype, x, modulus), floor(x + _ROUNDING), datatype.range
        assert around is not None
        down, up = value - int(around[0]) + 1, int(around[1]) - value + 1  # until the register wraps
        if modulus >= 1.0 and isfinite(modulus):
            down = min(down, count % int(modulus) + 1)
            up = min(up, int(modulus) - count % int(modulus))
        before, behind = bisect_left(limits, value), bisect_right(limits, value)
        if before != behind:  # it stands on one of them
            down = up = 1
        if before:
            down = min(down, value - floor(limits[before - 1]))
        if behind < len(limits):
            up = min(up, ceil(limits[behind]) - value)
    return max(down - 1 + over - _UNSURE, 0.0), max(up - over - _UNSURE, 0.0)
