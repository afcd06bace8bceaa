"""Checks statements: the body of a POU -> typed commands."""

from __future__ import annotations

from commissioning.plc.checking import commands
from commissioning.plc.checking.assertions import check_test_call, is_test_call
from commissioning.plc.checking.catching import RAISING, CatchChecker
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.pointers import MEMORY_CALLS
from commissioning.plc.checking.same_names import write_in_full
from commissioning.plc.checking.scope import Pou, suggestion
from commissioning.plc.checking.standard_calls import is_operator
from commissioning.plc.checking.tcunit import library_call, suite_call
from commissioning.plc.checking.unknown import attempt
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.stubs.collected import STUB_CALL
from commissioning.plc.syntax import tree


class StatementChecker(CatchChecker):
    """Checks the body of one POU."""

    def _statement(self, node: tree.Statement) -> Command | None:
        """A statement; one that only stubs could make right stops the PLC (see unknown.py)."""
        self.in_vain.clear()
        with attempt(self.project, self.file, node.at) as attempted:
            command = self._checked(node)
        if not attempted.why:
            return command
        name = f"{self.pou.name}, line {node.at.line}"
        return commands.StubReached(name, node.at, self.project.stub_cell(name), attempted.why)

    def _checked(self, node: tree.Statement) -> Command | None:
        match node:
            case tree.Assign():
                return self._assign(node)
            case tree.Invoke():
                return self._invoke(node)
            case tree.If():
                return self._if(node)
            case tree.Case():
                return self._case(node)
            case tree.For():
                return self._for(node)
            case tree.While():
                return self._while(node)
            case tree.Repeat():
                return self._repeat(node)
            case tree.Try():
                return self._try(node)
            case tree.Mark():
                return None
            case tree.Jump():
                if node.word == "JMP":
                    return self._jump_to(node)
                if node.word != "RETURN" and self.loops == 0:
                    self.problem(f"{node.word} stands outside a loop", node.at)
                    return None
                return commands.Jump(node.word, node.at)

    def _invoke(self, node: tree.Invoke) -> Command | None:
        call = node.call
        parts = self._enabled(call)
        if parts is not None:
            return self._when_enabled(node, parts)
        if not isinstance(call, tree.Call):
            name = call.name if isinstance(call, tree.Name | tree.Member) else "this"
            self.problem(f"{name} is not a statement", node.at, f"Write {name} := ...; or call it: {name}();")
            return None
        call = self.global_call(call)
        asserted = suite_call(self, call)
        if asserted is not None:
            return asserted[0]
        method = self.target_of(call)
        if method is not None and method.pou.kind == "ACTION" and call.arguments:
            return self._action(method, call, node.at)
        if method is not None:
            made = self.user_call(method.pou, call, method)
            return None if made is None else commands.CallFunction(made, node.at)
        if isinstance(call.target, tree.Member) and self._of_library(call.target):
            owner = call.target.owner
            listed = isinstance(owner, tree.Name) and owner.name.upper() in self.project.list_names
            if not listed or self.project.pous.get(call.target.name.upper()) is not None:
                target_name = tree.Name(call.target.name, call.target.at)
                call = tree.Call(target_name, call.arguments, call.at, call.depth)
        if isinstance(call.target, tree.Name) and call.target.name.upper() not in ("THIS", "SUPER"):
            named = self._by_name(call, call.target.name)
            if named is not None:
                return named[0]
        elif self.project.stubs.function(self, call, False):
            self.problem("this calls a method of a stub that is not known yet", node.at)
            return None
        if isinstance(call.target, tree.Member) and self.no_such_method(call.target):
            return None
        target = self.designator(call.target)
        if target is None:
            return None
        target.symbol.read = target.symbol.written = True
        if target.standard is not None:
            return self._standard_block(target, target.standard, call, node.at)
        if target.block is not None:
            return self._user_block(target, target.block, call, node.at)
        name = target.member or target.symbol.name
        self.project.stubs.called(target.type)
        self.problem(f"{name} is a {target.type}, only blocks and functions can be called", node.at)
        return None

    def _by_name(self, call: tree.Call, written: str) -> tuple[Command | None] | None:
        """A call of what is known by its name alone; None where it is that of a variable."""
        name = written.upper()
        pou = self.project.pous.get(name)
        if self.pou.kind == "TEST" and pou is None and is_test_call(name):
            return (check_test_call(self, name, call),)
        tested = library_call(self, name, call) if pou is None else None
        if tested is not None:
            return tested
        if self.project.lookup(self.pou, name) is not None:
            return None
        if pou is not None:
            return self._user_named(pou, call)
        if name == STUB_CALL:
            return (commands.StubReached(self.pou.name, call.at, self.project.stub_cell(self.pou.name)),)
        if name == RAISING and self.project.dialect.exceptions:
            return (self._raise(call),)
        if name == "__DELETE":
            return (self._delete(call),)
        if name in MEMORY_CALLS:
            moved = self.memory_call(name, call)
            return (None if moved is None else commands.CallFunction(moved, call.at),)
        if name in FUNCTIONS or is_operator(name):
            self.problem(f"the result of {name} is not used", call.at, f"Write x := {name}(...);")
            return (None,)
        if self.project.block(name) is not None:
            return None
        if self.is_told(name):
            return (None,)
        known = [s.name for s in (*self.pou.symbols.values(), *self.project.globals.symbols.values())]
        self.project.stubs.function(self, call, False)
        self.project.unknown.name()
        cure = write_in_full(name, [pou.name for pou in self.project.pous.values()])
        cure = "It belongs into a TEST" if is_test_call(name) else cure or suggestion(name, known)
        self.problem(f"there is no block or function {written}", call.at, cure)
        return (None,)

    def _user_named(self, pou: Pou, call: tree.Call) -> tuple[Command | None] | None:
        """A function of the program; a PROGRAM that nobody may call."""
        if pou.kind == "FUNCTION":
            checked = self.user_call(pou, call)
            return (None if checked is None else commands.CallFunction(checked, call.at),)
        if pou.kind == "PROGRAM":
            cure = "Make it a FUNCTION_BLOCK, or use the dialect codesys or twincat"
            self.problem(f"{pou.name} is a program: a task calls it", call.at, cure)
            return (None,)
        return None
