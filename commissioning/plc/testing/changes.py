"""What changed in a PLC on a test stand: the excerpt behind a condition that never came true.

Cells are compared after each scan; which variables they are is worked out when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from commissioning.plc.checking.scope import View
from commissioning.plc.generation.layout import Location, shown
from commissioning.plc.running.memory import Memory
from commissioning.plc.running.value_text import shown_value
from commissioning.plc.testing.instance import Instance
from commissioning.plc.testing.stand import Stand
from commissioning.plc.values.iec_types import IecType

__all__ = ["Changes"]

_SHOWN, _OFTEN = 12, 20
_Cell = tuple[int, int]


@dataclass(slots=True)
class _Last:
    """The last change of one cell, and how often it changed."""

    t_ns: int
    before: Any
    after: Any
    count: int


@dataclass(frozen=True, slots=True)
class _Named:
    """A variable in a cell."""

    path: str
    type: IecType
    view: View | None


class Changes:
    """Compares all memories with what they were when it last looked."""

    def __init__(self, stand: Stand, instances: Iterable[Instance], with_program: bool) -> None:
        self._stand = stand
        self._with_program = with_program
        self._instances = list(instances)
        self._memories: list[Memory] = list(stand.memories)
        for instance in self._instances:
            self._memories += instance.memories
        self._copies = [memory[:] for memory in self._memories]
        self._last: dict[_Cell, _Last] = {}

    def look(self) -> None:
        """To be called after each scan."""
        now_ns = self._stand.now_ns
        for number, (memory, before) in enumerate(zip(self._memories, self._copies, strict=True)):
            if memory == before:
                continue
            for index, (old, new) in enumerate(zip(before, memory, strict=True)):
                if old is not new and old != new:
                    known = self._last.get((number, index))
                    count = 1 if known is None else known.count + 1
                    self._last[number, index] = _Last(now_ns, old, new, count)
            self._copies[number] = memory[:]

    def excerpt(self) -> str:
        """The variables that changed, the latest first; what changes all the time comes behind the others."""
        found = sorted(self._rows(), key=lambda row: (row[0], -row[1]))
        if not found:
            return "nothing changed meanwhile"
        lines = [line for _, _, line in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f"  and {len(found) - _SHOWN} variables before")
        return "what changed, the latest first:\n" + "\n".join(lines)

    def _rows(self) -> Iterator[tuple[bool, int, str]]:
        """(whether it changed often, time, line) of every variable that changed."""
        names = self._names() if self._last else {}
        for cell, last in self._last.items():
            for named in names.get(cell, ()):
                before, after = last.before, last.after
                if named.view is not None:
                    before, after = (
                        shown(before, named.view, named.type),
                        shown(after, named.view, named.type),
                    )
                    if before == after:
                        continue
                often = f"  ({last.count} times)" if last.count > 1 else ""
                values = f"{shown_value(named.type, before)} -> {shown_value(named.type, after)}"
                yield (
                    last.count > _OFTEN,
                    last.t_ns,
                    f"  {last.t_ns / 1e9:9.3f} s  {named.path}  {values}{often}",
                )

    def _names(self) -> dict[_Cell, list[_Named]]:
        """What lies in the cells that changed; times that run (ET) left out."""
        names: dict[_Cell, list[_Named]] = {}

        def note(cell: _Cell, path: str, where: Location) -> None:
            if cell in self._last and where.timer < 0 and not path.upper().endswith(".ET"):
                names.setdefault(cell, []).append(_Named(path, where.type, where.view))

        for where in self._stand.program.locations.values():
            if where.memory == 0 or self._with_program:
                note((where.memory, where.index), where.variable.path, where)
        first = len(self._stand.memories)
        for instance in self._instances:
            for number, path, where in instance.places():
                note((first + number, where.index), f"{instance.name}.{path}", where)
            first += len(instance.memories)
        return names
