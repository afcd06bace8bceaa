"""A compiled program: its variables, tasks and code. Immutable; `start` makes a PLC that runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import TYPE_CHECKING

from commissioning.model.problem import Problem
from commissioning.plc.checking.scope import Pou
from commissioning.plc.debugging.nearest import nearest
from commissioning.plc.generation.checked import Checked
from commissioning.plc.generation.layout import Area, Location, MemoryPlan, Variable
from commissioning.plc.generation.locations import element
from commissioning.plc.running.address_space import WindowPlan
from commissioning.plc.running.heap_forms import HeapKind
from commissioning.plc.values.runtime import STATEMENT_BUDGET

if TYPE_CHECKING:
    from commissioning.plc.debugging.cross_reference import CrossReference
    from commissioning.plc.pieces import SourcePiece
    from commissioning.plc.running.machine import Plc

Spot = tuple[str, int, int]
__all__ = ["Aliases", "Program", "Task", "TaskSpec", "Variable", "VariableTable"]


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task for `compile_st`: program (a PROGRAM's name), cycle in ns, priority (a lower number goes first).

    `trigger`: path of a BOOL whose rising edge starts the task; with a `cycle_ns` above 0 it also runs each
    cycle while that is FALSE (IEC 61131-3, SINGLE and INTERVAL). `watchdog`: see `Task`. Several specs with
    one name are one task with several programs.
    """

    name: str
    program: str
    cycle_ns: int = 0
    priority: int = 0
    trigger: str = ""
    watchdog: int = STATEMENT_BUDGET


@dataclass(frozen=True, slots=True)
class Task:
    """`programs`: names of the program instances it calls, in order. `cycle_ns` 0: only its `trigger` starts
    it. `watchdog`: statements that one scan may execute, on the longest way through the bodies. `blocks`:
    paths of the blocks that it executes behind them."""

    name: str
    cycle_ns: int
    priority: int
    programs: tuple[str, ...]
    trigger: str = ""
    watchdog: int = STATEMENT_BUDGET
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aliases:
    """In upper case: lists of globals (GVL, the files), program instances, which are in none, and what may
    stand before a whole path (`heads`: configurations and resources)."""

    lists: frozenset[str]
    programs: frozenset[str]
    heads: frozenset[str] = frozenset()

    def resolved(self, key: str) -> str:
        """GVL.X -> X, RESOURCE.MAIN.X -> MAIN.X, anything else as it is."""
        head, _, rest = key.partition(".")
        while rest and head in self.heads and head not in self.programs:
            key = rest
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

    `variables`: globals and variables of programs; `members`: the variables inside their blocks. Elements of
    arrays and structures are listed in them if these have up to 1,024 cells; `location` finds all.
    `never_skip`: why scans can never be skipped, empty if they can. `source`: the generated Python.
    `straight`: by task, the statements on the longest way through a scan, without the rounds of loops.
    `notices`: what stops nothing and is worth a look, by severity warning or notice. `stubs`: Structured Text
    by file name, added for what is declared nowhere if that was asked for, ready to be saved and completed.
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
    areas: Mapping[str, Area] = field(repr=False)
    instances: tuple[tuple[str, Pou, int], ...] = field(repr=False)
    touches: tuple[frozenset[tuple[int, int]], ...] = field(repr=False)
    aliases: Aliases = field(repr=False)
    comparisons: Mapping[int, tuple[float, ...] | None] = field(repr=False)
    straight: tuple[int, ...] = field(repr=False)
    addressed: bool  # it has pointers or references: through them any task may reach any variable
    windows: tuple[WindowPlan, ...] = field(repr=False)
    framed: Mapping[int, Pou] = field(repr=False)
    checked: Checked = field(repr=False)
    pieces: Mapping[str, SourcePiece] = field(default_factory=dict, repr=False)
    notices: tuple[Problem, ...] = ()
    stubs: Mapping[str, str] = field(default_factory=dict, repr=False)
    stub_cells: Mapping[str, int] = field(default_factory=dict, repr=False)
    heap: tuple[HeapKind, ...] = field(default=(), repr=False)  # what its code makes with __NEW

    def original(self, file: str, line: int, column: int = 0) -> Spot:
        """The place in the file that a text was taken from (see `compile_project`), else the same place."""
        if file not in self.pieces:
            return file, line, column
        place = self.pieces[file].place(line, column)
        return place.file, place.line, place.column

    def compared(self, path: str) -> tuple[float, ...] | None:
        """The constants that the program compares the variable at `path` with, ascending: between two of them
        every value leads to the same scan. None: it does more with it, so that every value counts."""
        where = self.location(path)
        if self.addressed or where.memory or where.timer >= 0 or where.nested or where.view is not None:
            return None
        return self.comparisons.get(where.index, ())

    def cross_reference(self) -> CrossReference:
        """Where every variable is declared, read and written, and who calls whom."""
        from commissioning.plc.debugging.cross_reference import CrossReference

        return CrossReference(self)

    def location(self, path: str) -> Location:
        """Where `path` lives, as in "MAIN.zones[3].speed"; globals also as GVL.x or <file>.x.

        A KeyError names the nearest path.
        """
        key = path.upper()
        found = self.locations.get(key) or element(self.areas, self.memories, key)
        if found is None:  # as it is comes first: a file main.st has the name of its PROGRAM MAIN
            key = self.aliases.resolved(key)
            found = self.locations.get(key) or element(self.areas, self.memories, key)
        if found is None:
            raise KeyError(f"the program has no variable {path}{self._hint(path, key)}")
        return found

    def _hint(self, path: str, key: str) -> str:
        """What was meant; looked for once, because a watch table asks for it again and again."""
        if path not in self._hints:
            meant = nearest(self.locations, path.upper(), key)
            self._hints[path] = f"; did you mean {self.locations[meant].variable.path}" if meant else ""
        return self._hints[path]

    @cached_property
    def _hints(self) -> dict[str, str]:
        return {}

    def variable(self, path: str) -> Variable:
        """The variable or block member at `path`; raises KeyError like `location`."""
        return self.location(path).variable

    def start(self) -> Plc:
        """A PLC with every variable at its initial value (a cold start), before its first scan."""
        from commissioning.plc.running.machine import Plc

        return Plc(self)
