"""The memories of a running PLC: fresh ones, what may be written into them, their values for a snapshot."""

from __future__ import annotations

from types import CodeType
from typing import Any

from commissioning.plc.checking.scope import View
from commissioning.plc.generation.layout import MemoryPlan, shown
from commissioning.plc.running.address_space import AddressSpace
from commissioning.plc.running.memory_values import plain_cells
from commissioning.plc.values.iec_types import IecType, Value
from commissioning.plc.values.runtime import namespace, rounded
from commissioning.plc.values.wording import with_articles

Memory = list[Any]


def seen_value(memory: Memory, index: int, view: View, type_: IecType) -> Value:
    """What a view shows of a cell."""
    return shown(memory[index], view, type_)


def accepted(path: str, type_: IecType, value: Value) -> Value:
    """`value` as a cell of `type_` keeps it; raises TypeError or ValueError."""
    if type_.kind == "bool":
        if isinstance(value, bool):
            return value
    elif type_.kind == "string":
        if isinstance(value, str):
            return value[: type_.length]
    elif type_.kind == "real":
        if isinstance(value, int | float) and not isinstance(value, bool):
            return rounded(value) if type_.name == "REAL" else float(value) + 0.0
    elif isinstance(value, int) and not isinstance(value, bool):
        low, high = type_.limits or (type_.low, type_.high)
        if not low <= value <= high:
            raise ValueError(with_articles(f"{value} does not fit {path}, a {type_.plain} ({low}..{high})"))
        return value - value % type_.grain
    raise TypeError(with_articles(f"{path} is a {type_}, not {type(value).__name__}"))


def functions_of(code: CodeType, space: AddressSpace | None = None) -> dict[str, Any]:
    """The functions of the generated module; `space`: what its pointers lead to."""
    names = names_for(space)
    exec(code, names)  # noqa: S102 - generated from the typed tree, without builtins
    return names


def names_for(space: AddressSpace | None) -> dict[str, Any]:
    """The globals of generated code."""
    names = namespace()
    if space is not None:
        names |= {
            "window": space.window, "adr": space.address, "grants": space.grants,
            "enter": space.enter, "leave": space.leave, "copied": space.copied, "filled": space.filled,
            "compared": space.compared, "created": space.heap.created, "released": space.heap.released,
        }  # fmt: skip
    return names


def fresh(plan: MemoryPlan) -> Memory:
    """A memory with every cell at its initial value."""
    slots = plan.pou.slots
    cells: Memory = [slot.value if slot.type is not None else None for slot in slots]
    for index, value in plan.overrides:
        if slots[index].type is not None:
            cells[index] = value
    return cells


def plain(plan: MemoryPlan, memory: Memory) -> list[Value | None]:
    """The values of a memory for JSON."""
    return plain_cells(plan.pou.slots, memory)
