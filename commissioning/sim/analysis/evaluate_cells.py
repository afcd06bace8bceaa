"""One small object per node of an expression: its value at the instant that was settled last.

Levels and events are True, False or None (not known: an operand is BAD), joined by Kleene's three-valued
logic. `due` is the instant at which a cell changes without a new record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isnan
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from commissioning.sim.polynomial import NEVER, Motion, Polynomial

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge,
}  # fmt: skip


class Cell:
    """A value: bool or None, number, text, or a Polynomial of a continuous node."""

    __slots__ = ("due", "parts", "value")

    def __init__(self, parts: Sequence[Cell] = ()) -> None:
        self.parts = tuple(parts)
        self.value: Any = None
        self.due = NEVER

    def settle(self, t: int) -> None:
        """Take the value at instant `t`, after all that happened in it; `parts` have done so."""


class Input(Cell):
    """A constant, or a tag or port whose records are written into `value`."""

    __slots__ = ()

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class MotionCell(Cell):
    """Travel or speed of a drive."""

    __slots__ = ("motion",)

    def __init__(self, motion: Motion) -> None:
        super().__init__()
        self.motion = motion

    def settle(self, t: int) -> None:
        self.motion.settle(t)
        self.value, self.due = self.motion.polynomial, self.motion.change


class ReadingCell(Cell):
    """An entry that runs: `scale` and `offset` over the motion it follows, or a number while it stands."""

    __slots__ = ("motion", "offset", "scale", "standing")

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.standing = value
        self.motion: Motion | None = None
        self.offset = self.scale = 0.0

    def stand(self, value: Any) -> None:
        """From now on it is this number; None: not known."""
        self.standing, self.motion = value, None

    def follow(self, motion: Motion, offset: float, scale: float) -> None:
        """From now on it runs so."""
        self.motion, self.offset, self.scale = motion, offset, scale

    def settle(self, t: int) -> None:
        if self.motion is None:
            self.value, self.due = self.standing, NEVER
            return
        self.motion.settle(t)
        moved = self.motion.polynomial.scaled(self.scale)
        self.value, self.due = moved._replace(c0=moved.c0 + self.offset), self.motion.change


class NotCell(Cell):
    __slots__ = ()

    def settle(self, t: int) -> None:
        value = self.parts[0].value
        self.value = None if value is None else not value


class AndCell(Cell):
    __slots__ = ()

    def settle(self, t: int) -> None:
        self.value = conjunction([part.value for part in self.parts])


class OrCell(Cell):
    __slots__ = ()

    def settle(self, t: int) -> None:
        values = [part.value for part in self.parts]
        self.value = True if True in values else None if None in values else False


class CompareCell(Cell):
    """Comparison of values that change with records only. NaN compares with nothing."""

    __slots__ = ("compare",)

    def __init__(self, parts: Sequence[Cell], operator: str) -> None:
        super().__init__(parts)
        self.compare = COMPARISONS[operator]

    def settle(self, t: int) -> None:
        left, right = self.parts[0].value, self.parts[1].value
        self.value = None if left is None or right is None else self.compare(left, right)


class ContinuousCompareCell(Cell):
    """Comparison of continuous values; its changes are the solved crossings."""

    __slots__ = ("compare",)

    def __init__(self, parts: Sequence[Cell], operator: str) -> None:
        super().__init__(parts)
        self.compare = COMPARISONS[operator]

    def settle(self, t: int) -> None:
        left, right = (polynomial(part, t) for part in self.parts)
        if left is None or right is None:
            self.value, self.due = None, NEVER
            return
        sign, self.due = left.plus(right, -1.0).sign_after(t)
        self.value = self.compare(sign, 0)


class ArithmeticCell(Cell):
    """A function of numbers; None if one is not known or the result has no value (x / 0, NaN)."""

    __slots__ = ("work",)

    def __init__(self, parts: Sequence[Cell], work: Callable[[list[Any]], Any]) -> None:
        super().__init__(parts)
        self.work = work

    def settle(self, t: int) -> None:
        values = [part.value for part in self.parts]
        self.value = None
        if None in values:
            return
        try:
            value = self.work(values)
        except (OverflowError, ZeroDivisionError):
            return
        self.value = None if isinstance(value, float) and isnan(value) else value


class ContinuousCell(Cell):
    """A function of polynomials: gives the polynomial from instant t on, and when it changes."""

    __slots__ = ("work",)

    def __init__(
        self, parts: Sequence[Cell], work: Callable[[list[Polynomial], int], tuple[Polynomial, int]]
    ) -> None:
        super().__init__(parts)
        self.work = work

    def settle(self, t: int) -> None:
        values = [value for value in (polynomial(part, t) for part in self.parts) if value is not None]
        if len(values) < len(self.parts):
            self.value, self.due = None, NEVER
        else:
            self.value, self.due = self.work(values, t)


class EdgeCell(Cell):
    """The event that a level becomes `rising` (True or False). Nothing happens before the first instant."""

    __slots__ = ("before", "rising")

    def __init__(self, parts: Sequence[Cell], rising: bool) -> None:
        super().__init__(parts)
        self.rising = rising
        self.before: bool | str | None = "nothing"

    def settle(self, t: int) -> None:
        before, now = self.before, self.parts[0].value
        self.before = now
        self.due = NEVER
        if now is None:
            self.value = None  # it may happen at any time while the level is not known
        elif now is not self.rising or before is now or before == "nothing":
            self.value = False
        elif before is None:
            self.value = None  # perhaps now, perhaps before: in doubt at this instant, not after it
            self.due = t + 1
        else:
            self.value = True


class HeldCell(Cell):
    """True once the level has been True for `duration` ns; in doubt if it may have been."""

    __slots__ = ("certain", "duration", "possible")

    def __init__(self, parts: Sequence[Cell], duration: int) -> None:
        super().__init__(parts)
        self.duration = duration
        self.certain: int | None = None
        self.possible: int | None = None

    def settle(self, t: int) -> None:
        level = self.parts[0].value
        if level is False:
            self.certain = self.possible = None
        else:
            self.certain = None if level is None else t if self.certain is None else self.certain
            self.possible = t if self.possible is None else self.possible
        self.due = NEVER
        self.value = False
        for start, value in ((self.possible, None), (self.certain, True)):
            if start is None:
                continue
            if t - start >= self.duration:
                self.value = value
            else:
                self.due = min(self.due, start + self.duration)


class SinceCell(Cell):
    """True from an event on at which the level is True, until the level ends."""

    __slots__ = ()

    def __init__(self, parts: Sequence[Cell]) -> None:
        super().__init__(parts)
        self.value = False

    def settle(self, t: int) -> None:
        level, event = self.parts[0].value, self.parts[1].value
        begun = True if True in (event, self.value) else None if None in (event, self.value) else False
        self.value = conjunction([level, begun])


def conjunction(values: list[bool | None]) -> bool | None:
    """Kleene's `and`."""
    return False if False in values else None if None in values else True


def polynomial(cell: Cell, t: int) -> Polynomial | None:
    """The value of a continuous operand; a number stands until its next record."""
    value = cell.value
    if value is None or isinstance(value, Polynomial):
        return value
    return Polynomial(t, float(value))


def total(signs: Sequence[int], values: list[Any]) -> Any:
    return sum(sign * value for sign, value in zip(signs, values, strict=True))


def product(powers: Sequence[int], values: list[Any]) -> Any:
    result: Any = 1
    for power, value in zip(powers, values, strict=True):
        result = result * value if power > 0 else result / value
    return result


def continuous_total(signs: Sequence[int], values: list[Polynomial], t: int) -> tuple[Polynomial, int]:
    result = values[0].scaled(float(signs[0]))
    for sign, value in zip(signs[1:], values[1:], strict=True):
        result = result.plus(value, float(sign))
    return result, NEVER


def continuous_product(
    powers: Sequence[int], moving: int, values: list[Polynomial], t: int
) -> tuple[Polynomial, int]:
    factor = 1.0
    for index, (power, value) in enumerate(zip(powers, values, strict=True)):
        if index != moving:
            factor = factor * value.c0 if power > 0 else factor / value.c0
    return values[moving].scaled(factor), NEVER


def continuous_function(name: str, values: list[Polynomial], t: int) -> tuple[Polynomial, int]:
    """abs, min, max: the branch from instant `t` on, and when another takes over."""
    if name == "abs":
        sign, due = values[0].sign_after(t)
        return (values[0].scaled(-1.0) if sign < 0 else values[0]), due
    best, due = values[0], NEVER
    for other in values[1:]:
        sign, change = other.plus(best, -1.0).sign_after(t)
        due = min(due, change)
        if (sign < 0) if name == "min" else (sign > 0):
            best = other
    return best, due


def arithmetic(name: str) -> Callable[[list[Any]], Any]:
    """abs, min or max of plain numbers."""
    if name == "abs":
        return lambda values: abs(values[0])
    return min if name == "min" else max


__all__ = [
    "AndCell", "ArithmeticCell", "Cell", "CompareCell", "ContinuousCell", "ContinuousCompareCell", "EdgeCell",
    "HeldCell", "Input", "MotionCell", "NotCell", "OrCell", "ReadingCell", "SinceCell", "arithmetic",
    "continuous_function", "continuous_product", "continuous_total", "partial", "product", "total",
]  # fmt: skip
