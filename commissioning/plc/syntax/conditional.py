"""Pragmas that leave text out: {define}, {undefine}, {IF}, {ELSIF}, {ELSE}, {END_IF} of CODESYS and TwinCAT.

What is left out becomes blanks, so that every place stays where it is. A condition asks `defined (NAME)` of a
{define}, `defined (pou: P)`, `defined (type: T)` or `defined (variable: V)` of what the program declares, or
`hasvalue (NAME, 'text')`, joined by AND, OR, NOT and parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from commissioning.model.problem import Place, Problem

_PRAGMA = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'|\"(?:\$[\s\S]|[^\"$\r\n])*\"|//[^\r\n]*|/\*[\s\S]*?(?:\*/|\Z)|\(\*[\s\S]*?(?:\*\)|\Z)"
    r"|\{\s*(?P<word>define|undefine|IF|ELSIF|ELSE|END_IF)(?![A-Za-z0-9_])(?P<rest>[^}]*)\}",
    re.IGNORECASE,
)
_ANY = re.compile(r"\{\s*(?:IF|ELSIF|ELSE|END_IF)(?![A-Za-z0-9_])", re.IGNORECASE)
_ASKED = re.compile(
    r"\s*(?:(?P<word>AND|OR|NOT)(?![A-Za-z0-9_])"
    r"|(?P<paren>[()])"
    r"|(?P<call>defined|hasvalue)\s*\((?P<inside>(?:'[^']*'|[^()'])*)\))",
    re.IGNORECASE,
)
_POU = r"(?:PROGRAM|FUNCTION_BLOCK|FUNCTION|INTERFACE|CLASS)(?:\s+(?:PUBLIC|INTERNAL|ABSTRACT|FINAL))*\s+{}\b"
_DECLARED = {
    "pou": _POU,
    "type": r"(?:\bTYPE\s+(?:(?:PUBLIC|INTERNAL)\s+)?(?:\{{[^}}]*\}}\s*)*|;\s*|\bEND_STRUCT\s+){}"
    r"\s*(?:EXTENDS\b[^:]*)?:(?!=)",
    "variable": r"\b{}\s*(?:,[\w\s,]{{0,2000}})?(?:AT\s+%[\w.*]+\s*)?:(?!=)",
}
_CURE = (
    "Ask defined (NAME), defined (pou: P), defined (type: T), defined (variable: V) "
    "or hasvalue (NAME, 'text')"
)


class _Undecided(Exception):
    """A condition that is none."""


@dataclass(slots=True)
class _Open:
    """An {IF} that is not closed: `start`: of its pragma; `taken`: a branch of it was; `on`: this one is;
    `around`: the text around it stays; `last`: its {ELSE} has come."""

    start: int
    around: bool
    on: bool
    taken: bool
    last: bool = False


@dataclass(slots=True)
class _Conditions:
    """`texts`: all of the program. `names`: what was defined so far, in upper case, and its text."""

    texts: tuple[str, ...]
    names: dict[str, str] = field(default_factory=dict)

    def holds(self, text: str) -> bool:
        """Raises _Undecided where `text` is no condition."""
        words = list(self._words(text))
        value = self._any(words)
        if words:
            raise _Undecided
        return value

    def _words(self, text: str) -> Iterator[str | bool]:
        position = 0
        while text[position:].strip():
            found = _ASKED.match(text, position)
            if found is None:
                raise _Undecided
            position = found.end()
            if found["call"]:
                yield self._asked(found["call"].lower(), found["inside"])
            else:
                yield (found["word"] or found["paren"]).upper()

    def _any(self, words: list[str | bool]) -> bool:
        value = self._all(words)
        while words and words[0] == "OR":
            del words[0]
            value = self._all(words) or value
        return value

    def _all(self, words: list[str | bool]) -> bool:
        value = self._one(words)
        while words and words[0] == "AND":
            del words[0]
            value = self._one(words) and value
        return value

    def _one(self, words: list[str | bool]) -> bool:
        turned = False
        while words and words[0] == "NOT":
            turned = not turned
            del words[0]
        word = words.pop(0) if words else ""
        if word == "(":
            word = self._any(words)
            if not words or words.pop(0) != ")":
                raise _Undecided
        if not isinstance(word, bool):
            raise _Undecided
        return word is not turned

    def _asked(self, call: str, inside: str) -> bool:
        if call == "hasvalue":
            asked = re.fullmatch(r"\s*(\w+)\s*,\s*'([^']*)'\s*", inside)
            if asked is None:
                raise _Undecided
            return self.names.get(asked[1].upper()) == asked[2]
        asked = re.fullmatch(r"\s*(?:(\w+)\s*:\s*)?(\w+)\s*", inside)
        if asked is None or (asked[1] is not None and asked[1].lower() not in _DECLARED):
            raise _Undecided
        if asked[1] is None:
            return asked[2].upper() in self.names
        wanted = re.compile(_DECLARED[asked[1].lower()].format(asked[2]), re.IGNORECASE)
        return any(wanted.search(text) for text in self.texts)


def decided(text: str, file: str, program: Iterable[str] = ()) -> tuple[str, list[Problem]]:
    """`text` of the same length and lines, without the branches that are not taken.

    `program`: the texts of all files, for what conditions ask; without them it is this one.
    """
    if _ANY.search(text) is None:
        return text, []
    conditions = _Conditions(tuple(program) or (text,))
    problems: list[Problem] = []
    parts: list[str] = []
    stack: list[_Open] = []
    kept = position = 0

    def told(what: str, start: int, cure: str = "") -> None:
        line = text.count("\n", 0, start) + 1
        problems.append(Problem(what, Place(file, line, start - text.rfind("\n", 0, start)), cure))

    def holds(pragma: re.Match[str]) -> bool:
        try:
            return conditions.holds(pragma["rest"])
        except _Undecided:
            told(
                f"'{' '.join(pragma.group().split())}' is no condition that can be decided",
                pragma.start(),
                _CURE,
            )
            return False

    for pragma in _PRAGMA.finditer(text):
        word = (pragma["word"] or "").upper()
        if not word:
            continue
        on = not stack or stack[-1].on
        if word in ("DEFINE", "UNDEFINE"):
            name, _, value = pragma["rest"].strip().partition(" ")
            if on and word == "DEFINE":
                conditions.names[name.upper()] = value.strip().strip("'")
            elif on:
                conditions.names.pop(name.upper(), None)
            continue
        if word != "IF" and not stack:
            told(
                f"{{{word}}} stands outside an {{IF}}",
                pragma.start(),
                "Remove it, or write {IF ...} before it",
            )
            continue
        if word != "IF" and word != "END_IF" and stack[-1].last:
            told(f"{{{word}}} stands behind {{ELSE}}", pragma.start(), "Write {END_IF} before it")
            continue
        piece = text[kept : pragma.start()]
        parts.append((piece if on else _blank(piece)) + _blank(pragma.group()))
        kept = position = pragma.end()
        if word == "IF":
            now = on and holds(pragma)
            stack.append(_Open(pragma.start(), on, now, now))
        elif word == "END_IF":
            stack.pop()
        else:
            here = stack[-1]
            here.on = here.around and not here.taken and (word == "ELSE" or holds(pragma))
            here.taken |= here.on
            here.last = word == "ELSE"
    for here in stack:
        told("this {IF} is not closed", here.start, "Write {END_IF} where it ends")
    return "".join(parts) + text[position:], problems


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)
