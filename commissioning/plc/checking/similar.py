"""Names that are like one that nobody knows."""

from __future__ import annotations

import difflib

__all__ = ["suggestion"]


def suggestion(name: str, known: list[str]) -> str:
    """A cure that names the most similar one, "" where none is."""
    upper = {candidate.upper(): candidate for candidate in known}
    close = difflib.get_close_matches(name.upper(), list(upper), n=1, cutoff=0.6)
    return f"Did you mean {upper[close[0]]}" if close else ""
