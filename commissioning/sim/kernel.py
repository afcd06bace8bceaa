"""The kernel: SimPy's environment in integer nanoseconds, with direct calls beside events.

Ordinary SimPy events, processes, resources and stores run on it unchanged. What the product's own
devices wait for is a *direct call*: a bound method and one plain argument, which costs half of a
process with a timeout and can be saved in a snapshot.

The queue holds `(t, key, seq, cause, arg, fn)`; `fn` is None for a SimPy event, which then is `arg`.
Total order is (t, key, seq). `key` orders what happens in one instant, `cause` is the number of the
journal record that led to the entry, so that every record can be traced back.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import ceil
from typing import Any

import simpy
from simpy.core import EmptySchedule, StopSimulation
from simpy.events import Event

__all__ = ["EDGE", "END", "INPUT", "PLC", "STAT", "STOP", "URGENT", "USER", "Kernel", "instant"]

# Bands of one instant, in this order. Within a band a small number may be added (PLC task order).
STOP = 0  # end of SimPy's run(until=...)
URGENT = 1 << 16  # SimPy's own: starts and interrupts of processes
EDGE = 2 << 16  # motion edges and device timers
INPUT = 3 << 16  # what came from outside
PLC = 4 << 16  # controllers, plus the order of the task
USER = 5 << 16  # SimPy events of user processes
STAT = 6 << 16  # statistics
END = 7 << 16  # the instant is over (between instants)

Call = Callable[[Any], None]
Entry = tuple[int, int, int, int, Any, "Call | None"]

_BAND_OF_SIMPY_PRIORITY = {-1: STOP, 0: URGENT, 1: USER}


def instant(t_solved: float) -> int:
    """The event time in ns of a solved time in ns: the first whole ns at which it has happened.

    The 0.001 ns absorb rounding, so that 4.2 m at 0.3 m/s arrives at 14 s and not 1 ns (and one
    PLC scan) late. Every solved time becomes an event time here and nowhere else.
    """
    return ceil(t_solved - 0.001)


class Kernel(simpy.Environment):
    """SimPy environment whose time is a whole number of nanoseconds.

    `now` is the time in ns. `key` is the band of the running entry (`END` between instants).
    `cause` is the record number that the running call goes back to (0: nothing inside the run).
    """

    _queue: list[Entry]  # type: ignore[assignment]
    _now: int

    def __init__(self) -> None:
        super().__init__(0)
        self.key = END
        self.cause = 0
        self.executed = 0  # entries run, statistics only
        # SimPy binds its event types early only for the class itself, not for a subclass: rebind.
        for name in ("process", "timeout", "event", "all_of", "any_of"):
            setattr(self, name, simpy.Environment.__dict__[name].__get__(self, type(self)))

    def call_at(self, t: int, fn: Call, arg: Any = None, key: int = EDGE) -> None:
        """Call `fn(arg)` at `t` ns, in band `key`.

        `fn` is a bound method of an object of the run, listed in its class's `continuations`;
        `arg` is plain data. Raises TypeError for a time that is no int, ValueError for the past.
        """
        if t.__class__ is not int:
            raise TypeError(f"kernel time is a whole number of nanoseconds, got {t!r}")
        if t < self._now:
            raise ValueError(f"cannot call {fn!r} at {t} ns, it is {self._now} ns already")
        heappush(self._queue, (t, key, next(self._eid), self.cause, arg, fn))

    def schedule(self, event: Event, priority: int = 1, delay: int = 0) -> None:  # type: ignore[override]
        """SimPy's entry point: schedule an event after `delay` ns. Refuses anything but int."""
        if delay.__class__ is not int:
            raise TypeError(f"kernel time is a whole number of nanoseconds, got a delay of {delay!r}")
        key = _BAND_OF_SIMPY_PRIORITY.get(priority, priority)
        heappush(self._queue, (self._now + delay, key, next(self._eid), self.cause, event, None))

    def step(self) -> None:
        """Run the next entry. Raises SimPy's EmptySchedule if there is none."""
        if not self._queue:
            raise EmptySchedule
        self._now, self.key, _, self.cause, arg, fn = heappop(self._queue)
        self.executed += 1
        if fn is None:
            self._fire(arg)
        else:
            fn(arg)

    def advance(self, until: int) -> None:
        """Run every entry at a time <= `until`; afterwards it is `until`, that instant complete."""
        if until.__class__ is not int:
            raise TypeError(f"kernel time is a whole number of nanoseconds, got {until!r}")
        queue = self._queue
        executed = 0
        try:
            while queue and queue[0][0] <= until:
                self._now, self.key, _, self.cause, arg, fn = heappop(queue)
                executed += 1
                if fn is None:
                    self._fire(arg)
                else:
                    fn(arg)
        finally:
            self.executed += executed
            self.cause = 0
        if until > self._now:
            self._now = until
        self.key = END

    def next_time(self) -> int | None:
        """Time in ns of the next entry, None if nothing is waiting."""
        return self._queue[0][0] if self._queue else None

    def entries(self) -> list[Entry]:
        """The waiting entries in order, for a snapshot."""
        return sorted(self._queue, key=lambda entry: entry[:3])

    def sequence(self) -> int:
        """The number the next entry will get. (A counter can only be read by consuming it.)"""
        value = next(self._eid)
        self._eid = count(value)
        return value

    def replace(self, now: int, sequence: int, executed: int, entries: list[Entry]) -> None:
        """Take over time, numbering and waiting entries of a snapshot, dropping what is here."""
        self._now = now
        self.executed = executed
        self._eid = count(sequence)
        self._queue[:] = entries  # sorted, and so a heap
        self.key = END
        self.cause = 0

    def _fire(self, event: Event) -> None:
        """Run the callbacks of a SimPy event, as SimPy's own step does."""
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        done = 0
        try:
            for callback in callbacks:
                done += 1
                callback(event)
        except StopSimulation:
            event.callbacks = callbacks[done:]
            self.schedule(event, -1)
            raise
        if not event._ok and not hasattr(event, "_defused"):
            failure = event._value
            copy = type(failure)(*failure.args)
            copy.__cause__ = failure
            raise copy
