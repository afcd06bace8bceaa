"""Cold, warm and hot start: which variables keep their values (IEC 61131-3, CODESYS for what it leaves open).

| | hot | warm | cold | origin |
| --- | --- | --- | --- | --- |
| ordinary | kept | initial | initial | initial |
| RETAIN | kept | kept | initial | initial |
| PERSISTENT | kept | kept | kept | initial |
| made with `__NEW` | kept | gone | gone | gone |

What is declared RETAIN or PERSISTENT may be a block: then it is all that is in it. Virtual time goes on over
a start, so timers that are kept go on as if nothing had been; a stopped PLC runs again. Forces stay. A
pointer that is kept and led to what is gone leads to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from commissioning.plc.debugging.debuggable import Debuggable
from commissioning.plc.program import Program
from commissioning.plc.running.heap import FIRST_OF_HEAP
from commissioning.plc.running.kept import kept_variables, leaves
from commissioning.plc.running.memory import fresh
from commissioning.plc.running.retained import RetainReport, read_retained, retained_text
from commissioning.plc.values.iec_types import ADDRESSES

StartKind = Literal["hot", "warm", "cold", "origin"]
STARTS: Final[tuple[str, ...]] = get_args(StartKind)


@dataclass(frozen=True, slots=True)
class StartEffect:
    """What a start does to the variables of a program, by path. `lost`: of those that begin anew, the ones
    that are RETAIN or PERSISTENT."""

    kept: tuple[str, ...]
    anew: tuple[str, ...]
    lost: tuple[str, ...]


def start_effect(program: Program, kind: str) -> StartEffect:
    """What `Plc.start(kind)` would do, see the module's words. Raises ValueError for another `kind`."""
    _require(kind)
    kept, anew, lost = [], [], []
    for one in kept_variables(program):
        if one.symbol.constant:
            continue
        if _spared(kind, one.retain, one.persistent):
            kept.append(one.path)
        else:
            anew.append(one.path)
            if one.retain or one.persistent:
                lost.append(one.path)
    return StartEffect(tuple(kept), tuple(anew), tuple(lost))


def _require(kind: str) -> None:
    if kind not in STARTS:
        raise ValueError(f"a PLC starts {', '.join(STARTS[:-1])} or {STARTS[-1]}, not {kind!r:.40}")


def _spared(kind: str, retain: bool, persistent: bool) -> bool:
    """Whether a variable keeps its value over a start."""
    return kind == "hot" or (kind != "origin" and (persistent or (retain and kind == "warm")))


class Startable(Debuggable):
    """A PLC that can be started again."""

    def start(self, kind: StartKind = "cold", retained: str | None = None) -> RetainReport | None:
        """Starts it again between two scans, see the module's words.

        `retained`: what `retained` gave, of this program or another; it is put into the variables that are
        RETAIN (unless the start is cold) or PERSISTENT, as after a power cycle. The report tells what of it
        was taken. Raises ValueError for another `kind`, Problems for a text that is none, and then the PLC
        stays as it is; RuntimeError while a debugger holds a scan.
        """
        self._refuse_while_held()
        _require(kind)
        values = None if retained is None else read_retained(retained)
        self.stopped = None
        if kind != "hot":
            self._initialise(kind)
        report = None if values is None else values.into(self.program, self._memories, self.now_ns, kind)
        for trigger in self._triggers:
            trigger.level, trigger.pending, trigger.repeats = trigger.read() is True, False, 0
        for state in self._tasks:
            state.settled, state.disturbed, state.failures, state.wait = False, True, 0, 0
        return report

    def retained(self) -> str:
        """The values of all RETAIN and PERSISTENT variables as text, to be kept over a power cycle."""
        self._refuse_while_held()
        return retained_text(self.program, self._memories, self.now_ns)

    def _initialise(self, kind: StartKind) -> None:
        plans = self.program.memories
        spared = [
            (leaf, leaf.read(self._memories))
            for kept in kept_variables(self.program)
            if not kept.symbol.constant and _spared(kind, kept.retain, kept.persistent)
            for leaf in leaves(kept, plans[kept.memory])
        ]
        if self._heap is not None:
            self._heap.clear()
        if self.space is not None:
            self.space.put_behind()
        for memory, plan in zip(self._memories, plans, strict=True):
            children = [(index, memory[index]) for index, _ in plan.children]
            memory[:] = fresh(plan)
            for index, child in children:
                memory[index] = child
        self._fix()
        self._make_ready()
        for leaf, value in spared:
            gone = leaf.type.kind in ADDRESSES and isinstance(value, int) and value >= FIRST_OF_HEAP
            leaf.write(self._memories, 0 if gone else value)
