"""What does the work in a station: one place for one part (or one batch), its cycle and its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from commissioning.model.record import CarrierKind, Kind, State
from commissioning.sim.flow import Receiver
from commissioning.sim.part import Part
from commissioning.sim.random_stream import Sampler
from commissioning.sim.stateful import Stateful

if TYPE_CHECKING:
    from commissioning.devices.station import Station

__all__ = ["BatchServer", "Server"]

# looked up once: an enumeration's members are found through a descriptor
_DOWN, _STARVED, _WORKING = State.DOWN, State.STARVED, State.WORKING
_MOVE, _SLOT = int(Kind.PART_MOVE), int(CarrierKind.SLOT)


class Server(Stateful):
    """Works on one part at a time for its station. A failure interrupts the work, which goes on after the
    repair."""

    saved: ClassVar[tuple[str, ...]] = (
        "part", "finished", "working", "remaining", "since", "version", "down", "until", "cause", "promised",
        "missed",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = (
        "station", "number", "slot", "kernel", "note", "draw", "over", "target", "plain",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("cycle_over", "fail", "fail_by_calendar", "repaired")

    target: Receiver

    def __init__(self, station: Station, number: int, slot: int) -> None:
        self.id = f"{station.id}.server{number}"
        self.station, self.number, self.slot = station, number, slot
        self.kernel, self.note, self.draw = station.line.kernel, station.line.journal.note, station.cycle.draw
        self.over = self.cycle_over
        self.plain = station.plain
        self.part: Part | None = None
        self.finished = False
        self.working = False  # the cycle is running (not waiting, not down)
        self.remaining = 0  # ns of work left on the part
        self.since = 0  # ns at which the running stretch of work began
        self.version = 0  # of the scheduled end or failure of the running stretch
        self.down = False
        self.until: list[int] = []  # operating ns left until each cause stops it
        self.cause = 0  # of the failure it is down by; -1: the calendar
        self.promised = False  # a place downstream is kept for the part
        self.missed = -1  # ns of the last slot that ended without a place (Bernoulli)

    @property
    def held(self) -> int:
        """Parts in it."""
        return 0 if self.part is None else 1

    def room(self) -> int:
        """Parts it would still take."""
        return 1 if self.part is None else 0

    def condition(self) -> State:
        """What it does now."""
        if self.down:
            return _DOWN
        if self.part is None:
            return _STARVED
        if self.working:
            return _WORKING
        if self.finished or (self.station.before and not self.promised and self.station.started()):
            return State.BLOCKED
        return State.IDLE

    def take(self, part: Part) -> bool:
        """A part comes in. True: it takes no more now."""
        part.owner, part.place = self.station, None
        self.part = part
        self.note(_MOVE, _SLOT, part.id, self.slot)
        self.remaining = self.draw()
        self.begin()
        return True

    def begin(self, resumed: bool = False) -> None:
        """Start or resume the work if there is some and nothing stands against it."""
        if not self.plain:
            self._begin_unless(resumed)
            return
        kernel = self.kernel
        self.working = True
        now = self.since = kernel._now
        self.version = version = self.version + 1
        kernel.call_at(now + self.remaining, self.over, version)

    def go_on(self) -> bool:
        """There may be a place downstream. True: it waits for one no longer."""
        if self.part is None or self.down:
            return True  # a repair looks again
        if self.missed >= 0:
            if self.missed != self.kernel._now:
                return True  # that slot is past; the next trial comes by itself
            self._stop_work()
            self.finished = True
        if self.finished:
            if self.give():
                self.station.left(self)
                return True
            if self.station.tries:
                self._try_again()
            return False
        self.begin()
        return self.working

    def give(self) -> bool:
        """Offer the finished part; whether it was taken."""
        part = self.part
        assert part is not None
        if not self.target.offer(part, self.station):
            return False
        self.part = None
        self.finished = self.promised = False
        self.missed = -1
        return True

    def cycle_over(self, version: int) -> None:
        """Continuation: the work on the part is done."""
        if version != self.version:
            return
        if self.plain:
            self.working = False
            self.version = version + 1
        else:
            self._stop_work()
        self.finished = True
        self._leave()
        self.station.settle()

    def start(self) -> None:
        """Draw when it fails first."""
        self.until = [every.draw() for every, _ in self.station.causes]
        self._next_by_calendar()

    def fail(self, version: int) -> None:
        """Continuation: the running stretch of work ends with a failure."""
        if version == self.version:
            self._stop_work()
            self.cause = self.until.index(min(self.until))
            self._go_down(self.station.causes[self.cause][1])

    def fail_by_calendar(self, _: int) -> None:
        """Continuation: a failure that comes whether it works or not; not while it is down already."""
        if self.down:
            self._next_by_calendar()
            return
        if self.working:
            self._stop_work()
        self.cause = -1
        assert self.station.by_calendar is not None
        self._go_down(self.station.by_calendar[1])

    def repaired(self, _: int) -> None:
        """Continuation: the repair is over; interrupted work goes on."""
        self.down = False
        if self.cause >= 0:
            self.until[self.cause] = self.station.causes[self.cause][0].draw()
        else:
            self._next_by_calendar()
        if self.part is not None:
            if self.finished:
                self._leave()
            else:
                self.begin(resumed=True)
        self.station.settle()

    def _go_down(self, repair: Sampler) -> None:
        self.down = True
        self.station.settle()
        self.kernel.call_at(self.kernel._now + repair.draw(), self.repaired, 0)

    def _next_by_calendar(self) -> None:
        if self.station.by_calendar is not None:
            drawn = self.station.by_calendar[0].draw()
            self.kernel.call_at(self.kernel._now + drawn, self.fail_by_calendar, 0)

    def _leave(self) -> None:
        station = self.station
        if self.give():
            station.left(self)
            return
        if self.number not in station.stuck:
            station.stuck.append(self.number)
        if station.tries:
            self._try_again()

    def _try_again(self) -> None:
        """Bernoulli: the slot was in vain, unless a place comes free in this very instant."""
        self.missed = self.kernel._now
        self.finished = False
        self.remaining = self.draw()
        self.begin(resumed=True)

    def _begin_unless(self, resumed: bool) -> None:
        if self.part is None or self.finished or self.working or self.down:
            return
        station, kernel = self.station, self.kernel
        if not resumed and not station.started():
            return
        if station.before and not self.promised:
            if not station.reserve_ahead():
                if self.number not in station.stuck:
                    station.stuck.append(self.number)
                return
            self.promised = True
        self.working = True
        now = self.since = kernel._now
        self.version += 1
        if station.slot_ns and not resumed:
            self.remaining += -now % station.slot_ns
        until = min(self.until, default=self.remaining)
        if until < self.remaining:
            kernel.call_at(now + until, self.fail, self.version)
        else:
            kernel.call_at(now + self.remaining, self.over, self.version)

    def _stop_work(self) -> None:
        worked = self.kernel._now - self.since
        self.working = False
        self.version += 1
        self.remaining -= worked
        for k in range(len(self.until)):
            self.until[k] -= worked

    def restored(self) -> None:
        if self.part is not None:
            self.station.own(self.part)


class BatchServer(Server):
    """Works on `size` parts together, after the time to load them; gives them away one by one and is open
    for the next batch when all have gone."""

    saved: ClassVar[tuple[str, ...]] = ("batch",)
    constant: ClassVar[tuple[str, ...]] = ("size", "load")

    def __init__(self, station: Station, number: int, slot: int) -> None:
        super().__init__(station, number, slot)
        self.size, self.load = station.batch, station.load
        self.batch: list[Part] = []  # `part` is the first of them once the batch is complete

    @property
    def held(self) -> int:
        return len(self.batch)

    def room(self) -> int:
        return self.size - len(self.batch) if self.part is None else 0

    def condition(self) -> State:
        if self.batch and self.part is None and not self.down:
            return State.IDLE
        return super().condition()

    def take(self, part: Part) -> bool:
        part.owner, part.place = self.station, None
        self.batch.append(part)
        self.note(_MOVE, _SLOT, part.id, self.slot)
        if len(self.batch) < self.size:
            return False
        self.part = self.batch[0]
        self.remaining = self.load.draw() + self.draw()
        self.begin()
        return True

    def give(self) -> bool:
        while self.batch:
            if not self.target.offer(self.batch[0], self.station):
                return False
            self.batch.pop(0)
            if self.batch:
                self.part = self.batch[0]  # the one before may have left the line
        self.part = None
        self.finished = False
        return True

    def restored(self) -> None:
        for part in self.batch:
            self.station.own(part)
