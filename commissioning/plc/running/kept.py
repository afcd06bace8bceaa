"""The variables of a program with all their cells: what a start or an online change keeps or not.

More than its users can name: standard blocks have cells of their own (`start` of a timer, `m` of an R_TRIG).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from commissioning.plc.checking.scope import Symbol, View
from commissioning.plc.generation.layout import MemoryPlan, parts, shown, with_shown
from commissioning.plc.program import Program
from commissioning.plc.running.memory import Memory
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.values.iec_types import BOOL, IecType, Value

TIMES = ("start", "due", "shift")


@dataclass(frozen=True, slots=True)
class Kept:
    """One declared variable: `index` is its first cell in memory number `memory`. `retain`, `persistent`: it,
    or a block that it lies in, was declared so."""

    path: str
    symbol: Symbol
    memory: int
    index: int
    retain: bool
    persistent: bool

    @property
    def type(self) -> IecType:
        return self.symbol.type


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a variable, also one that cannot be named. `role`: of a cell that holds a time of this
    PLC's clock, what it is: "start" and "due" of a timer, "shift" of a clock. `block`: the type of the
    standard block that it lies in."""

    path: str
    type: IecType
    memory: int
    index: int
    view: View | None = None
    role: str = ""
    block: str = ""

    def read(self, memories: list[Memory]) -> Value:
        cell = memories[self.memory][self.index]
        value: Value = cell if self.view is None else shown(cell, self.view, self.type)
        return value

    def write(self, memories: list[Memory], value: Value) -> None:
        memory = memories[self.memory]
        memory[self.index] = value if self.view is None else with_shown(memory[self.index], self.view, value)


def kept_variables(program: Program) -> Iterator[Kept]:
    """Every variable that lasts from scan to scan, in order; of a user's block what is in it, by its path."""
    marks: dict[int, tuple[bool, bool]] = {}
    for number, plan in enumerate(program.memories):
        retain, persistent = marks.get(number, (plan.retain, False))
        children = dict(plan.children)
        for symbol in plan.pou.symbols.values():
            if symbol.by_reference or symbol.section in ("VAR_TEMP", "VAR_EXTERNAL") or symbol.bytes_at >= 0:
                continue
            both = retain or symbol.retain, persistent or symbol.persistent
            for index in range(symbol.index, symbol.index + symbol.size) if symbol.type.blocks else ():
                if index in children:
                    marks[children[index]] = both
            if symbol.block is None:
                path = f"{plan.path}.{symbol.name}" if plan.path else symbol.name
                home = 0 if symbol.is_global else number
                yield Kept(path, symbol, home, symbol.index, *both)


def leaves(kept: Kept, plan: MemoryPlan, bytes_of_bits: bool = False) -> Iterator[Leaf]:
    """The values of a variable, those in standard blocks too; `plan` is that of its memory. `bytes_of_bits`:
    the byte that BITs share instead of these, as pointers see it."""
    for path, index, type_ in parts(kept.type, kept.path, kept.index):
        if type_.bit_names and bytes_of_bits:
            yield Leaf(path, replace(type_, bit_names=()), kept.memory, index)
        elif type_.bit_names:
            owner = path.rpartition(".")[0]
            for bit, name in enumerate(type_.bit_names):
                yield Leaf(f"{owner}.{name}", BOOL, kept.memory, index, View(bit, 1, type_))
        elif type_.kind != "block":
            if plan.pou.slots[index].type is not None:
                yield Leaf(path, type_, kept.memory, index, kept.symbol.view)
        elif plan.pou.slots[index].child is None and type_.name in STANDARD_BLOCKS:
            for offset, cell in enumerate(STANDARD_BLOCKS[type_.name].cells):
                role = cell.name if cell.role == "hidden" and cell.name in TIMES else ""
                where = kept.memory, index + offset
                yield Leaf(f"{path}.{cell.name}", cell.type, *where, role=role, block=type_.name)


def form(type_: IecType) -> object:
    """What two types of different programs must have in common for their cells to mean the same."""
    if type_.kind == "struct":
        return "struct", tuple((m.name.upper(), m.offset, form(m.type)) for m in type_.members)
    if type_.kind == "array" and type_.element is not None:
        return "array", type_.bounds, form(type_.element)
    return type_.kind, str(type_), tuple(name.upper() for name in type_.bit_names)
