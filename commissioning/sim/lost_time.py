"""Where the time was lost that a device spent waiting.

The parts tell it. A device that is starved waits for the part that arrives next, and what made that part
late is the cause. Its way is followed back: on a belt or in a buffer it lost what it took beyond the quickest
passage, in a machine what the machine was down, set up, blocked or idle with it; a machine that had waited
for it itself only passes its lateness on, to where the part came from; a machine that had not was the cause
by its work. So the way that a part must travel in any case is no loss. A device that is blocked waits until
the next device takes its part: if that is blocked too, or full, the part that must leave it first leads on
to the next one, until something is found that does not wait for anybody. Every nanosecond of waiting has
exactly one cause: the shares add up to the waiting.

A conveyor whose infeed is taken by a part that moves is at its limit, see `conveying`, and the cause itself.

One approximation: what a part needs on a belt or in a buffer if nothing hinders it is taken to be the
shortest passage in the run on the same way; what takes longer is taken to have been lost at the end of the
passage, to the device that the part goes to if that was busy, and to the belt otherwise.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from commissioning.model.record import State
from commissioning.sim.conveying import joined
from commissioning.sim.history import History, Visit

__all__ = ["ARRIVALS", "CIRCLE", "HELD", "LIMIT", "MOVING", "STANDING", "UNKNOWN", "Found", "Tracer"]

MOVING: Final = "moving"
STANDING: Final = "standing"
HELD: Final = "held"
ARRIVALS: Final = "arrivals"
UNKNOWN: Final = "unknown"
CIRCLE: Final = "circle"
LIMIT: Final = "limit"
# numbers of states, looked up once: an enumeration's members are found through a descriptor
_IDLE, _WORKING = int(State.IDLE), int(State.WORKING)
_STARVED, _BLOCKED = int(State.STARVED), int(State.BLOCKED)
_BUSY = frozenset({_WORKING, int(State.DOWN), int(State.SETUP), int(State.OFF), _BLOCKED})
_FREE = frozenset({_STARVED, _IDLE, _WORKING})
_NAMES = [state.name.lower() for state in State]
_EVER = 2**63 - 1
_DEEPEST = 64  # devices that wait for one another, before it is called a circle
Found = Iterator[tuple[int, str, int]]
"""Device, what it did (the name of a state or one of the words above), and for how many ns."""


def _way(visits: Sequence[Visit], k: int) -> tuple[int, int, int]:
    """From where, through what, to where a part went at its visit number k."""
    return visits[k - 1][0] if k else -1, visits[k][0], visits[k + 1][0]


class Tracer:
    """Follows the parts of one run."""

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

    def starved(self, device: int, a: int, b: int, depth: int) -> Found:
        """Who has the part that arrives next at `device`, over [a, b], in which none arrives."""
        rows = self.arrivals[device]
        k = bisect_left(rows, (b, -1, -1))
        if depth > _DEEPEST:
            yield device, CIRCLE, b - a
        elif k < len(rows):
            comes, part, to = rows[k]
            skip, need = comes - b, b - a  # it was late by both; asked is for what was before b
            for root, what, length in self._lost(part, to, skip + need, depth):
                passed = min(length, skip)
                skip -= passed
                taken = min(length - passed, need)
                need -= taken
                if taken:
                    yield root, what, taken
        else:
            yield from self._nothing_came(device, a, b, depth)

    def blocked(self, device: int, a: int, b: int, depth: int) -> Found:
        """Who does not take what `device` wants to give, over [a, b]."""
        if depth > _DEEPEST:
            yield device, CIRCLE, b - a
            return
        if self.history.roles[device] == "source":
            part = self._waiting_at_source(device, a)
            visits = self.history.journeys.get(part, [])
            ahead = visits[0][0] if visits else self._main_target(device)
        else:
            ahead = self._next_of(device, b)
        if ahead < 0:
            yield device, UNKNOWN, b - a
        else:
            yield from self._obstacle(ahead, a, b, depth + 1)

    def _lost(self, part: int, to: int, need: int, depth: int) -> Found:
        """What made a part late at its visit number `to`: `need` ns of it, the latest first.

        Back along its way. On a belt or in a buffer: what it took beyond the quickest passage. In a machine:
        what the machine did there other than work; then, as far as the machine waited for it, it was late
        already when it came; what is left the machine was at work on others.
        """
        visits = self.history.journeys[part]
        target = visits[to][0]
        for k in range(to, 0, -1):
            device, t_in, _ = visits[k - 1]
            ahead, comes, _ = visits[k]
            carrier, came = self._carrier(part, visits, k - 1)
            if came >= 0:  # it was taken off here, and was here since that one came
                t_in = self.history.journeys[carrier][came][1]
            if self.history.roles[device] in ("transport", "store"):
                free = max(t_in + self._quickest(visits, k - 1), comes - need)
                if free < comes:
                    yield from reversed(list(self._held(device, ahead, target, free, comes, depth)))
                    need -= comes - free
            else:
                for t0, t1, state in self._stops(device, t_in, comes, ahead == target, target):
                    if need > 0:
                        begin = max(t0, t1 - need)
                        yield from self._stopped(device, state, ahead, target, (begin, t1), depth)
                        need -= t1 - begin
                busy = need - min(self._waited(device, t_in), need)
                if busy:
                    yield device, "working", busy
                need -= busy
            if need > 0 and came >= 0:
                yield from self._lost(carrier, came, need, depth + 1)
                return
            if need <= 0:
                return
        yield from self._before_line(part, visits[0], target, need, depth)

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

    def _before_line(self, part: int, visit: Visit, target: int, need: int, depth: int) -> Found:
        """The part was made and not taken; before that it was not made."""
        first, comes, _ = visit
        t_made, maker, _ = self.history.made.get(part, (comes, -1, 0))
        begin = max(min(t_made, comes), comes - need)
        if begin < comes:
            if first == target:
                yield target, "starved", comes - begin
            else:
                yield from self._obstacle(first, begin, comes, depth + 1)
            need -= comes - begin
        if need > 0:
            begin = max(t_made - need, 0)
            yield from reversed(list(self._not_made(maker, begin, max(t_made, 0), depth)))
            need -= max(t_made, 0) - begin
            if need > 0:  # before the run began
                yield max(maker, 0), ARRIVALS if maker >= 0 else UNKNOWN, need

    def _held(self, device: int, ahead: int, target: int, a: int, b: int, depth: int) -> Found:
        """A part is on a belt or in a store over [a, b] for longer than it must, and goes on to `ahead`."""
        if ahead == target:
            yield from self._itself(device, a, b)
        else:
            yield from self._ahead_or_itself(device, ahead, a, b, depth)

    def _stopped(
        self, device: int, state: int, ahead: int, target: int, time: tuple[int, int], depth: int
    ) -> Found:
        """A part is in a machine that does not work over `time`, and goes on to `ahead`."""
        a, b = time
        if state == _BLOCKED and ahead != target:
            yield from self._obstacle(ahead, a, b, depth + 1)
        elif state == _BLOCKED:
            yield target, "starved", b - a
        elif state == _STARVED and depth < _DEEPEST:  # it waits for another part to go with it
            yield from self.starved(device, a, b, depth + 1)
        else:
            yield device, _NAMES[state], b - a

    def _stops(self, device: int, a: int, b: int, last: bool, target: int) -> list[tuple[int, int, int]]:
        """When a machine did not work over [a, b], the latest first. `last`: its part goes to `target`; that
        it waited while that was busy is no reason why that was starved afterwards."""
        found = []
        for t0, t1, state, _ in self.history.periods[device].within(a, b):
            if state == _BLOCKED and last:
                found += [
                    (low, high, _BLOCKED)
                    for low, high, other, _ in self.history.periods[target].within(t0, t1)
                    if other in (_STARVED, _IDLE)
                ]
            elif state != _WORKING:
                found.append((t0, t1, state))
        return found[::-1]

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

    def _obstacle(self, device: int, a: int, b: int, depth: int) -> Found:
        """Why `device` takes nothing over [a, b]."""
        if depth > _DEEPEST:
            yield device, CIRCLE, b - a
            return
        if self.history.roles[device] in ("transport", "store"):
            for t0, t1, at_limit in self._at_limit(device, a, b):
                if at_limit:
                    yield device, LIMIT, t1 - t0
                    continue
                ahead = self._next_of(device, t1)
                if ahead < 0:
                    yield from self._itself(device, t0, t1)
                else:
                    yield from self._ahead_or_itself(device, ahead, t0, t1, depth)
            return
        for t0, t1, state, _ in self.history.periods[device].within(a, b):
            if state == _BLOCKED:
                yield from self.blocked(device, t0, t1, depth + 1)
            elif state == _STARVED:  # for something else than what is offered to it
                yield from self.starved(device, t0, t1, depth + 1)
            else:
                yield device, _NAMES[state], t1 - t0

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

    def _ahead_or_itself(self, device: int, ahead: int, a: int, b: int, depth: int) -> Found:
        """A belt or a store whose next part goes to `ahead`: that one if it is busy, otherwise itself."""
        if depth > _DEEPEST:
            yield device, CIRCLE, b - a
            return
        for t0, t1, state, _ in self.history.periods[ahead].within(a, b):
            if self.history.roles[ahead] in ("transport", "store"):
                for root, what, length in self._obstacle(ahead, t0, t1, depth + 1):
                    if self.history.roles[root] == "transport" and what == MOVING:
                        yield device, what, length
                    else:
                        yield root, what, length
            elif state in _BUSY or (state == _IDLE and self.history.places[ahead]):
                yield from self._obstacle(ahead, t0, t1, depth + 1)  # idle: it waits for people or a command
            else:
                yield from self._itself(device, t0, t1)

    def _itself(self, device: int, a: int, b: int) -> Found:
        """A belt that carries or stands, a store that holds."""
        if self.history.roles[device] != "transport":
            yield device, HELD, b - a
            return
        for t0, t1, state, _ in self.history.periods[device].within(a, b):
            what = MOVING if state == _WORKING else STANDING if state == _IDLE else ""
            yield device, what or _NAMES[state], t1 - t0

    def _not_made(self, maker: int, a: int, b: int, depth: int) -> Found:
        """The part is not there yet."""
        if maker < 0 or maker not in self.history.periods:
            yield max(maker, 0), UNKNOWN, b - a
            return
        for t0, t1, state, _ in self.history.periods[maker].within(a, b):
            if state == _BLOCKED:
                yield from self.blocked(maker, t0, t1, depth + 1)
            elif state == _STARVED:
                yield from self.starved(maker, t0, t1, depth + 1)
            elif self.history.roles[maker] == "source":
                yield maker, ARRIVALS, t1 - t0
            else:
                yield maker, _NAMES[state], t1 - t0

    def _nothing_came(self, device: int, a: int, b: int, depth: int) -> Found:
        """No part arrived any more: go back along the way that most parts came."""
        before = self.before.get(device, -1)
        if before < 0 or depth > _DEEPEST:
            maker = self._main_source(device)
            if maker < 0:
                yield device, UNKNOWN, b - a
            else:
                yield from self._not_made(maker, a, b, depth + 1)
            return
        for t0, t1, state, held in self.history.periods[before].within(a, b):
            waiting = state in (_STARVED, _IDLE) and not held
            if self.history.roles[before] in ("transport", "store") or waiting:
                yield from self._nothing_came(before, t0, t1, depth + 1)
            elif state == _BLOCKED:
                yield from self.blocked(before, t0, t1, depth + 1)
            else:
                yield before, _NAMES[state], t1 - t0

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
        return self.history.roles[device] == "machine" and bool(states) and states[k] in _BUSY

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
