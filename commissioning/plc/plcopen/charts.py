"""PLCopen XML: the drawn body SFC -> steps, transitions and actions in the textual form of the standard.

Which steps a transition joins follows from the wires: upwards from a transition to its steps, and upwards
from each step or jump to the transitions that lead to it. Transitions are written from left to right, which
is their priority where none is given.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from commissioning.model.element import Element
from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.pieces import PieceWriter
from commissioning.plc.plcopen.conditions import Condition, Conditions
from commissioning.plc.plcopen.instruction_list import InstructionList, Scope
from commissioning.plc.plcopen.interface import Unreadable, data_of, identifier
from commissioning.plc.plcopen.network import Network
from commissioning.plc.plcopen.step_attributes import ACTIVE, ENTRY, EXIT, SHORTEST
from commissioning.plc.plcopen.wires import connections, refuse_modifiers

_TIME = re.compile(r"L?T(?:IME)?#[0-9][0-9_.A-Za-z]*\Z", re.IGNORECASE)
_NAME = re.compile(r"%?[A-Za-z_][A-Za-z0-9_.]*(?:\[[A-Za-z0-9_, ]+\][A-Za-z0-9_.]*)*\Z")
_PASSING = (
    "selectionDivergence",
    "selectionConvergence",
    "simultaneousDivergence",
    "simultaneousConvergence",
)
_OTHER = ("macroStep", "jump", "return", "label")
# how what CODESYS adds to a step is called, in the order of its manual ("Processing order in SFC")
_ADDED = {EXIT: ("P0", "exit"), ENTRY: ("P1", "entry"), ACTIVE: ("N", "active")}
_MOST = 200  # transitions that one drawn transition may stand for, steps that one may lead to
_MAX_DEPTH = 60


@dataclass(eq=False, slots=True)
class _Action:
    """An entry of an action block: `words` are its qualifier and time, `inline` its body, if it has one, and
    `calls` an action that it calls instead."""

    name: str
    words: str
    element: Element
    inline: Element | None = None
    network: Network | None = None
    list: InstructionList | None = None
    calls: str = ""


@dataclass(eq=False, slots=True)
class _Step:
    """`shortest`: how long it is active at least, "" for any time."""

    element: Element
    actions: list[_Action] = field(default_factory=list)
    shortest: str = ""

    @property
    def has_ends(self) -> bool:
        """Whether something is done when it begins or ends."""
        return any(action.calls and action.words != "N" for action in self.actions)


class ChartDrawing:
    """One drawn chart. `scope`: what names mean; `transitions`, `actions`: those
    that the POU has beside the chart. Raises Unreadable with the element that cannot be translated."""

    def __init__(
        self,
        body: Element,
        scope: Scope,
        taken: set[str],
        transitions: Mapping[str, Element],
        actions: Collection[str] = (),
    ) -> None:
        self.body, self.scope, self.taken = body, scope, taken
        self.nodes: dict[str, Element] = {}
        self.steps: dict[str, _Step] = {}
        for node in body.children:
            identity = node.get("localId")
            if node.tag in _OTHER:
                raise Unreadable(f"a {node.tag} in a chart is not supported", node)
            if identity and identity in self.nodes:
                raise Unreadable(f"two elements have the localId {identity}", node)
            if identity:
                self.nodes[identity] = node
            if node.tag == "step":
                refuse_modifiers(node)
                identifier(node, "step")
                self.steps[identity] = _Step(node)
                self._of_codesys(self.steps[identity], actions)
        self.conditions = Conditions(body, scope, taken, transitions)
        self.hidden = self.conditions.hidden
        self.always = self._new_name("networks") if self.conditions.statements else ""
        self.targets: dict[str, list[str]] = {}
        for node in self.nodes.values():
            if node.tag in ("step", "jumpStep"):
                name = identifier(node, "step", "name" if node.tag == "step" else "targetName")
                for transition in self._leading_to(node, 0):
                    self.targets.setdefault(transition, []).append(name)
        for node in body.children:
            if node.tag == "actionBlock":
                self._block(node)

    # ---- writing -------------------------------------------------------------------------------------

    def declare(self, writer: PieceWriter) -> None:
        """The actions that call those of the steps; before the POU's own, which are executed after them."""
        for words, _ in _ADDED.values():
            for step in self.steps.values():
                for action in step.actions:
                    if action.calls and action.words == words:
                        called = f"{action.calls}();"
                        text = f"IF {action.name}.Q THEN {called} END_IF" if words == "N" else called
                        writer.line(f"ACTION {action.name}: {text} END_ACTION", action.element)

    def write(self, writer: PieceWriter) -> None:
        """The chart, behind the declarations of its POU."""
        owner = writer.object
        if self.always:
            writer.line(f"ACTION {self.always}: (* drawn between the steps: in every scan *)", self.body)
            for text, element in self.conditions.statements:
                writer.line(text, element)
            writer.line("END_ACTION", self.body)
        for step in self.steps.values():
            for action in step.actions:
                if action.inline is not None:
                    writer.object = f"{owner}.{action.name}"
                    self._inline(writer, action)
        writer.object = owner
        for step in self.steps.values():
            initial = step.element.get("initialStep") in ("true", "1")
            writer.line(f"{'INITIAL_STEP' if initial else 'STEP'} {step.element.get('name')}:", step.element)
            if initial and self.always:
                writer.line(f"    {self.always}(S);", step.element)
            for action in step.actions:
                writer.line(f"    {action.name}({action.words});", action.element)
            writer.line("END_STEP", step.element)
        for node, condition in self.conditions.found:
            self._transition(writer, node, condition)

    def _transition(self, writer: PieceWriter, node: Element, condition: Condition) -> None:
        targets = self.targets.get(node.get("localId"), [])
        if not targets:
            raise Unreadable("this transition leads to no step", node)
        priority = node.get("priority")
        if priority and not (priority.isascii() and priority.isdigit() and len(priority) < 10):
            raise Unreadable(f"the priority {priority!r} is no number", node)
        told = f" (PRIORITY := {priority})" if priority else ""
        ways = list(self._sources(node, 0))
        if not ways:
            raise Unreadable("no step leads to this transition", node)
        for sources in ways:
            head = f"TRANSITION{told} FROM {_listed(sources)} TO {_listed(targets)} := "
            writer.fresh_line()
            writer.own(head, node)
            before, runs, behind = self._waited(sources, targets, node, condition)
            writer.own(before, node)
            if runs:
                writer.verbatim(runs)
                writer.fresh_line()  # a comment may stand at the end
            writer.own(f"{behind}; END_TRANSITION\n", node)

    def _waited(
        self, sources: tuple[str, ...], targets: list[str], node: Element, condition: Condition
    ) -> Condition:
        """The condition, and that its steps have been active for their shortest time."""
        steps = {step.element.get("name"): step for step in self.steps.values()}
        for name in sources:
            if name in targets and steps[name].has_ends:
                what = f"this transition leads from {name} to itself, which has an entry or exit action"
                raise Unreadable(f"{what}; that is not supported: put a step between", node)
        waits = [f"{name}.T >= {steps[name].shortest}" for name in sources if steps[name].shortest]
        before, runs, behind = condition
        return (f"({before}", runs, " AND ".join([f"{behind})", *waits])) if waits else condition

    def _inline(self, writer: PieceWriter, action: _Action) -> None:
        assert action.inline is not None
        writer.line(f"ACTION {action.name}:", action.element)
        for content in action.inline.children:
            if content.tag == "ST":
                writer.fresh_line()
                writer.verbatim(content.runs())
                writer.fresh_line()
            elif content.tag not in ("LD", "FBD", "IL", "addData", "documentation"):
                raise Unreadable(f"this action is written in {content.tag}, which is not supported", content)
        for text, element in action.network.statements if action.network is not None else ():
            writer.line(text, element)
        if action.list is not None:
            action.list.write(writer)
        writer.line("END_ACTION", action.element)

    # ---- what is wired -------------------------------------------------------------------------------

    def _above(self, node: Element, depth: int) -> Iterator[Element]:
        """What the wires of an element come from."""
        if depth > _MAX_DEPTH:
            raise Unreadable("the lines of this chart go in a circle without a step", node)
        for point in node.all("connectionPointIn"):
            for wire in point.all("connection"):
                found = self.nodes.get(wire.get("refLocalId"))
                if found is None:
                    what = f"there is no element with the localId {wire.get('refLocalId')}"
                    raise Unreadable(what, wire)
                yield found

    def _leading_to(self, node: Element, depth: int) -> list[str]:
        """The transitions that activate what stands below this element."""
        found: list[str] = []
        for other in self._above(node, depth):
            if other.tag == "transition":
                found.append(other.get("localId"))
            elif other.tag in _PASSING:
                found += self._leading_to(other, depth + 1)
            elif (
                other.tag != "jumpStep"
            ):  # CODESYS draws branches that have ended in a jump together all the same
                raise Unreadable(f"a {other.tag} and a {node.tag} follow one another", node)
            if len(found) > _MOST:
                raise Unreadable(f"more than {_MOST} transitions lead to this {node.tag}", node)
        return list(dict.fromkeys(found))

    def _sources(self, node: Element, depth: int) -> Iterator[tuple[str, ...]]:
        """The steps that must be active for a transition: one way per line that may lead to it."""
        above = list(self._above(node, depth))
        ways = [self._ways(other, node, depth) for other in above]
        if node.tag == "simultaneousConvergence":
            count = 1
            for way in ways:
                count *= len(way)
            if count > _MOST:
                raise Unreadable(f"this stands for more than {_MOST} transitions", node)
            for chosen in product(*ways):
                yield tuple(dict.fromkeys(name for names in chosen for name in names))
        else:
            for way in ways:
                yield from way

    def _ways(self, other: Element, node: Element, depth: int) -> list[tuple[str, ...]]:
        if other.tag == "step":
            return [(other.get("name"),)]
        if other.tag in _PASSING:
            return list(self._sources(other, depth + 1))
        raise Unreadable(f"a {other.tag} and a {node.tag} follow one another", node)

    # ---- actions -------------------------------------------------------------------------------------

    def _step_of(self, node: Element) -> _Step:
        for wire in connections(node):
            step = self.steps.get(wire.get("refLocalId"))
            if step is not None:
                return step
        raise Unreadable(f"this {node.tag} is wired to no step", node)

    def _block(self, node: Element) -> None:
        step = self._step_of(node)
        if node.get("negated") in ("true", "1"):
            raise Unreadable("a negated action block is not supported", node)
        for entry in node.all("action"):
            words = entry.get("qualifier").strip().upper() or "N"
            if not words.isalnum():
                raise Unreadable(f"{words!r} is no qualifier of an action", entry)
            duration = entry.get("duration").strip()
            if duration:
                words += f", {self._duration(duration, entry)}"
            inline, reference = entry.child("inline"), entry.child("reference")
            if inline is not None:
                step.actions.append(self._inlined(words, entry, inline))
            elif reference is not None and _NAME.match(reference.get("name")):
                step.actions.append(_Action(reference.get("name"), words, entry))
            else:
                raise Unreadable("this entry of an action block names no action", entry)

    def _duration(self, text: str, entry: Element) -> str:
        """A literal of the language, one of XML (PT2S), or a variable."""
        if _TIME.match(text) or (_NAME.match(text) and not re.match(r"P[T0-9]", text)):
            return text
        try:
            return f"T#{parse_duration_ns(text)}ns"
        except (ValueError, TypeError) as error:
            raise Unreadable(f"{text!r} is no duration", entry) from error

    def _of_codesys(self, step: _Step, actions: Collection[str]) -> None:
        """What CODESYS adds to a step: the action that is executed while it is active, and not once more,
        those that are executed once when it begins and ends, and its shortest time."""
        for added in data_of(step.element):
            for attribute in added.all("attribute") if added.tag == "attributes" else ():
                name, number = attribute.text.strip(), attribute.get("guid").lower()
                if number == SHORTEST and name:
                    step.shortest = self._duration(name, attribute)
                if name.upper() not in actions:
                    continue
                if number not in _ADDED:
                    what = (
                        f"the step {step.element.get('name')} has {name} in a property that is not known here"
                    )
                    raise Unreadable(f"{what}; make it an action with a qualifier", attribute)
                words, kind = _ADDED[number]
                own = self._new_name(f"{step.element.get('name')}_{kind}")
                step.actions.append(_Action(own, words, step.element, calls=name))

    def _new_name(self, wanted: str) -> str:
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in wanted)
        while name.upper() in self.taken:
            name += "_x"
        self.taken.add(name.upper())
        return name

    def _inlined(self, words: str, entry: Element, inline: Element) -> _Action:
        name = self._new_name(f"action_{entry.get('localId') or entry.line}")
        action = _Action(name, words, entry, inline)
        for content in inline.all("LD", "FBD"):
            action.network = Network(content, self.scope.types, self.taken, False)
            action.network.translate()
            self.hidden += action.network.hidden
        for content in inline.all("IL"):
            action.list = InstructionList(content, self.scope, self.taken)
            self.hidden += action.list.hidden
        return action


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
