"""Router: sends each part to the next stop of its product's route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.record import Kind
from commissioning.model.scene import DeviceRecord
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Router"]


def _stops(params: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stop for route in params["routes"].values() for stop in route))


class Router(Device, Receiver, Giver):
    """Everything on a route gives its parts back to the router, which gives them to what follows.

    It takes no time and has no place: a part waits where it is until its next stop has a place. The stop
    it is bound for, from 1, is in its attribute `ID.stop`.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="router",
        help="Sends each part to the next device on the route of its product.",
        params=(
            Param("routes", "mapping", "By product: the devices it goes to, in their order.", keys="product",
                  at_least_one=True, example="{carton: [saw, drill, out], tray: [drill, saw, out]}",
                  item=Param("route", "list", "Devices.", at_least_one=True, example="[saw, drill, out]",
                             item=Param("stop", "device", "A device."))),
        ),
        places="flow",
        feeds=True,
        leads_to=_stops,
        example="hub: {type: router, routes: {carton: [saw, drill, out]}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("bound_for", "waiting", "wanted")
    constant: ClassVar[tuple[str, ...]] = ("routes", "targets", "stop")

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        names = [product.id for product in line.products]
        self.routes: dict[int, tuple[str, ...]] = {
            names.index(name): route for name, route in self.params["routes"].items()
        }
        self.stop = line.attribute(f"{self.id}.stop")
        self.targets: dict[str, Receiver] = {}
        self.bound_for: dict[int, int] = {}  # part -> number of the stop that has refused it
        self.waiting = Waiting()
        self.wanted: dict[str, str] = {}  # by giver that waits: the stop that its part is bound for

    def connect(self) -> None:
        for name, route in self.params["routes"].items():
            for k, stop in enumerate(route):
                target = self.line.receiver(stop)
                if target is None or target is self:
                    raise self._wrong(
                        name, k, f"{stop} takes no parts from a route", "Name a device that does"
                    )
                if k + 1 < len(route) and not self._leads_back(stop):
                    what = f"parts do not come back from {stop} to go on to {route[k + 1]}"
                    raise self._wrong(name, k, what, f"Write to: {self.id} where its parts leave")
                self.targets[stop] = target

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    def offer(self, part: Part, giver: Giver) -> bool:
        number = self.bound_for.pop(part.id, 0)
        if not number:
            number = int(part.attributes.get(self.stop, 0.0)) + 1
            route = self._route(part)
            if number > len(route):
                name = self.line.products[part.product].id
                raise ValueError(f"part {part.id} ({name}) came back from its last stop, {route[-1]}")
            part.attributes[self.stop] = float(number)
            self.line.journal.add(int(Kind.PART_ATTRIBUTE), self.stop, part.id, float(number))
        stop = self._route(part)[number - 1]
        if self.targets[stop].offer(part, self):
            self.waiting.discard(giver)
            return True
        self.bound_for[part.id] = number
        self.waiting.add(giver)
        self.wanted[giver.id] = stop
        return False

    def ready(self, receiver: Receiver) -> None:
        there = {stop for stop, target in self.targets.items() if target is receiver}
        for giver in [one for one in self.waiting.givers if self.wanted[one.id] in there]:
            self.waiting.discard(giver)
            giver.ready(self)

    def onward_of(self, giver: Giver) -> Receiver | None:
        """The stop that the part of a giver is bound for."""
        return self.targets[self.wanted[giver.id]]

    def _route(self, part: Part) -> tuple[str, ...]:
        route = self.routes.get(part.product)
        if route is None:
            name = self.line.products[part.product].id
            raise ValueError(f"{self.id} was given a {name}, which has no route")
        return route

    def _leads_back(self, device: str) -> bool:
        """Whether what leaves a device can come to this one."""
        devices, seen, ahead = self.line.scene.devices, {device}, [device]
        while ahead:
            for target in devices[ahead.pop()].to.values():
                if target.device == self.id:
                    return True
                if target.device not in seen:
                    seen.add(target.device)
                    ahead.append(target.device)
        return False

    def _wrong(self, product: str, number: int, what: str, cure: str) -> Problems:
        return Problems(Problem(what, Place(id=f"devices.{self.id}.routes.{product}[{number}]"), cure))

    def bodies(self) -> Sequence[Body]:
        return [box(self.pose, "plate", "guard", (0.3, 0.3, 0.02), (0, 0, -0.012))]
