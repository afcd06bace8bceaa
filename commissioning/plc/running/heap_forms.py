"""How what __NEW makes lies in memory: its cells, their bytes, the timers in it, the blocks in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from commissioning.plc.checking.byte_layout import MemoryLayout, aligned, measure, memory_layout
from commissioning.plc.checking.scope import Pou
from commissioning.plc.generation.layout import parts
from commissioning.plc.standard.blocks import DUE, STANDARD_BLOCKS
from commissioning.plc.values.iec_types import IecType

GAP = 16  # bytes behind each memory
_KNOWN = 256
Memory = list[Any]


@dataclass(frozen=True, slots=True)
class HeapKind:
    """What some __NEW makes: a block of the program (`pou`), or elements of `type`, whose cells and variable
    `pou` has. `number`: that of the functions `made<number>` in generated code."""

    number: int
    type: IecType
    pou: Pou

    @property
    def block(self) -> bool:
        return self.pou.kind == "FUNCTION_BLOCK"


@dataclass(frozen=True, slots=True)
class Form:
    """The cells (slots) and bytes of one memory. `timers`: the cells that hold when a timer is due."""

    pou: Pou
    layout: MemoryLayout
    timers: tuple[int, ...]


class Made(list[Any]):
    """The cells of what __NEW has made."""

    __slots__ = ()


class Forms:
    """Those that one PLC needs, each worked out once."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], Form] = {}
        self._blocks: dict[int, Form] = {}  # by number of a POU

    def of(self, kind: HeapKind, count: int) -> Form:
        """Of a block, or of `count` elements in a row."""
        if kind.block:
            return self.block(kind.pou)
        form = self._rows.get((kind.number, count))
        if form is None:
            if len(self._rows) >= _KNOWN:
                self._rows.clear()
            form = self._rows[kind.number, count] = _repeated(kind, count)
        return form

    def block(self, pou: Pou) -> Form:
        form = self._blocks.get(pou.number)
        if form is None:
            form = self._blocks[pou.number] = Form(pou, memory_layout(pou), timer_cells(pou))
        return form

    def size(self, form: Form) -> int:
        """Bytes of a memory with the blocks in it."""
        inner = [slot.child for slot in form.pou.slots if slot.child is not None]
        return aligned(form.layout.size + GAP, GAP) + sum(self.size(self.block(one)) for one in inner)


def with_blocks(memory: Memory, form: Form, form_of: Callable[[Pou], Form]) -> Iterator[tuple[Memory, Form]]:
    """A fresh memory and those of the blocks in it, each with its form."""
    yield memory, form
    for index, slot in enumerate(form.pou.slots):
        if slot.child is not None:
            memory[index] = Made(memory[index])
            yield from with_blocks(memory[index], form_of(slot.child), form_of)


def timer_cells(pou: Pou) -> tuple[int, ...]:
    """The cells of a POU that hold when a timer is due."""
    found = []
    for symbol in pou.symbols.values():
        foreign = symbol.is_global and pou.kind != "GLOBAL"
        if symbol.by_reference or foreign or not symbol.type.blocks:
            continue
        for _, index, type_ in parts(symbol.type, "", symbol.index):
            own = pou.slots[index].child is not None
            if type_.kind == "block" and not own and STANDARD_BLOCKS[type_.name].is_timer:
                found.append(index + DUE)
    return tuple(found)


def _repeated(kind: HeapKind, count: int) -> Form:
    """So many elements in a row."""
    one, cells = memory_layout(kind.pou), len(kind.pou.slots)
    step = aligned(*measure(kind.type))
    offsets = tuple(offset + place * step for place in range(count) for offset in one.offsets)
    order = [cell + place * cells for place in range(count) for cell in one.cells]
    pou = Pou("HEAP", kind.pou.name, -1, "", None)
    pou.slots = kind.pou.slots * count
    timers = [cell + place * cells for place in range(count) for cell in timer_cells(kind.pou)]
    size = offsets[0] + count * step
    starts = tuple(offsets[cell] for cell in order)
    spans = ((offsets[0], size),) if kind.type.aggregate else ()
    return Form(pou, MemoryLayout(starts, tuple(order), offsets, size, spans), tuple(timers))
