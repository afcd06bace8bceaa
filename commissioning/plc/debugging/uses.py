"""Every use of every variable, and every call, out of the typed tree of a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.edges import seen_cell
from commissioning.plc.checking.scope import Pou, Project, Symbol
from commissioning.plc.generation.layout import parts
from commissioning.plc.program import Program
from commissioning.plc.syntax.tree import At

Use = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One statement that uses a variable. `source` and `line` are of the text, `file` and `file_line` of the
    file that it was taken from; `first` and `count`: which cells of an array or structure."""

    use: Use
    pou: str
    source: str
    line: int
    column: int
    file: str
    file_line: int
    first: int = 0
    count: int = 1

    def __str__(self) -> str:
        return f"{self.pou} ({self.file or 'line'}:{self.file_line})"


def full_name(pou: Pou) -> str:
    """With the block or program that a method belongs to."""
    return pou.name if pou.owner is None else f"{pou.owner.name}.{pou.name}"


@dataclass
class Uses:
    """Goes through the typed tree of a whole program: the uses of every variable, the calls of every POU as
    (instance as in the POU, callee, place)."""

    program: Program
    uses: dict[Symbol, list[Reference]] = field(default_factory=dict)
    calls: dict[Pou, list[tuple[str, Pou, At]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked = self.program.checked
        self.project: Project = checked.project
        self._numbers = {pou.number: pou for pou in self.project.pous.values()}
        self._cells: dict[Pou, dict[int, list[Symbol]]] = {}
        pous = (self.project.globals, *self.project.pous.values())
        self._in_bytes = [one for pou in pous for one in pou.symbols.values() if one.bytes_at >= 0]
        # by their address in the globals, though a program or block declares them
        self._placed = [
            one for pou in pous[1:] for one in pou.symbols.values()
            if one.is_global and one.section != "VAR_STAT" and one.bytes_at < 0
        ]  # fmt: skip
        for key, pou in self.project.pous.items():
            self._pou, self._at = pou, At(0, 0)
            self._called: Pou | None = None
            for command in checked.commands.get(key, ()):
                self._command(command)

    def _note(self, use: Use, cell: typed.Cell, count: int = 0) -> None:
        """`count`: how many cells, 0: it is not known, so all of the variable."""
        if not self._at.line:
            return  # the books of a chart, which no statement of the program keeps
        self._indices(cell)
        for symbol in self._symbols(cell):
            exact = count and not cell.terms and not cell.pointer
            first = cell.index - symbol.index if exact else 0
            self._add(symbol, use, first, count if exact else symbol.size)

    def _add(self, symbol: Symbol, use: Use, first: int, count: int) -> None:
        place = self._at
        file, line, _ = self.program.original(self._pou.file, place.line, place.column)
        self.uses.setdefault(symbol, []).append(
            Reference(
                use, full_name(self._pou), self._pou.file, place.line, place.column, file, line, first, count
            )
        )

    def _indices(self, cell: typed.Cell) -> None:
        for term in cell.terms:
            self._value(term.value)
        if cell.owner is not None:
            self._indices(cell.owner)

    # ---- whose cell ----------------------------------------------------------------------------------

    def _home(self, cell: typed.Cell) -> Pou | None:
        """The POU in whose memory a cell lies."""
        if cell.owner is None:
            block = self._pou.owner if self._pou.local else self._pou
            homes = {"m": block, "s": self._pou, "g": self.project.globals, "q": self._called}
            return homes.get(cell.memory)
        home = self._home(cell.owner)
        if home is None:
            return None
        index = cell.owner.index
        child = home.slots[index].child if index < len(home.slots) else None
        if child is None:
            child = next((symbol.block for symbol in self._at_index(home, index)), None)
        return child

    def _at_index(self, pou: Pou, index: int) -> list[Symbol]:
        if pou not in self._cells:
            cells: dict[int, list[Symbol]] = {}
            placed = self._placed if pou is self.project.globals else ()
            for symbol in (*pou.symbols.values(), *placed):
                if symbol.edge is not None:  # its block reads it as an edge
                    cells.setdefault(seen_cell(symbol).index, []).append(symbol)
                if (not symbol.is_global or pou is self.project.globals) and symbol.index >= 0:
                    for k in range(symbol.index, symbol.index + symbol.size):
                        cells.setdefault(k, []).append(symbol)
            self._cells[pou] = cells
        return self._cells[pou].get(index, [])

    def _symbols(self, cell: typed.Cell) -> list[Symbol]:
        base = None if cell.address is None else cell.address.base
        if isinstance(base, typed.AddressOf) and base.cell.memory == "g":
            return [one for one in self._in_bytes if one.bytes_at == base.cell.index][:1]
        home = self._home(cell)
        if home is None or cell.index < 0:
            return []
        own = (self._pou.owner or self._pou).symbols
        found = [one for one in self._at_index(home, cell.index) if not one.hidden]
        found.sort(key=lambda symbol: own.get(symbol.name.upper()) is not symbol)
        same = [symbol for symbol in found if symbol.view == cell.view]
        return same[:1] or found[:1]

    # ---- commands ------------------------------------------------------------------------------------

    def _commands(self, body: tuple[commands.Command, ...]) -> None:
        for command in body:
            self._command(command)

    def _command(self, node: commands.Command) -> None:
        self._at = node.at
        match node:
            case commands.Store():
                self._value(node.value)
                self._note("write", node.cell, node.type.size)
            case commands.CallBlock():
                self._call_block(node)
            case commands.CallStandard():
                for _, _, value in node.inputs:
                    self._value(value)
                self._note("write", node.cell, len(node.block.cells))
                for store in node.outputs:
                    self._command(store)
            case commands.If():
                for condition, body, at in node.branches:
                    self._at = at
                    self._value(condition)
                    self._commands(body)
                self._commands(node.otherwise)
            case commands.Case():
                self._value(node.selector)
                for _, body, _ in node.options:
                    self._commands(body)
                self._commands(node.otherwise)
            case commands.For():
                for value in (node.start, node.stop, node.step):
                    self._value(value)
                self._note("write", node.cell, 1)
                self._note("read", node.cell, 1)
                self._commands(node.body)
            case commands.While():
                self._value(node.condition)
                self._commands(node.body)
            case commands.Repeat():
                self._commands(node.body)
                self._at = node.at
                self._value(node.until)
            case commands.New():
                self._value(node.count)
                self._note("write", node.cell, 1)
                self._commands(node.inits)
            case commands.Delete():
                self._note("read", node.cell, 1)
                self._note("write", node.cell, 1)
            case commands.Labelled():
                for _, piece in node.pieces:
                    self._commands(piece)
            case commands.Try():
                self._commands(node.body)
                self._at = node.caught
                self._note("write", node.cell, 1)
                self._commands((*node.handler, *node.final))
            case _:
                self._anything(node)

    def _call_block(self, node: commands.CallBlock) -> None:
        callee = self._numbers.get(node.pou)
        self._indices(node.home)
        for _, _, value in node.inputs:
            self._value(value)
        for _, cell in (*node.references, *node.memories):
            self._note("read", cell)
            self._note("write", cell)
        if callee is not None:
            found = self._symbols(node.home)
            shown = _part(found[0], node.home) if found else callee.name
            if node.home.owner is None and node.home.memory == "g":
                shown = f".{shown}"  # of nobody
            self.calls.setdefault(self._pou, []).append((shown, callee, node.at))
            for index, _, _ in node.inputs:
                self._given(callee, index)
        outer, self._called = self._called, callee
        for store in node.outputs:
            self._command(store)
        self._called = outer
        self._at = node.at

    def _given(self, callee: Pou, index: int) -> None:
        """An input of a block is written where the block is called."""
        for symbol in self._at_index(callee, index)[:1]:
            self._add(symbol, "write", 0, symbol.size)

    # ---- values --------------------------------------------------------------------------------------

    def _value(self, node: typed.Typed) -> None:
        match node:
            case typed.Load():
                self._note("read", node.cell, node.type.size)
            case typed.UserCall():
                self._user_call(node)
            case typed.Assigned():
                self._value(node.value)
                self._note("write", node.cell, node.kept.size)
            case _:
                self._anything(node)

    def _user_call(self, node: typed.UserCall) -> None:
        for value in node.inputs:
            self._value(value)
        callee = self._numbers.get(node.pou)
        if callee is None:
            return
        self.calls.setdefault(self._pou, []).append((self._runs_on(node), callee, self._at))
        for symbol in callee.section("VAR_INPUT"):
            self._add(symbol, "write", 0, symbol.size)
        parameters = callee.section("VAR_IN_OUT", "VAR_OUTPUT")
        for symbol, cell in zip(parameters, node.references, strict=False):
            if cell is not None:
                if symbol.by_reference:
                    self._note("read", cell)
                self._note("write", cell)

    def _runs_on(self, node: typed.UserCall) -> str:
        """The instance of a method and its name; "" of a function, and of a method of the same instance."""
        callee = self._numbers[node.pou]
        if node.instance is None:
            return ""
        self._indices(node.instance)
        name = next((symbol.name for symbol in self._symbols(node.instance)), "")
        return f"{name}.{callee.name}" if name else ""

    def _anything(self, node: Any) -> None:
        """Whatever a node is made of: every other value is only read."""
        for part in _parts(node):
            if isinstance(part, typed.Cell):
                self._note("read", part)
            elif isinstance(part, typed.Load | typed.UserCall | typed.Assigned):
                self._value(part)
            elif hasattr(part, "at"):
                self._command(part)
            else:
                self._anything(part)


def _part(symbol: Symbol, cell: typed.Cell) -> str:
    """The path of a block in a variable, as far as its indices are known."""
    if cell.terms or not symbol.type.aggregate:
        return symbol.name + "[]" * bool(cell.terms)
    inside = parts(symbol.type, symbol.name, symbol.index)
    return next((path for path, index, _ in inside if index == cell.index), symbol.name)


def _parts(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for item in node:
            if isinstance(item, tuple) and not isinstance(item, At):
                yield from _parts(item)
            elif dataclasses.is_dataclass(item):
                yield item
    elif dataclasses.is_dataclass(node):
        for part in dataclasses.fields(node):
            if part.name in ("type", "kept", "at", "block", "symbol", "view"):
                continue
            value = getattr(node, part.name)
            if isinstance(value, tuple) and not isinstance(value, At):
                yield from _parts(value)
            elif dataclasses.is_dataclass(value):
                yield value
