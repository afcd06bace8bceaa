"""Sequential function charts -> typed commands, as IEC 61131-3 (6.7) and decision 24 have it.

One call of the chart's POU: the control of each action is worked out from the active steps, the actions are
executed, and then the transitions are tested, all of them on the steps as they were; those that are enabled
and true are cleared at once. What one of them takes away no other can use. So an action has acted at least
once before a transition behind its step is tested, and one scan goes one step further at most.

Commands at quiet places keep the chart's own books: neither a statement of the program nor a place to stop.
"""

from __future__ import annotations

from dataclasses import replace

from commissioning.plc.checking import commands
from commissioning.plc.checking.commands import Command
from commissioning.plc.checking.scope import Symbol
from commissioning.plc.checking.statements import StatementChecker
from commissioning.plc.checking.typed import Cell, Compare, Const, Load, Logic, Not, Typed
from commissioning.plc.sfc.flags import flagged
from commissioning.plc.sfc.plan import ChartPlan, Control, Use
from commissioning.plc.sfc.times import StepTimes
from commissioning.plc.standard.blocks import CHART_TIMED_STEP
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At, Quiet
from commissioning.plc.values.iec_types import BOOL, TIME

NOWHERE = Quiet(0, 0)
_TRUE = Const(BOOL, True)
_LEAVE = ("if {leaving}:", "    {leaving} = {X} = False; {due} = now")


class ChartCoder(StatementChecker):
    """Makes the commands of one POU's chart."""

    def chart(self, plan: ChartPlan) -> tuple[Command, ...]:
        """`plan.symbols` are declared; Problems for conditions, times and variables that do not fit."""
        self.plan = plan
        conditions = [self.value(move.node.condition, BOOL, "a BOOL condition") for move in plan.moves]
        self.times = StepTimes(self, plan)
        begin = [c for number in range(len(plan.steps)) for c in self._begun(number)]
        controls = [c for control in plan.controls for c in self._controlled(control)]
        last = [c for control in plan.controls if control.action for c in self._executed_last(control)]
        acting = [c for control in plan.controls if control.action for c in self._executed(control)]
        tests = [c for number, found in enumerate(conditions) for c in self._tested(number, found)]
        moved = Load(BOOL, Cell("m", None, plan.state.index if plan.state is not None else 0))
        inner: list[Command] = [commands.Store(BOOL, moved.cell, Const(BOOL, False), NOWHERE)]
        sources = {step for move in plan.moves for step in move.sources}
        targets = {step for move in plan.moves for step in move.targets}
        inner += [self.lines(number, _LEAVE) for number in sorted(sources)]
        inner += [self._entered(number) for number in sorted(targets)]
        evolved = commands.If(((moved, tuple(inner), NOWHERE),), (), NOWHERE)
        end = [c for number in range(len(plan.steps)) for c in self._ended(number)]
        return flagged(self, plan, (*begin, *controls, *last, *acting, *tests, evolved, *end))

    # ---- steps ---------------------------------------------------------------------------------------

    def _cell(self, symbol: Symbol, name: str) -> Cell:
        assert symbol.standard is not None
        return Cell("m", None, symbol.index + symbol.standard.offsets[name.upper()])

    def _flag(self, number: int, name: str = "X") -> Load:
        return Load(BOOL, self._cell(self.plan.symbols[number], name))

    def lines(self, number: int, lines: tuple[str, ...], at: At = NOWHERE) -> Command:
        """Code of a step's own block."""
        symbol = self.plan.symbols[number]
        block = replace(CHART_TIMED_STEP, lines=lines)
        return commands.CallStandard(block, Cell("m", None, symbol.index), (), (), symbol, at)

    def _begun(self, number: int) -> list[Command]:
        """Before anything is executed: the first scan of an initial step, and its time where it is read."""
        found: list[Command] = []
        step = self.plan.steps[number]
        if step.initial:
            start = Load(TIME, self._cell(self.plan.symbols[number], "start"))
            first = Logic(BOOL, "AND", (self._flag(number), Compare("<", start, Const(TIME, 0))), True)
            begin = (f"{{start}} = now; {{due}} = {self.times.due(number, '0')}",)
            found.append(commands.If(((first, (self.lines(number, begin, step.at),), NOWHERE),), (), NOWHERE))
        if self.times.is_read(number):
            lines: tuple[str, ...] = ("if {X}:", "    {T} = now - {start}")
            if self.times.thresholds(number):
                lines += (f"    {{due}} = {self.times.due(number, '{T}')}",)
            found.append(self.lines(number, lines))
        return found

    def _ended(self, number: int) -> list[Command]:
        """A time that is only compared is worked out anew in each scan, so that a cell that runs on does not
        keep scans from being skipped."""
        if self.times.is_read(number) and not self.times.is_kept(number):
            return [self.lines(number, ("if {X}: {T} = 0",))]
        return []

    def _entered(self, number: int) -> Command:
        lines: tuple[str, ...] = (
            "{entering} = False; {X} = True",
            f"{{start}} = now; {{due}} = {self.times.due(number, '0')}; {{T}} = 0",
        )
        body = (self.lines(number, lines, self.plan.steps[number].at),)
        return commands.If(((self._flag(number, "entering"), body, NOWHERE),), (), NOWHERE)

    # ---- transitions ---------------------------------------------------------------------------------

    def _tested(self, number: int, condition: Typed | None) -> list[Command]:
        if condition is None or self.plan.state is None:
            return []
        move = self.plan.moves[number]
        taken = {step for earlier in self.plan.moves[:number] for step in earlier.sources}
        enabled: list[Typed] = [self._flag(step) for step in move.sources]
        enabled += [Not(BOOL, self._flag(step, "leaving")) for step in move.sources if step in taken]
        marks = [self._flag(step, "leaving").cell for step in move.sources]
        marks += [self._flag(step, "entering").cell for step in move.targets]
        marks.append(Cell("m", None, self.plan.state.index))
        body = tuple(commands.Store(BOOL, cell, _TRUE, NOWHERE) for cell in marks)
        test = Logic(BOOL, "AND", (*enabled, condition), True)
        return [commands.If(((test, body, move.node.at),), (), move.node.at)]

    # ---- control of actions: the ACTION_CONTROL of the standard --------------------------------------

    def _controlled(self, control: Control) -> list[Command]:
        """The flag Q of an action, or the Boolean variable itself."""
        found: list[Command] = self._timed(control)
        reset = self._active(control.by("R"))
        terms = [term for term in (self._active(control.by("N")),) if term is not None]
        for qualifier in ("S", "L", "D", "P", "SD", "DS", "SL"):
            active = self._active(control.by(qualifier))
            if active is not None:
                terms.append(self._stored(control, qualifier, active, reset, found))
        pulses = [self._edge(control, word, found) for word in ("P1", "P0") if control.by(word)]
        if not control.action:
            terms += pulses
        value = _any(terms)
        if reset is not None and terms:
            value = Logic(BOOL, "AND", (Not(BOOL, reset), value), True)
        if control.action:
            found.append(commands.Store(BOOL, self._cell(control.hidden["Q"], "Q"), value, NOWHERE))
            return found
        target = self.designator(control.target)
        if target is None or not self.writable(target, control.at):
            return []
        if target.type != BOOL:
            what = f"{control.name} is a {target.type}; an action is an ACTION or a BOOL variable"
            self.problem(what, control.at)
            return []
        target.symbol.written = True
        found.append(commands.Store(BOOL, target.cell, value, Quiet(*control.at)))
        return found

    def _active(self, uses: list[Use]) -> Typed | None:
        """Whether one of these associations is active."""
        return _any([self._flag(step) for step in dict.fromkeys(u.step for u in uses)]) if uses else None

    def _stored(
        self, control: Control, qualifier: str, active: Typed, reset: Typed | None, found: list[Command]
    ) -> Typed:
        """What the qualifier adds to Q; the calls of its blocks go to `found`."""

        def call(part: str, **inputs: Typed | None) -> Load:
            symbol = control.hidden[part]
            block = symbol.standard
            assert block is not None
            given = [(block.offsets[k], BOOL, v) for k, v in inputs.items() if v is not None]
            if "PT" in block.offsets and not self._is_preset(symbol):
                latched = Load(TIME, self._cell(control.hidden["T"], "time"))
                given.append((block.offsets["PT"], TIME, latched))
            cell = Cell("m", None, symbol.index)
            found.append(commands.CallStandard(block, cell, tuple(given), (), symbol, NOWHERE))
            return Load(BOOL, self._cell(symbol, "Q1" if part.endswith("_FF") else "Q"))

        if qualifier == "P":
            return call("P_TRIG", CLK=active)
        if qualifier == "S":
            return call("S_FF", S=active, R1=reset)
        if qualifier == "L":
            return Logic(BOOL, "AND", (active, Not(BOOL, call("L_TMR", IN=active))), True)
        if qualifier == "D":
            return call("D_TMR", IN=active)
        if qualifier == "DS":
            return call("DS_FF", S=call("DS_TMR", IN=active), R1=reset)
        stored = call(f"{qualifier}_FF", S=active, R1=reset)
        out = call(f"{qualifier}_TMR", IN=stored)
        return out if qualifier == "SD" else Logic(BOOL, "AND", (stored, Not(BOOL, out)), True)

    def _edge(self, control: Control, word: str, found: list[Command]) -> Typed:
        """The pulse of P1 (a step begins) or P0 (it has ended)."""
        symbol = control.hidden[f"{word}_TRIG"]
        active = self._active(control.by(word))
        assert symbol.standard is not None and active is not None
        given = ((symbol.standard.offsets["CLK"], BOOL, active),)
        cell = Cell("m", None, symbol.index)
        found.append(commands.CallStandard(symbol.standard, cell, given, (), symbol, NOWHERE))
        return Load(BOOL, self._cell(symbol, "Q"))

    # ---- times of qualifiers -------------------------------------------------------------------------

    def _timed(self, control: Control) -> list[Command]:
        """Sets the time T of the control from the active association; it is kept when that has ended, since
        what is stored goes on. A time that is always the same is put into the timers once and for all."""
        timed = [use for use in control.uses if use.time is not None]
        values = [self.value(use.time, TIME, "for the time a TIME") for use in timed if use.time is not None]
        known = [value for value in values if value is not None]
        if not known or len(known) < len(timed):
            return []
        if isinstance(known[0], Const) and all(value == known[0] for value in known):
            for part, symbol in control.hidden.items():
                if part.endswith("_TMR"):
                    place = self._cell(symbol, "PT").index
                    self.pou.slots[place] = replace(self.pou.slots[place], value=known[0].value)
            return []
        cell = self._cell(control.hidden["T"], "time")
        branches = [
            (self._flag(use.step), (commands.Store(TIME, cell, value, Quiet(*use.at)),), NOWHERE)
            for use, value in zip(timed, known, strict=True)
        ]
        return [commands.If(tuple(branches), (), NOWHERE)]

    def _is_preset(self, timer: Symbol) -> bool:
        return bool(self.pou.slots[self._cell(timer, "PT").index].value)

    # ---- execution -----------------------------------------------------------------------------------

    def _executed_last(self, control: Control) -> list[Command]:
        """The scan after Q has fallen, and the pulse of P0: before everything that begins in this scan."""
        was = Load(BOOL, self._cell(control.hidden["Q"], "was"))
        ended: list[Typed] = []
        if {use.qualifier for use in control.uses} - {"P1", "P0", "R"}:
            ended.append(was)
        if "P0_TRIG" in control.hidden:
            ended.append(Load(BOOL, self._cell(control.hidden["P0_TRIG"], "Q")))
        if not ended:
            return []
        test = Logic(BOOL, "AND", (_any(ended), Not(BOOL, self._acting(control))), True)
        body = (commands.Store(BOOL, was.cell, Const(BOOL, False), NOWHERE), *self._call(control, NOWHERE))
        return [commands.If(((test, body, NOWHERE),), (), NOWHERE)]

    def _executed(self, control: Control) -> list[Command]:
        flag = control.hidden["Q"]
        store = commands.Store(BOOL, self._cell(flag, "was"), Load(BOOL, self._cell(flag, "Q")), NOWHERE)
        body = (store, *self._call(control, control.at))
        return [commands.If(((self._acting(control), body, NOWHERE),), (), NOWHERE)]

    def _acting(self, control: Control) -> Typed:
        """Whether the action is executed with or for what is active: Q, or the pulse of P1."""
        terms = [Load(BOOL, self._cell(control.hidden["Q"], "Q"))]
        if "P1_TRIG" in control.hidden:
            terms.append(Load(BOOL, self._cell(control.hidden["P1_TRIG"], "Q")))
        return _any(list(terms))

    def _call(self, control: Control, at: At) -> tuple[Command, ...]:
        name = tree.Name(control.action, control.at)
        return self.body((tree.Invoke(tree.Call(name, (), control.at, 2), at),))


def _any(terms: list[Typed]) -> Typed:
    if not terms:
        return Const(BOOL, False)
    return terms[0] if len(terms) == 1 else Logic(BOOL, "OR", tuple(terms), True)
