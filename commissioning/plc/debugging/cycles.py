"""How long the scans of each task take on this machine.

Wall time; it is never in a journal, and skipped scans take none. Nothing of a run depends on it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commissioning.plc.running.machine import Plc


@dataclass(slots=True)
class CycleFigures:
    """Of one task, since measuring began. Times in s; `load`: mean time over the cycle of the task."""

    task: str
    cycle_s: float
    scans: int = 0
    last_s: float = 0.0
    least_s: float = math.inf
    most_s: float = 0.0
    total_s: float = 0.0

    @property
    def mean_s(self) -> float:
        return self.total_s / self.scans if self.scans else 0.0

    @property
    def load(self) -> float:
        return self.mean_s / self.cycle_s


class Cycles:
    """Measures until `close`. While a debugger holds a scan the clock stands still."""

    def __init__(self, plc: Plc, clock: Callable[[], float] = time.perf_counter) -> None:
        self._plc, self._clock = plc, clock
        self._begun = -1.0
        self.tasks = tuple(CycleFigures(task.name, task.cycle_ns / 1e9) for task in plc.program.tasks)
        plc.watchers.append(self._scanned)
        plc.instruments().measure(self._timed)
        plc.instruments().clocks.append(self.left_out)

    def close(self) -> None:
        """No longer; the figures stay."""
        if self._scanned in self._plc.watchers:
            self._plc.watchers.remove(self._scanned)
            self._plc.instruments().measure(None)
            self._plc.instruments().clocks.remove(self.left_out)

    def left_out(self, seconds: float) -> None:
        """Time that does not count: a scan was held."""
        if self._begun >= 0.0:
            self._begun += seconds

    def _timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(memory: Any, shared: Any, now: int) -> None:
            if self._begun < 0.0:
                self._begun = self._clock()
            function(memory, shared, now)

        timed.__name__ = function.__name__
        return timed

    def _scanned(self, task: int, _now_ns: int) -> None:
        if self._begun < 0.0:
            return
        took = self._clock() - self._begun
        self._begun = -1.0
        figures = self.tasks[task]
        figures.scans += 1
        figures.last_s = took
        figures.total_s += took
        figures.least_s = min(figures.least_s, took)
        figures.most_s = max(figures.most_s, took)

    def text(self) -> str:
        """One line per task."""
        lines = []
        for task in self.tasks:
            if not task.scans:
                lines.append(f"{task.task}: no scan")
                continue
            times = "/".join(f"{value * 1e6:.1f}" for value in (task.least_s, task.mean_s, task.most_s))
            lines.append(
                f"{task.task}: {task.scans} scans, {times} us (least/mean/most), "
                f"{100 * task.load:.2f} % of {task.cycle_s * 1e3:g} ms"
            )
        return "\n".join(lines) + "\n"
