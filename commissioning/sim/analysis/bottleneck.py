"""The momentary and the shifting bottleneck, by the active period method.

Roser, Nakano, Tanaka: Shifting bottleneck detection, Proc. Winter Simulation Conference 2002, and
allaboutlean.com/active-period-method. A machine is *active* while it does not wait: it works, is repaired
or set up. At any instant the machine whose present uninterrupted active period is longest is the momentary
bottleneck. While the active periods of a bottleneck and the one that follows it overlap, the bottleneck
*shifts* from one to the other; otherwise it is the *sole* bottleneck.

Conventions beyond the paper. Candidates are the machines of one line, its conveyors and its supply; buffers
only store. A conveyor is active while a part that moves keeps the next one out of its narrowest place (see
`conveying`): one that never ceases to be gives (length + gap) / speed as a machine gives its cycle; travel
alone is no activity, and a part that stands waits for another one. A source is active, so that what arrives
limits the line, while no source of the line is blocked or loses its parts: as long as one does, parts are
refused. (Or while what it feeds is starved with other parts in it: an assembly waits for this one.) A station
of several places is active while each of them holds a part, a team that machines share while all of it is at
work. Periods are measured within the time looked at, so that what happened in the warm-up does not count. Of
machines that never waited in all that time the one that passed on fewest parts is the bottleneck: a machine
before it never waits either if it feeds a buffer without limit. The sources of a line pass on together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import State
from commissioning.sim.analysis.history import History

__all__ = ["ACTIVE", "Bottlenecks", "Share", "active_periods", "bottlenecks", "find"]

ACTIVE = (State.WORKING, State.DOWN, State.SETUP)
Stretch = tuple[int, int]
_LOST = 1  # reason of an end


@dataclass(frozen=True)
class Share:
    """Of the time looked at: `momentary`: it was the bottleneck; `sole`: it alone; `shifting`: the
    bottleneck moved from or to it (then it counts for both)."""

    momentary: float
    sole: float
    shifting: float


@dataclass(frozen=True)
class Bottlenecks:
    """`strip`: (t0, t1, device) of the momentary bottleneck, one after the other; instants without one
    (nothing is active) are left out. `shifts`: (t0, t1, from, to), stretches in which it moved. `shares`:
    by device, of `span` ns. Momentary shares and `none` add up to 1, and so do sole shares, `moving`
    (the share of time in which it shifted) and `none`. Devices are object indices.
    """

    strip: tuple[tuple[int, int, int], ...]
    shifts: tuple[tuple[int, int, int, int], ...]
    shares: Mapping[int, Share]
    none: float
    moving: float

    @property
    def main(self) -> int | None:
        """The device that was the bottleneck for longest, None if nothing was ever active."""
        if not self.shares:
            return None
        return max(self.shares, key=lambda device: self.shares[device].momentary)

    def grown(
        self, times: NDArray[np.int64], devices: Sequence[int] | None = None
    ) -> dict[int, tuple[list[float], list[float]]]:
        """By device (all, or those named): seconds as momentary and as sole bottleneck up to each of `times`
        (ns, rising)."""
        found = {}
        moving = _union([(t0, t1) for t0, t1, _, _ in self.shifts])
        by_device = _by_device(self.strip)
        for device in self.shares if devices is None else devices:
            mine = by_device.get(device, [])
            found[device] = (_until(mine, times), _until(_minus(mine, moving), times))
        return found


def bottlenecks(history: History, line: frozenset[int] | None = None) -> Bottlenecks:
    """Of the machines and sources of a line (see `History.lines`; without: the one of most parts) over the
    time looked at."""
    chosen = (history.lines or [frozenset()])[0] if line is None else line
    machines = [d for d in history.devices if d in chosen and history.roles[d] == "machine"]
    sources = [d for d in history.devices if d in chosen and history.roles[d] == "source"]
    done = _passed_on(history)
    made = sum(done.get(source, 0) for source in sources)
    teams = history.teams(machines)
    active = {device: active_periods(history, device) for device in (*machines, *teams)}
    active |= _conveyors(history, chosen)
    active |= {source: _supply(history, source, sources, machines) for source in sources}
    last = max(done.values(), default=0) + 1  # of a team and the machine it serves the machine is told
    done |= dict.fromkeys(sources, made) | dict.fromkeys(teams, last)
    return find(active, history.start, history.end, done)


def _supply(history: History, source: int, sources: Sequence[int], machines: Sequence[int]) -> list[Stretch]:
    """When a source limits its line."""
    start, end = history.start, history.end
    refused = _lost_by(history, source)
    for other in sources:
        if other != source:
            refused += history.periods[other].in_state(State.BLOCKED, start, end)
    missed: list[Stretch] = []
    if refused:
        fed = _fed_by(history, source)
        for machine in machines:
            if machine in fed:
                rows = history.periods[machine].within(start, end)
                missed += [(t0, t1) for t0, t1, state, held in rows if state == State.STARVED and held]
    holes = _minus(_union(refused), _union(missed))
    return _minus(active_periods(history, source), holes)


def _conveyors(history: History, line: frozenset[int]) -> dict[int, list[Stretch]]:
    """When conveyors, and what makes gaps on them, were at their limit: at the place that was for longest."""
    found = {}
    for device, gates in history.gates.items():
        if history.track(device) in line:
            busiest = max((_cut(one, history.start, history.end) for one in gates), key=_length)
            if busiest:
                found[device] = busiest
    return found


def _cut(stretches: Sequence[Stretch], start: int, end: int) -> list[Stretch]:
    return [(max(t0, start), min(t1, end)) for t0, t1 in stretches if t0 < end and t1 > start]


def _lost_by(history: History, source: int) -> list[Stretch]:
    """The intervals of a source at whose end its part was lost, for want of a place."""
    lost = {end.t for end in history.ends.values() if end.device == source and end.why == _LOST}
    if not lost:
        return []
    times = [0, *sorted(t for t, maker, _ in history.made.values() if maker == source)]
    found = [(t0, t1) for t0, t1 in pairwise(times) if t1 in lost and t1 > history.start]
    return [(max(t0, history.start), t1) for t0, t1 in found if t1 > t0]


def _fed_by(history: History, source: int) -> set[int]:
    """Devices that parts of a source come to."""
    after: dict[int, list[int]] = {}
    for a, b in history.ways:
        after.setdefault(a, []).append(b)
    found, ahead = {source}, [source]
    while ahead:
        new = [one for one in after.get(ahead.pop(), []) if one not in found]
        found.update(new)
        ahead += new
    return found


def active_periods(history: History, device: int) -> list[Stretch]:
    """(t0, t1) of the uninterrupted active periods of a device in the time looked at."""
    places = history.places[device] if history.roles[device] in ("machine", "team") else 0
    found: list[Stretch] = []
    for t0, t1, state, held in history.periods[device].within(history.start, history.end):
        if state in ACTIVE and not (state == State.WORKING and places > 1 and held < places):
            if found and found[-1][1] == t0:
                found[-1] = (found[-1][0], t1)
            else:
                found.append((t0, t1))
    return found


def find(
    active: Mapping[int, Sequence[Stretch]], start: int, end: int, done: Mapping[int, int] | None = None
) -> Bottlenecks:
    """The method itself. `active`: rising, disjoint active periods by device within [start, end]; `done`:
    parts each has passed on, which decides between equally long periods."""
    done = {} if done is None else done
    order = sorted(active, key=lambda device: (done.get(device, 0), device))
    rank = {device: k for k, device in enumerate(order)}
    begins = sorted((t0, t1, device) for device, stretches in active.items() for t0, t1 in stretches)
    strip = _strip(begins, rank)
    shifts = _shifts(strip, {device: list(stretches) for device, stretches in active.items()})
    moving = _union([(t0, t1) for t0, t1, _, _ in shifts])
    span = max(end - start, 1)
    shares = {}
    by_device = _by_device(strip)
    moved = _by_device([*((t0, t1, a) for t0, t1, a, _ in shifts), *((t0, t1, b) for t0, t1, _, b in shifts)])
    for device in active:
        mine = by_device.get(device, [])
        moves = _union(moved.get(device, []))
        shares[device] = Share(
            _length(mine) / span, _length(_minus(mine, moving)) / span, _length(moves) / span
        )
    covered = _length([(t0, t1) for t0, t1, _ in strip])
    none = (span - covered) / span if end > start else 1.0
    return Bottlenecks(tuple(strip), tuple(shifts), shares, none, _length(moving) / span)


def _by_device(strip: Sequence[tuple[int, int, int]]) -> dict[int, list[Stretch]]:
    found: dict[int, list[Stretch]] = {}
    for t0, t1, device in strip:
        found.setdefault(device, []).append((t0, t1))
    return found


def _strip(begins: Sequence[tuple[int, int, int]], rank: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Who has the longest running period, from when to when. `begins`: (t0, t1, device), rising."""
    running: list[tuple[int, int, int, int]] = []  # longest first: -length, rank, t1, device
    strip: list[tuple[int, int, int]] = []
    k, t = 0, 0
    while k < len(begins) or running:
        while running and running[0][2] <= t:
            heappop(running)
        if not running:
            if k == len(begins):
                break
            t = max(t, begins[k][0])
        while k < len(begins) and begins[k][0] <= t:
            t0, t1, device = begins[k]
            heappush(running, (t0 - t1, rank[device], t1, device))
            k += 1
        while running and running[0][2] <= t:
            heappop(running)
        if not running:
            continue
        _, _, until, device = running[0]
        upto = min(until, begins[k][0]) if k < len(begins) else until
        if strip and strip[-1][2] == device and strip[-1][1] == t:
            strip[-1] = (strip[-1][0], upto, device)
        elif upto > t:
            strip.append((t, upto, device))
        t = upto
    return strip


def _shifts(
    strip: Sequence[tuple[int, int, int]], active: Mapping[int, list[Stretch]]
) -> list[tuple[int, int, int, int]]:
    """Where the active periods of two bottlenecks that follow one another overlap."""
    found = []
    for (_, before, a), (t, _, b) in pairwise(strip):
        if t == before:
            first, second = _around(active[a], t - 1), _around(active[b], t)
            t0, t1 = max(first[0], second[0]), min(first[1], second[1])
            if t1 > t0:
                found.append((t0, t1, a, b))
    return found


def _around(stretches: list[Stretch], t: int) -> Stretch:
    return stretches[bisect_right(stretches, t, key=lambda one: one[0]) - 1]


def _passed_on(history: History) -> dict[int, int]:
    """Parts that left each device (or that it made) in the time looked at."""
    v = history.visits
    left = v.device[(v.t_out > history.start) & (v.t_out <= history.end)]
    counts = dict(zip(*(x.tolist() for x in np.unique(left, return_counts=True)), strict=True))
    for t, device, _ in history.made.values():
        if history.roles.get(device) == "source" and t > history.start:
            counts[device] = counts.get(device, 0) + 1
    return counts


def _union(stretches: Sequence[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for t0, t1 in sorted(stretches):
        if found and t0 <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], t1))
        else:
            found.append((t0, t1))
    return found


def _minus(stretches: Sequence[Stretch], holes: Sequence[Stretch]) -> list[Stretch]:
    """`stretches` (rising, disjoint) without `holes` (the same)."""
    found, k = [], 0
    for t0, t1 in stretches:
        at = t0
        while k < len(holes) and holes[k][1] <= at:
            k += 1
        j = k
        while j < len(holes) and holes[j][0] < t1:
            if holes[j][0] > at:
                found.append((at, holes[j][0]))
            at = max(at, holes[j][1])
            j += 1
        if at < t1:
            found.append((at, t1))
    return found


def _length(stretches: Sequence[Stretch]) -> int:
    return sum(t1 - t0 for t0, t1 in stretches)


def _until(stretches: Sequence[Stretch], times: NDArray[np.int64]) -> list[float]:
    """Seconds of `stretches` (rising, disjoint) up to each of the times."""
    edges = np.array([t for one in stretches for t in one], np.float64)
    if not len(edges):
        return [0.0] * len(times)
    spent = np.concatenate(([0.0], np.cumsum(np.diff(edges) * (np.arange(len(edges) - 1) % 2 == 0))))
    found: Any = np.interp(times.astype(np.float64), edges, spent) / 1e9
    return [float(one) for one in found]
