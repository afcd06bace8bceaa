"""How punctual scans are on the wall: execution times, cycle times, jitter and overruns of every task.

Wall time only: nothing of it is in a journal, and what happens in the run does not depend on it. Times are
counted in buckets of 1/16 of a power of two of nanoseconds, so that a run of a week takes no more memory than
one of a minute; least, mean and most are exact, percentiles are at most 1/16 (6 %) too high.

A scan is due at the wall time that its virtual time is mapped to. The *delay* is how much later it begins.
The *jitter* is by how much the time between the beginnings of two scans that follow each other differs from
what it should be. An *overrun* is a scan that is not done when the next one of its task is due. Skipped scans
(decision 5) take no time and are not counted; `--every-scan` executes all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from commissioning.sim.controller_host import ControllerHost

__all__ = ["CycleTimes", "Spread", "Tally", "TaskTimes"]

_PARTS = 16  # buckets of a power of two


class Tally:
    """Durations in ns: how many, least, mean, most, and percentiles."""

    __slots__ = ("buckets", "count", "least", "most", "total")

    def __init__(self) -> None:
        self.count, self.total, self.least, self.most = 0, 0, 0, 0
        self.buckets: dict[int, int] = {}

    def add(self, value: int) -> None:
        """One more; what is negative counts as 0."""
        value = max(value, 0)
        self.least = value if not self.count or value < self.least else self.least
        self.most = max(self.most, value)
        self.count += 1
        self.total += value
        bucket = _bucket(value)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    @property
    def mean(self) -> float:
        """0 where there is none."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, share: float) -> int:
        """The value that `share` (0..1) of them do not exceed; at most 1/16 above the exact one."""
        wanted, seen = math.ceil(share * self.count), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(_upper(bucket), self.most)
        return self.most


def _bucket(value: int) -> int:
    """Ascending with the value; below 32 every value has its own."""
    shift = max(value.bit_length() - 5, 0)
    return shift * _PARTS + (value >> shift)


def _upper(bucket: int) -> int:
    """The largest value of a bucket."""
    if bucket < 2 * _PARTS:
        return bucket
    shift = bucket // _PARTS - 1
    return (bucket - shift * _PARTS + 1 << shift) - 1


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """Of one task, in s. `cycle_s`: 0 for an event task; `scans`: executed. `delay` and `jitter` are None
    while time is not paced, and `jitter` for an event task."""

    controller: str
    task: str
    cycle_s: float
    scans: int
    execution: Spread
    delay: Spread | None
    jitter: Spread | None
    overruns: int

    @property
    def load(self) -> float:
        """Share of its cycle that a scan takes on average, 0 for an event task."""
        return self.execution.mean / self.cycle_s if self.cycle_s else 0.0

    def __str__(self) -> str:
        if not self.scans:
            return f"{self.controller}.{self.task}: no scan was executed"
        kind = f"cycle {_shown(self.cycle_s)}" if self.cycle_s else "by event"
        parts = [f"{self.controller}.{self.task}: {kind}, {self.scans} scans, execution {self.execution}"]
        if self.delay is not None:
            parts.append(f"delay {self.delay}")
        if self.jitter is not None:
            parts.append(f"jitter {self.jitter}")
        parts.append(f"{self.overruns} overruns")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, mean, 99th percentile and most of some durations, s."""

    least: float
    mean: float
    p99: float
    most: float

    def __str__(self) -> str:
        words = "/".join(_shown(value) for value in (self.least, self.mean, self.p99, self.most))
        return f"{words} (min/mean/p99/max)"


def _shown(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} us"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s"


def _spread(tally: Tally) -> Spread:
    return Spread(tally.least / 1e9, tally.mean / 1e9, tally.percentile(0.99) / 1e9, tally.most / 1e9)


class _Watch:
    """What is known of one task."""

    __slots__ = ("before", "cycle_ns", "delay", "execution", "jitter", "name", "overruns")

    def __init__(self, name: str, cycle_ns: int) -> None:
        self.name, self.cycle_ns = name, cycle_ns
        self.execution, self.delay, self.jitter = Tally(), Tally(), Tally()
        self.overruns = 0
        self.before: int | None = None  # the delay of the scan before this one


class CycleTimes:
    """Measures the controllers of a run from now on. `due` gives the wall time (ns, of `clock`) of a virtual
    one, None while time is not paced."""

    def __init__(
        self,
        hosts: Iterable[ControllerHost],
        due: Callable[[int], int | None],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._due, self._clock = due, clock
        self._watches: dict[str, list[_Watch]] = {}
        for host in hosts:
            name = host.controller.id
            self._watches[name] = [_Watch(task.name, task.cycle_ns) for task in host.controller.tasks]
            host.exchange = self._timed(host, self._watches[name])

    def tasks(self) -> tuple[TaskTimes, ...]:
        """The figures so far."""
        return tuple(
            TaskTimes(
                controller, w.name, w.cycle_ns / 1e9, w.execution.count, _spread(w.execution),
                _spread(w.delay) if w.delay.count else None,
                _spread(w.jitter) if w.jitter.count else None, w.overruns,
            )
            for controller, watches in self._watches.items()
            for w in watches
        )  # fmt: skip

    def forget(self) -> None:
        """The pace has been anchored anew: two scans on either side of that do not follow each other."""
        for watches in self._watches.values():
            for watch in watches:
                watch.before = None

    def _timed(self, host: ControllerHost, watches: list[_Watch]) -> Callable[..., Any]:
        exchange, clock, due = host.exchange, self._clock, self._due

        def timed(task: int, t: int, changed: Any) -> Any:
            watch = watches[task]
            begun = clock()
            outputs = exchange(task, t, changed)
            if outputs is None:
                return None  # nothing had started it
            done = clock()
            watch.execution.add(done - begun)
            wanted = due(t)
            if wanted is not None:
                delay = begun - wanted
                watch.delay.add(delay)
                cycle = watch.cycle_ns
                if cycle:
                    if watch.before is not None:
                        watch.jitter.add(abs(delay - watch.before))
                    watch.before = delay
                    following = due(t + cycle)
                    watch.overruns += following is not None and done > following
            return outputs

        return timed
