"""PLCopen XML: the conditions of drawn transitions -> expressions, with the places of what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from commissioning.model.element import Element, TextRun
from commissioning.plc.plcopen.instruction_list import InstructionList, Scope
from commissioning.plc.plcopen.interface import Unreadable, identifier
from commissioning.plc.plcopen.network import Network
from commissioning.plc.plcopen.wires import connections, negated, operand, order

Condition = tuple[str, list[TextRun], str]  # words of ours, text of the file, words of ours


def positioned(node: Element) -> tuple[float, float, int, int]:
    """From left to right, then from top to bottom; without places, in the order of the file."""
    _, _, y, x, line, column = order(node)
    return x, y, line, column


class ChartNetwork(Network):
    """What is drawn of networks between the steps of a chart; a wire from a step is its flag."""

    def __init__(self, body: Element, types: Mapping[str, str], taken: set[str]) -> None:
        super().__init__(body, types, taken, False)
        for node in body.all("transition"):
            for wire in connections(node.child("condition") or node):
                key = (wire.get("refLocalId"), wire.get("formalParameter"))
                self.uses[key] = self.uses.get(key, 0) + 1

    def translate(self) -> None:
        """As in a body of its own, beside steps and transitions."""
        for node in sorted(self.nodes.values(), key=order):
            if node.tag in ("coil", "outVariable", "inOutVariable", "block"):
                self._write(node)

    def source(self, connection: Element) -> str:
        """What a wire brings."""
        node = self.nodes.get(connection.get("refLocalId"))
        if node is not None and node.tag == "step":
            return f"{identifier(node, 'step')}.X"
        return super().source(connection)


class Conditions:
    """The conditions of one chart; `transitions`: those that stand beside it, by name.

    `statements` (with the variables in `hidden`) are what must be done before the conditions are tested, in
    every scan: calls of blocks, edges, and whatever else is drawn between the steps.
    """

    def __init__(
        self, body: Element, scope: Scope, taken: set[str], transitions: Mapping[str, Element]
    ) -> None:
        self.body, self.scope, self.taken, self.transitions = body, scope, taken, transitions
        self.network = ChartNetwork(body, scope.types, taken)
        self.network.translate()
        self.others: list[Network] = []
        self.lists: list[InstructionList] = []
        nodes = sorted(body.all("transition"), key=positioned)
        self.found = [(node, self.of(node)) for node in nodes]

    @property
    def statements(self) -> list[tuple[str, Element]]:
        return [line for network in (self.network, *self.others) for line in network.statements]

    @property
    def hidden(self) -> list[tuple[str, str, Element]]:
        drawings: list[Network | InstructionList] = [self.network, *self.others, *self.lists]
        return [variable for drawing in drawings for variable in drawing.hidden]

    def of(self, node: Element) -> Condition:
        """That of a drawn transition. Raises Unreadable where it needs more than an expression."""
        condition = node.child("condition")
        if condition is None:
            raise Unreadable("this transition has no condition", node)
        before, runs, behind = self._told(condition, node)
        if condition.get("negated") in ("true", "1"):
            return f"NOT ({before}", runs, f"{behind})"
        return before, runs, behind

    def _told(self, condition: Element, node: Element) -> Condition:
        inline, reference = condition.child("inline"), condition.child("reference")
        if inline is not None:
            return self._of_body(inline, node)
        if reference is not None:
            named = self.transitions.get(reference.get("name").upper())
            if named is not None:
                body = named.child("body")
                if body is None:
                    raise Unreadable(f"the transition {reference.get('name')} has no body", named)
                return self._of_body(body, named)
            return operand(reference, condition, "name"), [], ""
        named = self.transitions.get(self._wired_name(condition))
        if named is not None:
            return self._of_body(named.child("body") or named, named)
        if any(connections(condition)):
            return self.network.input(condition), [], ""
        wires = list(condition.all("connection"))  # before version 2
        if wires:
            return " OR ".join(self.network.source(wire) for wire in wires), [], ""
        raise Unreadable("the condition of this transition says nothing", condition)

    def _wired_name(self, condition: Element) -> str:
        """The one variable wired to a condition, in upper case; CODESYS wires transitions by name."""
        wires = [wire.get("refLocalId") for wire in connections(condition)]
        for node in self.body.all("inVariable"):
            expression = node.child("expression")
            if wires == [node.get("localId")] and expression is not None:
                return expression.text.strip().upper()
        return ""

    def _of_body(self, holder: Element, node: Element) -> Condition:
        for content in holder.children:
            if content.tag == "ST":
                runs = bare_expression(list(content.runs()))
                if not runs:
                    raise Unreadable("the condition of this transition is empty", content)
                return "", runs, ""
            if content.tag in ("LD", "FBD"):
                writers = list(content.all("coil", "outVariable"))
                if len(writers) != 1:
                    what = f"{len(writers)} elements give the condition of this transition; there must be one"
                    raise Unreadable(what, content)
                self.others.append(Network(content, self.scope.types, self.taken, False))
                return negated(self.others[-1].input(writers[0]), writers[0]), [], ""
            if content.tag == "IL":
                return self._of_list(content)
            if content.tag not in ("addData", "documentation"):
                what = f"the condition of this transition is written in {content.tag}, which is not supported"
                raise Unreadable(what, content)
        raise Unreadable("this transition has no condition", node)

    def _of_list(self, content: Element) -> Condition:
        """What an instruction list leaves in the accumulator, or the last thing that it stores."""
        found = InstructionList(content, self.scope, self.taken, is_condition=True)
        value = found.result
        if value is None:
            raise Unreadable("the condition of this transition loads nothing", content)
        if found.lines:
            what = "the condition of this transition does more than to compute a value"
            raise Unreadable(f"{what}; put it into an action", content)
        self.lists.append(found)
        text = "".join(part if isinstance(part, str) else part.text for part in value.parts)
        runs = [part for part in value.parts if not isinstance(part, str)]
        spot = runs[0] if runs else TextRun("", content.line, content.column)
        return "", [TextRun(text, spot.line, spot.column)], ""


def bare_expression(runs: list[TextRun]) -> list[TextRun]:
    """The text of a condition without the `:=` in front and the `;` behind that some tools write."""
    found = [run for run in runs if run.text]
    while found:
        text = found[0].text.lstrip()
        if text.startswith(":="):
            text = text[2:].lstrip()
        if text:
            cut = len(found[0].text) - len(text)
            found[0] = replace(found[0], text=text, column=found[0].column + cut)
            break
        del found[0]
    while found:
        text = found[-1].text.rstrip().removesuffix(";").rstrip()
        if text:
            found[-1] = replace(found[-1], text=text)
            break
        del found[-1]
    return found
