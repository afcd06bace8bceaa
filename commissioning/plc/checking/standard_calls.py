"""Checks calls of standard functions: conversions, operators by name, times, the tables of functions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from commissioning.plc.checking import typed
from commissioning.plc.checking.constants import number_of, real_of, sized, untyped_join
from commissioning.plc.checking.evaluation import evaluated
from commissioning.plc.checking.expressions import COMPARISONS, LOGIC, MAX_OPERANDS
from commissioning.plc.checking.limits import calls_in
from commissioning.plc.checking.pointers import PointerChecker
from commissioning.plc.checking.text_limits import cut_to_255
from commissioning.plc.checking.typed import Typed
from commissioning.plc.standard.conversions import conversion
from commissioning.plc.standard.functions import (
    FUNCTIONS,
    MAKERS_NAMES,
    MUX_OR_LAST,
    SIGNED_SHIFT,
    TEXT_OF_REAL,
    TRUNC_TO_DINT,
    Function,
)  # fmt: skip
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import (
    ANY_INT,
    ANY_REAL,
    BOOL,
    DATE,
    DINT,
    DT,
    ELEMENTARY,
    LINT,
    LREAL,
    LTIME,
    REAL,
    STRING,
    TIME,
    TOD,
    WSTRING,
    IecType,
)  # fmt: skip

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
_OF_ANY = ("MOVE", "SEL", "MUX", MUX_OR_LAST)  # they take structures and arrays as well
_SAME_BITS = (("DWORD", "REAL"), ("REAL", "DWORD"), ("LWORD", "LREAL"), ("LREAL", "LWORD"))


def is_operator(name: str) -> bool:
    """Whether this upper-case name is a standard function that an operator stands for as well."""
    return name in _OPERATOR_FUNCTIONS or name in _TIME_FUNCTIONS


class StandardCallChecker(PointerChecker):
    """Checks calls of what every program knows without declaring it."""

    def standard_call(self, name: str, node: tree.Call) -> tuple[Typed | None] | None:
        """A call of the standard function `name` (upper case), in a tuple; None where there is none. Of
        untyped whole literals only it is such a literal itself."""
        found = self._standard_call(name, node)
        call = None if found is None else found[0]
        if isinstance(call, typed.Standard) and call.type is ANY_INT:
            value = evaluated(call, LINT)
            if isinstance(value, int):
                return (typed.Const(ANY_INT, value),)
        return found

    def _standard_call(self, name: str, node: tree.Call) -> tuple[Typed | None] | None:
        converted = conversion(name, self.project.dialect.own_types)
        if converted is not None:
            return (self.convert(node, *converted),)
        if name in _TIME_FUNCTIONS:
            return (self._time_call(name, node),)
        if name in _OPERATOR_FUNCTIONS:
            return (self._operator_call(name, node),)
        function = FUNCTIONS.get("TIME" if name == "LTIME" else name)
        if self.project.dialect.library_names and name[1:] in MAKERS_NAMES and name[0] == "W":
            function = FUNCTIONS[name[1:]]  # of texts of WCHAR: the same function here
        if function is None:
            return self._typed_overload(name, node)
        found = self._standard(function, node)
        clock = self.project.dialect.own_types.get(name) if function.name == "TIME" else None
        if isinstance(found, typed.Standard) and clock is not None:
            found = typed.Standard(clock, "CONVERT", (found,))
        return (found,)

    def _typed_overload(self, name: str, node: tree.Call) -> tuple[Typed | None] | None:
        """`MAX_REAL(a, b)`: MAX with a result of that type. In a tuple; None where it is no such name."""
        stem, _, ending = name.rpartition("_")
        type_ = self.project.dialect.elementary(ending)
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

    def convert(
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
        if source == LTIME and operand.type.kind == "time" and operand.type != LTIME:
            operand = self.widened(operand, LTIME)  # so that a number counts its ns
        elif source is not None and not (source.kind == operand.type.kind == "time"):
            operand = self.fit(operand, source, node.arguments[0].at)
            if operand is None:
                self.project.stubs.refit(self, given, source)
        elif operand.type is ANY_INT:
            operand = sized(operand, target)
        elif operand.type is ANY_REAL:
            operand = self.widened(operand, LREAL)
        if operand is None:
            return None
        if source is None and operand.type.named and target.kind == "string":
            return self._name_of(operand, target)
        if source is not None and source.shown and operand.type == source:
            operand = typed.Convert(source, operand)  # which tells that it is a long one
        if not self.project.dialect.bits_count and (operand.type.name, target.name) in _SAME_BITS:
            return typed.Standard(target, "SAME_BITS", (operand,))
        away = self.project.dialect.ties_away and operand.type.kind == "real"
        name = "TRUNC_TO" if truncating else "CONVERT_AWAY" if away else "CONVERT"
        if self.project.dialect.measured and operand.type is REAL and target.name == STRING.name:
            name = TEXT_OF_REAL
        elif self.project.dialect.measured and truncating:
            name = "TRUNC_BY_DINT"
        return typed.Standard(target, name, (operand,))

    def _name_of(self, operand: Typed, target: IecType) -> Typed:
        """TO_STRING of an enumeration that has the attribute 'to_string'."""
        names = {value: name for name, value in reversed(operand.type.values)}  # the first of equal ones
        if isinstance(operand, typed.Const):
            return typed.Const(target, names.get(int(operand.value), str(operand.value)))
        tables = self.project.name_tables
        return typed.Named(target, operand, tables.setdefault(tuple(sorted(names.items())), len(tables)))

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
            takes = tuple(self._counting(v, t) for v, t in zip(values, takes, strict=True))
            if self.project.dialect.measured:
                values = [cut_to_255(value) for value in values]
            fitted = [self.fit(v, t, at) for v, t, at in zip(values, takes, ats, strict=True)]
            checked = [value for value in fitted if value is not None]
            for value, type_, argument in zip(fitted, takes, arguments, strict=True):
                if value is None:
                    self.project.stubs.refit(self, argument, type_)
            if len(checked) < len(values):
                return None
            result = typed.Standard(gives, function.name, tuple(checked))
            return cut_to_255(result) if self.project.dialect.measured else result
        if function.rule == "reals":
            return self.of_reals(function.name, values, node.at)
        if function.rule in ("number", "real", "to_int", "to_bool"):
            return self._of_number(function, values[0], ats[0])
        if function.rule == "bytes":
            (value,) = values
            if value.type.kind == "real" and not isinstance(value, typed.Const):
                return self._turned(function, value)
            if value.type.kind not in ("int", "bits") or value.type is ANY_INT:
                self.problem(f"{function.name} needs a whole number or bit string with a type", ats[0])
                return None
            return typed.Standard(value.type, function.name, (value,))
        if function.rule == "shift":
            return self._shift(function, values, ats)
        first = {"select": BOOL, "mux": DINT}.get(function.rule)
        head: list[Typed] = []
        if function.rule == "mux" and self.project.dialect.mux_or_last:
            function = FUNCTIONS[MUX_OR_LAST]
        if first is not None:
            first = self._counting(values[0], first)
            chosen = self.fit(values[0], first, ats[0])
            if chosen is None:
                return None
            head, values, ats = [chosen], values[1:], ats[1:]
        return self._same(function, head, values, ats[-1])

    def _counting(self, value: Typed, type_: IecType) -> IecType:
        """Lengths, places and choices are ANY_INT in the standard; the makers have one type for them."""
        whole = value.type.kind == "int" and value.type is not ANY_INT
        return value.type if type_ in (DINT, LINT) and whole and not self.project.dialect.narrows else type_

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
        whole = result.type.aggregate and not result.type.blocks and not result.type.dimensions
        if whole and function.name in _OF_ANY and all(value.type == result.type for value in values):
            return typed.Standard(result.type, function.name, (*head, *values))
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
        result = typed.Standard(
            type_, function.name, (*head, *(self.widened(value, type_) for value in values))
        )
        return cut_to_255(result) if self.project.dialect.measured else result

    def _of_number(self, function: Function, value: Typed, at: At) -> Typed | None:
        if not value.type.numeric and not (function.rule == "number" and value.type.kind == "time"):
            self.problem(f"{function.name} needs a number, this is a {value.type}", at)
            return None
        if function.rule == "number":
            return typed.Standard(value.type, function.name, (value,))
        type_ = function.gives if function.rule in ("to_int", "to_bool") else real_of([value.type])
        name = function.name
        if name == "TRUNC" and self.project.dialect.measured:
            name = TRUNC_TO_DINT
        return typed.Standard(type_, name, (value if value.type is REAL else self.widened(value, LREAL),))

    def _turned(self, function: Function, value: Typed) -> Typed:
        """The bytes of a REAL in the other order are another REAL."""
        bits = ELEMENTARY["DWORD" if value.type is REAL else "LWORD"]
        pattern = typed.Standard(bits, function.name, (typed.Standard(bits, "SAME_BITS", (value,)),))
        return typed.Standard(value.type, "SAME_BITS", (pattern,))

    def _shift(self, function: Function, values: list[Typed], ats: list[At]) -> Typed | None:
        value, count = number_of(values[0]), values[1]
        if value.type is ANY_INT:
            value = self.widened(value, ELEMENTARY["LWORD"])
        if value.type.kind not in ("bits", "int"):
            self.problem(f"{function.name} needs a bit string, this is a {value.type}", ats[0])
            return None
        fitted = self.fit(count, self._counting(count, DINT if count.type is ANY_INT else LINT), ats[1])
        if not self.has_bits(value, function.name, ats[0]):
            return None
        keeps_sign = self.project.dialect.signed_shift and function.name == "SHR" and value.type.low < 0
        name = SIGNED_SHIFT if keeps_sign else function.name
        return None if fitted is None else typed.Standard(value.type, name, (value, fitted))

    def _placed(self, function: Function, node: tree.Call) -> list[tree.Expression] | None:
        """The arguments where only some have names: each other one is for the parameter of its own place."""
        others = MAKERS_NAMES.get(function.name, function.parameters)
        given: dict[int, tree.Expression] = {}
        for place, argument in enumerate(node.arguments):
            key = argument.name.upper()
            names = next((names for names in (function.parameters, others) if key in names), ())
            at = names.index(key) if names else -1 if key else place
            if argument.out or at in given or not 0 <= at < len(others):
                self.problem(f"{function.name} has the parameters {', '.join(others)}", argument.at)
                return None
            given[at] = argument.value
        if len(given) < len(others):
            missing = [name for place, name in enumerate(others) if place not in given]
            self.problem(f"{function.name} needs {', '.join(missing)} too", node.at)
            return None
        return [given[place] for place in range(len(others))]

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
        if named and self.project.dialect.library_names:
            return self._placed(function, node)
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
