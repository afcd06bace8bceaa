"""The environment that user-written SimPy processes get: the kernel, in seconds.

Delays are rounded to whole nanoseconds; everything else is SimPy as documented.
"""

from __future__ import annotations

from typing import Any

import simpy
from simpy.core import Infinity
from simpy.events import Event

from commissioning.sim.kernel import Kernel

__all__ = ["SecondsEnvironment"]

NS = 1_000_000_000


class SecondsEnvironment(simpy.Environment):
    """A view of a `Kernel` in which time is a float in seconds.

    Several views may share one kernel. `kernel` is what they share.
    """

    def __init__(self, initial_time: float = 0, kernel: Kernel | None = None) -> None:
        super().__init__(0)
        self.kernel = kernel if kernel is not None else Kernel()
        self._offset = initial_time  # SimPy lets a clock start anywhere; the kernel starts at 0
        self._queue = self.kernel._queue  # type: ignore[assignment]
        for name in ("process", "timeout", "event", "all_of", "any_of"):
            setattr(self, name, simpy.Environment.__dict__[name].__get__(self, type(self)))

    @property
    def now(self) -> float:
        """Present time in seconds."""
        ns = self.kernel._now
        seconds = ns // NS if ns % NS == 0 else ns / NS
        return seconds + self._offset

    def schedule(self, event: Event, priority: int = 1, delay: float = 0) -> None:
        """Schedule `event` after `delay` seconds, rounded to ns."""
        self.kernel.schedule(event, priority, round(delay * NS))

    def peek(self) -> float:
        """Time in seconds of the next event, infinity if there is none."""
        t = self.kernel.next_time()
        if t is None:
            return Infinity
        return (t // NS if t % NS == 0 else t / NS) + self._offset

    def step(self) -> None:
        """Run the next entry of the kernel."""
        self.kernel.step()

    def run(self, until: Any = None) -> Any:
        """SimPy's run: until there is nothing left, an event has happened, or a time in seconds."""
        return super().run(until)
