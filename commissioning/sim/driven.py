"""A run as a debugger drives it: time passes for plant and controller alike, and stands still for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commissioning.model.problem import Place, Problem

if TYPE_CHECKING:
    from commissioning.sim.run import Run

__all__ = ["RunDriver", "debugger_of"]

_STRIDE_NS = 1_000_000_000  # of a step that waits for the next scan
_STRETCH_NS = 60_000_000_000  # between two looks for Ctrl-C
_MOST_INSTANTS = 1_000_000  # of a line, until its controller scans once


class RunDriver:
    """Lets time pass in `run`, for the debugger of one of its controllers."""

    patience = 600  # strides

    def __init__(self, run: Run, controller: str) -> None:
        self.run, self.controller = run, controller

    @property
    def now_ns(self) -> int:
        """Virtual time."""
        return self.run.now_ns

    def turn(self, until_ns: int | None) -> bool:
        """Let time pass until `until_ns`, with None for a while; FALSE when nothing is left until then."""
        run = self.run
        end = run.now_ns + (_STRIDE_NS if until_ns is None else _STRETCH_NS)
        if until_ns is not None:
            if run.now_ns >= until_ns:
                return False
            end = min(end, until_ns)
        if run.problem is not None:
            return False
        run.advance_to(end)
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
