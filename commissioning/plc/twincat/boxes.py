"""TwinCAT: a box of a drawn network, as its archive has it.

Inputs and outputs stand in rows of slots, with lists of their names and types beside them. The enable is
input slot 0 named EN, its echo output slot 0 named ENO; an operand without a text is an open end; the
output slot that is nothing at all is the one that what stands behind the box reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from commissioning.model.element import Element
from commissioning.plc.plcopen.boxes import OPERATORS
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.twincat.archive import Item

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.^\[\], ]*\Z")
_LENGTH = re.compile(r"INT#(\d+)")
_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_.()\[\], ]*\Z")
_LOGIC = frozenset({"AND", "OR", "XOR", "NOT", "GT", "GE", "EQ", "LT", "LE", "NE"})
NEGATED, SET, JUMP, RETURN, RISING, FALLING = 1, 2, 4, 8, 16, 32  # bits of Flags


def flags_of(item: Item | None) -> int:
    """The marks of an item or operand, as bits."""
    holder = item.member("Flags") if item is not None else None
    return holder.number("Flags") if holder is not None else 0


def type_of(text: str) -> str | None:
    """A type as the archive writes it ("STRING(INT#31)"), as the language does; None where it tells none."""
    text = _LENGTH.sub(r"\1", text.strip())
    return {"BIT": "BOOL"}.get(text, text) if _TYPE.match(text) else None


@dataclass(frozen=True, slots=True)
class Pin:
    """An input: its name ("" by position only), what is connected, and marks at the pin."""

    name: str
    source: Item | None
    flags: int


@dataclass(frozen=True, slots=True)
class Slot:
    """An output: its name, its type if told, what is assigned to, and whether what stands behind reads it."""

    name: str
    kind: str | None
    target: Item | None
    connected: bool


@dataclass(frozen=True, slots=True)
class Box:
    """`name`: the operator, function, type of block, or method with owner. `instance`: of a block, or ""."""

    item: Item
    name: str
    instance: str
    enable: Pin | None
    inputs: tuple[Pin, ...]
    slots: tuple[Slot, ...]

    @property
    def is_operator(self) -> bool:
        return not self.instance and self.name.upper() in OPERATORS

    @property
    def is_logic(self) -> bool:
        """Nothing happens in it that leaving it out would spare."""
        return not self.instance and self.name.upper() in _LOGIC and not any(s.target for s in self.slots)

    @property
    def by_position(self) -> bool:
        return self.is_operator or self.name.upper() in FUNCTIONS

    @property
    def connected(self) -> Slot | None:
        """What stands behind the box reads this output."""
        return next((slot for slot in self.slots if slot.connected), self.slots[0] if self.slots else None)

    @property
    def result(self) -> Slot | None:
        """The output that is the value of a function or operator: the first that is not ENO."""
        return next((slot for slot in self.slots if slot.name.upper() != "ENO"), None)


def box_of(item: Item) -> Box:
    """Raises Unreadable for names that are none."""
    name = item.text("BoxType").strip() or item.text("CallType").strip()
    instance = item.member("Instance")
    owner = operand_text(instance, item) if instance is not None else ""
    if not _NAME.match(name):
        raise Unreadable(f"{name!r} is no name of a function or block", item.element)
    call = item.text("CallType").strip().upper()
    if owner and call in ("METHOD", "ACTION") and "." not in name:
        name, owner = f"{owner}.{name}", ""
    elif call == "PROGRAM" and not owner:
        owner = name  # its outputs are read as those of a block
    given = item.member("InputParam")
    names = given.texts("Names") if given is not None else []
    marks = [flags_of(flag) or (flag.number("Flags") if flag else 0) for flag in item.items("InputFlags")]
    pins = [
        Pin(_at(names, number).strip(), source, marks[number] if number < len(marks) else 0)
        for number, source in enumerate(item.items("InputItems"))
    ]
    enable = pins.pop(0) if pins and pins[0].name.upper() == "EN" else None
    return Box(item, name, owner, enable, tuple(pins), _slots(item))


def _slots(item: Item) -> tuple[Slot, ...]:
    told = item.member("OutputParam")
    names = told.texts("Names") if told is not None else []
    kinds = told.texts("Types") if told is not None else []
    holder = item.member("OutputItems")
    targets = holder.items("OutputItems") if holder is not None else []
    if not targets and not names:
        return (Slot("", None, None, True),)
    rows = max(len(targets), len(names))
    open_ends = [number < len(targets) and targets[number] is None for number in range(rows)]
    return tuple(
        Slot(
            _at(names, number).strip(),
            type_of(_at(kinds, number)),
            targets[number] if number < len(targets) and operand_text(targets[number], item) else None,
            open_ends[number],
        )
        for number in range(rows)
    )


def operand_text(operand: Item | None, owner: Item) -> str:
    """What is written at an operand, in one line; "" at an open end. Raises Unreadable for ??? and worse."""
    return bare_operand(operand.text("Operand") if operand is not None else "", owner)


def bare_operand(text: str, owner: Item) -> str:
    """A text as an operand, in one line. Raises Unreadable where it is more than that."""
    text = " ".join(text.split())
    if text.startswith("???"):
        raise Unreadable("this network is not finished: an operand is still ???", owner.element)
    bare = re.sub(r"'(?:[^'$]|\$.)*'|\"(?:[^\"$]|\$.)*\"", "", text)
    if ";" in bare or "//" in bare or "(*" in bare:
        raise Unreadable(f"{text[:60]!r} is no operand", owner.element)
    return text


def _at(texts: list[str], number: int) -> str:
    return texts[number] if number < len(texts) else ""


def snippet(box: Item) -> str:
    """The Structured Text in an EXECUTE box."""
    for element in box.element.walk():
        if element.tag == "o" and element.get("t") == "STImplementationObject":
            holder = Item("STImplementationObject", element)
            document = next((e for e in element.walk() if e.get("t") == "TextDocument"), None)
            if document is not None:
                lines = [e for e in document.walk() if e.tag == "o" and e is not document]
                return "\n".join(Item("TextLine", line).text("Text") for line in lines)
            return holder.text("Text")
    raise Unreadable("the text of this EXECUTE box is not where it is known to be", box.element)


def does_more(branch: Item) -> bool:
    """Whether short circuit evaluation leaves out something in a line: a box that is more than logic."""
    return any(not box_of(Item("BoxTreeBox", element)).is_logic for element in boxes_in(branch.element))


def boxes_in(element: Element) -> Iterator[Element]:
    for found in element.walk():
        if found.tag == "o" and any(value.get("n") == "BoxType" for value in found.all("v")):
            yield found
