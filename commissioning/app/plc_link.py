"""The panel's way to the PLC: everything is asked for in the run's own thread, answers come as futures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from commissioning.app.plc_reading import PlcReading, Seen, Wanted
from commissioning.app.source import LiveSource
from commissioning.app.watch import Watch

if TYPE_CHECKING:
    from commissioning.plc.debugging.anchors import KeptBreakpoint
    from commissioning.plc.debugging.cycles import Cycles
    from commissioning.plc.debugging.debugger import Debugger
    from commissioning.plc.debugging.trace import Trace
    from commissioning.plc.program import Program
    from commissioning.sim.run import Run

PATIENCE_S = 0.5  # with a run that is in the middle of an instant


class PlcLink:
    """Of one controller of the line that runs a program. `say`: takes futures whose trouble is told."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.controller = ""
        self.controllers: list[str] = []  # those that can be debugged
        self.program: Program | None = None
        self.say: Callable[[Future[Any]], None] = lambda future: None
        self._cycles: Cycles | None = None
        self._measured: Program | None = None  # the program that the cycles are of
        self._trace: Trace | None = None

    def begin(self) -> None:
        """Another line, or another run: which programs are there?"""
        hosts = self._hosts()
        self.controllers = [name for name, host in hosts.items() if host.controller.debuggable]
        before, self.controller, self.program = self.controller, "", None
        if self.controllers:
            self.choose(before if before in self.controllers else self.controllers[0])

    def choose(self, controller: str) -> None:
        """Show the program of another controller."""
        self.controller, self.program = controller, self._hosts()[controller].controller.plc.program
        self._cycles = self._trace = None

    def held_elsewhere(self) -> str:
        """Another controller that a debugger holds, "" if none."""
        source = self._watch.source
        if not isinstance(source, LiveSource):
            return ""
        for name in self.controllers:
            debugger = source.session.debugger(name)
            if name != self.controller and debugger is not None and debugger.where is not None:
                return name
        return ""

    def restore(self, points: Mapping[str, Sequence[KeptBreakpoint]]) -> Future[tuple[int, list[str]]] | None:
        """Set breakpoints by controller: how many are set, and which are gone."""
        source = self._watch.source
        if not isinstance(source, LiveSource):
            return None
        session = source.session

        def restore(run: Run) -> tuple[int, list[str]]:
            count, lost = 0, []
            for controller, wanted in points.items():
                debugger = session.debugger_of(run, controller)
                gone = debugger.adopt(wanted)
                debugger.lost.clear()
                lost += gone
                count += len(wanted) - len(gone)
            return count, lost

        return session.do(restore)

    def kept(self) -> dict[str, tuple[KeptBreakpoint, ...]]:
        """The breakpoints as they are now, by controller."""
        source = self._watch.source
        if not isinstance(source, LiveSource):
            return {}
        with suppress(TimeoutError, CancelledError):  # what was asked for before is done before
            source.session.do(lambda _run: None).result(PATIENCE_S)
        debuggers = {name: source.session.debugger(name) for name in self.controllers}
        return {name: one.kept() for name, one in debuggers.items() if one is not None}

    def _hosts(self) -> Mapping[str, Any]:
        source = self._watch.source
        if not isinstance(source, LiveSource):
            return {}
        hosts: Mapping[str, Any] = getattr(getattr(source.session.run, "line", None), "hosts", {})
        return hosts

    def read(self, reading: PlcReading, wanted: Wanted) -> Future[Seen] | None:
        """What is on the screen; None where no line is live."""

        def read(run: Run, debugger: Debugger) -> Seen:
            if self._cycles is None or debugger.plc.program is not self._measured:
                self._measured, self._trace = debugger.plc.program, None
                self._cycles = debugger.plc.cycles()
            return reading.read(debugger, wanted, self._cycles, self._trace)

        return self._ask(read)

    # acting

    def go_on(self) -> None:
        self._tell(lambda run, debugger: debugger.run())

    def step(self, how: str) -> None:
        """`how`: in, over, out, scan, from where it is held; else to the next statement that is executed."""

        def step(run: Run, debugger: Debugger) -> None:
            if debugger.where is None:
                debugger.pause()
            elif how == "in":
                debugger.step_in()
            elif how == "over":
                debugger.step_over()
            elif how == "out":
                debugger.step_out()
            else:
                debugger.scan()

        self._tell(step)
        self._start()

    def hold(self) -> None:
        """At the next statement."""
        self.step("in")

    def run_to(self, source: str, line: int) -> None:
        self._tell(lambda run, debugger: debugger.run_to(line, source))
        self._start()

    def toggle_breakpoint(self, source: str, line: int) -> None:
        """On, at the first statement from there on, or off."""

        def toggle(run: Run, debugger: Debugger) -> None:
            found = debugger.statements(source, line)
            here = found[0].line if found else line
            known = [p for p in debugger.breakpoints if p.source == source and p.line in (line, here)]
            if known:
                debugger.remove(known[0])
            else:
                debugger.stop_at(line, source)

        self._tell(toggle)

    def stop_if(self, source: str, line: int, condition: str) -> None:
        """A breakpoint under a condition; "" is none."""
        self._tell(lambda run, debugger: debugger.stop_at(line, source, condition=condition or None))

    def run_until(self, condition: str) -> None:
        self._tell(lambda run, debugger: debugger.run(until=condition))
        self._start()

    def remove_breakpoints(self) -> None:
        self._tell(lambda run, debugger: debugger.remove())

    def end_coverage(self) -> None:
        self._tell(lambda run, debugger: debugger.plc.instruments().end_coverage())

    def operate(self, what: str, path: str, value: Any = None) -> None:
        """force, write, release: an input of the run; in a held scan a variable is set at once."""

        def operate(run: Run, debugger: Debugger) -> None:
            if what == "write" and debugger.where is not None:
                debugger.write(path, value)
            else:
                run.operate(self.controller, what, path if what == "release" else [path, value])

        self._tell(operate, touches=True)

    def begin_trace(self, paths: tuple[str, ...], trigger: str, pre: str, post: str) -> None:
        def begin(run: Run, debugger: Debugger) -> None:
            if not paths:
                raise ValueError("Add to the watch table what is to be traced.")
            if self._trace is not None:
                self._trace.close()
            self._trace = debugger.plc.trace(paths, trigger or None, pre, post)

        self._tell(begin)

    def end_trace(self) -> None:
        def end(run: Run, debugger: Debugger) -> None:
            if self._trace is not None:
                self._trace.close()

        self._tell(end)

    # the run's thread

    def _start(self) -> None:
        source = self._watch.source
        if source is not None and self._watch.status.state in ("paused",):
            source.start()

    def _ask(self, act: Callable[[Run, Debugger], Any]) -> Future[Any] | None:
        source = self._watch.source
        if not isinstance(source, LiveSource) or not self.controller:
            return None
        session, controller = source.session, self.controller

        def call(run: Run) -> Any:
            return act(run, session.debugger_of(run, controller))

        return session.do(call)

    def _tell(self, act: Callable[[Run, Debugger], Any], touches: bool = False) -> None:
        future = self._ask(act)
        if future is not None:
            if touches and isinstance(self._watch.source, LiveSource):
                self._watch.source.touched = True
            self.say(future)
