"""What the program declares: its POUs, variables and the cells that they occupy.

Every instance of a PROGRAM or FUNCTION_BLOCK has one flat list of cells; so have the globals and, per call, a
FUNCTION. An elementary variable is one cell, an array or a structure all cells of its elements in order, a
standard block a few, a user's block one cell that holds its own list, a VAR_IN_OUT two (memory and index of
what it was given; one for a user's block). See decision 19.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from commissioning.model.problem import Place, Problem
from commissioning.plc import units
from commissioning.plc.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.dialects import IEC, Dialect
from commissioning.plc.iec_types import IecType, Value
from commissioning.plc.tree import At


@dataclass(frozen=True, slots=True)
class View:
    """Some bits of a cell that holds a whole number of type `base`."""

    start: int
    width: int
    base: IecType


@dataclass(eq=False, slots=True)
class Symbol:
    """One declared variable. `elapsed`: the program reads ET of this timer, so that its blocks keep it."""

    name: str
    type: IecType
    section: str
    file: str
    at: At
    index: int = -1
    constant: bool = False
    retain: bool = False
    address: str = ""
    comment: str = ""
    standard: StandardBlock | None = None
    block: Pou | None = None
    is_global: bool = False
    read: bool = False
    written: bool = False
    elapsed: bool = False
    view: View | None = None  # of the located memory that it shares

    @property
    def by_reference(self) -> bool:
        return self.section == "VAR_IN_OUT"

    @property
    def size(self) -> int:
        if self.by_reference:
            return 1 if self.block is not None else 2
        return self.type.size


@dataclass(frozen=True, slots=True)
class Slot:
    """One cell of a memory: a value with its type, a `child` memory with the initial values it overrides, or
    a pointer that is set for each call."""

    type: IecType | None = None
    value: Value = 0
    child: Pou | None = None
    overrides: tuple[tuple[int, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration makes: a type and the cells that it starts with."""

    type: IecType
    slots: tuple[Slot, ...]


@dataclass(eq=False, slots=True)
class Pou:
    """A program organisation unit, or (kind GLOBAL) the globals. `number` names its Python function."""

    kind: str
    name: str
    number: int
    file: str
    tree: units.Pou | None
    symbols: dict[str, Symbol] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    result: IecType | None = None
    calls: dict[str, At] = field(default_factory=dict)
    touches: set[Symbol] = field(default_factory=set)
    uses_clock: At | None = None

    def section(self, *words: str) -> list[Symbol]:
        return [symbol for symbol in self.symbols.values() if symbol.section in words]


class Project:
    """Everything the checker looks names up in, and the problems found so far."""

    def __init__(self, dialect: Dialect = IEC) -> None:
        self.dialect = dialect
        self.notices: dict[Problem, None] = {}
        self.globals = Pou("GLOBAL", "", 0, "", None)
        self.globals.slots.append(Slot())  # cell 0 of the globals: loop iterations left in this scan
        self.pous: dict[str, Pou] = {}
        self.list_names: set[str] = {"GVL"}
        self.types: dict[str, Declared] = {}
        self.enumerators: dict[str, list[IecType]] = {}  # upper-case name of a member -> its enumerations
        self.tables: dict[tuple[int, int, int], None] = {}  # (low, high, stride) of indices that vary
        self.problems: list[Problem] = []
        self.assertions: list[Any] = []  # of all TESTs, see assertions.py
        self._noted: set[Problem] = set()
        self.reads_elapsed = False  # of any timer
        self.any_elapsed = False  # of one that was given by reference, so it may be any

    def notice(self, what: str, file: str, at: At, cure: str = "", severity: str = "warning") -> None:
        """What the programmer may want to know, and what stops nothing."""
        self.notices.setdefault(Problem(what, Place(file, at.line, at.column), cure, severity=severity))

    def problem(self, what: str, file: str, at: At, cure: str = "") -> None:
        found = Problem(what, Place(file, at.line, at.column), cure)
        if found not in self._noted:
            self._noted.add(found)
            self.problems.append(found)

    def lookup(self, pou: Pou, name: str) -> Symbol | None:
        key = name.upper()
        return pou.symbols.get(key) or self.globals.symbols.get(key)

    def nearest(self, name: str, pou: Pou) -> str:
        """A cure that names the most similar variable, or how to declare one."""
        known = [symbol.name for symbol in (*pou.symbols.values(), *self.globals.symbols.values())]
        known += [
            member for kinds in self.enumerators.values() for kind in kinds for member, _ in kind.values
        ]
        return suggestion(name, known) or f"Declare it in a VAR section: {name} : BOOL;"

    def block(self, name: str) -> StandardBlock | Pou | None:
        key = name.upper()
        pou = self.pous.get(key)
        if pou is not None and pou.kind == "FUNCTION_BLOCK":
            return pou
        return STANDARD_BLOCKS.get(self.dialect.blocks.get(key, key))


def suggestion(name: str, known: list[str]) -> str:
    upper = {candidate.upper(): candidate for candidate in known}
    close = difflib.get_close_matches(name.upper(), list(upper), n=1, cutoff=0.6)
    return f"Did you mean {upper[close[0]]}" if close else ""
