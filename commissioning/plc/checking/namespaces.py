"""Names of libraries in front of what they declare: `Tc2_System.MAX_STRING_LENGTH`, `ZCore.Constants.Pi`.

What a library declares is known by its own name as well, so the name in front says nothing. That a name is
one of a library is known from the types that are written with it (`x : ZCore.Step`), if nothing else has it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from typing import Any

from commissioning.model.problem import Problem
from commissioning.plc.checking.same_names import kept_apart
from commissioning.plc.syntax import tree, units

_LABEL = re.compile(r"\b(?!__)([A-Za-z_]\w*)\.[A-Za-z_]\w*\.[A-Za-z_]\w*\s*:(?!=)")


def without_namespaces(
    sources: Iterable[units.Source], taken: Iterable[str], texts: Iterable[str] = (),
    problems: list[Problem] | None = None,
) -> dict[str, units.Source]:  # fmt: skip
    """By file the sources that name libraries in front of what these declare, without these names.
    `taken`: names of other things, in upper case. What several namespaces declare under one name has
    several then; `problems` gets what cannot be decided of that. `texts`: those of the files, where
    `Library.Enumeration.member:` is a label of CASE."""
    given = list(sources)
    apart = kept_apart(given, [] if problems is None else problems)
    parsed = [apart.get(source.file, source) for source in given]
    found = {name for source in parsed for name in _qualifiers(source.units)}
    paths = (units.Configuration, units.Paths)  # these have names with dots and types behind them
    if not any(isinstance(unit, paths) for source in parsed for unit in source.units):
        found |= {label.group(1).upper() for text in texts for label in _LABEL.finditer(text)}
    found -= {name for source in parsed for name in _declared(source.units)}
    found -= {*taken, "__SYSTEM"}  # of the compiler itself, see any_type.py
    changed = {source.file: _stripped(source, found) if found else source for source in parsed}
    return {source.file: changed[source.file] for source in given if changed[source.file] is not source}


def _qualifiers(node: Any) -> Iterator[str]:
    """The names in front of those of types, in upper case."""
    for inner in _walk(node, into_bodies=False):
        if isinstance(inner, units.TypeName | units.SubrangeType) and "." in inner.name:
            yield from inner.name.upper().split(".")[:-1]


def _declared(node: Any) -> Iterator[str]:
    """The names of variables, units, types and members of enumerations, in upper case."""
    for inner in _walk(node, into_bodies=False):
        if isinstance(inner, units.Declaration):
            yield from (name.name.upper() for name in inner.names)
        elif isinstance(inner, units.Pou | units.TypeDeclaration | units.Enumerator):
            yield inner.name.upper()


def _walk(node: Any, into_bodies: bool) -> Iterator[Any]:
    work = [node]
    while work:
        here = work.pop()
        if isinstance(here, tuple):
            work += here
        elif dataclasses.is_dataclass(here):
            yield here
            for field in dataclasses.fields(here):
                if into_bodies or field.name not in ("body", "chart", "at", "end", "initial"):
                    work.append(getattr(here, field.name))


def _stripped(node: Any, names: set[str]) -> Any:
    """The tree without the names of libraries; the same object where there are none in it."""
    if isinstance(node, tuple):
        items = [_stripped(item, names) for item in node]
        same = all(one is other for one, other in zip(items, node, strict=True))
        return node if same else tuple(items)
    if not dataclasses.is_dataclass(node) or isinstance(node, tree.At | tree.Literal | tree.Name):
        return node
    if isinstance(node, tree.Member):
        owner = _stripped(node.owner, names)
        if isinstance(owner, tree.Name) and owner.name.upper() in names:
            return tree.Name(node.name, node.at)
        return node if owner is node.owner else dataclasses.replace(node, owner=owner)
    changes = {}
    for field in dataclasses.fields(node):
        old = getattr(node, field.name)
        if isinstance(old, tuple) or dataclasses.is_dataclass(old):
            new = _stripped(old, names)
            if new is not old:
                changes[field.name] = new
    return dataclasses.replace(node, **changes) if changes else node  # type: ignore[type-var]
