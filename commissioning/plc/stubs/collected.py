"""What a program uses and nobody declares: collected while checking, so that it can be declared as stubs.

The checker tells `Stubs` every name that it does not know, and every type that such a name meets. After each
round the stubs are written as Structured Text (stub_text.py) and checked together with the program, until a
round finds nothing new. So a stub is an ordinary declaration, and what the user completes is that very text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commissioning.plc.stubs.guess import BY_LITERAL, BY_USE, Guess, type_text
from commissioning.plc.stubs.model import (
    INIT,
    MOST_ROUNDS,
    STUB_CALL,
    STUB_FILE,
    StubCall,
    StubPart,
    StubType,
)
from commissioning.plc.stubs.types import StubTypes
from commissioning.plc.syntax import tree, units
from commissioning.plc.values.iec_types import NONE

if TYPE_CHECKING:
    from commissioning.plc.checking.expressions import OperatorChecker
    from commissioning.plc.checking.scope import Pou

__all__ = ["MOST_ROUNDS", "STUB_CALL", "STUB_FILE", "Stubs"]


_ROLES = {"VAR_INPUT": "in", "VAR_IN_OUT": "inout", "VAR_OUTPUT": "taken"}
_PLACES = (tree.Name, tree.Member, tree.Indexed, tree.Dereference)


class Stubs(StubTypes):
    """Collects over several rounds; `asked` says whether this round found something new."""

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
            inner = self.types.get(part.guess.text.upper()) if part is not None else None
            if part is not None and (not part.guess.sure or (inner is not None and inner.made)):
                del owner.parts[name.upper()]  # it was no member
                if inner is not None and name.upper() not in calls:
                    calls[name.upper()] = StubCall(name, (checker.file, target.at), result=part.guess)
                    self._new = True
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
        if not found.fixed:
            self._arguments(checker, node, found.parts, True)
        return True

    def _owner_type(self, checker: OperatorChecker, target: tree.Member) -> StubType | None:
        """The stub that the owner of a called member is of."""
        designator = checker.designator(target.owner)
        guess = self._guess_of(self._entity(target.owner, checker.file))
        if designator is not None:
            known = self._known(checker, target.owner)
            if designator.block is not None:
                return self.types.get(self._home(designator.block).upper())
            interface = checker.project.interfaces.get(designator.type.name.upper())
            if designator.type.kind == "interface" and interface is not None:
                return self._above(interface)
            if designator.type.aggregate or known is None or known.sure >= BY_USE:
                name = designator.type.target or designator.type.name  # a reference, as a property gives
                return self.types.get(name.upper())
            guess = known  # it was taken for a number
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
            if name.upper() in calls and not calls[name.upper()].fixed:
                self._arguments(checker, node, calls[name.upper()].parts, True)
        elif type_ is not None:
            self._sign(type_, "block")
            self._arguments(checker, node, type_.parts)
        elif (known := checker.project.pous.get(block.upper())) is not None and self._home(known):
            above = next(pou for pou in known.lineage() if pou.name.upper() in self.types)
            parts = self.types[above.name.upper()].parts
            for argument in node.arguments:  # by name: where those of the unknown base stand is not known
                key = argument.name.upper()
                if key and (key not in known.symbols or key in above.symbols):
                    self._argument(checker, argument, self._part(parts, argument.name))

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

    def _arguments(
        self, checker: OperatorChecker, node: tree.Call, parts: dict[str, StubPart], of_call: bool = False
    ) -> None:
        for position, argument in enumerate(node.arguments):
            part = self._part(parts, argument.name or f"p{position + 1}")
            self._argument(checker, argument, part, of_call)

    def _argument(
        self, checker: OperatorChecker, argument: tree.Argument, part: StubPart, of_call: bool = False
    ) -> None:
        """What an argument says about a parameter; `of_call`: of a function or method, not of a block."""
        part.roles.add("taken" if argument.out else "in")
        if argument.out:
            designator = checker.designator(argument.value)
            found = designator.type if designator is not None else None
        else:
            value = checker.expression(argument.value)
            found = value.type if value is not None else None
            if found is None and isinstance(argument.value, _PLACES):
                designator = checker.designator(argument.value)
                if designator is not None and designator.type.blocks:
                    found = designator.type
                    part.roles.add("inout")
                home = self._home(designator.block) if designator is not None and designator.block else ""
                if home and self._known(checker, argument.value) is None:  # what it extends may be enough
                    part.guess.note(home, BY_USE)
        if found is not None:
            text, sure = type_text(found)
            known = self._known(checker, argument.value) if self.listening else None
            if of_call and not argument.out and known is None:
                part.guess.mix(text, sure)
            if known is not None:
                text, sure = known.now(found), min(sure, known.weight)
            part.guess.note(text, sure)
            if known is not None and known.weight < part.guess.weight:
                known.note(part.guess.declared, part.guess.weight)

    def overridden(self, method: Pou, above: Pou) -> bool:
        """A method or accessor takes the place of one of a stub, which then has its parameters and result."""
        type_ = self.types.get(above.owner.name.upper()) if above.owner is not None else None
        if type_ is not None and method.owner is not None and method.owner.name.upper() in self.types:
            return True  # one guess and another
        if type_ is not None and method.kind in ("GET", "SET"):
            symbol = method.symbols.get(method.result_name)
            part = type_.parts.get(method.result_name)
            if symbol is not None and part is not None:
                part.guess.note(*type_text(symbol.type))
            return part is not None
        call = type_.methods.get(above.name.upper()) if type_ is not None else None
        if call is None or call.fixed:
            return False
        self._fix(call, method)
        return True

    def _fix(self, call: StubCall, method: Pou) -> None:
        """Gives a method of a stub the parameters and result of one that the program has."""
        call.fixed = self._new = True
        call.parts = {}
        for symbol in method.section("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT"):
            part = self._part(call.parts, symbol.name)
            part.roles.add(_ROLES[symbol.section])
            part.guess.note(*type_text(symbol.type))
        call.result = None
        if method.result is not None and method.result is not NONE:
            call.result = Guess(call.name)
            call.result.note(*type_text(method.result))

    def owes(self, block: Pou, prototype: Pou) -> bool:
        """A stub stands where an interface of the program is asked for, which has this method or accessor:
        the stub has it too."""
        type_ = self.types.get(block.name.upper())
        if type_ is None:
            return False
        if prototype.kind in ("GET", "SET"):
            symbol = prototype.symbols.get(prototype.result_name)
            part = self._part(type_.parts, prototype.name.partition(".")[0])
            if symbol is not None and prototype.kind not in part.accessors:
                part.accessors.add(prototype.kind)
                part.guess = Guess(part.guess.name)
                part.guess.note(*type_text(symbol.type))
            return True
        call = type_.methods.setdefault(prototype.name.upper(), StubCall(prototype.name, type_.spot))
        if not call.fixed:
            self._fix(call, prototype)
        return True

    def overrides(self, block: Pou, member: Pou) -> None:
        """A method that says OVERRIDE, where the block extends a stub that has none of that name."""
        home = self._home(block)
        if home and member.kind == "METHOD" and member.tree is not None:
            methods = self.types[home.upper()].methods
            if member.name.upper() not in methods:
                methods[member.name.upper()] = StubCall(member.name, (member.file, member.tree.at))
                self._new = True

    def given(self, name: str) -> bool:
        """A type, maybe a stub, has arguments where a variable of it is declared: so it is a block."""
        type_ = self.types.get(name.upper())
        if type_ is not None:
            self._sign(type_, "block")
        return type_ is not None

    def init(self, checker: OperatorChecker, name: str, arguments: tuple[tree.Argument, ...]) -> bool:
        """What the declaration of a variable gives to FB_init; FALSE where its type is no stub, and none that
        has its FB_init of one."""
        block = checker.project.pous.get(name.upper())
        if name.upper() not in self.types and block is not None:
            known = block.member(INIT)
            home = self._home(block)
            if known is None or (known.owner is not None and known.owner.name == home):
                name = home
        if not self.given(name):
            return False
        type_ = self.types[name.upper()]
        call = type_.methods.get(INIT.upper())
        if call is None:
            call = type_.methods[INIT.upper()] = StubCall(INIT, (checker.file, arguments[0].at))
            call.result = Guess(INIT, "BOOL", BY_USE)
            for flag in ("bInitRetains", "bInCopyCode"):
                part = self._part(call.parts, flag)
                part.guess.note("BOOL", BY_USE)
                part.roles.add("in")
            self._new = True
        for position, argument in enumerate(arguments):
            self._argument(checker, argument, self._part(call.parts, argument.name or f"p{position + 1}"))
        return True

    def initial(self, checker: OperatorChecker, owner: str, name: str, value: object) -> None:
        """`(name := value)` where a variable of a stub is declared."""
        type_ = self.types.get(owner.upper())
        if type_ is None:
            return
        part = self._part(type_.parts, name)
        part.roles.add("in")
        if isinstance(value, tree.Dereference):
            designator = checker.designator(value)
            if designator is not None and designator.block is not None:
                home = self._home(designator.block) or designator.block.name
                part.guess.note(f"REFERENCE TO {home}", BY_USE)
        elif isinstance(value, units.StructInitial):
            if part.guess.sure < BY_USE:
                self._made_type(f"{name}_type", checker.file, value.at, "")
                part.guess.note(f"{name}_type", BY_USE)
            for given in value.members:
                self.initial(checker, part.guess.text, given.name, given.value)
        elif isinstance(value, tree.Literal | tree.Unary | tree.Chain | tree.Name | tree.Member):
            found = checker.expression(value)
            if found is not None:
                text, _ = type_text(found.type)
                part.guess.note(text, BY_LITERAL)
