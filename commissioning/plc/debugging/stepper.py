"""Where a scan is to be held: breakpoints, steps, conditions. Asked before each statement that is armed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from types import FrameType
from typing import Literal

from commissioning.plc.debugging.anchors import Anchor, KeptBreakpoint, Lines
from commissioning.plc.debugging.conditions import Condition
from commissioning.plc.debugging.frames import depth, running
from commissioning.plc.debugging.instruments import Instruments
from commissioning.plc.generation.debug_build import Spotted
from commissioning.plc.values.iec_types import Value

Step = Literal["", "in", "over", "out", "scan"]
Wish = Callable[[], object] | Condition  # called without arguments, or evaluated over the variables there


@dataclass(eq=False, slots=True)
class Breakpoint:
    """Holds a scan before the statement in `line` of the text `source`.

    `line` is where the statement begins, at or after the line that was asked for. `condition` has to hold;
    the first `skip` times do not count. `hits`: how often it came about.
    """

    source: str
    line: int
    pou: str
    condition: Wish | None = None
    skip: int = 0
    enabled: bool = True
    hits: int = 0
    once: bool = False  # goes when it has held a scan
    numbers: tuple[int, ...] = field(default=(), repr=False)
    anchor: Anchor = field(default=Anchor("", ""), repr=False)

    def kept(self) -> KeptBreakpoint | None:
        """As plain data; None under a condition that is a function."""
        if self.condition is not None and not isinstance(self.condition, Condition):
            return None
        text = "" if self.condition is None else self.condition.text
        return KeptBreakpoint(self.anchor, text, self.skip, self.enabled)


class Stepper:
    """Decides; `hold(frame)` is what it calls to stand still."""

    def __init__(
        self, instruments: Instruments, hold: Callable[[FrameType], None],
        read: Callable[[FrameType, str], Value],
    ) -> None:  # fmt: skip
        """`read(frame, path)`: the value of a variable as that call sees it."""
        self.instruments, self._hold, self._read = instruments, hold, read
        self.breakpoints: list[Breakpoint] = []
        self.step: Step = ""
        self.condition: Wish | None = None
        self.scan = 0  # counts scans, so that a step can end in the next one
        self._depth = 0
        self._root: tuple[int, int] = (0, 0)
        self._at: dict[int, Breakpoint] = {}
        self._statements = [int(place.kind == "statement") for place in instruments.places]
        instruments.plc.watchers.append(self._scanned)

    @cached_property
    def lines(self) -> Lines:
        """The lines of the program in which a scan can be held."""
        return Lines(self.instruments.places, self.instruments.plc.program.checked.sources)

    def close(self) -> None:
        """Nothing is held any more."""
        self.breakpoints.clear()
        self.go(None)
        self.instruments.watch_statements(None)
        if self._scanned in self.instruments.plc.watchers:
            self.instruments.plc.watchers.remove(self._scanned)

    def _scanned(self, _task: int, _now_ns: int) -> None:
        self.scan += 1

    # ---- breakpoints ---------------------------------------------------------------------------------

    def statements(self, source: str, line: int) -> list[Spotted]:
        """The statements that a breakpoint at a line means: the first that begins there or later in the same
        POU, in each POU that has one there; [] behind the last one."""
        later = [
            p for p in self.instruments.places
            if p.kind == "statement" and p.source == source and p.line >= line
        ]  # fmt: skip
        if not later:
            return []
        first = min(place.line for place in later)
        chosen: dict[str, Spotted] = {}
        for place in later:
            if place.line == first:
                chosen.setdefault(place.pou, place)
        return list(chosen.values())

    def add(self, source: str, line: int, condition: Wish | None, skip: int) -> Breakpoint:
        """Raises ValueError where no statement begins at that line or after it."""
        found = self.statements(source, line)
        if not found:
            raise ValueError(f"no statement begins at or after line {line} of {source or 'the program'}")
        known = [b for b in self.breakpoints if (b.source, b.line) == (source, found[0].line)]
        if known:
            known[0].condition, known[0].skip, known[0].hits = condition, skip, 0
            return known[0]
        numbers = tuple(place.number for place in found)
        line, pou = found[0].line, found[0].pou
        anchor = self.lines.anchor(pou, source, line)
        point = Breakpoint(source, line, pou, condition, skip, numbers=numbers, anchor=anchor)
        self.breakpoints.append(point)
        self.arm()
        return point

    def remove(self, points: Iterable[Breakpoint]) -> None:
        gone = list(points)
        self.breakpoints = [point for point in self.breakpoints if point not in gone]
        self.arm()

    # ---- going on ------------------------------------------------------------------------------------

    def go(self, frame: FrameType | None, step: Step = "", condition: Wish | None = None) -> None:
        """How far to go from where `frame` is held, or, with None, from between two scans."""
        self.step, self.condition = step, condition
        if frame is None and step:
            self.step = "in"  # the first statement of the next scan
        elif frame is not None:
            self._depth, self._root = depth(frame), self._round(frame)
        self.arm()

    def arm(self) -> None:
        """Ask for the statements that matter now."""
        armed = self.instruments.armed
        self._at = {number: point for point in self.breakpoints for number in point.numbers}
        if self.step or self.condition is not None:
            armed[:] = self._statements
        else:
            armed[:] = [0] * len(armed)
            for number in self._at:
                armed[number] = 1
        wanted = bool(self._at or self.step or self.condition is not None)
        if wanted and self.instruments.hook is None:
            self.instruments.watch_statements(self.look)
        elif not wanted and self.instruments.hook is not None:
            self.instruments.watch_statements(None)

    def _round(self, frame: FrameType) -> tuple[int, int]:
        """Names the program that runs and the scan it runs in."""
        root = list(running(frame))[-1]
        return self.scan, id(root.f_locals["m"])

    def look(self, number: int) -> None:
        """Before an armed statement: hold, or go on."""
        frame = sys._getframe(1)
        point = self._at.get(number)
        stop = point is not None and self._holds(point, frame)
        if stop and point is not None and point.once:
            self.breakpoints.remove(point)  # the code stays: it is being executed
            for own in point.numbers:
                self._at.pop(own, None)
                self.instruments.armed[own] = 0
        if not stop and self.condition is not None:
            stop = self._true(self.condition, frame)
        if not stop and self.step:
            stop = self.step == "in" or self._steps_to(frame)
        if stop:
            self.step, self.condition = "", None
            self._hold(frame)

    def _holds(self, point: Breakpoint, frame: FrameType) -> bool:
        """Whether it holds the scan now; counts."""
        if not point.enabled or (point.condition is not None and not self._true(point.condition, frame)):
            return False
        point.hits += 1
        return point.hits > point.skip

    def _true(self, wish: Wish, frame: FrameType) -> bool:
        if isinstance(wish, Condition):
            return wish.holds(lambda path: self._read(frame, path))
        return bool(wish())

    def _steps_to(self, frame: FrameType) -> bool:
        here = self._round(frame)
        if here != self._root:
            return self.step != "scan" or here[0] != self._root[0]
        if self.step == "scan":
            return False
        deep = depth(frame)
        return deep <= self._depth if self.step == "over" else deep < self._depth
