"""Memory that a program takes with __NEW and gives back with __DELETE while it runs.

What __NEW makes has addresses of its own, behind those of all variables. They are given out one after the
other and again only after the last one, so that a pointer to what was deleted leads to nothing for a long
time. All of it is plain data: a snapshot has the cells of everything that is there, and scans are compared
with it.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from commissioning.plc.checking.byte_layout import HEAD_BYTES, MemoryLayout, aligned, stride
from commissioning.plc.checking.scope import Pou
from commissioning.plc.running.heap_forms import GAP, Forms, HeapKind, Made, Memory, with_blocks
from commissioning.plc.running.memory_values import plain_cells, put_back
from commissioning.plc.values.faults import AddressFault, MemoryFault, RangeFault

FIRST_OF_HEAP = 0x8000_0000
_END = 0x1_0000_0000
MOST_BYTES = 4 << 20  # of all that is there at the same time


class Deleted(list[Any]):
    """What __DELETE has taken away, for code that still runs on it or was lent a part of it."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        raise AddressFault("memory is used that __DELETE has given back")

    def __setitem__(self, index: Any, value: Any) -> None:
        self[index]

    def __len__(self) -> int:
        return self[0]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Piece:
    """One memory: where it begins, and what is in it. `behind`: cell of a text -> its bytes, where those
    behind its end are not all zeros. `runs`: see cell_runs.py, kept once found."""

    base: int
    memory: Memory
    pou: Pou
    layout: MemoryLayout
    behind: dict[int, bytes] = field(default_factory=dict)
    runs: dict[int, tuple[int, bool]] = field(default_factory=dict)


@dataclass(slots=True)
class Allocation:
    """What one __NEW has made: `count` elements of a kind, or a block with the blocks in it (`pieces`, itself
    first). `start` is what the pointer keeps."""

    kind: HeapKind
    count: int
    base: int
    end: int
    start: int
    pieces: list[Piece]
    timers: list[tuple[Memory, tuple[int, ...]]]
    leaving: bool = False


class Heap:
    """All that __NEW has made and nobody has deleted. `by_id`: where the address space looks memories up;
    `windows`: what remembers where addresses lead; `functions`: those of the generated code that runs."""

    def __init__(
        self, kinds: Sequence[HeapKind], by_id: dict[int, Piece], windows: Sequence[dict[int, Any]]
    ) -> None:
        self.kinds = kinds
        self.functions: Mapping[str, Any] = {}
        self._by_id, self._windows = by_id, windows
        self._bases: list[int] = []
        self._allocations: dict[int, Allocation] = {}
        self._forms = Forms()
        self._next = FIRST_OF_HEAP
        self._used = 0

    # ---- what generated code calls -------------------------------------------------------------------

    def created(self, number: int, count: int, shared: Memory, now: int) -> int:
        """__NEW: the address of a block, or of the first of `count` elements, at their initial values."""
        made = self._made(self.kinds[number], count, None)
        self.make_ready(made, shared, now)
        return made.start

    def make_ready(self, made: Allocation, shared: Memory, now: int) -> None:
        """Initial values of a block that are worked out."""
        ready = self.functions.get(f"y{made.kind.pou.number}") if made.kind.block else None
        if ready is not None:
            ready(made.pieces[0].memory, shared, now)

    def released(self, address: int, shared: Memory, now: int) -> None:
        """__DELETE: calls FB_exit of what lies there, and takes it away. Null is nothing."""
        if address == 0:
            return
        found = self._around(address)
        if found is None or found.start != address:
            raise AddressFault(f"__DELETE: nothing that __NEW has made lies at {address:#x}")
        if found.leaving:
            raise AddressFault(f"__DELETE: what lies at {address:#x} is being deleted already")
        leave = self.functions.get(f"leave{found.kind.pou.number}") if found.kind.block else None
        if leave is not None:
            found.leaving = True
            try:
                leave(found.pieces[0].memory, shared, now)
            finally:
                found.leaving = False
        self._free(found)

    # ---- looking up ----------------------------------------------------------------------------------

    def piece(self, address: int) -> Piece | None:
        """The memory around an address."""
        found = self._around(address)
        for piece in found.pieces if found is not None else ():
            if piece.base <= address < piece.base + piece.layout.size:
                return piece
        return None

    def allocation(self, address: int) -> Allocation | None:
        """What __NEW has made around an address."""
        return self._around(address)

    def timers(self) -> Iterator[tuple[Memory, tuple[int, ...]]]:
        """Memories with the cells that hold when their timers are due."""
        for allocation in self._allocations.values():
            yield from allocation.timers

    def state(self) -> list[Any]:
        """All of it, to be compared."""
        found: list[Any] = [self._next]
        for base in self._bases:
            for piece in self._allocations[base].pieces:
                found.append(piece.base)
                found.append(piece.memory[:])
        return found

    @property
    def used(self) -> int:
        """Bytes."""
        return self._used

    def __iter__(self) -> Iterator[Allocation]:
        return (self._allocations[base] for base in self._bases)

    def _around(self, address: int) -> Allocation | None:
        number = bisect.bisect_right(self._bases, address) - 1
        found = self._allocations[self._bases[number]] if number >= 0 else None
        return found if found is not None and address < found.end else None

    # ---- between scans -------------------------------------------------------------------------------

    def clear(self) -> None:
        """Takes everything away; addresses go on from where they were."""
        for allocation in list(self._allocations.values()):
            self._free(allocation)

    def fix(self) -> None:
        """Puts the table of its class, of the code that runs now, into every block."""
        for allocation in self._allocations.values():
            for piece in allocation.pieces:
                for index, slot in enumerate(piece.pou.slots[:2]):
                    if slot.fixed == "class":
                        piece.memory[index] = self.functions.get(f"c{piece.pou.number}")

    def plain(self) -> dict[str, Any]:
        """As JSON data."""
        rows = [
            [a.base, a.kind.number, a.count, [plain_cells(p.pou.slots, p.memory) for p in a.pieces]]
            for a in self
        ]
        return {"next": self._next, "made": rows}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Makes it what `plain` was given, of the same program."""
        self.clear()
        for base, number, count, memories in data["made"]:
            made = self._made(self.kinds[number], count, base)
            for piece, values in zip(made.pieces, memories, strict=True):
                put_back(piece.pou.slots, piece.memory, values)
        self._next = data["next"]

    def take_over(self, other: Heap, kind: HeapKind, made: Allocation) -> Allocation:
        """Makes what another heap has, as this `kind`: at the same address where it takes as much room."""
        self._next = max(self._next, other._next)
        same = self._forms.size(self._forms.of(kind, made.count)) == made.end - made.base
        return self._made(kind, made.count, made.base if same else None, bounded=False)

    # ---- making and freeing --------------------------------------------------------------------------

    def _made(self, kind: HeapKind, count: int, base: int | None, bounded: bool = True) -> Allocation:
        if count < 1:
            raise RangeFault(f"__NEW makes 1 element or more, not {count}")
        if bounded and HEAD_BYTES + stride(kind.type) * count > MOST_BYTES:
            raise MemoryFault(_full(HEAD_BYTES + stride(kind.type) * count))
        form = self._forms.of(kind, count)
        fresh: Callable[[], Memory] = self.functions[f"made{kind.number}"]
        memory = Made(fresh() * count)
        rows = list(with_blocks(memory, form, self._forms.block))
        sizes = [aligned(row.layout.size + GAP, GAP) for _, row in rows]
        size = sum(sizes)
        if bounded and self._used + size > MOST_BYTES:
            raise MemoryFault(_full(size))
        start = self._room(size) if base is None else base
        places = [start]
        for one in sizes:
            places.append(places[-1] + one)
        pieces = [
            Piece(place, cells, row.pou, row.layout)
            for (place, _), (cells, row) in zip(pairwise(places), rows, strict=True)
        ]
        timers = [(cells, row.timers) for cells, row in rows if row.timers]
        first = start if kind.block else start + form.layout.offsets[0]
        made = Allocation(kind, count, start, start + size, first, pieces, timers)
        bisect.insort(self._bases, start)
        self._allocations[start] = made
        for piece in pieces:
            self._by_id[id(piece.memory)] = piece
        self._used += size
        if base is None:
            self._next = made.end
        return made

    def _room(self, size: int) -> int:
        """Where the next so many bytes are free."""
        for start in (self._next, FIRST_OF_HEAP):
            number = bisect.bisect_right(self._bases, start)
            if number and self._allocations[self._bases[number - 1]].end > start:
                start = self._allocations[self._bases[number - 1]].end
            while number < len(self._bases) and self._bases[number] < start + size:
                start = self._allocations[self._bases[number]].end
                number += 1
            if start + size <= _END:
                return start
        raise MemoryFault(_full(size))

    def _free(self, allocation: Allocation) -> None:
        self._bases.remove(allocation.base)
        del self._allocations[allocation.base]
        self._used -= allocation.end - allocation.base
        for piece in allocation.pieces:
            del self._by_id[id(piece.memory)]
            piece.memory.clear()
            piece.memory.__class__ = Deleted  # whoever still has it is told
        for window in self._windows:
            if len(window) < allocation.end - allocation.base:
                for address in [a for a in window if allocation.base <= a < allocation.end]:
                    del window[address]
            else:
                for address in range(allocation.base, allocation.end):
                    window.pop(address, None)


def _full(size: int) -> str:
    return f"__NEW: {size} bytes more than the {MOST_BYTES} that the program may have"
