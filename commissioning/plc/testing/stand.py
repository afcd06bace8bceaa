"""A PLC on a test stand: code of single POUs runs beside its tasks, and time goes where the test wants it."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from commissioning.plc.checking.scope import Pou
from commissioning.plc.generation.build import Build
from commissioning.plc.running.machine import Plc
from commissioning.plc.running.memory import Memory
from commissioning.plc.running.tasks import DEFAULT_CYCLE_NS
from commissioning.plc.testing.stand_ins import StandIns
from commissioning.plc.values.faults import FAULTS
from commissioning.plc.values.runtime import STATEMENT_BUDGET

__all__ = ["Stand"]


class Stand(Plc):
    """What tests use of a PLC beyond its tasks. Times are integer ns."""

    _mocks: StandIns | None = None

    @property
    def mocks(self) -> StandIns:
        """What stands in for POUs of the program. A stand-in may remember what no memory of the PLC shows, so
        from the first one on every scan is executed."""
        if self._mocks is None:
            self._mocks = StandIns(self)
            for state in self._tasks:
                state.never = True
        return self._mocks

    def swap(self, build: Build) -> None:
        super().swap(build)
        if self._mocks is not None:
            self._mocks.install(build)

    @property
    def cycle_ns(self) -> int:
        """The cycle of the first task that has one, 10 ms without."""
        return next((task.cycle_ns for task in self.program.tasks if task.cycle_ns), DEFAULT_CYCLE_NS)

    @property
    def shared(self) -> Memory:
        """The memory of the globals."""
        return self._globals

    @property
    def memories(self) -> list[Memory]:
        """As in `program.memories`."""
        return self._memories

    @property
    def scan_count(self) -> int:
        """Scans of all tasks."""
        return sum(state.scans for state in self._tasks)

    @property
    def next_scan_ns(self) -> int | None:
        """When the next scan of a task is due, None if nothing will start one."""
        due = [at for state in self._tasks if (at := self._at(state)) is not None]
        return min(due, default=None)

    def advance_to(self, t_ns: int) -> None:
        """Runs every scan that is due until then, that instant included."""
        while self._next_scan(t_ns):
            pass

    def judged_by(self, judge: Callable[..., bool]) -> None:
        """`judge(number, now_ns, *values)` answers the assertions of the translation that is in use."""
        for code in self.build.functions.values():
            if isinstance(code, FunctionType) and code.__code__.co_filename == self.build.file:
                code.__globals__["judge"] = judge
                return

    def pou_code(self, pou: Pou) -> Callable[..., Any]:
        """The code of a POU, in the translation that is in use."""
        code: Callable[..., Any] = self.build.functions[f"f{pou.number}"]
        return code

    def guarded(self, code: Callable[..., Any], *arguments: Any) -> Any:
        """What generated code gives, with a loop budget as for one scan. Raises PlcError as `scan` does."""
        if self.stopped is not None:
            raise self.stopped
        self._globals[0] = STATEMENT_BUDGET
        try:
            return code(*arguments)
        except FAULTS as error:
            self.stopped = self._located(error)
            raise self.stopped from error
        finally:
            self._globals[0] = STATEMENT_BUDGET
