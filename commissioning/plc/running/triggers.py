"""What starts an event task: the rising edge of a BOOL, looked at between scans.

The variable may be a PLC input, set by another task or by a host. Its value before the first scan is its
initial value, so that one that is TRUE from the beginning has not risen. A task that is due answers all edges
since its last scan with one scan. In one instant it scans once; an edge that comes in the same instant after
that is answered `EVENT_GAP_NS` later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from commissioning.plc.values.iec_types import Value

EVENT_GAP_NS = 1_000
NEVER_NS = -EVENT_GAP_NS - 1  # before every scan, and no repeat of one at 0 ns
MOST_REPEATS = 1_000  # scans in a row, each as soon as can be after the one before: it starts itself


@dataclass(slots=True, eq=False)
class Trigger:
    """`level`: the variable when last looked at; `pending`: it rose since the task's last scan."""

    task: int
    read: Callable[[], Value]
    level: bool
    pending: bool = False
    repeats: int = 0

    def rose_or_fell(self) -> bool:
        """Looks; whether the value is another than before."""
        value = self.read() is True
        if value == self.level:
            return False
        self.level = value
        self.pending = self.pending or value
        return True

    def answered(self, since_ns: int) -> bool:
        """The task scans, `since_ns` after its last scan. TRUE: it never comes to rest."""
        soon = self.pending and since_ns <= EVENT_GAP_NS
        self.pending = False
        self.repeats = self.repeats + 1 if soon else 0
        return self.repeats > MOST_REPEATS
