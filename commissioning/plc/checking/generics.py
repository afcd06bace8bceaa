"""Blocks whose constants each use of them chooses: `VAR_GENERIC CONSTANT n : INT := 5; END_VAR`, `Stack<20>`.

Every choice becomes a block of its own in the trees, named as it is written, before anything is declared.
What only a stub stands for has no such constants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from commissioning.plc.syntax import tree, units

MOST = 500  # choices, and the most characters of one: a block that chooses itself would never end
LONGEST = 200
_MARK = re.compile(r"\bVAR_GENERIC\b|<[^<=>\n]+>\s*[;(:]|\bEXTENDS\b[^;<>\n]+<", re.IGNORECASE)

Chosen = Mapping[str, tree.Expression]


def may_choose(texts: Iterable[str]) -> bool:
    """Whether there may be any of this in a program."""
    return any(_MARK.search(text) for text in texts)


def with_choices(sources: Sequence[units.Source]) -> list[units.Source]:
    """The sources with a block for each choice of constants."""
    found = {
        unit.name.upper(): unit
        for source in sources
        for unit in source.units
        if isinstance(unit, units.Pou) and _generic(unit)
    }
    choices = _Choices(found)
    changed = [
        replace(source, units=tuple(choices.rewritten(unit, _defaults(unit)) for unit in source.units))
        for source in sources
    ]
    made: dict[str, list[units.Pou]] = {}
    for name, block, values in choices.waiting:  # grows while it is read
        copy = choices.rewritten(block, values)
        made.setdefault(block.name.upper(), []).append(replace(copy, name=name))
    return [_placed(source, made) for source in changed]


def _generic(unit: Any) -> bool:
    return isinstance(unit, units.Pou) and any(section.word == "VAR_GENERIC" for section in unit.sections)


def _defaults(unit: Any) -> dict[str, tree.Expression]:
    """The constants of a block that is named without a choice, in upper case; 1 where it has none."""
    if not _generic(unit):
        return {}
    one = tree.Literal("integer", "1", unit.at)
    rows = [row for section in unit.sections if section.word == "VAR_GENERIC" for row in section.declarations]
    return {name.name.upper(): row.initial or one for row in rows for name in row.names}


def _placed(source: units.Source, made: Mapping[str, list[units.Pou]]) -> units.Source:
    """The blocks for choices behind the one they come from."""
    placed: list[Any] = []
    for unit in source.units:
        placed.append(unit)
        if isinstance(unit, units.Pou):
            placed += made.get(unit.name.upper(), [])
    return replace(source, units=tuple(placed))


class _Choices:
    def __init__(self, found: Mapping[str, units.Pou]) -> None:
        self.found = found
        self.waiting: list[tuple[str, units.Pou, dict[str, tree.Expression]]] = []
        self._known: set[str] = set()

    def rewritten(self, node: Any, chosen: Chosen) -> Any:
        """A tree in which choices are names of blocks; `chosen`: what the constants around it are."""
        if isinstance(node, tuple):
            items = tuple(self.rewritten(item, chosen) for item in node)
            return node if all(a is b for a, b in zip(items, node, strict=True)) else items
        if isinstance(node, units.TypeName) and node.chosen:
            return self._named(node, chosen)
        if isinstance(node, units.Section) and node.word == "VAR_GENERIC":
            rows = tuple(
                replace(row, names=(name,), initial=chosen[name.name.upper()])
                for row in node.declarations
                for name in row.names
            )
            return replace(node, word="VAR", qualifiers=("CONSTANT",), declarations=rows)
        if not is_dataclass(node) or isinstance(node, tree.Name | tree.Literal):
            return node
        changes = {}
        for field in fields(node):
            old = getattr(node, field.name)
            if (isinstance(old, tuple) and not isinstance(old, tree.At)) or is_dataclass(old):
                new = self.rewritten(old, chosen)
                if new is not old:
                    changes[field.name] = new
        return replace(node, **changes) if changes else node  # type: ignore[type-var]

    def _named(self, node: units.TypeName, chosen: Chosen) -> units.TypeName:
        values = tuple(_with(value, chosen) for value in node.chosen)
        block = self.found.get(node.name.upper())
        if block is None:
            return replace(node, chosen=())
        name = f"{node.name}<{', '.join(map(_text, values))}>"
        constants = _defaults(block)
        key = name.upper()
        new = key not in self._known and len(self._known) < MOST and len(key) <= LONGEST
        if new and len(values) <= len(constants):
            self._known.add(key)
            self.waiting.append((name, block, constants | dict(zip(constants, values, strict=False))))
        return replace(node, name=name, chosen=())


def _with(value: tree.Expression, chosen: Chosen) -> tree.Expression:
    """A value in which the constants around it are what was chosen for them."""
    if isinstance(value, tree.Name):
        return chosen.get(value.name.upper(), value)
    if isinstance(value, tree.Unary):
        return replace(value, operand=_with(value.operand, chosen))
    if isinstance(value, tree.Chain):
        steps = tuple(replace(step, operand=_with(step.operand, chosen)) for step in value.steps)
        return replace(value, first=_with(value.first, chosen), steps=steps)
    return value


def _text(value: tree.Expression) -> str:
    match value:
        case tree.Literal():
            return value.text
        case tree.Name():
            return value.name
        case tree.Member():
            return f"{_text(value.owner)}.{value.name}"
        case tree.Unary():
            return f"{value.operator} {_text(value.operand)}"
        case tree.Chain():
            return _text(value.first) + "".join(f" {s.operator} {_text(s.operand)}" for s in value.steps)
    return f"{value.at.line}:{value.at.column}"
