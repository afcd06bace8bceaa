"""Who declares, reads and writes each variable, and who calls whom, known before anything runs.

A variable is named as in its POU ("Counter.n", for every instance of it) or, a global, by its own name. An
array or structure is one variable. What is passed by reference is read and written where it is passed; a
constant is replaced by its value before, so that no use of it is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.model.problem import Place
from commissioning.plc.checking.scope import Pou, Symbol
from commissioning.plc.debugging.uses import Reference, Uses, full_name
from commissioning.plc.program import Program

MOST_CALLS = 5000  # told in a call tree


@dataclass(frozen=True, slots=True)
class Declared:
    """One variable, where it is declared, and its uses in the order of the text."""

    name: str
    type: str
    section: str
    address: str
    constant: bool
    owner: str  # POU, "" of a global
    source: str
    line: int
    place: Place
    cells: int
    holds_block: bool
    uses: tuple[Reference, ...]

    @property
    def reads(self) -> tuple[Reference, ...]:
        return tuple(use for use in self.uses if use.use == "read")

    @property
    def writes(self) -> tuple[Reference, ...]:
        return tuple(use for use in self.uses if use.use == "write")


@dataclass(frozen=True, slots=True)
class CallNode:
    """A program or block instance (`path`, of a function its name), what it calls, and from which line."""

    path: str
    pou: str
    line: int
    calls: tuple[CallNode, ...] = ()

    def text(self, depth: int = 0) -> str:
        """One line per call, indented by depth."""
        shown = self.path if self.path == self.pou else f"{self.path} : {self.pou}"
        own = f"{'  ' * depth}{shown}{f' (line {self.line})' if depth else ''}\n"
        return own + "".join(call.text(depth + 1) for call in self.calls)


class CrossReference:
    """`variables` by upper-case name, in order of declaration."""

    def __init__(self, program: Program) -> None:
        self.program = program
        project = program.checked.project
        found = Uses(program)
        self.variables: dict[str, Declared] = {}
        for pou in (project.globals, *project.pous.values()):
            for symbol in pou.symbols.values():
                if symbol.hidden or (symbol.section == "VAR_STAT" and pou is not project.globals):
                    continue
                if pou.base is not None and pou.base.symbols.get(symbol.name.upper()) is symbol:
                    continue  # inherited
                declared = self._declared(pou, symbol, found.uses.get(symbol, []))
                self.variables[declared.name.upper()] = declared
        self._calls = found.calls

    def _declared(self, pou: Pou, symbol: Symbol, uses: list[Reference]) -> Declared:
        name = f"{full_name(pou)}.{symbol.name}" if pou.name else symbol.name
        file, line, column = self.program.original(symbol.file, symbol.at.line, symbol.at.column)
        kind = str(symbol.type)
        holds_block = symbol.type.blocks or symbol.type.kind == "block"
        return Declared(
            name, kind, symbol.section, symbol.address, symbol.constant, full_name(pou), symbol.file,
            symbol.at.line, Place(file, line, column), symbol.size, holds_block, tuple(dict.fromkeys(uses)),
        )  # fmt: skip

    def __getitem__(self, name: str) -> Declared:
        """Raises KeyError."""
        return self.variables[name.upper()]

    def in_line(self, source: str, line: int) -> list[Declared]:
        """The variables that the statements beginning in a line of a text read or write."""
        return [
            variable
            for variable in self.variables.values()
            if any((use.source, use.line) == (source, line) for use in variable.uses)
        ]

    def call_tree(self) -> tuple[CallNode, ...]:
        """What each program instance calls, in the order of the text; a path that is not known stands as in
        the POU ("zones[].timer"). At most some thousand calls are told."""
        pous = self.program.checked.project.pous  # those of the tree: a program from the cache has others
        roots = [(name, pous.get(pou.key, pou)) for name, pou, _ in self.program.instances]
        room = [MOST_CALLS]
        return tuple(
            CallNode(name, pou.name, pou.tree.at.line if pou.tree else 0, self._inner(name, pou, room, ()))
            for name, pou in roots
        )

    def _inner(self, path: str, pou: Pou, room: list[int], above: tuple[Pou, ...]) -> tuple[CallNode, ...]:
        """What calls itself is not followed; a second call of the same from one POU is not told."""
        found: dict[tuple[str, Pou], CallNode] = {}
        for name, callee, at in self._calls.get(pou, []) if pou not in above else ():
            if room[0] <= 0:
                break
            if (name, callee) in found:
                continue
            room[0] -= 1
            inner = callee.name if not name else name[1:] if name.startswith(".") else f"{path}.{name}"
            calls = self._inner(inner, callee, room, (*above, pou))
            found[name, callee] = CallNode(inner, callee.name, at.line, calls)
        return tuple(found.values())

    def text(self) -> str:
        """A table: each variable with the places that declare, write and read it."""
        lines = []
        for variable in self.variables.values():
            where = variable.place
            address = f" AT {variable.address}" if variable.address else ""
            lines.append(
                f"{variable.name}{address} : {variable.type}  {variable.section} "
                f"({where.file or 'line'}:{where.line})"
            )
            for word, uses in (("written by", variable.writes), ("read by", variable.reads)):
                if uses:
                    lines.append(f"    {word} {', '.join(str(use) for use in uses)}")
        return "\n".join(lines) + "\n"
