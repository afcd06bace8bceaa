"""PLCopen XML: jumps and labels of drawn bodies -> a loop over their pieces in Structured Text.

A label begins a piece; `network_at` says which one is next. A jump backwards that never ends meets the
watchdog like any other endless loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from commissioning.model.element import Element
from commissioning.plc.plcopen.interface import Unreadable

Statement = tuple[str, Element]


@dataclass(slots=True)
class Jumps:
    """The labels and jumps of one body, by their place among its statements."""

    labels: dict[str, int] = field(default_factory=dict)
    found: list[tuple[int, str, Element]] = field(default_factory=list)

    def label(self, node: Element, before: int) -> None:
        """`before`: how many statements come before what it begins."""
        name = node.get("label").strip().upper()
        if name in self.labels:
            raise Unreadable(f"there is a second label {node.get('label')}", node)
        self.labels[name] = before

    def jump(self, node: Element, number: int, condition: str) -> None:
        """It takes the place of statement `number`."""
        self.found.append((number, condition, node))

    def joined(
        self, statements: list[Statement], body: Element, new_name: Callable[[str, str, Element], str]
    ) -> list[Statement]:
        """The statements in pieces that lead to one another. Raises Unreadable for a missing label."""
        if not self.found:
            return statements
        name = new_name("network_at", "INT", body)
        cuts = sorted({0, *self.labels.values()})
        for number, condition, node in self.found:
            label = node.get("label").strip()
            if label.upper() not in self.labels:
                raise Unreadable(f"there is no label {label} to jump to", node)
            piece = cuts.index(self.labels[label.upper()])
            statements[number] = (f"IF {condition} THEN {name} := {piece}; CONTINUE; END_IF", node)
        made: list[Statement] = [(f"{name} := 0;\nREPEAT\nCASE {name} OF", body)]
        for piece, (start, stop) in enumerate(zip(cuts, [*cuts[1:], len(statements)], strict=True)):
            made.append((f"{piece}:", body))
            made += statements[start:stop]
            made.append((f"{name} := {piece + 1};", body))
        made.append((f"END_CASE\nUNTIL {name} >= {len(cuts)} END_REPEAT;", body))
        return made
