"""Members: what stands behind the dot of a block, a structure or an interface."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from commissioning.plc.checking.byte_layout import place_of
from commissioning.plc.checking.designators import Designator, DesignatorChecker
from commissioning.plc.checking.scope import Pou, suggestion
from commissioning.plc.checking.typed import Cell, Const, Index, Load
from commissioning.plc.standard.blocks import StandardBlock
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType


class MemberChecker(DesignatorChecker):
    """Looks up members."""

    @abstractmethod
    def overlaid(self, owner: Designator, type_: IecType, at: At) -> Cell | None:
        """The cell of a member of a UNION."""

    @abstractmethod
    def moved_place(self, cell: Cell, type_: IecType, step: Index | int) -> Cell:
        """The cell of a member or element of what a pointer leads to, `step` bytes on."""

    @abstractmethod
    def bits_of(self, owner: Designator, size: str, number: int, at: At) -> Designator | None:
        """Some bits of a whole number: `size` X, B, W, D or L."""

    def member(self, owner: Designator, name: str, at: At) -> Designator | None:
        """`owner.name`; None after a Problem."""
        if owner.accessors is not None:
            given = self.valued(owner, at)
            if given is None:
                return None
            owner = given
        if owner.standard is not None:
            return self._of_standard(owner, owner.standard, name, at)
        if owner.block is not None:
            return self._of_block(owner, owner.block, name, at)
        if owner.type.kind == "interface":
            found = self.property_of(owner, name)
            if found is not None:
                return found
        shown = owner.type.overlay(name) if owner.type.overlays else None
        if shown is not None:
            over = self.overlaid(owner, shown.type, at)
            return None if over is None else self.inside(owner, shown.type, over, shown.name)
        if owner.type.kind == "struct":
            return self._of_structure(owner, name, at)
        bit = self._bit_named(owner, name, at)
        if bit is not None:
            return self.bits_of(owner, "X", bit, at)
        interface = self.project.interfaces.get(owner.type.name.upper())
        if owner.type.kind == "interface" and interface is not None:
            self.project.stubs.interface_member(interface, name, self.file, at)
            known = [member.name.partition(".")[0] for member in interface.members.values()]
            self.problem(f"{interface.name} has no {name}", at, suggestion(name, known))
            return None
        cure = "Write an index first: [1]" if owner.type.kind == "array" else ""
        self.project.stubs.member(owner.type.name, name, self.file, at)
        self.problem(f"{owner.member or owner.symbol.name} is a {owner.type} and has no members", at, cure)
        return None

    def _bit_named(self, owner: Designator, name: str, at: At) -> int | None:
        """The number of a bit that a CONSTANT gives, where the dialect has `word.ENABLE`."""
        if owner.type.kind not in ("int", "bits") or not self.project.dialect.bits_named:
            return None
        symbol = self.project.lookup(self.pou, name)
        number = self.expression(tree.Name(name, at)) if symbol is not None and symbol.constant else None
        return number.value if isinstance(number, Const) and isinstance(number.value, int) else None

    def _of_standard(self, owner: Designator, block: StandardBlock, name: str, at: At) -> Designator | None:
        offset = block.offsets.get(name.upper())
        if offset is None or block.cells[offset].role == "hidden":
            known = [cell.name for cell in block.cells if cell.role != "hidden"]
            what = f"{block.name} has no {name}; it has {', '.join(known)}"
            self.problem(what, at, suggestion(name, known))
            return None
        cell = block.cells[offset]
        if cell.name == "ET":
            owner.symbol.elapsed = True
            self.project.reads_elapsed = True
            self.project.any_elapsed |= owner.symbol.by_reference
        return Designator(owner.symbol, cell.type, owner.cell.at(offset), cell.role, member=cell.name)

    def _of_block(self, owner: Designator, block: Pou, name: str, at: At) -> Designator | None:
        """A variable or property of a user's block or program, as far as it is seen from here."""
        symbol = block.symbols.get(name.upper())
        if owner.here and symbol is not None:
            return self.of_symbol(symbol)
        if symbol is None:
            found = self.property_of(owner, name)
            if found is not None:
                return found
        program = block.kind == "PROGRAM" and self.project.dialect.programs_called
        inside = program or self.pou.kind == "TEST" or self.project.dialect.insides_read
        visible = ("VAR_INPUT", "VAR_OUTPUT", *(("VAR",) if inside else ()))
        if symbol is None or not (symbol.section in visible or symbol.public):
            if symbol is None and self._failed_in(block, name):
                return None
            known = [s.name for s in block.section("VAR_INPUT", "VAR_OUTPUT")]
            hidden = symbol is not None and "is inside the block and cannot be reached from outside"
            what = f"{block.name}.{name} {hidden}" if hidden else f"{block.name} has no {name}"
            self.project.stubs.block_member(block, name, self.file, at)
            self.problem(what, at, suggestion(name, known) if symbol is None else "Make it a VAR_OUTPUT")
            return None
        symbol.read = True
        inner = Cell(owner.cell.memory, owner.cell, symbol.index)
        if symbol.is_global:  # it shares the memory of its address
            self.pou.touches.add(symbol)
            inner = self.of_symbol(symbol).cell
        role = "input" if program or symbol.public or symbol.section == "VAR_INPUT" else "output"
        only_read = self.project.dialect.insides_read and not program and self.pou.kind != "TEST"
        if (symbol.section == "VAR" and not symbol.public and only_read) or (
            symbol.public and symbol.constant
        ):
            role = "local"
        return Designator(
            owner.symbol, symbol.type, inner, role, symbol.standard, symbol.block, member=symbol.name,
            exact=not symbol.by_reference,
        )  # fmt: skip

    def _failed_in(self, block: Pou, name: str) -> bool:
        """Whether a variable of that name is declared in a block, with a Problem that says why it is not
        known; where there are stubs that Problem may be forgiven, so that what uses it is told."""
        if self.project.unknown.files:
            return False
        return any((above.key, name.upper()) in self.project.undeclared for above in block.lineage())

    def _of_structure(self, owner: Designator, name: str, at: At) -> Designator | None:
        member = owner.type.member(name)
        bit = owner.type.bit_member(name) if member is None else None
        if bit is not None:
            byte = self._of_structure(owner, bit[0].name, at)
            found = None if byte is None else self.bits_of(byte, "X", bit[1], at)
            return None if found is None else replace(found, member=name)
        if member is None:
            known = [name for m in owner.type.members for name in m.type.bit_names or (m.name,)]
            home = owner.type.name
            while home.upper() in self.project.struct_bases:
                home = self.project.struct_bases[home.upper()]
            self.project.stubs.member(home, name, self.file, at)
            self.problem(f"{owner.type.name} has no member {name}", at, suggestion(name, known))
            return None
        self.project.unknown.member(owner.type, name)
        place = owner.cell.at(member.offset)
        if owner.cell.address is not None:
            place = self.moved_place(owner.cell, member.type, place_of(owner.type, member))
        return self.inside(owner, member.type, place, member.name)

    def inside(self, owner: Designator, type_: IecType, cell: Cell, member: str) -> Designator:
        """What lies in `cell`, as a part of `owner`."""
        block = self.project.block(type_.name) if type_.kind == "block" else None
        value = None if owner.value is None else Load(type_.plain, cell)  # a part of what a call gives
        return replace(
            owner, type=type_, cell=cell, member=member, value=value,
            standard=block if isinstance(block, StandardBlock) else None,
            block=block if isinstance(block, Pou) else None, exact=True, here=False,
        )  # fmt: skip
