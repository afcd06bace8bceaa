"""One translation of a program to Python, loaded for one PLC: the fast one, or one for debugging."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Spot = tuple[str, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Build:
    """`functions` by name (f and the number of the POU); `file`: the name of the module in tracebacks;
    `spots[n]`: the place in the program of its line n + 1."""

    functions: Mapping[str, Callable[..., Any]]
    file: str
    spots: Sequence[Spot]
