"""In which order lists of variables are declared: constants first, and before a list what it names."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from commissioning.plc.syntax import tree, units

Listed = tuple[units.Section, str]


def declared_in_order(sections: Sequence[Listed]) -> list[Listed]:
    """The sections so that each stands behind those whose names its declarations use, as far as that is
    possible; otherwise in the order in which they were given. Constants stand one by one."""
    single = [(part, file) for section, file in sections for part in _one_by_one(section)]
    ranked = sorted(single, key=lambda pair: "CONSTANT" not in pair[0].qualifiers)
    ordered = [section for section, _ in ranked]
    return [ranked[place] for place in _order(ordered, ordered)]


def after_what_they_name(sections: Sequence[units.Section]) -> list[units.Section]:
    """The sections of a POU as they stand there, but each behind the VAR CONSTANT whose names it uses."""
    single = [part for section in sections for part in _one_by_one(section)]
    constant = [section for section in single if section.word == "VAR" and "CONSTANT" in section.qualifiers]
    return [single[place] for place in _order(single, constant)] if constant else list(sections)


def _one_by_one(section: units.Section) -> list[units.Section]:
    """A list of constants as lists of one declaration each: they may name each other in any order."""
    if "CONSTANT" not in section.qualifiers or section.word not in ("VAR", "VAR_GLOBAL"):
        return [section]
    return [replace(section, declarations=(one,)) for one in section.declarations] or [section]


def _order(ranked: Sequence[units.Section], moved: Sequence[units.Section]) -> list[int]:
    """The places of the sections, each behind those of `moved` that it needs."""
    owners: dict[str, int] = {}
    variables = section_names(ranked)
    kept = {id(section) for section in moved}
    for place, section in enumerate(ranked):
        for declaration in section.declarations if id(section) in kept else ():
            for name in declaration.names:
                owners.setdefault(name.name.upper(), place)
    order: list[int] = []
    seen: set[int] = set()
    for root in range(len(ranked)):
        work = [(root, iter(_needed(ranked[root], owners, variables)))] if root not in seen else []
        seen.add(root)
        while work:  # depth first, without recursion
            place, rest = work[-1]
            after = next((other for other in rest if other not in seen), None)
            if after is None:
                order.append(place)
                work.pop()
            else:
                seen.add(after)
                work.append((after, iter(_needed(ranked[after], owners, variables))))
    return order


def global_names(sources: Iterable[units.Source]) -> frozenset[str]:
    """The names that lists of globals declare, upper case."""
    return section_names(s for source in sources for unit in source.units for s in global_sections(unit))


def global_sections(unit: units.Unit) -> tuple[units.Section, ...]:
    """The lists of globals that a unit is or has; a PROGRAM may have some too."""
    if isinstance(unit, units.Globals):
        return (unit.section,)
    if isinstance(unit, units.Configuration):
        return unit.sections
    if isinstance(unit, units.Pou) and unit.kind == "PROGRAM":
        return tuple(section for section in unit.sections if section.word == "VAR_GLOBAL")
    return ()


def section_names(sections: Iterable[units.Section]) -> frozenset[str]:
    """The names that they declare, upper case."""
    found = (name for s in sections for declaration in s.declarations for name in declaration.names)
    return frozenset(name.name.upper() for name in found)


def _needed(section: units.Section, owners: dict[str, int], variables: Container[str]) -> list[int]:
    names: dict[str, None] = {}
    for declaration in section.declarations:
        names |= dict.fromkeys(names_in([declaration.initial, declaration.type], variables))
    return sorted({owners[name] for name in names if name in owners})


def names_in(nodes: Iterable[Any], variables: Container[str] = ()) -> Iterator[str]:
    """Every name in initial values and types, upper case, without those of the members of `variables`."""
    work = list(nodes)
    while work:
        node = work.pop()
        if isinstance(node, tuple):
            work += node
        elif isinstance(node, tree.Name):
            yield node.name.upper()
        elif isinstance(node, tree.Member):
            work.append(node.owner)
            root = node.owner
            while isinstance(root, tree.Member | tree.Indexed | tree.Dereference):
                root = root.owner
            if not isinstance(root, tree.Name) or root.name.upper() not in variables:
                yield node.name.upper()
        elif hasattr(node, "__slots__") and not isinstance(node, tree.Literal | units.TypeName):
            work += [getattr(node, name) for name in node.__slots__]
        elif isinstance(node, units.TypeName):
            work += [node.length, node.arguments]
