"""JMP and its labels: which piece of which body a jump leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from commissioning.plc.checking import commands
from commissioning.plc.checking.branching import BranchChecker
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.scope import suggestion
from commissioning.plc.syntax import tree

_MAKERS = "use the dialect codesys or twincat"


@dataclass(slots=True)
class _Frame:
    """A body with labels that is being checked: upper-case label -> the piece that begins with it, and the
    pieces that somebody jumps to. Piece 0 comes before the first label."""

    number: int
    labels: dict[str, int]
    used: set[int] = field(default_factory=set)


class LabelChecker(BranchChecker):
    """Bodies, and the jumps in them. A jump leads to a label of its own body or of one around it."""

    _marks: dict[str, tree.Mark] | None = None  # of the outermost body that is being checked
    _frames: tuple[_Frame, ...] = ()
    _bodies = 0

    def body(self, statements: tuple[tree.Statement, ...]) -> tuple[Command, ...]:
        if self._marks is not None:
            return self._pieces(statements)
        self._marks = {}
        for mark, behind in _marks_in(statements):
            if behind is None or not self._declares(mark, behind):
                self._note(mark, self._marks)
        try:
            return self._pieces(statements)
        finally:
            self._marks = None

    def _note(self, mark: tree.Mark, marks: dict[str, tree.Mark]) -> None:
        if not isinstance(mark.target, tree.Name):
            self.problem("a label is a name", mark.at)
            return
        name = mark.target.name
        if not self._may_jump():
            what = f"'{name}:' is a label of JMP, which Structured Text of the dialect iec does not have"
            self.problem(what, mark.at, f"Write {name} := ...; or {_MAKERS}")
        first = marks.setdefault(name.upper(), mark)
        if first is not mark:
            self.problem(f"there is a second label {name}, the first is in line {first.at.line}", mark.at)

    def _may_jump(self) -> bool:
        return self.project.dialect.jumps or self.file in self.project.jumping

    def _pieces(self, statements: tuple[tree.Statement, ...]) -> tuple[Command, ...]:
        marks = [statement for statement in statements if isinstance(statement, tree.Mark)]
        if not marks:
            return self._each(statements)
        for mark, behind in pairwise(statements):
            if isinstance(mark, tree.Mark) and self._declares(mark, behind):
                return self._pieces(tuple(one for one in statements if one not in (mark, behind)))
        self._bodies += 1
        frame = _Frame(self._bodies, {})
        for piece, mark in enumerate(marks, 1):
            if isinstance(mark.target, tree.Name):
                frame.labels.setdefault(mark.target.name.upper(), piece)
        outer, self._frames = self._frames, (*self._frames, frame)
        starts = [number for number, one in enumerate(statements) if isinstance(one, tree.Mark)]
        cuts = zip([0, *starts], [*starts, len(statements)], strict=True)
        found = [self._each(statements[start:stop]) for start, stop in cuts]
        self._frames = outer
        pieces: list[tuple[int, tuple[Command, ...]]] = []
        for piece, made in enumerate(found):
            if pieces and piece not in frame.used:
                pieces[-1] = (pieces[-1][0], pieces[-1][1] + made)
            else:
                pieces.append((piece, made))
        if len(pieces) == 1:
            return pieces[0][1]
        return (commands.Labelled(frame.number, tuple(pieces), marks[min(frame.used) - 1].at),)

    def _declares(self, mark: tree.Mark, behind: tree.Statement) -> bool:
        """`x : INT;` among statements, which is told."""
        type_ = behind.target if isinstance(behind, tree.Assign) else None
        if isinstance(behind, tree.Invoke):
            type_ = behind.call.target if isinstance(behind.call, tree.Call) else behind.call
        if not isinstance(type_, tree.Name) or not isinstance(mark.target, tree.Name):
            return False
        known = self.project.type_named(type_.name, type_.at, self.file)
        if known is None or self.project.lookup(self.pou, type_.name) is not None:
            return False
        what = f"{mark.target.name} : {type_.name} declares a variable, here stand statements"
        self.problem(what, mark.at, "Put it in a VAR section")
        return True

    def _each(self, statements: tuple[tree.Statement, ...]) -> tuple[Command, ...]:
        found = [self._statement(statement) for statement in statements]
        return tuple(command for command in found if command is not None)

    def _jump_to(self, node: tree.Jump) -> Command | None:
        name = node.label.upper()
        if not self._may_jump():
            what = "JMP belongs to no Structured Text of the dialect iec"
            self.problem(what, node.at, f"Write it with IF and loops, or {_MAKERS}")
            return None
        for frame in reversed(self._frames):
            if name in frame.labels:
                piece = frame.labels[name]
                frame.used.add(piece)
                return commands.Jump("JMP", node.at, frame.number, piece)
        known = self._marks or {}
        if name in known:
            what = f"JMP cannot lead to {node.label} in line {known[name].at.line}: "
            what += "the label stands inside another statement"
            self.problem(what, node.at, "Put the label beside the JMP, or beside a statement that it is in")
        else:
            names = [mark.target.name for mark in known.values() if isinstance(mark.target, tree.Name)]
            cure = suggestion(node.label, names) or f"Write {node.label}: in front of a statement"
            self.problem(f"there is no label {node.label} in this body", node.at, cure)
        return None


def _marks_in(
    statements: tuple[tree.Statement, ...],
) -> Iterator[tuple[tree.Mark, tree.Statement | None]]:
    """Every label, with the statement behind it."""
    for statement, behind in zip_longest(statements, statements[1:]):
        if isinstance(statement, tree.Mark):
            yield statement, behind
        for inner in tree.bodies(statement):
            yield from _marks_in(inner)
