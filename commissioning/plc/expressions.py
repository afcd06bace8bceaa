"""Checks expressions: syntax tree -> typed tree, or None after a Problem was noted."""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc import tree, typed
from commissioning.plc.blocks import STANDARD_BLOCKS, StandardBlock
from commissioning.plc.functions import FUNCTIONS, Function, conversion
from commissioning.plc.iec_types import (
    ANY_INT, ANY_REAL, BOOL, DINT, ELEMENTARY, LINT, LREAL, NONE, REAL, TIME, ULINT, IecType, common, converts,
)  # fmt: skip
from commissioning.plc.literals import literal_value
from commissioning.plc.runtime import divide, modulo, rounded
from commissioning.plc.scope import Pou, Project, Symbol, suggestion
from commissioning.plc.tree import At
from commissioning.plc.typed import Cell, Typed

_OPERATOR_FUNCTIONS = {
    "ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/", "MOD": "MOD", "AND": "AND", "OR": "OR", "XOR": "XOR",
    "GT": ">", "GE": ">=", "EQ": "=", "LE": "<=", "LT": "<", "NE": "<>",
}  # fmt: skip
_COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
_LOGIC = {"AND": ("AND", False), "OR": ("OR", False), "XOR": ("XOR", False), "AND_THEN": ("AND", True), "OR_ELSE": ("OR", True)}  # fmt: skip
MAX_CALL_CHAIN = 60


@dataclass(frozen=True, slots=True)
class Designator:
    """What a name stands for: a cell of `type`, or a block instance (`standard`, or `block` with its `home`)."""

    symbol: Symbol
    type: IecType
    cell: Cell
    role: str
    standard: StandardBlock | None = None
    block: Pou | None = None
    member: str = ""

    @property
    def home(self) -> str:
        """Python text of the memory of a user's block."""
        return self.cell.text


class ExpressionChecker:
    """Checks the expressions of one POU."""

    def __init__(self, project: Project, pou: Pou) -> None:
        self.project = project
        self.pou = pou
        self.file = pou.file

    def problem(self, what: str, at: At, cure: str = "") -> None:
        self.project.problem(what, self.file, at, cure)

    # ---- designators ---------------------------------------------------------------------------------

    def designator(self, node: tree.Expression) -> Designator | None:
        """The variable or block instance that `node` names."""
        if isinstance(node, tree.Name):
            return self._named(node.name, node.at)
        if not isinstance(node, tree.Member):
            self.problem("a variable is expected here", node.at)
            return None
        if isinstance(node.owner, tree.Name) and self.project.lookup(self.pou, node.owner.name) is None:
            if node.owner.name.upper() in self.project.list_names:
                symbol = self.project.globals.symbols.get(node.name.upper())
                if symbol is None:
                    known = [s.name for s in self.project.globals.symbols.values()]
                    self.problem(f"there is no global variable {node.name}", node.at, suggestion(node.name, known))
                    return None
                return self._of_symbol(symbol)
            pou = self.project.pous.get(node.owner.name.upper())
            if pou is not None and pou.kind == "PROGRAM" and pou is not self.pou:
                self.problem(
                    f"{node.owner.name}.{node.name}: variables of a program cannot be reached from another POU",
                    node.at, "Share it through VAR_GLOBAL",
                )  # fmt: skip
                return None
        owner = self.designator(node.owner)
        return None if owner is None else self._member(owner, node.name, node.at)

    def _named(self, name: str, at: At) -> Designator | None:
        symbol = self.project.lookup(self.pou, name)
        if symbol is None:
            key = name.upper()
            if key in self.project.pous or key in FUNCTIONS or key in STANDARD_BLOCKS or key in ELEMENTARY:
                kind = self.project.pous[key].kind.lower().replace("_", " ") if key in self.project.pous else ""
                kind = kind or ("function" if key in FUNCTIONS else "type")
                self.problem(f"{name} is a {kind}, not a variable", at, f"Declare an instance: my_{name.lower()} : {name};")
                return None
            self.problem(f"{name} is not declared", at, self.project.nearest(name, self.pou))
            return None
        return self._of_symbol(symbol)

    def _of_symbol(self, symbol: Symbol) -> Designator:
        if symbol.is_global:
            self.pou.touches.add(symbol)
        memory = "g" if symbol.is_global else "m"
        # a block given by reference is one cell with its memory, like a block of one's own
        pointer = symbol.by_reference and symbol.block is None
        cell = Cell(memory, (), symbol.index, pointer)
        return Designator(symbol, symbol.type, cell, "variable", symbol.standard, symbol.block)

    def _member(self, owner: Designator, name: str, at: At) -> Designator | None:
        if owner.standard is not None:
            offset = owner.standard.offsets.get(name.upper())
            if offset is None or owner.standard.cells[offset].role == "hidden":
                known = [cell.name for cell in owner.standard.cells if cell.role != "hidden"]
                self.problem(
                    f"{owner.standard.name} has no {name}; it has {', '.join(known)}", at, suggestion(name, known)
                )
                return None
            cell = owner.standard.cells[offset]
            if cell.name == "ET":
                owner.symbol.elapsed = True
                self.project.any_elapsed |= owner.symbol.by_reference
            return Designator(owner.symbol, cell.type, owner.cell.at(offset), cell.role, member=cell.name)
        if owner.block is not None:
            symbol = owner.block.symbols.get(name.upper())
            if symbol is None or symbol.section not in ("VAR_INPUT", "VAR_OUTPUT"):
                known = [s.name for s in owner.block.section("VAR_INPUT", "VAR_OUTPUT")]
                hidden = symbol is not None and "is inside the block and cannot be reached from outside"
                what = f"{owner.block.name}.{name} {hidden}" if hidden else f"{owner.block.name} has no {name}"
                self.problem(what, at, suggestion(name, known) if symbol is None else "Make it a VAR_OUTPUT")
                return None
            symbol.read = True
            inner = Cell(owner.cell.memory, (*owner.cell.hops, owner.cell.index), symbol.index)
            role = "input" if symbol.section == "VAR_INPUT" else "output"
            return Designator(
                owner.symbol, symbol.type, inner, role, symbol.standard, symbol.block, member=symbol.name
            )
        self.problem(f"{owner.symbol.name} is a {owner.type} and has no members", at)
        return None

    # ---- expressions ---------------------------------------------------------------------------------

    def value(self, node: tree.Expression, target: IecType, what: str = "") -> Typed | None:
        """`node` as a value of `target`; a Problem where it has another type."""
        found = self.expression(node)
        return None if found is None else self.fit(found, target, node.at, what)

    def fit(self, found: Typed, target: IecType, at: At, what: str = "") -> Typed | None:
        if isinstance(found, typed.Const):
            fitted = fitted_literal(found, target)
            if fitted is not None:
                return fitted
            if found.type is ANY_INT and target.whole and target.kind != "time":
                self.problem(f"{found.value} does not fit {target} ({target.low}..{target.high})", at)
                return None
        source = found.type
        if converts(source, target):
            return found if source == target else typed.Convert(target, found)
        subject = what or f"a {target}"
        shown = "REAL" if source is ANY_REAL else "whole number" if source is ANY_INT else str(source)
        self.problem(f"{subject} is expected here, this is a {shown}", at, _conversion_cure(source, target))
        return None

    def expression(self, node: tree.Expression) -> Typed | None:
        if isinstance(node, tree.Literal):
            try:
                type_, value = literal_value(node.kind, node.text)
            except ValueError as error:
                self.problem(str(error), node.at)
                return None
            return typed.Const(type_, value)
        if isinstance(node, tree.Name | tree.Member):
            return self._load(node)
        if isinstance(node, tree.Unary):
            return self._unary(node)
        if isinstance(node, tree.Call):
            return self._call(node)
        return self._chain(node)

    def _load(self, node: tree.Name | tree.Member) -> Typed | None:
        found = self.designator(node)
        if found is None:
            return None
        if found.standard is not None or found.block is not None:
            outputs = "Q" if found.standard is not None else "one of its outputs"
            self.problem(f"{found.symbol.name} is a block of type {found.type.name}, not a value", node.at,
                         f"Read a member, such as {outputs}")  # fmt: skip
            return None
        found.symbol.read = True
        if found.symbol.constant and found.symbol.value is not None and not found.member:
            return typed.Const(found.type, found.symbol.value)
        return typed.Load(found.type, found.cell)

    def _unary(self, node: tree.Unary) -> Typed | None:
        operand = self.expression(node.operand)
        if operand is None:
            return None
        if node.operator == "NOT":
            if isinstance(operand, typed.Const) and operand.type is ANY_INT:
                operand = fitted_literal(operand, BOOL) or operand
            if operand.type.kind not in ("bool", "bits"):
                self.problem(f"NOT needs a BOOL or a bit string, this is a {operand.type}", node.at)
                return None
            return typed.Not(operand.type, operand)
        if operand.type.kind not in ("int", "real", "time", "bits"):
            self.problem(f"'{node.operator}' needs a number, this is a {operand.type}", node.at)
            return None
        if node.operator == "+":
            return operand
        if isinstance(operand, typed.Const) and not isinstance(operand.value, str):
            if operand.type.kind == "real":
                return typed.Const(operand.type, 0.0 - operand.value)
            if operand.type.low <= -operand.value <= operand.type.high:
                return typed.Const(operand.type, -operand.value)
            if operand.type.kind == "bits" or operand.type.low == 0:
                return typed.Const(ANY_INT, -operand.value)
        return typed.Minus(operand.type, operand)

    def _chain(self, node: tree.Chain) -> Typed | None:
        if not node.steps:  # parentheses
            return self.expression(node.first)
        operators = {step.operator for step in node.steps}
        if operators <= set(_LOGIC):
            return self._logic(node)
        result = self.expression(node.first)
        if len(node.steps) > MAX_CALL_CHAIN and not operators <= {"+", "-", "*"}:
            self.problem(f"more than {MAX_CALL_CHAIN} operands in a row", node.at, "Split it with a variable")
            return None
        for step in node.steps:
            operand = self.expression(step.operand)
            if operand is None or result is None:
                result = None
            elif step.operator in _COMPARISONS:
                result = self._compare(step.operator, result, operand, step.at)
            else:
                result = self._arithmetic(step.operator, result, operand, step.at)
        return result

    def _logic(self, node: tree.Chain) -> Typed | None:
        operands = [self.expression(node.first)]
        words = set()
        for step in node.steps:
            operands.append(self.expression(step.operand))
            words.add(step.operator)
        if len(words) > 1:
            self.problem(f"{' and '.join(sorted(words))} are mixed in one row", node.at, "Use parentheses")
            return None
        operator, lazy = _LOGIC[node.steps[0].operator]
        return self._logic_of(operator, lazy, operands, node.at)

    def _logic_of(self, operator: str, lazy: bool, found: list[Typed | None], at: At) -> Typed | None:
        operands = [operand for operand in found if operand is not None]
        if len(operands) < len(found):
            return None
        type_: IecType | None = operands[0].type
        for operand in operands:
            literal_bool = (
                isinstance(operand, typed.Const) and operand.type is ANY_INT and operand.value in (0, 1)
                and type_ is BOOL
            )  # fmt: skip
            if not literal_bool:
                type_ = common(type_, operand.type) if type_ is not None else None
        if type_ is ANY_INT:
            type_ = ELEMENTARY["LWORD"]
        if type_ is None or type_.kind not in ("bool", "bits", "int"):
            shown = ", ".join(dict.fromkeys(str(operand.type) for operand in operands))
            self.problem(f"{operator} needs BOOLs or bit strings of one kind, these are {shown}", at)
            return None
        fitted = [self.fit(operand, type_, at) for operand in operands]
        return typed.Logic(type_, operator, tuple(o for o in fitted if o is not None), lazy)

    def _compare(self, operator: str, left: Typed, right: Typed, at: At) -> Typed | None:
        pair = self._meet(left, right, at, f"'{operator}'")
        if pair is None:
            return None
        left, right, type_ = pair
        if type_.kind == "bool" and operator not in ("=", "<>"):
            self.problem(f"BOOLs have no order, '{operator}' cannot compare them", at)
            return None
        return typed.Compare(operator, left, right)

    def _meet(self, left: Typed, right: Typed, at: At, what: str) -> tuple[Typed, Typed, IecType] | None:
        left, right = sized(left, right.type), sized(right, left.type)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, typed.Const) and one.type is ANY_INT and other.type is BOOL:
                fitted = fitted_literal(one, BOOL)
                if fitted is not None:
                    return (fitted, other, BOOL) if one is left else (other, fitted, BOOL)
        type_ = common(left.type, right.type)
        if type_ is None or type_.kind == "block":
            cure = "Convert one of them, for example with DINT_TO_LINT or REAL_TO_DINT"
            numbers = left.type.numeric and right.type.numeric
            self.problem(f"{what} cannot join {left.type} and {right.type}", at, cure if numbers else "")
            return None
        if type_ is ANY_INT:
            type_ = LINT if all(o.type.low <= _whole(o) <= LINT.high for o in (left, right)) else ULINT
        elif type_ is ANY_REAL:
            type_ = LREAL
        return self._widened(left, type_), self._widened(right, type_), type_

    def _widened(self, operand: Typed, type_: IecType) -> Typed:
        if operand.type == type_:
            return operand
        if isinstance(operand, typed.Const):
            return fitted_literal(operand, type_) or typed.Convert(type_, operand)
        return typed.Convert(type_, operand)

    def _arithmetic(self, operator: str, left: Typed, right: Typed, at: At) -> Typed | None:
        if TIME in (left.type, right.type) and operator in ("*", "/"):
            if operator == "*" and right.type == TIME:
                left, right = right, left
            if left.type == TIME and right.type.numeric:
                return typed.Scaled(TIME, left, operator, self._widened(right, REAL if right.type is ANY_REAL else right.type))
        if operator == "**":
            if not (left.type.numeric and right.type.numeric):
                self.problem(f"'**' needs numbers, these are {left.type} and {right.type}", at)
                return None
            type_ = REAL if left.type == REAL else LREAL
            return typed.Standard(type_, "EXPT", (self._widened(left, LREAL), self._widened(right, LREAL)))
        folded = _folded(operator, left, right)
        if folded is not None:
            return folded
        pair = self._meet(left, right, at, f"'{operator}'")
        if pair is None:
            return None
        left, right, type_ = pair
        allowed = ("int", "bits", "time") if operator == "MOD" else ("int", "bits", "real", "time")
        if type_.kind not in allowed or (type_.kind == "time" and operator in ("*", "/")):
            self.problem(f"'{operator}' cannot join {left.type} and {right.type}", at)
            return None
        if (
            isinstance(right, typed.Const) and operator in ("/", "MOD")
            and not isinstance(right.value, str) and right.value == 0
        ):  # fmt: skip
            self.problem("division by zero", at)
            return None
        if isinstance(left, typed.Arithmetic) and left.type == type_ and operator in "+-*" and left.steps[0][0] in "+-*":
            # stay flat; precedence is kept, because the chain itself was one level
            if (operator == "*") == (left.steps[0][0] == "*"):
                return typed.Arithmetic(type_, left.first, (*left.steps, (operator, right)))
        return typed.Arithmetic(type_, left, ((operator, right),))

    # ---- calls ---------------------------------------------------------------------------------------

    def _call(self, node: tree.Call) -> Typed | None:
        if not isinstance(node.target, tree.Name):
            self.problem("only functions give a value; call a block as a statement and read its output", node.at)
            return None
        name = node.target.name.upper()
        pou = self.project.pous.get(name)
        if pou is not None and pou.kind == "FUNCTION":
            if pou.result is NONE:
                self.problem(f"{pou.name} has no result", node.at)
                return None
            return self.user_call(pou, node)
        if self.project.lookup(self.pou, name) is not None:
            self.problem(
                f"{node.target.name} is a block: call it as a statement", node.at, "Read its outputs after the call"
            )
            return None
        converted = conversion(name)
        if converted is not None:
            return self._convert(node, *converted)
        if name in _OPERATOR_FUNCTIONS or name == "NOT":
            return self._operator_call(name, node)
        function = FUNCTIONS.get(name)
        if function is None:
            known = [*FUNCTIONS, *(p.name for p in self.project.pous.values() if p.kind == "FUNCTION")]
            self.problem(f"there is no function {node.target.name}", node.at, suggestion(name, known))
            return None
        return self._standard(function, node)

    def _operator_call(self, name: str, node: tree.Call) -> Typed | None:
        operands = [self.expression(argument.value) for argument in node.arguments]
        if len(operands) < 2:
            self.problem(f"{name} needs at least 2 arguments", node.at)
            return None
        operator = _OPERATOR_FUNCTIONS[name]
        if operator in _LOGIC:
            return self._logic_of(operator, False, operands, node.at)
        result = operands[0]
        for operand in operands[1:]:
            if result is None or operand is None:
                return None
            join = self._compare if operator in _COMPARISONS else self._arithmetic
            result = join(operator, result, operand, node.at)
        return result

    def _convert(self, node: tree.Call, source: IecType | None, target: IecType, truncating: bool) -> Typed | None:
        if len(node.arguments) != 1:
            self.problem("a conversion has one argument", node.at)
            return None
        operand = self.expression(node.arguments[0].value)
        if operand is None:
            return None
        if source is not None:
            operand = self.fit(operand, source, node.arguments[0].at)
        elif operand.type is ANY_INT:
            operand = sized(operand, target)
        elif operand.type is ANY_REAL:
            operand = self._widened(operand, LREAL)
        if operand is None:
            return None
        return typed.Standard(target, "TRUNC_TO" if truncating else "CONVERT", (operand,))

    def _standard(self, function: Function, node: tree.Call) -> Typed | None:
        if function.name == "TIME":
            self.pou.uses_clock = node.at
        arguments = self._ordered(function, node)
        if arguments is None:
            return None
        found = [self.expression(argument) for argument in arguments]
        values = [value for value in found if value is not None]
        if len(values) < len(found):
            return None
        ats = [argument.at for argument in arguments]
        if function.rule == "signature":
            fitted = [self.fit(v, t, at) for v, t, at in zip(values, function.takes, ats, strict=True)]
            checked = [value for value in fitted if value is not None]
            return typed.Standard(function.gives, function.name, tuple(checked)) if len(checked) == len(values) else None
        if function.rule in ("number", "real", "to_int"):
            return self._of_number(function, values[0], ats[0])
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

    def _same(self, function: Function, head: list[Typed], values: list[Typed], at: At) -> Typed | None:
        result = values[0]
        for value in values[1:]:
            pair = self._meet(result, value, at, function.name)
            if pair is None:
                return None
            result = pair[0] if pair[0].type == pair[2] else pair[1]
        type_ = result.type
        if type_ is ANY_INT:
            type_ = LINT
        elif type_ is ANY_REAL:
            type_ = LREAL
        wanted = function.takes[0] if function.takes else None
        if type_.kind == "block" or (wanted is not None and wanted.kind != type_.kind):
            self.problem(f"{function.name} cannot take a {type_}", at)
            return None
        fitted = [self.fit(value, type_, at) for value in values]
        checked = [value for value in fitted if value is not None]
        if len(checked) < len(values):
            return None
        return typed.Standard(type_, function.name, (*head, *checked))

    def _of_number(self, function: Function, value: Typed, at: At) -> Typed | None:
        if not value.type.numeric and not (function.rule == "number" and value.type == TIME):
            self.problem(f"{function.name} needs a number, this is a {value.type}", at)
            return None
        if function.rule == "number":
            type_ = {ANY_INT: LINT, ANY_REAL: LREAL}.get(value.type, value.type)
            return typed.Standard(type_, function.name, (self._widened(value, type_),))
        real = REAL if value.type.name == "REAL" else LREAL
        type_ = function.gives if function.rule == "to_int" else real
        return typed.Standard(type_, function.name, (self._widened(value, real),))

    def _shift(self, function: Function, values: list[Typed], ats: list[At]) -> Typed | None:
        value, count = values
        if value.type is ANY_INT:
            value = self._widened(value, ELEMENTARY["LWORD"])
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
            if function.more:
                stem = names[-1].rstrip("0123456789")
                start = int(names[-1][len(stem) :] or 0)
                names += [f"{stem}{start + n}" for n in range(1, len(given) - len(names) + 1)]
            unknown = [argument for argument in node.arguments if argument.name.upper() not in names]
            if unknown or len(given) != len(names):
                self.problem(f"{function.name} has the parameters {', '.join(names)}",
                             unknown[0].at if unknown else node.at)  # fmt: skip
                return None
            return [given[name] for name in names]
        named = [argument for argument in node.arguments if argument.name]
        if named:
            self.problem("positional and named arguments are mixed", named[0].at, "Name all of them, or none")
            return None
        least, most = len(names), MAX_CALL_CHAIN if function.more else len(names)
        if not least <= len(node.arguments) <= most:
            needs = f"{least} arguments or more" if function.more else f"{least} argument{'s' * (least != 1)}"
            self.problem(f"{function.name} needs {needs} ({', '.join(names)}), here are {len(node.arguments)}", node.at)
            return None
        return [argument.value for argument in node.arguments]

    def user_call(self, pou: Pou, node: tree.Call) -> typed.UserCall | None:
        """A call of a user's FUNCTION."""
        self.pou.calls.setdefault(pou.name.upper(), node.at)
        parameters = pou.section("VAR_INPUT", "VAR_IN_OUT", "VAR_OUTPUT")
        by_position = [p for p in pou.section("VAR_INPUT", "VAR_IN_OUT")]
        given: dict[str, tree.Argument] = {}
        good = True
        for position, argument in enumerate(node.arguments):
            name = argument.name or (by_position[position].name if position < len(by_position) else "")
            symbol = pou.symbols.get(name.upper())
            if symbol is None or symbol not in parameters or (symbol.section == "VAR_OUTPUT") != argument.out:
                known = [p.name for p in parameters]
                what = f"{pou.name} has no parameter {name}" if name else f"{pou.name} has {len(by_position)} inputs"
                self.problem(what, argument.at, suggestion(name, known))
                good = False
            elif name.upper() in given:
                self.problem(f"{name} is given twice", argument.at)
                good = False
            else:
                given[name.upper()] = argument
        inputs: list[Typed] = []
        references: list[Cell | None] = []
        for symbol in parameters:
            argument = given.get(symbol.name.upper())
            if symbol.section == "VAR_INPUT":
                if argument is None:
                    inputs.append(typed.Const(symbol.type, symbol.value if symbol.value is not None else symbol.type.default))
                    continue
                value = self.value(argument.value, symbol.type, f"for {symbol.name} a {symbol.type}")
                good &= value is not None
                if value is not None:
                    inputs.append(value)
            elif argument is None:
                if symbol.section == "VAR_IN_OUT":
                    self.problem(f"{pou.name} needs a variable for its VAR_IN_OUT {symbol.name}", node.at)
                    good = False
                references.append(None)
            else:
                target = self.reference(argument.value, symbol, argument.negated)
                good &= target is not None
                references.append(None if target is None else target.cell)
        return typed.UserCall(pou.result or NONE, pou.number, tuple(inputs), tuple(references)) if good else None

    def reference(self, node: tree.Expression, symbol: Symbol, negated: bool = False) -> Designator | None:
        """The variable given to a VAR_IN_OUT or an output of a function: of exactly its type, and writable."""
        found = self.designator(node)
        if found is None:
            return None
        if negated:
            self.problem("NOT is not possible at an output of a function", node.at)
            return None
        same = found.type == symbol.type and found.block is symbol.block and found.standard is symbol.standard
        if not same:
            self.problem(f"{symbol.name} needs a variable of type {symbol.type}, this is a {found.type}", node.at)
            return None
        if found.standard is None and found.block is None and not self.writable(found, node.at):
            return None
        found.symbol.read = found.symbol.written = True
        return found

    def writable(self, found: Designator, at: At) -> bool:
        """Whether the program may assign to this; a Problem where not."""
        symbol = found.symbol
        if found.standard is not None or found.block is not None:
            self.problem(f"{symbol.name} is a block, nothing can be assigned to it", at, "Assign to one of its inputs")
        elif symbol.constant:
            self.problem(f"{symbol.name} is a CONSTANT", at, "Remove CONSTANT from its VAR section, or the assignment")
        elif symbol.address[:2].upper() == "%I":
            self.problem(f"{symbol.name} is an input ({symbol.address}): the field writes it, not the program", at)
        elif found.role == "output":
            self.problem(f"{symbol.name}.{found.member} is an output of the block", at, "Only the block writes it")
        else:
            return True
        return False


def fitted_literal(found: typed.Const, target: IecType) -> typed.Const | None:
    """A constant as a constant of `target`, None where it does not fit."""
    value = found.value
    if isinstance(value, str):
        return None
    if found.type is ANY_INT and not isinstance(value, float):
        if target is BOOL:
            return typed.Const(BOOL, value == 1) if value in (0, 1) else None
        if target.kind in ("int", "bits"):
            return typed.Const(target, value) if target.low <= value <= target.high else None
    if target.kind == "real" and found.type.kind in ("int", "bits", "real") and (
        found.type in (ANY_INT, ANY_REAL) or converts(found.type, target)
    ):
        return typed.Const(target, rounded(float(value)) if target is REAL else float(value))
    return None


def sized(found: Typed, other: IecType) -> Typed:
    """An untyped whole literal that does not fit the other operand's type gets the smallest type that holds it."""
    if not isinstance(found, typed.Const) or found.type is not ANY_INT or other.kind not in ("int", "bits"):
        return found
    value = _whole(found)
    if other.low <= value <= other.high:
        return found
    for name in ("INT", "DINT", "LINT", "ULINT"):
        if ELEMENTARY[name].low <= value <= ELEMENTARY[name].high:
            return typed.Const(ELEMENTARY[name], value)
    return found


def _whole(found: Typed) -> int:
    return found.value if isinstance(found, typed.Const) and isinstance(found.value, int) else 0


def _folded(operator: str, left: Typed, right: Typed) -> typed.Const | None:
    """Untyped literals joined: still an untyped literal, computed exactly."""
    untyped = (ANY_INT, ANY_REAL)
    if not (isinstance(left, typed.Const) and isinstance(right, typed.Const)):
        return None
    a, b = left.value, right.value
    if left.type not in untyped or right.type not in untyped or isinstance(a, str) or isinstance(b, str):
        return None
    if operator in ("/", "MOD") and b == 0:
        return None
    if isinstance(a, float) or isinstance(b, float):
        results = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0.0}
        return typed.Const(ANY_REAL, float(results[operator])) if operator in results else None
    whole = {"+": a + b, "-": a - b, "*": a * b, "/": divide(a, b) if b else 0, "MOD": modulo(a, b) if b else 0}
    value = whole[operator]
    return typed.Const(ANY_INT, value) if ANY_INT.low <= value <= ANY_INT.high else None


def _conversion_cure(source: IecType, target: IecType) -> str:
    if source.kind in ("block", "none") or target.kind in ("block", "none"):
        return ""
    if source is ANY_REAL:
        return f"Write LREAL_TO_{target.name}(...) or a whole number" if target.whole else ""
    if source is ANY_INT:
        return "Write it with a unit, for example T#10ms" if target == TIME else ""
    return f"Convert it: {source.name}_TO_{target.name}(...)"
