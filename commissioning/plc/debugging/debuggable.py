"""What one can do to a PLC beside running it: force, watch, trace, measure, debug."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from commissioning.plc.program import Program
from commissioning.plc.running.memory import Memory, accepted
from commissioning.plc.running.own_clock import OwnClock
from commissioning.plc.values.iec_types import Value

if TYPE_CHECKING:
    from commissioning.plc.debugging.coverage import Coverage
    from commissioning.plc.debugging.cycles import Cycles
    from commissioning.plc.debugging.debugger import Debugger, Driver
    from commissioning.plc.debugging.instruments import Instruments
    from commissioning.plc.debugging.trace import Trace, Trigger


class Debuggable(OwnClock):
    """A PLC that can be looked into. Costs nothing as long as nobody does."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._instruments: Instruments | None = None
        self._debugger: Debugger | None = None

    # ---- forces --------------------------------------------------------------------------------------

    def force(self, path: str, value: Value) -> None:
        """Hold a variable at `value`: set now, and before and after every scan until `release`.

        In a scan the program may give it another value, which what follows in that scan sees, as on a real
        PLC. Raises KeyError, and TypeError or ValueError for what the variable cannot hold.
        """
        self._refuse_while_held()
        write = self.writer(path)
        write(value)
        self.forces[self.program.variable(path).path] = (value, write)

    def check(self, path: str, value: Value) -> None:
        """Raises what writing `value` to `path` would raise, and writes nothing."""
        self.writer(path)
        accepted(path, self.program.location(path).type, value)

    def release(self, path: str = "") -> None:
        """End the force on a variable, or all of them. Raises KeyError for an unknown path."""
        self._refuse_while_held()
        if not path:
            self.forces.clear()
        else:
            self.forces.pop(self.program.variable(path).path, None)
        self.unsettle()  # what the program gives the variable has been hidden

    @property
    def forced(self) -> MappingProxyType[str, Value]:
        """Path -> value of every force."""
        return MappingProxyType({path: value for path, (value, _) in self.forces.items()})

    # ---- instruments ---------------------------------------------------------------------------------

    def coverage(self) -> Coverage:
        """Which statements and branches have been executed since the first call; it goes on counting."""
        return self.instruments().coverage()

    def debug(self, driver: Driver | None = None) -> Debugger:
        """The debugger of this PLC; `driver` lets its time pass, if not its own clock."""
        if self._debugger is None:
            from commissioning.plc.debugging.debugger import Debugger

            self._debugger = Debugger(self._whole(), self.instruments(), driver)
        return self._debugger

    @property
    def debugger(self) -> Debugger | None:
        """The one that `debug` has made; None before, after its `close`, and after an online change."""
        return self._debugger

    def end_debugging(self) -> None:
        """The next `debug` makes another debugger."""
        self._debugger = None

    def trace(
        self,
        paths: Sequence[str],
        trigger: Trigger | None = None,
        pre: str | float = "1 s",
        post: str | float = "1 s",
    ) -> Trace:
        """Record variables after each scan, see `commissioning.plc.debugging.trace`."""
        from commissioning.plc.debugging.trace import Trace

        return Trace(self._whole(), paths, trigger, pre, post)

    def cycles(self) -> Cycles:
        """Measure how long scans take, from now on, see `commissioning.plc.debugging.cycles`."""
        from commissioning.plc.debugging.cycles import Cycles

        return Cycles(self._whole())

    def instruments(self) -> Instruments:
        """What chooses the translation that runs."""
        if self._instruments is None:
            from commissioning.plc.debugging.instruments import Instruments

            self._instruments = Instruments(self._whole())
        return self._instruments

    def _whole(self) -> Plc:
        from commissioning.plc.running.machine import Plc

        assert isinstance(self, Plc)
        return self

    # ---- for drivers and instruments -----------------------------------------------------------------

    @property
    def memories(self) -> Sequence[Memory]:
        """One per memory plan of the program."""
        return self._memories

    def scan_next(self, until_ns: int) -> bool:
        """The scan that is next on the PLC's own clock, unless none is due until `until_ns`: FALSE then."""
        return self._next_scan(until_ns)

    def unsettle(self) -> None:
        """The next scan of every task is executed: something was changed from outside."""
        for state in self._tasks:
            state.disturbed = True

    def after_scan(self, call: Callable[[], None]) -> None:
        """Call once, when the scan that is going on, or the next one, has come to its end."""

        def once(_task: int, _now_ns: int) -> None:
            self.watchers.remove(once)
            call()

        self.watchers.append(once)


if TYPE_CHECKING:
    from commissioning.plc.running.machine import Plc
