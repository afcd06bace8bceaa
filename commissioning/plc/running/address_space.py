"""What lies at an address: how pointers and references of a running PLC find the cells they mean.

Addresses are whole numbers that are the same in every run. A window shows memory as one type: looking an
address up in it gives (list, cell). A cell of just that type is found itself; anything else (a pointer to
BYTE that walks through a STRING) is shown by a view that reads and writes the bytes. What the windows found
is kept, so that following a pointer costs one look-up.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from commissioning.plc.checking.byte_layout import MemoryLayout, aligned, cell_offsets, measure, memory_layout
from commissioning.plc.checking.scope import Pou
from commissioning.plc.checking.value_bytes import decoded, encoded, end_of
from commissioning.plc.running.address_views import Cut, View, Whole
from commissioning.plc.running.cell_runs import LEAST, CellRun, cell_run
from commissioning.plc.running.heap import FIRST_OF_HEAP, Heap, Piece
from commissioning.plc.running.heap_forms import GAP, HeapKind
from commissioning.plc.values.faults import AddressFault, ManyBytes
from commissioning.plc.values.iec_types import IecType
from commissioning.plc.values.runtime import STATEMENT_BUDGET

FIRST = 0x10000
MOST_BYTES = 1 << 20  # of one call: it must end soon
BYTES_OF_STATEMENT = 4  # for the watchdog: so many bytes take as long as a statement
Memory = list[Any]


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How memory is shown. `classes`: as a block of one of these numbers; else as a variable of `type`, whose
    cells are of the types `leaves` (one, unless it is an array, a structure or a standard block)."""

    type: IecType
    leaves: tuple[IecType, ...] = field(default=(), compare=False, repr=False)  # the type says what they are
    classes: frozenset[int] = frozenset()


class AddressSpace:
    """The memories of one PLC by address. `pous`: those that may have memories that live for one call;
    `plans`: the windows that its code uses, by number; `kinds`: what its code makes in `heap`."""

    def __init__(
        self, memories: Sequence[tuple[Memory, Pou]], pous: Mapping[int, Pou], plans: Sequence[WindowPlan],
        kinds: Sequence[HeapKind] = (),
    ) -> None:  # fmt: skip
        self._layouts: dict[int, MemoryLayout] = {}
        self._pieces: list[Piece] = []
        self._by_id: dict[int, Piece] = {}
        self._pous = pous
        self._windows = [Window(self, plan) for plan in plans]
        self.heap = Heap(kinds, self._by_id, self._windows)
        self.disturbed = False  # bytes behind the end of a text that lasts changed, which no cell shows
        self._next = FIRST
        for memory, pou in memories:
            self._add(memory, pou)
        self._stack = self._next

    def extend(self, memories: Sequence[tuple[Memory, Pou]]) -> None:
        """Gives addresses to further memories that last; between scans."""
        for memory, pou in memories:
            self._add(memory, pou)
        self._stack = self._next

    def behind(self) -> list[list[Any]]:
        """The bytes behind the ends of texts as plain JSON data, between scans."""
        return [
            [piece.base, cell, kept.hex()] for piece in self._lasting() for cell, kept in piece.behind.items()
        ]

    def put_behind(self, kept: Sequence[Sequence[Any]] = ()) -> None:
        """Puts back what `behind` gave; without it they are zeros."""
        pieces = {piece.base: piece for piece in self._lasting()}
        for piece in pieces.values():
            piece.behind.clear()
        for base, cell, shown in kept:
            pieces[base].behind[cell] = bytes.fromhex(shown)

    def _lasting(self) -> Iterator[Piece]:
        """Between scans."""
        yield from self._pieces
        for made in self.heap:
            yield from made.pieces

    def _add(self, memory: Memory, pou: Pou) -> int:
        layout = self._layouts.get(id(pou))
        if layout is None:
            layout = self._layouts[id(pou)] = memory_layout(pou)
        piece = Piece(self._next, memory, pou, layout)
        self._pieces.append(piece)
        self._by_id[id(memory)] = piece
        self._next = aligned(self._next + layout.size + GAP, GAP)
        return piece.base

    # ---- what generated code calls -------------------------------------------------------------------

    def window(self, number: int) -> Window:
        return self._windows[number]

    def address(self, memory: Any, index: int) -> int:
        """ADR: of a cell, of a block (`index` -1), or of what a view shows."""
        if isinstance(memory, View | Cut):
            return memory.address
        if isinstance(memory, Whole):
            return memory.cells[max(index, 0)].address
        piece = self._by_id.get(id(memory))
        if piece is None:
            raise AddressFault("the address of a variable that lives for this call only is not known")
        return piece.base if index < 0 else piece.base + piece.layout.offsets[index]

    def enter(self, memory: Memory, number: int) -> int:
        """Gives addresses to the memory of a call and to the blocks in it, until `leave`."""
        base = self._next
        self._enter(memory, self._pous[number])
        return base

    def _enter(self, memory: Memory, pou: Pou) -> None:
        self._add(memory, pou)
        for index, slot in enumerate(pou.slots):
            if slot.child is not None:
                self._enter(memory[index], slot.child)

    def leave(self, base: int) -> None:
        """Takes the addresses from `base` on back."""
        while self._pieces and self._pieces[-1].base >= base:
            del self._by_id[id(self._pieces.pop().memory)]
        self._next = base

    def grants(self, window: Window, address: int, memory: Any, index: int) -> bool:
        """__QUERYINTERFACE: stores the address if the block there is of a class that the window shows."""
        piece = self.piece(address)
        fits = piece is not None and piece.base == address and piece.pou.number in window.plan.classes
        memory[index] = address if fits else 0
        return fits

    def copied(self, target: int, source: int, count: int, budget: list[Any]) -> int:
        """MEMCPY and MEMMOVE: bytes, which may overlap. Gives how many. `budget[0]`: see `_counted`."""
        self.write(target, self.read(source, _counted(count, budget)))
        return count

    def filled(self, target: int, byte: int, count: int, budget: list[Any]) -> int:
        """MEMSET."""
        self.write(target, bytes([byte & 255]) * _counted(count, budget))
        return count

    def compared(self, one: int, other: int, count: int, budget: list[Any]) -> int:
        """MEMCMP: -1, 0 or 1, by the first byte that differs."""
        left, right = self.read(one, _counted(count, budget)), self.read(other, count)
        return (left > right) - (left < right)

    # ---- looking up ----------------------------------------------------------------------------------

    def piece(self, address: int) -> Piece | None:
        if address >= FIRST_OF_HEAP:
            return self.heap.piece(address)
        number = bisect.bisect_right(self._pieces, address, key=lambda piece: piece.base) - 1
        if number < 0:
            return None
        piece = self._pieces[number]
        return piece if address - piece.base < piece.layout.size else None

    def lasts(self, address: int) -> bool:
        """Whether what lies at an address stays there until somebody deletes it."""
        return address < self._stack or address >= FIRST_OF_HEAP

    def cell(self, address: int) -> tuple[Piece, int, int] | None:
        """(memory, cell, byte in the cell)."""
        piece = self.piece(address)
        found = None if piece is None else piece.layout.at(address - piece.base)
        if piece is None or found is None:
            return None
        cell, byte = found
        type_ = piece.pou.slots[cell].type
        if type_ is not None and byte >= measure(type_)[0]:
            return None
        return piece, cell, byte

    def padding(self, address: int) -> int:
        """How many bytes from there on lie between two members, or elements, to align the second one."""
        piece = self.piece(address)
        offset = 0 if piece is None else address - piece.base
        found = None if piece is None else piece.layout.at(offset)
        if piece is None or found is None:
            return 0
        type_ = piece.pou.slots[found[0]].type
        if type_ is None or found[1] < measure(type_)[0] or not piece.layout.inside(offset):
            return 0
        return piece.layout.following(offset) - offset

    def read(self, address: int, count: int) -> bytes:
        """Bytes; those that only align what follows are 0."""
        found = bytearray()
        while len(found) < count:
            gap = self.padding(address + len(found))
            if gap:
                found += bytes(gap)
                continue
            many = self._many(address + len(found), count - len(found))
            close = None if many is None else many.read()
            if close is not None:
                found += close
                continue
            piece, cell, byte, type_ = self._elementary(address + len(found))
            found += self._bytes(piece, cell, type_)[byte:]
        return bytes(found[:count])

    def write(self, address: int, data: bytes) -> None:
        done = 0
        while done < len(data):
            gap = self.padding(address + done)
            if gap:
                done += gap
                continue
            many = self._many(address + done, len(data) - done)
            if many is not None:
                many.write(data[done : done + many.size])
                done += many.size
                continue
            piece, cell, byte, type_ = self._elementary(address + done)
            old = self._bytes(piece, cell, type_)
            part = data[done : done + len(old) - byte]
            made = old[:byte] + part + old[byte + len(part) :]
            piece.memory[cell] = decoded(made, type_)
            if type_.kind == "string":
                self._keep(piece, cell, type_, made)
            done += len(part)

    def _many(self, address: int, count: int) -> CellRun | None:
        return None if count < LEAST else cell_run(self.piece(address), address, count)

    def _bytes(self, piece: Piece, cell: int, type_: IecType) -> bytes:
        """The bytes of a cell, of a text also those behind its end."""
        found = encoded(piece.memory[cell], type_)
        kept = piece.behind.get(cell)
        if kept is None:
            return found
        end = end_of(piece.memory[cell], type_)
        return found[:end] + kept[end:]

    def _keep(self, piece: Piece, cell: int, type_: IecType, made: bytes) -> None:
        before = piece.behind.pop(cell, None)
        after = made if any(made[end_of(piece.memory[cell], type_) :]) else None
        if after is not None:
            piece.behind[cell] = after
        self.disturbed |= before != after and self.lasts(piece.base)

    def _elementary(self, address: int) -> tuple[Piece, int, int, IecType]:
        found = self.cell(address)
        type_ = None if found is None else found[0].pou.slots[found[1]].type
        if found is None or type_ is None:
            raise AddressFault(f"a pointer leads to {address:#x}, where no variable lies")
        return (*found, type_)


class Window(dict[int, Any]):
    """Address -> (list, cell), or the memory of a block; what no variable fits stops the PLC."""

    def __init__(self, space: AddressSpace, plan: WindowPlan) -> None:
        super().__init__()
        self.space, self.plan = space, plan

    def __missing__(self, address: int) -> Any:
        if address == 0:
            raise AddressFault(f"a pointer or reference to {self.plan.type} is null")
        found = self._block(address) if self.plan.classes else self._variable(address)
        if self.space.lasts(address):
            self[address] = found
        return found

    def _block(self, address: int) -> Memory:
        piece = self.space.piece(address)
        if piece is None or piece.base != address or piece.pou.number not in self.plan.classes:
            raise AddressFault(f"no {self.plan.type} lies at the address {address:#x}")
        return piece.memory

    def _variable(self, address: int) -> tuple[Any, int]:
        found, leaves = self.space.cell(address), self.plan.leaves
        if found is None and len(leaves) == 1 and self.space.padding(address):
            return View(self.space, address, leaves[0]), 0
        if found is None:
            raise AddressFault(f"a pointer leads to {address:#x}, where no variable lies")
        piece, cell, byte = found
        slots = piece.pou.slots[cell : cell + len(leaves)]
        if byte == 0 and len(slots) == len(leaves):
            here = [slot.type for slot in slots]
            if all(t is not None and alike(t, leaf) for t, leaf in zip(here, leaves, strict=True)):
                return piece.memory, cell
            if [leaf.kind for leaf in leaves] == ["time"] and here[0] is not None and here[0].kind == "time":
                return Cut(self.space, address, leaves[0], piece.memory, cell), 0
            child = slots[0].child
            if self.plan.type.kind == "block" and child is not None and child.name == self.plan.type.name:
                return piece.memory, cell
        if len(leaves) == 1:
            return View(self.space, address, leaves[0]), 0
        if self.plan.type.aggregate and len(leaves) == self.plan.type.size and not self.plan.type.blocks:
            self.space.read(address, measure(self.plan.type)[0])  # all of it lies there, or this is a fault
            return Whole(self.space, address, leaves, cell_offsets(self.plan.type)), 0
        raise AddressFault(f"no {self.plan.type} lies at the address {address:#x}")


def alike(one: IecType, other: IecType) -> bool:
    """Whether cells of two types hold the same values in the same bytes."""
    whole = {"int", "bits", "enum"}
    if one.kind in whole and other.kind in whole:
        return (one.low, one.high) == (other.low, other.high)
    addresses = {"pointer", "reference", "interface"}
    if one.kind in addresses and other.kind in addresses:
        return True
    if one.kind != other.kind or one.grain != other.grain:
        return False
    return one.kind not in ("real", "string") or (one.name, one.length) == (other.name, other.length)


def _counted(count: int, budget: list[Any]) -> int:
    """A number of bytes, which the statements that this scan may still execute (`budget[0]`) pay for."""
    if not 0 <= count <= MOST_BYTES:
        raise AddressFault(f"{count} bytes are no piece of memory (0..{MOST_BYTES})")
    budget[0] -= count // BYTES_OF_STATEMENT
    if budget[0] < 0:
        raise ManyBytes(f"watchdog: more than {STATEMENT_BUDGET} statements {ManyBytes.where}")
    return count
