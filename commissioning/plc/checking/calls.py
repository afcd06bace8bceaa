"""Checks calls in expressions: which function a name is, and calls of functions of the program."""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking import typed
from commissioning.plc.checking.enabling import has_enable
from commissioning.plc.checking.objects import Target
from commissioning.plc.checking.open_arrays import bound
from commissioning.plc.checking.overloads import best_of, functions_of, methods_of
from commissioning.plc.checking.pointers import ADDRESS_CALLS, MEMORY_CALLS
from commissioning.plc.checking.program_facts import program_fact
from commissioning.plc.checking.same_names import write_in_full
from commissioning.plc.checking.scope import OF_LIBRARY, Pou, Symbol, suggestion
from commissioning.plc.checking.standard_calls import StandardCallChecker
from commissioning.plc.checking.tcunit import library_value
from commissioning.plc.checking.typed import Cell, Typed
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.syntax import tree, units
from commissioning.plc.values.iec_types import ANY_INT, NONE, IecType


class ExpressionChecker(StandardCallChecker):
    """Checks whole expressions of one POU."""

    def expression(self, node: tree.Expression | units.StructInitial) -> Typed | None:
        known = self.worked_out.get(id(node))
        found = known or super().expression(node)
        if (
            known is None
            and found is not None
            and found.type.kind == "reference"
            and isinstance(node, tree.Call)
        ):
            self.worked_out[id(node)] = found
            try:
                return self.loaded(node)  # what the reference leads to
            finally:
                del self.worked_out[id(node)]
        return found

    def global_call(self, node: tree.Call) -> tree.Call:
        """`.F(...)` as the call of a function that it is, where the dialect has the operator for globals."""
        target = node.target
        if not isinstance(target, tree.Name) or not target.name.startswith("."):
            return self.meant(node) if self.project.overloaded else node
        if self.project.lookup(self.pou, target.name) is not None:
            return node
        if not self.project.dialect.global_operator:
            what = f"{target.name}: a dot in front is an operator of the makers' dialects"
            self.problem(what, target.at, f"Write {target.name[1:]}, or use the dialect codesys or twincat")
        return self.meant(replace(node, target=tree.Name(target.name[1:], target.at)))

    def meant(self, node: tree.Call) -> tree.Call:
        """The call by the name of its own that the function or method has which the arguments fit best, where
        several are written with one name (see overloads.py)."""
        target = node.target
        if (
            not isinstance(target, tree.Name | tree.Member)
            or target.name.upper() not in self.project.overloaded
        ):
            return node
        key = (self.pou.key, id(node))  # what is asked for again, as an argument of others, is looked up once
        known = self.project.meant.get(key)
        if known is not None:
            return known[1]
        count = len(self.project.problems)
        found: list[Pou] = []
        if isinstance(target, tree.Name) or self._of_library(target):
            found = functions_of(self.project.pous.values(), target.name)
        owner = None if found else self.own_block()
        if isinstance(target, tree.Member):
            owner = None if found else self.designator(target.owner)
            owner = None if owner is None else self.valued(owner, node.at)
        block = None if owner is None else self.class_of(owner)
        if block is not None:
            found = methods_of(block, target.name)
        values: list[Typed | None] = []
        if len(found) > 1:
            values = [None if one.out else self.expression(one.value) for one in node.arguments]
        self.project.forget(count)
        if not found:
            return node
        best = best_of(found, node, values) if len(found) > 1 else found[0]
        made = replace(node, target=replace(target, name=best.name))
        self.project.meant[key] = (node, made)
        return made

    def call(self, node: tree.Call) -> Typed | None:
        known = self.worked_out.get(id(node))
        if known is not None:
            return known
        key = (id(node), self.project.stubs.muted)
        if key in self.in_vain:  # or calls in each other would take twice as long with every level
            return None
        found = self._value_of_call(node)
        if found is None:
            self.in_vain[key] = node
        return found

    def _value_of_call(self, node: tree.Call) -> Typed | None:
        node = self.global_call(node)
        target = self.target_of(node)
        if target is not None:
            if target.pou.result is NONE:
                self.project.stubs.valued(target.pou.owner.name if target.pou.owner else "", target.pou.name)
                self.problem(f"{target.pou.name} has no result", node.at)
                return None
            return self.user_call(target.pou, node, target)
        if isinstance(node.target, tree.Member) and self._of_library(node.target):
            last = tree.Name(node.target.name, node.target.at)
            return self.call(tree.Call(last, node.arguments, node.at, node.depth))
        if not isinstance(node.target, tree.Name):
            if isinstance(node.target, tree.Member) and self.no_such_method(node.target):
                self.project.stubs.function(self, node, True)
                return None
            if self.designator(node.target) is not None:
                if isinstance(node.target, tree.Member):
                    self.project.stubs.function(self, node, True)
                what = "only functions give a value; call a block as a statement and read its output"
                self.problem(what, node.at)
            return None
        name = node.target.name.upper()
        pou = self.project.pous.get(name)
        enumeration = self.project.types.get(name.removeprefix("TO_")) if name.startswith("TO_") else None
        if enumeration is not None and enumeration.type.kind == "enum" and pou is None:
            return self.convert(node, None, enumeration.type, False)
        if pou is not None and pou.kind == "FUNCTION":
            if pou.result is NONE:
                self.project.stubs.valued("", pou.name)
                self.problem(f"{pou.name} has no result", node.at)
                return None
            return self.user_call(pou, node)
        tested = library_value(self, name, node) if pou is None else None
        if tested is not None:
            return tested[0]
        itself = self.pou.kind == "METHOD" and name == self.pou.result_name
        if not itself and self.project.lookup(self.pou, name) is not None:
            self.problem(
                f"{node.target.name} is a block: call it as a statement",
                node.at,
                "Read its outputs after the call",
            )
            return None
        if has_enable(node):
            what = "EN and ENO stand in a call that is a statement, or all that is assigned"
            self.problem(what, node.at, "Assign the result of the call to a variable first")
            return None
        if name in MEMORY_CALLS and pou is None:
            return self.memory_call(name, node)
        fact = program_fact(self, name, node)
        if fact is not None:
            return fact[0]
        if name in ADDRESS_CALLS:
            return self.address_call(name, node)
        if name in ("LOWER_BOUND", "UPPER_BOUND"):
            return self._array_bound(name, node)
        standard = self.standard_call(name, node)
        if standard is not None:
            return standard[0]
        if self.project.block(name) is not None:
            what = f"{node.target.name} is a block, not a function: an instance of it is called"
            self.problem(what, node.at, f"Declare my_{name.lower()} : {name}; call it, and read its outputs")
            return None
        known = [*FUNCTIONS, *(p.name for p in self.project.pous.values() if p.kind == "FUNCTION")]
        self.project.stubs.function(self, node, True)
        self.project.unknown.name()
        cure = write_in_full(name, [p.name for p in self.project.pous.values()]) or suggestion(name, known)
        cure = cure or OF_LIBRARY
        self.problem(f"there is no function {node.target.name}", node.at, cure)
        return None

    def _array_bound(self, name: str, node: tree.Call) -> Typed | None:
        """LOWER_BOUND(a, 1): a bound of a dimension of an array."""
        owner = self.designator(node.arguments[0].value) if len(node.arguments) == 2 else None
        number = self.expression(node.arguments[1].value) if owner is not None else None
        if owner is None or number is None:
            if len(node.arguments) != 2:
                self.problem(f"{name} needs an array and the number of a dimension", node.at)
            return None
        wanted = number.value if isinstance(number, typed.Const) else 0
        if owner.type.dimensions and isinstance(wanted, int) and 1 <= wanted <= owner.type.dimensions:
            return bound(owner.symbol, owner.cell, wanted - 1, name == "UPPER_BOUND")
        if not isinstance(wanted, int) or not 1 <= wanted <= len(owner.type.bounds):
            what = f"{owner.member or owner.symbol.name} has the dimensions 1..{len(owner.type.bounds)}"
            self.problem(what if owner.type.bounds else f"{name} needs an array", node.arguments[1].at)
            return None
        return typed.Const(ANY_INT, owner.type.bounds[wanted - 1][name == "UPPER_BOUND"])

    def bindable(self, argument: tree.Argument, type_: IecType) -> None:
        """A Problem where an argument is bound with REF= to what is no REFERENCE."""
        if argument.bound and type_.kind != "reference":
            self.problem(f"REF= binds a REFERENCE, {argument.name} is a {type_}", argument.at, "Write :=")

    def _may_be_left_out(self, pou: Pou, symbol: Symbol, node: tree.Call) -> bool:
        """Those with an initial value may, with edition 3 in a call by names or of none all."""
        sections = pou.tree.sections if pou.tree is not None else ()
        inputs = [one for section in sections if section.word == "VAR_INPUT" for one in section.declarations]
        left_out = any(
            one.initial is not None and symbol.name in [name.name for name in one.names] for one in inputs
        )
        if self.project.dialect.name == "iec":
            left_out |= not node.arguments or any(argument.name for argument in node.arguments)
        if not left_out and not self.project.unknown.met:
            cure = "Give it, or declare it with an initial value"
            self.problem(f"{pou.name} needs a value for {symbol.name}", node.at, cure)
            return False
        return True

    def user_call(self, pou: Pou, node: tree.Call, method: Target | None = None) -> typed.UserCall | None:
        """A call of a user's FUNCTION, or of a `method`."""
        self.project.unknown.file(pou.file)
        if method is None:
            self.pou.calls.setdefault(pou.key, node.at)
        parameters = pou.section("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT")
        by_position = pou.section("VAR_INPUT", "VAR_IN_OUT")
        given: dict[str, tree.Argument] = {}
        good = True
        node = _with_outputs(node, pou)
        for position, argument in enumerate(node.arguments):
            name = argument.name or (by_position[position].name if position < len(by_position) else "")
            symbol = pou.symbols.get(name.upper())
            if symbol is None or symbol not in parameters or (symbol.section == "VAR_OUTPUT") != argument.out:
                good = False
                if self.project.unknown_parameter(pou, name):
                    self.expression(argument.value)
                    continue
                known = [p.name for p in parameters]
                what = (
                    f"{pou.name} has no parameter {name}"
                    if name
                    else f"{pou.name} has {len(by_position)} inputs"
                )
                self.project.stubs.parameters(self, node, pou.owner.name if pou.owner else "", pou.name)
                self.problem(what, argument.at, suggestion(name, known))
            elif name.upper() in given:
                self.problem(f"{name} is given twice", argument.at)
                good = False
            else:
                given[name.upper()] = argument
        inputs: list[Typed] = []
        references: list[Cell | None] = []
        homes: set[int] = set()
        for symbol in parameters:
            passed = given.get(symbol.name.upper())
            if symbol.section == "VAR_INPUT":
                if passed is None and symbol.type.blocks:
                    self.problem(f"{pou.name} needs a value for {symbol.name}, a block", node.at)
                    good = False
                    continue
                if passed is None:
                    good = good and self._may_be_left_out(pou, symbol, node)
                    values = tuple(slot.value for slot in pou.slots[symbol.index :][: symbol.size])
                    whole = symbol.type.aggregate
                    inputs.append(
                        typed.Defaults(symbol.type, values) if whole else typed.Const(symbol.type, values[0])
                    )
                    continue
                owner = pou.owner.name if pou.owner is not None else ""
                self.bindable(passed, symbol.type)
                with self.project.stubs.mute(self.project.stubs.weak(owner, pou.name, symbol.name)):
                    value = self.value(passed.value, symbol.type, f"for {symbol.name} a {symbol.type}")
                good &= value is not None
                if value is not None:
                    inputs.append(typed.Convert(symbol.type, value) if symbol.type.limits else value)
            elif passed is None:
                if symbol.section == "VAR_IN_OUT":
                    self.problem(f"{pou.name} needs a variable for its VAR_IN_OUT {symbol.name}", node.at)
                    good = False
                references.append(None)
            else:
                target = self.reference(passed.value, symbol, passed.negated)
                good &= target is not None
                if target is not None and target.block is not None:
                    homes.add(len(references))
                references.append(None if target is None else target.cell)
        if not good:
            self.project.stubs.parameters(self, node, pou.owner.name if pou.owner else "", pou.name)
            return None
        if method is not None:
            return self.made_call(method, tuple(inputs), tuple(references), frozenset(homes))
        return typed.UserCall(
            pou.result or NONE, pou.number, tuple(inputs), tuple(references), frozenset(homes)
        )


def _with_outputs(node: tree.Call, pou: Pou) -> tree.Call:
    """A call that gives all parameters in their order, as SPLIT_DATE(day, y, m, d), with outputs by name."""
    parameters = pou.section("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT")
    plain = not any(argument.name or argument.out for argument in node.arguments)
    if not plain or len(node.arguments) != len(parameters) or not pou.section("VAR_OUTPUT"):
        return node
    named = (
        replace(argument, name=symbol.name, out=symbol.section == "VAR_OUTPUT")
        for argument, symbol in zip(node.arguments, parameters, strict=True)
    )
    return replace(node, arguments=tuple(named))


class DeclarationChecker(ExpressionChecker):
    """Checks expressions of declarations: initial values, bounds."""

    declaring = True
