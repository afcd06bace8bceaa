"""Where everything lies: memories in a fixed order, and what tells the cell of a variable."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import product

from commissioning.plc.checking.scope import Pou, Symbol, View
from commissioning.plc.generation.views import shown as shown
from commissioning.plc.generation.views import with_shown as with_shown
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.values.iec_types import IecType, Value


@dataclass(frozen=True, slots=True)
class Variable:
    """One elementary variable.

    `path`: "x" of a global, "MAIN.x", "MAIN.timer1.Q"; `owner`: what stands before the last dot, "" for a
    global; `type`: the IEC name; `section`: VAR, VAR_INPUT ..., VAR_GLOBAL; TIME values are ns.
    `writable_by_program`: FALSE for constants and %I; `read`, `written`: whether the program does so.
    """

    path: str
    owner: str
    type: str
    section: str
    address: str
    initial: Value
    comment: str
    constant: bool
    retain: bool
    writable_by_program: bool
    read: bool
    written: bool
    file: str
    line: int
    column: int
    read_only: bool = False  # a name of VAR_ACCESS that nobody may write through


@dataclass(frozen=True, slots=True)
class Location:
    """Where a variable lives: memory and index. `timer`: the timer's first cell, for an ET nobody stores;
    `nested`: an element of an array or structure; `view`: only these bits of the cell; `raw`: its bytes are
    that many cells from there on, in a UNION."""

    memory: int
    index: int
    type: IecType
    variable: Variable
    timer: int = -1
    nested: bool = False
    view: View | None = None
    raw: int = 0

    @property
    def plain(self) -> bool:
        """Whether the value is what the cell holds."""
        return self.timer < 0 and self.view is None and not self.raw


@dataclass(frozen=True, slots=True)
class Area:
    """An array or structure: its first cell. `elapsed`: any timer may keep its ET."""

    memory: int
    index: int
    symbol: Symbol
    path: str
    owner: str
    elapsed: bool


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """One memory: globals, a program instance (`program` is its number, -1 shared) or a block in them.

    `addresses`: those that VAR_CONFIG gives, by cell. `retain`: PROGRAM RETAIN.
    """

    path: str
    pou: Pou
    program: int
    children: tuple[tuple[int, int], ...]
    overrides: tuple[tuple[int, Value], ...]
    timers: tuple[int, ...]
    addresses: tuple[tuple[int, str], ...] = ()
    retain: bool = False


def parts(type_: IecType, path: str, index: int) -> Iterator[tuple[str, int, IecType]]:
    """(path, cell, type) of everything in a variable that is no array and no structure, in order."""
    if type_.kind == "struct":
        for member in type_.members:
            yield from parts(member.type, f"{path}.{member.name}", index + member.offset)
    elif type_.kind == "array" and type_.element is not None:
        for place in product(*(range(low, high + 1) for low, high in type_.bounds)):
            shown = ",".join(str(number) for number in place)
            yield from parts(type_.element, f"{path}[{shown}]", index)
            index += type_.element.size
    else:
        yield path, index, type_


def leaf_types(type_: IecType) -> tuple[IecType, ...]:
    """The types that `parts` gives, in the same order."""
    if type_.kind == "struct":
        return tuple(leaf for member in type_.members for leaf in leaf_types(member.type))
    if type_.kind == "array" and type_.element is not None:
        inner = leaf_types(type_.element)
        return inner * (type_.size // type_.element.size) if inner else ()
    return (type_,)


def plan_memories(
    shared: Pou,
    instances: list[tuple[str, Pou]],
    reached: tuple[tuple[int, Pou], ...] = (),
    lent: Collection[str] = (),
) -> tuple[list[MemoryPlan], tuple[tuple[str, Pou, int], ...]]:
    """All memories in a fixed order: globals, then each program instance, each followed by its blocks.

    `reached`: programs whose memory is shared, and the cell of the globals that holds it; `lent`: names of
    instances that other tasks execute a part of."""
    plans: list[MemoryPlan] = []

    def add(path: str, pou: Pou, program: int, overrides: tuple[tuple[int, Value], ...]) -> int:
        number = len(plans)
        plans.append(MemoryPlan(path, pou, program, (), overrides, ()))
        children: list[tuple[int, int]] = []
        timers: list[int] = []
        for symbol in pou.symbols.values():
            foreign = symbol.is_global and pou.kind != "GLOBAL"
            if symbol.is_path:
                overrides = (*overrides, (symbol.index, path[: symbol.type.length]))
            if symbol.by_reference or foreign or not symbol.type.blocks:
                continue
            start = f"{path}.{symbol.name}" if path else symbol.name
            for inner, index, type_ in parts(symbol.type, start, symbol.index):
                slot = pou.slots[index]
                if slot.child is not None:
                    children.append((index, add(inner, slot.child, program, slot.overrides)))
                elif type_.kind == "block" and STANDARD_BLOCKS[type_.name].is_timer:
                    timers.append(index)
        plans[number] = MemoryPlan(path, pou, program, tuple(children), overrides, tuple(timers))
        return number

    add("", shared, -1, ())
    wanted = {pou.name: pou for _, pou in reached}
    roots = tuple(
        (name, pou, add(name, pou, -1 if wanted.get(name) is pou or name in lent else position, ()))
        for position, (name, pou) in enumerate(instances)
    )
    numbers = {pou.name: number for name, pou, number in roots if name == pou.name}
    for _, pou in reached:
        if pou.name not in numbers:
            numbers[pou.name] = add(pou.name, pou, -1, ())
    named = tuple((index, numbers[pou.name]) for index, pou in reached)
    plans[0] = replace(plans[0], children=(*plans[0].children, *named))
    return plans, roots
