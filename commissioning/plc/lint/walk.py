"""What the rules of the linter look at: sources, the compiled program, and ways through a syntax tree."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from commissioning.plc.debugging.uses import Uses
from commissioning.plc.lint.comments import with_else
from commissioning.plc.program import Program
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.sfc_tree import ChartStep, Transition
from commissioning.plc.syntax.tree import At, bodies


class Found(NamedTuple):
    """One violation, where it stands in the text named `source`."""

    rule: str
    what: str
    source: str
    at: At
    cure: str = ""


class PouAt(NamedTuple):
    """A POU (or a member of one) with the text it stands in and what it belongs to."""

    pou: units.Pou
    source: str
    owner: units.Pou | None

    @property
    def name(self) -> str:
        return self.pou.name if self.owner is None else f"{self.owner.name}.{self.pou.name}"


Options = Mapping[str, Mapping[str, Any]]


@dataclass
class Given:
    """`texts` and `parsed` by name; `program` None if it does not compile; `wired`: paths of variables that
    somebody outside reads or writes (tags of a scene), in upper case; `options` by rule."""

    texts: Mapping[str, str]
    parsed: Sequence[units.Source]
    program: Program | None
    options: Options
    wired: frozenset[str] = frozenset()
    found: list[Found] = field(default_factory=list)
    _else: dict[str, frozenset[At]] = field(default_factory=dict)
    _local_types: dict[int, dict[str, str]] = field(default_factory=dict)

    def tell(self, rule: str, what: str, source: str, at: At, cure: str = "") -> None:
        self.found.append(Found(rule, what, source, at, cure))

    def option(self, rule: str, name: str) -> Any:
        return self.options[rule][name]

    @cached_property
    def pous(self) -> list[PouAt]:
        """Every POU and member with a body or variables, in order of the text; TESTs are not."""
        found: list[PouAt] = []
        for source in self.parsed:
            for unit in units.flattened(source.units):
                if isinstance(unit, units.Pou):
                    found += _with_members(unit, source.file, None)
        return found

    @cached_property
    def globals(self) -> list[tuple[units.Declaration, units.Section, str]]:
        """Declarations of global variables, with their section and text."""
        found = []
        for source in self.parsed:
            for unit in units.flattened(source.units):
                sections: tuple[units.Section, ...] = ()
                if isinstance(unit, units.Globals):
                    sections = (unit.section,)
                elif isinstance(unit, units.Configuration):
                    sections = unit.sections
                found += [
                    (node, section, source.file) for section in sections for node in section.declarations
                ]
        return found

    @cached_property
    def types(self) -> list[tuple[units.TypeDeclaration, str]]:
        return [
            (declared, source.file)
            for source in self.parsed
            for unit in units.flattened(source.units)
            if isinstance(unit, units.Types)
            for declared in unit.declarations
        ]

    @cached_property
    def configurations(self) -> list[tuple[units.Configuration, str]]:
        return [
            (unit, source.file)
            for source in self.parsed
            for unit in units.flattened(source.units)
            if isinstance(unit, units.Configuration)
        ]

    @cached_property
    def members(self) -> dict[int, list[PouAt]]:
        """Methods, actions and properties by the id of what they belong to."""
        found: dict[int, list[PouAt]] = {}
        for pou in self.pous:
            if pou.owner is not None:
                found.setdefault(id(pou.owner), []).append(pou)
        return found

    @cached_property
    def heirs(self) -> dict[str, list[PouAt]]:
        """What extends a block directly, by the name of that in upper case."""
        found: dict[str, list[PouAt]] = {}
        for pou in self.pous:
            for base in pou.pou.extends:
                found.setdefault(base.name.upper(), []).append(pou)
        return found

    @cached_property
    def pointers(self) -> frozenset[str]:
        """Global variables that hold addresses, in upper case."""
        return frozenset(_pointers(node for node, _, _ in self.globals))

    @cached_property
    def global_types(self) -> dict[str, str]:
        """Global variables of a plain type with its name, in upper case."""
        return _plain_types(node for node, _, _ in self.globals)

    def empty_else(self, source: str) -> frozenset[At]:
        """Where the IFs of a text begin that have an ELSE, with anything in it or not."""
        found = self._else.get(source)
        if found is None:
            text = self.texts[source]
            starts = [0, *(match.end() for match in re.finditer("\n", text))]
            places = []
            for position in with_else(text):
                line = bisect_right(starts, position)
                places.append(At(line, position - starts[line - 1] + 1))
            found = self._else[source] = frozenset(places)
        return found

    def local_types(self, pou: PouAt) -> dict[str, str]:
        """As `global_types`, of the variables of a POU and of what it belongs to."""
        found = self._local_types.get(id(pou.pou))
        if found is None:
            units_around = (pou.owner, pou.pou) if pou.owner is not None else (pou.pou,)
            declared = (node for unit in units_around for s in unit.sections for node in s.declarations)
            found = self._local_types[id(pou.pou)] = _plain_types(declared)
        return found

    @cached_property
    def uses(self) -> Uses:
        assert self.program is not None
        return Uses(self.program)


def _plain_types(declared: Iterable[units.Declaration]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in declared:
        type_ = node.type.element if isinstance(node.type, units.ArrayType) else node.type
        if isinstance(type_, units.TypeName):
            found |= dict.fromkeys([name.name.upper() for name in node.names], type_.name.upper())
    return found


def _pointers(declared: Iterable[units.Declaration]) -> Iterator[str]:
    for node in declared:
        if isinstance(node.type, units.AddressType) and node.type.kind != "REFERENCE":
            yield from (name.name.upper() for name in node.names)


def pointers_of(pou: PouAt) -> set[str]:
    """Variables of a POU, and of what it belongs to, that hold addresses, in upper case."""
    around = (pou.owner, pou.pou) if pou.owner is not None else (pou.pou,)
    return set(_pointers(node for unit in around for s in unit.sections for node in s.declarations))


def _with_members(pou: units.Pou, source: str, owner: units.Pou | None) -> list[PouAt]:
    found = [PouAt(pou, source, owner)]
    for member in pou.members:
        found += _with_members(member, source, owner or pou)
    return found


# ---- ways through a tree ---------------------------------------------------------------------------------


def statements(body: Sequence[tree.Statement]) -> Iterator[tree.Statement]:
    """Every statement, in order of the text, those inside of others behind them."""
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from statements(inner)


def own_expressions(statement: tree.Statement) -> list[tree.Expression]:
    """The expressions of a statement itself; of an assignment its target first."""
    match statement:
        case tree.Assign():
            return [statement.target, statement.value]
        case tree.Invoke():
            return [statement.call]
        case tree.If():
            return [branch.condition for branch in statement.branches]
        case tree.Case():
            labels = [label for option in statement.options for label in option.labels]
            ends = [end for label in labels for end in (label.low, label.high) if end is not None]
            return [statement.selector, *ends]
        case tree.For():
            parts = (statement.variable, statement.start, statement.stop, statement.step)
            return [part for part in parts if part is not None]
        case tree.While():
            return [statement.condition]
        case tree.Repeat():
            return [statement.until]
        case tree.Try():
            return [statement.variable]
    return []


def inside(expression: tree.Expression) -> Iterator[tree.Expression]:
    """The expression and everything in it."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case tree.Member() | tree.Part() | tree.Dereference():
                waiting.append(node.owner)
            case tree.Indexed():
                waiting += [*reversed(node.indices), node.owner]
            case tree.Call():
                waiting += [*(argument.value for argument in reversed(node.arguments)), node.target]
            case tree.Unary():
                waiting.append(node.operand)
            case tree.Assigned():
                waiting += [node.value, node.target]
            case tree.Chain():
                waiting += [*(step.operand for step in reversed(node.steps)), node.first]


def expressions(given: PouAt) -> Iterator[tree.Expression]:
    """Every expression of a POU with everything in it, conditions and actions of its chart too."""
    for statement in statements(given.pou.body):
        for expression in own_expressions(statement):
            yield from inside(expression)
    for part in given.pou.chart:
        if isinstance(part, Transition):
            yield from inside(part.condition)
        elif isinstance(part, ChartStep):
            for action in part.actions:
                yield from inside(action)


def root(expression: tree.Expression) -> tree.Name | None:
    """The variable that `a.b[3].c` belongs to."""
    while not isinstance(expression, tree.Name):
        if isinstance(expression, tree.Member | tree.Indexed | tree.Part | tree.Dereference):
            expression = expression.owner
        else:
            return None
    return expression


def spelled(expression: tree.Expression) -> str:
    """`a.b[]` as text, upper case: the same for what may be the same variable; "" for anything else."""
    match expression:
        case tree.Name():
            return expression.name.upper()
        case tree.Direct():
            return expression.address
        case tree.Member():
            owner = spelled(expression.owner)
            return f"{owner}.{expression.name.upper()}" if owner else ""
        case tree.Indexed():
            owner = spelled(expression.owner)
            indices = [i.text for i in expression.indices if isinstance(i, tree.Literal)]
            known = ",".join(indices) if len(indices) == len(expression.indices) else "?"
            return f"{owner}[{known}]" if owner else ""
    return ""


def operand(expression: tree.Expression) -> tree.Expression:
    """Without the parentheses around it."""
    while isinstance(expression, tree.Chain) and not expression.steps:
        expression = expression.first
    return expression


Event = tuple[str, At]


def repeated(
    body: Sequence[tree.Statement], events: Callable[[tree.Statement], list[Event]]
) -> dict[str, tuple[At, str]]:
    """Events that can happen more than once on one way through `body`: where the second one is, and why.

    `events(statement)`: (what, where) of a statement itself, without the statements in it.
    """
    again: dict[str, tuple[At, str]] = {}

    def walk(part: Sequence[tree.Statement], seen: dict[str, At], loop: bool) -> dict[str, At]:
        seen = dict(seen)
        for statement in part:
            turns = loop or isinstance(statement, tree.For | tree.While | tree.Repeat)
            for what, at in events(statement):
                if what in seen:
                    again.setdefault(what, (at, f"first in line {seen[what].line}"))
                elif loop:
                    again.setdefault(what, (at, "in a loop"))
                seen.setdefault(what, at)
            ways = [walk(inner, seen, turns) for inner in bodies(statement) if inner]
            for way in ways:
                for what, at in way.items():
                    seen.setdefault(what, at)
            if isinstance(statement, tree.Jump):
                return {}  # what stands behind is another way
        return seen

    walk(body, {}, False)
    return again
