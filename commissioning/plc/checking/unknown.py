"""What a checker meets that only stubs declare: there nothing is certain, so nothing can be wrong for sure.

The types in stubs are guesses from use (decision 30). Where the uses of an unknown thing disagree, no guess
fits all of them. A statement with a problem that has to do with a stub is taken out of the program: reaching
it stops the PLC, as reaching the stub would, and a notice says why. Nothing of this concerns a program
without stubs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commissioning.plc.syntax import units
from commissioning.plc.values.iec_types import IecType, innermost

if TYPE_CHECKING:
    from commissioning.model.problem import Problem
    from commissioning.plc.checking.designators import Designator
    from commissioning.plc.checking.scope import Project, Symbol
    from commissioning.plc.syntax.tree import At


UNKNOWN_LENGTH = 256  # of an array whose bounds only stubs declare


@dataclass(slots=True)
class Unknown:
    """`files`: those of the stubs, none where there are none. `types`: upper-case names of what they declare;
    `members`: (structure, member) of the program's own structures that are of such a type; `symbols`:
    variables of such a type. `met`: whether what is checked at the moment has to do with any of these.
    `settled`: problems that do not."""

    files: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()
    symbols: set[Symbol] = field(default_factory=set)
    met: bool = False
    settled: set[Problem] = field(default_factory=set)

    def name(self) -> None:
        """A name was looked up in vain."""
        self.met |= bool(self.files)

    def file(self, name: str) -> None:
        """Something that is declared in this file is used."""
        self.met |= name in self.files

    def type(self, type_: IecType) -> None:
        """Something of this type is used."""
        if not self.files:
            return
        inner = innermost(type_)
        self.met |= inner.name.upper() in self.types
        self.met |= inner.target.upper().rpartition(" ")[2] in self.types

    def place(self, found: Designator) -> None:
        """A variable, member or block is named."""
        if not self.files or self.met:
            return
        self.type(found.type)
        self.met |= found.symbol.file in self.files or found.symbol in self.symbols
        if found.accessors is not None:
            for accessor in (found.accessors.getter, found.accessors.setter):
                self.met |= accessor is not None and accessor.file in self.files
        if found.block is not None:
            self.met |= any(pou.file in self.files for pou in found.block.lineage())

    def member(self, owner: IecType, name: str) -> None:
        """A member of one of the program's structures is named."""
        self.met |= (owner.name.upper(), name.upper()) in self.members

    def declared(self, symbol: Symbol, node: units.TypeNode, met: bool = False) -> None:
        """A variable: an alias does not show in its type. `met`: the type has to do with stubs."""
        if met or (self.files and any(name in self.types for name in type_names(node))):
            self.symbols.add(symbol)


def unknown_of(sources: Sequence[units.Source], files: frozenset[str]) -> Unknown:
    """What only the stubs in `files` declare."""
    if not files:
        return Unknown()
    types: set[str] = set()
    for source in sources:
        for unit in source.units if source.file in files else ():
            if isinstance(unit, units.Pou):
                types.add(unit.name.upper())
            elif isinstance(unit, units.Types):
                types |= {node.name.upper() for node in unit.declarations}
    found = Unknown(files, frozenset(types))
    members = {
        (declaration.name.upper(), name.name.upper())
        for source in sources
        for unit in source.units
        if isinstance(unit, units.Types)
        for declaration in unit.declarations
        if isinstance(declaration.type, units.StructType)
        for inner in declaration.type.declarations
        if any(name in types for name in type_names(inner.type))
        for name in inner.names
    }
    found.members = frozenset(members)
    return found


def type_names(node: units.TypeNode) -> Iterator[str]:
    """The names in a type, in upper case and without what stands in front of a dot."""
    match node:
        case units.TypeName() | units.SubrangeType():
            yield node.name.rpartition(".")[2].upper()
        case units.EnumType():
            yield node.base.rpartition(".")[2].upper()
        case units.ArrayType():
            yield from type_names(node.element)
        case units.AddressType():
            yield from type_names(node.target)
        case units.StructType():
            return


@dataclass(slots=True)
class Attempt:
    """What came of a check; `why`: what was wrong and is forgiven, "" where nothing was."""

    why: str = ""


@contextmanager
def attempt(project: Project, file: str, at: At, part: bool = False) -> Iterator[Attempt]:
    """Takes back the problems of what is checked inside, if it has to do with a stub; so has then what it is
    a `part` of."""
    unknown = project.unknown
    found = Attempt()
    if not unknown.files:
        yield found
        return
    before, around = len(project.problems), unknown.met
    unknown.met = False
    yield found
    mine, unknown.met = unknown.met, around or (part and unknown.met)
    fresh = [problem for problem in project.problems[before:] if problem not in unknown.settled]
    if mine and fresh:
        project.take_back(fresh)
        found.why = fresh[0].what
        what = f"this uses what only stubs declare, and stops the PLC when it is reached: {found.why}"
        project.notice(what, file, at, "Complete the stubs", "warning")
    else:
        unknown.settled.update(fresh)
