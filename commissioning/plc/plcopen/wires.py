"""PLCopen XML: what elements of a drawn body say of themselves: where they stand, what is wired to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable, data_of

# what has a place in the order of execution
_NUMBERED = ("coil", "outVariable", "inOutVariable", "block", "return", "jump", "label")

PROGRAM = "PROGRAM"  # the type of the name of a program
_SIMPLE = re.compile(r"[A-Za-z0-9_.#%$'\[\]:^]+\Z")
_PATH = re.compile(r"(?:%\w+(?:\.\w+)*|[^\W\d]\w*)(?:\s*(?:\.\s*%?\w+|\^|\[\]))*\Z")
_MODIFIERS = {
    "contact": ("storage",),
    "inVariable": ("storage",),
    "inOutVariable": ("storageOut",),
    "step": ("negated",),
}


def operand(element: Element | None, owner: Element, attribute: str = "") -> str:
    """The variable or expression that is written into the drawing, fit to stand among operators."""
    if element is None:
        raise Unreadable(f"this {owner.tag} names no variable", owner)
    text = element.get(attribute) if attribute else "".join(run.text for run in element.runs())
    text = " ".join(text.split())
    if not text:
        raise Unreadable(f"this {owner.tag} names no variable", owner)
    return text if stands_alone(text) else f"({text})"


def stands_alone(text: str) -> bool:
    """Whether it can stand among operators as it is: a literal or a variable, whatever index it has."""
    return bool(_SIMPLE.match(text)) or _is_path(text)


def target(element: Element | None, owner: Element, attribute: str = "") -> str:
    """The variable that is written, or the instance that is called."""
    text = operand(element, owner, attribute)
    if not _is_path(text) or text.upper() in ("TRUE", "FALSE"):
        told = text if _SIMPLE.match(text) else text[1:-1]
        raise Unreadable(f"{told} at this {owner.tag} is no variable that can be written", element or owner)
    return text


def _is_path(text: str) -> bool:
    """Whether it is a variable, whatever stands in its brackets."""
    depth, outside = 0, ""
    for character in text:
        depth -= character == "]"
        if depth < 0:
            return False
        outside += character if depth == 0 else ""
        depth += character == "["
    return depth == 0 and bool(_PATH.match(outside))


def negated(text: str, element: Element, other: str = "") -> str:
    """`text`, or its NOT where the element has a circle; `other` is another name of that attribute.
    Bachmann writes it beside jumps and returns."""
    added = {item.get("value") for item in data_of(element) if item.tag == "negated"}
    if not {element.get("negated"), element.get(other), *added} & {"true", "1"}:
        return f"({text})" if " OR " in text and not _enclosed(text) else text
    return f"NOT {text}" if " " not in text or _enclosed(text) else f"NOT ({text})"


def _enclosed(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(text) - 1 and text.startswith("(")
    return False


def order(node: Element) -> tuple[int, int, float, float, int, int]:
    """What to sort by: the order that the drawing gives, or its place; where all stand in one, as in the
    exports of CODESYS, the order of the file."""
    given = node.get("executionOrderId")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    position = node.child("position")
    places = [0.0, 0.0]
    for k, axis in enumerate(("y", "x")):
        try:
            places[k] = float(position.get(axis)) if position is not None else 0.0
        except ValueError:
            places[k] = 0.0
    return (not number, number, places[0], places[1], node.line, node.column)


class Places:
    """The order of one drawn body. In function charts, where all that writes has a number and inputs have
    none, 0 is the first of the numbers; elsewhere it is none, and without numbers the place decides."""

    def __init__(self, body: Element) -> None:
        given = [node for node in body.children if node.tag in _NUMBERED]
        texts = [node.get("executionOrderId") for node in given]
        numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]
        inputs = any(node.get("executionOrderId") for node in body.all("inVariable"))
        distinct = {0, 1} <= set(numbers) and len(numbers) == len(set(numbers))
        self.from_zero = body.tag == "CFC" or (body.tag == "FBD" and distinct and not inputs)
        marks = [node for node in given if node.tag in ("jump", "label")]
        # where jumps or labels have no number among others that have, only their place tells the order
        self.by_place = not self.from_zero and not all(not order(node)[0] for node in marks)

    def number(self, node: Element) -> int:
        """From 1 on; 0 where it has none."""
        if self.by_place:
            return 0
        known, number, *_ = order(node)
        if self.from_zero and node.get("executionOrderId"):
            return number + 1
        return number if not known else 0

    def order(self, node: Element) -> tuple[float, ...]:
        """What to sort by."""
        number = self.number(node)
        return (not number, number, *order(node)[2:])


def variables(node: Element, *lists: str) -> Iterator[Element]:
    """The pins of a block in these of its lists."""
    for holder in node.all(*lists):
        yield from holder.all("variable")


def instance_of(node: Element, types: Mapping[str, str]) -> str:
    """What a box calls: an instance, or a program, which is its own; "" where it is a function."""
    name = node.get("typeName")
    own = node.tag == "block" and types.get(name.upper()) == PROGRAM
    return " ".join(node.get("instanceName").split()) or (name if own else "")


def enable_input(node: Element) -> Element | None:
    """The pin EN of a block, if something is wired to it."""
    for variable in variables(node, "inputVariables"):
        if variable.get("formalParameter").upper() == "EN" and any(connections(variable)):
            return variable
    return None


def refuse_modifiers(node: Element) -> None:
    """Raises Unreadable where a drawing has an attribute of the format that is not translated."""
    found = [(node, key) for key in _MODIFIERS.get(node.tag, ())]
    found += [(pin, "storage") for pin in variables(node, "inputVariables", "inOutVariables")]
    found += [(pin, "edge") for pin in variables(node, "outputVariables")]
    for element, key in found:
        if element.get(key) not in ("", "none", "false", "0"):
            where = element.get("formalParameter") or f"this {node.tag}"
            raise Unreadable(f'{key}="{element.get(key)}" at {where} is not translated', element)


def connections(node: Element) -> Iterator[Element]:
    """The wires that arrive: at the element itself, or at the inputs of a block."""
    point = node.child("connectionPointIn")
    if point is not None:
        yield from point.all("connection")
    for variable in variables(node, "inputVariables", "inOutVariables"):
        yield from connections(variable)


def assigned_outputs(node: Element) -> list[tuple[str, str, str]]:
    """Outputs that have a variable written beside them instead of a wire; "set" or "reset" where they only
    do that."""
    found = []
    for variable in variables(node, "outputVariables"):
        point = variable.child("connectionPointOut")
        expression = point.child("expression") if point is not None else None
        if expression is not None and expression.text.strip():
            storage = variable.get("storage")
            found.append((variable.get("formalParameter"), target(expression, variable), storage))
    return found


def uses_of(body: Element) -> dict[tuple[str, str], int]:
    """How many read an output: (localId, name of the output) -> count; the right rail reads nothing."""
    found: dict[tuple[str, str], int] = {}
    for node in body.children:
        for wire in connections(node) if node.tag != "rightPowerRail" else ():
            key = (wire.get("refLocalId"), wire.get("formalParameter"))
            found[key] = found.get(key, 0) + 1
    return found


def stored(target: str, value: str, storage: str) -> str:
    """The statement that writes a variable, sets it or resets it."""
    if storage in ("set", "reset"):
        return f"IF {value} THEN {target} := {'TRUE' if storage == 'set' else 'FALSE'}; END_IF;"
    return f"{target} := {value};"
