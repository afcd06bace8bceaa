"""A workplace: parts come in, are worked on, and leave by one exit or several. The base of what assembles,
takes apart, inspects, or has people at it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box, post, shown
from commissioning.devices.work import WORK, Conditions, Work
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port
from commissioning.model.pose import Pose
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["PLACE", "PORTS", "Workplace", "exit_ahead"]

_MOVE, _SLOT = int(Kind.PART_MOVE), int(CarrierKind.SLOT)

PLACE = (
    *WORK,
    Param("length", "length", "Length along travel.", default=0.6, exclusive_minimum=0.0),
    Param("width", "length", "Width across travel.", default=0.6, exclusive_minimum=0.0),
)
PORTS = (
    Port("enable", DataType.BOOL, "in", "Takes parts while true; without a binding always."),
    Port("start", DataType.BOOL, "in", "Work begins when true; without a binding it begins at once."),
    Port("occupied", DataType.BOOL, "out", "A part is in it.", status="state"),
    Port("busy", DataType.BOOL, "out", "It works, or is set up.", status="state"),
    Port("done", DataType.BOOL, "out", "What is finished waits to leave.", status="state"),
    Port("failed", DataType.BOOL, "out", "It is down.", status="state"),
)


def exit_ahead(params: Mapping[str, Any], output: str) -> Pose:
    """Where parts leave: at the end, whatever the exit; what stands to the side has a pose of its own."""
    return Pose((float(params["length"]), 0.0, 0.0))


class Workplace(Device, Receiver, Giver):
    """Takes parts until it has what it needs, works, and gives away what comes of it.

    A subclass says which parts it wants, when it has them all, how long the work takes and what leaves by
    which exit. Nothing comes in until everything has left. While it is down nothing leaves; outside its
    shifts nothing comes in or leaves.
    """

    saved: ClassVar[tuple[str, ...]] = ("inside", "outgoing", "waiting", "leaving", "again")
    constant: ClassVar[tuple[str, ...]] = ("work", "conditions", "targets", "slots")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        self.conditions = Conditions(line, self)
        self.work = Work(self, self.conditions)
        line.register(self.work)
        count, length, width = self.places(), self.params["length"], self.params["width"]
        self.slots = [
            line.add_slot(self, pose @ Pose((length / 2, (k - (count - 1) / 2) * width / max(count, 2), 0.0)))
            for k in range(count)
        ]
        self.targets: dict[str, Receiver | None] = {}
        self.inside: list[Part] = []
        self.outgoing: list[tuple[Part, str]] = []
        self.waiting = Waiting()
        self.leaving = self.again = False  # parts are being offered; there was a call meanwhile

    # what a subclass says -------------------------------------------------------------------------

    def places(self) -> int:
        """Places for parts in it."""
        return 1

    def wants(self, part: Part) -> bool:
        """Whether this part, now, belongs to what it takes next."""
        return not self.inside

    def complete(self) -> bool:
        """Whether it has what it needs."""
        return True

    @abstractmethod
    def job(self) -> tuple[int, int]:
        """Product (index) that it must be set up for, and the time of the cycle in ns."""

    @abstractmethod
    def results(self) -> list[tuple[Part, str]]:
        """What leaves, and by which exit, of the parts inside; it owns what it makes."""

    # flow -----------------------------------------------------------------------------------------

    @property
    def works_at_once(self) -> int | None:
        return 1

    def connect(self) -> None:
        for name, target in self.record.to.items():
            self.targets[name] = self.line.receiver(target.device, target.at)
        self.conditions.connect()
        self.ports["enable"].subscribe(self.enable_changed)
        self.ports["start"].subscribe(self.start_changed)

    def start(self) -> None:
        self.begin_status(State.STARVED)
        self.work.start()
        self.settle()

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        if self.outgoing or not self.work.free or not self._enabled() or not self.wants(part):
            self.waiting.add(giver)
            return False
        self.waiting.discard(giver)
        self.own(part)
        self.stand(part, len(self.inside))
        self.inside.append(part)
        if self.complete():
            self.work.begin(*self.job())
        self.settle()
        return True

    def stand(self, part: Part, place: int = 0) -> None:
        """Journal where in it a part stands."""
        self.line.journal.add(_MOVE, _SLOT, part.id, self.slots[place % len(self.slots)])

    def ready(self, receiver: Receiver) -> None:
        self._leave()
        self.settle()

    def may_start(self) -> bool:
        return bool(self.ports["start"].value) or not self.bound("start")

    def work_done(self, work: Work) -> None:
        self.outgoing = self.results()
        self.inside = []
        self._leave()
        self.settle()

    def came_back(self, work: Work) -> None:
        self._leave()
        self._call()

    def enable_changed(self, _: None) -> None:
        """Enabled again: whoever waits may give."""
        self._call()
        self.settle()

    def start_changed(self, _: None) -> None:
        """The start command rose: work begins if it can."""
        self.work.go()
        self.settle()

    def settle(self) -> None:
        """Publish what it does and holds now, if that has changed."""
        work = self.work
        state = work.condition()
        if state is None:
            empty = State.STARVED if self._enabled() else State.IDLE  # idle: it may not take what comes
            state = State.BLOCKED if self.outgoing else empty
        held, done = len(self.inside) + len(self.outgoing), bool(self.outgoing)
        self.tell(state, held, (held > 0) | work.running << 1 | done << 2 | work.down << 3)

    def _leave(self) -> None:
        """Offer what is finished, first come first, each exit by itself; then take in what waits."""
        if self.leaving:
            self.again = True  # called from within an offer of its own
            return
        if not self.outgoing or not self.work.may_leave:
            return
        self.leaving = self.again = True
        while self.again:
            self.again = False
            staying: list[tuple[Part, str]] = []
            for part, output in self.outgoing:
                target = self.targets[output]
                full = any(other == output for _, other in staying)
                if full or target is None or not target.offer(part, self):
                    staying.append((part, output))
            self.outgoing = staying
        self.leaving = False
        if not self.outgoing:
            self._call()

    def _call(self) -> None:
        """Call those who wait, each once at most, while something may come in."""
        for _ in range(len(self.waiting.givers)):
            if self.outgoing or not self.work.free or not self._enabled():
                return
            self.waiting.call(self)

    def _enabled(self) -> bool:
        return bool(self.ports["enable"].value) or not self.bound("enable")

    def restored(self) -> None:
        super().restored()
        for part in (*self.inside, *(part for part, _ in self.outgoing)):
            self.own(part)

    def bodies(self) -> Sequence[Body]:
        mesh = shown(self.record.asset, self.pose)
        if mesh is not None:
            return [mesh]
        frame, length, width = self.pose, self.params["length"], self.params["width"]
        half, x = width / 2, length / 2
        bodies = [
            box(frame, "table", "steel", (length, width - 0.06, 0.03), (x, 0, -0.015)),
            box(frame, "apron", "frame", (length, width - 0.06, 0.1), (x, 0, -0.08)),
            box(frame, "back", "station", (length, 0.03, 0.7), (x, half - 0.015, 0.35)),
            box(frame, "shelf", "station", (length, 0.22, 0.03), (x, half - 0.11, 0.72)),
        ]
        corners = [(px, py) for px in (0.03, length - 0.03) for py in (half - 0.03, 0.03 - half)]
        for i, corner in enumerate(corners):
            bodies += post(frame, f"leg {i}", "frame", 0.05, corner, -0.03)
        return bodies
