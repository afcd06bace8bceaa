"""What stands in for a caller: variables for all that a POU takes by reference."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from commissioning.plc.checking.scope import Declared, Pou, Slot, Symbol
from commissioning.plc.values.iec_types import IecType

__all__ = ["holder_of", "is_called"]


def is_called(pou: Pou) -> bool:
    """Whether it keeps nothing of its own from call to call: a function, method, action or accessor."""
    return pou.kind == "FUNCTION" or pou.local


def holder_of(pou: Pou, types: Mapping[str, Declared]) -> Pou:
    """A POU with variables in place of what `pou` takes by reference, and of all parameters of a FUNCTION."""
    holder = Pou("HOLDER", pou.name, 0, pou.file, pou.tree)
    words = ("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT") if is_called(pou) else ("VAR_IN_OUT",)
    for symbol in pou.section(*words):
        if pou.kind == "TEST":
            continue  # the programs that it can name are given to it as they are
        held: Symbol = copy(symbol)
        held.section, held.index = "VAR", len(holder.slots)
        if not symbol.by_reference:
            holder.slots += pou.slots[symbol.index : symbol.index + symbol.size]
        elif symbol.block is not None:
            holder.slots.append(Slot(child=symbol.block))
        elif symbol.standard is not None:
            holder.slots += [Slot(cell.type, cell.initial) for cell in symbol.standard.cells]
        else:
            holder.slots += _slots(symbol.type, types)
        holder.symbols[symbol.name.upper()] = held
    return holder


def _slots(type_: IecType, types: Mapping[str, Declared]) -> list[Slot]:
    """The cells of a variable of `type_` without an initial value of its own."""
    declared = types.get(type_.name.upper())
    if declared is not None and declared.type == type_:
        return list(declared.slots)
    if type_.kind == "struct":
        return [slot for member in type_.members for slot in _slots(member.type, types)]
    if type_.kind == "array" and type_.element is not None:
        one = _slots(type_.element, types)
        return one * (type_.size // max(type_.element.size, 1))
    if type_.kind == "enum":
        return [Slot(type_, type_.values[0][1])]
    low, high = type_.limits or (0, 0)
    return [Slot(type_, min(max(0, low), high) if type_.limits else type_.default)]
