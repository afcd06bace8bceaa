"""A running PLC: memory, scans, and when a scan may be skipped.

A scan is a pure function of memory and time, and time enters only through timers. So if a scan left every
cell as it was, the next ones will too, until somebody else changes a cell that the task touches (`disturbed`)
or a running timer is due (`deadline`). Whether a scan left everything as it was is found out by comparing
copies of the memories; a program that keeps changing is compared more and more rarely (back-off), which costs
it almost nothing and changes no result: not skipping is always right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from types import TracebackType
from typing import Any

from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.blocks import DUE, START
from commissioning.plc.build import Build
from commissioning.plc.comparisons import between
from commissioning.plc.iec_types import Value
from commissioning.plc.layout import Location, with_shown
from commissioning.plc.memory import Memory, accepted, fresh, functions_of, plain, seen_value
from commissioning.plc.program import Program
from commissioning.plc.runtime import LOOP_BUDGET, ArithmeticFault, PlcError

FREE_COMPARISONS = (
    3  # misses in a row before the back-off starts: an input edge takes two or three scans to settle
)
LONGEST_WAIT = 64


@dataclass(slots=True, eq=False)
class _TaskState:
    """What one task calls and compares, and what is known about its last scan."""

    name: str
    cycle_ns: int
    order: tuple[int, int]
    steps: list[tuple[Callable[[Memory, Memory, int], None], Memory]]
    memories: list[Memory]
    timers: list[tuple[Memory, tuple[int, ...]]]
    touches: frozenset[tuple[int, int]]
    never: bool
    settled: bool = False
    disturbed: bool = False
    failures: int = 0
    wait: int = 0
    scans: int = 0
    next_ns: int = 0


class Plc:
    """One emulated controller. Times are integer ns; paths are matched without regard to case.

    Not safe for use from several threads at once.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.now_ns = 0
        self.stopped: PlcError | None = None
        self.build = Build(functions_of(program.code), program.code.co_filename, program.spots)
        self.held = ""  # where a debugger holds the scan that is going on
        self.forces: dict[str, tuple[Value, Callable[[Value], None]]] = {}  # path -> value, its writer
        self.watchers: list[Callable[[int, int], None]] = []  # called with (task, now_ns) after each scan
        self._memories: list[Memory] = [fresh(plan) for plan in program.memories]
        for memory, plan in zip(self._memories, program.memories, strict=True):
            for index, child in plan.children:
                memory[index] = self._memories[child]
        self._globals = self._memories[0]
        self._globals[0] = LOOP_BUDGET
        self._tasks = [self._task(number, self.build.functions) for number in range(len(program.tasks))]
        self._alone = len(self._tasks) == 1

    def _task(self, number: int, functions: Mapping[str, Any]) -> _TaskState:
        program = self.program
        task = program.tasks[number]
        chosen = [
            (position, root) for position, root in enumerate(program.instances) if root[0] in task.programs
        ]
        own = {position for position, _ in chosen}
        plans = [
            (m, p) for m, p in zip(self._memories, program.memories, strict=True) if p.program in {-1, *own}
        ]
        return _TaskState(
            name=task.name,
            cycle_ns=task.cycle_ns,
            order=(task.priority, number),
            steps=[(functions[f"f{pou.number}"], self._memories[memory]) for _, (_, pou, memory) in chosen],
            memories=[memory for memory, _ in plans],
            timers=[(m, tuple(index + DUE for index in p.timers)) for m, p in plans if p.timers],
            touches=program.touches[number],
            never=bool(program.never_skip),
        )

    # ---- scans ---------------------------------------------------------------------------------------

    def scan(self, now_ns: int, task: int = 0) -> None:
        """One scan of a task at `now_ns`, which must not lie before the last scan's.

        Raises PlcError, with the statement, when the program does what a PLC would stop for; the PLC stays
        stopped until `restore`.
        """
        self._refuse_while_held()
        if self.stopped is not None:
            raise self.stopped
        if now_ns < self.now_ns:
            raise ValueError(f"time runs backwards: a scan at {now_ns} ns after one at {self.now_ns} ns")
        self.now_ns = now_ns
        state, shared = self._tasks[task], self._globals
        for value, write in self.forces.values():
            write(value)
        comparing = state.wait == 0 and not state.never
        before = [m[:] for m in state.memories] if comparing else None
        others = None if self._alone else self._shared_copy()
        try:
            for function, memory in state.steps:
                function(memory, shared, now_ns)
        except (ArithmeticFault, ArithmeticError, ValueError) as error:
            self.stopped = self._located(error)
            raise self.stopped from error
        shared[0] = LOOP_BUDGET
        for value, write in self.forces.values():
            write(value)
        state.scans += 1
        state.disturbed = False
        if before is None:
            state.wait -= state.wait > 0
            state.settled = False
        elif state.memories == before:
            state.settled = True
            state.failures = 0
        else:
            state.settled = False
            state.failures += 1
            if state.failures > FREE_COMPARISONS:
                state.wait = min(1 << (state.failures - FREE_COMPARISONS), LONGEST_WAIT)
        if others is not None:
            self._disturb_others(state, others)
        for watcher in self.watchers:
            watcher(task, now_ns)

    def swap(self, build: Build) -> None:
        """From the next scan on, run another translation of the same program."""
        self._refuse_while_held()
        self.build = build
        for state in self._tasks:
            state.steps = [(build.functions[fn.__name__], memory) for fn, memory in state.steps]

    def _refuse_while_held(self) -> None:
        if self.held:
            raise RuntimeError(f"the PLC is held inside a scan at {self.held}; let it go on first")

    def _located(self, error: Exception) -> PlcError:
        """The error with the statement that was executing, from the innermost line of generated code."""
        spot = ("", 0, 0)
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.build.file:
                spot = self.build.spots[trace.tb_lineno - 1]
            trace = trace.tb_next
        message = "division by zero" if isinstance(error, ZeroDivisionError) else str(error)
        return PlcError(message, *spot)

    def _shared_copy(self) -> list[Memory | None]:
        plans = self.program.memories
        return [m[:] if p.program < 0 else None for m, p in zip(self._memories, plans, strict=True)]

    def _disturb_others(self, state: _TaskState, before: list[Memory | None]) -> None:
        for number, (memory, old) in enumerate(zip(self._memories, before, strict=True)):
            if old is None or memory == old:
                continue
            cells = {(number, index) for index, value in enumerate(old) if memory[index] != value}
            if number:
                cells = {(number, -1)}
            for other in self._tasks:
                if other is not state and not cells.isdisjoint(other.touches):
                    other.disturbed = True

    # ---- skipping ------------------------------------------------------------------------------------

    def settled(self, task: int = 0) -> bool:
        """Whether further scans of the task change nothing until `deadline` or a write to what it touches.

        FALSE where it is not known: after a scan that was not compared, and always if `program.never_skip`.
        """
        state = self._tasks[task]
        return state.settled and not state.disturbed

    def disturbed(self, task: int = 0) -> bool:
        """Whether another task or the host changed a cell that the task touches since its last scan."""
        return self._tasks[task].disturbed

    def deadline(self, task: int = 0) -> int | None:
        """The first `now_ns` at which a running timer changes its output, None if none runs.

        Counts from the last scan; a timer whose block was not called any more does not count.
        """
        now, best = self.now_ns, None
        for memory, indices in self._tasks[task].timers:
            for index in indices:
                due = memory[index]
                if due > now and (best is None or due < best):
                    best = due
        return best

    def scans(self, task: int = 0) -> int:
        """How many scans of the task were executed."""
        return self._tasks[task].scans

    # ---- variables -----------------------------------------------------------------------------------

    def __getitem__(self, path: str) -> Value:
        return self._getter(self.program.location(path))()

    def __setitem__(self, path: str, value: Value) -> None:
        self.writer(path)(value)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        try:
            self.program.location(path)
        except KeyError:
            return False
        return True

    def _getter(self, where: Location) -> Callable[[], Value]:
        memory = self._memories[where.memory]
        if where.timer >= 0:
            return partial(self._elapsed, memory, where.timer)
        if where.view is not None:
            return partial(seen_value, memory, where.index, where.view, where.type)
        return partial(memory.__getitem__, where.index)

    def _elapsed(self, memory: Memory, base: int) -> int:
        """ET of a timer whose program never reads it: worked out from the time of the last scan."""
        start: int = memory[base + START]
        return 0 if start < 0 else min(self.now_ns, memory[base + DUE]) - start

    def reader(self, paths: Sequence[str]) -> Callable[[], tuple[Value, ...]]:
        """A fast reader of several variables at once; raises KeyError for an unknown path."""
        places = [self.program.location(path) for path in paths]
        numbers = {place.memory for place in places}
        if len(places) > 1 and len(numbers) == 1 and all(place.plain for place in places):
            getter = itemgetter(*(place.index for place in places))
            return partial(getter, self._memories[numbers.pop()])
        if not all(place.plain for place in places):
            getters = [self._getter(place) for place in places]
            return lambda: tuple([getter() for getter in getters])
        cells = [(self._memories[place.memory], place.index) for place in places]
        return lambda: tuple([memory[index] for memory, index in cells])

    def writer(self, path: str, limits: Sequence[float] | None = None) -> Callable[[Value], None]:
        """A fast writer of one variable; wakes the tasks that touch it when the value changes.

        A number with `limits` (see `Program.compared`) wakes them only when it reaches one or crosses it.

        Raises KeyError for an unknown path, ValueError for a constant. The writer raises TypeError for a
        value of another type and ValueError for one out of range; REAL is rounded, STRING cut.
        """
        where = self.program.location(path)
        if where.variable.constant:
            raise ValueError(f"{where.variable.path} is a CONSTANT")
        if where.timer >= 0:
            raise ValueError(f"{where.variable.path} is worked out by its timer")
        memory, index, type_ = self._memories[where.memory], where.index, where.type
        states = [state for state in self._tasks if self._touches(state, where)]
        if (view := where.view) is not None:

            def write_bits(value: Value) -> None:
                kept = with_shown(memory[index], view, accepted(path, type_, value))
                if kept != memory[index]:
                    memory[index] = kept
                    for state in states:
                        state.disturbed = True

            return write_bits

        if type_.kind == "bool":

            def write_bool(value: Value) -> None:
                if value is not memory[index]:
                    if value is not True and value is not False:
                        raise TypeError(f"{path} is a BOOL, not {type(value).__name__}")
                    memory[index] = value
                    for state in states:
                        state.disturbed = True

            return write_bool

        def write(value: Value) -> None:
            kept = accepted(path, type_, value)
            before = memory[index]
            if kept != before:
                memory[index] = kept
                if limits is None or not between(limits, before, kept):
                    for state in states:
                        state.disturbed = True

        return write

    def _touches(self, state: _TaskState, where: Location) -> bool:
        if self.program.memories[where.memory].program >= 0:
            return any(self._memories[where.memory] is memory for memory in state.memories)
        return (where.memory, where.index if where.memory == 0 else -1) in state.touches

    # ---- own clock -----------------------------------------------------------------------------------

    def run(self, scans: int = 1) -> None:
        """Runs on the PLC's own virtual clock until its first task made `scans` more scans.

        Every task scans at 0 ns and then each cycle; tasks that are due together go by priority. `now_ns` is
        the time of the last scan.
        """
        first = self._tasks[0]
        goal = first.scans + scans
        while first.scans < goal:
            self._next_scan()

    def run_until(self, condition: Callable[[], object], timeout: str | int | float = "10 s") -> None:
        """Runs until `condition()` holds after a scan; raises TimeoutError after `timeout` of virtual time.

        `timeout`: "4 s", "T#4s", or a number of seconds.
        """
        text = timeout.partition("#")[2] if isinstance(timeout, str) and "#" in timeout else timeout
        end = self.now_ns + parse_duration_ns(text)
        while min(state.next_ns for state in self._tasks) <= end:
            self._next_scan()
            if condition():
                return
        raise TimeoutError(f"the condition did not come true within {timeout} (now {self.now_ns / 1e9:g} s)")

    def _next_scan(self) -> None:
        state = min(self._tasks, key=lambda task: (task.next_ns, task.order))
        self.scan(max(state.next_ns, self.now_ns), state.order[1])
        state.next_ns += state.cycle_ns

    # ---- snapshot ------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """The whole state as plain JSON data, between scans. Raises RuntimeError while one is held."""
        self._refuse_while_held()
        return {
            "format": "plc-snapshot/1",
            "program": self.program.hash,
            "now_ns": self.now_ns,
            "memories": [plain(p, m) for p, m in zip(self.program.memories, self._memories, strict=True)],
            "tasks": [
                [s.settled, s.disturbed, s.failures, s.wait, s.scans, s.next_ns] for s in self._tasks
            ],
            "stopped": None if self.stopped is None else list(self.stopped.args),
        }  # fmt: skip

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Puts a snapshot of the same program back. Raises ValueError for one of another program."""
        self._refuse_while_held()
        if snapshot.get("format") != "plc-snapshot/1" or snapshot.get("program") != self.program.hash:
            raise ValueError("this snapshot belongs to another program")
        self.now_ns = snapshot["now_ns"]
        for plan, memory, values in zip(
            self.program.memories, self._memories, snapshot["memories"], strict=True
        ):
            for index, (slot, value) in enumerate(zip(plan.pou.slots, values, strict=True)):
                if slot.type is not None:
                    memory[index] = float(value) if slot.type.kind == "real" else value
                elif slot.child is None:
                    memory[index] = None
        self._globals[0] = LOOP_BUDGET
        for state, values in zip(self._tasks, snapshot["tasks"], strict=True):
            state.settled, state.disturbed, state.failures, state.wait, state.scans, state.next_ns = values
        stopped = snapshot["stopped"]
        self.stopped = None if stopped is None else PlcError(*stopped)
