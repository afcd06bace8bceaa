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

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from commissioning.model.record import State
from commissioning.sim.analysis.history import Visit
from commissioning.sim.analysis.trails import BUSY, Trails

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
_NAMES = [state.name.lower() for state in State]
_DEEPEST = 64  # devices that wait for one another, before it is called a circle
Found = Iterator[tuple[int, str, int]]
"""Device, what it did (the name of a state or one of the words above), and for how many ns."""


class Tracer(Trails):
    """Follows the parts of one run."""

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
            elif state in BUSY or (state == _IDLE and self.history.places[ahead]):
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
