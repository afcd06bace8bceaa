"""What the types around an unknown name say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.plc.stubs.guess import BY_NAME, BY_USE, NOTHING, Guess, by_name, type_text
from commissioning.plc.stubs.model import StubPart
from commissioning.plc.stubs.names import LOGIC, StubNames
from commissioning.plc.syntax import tree
from commissioning.plc.values.iec_types import ANY_INT, IecType

if TYPE_CHECKING:
    from commissioning.plc.checking.expressions import OperatorChecker


_PLACES = (tree.Name, tree.Member, tree.Indexed, tree.Dereference)


class StubTypes(StubNames):
    """What the checker tells where types meet."""

    def hint(
        self, node: tree.Expression, type_: IecType, file: str, role: str = "out", compared: bool = False
    ) -> None:
        """`node` could not be checked; its place asks for a `type_` (out), or one is stored in it (in)."""
        if isinstance(node, tree.Chain) and all(step.operator.upper() in LOGIC for step in node.steps):
            for operand in (node.first, *(step.operand for step in node.steps)):
                self.hint(operand, type_, file, role, compared)
            return
        entity = self._entity(node, file)
        guess = self._guess_of(entity)
        if guess is None or self.muted or self._enumerated(node, type_, compared):
            return
        guess.note(*type_text(type_))
        if isinstance(entity, StubPart):
            entity.roles.add(role)

    def perhaps(self, node: tree.Expression, type_: IecType, file: str) -> None:
        """`node` stands where a `type_` mostly does; its name may say something else."""
        guess = self._guess_of(self._entity(node, file))
        if guess is not None and not self.muted and guess.weight == NOTHING:
            guess.note(type_.name, BY_NAME)

    def _enumerated(self, node: tree.Expression, type_: IecType, compared: bool) -> bool:
        """Whether an unknown name that meets an unknown type is a member of it, as of an enumeration."""
        found = self.types.get(type_.name.upper())
        if found is None or not isinstance(node, tree.Name) or found.parts or found.methods or found.signs:
            return False
        if not compared and not found.name.upper().startswith(("E_", "ENUM")):
            return False
        self.variables.pop(node.name.upper(), None)
        if node.name.upper() not in found.members:
            found.members[node.name.upper()] = node.name
            self._new = True
        return True

    def mismatch(self, found: IecType, target: IecType) -> None:
        """A value of one type stands where another is asked for."""
        if not self.listening:
            return
        for one, other in ((found, target), (target, found)):
            type_ = self.types.get(one.name.upper())
            if type_ is not None and type_.made and other.kind in ("struct", "block", "interface"):
                if self._last(other.name) != type_.name.upper():
                    self._unify(type_, other.name)
                return
        if self.muted:
            return
        for one, other in ((found, target), (target, found)):
            type_ = self.types.get(one.name.upper())
            plain = type_ is not None and not (type_.signs or type_.parts or type_.methods or type_.members)
            if type_ is not None and plain and type_.alias is None and found.name == target.name:
                type_.alias = Guess(type_.name)  # what is compared with its like is no structure
                self._new = True
            text, sure = type_text(other)
            if type_ is not None and other is ANY_INT and (type_.methods or type_.parts):
                self._sign(type_, "interface")  # it is compared with 0
            if type_ is None or not text or type_.signs or type_.parts or type_.methods:
                continue
            if other.name.upper() in self.types and other.kind != "enum":
                continue
            if type_.alias is None:
                type_.alias = Guess(type_.name)
                self._new = True
            type_.alias.note(text, sure)

    def compared(self, checker: OperatorChecker, node: tree.Expression, other: IecType) -> None:
        """`node` has no value and stands beside an `other`: a block or structure beside 0 or NULL is an
        interface."""
        if not self.listening or other.kind not in ("int", "interface"):
            return
        found = checker.designator(node) if isinstance(node, (*_PLACES, tree.Call)) else None
        found = None if found is None else checker.valued(found, node.at)
        type_ = self.types.get(found.type.name.upper()) if found is not None else None
        if type_ is not None and type_.kind in ("block", "struct") and (type_.made or not type_.signs):
            self._sign(type_, "interface")

    def takes_block(
        self, checker: OperatorChecker, node: tree.Expression, type_: IecType, value: tree.Expression
    ) -> None:
        """A block is stored in `node`, a `type_`: if that is unknown, it is an interface."""
        found = checker.designator(value) if self.listening and isinstance(value, _PLACES) else None
        if found is None or found.block is None:
            return
        unknown, guess = self.types.get(type_.name.upper()), self._known(checker, node)
        if unknown is not None and not unknown.members and not unknown.parts:
            self._sign(unknown, "interface")
        elif unknown is None and guess is not None and guess.sure < BY_USE:
            name = f"I_{guess.name}"
            self._made_type(name, checker.file, node.at, "interface")
            guess.note(name, BY_USE)

    def stands(
        self, checker: OperatorChecker, node: tree.Expression, type_: IecType, by: tree.Expression
    ) -> None:
        """`node` could not be checked, and takes the value of `by`, a `type_`."""
        other = self._known(checker, by) if self.listening else None
        guess = self._guess_of(self._entity(node, checker.file))
        if other is None or other.sure >= BY_USE or guess is None:
            self.hint(node, type_, checker.file, "in")
        elif other.weight > guess.weight:
            guess.note(other.now(type_), other.weight)

    def refit(
        self,
        checker: OperatorChecker,
        node: tree.Expression,
        type_: IecType,
        by: tree.Expression | None = None,
    ) -> None:
        """`node` meets a `type_` (that of `by`) that it does not fit: if it is a stub's, it was taken for
        something else, unless as little is known of the other."""
        if not self.listening or self.muted:
            return
        guess = self._known(checker, node)
        other = self._known(checker, by) if by is not None else None
        if guess is not None and other is not None and other.sure < BY_USE:
            if other.weight > guess.weight:
                guess.note(other.now(type_), other.weight)
            elif guess.weight > other.weight:
                other.note(guess.text or by_name(guess.name), guess.weight)
        elif guess is not None:
            guess.note(*type_text(type_))
