"""The other translation of a program: every statement and branch is numbered and may be marked and held.

The typed tree is the same as that of the fast code; a probe is put before every statement and into every
branch, so that both leave the same memory after every scan. A probe sets a mark (`hit`), or asks one
(`armed`) and calls `hook` with its number. IF without ELSE and CASE without ELSE get the branch that they do
not have; a loop has two, that it runs and that it comes to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any, Literal

from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.checking import commands
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.scope import Pou
from commissioning.plc.generation.build import Build, Spot
from commissioning.plc.generation.checked import Checked
from commissioning.plc.generation.codegen import ModuleWriter
from commissioning.plc.program import Program
from commissioning.plc.running.memory import names_for
from commissioning.plc.running.scans import Scanner
from commissioning.plc.syntax.tree import At, Quiet

FILE_NAME = "<structured text, debug>"


@dataclass(frozen=True, slots=True)
class Spotted:
    """One statement, or one way that a statement can go (`label` says which). `source`: the text it stands
    in, `line` and `column` are 1-based there; `owner`: of a branch, the number of its statement."""

    number: int
    kind: Literal["statement", "branch"]
    pou: str
    source: str
    line: int
    column: int
    label: str = ""
    owner: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class DebugCode:
    """`places[n]` is what probe n stands for; `lines[n]` the place in the texts of Python line n + 1,
    `spots[n]` that in the files they were taken from."""

    code: CodeType
    places: tuple[Spotted, ...]
    lines: tuple[Spot, ...]
    spots: tuple[Spot, ...]

    def loaded(self, hit: list[int], armed: list[int], hook: Callable[[int], None], plc: Scanner) -> Build:
        """The functions, for one PLC. `hit` and `armed` have one number per place."""
        names: dict[str, Any] = names_for(plc.space) | {"hit": hit, "armed": armed, "hook": hook}
        exec(self.code, names)  # noqa: S102 - generated from the typed tree, without builtins
        return Build(names, FILE_NAME, self.spots)


def debug_code(program: Program, *, coverage: bool, stops: bool) -> DebugCode:
    """The translation with probes that mark (`coverage`) and that can hold (`stops`); made once per program.

    Places have the same numbers in all of them. Raises Problems where Python cannot follow the nesting.
    """
    known = program.checked.debug_codes
    if (coverage, stops) not in known:
        known[coverage, stops] = _translated(program, coverage, stops)
    return known[coverage, stops]


def _translated(program: Program, coverage: bool, stops: bool) -> DebugCode:
    checked = program.checked
    writer = DebugWriter(checked, coverage, stops)
    try:
        for key, pou in checked.project.pous.items():
            writer.pou(pou, checked.commands[key])
        writer.finish()
        code = compile(writer.text, FILE_NAME, "exec")
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise Problems(
            [Problem("the program nests too deeply for the debugger", Place(writer.file), "Split its POUs")]
        ) from error
    moved: dict[Spot, Spot] = {}
    for spot in writer.spots:
        if spot not in moved:
            moved[spot] = program.original(*spot)
    spots = tuple(moved[spot] for spot in writer.spots)
    return DebugCode(code, tuple(writer.places), tuple(writer.spots), spots)


@dataclass(frozen=True, slots=True)
class _Probe:
    at: At
    number: int
    stops: bool


class DebugWriter(ModuleWriter):
    """Writes the functions of all POUs with probes in them."""

    def __init__(self, checked: Checked, coverage: bool, stops: bool) -> None:
        super().__init__(checked.project, checked.weights)
        self.coverage, self.stops = coverage, stops
        self.places: list[Spotted] = []
        self.file = ""
        self._pou = ""
        self._ends: dict[int, int] = {}  # id of a loop -> the branch of its end

    def pou(self, pou: Pou, body: tuple[Command, ...]) -> None:
        self.file = pou.file
        self._pou = pou.name if pou.owner is None else f"{pou.owner.name}.{pou.name}"
        self._ends.clear()
        super().pou(pou, self._probed(body))

    def _probe(self, at: At, label: str = "", owner: int = -1) -> Any:
        """A command of our own, which only this writer knows."""
        kind: Literal["statement", "branch"] = "branch" if label else "statement"
        place = Spotted(len(self.places), kind, self._pou, self.file, at.line, at.column, label, owner)
        self.places.append(place)
        return _Probe(at, place.number, not label)

    def _probed(self, body: tuple[Command, ...]) -> tuple[Command, ...]:
        found: list[Command] = []
        for command in body:
            if isinstance(command.at, Quiet):  # only what it leads to is of the program
                found.append(self._unprobed(command))
                continue
            if isinstance(command, commands.Labelled):  # no statement of the program
                pieces = tuple((number, self._probed(piece)) for number, piece in command.pieces)
                found.append(replace(command, pieces=pieces))
                continue
            probe = self._probe(command.at)
            found += [probe, self._inside(command, probe.number)]
        return tuple(found)

    def _inside(self, node: Command, owner: int) -> Command:
        """The statement with probes in its branches."""
        match node:
            case commands.If():
                branches = []
                for position, (condition, body, at) in enumerate(node.branches):
                    probe = self._probe(at, "ELSIF" if position else "THEN", owner)
                    branches.append((condition, (probe, *self._probed(body)), at))
                return replace(
                    node, branches=tuple(branches), otherwise=self._else(node.otherwise, node.at, owner)
                )
            case commands.Case():
                options = []
                for ranges, body, at in node.options:
                    shown = ", ".join(str(low) if low == high else f"{low}..{high}" for low, high in ranges)
                    probe = self._probe(at, f"{shown}:", owner)
                    options.append((ranges, (probe, *self._probed(body)), at))
                return replace(
                    node, options=tuple(options), otherwise=self._else(node.otherwise, node.at, owner)
                )
            case commands.For() | commands.While():
                probe = self._probe(node.at, "the loop runs", owner)
                end = self._probe(node.at, "the loop ends", owner)
                loop = replace(node, body=(probe, *self._probed(node.body)))
                self._ends[id(loop)] = end.number
                return loop
            case commands.Repeat():
                again = self._probe(node.at, "the loop goes round again", owner)
                repeat = replace(node, body=self._probed(node.body))
                self._ends[id(repeat)] = again.number
                return repeat
            case commands.Try():
                body = self._probed(node.body)
                caught = self._probe(node.caught, "__CATCH", owner)
                handler = (caught, *self._probed(node.handler))
                return replace(node, body=body, handler=handler, final=self._probed(node.final))
            case _:
                return node

    def _unprobed(self, node: Command) -> Command:
        if not isinstance(node, commands.If):
            return node
        branches = tuple((test, self._probed(body), at) for test, body, at in node.branches)
        return replace(node, branches=branches, otherwise=self._probed(node.otherwise))

    def _else(self, body: tuple[Command, ...], at: At, owner: int) -> tuple[Command, ...]:
        at = body[0].at if body else at
        return (self._probe(at, "ELSE" if body else "without ELSE", owner), *self._probed(body))

    def _command(self, node: Any, depth: int) -> None:  # a command, or a probe
        if isinstance(node, _Probe):
            if self.coverage:
                self._line(depth, f"hit[{node.number}] = 1")
            if self.stops and node.stops:
                self._line(depth, f"if armed[{node.number}]: hook({node.number})")
            if not self.coverage and not (self.stops and node.stops):
                self._line(depth, "pass")
            return
        super()._command(node, depth)
        end = self._ends.get(id(node))
        if end is not None and self.coverage:
            if isinstance(node, commands.Repeat):  # behind the test of UNTIL
                self._line(depth + 1, f"hit[{end}] = 1")
            else:  # the condition of the Python loop has become false
                self._line(depth, "else:")
                self._line(depth + 1, f"hit[{end}] = 1")
