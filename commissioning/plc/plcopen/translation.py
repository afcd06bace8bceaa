"""PLCopen XML: what a drawn body becomes: statements with their places, and the variables that they need."""

from __future__ import annotations

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable

MAX_LENGTH = 20_000
_MAX_TEXT = 4_000_000
Statement = tuple[str, Element]


class Translation:
    """`statements`; `hidden`: name, type and owner of each variable of the translation's own.

    `taken`: names in use, in upper case. `stateless`: of a function, which keeps nothing from its last call.
    """

    def __init__(self, taken: set[str], stateless: bool) -> None:
        self.taken, self.stateless = taken, stateless
        self.statements: list[Statement] = []
        self.hidden: list[tuple[str, str, Element]] = []
        self._own: set[str] = set()  # the names in `hidden`
        self._length = 0

    def _edge(self, kind: str, text: str, node: Element) -> str:
        if self.stateless:
            raise Unreadable("an edge needs a memory, which a function does not have", node)
        owner = node.get("localId") or f"{node.line}_{node.column}"
        name = self._new_name(f"edge_{owner}", kind, node)
        self._say(f"{name}(CLK := {text});", node)
        return f"{name}.Q"

    def _kept(self, name: str, text: str, kind: str, node: Element) -> str:
        name = self._new_name(name, kind, node)
        self._say(f"{name} := {text};", node)
        return name

    def _new_name(self, wanted: str, kind: str, node: Element) -> str:
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in wanted)
        while name.upper() in self.taken:
            name += "_x"
        self.taken.add(name.upper())
        self._own.add(name)
        self.hidden.append((name, kind, node))
        return name

    def _count(self, text: str, node: Element) -> None:
        self._length += len(text)
        if self._length > _MAX_TEXT:
            raise Unreadable("this body is too large to be translated; keep parts of it in variables", node)

    def _say(self, text: str, node: Element) -> None:
        self._count(text, node)
        self.statements.append((text, node))
