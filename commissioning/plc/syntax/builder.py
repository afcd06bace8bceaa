"""From grammar rules to the syntax tree: one method per rule of grammar.lark, called while the parser runs.

Nothing here recurses: the parser works on a stack, every node knows its own depth, and what is nested deeper
than `MAX_DEPTH` is refused while it is read.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from lark import Token, Transformer

from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.configuration_rules import ConfigurationRules
from commissioning.plc.syntax.initial_values import as_initial, member_name
from commissioning.plc.syntax.rules import MOST_DIGITS, Children, TooDeep, deeper, place, unrowed
from commissioning.plc.syntax.sfc_rules import ChartRules
from commissioning.plc.syntax.sfc_tree import ChartPart, ChartStep, Transition
from commissioning.plc.syntax.statement_rules import StatementRules
from commissioning.plc.syntax.tree import At
from commissioning.plc.values.iec_types import ELEMENTARY
from commissioning.plc.values.literals import string_value

_TYPE_NODES = (
    units.TypeName, units.SubrangeType, units.ArrayType, units.EnumType, units.StructType, units.AddressType,
)  # fmt: skip
_UNITS = (units.Pou, units.Globals, units.Paths, units.Configuration, units.Types, units.Namespace)


class Bases(tuple[units.TypeName, ...]):
    """What follows EXTENDS."""


class Interfaces(tuple[units.TypeName, ...]):
    """What follows IMPLEMENTS."""


def _argument(member: units.InitialMember) -> tree.Argument:
    if isinstance(member.value, units.StructInitial | units.ArrayInitial):
        raise TooDeep("FB_init takes no structures or arrays that are written out here", member.at)
    return tree.Argument(member.name, member.value, False, False, member.at)


class Builder(StatementRules, ChartRules, ConfigurationRules, Transformer[Token, units.Source]):
    """Stateless: one instance serves every parse."""

    # ---- declarations --------------------------------------------------------------------------------

    def names(self, children: Children) -> tuple[tree.Name, ...]:
        return tuple(tree.Name(str(token), place(token)) for token in children)

    def qualified(self, children: Children) -> tree.Name:
        return tree.Name(".".join(children), place(children[0]))

    def named_type(self, children: Children) -> units.TypeName:
        """`STRING[20]`, or `ARRAY ... OF FB_X[(a := 1), (a := 2)]`: what each block gives to its FB_init."""
        name, *given = children
        rows = [row for row in map(as_initial, given) if isinstance(row, units.StructInitial)]
        if rows and len(rows) == len(given):
            found = tuple(tuple(_argument(member) for member in row.members) for row in rows)
            return units.TypeName(name.name, None, name.at, rows=found)
        if len(given) > 1:
            raise TooDeep("a type has one length", given[1].at)
        return units.TypeName(name.name, given[0] if given else None, name.at)

    def chosen(self, children: Children) -> units.TypeName:
        """`Stack<20>`: a block with constants of its own."""
        name, _less, *values, _greater = children
        return units.TypeName(name.name, None, name.at, chosen=tuple(values))

    def chosen_call(self, children: Children) -> units.TypeNode:
        """`Stack<20>(first := 1)`"""
        named, *given = children
        found = self.called_type([tree.Name(named.name, named.at), *given])
        if not isinstance(found, units.TypeName):
            raise TooDeep(f"{named.name} is no block with constants of its own", named.at)
        return dataclasses.replace(found, chosen=named.chosen)

    def called_type(self, children: Children) -> units.TypeNode:
        """`STRING(20)`, `INT (a, b := 2)`, or a block with the arguments of its FB_init."""
        name, *given = children
        arguments = [argument for argument in given if argument is not None]
        if len(arguments) < len(given):
            raise TooDeep("a value is missing behind ':='", name.at)
        if not arguments:  # to be given nothing is to be given nothing
            return units.TypeName(name.name, None, name.at)
        if len(arguments) == 1 and not arguments[0].name:
            return units.TypeName(name.name, arguments[0].value, name.at)
        members = []
        if name.name.upper() not in ELEMENTARY:
            return units.TypeName(name.name, None, name.at, arguments=tuple(arguments))
        for argument in arguments:
            bare = argument.value if not argument.name else None
            if argument.out or not (argument.name or isinstance(bare, tree.Name)):
                return units.TypeName(name.name, None, name.at, arguments=tuple(arguments))
            label = bare.name if isinstance(bare, tree.Name) else argument.name
            members.append(units.Enumerator(label, None if bare is not None else argument.value, argument.at))
        return units.EnumType(tuple(members), name.name, name.at)

    def subrange_type(self, children: Children) -> units.SubrangeType:
        name, low, high = children
        return units.SubrangeType(name.name, low, high, name.at)

    def address_type(self, children: Children) -> units.AddressType:
        word, target = children[0], children[-1]
        return units.AddressType(word.upper(), target, place(word), deeper(place(word), target))

    def bounds(self, children: Children) -> units.Bounds:
        low, high = children
        return units.Bounds(low, high, low.at)

    def any_bounds(self, children: Children) -> units.Bounds:
        """`ARRAY[*]`: those of the array that is given."""
        at = place(children[0])
        return units.Bounds(None, None, at)

    def array_type(self, children: Children) -> units.ArrayType:
        word, *bounds, _of, element = children
        return units.ArrayType(tuple(bounds), element, place(word), deeper(place(word), element))

    def valued(self, children: Children) -> units.Enumerator:
        value = children[2] if len(children) > 1 else None
        return units.Enumerator(str(children[0]), value, place(children[0]))

    def enum_type(self, children: Children) -> units.EnumType:
        *members, base = children
        return units.EnumType(tuple(members), "" if base is None else str(base), members[0].at)

    def struct_type(self, children: Children) -> units.StructType:
        found = tuple(child for child in children if isinstance(child, units.Declaration))
        at = place(children[0])
        depth = deeper(at, *(declaration.type for declaration in found))
        return units.StructType(found, at, depth, children[0].type == "UNION")

    def type_declaration(self, children: Children) -> units.TypeDeclaration:
        name, *rest = children
        bases = tuple(base for child in rest if isinstance(child, Bases) for base in child)
        rest = [child for child in rest if not isinstance(child, Bases)]
        initial = rest[1] if len(rest) > 1 else None
        return units.TypeDeclaration(str(name), rest[0], as_initial(initial), place(name), bases)

    def types(self, children: Children) -> units.Types:
        found = tuple(child for child in children if isinstance(child, units.TypeDeclaration))
        return units.Types(found, place(children[0]))

    def member_initial(self, children: Children) -> tuple[tree.Expression, units.Initial]:
        target, _word, value = children
        return target, value

    def struct_initial(self, children: Children) -> tree.Assigned | units.StructInitial:
        """One member: `(a := 1)` may be an assignment as well, see `as_initial`."""
        target, value = children[0]
        if len(children) == 1 and not isinstance(value, units.ArrayInitial):
            return tree.Assigned(target, value, target.at, deeper(target.at, target, value))
        members = tuple(units.InitialMember(member_name(name), given, name.at) for name, given in children)
        return units.StructInitial(members, target.at, deeper(target.at, *(m.value for m in members)))

    def repeated(self, children: Children) -> tuple[int, units.Initial | None]:
        token, value = children
        if len(token) > MOST_DIGITS:
            raise TooDeep("an initial value is repeated too often", place(token))
        return int(token.replace("_", "")), value

    def repeated_struct(self, children: Children) -> tuple[int, units.Initial | None]:
        """`50(PT := T#1s)`, as the standard writes it for blocks in an array."""
        token, *members = children
        return self.repeated([token, self.struct_initial(members)])

    def array_initial(self, children: Children) -> units.ArrayInitial:
        given = [c if isinstance(c, tuple) else (1, c) for c in children if c is not None]
        items = [(times, as_initial(value)) for times, value in given]
        at = next((value.at for _, value in items if value is not None), At(0, 0))
        return units.ArrayInitial(tuple(items), at, deeper(at, *(value for _, value in items)))

    def declaration(self, children: Children) -> units.Declaration:
        names, _word, address, type_, edge, word, initial, semicolon = children
        text = "" if address is None else str(address)
        edge = "" if edge is None else str(edge).upper()
        bound = word is not None and word.type == "REF_ASSIGN"
        initial, end = as_initial(initial), place(semicolon)
        return units.Declaration(names, text, type_, initial, names[0].at, end, bound, edge)

    def qualifier(self, children: Children) -> str:
        return str(children[0].upper())

    def _section(self, children: Children) -> units.Section:
        word = children[0]
        qualifiers = tuple(
            child.upper() if isinstance(child, Token) else child
            for child in children[1:]
            if type(child) is str or (isinstance(child, Token) and child.type == "ACCESS")
        )
        declarations = tuple(child for child in children if isinstance(child, units.Declaration))
        return units.Section(word.upper(), qualifiers, declarations, place(word))

    local_section = _section
    global_section = _section
    generic = _section

    def section(self, children: Children) -> units.Section:
        section: units.Section = children[0]
        return section

    def extends(self, children: Children) -> Bases:
        return Bases(
            base if isinstance(base, units.TypeName) else units.TypeName(base.name, None, base.at)
            for base in children[1:]
        )

    def implements(self, children: Children) -> Interfaces:
        return Interfaces(units.TypeName(name.name, None, name.at) for name in children[1:])

    def pou(self, children: Children) -> units.Pou:
        """Everything with a name, sections, members and a body; these come as they stand in the text."""
        word = children[0]
        kind = {"CLASS": "FUNCTION_BLOCK"}.get(word.upper(), word.upper())
        name = next((c for c in children[1:] if isinstance(c, Token) and c.type == "NAME"), word)
        # a type stands in the one place behind the name, sections, members and statements anywhere
        result: Any = None
        sections: list[units.Section] = []
        members: list[units.Pou] = []
        body: list[tree.Statement] = []
        chart: list[ChartPart] = []
        paths: list[units.Paths] = []
        using: list[units.Using] = []
        bases: tuple[units.TypeName, ...] = ()
        interfaces: tuple[units.TypeName, ...] = ()
        for child in unrowed(children[1:]):
            if child is None or isinstance(child, Token):
                continue
            if isinstance(child, Bases):
                bases = tuple(child)
            elif isinstance(child, Interfaces):
                interfaces = tuple(child)
            elif isinstance(child, units.Section):
                if body:
                    raise TooDeep(f"{child.word} stands behind the first statement", child.at)
                sections.append(child)
            elif isinstance(child, units.Pou):
                members.append(child)
            elif isinstance(child, units.Paths):
                paths.append(child)
            elif isinstance(child, units.Using):
                using.append(child)
            elif isinstance(child, _TYPE_NODES):
                result = child
            elif isinstance(child, ChartStep | Transition):
                chart.append(child)
            else:
                body.append(child)
        words = [c for c in children if isinstance(c, Token) and c.type == "MODIFIER"]
        return units.Pou(
            kind, str(name), result, tuple(sections), tuple(body), place(name),
            frozenset(word.upper() for word in words), bases, interfaces, tuple(members), tuple(chart),
            tuple(paths), tuple(using),
        )  # fmt: skip

    function = pou
    interface = pou

    def modifier(self, children: Children) -> Token:
        token: Token = children[0]
        return token

    method = pou
    property = pou
    accessor = pou
    action = pou

    def using(self, children: Children) -> units.Using:
        word, *names, _semicolon = children
        return units.Using(tuple(name.name for name in names), place(word))

    def namespace(self, children: Children) -> units.Namespace:
        name = next(child for child in children if isinstance(child, tree.Name))
        found = tuple(child for child in children if isinstance(child, _UNITS))
        using = tuple(child for child in children if isinstance(child, units.Using))
        return units.Namespace(name.name, found, name.at, using)

    def test(self, children: Children) -> units.Test:
        word, name, *parts, body, _end = children
        mocks = tuple(part for part in parts if isinstance(part, units.Mock))
        sections = tuple(part for part in parts if isinstance(part, units.Section))
        return units.Test(string_value(str(name))[1], sections, body, place(word), mocks)

    def mock(self, children: Children) -> units.Mock:
        word, name, _by, stand_in, _semicolon = children
        return units.Mock(name.name, str(stand_in), place(word))

    def globals(self, children: Children) -> units.Globals | units.Paths:
        section: units.Section | units.Paths = children[0]
        return section if isinstance(section, units.Paths) else units.Globals(section, section.at)

    def unit(self, children: Children) -> units.Unit | None:
        return children[0] if children else None

    def start(self, children: Children) -> tuple[units.Unit, ...]:
        return tuple(child for child in children if child is not None)
