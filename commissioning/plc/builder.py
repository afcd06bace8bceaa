"""From grammar rules to the syntax tree: one method per rule of grammar.lark, called while the parser runs.

Nothing here recurses: the parser works on a stack, every node knows its own depth, and what is nested deeper
than `MAX_DEPTH` is refused while it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lark import Token, Transformer

from commissioning.plc import tree, units
from commissioning.plc.iec_types import ELEMENTARY
from commissioning.plc.literals import string_value
from commissioning.plc.sfc_rules import ChartRules
from commissioning.plc.sfc_tree import ChartPart, ChartStep, Transition
from commissioning.plc.tree import At, Expression

MAX_DEPTH = 40
MAX_CHAIN = 2000
_MOST_DIGITS = 9

Children = list[Any]


class TooDeep(Exception):
    """The text nests deeper, or chains more operands, than the compiler accepts."""

    def __init__(self, what: str, at: At) -> None:
        super().__init__(what)
        self.what = what
        self.at = at


def _at(token: Token) -> At:
    return At(token.line or 0, token.column or 0)


def _deeper(at: At, *parts: Any) -> int:
    depth = 1 + max((part.depth for part in parts if part is not None), default=0)
    if depth > MAX_DEPTH:
        raise TooDeep(f"this is nested more than {MAX_DEPTH} levels deep", at)
    return depth


def _chain(children: Children) -> tree.Chain:
    first: Expression = children[0]
    if len(children) > 2 * MAX_CHAIN:
        raise TooDeep(f"one expression has more than {MAX_CHAIN} operands", first.at)
    steps = tuple(
        tree.Step(_OPERATORS.get(operator.upper(), operator.upper()), _at(operator), operand)
        for operator, operand in zip(children[1::2], children[2::2], strict=True)
    )
    return tree.Chain(first, steps, first.at, _deeper(first.at, first, *(step.operand for step in steps)))


_OPERATORS = {"&": "AND"}


@dataclass(frozen=True, slots=True)
class _Row:
    """What was written as one statement and stands for several."""

    statements: tuple[tree.Statement, ...]


def _unrowed(children: Children) -> Iterator[Any]:
    for child in children:
        if isinstance(child, _Row):
            yield from child.statements
        else:
            yield child


def _flat(children: Children) -> tuple[tree.Statement, ...]:
    return tuple(child for child in _unrowed(children) if child is not None)


_TYPE_NODES = (
    units.TypeName, units.SubrangeType, units.ArrayType, units.EnumType, units.StructType, units.AddressType,
)  # fmt: skip
_UNITS = (units.Pou, units.Globals, units.Configuration, units.Types, units.Namespace)


class _Bases(tuple[units.TypeName, ...]):
    """What follows EXTENDS."""


class _Interfaces(tuple[units.TypeName, ...]):
    """What follows IMPLEMENTS."""


def _argument(member: units.InitialMember) -> tree.Argument:
    if isinstance(member.value, units.StructInitial | units.ArrayInitial):
        raise TooDeep("FB_init takes no structures or arrays that are written out here", member.at)
    return tree.Argument(member.name, member.value, False, False, member.at)


class Builder(ChartRules, Transformer[Token, units.Source]):
    """Stateless: one instance serves every parse."""

    # ---- expressions ---------------------------------------------------------------------------------

    or_chain = staticmethod(_chain)
    xor_chain = staticmethod(_chain)
    and_chain = staticmethod(_chain)
    equality_chain = staticmethod(_chain)
    comparison_chain = staticmethod(_chain)
    sum_chain = staticmethod(_chain)
    product_chain = staticmethod(_chain)
    power_chain = staticmethod(_chain)

    def unary(self, children: Children) -> tree.Unary:
        operator, operand = children
        at = _at(operator)
        return tree.Unary(operator.upper(), operand, at, _deeper(at, operand))

    def parenthesis(self, children: Children) -> Expression:
        inner: Expression = children[0]
        # a level of its own, or ((((...)))) would be free; a name or literal in parentheses stays what it is
        if isinstance(inner, tree.Name | tree.Literal):
            return inner
        return tree.Chain(inner, (), inner.at, _deeper(inner.at, inner))

    def literal(self, children: Children) -> tree.Literal:
        token: Token = children[0]
        kind = {"TRUE": "boolean", "FALSE": "boolean"}.get(
            token.type, token.type.removesuffix("_LITERAL").lower()
        )
        return tree.Literal(kind, str(token), _at(token))

    def name(self, children: Children) -> tree.Name:
        return tree.Name(str(children[0]), _at(children[0]))

    def member(self, children: Children) -> tree.Member:
        owner, name = children
        return tree.Member(owner, str(name), _at(name), _deeper(_at(name), owner))

    def direct(self, children: Children) -> tree.Direct:
        return tree.Direct(str(children[0]).upper(), _at(children[0]))

    def part(self, children: Children) -> tree.Part:
        owner, token = children
        at = _at(token)
        if len(token) > _MOST_DIGITS:
            raise TooDeep(f"there is no bit {token[:20]}...", at)
        size, digits = ("X", token) if token.type == "INTEGER_LITERAL" else (token[1].upper(), token[2:])
        return tree.Part(owner, size, int(digits.replace("_", "")), at, _deeper(at, owner))

    def indexed(self, children: Children) -> tree.Indexed:
        owner, *indices = children
        return tree.Indexed(owner, tuple(indices), owner.at, _deeper(owner.at, owner, *indices))

    def dereference(self, children: Children) -> tree.Dereference:
        owner, caret = children
        return tree.Dereference(owner, _at(caret), _deeper(_at(caret), owner))

    def call(self, children: Children) -> tree.Call:
        target, *arguments = children
        given = tuple(argument for argument in arguments if argument is not None)
        return tree.Call(target, given, target.at, _deeper(target.at, target, *(a.value for a in given)))

    def left_open(self, children: Children) -> None:
        """`PT := ` with nothing behind it: the parameter is not given."""
        return None

    def word_call(self, children: Children) -> tree.Call:
        """`MOD(a, b)`: a function whose name is an operator as well."""
        word, *arguments = children
        target = tree.Name(str(word), _at(word))
        return self.call([target, *arguments])

    def positional(self, children: Children) -> tree.Argument:
        return tree.Argument("", children[0], False, False, children[0].at)

    def named(self, children: Children) -> tree.Argument:
        return tree.Argument(str(children[0]), children[2], False, False, _at(children[0]))

    def output(self, children: Children) -> tree.Argument:
        return tree.Argument(str(children[0]), children[2], True, False, _at(children[0]))

    def negated_output(self, children: Children) -> tree.Argument:
        return tree.Argument(str(children[1]), children[3], True, True, _at(children[1]))

    # ---- statements ----------------------------------------------------------------------------------

    def body(self, children: Children) -> tuple[tree.Statement, ...]:
        return _flat(children)

    def empty(self, children: Children) -> None:
        return None

    def targets(self, children: Children) -> Children:
        before: Children = children[0] if isinstance(children[0], list) else []
        return [*before, children[-2]]

    def assign(self, children: Children) -> tree.Assign | _Row:
        """`a := b := c` assigns c to b, and b to a."""
        targets, value, _semicolon = children
        pairs = zip(reversed(targets), [value, *reversed(targets)][:-1], strict=True)
        made = tuple(tree.Assign(target, given, target.at) for target, given in pairs)
        return made[0] if len(made) == 1 else _Row(made)

    def assign_by(self, children: Children) -> tree.Assign:
        return tree.Assign(children[0], children[2], children[0].at, operator=str(children[1]).upper())

    def invoke(self, children: Children) -> tree.Invoke:
        return tree.Invoke(children[0], children[0].at)

    def elsif(self, children: Children) -> tree.Branch:
        word, condition, _then, body = children
        return tree.Branch(condition, body, _at(word))

    def if_(self, children: Children) -> tree.If:
        at = _at(children[0])
        branches = [tree.Branch(children[1], children[3], at)]
        branches += [child for child in children if isinstance(child, tree.Branch)]
        otherwise = self._else(children)
        inner = [s for branch in branches for s in branch.body] + list(otherwise)
        return tree.If(tuple(branches), otherwise, at, _deeper(at, *inner))

    def case(self, children: Children) -> tree.Case:
        at = _at(children[0])
        options: list[tree.Option] = []
        for child in _unrowed(children[3:]):
            if isinstance(child, list):  # of labels: a new option starts
                options.append(tree.Option(tuple(child), (), child[0].at))
            elif isinstance(child, Token) or child is None or isinstance(child, tuple):
                continue
            elif not options:
                raise TooDeep("a statement in CASE stands before the first label", child.at)
            else:
                last = options[-1]
                options[-1] = tree.Option(last.labels, (*last.body, child), last.at)
        otherwise = self._else(children)
        inner = [s for option in options for s in option.body] + list(otherwise)
        return tree.Case(children[1], tuple(options), otherwise, at, _deeper(at, *inner))

    @staticmethod
    def _else(children: Children) -> tuple[tree.Statement, ...]:
        for word, body in pairwise(children):
            if isinstance(word, Token) and word.type == "ELSE":
                result: tuple[tree.Statement, ...] = body
                return result
        return ()

    def case_item(self, children: Children) -> Any:
        return children[0]

    def labels(self, children: Children) -> list[tree.Label]:
        return [child for child in children if isinstance(child, tree.Label)]

    def label(self, children: Children) -> tree.Label:
        low, high = children
        return tree.Label(low, high, low.at)

    def for_(self, children: Children) -> tree.For:
        word, variable, _assign, start, _to, stop, _by, step, _do, body, _end = children
        at = _at(word)
        return tree.For(variable, start, stop, step, body, at, _deeper(at, *body))

    def while_(self, children: Children) -> tree.While:
        at = _at(children[0])
        return tree.While(children[1], children[3], at, _deeper(at, *children[3]))

    def repeat(self, children: Children) -> tree.Repeat:
        at = _at(children[0])
        return tree.Repeat(children[1], children[3], at, _deeper(at, *children[1]))

    def jump(self, children: Children) -> tree.Jump:
        return tree.Jump(children[0].upper(), _at(children[0]))

    # ---- declarations --------------------------------------------------------------------------------

    def names(self, children: Children) -> tuple[tree.Name, ...]:
        return tuple(tree.Name(str(token), _at(token)) for token in children)

    def qualified(self, children: Children) -> tree.Name:
        return tree.Name(".".join(children), _at(children[0]))

    def named_type(self, children: Children) -> units.TypeName:
        name, *length = children
        return units.TypeName(name.name, length[0] if length else None, name.at)

    def rowed_type(self, children: Children) -> units.TypeName:
        """`ARRAY ... OF FB_X[(a := 1), (a := 2)]`: what each block gives to its FB_init."""
        name, *rows = children
        found = tuple(tuple(_argument(member) for member in row.members) for row in rows)
        return units.TypeName(name.name, None, name.at, rows=found)

    def called_type(self, children: Children) -> units.TypeNode:
        """`STRING(20)`, `INT (a, b := 2)`, or a block with the arguments of its FB_init."""
        name, *given = children
        arguments = [argument for argument in given if argument is not None]
        if len(arguments) < len(given):
            raise TooDeep("a value is missing behind ':='", name.at)
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
        return units.AddressType(word.upper(), target, _at(word), _deeper(_at(word), target))

    def bounds(self, children: Children) -> units.Bounds:
        low, high = children
        return units.Bounds(low, high, low.at)

    def any_bounds(self, children: Children) -> units.Bounds:
        """`ARRAY[*]`: those of the array that is given."""
        at = _at(children[0])
        return units.Bounds(None, None, at)

    def array_type(self, children: Children) -> units.ArrayType:
        word, *bounds, _of, element = children
        return units.ArrayType(tuple(bounds), element, _at(word), _deeper(_at(word), element))

    def valued(self, children: Children) -> units.Enumerator:
        value = children[2] if len(children) > 1 else None
        return units.Enumerator(str(children[0]), value, _at(children[0]))

    def enum_type(self, children: Children) -> units.EnumType:
        *members, base = children
        return units.EnumType(tuple(members), "" if base is None else str(base), members[0].at)

    def struct_type(self, children: Children) -> units.StructType:
        found = tuple(child for child in children if isinstance(child, units.Declaration))
        at = _at(children[0])
        depth = _deeper(at, *(declaration.type for declaration in found))
        return units.StructType(found, at, depth, children[0].type == "UNION")

    def type_declaration(self, children: Children) -> units.TypeDeclaration:
        name, *rest = children
        bases = tuple(base for child in rest if isinstance(child, _Bases) for base in child)
        rest = [child for child in rest if not isinstance(child, _Bases)]
        initial = rest[1] if len(rest) > 1 else None
        return units.TypeDeclaration(str(name), rest[0], initial, _at(name), bases)

    def types(self, children: Children) -> units.Types:
        found = tuple(child for child in children if isinstance(child, units.TypeDeclaration))
        return units.Types(found, _at(children[0]))

    def member_initial(self, children: Children) -> units.InitialMember:
        return units.InitialMember(str(children[0]), children[2], _at(children[0]))

    def struct_initial(self, children: Children) -> units.StructInitial:
        at = children[0].at
        return units.StructInitial(tuple(children), at, _deeper(at, *(member.value for member in children)))

    def repeated(self, children: Children) -> tuple[int, units.Initial | None]:
        token, value = children
        if len(token) > _MOST_DIGITS:
            raise TooDeep("an initial value is repeated too often", _at(token))
        return int(token.replace("_", "")), value

    def array_initial(self, children: Children) -> units.ArrayInitial:
        items = [c if isinstance(c, tuple) else (1, c) for c in children if c is not None]
        at = next((value.at for _, value in items if value is not None), At(0, 0))
        return units.ArrayInitial(tuple(items), at, _deeper(at, *(value for _, value in items)))

    def declaration(self, children: Children) -> units.Declaration:
        names, _word, address, type_, word, initial, semicolon = children
        text = "" if address is None else str(address)
        bound = word is not None and word.type == "REF_ASSIGN"
        return units.Declaration(names, text, type_, initial, names[0].at, _at(semicolon), bound)

    def qualifier(self, children: Children) -> str:
        return str(children[0].upper())

    def _section(self, children: Children) -> units.Section:
        word = children[0]
        qualifiers = tuple(child for child in children[1:] if type(child) is str)
        declarations = tuple(child for child in children if isinstance(child, units.Declaration))
        return units.Section(word.upper(), qualifiers, declarations, _at(word))

    local_section = _section
    global_section = _section

    def section(self, children: Children) -> units.Section:
        section: units.Section = children[0]
        return section

    def extends(self, children: Children) -> _Bases:
        return _Bases(units.TypeName(name.name, None, name.at) for name in children[1:])

    def implements(self, children: Children) -> _Interfaces:
        return _Interfaces(units.TypeName(name.name, None, name.at) for name in children[1:])

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
        bases: tuple[units.TypeName, ...] = ()
        interfaces: tuple[units.TypeName, ...] = ()
        for child in _unrowed(children[1:]):
            if child is None or isinstance(child, Token):
                continue
            if isinstance(child, _Bases):
                bases = tuple(child)
            elif isinstance(child, _Interfaces):
                interfaces = tuple(child)
            elif isinstance(child, units.Section):
                if body:
                    raise TooDeep(f"{child.word} stands behind the first statement", child.at)
                sections.append(child)
            elif isinstance(child, units.Pou):
                members.append(child)
            elif isinstance(child, _TYPE_NODES):
                result = child
            elif isinstance(child, ChartStep | Transition):
                chart.append(child)
            else:
                body.append(child)
        words = [c for c in children if isinstance(c, Token) and c.type == "MODIFIER"]
        return units.Pou(
            kind, str(name), result, tuple(sections), tuple(body), _at(name),
            frozenset(word.upper() for word in words), bases, interfaces, tuple(members), tuple(chart),
        )  # fmt: skip

    function = pou
    interface = pou
    method = pou
    property = pou
    accessor = pou
    action = pou

    def using(self, children: Children) -> None:
        return None

    def namespace(self, children: Children) -> units.Namespace:
        name = next(child for child in children if isinstance(child, tree.Name))
        found = tuple(child for child in children if isinstance(child, _UNITS))
        return units.Namespace(name.name, found, name.at)

    def test(self, children: Children) -> units.Test:
        word, name, *sections, body, _end = children
        return units.Test(string_value(str(name))[1], tuple(sections), body, _at(word))

    def globals(self, children: Children) -> units.Globals:
        return units.Globals(children[0], children[0].at)

    def task(self, children: Children) -> units.TaskDeclaration:
        _word, name, *settings, _semicolon = children
        given = tuple(setting for setting in settings if setting is not None)
        return units.TaskDeclaration(str(name), given, _at(name))

    def instance(self, children: Children) -> units.Instance:
        _word, name, _with, task, program, _semicolon = children
        return units.Instance(str(name), "" if task is None else str(task), str(program), _at(name))

    def resource(self, children: Children) -> Children:
        return children[4:-1]

    def configuration(self, children: Children) -> units.Configuration:
        parts: Children = []
        for child in children[2:-1]:
            parts += child if isinstance(child, list) else [child]
        return units.Configuration(
            str(children[1]),
            tuple(part for part in parts if isinstance(part, units.Section)),
            tuple(part for part in parts if isinstance(part, units.TaskDeclaration)),
            tuple(part for part in parts if isinstance(part, units.Instance)),
            _at(children[1]),
        )

    def unit(self, children: Children) -> units.Unit | None:
        return children[0] if children else None

    def start(self, children: Children) -> tuple[units.Unit, ...]:
        return tuple(child for child in children if child is not None)
