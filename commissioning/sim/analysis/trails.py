"""Who came from where and went to where, and when: what `lost_time` looks up to follow parts back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from commissioning.model.record import State
from commissioning.sim.analysis.conveying import joined
from commissioning.sim.analysis.history import History, Visit

__all__ = ["BUSY", "Trails"]

# numbers of states, looked up once: an enumeration's members are found through a descriptor
_STARVED, _IDLE, _WORKING = int(State.STARVED), int(State.IDLE), int(State.WORKING)
BUSY = frozenset({_WORKING, int(State.DOWN), int(State.SETUP), int(State.OFF), int(State.BLOCKED)})
_FREE = frozenset({_STARVED, _IDLE, _WORKING})
_EVER = 2**63 - 1


def _way(visits: Sequence[Visit], k: int) -> tuple[int, int, int]:
    """From where, through what, to where a part went at its visit number k."""
    return visits[k - 1][0] if k else -1, visits[k][0], visits[k + 1][0]


class Trails:
    """Of one run."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.arrivals: dict[int, list[tuple[int, int, int]]] = {k: [] for k in history.devices}
        self.exits: dict[int, list[tuple[int, int, int]]] = {k: [] for k in history.devices}
        self.quickest: dict[tuple[int, int, int], int] = {}  # ns through a device, from where and to where
        after: Counter[tuple[int, int]] = Counter()
        rides = history.rides
        for part, visits in history.journeys.items():
            gone = part in history.ends
            rode = False  # what brings it and takes it away is what counts
            for k, (device, t_in, t_out) in enumerate(visits):
                if not rode:
                    self.arrivals[device].append((t_in, part, k))
                rode = (part, t_out) in rides
                if rode:
                    continue
                if k + 1 < len(visits) or gone:
                    self.exits[device].append((t_out, part, k))
                if k + 1 < len(visits):
                    way = _way(visits, k)
                    self.quickest[way] = min(self.quickest.get(way, t_out - t_in), t_out - t_in)
                    after[device, visits[k + 1][0]] += 1
        for table in (self.arrivals, self.exits):
            for rows in table.values():
                rows.sort()
        self.before: dict[int, int] = {}  # where most parts came from
        self.behind: dict[int, list[int]] = {}  # where parts went or may go, most of them first
        for (a, b), _ in after.most_common():
            self.before.setdefault(b, a)
            self.behind.setdefault(a, []).append(b)
        for device in history.devices:
            known = self.behind.setdefault(device, [])
            known += [one for one in history.targets(device) if one not in known]

    def _carrier(self, part: int, visits: Sequence[Visit], k: int) -> tuple[int, int]:
        """On what a part rode to its visit number k, and the number of that one's visit; -1: it did not."""
        carrier = self.history.rides.get((part, visits[k - 1][2]), -1) if k > 0 else -1
        if carrier < 0:
            return -1, -1
        its = self.history.journeys.get(carrier, [])
        came = bisect_right(its, visits[k][1], key=lambda visit: visit[1]) - 1
        while came >= 0 and its[came][0] != visits[k][0]:  # it may have gone on in the same instant
            came -= 1
        return carrier, came

    def _waited(self, device: int, t: int) -> int:
        """How long a machine had a free place, and nothing against it, right before a part came at `t`."""
        times, states, held = self.history.periods[device].lists
        places = self.history.places[device] or 1
        k = bisect_left(times, t) - 1
        begin = t
        while k >= 0 and held[k] < places and states[k] in _FREE:
            begin = times[k]
            k -= 1
        return t - begin

    def _at_limit(self, device: int, a: int, b: int) -> Iterator[tuple[int, int, bool]]:
        """[a, b] in stretches: whether a conveyor was letting parts in (or on) as quickly as it can."""
        stretches = self._limits.get(device, [])
        at = a
        for k in range(max(bisect_right(stretches, (a, _EVER)) - 1, 0), len(stretches)):
            t0, t1 = max(stretches[k][0], a), min(stretches[k][1], b)
            if t0 >= b:
                break
            if t1 > t0:
                if t0 > at:
                    yield at, t0, False
                yield t0, t1, True
                at = t1
        if at < b:
            yield at, b, False

    def _quickest(self, visits: Sequence[Visit], k: int) -> int:
        return self.quickest[_way(visits, k)]

    def _next_of(self, device: int, t: int) -> int:
        """Where the part goes that is the next to leave `device` at or after `t`; -1: out of the line. If it
        never left: of the devices that parts went to one that was not free then."""
        rows = self.exits[device]
        k = bisect_left(rows, (t, -1, -1))
        if k == len(rows):
            known = self.behind[device]
            return next((one for one in known if self._busy(one, t)), known[0] if known else -1)
        _, part, visit = rows[k]
        visits = self.history.journeys[part]
        return visits[visit + 1][0] if visit + 1 < len(visits) else -1

    def _busy(self, device: int, t: int) -> bool:
        """Whether a device did not look free right before `t`."""
        times, states, _ = self.history.periods[device].lists
        k = max(bisect_left(times, t) - 1, 0)
        return self.history.roles[device] == "machine" and bool(states) and states[k] in BUSY

    def _waiting_at_source(self, device: int, t: int) -> int:
        """The part that a blocked source holds from `t` on: made by it, at `t` or before, last."""
        rows = self._made_by.get(device, [])
        k = bisect_left(rows, (t + 1, -1)) - 1
        return rows[k][1] if k >= 0 else -1

    def _main_target(self, source: int) -> int:
        return next((d for d, maker in self._makers.items() if maker == source), -1)

    def _main_source(self, device: int) -> int:
        return self._makers.get(device, -1)

    @cached_property
    def _limits(self) -> dict[int, list[tuple[int, int]]]:
        """By conveyor: when a part kept the next one out of it, or of its middle."""
        found: dict[int, list[tuple[int, int]]] = {}
        for device, gates in self.history.gates.items():
            track = self.history.track(device)
            if track == device or self.history.types[device] == "merge":
                found.setdefault(track, []).extend(one for gate in gates for one in gate)
        return {device: joined(stretches) for device, stretches in found.items()}

    @cached_property
    def _made_by(self) -> dict[int, list[tuple[int, int]]]:
        """By device: (t, part) of the parts it made."""
        table: dict[int, list[tuple[int, int]]] = {}
        for part, (t, maker, _) in self.history.made.items():
            table.setdefault(maker, []).append((t, part))
        for rows in table.values():
            rows.sort()
        return table

    @cached_property
    def _makers(self) -> dict[int, int]:
        """By device: who made most of the parts that began there."""
        table: Counter[tuple[int, int]] = Counter()
        for part, visits in self.history.journeys.items():
            maker = self.history.made.get(part, (0, -1, 0))[1]
            if maker >= 0:
                table[visits[0][0], maker] += 1
        return {device: maker for (device, maker), _ in reversed(table.most_common())}
