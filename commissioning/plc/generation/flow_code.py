"""Loops, jumps and exceptions of generated code.

Python leaves and goes on with its innermost loop only. What goes further (JMP, and EXIT or CONTINUE from a
body with labels) says where it leads in the variable `x<depth>` of that loop and leaves it; what stands
behind the loop reads that and goes on from there, so that nothing lies between but a __FINALLY, which may
change it. A body with labels is itself a Python loop: JMP sets `j<depth>` to the piece that comes next and
goes round. So is a __TRY with a __FINALLY, so that this comes before what CONTINUE does to the counter of a
FOR.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.limits import Loop, round_cost
from commissioning.plc.checking.scope import Project
from commissioning.plc.generation.expression_code import cell_text, emit, exact, stored
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType

Spot = tuple[str, int, int]
_PROGRAM, _FINALLY = -1, -2  # numbers of loops that are no Labelled


class Way(NamedTuple):
    """Where a jump leads: to the next round of the loop at that place among those around (of a body with
    labels, from a piece on), or (`leaves`) behind it."""

    target: int
    leaves: bool
    piece: int = 0


_RETURN = Way(-1, True)


@dataclass(slots=True)
class OpenLoop:
    """A Python loop around what is being written. `depth` names its variables; it begins at line `start` of
    the module; `again` stands before a `continue`; `number`: of the Labelled that it is, or what else it is.
    `crossed`: where jumps lead that leave it on their way; `x<depth>` counts them from 1."""

    depth: int
    start: int
    again: tuple[str, ...] = ()
    number: int = _PROGRAM
    crossed: list[Way] = field(default_factory=list)


class FlowWriter:
    """Writes what decides which statement comes next; `spots[n]` is the place of Python line n + 1."""

    def __init__(self, project: Project, weights: Mapping[int, int]) -> None:
        self.project = project
        self.weights = weights
        self.lines: list[str] = []
        self.spots: list[Spot] = []
        self._file = ""
        self._at = At(0, 0)
        self._loops: list[OpenLoop] = []
        self._left: OpenLoop | None = None  # the loop that was written last, if jumps cross it
        self._result: str | None = None

    @abstractmethod
    def _command(self, node: Command, depth: int) -> None:
        """Writes one command."""

    def _line(self, depth: int, text: str) -> None:
        self.lines.append(" " * depth + text)
        self.spots.append((self._file, self._at.line, self._at.column))

    def _body(self, body: tuple[Command, ...], depth: int) -> None:
        for command in body:
            self._at = command.at
            self._command(command, depth)
            if self._left is not None:
                self._lead_on(self._left, depth)

    def _block(self, body: tuple[Command, ...], depth: int) -> None:
        if body:
            self._body(body, depth)
        else:
            self._line(depth, "pass")

    # ---- loops ---------------------------------------------------------------------------------------

    def _while(self, node: commands.While, depth: int) -> None:
        begun = self._begin(depth)
        self._line(depth, f"while {emit(node.condition).text}:")
        self._budget(depth + 1, node)
        self._body(node.body, depth + 1)
        self._end(begun)

    def _repeat(self, node: commands.Repeat, depth: int) -> None:
        done = f"if {emit(node.until).text}: break"
        begun = self._begin(depth, (done,))
        self._line(depth, "while True:")
        self._budget(depth + 1, node)
        self._body(node.body, depth + 1)
        self._at = node.at
        self._line(depth + 1, done)
        self._end(begun)

    def _for(self, node: commands.For, depth: int) -> None:
        variable = cell_text(node.cell)
        self._line(depth, f"{variable} = {stored(node.start, node.type).text}")
        step, stop, kept = exact(node.step), f"l{depth}", f"s{depth}"
        if node.each:
            stop, kept = f"({exact(node.stop).text})", f"({step.text})"
        else:
            self._line(depth, f"l{depth} = {exact(node.stop).text}")
        if isinstance(node.step, typed.Const):
            test = f"{variable} <= {stop}" if step.low > 0 else f"{variable} >= {stop}"
        else:
            if not node.each:
                self._line(depth, f"{kept} = {step.text}")
            test = f"{variable} <= {stop} if {kept} >= 0 else {variable} >= {stop}"
        by = str(node.step.value) if isinstance(node.step, typed.Const) else kept
        advance = self._advanced(variable, by, node.type)
        begun = self._begin(depth, (advance,))
        self._line(depth, f"while {test}:")
        self._budget(depth + 1, node)
        self._body(node.body, depth + 1)
        self._at = node.at
        self._line(depth + 1, advance)
        self._end(begun)

    @staticmethod
    def _advanced(variable: str, by: str, type_: IecType) -> str:
        mask = type_.high - type_.low
        if type_.low == 0:
            return f"{variable} = {variable} + {by} & {mask}"
        return f"{variable} = ({variable} + {by} + {-type_.low} & {mask}) - {-type_.low}"

    def _labelled(self, node: commands.Labelled, depth: int) -> None:
        self._line(depth, f"j{depth} = 0")
        begun = self._begin(depth, number=node.number)
        self._line(depth, "while True:")
        self._budget(depth + 1, node)
        for number, piece in node.pieces[:-1]:
            if piece:
                self._line(depth + 1, f"if j{depth} <= {number}:")
                self._body(piece, depth + 2)
        self._body(node.pieces[-1][1], depth + 1)
        self._line(depth + 1, "break")
        self._end(begun)

    def _budget(self, depth: int, loop: Loop) -> None:
        self._line(depth, f"g[0] -= {round_cost(loop, self.weights)}")
        self._line(depth, "if g[0] < 0: overrun()")

    def _begin(self, depth: int, again: tuple[str, ...] = (), number: int = _PROGRAM) -> OpenLoop:
        self._loops.append(OpenLoop(depth, len(self.lines), again, number))
        return self._loops[-1]

    def _end(self, loop: OpenLoop) -> None:
        self._loops.pop()
        if loop.crossed:
            self.lines.insert(loop.start, " " * loop.depth + f"x{loop.depth} = 0")
            self.spots.insert(loop.start, self.spots[loop.start])
            self._left = loop

    # ---- jumps ---------------------------------------------------------------------------------------

    def _jump(self, node: commands.Jump, depth: int) -> None:
        if node.word == "RETURN":
            self._return(depth)
            return
        number = node.number if node.word == "JMP" else _PROGRAM
        target = max(place for place, loop in enumerate(self._loops) if loop.number == number)
        self._go(Way(target, node.word == "EXIT", node.piece), depth)

    def _return(self, depth: int) -> None:
        if self._result is None:
            self._line(depth, "return")
        elif any(loop.number == _FINALLY for loop in self._loops):  # which may change the result
            self._leave(_RETURN, depth)
        else:
            self._line(depth, f"return {self._result}")

    def _go(self, way: Way, depth: int) -> None:
        if way.target < len(self._loops) - 1:
            self._leave(way, depth)
            return
        loop = self._loops[way.target]
        if way.leaves:
            self._line(depth, "break")
            return
        if loop.number > _PROGRAM:
            self._line(depth, f"j{loop.depth} = {way.piece}")
        for line in loop.again:
            self._line(depth, line)
        self._line(depth, "continue")

    def _leave(self, way: Way, depth: int) -> None:
        """Out of the innermost loop, and behind it on from there."""
        loop = self._loops[-1]
        if way not in loop.crossed:
            loop.crossed.append(way)
        self._line(depth, f"x{loop.depth} = {loop.crossed.index(way) + 1}")
        self._line(depth, "break")

    def _lead_on(self, loop: OpenLoop, depth: int) -> None:
        """Behind a loop that jumps have left on their way."""
        self._left = None
        for number, way in enumerate(loop.crossed, 1):
            self._line(depth, f"if x{loop.depth} == {number}:")
            if way == _RETURN:
                self._return(depth + 1)
            else:
                self._go(way, depth + 1)

    # ---- exceptions ----------------------------------------------------------------------------------

    def _try(self, node: commands.Try, depth: int) -> None:
        if not node.final:
            self._catch(node, depth)
            return
        begun = self._begin(depth, number=_FINALLY)
        self._line(depth, "while True:")
        self._finally(node, depth + 1)
        self._line(depth + 1, "break")
        self._end(begun)

    def _catch(self, node: commands.Try, inner: int) -> None:
        self._line(inner, "try:")
        self._block(node.body, inner + 1)
        self._at = node.caught
        self._line(inner, f"except fault as fault{inner}:")
        self._line(inner + 1, f"k = caught(fault{inner})")
        self._line(inner + 1, f"{cell_text(node.cell)} = k")
        self._body(node.handler, inner + 1)

    def _finally(self, node: commands.Try, depth: int) -> None:
        """`v<depth>`: whether __FINALLY is executed, which it is not where the PLC stops."""
        self._line(depth, f"v{depth} = True")
        self._line(depth, "try:")
        self._catch(node, depth + 1)
        self._line(depth, f"except fault as fault{depth}:")
        self._line(depth + 1, f"v{depth} = catchable(fault{depth})")
        self._line(depth + 1, "raise")
        self._line(depth, "except:")
        self._line(depth + 1, f"v{depth} = False")
        self._line(depth + 1, "raise")
        self._line(depth, "finally:")
        self._line(depth + 1, f"if v{depth}:")
        self._body(node.final, depth + 2)
