"""Words of messages about a program."""

from __future__ import annotations

import re

__all__ = ["with_articles"]

_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=(?:INT|ARRAY|INTERFACE|ANY(?:_[A-Z]+)?|ACTION)\b)")


def with_articles(text: str) -> str:
    """`a INT` as people say it: `an INT`. Messages are put together of "a " and the name of a type."""
    return _BEFORE_VOWEL.sub(r"\1n ", text)
