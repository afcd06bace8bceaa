"""What changed in a PLC on a test stand: the excerpt behind a condition that never came true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from commissioning.plc.iec_types import IecType, Value
from commissioning.plc.instance import Instance
from commissioning.plc.stand import Stand
from commissioning.plc.value_text import shown_value

__all__ = ["Changes"]

_SHOWN = 12
_Known = dict[str, tuple[IecType, Value]]


@dataclass(slots=True)
class _Last:
    """The last change of one variable, and how often it changed."""

    t_ns: int
    type: IecType
    before: Value
    after: Value
    count: int


class Changes:
    """Compares all variables with what they were when it last looked."""

    def __init__(self, stand: Stand, instances: Iterable[Instance], with_program: bool) -> None:
        self._stand = stand
        self._instances = list(instances)
        self._with_program = with_program
        self._copies = self._copied()
        self._values = self._all()
        self._last: dict[str, _Last] = {}

    def look(self) -> None:
        """To be called after each scan."""
        copies = self._copied()
        if copies == self._copies:
            return
        self._copies = copies
        values = self._all()
        for path, (type_, after) in values.items():
            before = self._values[path][1]
            if after == before and type(after) is type(before):
                continue
            known = self._last.get(path)
            count = 1 if known is None else known.count + 1
            self._last[path] = _Last(self._stand.now_ns, type_, before, after, count)
        self._values = values

    def excerpt(self) -> str:
        """The variables that changed, the latest first."""
        if not self._last:
            return "nothing changed meanwhile"
        latest = sorted(self._last.items(), key=lambda item: -item[1].t_ns)
        lines = []
        for path, last in latest[:_SHOWN]:
            before, after = shown_value(last.type, last.before), shown_value(last.type, last.after)
            often = f"  ({last.count} times)" if last.count > 1 else ""
            lines.append(f"  {last.t_ns / 1e9:9.3f} s  {path}  {before} -> {after}{often}")
        if len(latest) > _SHOWN:
            lines.append(f"  and {len(latest) - _SHOWN} variables before")
        return "what changed, the latest first:\n" + "\n".join(lines)

    def _copied(self) -> list[list[object]]:
        memories = [m for instance in self._instances for m in instance.memories]
        return [memory[:] for memory in (*self._stand.memories, *memories)]

    def _all(self) -> _Known:
        found: _Known = {}
        for instance in self._instances:
            found |= {f"{instance.name}.{path}": pair for path, pair in instance.values().items()}
        program = self._stand.program
        for path, where in program.locations.items():
            if where.timer >= 0 or path.endswith(".ET"):
                continue
            if self._with_program or where.memory == 0:
                found[where.variable.path] = (where.type, self._stand[path])
        return found
