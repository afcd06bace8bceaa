"""Typed commands -> the source of one Python module, with the place in the program of every line.

Each POU becomes one function `f<number>(m, g, now)`: its own memory, the globals, the time of this scan (ns).
Text from the program never gets in: names are numbers of cells, literals are written again from their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.classes import BODY
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.limits import call_cost
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.generation.expression_code import (
    calls_functions,
    cell_text,
    emit,
    exact,
    needs_rounding,
    place,
    put_bits,
    stored,
    table_name,
)
from commissioning.plc.generation.flow_code import FlowWriter
from commissioning.plc.generation.heads import (
    block_head,
    call_head,
    class_tables,
    fresh_blocks,
    needs_start,
    start_lines,
)
from commissioning.plc.generation.heap_code import leave_lines, made_lines
from commissioning.plc.generation.view_code import merged

_CELL = re.compile(r"\{(\w+)\}")


class ModuleWriter(FlowWriter):
    """Writes the functions of all POUs into one module; `spots[n]` is the place of Python line n + 1."""

    def __init__(self, project: Project, weights: Mapping[int, int]) -> None:
        super().__init__(project, weights)
        for number in range(len(project.windows)):
            self._line(0, f"w{number} = window({number})")
        for names, number in project.name_tables.items():
            shown = ", ".join(f"{value}: {name!r}" for value, name in names)
            self._line(0, f"names{number} = {{{shown}}}")
        for low, high, stride in project.tables:
            self._line(0, f"{table_name(low, high, stride)} = table({low}, {high}, {stride})")

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def pou(self, pou: Pou, body: tuple[Command, ...]) -> None:
        """The function of one POU."""
        assert pou.tree is not None
        self._file, self._at = pou.file, pou.tree.at
        cost = call_cost(body, self.weights) if pou.recursive else 0
        called = pou.kind == "FUNCTION" or pou.local
        head = call_head(self.project, pou, cost) if called else block_head(pou, cost)
        for depth, text in head.lines:
            self._line(depth, text)
        self._result = head.result
        self._body(body, 1)
        if self._result is not None:
            self._line(1, f"return {self._result}")
        else:
            self._line(1, "return")

    def finish(self) -> None:
        """What stands behind the functions of all POUs."""
        for depth, text in fresh_blocks(self.project):
            self._line(depth, text)
        for text in class_tables(self.project):
            self._line(0, text)
        for number, entry in self.project.entries.items():
            self._file, self._at = entry.file, entry.pou.at
            self._line(0, f"def e{number}(m, g, now):")
            self._body(entry.before, 1)
            self._line(1, f"f{entry.pou.number}(m, g, now)")
            self._body(entry.after, 1)
        for depth, text in made_lines(self.project):
            self._line(depth, text)
        for key, exits in self.project.exits.items():
            pou = self.project.pous[key]
            self._file, self._at = pou.file, pou.at
            self._line(0, f"def exit{pou.number}(m, g, now):")
            self._body(exits, 1)
        for depth, text in leave_lines(self.project):
            self._line(depth, text)
        shared = self.project.globals
        for pou in [shared, *self.project.pous.values()]:
            if pou.key in self.project.starts:
                self._file, self._at = pou.file, pou.at
                self._line(0, f"def i{pou.number}(m, g, now):")
                self._body(self.project.starts[pou.key], 1)
        known: dict[Pou, bool] = {}
        for pou in [shared, *self.project.pous.values()]:
            kept = pou.kind in ("GLOBAL", "PROGRAM", "FUNCTION_BLOCK", "TEST")
            if kept and needs_start(self.project, pou, known):
                self._file, self._at = pou.file, pou.at
                for depth, text in start_lines(self.project, pou, known):
                    self._line(depth, text)

    # ---- statements ----------------------------------------------------------------------------------

    def _command(self, node: Command, depth: int) -> None:
        match node:
            case commands.Store():
                self._store(node, depth)
            case commands.CallStandard():
                self._call_standard(node, depth)
            case commands.CallBlock():
                self._call_block(node, depth)
            case commands.CallFunction():
                self._line(depth, emit(node.call).text)
            case commands.If():
                word = "if"
                for condition, body, at in node.branches:
                    self._at = at
                    self._line(depth, f"{word} {emit(condition).text}:")
                    self._block(body, depth + 1)
                    word = "elif"
                if node.otherwise:
                    self._line(depth, "else:")
                    self._body(node.otherwise, depth + 1)
            case commands.Case():
                self._case(node, depth)
            case commands.For():
                self._for(node, depth)
            case commands.While():
                self._while(node, depth)
            case commands.Repeat():
                self._repeat(node, depth)
            case commands.Labelled():
                self._labelled(node, depth)
            case commands.Try():
                self._try(node, depth)
            case commands.New():
                self._line(depth, f"k = created({node.kind}, {exact(node.count).text}, g, now)")
                self._line(depth, f"{cell_text(node.cell)} = k")
                self._body(node.inits, depth)
            case commands.Delete():
                self._line(depth, f"released({cell_text(node.cell)}, g, now)")
                self._line(depth, f"{cell_text(node.cell)} = 0")
            case commands.StubReached():
                reached = f"stub({node.name!r}, {node.why!r})"
                self._line(depth, reached if node.cell < 0 else f"g[{node.cell}] = True")
            case commands.Jump():
                self._jump(node, depth)
            case commands.Judge():
                values = ", ".join(exact(value).text for value in node.values)
                judged = f"judge({node.number}, now, {values})"
                self._line(depth, f"if not {judged}: return" if node.stops else judged)
            case commands.Advance():  # makes the function a generator: who drives it sends the new time
                self._line(depth, f"now = yield {node.unit == 'scans'}, {exact(node.amount).text}")

    def _store(self, node: commands.Store, depth: int) -> None:
        if node.cell.view is not None and calls_functions(node.cell):
            self._line(depth, put_bits(node.cell, stored(node.value, node.type), node.type))
        elif node.cell.view is not None:
            text = cell_text(node.cell)
            self._line(
                depth, f"{text} = {merged(text, node.cell.view, stored(node.value, node.type), node.type)}"
            )
        elif node.type.aggregate:
            memory, index = place(node.cell)
            if not node.cell.plain:
                self._line(depth, f"e, o = {memory}, {index}")
                memory, index = "e", "o"
            end = f"o+{node.type.size}" if index == "o" else str(node.cell.index + node.type.size)
            self._line(depth, f"{memory}[{index}:{end}] = {emit(node.value).text}")
        elif needs_rounding(node.value, node.type):
            self._line(depth, f"single[0] = {emit(node.value).text}")
            self._line(depth, f"{cell_text(node.cell)} = single[0] + 0.0")
        else:
            self._line(depth, f"{cell_text(node.cell)} = {stored(node.value, node.type).text}")

    def _case(self, node: commands.Case, depth: int) -> None:
        selector = exact(node.selector)
        text = selector.text
        if not (isinstance(node.selector, typed.Load) and node.selector.cell.plain):
            text = f"c{depth}"
            self._line(depth, f"{text} = {selector.text}")
        word = "if"
        for ranges, body, at in node.options:
            self._at = at
            singles = [low for low, high in ranges if low == high]
            tests = [f"{text} == {singles[0]}"] if len(singles) == 1 else []
            if len(singles) > 1:
                tests.append(f"{text} in ({', '.join(str(value) for value in singles)})")
            tests += [f"{low} <= {text} <= {high}" for low, high in ranges if low != high]
            self._line(depth, f"{word} {' or '.join(tests) or 'False'}:")
            self._block(body, depth + 1)
            word = "elif"
        if node.otherwise:
            if word == "if":
                self._body(node.otherwise, depth)
                return
            self._line(depth, "else:")
            self._body(node.otherwise, depth + 1)

    # ---- blocks --------------------------------------------------------------------------------------

    def _call_standard(self, node: commands.CallStandard, depth: int) -> None:
        memory, first = place(node.cell)
        plain = node.cell.plain
        # found once: a block in an array, in another, or where a pointer leads
        distant = bool(node.cell.terms) or node.cell.owner is not None or node.cell.address is not None
        if distant:
            self._line(depth, f"p{depth}, o{depth} = {memory}, {first}")

        def at(offset: int) -> str:
            if distant:
                return f"p{depth}[o{depth}+{offset}]" if offset else f"p{depth}[o{depth}]"
            if plain:
                return f"{memory}[{node.cell.index + offset}]"
            return f"{memory}[{first}+{offset}]" if offset else f"{memory}[{first}]"

        for offset, type_, value in node.inputs:
            self._line(depth, f"{at(offset)} = {stored(value, type_).text}")

        def cell(match: re.Match[str]) -> str:
            return at(node.block.offsets[match.group(1).upper()])

        given = node.symbol.by_reference and self.project.reads_elapsed
        keeps_elapsed = node.symbol.elapsed or self.project.any_elapsed or given
        for line in (*node.block.lines, *(node.block.elapsed if keeps_elapsed else ())):
            spaces = len(line) - len(line.lstrip(" "))
            self._line(depth + spaces // 4, _CELL.sub(cell, line.lstrip(" ")))
        self._body(node.outputs, depth)

    def _call_block(self, node: commands.CallBlock, depth: int) -> None:
        self._line(depth, f"q = {cell_text(node.home)}")
        for index, type_, value in node.inputs:
            if isinstance(value, typed.Cloned):  # the blocks in it stay where they are
                graft = typed.Graft(type_, typed.Cell("q", None, index), value.cell, value.home)
                self._line(depth, emit(graft).text)
                continue
            where = f"{index}:{index + type_.size}" if type_.aggregate else str(index)
            self._line(depth, f"q[{where}] = {stored(value, type_).text}")
        borrowed = [*node.references, *node.memories]
        # what is lent comes back from an exception too; that edges were looked at ends with any fault, behind
        # which a hot start may go on
        guarded = (bool(borrowed) and self.project.catches) or node.looked >= 0
        if node.looked >= 0:
            self._line(depth, f"q[{node.looked}] = True")
        if guarded:
            self._line(depth, "try:")
        inner = depth + guarded
        for index, cell in node.references:
            memory, position = place(cell)
            self._line(inner, f"q[{index}], q[{index + 1}] = {memory}, {position}")
            for behind, value in enumerate(cell.bounds):
                self._line(inner, f"q[{index + 2 + behind}] = {exact(value).text}")
        for index, home in node.memories:
            self._line(inner, f"q[{index}] = {cell_text(home)}")
        execute = f"q[0][{BODY}](q, g, now)" if node.others else f"f{node.pou}(q, g, now)"
        self._line(inner, execute if node.guard < 0 else f"if not m[{node.guard}]: {execute}")
        if guarded:
            self._line(depth, "finally:")
        for index, _lent in borrowed:
            self._line(inner, f"q[{index}] = None")
        if node.looked >= 0:
            self._line(inner, f"m[{node.looked}] = False")
        self._body(node.outputs, depth)
