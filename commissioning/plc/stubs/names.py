"""Names that a program uses and nobody declares: variables, members, constants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from commissioning.plc.stubs.book import StubBook
from commissioning.plc.stubs.guess import BY_USE, Guess, type_text
from commissioning.plc.stubs.model import StubPart, StubType
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import IecType

if TYPE_CHECKING:
    from commissioning.plc.checking.designators import DesignatorChecker
    from commissioning.plc.checking.expressions import OperatorChecker
    from commissioning.plc.checking.scope import Pou
    from commissioning.plc.checking.typed import Const


LOGIC = ("AND", "OR", "XOR", "AND_THEN", "OR_ELSE", "&")
_OF_ALL = re.compile(r"E_|ENUM_|GVL|GC_|Constants?$|Param", re.IGNORECASE)  # names of enumerations and lists


def _first(types: Iterable[StubType | None], kind: str, name: str) -> Any:
    """The member (kind parts) or method (methods) of that name of the first stub that has it."""
    for type_ in types:
        found = None if type_ is None else getattr(type_, kind).get(name.upper())
        if found is not None:
            return found
    return None


class StubNames(StubBook):
    """What the checker tells where it looks a name up."""

    def variable(self, name: str, file: str, at: At) -> None:
        """A body names an unknown variable, which may have the dot of a global in front."""
        name = name.removeprefix(".")
        key = name.upper()
        if key in self.types or key in self.known or not self.listening:
            return  # of an enumeration, if a member follows
        if key not in self.variables:
            self.variables[key] = StubPart(Guess(name))
            self.spots[key] = (file, at)
            self._new = True
        self._failed[file, at] = self.variables[key]

    def listed(self, owner: str, name: str, file: str, at: At) -> None:
        """`owner.name` where the owner is a list of globals that does not have it."""
        if owner.upper() in self.lists:
            self.member(self.variables[owner.upper()].guess.text, name, file, at)
        else:
            self.variable(name, file, at)

    def global_variable(self, name: str, type_: IecType, file: str, at: At) -> None:
        """VAR_EXTERNAL of a global that is declared nowhere; it may have the name of its type."""
        if self.listening and name.upper() not in self.variables and name.upper() not in self.known:
            self.variables[name.upper()] = StubPart(Guess(name))
            self.spots[name.upper()] = (file, at)
            self._new = True
        part = self.variables.get(name.upper())
        if part is not None:
            part.guess.note(*type_text(type_))

    def block_member(self, block: Pou, name: str, file: str, at: At) -> None:
        """`x.name` where x is a block that has no such member, unless a stub that it extends has."""
        home = self._home(block)
        if home:
            self.member(home, name, file, at)

    def unknown_name(self, pou: Pou, name: str, file: str, at: At) -> None:
        """A name in the body of a POU: of a global, or of what a stub above it has."""
        home = self._home(pou) if pou.base is not None and name[:1] != "." else ""
        if home and self.listening and name.upper() not in self.types and not _OF_ALL.match(name):
            self.member(home, name, file, at)
        else:
            self.variable(name, file, at)

    def _home(self, block: Pou) -> str:
        """The first stub among a block and what it extends."""
        return next((pou.name for pou in block.lineage() if pou.name.upper() in self.types), "")

    def member(self, owner: str, name: str, file: str, at: At) -> None:
        """`x.name` where x is of type `owner`, which has no such member."""
        type_ = self.types.get(owner.upper())
        if type_ is not None:
            self._failed[file, at] = self._part(type_.parts, name)

    def literal(self, owner: str, name: str, file: str, at: At, known: bool = False) -> None:
        """`owner#name`, which says of an unknown type (`known`: it is one, maybe of ours) that it is an
        enumeration with that member."""
        if owner.upper() not in self.types and (known or not self.collecting):
            return
        self.type_named(owner, file, at, "enum")
        members = self.types[owner.upper()].members
        if name.upper() not in members:
            members[name.upper()] = name
            self._new = True

    def interface_member(self, interface: Pou, name: str, file: str, at: At) -> None:
        """`x.name`, where the interface of x has no such property: a stub that it extends may have it."""
        home = self._above(interface)
        if home is not None:
            self.member(home.name, name, file, at)

    def _above(self, interface: Pou) -> StubType | None:
        """The first stub among an interface and those that it extends."""
        work = [interface]
        for here in work:
            found = self.types.get(here.name.upper())
            if found is not None:
                return found
            work += [pou for pou in here.interfaces if pou not in work]
        return None

    def inside(self, node: tree.Member, file: str) -> None:
        """`owner.name` where the owner is unknown."""
        if isinstance(node.owner, tree.Name) and self.listening:
            type_ = self.types.get(node.owner.name.upper())
            if type_ is not None:  # Colour.red
                if node.name.upper() not in type_.members:
                    type_.members[node.name.upper()] = node.name
                    self._new = True
                return
        entity = self._entity(node.owner, file)
        guess = self._guess_of(entity)
        if guess is not None:
            self._inside(guess, node, file)

    def inside_known(self, checker: DesignatorChecker, node: tree.Member) -> None:
        """`owner.name` where the owner has no members; if its type is a guess, it was a wrong one."""
        guess = self._known(checker, node.owner) if self.listening else None
        if guess is not None and guess.sure < BY_USE:
            self._inside(guess, node, checker.file)

    def _inside(self, guess: Guess, node: tree.Member, file: str) -> None:
        name = guess.text
        if guess.sure < BY_USE or name.upper() not in self.types:
            owner = f"{guess.name}_type"
            self._made_type(owner, file, node.at, "")
            guess.note(owner, BY_USE)
            name = owner
        if name.upper() in self.types:
            self.member(name, node.name, file, node.at)

    def index(self, node: tree.Indexed, file: str, values: list[int | None]) -> None:
        """`owner[i]` where the owner is unknown; `values`: None where an index varies."""
        guess = self._guess_of(self._entity(node.owner, file))
        if guess is not None:
            guess.index(values)

    def index_known(
        self, checker: DesignatorChecker, node: tree.Indexed, type_: IecType, values: list[int | None]
    ) -> None:
        """What is no array has an index: if its type is a stub, that is one of arrays, and if it is a guess,
        it was taken for something else."""
        if not self.listening:
            return
        found = self.types.get(type_.name.upper())
        guess = self._known(checker, node.owner) if isinstance(node.owner, tree.Name | tree.Member) else None
        if found is not None:
            if found.alias is None:
                found.alias = Guess(found.name)
                self._new = True
            guess = found.alias
        elif guess is None or guess.sure >= BY_USE or guess.pointer:
            return
        guess.index(values)
        self._failed[checker.file, node.at] = StubPart(guess)

    def outside(
        self,
        checker: DesignatorChecker,
        node: tree.Indexed,
        position: int,
        index: Const,
        bounds: tuple[int, int],
    ) -> None:
        """A constant index is outside of an array: of a stub that has it too, or because the constant or
        enumeration is a stub."""
        low, high = bounds
        type_ = self.types.get(index.type.name.upper())
        if type_ is not None and type_.kind == "enum" and type_.first < low:
            type_.first = low
            self._new = True
        given, home = node.indices[position], self.variables
        if isinstance(given, tree.Member) and isinstance(given.owner, tree.Name):
            owner = home.get(given.owner.name.upper())
            list_ = self.types.get(owner.guess.text.upper()) if owner is not None else None
            home = list_.parts if list_ is not None else {}
        part = home.get(given.name.upper()) if isinstance(given, tree.Name | tree.Member) else None
        if part is not None and part.constant and part.value is None:
            taken = {other.value for other in home.values()}
            part.value = next((value for value in range(low, high) if value not in taken), high)
            self._new = True
        guess = self._known(checker, node.owner) if self.listening else None
        if guess is not None and len(guess.dims) == len(node.indices) and isinstance(index.value, int):
            values: list[int | None] = [None] * len(guess.dims)
            values[position] = index.value
            guess.index(values)

    def _known(self, checker: DesignatorChecker, node: tree.Expression) -> Guess | None:
        """The guess behind an expression that can be checked."""
        match node:
            case tree.Name():
                mine = checker.pou.owner or checker.pou
                own = [self.types.get(pou.name.upper()) for pou in mine.lineage()]
                part = self.variables.get(node.name.upper()) or _first(own, "parts", node.name)
                return part.guess if part is not None else None
            case tree.Member():
                if isinstance(node.owner, tree.Name) and node.owner.name.upper() in self.lists:
                    home = self.types.get(self.variables[node.owner.name.upper()].guess.text.upper())
                    part = _first([home], "parts", node.name)
                else:
                    part = _first(self._types_of(checker, node.owner), "parts", node.name)
                return part.guess if part is not None else None
            case tree.Indexed() | tree.Dereference():
                return self._known(checker, node.owner)
            case tree.Call(target=tree.Name() as target):
                mine = checker.pou.owner or checker.pou
                own = [self.types.get(pou.name.upper()) for pou in mine.lineage()]
                call = self.calls.get(target.name.upper()) or _first(own, "methods", target.name)
                return call.result if call is not None else None
            case tree.Call(target=tree.Member(owner=tree.Name() as home_name) as target) if (
                checker.project.lookup(checker.pou, home_name.name) is None
                and home_name.name.upper() not in ("THIS", "SUPER")
            ):
                call = self.calls.get(target.name.upper())
                return call.result if call is not None else None
            case tree.Call(target=tree.Member() as target):
                call = _first(self._types_of(checker, target.owner), "methods", target.name)
                return call.result if call is not None else None
            case tree.Chain() if all(step.operator.upper() in LOGIC for step in node.steps):
                operands = (node.first, *(step.operand for step in node.steps))
                found = [guess for part in operands if (guess := self._known(checker, part)) is not None]
                return min(found, key=lambda guess: guess.weight) if len(found) == len(operands) else None
            case _:
                return None

    def _types_of(self, checker: DesignatorChecker, node: tree.Expression) -> list[StubType | None]:
        """The stubs among the type of an expression and, of a block, what that extends."""
        found = checker.designator(node)
        if found is None:
            return []
        above = [pou.name for pou in found.block.lineage()] if found.block is not None else []
        return [self.types.get(self._last(name)) for name in (found.type.name, *above)]

    def unsure(self, checker: OperatorChecker, node: tree.Expression) -> bool:
        """Whether the type of an expression is no more than a guess."""
        guess = self._known(checker, node) if self.listening else None
        return guess is not None and guess.sure < BY_USE

    def constant(self, checker: OperatorChecker, node: tree.Expression, label: bool = False) -> None:
        """`node` stands where only a constant may: if it is a stub, it is one. `label`: of a CASE, where
        constants are members of enumerations rather than of lists."""
        part: StubPart | None = None
        if isinstance(node, tree.Call):
            for argument in node.arguments:
                self.constant(checker, argument.value, label)
        elif isinstance(node, tree.Chain):
            for operand in (node.first, *(step.operand for step in node.steps)):
                self.constant(checker, operand, label)
        elif isinstance(node, tree.Name):
            if not label:
                self._is_global(checker, node)
            mine = checker.pou.owner or checker.pou
            own = [self.types.get(pou.name.upper()) for pou in mine.lineage()]
            part = self.variables.get(node.name.upper()) or _first(own, "parts", node.name)
        elif isinstance(node, tree.Member) and isinstance(node.owner, tree.Name):
            key = node.owner.name.upper()
            if not label:
                self._is_global(checker, node.owner)
            if key in self.variables and key not in self.lists:
                self.lists[key] = node.owner.name
                self._new = True
            if key not in self.variables:
                self._is_enumeration(checker, node.owner.name)
            type_ = self.types.get(self.variables[key].guess.text.upper()) if key in self.variables else None
            part = type_.parts.get(node.name.upper()) if type_ is not None else None
        if part is not None and not part.constant:
            part.constant = self._new = True

    def _is_global(self, checker: OperatorChecker, node: tree.Name) -> None:
        """What was taken for a member of a stub that is extended is a constant, as a library has them."""
        key = node.name.upper()
        for pou in (checker.pou.owner or checker.pou).lineage():
            home = self.types.get(pou.name.upper())
            part = home.parts.pop(key, None) if home is not None else None
            if part is not None:
                self.variables.setdefault(key, part)
                self.spots.setdefault(key, (checker.file, node.at))
                self._new = True

    def _is_enumeration(self, checker: OperatorChecker, name: str) -> None:
        """What was taken for a member of a stub that is extended has constants: it is an enumeration."""
        key = name.upper()
        for pou in (checker.pou.owner or checker.pou).lineage():
            home = self.types.get(pou.name.upper())
            part = home.parts.get(key) if home is not None else None
            inner = self.types.get(part.guess.text.upper()) if part is not None else None
            if home is None or inner is None or not inner.made or key in self.types:
                continue
            del home.parts[key], self.types[inner.name.upper()]
            made = self.types[key] = StubType(name, inner.spot, places=inner.places)
            made.members = {key: part.guess.name for key, part in inner.parts.items()}
            self._new = True

    def referred(self, checker: DesignatorChecker, node: tree.Expression) -> None:
        """__ISVALIDREF asks for `node`: if it is a stub's, it is a REFERENCE."""
        guess = self._guess_of(self._entity(node, checker.file))
        if guess is None and self.listening:
            guess = self._known(checker, node)
        if guess is not None and not guess.reference:
            guess.reference = guess.changed = True

    def stored(self, checker: OperatorChecker, node: tree.Expression) -> None:
        """Something is stored in `node`, so that it is no output of a stub."""
        if not self.listening or not isinstance(node, tree.Member):
            return
        owner = checker.designator(node.owner)
        type_ = self.types.get(owner.type.name.upper()) if owner is not None else None
        part = type_.parts.get(node.name.upper()) if type_ is not None else None
        if part is not None and "in" not in part.roles:
            part.roles.add("in")
            self._new = True

    def implements(self, name: str, known: Pou | None, interface: Pou) -> None:
        """A block or interface stands where a variable of an interface is asked for. If it is a stub, or one
        is among what it extends, that has it."""
        type_ = self.types.get(name.upper())
        if type_ is None and known is not None:
            home = self._home(known)
            faces = [face for above in known.lineage() for face in above.interfaces]
            found = [self.types[home.upper()]] if home else [self._above(face) for face in faces]
            type_ = next((one for one in found if one is not None), None)
        if type_ is None or interface.name in type_.interfaces or self._above(interface) is type_:
            return
        type_.interfaces.append(interface.name)
        if type_.kind == "interface":
            for key in interface.members:
                type_.methods.pop(key, None)
                type_.parts.pop(key.removesuffix(".GET").removesuffix(".SET"), None)
        else:
            self._sign(type_, "block")
        self._new = True

    def extends(self, block: str, base: str) -> None:
        """A block stands where one of another stub is asked for."""
        type_, above = self.types.get(block.upper()), self.types.get(base.upper())
        if type_ is None or above is None or type_.base or type_.made or above.made:
            return
        if type_ in self.lineage(above):
            return
        type_.base = above.name
        for type_or_base in (type_, above):
            self._sign(type_or_base, "block")
        self._new = True

    def lineage(self, type_: StubType) -> list[StubType]:
        """A stub, and the stubs that it extends."""
        found = [type_]
        while found[-1].base:
            found.append(self.types[found[-1].base.upper()])
        return found

    def called(self, type_: IecType) -> None:
        """A variable of the type is called."""
        found = self.types.get(type_.name.upper())
        if found is not None:
            self._sign(found, "block")
