"""Checks assignments: values, whole blocks, what is set and reset, what a stub is given."""

from __future__ import annotations

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.any_given import PLACES
from commissioning.plc.checking.assigned import told, without_result
from commissioning.plc.checking.attributes import may_be_assigned
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.creating import CreateChecker, is_new
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.implicit_checks import checked_range
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import BOOL


class AssignmentChecker(CreateChecker):
    """`:=`, `S=`, `R=`, `REF=` and `?=`."""

    def _assign(self, node: tree.Assign) -> Command | None:
        parts = self._enabled(node.value)
        if parts is not None:
            return self._when_enabled(node, parts)
        if is_new(node.value):
            return self._create(node)
        if node.operator in ("S=", "R="):
            return self._set_or_reset(node)
        if node.operator == "REF=":
            return self.bind(node)
        if node.operator == "?=":  # NULL where the block is not of that class or interface
            query = self.query(node.value, node.target)
            return None if query is None else commands.CallFunction(query, node.at)
        if without_result(self, node.target):
            return None
        target = self.designator(node.target)
        if target is None:
            found = self.expression(node.value)
            if found is not None:
                self.project.stubs.stands(self, node.target, found.type, node.value)
            return None
        if target.accessors is not None:
            return self.set_property(target, node)
        if target.block is not None and not may_be_assigned(self.project, target.block):
            what = f"{target.block.name} has the attribute 'no_assign': its instances are not copied"
            self.problem(what, node.at, "Use a REFERENCE or POINTER to the instance")
            return None
        copied = self._copy_of_blocks(target, node)
        if copied is not None:
            return copied
        if not self.writable(target, node.target.at):
            self.project.stubs.stored(self, node.target)
            return None
        what = f"for {target.member or target.symbol.name} a {target.type}"
        with self.project.stubs.mute(self.project.stubs.unsure(self, node.target)):
            value = self.value(checked_range(self, node.value, target.type), target.type, what)
        target.symbol.written = True
        if value is None:
            told(self, node.target, node.value, target.type)
            return None
        return commands.Store(target.type, target.cell, value, node.at)

    def _copy_of_blocks(self, target: Designator, node: tree.Assign) -> Command | None:
        """`one := other` of blocks of one type, or of what has blocks in it; None for anything else."""
        holds = target.type.blocks or target.standard is not None or target.block is not None
        if not holds or target.here or not isinstance(node.value, PLACES):
            return None
        source = self.designator(node.value)
        same = source is not None and source.type == target.type and source.block is target.block
        given = source is not None and source.value is not None and source.cell.memory != typed.HOME
        if source is None:
            self.project.stubs.hint(node.value, target.type, self.file)
        elif not same and isinstance(node.value, tree.Call):
            self.project.stubs.refit(self, node.value, target.type)
        elif not same:
            self.project.stubs.mismatch(source.type, target.type)
        if source is None or not same or given:
            return None
        source.symbol.read = target.symbol.read = target.symbol.written = True
        self.project.any_elapsed |= source.symbol.elapsed or target.symbol.elapsed
        graft = typed.Graft(target.type, target.cell, source.cell, target.block is not None)
        return commands.CallFunction(graft, node.at)

    def _set_or_reset(self, node: tree.Assign) -> Command | None:
        """`x S= condition`: x becomes TRUE where the condition holds, and keeps its value elsewhere."""
        target = self.designator(node.target)
        condition = self.value(node.value, BOOL, "a BOOL")
        if target is None:
            self.project.stubs.hint(node.target, BOOL, self.file, "in")
            return None
        if not self.writable(target, node.target.at):
            return None
        target.symbol.written = True
        if target.type.kind != "bool":
            self.project.stubs.refit(self, node.target, BOOL)
            self.problem(f"'{node.operator}' sets a BOOL, this is a {target.type}", node.target.at)
            return None
        if condition is None:
            return None
        store = commands.Store(target.type, target.cell, typed.Const(BOOL, node.operator == "S="), node.at)
        return commands.If(((condition, (store,), node.at),), (), node.at)
