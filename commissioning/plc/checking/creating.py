"""__NEW and __DELETE: blocks and variables that a program makes while it runs."""

from __future__ import annotations

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.attributes import methods_after_init
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.enabled_calls import EnabledChecker
from commissioning.plc.checking.scope import Declared, Pou, Symbol, suggestion
from commissioning.plc.checking.typed import Address, Cell, Typed
from commissioning.plc.running.heap_forms import HeapKind
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import DINT, IecType

EXIT = "FB_EXIT"


def is_new(node: tree.Expression) -> bool:
    """Whether it is `__NEW(...)`."""
    target = node.target if isinstance(node, tree.Call) else None
    return isinstance(target, tree.Name) and target.name.upper() == "__NEW"


class CreateChecker(EnabledChecker):
    """Statements that make memory and give it back."""

    def _create(self, node: tree.Assign) -> Command | None:
        """`pointer := __NEW(type)`, `__NEW(type, count)`, `__NEW(block(inputs of FB_init))`."""
        call = node.value
        assert isinstance(call, tree.Call)
        if not self._dynamic("__NEW", call.at):
            return None
        target = self.designator(node.target)
        given = call.arguments
        if not 1 <= len(given) <= 2 or any(argument.name or argument.out for argument in given):
            self.problem("__NEW is given a type, and how many elements", call.at, "Write __NEW(INT, 10)")
            return None
        kind, arguments = self._kind(given[0])
        if kind is not None and target is not None:
            kind = self._as_interfaces(kind, target)
        count: Typed | None = typed.Const(DINT, 1)
        if len(given) == 2:
            count = self._count(given[1], kind)
        if target is None or kind is None or count is None or not self._takes(target, node.target.at):
            return None
        target.symbol.written = True
        self.project.addressed = self.project.any_elapsed = True
        inits = self._inits(kind, target, arguments, call.at) if kind.block else ()
        return commands.New(target.type, target.cell, kind.number, count, inits, node.at)

    def _dynamic(self, word: str, at: At) -> bool:
        if not self.project.dialect.dynamic:
            cure = "Declare a variable, or use the dialect codesys or twincat"
            self.problem(f"the dialect iec has no {word}", at, cure)
        return self.project.dialect.dynamic

    def _takes(self, target: Designator, at: At) -> bool:
        """Whether a pointer from __NEW, or 0 from __DELETE, can be stored there."""
        if target.accessors is not None or target.value is not None:
            self.problem("__NEW and __DELETE need a variable that is a pointer", at, "Assign it to one first")
            return False
        if target.type.kind != "pointer":
            name = target.member or target.symbol.name
            self.problem(f"__NEW and __DELETE need a pointer, {name} is a {target.type}", at)
            return False
        return self.writable(target, at)

    def _kind(self, argument: tree.Argument) -> tuple[HeapKind | None, tuple[tree.Argument, ...]]:
        """What is to be made, and what its FB_init is given."""
        node: tree.Expression = argument.value
        arguments: tuple[tree.Argument, ...] = ()
        if isinstance(node, tree.Call):
            arguments = node.arguments
            node = node.target
        if not isinstance(node, tree.Name | tree.Member):
            self.problem("__NEW is given the name of a type", argument.at)
            return None, ()
        declared = self.project.type_named(node.name, node.at, self.file)
        if declared is None or declared.type.kind == "interface":
            known = [*self.project.types, *(p.name for p in self.project.pous.values())]
            self.project.unknown.name()
            if declared is None:
                self.project.stubs.type_named(node.name, self.file, node.at)
            self.problem(f"there is no type {node.name} for __NEW", node.at, suggestion(node.name, known))
            return None, ()
        stub = bool(arguments) and self.project.stubs.init(self, declared.type.name, arguments)
        block = self.project.block(declared.type.name) if declared.type.kind == "block" else None
        if stub and (not isinstance(block, Pou) or block.member("FB_INIT") is None):
            return None, ()
        if isinstance(block, Pou):
            self.project.unknown.file(block.file)
            if "ABSTRACT" in block.modifiers:
                self.problem(f"{block.name} is ABSTRACT and has no instances", node.at)
                return None, ()
            if arguments and block.member("FB_INIT") is None:
                self.problem(f"{block.name} has no FB_init, so it takes no arguments", argument.at)
                return None, ()
            return self._registered(declared.type, block), arguments
        if arguments:
            self.problem(f"{node.name} is no block that takes arguments", argument.at)
            return None, ()
        if any(slot.child is not None for slot in declared.slots):
            what = f"{node.name} has blocks in it, __NEW makes these one by one"
            self.problem(what, node.at, "Make it a FUNCTION_BLOCK")
            return None, ()
        return self._registered(declared.type, self._holder(declared)), ()

    def _as_interfaces(self, kind: HeapKind, target: Designator) -> HeapKind:
        """`interfaces := __NEW(POINTER TO I_X, n)`: as large as what the pointer leads to."""
        declared = self.project.target(target.type) if kind.type.kind == "pointer" else None
        if declared is None or declared.type.kind != "interface":
            return kind
        return self._registered(declared.type, self._holder(declared))

    def _registered(self, type_: IecType, pou: Pou) -> HeapKind:
        """One kind for all places that make it."""
        kind = HeapKind(len(self.project.heap), type_, pou)
        known: HeapKind = self.project.heap.setdefault(str(type_).upper(), kind)
        return known

    def _holder(self, declared: Declared) -> Pou:
        """A POU with one variable of a type."""
        pou = Pou("HEAP", str(declared.type), -1, "", None)
        pou.slots = list(declared.slots)
        pou.symbols["IT"] = Symbol("it", declared.type, "VAR", "", At(0, 0), 0)
        return pou

    def _count(self, argument: tree.Argument, kind: HeapKind | None) -> Typed | None:
        found = self.expression(argument.value)
        if found is None:
            return None
        if kind is not None and kind.block:
            what = f"__NEW makes blocks one by one, {kind.pou.name} is a block"
            self.problem(what, argument.at, "Leave the number out")
            return None
        if found.type.kind not in ("int", "bits"):
            self.problem(f"how many elements is a whole number, this is a {found.type}", argument.at)
            return None
        if isinstance(found, typed.Const) and isinstance(found.value, int) and found.value < 1:
            self.problem(f"__NEW makes 1 element or more, not {found.value}", argument.at)
            return None
        return found

    def _inits(
        self, kind: HeapKind, target: Designator, arguments: tuple[tree.Argument, ...], at: At
    ) -> tuple[Command, ...]:
        """The calls of FB_init on what the pointer leads to now."""
        from commissioning.plc.checking.late_initials import LateChecker
        from commissioning.plc.checking.statements import StatementChecker

        assert isinstance(self, StatementChecker)
        inits, after = kind.pou.member("FB_INIT") is not None, [*methods_after_init(self.project, kind.pou)]
        if not inits and not after:
            return ()
        base = typed.Load(target.type, target.cell)
        cell = Cell("w", None, 0, address=Address(base, self.window(kind.type), home=True))
        made = LateChecker(self)
        first = made.init(kind.pou, cell, arguments, at) if inits else ()
        return (*first, *made.after_init(kind.pou, cell, at))

    def _delete(self, call: tree.Call) -> Command | None:
        """`__DELETE(pointer)`."""
        if not self._dynamic("__DELETE", call.at):
            return None
        if len(call.arguments) != 1 or call.arguments[0].name or call.arguments[0].out:
            self.problem("__DELETE has 1 argument: a pointer", call.at)
            return None
        node = call.arguments[0].value
        target = self.designator(node)
        if target is None or not self._takes(target, node.at):
            return None
        target.symbol.read = target.symbol.written = True
        self.project.addressed = self.project.any_elapsed = True
        declared = self.project.target(target.type)
        block = self.project.block(declared.type.name) if declared is not None else None
        exits: dict[str, Pou] = {}
        for one in (block, *block.descendants()) if isinstance(block, Pou) else ():
            for above in one.lineage():
                if EXIT in above.members:
                    exits[above.members[EXIT].key] = above.members[EXIT]
        for key in exits:
            self.pou.invokes.setdefault(key, call.at)
        numbers = tuple(method.number for method in exits.values())
        return commands.Delete(target.type, target.cell, numbers, call.at)
