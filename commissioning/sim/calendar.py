"""Shift calendars: how many are there at a time, repeated for ever.

A calendar is periodic from the start of the run on: with `repeat: 24 h` a night shift from 22:00 to 06:00
is there at time 0, until 06:00.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Calendar"]


class Calendar:
    """`level(t)` is the number present at t ns: those of all shifts of that time together, less breaks."""

    def __init__(self, spans: Sequence[tuple[int, int, int]], period: int) -> None:
        """`spans`: (from ns, to ns, number), from < period, no longer than it; a break has a number below 0.

        Raises ValueError for a span that is empty or longer than the period.
        """
        if period <= 0:
            raise ValueError("a calendar repeats after more than 0 s")
        for start, end, _ in spans:
            if not 0 <= start < period or not 0 < end - start <= period:
                raise ValueError(
                    f"from {start / 3.6e12:g} h to {end / 3.6e12:g} h is no shift of a calendar that repeats "
                    f"every {period / 3.6e12:g} h"
                )
        self.period = period
        edges = sorted({point % period for start, end, _ in spans for point in (start, end)} | {0})
        levels = [
            sum(n for start, end, n in spans if start <= t < end or start <= t + period < end) for t in edges
        ]
        self._edges: list[int] = []
        self._levels: list[int] = []
        for t, level in zip(edges, levels, strict=True):
            if not self._levels or level != self._levels[-1]:
                self._edges.append(t)
                self._levels.append(level)

    @classmethod
    def of(cls, shifts: Sequence[Mapping[str, Any]], repeat: float, count: int = 1) -> Calendar:
        """From shifts as a scene gives them: from, to, count (`count` unless said), breaks; times in s.

        Raises ValueError for a break outside its shift.
        """
        period, spans = round(repeat * 1e9), []
        for shift in shifts:
            start, end = round(shift["from"] * 1e9), round(shift["to"] * 1e9)
            if end <= start:
                end += period  # over midnight
            number = count if shift["count"] is None else shift["count"]
            spans.append((start, end, number))
            for pause in shift["breaks"] or ():
                first, last = round(pause["from"] * 1e9), round(pause["to"] * 1e9)
                first += period if first < start else 0
                last += period if last <= first else 0
                if not start <= first < last <= end:
                    of_break, of_shift = (
                        f"from {it['from'] / 3600:g} h to {it['to'] / 3600:g} h" for it in (pause, shift)
                    )
                    raise ValueError(f"the break {of_break} is not in its shift {of_shift}")
                spans.append((first % period, first % period + last - first, -number))
        return cls(spans, period)

    @property
    def most(self) -> int:
        """The largest number there ever is."""
        return max(self._levels)

    def level(self, t: int) -> int:
        """The number present at `t` ns; a shift begins and ends at its very instants."""
        return self._levels[bisect_right(self._edges, t % self.period) - 1]

    def next_change(self, t: int) -> int | None:
        """The first instant after `t` ns at which the number changes; None: it never does."""
        if len(self._edges) < 2:
            return None
        start = t - t % self.period
        k = bisect_right(self._edges, t % self.period)
        if k < len(self._edges):
            return start + self._edges[k]
        if self._levels[0] != self._levels[-1]:
            return start + self.period
        return start + self.period + self._edges[1]
