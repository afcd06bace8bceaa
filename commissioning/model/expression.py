"""The expression language of checks, scenarios and searches: text -> typed tree.

    stop1.raised and pe1.blocked and belt1.moving      levels: true or false over time
    I_EStop falls                                      an event: an instant
    pe1.blocked falls and stop1.raised                 an event while a level is true
    not belt1.moving for 2 s                           true once it has held for 2 s
    not Q_Done since I_Start rises                     true from the event on, until the level ends
    abs(belt1.speed - belt2.speed) > 0.05 m/s          continuous, solved on the motion pieces

Binding, tightest first: names and literals, unary ``-``, ``* /``, ``+ -``, comparison, ``not``, the
postfix words ``rises falls for since``, ``and``, ``or``. Thus ``not a for 2 s`` is ``(not a) for 2 s``.
``a and b for 2 s`` can be read in two ways and is refused until parentheses say which. Names and words
compare without case; names that are no identifiers stand in backticks. Never Python: nothing here is ever
evaluated as code.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from commissioning.model import expression_rules as rules
from commissioning.model.expression_lexer import LexicalError, Token, tokens
from commissioning.model.expression_tree import (
    NOWHERE,
    Constant,
    Expression,
    ExpressionType,
    NameInfo,
    Node,
    Variable,
)
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.tags import DataType

__all__ = ["Expression", "ExpressionType", "NameInfo", "names_in_header", "parse"]

T = TypeVar("T")

DEEPEST = 40
"""Levels of parentheses, calls and chained postfix words; more is a mistake or an attack."""

_FUNCTIONS = ("abs", "min", "max")
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_FOREIGN = {"==": "=", "!=": "<>", "&&": "and", "||": "or", "!": "not", "&": "and", "|": "or"}

UNKNOWN_NAME = "there is no tag or port named"  # what is told of one, before the name in backticks


def parse(text: str, names: Mapping[str, NameInfo], place: Place = NOWHERE) -> Expression:
    """The typed tree of `text`. `names`: what a name stands for, keys in any case.

    `place` is where the text stands; with a column in it, that of the text's first character, problems
    point into the line, without one at the column inside the text. Raises Problems, with every unknown
    name and every wrong type at once, or the first error of syntax.
    """
    return _Parser(text, {key.casefold(): info for key, info in names.items()}, place).expression()


class _Parser:
    def __init__(self, text: str, names: Mapping[str, NameInfo], place: Place) -> None:
        self.text, self.names, self.place = text, names, place
        self.problems: list[Problem] = []
        self.used: dict[str, NameInfo] = {}
        self.at = 0
        self.depth = 0
        self.timed = ""  # the `for` or `since` that ends the condition read last
        self.words: list[Token] = []

    def expression(self) -> Expression:
        try:
            self.words = tokens(self.text)
            if self.words[0].kind == "end":
                cure = "Write for example `I_PE1 and not belt1.moving`"
                raise LexicalError(0, "the expression is empty", cure)
            root = self._or()
            if self._word.kind != "end":
                raise self._unexpected()
        except LexicalError as error:
            self._report(error.start, error.what, error.cure)
        if self.problems:
            raise Problems(self.problems)
        return Expression(self.text, root, tuple(self.used.values()), self.place)

    # ---- words ----
    @property
    def _word(self) -> Token:
        return self.words[self.at]

    def _take(self, kind: str, *texts: str) -> Token | None:
        word = self._word
        if word.kind == kind and (not texts or word.text in texts):
            self.at += 1
            return word
        return None

    def _unexpected(self) -> LexicalError:
        word = self._word
        if word.kind == "end":
            return LexicalError(word.start, "the expression ends here, but something must follow")
        foreign = _FOREIGN.get(word.text)
        if foreign:
            return LexicalError(word.start, f"`{word.text}` is not known here", f"Write `{foreign}`")
        if word.kind in ("name", "number", "quantity", "text"):
            cure = "Join two conditions with `and` or `or`; a name that is no identifier stands in backticks"
            return LexicalError(word.start, f"`{word.text}` cannot follow what stands before it", cure)
        return LexicalError(word.start, f"`{word.text}` cannot stand here")

    def _report(self, start: int, what: str, cure: str = "") -> None:
        column = self.place.column + start if self.place.column else start + 1
        shown = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        where = replace(self.place, column=column)
        self.problems.append(Problem(f"{what} (character {start + 1} of `{shown}`)", where, cure))

    def _checked(self, build: Callable[..., Node], *arguments: object) -> Node:
        """The node that a typing rule makes; a broken rule is reported and typed ERROR."""
        try:
            return build(*arguments)
        except rules.TypeProblem as problem:
            self._report(problem.start, problem.what, problem.cure)
            return Constant(ExpressionType.ERROR, "", problem.start, False)

    # ---- grammar, loosest binding first ----
    def _or(self) -> Node:
        parts = [self._and()]
        while word := self._take("keyword", "or"):
            before = self.timed
            parts.append(self._and())
            self._one_way(word, before)
        return parts[0] if len(parts) == 1 else self._checked(rules.either, parts)

    def _and(self) -> Node:
        parts = [self._timed()]
        while word := self._take("keyword", "and"):
            before = self.timed
            parts.append(self._timed())
            self._one_way(word, before)
        return parts[0] if len(parts) == 1 else self._checked(rules.both, parts)

    def _one_way(self, word: Token, before: str) -> None:
        """Refuse ``a and b for 2 s``: some mean both by it, some only b, and no verdict may hang on that."""
        if self.timed and not before:
            what = f"`{self.timed}` after `a {word.text} b` can mean both or only b"
            cure = f"Write `(a {word.text} b) {self.timed} ...` or `a {word.text} (b {self.timed} ...)`"
            self._report(word.start, what, cure)

    def _timed(self) -> Node:
        node = self._edges(self._not())
        timed = ""
        chained = 0
        while word := self._take("keyword", "for", "since"):
            chained += 1
            if chained > DEEPEST:
                raise LexicalError(word.start, f"more than {DEEPEST} times `for` or `since` in a row")
            if word.text == "for":
                node = self._checked(rules.held, node, self._duration())
            else:
                node = self._checked(rules.since, node, self._edges(self._not()))
            node = self._edges(node)
            timed = word.text
        self.timed = timed
        return node

    def _edges(self, node: Node) -> Node:
        chained = 0
        while word := self._take("keyword", "rises", "falls"):
            chained += 1
            if chained > DEEPEST:
                raise LexicalError(word.start, f"more than {DEEPEST} times `rises` or `falls` in a row")
            node = self._checked(rules.edge, node, word.text == "rises")
        return node

    def _duration(self) -> Token:
        word = self._word
        if word.kind == "quantity" and word.dimension == "duration":
            self.at += 1
            return word
        if word.kind == "number" and isinstance(word.value, int | float):
            self.at += 1
            return replace(word, value=round(word.value * 1e9))
        what = "after `for` a fixed duration must follow"
        raise LexicalError(word.start, what, "Write for example `for 2 s`")

    def _not(self) -> Node:
        start = self._word.start
        count = 0
        while self._take("keyword", "not"):
            count += 1
        node = self._comparison()
        return node if not count else self._checked(rules.inverse, node, count, start)

    def _comparison(self) -> Node:
        left = self._sum()
        word = self._take("operator", *_COMPARISONS)
        if word is None:
            return left
        node = self._checked(rules.compare, word.text, left, self._sum())
        if self._word.kind == "operator" and self._word.text in _COMPARISONS:
            cure = "Write `a < b and b < c`"
            raise LexicalError(self._word.start, "comparisons cannot be chained", cure)
        return node

    def _sum(self) -> Node:
        parts, signs = [self._product()], [1]
        while word := self._take("operator", "+", "-"):
            signs.append(1 if word.text == "+" else -1)
            parts.append(self._product())
        return parts[0] if len(parts) == 1 else self._checked(rules.total, parts, signs)

    def _product(self) -> Node:
        parts, powers = [self._unary()], [1]
        while word := self._take("operator", "*", "/"):
            powers.append(1 if word.text == "*" else -1)
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else self._checked(rules.product, parts, powers)

    def _unary(self) -> Node:
        start = self._word.start
        count = 0
        while self._take("operator", "-"):
            count += 1
        node = self._primary()
        return node if not count else self._checked(rules.negative, node, count, start)

    def _primary(self) -> Node:
        word = self._word
        if word.kind in ("number", "quantity", "text"):
            self.at += 1
            return rules.literal(word)
        if self._take("keyword", "true", "false"):
            return Constant(ExpressionType.BOOL, "", word.start, word.text == "true")
        if self._take("operator", "("):
            node = self._nested(word, self._or)
            self._close(word)
            return node
        if word.kind == "name":
            self.at += 1
            quoted = self.text[word.start] == "`"
            if not quoted and word.text.lower() in _FUNCTIONS and self._take("operator", "("):
                arguments = self._nested(word, self._arguments)
                self._close(word)
                return self._checked(rules.function, word.text.lower(), arguments, word.start)
            return self._name(word)
        raise self._unexpected()

    def _nested(self, word: Token, inside: Callable[[], T]) -> T:
        if self.depth == DEEPEST:
            cure = "Split the rule into several checks"
            raise LexicalError(word.start, f"more than {DEEPEST} parentheses inside each other", cure)
        self.depth += 1
        result = inside()
        self.depth -= 1
        return result

    def _arguments(self) -> list[Node]:
        found = [self._or()]
        while self._take("operator", ","):
            found.append(self._or())
        return found

    def _close(self, opened: Token) -> None:
        if not self._take("operator", ")"):
            if self._word.kind == "end":
                raise LexicalError(opened.start, "a `)` is missing for what opens here")
            raise self._unexpected()

    def _name(self, word: Token) -> Node:
        info = self.names.get(word.text.casefold())
        if info is None:
            near = difflib.get_close_matches(word.text.casefold(), self.names, 1, 0.6)
            known = self.names[near[0]].name if near else ""
            cure = "Use a tag, a port like `pe1.blocked`, or motion like `belt1.travel`"
            if known:
                cure = f"Did you mean `{known}`?"
            self._report(word.start, f"{UNKNOWN_NAME} `{word.text}`", cure)
            return Constant(ExpressionType.ERROR, "", word.start, False)
        if info.kind == "reading" and (info.steps or not info.type.is_real):
            what = f"`{word.text}` counts without events ({info.type}), so nothing here can wait for a count"
            cure = "Use a REAL of the same sensor, like `enc.position`, or the travel of the drive"
            if info.steps:
                what = f"`{word.text}` goes in steps without events, so nothing here can wait for one"
                cure = "Leave `resolution` of the sensor out, or use the travel of the drive"
            self._report(word.start, what, cure)
            return Constant(ExpressionType.ERROR, "", word.start, False)
        self.used.setdefault(info.name.casefold(), info)
        return Variable(info.expression_type, info.dimension, word.start, info)


def names_in_header(header: Mapping[str, object]) -> dict[str, NameInfo]:
    """What expressions can name in a run: tags, ports and motion, from its journal header."""
    core = header["core"]
    assert isinstance(core, Mapping)
    names: dict[str, NameInfo] = {}
    for drive in core["drives"]:
        for kind, dimension in (("travel", "length"), ("speed", "speed")):
            name = f"{drive}.{kind}"
            info = NameInfo(name, DataType.LREAL, kind, dimension, drive)  # type: ignore[arg-type]
            names[name.casefold()] = info
    for signal in core["signals"]:
        datatype, runs, steps = DataType[signal["type"]], signal.get("reading"), "step" in signal
        tag = signal["name"]
        for name in (*signal["ports"], tag):
            if runs:
                names[name.casefold()] = NameInfo(name, datatype, "reading", runs, steps=steps)
            else:
                names[name.casefold()] = NameInfo(name, datatype, "tag" if name is tag else "port")
    return names
