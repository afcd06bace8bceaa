"""The flow of parts between devices, with what was lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from commissioning.sim.analysis.history import NOTHING, History
from commissioning.sim.analysis.quality import rejected

__all__ = ["LOST", "REMOVED", "Account", "Routes", "account", "routes"]

LOST, REMOVED = -2, -3
"""Instead of a device: where parts went that were lost or removed."""
_AWAY = {1: LOST, 2: REMOVED}


@dataclass(frozen=True)
class Account:
    """What became of some parts in the time looked at, as in `Routes`."""

    made: int
    done: int
    lost: int
    removed: int
    used: int
    rejected: int
    inside_before: int
    inside_after: int


def account(history: History, parts: Collection[int]) -> Account:
    """Of these parts."""
    start, end = history.start, history.end
    ends = {part: history.ends[part] for part in parts if part in history.ends}
    fates = Counter(gone.why for gone in ends.values() if start < gone.t <= end)
    bad = rejected(history)
    thrown = sum(1 for p, gone in ends.items() if p in bad and gone.why == 0 and start < gone.t <= end)
    before = sum(1 for part in parts if history.made[part][0] <= start)
    left_before = sum(1 for gone in ends.values() if gone.t <= start)
    return Account(
        len(parts) - before, fates[0], fates[1], fates[2], fates[3], thrown, before - left_before,
        len(parts) - len(ends),
    )  # fmt: skip


@dataclass(frozen=True)
class Routes:
    """`flows`: parts by (from, to), object indices or LOST and REMOVED, in the time looked at.

    `used`: parts that went into another one; `rejected`: of those done, the ones judged not good, and in
    `rejects` by the flow that they left by. Balance: `inside_before` + `made` = `done` + `lost` + `removed`
    + `used` + `inside_after`. A part that rides on another has no flow of its own meanwhile.
    """

    flows: Mapping[tuple[int, int], int]
    rejects: Mapping[tuple[int, int], int]
    made: int
    done: int
    lost: int
    removed: int
    used: int
    rejected: int
    inside_before: int
    inside_after: int

    @property
    def balanced(self) -> bool:
        """Whether every part is accounted for; it must be."""
        out = self.done + self.lost + self.removed + self.used + self.inside_after
        return self.inside_before + self.made == out


def routes(history: History) -> Routes:
    """Of a run, over the time looked at. A device that no part passes has no flow."""
    start, end = history.start, history.end
    flows: Counter[tuple[int, int]] = Counter()
    rejects: Counter[tuple[int, int]] = Counter()
    bad = rejected(history)
    for part in history.journeys.keys() | history.made.keys():
        visits = history.journeys.get(part, [])
        maker = history.made.get(part, (0, NOTHING, 0))[1]
        at = visits[0][0] if maker == NOTHING and visits else maker
        rode = False
        for device, t_in, t_out in visits:
            if device != at and start < t_in <= end and not rode:
                flows[at, device] += 1
            at, rode = device, (part, t_out) in history.rides
        gone = history.ends.get(part)
        if gone is not None and start < gone.t <= end:
            to = _AWAY.get(gone.why, gone.device)
            if to != at and at != NOTHING:
                flows[at, to] += 1
                if gone.why == 0 and part in bad:
                    rejects[at, to] += 1
    counts = Counter(gone.why for gone in history.ends.values() if start < gone.t <= end)
    before = sum(1 for t, _, _ in history.made.values() if t <= start)
    left_before = sum(1 for gone in history.ends.values() if gone.t <= start)
    return Routes(
        dict(sorted(flows.items())), dict(sorted(rejects.items())), len(history.made) - before, counts[0],
        counts[1], counts[2], counts[3], rejects.total(), before - left_before,
        len(history.made) - len(history.ends),
    )  # fmt: skip
