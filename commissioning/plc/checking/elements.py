"""What stands in brackets behind a name (elements of arrays, characters), and numbers behind a dot (bits)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from math import prod

from commissioning.plc.checking.byte_layout import stride as bytes_between
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.implicit_checks import checked_index
from commissioning.plc.checking.members import MemberChecker
from commissioning.plc.checking.scope import View
from commissioning.plc.checking.typed import Const, Index, Typed
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ELEMENTARY


class ElementChecker(MemberChecker):
    """Looks up elements and parts."""

    @abstractmethod
    def indexed_pointer(self, node: tree.Indexed) -> Designator | None:
        """`p[i]`: i elements behind what p points to."""

    @abstractmethod
    def open_element(
        self, owner: Designator, node: tree.Indexed, indices: list[Typed | None]
    ) -> Designator | None:
        """An element of an ARRAY[*]."""

    @abstractmethod
    def character(self, owner: Designator, node: tree.Indexed, index: Typed | None) -> Designator | None:
        """A character of a text."""

    def element(self, node: tree.Indexed) -> Designator | None:
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
            self.project.stubs.index_known(self, node, owner.type, known)
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
                    self.project.stubs.outside(self, node, position, index, (low, high))
                    self.problem(f"the index {index.value} is outside {low}..{high} of {name}", at)
                    return None
                behind = (index.value - low) * stride
                cell = self.moved_place(cell, element, behind) if distant else cell.at(behind)
            else:
                index = checked_index(self, node.indices[position], index, low, high)
                self.project.tables[low, high, stride] = None
                term = Index(low, high, stride, index)
                cell = self.moved_place(cell, element, term) if distant else cell.moved(term)
        return self.inside(owner, element, cell, owner.member)

    def part(self, node: tree.Part) -> Designator | None:
        """`x.3`, `x.%B1`: some bits of a whole number."""
        owner = self.designator(node.owner)
        owner = None if owner is None else self.valued(owner, node.at)
        return None if owner is None else self.bits_of(owner, node.size, node.number, node.at)

    def bits_of(self, owner: Designator, size: str, number: int, at: At) -> Designator | None:
        if owner.value is not None:
            self.problem("a bit is read of a variable", at, "Assign the value to one first")
            return None
        name, type_ = owner.member or owner.symbol.name, owner.type
        if type_.kind not in ("int", "bits") or type_.limits is not None:
            self.problem(f"{name} is a {type_}, only whole numbers and bit strings have bits", at)
            return None
        wanted = ELEMENTARY[{"X": "BOOL", "B": "BYTE", "W": "WORD", "D": "DWORD", "L": "LWORD"}[size]]
        width = max(wanted.bits, 1)
        start = number * width
        if not 0 <= start <= type_.bits - width:
            what = "bits" if size == "X" else f"{wanted.name}s"
            self.problem(f"{type_.name} has the {what} 0..{type_.bits // width - 1}", at)
            return None
        outer = owner.cell.view
        view = View(start, width, type_) if outer is None else View(outer.start + start, width, outer.base)
        return replace(owner, type=wanted, cell=replace(owner.cell, view=view))
