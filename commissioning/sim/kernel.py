"""The kernel: SimPy's environment in integer nanoseconds, with direct calls beside events.

Ordinary SimPy events, processes, resources and stores run on it unchanged. What the product's own
devices wait for is a *direct call*: a bound method and one plain argument, which costs half of a
process with a timeout and can be saved in a snapshot.

The queue holds `(t, key, number, cause, arg, fn)`; of a SimPy event, `arg` is the event. Total order is
(t, key, number). `key` orders what happens in one instant, `cause` is the number of the
journal record that led to the entry, so that every record can be traced back.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
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

LONGEST_INSTANT = 1_000_000
"""Calls at one instant for the same instant, after which something goes round in a circle."""

Call = Callable[[Any], None]
Entry = tuple[int, int, int, int, Any, Call]

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
        self._scheduled = 0  # entries so far: their numbers, and what has run = these less the waiting
        self._process_event = self._fire
        self._crowded, self._crowd = -1, 0  # the instant in which calls for the same instant were counted
        self._reached = 0  # the latest band of that instant in which there was one
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
        if t <= self._now:
            self._again(t, fn)
        self._scheduled = number = self._scheduled + 1
        heappush(self._queue, (t, key, number, self.cause, arg, fn))

    def _again(self, t: int, fn: Call) -> None:
        """A call at the present instant, or before it: the one may go on for ever, the other cannot be."""
        if t < self._now:
            raise ValueError(f"cannot call {fn!r} at {t} ns, it is {self._now} ns already")
        if t != self._crowded:
            self._crowded, self._crowd, self._reached = t, 0, 0
        if self.key > self._reached:
            self._reached = self.key
        self._crowd += 1
        if self._crowd > LONGEST_INSTANT:
            raise RuntimeError(
                f"more than {LONGEST_INSTANT} things happen at one instant; it would never end"
            )

    def schedule(self, event: Event, priority: int = 1, delay: int = 0) -> None:  # type: ignore[override]
        """SimPy's entry point: schedule an event after `delay` ns. Refuses anything but int."""
        if delay.__class__ is not int:
            raise TypeError(f"kernel time is a whole number of nanoseconds, got a delay of {delay!r}")
        if not delay:
            self._again(self._now, self._process_event)
        key = _BAND_OF_SIMPY_PRIORITY.get(priority, priority)
        self._scheduled = number = self._scheduled + 1
        heappush(self._queue, (self._now + delay, key, number, self.cause, event, self._process_event))

    def step(self) -> None:
        """Run the next entry. Raises SimPy's EmptySchedule if there is none."""
        if not self._queue:
            raise EmptySchedule
        self._now, self.key, _, self.cause, arg, fn = heappop(self._queue)
        fn(arg)

    def advance(self, until: int) -> None:
        """Run every entry at a time <= `until`; afterwards it is `until`, that instant complete."""
        if until.__class__ is not int:
            raise TypeError(f"kernel time is a whole number of nanoseconds, got {until!r}")
        if until < self._now:
            return
        queue = self._queue
        last: Entry = (until, END, _LAST, 0, None, _reached)
        heappush(queue, last)  # ends the loop without a test per entry
        try:
            while True:
                self._now, self.key, _, self.cause, arg, fn = heappop(queue)
                fn(arg)
        except _Reached:
            pass
        finally:
            if last in queue:  # something raised before it was reached
                queue.remove(last)
                heapify(queue)
            self.cause = 0

    def passed(self, key: int) -> bool:
        """Whether the present instant has come further than `key`, also where what happened there made
        something happen in an earlier band once more."""
        return self.key > key or (self._reached > key and self._crowded == self._now)

    def pass_to(self, t: int) -> bool:
        """Go to `t` ns at once, if nothing waits until then: as if the caller had asked to be called there
        and had been, without the way through the queue. It counts as an entry, so numbers are the same.
        """
        queue = self._queue
        if not queue or queue[0][0] <= t:
            return False
        self._now = t
        self._scheduled += 1
        return True

    @property
    def executed(self) -> int:
        """Number of entries run so far."""
        return self._scheduled - len(self._queue)

    def next_time(self) -> int | None:
        """Time in ns of the next entry, None if nothing is waiting."""
        return self._queue[0][0] if self._queue else None

    def entries(self) -> list[Entry]:
        """The waiting entries in order, for a snapshot."""
        return sorted(self._queue, key=lambda entry: entry[:3])

    @property
    def scheduled(self) -> int:
        """Number of entries scheduled so far, which is the number of the last one."""
        return self._scheduled

    def replace(self, now: int, scheduled: int, entries: list[Entry]) -> None:
        """Take over time, numbering and waiting entries of a snapshot, dropping what is here."""
        self._now = now
        self._scheduled = scheduled
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


class _Reached(Exception):
    """The entry that ends `advance` has come up."""


_LAST = 1 << 62  # after every number an entry can get


def _reached(_: Any) -> None:
    raise _Reached
