"""TwinCAT: the <XmlArchive> in which drawn bodies are kept, a serialised graph of objects.

`<o n="Name" t="Type">` is an object, `<v n="Name">` a value (texts in quotes), `<l2 n="Name" cet="Type">` a
list, whose items without a type have that of the list, and `<n/>` is nothing. Source: bodies in public
projects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable


@dataclass(frozen=True, slots=True)
class Item:
    """An object of the archive. `kind`: its type, as "BoxTreeBox"; `element`: where it stands."""

    kind: str
    element: Element

    def text(self, name: str) -> str:
        """A value as text, without its quotes; "" where there is none."""
        for value in self.element.all("v"):
            if value.get("n") == name:
                return unquoted(value)
        return ""

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() == "true"

    def number(self, name: str) -> int:
        """A whole number from 0 on. Raises Unreadable where it is none."""
        text = self.text(name).strip().rstrip("L")
        if not text:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Unreadable(f"{name} of this {self.kind} is {text!r}, which is no number", self.element)
        return int(text)

    def member(self, name: str, kind: str = "") -> Item | None:
        """The object of that name; `kind` if it does not tell its type."""
        for found in self.element.all("o"):
            if found.get("n") == name:
                return Item(found.get("t") or kind, found)
        return None

    def items(self, name: str) -> list[Item | None]:
        """The objects of a list, None for what is nothing."""
        for found in self.element.all("l2", "l"):
            if found.get("n") == name:
                given = found.get("cet")
                return [
                    Item(child.get("t") or given, child) if child.tag == "o" else None
                    for child in found.all("o", "n")
                ]
        return []

    def texts(self, name: str) -> list[str]:
        """The texts of a list of values."""
        for found in self.element.all("l2", "l"):
            if found.get("n") == name:
                return [unquoted(value) for value in found.children]
        return []


def archived(body: Element, kind: str) -> Item:
    """The one object of that kind in the archive of a body. Raises Unreadable where there is none."""
    data = body.at("XmlArchive", "Data")
    found: Iterator[Element] = data.all("o") if data is not None else iter(())
    for element in found:
        if element.get("t") == kind:
            return Item(kind, element)
    raise Unreadable(f"this <{body.tag}> has no {kind} in it", body)


def unquoted(value: Element) -> str:
    text = value.text
    bare = text.strip()
    return bare[1:-1] if len(bare) >= 2 and bare[0] == bare[-1] == '"' else text
