"""What a program has made with __NEW, carried into the memories of another program by type and name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from commissioning.plc.checking.scope import Pou
from commissioning.plc.running.address_space import AddressSpace
from commissioning.plc.running.heap import Allocation
from commissioning.plc.running.heap_forms import HeapKind, Memory
from commissioning.plc.running.kept import form


class HeapCarry:
    """Makes in `new` what is in `old`, as far as the new program still makes it. `ready` makes a block ready
    before it gets its values. `gone`: how much of which type was left behind."""

    def __init__(self, old: AddressSpace, new: AddressSpace, ready: Callable[[Allocation], None]) -> None:
        self.old, self.new = old, new
        self.gone: Counter[str] = Counter()
        # (id of a memory, cell) -> where it is now
        self._moved: dict[tuple[int, int], tuple[Memory, int]] = {}
        kinds = {str(kind.type).upper(): kind for kind in new.heap.kinds}
        for made in list(old.heap):
            kind = kinds.get(str(made.kind.type).upper())
            if kind is None or not _alike(made.kind, kind):
                self.gone[str(made.kind.type)] += 1
                continue
            there = new.heap.take_over(old.heap, kind, made)
            ready(there)
            before, after = made.pieces[0], there.pieces[0]
            if kind.block:
                self._block(before.pou, before.memory, after.pou, after.memory)
                continue
            for cell, value in enumerate(before.memory):
                after.memory[cell] = value
                self._moved[id(before.memory), cell] = after.memory, cell

    def _block(self, old: Pou, source: Memory, new: Pou, target: Memory) -> None:
        self._moved[id(source), -1] = target, -1
        for name, after in new.symbols.items():
            before = old.symbols.get(name)
            foreign = after.is_global or after.by_reference or after.constant
            if before is None or foreign or form(before.type) != form(after.type):
                continue
            for offset in range(after.size):
                here, there = before.index + offset, after.index + offset
                inner, now = old.slots[here].child, new.slots[there].child
                if inner is not None and now is not None and inner.name.upper() == now.name.upper():
                    self._block(inner, source[here], now, target[there])
                elif inner is None and now is None:
                    target[there] = source[here]
                    self._moved[id(source), here] = target, there

    def now(self, address: int) -> int:
        """Where what lay at an address of the old heap lies now; 0: it is gone."""
        piece = self.old.heap.piece(address)
        if piece is None:
            return 0
        found = self.old.cell(address)
        cell, byte = (-1, 0) if address == piece.base or found is None else (found[1], found[2])
        moved = self._moved.get((id(piece.memory), cell))
        return 0 if moved is None else self.new.address(*moved) + byte

    def told(self) -> tuple[str, ...]:
        """What is gone, for whoever asked for the change."""
        return tuple(f"{count} {name} made with __NEW" for name, count in self.gone.items())


def _alike(old: HeapKind, new: HeapKind) -> bool:
    if old.block or new.block:
        return old.block == new.block
    return form(old.type) == form(new.type) and len(old.pou.slots) == len(new.pou.slots)
