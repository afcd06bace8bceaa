"""Breakpoints and single steps for a PLC, from Python and from the window.

A held scan stands in the middle of a statement list; whoever drives the PLC stands with it, so plant and PLC
are frozen at one instant. From plain Python the scan runs in a thread that hands over strictly (only one of
both ever runs). In a session the run's own thread stands still instead, see `holder`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import Self

from commissioning.model.abandoned import Abandoned
from commissioning.model.quantity import parse_duration_ns
from commissioning.plc.debugging.anchors import KeptBreakpoint
from commissioning.plc.debugging.conditions import Condition
from commissioning.plc.debugging.drivers import Driver, PlcDriver
from commissioning.plc.debugging.frames import Call, LocalValue, Where, calls, where
from commissioning.plc.debugging.hand_over import HandOver
from commissioning.plc.debugging.instruments import Instruments
from commissioning.plc.debugging.stepper import Breakpoint, Step, Stepper, Wish
from commissioning.plc.generation.debug_build import Spotted
from commissioning.plc.running.machine import Plc
from commissioning.plc.values.iec_types import Value
from commissioning.plc.values.runtime import PlcError

__all__ = ["Breakpoint", "Debugger", "Driver", "PlcDriver", "Where"]


class Debugger:
    """Holds scans of `plc`.

    `where` is where the scan is held, None while none is. `holder`: called in the thread that scans instead
    of handing over; it returns when the scan may go on, or raises Abandoned.
    """

    def __init__(self, plc: Plc, instruments: Instruments, driver: Driver | None = None) -> None:
        self.plc = plc
        self.driver: Driver = PlcDriver(plc) if driver is None else driver
        self.holder: Callable[[Debugger], None] | None = None
        self.where: Where | None = None
        self.lost: list[str] = []  # breakpoints that `adopt` has not found again, for whoever tells it
        self.released = False  # whether a holder may let the scan go on
        self._stack: list[Call] = []
        self._frame: FrameType | None = None
        self._hands = HandOver("plc scan")
        self._driving = False
        self._until = 0
        self._stepper = Stepper(instruments, self._hold, self._read_at)
        self._instruments = instruments
        self._pous = {pou.number: pou for pou in plc.program.checked.project.pous.values()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stale(self) -> bool:
        """Whether it was closed, or an online change has given the PLC another program: ask for another."""
        return self.plc.debugger is not self

    def close(self) -> None:
        """Leave a held scan (the PLC is stopped then), and take all breakpoints away."""
        self.abandon()
        self._stepper.close()
        if not self.stale:
            self.plc.end_debugging()

    # ---- breakpoints ---------------------------------------------------------------------------------

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """Those that are set, also the disabled ones."""
        return tuple(self._stepper.breakpoints)

    def stop_at(
        self, line: int, file: str = "", *, condition: Wish | str | None = None, skip: int = 0
    ) -> Breakpoint:
        """Set a breakpoint at the first statement at or after `line` of a text.

        `file` may be left out if there is only one text; of projects it is the name of the text, or the
        file that it was taken from. `condition`: a text as "Count > 2 AND NOT MAIN.jam" (see
        `plc.debugging.conditions`), or a function. Raises ValueError for an unknown file or a line behind
        the last statement, KeyError for an unknown variable.
        """
        source, line = self.placed(file, line)
        wish = Condition(condition) if isinstance(condition, str) else condition
        if isinstance(wish, Condition):
            for place in self._stepper.statements(source, line):
                self._check(wish, place.pou)
        return self._stepper.add(source, line, wish, skip)

    def _check(self, wish: Condition, pou: str = "") -> None:
        """Raises KeyError for a variable that neither the program nor that POU has."""
        project = self.plc.program.checked.project
        known = project.pous.get(pou.upper())
        for path in wish.paths:
            head = path.partition(".")[0].partition("[")[0].upper()
            of_block = known is not None and known.owner is not None and head in known.owner.symbols
            if path not in self.plc and not (known is not None and (head in known.symbols or of_block)):
                raise KeyError(f"{pou or 'the program'} has no variable {path}")

    def remove(self, point: Breakpoint | None = None) -> None:
        """Take one breakpoint away, or all of them."""
        self._stepper.remove(self.breakpoints if point is None else (point,))

    def kept(self) -> tuple[KeptBreakpoint, ...]:
        """The breakpoints as plain data, for `adopt`; without those whose condition is a function."""
        kept = (point.kept() for point in self.breakpoints if not point.once)
        return tuple(point for point in kept if point is not None)

    def adopt(self, points: Iterable[Breakpoint | KeptBreakpoint]) -> tuple[str, ...]:
        """Set the breakpoints that another debugger has, or had, perhaps in a program that was edited since:
        each in its POU, at the line of the same text. Returns why some are gone, and adds it to `lost`."""
        lost = []
        for point in points:
            if isinstance(point, Breakpoint) and point.once:
                continue
            spot = self._stepper.lines.find(point.anchor)
            if spot is None:
                lost.append(f"{point.anchor} (that line is gone)")
                continue
            text = point.condition
            try:
                wish = Condition(text) if isinstance(text, str) and text else text or None
                mine = self.stop_at(spot[1], spot[0], condition=wish, skip=point.skip)
            except (KeyError, ValueError) as error:
                lost.append(f"{point.anchor} ({error.args[0]})")
            else:
                mine.enabled = point.enabled
        self.lost += lost
        return tuple(lost)

    def placed(self, file: str, line: int) -> tuple[str, int]:
        """(text, line in it) of a line of a text or of the file it was taken from. Raises ValueError."""
        program = self.plc.program
        sources = program.checked.sources
        if file in sources:
            return file, line
        if not file and len(sources) == 1:
            return next(iter(sources)), line
        found = [
            (place.source, place.line)
            for place in self._instruments.places
            if (spot := program.original(place.source, place.line, place.column))[0] == file
            and spot[1] >= line
        ]
        if not found:
            raise ValueError(f"the program has no statement in {file or 'a text without a name'} at {line}")
        return min(found, key=lambda pair: program.original(pair[0], pair[1])[1])

    # ---- going on ------------------------------------------------------------------------------------

    def run(self, span: str | int | float = "10 s", until: Wish | str | None = None) -> Where | None:
        """Go on until a breakpoint, or until `until` holds before a statement, for at most `span` of virtual
        time ("4 s", or a number of seconds). Returns where it is held, None if it is not."""
        wish = Condition(until) if isinstance(until, str) else until
        if isinstance(wish, Condition):
            self._check(wish)
        self._until = self.driver.now_ns + parse_duration_ns(span)
        return self._go("", wish)

    def scan(self) -> Where | None:
        """Let the held scan come to its end, or else make one single scan of the task that is next.

        With a `holder`: to the first statement of the next scan.
        """
        self._until = -1
        if self.holder is not None:
            return self._go("scan", None)
        if self.where is not None:
            return self._go("", None)
        return self._begin(self.driver.single)

    def step_in(self) -> Where | None:
        """To the next statement, also that of a POU that is called."""
        return self._step("in")

    def step_over(self) -> Where | None:
        """To the next statement of the same POU, or of the one that called it."""
        return self._step("over")

    def step_out(self) -> Where | None:
        """To the next statement of the calling POU; from a program, of the next program or scan."""
        return self._step("out")

    def run_to(self, line: int, file: str = "") -> Where | None:
        """As `run`, to the statement at a line."""
        source, line = self.placed(file, line)
        known = self.breakpoints
        point = self._stepper.add(source, line, None, 0)
        point.once = point not in known
        try:
            return self.run()
        finally:
            if point.once and self.holder is None:
                self.remove(point)

    def statements(self, source: str, line: int) -> list[Spotted]:
        """Before which statements a breakpoint at a line of a text would hold; [] behind the last one."""
        return self._stepper.statements(source, line)

    def pause(self) -> None:
        """Hold at the next statement that is executed, whoever drives."""
        self._stepper.go(None, "in")

    def call(self, act: Callable[[], object]) -> Where | None:
        """Call `act`, which makes the PLC scan (as `lambda: plc.run(5)`); as `run`."""
        if self.where is not None:
            raise RuntimeError(f"the PLC is held at {self.where}; let it go on first")
        return self._begin(act)

    def abandon(self) -> None:
        """Leave the held scan in the middle: the PLC is stopped, its thread ends."""
        if self._hands.waiting:
            self._hands.abandon()
            self._driving = False

    def _step(self, step: Step) -> Where | None:
        self._until = -1
        return self._go(step, None)

    def _go(self, step: Step, until: Wish | None) -> Where | None:
        self._stepper.go(self._frame, step, until)
        if self.holder is not None:
            self.released = True  # it looks at this
            return None
        if self.where is None:
            return self._begin(self._drive)
        self._release()
        self._driving = self._answered(self._hands.go_on)
        return self.where

    def _begin(self, act: Callable[[], object]) -> Where | None:
        self._driving = True
        self._driving = self._answered(lambda: self._hands.start(act))
        return self.where

    def _answered(self, ask: Callable[[], bool]) -> bool:
        try:
            waits = ask()
        except BaseException:
            self._driving = False
            raise
        if not waits:
            self._stepper.go(None)
        return waits

    def _drive(self) -> None:
        """The job: let time pass as far as wanted. What is wanted may change whenever it is held."""
        patience = self.driver.patience
        while patience and not self._hands.interrupted:
            if self._stepper.step:
                patience -= 1
                self.driver.turn(None)
            elif not self.driver.turn(self._until):
                return
            if self.where is not None:  # the hold was left
                return

    # ---- held ----------------------------------------------------------------------------------------

    def _hold(self, frame: FrameType) -> None:
        """In the thread that scans, before a statement."""
        if not self._driving and self.holder is None:
            return  # whoever scans now does not expect it
        stack = self._calls(frame)
        if not stack:
            return
        self._stack = stack
        self._frame = frame
        self.where = where(self._stack)
        self.plc.held = f"{self.where.file or 'line'}:{self.where.file_line}"
        at = self.where
        begun = time.perf_counter()
        try:
            if self.holder is not None:
                self.holder(self)
            else:
                self._hands.wait_here()
        except Abandoned:
            what = "the scan was left in the middle by the debugger"
            self.plc.stopped = PlcError(what, at.file, at.file_line, at.column)
            self.driver.abandoned()
            raise
        finally:
            self._release()
            for left_out in self._instruments.clocks:
                left_out(time.perf_counter() - begun)

    def _release(self) -> None:
        self.where, self._frame, self._stack = None, None, []
        self.plc.held = ""

    def _calls(self, frame: FrameType) -> list[Call]:
        code = self._instruments.code
        memories = zip(self.plc.program.memories, self.plc.memories, strict=True)
        paths = {id(memory): plan.path for plan, memory in memories}
        return [] if code is None else calls(frame, code, self._pous, paths)

    def _read_at(self, frame: FrameType, path: str) -> Value:
        """As `read`, in a call that is not held."""
        return self._found(self._calls(frame)[:1], path)

    def _found(self, stack: list[Call], path: str) -> Value:
        for call in stack:
            try:
                return call.read(path)
            except KeyError:
                inside = f"{call.instance}.{path}"
                if inside in self.plc:
                    return self.plc[inside]
        return self.plc[path]

    def read(self, path: str, frame: int = 0) -> Value:
        """The value of a variable: of the held call (`frame` counts outwards in `stack`), of its
        instance, or of the whole program. Raises KeyError."""
        return self._found(self._stack[frame : frame + 1], path)

    def write(self, path: str, value: Value, frame: int = 0) -> None:
        """Set a variable, found as in `read`; between two scans one of the whole program.

        Raises KeyError, and TypeError or ValueError for a value that it cannot hold.
        """
        if not self._stack:
            self.driver.write(path, value)
        else:
            self.plc.after_scan(self.plc.unsettle)  # it is not what the program alone would have made
            self.driver.altered(path, value)
            call = self._stack[frame]
            inside = f"{call.instance}.{path}"
            if not call.pou.local and inside in self.plc:
                self.plc[inside] = value
                return
            if call.cell(path) is not None:
                call.write(path, value)
                return
            if inside in self.plc:
                self.plc[inside] = value
                return
            self.plc[path] = value

    def locals(self, frame: int = 0) -> list[LocalValue]:
        """The elementary variables of a held call; [] while nothing is held."""
        return self._stack[frame].locals() if self._stack else []
