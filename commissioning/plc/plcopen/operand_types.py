"""PLCopen XML: the types of what instructions name, as far as the file tells them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from commissioning.model.element import Element
from commissioning.plc.plcopen.boxes import CONVERSION, LIKE_INPUTS
from commissioning.plc.plcopen.interface import SECTIONS, Unreadable, type_text
from commissioning.plc.values.iec_types import ELEMENTARY

WHOLE, REAL = "whole number", "real number"  # literals without a type
_EDGE = {"CLK": "BOOL", "Q": "BOOL"}
_TIMER = {"IN": "BOOL", "PT": "TIME", "Q": "BOOL", "ET": "TIME"}
_UP = {"CU": "BOOL", "R": "BOOL", "PV": "INT", "Q": "BOOL", "CV": "INT"}
_DOWN = {"CD": "BOOL", "LD": "BOOL", "PV": "INT", "Q": "BOOL", "CV": "INT"}
STANDARD: dict[str, Mapping[str, str]] = {
    "R_TRIG": _EDGE, "F_TRIG": _EDGE, "TON": _TIMER, "TOF": _TIMER, "TP": _TIMER,
    "SR": {"S1": "BOOL", "R": "BOOL", "Q1": "BOOL"}, "RS": {"S": "BOOL", "R1": "BOOL", "Q1": "BOOL"},
    "CTU": _UP, "CTD": _DOWN, "CTUD": _UP | _DOWN | {"QU": "BOOL", "QD": "BOOL"},
}  # fmt: skip
_SIGNED, _UNSIGNED = ("SINT", "INT", "DINT", "LINT"), ("USINT", "UINT", "UDINT", "ULINT")
_TEXTS = ("CONCAT", "INSERT", "DELETE", "REPLACE", "LEFT", "RIGHT", "MID")
_LIKE_FIRST = {"SQRT", "LN", "LOG", "EXP", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", *_TEXTS}
_TYPED = re.compile(r"([A-Za-z_]\w*)#")
_WHOLE = re.compile(r"[+-]?(?:(?:2|8|16)#[0-9A-Fa-f_]+|[0-9][0-9_]*)\Z")
_REAL = re.compile(r"[+-]?[0-9][0-9_]*\.[0-9][0-9_]*(?:[Ee][+-]?[0-9]+)?\Z")
_DIRECT = {"X": "BOOL", "B": "BYTE", "W": "WORD", "D": "DWORD", "L": "LWORD"}
_PART = re.compile(r"\s*([A-Za-z_]\w*|[0-9]+)\s*(\[[^\[\]]*\])?\s*(?:\.|\Z)")
_ARRAY = re.compile(r"ARRAY\s*\[[^\]]*\]\s*OF\s+(.+)", re.IGNORECASE | re.DOTALL)

Members = Mapping[str, Mapping[str, str]]


def members_of(objects: Iterable[Element]) -> dict[str, dict[str, str]]:
    """What structures and function blocks of a project have in them: type -> member -> type, all in upper
    case; of other types "" -> what they stand for."""
    found: dict[str, dict[str, str]] = {}
    for element in objects:
        name, inside = element.get("name").upper(), found.setdefault(element.get("name").upper(), {})
        base = element.child("baseType")
        structure = base.child("struct", "union") if base is not None else None
        interface = element.child("interface")
        sections = [structure] if structure is not None else []
        if element.get("pouType") == "functionBlock" and interface is not None:
            sections += [section for section in interface.children if section.tag in SECTIONS]
        for section in sections:
            for variable in section.all("variable"):
                inside[variable.get("name").upper()] = _text(variable.child("type"), variable)
        if base is not None and structure is None:
            inside[""] = _text(base, element)
        if not inside:
            del found[name]
    return found


def _text(kind: Element | None, owner: Element) -> str:
    try:
        return type_text(kind, owner)
    except Unreadable:
        return ""  # it is told where it is declared


class OperandTypes:
    """`types`: variables that can be named and functions, in upper case -> type; `members`: see above."""

    def __init__(self, types: Mapping[str, str], members: Members) -> None:
        self.types, self.members = types, members

    def of(self, text: str) -> str | None:
        """The type of an operand, WHOLE or REAL of a literal without one, None where it is not known."""
        text = text.strip()
        if text.upper() in ("TRUE", "FALSE"):
            return "BOOL"
        if _WHOLE.match(text):
            return WHOLE
        if _REAL.match(text):
            return REAL
        if text[:1] in "'\"":
            return "STRING" if text[0] == "'" else "WSTRING"
        typed = _TYPED.match(text)
        if typed is not None:
            word = {"T": "TIME", "LT": "LTIME", "D": "DATE"}.get(typed[1].upper(), typed[1].upper())
            return word if word in ELEMENTARY or word in self.members else None
        if text[:1] == "%":
            return _DIRECT.get(text[2:3].upper(), "BOOL")
        return self._variable(text)

    def _variable(self, text: str) -> str | None:
        kind: str | None = None
        at = 0
        while at < len(text):
            part = _PART.match(text, at)
            if part is None:
                return None
            name, index = part.group(1).upper(), part.group(2)
            if at == 0:
                kind = self.types.get(name)
            else:
                kind = "BOOL" if name.isdigit() else self.member(kind, name)
            if kind is not None and index:
                kind = self._element(kind, index.count(",") + 1)
            if kind is None:
                return None
            at = part.end()
        return self.plain(kind) if kind is not None else None

    def plain(self, kind: str) -> str:
        """What a name of a type stands for, where it is another name."""
        for _ in range(20):
            other = self.members.get(kind.upper(), {}).get("")
            if not other or other.startswith("("):
                return kind
            kind = other
        return kind

    def member(self, kind: str | None, name: str) -> str | None:
        """The type of what a structure or block of this type has under that name."""
        owner = self.plain(kind).upper() if kind is not None else ""
        return self.members.get(owner, STANDARD.get(owner, {})).get(name) or None

    def _element(self, kind: str, indices: int) -> str | None:
        found = _ARRAY.match(self.plain(kind))
        if found is None:
            return None
        several = kind.split("]")[0].count("..")
        return found.group(1) if several in (0, indices) else None

    def block(self, text: str) -> str:
        """The upper-case name of the standard block that this variable is, "" where it is none."""
        kind = (self._variable(text) or "").upper()
        return kind if kind in STANDARD else ""

    def result(self, name: str, arguments: list[str | None]) -> str | None:
        """What a function gives for arguments of these types."""
        upper = name.upper()
        conversion = CONVERSION.match(upper)
        if upper in self.types:
            return self.types[upper]
        if conversion is not None and conversion.group(1) in ELEMENTARY:
            return conversion.group(1)
        if upper in ("LEN", "FIND"):
            return "INT"
        if upper in _LIKE_FIRST or upper in LIKE_INPUTS:
            found: str | None = None
            for kind in arguments[1:] if upper in ("SEL", "MUX") else arguments:
                found = kind if found is None else joined(found, kind)
            return found
        return None


def joined(left: str | None, right: str | None) -> str | None:
    """The type of two values together; None where it is not known."""
    if left is None or right is None or left.upper() == right.upper():
        return left if right is not None else None
    for one, other in ((left, right), (right, left)):
        if one == WHOLE:
            return other
        if one == REAL and other.upper() in ("REAL", "LREAL"):
            return other
        if one.upper() == "TIME" and other.upper() in (*_SIGNED, *_UNSIGNED, "REAL", "LREAL"):
            return one
    if {left.upper(), right.upper()} == {"REAL", "LREAL"}:
        return "LREAL"
    for kinds in (_SIGNED, _UNSIGNED):
        if left.upper() in kinds and right.upper() in kinds:
            return max(left.upper(), right.upper(), key=kinds.index)
    return None
