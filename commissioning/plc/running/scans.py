"""A running PLC: memory, scans, and when a scan may be skipped.

A scan is a pure function of memory and time, and time enters only through timers. So if a scan left every
cell as it was, the next ones will too, until somebody else changes a cell that the task touches (`disturbed`)
or a running timer is due (`deadline`). Whether a scan left everything as it was is found out by comparing
copies of the memories; a program that keeps changing is compared more and more rarely (back-off), which costs
it almost nothing and changes no result: not skipping is always right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from commissioning.plc.generation.build import Build
from commissioning.plc.generation.task_memories import block_memories
from commissioning.plc.program import Program
from commissioning.plc.running.address_space import AddressSpace
from commissioning.plc.running.memory import Memory, fresh, functions_of
from commissioning.plc.running.system_info import system_info
from commissioning.plc.running.triggers import NEVER_NS, Trigger
from commissioning.plc.standard.blocks import DUE, NEVER
from commissioning.plc.values.faults import FAULTS, DepthFault, EndlessCalls, Overrun, PlcError, StubFault
from commissioning.plc.values.iec_types import Value
from commissioning.plc.values.runtime import STATEMENT_BUDGET

_FUNCTION = re.compile(r"f(\d+)")  # the outer function of a POU, see heads.py
FREE_COMPARISONS = (
    3  # misses in a row before the back-off starts: an input edge takes two or three scans to settle
)
LONGEST_WAIT = 64


@dataclass(slots=True, eq=False)
class TaskState:
    """What one task calls and compares, and what is known about its last scan. `cycle_ns` 0: only an event
    starts it. `budget`: statements that its loops may execute in one scan."""

    name: str
    cycle_ns: int
    order: tuple[int, int]
    steps: list[tuple[Callable[[Memory, Memory, int], None], Memory]]
    memories: list[Memory]
    timers: list[tuple[Memory, tuple[int, ...]]]
    touches: frozenset[tuple[int, int]]
    never: bool
    budget: int
    settled: bool = False
    disturbed: bool = False
    failures: int = 0
    wait: int = 0
    scans: int = 0
    next_ns: int = 0
    last_ns: int = NEVER_NS
    trigger: Trigger | None = None


class Scanner:
    """Memories and tasks of a PLC, and the scans that run on them."""

    def __init__(self, program: Program) -> None:
        self.now_ns = 0
        self.stopped: PlcError | None = None
        self.held = ""  # where a debugger holds the scan that is going on
        self.forces: dict[str, tuple[Value, Callable[[Value], None]]] = {}  # path -> value, its writer
        self.watchers: list[Callable[[int, int], None]] = []  # called with (task, now_ns) after each scan
        self._load(program)

    def _load(self, program: Program) -> None:
        """Fresh memories and tasks for a program."""
        self.program = program
        self._memories: list[Memory] = [fresh(plan) for plan in program.memories]
        for memory, plan in zip(self._memories, program.memories, strict=True):
            for index, child in plan.children:
                memory[index] = self._memories[child]
        pieces = [(m, p.pou) for m, p in zip(self._memories, program.memories, strict=True)]
        self.space = (
            AddressSpace(pieces, program.framed, program.windows, program.heap) if program.addressed else None
        )
        self._heap = self.space.heap if self.space is not None and program.heap else None
        functions = functions_of(program.code, self.space)
        self.build = Build(functions, program.code.co_filename, program.spots)
        self._fix()
        self._globals = self._memories[0]
        self._system = system_info(program, self._memories)
        self._tasks = [self._task(number, self.build.functions) for number in range(len(program.tasks))]
        self._alone = len(self._tasks) == 1
        self._triggers: list[Trigger] = []
        self._make_ready()

    def _fix(self) -> None:
        """Puts the table of its class into every memory that has a place for it."""
        for memory, plan in zip(self._memories, self.program.memories, strict=True):
            for index, slot in enumerate(plan.pou.slots[:1]):
                if slot.fixed == "class":
                    memory[index] = self.build.functions.get(f"c{plan.pou.number}")
        if self._heap is not None:
            self._heap.functions = self.build.functions
            self._heap.fix()

    def _make_ready(self) -> None:
        """Initial values that are worked out: addresses, other variables, FB_init. See late_initials.py."""
        roots = [(f"y{pou.number}", self._memories[memory]) for _, pou, memory in self.program.instances]
        self._globals[0] = STATEMENT_BUDGET
        if self._system is not None:
            self._system.start()
        try:
            for name, memory in [("y0", self._globals), *roots]:
                ready = self.build.functions.get(name)
                if ready is not None:
                    ready(memory, self._globals, self.now_ns)
        except FAULTS as error:
            self.stopped = self._located(error)

    def _task(self, number: int, functions: Mapping[str, Any]) -> TaskState:
        program = self.program
        task = program.tasks[number]
        chosen = [
            (position, root) for position, root in enumerate(program.instances) if root[0] in task.programs
        ]
        own = {position for position, _ in chosen}
        plans = [
            (m, p)
            for m, p in zip(self._memories, program.memories, strict=True)
            if p.program in {-1, *own} or program.addressed
        ]
        return TaskState(
            name=task.name,
            cycle_ns=task.cycle_ns,
            order=(task.priority, number),
            steps=[
                (functions.get(f"e{position}") or functions[f"f{pou.number}"], self._memories[memory])
                for position, (_, pou, memory) in chosen
            ]
            + [
                (functions[f"f{plan.pou.number}"], self._memories[memory])
                for memory, plan in block_memories(task, program.memories)
            ],
            memories=[memory for memory, _ in plans],
            timers=[(m, tuple(index + DUE for index in p.timers)) for m, p in plans if p.timers],
            touches=program.touches[number],
            never=bool(program.never_skip) or not task.cycle_ns,
            budget=task.watchdog - program.straight[number],
        )

    def scan(self, now_ns: int, task: int = 0) -> None:
        """One scan of a task at `now_ns`, which must not lie before the last scan's.

        Raises PlcError, with the statement, when the program does what a PLC would stop for; the PLC stays
        stopped until `restore` or `start`.
        """
        if self.held:
            self._refuse_while_held()
        if self.stopped is not None:
            raise self.stopped
        if now_ns < self.now_ns:
            raise ValueError(f"time runs backwards: a scan at {now_ns} ns after one at {self.now_ns} ns")
        self.now_ns = now_ns
        state, shared = self._tasks[task], self._globals
        if self.forces:
            self._write_forces()
        if self._triggers:
            self._look()
            if state.trigger is not None and state.trigger.answered(now_ns - state.last_ns):
                self.stopped = self._restless(state)
                raise self.stopped
        if self._system is not None:
            self._system.before(task, now_ns)
        shared[0] = state.budget
        comparing = state.wait == 0 and not state.never
        if self.space is not None:
            self.space.disturbed = False
        before = [m[:] for m in state.memories] if comparing else None
        made = self._heap.state() if self._heap is not None and (comparing or not self._alone) else None
        others = None if self._alone else self._shared_copy()
        try:
            for function, memory in state.steps:
                function(memory, shared, now_ns)
        except FAULTS as error:
            self.stopped = self._located(error, state)
            raise self.stopped from error
        shared[0] = state.budget
        if self.forces:
            self._write_forces()
        state.scans += 1
        state.last_ns = now_ns
        state.disturbed = False
        if before is None:
            state.wait -= state.wait > 0
            state.settled = False
        elif (
            state.memories == before
            and (self._heap is None or self._heap.state() == made)
            and (self.space is None or not self.space.disturbed)
        ):
            state.settled = True
            state.failures = 0
        else:
            state.settled = False
            state.failures += 1
            if state.failures > FREE_COMPARISONS:
                state.wait = min(1 << (state.failures - FREE_COMPARISONS), LONGEST_WAIT)
        if others is not None:
            self._disturb_others(state, others)
            changed = self._heap is not None and self._heap.state() != made
            if changed or (self.space is not None and self.space.disturbed):
                for other in self._tasks:
                    other.disturbed |= other is not state
        if self._system is not None:
            self._system.after()
        if self._triggers:
            self._look()
        if self.watchers:
            for watcher in tuple(self.watchers):
                watcher(task, now_ns)

    def _write_forces(self) -> None:
        for value, write in self.forces.values():
            write(value)

    def swap(self, build: Build) -> None:
        """From the next scan on, run another translation of the same program."""
        self._refuse_while_held()
        self.build = build
        self._fix()
        for state in self._tasks:
            state.steps = [(build.functions[fn.__name__], memory) for fn, memory in state.steps]

    def _refuse_while_held(self) -> None:
        if self.held:
            raise RuntimeError(f"the PLC is held inside a scan at {self.held}; let it go on first")

    def _located(self, error: Exception, state: TaskState | None = None) -> PlcError:
        """The error with the statement that was executing, from the innermost line of generated code."""
        cure = ""
        spots = [("", 0, 0)]
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.build.file:
                spots.append(self.build.spots[trace.tb_lineno - 1])
            trace = trace.tb_next
        inner = spots.pop()
        # what stops at the head of a POU is told where it is called
        at_head = isinstance(error, StubFault | DepthFault | EndlessCalls)
        spot = spots.pop() if at_head and len(spots) > 1 else inner
        message = "division by zero" if isinstance(error, ZeroDivisionError) else str(error)
        if isinstance(error, DepthFault | EndlessCalls):
            message += self._circle(error)
        if isinstance(error, Overrun):
            cure = "Let it end sooner, spread it over several scans, or raise the watchdog of the task"
            if state is not None:
                most = self.program.tasks[state.order[1]].watchdog
                message = f"watchdog: a scan of task {state.name} executes more than {most} statements "
                message += error.where
        return PlcError(message, *spot, cure)

    def _circle(self, error: Exception) -> str:
        """The calls that led back to themselves, from the generated functions that were executing."""
        names: list[str] = []
        pous = {pou.number: pou for pou in self.program.checked.project.pous.values()}
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            code, trace = trace.tb_frame.f_code, trace.tb_next
            found = _FUNCTION.fullmatch(code.co_name) if code.co_filename == self.build.file else None
            if found is not None and int(found[1]) in pous:
                pou = pous[int(found[1])]
                names.append(pou.name if pou.owner is None else f"{pou.owner.name}.{pou.name}")
        if not names or names[-1] not in names[:-1]:
            return ""
        first = len(names) - 2 - names[-2::-1].index(names[-1])
        return f": {' -> '.join(names[first:])}"

    def _shared_copy(self) -> list[Memory | None]:
        plans = self.program.memories
        whole = self.program.addressed
        pairs = zip(self._memories, plans, strict=True)
        return [m[:] if whole or p.program < 0 else None for m, p in pairs]

    def _disturb_others(self, state: TaskState, before: list[Memory | None]) -> None:
        for number, (memory, old) in enumerate(zip(self._memories, before, strict=True)):
            if old is None or memory == old:
                continue
            cells = {(number, index) for index, value in enumerate(old) if memory[index] != value}
            if number:
                cells = {(number, -1)}
            for other in self._tasks:
                if other is not state and not cells.isdisjoint(other.touches):
                    other.disturbed = True

    # ---- events --------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Looks at the variables that start tasks; between scans, so that a pulse within one is none."""
        for trigger in self._triggers:
            if trigger.rose_or_fell():
                self._tasks[trigger.task].disturbed = True

    def _restless(self, state: TaskState) -> PlcError:
        path = self.program.tasks[state.order[1]].trigger
        variable = self.program.variable(path)
        what = f"watchdog: task {state.name} starts again and again without end; {variable.path} never rests"
        return PlcError(what, variable.file, variable.line, variable.column)

    def triggered(self, task: int) -> bool:
        """Whether the variable that starts the task rose since its last scan."""
        trigger = self._tasks[task].trigger
        if trigger is None:
            return False
        self._look()
        return trigger.pending

    def due(self, now_ns: int, task: int = 0) -> bool:
        """Whether the task scans at `now_ns` when a host comes by then: for a task that a variable starts, if
        that rose, or at a point of its cycle while it is FALSE."""
        state = self._tasks[task]
        if state.trigger is None or self.triggered(task):
            return True
        return bool(state.cycle_ns) and not state.trigger.level and now_ns % state.cycle_ns == 0

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

        Counts from its last scan; a timer whose block was not called any more does not count.
        """
        now, best = self._tasks[task].last_ns, NEVER
        made = () if self._heap is None else self._heap.timers()
        for memory, indices in (*self._tasks[task].timers, *made):
            for index in indices:
                due = memory[index]
                if now < due < best:
                    best = due
        return best if best < NEVER else None

    def scans(self, task: int = 0) -> int:
        """How many scans of the task were executed."""
        return self._tasks[task].scans
