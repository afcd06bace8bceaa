"""Journal records kept so that any time can be asked for: which was the last one of each object?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import RECORD

__all__ = ["History", "LastRows", "Rows", "State"]


class Rows:
    """A structured array that grows; records in order of time."""

    def __init__(self) -> None:
        self._buffer = np.empty(64, RECORD)
        self.count = 0

    def append(self, rows: NDArray[np.void]) -> None:
        need = self.count + len(rows)
        if need > len(self._buffer):
            buffer = np.empty(max(need, 2 * len(self._buffer)), RECORD)
            buffer[: self.count] = self._buffer[: self.count]
            self._buffer = buffer
        self._buffer[self.count : need] = rows
        self.count = need

    @property
    def rows(self) -> NDArray[np.void]:
        return self._buffer[: self.count]

    def until(self, t: int) -> int:
        """How many records there are at a time <= `t` ns."""
        return int(np.searchsorted(self._buffer["t"][: self.count], t, side="right"))


class LastRows:
    """For `n` objects: the number of the last record of each, at any time. -1: none yet."""

    EVERY = 512

    def __init__(self, n: int) -> None:
        self.table = Rows()
        self._keys = [np.full(n, -1, np.int64)]  # the answer after k * EVERY records

    def feed(self, rows: NDArray[np.void]) -> None:
        self.table.append(rows)
        while self.table.count - (len(self._keys) - 1) * self.EVERY >= self.EVERY:
            self._keys.append(self._after(len(self._keys) * self.EVERY))

    def at(self, t: int) -> NDArray[np.int64]:
        """Record numbers by object."""
        return self._after(self.table.until(t))

    def _after(self, count: int) -> NDArray[np.int64]:
        key = min(count // self.EVERY, len(self._keys) - 1)
        last = self._keys[key].copy()
        numbers = np.arange(key * self.EVERY, count)
        if len(numbers):
            objects = self.table.rows["obj"][numbers]
            # of several records of one object the last counts: reversed, the first
            seen, first = np.unique(objects[::-1], return_index=True)
            known = seen < len(last)
            last[seen[known]] = numbers[::-1][first[known]]
        return last


class State(Protocol):
    """What a history's records add up to."""

    size: int

    def apply(self, row: tuple[Any, ...]) -> None: ...

    def copy(self) -> Any: ...


S = TypeVar("S", bound=State)


class History(Generic[S]):
    """Records that add up to a state, with a copy of it every now and then, and a cursor.

    Forward steps apply what is new; a seek starts from the copy before it and applies at most `EVERY`
    records (or as many as the state has members, so that copies stay smaller than records).
    """

    EVERY = 256

    def __init__(self, make: Callable[[], S]) -> None:
        self.table = Rows()
        self._keys: list[S] = [make()]
        self._key_counts = [0]
        self._state: S = make()
        self.count = 0  # records applied to the state at the cursor

    def feed(self, rows: NDArray[np.void]) -> None:
        self.table.append(rows)
        while True:
            start, size = self._key_counts[-1], self._keys[-1].size
            step = max(self.EVERY, size)
            if self.table.count - start < step:
                return
            state: S = self._keys[-1].copy()
            for row in self.table.rows[start : start + step].tolist():
                state.apply(row)
            self._keys.append(state)
            self._key_counts.append(start + step)

    def at(self, t: int) -> S:
        """The state after every record at a time <= `t` ns. Valid until the next call."""
        count = self.table.until(t)
        if count != self.count:
            key = int(np.searchsorted(self._key_counts, count, side="right")) - 1
            if not self._key_counts[key] <= self.count <= count:
                self._state = self._keys[key].copy()
                self.count = self._key_counts[key]
            apply = self._state.apply
            for row in self.table.rows[self.count : count].tolist():
                apply(row)
            self.count = count
        return self._state

    def span(self) -> tuple[int, int]:
        """From which time until before which time (ns) the state at the cursor stays as it is."""
        times = self.table.rows["t"]
        low = int(times[self.count - 1]) if self.count else _BEFORE
        high = int(times[self.count]) if self.count < self.table.count else _AFTER
        return low, high


_BEFORE, _AFTER = -(1 << 62), 1 << 62
