"""XML as plain records: what the one hardened reader gives, and what rooms that open no files take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TextRun:
    """Characters that stand in the file as they are here, from `line` and `column` (1-based) on.

    A run never goes beyond the end of its line, which it may include.
    """

    text: str
    line: int
    column: int


@dataclass(eq=False, slots=True)
class Element:
    """One element. `tag` without its namespace; `line` and `column` (1-based) of its `<`.

    `content` is what stands inside, in order: text runs (CDATA or not) and elements.
    """

    tag: str
    namespace: str
    attributes: Mapping[str, str]
    line: int
    column: int
    content: list[TextRun | Element] = field(default_factory=list)

    @property
    def children(self) -> Iterator[Element]:
        return (item for item in self.content if isinstance(item, Element))

    @property
    def text(self) -> str:
        """Its own text, without that of its elements."""
        return "".join(item.text for item in self.content if isinstance(item, TextRun))

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def all(self, *tags: str) -> Iterator[Element]:
        """Its children with one of these tags."""
        return (child for child in self.children if child.tag in tags)

    def child(self, *tags: str) -> Element | None:
        """The first child with one of these tags."""
        return next(self.all(*tags), None)

    def at(self, *path: str) -> Element | None:
        """What the first children with these tags lead to, one below the other."""
        found: Element | None = self
        for tag in path:
            found = found.child(tag) if found is not None else None
        return found

    def walk(self) -> Iterator[Element]:
        """Itself and everything in it, in the order of the file; without recursion."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(list(element.children)))

    def runs(self) -> Iterator[TextRun]:
        """All its text, that of its elements included, in the order of the file; without recursion."""
        waiting: list[TextRun | Element] = [self]
        while waiting:
            item = waiting.pop()
            if isinstance(item, TextRun):
                yield item
            else:
                waiting.extend(reversed(item.content))
