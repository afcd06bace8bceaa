"""What a TwinCAT program reads about its tasks: `_TaskInfo`, `_AppInfo` and the index of the task that runs.

The cells are ordinary globals that the PLC writes before each scan (see standard/twincat_library.py). Values
are those of the documentation of PlcTaskSystemInfo and PlcAppSystemInfo, in virtual time: CycleCount counts
the scans of the task, a scan itself takes no time (LastExecTime 0), DcTaskTime is the virtual time in ns.
What a PLC of this kind does not have (object ids, ADS ports, licences) stays 0 or FALSE. Scans are counted
where the program reads `_TaskInfo` (all of them are executed then); between scans no task is the current one.
"""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.plc.program import Program
from commissioning.plc.running.memory import Memory
from commissioning.plc.standard.twincat_library import APP_INFO, CURRENT_TASK, MOST_TASKS, TASK_INFO
from commissioning.plc.values.iec_types import IecType

__all__ = ["SystemInfo", "system_info"]

PROJECT_NAME = "Project"  # a program here has no name of its own


class SystemInfo:
    """Writes the cells; `memory`: that of the globals. Tasks count from 0, their indices in `_TaskInfo` from
    1; those behind the last place that it has are told as none (index 0)."""

    def __init__(self, program: Program, memory: Memory) -> None:
        symbols = program.checked.project.globals.symbols
        self._memory, self._tasks = memory, program.tasks[:MOST_TASKS]
        self._current = symbols[CURRENT_TASK.upper()].index
        tasks, app = symbols[TASK_INFO.upper()], symbols[APP_INFO.upper()]
        self._first, element = tasks.index, tasks.type.element
        assert element is not None
        self._size, self._offsets = element.size, _offsets(element)
        self._counts = tasks.read
        self._app, self._app_offsets = app.index, _offsets(app.type)

    def start(self) -> None:
        """What does not change while the PLC runs this program."""
        for number, task in enumerate(self._tasks):
            self._put(number, "CYCLETIME", task.cycle_ns // 100 & 0xFFFF_FFFF)
            self._put(number, "PRIORITY", task.priority & 0xFFFF)
            self._put(number, "TASKNAME", task.name[:63])
        app = self._app_offsets
        self._memory[self._app + app["TASKCNT"]] = len(self._tasks)
        self._memory[self._app + app["PROJECTNAME"]] = PROJECT_NAME
        self._memory[self._current] = 0

    def before(self, number: int, now_ns: int) -> None:
        """A scan of a task begins."""
        if number >= len(self._tasks):
            self._memory[self._current] = 0
            return
        self._memory[self._current] = number + 1
        if not self._counts:
            return
        count = self._first + number * self._size + self._offsets["CYCLECOUNT"]
        self._put(number, "FIRSTCYCLE", self._memory[count] == 0)
        self._memory[count] = self._memory[count] + 1 & 0xFFFF_FFFF
        self._put(number, "DCTASKTIME", now_ns)

    def after(self) -> None:
        """A scan has ended."""
        self._memory[self._current] = 0

    def _put(self, number: int, member: str, value: int | bool | str) -> None:
        self._memory[self._first + number * self._size + self._offsets[member]] = value


def system_info(program: Program, memories: Sequence[Memory]) -> SystemInfo | None:
    """None for a program that asks for none of it."""
    symbol = program.checked.project.globals.symbols.get(CURRENT_TASK.upper())
    return None if symbol is None else SystemInfo(program, memories[0])


def _offsets(type_: IecType) -> dict[str, int]:
    return {member.name.upper(): member.offset for member in type_.members}
