"""How a program uses the times `Step.T`: only compared with constants, or in any other way.

A time that is only compared tells the chart when a scan is due, so that scans between can be skipped; one
that is used otherwise is kept in its cell, which changes in every scan while the step is active.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from commissioning.plc.checking import typed
from commissioning.plc.checking.scope import Pou, Project
from commissioning.plc.sfc.plan import ChartPlan
from commissioning.plc.standard.blocks import CHART_TIMED_STEP, NEVER
from commissioning.plc.syntax import tree

if TYPE_CHECKING:
    from commissioning.plc.checking.expressions import OperatorChecker

_MOST = 16
_COMPARED = ("=", "<>", "<", ">", "<=", ">=")


class StepTimes:
    """The times of one chart. `checker` is that of its POU."""

    def __init__(self, checker: OperatorChecker, plan: ChartPlan) -> None:
        self.checker = checker
        self._numbers = {step.name.upper(): number for number, step in enumerate(plan.steps)}
        self._limits: dict[int, set[int]] = {}
        self._kept: set[int] = set()
        for number, limit in self._uses(tuple(_texts(checker.pou))):
            if limit is None:
                self._kept.add(number)
            else:
                self._limits.setdefault(number, set()).add(limit)
        self._kept |= {number for number, limits in self._limits.items() if len(limits) > _MOST}
        self._kept |= {n for name, n in self._numbers.items() if name in _outside(checker.project)}
        for number, symbol in enumerate(plan.symbols):
            symbol.elapsed = number in self._kept
            if self.thresholds(number):
                symbol.type = replace(symbol.type, name=CHART_TIMED_STEP.name)

    def is_read(self, number: int) -> bool:
        return number in self._kept or number in self._limits

    def is_kept(self, number: int) -> bool:
        """Whether T lies in its cell between scans."""
        return number in self._kept

    def thresholds(self, number: int) -> list[int]:
        """The times (ns) at which a comparison comes to another result."""
        if number in self._kept:
            return []
        # `=` and `>` change one nanosecond behind the constant
        limits = {value + more for value in self._limits.get(number, ()) for more in (0, 1)}
        return sorted(value for value in limits if 0 < value < NEVER)

    def due(self, number: int, elapsed: str) -> str:
        """Python for the moment of the next threshold after `elapsed`, a number or the cell of it."""
        limits = self.thresholds(number)
        if elapsed == "0":
            return f"now + {limits[0]}" if limits else str(NEVER)
        chosen = "".join(f"{value} if {elapsed} < {value} else " for value in limits)
        return f"{{start}} + ({chosen}{NEVER})"

    def _uses(self, node: Any) -> Iterator[tuple[int, int | None]]:
        """(step, the constant that its T is compared with, None for any other use) of a part of the tree."""
        work = [node]
        while work:
            item = work.pop()
            if isinstance(item, tuple):
                work += item
                continue
            if isinstance(item, tree.Chain):
                compared = self._compared(item)
                if compared is not None:
                    yield compared
                    continue
            number = self._step(item)
            if number is not None:
                yield number, None
            elif is_dataclass(item) and not isinstance(item, type):
                work += [getattr(item, field.name) for field in fields(item)]

    def _step(self, node: Any) -> int | None:
        if not isinstance(node, tree.Member) or node.name.upper() != "T":
            return None
        return self._numbers.get(node.owner.name.upper()) if isinstance(node.owner, tree.Name) else None

    def _compared(self, node: tree.Chain) -> tuple[int, int] | None:
        if len(node.steps) != 1 or node.steps[0].operator not in _COMPARED:
            return None
        for one, other in ((node.first, node.steps[0].operand), (node.steps[0].operand, node.first)):
            number = self._step(one)
            value = self._constant(other) if number is not None else None
            if number is not None and value is not None:
                return number, value
        return None

    def _constant(self, node: tree.Expression) -> int | None:
        if isinstance(node, tree.Name):
            symbol = self.checker.project.lookup(self.checker.pou, node.name)
            if symbol is None or not symbol.constant:
                return None
        elif not isinstance(node, tree.Literal):
            return None
        found = self.checker.expression(node)
        constant = isinstance(found, typed.Const) and isinstance(found.value, int)
        return int(found.value) if isinstance(found, typed.Const) and constant else None


def _outside(project: Project) -> set[str]:
    """The names that stand before `.T` behind another dot: steps of blocks that somebody looks into."""
    if project.times_outside is None:
        found = project.times_outside = set()
        for pou in project.pous.values():
            for node in _walked((pou.tree.body, pou.tree.chart) if pou.tree is not None else ()):
                inner = node.owner if isinstance(node, tree.Member) and node.name.upper() == "T" else None
                if isinstance(inner, tree.Member):
                    found.add(inner.name.upper())
    return project.times_outside


def _walked(node: Any) -> Iterator[Any]:
    """Every node of a part of the tree."""
    work = [node]
    while work:
        item = work.pop()
        if isinstance(item, tuple):
            work += item
        elif is_dataclass(item) and not isinstance(item, type):
            yield item
            work += [getattr(item, field.name) for field in fields(item)]


def _texts(pou: Pou) -> Iterator[Any]:
    """Everything that may name the steps: the chart, the members, and both of what extends the block."""
    for block in (pou, *pou.descendants()):
        for part in (block, *block.members.values()):
            if part.tree is not None:
                yield part.tree.chart
                yield part.tree.body
