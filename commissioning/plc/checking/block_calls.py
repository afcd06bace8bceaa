"""Checks calls of function blocks: inputs that go in before the call, outputs that are stored after it."""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.attributes import initialised_on_call
from commissioning.plc.checking.calls import ExpressionChecker
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.edges import looked_cell
from commissioning.plc.checking.objects import Target
from commissioning.plc.checking.scope import Pou, suggestion
from commissioning.plc.checking.typed import Typed
from commissioning.plc.standard.blocks import StandardBlock
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType


class BlockCallChecker(ExpressionChecker):
    """Calls of standard blocks, of those of the program, and of their actions with parameters."""

    def _standard_block(
        self, target: Designator, block: StandardBlock, call: tree.Call, at: At
    ) -> Command | None:
        if not block.lines:
            what = f"{target.symbol.name} is a {block.name} and cannot be called"
            self.problem(what, at, "Its transitions activate it")
            return None
        names = [cell.name for cell in block.cells if cell.role == "input"]
        outputs = [cell.name for cell in block.cells if cell.role == "output"]
        stored: dict[int, tuple[int, IecType, Typed]] = {}
        results: list[commands.Store] = []
        for position, argument in enumerate(call.arguments):
            name = argument.name or (names[position] if position < len(names) else "")
            offset = block.offsets.get(name.upper())
            cell = block.cells[offset] if offset is not None else None
            if offset is None or cell is None or cell.role != ("output" if argument.out else "input"):
                kind, known = ("output", outputs) if argument.out else ("input", names)
                self.problem(
                    f"{block.name} has no {kind} {name}; it has {', '.join(known)}"
                    if name
                    else f"{block.name} has {len(names)} inputs",
                    argument.at,
                    suggestion(name, known),
                )
                self.expression(argument.value)
            elif argument.out:
                if cell.name == "ET":
                    target.symbol.elapsed = True
                    self.project.reads_elapsed = True
                    self.project.any_elapsed |= target.symbol.by_reference
                self.output(typed.Load(cell.type, target.cell.at(offset)), argument, results)
            elif offset in stored:
                self.problem(f"{name} is given twice", argument.at)
            else:
                self.bindable(argument, cell.type)
                value = self.value(argument.value, cell.type, f"for {cell.name} a {cell.type}")
                if value is not None:
                    stored[offset] = (offset, cell.type, value)
        return commands.CallStandard(
            block, target.cell, tuple(stored.values()), tuple(results), target.symbol, at
        )

    def _action(self, action: Target, call: tree.Call, at: At) -> Command | None:
        """`block.action(input := ..., output => ...)`: the parameters are those of the block."""
        named = call.target
        owner = self.designator(named.owner) if isinstance(named, tree.Member) else self.own_block()
        if owner is None or owner.block is None:
            self.problem("an action takes the parameters of a block, this is none", at)
            return None
        made = self._user_block(owner, owner.block, call, at)
        if not isinstance(made, commands.CallBlock):
            return None
        return replace(made, pou=action.pou.number, others=())

    def _user_block(self, target: Designator, block: Pou, call: tree.Call, at: At) -> Command | None:
        others = self.body_targets(target, block)
        if target.here or others:
            self.pou.invokes.setdefault(block.key, at)
        else:
            self.pou.calls.setdefault(block.key, at)
        inputs, outputs = block.section("VAR_INPUT", "VAR_IN_OUT"), block.section("VAR_OUTPUT")
        names, known_outputs = [s.name for s in inputs], [s.name for s in outputs]
        stored: dict[str, tuple[int, IecType, Typed]] = {}
        references: list[tuple[int, typed.Cell]] = []
        memories: list[tuple[int, typed.Cell]] = []
        results: list[commands.Store] = []
        given: set[str] = set()
        for position, argument in enumerate(call.arguments):
            name = argument.name or (names[position] if position < len(names) else "")
            symbol = block.symbols.get(name.upper())
            if symbol is None or symbol not in (outputs if argument.out else inputs):
                kind, known = ("output", known_outputs) if argument.out else ("input", names)
                if self.project.unknown_parameter(block, name):
                    self.expression(argument.value)
                    continue
                self.problem(
                    f"{block.name} has no {kind} {name}" if name else f"{block.name} has {len(names)} inputs",
                    argument.at,
                    suggestion(name, known),
                )
                self.project.stubs.parameters(self, call, block.name)
                self.expression(argument.value)
                continue
            if symbol.name in given and not argument.out:
                self.problem(f"{name} is given twice", argument.at)
                continue
            given.add(symbol.name)
            if argument.out:
                inner = typed.Cell("q", None, symbol.index)
                self.output(typed.Load(symbol.type, inner), argument, results)
            elif symbol.by_reference:
                found = self.reference(argument.value, symbol)
                if found is not None and symbol.block is not None:
                    memories.append((symbol.index, found.cell))
                elif found is not None:
                    references.append((symbol.index, found.cell))
            else:
                self.bindable(argument, symbol.type)
                with self.project.stubs.mute(self.project.stubs.weak(block.name, "", symbol.name)):
                    value = self.value(argument.value, symbol.type, f"for {symbol.name} a {symbol.type}")
                if value is not None:
                    stored[symbol.name] = (symbol.index, symbol.type, value)
        if len(stored) + len(references) + len(memories) + len(results) < len(call.arguments):
            self.project.stubs.parameters(self, call, block.name)
        for symbol in block.section("VAR_IN_OUT"):
            if symbol.name not in given:
                self.problem(f"{block.name} needs a variable for its VAR_IN_OUT {symbol.name}", at)
        return commands.CallBlock(
            block.number,
            target.cell,
            (*stored.values(), *initialised_on_call(self.project, block, given)),
            tuple(references),
            tuple(memories),
            tuple(results),
            at,
            others,
            self.project.guards.get(target.symbol, -1) if target.cell.owner is None else -1,
            looked_cell(block) if target.here and block is not (self.pou.owner or self.pou) else -1,
        )

    def output(self, load: typed.Load, argument: tree.Argument, results: list[commands.Store]) -> None:
        """`output => variable`: a store after the call."""
        found = self.designator(argument.value)
        if found is None:
            self.project.stubs.hint(argument.value, load.type, self.file, "in")
            return
        if not self.writable(found, argument.value.at):
            return
        found.symbol.written = True
        source: Typed = load
        if argument.negated:
            if load.type.kind not in ("bool", "bits"):
                self.problem(f"NOT needs a BOOL, {argument.name} is a {load.type}", argument.at)
                return
            source = typed.Not(load.type, load)
        value = self.fit(source, found.type, argument.at, f"for {found.symbol.name} a {found.type}")
        if value is None:
            self.project.stubs.refit(self, argument.value, source.type)
        else:
            found.symbol.written = True
            results.append(commands.Store(found.type, found.cell, value, argument.at))
