"""AGVs: vehicles on guide paths that carry parts from node to node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from commissioning.devices.agv_paths import GuidePaths
from commissioning.devices.agv_vehicle import Vehicle
from commissioning.devices.giving_place import place_of
from commissioning.devices.shapes import box
from commissioning.model.body import Body
from commissioning.model.declare import Param, Port, TypeDeclaration
from commissioning.model.pose import Pose
from commissioning.model.record import CarrierKind, Kind, State
from commissioning.model.scene import DeviceRecord
from commissioning.model.tags import DataType
from commissioning.sim.device import Device
from commissioning.sim.flow import Giver, Receiver, Waiting
from commissioning.sim.line import Line
from commissioning.sim.part import Part

__all__ = ["Agvs"]

_MOVE, _BODY, _PROBLEM = int(Kind.PART_MOVE), int(CarrierKind.BODY), int(Kind.PROBLEM)


def _exit_pose(params: Mapping[str, Any], output: str) -> Pose:
    place = params["nodes"].get(params["gives"][output], ())
    return Pose((float(place[0]), float(place[1]), 0.0)) if len(place) == 2 else Pose()


class Agvs(Device, Receiver):
    """A fleet.

    Jobs. A part that is offered where a vehicle with nothing to do stands comes onto it at once; any other
    waits. The part that has waited longest gets the free vehicle with the shortest way to it, of equals the
    first one declared. Free is who stands empty without a job: at home, or where it gave its last part away
    while its way home is taken. A job stays with its vehicle. After `load` a part gets its exit, by `route`
    or in turns; after `unload` there it is offered until it is taken. Without a job a vehicle parks at home.

    Ways. The shortest one is gone, with a stop at each corner. A vehicle reserves its whole way, all paths
    and nodes of it at once, before it leaves, and gives back what lies behind it at each corner, not where it
    stands. So nothing ever comes towards it. Those that wait are looked at, whenever anything changes, in the
    order in which they began to wait: whose way is free leaves, also before one that has waited longer.
    One that stands elsewhere and finds its way taken goes home first, out of the way of others, with or
    without a part, if that way is free, and from there waits anew. Who gets a job while it waits for its way
    home keeps its turn. Without `enable` nobody leaves; who is under way goes to the end of it.

    Deadlock. Vehicles that wait, on their way and on their way home, each for another one of them, are named
    in a problem, and `deadlock` rises; it falls if a new job takes one of them another way.

    A vehicle is a point on its path: paths that cross without a node, and nodes nearer to one another than
    vehicles are long, are not looked at.
    """

    declaration = TypeDeclaration(
        kind="device",
        type="agvs",
        help="Vehicles on guide paths: fetch parts at nodes and carry them to others, reserving their way.",
        params=(
            Param("nodes", "mapping", "Nodes of the guide paths: [x, y] from the pose of the device.",
                  item=Param("place", "list", "x and y.", item=Param("coordinate", "length", "x or y.")),
                  at_least_one=True, example="{a: [0 m, 0 m], b: [8 m, 0 m]}"),
            Param("paths", "list", "Straight paths: a-b both ways, a>b one way.",
                  item=Param("path", "text", "Two nodes."), at_least_one=True, example="[a-b, b>c]"),
            Param("vehicles", "mapping", "Vehicles by name, and the node where each parks.",
                  item=Param("home", "text", "A node."), at_least_one=True, example="{v1: a}"),
            Param("takes", "mapping", "What it takes parts from: the device that feeds it, and the node.",
                  keys="device", item=Param("node", "text", "A node."), at_least_one=True,
                  example="{belt1: a}"),
            Param("gives", "mapping", "Its exits by name, and the node of each.",
                  item=Param("node", "text", "A node."), at_least_one=True, example="{on: b}"),
            Param("route", "mapping", "Exit by product; what is not named goes to the exits in turn.",
                  default=None, keys="product", item=Param("exit", "text", "An exit.")),
            Param("speed", "speed", "Highest speed.", exclusive_minimum=0.0, example="1 m/s"),
            Param("acceleration", "acceleration", "To get going and to stop; 0: at once.", default=0.0,
                  minimum=0.0),
            Param("load", "distribution", "Time to take a part.", default="0 s"),
            Param("unload", "distribution", "Time to give a part, before it is taken.", default="0 s"),
        ),
        ports=(
            Port("enable", DataType.BOOL, "in", "Vehicles may set out; without a binding always."),
            Port("called", DataType.UDINT, "out", "Parts that wait to be fetched."),
            Port("driving", DataType.UDINT, "out", "Vehicles under way."),
            Port("loaded", DataType.UDINT, "out", "Vehicles with a part."),
            Port("deadlock", DataType.BOOL, "out", "Vehicles wait for one another."),
        ),
        places="flow",
        outputs_from="gives",
        feeds=True,
        exit_pose=_exit_pose,
        example="fleet: {type: agvs, nodes: {a: [0 m, 0 m], b: [8 m, 0 m]}, paths: [a-b], vehicles: {v1: a},"
        " takes: {belt1: a}, gives: {on: b}, speed: 1 m/s, to: {on: belt2}}",
    )  # fmt: skip
    saved: ClassVar[tuple[str, ...]] = ("reserved", "queue", "waiting", "turn", "named")
    constant: ClassVar[tuple[str, ...]] = (
        "paths", "vehicles", "take_nodes", "exits", "give_nodes", "targets", "load", "unload", "routes",
    )  # fmt: skip

    def __init__(self, index: int, record: DeviceRecord, pose: Pose, line: Line) -> None:
        super().__init__(index, record, pose, line)
        p = self.params
        self.paths = GuidePaths(p["nodes"], p["paths"])
        self.take_nodes: list[str] = list(p["takes"].values())
        self.exits, self.give_nodes = list(p["gives"]), list(p["gives"].values())
        names = [product.id for product in line.products]
        self.routes: dict[int, int] = {}
        for product, exit_name in (p["route"] or {}).items():
            if exit_name not in self.exits:
                raise ValueError(f"{self.id} has no exit {exit_name}; write one of {', '.join(self.exits)}")
            self.routes[names.index(product)] = self.exits.index(exit_name)
        self._check_ways(list(p["vehicles"].values()))
        self.vehicles = [
            Vehicle(self, number, name, home, line)
            for number, (name, home) in enumerate(p["vehicles"].items())
        ]
        self.load = line.sampler(self, "load", p["load"])
        self.unload = line.sampler(self, "unload", p["unload"])
        self.targets: list[Receiver] = []
        self.reserved: dict[str, int] = {vehicle.home: vehicle.number for vehicle in self.vehicles}
        self.queue: list[int] = []  # vehicles that wait for their way, the longest wait first
        self.waiting = Waiting()
        self.turn = 0
        self.named: list[int] = []  # vehicles of the deadlock that has been told

    def _check_ways(self, homes: list[str]) -> None:
        """Every node that counts can be reached from every other, and nobody parks in the way."""
        stops = list(dict.fromkeys([*homes, *self.take_nodes, *self.give_nodes]))
        for node in stops:
            if node not in self.paths.nodes:
                raise ValueError(f"{self.id} has no node {node!r}; add it to nodes")
        if len(set(homes)) < len(homes):
            raise ValueError(f"two vehicles of {self.id} have one home; give each its own")
        several = set(homes) if len(homes) > 1 else set()
        for a in stops:
            for b in stops:
                route = self.paths.route(a, b)
                if not route:
                    raise ValueError(f"no way of {self.id} leads from {a} to {b}; add paths")
                on_way = set(route[1:-1]) | ({b} if b in [*self.take_nodes, *self.give_nodes] else set())
                if a != b and on_way & several:
                    node = min(on_way & several)
                    raise ValueError(
                        f"a vehicle of {self.id} parks at {node}, in the way of others; park aside"
                    )

    def connect(self) -> None:
        for name in self.exits:
            to = self.record.to[name]
            target = self.line.receiver(to.device, to.at)
            assert target is not None
            self.targets.append(target)
        for device in self.line.scene.devices.values():
            if device.id not in self.params["takes"] and any(t.device == self.id for t in device.to.values()):
                raise ValueError(f"{self.id} is fed by {device.id}; add it to takes with its node")
        self.ports["enable"].subscribe(self.enable_changed)

    def start(self) -> None:
        for vehicle in self.vehicles:
            vehicle.start()
        for name, value in (("called", 0), ("driving", 0), ("loaded", 0), ("deadlock", False)):
            self.ports[name].write(value)
        self.publish()

    def receiver(self, at: float | None = None) -> Receiver:
        return self

    # parts ---------------------------------------------------------------------------------------

    def offer(self, part: Part, giver: Giver) -> bool:
        place = place_of(self, giver)
        for vehicle in self.vehicles:
            if vehicle.stands_for(place, self.take_nodes[place]):
                self.waiting.discard(giver)
                self.own(part)
                self.line.journal.add(_MOVE, _BODY, part.id, vehicle.y.index)
                vehicle.take(part, self.load.draw())
                self.publish()
                return True
        self.waiting.add(giver)
        self.dispatch()
        return False

    def next_exit(self, part: Part) -> int:
        """Where a part goes."""
        found = self.routes.get(part.product, -1)
        if found < 0:
            found = self.turn
            self.turn = (self.turn + 1) % len(self.exits)
        return found

    def call(self, place: int) -> None:
        """A vehicle is at the node of `place`: whoever waits there may give."""
        for giver in [giver for giver in self.waiting.givers if place_of(self, giver) == place]:
            giver.ready(self)
            if not any(vehicle.phase == "here" and vehicle.job == place for vehicle in self.vehicles):
                return
            self.waiting.discard(giver)  # it has nothing to give any more

    # jobs and ways -------------------------------------------------------------------------------

    def enable_changed(self, _: None) -> None:
        """Vehicles may set out, or may not any more."""
        self.dispatch()

    def dispatch(self) -> None:
        """Give each part that waits the nearest free vehicle, then let go who can."""
        under_way = [vehicle.job for vehicle in self.vehicles]
        for giver in self.waiting.givers:
            place = place_of(self, giver)
            if place in under_way:
                under_way.remove(place)  # that one comes for it
                continue
            free = [vehicle for vehicle in self.vehicles if vehicle.free]
            if not free:
                break
            node = self.take_nodes[place]
            nearest = min(free, key=lambda one: (self._way(one.node, node), one.number))
            nearest.fetch(place, node)
        for vehicle in self.vehicles:
            vehicle.go_home()
        self.grant()

    def _way(self, a: str, b: str) -> float:
        return self.paths.length(self.paths.route(a, b))

    def grant(self) -> None:
        """Let every vehicle go whose way is free, in the order in which they began to wait."""
        if not self.bound("enable") or self.ports["enable"].value:
            for number in list(self.queue):
                vehicle = self.vehicles[number]
                for goal in vehicle.goals:
                    if number in self.queue:
                        self._try(vehicle, goal)
            self._name_deadlock()
        self.publish()

    def _try(self, vehicle: Vehicle, goal: str) -> bool:
        route = self.paths.route(vehicle.node, goal)
        needs = self.paths.needs(route)
        if any(self.reserved.get(one, vehicle.number) != vehicle.number for one in needs):
            return False
        self.reserved.update(dict.fromkeys(needs, vehicle.number))
        self.queue.remove(vehicle.number)
        vehicle.go(self.paths.legs(route))
        return True

    def give_back(self, vehicle: Vehicle, leg: Sequence[str]) -> None:
        """A vehicle has come to the end of a leg: what lies behind it is free."""
        for one in [leg[0], *self.paths.needs(leg)][:-1]:
            if self.reserved.get(one) == vehicle.number:
                del self.reserved[one]

    def _name_deadlock(self) -> None:
        """Vehicles that wait, on each way that they may go, for another of them: they wait for ever."""
        blocked: dict[int, tuple[str, int]] = {}
        dead = list(self.queue)
        before = -1
        while before != len(dead):
            before = len(dead)
            blocked = {}
            for number in dead:
                vehicle = self.vehicles[number]
                found = [self._held(vehicle, goal, dead) for goal in vehicle.goals]
                if found[0] is not None and None not in found:
                    blocked[number] = found[0]
            dead = list(blocked)
        if dead == self.named:
            return
        self.named = dead
        self.ports["deadlock"].write(bool(dead))
        if dead:
            names = [vehicle.name for vehicle in self.vehicles]
            waits = (f"{names[n]} waits for {one}, which {names[h]} has" for n, (one, h) in blocked.items())
            text = f"{self.id}: vehicles wait for one another: {'; '.join(waits)}"
            self.line.journal.add(_PROBLEM, 0, self.index, self.line.journal.text(text))

    def _held(self, vehicle: Vehicle, goal: str, holders: list[int]) -> tuple[str, int] | None:
        """The first path or node of its way that another one of `holders` has, and which one."""
        for one in self.paths.needs(self.paths.route(vehicle.node, goal)):
            holder = self.reserved.get(one, vehicle.number)
            if holder != vehicle.number and holder in holders:
                return one, holder
        return None

    def awaits(self) -> Sequence[Vehicle]:
        """All vehicles, if each waits with a part, or for its way; otherwise one of them will come."""
        if self.bound("enable") and not self.ports["enable"].value:
            return ()
        stuck = all(v.phase == "offering" or (v.phase == "wait" and not v.free) for v in self.vehicles)
        return self.vehicles if stuck else ()

    def in_the_way(self, vehicle: Vehicle, goal: str) -> Vehicle | None:
        """The first vehicle that has reserved something of the way of another."""
        held = self._held(vehicle, goal, list(self.reserved.values()))
        return None if held is None else self.vehicles[held[1]]

    # what is told --------------------------------------------------------------------------------

    def publish(self) -> None:
        """State and feedback, if they have changed."""
        phases = [vehicle.phase for vehicle in self.vehicles]
        held = sum(vehicle.part is not None for vehicle in self.vehicles)
        busy = any(phase in ("moving", "taking", "giving") for phase in phases)
        blocked = "offering" in phases or "wait" in phases
        idle = State.BLOCKED if blocked else State.IDLE if self.waiting else State.STARVED
        self.set_state(State.WORKING if busy else idle, held)
        for port, value in (("called", len(self.waiting.givers)), ("driving", phases.count("moving")),
                            ("loaded", held)):  # fmt: skip
            if self.ports[port].source != value:
                self.ports[port].write(value)

    def axis_under(self, part: Part) -> int | None:
        return next((vehicle.y.index for vehicle in self.vehicles if vehicle.part is part), None)

    def restored(self) -> None:
        super().restored()
        for vehicle in self.vehicles:
            if vehicle.part is not None:
                self.own(vehicle.part)

    def bodies(self) -> Sequence[Body]:
        frame, floor = self.pose, -max(self.pose.xyz[2], 0.25)
        found = []
        for k, text in enumerate(self.params["paths"]):
            a, b = (self.paths.nodes[name.strip()] for name in text.replace(">", "-").split("-"))
            x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
            dx, dy = abs(a[0] - b[0]), abs(a[1] - b[1])
            if min(dx, dy) < 1e-9:  # slanted ones are not drawn
                found.append(
                    box(frame, f"path {k}", "guard", (dx + 0.05, dy + 0.05, 0.004), (x, y, floor + 0.004))
                )
        for vehicle in self.vehicles:
            body = frame @ Pose((0.0, 0.0, floor / 2 - 0.02))
            found.append(
                Body(vehicle.name, "box", (0.8, 0.6, -floor - 0.08), body, "pusher", drive=vehicle.y.name)
            )
        return found
