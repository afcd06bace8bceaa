"""What every device is: parameters, ports, parts, states, and a place in a run.

A device is one file and one class. It declares parameters and ports (`declaration`); schema, property
panel and manual come from there. It never reads another device: it reads and writes ports, takes and
offers parts, and journals what happens to it. It is drawn because it declares bodies.

State is plain attributes, declared `saved`; what it waits for is a method named in `continuations`. No
state lives in local variables across a wait, so a run can be saved at any instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.model.body import Body
from commissioning.model.declare import TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Problem
from commissioning.model.record import Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.sim.flow import Receiver
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful
from commissioning.sim.status_port import StatusPort, places
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.ahead import Solvable
    from commissioning.sim.line import Line

__all__ = ["Device"]


class Device(Stateful):
    """Base class. `ports` maps a port's name to its entry in the tag table.

    Built in three steps, each for all devices before the next: the constructor (own drives and slots),
    `connect` (eyes on lanes, receivers), `start` at time 0 (first values, first events).
    """

    declaration: ClassVar[TypeDeclaration]

    saved: ClassVar[tuple[str, ...]] = ("state", "held", "bits")
    derived: ClassVar[tuple[str, ...]] = ("heard",)
    constant: ClassVar[tuple[str, ...]] = ("index", "record", "line", "ports", "pose", "status_ports")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        self.id = record.id
        self.index, self.record, self.line, self.pose = index, record, line, pose
        self.ports: dict[str, Signal] = line.device_ports(self)
        self.state = State.IDLE
        self.held = 0  # parts in it
        self.bits = 0  # its BOOL status ports, the first one lowest
        told = places(self.declaration).items()
        self.status_ports = tuple((self.ports[name], place) for name, place in told)
        for port, _ in self.status_ports:
            if isinstance(port, StatusPort):
                port.device = self
        self.heard: tuple[tuple[Signal, int], ...] = ()  # status ports that somebody is to be told of
        self.listen()

    @property
    def params(self) -> Mapping[str, Any]:
        """Parameters in SI units, defaults filled in."""
        return self.record.params

    @property
    def works_at_once(self) -> int | None:
        """Parts (or batches) it works on side by side; None: as many as it has slots."""
        return None

    def connect(self) -> None:
        """Find lanes and receivers. Everything is constructed, nothing has started."""

    def faults(self) -> Sequence[Problem]:
        """What is wrong with parameters that are fine by themselves: asked once, when a scene is loaded and
        its line is built. Places are ids ("devices.pu.stroke")."""
        return ()

    def start(self) -> None:
        """Write first values, schedule first events. It is time 0."""

    def receiver(self, at: float | None = None) -> Receiver | None:
        """What takes parts sent `to` this device (`at` metres along it), None if it takes none."""
        return None

    def chain(self) -> Solvable | None:
        """The chain of devices that begins here, where it can be solved ahead (`sim.ahead`). Asked once,
        when everything is connected."""
        return None

    def operate(self, action: str, value: Any = None) -> None:
        """An operator's action, one of `declaration.actions`."""
        raise ValueError(f"{self.id} is a {self.declaration.type}; it cannot be told to {action}")

    def axis_under(self, part: Part) -> int | None:
        """Number of the drive that a part of it rides on, of a device that has slots as well; else None."""
        return None

    def bodies(self) -> Sequence[Body]:
        """What it looks like, in world coordinates."""
        return ()

    def bound(self, port: str) -> bool:
        """Whether the scene ties this port to a tag, so that somebody commands or reads it."""
        return port in self.record.tags

    def own(self, part: Part) -> None:
        """Become the owner of a part that was offered to, or taken by, this device."""
        part.owner, part.place = self, None

    def set_state(self, state: State, held: int | None = None) -> None:
        """Enter a state, holding `held` parts; journaled if something changed."""
        if held is None:
            held = self.held
        if state is not self.state or held != self.held:
            self.state, self.held = state, held
            self.line.journal.note(_STATE, state, self.index, held, self.bits)

    def tell(self, state: State, held: int, bits: int) -> None:
        """Enter a state with `held` parts and `bits` as status ports; journaled if something changed."""
        if state is self.state and held == self.held and bits == self.bits:
            return
        self.state, self.held, self.bits = state, held, bits
        self.line.journal.note(_STATE, state, self.index, held, bits)
        for port, place in self.heard:
            port.write(held if place < 0 else bits >> place & 1 == 1)

    def begin_status(self, state: State) -> None:
        """The first state, at time 0: journaled in any case, and the status ports have their first values."""
        self.state, self.held, self.bits = state, 0, 0
        self.line.journal.note(_STATE, state, self.index, 0, 0)
        for port, place in self.status_ports:
            if isinstance(port, StatusPort):
                port.begin()
            else:
                port.write(0 if place < 0 else False)

    def status(self, place: int) -> Any:
        """Value of a status port: a bit, or the number of parts."""
        return self.held if place < 0 else self.bits >> place & 1 == 1

    def listen(self) -> None:
        """Find the status ports that are bound, overridden or listened to."""
        self.heard = tuple(
            (port, place)
            for port, place in self.status_ports
            if not isinstance(port, StatusPort) or not port.quiet or port.subscribers
        )

    def restored(self) -> None:
        self.state = State(self.state)
        self.listen()
        part = getattr(self, "part", None)  # devices that hold one part name it so
        if part is not None:
            self.own(part)


_STATE = int(Kind.STATE)
