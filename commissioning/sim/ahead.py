"""Solving ahead: what nothing can interfere with is computed for a long stretch at once, in closed form.

A chain of devices whose parts only follow one another (a source, buffers, stations, a sink) is a recursion of
sums and maxima (see `commissioning.devices.chain`). As long as nothing else happens, its instants can be
computed for thousands of parts together instead of one kernel entry after the other. What a run does is not
changed by that: the journal, every attribute and the numbers of the entries that wait are the same, bit
for bit, as if each entry had been run (`by_event`, the reference mode, does so).

Wherever the order of two entries would be a matter of their numbers (two at the same ns), and wherever
another entry of the kernel comes, solving stops before it and the kernel goes on entry by entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from commissioning.sim.kernel import EDGE, END, Entry

if TYPE_CHECKING:
    from commissioning.sim.line import Line
    from commissioning.sim.part import Part

__all__ = ["KEY_BITS", "Ahead", "Pending", "Solvable", "Solved", "Stretch"]

Int64 = NDArray[np.int64]

KEY_BITS = 12
"""Bits of a key below the time: the place of a record within its instant."""
_LONGEST = 1 << 50  # ns of one stretch, 13 days: keys stay within 63 bits
_ENOUGH = 48  # parts per chain in a stretch, below which one by one is as fast
_SHORT = 4
_MOST_PAUSE = 64


@dataclass
class Pending:
    """A kernel entry that waits after a stretch: `key` of the instant at which it was made."""

    key: int
    t: int
    cause: int
    arg: Any
    fn: Any


@dataclass
class Stretch:
    """What a chain did in a stretch.

    `records` (dtype RECORD) with their `keys`; `scheduled`: a key for each kernel entry that was made,
    `pending`: those of them that still wait, `kept`: entries from before that do; `parts`: new ones that are
    still there.
    """

    records: NDArray[np.void]
    keys: Int64
    scheduled: Int64
    pending: list[Pending]
    kept: list[Entry]
    parts: list[Part]


class Solved(Protocol):
    """The instants of one chain from now on. Known up to and with `known` ns."""

    known: int

    def entries(self, until: int) -> Int64:
        """Times of its kernel entries after now, up to and with `until`, in any order."""

    def makes(self, until: int) -> Int64:
        """Times at which it makes a part, in order."""

    def settle(self, until: int, numbers: Int64) -> Stretch:
        """Let it have happened until `until`: devices and parts are as they are then. `numbers` of the parts
        that it made."""


class Solvable(Protocol):
    """A chain of devices. `owners`: the objects whose kernel entries are its own; `rhythm_ns`: the time of
    one part, roughly."""

    owners: frozenset[Any]
    rhythm_ns: int

    def covers(self) -> Sequence[str]:
        """Ids of its devices."""

    def solve(self, now: int, until: int, entries: list[Entry]) -> Solved | None:
        """Its instants from now on, at most until `until` and perhaps less far. None: not from this state."""


class Ahead:
    """The chains of a line, and what takes the place of `Kernel.advance` with them."""

    def __init__(self, line: Line, chains: Sequence[Solvable]) -> None:
        self.line, self.chains = line, chains
        self.least = max(chain.rhythm_ns for chain in chains) * _ENOUGH
        self.stretches = 0  # solved so far, a statistic
        # In units of `least`: how far to look, and how long to go entry by entry where that came to nothing.
        # A line in which many entries come at one instant is not looked at for long.
        self.reach, self.pause = _SHORT * 8, 1
        self.owners = {owner: k for k, chain in enumerate(chains) for owner in chain.owners}

    def advance(self, until: int) -> None:
        """As `Kernel.advance`."""
        kernel = self.line.kernel
        while until - kernel._now > self.least and until.__class__ is int:
            before = kernel._now
            look = min(until, before + min(self.reach * self.least, _LONGEST))
            if self._stretch(look) and kernel._now - before > self.least:
                self.reach, self.pause = min(self.reach * 8, _LONGEST), 1
            else:
                kernel.advance(min(until, kernel._now + self.pause * self.least))
                self.reach, self.pause = _SHORT, min(self.pause * 2, _MOST_PAUSE)
        kernel.advance(until)

    def _stretch(self, until: int) -> bool:
        """Solve as far as it goes, at most until `until`. False: nothing was done."""
        line = self.line
        kernel = line.kernel
        now = kernel._now
        mine: list[list[Entry]] = [[] for _ in self.chains]
        others: list[Entry] = []
        for entry in kernel._queue:
            k = self.owners.get(getattr(entry[5], "__self__", None))
            if k is None:
                others.append(entry)
                until = min(until, entry[0] - 1)
            else:
                mine[k].append(entry)
        if until - now < self.least or line.riding is not None:
            return False
        solved: list[Solved] = []
        for chain, entries in zip(self.chains, mine, strict=True):
            one = chain.solve(now, until, entries)
            if one is None:
                return False
            solved.append(one)
            until = min(until, one.known)
        until = self._before_ties(until, solved)
        if until <= now:
            return False
        numbers = self._numbers(until, solved)
        stretches = [one.settle(until, given) for one, given in zip(solved, numbers, strict=True)]
        self.stretches += 1
        line.made += sum(len(given) for given in numbers)
        new = [part for one in stretches for part in one.parts]
        line.parts.update((part.id, part) for part in sorted(new, key=lambda part: part.id))
        self._write(stretches)
        scheduled = kernel._scheduled
        made = np.sort(np.concatenate([one.scheduled for one in stretches]))
        for stretch in stretches:
            others += stretch.kept
            for waits in stretch.pending:
                number = scheduled + 1 + int(np.searchsorted(made, waits.key))
                others.append((waits.t, EDGE, number, waits.cause, waits.arg, waits.fn))
        others.sort(key=lambda entry: entry[:3])
        kernel.replace(until, scheduled + len(made), others)
        assert kernel.key == END
        return True

    def _before_ties(self, until: int, solved: list[Solved]) -> int:
        """The last ns before two entries come at the same one."""
        times = np.sort(np.concatenate([one.entries(until) for one in solved]))
        same = np.flatnonzero(times[1:] == times[:-1])
        return int(times[same[0]]) - 1 if len(same) else until

    def _numbers(self, until: int, solved: list[Solved]) -> list[Int64]:
        """Numbers of the parts that each chain makes: in the order of their instants."""
        makes = [one.makes(until) for one in solved]
        first = self.line.made
        if len(makes) == 1:
            return [np.arange(first, first + len(makes[0]), dtype=np.int64)]
        together = np.sort(np.concatenate(makes))
        return [first + np.searchsorted(together, times) for times in makes]

    def _write(self, stretches: list[Stretch]) -> None:
        keys = np.concatenate([one.keys for one in stretches])
        records = stretches[0].records if len(stretches) == 1 else np.concatenate(
            [one.records for one in stretches]
        )  # fmt: skip
        self.line.journal.extend(records, np.argsort(keys, kind="stable"))
