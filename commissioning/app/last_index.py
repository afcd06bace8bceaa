"""The last record before a time, for each of many objects, without keeping anything per object alive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import RECORD


class Growing:
    """An array that is appended to: doubles its memory, so that appending does not copy what is there."""

    def __init__(self, dtype: Any):
        self._memory = np.empty(1024, dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, rows: NDArray[Any]) -> None:
        end = self._length + len(rows)
        if end > len(self._memory):
            larger = np.empty(max(end, 2 * len(self._memory)), self._memory.dtype)
            larger[: self._length] = self._memory[: self._length]
            self._memory = larger
        self._memory[self._length : end] = rows
        self._length = end

    @property
    def array(self) -> NDArray[Any]:
        """What is in, without a copy."""
        return self._memory[: self._length]


class LastIndex:
    """Rows of one kind, in time order. Live answers cost nothing; past ones sort once per look back."""

    def __init__(self, count: int):
        self.count = count
        self.latest = np.full(count, -1, np.int64)  # number of the last row of each object
        self._rows = Growing(RECORD)
        self._order: NDArray[np.int64] = np.empty(0, np.int64)
        self._start: NDArray[np.int64] = np.zeros(count + 1, np.int64)

    def feed(self, rows: NDArray[np.void]) -> None:
        if len(rows):
            # of equal indices numpy keeps the last assignment
            self.latest[rows["obj"]] = np.arange(len(self._rows), len(self._rows) + len(rows))
            self._rows.append(rows)

    @property
    def rows(self) -> NDArray[np.void]:
        return self._rows.array

    def at(self, t_ns: int) -> NDArray[np.int64]:
        """Row number per object of its last record at a time <= t_ns, -1 where there is none."""
        rows = self.rows
        if not len(rows) or t_ns >= rows["t"][-1]:
            return self.latest
        self._sort(t_ns)
        before = int(np.searchsorted(rows["t"][: len(self._order)], t_ns, "right"))
        found = np.full(self.count, -1, np.int64)
        for number in range(self.count):
            mine = self._order[self._start[number] : self._start[number + 1]]
            place = int(np.searchsorted(mine, before))
            if place:
                found[number] = mine[place - 1]
        return found

    def of(self, number: int) -> NDArray[np.void]:
        """All rows of one object."""
        rows = self.rows
        mine: NDArray[np.void] = rows[rows["obj"] == number]
        return mine

    def _sort(self, t_ns: int) -> None:
        # What is past does not change: an order that reaches beyond t_ns stays good while a run goes on.
        known = len(self._order)
        rows = self.rows
        if known and rows["t"][known - 1] > t_ns:
            return
        owners = rows["obj"]
        self._order = np.argsort(owners, kind="stable")
        self._start = np.searchsorted(owners[self._order], np.arange(self.count + 1))
