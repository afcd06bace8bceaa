"""Which tests a user asked for."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

__all__ = ["fits"]


def fits(identity: str, only: Sequence[str]) -> bool:
    """Whether a test is asked for: `only` are parts of ids or patterns with * and ?; case does not count."""
    key = identity.casefold()
    return not only or any(word.casefold() in key or fnmatchcase(key, word.casefold()) for word in only)
