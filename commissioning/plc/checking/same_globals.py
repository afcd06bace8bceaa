"""Global variables of one name in several lists, as the makers allow them: each answers to its list's name.

Everywhere else the name of a list is only a name in front. Where two lists declare the same name, `B.x` is
declared and named as `B.x`, a name with a dot. What only one list gives without the name of the list (the
others are `qualified_only`) keeps its plain name. A list is a file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from commissioning.plc.checking.same_names import Renamed
from commissioning.plc.syntax import tree, units

QUALIFIED_ONLY = "qualified_only"


def lists_kept_apart(sources: Iterable[units.Source]) -> dict[str, units.Source]:
    """By file the sources that declare or use such a variable, with names of their own."""
    parsed = list(sources)
    homes: dict[str, dict[str, tuple[str, bool]]] = {}  # name -> list -> (as written, named by its list only)
    for source in parsed:
        for unit, name in _declared(source):
            qualified = QUALIFIED_ONLY in source.attributes.get(unit.section.at, {})
            written = f"{PurePath(source.file).stem}.{name}"
            homes.setdefault(name.upper(), {})[_list(source)] = (written, qualified)
    own: dict[str, str] = {}
    for key, lists in homes.items():
        plain = [home for home, (_, qualified) in lists.items() if not qualified]
        for home, (written, _) in lists.items():
            if len(lists) > 1 and plain != [home]:
                own[f"{home}.{key}"] = written
    if not own:
        return {}
    changed = {source.file: _apart(source, own) for source in parsed}
    return {source.file: changed[source.file] for source in parsed if changed[source.file] is not source}


def _list(source: units.Source) -> str:
    return PurePath(source.file).stem.upper()


def _declared(source: units.Source) -> Iterator[tuple[units.Globals, str]]:
    for unit in source.units:
        if isinstance(unit, units.Globals):
            for declaration in unit.section.declarations:
                yield from ((unit, name.name) for name in declaration.names)


def _apart(source: units.Source, own: dict[str, str]) -> units.Source:
    """The same source where nothing in it has another name."""
    renamed, home = Renamed(own), _list(source)
    found: list[units.Unit] = []
    for unit in source.units:
        if isinstance(unit, units.Globals):  # in a list its own names come first
            unit = _listed(renamed.of(unit, (home,), frozenset()), home, own)
        else:
            unit = renamed.of(unit, (), frozenset())
        found.append(unit)
    same = all(one is other for one, other in zip(found, source.units, strict=True))
    return source if same else dataclasses.replace(source, units=tuple(found))


def _listed(unit: units.Globals, home: str, own: dict[str, str]) -> units.Globals:
    """A list with the names of its own of what it declares."""
    declarations = []
    for one in unit.section.declarations:
        names = tuple(
            tree.Name(own.get(f"{home}.{name.name.upper()}", name.name), name.at) for name in one.names
        )
        declarations.append(one if names == one.names else dataclasses.replace(one, names=names))
    if all(one is other for one, other in zip(declarations, unit.section.declarations, strict=True)):
        return unit
    return dataclasses.replace(
        unit, section=dataclasses.replace(unit.section, declarations=tuple(declarations))
    )
