"""The instants of a chain of devices, as arrays: when each part comes into each station and leaves it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commissioning.devices.chain_records import records_of
from commissioning.devices.chain_settle import settle
from commissioning.sim.ahead import Stretch
from commissioning.sim.kernel import Entry
from commissioning.sim.part import Part

if TYPE_CHECKING:
    from commissioning.devices.chain import Chain

__all__ = ["ChainInstants", "Int64", "Resident", "instants_of"]

Int64 = NDArray[np.int64]
Resident = tuple[Part, int, bool]
"""A part in the chain, its zone (0: the source) and whether it is in the station (not in the buffer)."""

_TOO_LONG = 4e18  # ns; sums of durations stay below 63 bits


class ChainInstants:
    """Parts in their order: first the residents, the one nearest the sink first, then the new ones.

    `enters[k]`, `ends[k]`, `leaves[k]` are arrays over the parts, in ns: into station k, end of its work, out
    of it (station 0 is the source: `ends[0]` is when a part is made). What is past is `now`. `started[k]`,
    `left[k]`: how many have come into station k and left it by now. `ends[0]` has one instant more, of the
    first part not looked at.
    """

    known: int

    def __init__(self, chain: Chain, now: int, residents: list[Resident], due: dict[Any, Entry],
                 cause: int) -> None:  # fmt: skip
        zones = len(chain.zones)
        self.chain, self.now, self.due, self.cause = chain, now, due, cause
        self.residents = residents
        self.started, self.left = [0] * (zones + 1), [0] * (zones + 1)
        for _, k, inside in residents:
            self.started[k] += inside
            self.left[k - 1] += k > 0
        for k in range(zones - 1, -1, -1):  # it has come into the stations before its own, and left those
            self.left[k] += self.left[k + 1]
        for k in range(1, zones + 1):
            self.started[k] += self.left[k]
        self.started[0] = len(residents)
        self.enters: list[Int64] = []
        self.ends: list[Int64] = []
        self.leaves: list[Int64] = []
        self.drawn: list[tuple[Int64, list[int]]] = []  # durations looked at, of source and stations

    def entries(self, until: int) -> Int64:
        """Times of the entries of the kernel: ends of work, and parts made."""
        found = [self._between(self.ends[k], self.now, until) for k in range(1, len(self.ends))]
        if not self.chain.always:
            found.append(self._between(self.ends[0], self.now, until))
        return np.concatenate(found)

    def makes(self, until: int) -> Int64:
        """When parts are made."""
        return self._between(self.ends[0][len(self.residents) :], self.now, until)

    def settle(self, until: int, numbers: Int64) -> Stretch:
        """See `commissioning.sim.ahead.Solved`."""
        ids = np.concatenate([np.array([part.id for part, _, _ in self.residents], np.int64), numbers])
        products = self._products(len(numbers))
        records, keys, scheduled = records_of(self, until, ids, products)
        pending, kept, parts = settle(self, until, ids, products)
        return Stretch(records, keys, scheduled, pending, kept, parts)

    def _products(self, made: int) -> Int64:
        """Products of the new parts."""
        source = self.chain.source
        if source.only >= 0:
            return np.full(made, source.only, np.int64)
        which = np.searchsorted(np.array(source.bounds), source.choice.ahead(made), side="right")
        return np.array(source.products, np.int64)[np.minimum(which, len(source.products) - 1)]

    @staticmethod
    def _between(times: Int64, after: int, until: int) -> Int64:
        """Those in (after, until]."""
        low, high = np.searchsorted(times, (after, until), side="right")
        return times[low:high]


def instants_of(chain: Chain, now: int, count: int, residents: list[Resident], due: dict[Any, Entry],
                cause: int) -> ChainInstants | None:  # fmt: skip
    """The instants of the parts in the chain and of `count` new ones. None: durations are too long to add."""
    found = ChainInstants(chain, now, residents, due, cause)
    n, here = len(residents) + count, len(residents)
    samplers = [chain.source.interval, *(zone.station.cycle for zone in chain.zones)]
    work: list[Int64] = []
    for k, sampler in enumerate(samplers):
        if sampler is None:
            return None
        wanted = count + 1 if k == 0 else n - found.started[k]
        drawn = sampler.ahead(wanted)
        found.drawn.append(drawn)
        whole = np.zeros(n + 1, np.int64)
        if k == 0 and chain.source in due:  # the interval of the first one is under way
            whole[here] = due[chain.source][0] - now
            whole[here + 1 :] = drawn[0][:count]
        elif k == 0:
            whole[here:] = drawn[0][: count + 1]
        else:
            whole[found.started[k] : n] = drawn[0][:wanted]
            server = chain.zones[k - 1].server
            if server in due:
                whole[found.left[k]] = due[server][0] - now
        work.append(whole)
    if sum(float(whole.sum(dtype=np.float64)) for whole in work) + now > _TOO_LONG:
        return None
    _recursion(found, work, n)
    past = np.array([now], np.int64)
    for k in range(len(work)):
        leaves = found.leaves[k]
        before = np.concatenate([past, leaves])
        if k == 0:
            ends = before + work[0]
            ends[:here] = now
            found.enters.append(before[:-1])
            found.ends.append(ends)
            continue
        enters = np.maximum(found.leaves[k - 1], before[:-1])
        enters[: found.started[k]] = now
        found.enters.append(enters)
        found.ends.append(enters + work[k][:n])
    made = found.ends[0]
    found.known = int(made[n]) - 1
    if chain.always:  # each part is made when the last one leaves, and has to wait
        at_once = np.flatnonzero(found.leaves[0][here:] <= made[here:n])
        if len(at_once):
            found.known = min(found.known, int(made[here + at_once[0]]) - 1)
    return found


def _recursion(found: ChainInstants, work: list[Int64], n: int) -> None:
    """`leaves` of all stations, the source first. A zone without limit parts the chain: what is behind it
    cannot hold up what is before it."""
    zones = found.chain.zones
    first = 0
    for k in range(len(zones) + 1):
        if k == len(zones) or zones[k].places >= n:
            if first == k:
                found.leaves.append(_alone(found, work, k, n))
            else:
                found.leaves += _together(found, work, first, k, n)
            first = k + 1


def _alone(found: ChainInstants, work: list[Int64], k: int, n: int) -> Int64:
    """Lindley's recursion for a station that nothing holds up: sums and running maxima."""
    begun = len(found.residents) if k == 0 else found.started[k]
    leaves = np.full(n, found.now, np.int64)
    total = np.cumsum(work[k][begun:n])
    free = found.now
    if begun > found.left[k] and k:
        free = found.now + int(work[k][found.left[k]])
        leaves[found.left[k]] = free
    if k == 0:
        leaves[begun:] = found.now + total
        return leaves
    comes = found.leaves[k - 1][begun:] - (total - work[k][begun:n])
    if len(comes):
        comes[0] = max(comes[0], free)
        leaves[begun:] = np.maximum.accumulate(comes) + total
    return leaves


def _together(found: ChainInstants, work: list[Int64], first: int, last: int, n: int) -> list[Int64]:
    """The recursion over stations `first` to `last`, which can hold up one another, part by part."""
    zones, now, left = found.chain.zones, found.now, found.left
    count = last - first + 1
    rows = [one[:n].tolist() for one in work[first : last + 1]]
    back = [zones[k].places + 1 for k in range(first, last)]  # the part that has to have left the zone ahead
    leaves: list[list[int]] = [[] for _ in range(count)]
    comes = [now] * n if first == 0 else found.leaves[first - 1].tolist()
    slow = min(n, max([*back, len(found.residents)]))
    for i in range(slow):
        t = comes[i]
        for j in range(count):
            own = leaves[j]
            if i < left[first + j]:
                t = now
            else:
                if i:
                    t = max(t, own[-1])
                if i < found.started[first + j]:
                    t = now  # its work is under way or done
                t += rows[j][i]
                if j < count - 1 and i >= back[j]:
                    t = max(t, leaves[j + 1][i - back[j]])
            own.append(t)
    final, final_row = leaves[-1], rows[-1]
    cells = [(leaves[j], leaves[j].append, leaves[j + 1], back[j], rows[j]) for j in range(count - 1)]
    for i in range(slow, n):  # the one loop that costs: no calls but `append`
        t = comes[i]
        for own, append, ahead, behind, row in cells:
            before = own[-1]
            if before > t:
                t = before
            t += row[i]
            place = ahead[i - behind]
            if place > t:
                t = place
            append(t)
        before = final[-1]
        final.append((before if before > t else t) + final_row[i])
    return [np.frombuffer(array("q", one), np.int64) for one in leaves]
