"""How an expression is written."""

from __future__ import annotations

from commissioning.plc.syntax import tree

__all__ = ["dotted"]


def dotted(node: tree.Expression) -> str:
    """`a.b.c` in upper case, "" for anything else."""
    words: list[str] = []
    while isinstance(node, tree.Member):
        words.append(node.name)
        node = node.owner
    return ".".join([node.name, *reversed(words)]).upper() if words and isinstance(node, tree.Name) else ""
