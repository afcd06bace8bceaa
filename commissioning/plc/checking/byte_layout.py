"""Where variables would lie in the memory of a 64-bit PLC: sizes and places in bytes, for SIZEOF and ADR.

Cells are what code works on; bytes exist for pointers only. Everything lies at a multiple of its own size, a
structure at one of its largest member, as in C and in TwinCAT and CODESYS with their usual packing; the
attribute 'pack_mode' bounds that. TIME and
dates are 8 bytes (they are kept as nanoseconds in 64 bits; a TIME of the makers is 4), a pointer 8,
STRING(n) n + 1, WSTRING(n) 2 n + 2.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from math import prod

from commissioning.plc.checking.scope import Pou
from commissioning.plc.values.iec_types import Component, IecType

HEAD_BYTES = 16  # in front of the first variable of a memory, so that no variable lies where its block does
_WORD = 8


def measure(type_: IecType) -> tuple[int, int]:
    """(size, alignment) of a variable of a type."""
    match type_.kind:
        case "bool":
            return 1, 1
        case "int" | "bits":
            size = type_.bits // 8
            return size, size
        case "time":
            size = type_.bits // 8
            return size, size
        case "enum" if type_.element is not None:
            return measure(type_.element)
        case "real":
            return (4, 4) if type_.name == "REAL" else (8, 8)
        case "string" if type_.name in ("CHAR", "WCHAR"):
            return (1, 1) if type_.name == "CHAR" else (2, 2)
        case "string":
            return (type_.length + 1, 1) if type_.name == "STRING" else (2 * type_.length + 2, 2)
        case "array" if type_.element is not None:
            size, align = measure(type_.element)
            return stride(type_.element) * prod(high - low + 1 for low, high in type_.bounds), align
        case "struct":
            position, align = 0, max((measure(member.type)[1] for member in type_.overlays), default=1)
            align = min(align, type_.pack)
            for member in type_.members:
                size, own = _packed(type_, member)
                position, align = aligned(position, own) + size, max(align, own)
            return aligned(position, align), align
    return _WORD * type_.size, _WORD


def _packed(type_: IecType, member: Component) -> tuple[int, int]:
    """(size, alignment) of a member in its structure."""
    size, align = measure(member.type)
    return size, min(align, type_.pack)


def aligned(position: int, align: int) -> int:
    return -(-position // align) * align


def stride(element: IecType) -> int:
    """Bytes from one element of an array to the next."""
    size, align = measure(element)
    return aligned(size, align)


def place_of(type_: IecType, wanted: Component) -> int:
    """Bytes from the start of a structure to one of its members."""
    position = 0
    for member in type_.members:
        size, align = _packed(type_, member)
        position = aligned(position, align)
        if member.name == wanted.name:
            return position
        position += size
    raise KeyError(wanted.name)


@dataclass(frozen=True, slots=True)
class MemoryLayout:
    """`starts`: first byte of every cell of a memory, ascending; `size`: bytes of all of it.
    `spans`: where its structures and arrays begin and end."""

    starts: tuple[int, ...]
    cells: tuple[int, ...]
    offsets: tuple[int, ...]
    size: int
    spans: tuple[tuple[int, int], ...] = ()

    def inside(self, offset: int) -> bool:
        """Whether an offset lies in one of the structures and arrays, be it between two members."""
        number = bisect.bisect_right(self.spans, (offset, self.size))
        return number > 0 and offset < self.spans[number - 1][1]

    def following(self, offset: int) -> int:
        """Where the first cell behind an offset begins; the end of the memory where there is none."""
        number = bisect.bisect_right(self.starts, offset)
        return self.starts[number] if number < len(self.starts) else self.size

    def at(self, offset: int) -> tuple[int, int] | None:
        """(cell, byte in it) of an offset in bytes; None in front of the first."""
        number = bisect.bisect_right(self.starts, offset) - 1
        return None if number < 0 else (self.cells[number], offset - self.starts[number])


def memory_layout(pou: Pou) -> MemoryLayout:
    """The bytes of one instance of a POU."""
    offsets = [-1] * len(pou.slots)
    position = HEAD_BYTES
    spans: list[tuple[int, int]] = []
    for symbol in sorted(pou.symbols.values(), key=lambda s: (s.index, -s.size)):
        foreign = symbol.is_global and pou.kind != "GLOBAL"
        if symbol.by_reference or foreign or symbol.index < 0 or offsets[symbol.index] >= 0:
            continue
        size, align = measure(symbol.type)
        position = aligned(position, align)
        _spread(symbol.type, symbol.index, position, offsets)
        if symbol.type.aggregate:
            spans.append((position, position + size))
        position += size
    for index, offset in enumerate(offsets):
        if offset < 0:  # what the compiler keeps for itself
            position = aligned(position, _WORD)
            offsets[index] = position
            position += _WORD
    order = sorted(range(len(offsets)), key=offsets.__getitem__)
    starts = tuple(offsets[cell] for cell in order)
    return MemoryLayout(starts, tuple(order), tuple(offsets), position, tuple(spans))


def cell_offsets(type_: IecType) -> list[int]:
    """Where each cell of a variable begins, in bytes behind its first."""
    offsets = [0] * type_.size
    _spread(type_, 0, 0, offsets)
    return offsets


def _spread(type_: IecType, cell: int, position: int, offsets: list[int]) -> None:
    """Notes where each cell of a variable begins."""
    if type_.kind == "array" and type_.element is not None:
        step, inner = stride(type_.element), cell_offsets(type_.element)
        ends = range(position, position + step * (type_.size // type_.element.size), step)
        offsets[cell : cell + type_.size] = [start + offset for start in ends for offset in inner]
    elif type_.kind == "struct":
        for member in type_.members:
            start = position + place_of(type_, member)
            _spread(member.type, cell + member.offset, start, offsets)
    else:
        for number in range(type_.size):
            offsets[cell + number] = position + number * _WORD
