"""Initial values that are worked out when the PLC starts: addresses, other variables, and FB_init.

A block is ready in this order, as in CODESYS and TwinCAT: the blocks in it, its own variables, then its
FB_init (that of what it extends first), with what its declaration gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from commissioning.plc.checking import commands
from commissioning.plc.checking.attributes import methods_after_init
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.creating import EXIT
from commissioning.plc.checking.global_order import names_in
from commissioning.plc.checking.objects import Target
from commissioning.plc.checking.scope import Late, Pou, Project, Symbol
from commissioning.plc.checking.statements import StatementChecker
from commissioning.plc.checking.typed import HERE, Cell
from commissioning.plc.checking.unknown import attempt
from commissioning.plc.generation.layout import parts
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType, innermost

INIT = "FB_INIT"


@dataclass(frozen=True, slots=True)
class LateChecker:
    """Makes the commands that initialise the variables of one POU."""

    checker: StatementChecker

    def commands(self) -> tuple[Command, ...]:
        pou = self.checker.pou
        found = list(self.values(temporary=False))
        for symbol in pou.symbols.values():
            if pou.base is not None and pou.base.symbols.get(symbol.name.upper()) is symbol:
                continue  # what it extends sees to these
            kept = pou.local and symbol.section == "VAR_INST"  # the block sees to these
            foreign = kept or (symbol.is_global and pou.kind != "GLOBAL")
            copied = symbol.section == "VAR_INPUT" and (pou.local or pou.kind == "FUNCTION")
            silent = not symbol.type.blocks and symbol.name.upper() not in pou.init_arguments
            if symbol.by_reference or foreign or copied or silent:
                continue
            with attempt(self.checker.project, symbol.file, symbol.at):
                self.checker.project.unknown.type(symbol.type)
                found += self._inits(symbol)
        return tuple(found)

    def values(self, temporary: bool) -> Iterator[Command]:
        """What stores the values of variables; `temporary`: those of VAR_TEMP of a block or PROGRAM."""
        owns = not self.checker.pou.local and self.checker.pou.kind != "FUNCTION"
        if not temporary:
            self._circles()
        for late in self.checker.pou.late:
            if temporary == (owns and late.symbol.section == "VAR_TEMP"):
                command = self._value(late)
                if command is not None:
                    yield command

    def _circles(self) -> None:
        """Tells of each CONSTANT that needs one of those behind it: they stand so that only a circle does."""
        waiting = [late for late in self.checker.pou.late if late.symbol.constant]
        for place, late in enumerate(waiting):
            needed = set(names_in([late.node], self.checker.pou.symbols))
            after = next((one.symbol for one in waiting[place:] if one.symbol.name.upper() in needed), None)
            if after is not None:
                what = f"the value of {late.symbol.name} needs {after.name}, whose value leads back here"
                cure = "Give one of the two a value that does not need the other"
                self.checker.project.problem(what, late.symbol.file, late.node.at, cure)

    def _value(self, late: Late) -> Command | None:
        checker = self.checker
        checker.file, checker.declaring = late.symbol.file, True
        with attempt(checker.project, checker.file, late.node.at):
            value = checker.value(late.node, late.type, f"for {late.symbol.name} a {late.type}")
        checker.file, checker.declaring = checker.pou.file, False
        if value is None:
            return None
        cell = checker.of_symbol(late.symbol).cell.at(late.offset)
        if late.member >= 0:
            cell = Cell(cell.memory, cell, late.member)
        late.symbol.written = True
        return commands.Store(late.type, cell, value, late.node.at)

    def _inits(self, symbol: Symbol) -> Iterator[Command]:
        base = self.checker.of_symbol(symbol)
        arguments = self.checker.pou.init_arguments.get(symbol.name.upper(), ())
        if self._told(symbol, innermost(symbol.type), arguments):
            return
        rows, place = self.checker.pou.init_rows.get(symbol.name.upper(), ()), 0
        for _, offset, type_ in parts(symbol.type, "", 0):
            block = self.checker.project.block(type_.name) if type_.kind == "block" else None
            if not isinstance(block, Pou):
                continue
            cell = base.cell.at(offset)
            if block.member(INIT) is None:
                yield from self.after_init(block, cell, symbol.at)
                continue
            if rows:
                if place == len(rows) and block.file not in self.checker.project.unknown.files:
                    what = f"{symbol.name} has arguments for {len(rows)} blocks, and more blocks"
                    self.checker.problem(what, symbol.at, "Write (...) for each")
                arguments = rows[place] if place < len(rows) else ()
                place += 1
            yield from self.init(block, cell, arguments, symbol.at)
            yield from self.after_init(block, cell, symbol.at)
        if rows and place < len(rows):
            what = f"{symbol.name} has arguments for {len(rows)} blocks, and only {place} with FB_init"
            self.checker.problem(what, symbol.at, "Leave the others out")

    def _told(self, symbol: Symbol, type_: IecType, arguments: tuple[tree.Argument, ...]) -> bool:
        """Tells where arguments are given to what has no FB_init."""
        project = self.checker.project
        rows = self.checker.pou.init_rows.get(symbol.name.upper(), ())
        block = project.block(type_.name) if type_.kind == "block" else None
        known = isinstance(block, Pou) and block.member(INIT) is not None
        for given in rows or (arguments,):
            if given and not project.stubs.init(self.checker, type_.name, given) and not known:
                what = f"{type_.name} has no FB_init, so it takes no arguments"
                self.checker.problem(what, symbol.at, "Write := (...) to give values to its inputs")
                return True
        return False

    def init(self, block: Pou, cell: Cell, arguments: tuple[tree.Argument, ...], at: At) -> Iterator[Command]:
        """The calls of FB_init of a block that has one."""
        last = block.member(INIT)
        assert last is not None
        names = [symbol.name for symbol in last.section("VAR_INPUT", "VAR_IN_OUT")]
        given: dict[str, tree.Argument] = {}
        for position, argument in enumerate(arguments):
            name = argument.name or (names[position + 2] if position + 2 < len(names) else "")
            if name.upper() not in (known.upper() for known in names[2:]):
                shown = ", ".join(names[2:]) or "none"
                what = f"FB_init of {block.name} takes {shown} behind its first two parameters"
                self.checker.problem(what, argument.at)
                return
            given[name.upper()] = replace(argument, name=name)
        for above in reversed(block.lineage()):
            method = above.members.get(INIT)
            if method is None:
                continue
            own = [symbol.name for symbol in method.section("VAR_INPUT", "VAR_IN_OUT")]
            if len(own) < 2:
                what = "FB_init has the inputs bInitRetains : BOOL and bInCopyCode : BOOL first"
                self.checker.problem(what, method.at)
                return
            first = [_flag(own[0], True, at), _flag(own[1], False, at)]
            rest = [given[name.upper()] for name in own[2:] if name.upper() in given]
            call = tree.Call(tree.Name("FB_init", at), (*first, *rest), at, 1)
            self.checker.pou.invokes.setdefault(method.key, at)
            made = self.checker.user_call(method, call, Target(method, cell, 0, ()))
            if made is not None:
                yield commands.CallFunction(made, at)

    def after_init(self, block: Pou, cell: Cell, at: At) -> Iterator[Command]:
        """The calls of its methods with the attribute 'call_after_init'."""
        for method in methods_after_init(self.checker.project, block):
            if method.section("VAR_INPUT", "VAR_IN_OUT"):
                what = f"{block.name}.{method.name} has inputs, so nothing calls it after FB_init"
                self.checker.problem(what, method.at, "Remove them, or the attribute 'call_after_init'")
                continue
            self.checker.pou.invokes.setdefault(method.key, at)
            call = tree.Call(tree.Name(method.name, at), (), at, 1)
            made = self.checker.user_call(method, call, Target(method, cell, 0, ()))
            if made is not None:
                yield commands.CallFunction(made, at)


def _flag(name: str, value: bool, at: At) -> tree.Argument:
    literal = tree.Literal("boolean", "TRUE" if value else "FALSE", at)
    return tree.Argument(name, literal, False, False, at)


def late_commands(project: Project, pou: Pou) -> tuple[Command, ...]:
    """What initialises the variables of a POU beyond their constant values."""
    return LateChecker(StatementChecker(project, pou)).commands()


def commands_of_each_call(project: Project, pou: Pou) -> tuple[Command, ...]:
    """What works out the VAR_TEMP of a block or PROGRAM anew, in front of its body."""
    return tuple(LateChecker(StatementChecker(project, pou)).values(temporary=True))


def exit_commands(project: Project, pou: Pou) -> tuple[Command, ...]:
    """What calls the FB_exit that a block has itself; `bInCopyCode` is FALSE."""
    method, checker = pou.members[EXIT], StatementChecker(project, pou)
    inputs = method.section("VAR_INPUT", "VAR_IN_OUT")
    flags = (_flag(inputs[0].name, False, method.at),) if inputs else ()
    call = tree.Call(tree.Name("FB_exit", method.at), flags, method.at, 1)
    made = checker.user_call(method, call, Target(method, HERE, 0, ()))
    return () if made is None else (commands.CallFunction(made, method.at),)
