"""The rules of IEC 61131-3 (edition 3, 6.7) for sequential function charts, written down a second time.

Nothing of the product is used here. Steps are names, a transition is data, the control of an action is the
drawing of ACTION_CONTROL (figures 22 and 23 of the standard) in Python, with the standard's own blocks. The
clauses say which rule a line stands for; where the standard leaves a choice, decision 24 says what is taken:
actions before transitions, the text's order among what the standard does not order, P1 and P0 pulse a
Boolean variable, and the time of what is stored is that of the association that was active last.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

MS = 1_000_000


class RS:
    """Table 43: reset dominant."""

    def __init__(self) -> None:
        self.q = False

    def __call__(self, s: bool, r1: bool) -> bool:
        self.q = not r1 and (s or self.q)
        return self.q


class Rising:
    def __init__(self) -> None:
        self.memory = False

    def __call__(self, clk: bool) -> bool:
        fired, self.memory = clk and not self.memory, clk
        return fired


class Falling:
    def __init__(self) -> None:
        self.memory = False

    def __call__(self, clk: bool) -> bool:
        fired, self.memory = self.memory and not clk, clk
        return fired


class OnDelay:
    """Table 46: Q from `pt` after IN on, as long as IN stays."""

    def __init__(self) -> None:
        self.start: int | None = None
        self.q = False

    def __call__(self, now: int, in_: bool, pt: int) -> bool:
        if not in_:
            self.start, self.q = None, False
            return False
        if self.start is None:
            self.start = now
        self.q = self.q or now >= self.start + pt
        return self.q


class ActionControl:
    """ACTION_CONTROL with final scan logic: after a call, `q` and `a`, and whether P1 (`begins`) pulsed."""

    def __init__(self) -> None:
        self.s_ff, self.sd_ff, self.ds_ff, self.sl_ff = RS(), RS(), RS(), RS()
        self.l_tmr, self.d_tmr, self.sd_tmr, self.ds_tmr, self.sl_tmr = (OnDelay() for _ in range(5))
        self.p_trig, self.p1_trig, self.p0_trig, self.q_trig = Rising(), Rising(), Falling(), Falling()
        self.t = 0
        self.q = self.a = self.begins = self.pulse = False

    def __call__(self, now: int, on: Callable[[str], bool], time: int | None) -> None:
        if time is not None:
            self.t = time
        r, t = on("R"), self.t
        l_out, d_out = self.l_tmr(now, on("L"), t), self.d_tmr(now, on("D"), t)
        s = self.s_ff(on("S"), r)
        sd = self.sd_tmr(now, self.sd_ff(on("SD"), r), t)
        ds = self.ds_ff(self.ds_tmr(now, on("DS"), t), r)
        sl_on = self.sl_ff(on("SL"), r)
        sl_out = self.sl_tmr(now, sl_on, t)
        sl = sl_on and not sl_out
        p = self.p_trig(on("P"))
        self.q = not r and (on("N") or s or (on("L") and not l_out) or d_out or p or sd or ds or sl)
        self.begins = self.p1_trig(on("P1"))
        ended = self.p0_trig(on("P0"))
        # figure of the simpler ACTION_CONTROL, which a Boolean variable follows
        self.pulse = self.q or (not r and (self.begins or ended))
        last = self.q_trig(self.q)
        self.a = self.q or last or self.begins or ended


@dataclass
class Transition:
    """`priority` None: after all that have one."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    text: str
    holds: Callable[[Reference], bool]
    priority: int | None = None


@dataclass
class Chart:
    """`uses`: (step, action or variable, qualifier, time in ms or None) in the order of the text."""

    steps: list[str]
    initial: list[str]
    transitions: list[Transition]
    uses: list[tuple[str, str, str, int | None]]
    actions: list[str]
    variables: list[str]


@dataclass
class Reference:
    """One running chart. `executed`: the actions of the last scan as (name, its flag Q), in order."""

    chart: Chart
    inputs: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.x = {step: step in self.chart.initial for step in self.chart.steps}
        self.t = dict.fromkeys(self.chart.steps, 0)
        self.since: dict[str, int | None] = dict.fromkeys(self.chart.steps)
        self.controls = {name: ActionControl() for _, name, _, _ in self.chart.uses}
        self.variables = dict.fromkeys(self.chart.variables, False)
        self.executed: list[tuple[str, bool]] = []

    def scan(self, now: int) -> None:
        for step in self.chart.steps:
            if self.x[step]:
                if self.since[step] is None:
                    self.since[step] = now
                self.t[step] = now - (self.since[step] or 0)
        self._control(now)
        self._evolve(now)

    def _control(self, now: int) -> None:
        for name, control in self.controls.items():
            mine = [use for use in self.chart.uses if use[1] == name]
            active = [use for use in mine if self.x[use[0]]]
            times = [use[3] for use in active if use[3] is not None]
            on = {use[2] for use in active}
            control(now, on.__contains__, times[0] * MS if times else None)
            if name in self.variables:
                self.variables[name] = control.pulse
        acting = [name for name in self.chart.actions if name in self.controls]
        going = [name for name in acting if self.controls[name].q or self.controls[name].begins]
        ending = [name for name in acting if self.controls[name].a and name not in going]
        self.executed = [(name, self.controls[name].q) for name in (*ending, *going)]

    def _evolve(self, now: int) -> None:
        """6.7.5: what is enabled and true is cleared at once; a token is used by one transition only."""
        order = sorted(
            self.chart.transitions, key=lambda t: (1, 0) if t.priority is None else (0, t.priority)
        )
        used: set[str] = set()
        cleared = []
        for transition in order:
            enabled = all(self.x[step] for step in transition.sources)
            if enabled and used.isdisjoint(transition.sources) and transition.holds(self):
                used.update(transition.sources)
                cleared.append(transition)
        for transition in cleared:
            for step in transition.sources:
                self.x[step] = False
        for transition in cleared:
            for step in transition.targets:
                self.x[step], self.since[step], self.t[step] = True, now, 0


def text_of(chart: Chart, bodies: Callable[[str], str], declarations: str) -> str:
    """The chart as a program MAIN in textual form."""
    parts = [f"PROGRAM MAIN\n{declarations}"]
    for step in chart.steps:
        word = "INITIAL_STEP" if step in chart.initial else "STEP"
        inner = ""
        for owner, name, qualifier, time in chart.uses:
            if owner == step:
                inner += f" {name}({qualifier}{f', T#{time}ms' if time is not None else ''});"
        parts.append(f"{word} {step}:{inner} END_STEP")
    for transition in chart.transitions:
        priority = "" if transition.priority is None else f" (PRIORITY := {transition.priority})"
        source, target = _listed(transition.sources), _listed(transition.targets)
        parts.append(f"TRANSITION{priority} FROM {source} TO {target} := {transition.text}; END_TRANSITION")
    parts += [f"ACTION {name}: {bodies(name)} END_ACTION" for name in chart.actions]
    return "\n".join([*parts, "END_PROGRAM", ""])


def _listed(steps: tuple[str, ...]) -> str:
    return steps[0] if len(steps) == 1 else f"({', '.join(steps)})"


# ---- random charts -------------------------------------------------------------------------------------

INPUTS = ("i0", "i1", "i2")
PLAIN = ("N", "N", "S", "R", "P", "P1", "P0")
TIMED = ("L", "D", "SD", "DS", "SL")


class Builder:
    """Sound charts: sequences, selections, simultaneous sequences and loops in each other."""

    def __init__(self, seed: int, timed: bool = True) -> None:
        self.random = random.Random(seed)
        self.timed = timed
        self.steps: list[str] = []
        self.transitions: list[Transition] = []

    def chart(self) -> Chart:
        start = self._step()
        first, last = self._piece(self.random.randint(1, 3))
        self._link((start,), first)
        self._link(last, (start,))
        actions, variables = ["act0", "act1", "act2"], ["var0", "var1"]
        uses = []
        for step in self.steps:
            for _ in range(self.random.randint(0, 3)):
                kinds = (*PLAIN, *TIMED) if self.timed else PLAIN
                qualifier = self.random.choice(kinds)
                time = self.random.choice((0, 10, 25, 30, 50)) if qualifier in TIMED else None
                uses.append((step, self.random.choice((*actions, *variables)), qualifier, time))
        return Chart(self.steps, [start], self.transitions, uses, actions, variables)

    def _step(self) -> str:
        self.steps.append(f"S{len(self.steps)}")
        return self.steps[-1]

    def _piece(self, depth: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(steps that begin it, steps that it ends with), each of them simultaneous."""
        kind = self.random.choice(("step", "sequence", "choice", "parallel", "loop")) if depth else "step"
        if kind == "step":
            step = self._step()
            return (step,), (step,)
        if kind == "choice":
            head, tail = self._step(), self._step()
            for _ in range(self.random.randint(2, 3)):
                first, last = self._piece(depth - 1)
                self._link((head,), first)
                self._link(last, (tail,))
            return (head,), (tail,)
        one, other = self._piece(depth - 1), self._piece(depth - 1)
        if kind == "parallel":
            return (*one[0], *other[0]), (*one[1], *other[1])
        self._link(one[1], other[0])
        if kind == "loop":
            self._link(other[1], one[0])
        return one[0], other[1]

    def _link(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> None:
        text, holds = self._condition(sources)
        priority = self.random.choice((None, None, 1, 2, 3))
        self.transitions.append(Transition(sources, targets, text, holds, priority))

    def _condition(self, sources: tuple[str, ...]) -> tuple[str, Callable[[Reference], bool]]:
        name, step = (
            self.random.choice(INPUTS),
            self.random.choice((*sources, self.random.choice(self.steps))),
        )
        time = self.random.choice((10, 25, 40))
        kind = self.random.choice(("in", "in", "not", "after", "after", "until", "flag", "true"))
        if kind == "in":
            return name, lambda r: r.inputs[name]
        if kind == "not":
            return f"NOT {name}", lambda r: not r.inputs[name]
        if kind == "after":
            return f"{step}.T >= T#{time}ms", lambda r: r.t[step] >= time * MS
        if kind == "until":
            return f"{name} AND T#{time}ms > {step}.T", lambda r: r.inputs[name] and time * MS > r.t[step]
        if kind == "flag":
            return f"{step}.X AND {name}", lambda r: r.x[step] and r.inputs[name]
        return "TRUE", lambda r: True
