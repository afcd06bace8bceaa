"""Where a breakpoint stands, to find it again in an edited program: its POU and the text of its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from commissioning.plc.generation.debug_build import Spotted

__all__ = ["Anchor", "KeptBreakpoint", "Lines"]

_COMMENT = re.compile(r"\(\*.*?(?:\*\)|$)|/\*.*?(?:\*/|$)|//.*$")
_LONGEST = 500  # characters of a line that are compared


@dataclass(frozen=True, slots=True)
class Anchor:
    """A statement of POU `pou`: the text of the line that it begins in, without comments and with single
    spaces, `nth` of its equals there; `before` and `after`: the lines of statements around it."""

    pou: str
    text: str
    nth: int = 0
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.pou}: {self.text}"


@dataclass(frozen=True, slots=True)
class KeptBreakpoint:
    """A breakpoint as plain data, for another program or another day. `condition`: "" is none."""

    anchor: Anchor
    condition: str = ""
    skip: int = 0
    enabled: bool = True

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of_plain(cls, plain: Any) -> KeptBreakpoint:
        """What `as_plain` gave. Raises ValueError for anything else."""
        match plain:
            case {
                "anchor": {"pou": str(pou), "text": str(text), "nth": int(nth), "before": str(before),
                           "after": str(after)},
                "condition": str(condition), "skip": int(skip), "enabled": bool(enabled),
            }:  # fmt: skip
                return cls(Anchor(pou, text, nth, before, after), condition, skip, enabled)
        raise ValueError(f"{plain!r:.80} is no breakpoint")


class Lines:
    """The lines of a program in which statements begin, by POU. `sources`: its texts by name."""

    def __init__(self, places: Iterable[Spotted], sources: Mapping[str, str]) -> None:
        texts = {name: text.splitlines() for name, text in sources.items()}
        self._by_pou: dict[str, list[tuple[str, int, str]]] = {}
        seen: set[tuple[str, str, int]] = set()
        for place in places:
            key = place.pou.upper(), place.source, place.line
            if place.kind != "statement" or key in seen:
                continue
            seen.add(key)
            lines = texts.get(place.source, [])
            text = _plain(lines[place.line - 1]) if 0 < place.line <= len(lines) else ""
            self._by_pou.setdefault(place.pou.upper(), []).append((place.source, place.line, text))
        for found in self._by_pou.values():
            found.sort(key=lambda one: one[:2])

    def anchor(self, pou: str, source: str, line: int) -> Anchor:
        """Of the statement that begins in a line of a text."""
        lines = self._by_pou.get(pou.upper(), [])
        for number, (where, at, text) in enumerate(lines):
            if (where, at) == (source, line):
                nth = sum(other == text for _, _, other in lines[:number])
                return Anchor(pou, text, nth, *self._around(lines, number))
        return Anchor(pou, "")

    def find(self, anchor: Anchor) -> tuple[str, int] | None:
        """(text, line) of the statement that is most like it; None where the POU has no such line.

        Of several equal lines the one between the same lines, then the one that is as many in.
        """
        lines = self._by_pou.get(anchor.pou.upper(), [])
        equal = [number for number, one in enumerate(lines) if one[2] == anchor.text and anchor.text]
        if not equal:
            return None

        def likeness(nth: int) -> tuple[int, int]:
            before, after = self._around(lines, equal[nth])
            return (before == anchor.before) + (after == anchor.after), -abs(nth - anchor.nth)

        best = max(range(len(equal)), key=likeness)
        source, line, _ = lines[equal[best]]
        return source, line

    def _around(self, lines: list[tuple[str, int, str]], number: int) -> tuple[str, str]:
        before = lines[number - 1][2] if number else ""
        return before, lines[number + 1][2] if number + 1 < len(lines) else ""


def _plain(line: str) -> str:
    """Strings are left alone as far as a comment in one does not matter: both programs are read alike."""
    return " ".join(_COMMENT.sub(" ", line).split())[:_LONGEST]
