"""What a drawn body of TwinCAT becomes: statements, each with its place, and the variables that they need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable

MAX_LENGTH = 20_000
MAX_TEXT = 4_000_000
_EDGES = {"rising": "R_TRIG", "falling": "F_TRIG"}


class Statements:
    """Collects statements and hidden variables (section, name, type, whose).

    `taken`: names in use, in upper case. `memory`: the section in which something keeps its value from one
    call to the next ("VAR" of a block, "VAR_INST" of a method); "" in a function, which has none.
    """

    def __init__(self, taken: set[str], memory: str) -> None:
        self.taken, self.memory = taken, memory
        self.written: list[tuple[str, Element]] = []
        self.hidden: list[tuple[str, str, str, Element]] = []
        self.own: set[str] = set()  # the variables made here, in upper case; each is assigned in one place
        self._numbers: dict[str, int] = {}  # the last one that a name got
        self._length = 0

    def say(self, text: str, element: Element) -> None:
        """Adds a statement. Raises Unreadable where one or all become too long."""
        self._length += len(text)
        if len(text) > MAX_LENGTH or self._length > MAX_TEXT:
            raise Unreadable("this network is too large to be translated; keep parts in variables", element)
        self.written.append((text, element))

    @contextmanager
    def apart(self) -> Iterator[list[tuple[str, Element]]]:
        """What is said meanwhile goes into the list that is given, not among the statements."""
        before, self.written = self.written, []
        try:
            yield self.written
        finally:
            self.written = before

    def kept(self, text: str, kind: str, element: Element, name: str) -> str:
        """A variable that holds the value from here on: its name."""
        variable = self.variable(name, kind, element, "VAR")
        self.say(f"{variable} := {text};", element)
        return variable

    def edge(self, kind: str, text: str, element: Element) -> str:
        """What an edge detection of its own says of a value."""
        if not self.memory:
            raise Unreadable("an edge needs a memory, which a function does not have", element)
        name = self.variable("edge", _EDGES[kind], element, self.memory)
        self.say(f"{name}(CLK := {text});", element)
        return f"{name}.Q"

    def variable(self, wanted: str, kind: str, element: Element, section: str) -> str:
        """A new variable, with a name that nobody has."""
        number = self._numbers.get(wanted, 1)
        name = wanted if number == 1 else f"{wanted}_{number}"
        while name.upper() in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self._numbers[wanted] = number
        self.taken.add(name.upper())
        self.own.add(name.upper())
        self.hidden.append((section, name, kind, element))
        return name
