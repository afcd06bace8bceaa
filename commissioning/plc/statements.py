"""Checks statements: the body of a POU -> typed commands."""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc import tree, typed
from commissioning.plc.assertions import check_test_call, is_test_call
from commissioning.plc.blocks import StandardBlock
from commissioning.plc.calls import ExpressionChecker
from commissioning.plc.designators import Designator
from commissioning.plc.enabling import Enabled, enabled, has_enable
from commissioning.plc.evaluation import evaluated
from commissioning.plc.functions import FUNCTIONS
from commissioning.plc.iec_types import ANY_INT, BOOL, INT, LINT, NONE, IecType, working
from commissioning.plc.objects import Target
from commissioning.plc.pointers import MEMORY_CALLS, PLACES
from commissioning.plc.scope import Pou, suggestion
from commissioning.plc.stubs import STUB_CALL
from commissioning.plc.tcunit import library_call, suite_call
from commissioning.plc.tree import At
from commissioning.plc.typed import Command, Typed

MAX_LOOPS = 15  # nested in each other: Python itself allows 20


class StatementChecker(ExpressionChecker):
    """Checks the body of one POU; `loops` is how many loops surround the statement at hand."""

    loops = 0

    def body(self, statements: tuple[tree.Statement, ...]) -> tuple[Command, ...]:
        checked = [self._statement(statement) for statement in statements]
        return tuple(command for command in checked if command is not None)

    def _statement(self, node: tree.Statement) -> Command | None:
        match node:
            case tree.Assign():
                return self._assign(node)
            case tree.Invoke():
                return self._invoke(node)
            case tree.If():
                return self._if(node)
            case tree.Case():
                return self._case(node)
            case tree.For():
                return self._for(node)
            case tree.While():
                condition = self.value(node.condition, BOOL, "a BOOL condition")
                body = self._loop(node.body, node.at)
                return None if condition is None else typed.While(condition, body, node.at)
            case tree.Repeat():
                body = self._loop(node.body, node.at)
                until = self.value(node.until, BOOL, "a BOOL condition")
                return None if until is None else typed.Repeat(body, until, node.at)
            case tree.Jump():
                if node.word != "RETURN" and self.loops == 0:
                    self.problem(f"{node.word} stands outside a loop", node.at)
                    return None
                return typed.Jump(node.word, node.at)

    def _loop(self, statements: tuple[tree.Statement, ...], at: At) -> tuple[Command, ...]:
        if self.loops >= MAX_LOOPS:
            self.problem(f"more than {MAX_LOOPS} loops are nested in each other", at)
            return ()
        self.loops += 1
        body = self.body(statements)
        self.loops -= 1
        return body

    def _when_enabled(self, node: tree.Assign | tree.Invoke, parts: Enabled) -> Command | None:
        """A statement with a call that has EN or ENO, as an IF around it."""
        condition: Typed | None = typed.Const(BOOL, True)
        if parts.condition is not None:
            condition = self.value(parts.condition, BOOL, "for EN a BOOL")
        inner: tree.Statement = replace(node, call=parts.call) if isinstance(node, tree.Invoke) else node
        if isinstance(node, tree.Assign):
            inner = replace(node, value=parts.call)
        command = self._statement(inner)
        if condition is None or command is None:
            return None
        if parts.told is None:
            return typed.If(((condition, (command,), node.at),), (), node.at)
        target = self.designator(parts.told.value)
        if target is None or not self.writable(target, parts.told.value.at):
            return None
        target.symbol.written = True
        if target.type.kind != "bool":
            self.problem(f"ENO gives a BOOL, this is a {target.type}", parts.told.value.at)
            return None
        yes, no = (
            typed.Store(target.type, target.cell, typed.Const(BOOL, made != parts.told.negated), node.at)
            for made in (True, False)
        )
        return typed.If(((condition, (command, yes), node.at),), (no,), node.at)

    def _parameters_of(self, call: tree.Call) -> frozenset[str]:
        """The names that the callee itself has, where it is the user's."""
        if isinstance(call.target, tree.Name):
            symbol = self.project.lookup(self.pou, call.target.name)
            pou = symbol.block if symbol is not None else self.project.pous.get(call.target.name.upper())
            return frozenset(pou.symbols) if pou is not None else frozenset()
        target = self.target_of(call)
        if target is not None:
            return frozenset(target.pou.symbols)
        if isinstance(call.target, tree.Member) and self._is_library(call.target.owner):
            return frozenset()
        found = self.designator(call.target)
        block = None if found is None else found.block
        return frozenset() if block is None else frozenset(block.symbols)

    def _enabled(self, node: tree.Expression) -> Enabled | None:
        """The parts of a call with EN or ENO."""
        if not isinstance(node, tree.Call) or not has_enable(node):
            return None
        return enabled(node, self._parameters_of(node))

    def _assign(self, node: tree.Assign) -> Command | None:
        parts = self._enabled(node.value)
        if parts is not None:
            return self._when_enabled(node, parts)
        if node.operator in ("S=", "R="):
            return self._set_or_reset(node)
        if node.operator == "REF=":
            return self.bind(node)
        if isinstance(node.target, tree.Name):
            name = node.target.name
            own = self.pou.kind in ("FUNCTION", "METHOD") and name.upper() == self.pou.result_name
            if own and self.pou.result is NONE:
                self.problem(f"{name} has no result", node.at)
                return None
        target = self.designator(node.target)
        if target is None:
            found = self.expression(node.value)
            if found is not None:
                self.project.stubs.stands(self, node.target, found.type, node.value)
            return None
        if target.accessors is not None:
            return self.set_property(target, node)
        copied = self._copy_of_blocks(target, node)
        if copied is not None:
            return copied
        if not self.writable(target, node.target.at):
            self.project.stubs.stored(self, node.target)
            return None
        what = f"for {target.member or target.symbol.name} a {target.type}"
        with self.project.stubs.mute(self.project.stubs.unsure(self, node.target)):
            value = self.value(node.value, target.type, what)
        target.symbol.written = True
        if value is None:
            self._told(node.target, node.value)
            return None
        return typed.Store(target.type, target.cell, value, node.at)

    def _copy_of_blocks(self, target: Designator, node: tree.Assign) -> Command | None:
        """`one := other` of blocks of one type, or of what has blocks in it; None for anything else."""
        holds = target.type.blocks or target.standard is not None or target.block is not None
        if not holds or target.here or not isinstance(node.value, PLACES):
            return None
        source = self.designator(node.value)
        same = source is not None and source.type == target.type and source.block is target.block
        if source is None or not same or source.here or source.value is not None:
            return None
        source.symbol.read = target.symbol.read = target.symbol.written = True
        self.project.any_elapsed |= source.symbol.elapsed or target.symbol.elapsed
        graft = typed.Graft(target.type, target.cell, source.cell, target.block is not None)
        return typed.CallFunction(graft, node.at)

    def _told(self, target: tree.Expression, value: tree.Expression) -> None:
        """What is stored in a stub says what it is."""
        found = self.expression(value)
        if found is not None:
            self.project.stubs.refit(self, target, found.type, value)

    def _set_or_reset(self, node: tree.Assign) -> Command | None:
        """`x S= condition`: x becomes TRUE where the condition holds, and keeps its value elsewhere."""
        target = self.designator(node.target)
        condition = self.value(node.value, BOOL, "a BOOL")
        if target is None:
            self.project.stubs.hint(node.target, BOOL, self.file, "in")
            return None
        if not self.writable(target, node.target.at):
            return None
        target.symbol.written = True
        if target.type.kind != "bool":
            self.project.stubs.refit(self, node.target, BOOL)
            self.problem(f"'{node.operator}' sets a BOOL, this is a {target.type}", node.target.at)
            return None
        if condition is None:
            return None
        store = typed.Store(target.type, target.cell, typed.Const(BOOL, node.operator == "S="), node.at)
        return typed.If(((condition, (store,), node.at),), (), node.at)

    def _if(self, node: tree.If) -> Command:
        branches = []
        for branch in node.branches:
            condition = self.value(branch.condition, BOOL, "a BOOL condition")
            body = self.body(branch.body)
            if condition is not None:
                branches.append((condition, body, branch.at))
        return typed.If(tuple(branches), self.body(node.otherwise), node.at)

    # ---- CASE ----------------------------------------------------------------------------------------

    def _case(self, node: tree.Case) -> Command | None:
        selector = self.expression(node.selector)
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
        return None if selector is None else typed.Case(selector, tuple(options), otherwise, node.at)

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
        if found is None:
            if selector is not None:
                self.project.stubs.hint(node, selector.type, self.file, compared=True)
            return None
        if selector is not None and "enum" in (selector.type.kind, found.type.kind):
            kinds = (selector.type, found.type)
            if all(kind.kind == "enum" for kind in kinds) and kinds[0] != kinds[1]:
                what = f"the label is a {found.type}, CASE selects by a {selector.type}"
                self.problem(what, node.at)
                return None
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
        self.project.stubs.constant(self, node)
        self.problem("a CASE label must be a whole number or a CONSTANT", node.at)
        return None

    # ---- FOR -----------------------------------------------------------------------------------------

    def _for(self, node: tree.For) -> Command | None:
        variable = self.designator(node.variable)
        type_: IecType | None = None
        if variable is not None and self.writable(variable, node.at):
            type_ = variable.type
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
        start = self.value(node.start, type_, f"a {type_}")
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
        return typed.For(type_, variable.cell, start, stop, step, body, node.at, each)

    def _bound(self, node: tree.Expression, type_: IecType) -> Typed | None:
        found = self.expression(node)
        if found is not None and found.type.kind not in ("int", "bits"):
            self.problem(f"a whole number is expected here, this is a {found.type}", node.at)
            return None
        return found

    # ---- calls ---------------------------------------------------------------------------------------

    def _invoke(self, node: tree.Invoke) -> Command | None:
        call = node.call
        parts = self._enabled(call)
        if parts is not None:
            return self._when_enabled(node, parts)
        if not isinstance(call, tree.Call):
            name = call.name if isinstance(call, tree.Name | tree.Member) else "this"
            self.problem(f"{name} is not a statement", node.at, f"Write {name} := ...; or call it: {name}();")
            return None
        asserted = suite_call(self, call)
        if asserted is not None:
            return asserted[0]
        method = self.target_of(call)
        if method is not None and method.pou.kind == "ACTION" and call.arguments:
            return self._action(method, call, node.at)
        if method is not None:
            made = self.user_call(method.pou, call, method)
            return None if made is None else typed.CallFunction(made, node.at)
        if isinstance(call.target, tree.Member) and self._is_library(call.target.owner):
            owner = call.target.owner
            listed = isinstance(owner, tree.Name) and owner.name.upper() in self.project.list_names
            if not listed or self.project.pous.get(call.target.name.upper()) is not None:
                target_name = tree.Name(call.target.name, call.target.at)
                call = tree.Call(target_name, call.arguments, call.at, call.depth)
        if isinstance(call.target, tree.Name) and call.target.name.upper() not in ("THIS", "SUPER"):
            name = call.target.name.upper()
            pou = self.project.pous.get(name)
            if self.pou.kind == "TEST" and pou is None and is_test_call(name):
                return check_test_call(self, name, call)
            tested = library_call(self, name, call) if pou is None else None
            if tested is not None:
                return tested[0]
            if self.project.lookup(self.pou, name) is None:
                if pou is not None and pou.kind == "FUNCTION":
                    checked = self.user_call(pou, call)
                    return None if checked is None else typed.CallFunction(checked, node.at)
                if pou is not None and pou.kind == "PROGRAM":
                    self.problem(
                        f"{pou.name} is a program: a task calls it",
                        node.at,
                        "Make it a FUNCTION_BLOCK, or use the dialect codesys or twincat",
                    )
                    return None
                if name == STUB_CALL and pou is None:
                    return typed.StubReached(self.pou.name, node.at, self.project.stub_cell(self.pou.name))
                if name in MEMORY_CALLS and pou is None:
                    moved = self.memory_call(name, call)
                    return None if moved is None else typed.CallFunction(moved, node.at)
                if name in FUNCTIONS:
                    self.problem(f"the result of {name} is not used", node.at, f"Write x := {name}(...);")
                    return None
                if pou is None and self.project.block(name) is None:
                    known = [
                        s.name for s in (*self.pou.symbols.values(), *self.project.globals.symbols.values())
                    ]
                    self.project.stubs.function(self, call, False)
                    cure = "It belongs into a TEST" if is_test_call(name) else suggestion(name, known)
                    self.problem(f"there is no block or function {call.target.name}", node.at, cure)
                    return None
        elif self.project.stubs.function(self, call, False):
            self.problem("this calls a method of a stub that is not known yet", node.at)
            return None
        target = self.designator(call.target)
        if target is None:
            return None
        target.symbol.read = target.symbol.written = True
        if target.standard is not None:
            return self._standard_block(target, target.standard, call, node.at)
        if target.block is not None:
            return self._user_block(target, target.block, call, node.at)
        name = target.member or target.symbol.name
        self.project.stubs.called(target.type)
        self.problem(f"{name} is a {target.type}, only blocks and functions can be called", node.at)
        return None

    def _standard_block(
        self, target: Designator, block: StandardBlock, call: tree.Call, at: At
    ) -> Command | None:
        if not block.lines:
            what = f"{target.symbol.name} is a {block.name} and cannot be called"
            self.problem(what, at, "Its transitions activate it")
            return None
        names = [cell.name for cell in block.cells if cell.role == "input"]
        outputs = [cell.name for cell in block.cells if cell.role == "output"]
        stored: dict[int, tuple[int, IecType, Typed]] = {}
        results: list[typed.Store] = []
        for position, argument in enumerate(call.arguments):
            name = argument.name or (names[position] if position < len(names) else "")
            offset = block.offsets.get(name.upper())
            cell = block.cells[offset] if offset is not None else None
            if offset is None or cell is None or cell.role != ("output" if argument.out else "input"):
                kind, known = ("output", outputs) if argument.out else ("input", names)
                self.problem(
                    f"{block.name} has no {kind} {name}; it has {', '.join(known)}"
                    if name
                    else f"{block.name} has {len(names)} inputs",
                    argument.at,
                    suggestion(name, known),
                )
                self.expression(argument.value)
            elif argument.out:
                if cell.name == "ET":
                    target.symbol.elapsed = True
                    self.project.reads_elapsed = True
                    self.project.any_elapsed |= target.symbol.by_reference
                self._output(typed.Load(cell.type, target.cell.at(offset)), argument, results)
            elif offset in stored:
                self.problem(f"{name} is given twice", argument.at)
            else:
                self.bindable(argument, cell.type)
                value = self.value(argument.value, cell.type, f"for {cell.name} a {cell.type}")
                if value is not None:
                    stored[offset] = (offset, cell.type, value)
        return typed.CallStandard(
            block, target.cell, tuple(stored.values()), tuple(results), target.symbol, at
        )

    def _action(self, action: Target, call: tree.Call, at: At) -> Command | None:
        """`block.action(input := ..., output => ...)`: the parameters are those of the block."""
        named = call.target
        owner = self.designator(named.owner) if isinstance(named, tree.Member) else self.own_block()
        if owner is None or owner.block is None:
            self.problem("an action takes the parameters of a block, this is none", at)
            return None
        made = self._user_block(owner, owner.block, call, at)
        return replace(made, pou=action.pou.number, others=()) if isinstance(made, typed.CallBlock) else None

    def _user_block(self, target: Designator, block: Pou, call: tree.Call, at: At) -> Command | None:
        others = self.body_targets(target, block)
        if target.here or others:
            self.pou.invokes.setdefault(block.key, at)
        else:
            self.pou.calls.setdefault(block.key, at)
        inputs, outputs = block.section("VAR_INPUT", "VAR_IN_OUT"), block.section("VAR_OUTPUT")
        names, known_outputs = [s.name for s in inputs], [s.name for s in outputs]
        stored: dict[str, tuple[int, IecType, Typed]] = {}
        references: list[tuple[int, typed.Cell]] = []
        memories: list[tuple[int, typed.Cell]] = []
        results: list[typed.Store] = []
        given: set[str] = set()
        for position, argument in enumerate(call.arguments):
            name = argument.name or (names[position] if position < len(names) else "")
            symbol = block.symbols.get(name.upper())
            if symbol is None or symbol not in (outputs if argument.out else inputs):
                kind, known = ("output", known_outputs) if argument.out else ("input", names)
                self.problem(
                    f"{block.name} has no {kind} {name}" if name else f"{block.name} has {len(names)} inputs",
                    argument.at,
                    suggestion(name, known),
                )
                self.project.stubs.parameters(self, call, block.name)
                self.expression(argument.value)
                continue
            if symbol.name in given and not argument.out:
                self.problem(f"{name} is given twice", argument.at)
                continue
            given.add(symbol.name)
            if argument.out:
                inner = typed.Cell("q", None, symbol.index)
                self._output(typed.Load(symbol.type, inner), argument, results)
            elif symbol.by_reference:
                found = self.reference(argument.value, symbol)
                if found is not None and symbol.block is not None:
                    memories.append((symbol.index, found.cell))
                elif found is not None:
                    references.append((symbol.index, found.cell))
            else:
                self.bindable(argument, symbol.type)
                with self.project.stubs.mute(self.project.stubs.weak(block.name, "", symbol.name)):
                    value = self.value(argument.value, symbol.type, f"for {symbol.name} a {symbol.type}")
                if value is not None:
                    stored[symbol.name] = (symbol.index, symbol.type, value)
        if len(stored) + len(references) + len(memories) + len(results) < len(call.arguments):
            self.project.stubs.parameters(self, call, block.name)
        for symbol in block.section("VAR_IN_OUT"):
            if symbol.name not in given:
                self.problem(f"{block.name} needs a variable for its VAR_IN_OUT {symbol.name}", at)
        return typed.CallBlock(
            block.number,
            target.cell,
            tuple(stored.values()),
            tuple(references),
            tuple(memories),
            tuple(results),
            at,
            others,
        )

    def _output(self, load: typed.Load, argument: tree.Argument, results: list[typed.Store]) -> None:
        """`output => variable`: a store after the call."""
        found = self.designator(argument.value)
        if found is None:
            self.project.stubs.hint(argument.value, load.type, self.file, "in")
            return
        if not self.writable(found, argument.value.at):
            return
        found.symbol.written = True
        source: Typed = load
        if argument.negated:
            if load.type.kind not in ("bool", "bits"):
                self.problem(f"NOT needs a BOOL, {argument.name} is a {load.type}", argument.at)
                return
            source = typed.Not(load.type, load)
        value = self.fit(source, found.type, argument.at, f"for {found.symbol.name} a {found.type}")
        if value is None:
            self.project.stubs.refit(self, argument.value, source.type)
        else:
            found.symbol.written = True
            results.append(typed.Store(found.type, found.cell, value, argument.at))
