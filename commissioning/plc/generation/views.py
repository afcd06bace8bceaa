"""What a view shows of a cell that holds a whole number, and the cell with another value in its bits."""

from __future__ import annotations

from commissioning.plc.checking.scope import View
from commissioning.plc.values.iec_types import IecType, Value
from commissioning.plc.values.runtime import sign_extended
from commissioning.plc.values.runtime_bits import bits_of_real, real_of_bits


def shown(cell: int, view: View, type_: IecType) -> Value:
    """The value that a view shows of a cell."""
    bits = cell >> view.start & (1 << view.width) - 1
    if type_.kind == "bool":
        return bits != 0
    if type_.kind == "real":
        return real_of_bits(bits, view.width)
    return sign_extended(bits, view.width) if type_.low < 0 else bits * type_.grain


def with_shown(cell: int, view: View, value: Value) -> int:
    """The cell with `value` in the bits of a view."""
    mask = (1 << view.width) - 1
    bits = bits_of_real(value, view.width) if isinstance(value, float) else int(value) // view.grain & mask
    return cell & ~(mask << view.start) | bits << view.start
