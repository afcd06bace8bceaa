"""Checks function calls in expressions: conversions, operators by name, standard and user functions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from commissioning.plc import tree, typed
from commissioning.plc.constants import real_of, sized, untyped_join
from commissioning.plc.conversions import conversion
from commissioning.plc.enabling import has_enable
from commissioning.plc.expressions import COMPARISONS, LOGIC, MAX_OPERANDS
from commissioning.plc.functions import FUNCTIONS, MAKERS_NAMES, Function
from commissioning.plc.iec_types import (
    ANY_INT,
    ANY_REAL,
    BOOL,
    DATE,
    DINT,
    DT,
    ELEMENTARY,
    LINT,
    LREAL,
    NONE,
    STRING,
    TIME,
    TOD,
    WSTRING,
    IecType,
)  # fmt: skip
from commissioning.plc.limits import calls_in
from commissioning.plc.objects import Target
from commissioning.plc.open_arrays import bound
from commissioning.plc.pointers import ADDRESS_CALLS, MEMORY_CALLS, PointerChecker
from commissioning.plc.scope import Pou, suggestion
from commissioning.plc.tcunit import library_value
from commissioning.plc.tree import At
from commissioning.plc.typed import Cell, Typed

_OPERATOR_FUNCTIONS = {
    "ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/", "MOD": "MOD", "AND": "AND", "OR": "OR", "XOR": "XOR",
    "GT": ">", "GE": ">=", "EQ": "=", "LE": "<=", "LT": "<", "NE": "<>",
}  # fmt: skip
_TIME_FUNCTIONS: dict[str, tuple[str, IecType, IecType | None]] = {
    "ADD_TIME": ("+", TIME, TIME), "SUB_TIME": ("-", TIME, TIME),
    "MULTIME": ("*", TIME, None), "MUL_TIME": ("*", TIME, None),
    "DIVTIME": ("/", TIME, None), "DIV_TIME": ("/", TIME, None),
    "ADD_DT_TIME": ("+", DT, TIME), "ADD_TOD_TIME": ("+", TOD, TIME), "SUB_DT_TIME": ("-", DT, TIME),
    "SUB_TOD_TIME": ("-", TOD, TIME), "SUB_DATE_DATE": ("-", DATE, DATE), "SUB_DT_DT": ("-", DT, DT),
    "SUB_TOD_TOD": ("-", TOD, TOD),
    "ADD_LTIME": ("+", TIME, TIME), "SUB_LTIME": ("-", TIME, TIME), "MUL_LTIME": ("*", TIME, None),
    "DIV_LTIME": ("/", TIME, None), "ADD_LDT_LTIME": ("+", DT, TIME), "ADD_LTOD_LTIME": ("+", TOD, TIME),
    "SUB_LDT_LTIME": ("-", DT, TIME), "SUB_LTOD_LTIME": ("-", TOD, TIME),
    "SUB_LDATE_LDATE": ("-", DATE, DATE), "SUB_LDT_LDT": ("-", DT, DT), "SUB_LTOD_LTOD": ("-", TOD, TOD),
}  # fmt: skip
_SAME_BITS = (("DWORD", "REAL"), ("REAL", "DWORD"), ("LWORD", "LREAL"), ("LREAL", "LWORD"))


class ExpressionChecker(PointerChecker):
    """Checks whole expressions of one POU."""

    def call(self, node: tree.Call) -> Typed | None:
        target = self.target_of(node)
        if target is not None:
            if target.pou.result is NONE:
                self.project.stubs.valued(target.pou.owner.name if target.pou.owner else "", target.pou.name)
                self.problem(f"{target.pou.name} has no result", node.at)
                return None
            return self.user_call(target.pou, node, target)
        if isinstance(node.target, tree.Member) and self._is_library(node.target.owner):
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
            return self._convert(node, None, enumeration.type, False)
        if pou is not None and pou.kind == "FUNCTION":
            if pou.result is NONE:
                self.project.stubs.valued("", pou.name)
                self.problem(f"{pou.name} has no result", node.at)
                return None
            return self.user_call(pou, node)
        tested = library_value(self, name, node) if pou is None else None
        if tested is not None:
            return tested[0]
        if self.project.lookup(self.pou, name) is not None:
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
        converted = conversion(name)
        if converted is not None:
            return self._convert(node, *converted)
        if name in MEMORY_CALLS and pou is None:
            return self.memory_call(name, node)
        if name in ADDRESS_CALLS:
            return self.address_call(name, node)
        if name in ("LOWER_BOUND", "UPPER_BOUND"):
            return self._array_bound(name, node)
        if name in _TIME_FUNCTIONS:
            return self._time_call(name, node)
        if name in _OPERATOR_FUNCTIONS or name == "NOT":
            return self._operator_call(name, node)
        function = FUNCTIONS.get("TIME" if name == "LTIME" else name)
        if self.project.dialect.library_names and name[1:] in MAKERS_NAMES and name[0] == "W":
            function = FUNCTIONS[name[1:]]  # of texts of WCHAR: the same function here
        typed_one = self._typed_overload(name, node) if function is None else None
        if typed_one is not None:
            return typed_one[0]
        if function is None:
            known = [*FUNCTIONS, *(p.name for p in self.project.pous.values() if p.kind == "FUNCTION")]
            self.project.stubs.function(self, node, True)
            self.problem(f"there is no function {node.target.name}", node.at, suggestion(name, known))
            return None
        return self._standard(function, node)

    def _typed_overload(self, name: str, node: tree.Call) -> tuple[Typed | None] | None:
        """`MAX_REAL(a, b)`: MAX with a result of that type. In a tuple; None where it is no such name."""
        stem, _, ending = name.rpartition("_")
        type_ = ELEMENTARY.get(ending)
        if type_ is None or not (stem in FUNCTIONS or stem in _OPERATOR_FUNCTIONS):
            return None
        arguments = node.arguments
        if (
            stem in ("SHL", "SHR", "ROL", "ROR")
            and arguments
            and isinstance(arguments[0].value, tree.Literal)
        ):
            literal = arguments[0].value
            if literal.kind in ("integer", "based"):  # else its width is not known
                literal = tree.Literal("typed", f"{ending}#{literal.text}", literal.at)
                arguments = (replace(arguments[0], value=literal), *arguments[1:])
        found = self.call(tree.Call(tree.Name(stem, node.target.at), arguments, node.at, node.depth))
        if found is None or found.type is BOOL:  # a comparison
            return (found,)
        return (self.fit(found, type_, node.at),)

    def _operator_call(self, name: str, node: tree.Call) -> Typed | None:
        operands = [self.expression(argument.value) for argument in node.arguments]
        if len(operands) < 2:
            self.problem(f"{name} needs at least 2 arguments", node.at)
            return None
        operator = _OPERATOR_FUNCTIONS[name]
        if operator in LOGIC:
            return self.logic_of(operator, False, operands, node.at)
        if operator in COMPARISONS and len(operands) > 2:
            return self._ordered_row(name, operator, operands, node)
        result = operands[0]
        for operand in operands[1:]:
            if result is None or operand is None:
                return None
            join = self.compare if operator in COMPARISONS else self.arithmetic
            result = join(operator, result, operand, node.at)
        return result

    def _ordered_row(
        self, name: str, operator: str, operands: list[Typed | None], node: tree.Call
    ) -> Typed | None:
        """GT(a, b, c): a > b AND b > c."""
        known = [operand for operand in operands if operand is not None]
        if len(known) < len(operands):
            return None
        if name == "NE" or calls_in(tuple(known[1:-1])):
            what = f"{name} needs 2 arguments" if name == "NE" else "a function call stands inside the row"
            self.problem(what, node.at, "Compare two by two")
            return None
        pairs = [self.compare(operator, a, b, node.at) for a, b in pairwise(known)]
        return self.logic_of("AND", False, pairs, node.at)

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

    def _time_call(self, name: str, node: tree.Call) -> Typed | None:
        """ADD_DT_TIME and its like: an operator between two given types (None: any number)."""
        operator, *types = _TIME_FUNCTIONS[name]
        if len(node.arguments) != 2:
            self.problem(f"{name} needs 2 arguments, here are {len(node.arguments)}", node.at)
            return None
        operands: list[Typed] = []
        for argument, type_ in zip(node.arguments, types, strict=True):
            value = self.expression(argument.value)
            if value is not None and isinstance(type_, IecType):
                value = self.fit(value, type_, argument.at)
            if value is None:
                return None
            operands.append(value)
        return self.arithmetic(str(operator), operands[0], operands[1], node.at)

    def _convert(
        self, node: tree.Call, source: IecType | None, target: IecType, truncating: bool
    ) -> Typed | None:
        if len(node.arguments) != 1:
            self.problem("a conversion has one argument", node.at)
            return None
        given = node.arguments[0].value
        operand = self.expression(given)
        if operand is None:
            if source is not None:
                self.project.stubs.hint(given, source, self.file)
            return None
        if source is not None:
            operand = self.fit(operand, source, node.arguments[0].at)
            if operand is None:
                self.project.stubs.refit(self, given, source)
        elif operand.type is ANY_INT:
            operand = sized(operand, target)
        elif operand.type is ANY_REAL:
            operand = self.widened(operand, LREAL)
        if operand is None:
            return None
        if not self.project.dialect.bits_count and (operand.type.name, target.name) in _SAME_BITS:
            return typed.Standard(target, "SAME_BITS", (operand,))
        away = self.project.dialect.ties_away and operand.type.kind == "real"
        name = "TRUNC_TO" if truncating else "CONVERT_AWAY" if away else "CONVERT"
        return typed.Standard(target, name, (operand,))

    def bindable(self, argument: tree.Argument, type_: IecType) -> None:
        """A Problem where an argument is bound with REF= to what is no REFERENCE."""
        if argument.bound and type_.kind != "reference":
            self.problem(f"REF= binds a REFERENCE, {argument.name} is a {type_}", argument.at, "Write :=")

    def _standard(self, function: Function, node: tree.Call) -> Typed | None:
        if function.name == "TIME":
            self.pou.uses_clock = node.at
        arguments = self._ordered(function, node)
        if arguments is None:
            return None
        found = [self.expression(argument) for argument in arguments]
        values = [value for value in found if value is not None]
        if len(values) < len(found):
            self._hint_arguments(function, arguments, found)
            return None
        ats = [argument.at for argument in arguments]
        if function.rule == "signature":
            takes, gives = function.takes, function.gives
            if WSTRING.name in {value.type.name for value in values}:  # all the texts are wide, or none
                takes = tuple(WSTRING if type_ is STRING else type_ for type_ in takes)
                gives = WSTRING if gives is STRING else gives
            fitted = [self.fit(v, t, at) for v, t, at in zip(values, takes, ats, strict=True)]
            checked = [value for value in fitted if value is not None]
            for value, type_, argument in zip(fitted, takes, arguments, strict=True):
                if value is None:
                    self.project.stubs.refit(self, argument, type_)
            return (
                typed.Standard(gives, function.name, tuple(checked)) if len(checked) == len(values) else None
            )
        if function.rule == "reals":
            return self.of_reals(function.name, values, node.at)
        if function.rule in ("number", "real", "to_int", "to_bool"):
            return self._of_number(function, values[0], ats[0])
        if function.rule == "bytes":
            (value,) = values
            if value.type.kind not in ("int", "bits") or value.type is ANY_INT:
                self.problem(f"{function.name} needs a whole number or bit string with a type", ats[0])
                return None
            return typed.Standard(value.type, function.name, (value,))
        if function.rule == "shift":
            return self._shift(function, values, ats)
        first = {"select": BOOL, "mux": DINT}.get(function.rule)
        head: list[Typed] = []
        if first is not None:
            chosen = self.fit(values[0], first, ats[0])
            if chosen is None:
                return None
            head, values, ats = [chosen], values[1:], ats[1:]
        return self._same(function, head, values, ats[-1])

    def _hint_arguments(
        self, function: Function, arguments: list[tree.Expression], found: list[Typed | None]
    ) -> None:
        """What a standard function says about arguments of which nothing is known."""
        other = next((value.type for value in found if value is not None), None)
        asked = {"shift": ELEMENTARY["DWORD"], "select": BOOL, "mux": DINT}.get(function.rule)
        for place, (node, value) in enumerate(zip(arguments, found, strict=True)):
            type_ = function.takes[place] if place < len(function.takes) else asked if not place else other
            if function.rule in ("number", "real", "reals", "to_int"):
                type_ = LREAL
            if value is None and type_ is not None:
                self.project.stubs.hint(node, type_, self.file)

    def _same(self, function: Function, head: list[Typed], values: list[Typed], at: At) -> Typed | None:
        result = values[0]
        for value in values[1:]:
            pair = self.meet(result, value, at, function.name)
            if pair is None:
                return None
            result = pair[0] if pair[0].type == pair[2] else pair[1]
        type_ = untyped_join([value.type for value in values]) or result.type
        wanted = function.takes[0] if function.takes else None
        if type_.kind == "block" or type_.aggregate or (wanted is not None and wanted.kind != type_.kind):
            self.problem(f"{function.name} cannot take a {type_}", at)
            return None
        return typed.Standard(
            type_, function.name, (*head, *(self.widened(value, type_) for value in values))
        )

    def _of_number(self, function: Function, value: Typed, at: At) -> Typed | None:
        if not value.type.numeric and not (function.rule == "number" and value.type == TIME):
            self.problem(f"{function.name} needs a number, this is a {value.type}", at)
            return None
        if function.rule == "number":
            return typed.Standard(value.type, function.name, (value,))
        type_ = function.gives if function.rule in ("to_int", "to_bool") else real_of([value.type])
        return typed.Standard(type_, function.name, (self.widened(value, LREAL),))

    def _shift(self, function: Function, values: list[Typed], ats: list[At]) -> Typed | None:
        value, count = values
        if value.type is ANY_INT:
            value = self.widened(value, ELEMENTARY["LWORD"])
        if value.type.kind not in ("bits", "int"):
            self.problem(f"{function.name} needs a bit string, this is a {value.type}", ats[0])
            return None
        fitted = self.fit(count, DINT if count.type is ANY_INT else LINT, ats[1])
        return None if fitted is None else typed.Standard(value.type, function.name, (value, fitted))

    def _ordered(self, function: Function, node: tree.Call) -> list[tree.Expression] | None:
        """The arguments in order, from a positional or a formal call."""
        names = list(function.parameters)
        if node.arguments and all(argument.name and not argument.out for argument in node.arguments):
            given = {argument.name.upper(): argument.value for argument in node.arguments}
            others = MAKERS_NAMES.get(function.name, ())
            if self.project.dialect.library_names and given.keys() <= set(others):
                names = list(others)
            if function.more:
                stem = names[-1].rstrip("0123456789")
                start = int(names[-1][len(stem) :] or 0)
                names += [f"{stem}{start + n}" for n in range(1, len(given) - len(names) + 1)]
            unknown = [argument for argument in node.arguments if argument.name.upper() not in names]
            if unknown or len(given) != len(names):
                self.problem(
                    f"{function.name} has the parameters {', '.join(names)}",
                    unknown[0].at if unknown else node.at,
                )
                return None
            return [given[name] for name in names]
        named = [argument for argument in node.arguments if argument.name]
        if named:
            self.problem("positional and named arguments are mixed", named[0].at, "Name all of them, or none")
            return None
        least, most = len(names), MAX_OPERANDS if function.more else len(names)
        if not least <= len(node.arguments) <= most:
            needs = f"{least} arguments or more" if function.more else f"{least} argument{'s' * (least != 1)}"
            self.problem(
                f"{function.name} needs {needs} ({', '.join(names)}), here are {len(node.arguments)}", node.at
            )
            return None
        return [argument.value for argument in node.arguments]

    def user_call(self, pou: Pou, node: tree.Call, method: Target | None = None) -> typed.UserCall | None:
        """A call of a user's FUNCTION, or of a `method`."""
        if method is None:
            self.pou.calls.setdefault(pou.key, node.at)
        parameters = pou.section("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT")
        by_position = pou.section("VAR_INPUT", "VAR_IN_OUT")
        given: dict[str, tree.Argument] = {}
        good = True
        for position, argument in enumerate(node.arguments):
            name = argument.name or (by_position[position].name if position < len(by_position) else "")
            symbol = pou.symbols.get(name.upper())
            if symbol is None or symbol not in parameters or (symbol.section == "VAR_OUTPUT") != argument.out:
                known = [p.name for p in parameters]
                what = (
                    f"{pou.name} has no parameter {name}"
                    if name
                    else f"{pou.name} has {len(by_position)} inputs"
                )
                self.project.stubs.parameters(self, node, pou.owner.name if pou.owner else "", pou.name)
                self.problem(what, argument.at, suggestion(name, known))
                good = False
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
