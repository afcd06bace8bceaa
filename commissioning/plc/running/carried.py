"""The values of one program's memories, carried into those of another by path and type."""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc.program import Program
from commissioning.plc.running.address_space import AddressSpace
from commissioning.plc.running.carried_heap import HeapCarry
from commissioning.plc.running.heap import FIRST_OF_HEAP
from commissioning.plc.running.kept import Kept, Leaf, form, kept_variables, leaves
from commissioning.plc.running.memory import Memory
from commissioning.plc.values.iec_types import ADDRESSES

_PLAIN = frozenset({bool, int, float, str})


@dataclass(frozen=True, slots=True)
class Retyped:
    """A variable or instance that begins anew because its type is another one."""

    path: str
    before: str
    after: str


class Carry:
    """Carries the values of one program's memories into those of another."""

    def __init__(self, old: Program, source: list[Memory], new: Program, target: list[Memory]) -> None:
        self.old, self.source, self.new_program, self.target = old, source, new, target
        self.kept: list[str] = []
        self.new: list[str] = []
        self.changed: list[Retyped] = []
        self.before = {kept.path.upper(): kept for kept in kept_variables(old) if not kept.symbol.constant}
        self.gone = dict(self.before)  # what nobody has asked for yet

        self._retyped = self._instances()
        for after in kept_variables(self.new_program):
            if after.symbol.constant:
                continue
            if self._begins_anew(after.path):
                self.gone.pop(after.path.upper(), None)
                continue
            before = self.gone.pop(after.path.upper(), None)
            if before is None:
                self.new.append(after.path)
            else:
                self._variable(before, after)

    def follow(self, old: AddressSpace, new: AddressSpace, made: HeapCarry) -> None:
        """Makes pointers and references lead to where their variables, and what was `made`, lie now."""
        found: _Places | None = None
        memories = [(m, p.pou) for m, p in zip(self.target, self.new_program.memories, strict=True)]
        memories += [(piece.memory, piece.pou) for one in new.heap for piece in one.pieces]
        for memory, pou in memories:
            for index, slot in enumerate(pou.slots):
                if slot.type is not None and slot.type.kind in ADDRESSES and memory[index]:
                    if memory[index] >= FIRST_OF_HEAP:
                        memory[index] = made.now(memory[index])
                        continue
                    found = found or _Places(self, old, new)
                    memory[index] = found.now(memory[index])

    def removed(self) -> tuple[str, ...]:
        return tuple(kept.path for kept in self.gone.values() if not self._begins_anew(kept.path))

    def _instances(self) -> frozenset[str]:
        """Paths of instances that are of another type now."""
        known = {plan.path.upper(): plan.pou.name for plan in self.old.memories}
        found = []
        for plan in self.new_program.memories:
            before = known.get(plan.path.upper())
            if before is not None and before.upper() != plan.pou.name.upper():
                found.append(plan.path.upper())
                if not any(plan.path.upper().startswith((f"{one}.", f"{one}[")) for one in found[:-1]):
                    self.changed.append(Retyped(plan.path, before, plan.pou.name))
        return frozenset(found)

    def _begins_anew(self, path: str) -> bool:
        """Whether it lies in an instance that is of another type now."""
        if not self._retyped:
            return False
        parts, key = path.upper().split("."), ""
        for part in parts[:-1]:
            key = f"{key}.{part}" if key else part
            if key in self._retyped:
                return True
        return False

    def _variable(self, before: Kept, after: Kept) -> None:
        same = form(before.type) == form(after.type)
        if same and self._copied(before, after):
            self.kept.append(after.path)
            return
        inside = before.type.aggregate and before.type.kind == after.type.kind
        if not same and not inside:
            self.changed.append(Retyped(after.path, str(before.type), str(after.type)))
            return
        known = {leaf.path.upper(): leaf for leaf in leaves(before, self.old.memories[before.memory])}
        for leaf in leaves(after, self.new_program.memories[after.memory]):
            found = known.pop(leaf.path.upper(), None)
            if found is None:
                self.new += [] if same else [leaf.path]
            elif found.block != leaf.block:
                one = Retyped(leaf.path.rpartition(".")[0], found.block, leaf.block)
                self.changed += [] if one in self.changed else [one]
            elif form(found.type) != form(leaf.type):
                self.changed.append(Retyped(leaf.path, str(found.type), str(leaf.type)))
            else:
                value = found.read(self.source)
                if value.__class__ in _PLAIN:
                    leaf.write(self.target, value)
                self.kept += [] if same else [leaf.path]
        if same:
            self.kept.append(after.path)
        else:
            self.gone |= {key: _as_kept(before, leaf.path) for key, leaf in known.items()}

    def _copied(self, before: Kept, after: Kept) -> bool:
        """Copies all cells at once, where each is a value of its own."""
        if before.symbol.view is not None or after.symbol.view is not None:
            return False
        size = after.symbol.size
        cells = self.source[before.memory][before.index : before.index + size]
        if any(cell.__class__ not in _PLAIN for cell in cells):
            return False
        self.target[after.memory][after.index : after.index + size] = cells
        return True


def _as_kept(kept: Kept, path: str) -> Kept:
    return Kept(path, kept.symbol, kept.memory, kept.index, kept.retain, kept.persistent)


class _Places:
    """Where what lay at an address lies now."""

    def __init__(self, carry: Carry, old: AddressSpace, new: AddressSpace) -> None:
        self.old, self.new, self.target = old, new, carry.target
        self._numbers = {id(memory): number for number, memory in enumerate(carry.source)}
        self._instances = [plan.path.upper() for plan in carry.old.memories]
        self._moved = {plan.path.upper(): number for number, plan in enumerate(carry.new_program.memories)}
        self._kinds = [[plan.pou.name.upper() for plan in p.memories] for p in (carry.old, carry.new_program)]
        self._leaves: dict[tuple[int, int], Leaf] = {
            (leaf.memory, leaf.index): leaf for leaf in _all_leaves(carry.old)
        }
        self._paths = {leaf.path.upper(): leaf for leaf in _all_leaves(carry.new_program)}

    def now(self, address: int) -> int:
        """0: it is gone, or of another type."""
        piece = self.old.piece(address)
        number = None if piece is None else self._numbers.get(id(piece.memory))
        if piece is None or number is None:
            return 0
        if address == piece.base:
            there = self._moved.get(self._instances[number])
            if there is None or self._kinds[0][number] != self._kinds[1][there]:
                return 0
            return self.new.address(self.target[there], -1)
        found = self.old.cell(address)
        leaf = None if found is None else self._leaves.get((number, found[1]))
        here = None if leaf is None else self._paths.get(leaf.path.upper())
        if found is None or leaf is None or here is None or form(leaf.type) != form(here.type):
            return 0
        return self.new.address(self.target[here.memory], here.index) + found[2]


def _all_leaves(program: Program) -> list[Leaf]:
    memories = program.memories
    return [leaf for kept in kept_variables(program) for leaf in leaves(kept, memories[kept.memory], True)]
