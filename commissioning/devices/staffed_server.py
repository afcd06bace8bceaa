"""A place of a station that needs people, is set up, is repaired by a crew, or keeps shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from commissioning.devices.work import Conditions, Work
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.sim.flow import Receiver
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful

if TYPE_CHECKING:
    from commissioning.devices.station import Station

__all__ = ["StaffedServer"]

_MOVE, _SLOT = int(Kind.PART_MOVE), int(CarrierKind.SLOT)


class StaffedServer(Stateful):
    """Does for its station what `Server` does, by the rules of `devices.work`."""

    saved: ClassVar[tuple[str, ...]] = ("part", "finished")
    constant: ClassVar[tuple[str, ...]] = ("station", "number", "slot", "work", "target")

    target: Receiver

    def __init__(self, station: Station, number: int, slot: int, conditions: Conditions) -> None:
        self.id = f"{station.id}.server{number}"
        self.station, self.number, self.slot = station, number, slot
        self.part: Part | None = None
        self.finished = False
        self.work = Work(self, conditions)
        station.line.register(self.work)

    # what the station asks --------------------------------------------------------------------------

    @property
    def held(self) -> int:
        """Parts in it."""
        return 0 if self.part is None else 1

    @property
    def working(self) -> bool:
        """The cycle, or a set-up, is running."""
        return self.work.running

    @property
    def down(self) -> bool:
        """It has failed and is not repaired yet."""
        return self.work.down

    def room(self) -> int:
        """Parts it would still take."""
        return 1 if self.part is None else 0

    def condition(self) -> State:
        """What it does now."""
        state = self.work.condition()
        if state is None:
            state = State.BLOCKED if self.finished else State.STARVED
        return state

    def start(self) -> None:
        """Time 0."""
        self.work.start()

    def take(self, part: Part) -> bool:
        """A part comes in. True: it takes no more now."""
        part.owner, part.place = self.station, None
        self.part = part
        self.station.line.journal.add(_MOVE, _SLOT, part.id, self.slot)
        self.work.begin(part.product, self.station.cycles.draw(part.product))
        return True

    def begin(self, resumed: bool = False) -> None:
        """The start command rose."""
        self.work.go()

    def go_on(self) -> bool:
        """There may be a place downstream. True: it waits for one no longer."""
        if not self.finished or not self.work.may_leave:
            return True  # it looks again when it is repaired, or there again
        return self._give()

    # what the work asks -----------------------------------------------------------------------------

    def may_start(self) -> bool:
        """Whether a cycle may begin as far as commands go."""
        return self.station.started()

    def work_done(self, work: Work) -> None:
        """The cycle is over."""
        self.finished = True
        self._leave()
        self.station.settle()

    def came_back(self, work: Work) -> None:
        """Repaired, or the shift has begun."""
        if self.finished:
            self._leave()
        self.station.enable_changed(None)

    def settle(self) -> None:
        """Something has changed."""
        self.station.settle()

    def _leave(self) -> None:
        if self.work.may_leave and not self._give() and self.number not in self.station.stuck:
            self.station.stuck.append(self.number)

    def _give(self) -> bool:
        part = self.part
        assert part is not None
        if not self.target.offer(part, self.station):
            return False
        self.part = None
        self.finished = False
        self.station.left(self)
        return True

    def restored(self) -> None:
        if self.part is not None:
            self.station.own(self.part)
