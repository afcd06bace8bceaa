"""Some bits of a cell, read and stored: Python text."""

from __future__ import annotations

from commissioning.plc.checking.scope import View
from commissioning.plc.generation.emission import (
    AND_BITS,
    ATOM,
    COMPARISON,
    PRODUCT,
    SUM,
    TERNARY,
    Code,
    call,
    wrapped,
)
from commissioning.plc.values.iec_types import IecType

__all__ = ["merged", "seen"]


def seen(text: str, view: View, type_: IecType) -> Code:
    """The bits of a cell that a view shows, as a value of `type_`."""
    mask = (1 << view.width) - 1
    raw = Code(f"{text} >> {view.start} & {mask}" if view.start else f"{text} & {mask}", AND_BITS, 0, mask)
    if type_.kind == "bool":
        return Code(f"{raw.text} != 0", COMPARISON)
    if type_.kind == "real":
        return call("real_of_bits", raw, Code(str(view.width)))
    if type_.grain > 1:
        return Code(f"({raw.text}) * {type_.grain}", PRODUCT, type_.low, type_.high)
    if type_.low < 0:
        half = 1 << view.width - 1
        return Code(f"({raw.text} ^ {half}) - {half}", SUM, -half, half - 1)
    return raw


def merged(text: str, view: View, value: Code, type_: IecType) -> str:
    """What the whole cell becomes when a value of `type_` is stored into the bits of a view."""
    mask = (1 << view.width) - 1
    keep = f"{text} & {~(mask << view.start)}"
    if type_.kind == "bool":
        bits = f"({1 << view.start} if {value.within(TERNARY - 1)} else 0)"
    elif type_.kind == "real":
        bits = f"{call('bits_of_real', value, Code(str(view.width))).text} << {view.start}"
    elif type_.grain > 1:
        bits = f"({value.within(PRODUCT)} // {type_.grain} & {mask}) << {view.start}"
    else:
        bits = f"({value.within(SUM)} & {mask}) << {view.start}"
    if view.base.low < 0:
        return wrapped(
            Code(f"({keep} | {bits})", ATOM, 2 * view.base.low, 2 * view.base.high), view.base
        ).text
    return f"{keep} | {bits}"
