"""Reading and writing the variables of a running PLC by path, between scans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter

from commissioning.plc.checking.value_bytes import decoded, encoded
from commissioning.plc.generation.comparisons import between
from commissioning.plc.generation.layout import Location, with_shown
from commissioning.plc.program import Program
from commissioning.plc.running.memory import Memory, accepted, seen_value
from commissioning.plc.running.scans import Scanner, TaskState
from commissioning.plc.running.triggers import Trigger
from commissioning.plc.standard.blocks import DUE, START
from commissioning.plc.values.iec_types import Value


class Access(Scanner):
    """A PLC whose variables answer to their paths, without regard to case."""

    def _load(self, program: Program) -> None:
        super()._load(program)
        for number, task in enumerate(program.tasks):
            if task.trigger:
                read = self._getter(program.location(task.trigger))
                self._tasks[number].trigger = trigger = Trigger(number, read, read() is True)
                self._triggers.append(trigger)

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
        if where.raw:
            return lambda: decoded(bytes(memory[where.index : where.index + where.raw]), where.type)
        if where.view is not None:
            return partial(seen_value, memory, where.index, where.view, where.type)
        return partial(memory.__getitem__, where.index)

    def _elapsed(self, memory: Memory, base: int) -> int:
        """ET of a timer whose program never reads it: worked out from the time of the last scan."""
        start: int = memory[base + START]
        return 0 if start < 0 else min(self.now_ns, memory[base + DUE]) - start

    def reached_stubs(self) -> tuple[str, ...]:
        """The stubs without a body that were called, where that does not stop the PLC."""
        cells = self.program.stub_cells
        return tuple(name for name, index in cells.items() if self._globals[index]) if cells else ()

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

        Raises KeyError for an unknown path, ValueError for a constant or READ_ONLY name. The writer raises
        TypeError for a value of another type, ValueError for one out of range; REAL is rounded, STRING cut.
        """
        where = self.program.location(path)
        if where.variable.constant:
            raise ValueError(f"{where.variable.path} is a CONSTANT")
        if where.variable.read_only:
            raise ValueError(f"{where.variable.path} is READ_ONLY: so VAR_ACCESS says")
        if where.timer >= 0:
            raise ValueError(f"{where.variable.path} is worked out by its timer")
        memory, index, type_ = self._memories[where.memory], where.index, where.type
        states = [state for state in self._tasks if self._touches(state, where)]
        if where.raw:

            def write_bytes(value: Value) -> None:
                kept = list(encoded(accepted(path, type_, value), type_))
                if kept != memory[index : index + where.raw]:
                    memory[index : index + where.raw] = kept
                    for state in states:
                        state.disturbed = True

            return write_bytes

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

    def _touches(self, state: TaskState, where: Location) -> bool:
        if self.program.memories[where.memory].program >= 0:
            return any(self._memories[where.memory] is memory for memory in state.memories)
        return (where.memory, where.index if where.memory == 0 else -1) in state.touches
