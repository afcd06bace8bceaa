"""What a sequential function chart says, with its names resolved: steps, transitions, and what acts when."""

from __future__ import annotations

from dataclasses import dataclass, field

from commissioning.plc.checking.scope import Pou, Project, Symbol, suggestion
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.sfc_tree import ChartStep, Transition
from commissioning.plc.syntax.tree import At

PLAIN = ("N", "R", "S", "P", "P0", "P1")
TIMED = ("L", "D", "SD", "DS", "SL")


@dataclass(frozen=True, slots=True)
class Use:
    """An action block: while step number `step` is active, it acts on an action by its qualifier."""

    step: int
    qualifier: str
    time: tree.Expression | None
    at: At


@dataclass(eq=False, slots=True)
class Control:
    """All that acts on one action: `action` is the name of an ACTION, "" for the Boolean variable `target`.

    `hidden`: the variables of its control, by what they are: S_FF, L_TMR ...
    """

    name: str
    action: str
    target: tree.Expression
    at: At
    uses: list[Use] = field(default_factory=list)
    hidden: dict[str, Symbol] = field(default_factory=dict)

    def by(self, *qualifiers: str) -> list[Use]:
        return [use for use in self.uses if use.qualifier in qualifiers]


@dataclass(frozen=True, slots=True)
class Move:
    """A transition between numbers of steps."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    node: Transition


@dataclass(eq=False, slots=True)
class ChartPlan:
    """`moves` in the order in which they take their steps; `symbols`: the variable of each step; `state`: the
    chart's own cell; `controls`: Boolean variables first, then actions as they are declared."""

    steps: list[ChartStep]
    moves: list[Move]
    controls: list[Control]
    symbols: list[Symbol] = field(default_factory=list)
    state: Symbol | None = None


def read_chart(project: Project, pou: Pou) -> ChartPlan:
    """The chart of a POU whose variables are declared. What does not fit is a Problem and left out."""
    reading = _Reading(project, pou)
    reading.names()
    plan = ChartPlan(list(reading.steps.values()), reading.moves(), reading.controls())
    return plan


class _Reading:
    def __init__(self, project: Project, pou: Pou) -> None:
        assert pou.tree is not None
        self.project, self.pou, self.tree = project, pou, pou.tree
        self.steps: dict[str, ChartStep] = {}
        self.numbers: dict[str, int] = {}
        self.actions = actions_of(pou)

    def problem(self, what: str, at: At, cure: str = "") -> None:
        self.project.problem(what, self.pou.file, at, cure)

    def names(self) -> None:
        """Steps and transitions by name; each has its own."""
        transitions: dict[str, At] = {}
        for part in self.tree.chart:
            known = transitions.get(part.name.upper()) if isinstance(part, Transition) else None
            if isinstance(part, ChartStep):
                other = self.steps.get(part.name.upper())
                known = other.at if other is not None else None
                if other is None:
                    self.numbers[part.name.upper()] = len(self.steps)
                    self.steps[part.name.upper()] = part
            elif part.name:
                transitions.setdefault(part.name.upper(), part.at)
            if known is not None:
                kind = "step" if isinstance(part, ChartStep) else "transition"
                what = f"there is a {kind} {part.name} in line {known.line} already"
                self.problem(what, part.at, "Rename one of them")

    # ---- transitions ---------------------------------------------------------------------------------

    def moves(self) -> list[Move]:
        """The lower its PRIORITY, the earlier; those without one come last, in the order of the text."""
        found = []
        for part in self.tree.chart:
            if isinstance(part, Transition):
                sources, targets = self._numbered(part.sources), self._numbered(part.targets)
                if sources is not None and targets is not None:
                    found.append(Move(sources, targets, part))
        return sorted(found, key=lambda m: (m.node.priority is None, m.node.priority or 0))

    def _numbered(self, names: tuple[tree.Name, ...]) -> tuple[int, ...] | None:
        found: list[int] = []
        sound = True
        for name in names:
            number = self.numbers.get(name.name.upper())
            if number is None:
                cure = suggestion(name.name, [step.name for step in self.steps.values()])
                self.problem(f"there is no step {name.name}", name.at, cure or f"Write STEP {name.name}: ...")
                sound = False
            elif number in found:
                self.problem(f"the step {name.name} stands here twice", name.at, "Remove one of them")
            else:
                found.append(number)
        return tuple(found) if sound else None

    # ---- actions -------------------------------------------------------------------------------------

    def controls(self) -> list[Control]:
        found: dict[str, Control] = {}
        for step in self.steps.values():
            for node in step.actions:
                self._use(found, self.numbers[step.name.upper()], node)
        order = {name: position for position, name in enumerate(self.actions)}
        return sorted(found.values(), key=lambda c: order.get(c.action.upper(), -1))

    def _use(self, found: dict[str, Control], step: int, node: tree.Expression) -> None:
        target = node.target if isinstance(node, tree.Call) else node
        name = designation(target)
        if not name:
            self.problem("an action or a BOOL variable is expected here", node.at)
            return
        read = self._qualifier(node, name)
        if read is None:
            return
        action = self.actions.get(name.upper())
        if action is None and isinstance(target, tree.Name) and not self._is_variable(target):
            known = [a.name for a in self.actions.values()]
            known += [s.name for s in (*self.pou.symbols.values(), *self.project.globals.symbols.values())]
            cure = (
                suggestion(name, known) or f"Write ACTION {name}: ... END_ACTION, or declare {name} : BOOL;"
            )
            self.problem(f"there is no action and no variable {name}", node.at, cure)
            return
        if action is not None and self.project.lookup(self.pou, name) is not None:
            self.problem(f"{name} is a variable and an action", node.at, "Rename one of them")
            return
        if action is not None and name.upper() in self.numbers:
            self.problem(f"{name} is a step and an action", node.at, "Rename one of them")
            return
        key = name.upper() if action is None else f"{name.upper()}:"
        control = found.setdefault(key, Control(name, "" if action is None else action.name, target, node.at))
        control.uses.append(Use(step, *read, node.at))

    def _is_variable(self, name: tree.Name) -> bool:
        return self.project.lookup(self.pou, name.name) is not None

    def _qualifier(self, node: tree.Expression, name: str) -> tuple[str, tree.Expression | None] | None:
        """The qualifier and the time of `action(L, T#5s)`; without one it is N."""
        arguments = node.arguments if isinstance(node, tree.Call) else ()
        for argument in arguments:
            if argument.name:
                self.problem(f"{argument.name} := is not expected here", argument.at, f"Write {name}(N);")
                return None
        values = [argument.value for argument in arguments]
        if not values:
            return "N", None
        word = values[0].name.upper() if isinstance(values[0], tree.Name) else ""
        if word in TIMED:
            if len(values) < 2:
                what = f"{word} needs a time"
                self.problem(what, values[0].at, f"Write {name}({word}, T#5s);")
                return None
            return word, values[1]
        if word not in PLAIN:
            shown = f"{values[0].name} is" if isinstance(values[0], tree.Name) else "this is"
            what = f"{shown} no qualifier of an action; there are {', '.join((*PLAIN, *TIMED))}"
            self.problem(what, values[0].at)
            return None
        # what follows are indicator variables, which only tell the reader what the action sets
        if len(values) > 1 and isinstance(values[1], tree.Literal):
            self.problem(f"{word} takes no time", values[1].at, f"Write {name}({word}); or {name}(L, T#5s);")
            return None
        return word, None


def designation(node: tree.Expression) -> str:
    """A variable as it is written (`GVL.lamps[3]`), "" for anything else."""
    match node:
        case tree.Name():
            return node.name
        case tree.Direct():
            return node.address
        case tree.Member():
            owner = designation(node.owner)
            return owner and f"{owner}.{node.name}"
        case tree.Part():
            owner = designation(node.owner)
            return owner and f"{owner}.%{node.size}{node.number}"
        case tree.Indexed():
            owner = designation(node.owner)
            words = [i.text if isinstance(i, tree.Literal) else designation(i) for i in node.indices]
            return f"{owner}[{','.join(words)}]" if owner and all(words) else ""
    return ""


def actions_of(pou: Pou) -> dict[str, Pou]:
    """The actions of a POU by upper-case name, those that it inherits first."""
    found: dict[str, Pou] = {}
    for block in reversed(pou.lineage()):
        found |= {name: member for name, member in block.members.items() if member.kind == "ACTION"}
    return found


def flag_key(action: str) -> str:
    """Under what the block with the flag `action.Q` is known: the name alone is that of the action."""
    return f"{action.upper()} (ACTION)"
