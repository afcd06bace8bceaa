"""What a program uses and nobody declares: collected while checking, so that it can be declared as stubs.

The checker tells `Stubs` every name that it does not know, and every type that such a name meets. After each
round the stubs are written as Structured Text (stub_text.py) and checked together with the program, until a
round finds nothing new. So a stub is an ordinary declaration, and what the user completes is that very text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commissioning.plc import tree
from commissioning.plc.iec_types import ANY_INT, IecType
from commissioning.plc.stub_guess import BY_LITERAL, BY_USE, Guess, type_text
from commissioning.plc.tree import At

if TYPE_CHECKING:
    from commissioning.plc.expressions import OperatorChecker
    from commissioning.plc.scope import Pou

STUB_FILE = "stubs.st"
STUB_CALL = "STUB"  # the statement in the body of a stub that is not filled in yet
MOST_ROUNDS = 12
Spot = tuple[str, At]


@dataclass(slots=True)
class StubPart:
    """A member, parameter or variable. `roles`: in (given), out (read), taken, inout, block (called)."""

    guess: Guess
    roles: set[str] = field(default_factory=set)
    constant: bool = False


@dataclass(slots=True)
class StubCall:
    """A function or method. `result`: None until its value is used."""

    name: str
    spot: Spot
    parts: dict[str, StubPart] = field(default_factory=dict)
    result: Guess | None = None
    places: set[Spot] = field(default_factory=set)


@dataclass(slots=True)
class StubType:
    """An unknown type. `signs`: what its use says it is: block, struct, enum, interface."""

    name: str
    spot: Spot
    signs: set[str] = field(default_factory=set)
    parts: dict[str, StubPart] = field(default_factory=dict)
    methods: dict[str, StubCall] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)  # of an enumeration
    alias: Guess | None = None
    places: set[Spot] = field(default_factory=set)
    interfaces: list[str] = field(default_factory=list)
    made: bool = False  # its name is ours: no declaration names it

    @property
    def kind(self) -> str:
        """block, struct, enum, interface or alias."""
        for sign in ("interface", "block", "enum", "struct"):
            if sign in self.signs:
                return sign
        if self.name.upper().startswith("I_"):
            return "interface"
        if self.methods or any({"block", "inout"} & part.roles for part in self.parts.values()):
            return "block"
        if self.members:
            return "enum"
        if self.alias is not None and not self.parts:
            return "alias"
        name = self.name.upper()
        if name.startswith("FB_"):
            return "block"
        return "struct"


class Stubs:
    """Collects over several rounds; `asked` says whether this round found something new."""

    def __init__(self) -> None:
        self.types: dict[str, StubType] = {}
        self.calls: dict[str, StubCall] = {}
        self.variables: dict[str, StubPart] = {}
        self.spots: dict[str, Spot] = {}  # of variables
        self.known: frozenset[str] = frozenset()  # globals that the program declares, if only with mistakes
        self.renamed: dict[str, str] = {}  # types of ours that were found to be ones that the program names
        self.lists: dict[str, str] = {}  # variables that are lists of globals, with constants among them
        self._failed: dict[Spot, StubPart | StubCall] = {}
        self._new = True
        self.listening = False  # to what bodies say: only when all types are known or stubs
        self.muted = False  # while something stands for a parameter of which nothing is known either
        self.listening = False  # to what bodies say: only when all types are known or stubs

    def progress(self) -> bool:
        """Whether anything was learned since the last call; forgets what failed in this round."""
        guesses = list(self._guesses())
        for guess in guesses:  # what was noted later in the round in which a type was found to be another
            while guess.text.upper() in self.renamed:
                guess.text = self.renamed[guess.text.upper()]
        found = self._new or any(guess.changed for guess in guesses)
        for guess in guesses:
            guess.changed = False
        self._new = False
        self._failed = {}
        return found

    def _guesses(self) -> Iterator[Guess]:
        calls = [*self.calls.values(), *(m for t in self.types.values() for m in t.methods.values())]
        for parts in (*(c.parts for c in calls), *(t.parts for t in self.types.values()), self.variables):
            yield from (part.guess for part in parts.values())
        yield from (call.result for call in calls if call.result is not None)
        yield from (type_.alias for type_ in self.types.values() if type_.alias is not None)

    # ---- names -----------------------------------------------------------------------------------------

    def type_named(self, name: str, file: str, at: At, sign: str = "") -> None:
        """A declaration names an unknown type."""
        short = name.rpartition(".")[2]
        found = self.types.get(short.upper())
        if found is None:
            found = self.types[short.upper()] = StubType(short, (file, at))
            self._new = True
        found.places.add((file, at))
        if sign:
            self._sign(found, sign)

    def _made_type(self, name: str, file: str, at: At, sign: str) -> None:
        known = name.upper() in self.types
        self.type_named(name, file, at, sign)
        self.types[name.upper()].made |= not known

    def _unify(self, old: StubType, new: str) -> None:
        """What was thought to be of a type of its own is of one that the program names."""
        if self._last(new) == old.name.upper():
            return
        for guess in self._guesses():
            if guess.text.upper() == old.name.upper():
                guess.text, guess.changed = new, True
        other = self.types.get(new.upper())
        if other is not None:
            other.parts = old.parts | other.parts
            other.methods = old.methods | other.methods
            other.signs |= old.signs
        del self.types[old.name.upper()]
        self.renamed[old.name.upper()] = new
        self._new = True

    def _last(self, name: str) -> str:
        key = name.upper()
        while key in self.renamed:
            key = self.renamed[key].upper()
        return key

    def _sign(self, type_: StubType, sign: str) -> None:
        if sign not in type_.signs:
            type_.signs.add(sign)
            self._new = True

    def variable(self, name: str, file: str, at: At) -> None:
        """A body names an unknown variable."""
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
        """VAR_EXTERNAL of a global that is declared nowhere."""
        self.variable(name, file, at)
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
        home = self._home(pou) if pou.base is not None else ""
        if home and self.listening:
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

    def _part(self, parts: dict[str, StubPart], name: str) -> StubPart:
        found = parts.get(name.upper())
        if found is None:
            found = parts[name.upper()] = StubPart(Guess(name))
            self._new = True
        return found

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
        if guess is None:
            return
        name = guess.text
        if guess.sure < BY_USE or name.upper() not in self.types:
            owner = f"{guess.name}_type"
            self._made_type(owner, file, node.at, "")
            guess.note(owner, BY_USE)
            name = owner
        if name.upper() in self.types:
            self.member(name, node.name, file, node.at)

    # ---- what a name meets -------------------------------------------------------------------------------

    def hint(
        self, node: tree.Expression, type_: IecType, file: str, role: str = "out", compared: bool = False
    ) -> None:
        """`node` could not be checked; its place asks for a `type_` (out), or one is stored in it (in)."""
        entity = self._entity(node, file)
        guess = self._guess_of(entity)
        if guess is None or self.muted or self._enumerated(node, type_, compared):
            return
        guess.note(*type_text(type_))
        if isinstance(entity, StubPart):
            entity.roles.add(role)

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

    def index(self, node: tree.Indexed, file: str, values: list[int | None]) -> None:
        """`owner[i]` where the owner is unknown; `values`: None where an index varies."""
        guess = self._guess_of(self._entity(node.owner, file))
        if guess is not None:
            guess.index(values)

    def index_type(self, type_: IecType, values: list[int | None], file: str, at: At) -> None:
        """A variable of a type has an index: if the type is a stub, it is one of arrays."""
        found = self.types.get(type_.name.upper())
        if found is None or not self.listening:
            return
        if found.alias is None:
            found.alias = Guess(found.name)
            self._new = True
        found.alias.index(values)
        self._failed[file, at] = StubPart(found.alias)

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

    def refit(
        self,
        checker: OperatorChecker,
        node: tree.Expression,
        type_: IecType,
        by: tree.Expression | None = None,
    ) -> None:
        """`node` meets a `type_` (that of `by`) that it does not fit: if it is a stub's, it was taken for
        something else, unless as little is known of the other."""
        if not self.listening or self.muted or (by is not None and self.unsure(checker, by)):
            return
        guess = self._known(checker, node)
        if guess is not None:
            guess.note(*type_text(type_))

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

    def unsure(self, checker: OperatorChecker, node: tree.Expression) -> bool:
        """Whether the type of an expression is no more than a guess."""
        guess = self._known(checker, node) if self.listening else None
        return guess is not None and guess.sure < BY_USE

    def constant(self, checker: OperatorChecker, node: tree.Expression) -> None:
        """`node` stands where only a constant may: if it is a stub, it is one."""
        part: StubPart | None = None
        if isinstance(node, tree.Call):
            for argument in node.arguments:
                self.constant(checker, argument.value)
        elif isinstance(node, tree.Chain):
            for operand in (node.first, *(step.operand for step in node.steps)):
                self.constant(checker, operand)
        elif isinstance(node, tree.Name):
            part = self.variables.get(node.name.upper())
        elif isinstance(node, tree.Member) and isinstance(node.owner, tree.Name):
            key = node.owner.name.upper()
            if key in self.variables and key not in self.lists:
                self.lists[key] = node.owner.name
                self._new = True
            type_ = self.types.get(self.variables[key].guess.text.upper()) if key in self.variables else None
            part = type_.parts.get(node.name.upper()) if type_ is not None else None
        if part is not None and not part.constant:
            part.constant = self._new = True

    def _known(self, checker: OperatorChecker, node: tree.Expression) -> Guess | None:
        """The guess behind an expression that can be checked."""
        match node:
            case tree.Name():
                part = self.variables.get(node.name.upper())
                return part.guess if part is not None else None
            case tree.Member():
                if isinstance(node.owner, tree.Name) and node.owner.name.upper() in self.lists:
                    type_name = self.variables[node.owner.name.upper()].guess.text
                else:
                    owner = checker.designator(node.owner)
                    type_name = owner.type.name if owner is not None else ""
                type_ = self.types.get(type_name.upper())
                part = type_.parts.get(node.name.upper()) if type_ is not None else None
                return part.guess if part is not None else None
            case tree.Indexed() | tree.Dereference():
                return self._known(checker, node.owner)
            case tree.Call(target=tree.Name() as target):
                call = self.calls.get(target.name.upper())
                return call.result if call is not None else None
            case tree.Call(target=tree.Member(owner=tree.Name() as home) as target) if (
                checker.project.lookup(checker.pou, home.name) is None
            ):
                call = self.calls.get(target.name.upper())
                return call.result if call is not None else None
            case tree.Call(target=tree.Member() as target):
                owner = checker.designator(target.owner)
                type_ = self.types.get(owner.type.name.upper()) if owner is not None else None
                call = type_.methods.get(target.name.upper()) if type_ is not None else None
                return call.result if call is not None else None
            case tree.Chain() if not node.steps:
                return self._known(checker, node.first)
            case _:
                return None

    def implements(self, block: str, interface: str) -> None:
        """A block stands where a variable of an interface is asked for."""
        type_ = self.types.get(block.upper())
        if type_ is not None and interface not in type_.interfaces:
            type_.interfaces.append(interface)
            self._new = True

    def called(self, type_: IecType) -> None:
        """A variable of the type is called."""
        found = self.types.get(type_.name.upper())
        if found is not None:
            self._sign(found, "block")

    # ---- calls -------------------------------------------------------------------------------------------

    def function(self, checker: OperatorChecker, node: tree.Call, used: bool) -> bool:
        """A call of an unknown function, or of a method of a stub; FALSE where it is neither."""
        target = node.target
        if not self.listening:
            return False
        if isinstance(target, tree.Name):
            known = self.variables.get(target.name.upper())
            if known is not None and not used:
                return self._unknown_block(checker, node, known)
            calls, name = self.calls, target.name
        elif isinstance(target, tree.Member):
            owner = self._owner_type(checker, target)
            if owner is None:
                return False
            calls, name = owner.methods, target.name
            part = owner.parts.get(name.upper())
            if part is not None and not used:
                return self._unknown_block(checker, node, part)
            if part is not None and not part.guess.sure:
                del owner.parts[name.upper()]
        else:
            return False
        spot = (checker.file, target.at)
        found = calls.get(name.upper())
        if found is None:
            found = calls[name.upper()] = StubCall(name, spot)
            self._new = True
        found.places.add(spot)
        self._failed[spot] = found
        if used and found.result is None:
            found.result = Guess(name)
            self._new = True
        self._arguments(checker, node, found.parts)
        return True

    def _owner_type(self, checker: OperatorChecker, target: tree.Member) -> StubType | None:
        """The stub that the owner of a called member is of."""
        designator = checker.designator(target.owner)
        if designator is not None:
            return self.types.get(designator.type.name.upper())
        guess = self._guess_of(self._entity(target.owner, checker.file))
        if guess is None:
            return None
        if guess.sure < BY_USE:
            owner = f"FB_{guess.name}"
            self._made_type(owner, checker.file, target.at, "block")
            guess.note(owner, BY_USE)
        return self.types.get(guess.text.upper())

    def _unknown_block(self, checker: OperatorChecker, node: tree.Call, part: StubPart) -> bool:
        """`x(...)` as a statement, of an unknown x: a block of an unknown type."""
        part.roles.add("block")
        if part.guess.sure < BY_USE:
            name = f"FB_{part.guess.name}"
            self._made_type(name, checker.file, node.target.at, "block")
            part.guess.note(name, BY_USE)
        type_ = self.types.get(part.guess.text.upper())
        if type_ is not None:
            self._arguments(checker, node, type_.parts)
        return True

    def parameters(self, checker: OperatorChecker, node: tree.Call, block: str, name: str = "") -> None:
        """A call of a stub (a block, or the method or function `name`) has parameters not seen so far."""
        type_ = self.types.get(block.upper())
        if name:
            calls = self.calls if not block else type_.methods if type_ is not None else {}
            if name.upper() in calls:
                self._arguments(checker, node, calls[name.upper()].parts)
        elif type_ is not None:
            self._sign(type_, "block")
            self._arguments(checker, node, type_.parts)

    def weak(self, block: str, name: str, parameter: str) -> bool:
        """Whether nothing is known of a parameter of a stub."""
        type_ = self.types.get(block.upper())
        if name:
            calls = self.calls if not block else type_.methods if type_ is not None else {}
            parts = calls[name.upper()].parts if name.upper() in calls else {}
        else:
            parts = type_.parts if type_ is not None else {}
        part = parts.get(parameter.upper())
        return part is not None and part.guess.sure < BY_USE

    def valued(self, block: str, name: str) -> None:
        """The value of a stub is used that had none so far."""
        type_ = self.types.get(block.upper())
        calls = self.calls if not block else type_.methods if type_ is not None else {}
        found = calls.get(name.upper())
        if found is not None and found.result is None:
            found.result = Guess(found.name)
            self._new = True

    def _arguments(self, checker: OperatorChecker, node: tree.Call, parts: dict[str, StubPart]) -> None:
        for position, argument in enumerate(node.arguments):
            part = self._part(parts, argument.name or f"p{position + 1}")
            self._argument(checker, argument, part)

    def _argument(self, checker: OperatorChecker, argument: tree.Argument, part: StubPart) -> None:
        part.roles.add("taken" if argument.out else "in")
        if argument.out:
            designator = checker.designator(argument.value)
            found = designator.type if designator is not None else None
        else:
            value = checker.expression(argument.value)
            found = value.type if value is not None else None
            if found is None and isinstance(argument.value, tree.Name | tree.Member | tree.Indexed):
                designator = checker.designator(argument.value)
                if designator is not None and designator.type.blocks:
                    found = designator.type
                    part.roles.add("inout")
        if found is not None:
            text, sure = type_text(found)
            known = self._known(checker, argument.value) if self.listening else None
            part.guess.note(text, sure if known is None else min(sure, known.weight))

    def initial(self, checker: OperatorChecker, owner: str, name: str, value: object) -> None:
        """`(name := value)` where a variable of a stub is declared."""
        type_ = self.types.get(owner.upper())
        if type_ is None:
            return
        part = self._part(type_.parts, name)
        part.roles.add("in")
        if isinstance(value, tree.Literal | tree.Unary | tree.Chain | tree.Name | tree.Member):
            found = checker.expression(value)
            if found is not None:
                text, _ = type_text(found.type)
                part.guess.note(text, BY_LITERAL)

    # ---- who is it ---------------------------------------------------------------------------------------

    def _entity(self, node: tree.Expression, file: str) -> StubPart | StubCall | None:
        match node:
            case tree.Name() | tree.Member():
                return self._failed.get((file, node.at))
            case tree.Indexed():
                return self._entity(node.owner, file)
            case tree.Dereference():
                entity = self._entity(node.owner, file)
                guess = self._guess_of(entity)
                if guess is not None:
                    guess.deref()
                return entity
            case tree.Call():
                return self._failed.get((file, node.target.at))
            case tree.Chain() if not node.steps:
                return self._entity(node.first, file)
            case tree.Unary():
                return self._entity(node.operand, file)
            case _:
                return None

    @staticmethod
    def _guess_of(entity: StubPart | StubCall | None) -> Guess | None:
        return entity.result if isinstance(entity, StubCall) else entity.guess if entity is not None else None
