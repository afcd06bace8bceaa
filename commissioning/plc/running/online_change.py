"""Online change: another program between two scans, with the values of the old one.

A variable keeps its value if the new program has one of the same path and type. So do the variables of a
block's instance, as long as the instance is of the same type, also where that has gained or lost members;
structures and arrays that have changed keep the elements that are still there. Everything else begins with
its initial value. What is only remembered inside standard blocks is kept as well: timers go on running,
edges do not come twice. A constant has the value that the new program gives it. A pointer or reference leads
to the same variable as before, and to nothing where that is gone; a number made of an address does not. What
was made with __NEW is kept in the same way, as long as the new program makes such things too.
"""

from __future__ import annotations

from dataclasses import dataclass

from commissioning.plc.program import Program
from commissioning.plc.running.carried import Carry, Retyped
from commissioning.plc.running.carried_heap import HeapCarry
from commissioning.plc.running.heap import Allocation
from commissioning.plc.running.scans import TaskState
from commissioning.plc.running.starts import Startable
from commissioning.plc.values.faults import FAULTS


@dataclass(frozen=True, slots=True)
class OnlineChange:
    """What became of the variables, by path: those of structures and arrays as a whole where nothing in them
    has changed. `released`: forces that ended because their variable is gone or does not take the value."""

    kept: tuple[str, ...]
    new: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Retyped, ...]
    released: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"{len(self.kept)} kept"]
        for word, paths in (
            ("new", self.new),
            ("removed", self.removed),
            ("no longer forced", self.released),
        ):
            parts += [f"{len(paths)} {word} ({_some(paths)})"] if paths else []
        if self.changed:
            told = _some([f"{one.path}: {one.before} is now {one.after}" for one in self.changed])
            parts.append(f"{len(self.changed)} of another type ({told})")
        return ", ".join(parts)


def _some(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join([*words[:5], "..."] if len(words) > 5 else words)


class Changeable(Startable):
    """A PLC whose program can be changed while it runs."""

    def online_change(self, program: Program) -> OnlineChange:
        """From the next scan on, runs `program` with the values of the present one, see the module's words.

        Readers and writers that were made before are void (they raise IndexError), traces, coverage and
        debugger end; forces stay. Tasks go on by their names. A stopped PLC stays stopped until a start.
        Raises RuntimeError while a debugger holds a scan.
        """
        self._refuse_while_held()
        old, memories, tasks, triggers = self.program, self._memories, self._tasks, self._triggers
        space, forces = self.space, dict(self.forced)
        self._load(program)
        carry = Carry(old, memories, program, self._memories)
        gone: tuple[str, ...] = ()
        if space is not None and self.space is not None:
            made = HeapCarry(space, self.space, self._make_ready_again)
            carry.follow(space, self.space, made)
            gone = made.told()
        if self._system is not None:
            self._system.start()  # tasks may have other cycles, priorities and names
        before = {task.name: (state, task) for state, task in zip(tasks, old.tasks, strict=True)}
        for state in self._tasks:
            self._go_on(state, before.get(state.name, (None, None))[0])
        levels = {(old.tasks[t.task].name, old.tasks[t.task].trigger.upper()): t for t in triggers}
        for trigger in self._triggers:
            task = program.tasks[trigger.task]
            known = levels.get((task.name, task.trigger.upper()))
            trigger.level = trigger.read() is True
            if known is not None:
                trigger.level, trigger.pending, trigger.repeats = known.level, known.pending, known.repeats
        self.watchers.clear()
        self._instruments, self._debugger = None, None
        self.forces.clear()
        released = []
        for path, value in forces.items():
            try:
                self.force(path, value)
            except (KeyError, TypeError, ValueError):
                released.append(path)
        for memory in memories:
            memory.clear()
        if space is not None:
            space.heap.clear()
        return OnlineChange(
            tuple(carry.kept), tuple(carry.new), (*carry.removed(), *gone), tuple(carry.changed),
            tuple(released),
        )  # fmt: skip

    def _make_ready_again(self, made: Allocation) -> None:
        """Initial values of a block from __NEW that are worked out, before it gets the values it had."""
        if self._heap is None:
            return
        try:
            self._heap.make_ready(made, self._globals, self.now_ns)
        except FAULTS as error:
            self.stopped = self._located(error)

    def _go_on(self, state: TaskState, known: TaskState | None) -> None:
        """A task goes on where the one of its name was; a new one begins at its next point."""
        state.disturbed = True
        if known is not None:
            state.scans, state.last_ns = known.scans, known.last_ns
            if known.cycle_ns == state.cycle_ns:
                state.next_ns = known.next_ns
                return
        if state.cycle_ns:
            state.next_ns = -(-self.now_ns // state.cycle_ns) * state.cycle_ns
            if state.last_ns == state.next_ns:
                state.next_ns += state.cycle_ns
