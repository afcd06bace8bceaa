"""Checks IF and CASE, and the loops."""

from __future__ import annotations

from abc import abstractmethod

from commissioning.plc.checking import commands, typed
from commissioning.plc.checking.assignments import AssignmentChecker
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.constants import fitted_literal
from commissioning.plc.checking.evaluation import evaluated
from commissioning.plc.checking.typed import Typed
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import (
    ANY_INT,
    BOOL,
    CHAR,
    ELEMENTARY,
    INT,
    LINT,
    WCHAR,
    IecType,
    working,
)  # fmt: skip
from commissioning.plc.values.runtime_texts import code_of

MAX_LOOPS = 15  # nested in each other: Python itself allows 20


class BranchChecker(AssignmentChecker):
    """Statements with bodies; `loops` is how many loops surround the statement at hand."""

    loops = 0

    @abstractmethod
    def body(self, statements: tuple[tree.Statement, ...]) -> tuple[Command, ...]:
        """The statements of one body, but for those with Problems."""

    def _if(self, node: tree.If) -> Command:
        branches = []
        for branch in node.branches:
            condition = self.value(branch.condition, BOOL, "a BOOL condition")
            body = self.body(branch.body)
            if condition is not None:
                branches.append((condition, body, branch.at))
        return commands.If(tuple(branches), self.body(node.otherwise), node.at)

    # ---- CASE ----------------------------------------------------------------------------------------

    def _case(self, node: tree.Case) -> Command | None:
        selector = self.expression(node.selector)
        if selector is not None and selector.type in (CHAR, WCHAR):
            selector = typed.Standard(ELEMENTARY["WORD"], "CONVERT", (selector,))  # by the codes
        if selector is not None and selector.type.kind not in ("int", "bits", "enum"):
            self.project.stubs.mismatch(selector.type, INT)
            self.problem(f"CASE selects by a whole number, this is a {selector.type}", node.selector.at)
            selector = None
        options = []
        seen: list[tuple[int, int, At]] = []
        for option in node.options:
            ranges = [self._label(label, seen, selector) for label in option.labels]
            options.append((tuple(r for r in ranges if r is not None), self.body(option.body), option.at))
        otherwise = self.body(node.otherwise)
        return None if selector is None else commands.Case(selector, tuple(options), otherwise, node.at)

    def _label(
        self, label: tree.Label, seen: list[tuple[int, int, At]], selector: Typed | None
    ) -> tuple[int, int] | None:
        low = self._label_value(label.low, selector)
        high = low if label.high is None else self._label_value(label.high, selector)
        if low is None or high is None:
            return None
        if high < low:
            self.problem(f"the range {low}..{high} is empty", label.at, f"Write {high}..{low}")
            return None
        for other_low, other_high, at in seen:
            if low <= other_high and other_low <= high:
                shown = f"{low}..{high}" if low != high else str(low)
                self.problem(f"the label {shown} is already covered by the one of line {at.line}", label.at)
                return None
        seen.append((low, high, label.at))
        return low, high

    def _label_value(self, node: tree.Expression, selector: Typed | None) -> int | None:
        found = self.expression(node)
        spoken = found if isinstance(found, typed.Const) and found.type.kind == "string" else None
        if spoken is not None and isinstance(selector, typed.Standard) and selector.arguments:
            type_ = selector.arguments[0].type
            fitted = spoken if spoken.type == type_ else fitted_literal(spoken, type_)
            if type_ in (CHAR, WCHAR) and fitted is not None:
                return code_of(str(fitted.value))
            self.problem("a CASE label must be one character here", node.at)
            return None
        if found is None:
            if selector is not None:
                self.project.stubs.hint(node, selector.type, self.file, compared=True)
            return None
        if selector is not None and "enum" in (selector.type.kind, found.type.kind):
            kinds = (selector.type, found.type)
            if all(kind.kind == "enum" for kind in kinds) and kinds[0] != kinds[1]:
                what = f"the label is a {found.type}, CASE selects by a {selector.type}"
                if not self.project.dialect.narrows:
                    self.problem(what, node.at)
                    return None
                self.project.notice(what, self.file, node.at, f"Write a member of {selector.type}")
        if (
            isinstance(found, typed.Const)
            and isinstance(found.value, int)
            and found.type.kind in ("int", "bits", "enum")
        ):
            return found.value
        if found.type.kind in ("int", "bits"):
            value = evaluated(found, LINT if found.type is ANY_INT else working(found.type))
            if isinstance(value, int):
                return value
        self.project.stubs.constant(self, node, label=True)
        self.problem("a CASE label must be a whole number or a CONSTANT", node.at)
        return None

    # ---- loops ---------------------------------------------------------------------------------------

    def _loop(self, statements: tuple[tree.Statement, ...], at: At) -> tuple[Command, ...]:
        if self.loops >= MAX_LOOPS:
            self.problem(f"more than {MAX_LOOPS} loops are nested in each other", at)
            return ()
        self.loops += 1
        body = self.body(statements)
        self.loops -= 1
        return body

    def _while(self, node: tree.While) -> Command | None:
        condition = self.value(node.condition, BOOL, "a BOOL condition")
        body = self._loop(node.body, node.at)
        return None if condition is None else commands.While(condition, body, node.at)

    def _repeat(self, node: tree.Repeat) -> Command | None:
        body = self._loop(node.body, node.at)
        until = self.value(node.until, BOOL, "a BOOL condition")
        return None if until is None else commands.Repeat(body, until, node.at)

    def _for(self, node: tree.For) -> Command | None:
        variable = self.designator(node.variable)
        type_: IecType | None = None
        if variable is not None and self.writable(variable, node.at):
            type_ = variable.type
            if type_.kind == "enum" and type_.element is not None and self.project.dialect.narrows:
                type_ = type_.element  # counts through its members, and through what lies between them
            if type_.kind not in ("int", "bits"):
                self.problem(f"FOR counts with a whole number, {variable.symbol.name} is a {type_}", node.at)
                type_ = None
            if variable.cell.view is not None:
                self.problem("FOR counts with a variable of its own, this is a part of one", node.at)
                type_ = None
            variable.symbol.read = variable.symbol.written = True
        given = (node.start, node.stop, node.step)
        if type_ is None or variable is None:
            for part in given:
                if part is not None:
                    self.expression(part)
            self._loop(node.body, node.at)
            return None
        start = self.value(node.start, variable.type, f"a {variable.type}")
        stop = self._bound(node.stop, type_)
        step: Typed | None = typed.Const(type_, 1)
        if node.step is not None:
            step = self._bound(node.step, type_)
            if isinstance(step, typed.Const) and step.value == 0:
                self.problem("the step of FOR is 0", node.step.at)
        body = self._loop(node.body, node.at)
        if start is None or stop is None or step is None:
            return None
        constant = isinstance(stop, typed.Const) and isinstance(step, typed.Const)
        each = self.project.dialect.bounds_each_round and not constant
        return commands.For(type_, variable.cell, start, stop, step, body, node.at, each)

    def _bound(self, node: tree.Expression, type_: IecType) -> Typed | None:
        found = self.expression(node)
        if found is not None and found.type.kind not in ("int", "bits", "enum"):
            self.problem(f"a whole number is expected here, this is a {found.type}", node.at)
            return None
        return found
