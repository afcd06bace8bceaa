"""A run as a debugger drives it: time passes for plant and controller alike, and stands still for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commissioning.model.problem import Place, Problem

if TYPE_CHECKING:
    from commissioning.sim.run import Run

__all__ = ["RunDriver", "debugger_of"]

_MOST_INSTANTS = 1_000_000  # of a line, until its controller scans


class RunDriver:
    """Lets time pass in `run`, for the debugger of one of its controllers."""

    patience = _MOST_INSTANTS

    def __init__(self, run: Run, controller: str) -> None:
        self.run, self.controller = run, controller

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        return self.run.now_ns

    def turn(self, until_ns: int | None) -> bool:
        """The next instant, unless it is after `until_ns`: FALSE then, and it is that time.

        One instant at a time, so that plant and PLC can stand still after a scan.
        """
        run = self.run
        t = run.line.kernel.next_time()
        if run.problem is not None:
            return False
        if t is None or (until_ns is not None and t > until_ns):
            if until_ns is not None and until_ns > run.now_ns:
                run.advance_to(until_ns)
            return False
        run.advance_to(t)
        return run.problem is None

    def single(self) -> None:
        """Until the end of the instant of the controller's next scan."""
        run = self.run
        host = run.line.hosts[self.controller]
        before = host.scans
        for _ in range(_MOST_INSTANTS):
            t = run.line.kernel.next_time()
            if t is None or run.problem is not None:
                return
            run.advance_to(t)
            if host.scans != before:
                return

    def write(self, path: str, value: Any) -> None:
        """Set a variable between two scans: an input of the run as any other."""
        self.run.operate(self.controller, "write", [path, value])

    def altered(self, path: str, value: Any) -> None:
        """A variable was set in the middle of a scan: no replay can repeat that, so it is put on record."""
        self.run.inputs.note("operate", self.controller, ["alter", [path, value]])

    def abandoned(self) -> None:
        """The run stands in the middle of an instant for ever."""
        self.run.problem = Problem(
            f"the run was left inside a scan of {self.controller}, {self.run.now_ns / 1e9:.9f} s",
            Place(id=self.controller),
            "Run again, or restore a snapshot",
        )


def debugger_of(run: Run, controller: str) -> Any:
    """See `Run.debug`."""
    able = [name for name, host in run.line.hosts.items() if host.controller.debuggable]
    if not controller and len(able) == 1:
        controller = able[0]
    if controller not in able:
        known = ", ".join(able) or "none"
        raise KeyError(f"no controller {controller!r} whose scans can be held; there is {known}")
    return run.line.hosts[controller].controller.debugger(RunDriver(run, controller))
