"""Work on one load at a time: set-up, people, cycle; failures, repair crews, shifts.

What may be declared of it is in `WORK`; the device that works keeps one `Work` for each of its places and
hears from it by `work_done`, `came_back` and `settle`.

Conventions. Operators come when set-up or cycle could begin and go when the cycle is over, or when the
machine fails: a finished part that waits for a place needs nobody. Set-up is made by the operators unless
`setup_by` names others; setters who are also the operators stay for the cycle. A failure by operating
time counts the time of cycles, not of set-ups; a failure interrupts either, and it goes on after the
repair. A repair waits for its crew (`repair_by`), and is left and gone on with if the crew's shift ends so.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from commissioning.devices.shifts import SHIFTS
from commissioning.devices.times import SetupTimes
from commissioning.model.declare import Param
from commissioning.model.record import State
from commissioning.sim.calendar import Calendar
from commissioning.sim.device import Device
from commissioning.sim.line import Line
from commissioning.sim.random_stream import Sampler
from commissioning.sim.resource import Resource, resource
from commissioning.sim.stateful import Stateful

__all__ = ["FAILURES", "PEOPLE", "WORK", "Conditions", "Work", "Worker"]

_NONE, _SETUP, _CYCLE = 0, 1, 2
Cause = tuple[Sampler, Sampler]  # time to the next failure, time of its repair

PEOPLE = (
    Param("operators", "device", "Whom it needs to work.", default=None, example="team1"),
    Param("needs", "integer", "How many of them.", default=1, minimum=1, maximum=100000),
    Param("priority", "integer", "Who is served first where people are shared: the smallest number.",
          default=0, minimum=-1000000, maximum=1000000),
    Param("setup", "distribution", "Time to change from one product to another: one time, by product before,"
          " or by product before and after.", default=None, by_product=2,
          example="{carton: {tray: 5 min}, tray: {carton: 8 min}}"),
    Param("set_up_for", "product", "What it is set up for at the start; without it whatever comes first.",
          default=None),
    Param("setup_by", "device", "Who sets up, unless the operators do.", default=None, example="setters"),
    Param("repair_by", "device", "Who repairs; without it a repair begins at once.", default=None,
          example="crew1"),
    *SHIFTS,
)  # fmt: skip
FAILURES = (
    Param("failures", "mapping", "When it fails and how long a repair takes.", default=None,
          example="{every: {exponential: 1 h}, repair: {exponential: 5 min}}",
          fields=(
              Param("every", "distribution", "Time from repair to the next failure."),
              Param("repair", "distribution", "Time of a repair."),
              Param("counts", "choice", "Which time counts towards a failure.",
                    default="operating", choices=("operating", "calendar")),
          )),
)  # fmt: skip
WORK = (*FAILURES, *PEOPLE)


class Worker(Protocol):
    """A device that works."""

    id: str

    def may_start(self) -> bool:
        """Whether a cycle may begin as far as commands go."""

    def work_done(self, work: Work) -> None:
        """The cycle is over."""

    def came_back(self, work: Work) -> None:
        """Repaired, or the shift has begun: what waits may leave and come in again."""

    def settle(self) -> None:
        """Publish what has changed."""


class Conditions:
    """What all places of a device share: the people it asks, times of set-ups, when it fails, its shifts."""

    def __init__(
        self, line: Line, device: Device, causes: list[Cause] | None = None, by_calendar: Cause | None = None
    ) -> None:
        """`causes`, `by_calendar`: failures of a device that reads them itself; None: by its parameters."""
        p, failures = device.params, device.params["failures"]
        self.device = device
        self.causes: list[Cause] = causes or []
        self.by_calendar = by_calendar
        self.setups = SetupTimes(line, device, p["setup"])
        names = [product.id for product in line.products]
        self.first = names.index(p["set_up_for"]) if p["set_up_for"] is not None else -1
        self.calendar = Calendar.of(p["shifts"], p["repeat"]) if p["shifts"] else None
        self.interrupts = p["at_shift_end"] == "interrupt"
        self.needs, self.priority = p["needs"], p["priority"]
        self.operators: Resource | None = None
        self.setters: Resource | None = None
        self.crew: Resource | None = None
        if failures and causes is None:
            every = line.sampler(device, "failure", failures["every"])
            repair = line.sampler(device, "repair", failures["repair"])
            if failures["counts"] == "calendar":
                self.by_calendar = (every, repair)
            else:
                self.causes.append((every, repair))
        if p["repair_by"] is not None and not (self.causes or self.by_calendar):
            raise ValueError("repair_by needs failures: what would they repair?")

    def absent(self, now: int) -> bool:
        """Whether `now` (ns) lies outside the shifts of the device."""
        return self.calendar is not None and self.calendar.level(now) == 0

    def connect(self) -> None:
        """Find the people. Raises ValueError for a device that is none, or too few."""
        line, p = self.device.line, self.device.params
        self.operators = resource(line, p["operators"], self.needs, self.device)
        setters = resource(line, p["setup_by"], 1, self.device)
        self.setters = setters if setters is not None else self.operators
        self.crew = resource(line, p["repair_by"], 1, self.device)


class Work(Stateful):
    """The work of one place. `condition()` is None where the device says what it waits for."""

    saved: ClassVar[tuple[str, ...]] = (
        "phase", "running", "remaining", "duration", "product", "since", "version", "until", "begun", "asked",
        "held", "down", "cause", "repair_left", "repairing", "repair_since", "repairs", "absent",
    )  # fmt: skip
    constant: ClassVar[tuple[str, ...]] = ("device", "of", "kernel")
    continuations: ClassVar[tuple[str, ...]] = (
        "over", "fail", "fail_by_calendar", "repaired", "shift_changed",
    )  # fmt: skip

    def __init__(self, device: Any, of: Conditions, name: str = "work") -> None:
        self.id = f"{device.id}.{name}"
        self.device, self.of, self.kernel = device, of, of.device.line.kernel
        self.phase = _NONE
        self.running = False  # time of the phase passes
        self.remaining = 0  # ns of the phase left
        self.duration = 0  # ns of the cycle that follows a set-up
        self.product = of.first  # that it is set up for, -1: nothing yet
        self.since = 0  # ns at which the running stretch began
        self.version = 0  # of its scheduled end
        self.until: list[int] = []  # operating ns left until each cause stops it
        self.begun = False  # the cycle has run already
        self.asked: Resource | None = None  # whom it waits for
        self.held: Resource | None = None  # who are with it
        self.down = False
        self.cause = 0  # of the failure; -1: the calendar
        self.repair_left = 0
        self.repairing = False  # time of the repair passes
        self.repair_since = 0
        self.repairs = 0  # version of the scheduled end of a repair
        self.absent = of.absent(0)  # no shift

    def start(self) -> None:
        """Time 0: draw when it fails first, look when the shift changes."""
        self.until = [every.draw() for every, _ in self.of.causes]
        self._next_by_calendar()
        self._await_change()

    @property
    def free(self) -> bool:
        """Whether a load may come in: there is none, and somebody is there."""
        return self.phase == _NONE and not self.absent

    @property
    def may_leave(self) -> bool:
        """Whether finished parts may go: not while it is down or off."""
        return not self.down and not self.absent

    def condition(self) -> State | None:
        """What it does now; None: there is nothing to do for it."""
        if self.running:
            return State.SETUP if self.phase == _SETUP else State.WORKING
        if self.absent:
            return State.OFF
        if self.down:
            return State.DOWN
        return State.IDLE if self.phase else None

    def begin(self, product: int, duration: int) -> None:
        """Work on a load of a product (index) for `duration` ns, after the set-up that this needs."""
        setup = self.of.setups.draw(self.product, product)
        self.product = product
        self.duration = duration
        self.begun = False
        self.phase, self.remaining = (_SETUP, setup) if setup else (_CYCLE, duration)
        self.go()

    def go(self) -> None:
        """Let time pass if nothing stands against it; ask for people if they are missing."""
        if not self.phase or self.running or self.down or self.absent or self.asked is not None:
            return
        cycle = self.phase == _CYCLE
        if cycle and not self.begun and not self.device.may_start():
            return
        team = self.of.operators if cycle else self.of.setters
        if self.held is not team:
            self._dismiss()
            if team is not None:
                needs = self.of.needs if team is self.of.operators else 1
                if not team.request(self, needs, self.of.priority):
                    self.asked = team
                    return
                self.held = team
        self.running = True
        self.begun = cycle
        now = self.since = self.kernel._now
        self.version += 1
        until = min(self.until, default=self.remaining) if cycle else self.remaining
        if until < self.remaining:
            self.kernel.call_at(now + until, self.fail, self.version)
        else:
            self.kernel.call_at(now + self.remaining, self.over, self.version)

    def over(self, version: int) -> None:
        """Continuation: set-up or cycle are over."""
        if version != self.version:
            return
        self._stop()
        if self.phase == _SETUP:
            self.phase, self.remaining = _CYCLE, self.duration
            self.go()
            if self.absent:
                self._dismiss()
            self.device.settle()
            return
        self.phase = _NONE
        self._dismiss()
        self.device.work_done(self)

    def fail(self, version: int) -> None:
        """Continuation: the running stretch of work ends with a failure."""
        if version == self.version:
            self._stop()
            self.cause = self.until.index(min(self.until))
            self._go_down(self.of.causes[self.cause][1])

    def fail_by_calendar(self, _: int) -> None:
        """Continuation: a failure that comes whether it works or not; not while it is down already."""
        if self.down:
            self._next_by_calendar()
            return
        if self.running:
            self._stop()
        self.cause = -1
        assert self.of.by_calendar is not None
        self._go_down(self.of.by_calendar[1])

    def repaired(self, repairs: int) -> None:
        """Continuation: the repair is over; interrupted work goes on."""
        if repairs != self.repairs:
            return
        self.repairing = self.down = False
        if self.cause >= 0:
            self.until[self.cause] = self.of.causes[self.cause][0].draw()
        else:
            self._next_by_calendar()
        if self.of.crew is not None:
            self.of.crew.release(self)
        self._return()

    def granted(self, resource: Resource) -> None:
        """Those it asked for are there."""
        if self.down:
            self._repair()
        else:
            self.asked, self.held = None, resource
            self.go()
        self.device.settle()

    def taken_away(self, resource: Resource) -> None:
        """Their shift has ended; they come back, the request stands."""
        if self.down:
            self.repairing = False
            self.repairs += 1
            self.repair_left -= self.kernel._now - self.repair_since
        else:
            if self.running:
                self._stop()
            self.held, self.asked = None, resource
        self.device.settle()

    def shift_changed(self, _: int) -> None:
        """Continuation: a shift of the machine itself begins or ends."""
        assert self.of.calendar is not None
        self.absent = self.of.absent(self.kernel._now)
        self._await_change()
        if not self.absent:
            self._return()
            return
        if self.running and self.of.interrupts:
            self._stop()
        if not self.running and not self.down:
            self._dismiss()
        self.device.settle()

    def _return(self) -> None:
        self.go()
        if self.may_leave:
            self.device.came_back(self)
        self.device.settle()

    def _stop(self) -> None:
        worked = self.kernel._now - self.since
        self.running = False
        self.version += 1
        self.remaining -= worked
        if self.phase == _CYCLE:
            for k in range(len(self.until)):
                self.until[k] -= worked

    def _dismiss(self) -> None:
        """Nobody is needed now."""
        asked, held = self.asked, self.held
        self.asked = self.held = None
        if asked is not None:
            asked.withdraw(self)
        if held is not None:
            held.release(self)

    def _go_down(self, repair: Sampler) -> None:
        self.down = True
        self._dismiss()
        self.repair_left = repair.draw()
        crew = self.of.crew
        if crew is None or crew.request(self, 1, self.of.priority):
            self._repair()
        self.device.settle()

    def _repair(self) -> None:
        self.repairing = True
        now = self.repair_since = self.kernel._now
        self.repairs += 1
        self.kernel.call_at(now + self.repair_left, self.repaired, self.repairs)

    def _next_by_calendar(self) -> None:
        if self.of.by_calendar is not None:
            drawn = self.of.by_calendar[0].draw()
            self.kernel.call_at(self.kernel._now + drawn, self.fail_by_calendar, 0)

    def _await_change(self) -> None:
        calendar = self.of.calendar
        change = calendar.next_change(self.kernel._now) if calendar is not None else None
        if change is not None:
            self.kernel.call_at(change, self.shift_changed, 0)
