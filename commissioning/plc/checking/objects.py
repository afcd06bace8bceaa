"""Methods, actions and properties of blocks: what a call or a name reaches, and on which block it runs."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.classes import BODY, implementers, is_a
from commissioning.plc.checking.designators import Accessors, Designator
from commissioning.plc.checking.expressions import OperatorChecker
from commissioning.plc.checking.scope import Pou, Symbol, suggestion
from commissioning.plc.checking.spelled import dotted
from commissioning.plc.checking.typed import HOME, Cell, Typed
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import NONE, IecType


@dataclass(frozen=True, slots=True)
class Target:
    """A method or action and the block it runs on. `key` and `others`: see typed.UserCall."""

    pou: Pou
    instance: Cell
    key: int
    others: tuple[int, ...]


class ObjectChecker(OperatorChecker):
    """Looks up what belongs to blocks."""

    # ---- what a call reaches -------------------------------------------------------------------------

    def target_of(self, node: tree.Call) -> Target | None:
        """The method or action that a call names; None where it names something else."""
        if isinstance(node.target, tree.Name):
            own = self.own_block()
            # the name of a method is its result as a variable, and the method itself where it is called
            itself = self.pou.kind == "METHOD" and node.target.name.upper() == self.pou.result_name
            if own is None or (not itself and self.project.lookup(self.pou, node.target.name) is not None):
                return None
            if self.project.dialect.name == "iec" and self._is_function(node.target.name):
                return None  # methods of one's own are called with THIS
            return self._target(own, node.target.name, node.at)
        if not isinstance(node.target, tree.Member) or self._of_library(node.target):
            return None
        if self._is_list(node.target.owner):  # GVL.block()
            return None
        owner = self.designator(node.target.owner)
        owner = None if owner is None else self.valued(owner, node.at)
        return None if owner is None else self._target(owner, node.target.name, node.target.at)

    def _is_function(self, name: str) -> bool:
        pou = self.project.pous.get(name.upper())
        return name.upper() in FUNCTIONS if pou is None else pou.kind == "FUNCTION"

    def _of_library(self, node: tree.Member) -> bool:
        """Whether `owner.name` in a call is `name` of a library, and nothing of the block's own."""
        return self._is_library(node.owner) and self.project.lookup(self.pou, node.name) is None

    def _is_list(self, node: tree.Expression) -> bool:
        """Whether a name in front of a dot is that of a list of globals, and of nothing else."""
        named = isinstance(node, tree.Name) and node.name.upper() in self.project.list_names
        return named and self._is_library(node)

    def _is_library(self, node: tree.Expression) -> bool:
        """Whether a name in front of a dot is no variable: a namespace, library or list of globals."""
        if isinstance(node, tree.Member):
            return dotted(node) in self.project.namespaces
        if not isinstance(node, tree.Name) or self.project.lookup(self.pou, node.name) is not None:
            return False
        if node.name.upper() in ("THIS", "SUPER"):
            return False
        own = self.own_block()
        return own is None or own.block is None or own.block.member(f"{node.name}.GET") is None

    def _target(self, owner: Designator, name: str, at: At) -> Target | None:
        block = self.class_of(owner)
        found = None if block is None else block.member(name)
        if block is None or found is None:
            return None
        return self._reached(owner, block, found, at)

    def class_of(self, found: Designator) -> Pou | None:
        """The block or interface whose methods can be called on this."""
        if found.block is not None:
            return found.block
        return (
            self.project.interfaces.get(found.type.name.upper()) if found.type.kind == "interface" else None
        )

    def _reached(self, owner: Designator, block: Pou, found: Pou, at: At) -> Target | None:
        """Which methods a call may come to, and a Problem where it is not allowed."""
        self.project.unknown.file(found.file)
        if not self._allowed(found, at):
            return None
        owner.symbol.read = owner.symbol.written = True
        name = found.name
        if block.kind == "INTERFACE":
            blocks = implementers(self.project, block)
        else:
            blocks = [block] if owner.exact else [block, *block.descendants()]
        reached: dict[str, Pou] = {}
        for candidate in blocks:
            method = candidate.member(name)
            if method is not None:
                reached.setdefault(method.key, method)
        for method_key in reached:
            self.pou.invokes.setdefault(method_key, at)
        instance = self.home_of(owner)
        chosen = block.kind == "INTERFACE" or len(reached) > 1
        key = self.project.method_number(name) if chosen else 0
        others = tuple(pou.number for pou in reached.values() if pou is not found)
        return Target(found, instance, key, others)

    def _allowed(self, found: Pou, at: At) -> bool:
        """PRIVATE and PROTECTED."""
        mine = self.pou.owner or self.pou
        owner = found.owner
        if owner is None or mine is owner:
            return True
        hidden = "PRIVATE" in found.modifiers or (
            "PROTECTED" in found.modifiers and owner not in mine.lineage()
        )
        if hidden:
            word = "PRIVATE" if "PRIVATE" in found.modifiers else "PROTECTED"
            self.problem(f"{found.name} is {word} in {owner.name}", at, "Make it PUBLIC")
        return not hidden

    def body_targets(self, found: Designator, block: Pou) -> tuple[int, ...]:
        """The other bodies that a call of a block may come to: it may be of a derived class."""
        if found.exact or not self.project.objects:
            return ()
        others = block.descendants()
        for other in others:
            self.pou.invokes.setdefault(other.key, At(0, 0))
        return tuple(other.number for other in others)

    # ---- THIS and SUPER ------------------------------------------------------------------------------

    def dereferenced(self, node: tree.Dereference) -> Designator | None:
        word = node.owner.name.upper() if isinstance(node.owner, tree.Name) else ""
        if word not in ("THIS", "SUPER"):
            return self.pointed(node)
        own = self.own_block()
        if own is None or own.block is None:
            self.problem(f"{word} stands outside a block", node.at)
            return None
        if word == "THIS":
            return own
        base = own.block.base
        if base is None:
            self.problem(f"{own.block.name} extends nothing, so there is no SUPER", node.at)
            return None
        return replace(own, block=base, type=replace(own.type, name=base.name), exact=True)

    @abstractmethod
    def pointed(self, node: tree.Dereference) -> Designator | None:
        """`p^` of a pointer."""

    @abstractmethod
    def home_of(self, found: Designator) -> Cell:
        """The home of a block, also of one that a variable of an interface names."""

    # ---- properties ----------------------------------------------------------------------------------

    def property_of(self, owner: Designator, name: str) -> Designator | None:
        block = self.class_of(owner)
        if block is None:
            return None
        getter, setter = block.member(f"{name}.GET"), block.member(f"{name}.SET")
        one = getter or setter
        if one is None:
            return None
        type_ = self._type_of_property(one)
        if type_ is None:
            return None
        accessors = Accessors(owner, name, getter, setter)
        return Designator(owner.symbol, type_, owner.cell, "variable", member=name, accessors=accessors)

    @staticmethod
    def _type_of_property(accessor: Pou) -> IecType | None:
        symbol = accessor.symbols.get(accessor.result_name)
        return None if symbol is None else symbol.type

    def valued(self, found: Designator, at: At) -> Designator | None:
        if found.accessors is None:
            return found
        accessors = found.accessors
        block = self.class_of(accessors.home)
        if accessors.getter is None or block is None:
            self.problem(f"the property {accessors.name} has no GET: it can only be written", at)
            return None
        target = self._reached(accessors.home, block, accessors.getter, at)
        return None if target is None else self._given(self.made_call(target, (), ()), at)

    def made_call(
        self, target: Target, inputs: tuple[Typed, ...], references: tuple[Cell | None, ...],
        homes: frozenset[int] = frozenset(),
    ) -> typed.UserCall:  # fmt: skip
        return typed.UserCall(
            target.pou.result or NONE, target.pou.number, inputs, references, homes,
            target.instance, target.key, target.others,
        )  # fmt: skip

    def _given(self, value: Typed, at: At) -> Designator:
        """The value of an expression as something that has members."""
        symbol = Symbol("the result", value.type, "VAR", self.file, at, read=True)
        cell = Cell("v", None, 0, value=value)
        block = self.project.block(value.type.name) if value.type.kind == "block" else None
        if isinstance(block, Pou):  # the value is its memory
            home = replace(cell, memory=HOME)
            return Designator(symbol, value.type, home, "variable", block=block, exact=True, value=value)
        return Designator(symbol, value.type, cell, "variable", value=value)

    def result_of(self, node: tree.Call) -> Designator | None:
        value = self.call(node)
        return None if value is None else self._given(value, node.at)

    def set_property(self, found: Designator, node: tree.Assign) -> commands.Command | None:
        """`property := value`: a call of its SET."""
        accessors = found.accessors
        assert accessors is not None
        value = self.value(node.value, found.type, f"for {accessors.name} a {found.type}")
        if value is None:
            self.project.stubs.takes_block(self, node.target, found.type, node.value)
        block = self.class_of(accessors.home)
        if accessors.setter is None or block is None:
            self.problem(f"the property {accessors.name} has no SET: it can only be read", node.target.at)
            return None
        target = self._reached(accessors.home, block, accessors.setter, node.target.at)
        if target is None or value is None:
            return None
        return commands.CallFunction(self.made_call(target, (value,), ()), node.at)

    def no_such_method(self, node: tree.Member) -> bool:
        """Whether a name in a call is neither a method nor a variable of the block in front of it; a Problem
        where so."""
        if self._is_list(node.owner):
            return False
        owner = self.designator(node.owner)
        block = None if owner is None else self.class_of(owner)
        if block is None or node.name.upper() in block.symbols:
            return owner is None
        if block.member(node.name) is not None:  # a Problem says why it cannot be called
            return True
        known = [member.name for above in block.lineage() for member in above.members.values()]
        self.problem(f"{block.name} has no method {node.name}", node.at, suggestion(node.name, known))
        return True


__all__ = ["BODY", "ObjectChecker", "Target", "is_a"]
