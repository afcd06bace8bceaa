"""What a name in the program stands for: a cell, or an instance of a block."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from math import prod

from commissioning.plc import tree
from commissioning.plc.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.byte_layout import place_of
from commissioning.plc.byte_layout import stride as bytes_between
from commissioning.plc.classes import class_type, is_a
from commissioning.plc.functions import FUNCTIONS
from commissioning.plc.iec_types import ELEMENTARY, IecType
from commissioning.plc.scope import Pou, Project, Symbol, View, suggestion
from commissioning.plc.sfc_plan import flag_key
from commissioning.plc.tree import At
from commissioning.plc.typed import HERE, Cell, Const, Index, Load, Typed


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


def open_to(given: IecType, wanted: IecType) -> bool:
    """Whether an array may be given to an ARRAY[*]."""
    count = given.dimensions or len(given.bounds)
    return given.kind == "array" and given.element == wanted.element and count == wanted.dimensions


class DesignatorChecker:
    """Looks up the names that one POU uses."""

    def __init__(self, project: Project, pou: Pou) -> None:
        self.project = project
        self.pou = pou
        self.file = pou.file

    def problem(self, what: str, at: At, cure: str = "") -> None:
        self.project.problem(what, self.file, at, cure)

    def designator(self, node: tree.Expression) -> Designator | None:
        """The variable or block instance that `node` names; what a reference refers to."""
        found = self.place(node)
        return None if found is None else self.followed(found, node.at)

    def place(self, node: tree.Expression) -> Designator | None:
        """The variable or block instance that `node` names, be it a reference."""
        if isinstance(node, tree.Name):
            if node.name.upper() in ("THIS", "SUPER"):  # edition 3 writes them without ^
                return self.dereferenced(tree.Dereference(node, node.at, 1))
            return self._named(node.name, node.at)
        if isinstance(node, tree.Indexed):
            return self._element(node)
        if isinstance(node, tree.Part):
            return self._part(node)
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
        found = self._member(owner, node.name, node.at)
        if found is None and not owner.type.aggregate and owner.block is None:
            self.project.stubs.inside_known(self, node)
        return found

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
    def indexed_pointer(self, node: tree.Indexed) -> Designator | None:
        """`p[i]`: i elements behind what p points to."""

    @abstractmethod
    def open_element(
        self, owner: Designator, node: tree.Indexed, indices: list[Typed | None]
    ) -> Designator | None:
        """An element of an ARRAY[*]."""

    @abstractmethod
    def bounds_given(self, found: Designator) -> tuple[Typed, ...]:
        """The bounds of an array that is given to an ARRAY[*]."""

    @abstractmethod
    def character(self, owner: Designator, node: tree.Indexed, index: Typed | None) -> Designator | None:
        """A character of a text."""

    @abstractmethod
    def overlaid(self, owner: Designator, type_: IecType, at: At) -> Cell | None:
        """The cell of a member of a UNION."""

    @abstractmethod
    def followed(self, found: Designator, at: At) -> Designator | None:
        """What a reference refers to; anything else as it is."""

    @abstractmethod
    def moved_place(self, cell: Cell, type_: IecType, step: Index | int) -> Cell:
        """The cell of a member or element of what a pointer leads to, `step` bytes on."""

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
            if not kind and (key in FUNCTIONS or key in STANDARD_BLOCKS or key in ELEMENTARY):
                kind = "function" if key in FUNCTIONS else "type"
            if kind:
                instance = kind in ("function block", "type")
                cure = f"Declare an instance: my_{name.lower()} : {name};" if instance else ""
                self.problem(f"{name} is a {kind}, not a variable", at, cure)
                return None
            if name.upper() not in self.project.list_names:
                self.project.stubs.unknown_name(self.pou.owner or self.pou, name, self.file, at)
            self.problem(f"{name} is not declared", at, self.project.nearest(name, self.pou))
            return None
        return self.of_symbol(symbol)

    def own_block(self) -> Designator | None:
        """THIS^: the block or program whose code this is; None in a function."""
        block = self.pou.owner or self.pou
        if block.kind not in ("FUNCTION_BLOCK", "PROGRAM"):
            return None
        symbol = Symbol("THIS^", class_type(block), "VAR", self.file, At(0, 0), read=True)
        return Designator(symbol, symbol.type, HERE, "variable", None, block, here=True)

    def of_symbol(self, symbol: Symbol) -> Designator:
        if symbol.is_global:
            self.pou.touches.add(symbol)
        memory = "g" if symbol.is_global else "m"
        if self.pou.local and symbol.section != "VAR_INST":
            memory = "s" if self.pou.symbols.get(symbol.name.upper()) is symbol else memory
        # a block given by reference is one cell with its memory, like a block of one's own
        pointer = symbol.by_reference and symbol.block is None
        cell = Cell(memory, None, symbol.index, pointer, view=symbol.view)
        exact = not symbol.by_reference
        return Designator(symbol, symbol.type, cell, "variable", symbol.standard, symbol.block, exact=exact)

    def _member(self, owner: Designator, name: str, at: At) -> Designator | None:
        if owner.accessors is not None:
            given = self.valued(owner, at)
            if given is None:
                return None
            owner = given
        if owner.standard is not None:
            offset = owner.standard.offsets.get(name.upper())
            if offset is None or owner.standard.cells[offset].role == "hidden":
                known = [cell.name for cell in owner.standard.cells if cell.role != "hidden"]
                self.problem(
                    f"{owner.standard.name} has no {name}; it has {', '.join(known)}",
                    at,
                    suggestion(name, known),
                )
                return None
            cell = owner.standard.cells[offset]
            if cell.name == "ET":
                owner.symbol.elapsed = True
                self.project.reads_elapsed = True
                self.project.any_elapsed |= owner.symbol.by_reference
            return Designator(owner.symbol, cell.type, owner.cell.at(offset), cell.role, member=cell.name)
        if owner.block is not None:
            symbol = owner.block.symbols.get(name.upper())
            if owner.here and symbol is not None:
                return self.of_symbol(symbol)
            if symbol is None:
                found = self.property_of(owner, name)
                if found is not None:
                    return found
            program = owner.block.kind == "PROGRAM" and self.project.dialect.programs_called
            inside = program or self.pou.kind == "TEST" or self.project.dialect.insides_read
            visible = ("VAR_INPUT", "VAR_OUTPUT", *(("VAR",) if inside else ()))
            if symbol is None or symbol.section not in visible:
                known = [s.name for s in owner.block.section("VAR_INPUT", "VAR_OUTPUT")]
                hidden = symbol is not None and "is inside the block and cannot be reached from outside"
                what = (
                    f"{owner.block.name}.{name} {hidden}" if hidden else f"{owner.block.name} has no {name}"
                )
                self.project.stubs.block_member(owner.block, name, self.file, at)
                self.problem(what, at, suggestion(name, known) if symbol is None else "Make it a VAR_OUTPUT")
                return None
            symbol.read = True
            inner = Cell(owner.cell.memory, owner.cell, symbol.index)
            role = "input" if program or symbol.section == "VAR_INPUT" else "output"
            if symbol.section == "VAR" and self.project.dialect.insides_read and not program:
                role = "local" if self.pou.kind != "TEST" else role
            return Designator(
                owner.symbol, symbol.type, inner, role, symbol.standard, symbol.block, member=symbol.name,
                exact=not symbol.by_reference,
            )  # fmt: skip
        if owner.type.kind == "interface":
            found = self.property_of(owner, name)
            if found is not None:
                return found
        shown = owner.type.overlay(name) if owner.type.overlays else None
        if shown is not None:
            over = self.overlaid(owner, shown.type, at)
            return None if over is None else self.inside(owner, shown.type, over, shown.name)
        if owner.type.kind == "struct":
            member = owner.type.member(name)
            if member is None:
                known = [member.name for member in owner.type.members]
                home = owner.type.name
                while home.upper() in self.project.struct_bases:
                    home = self.project.struct_bases[home.upper()]
                self.project.stubs.member(home, name, self.file, at)
                self.problem(f"{owner.type.name} has no member {name}", at, suggestion(name, known))
                return None
            place = owner.cell.at(member.offset)
            if owner.cell.address is not None:
                place = self.moved_place(owner.cell, member.type, place_of(owner.type, member))
            return self.inside(owner, member.type, place, member.name)
        cure = "Write an index first: [1]" if owner.type.kind == "array" else ""
        self.project.stubs.member(owner.type.name, name, self.file, at)
        self.problem(f"{owner.member or owner.symbol.name} is a {owner.type} and has no members", at, cure)
        return None

    def inside(self, owner: Designator, type_: IecType, cell: Cell, member: str) -> Designator:
        block = self.project.block(type_.name) if type_.kind == "block" else None
        value = None if owner.value is None else Load(type_.plain, cell)  # a part of what a call gives
        return replace(
            owner, type=type_, cell=cell, member=member, value=value,
            standard=block if isinstance(block, StandardBlock) else None,
            block=block if isinstance(block, Pou) else None, exact=True, here=False,
        )  # fmt: skip

    def _element(self, node: tree.Indexed) -> Designator | None:
        """`a[i, j]`: constant indices are worked out here, the others when the program runs."""
        owner = self.designator(node.owner)
        owner = None if owner is None else self.valued(owner, node.at)
        found = [self.expression(index) for index in node.indices]
        if owner is None:
            known = [i.value if isinstance(i, Const) and isinstance(i.value, int) else None for i in found]
            self.project.stubs.index(node, self.file, known)
            return None
        name = owner.member or owner.symbol.name
        if owner.type.kind == "string" and len(node.indices) == 1:
            return self.character(owner, node, found[0])
        if owner.type.kind != "array" or owner.type.element is None:
            if owner.type.kind == "pointer" and len(node.indices) == 1:
                return self.indexed_pointer(node)
            known = [i.value if isinstance(i, Const) and isinstance(i.value, int) else None for i in found]
            self.project.stubs.index_type(owner.type, known, self.file, node.at)
            self.problem(f"{name} is a {owner.type}, only an array has an index", node.at)
            return None
        if owner.type.dimensions:
            return self.open_element(owner, node, found)
        element, bounds = owner.type.element, owner.type.bounds
        if len(found) != len(bounds):
            wanted = f"{len(bounds)} {'index' if len(bounds) == 1 else 'indices'}"
            self.problem(
                f"{name} has {wanted}, here {'is' if len(found) == 1 else 'are'} {len(found)}", node.at
            )
            return None
        cell = owner.cell
        for position, (index, (low, high)) in enumerate(zip(found, bounds, strict=True)):
            at = node.indices[position].at
            if index is None:
                return None
            if index.type.kind not in ("int", "bits", "enum"):
                self.problem(f"an index is a whole number, this is a {index.type}", at)
                return None
            distant = cell.address is not None
            step = bytes_between(element) if distant else element.size
            stride = step * prod(b - a + 1 for a, b in bounds[position + 1 :])
            if isinstance(index, Const) and isinstance(index.value, int):
                if not low <= index.value <= high:
                    self.problem(f"the index {index.value} is outside {low}..{high} of {name}", at)
                    return None
                behind = (index.value - low) * stride
                cell = self.moved_place(cell, element, behind) if distant else cell.at(behind)
            else:
                self.project.tables[low, high, stride] = None
                term = Index(low, high, stride, index)
                cell = self.moved_place(cell, element, term) if distant else cell.moved(term)
        return self.inside(owner, element, cell, owner.member)

    def _part(self, node: tree.Part) -> Designator | None:
        """`x.3`, `x.%B1`: some bits of a whole number."""
        owner = self.designator(node.owner)
        owner = None if owner is None else self.valued(owner, node.at)
        if owner is None:
            return None
        if owner.value is not None:
            self.problem("a bit is read of a variable", node.at, "Assign the value to one first")
            return None
        name, type_ = owner.member or owner.symbol.name, owner.type
        if type_.kind not in ("int", "bits") or type_.limits is not None:
            self.problem(f"{name} is a {type_}, only whole numbers and bit strings have bits", node.at)
            return None
        wanted = ELEMENTARY[{"X": "BOOL", "B": "BYTE", "W": "WORD", "D": "DWORD", "L": "LWORD"}[node.size]]
        width = max(wanted.bits, 1)
        start = node.number * width
        if start + width > type_.bits:
            what = "bits" if node.size == "X" else f"{wanted.name}s"
            self.problem(f"{type_.name} has the {what} 0..{type_.bits // width - 1}", node.at)
            return None
        outer = owner.cell.view
        view = View(start, width, type_) if outer is None else View(outer.start + start, width, outer.base)
        return replace(owner, type=wanted, cell=replace(owner.cell, view=view))

    @abstractmethod
    def expression(self, node: tree.Expression) -> Typed | None:
        """A value; its type."""

    def reference(self, node: tree.Expression, symbol: Symbol, negated: bool = False) -> Designator | None:
        """The variable given to a VAR_IN_OUT or a function's output: of exactly its type, and writable."""
        found = self.designator(node)
        if found is None:
            return None
        if negated:
            self.problem("NOT is not possible at an output of a function", node.at)
            return None
        if found.cell.view is not None:
            what = f"{symbol.name} needs a variable of its own, this is a part of one"
            self.problem(what, node.at, "Give a copy and assign it back afterwards")
            return None
        if found.value is not None or found.accessors is not None:
            self.problem(f"{symbol.name} needs a variable, this is only a value", node.at)
            return None
        if symbol.type.dimensions and open_to(found.type, symbol.type):
            found = replace(
                found, type=symbol.type, cell=replace(found.cell, bounds=self.bounds_given(found))
            )
        same = found.type == symbol.type and found.block is symbol.block and found.standard is symbol.standard
        if self.project.dialect.narrows and "enum" in (found.type.kind, symbol.type.kind):
            bases = [t.element if t.kind == "enum" else t for t in (found.type, symbol.type)]
            same |= bases[0] == bases[1]  # kept as the same numbers
        if found.block is not None and symbol.block is not None:
            same = is_a(found.block, symbol.block)
        if not same:
            self.project.stubs.mismatch(found.type, symbol.type)
            self.problem(
                f"{symbol.name} needs a variable of type {symbol.type}, this is a {found.type}", node.at
            )
            return None
        if found.standard is None and found.block is None and not self.writable(found, node.at, True):
            return None
        found.symbol.read = found.symbol.written = True
        return found

    def writable(self, found: Designator, at: At, reference: bool = False) -> bool:
        """Whether the program may assign to this, or give it by `reference`; a Problem where not."""
        symbol = found.symbol
        if found.value is not None:
            self.problem("nothing can be assigned to the result of a call", at)
            return False
        if found.standard is not None or found.block is not None:
            self.problem(
                f"{symbol.name} is a block, nothing can be assigned to it", at, "Assign to one of its inputs"
            )
        elif found.type.blocks and not reference:
            what = f"{found.member or symbol.name} has a block in it and cannot be copied"
            self.problem(what, at, "Assign its members one by one")
        elif symbol.constant:
            self.problem(
                f"{symbol.name} is a CONSTANT", at, "Remove CONSTANT from its VAR section, or the assignment"
            )
        elif symbol.address[:2].upper() == "%I" and self.pou.kind != "TEST":
            self.problem(
                f"{symbol.name} is an input ({symbol.address}): the field writes it, not the program", at
            )
        elif found.role == "local":
            what = (
                f"{symbol.name}.{found.member} is inside the block: it can be read from outside, not written"
            )
            self.problem(what, at, "Make it a VAR_INPUT")
        elif found.role == "output" and self.project.dialect.outputs_written:
            what = f"{symbol.name}.{found.member} is an output of the block, and stored in from outside"
            self.project.notice(what, self.file, at, "The block may overwrite it")
            return True
        elif found.role == "output":
            self.problem(
                f"{symbol.name}.{found.member} is an output of the block", at, "Only the block writes it"
            )
        else:
            return True
        return False
