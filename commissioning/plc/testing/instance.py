"""A fresh instance of a function block, a program or a function, beside the tasks of a PLC.

Its variables answer to paths as in the program, internal ones and those of nested blocks too. What the POU
takes by reference lies in a holder of its own that stands in for the caller's variables.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from commissioning.plc.checking.holder import holder_of, is_called
from commissioning.plc.checking.late_initials import INIT
from commissioning.plc.checking.scope import Pou, Symbol
from commissioning.plc.generation.build import Build
from commissioning.plc.generation.layout import Area, Location, MemoryPlan, plan_memories, with_shown
from commissioning.plc.generation.locations import element, locate
from commissioning.plc.running.memory import Memory, accepted, fresh, seen_value
from commissioning.plc.running.value_text import given_value
from commissioning.plc.standard.blocks import DUE, START
from commissioning.plc.testing.stand import Stand
from commissioning.plc.values.iec_types import ADDRESSES, IecType, Value
from commissioning.plc.values.wording import with_articles

__all__ = ["Instance"]

_STEP = re.compile(r"\[[^\]]*\]|\.?[^.\[]+")


class Instance:
    """One instance of `pou`. A FUNCTION or method has its parameters as variables, and its `result`.

    `name` is the path of the instance in messages; the paths of `get` and `set` are relative to it. `owner`:
    the memory of the block that a method belongs to.
    """

    def __init__(self, stand: Stand, pou: Pou, name: str, owner: Memory | None = None) -> None:
        self.stand, self.pou, self.name, self._owner = stand, pou, name, owner
        self.result: Value | None = None
        project = stand.program.checked.project
        holder = holder_of(pou, project.types)
        root = f"${name}"  # no path of the program begins like this
        roots = [(root, holder)] if is_called(pou) else [(root, pou), (root, holder)]
        shared = Pou("GLOBAL", "", 0, "", None)  # without symbols: only what is new is laid out
        shared.slots = project.globals.slots
        plans, instances = plan_memories(shared, roots)
        first = instances[0][2]
        self._plans, self._first = plans, first
        self._memories: list[Memory] = [stand.shared, *(fresh(plan) for plan in plans[first:])]
        for memory, plan in zip(self._memories[first:], plans[first:], strict=True):
            for index, child in plan.children:
                memory[index] = self._memories[child]
        if stand.space is not None:
            pieces = [(m, plan.pou) for m, plan in zip(self._memories, plans, strict=True)][first:]
            stand.space.extend(pieces)
        self._build: Build | None = None
        self._own = self._memories[first]
        self._held = self._memories[instances[-1][2]]
        self._holder = holder
        self._root = root
        self._rows: dict[str, tuple[Memory, list[Any]]] = {}  # what was given for ARRAY[*], and its cells
        self.fix()
        if not is_called(pou):
            self._make_ready(pou, self._own)
        for index, slot in enumerate(holder.slots):
            if slot.child is not None:
                self._make_ready(slot.child, self._held[index])

    @property
    def plans(self) -> list[MemoryPlan]:
        """Those of `memories`."""
        return self._plans[self._first :]

    @property
    def memories(self) -> list[Memory]:
        """Those of the instance itself, with all its blocks."""
        return self._memories[self._first :]

    # ---- running -------------------------------------------------------------------------------------

    def call(self) -> None:
        """Runs the code once, now. Raises PlcError when it does what a PLC would stop for."""
        stand = self.stand
        self.fix()
        if is_called(self.pou):
            self._call_function()
            return
        for key, symbol in self.pou.symbols.items():
            if not symbol.by_reference:
                continue
            given = self._reference(key, symbol)
            given = given[:1] if symbol.block is not None else given
            self._own[symbol.index : symbol.index + len(given)] = given
        stand.guarded(stand.pou_code(self.pou), self._own, stand.shared, stand.now_ns)
        self._give_back()

    def fix(self) -> None:
        """Puts the table of its class into every memory that has a place for it."""
        if self._build is self.stand.build:
            return
        self._build = self.stand.build
        for memory, plan in zip(self.memories, self._plans[self._first :], strict=True):
            for index, slot in enumerate(plan.pou.slots[:2]):
                if slot.fixed == "class":
                    memory[index] = self._build.functions.get(f"c{plan.pou.number}")

    def _make_ready(self, pou: Pou, memory: Memory) -> None:
        """Initial values that are worked out, and FB_init, as where a block is declared: late_initials.py."""
        stand = self.stand
        ready = stand.build.functions.get(f"y{pou.number}")
        if ready is not None:
            stand.guarded(ready, memory, stand.shared, stand.now_ns)
        for above in reversed(pou.lineage()):
            method = above.members.get(INIT)
            if method is not None and pou.kind == "FUNCTION_BLOCK":
                init = Instance(stand, method, f"{self.name}.{method.name}", memory)
                for name, value in zip(init.parameters, (True, False), strict=False):
                    init.set(name, value)
                init.call()

    def _call_function(self) -> None:
        held = self._held
        words: list[Any] = []
        references: list[Any] = []
        for symbol in self._holder.symbols.values():
            origin = self.pou.symbols[symbol.name.upper()]
            if origin.section == "VAR_INPUT":
                whole = symbol.type.aggregate
                words.append(held[symbol.index : symbol.index + symbol.size] if whole else held[symbol.index])
            elif origin.by_reference:
                references += self._reference(symbol.name.upper(), origin)
            else:
                references += [held, symbol.index]
        stand = self.stand
        own = [] if self._owner is None else [self._owner]
        code = stand.pou_code(self.pou)
        self.result = stand.guarded(code, *own, stand.shared, stand.now_ns, *words, *references)
        self._give_back()

    def _reference(self, key: str, symbol: Symbol) -> list[Any]:
        """List and cell of what a VAR_IN_OUT is given, and bounds that are open; of a block its memory."""
        held = self._holder.symbols[key]
        if symbol.block is not None:
            return [self._held[held.index], 0]
        if not symbol.type.dimensions:
            return [self._held, held.index]
        if key not in self._rows:
            raise TypeError(f"{self.pou.name} needs an array for {symbol.name}: give it a list")
        cells = self._rows[key][0]
        return [cells, 0, 1, len(cells)]

    def _give_back(self) -> None:
        """A list that was given for ARRAY[*] has the values that the call left in it."""
        for cells, row in self._rows.values():
            row[:] = cells

    def member(self, name: str) -> Instance | None:
        """A method, action or accessor ("P.GET", "P.SET") of the block, ready to be called."""
        pou = None if is_called(self.pou) else self.pou.member(name)
        if pou is None:
            return None
        self.fix()
        return Instance(self.stand, pou, f"{self.name}.{pou.name}", self._own)

    # ---- variables -----------------------------------------------------------------------------------

    @cached_property
    def _found(self) -> tuple[dict[str, Location], dict[str, Area]]:
        """Variables, arrays and structures by path in upper case; laid out when somebody asks for one."""
        found = locate(self._plans, self.stand.program.checked.project.any_elapsed)
        head = self._root.upper() + "."
        cut = len(head)
        locations = {key[cut:]: place for key, place in found.locations.items() if key.startswith(head)}
        return locations, {key[cut:]: area for key, area in found.areas.items() if key.startswith(head)}

    @property
    def _locations(self) -> dict[str, Location]:
        return self._found[0]

    @property
    def _areas(self) -> dict[str, Area]:
        return self._found[1]

    @cached_property
    def _inner(self) -> frozenset[str]:
        """Paths of everything with variables in it."""
        inner = set(self._areas)
        for known in self._locations:
            inner |= {known[:position] for position, character in enumerate(known) if character in ".["}
        return frozenset(inner)

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a call can give: inputs, and what is taken by reference."""
        return tuple(s.name for s in self.pou.section("VAR_INPUT", "VAR_IN_OUT"))

    def is_value(self, path: str) -> bool:
        """Whether `path` is an elementary variable."""
        return self._find(path) is not None

    def is_part(self, path: str) -> bool:
        """Whether `path` is something with variables in it: a block, an array, a structure."""
        key = path.upper()
        return key in self._inner or any(key.startswith((area + "[", area + ".")) for area in self._areas)

    def get(self, path: str) -> Value:
        """The value at `path`. Raises KeyError that names the nearest one."""
        where = self.location(path)
        memory = self._memories[where.memory]
        if where.timer >= 0:
            start: int = memory[where.timer + START]
            return 0 if start < 0 else min(self.stand.now_ns, memory[where.timer + DUE]) - start
        if where.view is not None:
            return seen_value(memory, where.index, where.view, where.type)
        value: Value = memory[where.index]
        return value

    def set(self, path: str, value: object) -> None:
        """Writes a variable; a mapping goes to the members of a structure, a sequence to an array.

        An instance goes where a block is taken by reference, or its address is kept. Raises KeyError,
        TypeError for a value of another type, ValueError for one out of range.
        """
        symbol = self.pou.symbols.get(path.upper())
        if isinstance(value, Instance):
            self._point(path, symbol, value)
            return
        if symbol is not None and symbol.type.dimensions:
            self._open(symbol, value)
            return
        if isinstance(value, Mapping):
            for member, inner in value.items():
                self.set(f"{path}.{member}", inner)
            return
        if isinstance(value, Sequence) and not isinstance(value, str):
            self._fill(path, value)
            return
        where = self.location(path)
        if where.variable.constant:
            raise ValueError(f"{self.name}.{path} is a CONSTANT")
        if where.timer >= 0:
            raise ValueError(f"{self.name}.{path} is worked out by its timer")
        kept = accepted(f"{self.name}.{path}", where.type, given_value(where.type, value))
        memory = self._memories[where.memory]
        memory[where.index] = (
            kept if where.view is None else with_shown(memory[where.index], where.view, kept)
        )

    def _point(self, path: str, symbol: Symbol | None, other: Instance) -> None:
        """Gives a block by reference, or its address."""
        if symbol is not None and symbol.by_reference and symbol.block is not None:
            if symbol.block not in other.pou.lineage():
                raise TypeError(f"{self.name}.{path} is a {symbol.block.name}, not {other.pou.name}")
            self._held[self._holder.symbols[path.upper()].index] = other._own
            return
        where, space = self.location(path), self.stand.space
        if where.type.kind not in ADDRESSES or space is None:
            raise TypeError(with_articles(f"{self.name}.{path} is a {where.type}, not {other.pou.name}"))
        self._memories[where.memory][where.index] = space.address(other._own, -1)

    def _open(self, symbol: Symbol, value: object) -> None:
        """The elements of an ARRAY[*], from 1 on."""
        element = symbol.type.element
        if not isinstance(value, list) or symbol.type.dimensions != 1 or element is None or element.aggregate:
            raise TypeError(f"{self.name}.{symbol.name} takes a list of elementary values")
        path = f"{self.name}.{symbol.name}"
        cells = [accepted(path, element, given_value(element, one)) for one in value]
        self._rows[symbol.name.upper()] = (cells, value)

    def _fill(self, path: str, values: Sequence[object]) -> None:
        type_ = self._type(path.upper())
        if type_ is None or type_.kind != "array" or len(type_.bounds) != 1:
            raise TypeError(
                f"{self.name}.{path} is no array of one dimension, a row of values does not fit it"
            )
        low, high = type_.bounds[0]
        if len(values) != high - low + 1:
            raise ValueError(f"{self.name}.{path} has {high - low + 1} elements, here are {len(values)}")
        for position, value in enumerate(values):
            self.set(f"{path}[{low + position}]", value)

    def _type(self, key: str) -> IecType | None:
        """The type of an array or structure at a path in upper case, None where there is none."""
        steps = _STEP.findall(key)
        for count in range(1, len(steps) + 1):
            area = self._areas.get("".join(steps[:count]))
            if area is None:
                continue
            type_: IecType | None = area.symbol.type
            for step in steps[count:]:
                if type_ is None:
                    return None
                member = type_.member(step[1:])
                type_ = type_.element if step[0] == "[" else None if member is None else member.type
            return type_
        return None

    def location(self, path: str) -> Location:
        """Where an elementary variable lies. Raises KeyError that names the nearest path."""
        found = self._find(path)
        if found is None:
            close = difflib.get_close_matches(path.upper(), list(self._locations), n=1, cutoff=0.6)
            shown = self._locations[close[0]].variable.path.partition(".")[2] if close else ""
            hint = f"; did you mean {shown}" if close else ""
            raise KeyError(f"{self.pou.name} has no variable {path}{hint}")
        return found

    def _find(self, path: str) -> Location | None:
        key = path.upper()
        return self._locations.get(key) or element(self._areas, self._plans, key)

    def places(self) -> Iterator[tuple[int, str, Location]]:
        """(number in `memories`, path, place) of every listed variable that is the instance's own."""
        for where in self._locations.values():
            if where.memory >= self._first:
                yield where.memory - self._first, where.variable.path.partition(".")[2], where
