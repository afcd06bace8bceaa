"""What several devices share: operators, repair crews. One protocol: request, granted, release.

A device that needs somebody requests; it is granted at once, or waits in the order of priority (the
smallest number first) and then of asking. Nobody is passed over: who needs two waits at the head of the
queue until two are free, and those behind it wait too, so that nobody waits for ever.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import insort
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from commissioning.model.pose import Pose
from commissioning.model.record import State
from commissioning.model.scene import DeviceRecord
from commissioning.sim.calendar import Calendar
from commissioning.sim.device import Device
from commissioning.sim.line import Line

__all__ = ["Resource", "User", "resource"]


class User(Protocol):
    """What uses a resource. An object of the run: a snapshot names it by its `id`."""

    id: str

    @abstractmethod
    def granted(self, resource: Resource) -> None:
        """What was requested is there now."""

    @abstractmethod
    def taken_away(self, resource: Resource) -> None:
        """The shift has ended, they are gone; the request stands again, in its old place."""


class Resource(Device):
    """`count` alike, or as many as the calendar says. Busy are those that are granted and not released.

    At the end of a shift those at work finish what they do (`at_shift_end: finish`) or leave it at once
    (`interrupt`, who began last leaves first). Nobody begins anything new in either case.
    """

    saved: ClassVar[tuple[str, ...]] = ("present", "queue", "holders", "asked")
    constant: ClassVar[tuple[str, ...]] = ("calendar", "interrupts")
    continuations: ClassVar[tuple[str, ...]] = ("shift_changed",)

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        shifts = p["shifts"]
        self.calendar = Calendar.of(shifts, p["repeat"], p["count"]) if shifts else None
        self.interrupts = p["at_shift_end"] == "interrupt"
        self.present = p["count"] if self.calendar is None else self.calendar.level(0)
        self.queue: list[tuple[int, int, str, int]] = []  # priority, number of the request, user, needs
        self.holders: dict[str, tuple[int, int, int]] = {}  # user -> needs, priority, number of the request
        self.asked = 0

    @property
    def most(self) -> int:
        """As many as there ever are."""
        return int(self.params["count"]) if self.calendar is None else self.calendar.most

    @property
    def busy(self) -> int:
        """How many are granted now."""
        return sum(needs for needs, _, _ in self.holders.values())

    @property
    def works_at_once(self) -> int | None:
        return self.most

    def start(self) -> None:
        self.begin_status(State.IDLE if self.present else State.OFF)
        self.ports["waiting"].write(0)
        self.ports["present"].write(self.present)
        self._settle()
        self._await_change()

    def request(self, user: User, needs: int = 1, priority: int = 0) -> bool:
        """True: they are there now, until `release`. False: wait for `user.granted(self)`."""
        if user.id in self.holders or any(entry[2] == user.id for entry in self.queue):
            raise ValueError(f"{user.id} asks {self.id} twice")
        self.asked += 1
        entry = (priority, self.asked, user.id, needs)
        first = not self.queue or entry < self.queue[0]
        if first and self.present - self.busy >= needs:
            self.holders[user.id] = (needs, priority, self.asked)
            self._settle()
            return True
        insort(self.queue, entry)
        self._settle()
        return False

    def release(self, user: User) -> None:
        """They are free again; whoever waits first gets them at this instant."""
        del self.holders[user.id]
        self._grant()

    def withdraw(self, user: User) -> None:
        """The request does not stand any more."""
        self.queue = [entry for entry in self.queue if entry[2] != user.id]
        self._grant()

    def shift_changed(self, _: int) -> None:
        """Continuation: the calendar says another number."""
        assert self.calendar is not None
        self.present = self.calendar.level(self.line.kernel._now)
        self.ports["present"].write(self.present)
        gone = []
        while self.interrupts and self.busy > self.present:
            user = next(reversed(self.holders))
            needs, priority, number = self.holders.pop(user)
            insort(self.queue, (priority, number, user, needs))
            gone.append(user)
        for user in gone:
            self._user(user).taken_away(self)
        self._grant()
        self._await_change()

    def _grant(self) -> None:
        while self.queue and self.present - self.busy >= self.queue[0][3]:
            priority, number, user, needs = self.queue.pop(0)
            self.holders[user] = (needs, priority, number)
            self._user(user).granted(self)
        self._settle()

    def _user(self, identity: str) -> User:
        user: Any = self.line.objects[identity]
        return user  # type: ignore[no-any-return]

    def _await_change(self) -> None:
        change = self.calendar.next_change(self.line.kernel._now) if self.calendar is not None else None
        if change is not None:
            self.line.kernel.call_at(change, self.shift_changed, 0)

    def _settle(self) -> None:
        """Publish how many are busy and how many requests wait, if that has changed."""
        busy = self.busy
        state = State.WORKING if busy else State.IDLE if self.present else State.OFF
        self.tell(state, busy, 0)
        waiting = len(self.queue)
        if self.ports["waiting"].source != waiting:
            self.ports["waiting"].write(waiting)


def resource(line: Line, identity: str | None, needs: int, device: Device) -> Resource | None:
    """The resource that a device names, None if it names none. Raises ValueError if there never are as many
    as it needs, or if it is something else."""
    if identity is None:
        return None
    found: Mapping[str, Device] = line.devices
    team = found[identity]
    if not isinstance(team, Resource):
        raise ValueError(
            f"{identity} is a {team.declaration.type}, nobody whom {device.id} could ask; name operators"
        )
    if needs > team.most:
        raise ValueError(f"{device.id} needs {needs} of {identity}, who are never more than {team.most}")
    return team
