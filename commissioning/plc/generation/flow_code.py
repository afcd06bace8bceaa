"""Loops, jumps and exceptions of generated code.

Python leaves and goes on with its innermost loop only. What goes further (JMP, and EXIT or CONTINUE from a
body with labels) says in a variable `x<depth>` of every loop on its way where it leads, and leaves them one
by one. A body with labels is itself a Python loop: JMP sets `j<depth>` to the piece that comes next and goes
round. So is a __TRY with a __FINALLY, so that this comes before what CONTINUE does to the counter of a FOR.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.limits import Loop, round_cost
from commissioning.plc.checking.scope import Project
from commissioning.plc.generation.expression_code import cell_text, emit, exact, stored
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType

Spot = tuple[str, int, int]
_PROGRAM, _FINALLY = -1, -2  # numbers of loops that are no Labelled
_RETURN = -1  # the code of a RETURN


@dataclass(slots=True)
class OpenLoop:
    """A Python loop around what is being written. `depth` names its variables; it begins at line `start` of
    the module; `again` stands before a `continue`; `number`: of the Labelled that it is, or what else it is.
    `crossed`: where jumps lead that leave it on their way, as `_code` numbers that."""

    depth: int
    start: int
    again: tuple[str, ...] = ()
    number: int = _PROGRAM
    crossed: set[int] = field(default_factory=set)


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
        self._finals: list[int] = []  # of each __FINALLY around: how many loops are around that
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
        if node.word == "JMP":
            self._line(depth, f"j{self._loops[target].depth} = {node.piece}")
        self._go(target, node.word == "EXIT", depth)

    def _return(self, depth: int) -> None:
        finals = [place for place, loop in enumerate(self._loops) if loop.number == _FINALLY]
        if self._result is None:
            self._line(depth, "return")
        elif finals:  # which may change the result
            self._leave(self._loops[finals[0] :], _RETURN, depth)
        else:
            self._line(depth, f"return {self._result}")

    def _leave(self, crossed: list[OpenLoop], code: int, depth: int) -> None:
        """Out of these loops, and then on to what the code says."""
        for loop in crossed:
            loop.crossed.add(code)
        self._line(depth, f"{' = '.join(f'x{loop.depth}' for loop in crossed)} = {code}")
        self._line(depth, "break")

    def _go(self, target: int, leaves: bool, depth: int) -> None:
        """On to the next round of a loop around, or (`leaves`) behind it."""
        if self._finals and target < self._finals[-1]:  # no other jump goes on after this __FINALLY
            stays = [count for count in self._finals if count <= target]
            self._forget(stays[-1] if stays else 0, target + 1, depth)
        crossed = self._loops[target + 1 :]
        if crossed:
            self._leave(crossed, self._code(target, leaves), depth)
            return
        for line in () if leaves else self._loops[target].again:
            self._line(depth, line)
        self._line(depth, "break" if leaves else "continue")

    def _forget(self, start: int, stop: int, depth: int) -> None:
        """Jumps that were on their way out of these loops end here. Those around a __FINALLY that goes on are
        not among them: what it interrupted goes on too."""
        if start < stop:
            self._line(depth, f"{' = '.join(f'x{loop.depth}' for loop in self._loops[start:stop])} = 0")

    @staticmethod
    def _code(target: int, leaves: bool) -> int:
        return 2 * target + 1 + leaves

    def _lead_on(self, loop: OpenLoop, depth: int) -> None:
        """Behind a loop that jumps have left on their way."""
        self._left = None
        innermost = len(self._loops) - 1
        for code in sorted(loop.crossed):
            self._line(depth, f"if x{loop.depth} == {code}:")
            if code == _RETURN:
                inside = any(around.number == _FINALLY for around in self._loops)
                self._line(depth + 1, "break" if inside else f"return {self._result}")
                continue
            target, leaves = divmod(code - 1, 2)
            for line in self._loops[target].again if target == innermost and not leaves else ():
                self._line(depth + 1, line)
            self._line(depth + 1, "break" if leaves or target < innermost else "continue")

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
        self._forget(self._finals[-1] if self._finals else 0, len(self._loops), inner + 1)
        self._body(node.handler, inner + 1)

    def _finally(self, node: commands.Try, depth: int) -> None:
        """`w<depth>`: whether __FINALLY is executed, which it is not where the PLC stops."""
        self._line(depth, f"w{depth} = True")
        self._line(depth, "try:")
        self._catch(node, depth + 1)
        self._line(depth, f"except fault as fault{depth}:")
        self._line(depth + 1, f"w{depth} = catchable(fault{depth})")
        self._line(depth + 1, "raise")
        self._line(depth, "except:")
        self._line(depth + 1, f"w{depth} = False")
        self._line(depth + 1, "raise")
        self._line(depth, "finally:")
        self._line(depth + 1, f"if w{depth}:")
        self._finals.append(len(self._loops))
        self._body(node.final, depth + 2)
        self._finals.pop()
