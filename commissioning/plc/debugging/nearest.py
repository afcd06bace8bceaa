"""The path that somebody meant who wrote one that is none."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_LEAST = 0.6  # of the last names
_WHOLE = 0.75  # of paths whose last names have little in common


def nearest(known: Iterable[str], *wanted: str) -> str:
    """The one of `known` that is most like one of `wanted`, "" if none is; paths in upper case.

    What counts most is the last name: for MAIN.STEPP rather MAIN.STEP than MAIN.STOP.P.
    """
    found, best = "", 0.0
    seekers = [(SequenceMatcher(None, "", _last(path)), SequenceMatcher(None, "", path)) for path in wanted]
    for path in known:
        end = _last(path)
        for name, whole in seekers:
            name.set_seq1(end)
            whole.set_seq1(path)
            if name.real_quick_ratio() < _LEAST and whole.real_quick_ratio() < _WHOLE:
                continue
            if name.quick_ratio() < _LEAST and whole.quick_ratio() < _WHOLE:
                continue
            both = name.ratio(), whole.ratio()
            if (both[0] >= _LEAST or both[1] >= _WHOLE) and sum(both) > best:
                found, best = path, sum(both)
    return found


def _last(path: str) -> str:
    return path.rpartition(".")[2]
