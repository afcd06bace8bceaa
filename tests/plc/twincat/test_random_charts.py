"""Random charts as TwinCAT draws them, against a walk over the drawing, scan by scan."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from archived_charts import Branch, Jump, Part, Step, Transition, Use, action, chart, transition
from archived_charts import st as text_body
from drawn_archives import declared, pou, started
from walked_charts import MS, ChartWalk

INPUTS = ("i0", "i1", "i2")
CALLED = ("a0", "a1", "a2", "a3")
IEC = ("f0", "f1")
TIMED = ("L", "D", "SD", "DS", "SL")
OBJECTS = {
    "t0": "t0 := i0 AND NOT i1;",
    "t1": " i2 OR i1 // either\n",
    "t2": "IF i2 THEN t2 := NOT i0; END_IF",
}
RULES = {
    "t0": lambda i: i["i0"] and not i["i1"], "t1": lambda i: i["i2"] or i["i1"],
    "t2": lambda i: i["i2"] and not i["i0"], "NOT t1": lambda i: not (i["i2"] or i["i1"]),
}  # fmt: skip


def holds(walk: ChartWalk, condition: str) -> bool:
    if condition in RULES:
        return RULES[condition](walk.inputs)
    if condition == "TRUE":
        return True
    if condition.endswith("ms"):
        step, time = condition.removesuffix("ms").split(".T >= T#")
        return walk.t[step] >= int(time) * MS
    if condition.endswith(".x"):
        return walk.x[condition.removesuffix(".x")]
    word, _, name = condition.rpartition(" ")
    return walk.inputs[name] != (word == "NOT")


class Drawer:
    """Sound charts: a jump stays in its line of a parallel branch."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = self.branches = 0
        self.names: list[str] = []

    def step(self, scope: list[str], initial: bool = False) -> Step:
        pick, chance = self.random.choice, self.random.random
        name = f"S{self.count}"
        self.count += 1
        uses = []
        for _ in range(pick((0, 0, 1, 2))):
            qualifier = pick(("N", "N", "S", "R", "P", "P1", "P0", "L", "D", "SD", "DS", "SL"))
            uses.append(Use(pick(IEC), qualifier, pick((10, 25, 40)) if qualifier in TIMED else None))
        made = Step(
            name,
            initial,
            pick(CALLED) if chance() < 0.6 else "",
            pick(CALLED) if chance() < 0.4 else "",
            pick(CALLED) if chance() < 0.4 else "",
            20 if chance() < 0.15 else 0,
            tuple(uses),
        )
        scope.append(name)
        self.names.append(name)
        return made

    def transition(self) -> Transition:
        some = self.random.choice(self.names)
        return Transition(self.random.choice((
            "i0", "i1", "i2", "NOT i0", "NOT i2", "TRUE", *RULES, f"{some}.T >= T#20ms", f"{some}.x",
        )))  # fmt: skip

    def line(self, depth: int, scope: list[str], initial: bool = False) -> list[Part]:
        """From a step to a step."""
        parts: list[Part] = [self.step(scope, initial)]
        for _ in range(self.random.randint(0, 2)):
            kind = self.random.choice(("move", "either", "parallel", "away")) if depth else "move"
            if kind == "either":
                parts += [self.either(depth - 1, scope), self.step(scope)]
            elif kind == "away":  # one line goes on behind the branch, the others jump
                onwards = [self.transition(), *self._join(depth - 1, scope)]
                legs = [tuple(onwards), *(tuple(self.leaving(depth - 1, scope)) for _ in range(1))]
                self.random.shuffle(legs)
                parts += [Branch(tuple(legs), name="Branch"), self.transition(), self.step(scope)]
            elif kind == "parallel":
                parts += [
                    self.transition(),
                    *self._join(depth - 1, scope),
                    self.transition(),
                    self.step(scope),
                ]
            else:
                parts += [self.transition(), self.step(scope)]
        return parts

    def _join(self, depth: int, scope: list[str]) -> list[Part]:
        """A parallel branch, which is known by its name from then on."""
        legs = [tuple(self.line(depth, [])) for _ in range(self.random.randint(2, 3))]
        name = f"Both{self.branches}"
        self.branches += 1
        scope.append(name)
        return [Branch(tuple(legs), True, name)]

    def either(self, depth: int, scope: list[str]) -> Branch:
        legs = []
        for number in range(self.random.randint(2, 3)):
            if number and self.random.random() < 0.3:
                legs.append(self.leaving(depth, scope))
            elif self.random.random() < 0.4:
                legs.append([self.transition()])
            else:
                legs.append([self.transition(), *self.line(depth, scope), self.transition()])
        return Branch(tuple(map(tuple, legs)))

    def leaving(self, depth: int, scope: list[str]) -> list[Part]:
        """A line that ends in a jump; never from a step straight to itself."""
        inner = self.line(depth, scope)
        before = {part.name for part in inner[-1:] if isinstance(part, Step)}
        to = [name for name in scope if name not in before]
        return [self.transition(), *inner, self.transition(), Jump(self.random.choice(to))]

    def chart(self) -> list[Part]:
        scope: list[str] = []
        parts = self.line(2, scope, True)
        if len(scope) == 1:
            parts += [self.transition(), self.step(scope)]
        return [*parts, self.transition(), Jump(self.random.choice(scope[:-1]))]


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9))
def test_that_random_charts_do_what_is_drawn(seed: int) -> None:
    parts = Drawer(seed).chart()
    bodies = "".join(
        action(name, f"number := number + 1; {name}_n := {name}_n + 1; {name}_k := number;")
        for name in (*reversed(IEC), *CALLED)
    )
    bodies += "".join(transition(name, text_body(text)) for name, text in OBJECTS.items())
    counts = {f"{name}_{end}": 0 for name in (*IEC, *CALLED) for end in "nk"}
    variables = dict.fromkeys(INPUTS, "BOOL") | dict.fromkeys(counts, "DINT") | {"number": "DINT"}
    plc = started(pou(declared(**variables), chart(*parts), bodies))
    walk = ChartWalk(parts, IEC, holds)
    source = random.Random(seed)
    now = number = 0
    walk.inputs = dict.fromkeys(INPUTS, False)
    for _ in range(60):
        for name in INPUTS:
            if source.random() < 0.3:
                walk.inputs[name] = not walk.inputs[name]
                plc[f"MAIN.{name}"] = walk.inputs[name]
        plc.scan(now)
        walk.scan(now)
        for name in walk.executed:
            number += 1
            counts[f"{name}_n"] += 1
            counts[f"{name}_k"] = number
        assert {s: plc[f"MAIN.{s}.X"] for s in walk.steps} == walk.x
        assert {s: plc[f"MAIN.{s}.T"] for s in walk.steps} == walk.t
        assert {name: plc[f"MAIN.{name}"] for name in counts} == counts
        now += source.choice((5, 10, 10, 15)) * MS
