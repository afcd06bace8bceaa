"""Conditions of breakpoints, runs and triggers, as text: `Count > 2 AND NOT MAIN.jam`.

Variables by path, literals as in the program, comparison, + - * /, AND, OR, XOR, NOT, parentheses. Evaluated
over values that a function reads, so the same text serves in a held call and between scans. No text becomes
Python.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from commissioning.plc.values.iec_types import Value
from commissioning.plc.values.literals import literal_value

Read = Callable[[str], Value]
_Node = Callable[[Read], Any]
LONGEST = 500  # letters
DEEPEST = 40  # parentheses in each other

_TOKEN = re.compile(
    r"\s*(?:(?P<time>(?:LTIME|TIME|LT|T)#[-+\w.]+)|(?P<based>\d+#[0-9A-F_]+)|(?P<typed>[A-Z_]\w*#[-+\w.#]+)"
    r"|(?P<real>\d[\d_]*\.\d[\d_]*(?:E[-+]?\d+)?)|(?P<integer>\d[\d_]*)|(?P<string>'(?:[^'$]|\$.)*')"
    r"|(?P<path>[A-Z_]\w*(?:\s*\[[-+\d,\s]+\]|\.\w+)*)|(?P<sign><>|<=|>=|[=<>()+*/-]))",
    re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip
_WORDS = frozenset({"AND", "OR", "XOR", "NOT", "TRUE", "FALSE"})


class Condition:
    """Raises ValueError for a text that is none; `paths` are the variables it reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.paths: list[str] = []
        if len(text) > LONGEST:
            raise ValueError(f"a condition of {len(text)} characters is too long")
        self._tokens = _tokens(text)
        self._position = 0
        self._depth = 0
        self._node = self._disjunction()
        if self._kind() != "end":
            raise ValueError(f"{self._tokens[self._position][1]!r} is not expected in {text!r}")

    def holds(self, read: Read) -> bool:
        """Raises KeyError for an unknown variable, TypeError for types that do not go together."""
        value = self._node(read)
        if not isinstance(value, bool):
            raise TypeError(f"{self.text!r} is not TRUE or FALSE but {value!r}")
        return value

    # ---- grammar -------------------------------------------------------------------------------------

    def _kind(self) -> str:
        kind, text = self._tokens[self._position]
        return text.upper() if kind in ("word", "sign") else kind

    def _take(self) -> str:
        self._position += 1
        return self._tokens[self._position - 1][1]

    def _row(self, words: dict[str, Callable[[Any, Any], Any]], inner: Callable[[], _Node]) -> _Node:
        node = inner()
        while self._kind() in words:
            node = _applied(words[self._take().upper()], node, inner())
        return node

    def _disjunction(self) -> _Node:
        return self._row({"OR": _either, "XOR": operator.ne}, self._conjunction)

    def _conjunction(self) -> _Node:
        return self._row({"AND": _both}, self._comparison)

    def _comparison(self) -> _Node:
        return self._row(_COMPARE, self._sum)

    def _sum(self) -> _Node:
        return self._row({"+": operator.add, "-": operator.sub}, self._product)

    def _product(self) -> _Node:
        return self._row({"*": operator.mul, "/": _divided}, self._unary)

    def _unary(self) -> _Node:
        kind = self._kind()
        if kind in ("NOT", "-", "("):
            self._depth += 1
            if self._depth > DEEPEST:
                raise ValueError("the condition nests too deeply")
            self._take()
            if kind == "(":
                node = self._disjunction()
                if self._kind() != ")":
                    raise ValueError(f"a closing parenthesis is missing in {self.text!r}")
                self._take()
            else:
                inner = self._unary()
                node = _negated(inner) if kind == "NOT" else (lambda read: -inner(read))
            self._depth -= 1
            return node
        return self._leaf()

    def _leaf(self) -> _Node:
        kind = self._tokens[self._position][0]
        if kind == "path":
            path = re.sub(r"\s+", "", self._take())
            self.paths.append(path)
            return lambda read: read(path)
        if kind in ("end", "sign", "word") and self._kind() not in ("TRUE", "FALSE"):
            raise ValueError(f"something is missing in {self.text!r}")
        text = self._take()
        value = literal_value("boolean" if kind == "word" else kind, text)[1]
        return lambda read: value


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ValueError(f"{text[position:].strip()[:20]!r} is not understood in {text!r}")
        word = match.group(match.lastgroup)
        found.append(("word" if word.upper() in _WORDS else match.lastgroup, word))
        position = match.end()
    return [*found, ("end", "")]


def _applied(act: Callable[[Any, Any], Any], left: _Node, right: _Node) -> _Node:
    return lambda read: act(left(read), right(read))


def _negated(inner: _Node) -> _Node:
    return lambda read: not _truth(inner(read))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is not TRUE or FALSE")
    return value


def _both(left: Any, right: Any) -> bool:
    return _truth(left) and _truth(right)


def _either(left: Any, right: Any) -> bool:
    return _truth(left) or _truth(right)


def _divided(left: Any, right: Any) -> Any:
    if right == 0:
        return math.nan
    return left / right if isinstance(left, float) or isinstance(right, float) else int(left / right)
