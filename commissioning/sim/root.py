"""Where a function that changes sign in an interval is zero, by arithmetic that is the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

__all__ = ["bracketed"]

_MOST = 200  # the interval halves each time: more than there are doubles between two numbers of a motion


def bracketed(f: Callable[[float], float], low: float, high: float) -> float:
    """The x in [low, high] with f(x) = 0, to the last digits of a double.

    `f` is continuous and its signs at both ends are not the same (0 counts as either). Ridders' method
    (1979) needs + - * / and sqrt only, so that every machine finds the same x.
    """
    at_low, at_high = f(low), f(high)
    if at_low == 0.0:
        return low
    if at_high == 0.0:
        return high
    if (at_low > 0.0) is (at_high > 0.0):
        raise ValueError(f"no change of sign between {low!r} and {high!r}")
    x = low
    for _ in range(_MOST):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            return x
        at_middle = f(middle)
        if at_middle == 0.0:
            return middle
        slope = sqrt(at_middle * at_middle - at_low * at_high)
        if slope == 0.0:
            return middle  # products below the smallest double: f is 0 here but for rounding
        before, step = x, (middle - low) * at_middle / slope
        x = middle + (step if at_low > at_high else -step)
        if not low < x < high:
            x = middle
        at_x = f(x)
        if at_x == 0.0 or x == before:
            return x
        for point, value in ((middle, at_middle), (x, at_x)):
            if low < point < high:
                if (value > 0.0) is (at_low > 0.0):
                    low, at_low = point, value
                else:
                    high, at_high = point, value
    return x
