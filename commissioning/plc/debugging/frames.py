"""Where a held scan stands: the calls that led there, and their variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from commissioning.plc.checking.scope import Pou, Symbol
from commissioning.plc.generation.debug_build import FILE_NAME, DebugCode
from commissioning.plc.generation.layout import parts, shown, with_shown
from commissioning.plc.running.memory import Memory, accepted
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.values.iec_types import IecType, Value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One call: the POU and its instance (`path`, of a function its name), and the statement it is at.

    `source` and `line` are of the text that was compiled, `file` and `file_line` of the file that it was
    taken from; for a file of Structured Text they are the same.
    """

    pou: str
    path: str
    source: str
    line: int
    column: int
    file: str
    file_line: int

    def __str__(self) -> str:
        return f"{self.path} ({self.file or 'line'}:{self.file_line})"


@dataclass(frozen=True, slots=True)
class Where(StackFrame):
    """Where the scan is held, before that statement; `stack` begins with the innermost call, this one."""

    stack: tuple[StackFrame, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalValue:
    """One elementary variable of a call: `name` as in the program, as "zones[3].speed"."""

    name: str
    type: str
    section: str
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A running call in generated code: its POU, the place, the list that holds its own variables, and the
    path of the instance that it runs on, "" of a function."""

    pou: Pou
    shown: StackFrame
    memory: Memory
    instance: str

    def symbol(self, path: str) -> Symbol | None:
        """The variable of the POU that a path begins with."""
        head = _NAME.match(path)
        return None if head is None else self.pou.symbols.get(head.group().upper())

    def cell(self, path: str) -> tuple[Memory, int, IecType, Symbol] | None:
        """Where an elementary variable of this call lives, also of a function and behind a VAR_IN_OUT."""
        symbol = self.symbol(path)
        if symbol is None or symbol.block is not None or symbol.is_global:
            return None
        wanted = path.upper().replace(" ", "")
        for name, memory, index, type_ in self._cells(symbol):
            if name.upper() == wanted:
                return memory, index, type_, symbol
        return None

    def _cells(self, symbol: Symbol) -> Iterator[tuple[str, Memory, int, IecType]]:
        memory, index = self.memory, symbol.index
        if symbol.by_reference:
            memory, index = memory[index], memory[index + 1]
            if memory is None:
                return
        for name, cell, type_ in parts(symbol.type, symbol.name, index):
            if type_.kind != "block":
                yield name, memory, cell, type_
            elif type_.name in STANDARD_BLOCKS and not isinstance(
                memory[cell], list
            ):  # no block of that name
                for offset, member in enumerate(STANDARD_BLOCKS[type_.name].cells):
                    if member.role != "hidden":
                        yield f"{name}.{member.name}", memory, cell + offset, member.type

    def locals(self, most: int = 1000) -> list[LocalValue]:
        """The elementary variables of this call, at most so many."""
        found: list[LocalValue] = []
        for symbol in self.pou.symbols.values():
            if symbol.block is not None or symbol.is_global:
                continue
            for name, memory, index, type_ in self._cells(symbol):
                if len(found) == most:
                    return found
                found.append(
                    LocalValue(name, type_.name, symbol.section, _value(memory, index, type_, symbol))
                )
        return found

    def read(self, path: str) -> Value:
        """Raises KeyError where this call has no such variable."""
        place = self.cell(path)
        if place is None:
            raise KeyError(path)
        return _value(*place)

    def write(self, path: str, value: Value) -> None:
        """Raises KeyError, and TypeError or ValueError for what the variable cannot hold."""
        place = self.cell(path)
        if place is None:
            raise KeyError(path)
        memory, index, type_, symbol = place
        if symbol.constant:
            raise ValueError(f"{symbol.name} is a CONSTANT")
        kept = accepted(path, type_, value)
        view = symbol.view
        memory[index] = kept if view is None else with_shown(memory[index], view, kept)


def _value(memory: Memory, index: int, type_: IecType, symbol: Symbol) -> Value:
    value: Value = memory[index]
    if symbol.view is not None and isinstance(value, int):
        return shown(value, symbol.view, type_)
    return value


def running(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of generated code, the innermost first."""
    while frame is not None:
        if frame.f_code.co_filename == FILE_NAME:
            yield frame
        frame = frame.f_back


def depth(frame: FrameType | None) -> int:
    """How many calls deep."""
    return sum(1 for _ in running(frame))


def calls(
    frame: FrameType | None, code: DebugCode, pous: Mapping[int, Pou], paths: Mapping[int, str]
) -> list[Call]:
    """The running calls, the innermost first. `paths`: id of a memory -> path of its instance."""
    found: list[Call] = []
    inner = ""
    for python in running(frame):
        name = python.f_code.co_name
        number = name[1:]
        if name[:1] == "f" and inner == f"b{number}":  # a function with outputs: its body is a function too
            inner = name
            continue
        inner = name
        if not number.isdecimal() or int(number) not in pous:
            continue
        pou, variables = pous[int(number)], python.f_locals
        source, line, column = code.lines[python.f_lineno - 1]
        file, file_line, _ = code.spots[python.f_lineno - 1]
        instance = paths.get(id(variables["m"]), "")
        path = instance or pou.name
        if pou.local:  # a method: its block, and a list for this call
            owner = pou.owner.name if pou.owner is not None else ""
            path = f"{instance or owner}.{pou.name}"
        shown_ = StackFrame(pou.name, path, source, line, column, file, file_line)
        found.append(Call(pou, shown_, variables["s" if pou.local else "m"], instance))
    return found


def where(stack: Sequence[Call]) -> Where:
    """The place of the innermost call, with all of them."""
    top = stack[0].shown
    return Where(
        top.pou, top.path, top.source, top.line, top.column, top.file, top.file_line,
        tuple(call.shown for call in stack),
    )  # fmt: skip
