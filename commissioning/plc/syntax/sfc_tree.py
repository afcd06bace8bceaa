"""The syntax tree of a sequential function chart (IEC 61131-3, 6.7), as it was written."""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc.syntax.tree import At, Expression, Name


@dataclass(frozen=True, slots=True)
class ChartStep:
    """`INITIAL_STEP name:` or `STEP name:`; `actions`: what stands in it, as `action(qualifier, time)`."""

    name: str
    initial: bool
    actions: tuple[Expression, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Transition:
    """`TRANSITION name (PRIORITY := n) FROM sources TO targets := condition;`, the name "" where none is."""

    name: str
    priority: int | None
    sources: tuple[Name, ...]
    targets: tuple[Name, ...]
    condition: Expression
    at: At


ChartPart = ChartStep | Transition
