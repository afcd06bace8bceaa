"""Pieces of Python text with the range of their values, so that wrapping is written only where it matters.

Only numbers, operators, and names that the compiler itself made up ever appear in the text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from commissioning.plc.values.iec_types import IecType, Value

# how tightly a text binds: what stands inside a looser place needs no parentheses
ATOM, UNARY, PRODUCT, SUM, SHIFT, AND_BITS, XOR_BITS, OR_BITS, COMPARISON, NOT, AND, OR, TERNARY = range(13)


@dataclass(frozen=True, slots=True)
class Code:
    """`low`..`high` bounds whole numbers (unused for other kinds); `calls`: evaluates a user's function."""

    text: str
    binding: int = ATOM
    low: int = 0
    high: int = 0
    calls: bool = False

    def within(self, binding: int) -> str:
        """The text, in parentheses where it binds looser than `binding`."""
        return self.text if self.binding <= binding else f"({self.text})"


def constant(value: Value) -> Code:
    """A literal, written again from its value."""
    if isinstance(value, bool):
        return Code("True" if value else "False")
    if isinstance(value, int):
        return Code(str(value), ATOM if value >= 0 else UNARY, value, value)
    if isinstance(value, float):
        if math.isnan(value):
            return Code("nan")
        if math.isinf(value):
            return Code("inf" if value > 0 else "-inf", UNARY)
        return Code(repr(value), ATOM if math.copysign(1.0, value) > 0 else UNARY)
    return Code(repr(value))


def listed(values: Sequence[str]) -> str:
    """Python texts as the items of a list, runs of equal ones written once."""
    words = []
    for word, group in groupby(values):
        count = sum(1 for _ in group)
        words += [word] * count if count < 4 or word.startswith("*") else [f"*({word},)*{count}"]
    return ", ".join(words)


def wrapped(code: Code, type_: IecType) -> Code:
    """`code` as a value of the whole-number type `type_`: two's complement, nothing where it fits anyway."""
    low, high = type_.low, type_.high
    if low <= code.low and code.high <= high:
        return code
    if type_.grain > 1:
        text = f"({code.within(PRODUCT)} // {type_.grain} & {(high - low) // type_.grain}) * {type_.grain}"
        return Code(text, PRODUCT, low, high, code.calls)
    mask = high - low
    if type_.kind == "tod":  # past midnight the next day begins
        return Code(f"{code.within(UNARY)} % {mask + 1}", PRODUCT, 0, high, code.calls)
    if low == 0:
        return Code(f"{code.within(SUM)} & {mask}", AND_BITS, 0, high, code.calls)
    return Code(f"({code.within(SUM)} + {-low} & {mask}) - {-low}", SUM, low, high, code.calls)


def floored(code: Code, type_: IecType) -> Code:
    """A value within the range of `type_` as a multiple of its grain."""
    if type_.grain == 1:
        return code
    text = f"{code.within(PRODUCT)} // {type_.grain} * {type_.grain}"
    return Code(text, PRODUCT, code.low, code.high, code.calls)


def storable(code: Code, type_: IecType) -> Code:
    """`code` as it is kept in a cell of `type_`. REAL is rounded by the statement, see `rounding`."""
    if type_.limits is not None and not type_.free:
        low, high = type_.limits
        inside = wrapped(code, type_)
        if low <= inside.low and inside.high <= high:
            return inside
        return call("bounded", inside, constant(low), constant(high), low=low, high=high)
    if type_.whole:
        return wrapped(code, type_)
    if type_.kind == "string":
        return Code(f"{code.within(ATOM)}[:{type_.length}]", ATOM, calls=code.calls)
    return code


def call(name: str, *arguments: Code, low: int = 0, high: int = 0) -> Code:
    """A call of a function of the runtime."""
    text = ", ".join(argument.text for argument in arguments)
    return Code(f"{name}({text})", ATOM, low, high, any(argument.calls for argument in arguments))
