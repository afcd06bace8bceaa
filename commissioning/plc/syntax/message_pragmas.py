"""Pragmas of the makers that speak while a program is compiled: `{error 'text'}` refuses it.

`{text}`, `{info}` and `{warning}` change nothing and get no word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from commissioning.model.problem import Place, Problem

_ANY = re.compile(r"\{\s*error\s+['\"]", re.IGNORECASE)
# strings and comments first: what stands in them is no pragma
_FOUND = re.compile(
    r"'(?:\$[\s\S]|[^'$\r\n])*'?|\"(?:\$[\s\S]|[^\"$\r\n])*\"?|//[^\r\n]*|/\*[\s\S]*?(?:\*/|\Z)|\(\*[\s\S]*?(?:\*\)|\Z)"
    r"|\{\s*error\s+(?P<quote>['\"])(?P<said>[^}\r\n]*?)(?P=quote)\s*\}",
    re.IGNORECASE,
)


def errors_said(text: str, file: str) -> Iterator[Problem]:
    """A Problem for each `{error 'text'}` in what is compiled."""
    if _ANY.search(text) is None:
        return
    for found in _FOUND.finditer(text):
        if found["said"] is not None:
            start = found.start()
            place = Place(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
            yield Problem(
                f"the program says: {found['said'].strip()[:200]}", place, "See what the pragma asks for"
            )
