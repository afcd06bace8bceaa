"""TwinCAT: steps, transitions and jumps of a drawn chart, as its archive has them.

What an element says stands in attributes that are known by their numbers; the archive brings a table along
that says what each number is (SFCAttributeDescription). An attribute that is not known here and has another
value than its default would change what the chart does, so it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from commissioning.model.element import Element
from commissioning.plc.pieces import IDENTIFIER
from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.plcopen.step_attributes import ACTIVE, ENTRY, EXIT, SHORTEST
from commissioning.plc.twincat.archive import Item

NAME = "38391c6d-6d4a-42f8-8ee7-9f45e5adafa8"  # of a step; the condition of a transition; where a jump leads
INITIAL = "6844a48e-46c2-4cc8-a185-a478f3b99cc0"
PARALLEL = "23bdaa98-72ec-41f7-817b-9dede5697086"
QUALIFIER = "e174fc0d-80b0-4a9e-a530-ca239c249a50"
_EXCLUDED = "01580b27-6378-448b-8ecb-0e4b795b58d6"
_HARMLESS = frozenset({
    "7d894980-aeea-405c-a0f6-e2b26429c58f",  # comment
    "bc882c11-1e91-4dd8-a6b8-2075724ed18b",  # what the symbol configuration shows
    "62e1754b-7629-4e63-9cec-10ae0c536f1f",  # whether a copy takes its actions along
    "8294df19-5962-4dee-a874-1051dabb0e3e",  # how a transition is watched
    "b693554c-1b01-4a8d-afde-9e3a46f7465d",  # how long a step is active at most; only error flags tell of it
})  # fmt: skip
_EMBEDDED = {"EmbeddedMainAction": "step action", "EmbeddedEntryAction": "entry action",
             "EmbeddedExitAction": "exit action"}  # fmt: skip
_QUALIFIED = re.compile(r"(?P<word>N|R|S|P0|P1|P|L|D|SD|DS|SL)(?:[\s,]+(?P<time>\S.*))?\Z", re.IGNORECASE)
_TIMED = frozenset({"L", "D", "SD", "DS", "SL"})
_TIME = re.compile(r"L?T(?:IME)?#[0-9][0-9_.A-Za-z]*\Z", re.IGNORECASE)
_DESIGNATION = re.compile(r"%?[A-Za-z_][A-Za-z0-9_.]*(?:\[[A-Za-z0-9_, ]+\][A-Za-z0-9_.]*)*\Z")
_TEXTS = re.compile(r"'(?:[^'$]|\$.)*'|\"(?:[^\"$]|\$.)*\"")


@dataclass(frozen=True, slots=True)
class Use:
    """An IEC action at a step: an action or a BOOL variable, with its qualifier and time ("L, T#5s")."""

    name: str
    words: str
    element: Element


@dataclass(frozen=True, slots=True)
class Step:
    """`active`, `entry` and `exit` are names of actions, "" for none; `shortest` a time, "" for none."""

    name: str
    initial: bool
    active: str
    entry: str
    exit: str
    shortest: str
    uses: tuple[Use, ...]
    element: Element


class Attributes:
    """What an element of a chart says, by the numbers above. Raises Unreadable for what is not known."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self._values: dict[str, str] = {}
        for attribute in item.items("Attributes"):
            value = attribute.member("Value") if attribute is not None else None
            if attribute is None or value is None:
                continue
            number = attribute.text("AttributeId").strip().strip("{}").lower()
            text = value.text("Value").strip()
            known = number in _HARMLESS or number in _READ
            if not known and text != value.text("DefaultValue").strip():
                what = f"this {item.kind} has a property {number} that is not known here, and it is {text!r}"
                raise Unreadable(f"{what}; set it back, or write the chart as text", attribute.element)
            self._values[number] = text
        if self.flag(_EXCLUDED):
            what = f"this {item.kind} is excluded from the build, which is not supported"
            raise Unreadable(f"{what}; take it out of the chart", item.element)

    def text(self, number: str) -> str:
        return self._values.get(number, "")

    def flag(self, number: str) -> bool:
        return self.text(number).upper() == "TRUE"

    def has(self, number: str) -> bool:
        return number in self._values

    def name(self, what: str) -> str:
        """The name of a step. Raises Unreadable where it is none."""
        found = self.text(NAME)
        if not IDENTIFIER.match(found):
            raise Unreadable(f"{found!r} is no name of {what}", self._item.element)
        return found


_READ = frozenset({NAME, INITIAL, SHORTEST, PARALLEL, QUALIFIER, ACTIVE, ENTRY, EXIT, _EXCLUDED})


def step_of(item: Item) -> Step:
    """Raises Unreadable for what no public file shows."""
    told = Attributes(item)
    name = told.name("a step")
    for member, what in _EMBEDDED.items():
        if item.member(member) is not None:
            raise Unreadable(
                f"the {what} of {name} is kept inside the chart, which is not supported; "
                "make it an action of the POU and name it at the step",
                item.element,
            )
    holder = item.member("ElementList")
    inside = holder.items("InnerList") if holder is not None else []
    return Step(
        name,
        told.flag(INITIAL),
        _action(told.text(ACTIVE), item),
        _action(told.text(ENTRY), item),
        _action(told.text(EXIT), item),
        _time(told.text(SHORTEST), item),
        tuple(_use(use, name) for use in inside if use is not None),
        item.element,
    )


def condition_of(item: Item) -> str:
    """What a transition tests, in one line."""
    if item.member("EmbeddedTransition") is not None:
        raise Unreadable(
            "the condition of this transition is kept inside the chart, which is not supported; "
            "make it a transition of the POU and name it here",
            item.element,
        )
    text = " ".join(line.strip() for line in Attributes(item).text(NAME).splitlines())
    if not text or text.startswith("???"):
        raise Unreadable("this transition has no condition", item.element)
    bare = _TEXTS.sub("", text)
    if ";" in bare or "//" in bare or "(*" in bare or "/*" in bare:
        raise Unreadable(f"{text[:60]!r} is more than a condition; write a transition object", item.element)
    return text


def _use(item: Item, step: str) -> Use:
    """An entry of the list of actions beside a step."""
    told = Attributes(item)
    if not told.has(QUALIFIER):
        raise Unreadable(f"a {item.kind or 'nameless object'} at a step is not known here", item.element)
    name = _action(told.text(NAME), item)
    if not name:
        raise Unreadable(f"an action of {step} has no name", item.element)
    found = _QUALIFIED.match(told.text(QUALIFIER) or "N")
    if found is None:
        raise Unreadable(f"{told.text(QUALIFIER)!r} is no qualifier of an action", item.element)
    word, time = found["word"].upper(), _time(found["time"] or "", item)
    if bool(time) != (word in _TIMED):
        what = f"{word} needs a time" if word in _TIMED else f"{word} takes no time"
        raise Unreadable(f"{what}: {told.text(QUALIFIER)!r}", item.element)
    return Use(name, f"{word}, {time}" if time else word, item.element)


def _action(text: str, item: Item) -> str:
    if text and not _DESIGNATION.match(text):
        raise Unreadable(f"{text[:60]!r} is no name of an action", item.element)
    return text


def _time(text: str, item: Item) -> str:
    if text and not (_TIME.match(text) or _DESIGNATION.match(text)):
        raise Unreadable(f"{text[:60]!r} is no time", item.element)
    return text
