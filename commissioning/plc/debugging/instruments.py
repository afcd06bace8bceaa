"""What looks at a running PLC, and which translation of its program it needs for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from commissioning.plc.debugging.coverage import Coverage
from commissioning.plc.generation.debug_build import DebugCode, Spotted, debug_code

if TYPE_CHECKING:
    from commissioning.plc.running.machine import Plc


class Instruments:
    """Swaps the code of `plc` at a scan boundary: the fast one as long as nobody looks.

    `hit` and `armed` have one number per place of the program; `places` are numbered alike in every build.
    """

    def __init__(self, plc: Plc) -> None:
        self.plc = plc
        self.fast = plc.build
        self.places: tuple[Spotted, ...] = debug_code(plc.program, coverage=True, stops=False).places
        self.hit = [0] * len(self.places)
        self.armed = [0] * len(self.places)
        self.hook: Callable[[int], None] | None = None
        self.measured: Coverage | None = None
        self.code: DebugCode | None = None  # what is loaded, if not the fast one
        self._timed: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
        self.clocks: list[Callable[[float], None]] = []  # told how long a scan was held, s
        self._due = False

    def coverage(self) -> Coverage:
        """The coverage since the first call; it goes on counting."""
        if self.measured is None:
            self.measured = Coverage(self.plc.program, self.places, self.hit)
            self.choose()
        return self.measured

    def end_coverage(self) -> None:
        """Back to code that does not count; what was given out keeps its figures."""
        if self.measured is not None:
            self.measured = None
            self.choose()
            self.hit = [0] * len(self.places)

    def watch_statements(self, hook: Callable[[int], None] | None) -> None:
        """`hook(number)` is called before each statement whose number in `armed` is set; None: no more."""
        self.hook = hook
        self.choose()

    def measure(self, timed: Callable[[Callable[..., Any]], Callable[..., Any]] | None) -> None:
        """Wrap the functions of programs in `timed`; None: no more."""
        self._timed = timed
        self.choose()

    def choose(self) -> None:
        """Take the code that is needed now; while a scan is held, when it has come to its end."""
        if self.plc.held:
            if not self._due:
                self._due = True
                self.plc.watchers.append(self._choose_late)
            return
        coverage, stops = self.measured is not None, self.hook is not None
        if not coverage and self.hook is None:
            self.code, build = None, self.fast
        else:
            self.code = debug_code(self.plc.program, coverage=coverage, stops=stops)
            build = self.code.loaded(self.hit, self.armed, self.hook or _nothing, self.plc)
        if self._timed is not None:
            roots = {f"f{pou.number}" for _, pou, _ in self.plc.program.instances}
            timed = {name: self._timed(build.functions[name]) for name in roots}
            build = replace(build, functions={**build.functions, **timed})
        self.plc.swap(build)

    def _choose_late(self, _task: int, _now_ns: int) -> None:
        self._due = False
        self.plc.watchers.remove(self._choose_late)
        self.choose()


def _nothing(_number: int) -> None:
    """No hook is wanted."""
