"""Checks statements with a call that has EN or ENO, as an IF around them; see enabling.py for the parts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.block_calls import BlockCallChecker
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.enabling import Enabled, enabled, has_enable
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import BOOL


class EnabledChecker(BlockCallChecker):
    """EN and ENO of calls in statements."""

    @abstractmethod
    def _statement(self, node: tree.Statement) -> Command | None:
        """Any statement; None after a Problem was noted."""

    def _enabled(self, node: tree.Expression) -> Enabled | None:
        """The parts of a call with EN or ENO."""
        if not isinstance(node, tree.Call) or not has_enable(node):
            return None
        return enabled(node, self._parameters_of(node))

    def _parameters_of(self, call: tree.Call) -> frozenset[str]:
        """The names that the callee itself has, where it is the user's."""
        call = self.meant(call)
        if isinstance(call.target, tree.Name):
            symbol = self.project.lookup(self.pou, call.target.name)
            if symbol is not None and symbol.standard is not None:
                return frozenset(symbol.standard.offsets)
            pou = symbol.block if symbol is not None else self.project.pous.get(call.target.name.upper())
            return frozenset(pou.symbols) if pou is not None else frozenset()
        target = self.target_of(call)
        if target is not None:
            return frozenset(target.pou.symbols)
        if isinstance(call.target, tree.Member) and self._of_library(call.target):
            return frozenset()
        found = self.designator(call.target)
        if found is not None and found.standard is not None:
            return frozenset(found.standard.offsets)
        block = None if found is None else found.block
        return frozenset() if block is None else frozenset(block.symbols)

    def _when_enabled(self, node: tree.Assign | tree.Invoke, parts: Enabled) -> Command | None:
        """A statement with a call that has EN or ENO, as an IF around it."""
        condition: Typed | None = typed.Const(BOOL, True)
        if parts.condition is not None:
            condition = self.value(parts.condition, BOOL, "for EN a BOOL")
        inner: tree.Statement = replace(node, call=parts.call) if isinstance(node, tree.Invoke) else node
        if isinstance(node, tree.Assign):
            inner = replace(node, value=parts.call)
        command = self._statement(inner)
        if condition is None or command is None:
            return None
        if parts.told is None:
            return commands.If(((condition, (command,), node.at),), (), node.at)
        target = self.designator(parts.told.value)
        if target is None or not self.writable(target, parts.told.value.at):
            return None
        target.symbol.written = True
        if target.type.kind != "bool":
            self.problem(f"ENO gives a BOOL, this is a {target.type}", parts.told.value.at)
            return None
        yes, no = (
            commands.Store(target.type, target.cell, typed.Const(BOOL, made != parts.told.negated), node.at)
            for made in (True, False)
        )
        return commands.If(((condition, (command, yes), node.at),), (no,), node.at)
