"""Checks expressions: syntax tree -> typed tree, or None after a Problem was noted."""

from __future__ import annotations

from abc import abstractmethod

from commissioning.plc.checking import typed
from commissioning.plc.checking.any_type import TYPE_CLASS
from commissioning.plc.checking.assigned import assigned
from commissioning.plc.checking.constants import (
    fitted_literal,
    folded_literal,
    number_of,
    real_of,
    sized,
    type_of_literals,
)  # fmt: skip
from commissioning.plc.checking.fitting import FittingChecker
from commissioning.plc.checking.hazards import may_stop
from commissioning.plc.checking.implicit_checks import checked_divisor
from commissioning.plc.checking.scope import suggestion
from commissioning.plc.checking.spelled import dotted
from commissioning.plc.checking.typed import Typed
from commissioning.plc.checking.written_texts import text_fits
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import (
    ANY_INT,
    ANY_REAL,
    BOOL,
    DATE,
    DT,
    ELEMENTARY,
    LINT,
    LREAL,
    REAL,
    TIME,
    TOD,
    IecType,
)  # fmt: skip
from commissioning.plc.values.literals import literal_value

COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
LOGIC = {
    "AND": ("AND", False), "OR": ("OR", False), "XOR": ("XOR", False),
    "AND_THEN": ("AND", True), "OR_ELSE": ("OR", True),
}  # fmt: skip
MAX_OPERANDS = 60
_DATES = {
    ("dt", "+", "time"): DT, ("dt", "-", "time"): DT, ("tod", "+", "time"): TOD, ("tod", "-", "time"): TOD,
    ("dt", "-", "dt"): TIME, ("tod", "-", "tod"): TIME, ("date", "-", "date"): TIME,
}  # fmt: skip


class OperatorChecker(FittingChecker):
    """Checks literals, variables and operators of one POU; calls are added in calls.py. `declaring`: what it
    checks stands in a declaration."""

    declaring = False

    @abstractmethod
    def call(self, node: tree.Call) -> Typed | None:
        """A function call in an expression."""

    @abstractmethod
    def null_or_this(self, node: tree.Name) -> Typed | None:
        """NULL and THIS as pointers; None where the name is one of the program's."""

    def value(self, node: tree.Expression, target: IecType, what: str = "") -> Typed | None:
        """`node` as a value of `target`; a Problem where it has another type."""
        found = self.expression(node)
        if found is None:
            self.project.stubs.hint(node, target, self.file)
            return None
        fitted = self.fit(found, target, node.at, what)
        if fitted is None:
            self.project.stubs.refit(self, node, target)
        return fitted

    def expression(self, node: tree.Expression | units.StructInitial) -> Typed | None:
        if isinstance(node, tree.Literal):
            if node.kind == "enum":
                owner, _, member = node.text.partition("#")
                return self._enumerator(owner.rpartition(".")[2], member, node.at, literal=True)
            try:
                type_, value = literal_value(node.kind, node.text)
            except ValueError as error:
                self.problem(str(error), node.at)
                return None
            if type_.kind == "string" and not text_fits(self, node):
                return None
            if type_ is TIME:
                return self._duration(node, int(value))
            found = typed.Const(type_, value)
            return fitted_literal(found, REAL) if type_ is REAL else found
        if isinstance(
            node, tree.Name | tree.Member | tree.Indexed | tree.Part | tree.Direct | tree.Dereference
        ):
            return self.loaded(node)
        if isinstance(node, tree.Unary):
            return self._unary(node)
        if isinstance(node, tree.Call):
            return self.call(node)
        if isinstance(node, tree.Assigned):
            return assigned(self, node)
        if isinstance(node, tree.Chain):
            return self._chain(node)
        what = "only a declaration takes values of a structure like this"
        self.problem(what, node.at, "Assign its members")
        return None

    def _duration(self, node: tree.Literal, ns: int) -> Typed | None:
        """T# and LTIME#, which are of two types with some makers."""
        type_ = self.project.dialect.elementary("LTIME" if node.text[0] in "lL" else "TIME") or TIME
        cure = f"Write it as an LTIME: LTIME#{node.text.partition('#')[2]}"
        short = type_.grain > 1
        if ns > type_.high:
            longest = "a TIME of 32 bits (T#49d17h2m47s295ms)" if short else "the longest TIME (292 years)"
            self.problem(f"{node.text} is longer than {longest}", node.at, cure if short else "")
            return None
        if ns < type_.low:
            kind = "a TIME of 32 bits" if short else "an LTIME"
            what = f"{node.text} is negative, which {kind} is not: it counts on from its other end"
            self.project.notice(what, self.file, node.at, cure if short else "")
            ns %= type_.high + type_.grain
        elif ns % type_.grain:
            what = f"{node.text} has a part of a ms, which a TIME of 32 bits does not count"
            self.project.notice(what, self.file, node.at, cure)
        return typed.Const(type_, ns - ns % type_.grain)

    def _enumerator(self, owner: str, name: str, at: At, literal: bool = False) -> Typed | None:
        """`Colour#red` (a literal) or `Colour.red`."""
        declared = self.project.types.get(owner.upper())
        if literal and declared is None and self.project.block(owner.upper()) is None:
            self.project.stubs.literal(owner, name, self.file, at)
        if declared is None or declared.type.kind != "enum":
            self.problem(f"{owner} is no enumeration", at, suggestion(owner, list(self.project.types)))
            return None
        for member, value in declared.type.values:
            if member.upper() == name.upper():
                return typed.Const(declared.type, value)
        if literal:
            self.project.stubs.literal(owner, name, self.file, at, known=True)
        known = [member for member, _ in declared.type.values]
        self.problem(f"{owner} has no {name}; it has {', '.join(known[:12])}", at, suggestion(name, known))
        return None

    def _is_type_class(self, node: tree.Expression) -> bool:
        """Whether it is the enumeration of types, as the system or the first library of TwinCAT names it."""
        if isinstance(node, tree.Name) and node.name.upper() == "TYPECLASS":
            return "TYPECLASS" not in self.project.types and self.project.lookup(self.pou, node.name) is None
        return dotted(node) in (TYPE_CLASS.name, "IBASELIBRARY.TYPECLASS")

    def _of_enumeration(self, node: tree.Expression) -> tuple[Typed | None] | None:
        """What `node` is as a member of an enumeration, in a tuple; None where it is something else."""
        if isinstance(node, tree.Name) and self.project.lookup(self.pou, node.name) is None:
            kinds = self.project.enumerators.get(node.name.upper(), [])
            if len(kinds) > 1:
                names = " and ".join(kind.name for kind in kinds)
                cure = f"Write {kinds[0].name}.{node.name}"
                self.problem(f"{node.name} is a member of {names}", node.at, cure)
                return (None,)
            for member, value in kinds[0].values if kinds else ():
                if member.upper() == node.name.upper():
                    return (typed.Const(kinds[0], value),)
        if isinstance(node, tree.Member) and self._is_type_class(node.owner):
            known = [value for name, value in TYPE_CLASS.values if name == node.name.upper()]
            if not known:
                self.problem(f"{TYPE_CLASS.name} has no {node.name}", node.at)
            return (typed.Const(TYPE_CLASS, known[0]) if known else None,)
        if isinstance(node, tree.Member) and dotted(node.owner).startswith("__SYSTEM."):
            return (self._enumerator(dotted(node.owner).partition(".")[2], node.name, node.at),)
        if isinstance(node, tree.Member) and isinstance(node.owner, tree.Name):
            declared = self.project.types.get(node.owner.name.upper())
            own = self.project.lookup(self.pou, node.owner.name)
            plain = own is None or own.type.kind == "enum"  # which has no members itself
            if declared is not None and declared.type.kind == "enum" and plain:
                return (self._enumerator(node.owner.name, node.name, node.at),)
        return None

    def loaded(self, node: tree.Expression) -> Typed | None:
        member = self._of_enumeration(node)
        if member is not None:
            return member[0]
        if isinstance(node, tree.Name) and node.name.upper() in ("NULL", "THIS"):
            special = self.null_or_this(node)
            if special is not None:
                return special
        found = self.designator(node)
        found = None if found is None else self.valued(found, node.at)
        if found is None:
            return None
        if found.value is not None:
            return found.value
        if found.standard is not None or found.block is not None:
            outputs = "Q" if found.standard is not None else "one of its outputs"
            self.problem(
                f"{found.symbol.name} is a block of type {found.type.name}, not a value",
                node.at,
                f"Read a member, such as {outputs}",
            )
            return None
        if found.type.dimensions:
            self.problem("an ARRAY[*] is used element by element", node.at, "Write an index: [1]")
            return None
        if found.type.blocks:
            name = found.member or found.symbol.name
            self.problem(f"{name} has a block in it and cannot be copied", node.at, "Read its members")
            return None
        found.symbol.read = True
        fixed = found.symbol.constant and not found.symbol.late and found.symbol.section != "VAR_INPUT"
        if fixed and found.cell.plain and not found.type.aggregate:
            home = {"g": self.project.globals, "m": self.pou.owner or self.pou}.get(
                found.cell.memory, self.pou
            )
            return typed.Const(found.type.plain, home.slots[found.cell.index].value)
        return typed.Load(found.type.plain, found.cell)

    def _unary(self, node: tree.Unary) -> Typed | None:
        operand = self.expression(node.operand)
        if operand is None:
            if node.operator == "NOT":
                self.project.stubs.hint(node.operand, BOOL, self.file)
            return None
        if node.operator == "NOT":
            operand = number_of(operand)
            if isinstance(operand, typed.Const) and operand.type is ANY_INT:
                operand = fitted_literal(operand, BOOL) or operand
            whole_number = operand.type.kind == "int" and self.project.dialect.numbers_have_bits
            if operand.type.kind not in ("bool", "bits") and not whole_number:
                self.problem(f"NOT needs a BOOL or a bit string, this is a {operand.type}", node.at)
                return None
            return typed.Not(operand.type, operand)
        if operand.type.kind not in ("int", "real", "time", "bits"):
            self.problem(f"'{node.operator}' needs a number, this is a {operand.type}", node.at)
            return None
        if node.operator == "+":
            return operand
        if operand.type is ANY_INT and not isinstance(operand, typed.Const):
            operand = self.widened(operand, type_of_literals(operand))
        if isinstance(operand, typed.Const) and not isinstance(operand.value, str):
            if operand.type.kind == "real":
                return typed.Const(operand.type, 0.0 - operand.value)
            if operand.type.low <= -operand.value <= operand.type.high:
                return typed.Const(operand.type, -operand.value)
        return typed.Minus(operand.type, operand)

    def _chain(self, node: tree.Chain) -> Typed | None:
        if not node.steps:  # parentheses
            return self.expression(node.first)
        operators = {step.operator for step in node.steps}
        if operators <= set(LOGIC):
            return self._logic(node)
        result = self.expression(node.first)
        if len(node.steps) > MAX_OPERANDS and not operators <= {"+", "-", "*"}:
            self.problem(f"more than {MAX_OPERANDS} operands in a row", node.at, "Split it with a variable")
            return None
        for step in node.steps:
            operand = self.expression(step.operand)
            if operand is None or result is None:
                self._hint_other(node, step, operand, result)
                result = None
            else:
                if step.operator == "/":
                    operand = checked_divisor(self, step.operand, operand)
                join = self.compare if step.operator in COMPARISONS else self.arithmetic
                joined = join(step.operator, result, operand, step.at)
                if joined is None:
                    first = node.first if step is node.steps[0] else None
                    self.project.stubs.refit(self, step.operand, result.type, first)
                    if first is not None:
                        self.project.stubs.refit(self, first, operand.type, step.operand)
                result = joined
        return result

    def _hint_other(self, node: tree.Chain, step: tree.Step, right: Typed | None, left: Typed | None) -> None:
        """What one operand says about the other, which is unknown."""
        if left is not None:
            self.project.stubs.hint(step.operand, left.type, self.file, compared=True)
            self.project.stubs.compared(self, step.operand, left.type)
        elif right is not None and step is node.steps[0]:
            self.project.stubs.hint(node.first, right.type, self.file, compared=True)
            self.project.stubs.compared(self, node.first, right.type)

    def _logic(self, node: tree.Chain) -> Typed | None:
        operands = [self.expression(node.first)]
        operands += [self.expression(step.operand) for step in node.steps]
        known = next((operand.type for operand in operands if operand is not None), None)
        for operand, part in zip(operands, (node.first, *(s.operand for s in node.steps)), strict=True):
            if operand is None and known is not None:
                self.project.stubs.hint(part, known, self.file)
            elif operand is None:
                self.project.stubs.perhaps(part, BOOL, self.file)
        row, word = operands[:1], ""
        for step, operand in zip(node.steps, operands[1:], strict=True):
            if word and step.operator != word:  # from left to right, as a row of one operator
                row = [self.logic_of(*LOGIC[word], row, node.at)]
            word = step.operator
            row.append(operand)
        return self.logic_of(*LOGIC[word], row, node.at)

    def logic_of(self, operator: str, lazy: bool, found: list[Typed | None], at: At) -> Typed | None:
        operands = [number_of(operand) for operand in found if operand is not None]
        if len(operands) < len(found):
            return None
        if self.project.dialect.measured:  # a number that the others do not hold widens them
            whole_numbers = [operand.type for operand in operands if operand.type.kind == "int"]
            other = next((t for t in whole_numbers if t is not ANY_INT), None)
            operands = [operand if other is None else sized(operand, other) for operand in operands]
        type_: IecType | None = operands[0].type
        for operand in operands:
            literal_bool = (
                isinstance(operand, typed.Const) and operand.type is ANY_INT and operand.value in (0, 1)
                and type_ is BOOL
            )  # fmt: skip
            if not literal_bool:
                type_ = self.common_type(type_, operand.type) if type_ is not None else None
        if type_ is ANY_INT:
            type_ = ELEMENTARY["LWORD"]
        if type_ is None or type_.kind not in ("bool", "bits", "int"):
            shown = ", ".join(dict.fromkeys(str(operand.type) for operand in operands))
            self.problem(f"{operator} needs BOOLs or bit strings of one kind, these are {shown}", at)
            return None
        if not all(self.has_bits(operand, operator, at) for operand in operands):
            return None
        fitted = [self.fit(operand, type_, at) for operand in operands]
        known = tuple(operand for operand in fitted if operand is not None)
        both = self.project.dialect.both_operands and not lazy and any(may_stop(o) for o in known[1:])
        return typed.Logic(type_, operator, known, lazy, both)

    def compare(self, operator: str, left: Typed, right: Typed, at: At) -> Typed | None:
        pair = self.meet(left, right, at, f"'{operator}'")
        if pair is None:
            return None
        left, right, _ = pair
        return typed.Compare(operator, left, right)

    def of_reals(self, name: str, values: list[Typed], at: At) -> Typed | None:
        """A standard function of numbers that is computed in LREAL."""
        if not all(value.type.numeric for value in values):
            shown = " and ".join(str(value.type) for value in values)
            self.problem(f"{name} needs numbers, these are {shown}", at)
            return None
        type_ = real_of([value.type for value in values])
        reals = (value if value.type is REAL else self.widened(value, LREAL) for value in values)
        return typed.Standard(type_, name, tuple(reals))

    def arithmetic(self, operator: str, left: Typed, right: Typed, at: At) -> Typed | None:
        if "time" in (left.type.kind, right.type.kind) and operator in ("*", "/"):
            if operator == "*" and right.type.kind == "time":
                left, right = right, left
            if left.type.kind == "time" and right.type.numeric:
                factor = self.widened(right, REAL if right.type is ANY_REAL else right.type)
                return typed.Scaled(left.type, left, operator, factor)
        counts = ("pointer", "int", "bits")
        kinds = (left.type.kind, right.type.kind)
        if "pointer" in kinds and kinds[0] in counts and kinds[1] in counts:
            left, right = self.widened(left, LINT), self.widened(right, LINT)
        dated = _DATES.get((left.type.kind, operator, right.type.kind))
        if (
            left.type is DATE
            and right.type.kind == "time"
            and operator in "+-"
            and self.project.dialect.measured
        ):
            dated = DATE
        if dated is not None:
            return typed.Arithmetic(dated, left, ((operator, right),))
        if operator == "**":
            return self.of_reals("EXPT", [left, right], at)
        folded = folded_literal(operator, left, right)
        if folded is not None:
            return folded
        pair = self.meet(left, right, at, f"'{operator}'")
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
        if operator == "MOD" and self.project.dialect.modulo_of_zero and not isinstance(right, typed.Const):
            return typed.Standard(type_, typed.MODULO_OR_0, (left, right))
        if isinstance(left, typed.Arithmetic) and left.type == type_:
            # stay flat, so that a long sum is not deep: + with -, * with *
            both = {operator, left.steps[0][0]}
            if both <= {"+", "-"} or both == {"*"}:
                return typed.Arithmetic(type_, left.first, (*left.steps, (operator, right)))
        return typed.Arithmetic(type_, left, ((operator, right),))
