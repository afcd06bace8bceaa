"""Functions, blocks and types of one name in several namespaces: each becomes known by a name of its own.

Everywhere else a namespace is only a name in front (namespaces.py). Where two namespaces declare the same
name, `A.F` is declared and named as `A__F`: by its full name, by `F` inside of its namespace, and by `F`
where USING names that namespace and no other one that has an F.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from commissioning.model.problem import Place, Problem
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At

_NAMED = (units.TypeName, units.SubrangeType, units.Pou, units.TypeDeclaration)
_MEMBERS = ("METHOD", "ACTION", "PROPERTY", "GET", "SET")
Found = dict[str, str]  # full upper-case name with dots -> the one to be known by


def kept_apart(sources: Iterable[units.Source], problems: list[Problem]) -> dict[str, units.Source]:
    """By file the sources that declare or use such a name, with the names of their own. `problems`: gets what
    USING leaves open."""
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
    plain = frozenset(full.upper() for full in declared if "." not in full)
    changed = {source.file: Renamed(own, plain, source.file, problems).source(source) for source in parsed}
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
    upper-case names that a POU declares itself; `using`: the namespaces that USING names, from the outermost
    on; `plain`: what is declared outside of every namespace."""

    def __init__(
        self, own: Found, plain: frozenset[str] = frozenset(), file: str = "",
        problems: list[Problem] | None = None,
    ) -> None:  # fmt: skip
        self.own, self.plain, self.file = own, plain, file
        self.problems = [] if problems is None else problems
        self.using: tuple[str, ...] = ()

    def source(self, source: units.Source) -> units.Source:
        """A whole file."""
        self.using = _named(source.using)
        made: units.Source = self.of(source, (), frozenset())
        return made

    def of(self, node: Any, spaces: tuple[str, ...], hidden: frozenset[str]) -> Any:
        """The same object where nothing in it has another name."""
        if not isinstance(node, units.Namespace | units.Pou) or not node.using:
            return self._of(node, spaces, hidden)
        outer, self.using = self.using, (*self.using, *_named(node.using))
        made = self._of(node, spaces, hidden)
        self.using = outer
        return made

    def _of(self, node: Any, spaces: tuple[str, ...], hidden: frozenset[str]) -> Any:
        if isinstance(node, tuple):
            items = [self.of(item, spaces, hidden) for item in node]
            same = all(one is other for one, other in zip(items, node, strict=True))
            return node if same else tuple(items)
        if isinstance(node, tree.Literal):
            owner, _, word = node.text.partition("#")
            name = self._name(owner, spaces, node.at) if node.kind == "enum" else ""
            return dataclasses.replace(node, text=f"{name}#{word}") if name else node
        if not dataclasses.is_dataclass(node) or isinstance(node, tree.At):
            return node
        if isinstance(node, units.Namespace):
            outer = f"{spaces[0]}." if spaces else ""
            words = (outer + node.name.upper()).split(".")
            spaces = tuple(".".join(words[:count]) for count in range(len(words), 0, -1))
        elif isinstance(node, tree.Name):
            name = "" if node.name.upper() in hidden else self._name(node.name, spaces, node.at)
            return tree.Name(name, node.at) if name else node
        elif isinstance(node, tree.Member):
            name = self._name(_dotted(node), spaces, node.at)
            if name:
                return tree.Name(name, node.at)
        elif isinstance(node, units.Pou):
            variables = (one for section in node.sections for one in section.declarations)
            hidden |= {name.name.upper() for one in variables for name in one.names}
            hidden |= {member.name.upper() for member in node.members}
        changes: dict[str, Any] = {}
        member = isinstance(node, units.Pou) and node.kind in _MEMBERS
        if isinstance(node, _NAMED) and not member:
            name = self._name(node.name, spaces, node.at)
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

    def _name(self, written: str, spaces: tuple[str, ...], at: At) -> str:
        """The name of its own of what is written so, "" where it has none."""
        key = written.upper()
        for space in (*(f"{space}." for space in spaces), ""):
            found = self.own.get(space + key)
            if found is not None:
                return found
        if key in self.plain or not self.using:
            return ""
        named = {self.own[f"{space}.{key}"]: space for space in self.using if f"{space}.{key}" in self.own}
        if len(named) > 1:
            spaces = tuple(sorted(named.values()))
            what = f"{written} is in the namespaces {' and '.join(spaces)}, and USING names them all"
            cure = f"Write {' or '.join(f'{space}.{written}' for space in spaces)}"
            self.problems.append(Problem(what, Place(self.file, at.line, at.column), cure))
        return next(iter(named), "")


def _named(found: Iterable[units.Using]) -> tuple[str, ...]:
    return tuple(name.upper() for one in found for name in one.names)


def write_in_full(name: str, known: Iterable[str]) -> str:
    """The cure for a name that several namespaces have; "" for any other. `known`: what there is."""
    ending = f"__{name.upper()}"
    found = [one.replace("__", ".") for one in known if one.upper().endswith(ending)]
    if len(found) < 2:
        return ""
    return f"Write {' or '.join(found)}, or USING {found[0].rpartition('.')[0]};"


def _dotted(node: tree.Expression) -> str:
    """`a.b.c`, "" for anything else."""
    words: list[str] = []
    while isinstance(node, tree.Member):
        words.append(node.name)
        node = node.owner
    return ".".join([node.name, *reversed(words)]) if isinstance(node, tree.Name) else ""
