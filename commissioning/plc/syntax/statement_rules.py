"""From the rules of grammar.lark for expressions and statements to their syntax tree."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from lark import Token

from commissioning.plc.syntax import tree
from commissioning.plc.syntax.comments import unmarked
from commissioning.plc.syntax.rules import (
    MAX_CHAIN,
    MOST_DIGITS,
    Children,
    Row,
    TooDeep,
    deeper,
    flat,
    place,
    unrowed,
)
from commissioning.plc.syntax.tree import Expression


def _chain(children: Children) -> tree.Chain:
    first: Expression = children[0]
    if len(children) > 2 * MAX_CHAIN:
        raise TooDeep(f"one expression has more than {MAX_CHAIN} operands", first.at)
    steps = tuple(
        tree.Step(_OPERATORS.get(operator.upper(), operator.upper()), place(operator), operand)
        for operator, operand in zip(children[1::2], children[2::2], strict=True)
    )
    return tree.Chain(first, steps, first.at, deeper(first.at, first, *(step.operand for step in steps)))


_OPERATORS = {"&": "AND"}


class StatementRules:
    """One method per rule."""

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
        at = place(operator)
        return tree.Unary(operator.upper(), operand, at, deeper(at, operand))

    def parenthesis(self, children: Children) -> Expression:
        inner: Expression = children[0]
        # a level of its own, or ((((...)))) would be free; a name or literal in parentheses stays what it is
        if isinstance(inner, tree.Name | tree.Literal):
            return inner
        return tree.Chain(inner, (), inner.at, deeper(inner.at, inner))

    def assigned(self, children: Children) -> tree.Assigned:
        target, _word, value = children
        return tree.Assigned(target, value, target.at, deeper(target.at, target, value))

    def literal(self, children: Children) -> tree.Literal:
        token: Token = children[0]
        kind = {"TRUE": "boolean", "FALSE": "boolean"}.get(
            token.type, token.type.removesuffix("_LITERAL").lower()
        )
        return tree.Literal(kind, unmarked(str(token)), place(token))

    def name(self, children: Children) -> tree.Name:
        return tree.Name(str(children[0]), place(children[0]))

    def global_name(self, children: Children) -> tree.Name:
        """`.name`: the global of that name, whatever hides it."""
        return tree.Name(f".{children[0]}", place(children[0]))

    def member(self, children: Children) -> tree.Member:
        owner, name = children
        depth = deeper(place(name), owner) - isinstance(owner, tree.Call)  # a().b() is one link of a chain
        return tree.Member(owner, str(name), place(name), depth)

    def direct(self, children: Children) -> tree.Direct:
        return tree.Direct(str(children[0]).upper(), place(children[0]))

    def part(self, children: Children) -> tree.Part:
        owner, token = children
        at = place(token)
        if len(token) > MOST_DIGITS:
            raise TooDeep(f"there is no bit {token[:20]}...", at)
        size, digits = ("X", token) if token.type == "INTEGER_LITERAL" else (token[1].upper(), token[2:])
        return tree.Part(owner, size, int(digits.replace("_", "")), at, deeper(at, owner))

    def indexed(self, children: Children) -> tree.Indexed:
        owner, *indices = children
        return tree.Indexed(owner, tuple(indices), owner.at, deeper(owner.at, owner, *indices))

    def dereference(self, children: Children) -> tree.Dereference:
        owner, caret = children
        return tree.Dereference(owner, place(caret), deeper(place(caret), owner))

    def call(self, children: Children) -> tree.Call:
        target, *arguments = children
        given = tuple(argument for argument in arguments if argument is not None)
        return tree.Call(target, given, target.at, deeper(target.at, target, *(a.value for a in given)))

    def left_open(self, children: Children) -> None:
        """`PT := ` with nothing behind it: the parameter is not given."""
        return None

    def word_call(self, children: Children) -> tree.Call:
        """`MOD(a, b)`: a function whose name is an operator as well."""
        word, *arguments = children
        target = tree.Name(str(word), place(word))
        return self.call([target, *arguments])

    def positional(self, children: Children) -> tree.Argument:
        return tree.Argument("", children[0], False, False, children[0].at)

    def address_argument(self, children: Children) -> tree.Argument:
        """`SIZEOF(POINTER TO INT)`: a type, known by a name that nothing else can have."""
        word, target = children[0], children[-1]
        at = place(word)
        return tree.Argument("", tree.Name(f"{word.upper()} TO {target.name}", at), False, False, at)

    def named(self, children: Children) -> tree.Argument:
        bound = str(children[1]).upper() == "REF="
        return tree.Argument(str(children[0]), children[2], False, False, place(children[0]), bound)

    def output(self, children: Children) -> tree.Argument:
        return tree.Argument(str(children[0]), children[2], True, False, place(children[0]))

    def negated_output(self, children: Children) -> tree.Argument:
        return tree.Argument(str(children[1]), children[3], True, True, place(children[1]))

    # ---- statements ----------------------------------------------------------------------------------

    def body(self, children: Children) -> tuple[tree.Statement, ...]:
        return flat(children)

    def empty(self, children: Children) -> None:
        return None

    def targets(self, children: Children) -> Children:
        before: Children = children[0] if isinstance(children[0], list) else []
        return [*before, children[-2]]

    def assign(self, children: Children) -> tree.Assign | Row:
        """`a := b := c` assigns c to b, and b to a."""
        targets, value, _semicolon = children
        pairs = zip(reversed(targets), [value, *reversed(targets)][:-1], strict=True)
        made = tuple(tree.Assign(target, given, target.at) for target, given in pairs)
        return made[0] if len(made) == 1 else Row(made)

    def assign_by(self, children: Children) -> tree.Assign:
        return tree.Assign(children[0], children[2], children[0].at, operator=str(children[1]).upper())

    def invoke(self, children: Children) -> tree.Invoke:
        return tree.Invoke(children[0], children[0].at)

    def elsif(self, children: Children) -> tree.Branch:
        word, condition, _then, body = children
        return tree.Branch(condition, body, place(word))

    def if_(self, children: Children) -> tree.If:
        at = place(children[0])
        branches = [tree.Branch(children[1], children[3], at)]
        branches += [child for child in children if isinstance(child, tree.Branch)]
        otherwise = self._else(children)
        inner = [s for branch in branches for s in branch.body] + list(otherwise)
        return tree.If(tuple(branches), otherwise, at, deeper(at, *inner))

    def case(self, children: Children) -> tree.Case:
        at = place(children[0])
        options: list[tree.Option] = []
        for child in unrowed(children[3:]):
            if isinstance(child, list):  # of labels: a new option starts
                options.append(tree.Option(tuple(child), (), child[0].at))
            elif isinstance(child, Token) or child is None or isinstance(child, tuple):
                continue
            elif isinstance(child, tree.Mark):  # `name:` without a range or a second name
                options.append(tree.Option((tree.Label(child.target, None, child.at),), (), child.at))
            elif not options:
                raise TooDeep("a statement in CASE stands before the first label", child.at)
            else:
                last = options[-1]
                options[-1] = tree.Option(last.labels, (*last.body, child), last.at)
        otherwise = self._else(children)
        inner = [s for option in options for s in option.body] + list(otherwise)
        return tree.Case(children[1], tuple(options), otherwise, at, deeper(at, *inner))

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
        at = place(word)
        return tree.For(variable, start, stop, step, body, at, deeper(at, *body))

    def while_(self, children: Children) -> tree.While:
        at = place(children[0])
        return tree.While(children[1], children[3], at, deeper(at, *children[3]))

    def repeat(self, children: Children) -> tree.Repeat:
        at = place(children[0])
        return tree.Repeat(children[1], children[3], at, deeper(at, *children[1]))

    def return_if(self, children: Children) -> tree.If:
        """`RETURN(condition);` of TwinCAT."""
        at = place(children[0])
        branch = tree.Branch(children[1], (tree.Jump("RETURN", at),), at)
        return tree.If((branch,), (), at, deeper(at, *branch.body))

    def jump(self, children: Children) -> tree.Jump:
        return tree.Jump(children[0].upper(), place(children[0]))

    def jump_to(self, children: Children) -> tree.Jump:
        return tree.Jump("JMP", place(children[0]), label=str(children[1]))

    def mark(self, children: Children) -> tree.Mark:
        return tree.Mark(children[0], children[0].at)

    def try_(self, children: Children) -> tree.Try:
        word, body, caught, variable, handler, _finally, final, _end = children
        at, final = place(word), final or ()
        depth = deeper(at, *body, *handler, *final)
        return tree.Try(body, variable, handler, final, at, place(caught), depth)
