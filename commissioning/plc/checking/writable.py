"""What may be written: by an assignment, or by whom a variable is given to by reference."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from commissioning.plc.checking.classes import is_a
from commissioning.plc.checking.designators import Designator
from commissioning.plc.checking.elements import ElementChecker
from commissioning.plc.checking.scope import Symbol
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType


def open_to(given: IecType, wanted: IecType) -> bool:
    """Whether an array may be given to an ARRAY[*]."""
    count = given.dimensions or len(given.bounds)
    return given.kind == "array" and given.element == wanted.element and count == wanted.dimensions


def _holds(wide: IecType, type_: IecType) -> bool:
    """Whether a cell of whole numbers takes every one that an output of `type_` gives, as it is kept."""
    if not {wide.kind, type_.kind} <= {"int", "bits"}:
        return False
    (low, high), (least, most) = (t.limits or (t.low, t.high) for t in (wide, type_))
    return low <= least and most <= high


class WritableChecker(ElementChecker):
    """Looks up what is written."""

    @abstractmethod
    def bounds_given(self, found: Designator) -> tuple[Typed, ...]:
        """The bounds of an array that is given to an ARRAY[*]."""

    def reference(self, node: tree.Expression, symbol: Symbol, negated: bool = False) -> Designator | None:
        """The variable given to a VAR_IN_OUT or a function's output: of its type, and writable. An output's
        whole number goes into a wider type as well."""
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
        if found.type.kind == symbol.type.kind == "time" and found.member and not found.type.shown:
            same = True  # PT or ET of a timer, which count ns inside
        if found.block is not None and symbol.block is not None:
            same = is_a(found.block, symbol.block)
        if symbol.section == "VAR_OUTPUT" and found.cell.address is None:
            same |= _holds(found.type, symbol.type)
        if not same:
            self.project.stubs.mismatch(found.type, symbol.type)
            self._ask(node, symbol.type)
            self.problem(
                f"{symbol.name} needs a variable of type {symbol.type}, this is a {found.type}", node.at
            )
            return None
        if found.standard is None and found.block is None and not self.writable(found, node.at, True):
            return None
        found.symbol.read = found.symbol.written = True
        return found

    def _ask(self, node: tree.Expression, type_: IecType) -> None:
        """What is given by reference is of the type that is asked for, if it is a stub's."""
        from commissioning.plc.checking.expressions import OperatorChecker

        if isinstance(self, OperatorChecker):
            self.project.stubs.refit(self, node, type_)

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
        elif symbol.is_global and symbol.name.upper() in (self.pou.owner or self.pou).only_read:
            what = f"{symbol.name} is VAR_EXTERNAL CONSTANT here: it is only read"
            self.problem(what, at, "Remove CONSTANT from VAR_EXTERNAL, or the assignment")
        elif symbol.address[:2].upper() == "%I" and self.pou.kind != "TEST":
            self.problem(
                f"{symbol.name} is an input ({symbol.address}): the field writes it, not the program", at
            )
        elif found.role == "edge" and symbol.edge is not None:
            what = f"{symbol.name} is an edge here ({symbol.edge.name}): only the caller gives it a value"
            self.problem(what, at, "Use a variable of its own")
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
