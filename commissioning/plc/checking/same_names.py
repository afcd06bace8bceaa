"""Functions, blocks and types of one name in several namespaces: each becomes known by a name of its own.

Everywhere else a namespace is only a name in front (namespaces.py). Where two namespaces declare the same
name, `A.F` is declared and named as `A__F`: by its full name, and by `F` inside of its namespace.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from commissioning.plc.syntax import tree, units

_NAMED = (units.TypeName, units.SubrangeType, units.Pou, units.TypeDeclaration)
_MEMBERS = ("METHOD", "ACTION", "PROPERTY", "GET", "SET")
Found = dict[str, str]  # full upper-case name with dots -> the one to be known by


def kept_apart(sources: Iterable[units.Source]) -> dict[str, units.Source]:
    """By file the sources that declare or use such a name, with the names of their own."""
    parsed = list(sources)
    declared = [full for source in parsed for full in _declared(source.units, "")]
    homes = Counter(full.rpartition(".")[2] for full in {full.upper() for full in declared})
    own: Found = {
        full.upper(): full.replace(".", "__")
        for full in declared
        if "." in full and homes[full.upper().rpartition(".")[2]] > 1
    }
    if not own:
        return {}
    changed = {source.file: Renamed(own).of(source, (), frozenset()) for source in parsed}
    return {source.file: changed[source.file] for source in parsed if changed[source.file] is not source}


def _declared(found: tuple[units.Unit, ...], outer: str) -> Iterator[str]:
    """The full names of what units declare."""
    for unit in found:
        if isinstance(unit, units.Namespace):
            yield from _declared(unit.units, f"{outer}{unit.name}.")
        elif isinstance(unit, units.Pou):
            yield outer + unit.name
        elif isinstance(unit, units.Types):
            yield from (outer + declaration.name for declaration in unit.declarations)


class Renamed:
    """Writes trees anew with other names. `spaces`: the namespaces around, the innermost first; `hidden`:
    upper-case names that a POU declares itself."""

    def __init__(self, own: Found) -> None:
        self.own = own

    def of(self, node: Any, spaces: tuple[str, ...], hidden: frozenset[str]) -> Any:
        """The same object where nothing in it has another name."""
        if isinstance(node, tuple):
            items = [self.of(item, spaces, hidden) for item in node]
            same = all(one is other for one, other in zip(items, node, strict=True))
            return node if same else tuple(items)
        if isinstance(node, tree.Literal):
            owner, _, word = node.text.partition("#")
            name = self._name(owner, spaces) if node.kind == "enum" else ""
            return dataclasses.replace(node, text=f"{name}#{word}") if name else node
        if not dataclasses.is_dataclass(node) or isinstance(node, tree.At):
            return node
        if isinstance(node, units.Namespace):
            outer = f"{spaces[0]}." if spaces else ""
            words = (outer + node.name.upper()).split(".")
            spaces = tuple(".".join(words[:count]) for count in range(len(words), 0, -1))
        elif isinstance(node, tree.Name):
            name = "" if node.name.upper() in hidden else self._name(node.name, spaces)
            return tree.Name(name, node.at) if name else node
        elif isinstance(node, tree.Member):
            name = self._name(_dotted(node), spaces)
            if name:
                return tree.Name(name, node.at)
        elif isinstance(node, units.Pou):
            variables = (one for section in node.sections for one in section.declarations)
            hidden |= {name.name.upper() for one in variables for name in one.names}
            hidden |= {member.name.upper() for member in node.members}
        changes: dict[str, Any] = {}
        member = isinstance(node, units.Pou) and node.kind in _MEMBERS
        if isinstance(node, _NAMED) and not member:
            name = self._name(node.name, spaces)
            if name:
                changes["name"] = name
        for field in dataclasses.fields(node):
            old = getattr(node, field.name)
            # the names that a declaration declares are no uses
            if (isinstance(old, tuple) or dataclasses.is_dataclass(old)) and field.name != "names":
                new = self.of(old, spaces, hidden)
                if new is not old:
                    changes[field.name] = new
        return dataclasses.replace(node, **changes) if changes else node

    def _name(self, written: str, spaces: tuple[str, ...]) -> str:
        """The name of its own of what is written so, "" where it has none."""
        for space in (*(f"{space}." for space in spaces), ""):
            found = self.own.get(space + written.upper())
            if found is not None:
                return found
        return ""


def _dotted(node: tree.Expression) -> str:
    """`a.b.c`, "" for anything else."""
    words: list[str] = []
    while isinstance(node, tree.Member):
        words.append(node.name)
        node = node.owner
    return ".".join([node.name, *reversed(words)]) if isinstance(node, tree.Name) else ""
