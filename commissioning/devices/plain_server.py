"""The usual station: one server, whose work nothing interrupts, delays or forbids."""

from __future__ import annotations

from commissioning.devices.server import Server
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.part import Part

__all__ = ["PlainServer"]

_BLOCKED, _STARVED, _WORKING = State.BLOCKED, State.STARVED, State.WORKING  # looked up once
_MOVE, _SLOT = int(Kind.PART_MOVE), int(CarrierKind.SLOT)
_OCCUPIED, _BUSY, _DONE = 1, 2, 4  # the station's status ports
_AT_WORK = _OCCUPIED | _BUSY


class PlainServer(Server, Receiver):
    """Takes parts for its station itself, so that a part costs two entries of the kernel's queue and few
    calls. What it does is what `Server` does; where anything is out of the ordinary (a place is kept for
    a giver), it leaves that to the station."""

    def offer(self, part: Part, giver: Giver) -> bool:
        station = self.station
        givers = station.waiting.givers
        if self.part is not None or station.reserved:
            if giver in givers:
                return False
            return station.offer(part, giver)
        if givers and giver in givers:
            givers.remove(giver)
        part.owner, part.place = station, None
        self.part = part
        self.working = True
        station.free.clear()
        self.note(_MOVE, _SLOT, part.id, self.slot)
        kernel = self.kernel
        kernel.call_at(kernel._now + self.draw(), self.over, 0)
        if station.state is not _WORKING:
            station.tell(_WORKING, 1, _AT_WORK)
        return True

    def reserve(self, giver: Giver) -> bool:
        return self.station.reserve(giver)

    def take(self, part: Part) -> bool:
        """As a part of the station that kept a place for it."""
        part.owner, part.place = self.station, None
        self.part = part
        self.working = True
        self.note(_MOVE, _SLOT, part.id, self.slot)
        self.kernel.call_at(self.kernel._now + self.draw(), self.over, 0)
        return True

    def cycle_over(self, version: int) -> None:
        """Continuation: the work on the part is done."""
        station, part = self.station, self.part
        assert part is not None
        self.working = False
        self.finished = True
        if self.target.offer(part, station):
            self._gone()
        else:
            station.stuck.append(self.number)
            station.tell(_BLOCKED, 1, _OCCUPIED | _DONE)

    def go_on(self) -> bool:
        """There may be a place downstream. True: it waits for one no longer."""
        part = self.part
        assert part is not None
        if not self.target.offer(part, self.station):
            return False
        self._gone()
        return True

    def _gone(self) -> None:
        """The part has been taken: the next one may come."""
        station = self.station
        self.part = None
        self.finished = False
        station.free.append(self.number)
        givers = station.waiting.givers
        if givers and not station.reserved:
            givers.pop(0).ready(self)
        if self.part is None:
            station.tell(_STARVED, 0, 0)
