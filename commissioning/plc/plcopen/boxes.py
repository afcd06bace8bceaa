"""PLCopen XML: the boxes of drawn bodies that are functions -> operators and calls in Structured Text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from commissioning.model.element import Element
from commissioning.plc.pieces import IDENTIFIER
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.plcopen.several_outputs import type_beside
from commissioning.plc.plcopen.wires import instance_of
from commissioning.plc.values.iec_types import ELEMENTARY

_JOINED = {"ADD": "+", "MUL": "*", "AND": "AND", "OR": "OR", "XOR": "XOR"}
_BETWEEN = {"SUB": "-", "DIV": "/", "MOD": "MOD", "EXPT": "**"}
COMPARED = {"GT": ">", "GE": ">=", "EQ": "=", "LT": "<", "LE": "<=", "NE": "<>"}
_TYPED_RESULT = {"Q": "BOOL", "Q1": "BOOL", "QU": "BOOL", "QD": "BOOL", "ET": "TIME", "CV": "INT"}
OPERATORS = frozenset({*_JOINED, *_BETWEEN, *COMPARED, "NOT", "MOVE"})
# their result has the type of their inputs; of SEL and MUX all but the first, which selects
LIKE_INPUTS = {
    "ADD", "SUB", "MUL", "DIV", "MOD", "AND", "OR", "XOR", "NOT", "MOVE", "MIN", "MAX", "LIMIT", "ABS",
    "SEL", "MUX", "SHL", "SHR", "ROL", "ROR",
}  # fmt: skip
_NUMERIC = {"SQRT", "LN", "LOG", "EXP", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "EXPT"}
_LENGTHS = ("LEN", "FIND")
CONVERSION = re.compile(r"(?:[A-Z]+_)?TO_([A-Z]+)\Z")
_OUTPUT = re.compile(r"OUT\d*\Z", re.IGNORECASE)
_LITERAL = re.compile(r"(L?TIME|T|[A-Z]+)#", re.IGNORECASE)


def only_computes(name: str, types: Mapping[str, str]) -> bool:
    """Whether a box of that name gives a result and does nothing else."""
    upper = name.upper()
    if upper in types:
        return False
    return (
        upper in OPERATORS
        or upper in LIKE_INPUTS
        or upper in (*_NUMERIC, *_LENGTHS, "TRUNC")
        or bool(CONVERSION.match(upper))
    )


def called(
    node: Element, arguments: Sequence[tuple[str, str]], types: Mapping[str, str], formal: str = ""
) -> str:
    """The call of a function with these inputs: an operator where the language has one.

    A function of the project gets its inputs by name; those of the standard by position, since makers name
    them differently.
    """
    name = node.get("typeName")
    if not all(IDENTIFIER.match(word) for word in name.split(".")):
        raise Unreadable(f"{name!r} is no name of a function or block", node)
    upper = name.upper()
    values = [value if " " not in value else f"({value})" for _, value in arguments]
    if upper in types and formal.upper() not in ("", upper) and not _OUTPUT.match(formal):
        raise Unreadable(f"{name} has no output {formal}", node)
    written = operator_text(upper, values)
    if written is not None:
        return written
    if upper in OPERATORS:
        raise Unreadable(f"{name} has {len(values)} connected inputs", node)
    if upper in types:
        return f"{name}({', '.join(f'{key} := {value}' for key, value in arguments)})"
    return f"{name}({', '.join(value for _, value in arguments)})"


def operator_text(name: str, values: Sequence[str]) -> str | None:
    """What a box of that name (upper case) computes, where the language has an operator for it; else None."""
    if name in _JOINED and len(values) >= 2:
        return f"({f' {_JOINED[name]} '.join(values)})"
    if name in _BETWEEN and len(values) == 2:
        return f"({f' {_BETWEEN[name]} '.join(values)})"
    if name in COMPARED and len(values) >= 2:
        compared = [f"({left} {COMPARED[name]} {right})" for left, right in pairwise(values)]
        return compared[0] if len(compared) == 1 else f"({' AND '.join(compared)})"
    if name == "NOT" and len(values) == 1:
        return f"(NOT {values[0]})"
    return values[0] if name == "MOVE" and len(values) == 1 else None


class ResultTypes:
    """The types of what drawn elements give, as far as they can be told from the drawing."""

    def __init__(self, types: Mapping[str, str], nodes: Mapping[str, Element]) -> None:
        self.types, self.nodes = types, nodes
        self._known: dict[tuple[str, str], str | None] = {}
        self._readers: dict[tuple[str, str], list[Element]] | None = None

    def of(self, node: Element, formal: str, depth: int = 0) -> str | None:
        """The type of an output (`formal`, "" the only one), None where it cannot be told."""
        key = (node.get("localId"), formal)
        if key not in self._known:
            self._known[key] = None  # while it is looked for: it may come back to itself
            self._known[key] = self._told(node, formal.upper(), depth)
        if self._known[key] is None and depth == 0:
            self._known[key] = self._read_as(*key)
        return self._known[key]

    def _told(self, node: Element, formal: str, depth: int) -> str | None:
        if node.tag in ("contact", "coil", "leftPowerRail"):
            return "BOOL"
        if node.tag in ("inVariable", "inOutVariable"):
            expression = node.child("expression")
            return _of_text(expression.text.strip() if expression is not None else "", self.types)
        name = node.get("typeName").upper()
        if node.tag in ("connector", "continuation") and depth <= 20:
            return self._through(node, depth)
        if node.tag != "block" or depth > 20:
            return None
        if instance_of(node, self.types):
            return self.types.get(f"{name}.{formal}") or _TYPED_RESULT.get(formal)
        beside = type_beside(node, formal, self.types)
        if beside is not None:
            return beside
        if name in COMPARED or formal == "ENO":
            return "BOOL"
        conversion = CONVERSION.match(name)
        if conversion is not None and conversion.group(1) in ELEMENTARY:
            return conversion.group(1)
        if name in _LENGTHS:
            return "INT"
        if name in LIKE_INPUTS or name in _NUMERIC:
            found = self._like_inputs(node, name, depth)
            return found if name in LIKE_INPUTS or found in ("REAL", "LREAL") else None
        return self.types.get(name)

    def _read_as(self, identity: str, formal: str) -> str | None:
        """The type of what reads this output, where that is known."""
        if self._readers is None:
            self._readers = {}
            for node in self.nodes.values():
                point = node.child("connectionPointIn")
                for wire in point.all("connection") if point is not None else ():
                    key = wire.get("refLocalId"), wire.get("formalParameter")
                    self._readers.setdefault(key, []).append(node)
        for node in self._readers.get((identity, formal), ()):
            if node.tag in ("contact", "coil"):
                return "BOOL"
            expression = node.child("expression") if node.tag in ("outVariable", "inOutVariable") else None
            found = _of_text(expression.text.strip(), self.types) if expression is not None else None
            if found is not None:
                return found
        return None

    def _through(self, node: Element, depth: int) -> str | None:
        """What comes in at a connector, or at the one of a continuation."""
        if node.tag == "continuation":
            same = (
                n for n in self.nodes.values() if n.tag == "connector" and n.get("name") == node.get("name")
            )
            node = next(same, node)
        point = node.child("connectionPointIn") if node.tag == "connector" else None
        wire = point.child("connection") if point is not None else None
        source = self.nodes.get(wire.get("refLocalId")) if wire is not None else None
        return (
            self.of(source, wire.get("formalParameter"), depth + 1)
            if wire is not None and source is not None
            else None
        )

    def _like_inputs(self, node: Element, name: str, depth: int) -> str | None:
        inputs = [v for holder in node.all("inputVariables") for v in holder.all("variable")]
        inputs = [v for v in inputs if v.get("formalParameter").upper() != "EN"]
        for variable in inputs[1:] if name in ("SEL", "MUX") else inputs:
            point = variable.child("connectionPointIn")
            for connection in point.all("connection") if point is not None else ():
                source = self.nodes.get(connection.get("refLocalId"))
                if source is not None:
                    found = self.of(source, connection.get("formalParameter"), depth + 1)
                    if found is not None:
                        return found
        return None


def _of_text(text: str, types: Mapping[str, str]) -> str | None:
    if text.upper() in ("TRUE", "FALSE"):
        return "BOOL"
    literal = _LITERAL.match(text)
    if literal is not None:
        word = {"T": "TIME", "LT": "LTIME"}.get(literal.group(1).upper(), literal.group(1).upper())
        return word if word in ELEMENTARY else None
    return types.get(text.upper())
