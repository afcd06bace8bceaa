"""TwinCAT: bodies drawn as a sequential function chart (<SFC>) -> the textual form of the standard.

A chart is a list of elements from top to bottom; a branch has a list for each of its lines. A step, entry
or exit action is called by an action of ours, which the step has with N, P1 or P0. Sources of what they do
when: TwinCAT 3 manual, "Processing order in SFC", "SFC element action", "SFC element branch".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from commissioning.model.element import Element
from commissioning.plc.pieces import PieceWriter
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.twincat.archive import Item, archived
from commissioning.plc.twincat.chart_elements import (
    NAME,
    PARALLEL,
    Attributes,
    Step,
    condition_of,
    step_of,
)

_MANY = 10_000


@dataclass(eq=False, slots=True)
class Move:
    """A transition: the steps it leaves, and those it leads to."""

    sources: tuple[str, ...]
    condition: str
    element: Element
    targets: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Front:
    """How far a line has come: behind `steps` or behind `moves`; neither where it has ended in a jump."""

    steps: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    begin: bool = False

    @property
    def ended(self) -> bool:
        return not (self.steps or self.moves or self.begin)


_ENDED = Front()


class ChartDrawing:
    """One drawn chart. `taken`: names in use, in upper case."""

    language = "SFC"

    def __init__(self, body: Element, taken: set[str]) -> None:
        self.body, self.taken = body, taken
        self.steps: dict[str, Step] = {}  # by upper-case name
        self.moves: list[Move] = []
        self._calls: list[tuple[str, str, Element]] = []  # our actions: name, what they do, whose
        self._words: dict[str, list[tuple[str, str, Element]]] = {}  # by step: action, qualifier, whose
        self._jumps: list[tuple[Front, str, Element]] = []
        self._branches: dict[str, tuple[str, ...]] = {}  # by upper-case name: the steps it begins with

    def translate(self) -> None:
        """Raises Unreadable with the element that cannot be translated."""
        root = archived(self.body, "SFCImplementationObject").member("Root")
        if root is None:
            raise Unreadable("this chart has no elements", self.body)
        last = self._line(root, Front(begin=True))
        if last.moves:
            raise Unreadable("the chart ends with a transition; put a jump behind it", last.moves[-1].element)
        if last.begin:
            raise Unreadable("this chart has no steps", self.body)
        for front, name, element in self._jumps:
            self._lead(front, self._target(name, element), element)
        for move in self.moves:
            self._check(move)
        self._actions()

    # ---- writing -------------------------------------------------------------------------------------

    def declare(self, writer: PieceWriter) -> None:
        """The actions that call those of the steps; before the POU's own, which are executed after them."""
        for name, text, element in self._calls:
            writer.line(f"ACTION {name}: {text} END_ACTION", element)

    def write(self, writer: PieceWriter) -> None:
        """Steps and transitions, behind the members of the POU."""
        for step in self.steps.values():
            writer.line(f"{'INITIAL_STEP' if step.initial else 'STEP'} {step.name}:", step.element)
            for name, words, element in self._words[step.name]:
                writer.line(f"    {name}({words});", element)
            writer.line("END_STEP", step.element)
        for move in self.moves:
            head = f"TRANSITION FROM {_listed(move.sources)} TO {_listed(move.targets)} :="
            writer.line(f"{head} {self._condition(move)}; END_TRANSITION", move.element)

    def _condition(self, move: Move) -> str:
        """A step is active for its shortest time at least."""
        found = [(name, self.steps[name.upper()].shortest) for name in move.sources]
        waits = [f"{name}.T >= {shortest}" for name, shortest in found if shortest]
        return " AND ".join([f"({move.condition})", *waits]) if waits else move.condition

    # ---- the lines of the chart ----------------------------------------------------------------------

    def _line(self, segment: Item, front: Front) -> Front:
        """Walks down a list of elements from `front` on; how far it comes. The XML bounds the depth."""
        holder = segment.member("ElementList")
        for item in holder.items("InnerList") if holder is not None else []:
            if item is None:
                continue
            if front.ended:
                raise Unreadable("this stands behind a jump, where nothing leads to", item.element)
            front = self._element(item, front)
        return front

    def _element(self, item: Item, front: Front) -> Front:
        if item.kind == "SFCStep":
            return self._step(item, front)
        if item.kind == "SFCTransition":
            if not front.steps:
                raise Unreadable("no step stands before this transition", item.element)
            move = Move(front.steps, condition_of(item), item.element)
            self.moves.append(move)
            if len(self.moves) > _MANY:
                raise Unreadable(f"a chart has {_MANY} transitions at most", item.element)
            return Front(moves=(move,))
        if item.kind == "SFCJump":
            if not front.moves:
                raise Unreadable("no transition stands before this jump", item.element)
            self._jumps.append((front, Attributes(item).name("a step"), item.element))
            return _ENDED
        if item.kind == "SFCBranch":
            told = Attributes(item)
            return self._parallel(item, front, told) if told.flag(PARALLEL) else self._either(item, front)
        what = f"a {item.kind or 'nameless object'} is not known here"
        raise Unreadable(f"{what}; draw it with steps, transitions, branches and jumps", item.element)

    def _step(self, item: Item, front: Front) -> Front:
        step = step_of(item)
        other = self.steps.get(step.name.upper())
        if other is not None:
            what = f"there is a step {other.name} in line {other.element.line} already"
            raise Unreadable(what, item.element)
        self.steps[step.name.upper()] = step
        if not front.begin:
            self._lead(front, (step.name,), item.element)
        return Front(steps=(step.name,))

    def _lead(self, front: Front, names: tuple[str, ...], element: Element) -> None:
        if not front.moves:
            raise Unreadable("no transition stands before this step", element)
        for move in front.moves:
            move.targets += [name for name in names if name not in move.targets]

    def _legs(self, item: Item) -> list[Item]:
        holder = item.member("ElementList")
        legs = [leg for leg in holder.items("InnerList") if leg is not None] if holder is not None else []
        if not legs:
            raise Unreadable("this branch has no lines", item.element)
        return legs

    def _either(self, item: Item, front: Front) -> Front:
        """An alternative branch: lines begin with a transition each, which are tested from left to right."""
        if not front.steps:
            raise Unreadable("no step stands before this alternative branch", item.element)
        ends = []
        for leg in self._legs(item):
            end = self._line(leg, front)
            if end.steps == front.steps:
                raise Unreadable("a line of this alternative branch is empty", leg.element)
            if not end.ended:
                ends.append(end)
        if len(ends) == 1:  # the others have jumped away
            return ends[0]
        if any(end.steps for end in ends):
            raise Unreadable("the lines of an alternative branch end with transitions", item.element)
        return Front(moves=tuple(move for end in ends for move in end.moves))

    def _parallel(self, item: Item, front: Front, told: Attributes) -> Front:
        """A parallel branch: lines begin and end with steps. It may be jumped to by its name."""
        if not front.moves:
            raise Unreadable("no transition stands before this parallel branch", item.element)
        ends, before = [], len(front.moves[0].targets)
        for leg in self._legs(item):
            end = self._line(leg, front)
            if end.moves:
                raise Unreadable("the lines of a parallel branch begin and end with steps", leg.element)
            ends.append(end)
        if told.text(NAME):
            self._branches[told.text(NAME).upper()] = tuple(front.moves[0].targets[before:])
        return Front(steps=tuple(name for end in ends for name in end.steps))

    def _target(self, name: str, element: Element) -> tuple[str, ...]:
        step = self.steps.get(name.upper())
        if step is not None:
            return (step.name,)
        if name.upper() in self._branches:
            return self._branches[name.upper()]
        raise Unreadable(f"there is no step {name} to jump to", element)

    def _check(self, move: Move) -> None:
        """A step that is left and entered at once stays active in the text, so nothing begins or ends."""
        for name in move.sources:
            step = self.steps[name.upper()]
            if name in move.targets and (step.entry or step.exit):
                what = f"this transition leads from {name} to itself, which has an entry or exit action"
                raise Unreadable(f"{what}; that is not supported: put a step between", move.element)

    # ---- the actions of steps ------------------------------------------------------------------------

    def _actions(self) -> None:
        """What is done when, in the order of the manual: exit actions, entry actions, step actions."""
        found: dict[str, list[tuple[str, str, Element]]] = {name: [] for name in ("P0", "P1", "N")}
        for step in self.steps.values():
            words = self._words[step.name] = []
            for kind, called, wanted in (
                ("P0", step.exit, "exit"), ("P1", step.entry, "entry"), ("N", step.active, "active"),
            ):  # fmt: skip
                if called:
                    own = self._new_name(f"{step.name}_{wanted}")
                    text = f"IF {own}.Q THEN {called}(); END_IF" if kind == "N" else f"{called}();"
                    found[kind].append((own, text, step.element))
                    words.append((own, kind, step.element))
            words += [(use.name, use.words, use.element) for use in step.uses]
        self._calls = [call for calls in found.values() for call in calls]

    def _new_name(self, wanted: str) -> str:
        number, name = 1, wanted
        while name.upper() in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name.upper())
        return name


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
