"""Stand-ins in TESTs, as the checker sees them: `MOCK FB_Drive BY FB_BrokenDrive;` behind the name of a TEST.

A stand-in is a function block (of a function: a function) that is declared like any other, mostly in the file
of the test, with the very interface of what it stands in for. In that TEST it is executed wherever the other
one is called, with variables of its own; where it calls the other one itself, that is executed. See
decision 26 and stand_ins.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from commissioning.model.problem import Problem
from commissioning.plc.checking.scope import Mocked, Pou, Project, Symbol, suggestion
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.syntax import units
from commissioning.plc.syntax.tree import At

__all__ = ["differences", "find_mocks", "members_of", "mock_pairs", "mocked_names"]

_SECTIONS = {"VAR_INPUT": "input", "VAR_OUTPUT": "output", "VAR_IN_OUT": "VAR_IN_OUT"}
_KINDS = {"FUNCTION_BLOCK": "function block", "FUNCTION": "function"}
_LIFE = frozenset({"FB_INIT", "FB_REINIT", "FB_EXIT"})  # of the instance, which stays the original's
_MOST = 6  # differences that are told


def find_mocks(project: Project, parsed: Iterable[units.Source]) -> None:
    """Fills `project.mocks`; what cannot stand in is told."""
    for source in parsed:
        for unit in source.units:
            if isinstance(unit, units.Test) and unit.mocks:
                key = f"TEST '{unit.name}' {source.file}".upper()
                for node in unit.mocks:
                    found = _mocked(project, node, source.file, project.mocks.get(key, []))
                    if found is not None:
                        project.mocks[key].append(found)


def mocked_names(source: units.Source) -> list[str]:
    """What its TESTs let something stand in for, in upper case."""
    tests = (unit for unit in source.units if isinstance(unit, units.Test))
    return [mock.name.rpartition(".")[2].upper() for test in tests for mock in test.mocks]


def mock_pairs(
    project: Project, names: Iterable[tuple[str, str, int]], file: str
) -> tuple[list[Mocked], list[Problem]]:
    """What stands in for what in a test that is no Structured Text, by (original, stand-in, line), and what
    is wrong with it."""
    known, found = len(project.problems), list[Mocked]()
    for name, stand_in, line in names:
        one = _mocked(project, units.Mock(name, stand_in, At(line, 1)), file, found)
        if one is not None:
            found.append(one)
    problems = project.problems[known:]
    project.forget(known)
    return found, problems


def _mocked(project: Project, node: units.Mock, file: str, others: list[Mocked]) -> Mocked | None:
    original, stand_in = (_named(project, name, node, file) for name in (node.name, node.stand_in))
    if original is None or stand_in is None:
        return None
    what = cure = ""
    if original.kind != stand_in.kind:
        what = f"{stand_in.name} is a {_KINDS[stand_in.kind]}, {original.name} is a {_KINDS[original.kind]}"
    elif original is stand_in:
        what = f"{original.name} cannot stand in for itself"
    elif any(one.original is original for one in others):
        what = f"{original.name} has a stand-in in this TEST already"
    elif any(one.original is stand_in for one in others) or any(one.stand_in is original for one in others):
        what = f"{stand_in.name} stands in for {original.name} and has a stand-in itself"
    else:
        found = differences(original, stand_in)
        if found:
            more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
            what = f"{stand_in.name} cannot stand in for {original.name}: {'; '.join(found[:_MOST])}{more}"
            cure = f"Give it the interface of {original.name}"
    if what:
        project.problem(what, file, node.at, cure)
        return None
    return Mocked(original, stand_in)


def _named(project: Project, name: str, node: units.Mock, file: str) -> Pou | None:
    key = name.rpartition(".")[2].upper()
    pou = project.pous.get(key)
    if pou is not None and pou.kind in _KINDS and pou.owner is None:
        return pou
    if pou is not None:
        what = f"{pou.name} is a {pou.kind}: only function blocks and functions can have a stand-in"
        project.problem(what, file, node.at)
    elif key in STANDARD_BLOCKS:
        what = f"{name} is a standard block, for which something stands in only if a TEST has a MOCK of it"
        project.problem(what, file, node.at, "Mock the block that uses it")
    else:
        known = [one.name for one in project.pous.values() if one.kind in _KINDS and one.owner is None]
        what = f"there is no function block or function {name}"
        project.problem(what, file, node.at, suggestion(name, known))
    return None


def differences(original: Pou, stand_in: Pou) -> list[str]:
    """What the interface of a stand-in has otherwise, in words about the stand-in; [] if it is the same."""
    found = _parameters(original, stand_in)
    theirs, mine = members_of(original), members_of(stand_in)
    for key, member in theirs.items():
        if key not in mine:
            found.append(f"it has no {_word(member)}")
        elif mine[key].kind != member.kind:
            found.append(f"its {_word(mine[key])} is no {member.kind.lower()}")
        else:
            found += [f"in {_word(member)} {one}" for one in _parameters(member, mine[key])]
    return found


def _parameters(original: Pou, stand_in: Pou) -> list[str]:
    found = []
    theirs, mine = original.section(*_SECTIONS), stand_in.section(*_SECTIONS)
    known = {symbol.name.upper(): symbol for symbol in mine}
    for symbol in theirs:
        other = known.pop(symbol.name.upper(), None)
        word = f"{_SECTIONS[symbol.section]} {symbol.name}"
        if other is None:
            found.append(f"it has no {word} : {_type(symbol)}")
        elif other.section != symbol.section:
            found.append(f"its {_SECTIONS[other.section]} {other.name} is no {_SECTIONS[symbol.section]}")
        elif _key(other) != _key(symbol):
            found.append(f"its {word} is {_type(other)}, not {_type(symbol)}")
    found += [f"its {_SECTIONS[one.section]} {one.name} is too many" for one in known.values()]
    if original.result != stand_in.result:
        found.append(f"it gives {stand_in.result or 'nothing'}, not {original.result or 'nothing'}")
    called = original.kind != "FUNCTION_BLOCK"
    if called and not found and [s.name.upper() for s in theirs] != [s.name.upper() for s in mine]:
        found.append(f"its parameters stand in another order than {', '.join(s.name for s in theirs)}")
    return found


def members_of(pou: Pou) -> dict[str, Pou]:
    """Methods, accessors and actions that a call reaches, by upper-case name, without what makes an instance
    ready."""
    found: dict[str, Pou] = {}
    for above in reversed(pou.lineage()):
        found |= {key: member for key, member in above.members.items() if key not in _LIFE}
    return found


def _word(member: Pou) -> str:
    name, _, accessor = member.name.partition(".")
    return f"property {name} ({accessor})" if accessor else f"{member.kind.lower()} {name}"


def _type(symbol: Symbol) -> str:
    return symbol.block.name if symbol.block is not None else str(symbol.type)


def _key(symbol: Symbol) -> object:
    block = None if symbol.block is None else symbol.block.key
    return block, symbol.type, symbol.size, None if symbol.standard is None else symbol.standard.name
