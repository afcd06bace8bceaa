"""A compiled program: its variables, tasks and code. Immutable; `start` makes a PLC that runs it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING

from commissioning.plc.iec_types import IecType, Value
from commissioning.plc.scope import Pou, Symbol

if TYPE_CHECKING:
    from commissioning.plc.machine import Plc

Spot = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task for `compile_st`: program (a PROGRAM's name), cycle in ns, priority (a lower number goes first).

    Several specs with one name are one task with several programs.
    """

    name: str
    program: str
    cycle_ns: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """`programs`: names of the program instances it calls, in order."""

    name: str
    cycle_ns: int
    priority: int
    programs: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class Location:
    """Where a variable lives: memory and index. `timer`: the timer's first cell, for an ET nobody stores."""

    memory: int
    index: int
    type: IecType
    variable: Variable
    timer: int = -1


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """One memory: globals, a program instance (`program` is its number, -1 shared) or a block in them."""

    path: str
    pou: Pou
    program: int
    children: tuple[tuple[int, int], ...]
    overrides: tuple[tuple[int, Value], ...]
    timers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Aliases:
    """In upper case: lists of globals (GVL, the files), and program instances, which are in none."""

    lists: frozenset[str]
    programs: frozenset[str]

    def resolved(self, key: str) -> str:
        """GVL.X -> X, anything else as it is."""
        head, _, rest = key.partition(".")
        listed = head in self.lists and rest and rest.partition(".")[0] not in self.programs
        return rest if listed else key


class VariableTable(Mapping[str, Variable]):
    """Variables by path, without regard to case; iterates in order of declaration, over paths as declared.

    A global answers to GVL.x and <file>.x as well.
    """

    def __init__(self, variables: Mapping[str, Variable], aliases: Aliases) -> None:
        self._by_key = dict(variables)
        self._aliases = aliases

    def __getitem__(self, path: str) -> Variable:
        return self._by_key[self._key(path)]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._key(path) in self._by_key

    def _key(self, path: str) -> str:
        key = path.upper()
        return key if key in self._by_key else self._aliases.resolved(key)

    def __iter__(self) -> Iterator[str]:
        return (variable.path for variable in self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)


@dataclass(frozen=True)
class Program:
    """What `compile_st` returns.

    `variables`: globals and variables of programs; `members`: the variables inside their blocks.
    `never_skip`: why scans can never be skipped, empty if they can. `source`: the generated Python.
    """

    variables: VariableTable
    members: VariableTable
    tasks: tuple[Task, ...]
    hash: str
    statement_count: int
    never_skip: tuple[str, ...]
    source: str
    code: CodeType = field(repr=False)
    spots: tuple[Spot, ...] = field(repr=False)
    memories: tuple[MemoryPlan, ...] = field(repr=False)
    locations: Mapping[str, Location] = field(repr=False)
    instances: tuple[tuple[str, Pou, int], ...] = field(repr=False)
    touches: tuple[frozenset[tuple[int, int]], ...] = field(repr=False)
    aliases: Aliases = field(repr=False)
    comparisons: Mapping[int, tuple[float, ...] | None] = field(repr=False)

    def compared(self, path: str) -> tuple[float, ...] | None:
        """The constants that the program compares the variable at `path` with, ascending: between two of them
        every value leads to the same scan. None: it does more with it, so that every value counts."""
        where = self.location(path)
        return self.comparisons.get(where.index, ()) if where.memory == 0 and where.timer < 0 else None

    def location(self, path: str) -> Location:
        """Where `path` lives; globals also as GVL.x or <file>.x. A KeyError names the nearest path."""
        key = path.upper()
        found = self.locations.get(key)
        if found is None:
            found = self.locations.get(self.aliases.resolved(key))
        if found is None:
            close = difflib.get_close_matches(key, list(self.locations), n=1, cutoff=0.6)
            hint = f"; did you mean {self.locations[close[0]].variable.path}" if close else ""
            raise KeyError(f"the program has no variable {path}{hint}")
        return found

    def variable(self, path: str) -> Variable:
        """The variable or block member at `path`; raises KeyError like `location`."""
        return self.location(path).variable

    def start(self) -> Plc:
        """A PLC with every variable at its initial value (a cold start), before its first scan."""
        from commissioning.plc.machine import Plc

        return Plc(self)


def plan_memories(
    shared: Pou, instances: list[tuple[str, Pou]]
) -> tuple[list[MemoryPlan], tuple[tuple[str, Pou, int], ...]]:
    """All memories in a fixed order: globals, then each program instance, each followed by its blocks."""
    plans: list[MemoryPlan] = []

    def add(path: str, pou: Pou, program: int, overrides: tuple[tuple[int, Value], ...]) -> int:
        number = len(plans)
        plans.append(MemoryPlan(path, pou, program, (), overrides, ()))
        children: list[tuple[int, int]] = []
        timers: list[int] = []
        for symbol in pou.symbols.values():
            if symbol.by_reference:
                continue
            slot = pou.slots[symbol.index]
            if slot.child is not None:
                inner = f"{path}.{symbol.name}" if path else symbol.name
                children.append((symbol.index, add(inner, slot.child, program, slot.overrides)))
            elif symbol.standard is not None and symbol.standard.is_timer:
                timers.append(symbol.index)
        plans[number] = MemoryPlan(path, pou, program, tuple(children), overrides, tuple(timers))
        return number

    add("", shared, -1, ())
    roots = tuple((name, pou, add(name, pou, position, ())) for position, (name, pou) in enumerate(instances))
    return plans, roots


def locate(plans: list[MemoryPlan], any_elapsed: bool) -> tuple[dict[str, Location], list[str], list[str]]:
    """Every elementary variable by upper-case path; then the keys at the top level, those inside blocks."""
    found: dict[str, Location] = {}
    top: list[str] = []
    inner: list[str] = []
    roots = {plan.path for plan in plans if plan.path and "." not in plan.path and plan.program >= 0}
    for number, plan in enumerate(plans):
        overrides = dict(plan.overrides)
        at_top = plan.path == "" or plan.path in roots
        for symbol in plan.pou.symbols.values():
            if symbol.by_reference or symbol.block is not None:
                continue
            path = f"{plan.path}.{symbol.name}" if plan.path else symbol.name
            if symbol.standard is None:
                initial = overrides.get(symbol.index, plan.pou.slots[symbol.index].value)
                variable = _variable(path, plan.path, symbol, symbol.type, initial, symbol.section)
                found[path.upper()] = Location(number, symbol.index, symbol.type, variable)
                (top if at_top else inner).append(path.upper())
                continue
            for offset, cell in enumerate(symbol.standard.cells):
                if cell.role == "hidden":
                    continue
                member = f"{path}.{cell.name}"
                slot = plan.pou.slots[symbol.index + offset]
                variable = _variable(member, path, symbol, cell.type, slot.value, f"VAR_{cell.role.upper()}")
                unstored = cell.name == "ET" and not (symbol.elapsed or any_elapsed)
                timer = symbol.index if unstored else -1
                found[member.upper()] = Location(number, symbol.index + offset, cell.type, variable, timer)
                inner.append(member.upper())
    return found, top, inner


def _variable(
    path: str, owner: str, symbol: Symbol, type_: IecType, initial: Value, section: str
) -> Variable:
    writable = not symbol.constant and not symbol.address.startswith("%I")
    return Variable(
        path, owner, type_.name, section, symbol.address, initial, symbol.comment, symbol.constant,
        symbol.retain, writable, symbol.read, symbol.written, symbol.file, symbol.at.line, symbol.at.column,
    )  # fmt: skip
