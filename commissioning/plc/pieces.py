"""Structured Text that was taken out of another format: the text, and where each of its lines comes from."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

from commissioning.model.element import Element, TextRun
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.compiler import compile_st
from commissioning.plc.generation.layout import Area
from commissioning.plc.program import Program, TaskSpec, Variable, VariableTable
from commissioning.plc.syntax.tree import At

TRANSLATED = "(* of the translation *)"  # behind VAR, where a drawn body needs variables of its own
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Mark:
    """From `line` and `column` of a piece on, the text comes from `file_line` and `file_column` of its file.

    `verbatim`: character by character, to the end of the line; else all of it belongs to that one place.
    """

    line: int
    column: int
    file_line: int
    file_column: int
    verbatim: bool
    object: str


@dataclass(frozen=True, slots=True)
class SourcePiece:
    """One text to compile. `name` stands for it in `compile_project`, `file` is what it was taken from.

    `translated`: of which objects the body was drawn and has been translated to text, as "MAIN (LD)".
    """

    name: str
    text: str
    file: str
    marks: tuple[Mark, ...]
    translated: tuple[str, ...] = ()

    def is_verbatim(self, line: int, column: int) -> bool:
        """Whether that spot stands in the file as it is here: nobody wrote the words of a translation."""
        number = bisect.bisect_right(self.marks, (line, max(column, 1)), key=lambda m: (m.line, m.column))
        return bool(number) and self.marks[number - 1].verbatim

    def place(self, line: int, column: int = 0) -> Place:
        """Where that spot of the text (1-based) stands in the file, with the object's name."""
        number = bisect.bisect_right(self.marks, (line, max(column, 1)), key=lambda m: (m.line, m.column))
        if not number:
            return Place(self.file)
        mark = self.marks[number - 1]
        ahead = max(column, 1) - mark.column if mark.verbatim and mark.line == line else 0
        return Place(self.file, mark.file_line, mark.file_column + ahead, mark.object)


class PieceWriter:
    """Puts a piece together: words of ours, which belong to an element, and text as it stands in the file."""

    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.object = ""
        self.translated: list[str] = []
        self._parts: list[str] = []
        self._marks: list[Mark] = []
        self._line, self._column = 1, 1

    def own(self, text: str, element: Element | None) -> None:
        """Text that does not stand in the file; trouble with it is told at `element`."""
        if element is not None:
            self._mark(element.line, element.column, False)
        self._append(text)

    def line(self, text: str, element: Element | None) -> None:
        """As `own`, on lines of its own."""
        self.fresh_line()
        self.own(text + "\n", element)

    def verbatim(self, runs: Iterable[TextRun]) -> None:
        """Text of the file, each character with its place."""
        for run in runs:
            if run.text:
                self._mark(run.line, run.column, True)
                self._append(run.text)

    def fresh_line(self) -> None:
        if self._column > 1:
            self._append("\n")

    def finished(self) -> SourcePiece:
        return SourcePiece(
            self.name, "".join(self._parts), self.file, tuple(self._marks), tuple(self.translated)
        )

    def _mark(self, line: int, column: int, verbatim: bool) -> None:
        self._marks.append(Mark(self._line, self._column, line, column, verbatim, self.object))

    def _append(self, text: str) -> None:
        self._parts.append(text)
        lines = text.count("\n")
        self._line += lines
        self._column = len(text) - text.rindex("\n") if lines else self._column + len(text)


def compile_project(
    sources: Mapping[str, str | SourcePiece], dialect: str = "iec", tasks: Sequence[TaskSpec] = (),
    with_tests: bool = False, stubs: bool = False, stub_calls: str = "stop",
) -> Program:  # fmt: skip
    """As `compile_st`, also of texts that were taken out of other formats.

    Everything in the program and in Problems that has a place has the one in the original file.
    """
    pieces = {name: source for name, source in sources.items() if isinstance(source, SourcePiece)}
    texts = {
        name: source.text if isinstance(source, SourcePiece) else source for name, source in sources.items()
    }
    try:
        program = compile_st(texts, dialect, tasks, with_tests, stubs, stub_calls)
    except Problems as found:
        if not pieces:
            raise
        raise Problems(_moved_problem(problem, pieces) for problem in found.problems) from found
    return _moved(program, pieces) if pieces else program


def _moved_problem(problem: Problem, pieces: Mapping[str, SourcePiece]) -> Problem:
    here = pieces.get(problem.where.file)

    def in_line(match: re.Match[str]) -> str:
        return f"line {here.place(int(match.group(1))).line}" if here is not None else match.group()

    what = re.sub(r"\bline (\d+)\b", in_line, _moved_words(problem.what, pieces))
    where = problem.where
    if here is not None:
        where = here.place(where.line, where.column)
    return replace(problem, what=what, where=where)


def _moved_words(text: str, pieces: Mapping[str, SourcePiece]) -> str:
    """A sentence that names other declarations as file:line."""

    def elsewhere(match: re.Match[str]) -> str:
        place = pieces[match.group(1)].place(int(match.group(2)))
        return f"{place.file}:{place.line}"

    names = "|".join(re.escape(name) for name in sorted(pieces, key=len, reverse=True))
    return re.sub(rf"({names}):(\d+)", elsewhere, text)


def _moved(program: Program, pieces: Mapping[str, SourcePiece]) -> Program:
    def variable(old: Variable) -> Variable:
        piece = pieces.get(old.file)
        if piece is None:
            return old
        place = piece.place(old.line, old.column)
        return replace(old, file=place.file, line=place.line, column=place.column)

    def table(old: VariableTable) -> VariableTable:
        return VariableTable({path.upper(): variable(old[path]) for path in old}, program.aliases)

    def area(old: Area) -> Area:
        piece = pieces.get(old.symbol.file)
        if piece is None:
            return old
        place = piece.place(old.symbol.at.line, old.symbol.at.column)
        symbol = copy(old.symbol)
        symbol.file, symbol.at = place.file, At(place.line, place.column)
        return replace(old, symbol=symbol)

    def spot(old: tuple[str, int, int]) -> tuple[str, int, int]:
        piece = pieces.get(old[0])
        if piece is None:
            return old
        place = piece.place(old[1], old[2])
        return place.file, place.line, place.column

    known: dict[tuple[str, int, int], tuple[str, int, int]] = {}
    for old in program.spots:
        if old not in known:
            known[old] = spot(old)
    return replace(
        program,
        variables=table(program.variables),
        members=table(program.members),
        notices=tuple(_moved_problem(notice, pieces) for notice in program.notices),
        never_skip=tuple(_moved_words(why, pieces) for why in program.never_skip),
        spots=tuple(known[old] for old in program.spots),
        locations={
            key: replace(location, variable=variable(location.variable))
            for key, location in program.locations.items()
        },
        areas={key: area(old) for key, old in program.areas.items()},
        pieces=pieces,
    )
