"""What a name in the program stands for: a cell, or an instance of a block."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from commissioning.plc.checking.classes import class_type
from commissioning.plc.checking.edges import seen_cell
from commissioning.plc.checking.scope import Pou, Project, Symbol, suggestion
from commissioning.plc.checking.typed import HERE, Cell, Typed
from commissioning.plc.sfc.plan import flag_key
from commissioning.plc.standard.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ELEMENTARY, IecType


@dataclass(frozen=True, slots=True)
class Designator:
    """What a name stands for: a cell of `type`, or a block (`standard`, or a user's `block` with its home).

    `here`: the block whose code this is. `exact`: the block is of no class derived from `block`. `value`: no
    variable, but what an expression gives. `accessors`: a property, (home of its block, getter, setter).
    """

    symbol: Symbol
    type: IecType
    cell: Cell
    role: str
    standard: StandardBlock | None = None
    block: Pou | None = None
    member: str = ""
    here: bool = False
    exact: bool = False
    value: Typed | None = None
    accessors: Accessors | None = None


@dataclass(frozen=True, slots=True)
class Accessors:
    """A property of the block at `home`."""

    home: Designator
    name: str
    getter: Pou | None
    setter: Pou | None


class DesignatorChecker:
    """Looks up the names that one POU uses."""

    def __init__(self, project: Project, pou: Pou) -> None:
        self.project = project
        self.pou = pou
        self.file = pou.file
        # calls and assignments inside of this statement that gave a Problem
        self.in_vain: dict[tuple[int, bool], tree.Expression] = {}
        # by their identity the values that are asked for again: a second time each would be twice per level
        self.worked_out: dict[int, Typed] = {}

    def problem(self, what: str, at: At, cure: str = "") -> None:
        self.project.problem(what, self.file, at, cure)

    def designator(self, node: tree.Expression) -> Designator | None:
        """The variable or block instance that `node` names; what a reference refers to."""
        found = self.place(node)
        if found is None:
            return None
        self.project.unknown.place(found)
        return self.followed(found, node.at)

    def place(self, node: tree.Expression) -> Designator | None:
        """The variable or block instance that `node` names, be it a reference."""
        if isinstance(node, tree.Name):
            if node.name.upper() in ("THIS", "SUPER"):  # edition 3 writes them without ^
                return self.dereferenced(tree.Dereference(node, node.at, 1))
            return self._named(node.name, node.at)
        if isinstance(node, tree.Indexed):
            return self.element(node)
        if isinstance(node, tree.Part):
            return self.part(node)
        if isinstance(node, tree.Direct):
            direct = self.project.globals.symbols.get(node.address)
            if direct is None:
                cure = "Write for example %IX0.0, %QX1.7, %IW2 or %MD4"
                self.problem(f"{node.address} is not an address", node.at, cure)
                return None
            return self.of_symbol(direct)
        if isinstance(node, tree.Dereference):
            return self.dereferenced(node)
        if isinstance(node, tree.Call):
            return self.result_of(node)
        if not isinstance(node, tree.Member):
            self.problem("a variable is expected here", node.at)
            return None
        if isinstance(node.owner, tree.Name) and self.project.lookup(self.pou, node.owner.name) is None:
            if node.owner.name.upper() in self.project.list_names:
                symbol = self.project.globals.symbols.get(node.name.upper())
                if symbol is None:
                    known = [s.name for s in self.project.globals.symbols.values()]
                    self.project.unknown.name()
                    self.project.stubs.listed(node.owner.name, node.name, self.file, node.at)
                    self.problem(
                        f"there is no global variable {node.name}", node.at, suggestion(node.name, known)
                    )
                    return None
                return self.of_symbol(symbol)
            pou = self.project.pous.get(node.owner.name.upper())
            if pou is not None and pou.kind == "PROGRAM" and pou is not self.pou:
                self.problem(
                    f"{node.owner.name}.{node.name}: variables of a program cannot be reached from elsewhere",
                    node.at, "Share it through VAR_GLOBAL",
                )  # fmt: skip
                return None
        owner = self.designator(node.owner)
        if owner is None:
            self.project.stubs.inside(node, self.file)
            return None
        found = self.member(owner, node.name, node.at)
        if found is None and not owner.type.aggregate and owner.block is None:
            self.project.stubs.inside_known(self, node)
        return found

    @abstractmethod
    def member(self, owner: Designator, name: str, at: At) -> Designator | None:
        """`owner.name`."""

    @abstractmethod
    def element(self, node: tree.Indexed) -> Designator | None:
        """`a[i, j]`."""

    @abstractmethod
    def part(self, node: tree.Part) -> Designator | None:
        """`x.3`, `x.%B1`."""

    @abstractmethod
    def dereferenced(self, node: tree.Dereference) -> Designator | None:
        """What `p^` names."""

    @abstractmethod
    def result_of(self, node: tree.Call) -> Designator | None:
        """What a call gives, to read a member of it."""

    @abstractmethod
    def property_of(self, owner: Designator, name: str) -> Designator | None:
        """The property of that name of a block or interface; None where it has none."""

    @abstractmethod
    def followed(self, found: Designator, at: At) -> Designator | None:
        """What a reference refers to; anything else as it is."""

    @abstractmethod
    def valued(self, found: Designator, at: At) -> Designator | None:
        """What reading a property gives, anything else as it is."""

    def _named(self, name: str, at: At) -> Designator | None:
        symbol = self.project.lookup(self.pou, name) or self.project.lookup(self.pou, flag_key(name))
        if symbol is None:
            own = self.own_block()
            mine = None if own is None else self.property_of(own, name)
            if mine is not None:
                return mine
            key = name.upper()
            other = self.project.pous.get(key)
            kind = other.kind.lower().replace("_", " ") if other is not None else ""
            if key == self.pou.result_name and self.project.unknown_parameter(self.pou, name):
                return None
            if not kind and (key in FUNCTIONS or key in STANDARD_BLOCKS or key in ELEMENTARY):
                kind = "function" if key in FUNCTIONS else "type"
            if not kind and key in self.project.types:
                self.project.unknown.type(self.project.types[key].type)
                self.problem(f"{name} is a type, not a variable", at)
                return None
            if kind:
                instance = kind in ("function block", "type")
                cure = f"Declare an instance: my_{name.lower()} : {name};" if instance else ""
                self.problem(f"{name} is a {kind}, not a variable", at, cure)
                return None
            if self.is_told(key):
                return None
            if self._told_apart(name, at):
                return None
            self.project.unknown.name()
            if name.upper() not in self.project.list_names:
                self.project.stubs.unknown_name(self.pou.owner or self.pou, name, self.file, at)
            self.problem(f"{name} is not declared", at, self.project.nearest(name, self.pou))
            return None
        return self.of_symbol(symbol)

    def is_told(self, key: str) -> bool:
        """Whether a variable of that name (upper case) is declared with a mistake, which was told there."""
        homes = ("", self.pou.key, "" if self.pou.owner is None else self.pou.owner.key)
        return not self.project.unknown.files and any(
            (home, key) in self.project.undeclared for home in homes
        )

    def _told_apart(self, name: str, at: At) -> bool:
        """Whether a Problem says why a global variable or enumerator of that name is not meant by it."""
        key = name.upper()
        listed = [
            symbol.name for known, symbol in self.project.globals.symbols.items() if known.endswith(f".{key}")
        ]
        listed = [one for one in listed if one.partition(".")[0].upper() in self.project.list_names]
        kinds = self.project.qualified.get(key, [])
        if listed:
            self.problem(f"{name} stands in several lists", at, f"Write {' or '.join(listed)}")
        elif kinds:
            what = f"{name} of {kinds[0].name} needs the name of its enumeration, which is qualified_only"
            self.problem(what, at, f"Write {' or '.join(f'{kind.name}.{name}' for kind in kinds)}")
        elif key in self.project.later:
            what = f"{name} has no value yet here: it stands further on, or its value leads back here"
            self.problem(what, at, "Give one of the two a value that does not need the other")
        return bool(listed or kinds) or key in self.project.later

    def own_block(self) -> Designator | None:
        """THIS^: the block or program whose code this is; None in a function."""
        block = self.pou.owner or self.pou
        if block.kind not in ("FUNCTION_BLOCK", "PROGRAM"):
            return None
        symbol = Symbol("THIS^", class_type(block), "VAR", self.file, At(0, 0), read=True)
        return Designator(symbol, symbol.type, HERE, "variable", None, block, here=True)

    @abstractmethod
    def in_bytes(self, symbol: Symbol) -> Designator:
        """A variable that shares bytes with others."""

    def of_symbol(self, symbol: Symbol) -> Designator:
        if symbol.is_global:
            self.pou.touches.add(symbol)
        if symbol.bytes_at >= 0:
            return self.in_bytes(symbol)
        memory = "g" if symbol.is_global else "m"
        if self.pou.local and symbol.section != "VAR_INST":
            memory = "s" if self.pou.symbols.get(symbol.name.upper()) is symbol else memory
        # a block given by reference is one cell with its memory, like a block of one's own
        pointer = symbol.by_reference and symbol.block is None
        cell = Cell(memory, None, symbol.index, pointer, view=symbol.view)
        if symbol.edge is not None:
            return Designator(symbol, symbol.type, seen_cell(symbol), "edge")
        exact = not symbol.by_reference
        return Designator(symbol, symbol.type, cell, "variable", symbol.standard, symbol.block, exact=exact)

    @abstractmethod
    def expression(self, node: tree.Expression) -> Typed | None:
        """A value; its type."""
