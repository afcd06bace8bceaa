"""PLCopen XML: the text of an instruction list (IL) -> its instructions, each with the place where it stands.

An instruction ends with its line; the arguments of a call go on until their parenthesis is closed.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from commissioning.model.element import Element, TextRun
from commissioning.plc.plcopen.interface import Unreadable

# what may have a parenthesis behind it, up to `)` on a line of its own
OPENING = {
    "AND": "AND", "&": "AND", "OR": "OR", "XOR": "XOR", "ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/",
    "MOD": "MOD", "GT": ">", "GE": ">=", "EQ": "=", "NE": "<>", "LE": "<=", "LT": "<",
}  # fmt: skip
_NEGATABLE = ("LD", "ST", "AND", "&", "OR", "XOR")
_LEADING = ("JMP", "CAL", "RET")
_HEAD = re.compile(r"(?:(?P<label>[A-Za-z_]\w*)\s*:(?!=))?[^\S\n]*(?P<op>&N?|\)|[A-Za-z_][\w.]*)?")
_SECOND = re.compile(r"[\w\])']\s+([A-Za-z_]\w*)")  # a word behind an operand
# strings and comments first: what stands in them ends nothing
_PASSED = re.compile(r"'(?:\$[\s\S]|[^'$\n])*'?|\"(?:\$[\s\S]|[^\"$\n])*\"?|//[^\n]*|\(\*[\s\S]*?(?:\*\)|\Z)")


@dataclass(frozen=True, slots=True)
class Words:
    """A part of the list: text, and where it begins in it."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """`operator` in upper case, without its modifiers; `operands` as they stand there; `formal`: the text
    between the parentheses of a call. `opens`: a parenthesis follows that `)` closes further down."""

    at: int
    label: str = ""
    operator: str = ""
    negated: bool = False
    conditional: bool = False
    opens: bool = False
    operands: tuple[Words, ...] = ()
    formal: Words | None = None
    called: Words | None = None  # the name as it is written


@dataclass(slots=True)
class ListText:
    """The text of an <IL> element, with the place of every character in the file."""

    element: Element
    runs: list[TextRun] = field(init=False)
    starts: list[int] = field(init=False)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.runs = [run for run in self.element.runs() if run.text]
        self.starts, length = [], 0
        for run in self.runs:
            self.starts.append(length)
            length += len(run.text)
        self.text = "".join(run.text for run in self.runs)

    def spot(self, at: int) -> Element:
        """An element to tell problems at: that character of the list."""
        number = bisect.bisect_right(self.starts, at) - 1
        if number < 0:
            return self.element
        run = self.runs[number]
        return Element("IL", "", {}, run.line, run.column + at - self.starts[number])

    def verbatim(self, words: Words) -> list[TextRun]:
        """These words with their places."""
        found, at, end = [], words.at, words.at + len(words.text)
        number = max(bisect.bisect_right(self.starts, at) - 1, 0)
        while at < end:
            run, start = self.runs[number], self.starts[number]
            text = run.text[at - start : end - start]
            found.append(TextRun(text, run.line, run.column + at - start))
            at += len(text)
            number += 1
        return found

    def refuse(self, what: str, at: int) -> Unreadable:
        """To be raised."""
        return Unreadable(what, self.spot(at))


def instructions(text: ListText) -> Iterator[Instruction]:
    """All instructions and labels, in their order. Raises Unreadable."""
    bare = _PASSED.sub(_blanked, text.text)
    at = 0
    while at < len(bare):
        if bare[at].isspace() or bare[at] == ";":
            at += 1
            continue
        head = _HEAD.match(bare, at)
        assert head is not None
        if head.group("label"):
            yield Instruction(at, head.group("label"))
        if head.group("op"):
            at, found = _instruction(text, bare, head)
            yield found
        elif head.group("label"):
            at = head.end()
        else:
            raise text.refuse(f"{bare[at]!r} begins no instruction", at)


def _blanked(match: re.Match[str]) -> str:
    """Comments as blanks; texts as they are, but for what would end them."""
    found = match.group()
    if found[0] in "'\"":
        return re.sub(r"[();,:]", "_", found)
    return re.sub(r"[^\n]", " ", found)


def _instruction(text: ListText, bare: str, head: re.Match[str]) -> tuple[int, Instruction]:
    start, end = head.start("op"), head.end("op")
    word = head.group("op")
    operator, negated, conditional = _modifiers(word.upper())
    stop = _line_end(bare, end)
    if operator == ")":
        return _nothing_behind(text, bare, end, stop, Instruction(start, operator=operator))
    rest = _trimmed(text.text, bare, end, stop)
    called = Words(text.text[start:end], start)
    if operator in OPENING and rest is not None and rest.text.startswith("("):
        inner = _trimmed(text.text, bare, rest.at + 1, stop)
        closing = _closing(bare, rest.at)
        if closing is not None and closing < stop:  # on one line: an operand in parentheses
            _nothing_behind(text, bare, closing + 1, stop, Instruction(start))
        else:
            first = (inner,) if inner is not None else ()
            return stop, Instruction(start, "", operator, negated, False, True, first)
    opening = bare.find("(", end, stop)
    if opening >= 0 and operator not in OPENING and (operator == "CAL" or not bare[end:opening].strip()):
        closing = _closing(bare, opening)
        if closing is None:
            raise text.refuse("this parenthesis is never closed", opening)
        name = _trimmed(text.text, bare, end, opening)
        formal = Words(text.text[opening + 1 : closing], opening + 1)
        stop = _line_end(bare, closing)
        found = Instruction(
            start, "", operator, negated, conditional, False, (name,) if name else (), formal, called
        )
        return _nothing_behind(text, bare, closing + 1, stop, found)
    operands = tuple(_separated(text, bare, end, stop)) if rest is not None else ()
    return stop, Instruction(start, "", operator, negated, conditional, False, operands, None, called)


def _modifiers(word: str) -> tuple[str, bool, bool]:
    """The operator, and whether it is negated (N) and conditional (C)."""
    for operator in _LEADING:
        if word in (operator, f"{operator}C", f"{operator}CN", f"{operator}N"):
            return operator, word.endswith("N"), word != operator
    if word.endswith("N") and word[:-1] in _NEGATABLE:
        return word[:-1], True, False
    return word, False, False


def _line_end(bare: str, at: int) -> int:
    end = bare.find("\n", at)
    return len(bare) if end < 0 else end


def _closing(bare: str, opening: int) -> int | None:
    depth = 0
    for at in range(opening, len(bare)):
        depth += (bare[at] == "(") - (bare[at] == ")")
        if depth == 0:
            return at
    return None


def _nothing_behind(
    text: ListText, bare: str, at: int, stop: int, found: Instruction
) -> tuple[int, Instruction]:
    more = _trimmed(text.text, bare, at, stop)
    if more is not None:
        what = f"{more.text!r} is not expected here; an instruction has a line of its own"
        raise text.refuse(what, more.at)
    return stop, found


def _trimmed(text: str, bare: str, start: int, stop: int) -> Words | None:
    """What stands there but for blanks, comments and the `;` that some tools write."""
    while start < stop and bare[start].isspace():
        start += 1
    while stop > start and (bare[stop - 1].isspace() or bare[stop - 1] == ";"):
        stop -= 1
    return Words(text[start:stop], start) if start < stop else None


def _separated(text: ListText, bare: str, start: int, stop: int) -> Iterator[Words]:
    """Operands, which commas outside of brackets separate."""
    depth, begin = 0, start
    for at in range(start, stop + 1):
        mark = bare[at] if at < stop else ","
        depth += (mark in "([") - (mark in ")]")
        if mark == "," and (depth == 0 or at == stop):
            found = _trimmed(text.text, bare, begin, at)
            if found is None:
                raise text.refuse("an operand is missing here", min(at, len(text.text) - 1))
            more = _SECOND.search(bare, found.at, found.at + len(found.text))
            if more is not None:
                _nothing_behind(text, bare, more.start(1), at, Instruction(start))
            yield found
            begin = at + 1
