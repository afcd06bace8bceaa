"""What shuttle, lift and turntable share: one axis that goes to a part, takes it, travels and gives it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from commissioning.devices.giving_place import place_of
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port
from commissioning.model.pose import Pose
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.decks import Deck
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Carriage", "carriage_params", "carriage_ports"]

_MOVE, _BODY = int(Kind.PART_MOVE), int(CarrierKind.BODY)


def carriage_params(where: str, position: str, speed: str, acceleration: str) -> tuple[Param, ...]:
    """`where`: what a position is, in a sentence; the others are kinds of parameters."""
    return (
        Param("takes", "mapping", f"What it takes parts from: the device that feeds it, and {where}.",
              keys="device", item=Param("place", position, where), at_least_one=True,
              example="{belt1: 0 deg}" if position == "angle" else "{belt1: 0 m}"),
        Param("gives", "mapping", f"Its exits by name, and {where}. Each is one of `to`.",
              item=Param("place", position, where), at_least_one=True,
              example="{on: 90 deg}" if position == "angle" else "{left: 4 m, right: 8 m}"),
        Param("speed", speed, "Highest speed.", exclusive_minimum=0.0),
        Param("acceleration", acceleration, "To get going; 0: at once.", default=0.0, minimum=0.0),
        Param("deceleration", acceleration, "To stop; as to get going unless given.", default=None,
              minimum=0.0),
        Param("load", "distribution", "Time to take a part.", default="0 s", example="4 s"),
        Param("unload", "distribution", "Time to give a part, before it is taken.", default="0 s",
              example="3 s"),
        Param("route", "mapping", "Exit by product; what is not named goes to the exits in turn.",
              default=None, keys="product", item=Param("exit", "text", "An exit."),
              example="{carton: left}"),
    )  # fmt: skip


def carriage_ports() -> tuple[Port, ...]:
    """Commands and feedback. Places count from 1: those of `takes`, then those of `gives`."""
    return (
        Port("place", DataType.UINT, "in", "Number of the place to go to; 0: stay. Without a binding it goes"
             " where a part waits, and then where the part is to go."),
        Port("take", DataType.BOOL, "in", "May take a part; without a binding always."),
        Port("give", DataType.BOOL, "in", "May give its part; without a binding always."),
        Port("at", DataType.UINT, "out", "Number of the place where it stands; 0 between places."),
        Port("called", DataType.UINT, "out", "Number of the place where a part has waited longest; 0: none."),
        Port("busy", DataType.BOOL, "out", "It moves, takes or gives."),
        Port("loaded", DataType.BOOL, "out", "It has a part, taken whole."),
        Port("refused", DataType.BOOL, "out", "There is no place with the number it was told to go to."),
        Port("move_time", DataType.LREAL, "out", "Time the last move was planned to take.", unit="s"),
    )  # fmt: skip


class Carriage(Device, Receiver, Giver):
    """Base class. The subclass says what moves and how it looks.

    A part is on the carriage from the instant it is taken: `load` passes while it comes on, `unload` while it
    goes off. Then it is offered to the exit, and stays as long as that has no place. Without commands the
    places are served in the order in which parts began to wait there. A command under way may be changed: the
    carriage goes to the new place from wherever it is, as fast as its limits allow.
    """

    saved: ClassVar[tuple[str, ...]] = ("part", "phase", "goal", "waiting", "turn", "bound_for")
    constant: ClassVar[tuple[str, ...]] = (
        "drive", "places", "feeds", "exits", "targets", "load", "unload", "commanded", "routes",
    )  # fmt: skip
    continuations: ClassVar[tuple[str, ...]] = ("taken", "given")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        given = self.params
        self.drive = line.add_axis(self, "carriage")
        line.add_deck(self.deck(f"{self.id}.carriage"))
        if given.get("jerk") and not (given["acceleration"] and given["deceleration"] != 0.0):
            raise ValueError(f"{self.id} has a jerk but no acceleration; write acceleration: and its limit")
        self.places: list[float] = [*given["takes"].values(), *given["gives"].values()]
        self.feeds = len(given["takes"])  # so many places are for taking, the others for giving
        self.exits = list(given["gives"])
        self.routes: dict[int, int] = {}
        names = [product.id for product in line.products]
        for product, exit_name in (given["route"] or {}).items():
            if exit_name not in self.exits:
                raise ValueError(f"{self.id} has no exit {exit_name}; write one of {', '.join(self.exits)}")
            self.routes[names.index(product)] = self.exits.index(exit_name)
        self.targets: list[Receiver] = []
        self.load = line.sampler(self, "load", given["load"])
        self.unload = line.sampler(self, "unload", given["unload"])
        self.commanded = self.bound("place")
        self.part: Part | None = None
        self.phase = "free"  # standing; or moving, taking, loaded (standing), giving, offering
        self.goal = 0  # place it stands at or goes to
        self.waiting = Waiting()  # at all its places, the longest wait first
        self.turn = 0  # the exit whose turn it is
        self.bound_for = -1  # exit of the part on it, by number

    @abstractmethod
    def deck(self, drive: str) -> Deck:
        """Where parts stand on it."""

    def connect(self) -> None:
        for name in self.exits:
            to = self.record.to[name]
            target = self.line.receiver(to.device, to.at)
            assert target is not None
            self.targets.append(target)
        for device in self.line.scene.devices.values():
            if device.id not in self.params["takes"] and any(t.device == self.id for t in device.to.values()):
                raise ValueError(f"{self.id} is fed by {device.id}; add it to takes with its place")
        self.drive.watch_arrived(self.arrived)
        for name in ("place", "take", "give"):
            self.ports[name].subscribe(self.command_changed)

    def start(self) -> None:
        self.drive.place(self.places[0])
        for name, value in (("at", 1), ("called", 0), ("busy", False), ("loaded", False), ("refused", False),
                            ("move_time", 0.0)):  # fmt: skip
            self.ports[name].write(value)
        self._look_round()
        self._publish()

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    # taking and giving ---------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        place = place_of(self, giver)
        if self.phase != "free" or self.goal != place or not self._may("take") or self._called_away():
            self.waiting.add(giver)
            self._tell_called()
            self._look_round()
            self._publish()
            return False
        self.waiting.discard(giver)
        self._tell_called()
        self.part = part
        self.own(part)
        self.phase = "taking"
        self._publish()
        self.line.journal.add(_MOVE, _BODY, part.id, self.drive.index, self.places[place])
        kernel = self.line.kernel
        kernel.call_at(kernel._now + self.load.draw(), self.taken)
        return True

    def taken(self, _: None) -> None:
        """Continuation: the part is on it, whole."""
        assert self.part is not None
        self.bound_for = self.routes.get(self.part.product, -1)
        if self.bound_for < 0:
            self.bound_for = self.turn
            self.turn = (self.turn + 1) % len(self.exits)
        self.phase = "loaded"
        self.ports["loaded"].write(True)
        self._look_round()
        self._publish()

    def given(self, _: None) -> None:
        """Continuation: the part stands where the exit may take it."""
        self.phase = "offering"
        self.ready(self.targets[self.goal - self.feeds])

    def ready(self, receiver: Receiver) -> None:
        if self.phase != "offering" or self.part is None:
            return
        part, self.part = self.part, None  # what takes it may call for another at once
        if not receiver.offer(part, self):
            self.part = part
            self._publish()
            return
        self.bound_for = -1
        self.phase = "free"
        self.ports["loaded"].write(False)
        self._look_round()
        self._publish()

    # where to go ---------------------------------------------------------------------------------

    def command_changed(self, _: None) -> None:
        """A command changed."""
        self._look_round()
        self._publish()

    def arrived(self, position: float) -> None:
        """It stands at its goal."""
        self.phase = "free" if self.part is None else "loaded"
        self.ports["at"].write(self.goal + 1)
        self._look_round()
        self._publish()

    def _look_round(self) -> None:
        """Do what there is to do: go on, take, or give. While it takes or gives, that ends first."""
        if self.phase not in ("free", "loaded", "moving"):
            return
        goal = self._wanted()
        if goal != self.goal:
            self._go(goal)
        elif self.phase == "loaded" and goal >= self.feeds and self._may("give"):
            self.phase = "giving"
            kernel = self.line.kernel
            kernel.call_at(kernel._now + self.unload.draw(), self.given)
        elif self.phase == "free" and goal < self.feeds and self._may("take"):
            self._take(goal)

    def _take(self, place: int) -> None:
        """Who waits here may come; whoever has nothing to give any more has waited."""
        here = [giver for giver in self.waiting.givers if place_of(self, giver) == place]
        for giver in here:
            giver.ready(self)
            if self.phase != "free":
                return
            self.waiting.discard(giver)
        if here:
            self._tell_called()
            self._look_round()

    def _wanted(self) -> int:
        """The place to be at."""
        if self.commanded:
            number = int(self.ports["place"].value)
            wrong = not 0 <= number <= len(self.places)
            if self.ports["refused"].source is not wrong:
                self.ports["refused"].write(wrong)
            return self.goal if wrong or number == 0 else number - 1
        if self.phase == "moving":
            return self.goal
        if self.part is not None:
            return self.feeds + self.bound_for
        return place_of(self, self.waiting.givers[0]) if self.waiting else self.goal

    def _called_away(self) -> bool:
        """It stands here, but a part has waited elsewhere before; or it is told to be elsewhere."""
        return self._wanted() != self.goal

    def _go(self, goal: int) -> None:
        given = self.params
        self.goal = goal
        self.phase = "moving"
        if self.ports["at"].source != 0:
            self.ports["at"].write(0)
        time = self.drive.move_to(
            self.places[goal], given["speed"], given["acceleration"], given["deceleration"],
            given.get("jerk") or 0.0,
        )  # fmt: skip
        self.ports["move_time"].write(time)

    def _may(self, port: str) -> bool:
        return not self.bound(port) or bool(self.ports[port].value)

    # what is told --------------------------------------------------------------------------------

    def _publish(self) -> None:
        """What it does, once all that follows at once has been done: no edges of no length."""
        empty = State.IDLE if self.waiting else State.STARVED  # idle: there is a part, it is told not to
        state = {"free": empty, "offering": State.BLOCKED}.get(self.phase, State.WORKING)
        busy = self.phase in ("moving", "taking", "giving")
        self.set_state(state, 0 if self.part is None else 1)
        if self.ports["busy"].source is not busy:
            self.ports["busy"].write(busy)

    def _tell_called(self) -> None:
        number = place_of(self, self.waiting.givers[0]) + 1 if self.waiting else 0
        if self.ports["called"].source != number:
            self.ports["called"].write(number)

    @abstractmethod
    def bodies(self) -> Sequence[Body]:
        """What it looks like, in world coordinates."""
