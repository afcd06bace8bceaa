"""A line as it runs: kernel, journal, tag table, drives, lanes, devices, controllers, links, parts.

Built from a loaded scene, in declaration order, always in the same steps, so that every index in the
journal means the same in every run of a scene.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from commissioning.model.duration import Distribution
from commissioning.model.pose import Pose
from commissioning.model.problem import Problem
from commissioning.model.record import Kind
from commissioning.model.scene import DeviceRecord, Scene
from commissioning.sim.ahead import Ahead
from commissioning.sim.axis import Axis
from commissioning.sim.controller import Controller
from commissioning.sim.controller_host import ControllerHost
from commissioning.sim.decks import Deck
from commissioning.sim.device import Device
from commissioning.sim.drive import Drive
from commissioning.sim.drive_two_way import MirrorDrive, MirrorSoftDrive, TwoWayDrive, TwoWaySoftDrive
from commissioning.sim.flow import Receiver
from commissioning.sim.header import describe
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.lane import Lane
from commissioning.sim.lanes.merge import MergePoint, MergeRule
from commissioning.sim.lanes.merge_gap import GapPoint, merge_point
from commissioning.sim.lanes.plan import LanePlan, lead_back, plan_lanes
from commissioning.sim.link import Link
from commissioning.sim.part import Part
from commissioning.sim.random_stream import Sampler, Uniforms, stream_key
from commissioning.sim.riding import Riding
from commissioning.sim.soft_drive import SoftDrive
from commissioning.sim.stateful import Stateful
from commissioning.sim.tags import Signal, TagTable
from commissioning.sim.wiring import wire_tags

__all__ = ["Line", "Loaded"]

_PART_MADE, _PART_GONE = int(Kind.PART_MADE), int(Kind.PART_GONE)


class Loaded(Protocol):
    """What a run needs of a loaded scene. `types` maps (kind, type) to a class, `programs` a
    controller's id to its compiled program, `poses` a device's id to its place in the world, `folder` is
    where relative paths of links start. `shared`: empty at first, for what its runs have in common."""

    @property
    def scene(self) -> Scene: ...
    @property
    def folder(self) -> Path: ...
    @property
    def types(self) -> Mapping[tuple[str, str], Any]: ...
    @property
    def poses(self) -> Mapping[str, Pose]: ...
    @property
    def programs(self) -> Mapping[str, Any]: ...
    @property
    def shared(self) -> dict[str, Any]: ...


class Line:
    """All live objects of one run. `objects` holds everything with state by id, `parts` by number."""

    def __init__(self, loaded: Loaded, seed: int, every_scan: bool = False) -> None:
        self.loaded, self.scene, self.seed, self.every_scan = loaded, loaded.scene, seed, every_scan
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, {})
        self.tags = TagTable(self.kernel, self.journal)
        self.objects: dict[str, Stateful] = {}
        self.parts: dict[int, Part] = {}
        self.made = 0
        self.alarms: list[Problem] = []
        self.riding: Riding | None = None  # parts on parts, where a device loads some
        self.drives: list[Drive | Axis] = []
        self.slots: list[tuple[str, Pose]] = []
        self.decks: list[Deck] = []
        self.products = list(self.scene.products.values())
        self.sizes = [(*product.size, product.mass) for product in self.products]  # m, m, m, kg
        self.attributes: list[str] = []
        self.object_index: dict[str, int] = {}
        count = 0
        for kind in ("devices", "controllers", "links", "scenarios", "checks"):
            for identity in getattr(self.scene, kind):
                self.object_index.setdefault(identity, count)  # a check may bear the name of a device
                count += 1

        self._ports = wire_tags(self)
        self.devices: dict[str, Device] = {}
        self.track_drives: dict[str, list[Drive]] = {}
        self.merge_rules: dict[tuple[str, float], MergeRule] = {}  # by track and place along it
        for record in self.scene.devices.values():
            self._add_device(record)
        self.lane_plans: list[LanePlan] = plan_lanes(self)
        self.lanes: list[Lane] = []
        self._place: dict[str, tuple[Lane, float]] = {}
        self._merges: dict[tuple[str, float], MergePoint] = {}
        for plan in self.lane_plans:
            lane = plan.build(len(self.lanes), self)
            self.lanes.append(lane)
            self.register(lane)
            for zone in plan.zones:
                self._place.setdefault(zone.device, (lane, zone.start))
        for device in self.devices.values():
            device.connect()
        for plan, lane in zip(self.lane_plans, self.lanes, strict=True):
            if plan.exit is not None:
                lane.exit = self.receiver(plan.exit.device, plan.exit.at)
                lane.aside = bool(getattr(lane.exit, "aside", False))
                if isinstance(lane.exit, GapPoint):
                    lane.exit.fed_by(lane)
        lead_back(self)
        self.hosts: dict[str, ControllerHost] = {}
        order = 0
        for identity, controller_record in self.scene.controllers.items():
            make = loaded.types["controller", controller_record.type]
            controller: Controller | None = make(
                self.object_index[identity], controller_record, self, loaded.programs.get(identity)
            )
            if controller is not None and controller.tasks:
                host = ControllerHost(controller, self, order)
                order += len(controller.tasks)
                self.hosts[identity] = host
                self.register(host)
        self.links: dict[str, Link] = {
            identity: loaded.types["link", record.type](identity, record.params, loaded.folder)
            for identity, record in self.scene.links.items()
        }
        began, chain = loaded.shared.get("began", (-1, None))  # the header is long, and so is its sum
        self.core_hash = self.journal.begin(describe(self), chain if began == seed else None)
        chains = [one for device in self.devices.values() if (one := device.chain()) is not None]
        self.ahead = Ahead(self, chains) if chains else None
        loaded.shared["began"] = seed, bytes.fromhex(self.core_hash)

    def start(self) -> None:
        """Time 0: every device in declaration order, then the controllers."""
        for device in self.devices.values():
            device.start()
        for host in self.hosts.values():
            host.start()

    # what devices ask for ------------------------------------------------------------------------

    def device_ports(self, device: Device) -> dict[str, Signal]:
        """The entries of a device's ports by port name."""
        return self._ports[device.id]

    def add_track_drive(
        self, device: Device, speed: float, acceleration: float, deceleration: float, jerk: float = 0.0,
        two_way: bool = False,
    ) -> Drive:  # fmt: skip
        """The drive of a track: what moves the parts on it. `jerk` 0: not limited. `two_way`: it may turn."""
        told = len(self.drives), device.id, self.kernel, self.journal, speed, acceleration, deceleration
        drive: Drive
        if jerk:
            drive = TwoWaySoftDrive(*told, jerk) if two_way else SoftDrive(*told, jerk)
        else:
            drive = TwoWayDrive(*told) if two_way else Drive(*told)
        self.drives.append(drive)
        self.track_drives[device.id] = [drive]
        self.register(drive)
        return drive

    def add_zone_drives(
        self, device: Device, count: int, speed: float, acceleration: float, jerk: float = 0.0,
        two_way: bool = False,
    ) -> list[Drive]:  # fmt: skip
        """The drives of a track of `count` zones of equal length, from the infeed on; `jerk` 0: no limit.
        `two_way`: they turn with their lane, when the device tells it to."""
        drives: list[Drive] = []
        for k in range(count):
            name = f"{device.id}.zone{k + 1}"
            told = len(self.drives), name, self.kernel, self.journal, speed, acceleration
            drive: Drive
            if jerk:
                drive = (MirrorSoftDrive if two_way else SoftDrive)(*told, None, jerk)
            else:
                drive = MirrorDrive(*told) if two_way else Drive(*told)
            self.drives.append(drive)
            self.register(drive)
            drives.append(drive)
        for drive in drives:
            drive.mates = tuple(mate for mate in drives if mate is not drive)
        self.track_drives[device.id] = drives
        return drives

    def add_axis(self, device: Device, name: str) -> Axis:
        """A driven degree of freedom of a device (blade, ram), at 0 m."""
        axis = Axis(len(self.drives), f"{device.id}.{name}", self.kernel, self.journal)
        self.drives.append(axis)
        self.register(axis)
        return axis

    def add_deck(self, deck: Deck) -> None:
        """What an axis carries parts on. For pictures only: a part rides on the axis."""
        self.decks.append(deck)

    def add_slot(self, device: Device, pose: Pose) -> int:
        """A place that holds parts; returns its index in the journal. `pose`: bottom centre of a part."""
        self.slots.append((device.id, pose))
        return len(self.slots) - 1

    def attribute(self, name: str) -> int:
        """Index of a part attribute in the journal."""
        if name not in self.attributes:
            self.attributes.append(name)
        return self.attributes.index(name)

    def on_track(self, device_id: str) -> tuple[Lane, float]:
        """The lane a track belongs to and the lane coordinate of the track's infeed, m."""
        return self._place[device_id]

    def receiver(self, device_id: str, at: float | None = None) -> Receiver | None:
        """What takes parts sent to a device."""
        if device_id in self._place:
            return self.merge_point(device_id, at) if at else self._place[device_id][0]
        return self.devices[device_id].receiver(at)

    def merge_point(self, track: str, at: float) -> MergePoint:
        """Where parts come onto the middle of a track, `at` m from its infeed; made when first asked for."""
        point = self._merges.get((track, at))
        if point is None:
            lane, start = self._place[track]
            point = merge_point(lane, start + at, self.merge_rules.get((track, at), MergeRule()))
            self._merges[track, at] = point
            self.register(point)
        return point

    def sampler(self, device: Device, purpose: str, distribution: Distribution) -> Sampler:
        """A stream of durations of its own for one purpose of one device."""
        sampler = Sampler(
            f"random:{device.id}:{purpose}", stream_key(self.seed, device.id, purpose), distribution
        )
        self.register(sampler)
        return sampler

    def choices(self, device: Device, purpose: str) -> Uniforms:
        """A stream of numbers in (0, 1) of its own for one purpose of one device."""
        stream = Uniforms(f"random:{device.id}:{purpose}", stream_key(self.seed, device.id, purpose))
        self.register(stream)
        return stream

    def fork(self, seed: int) -> None:
        """Every random stream goes on with other numbers; what has been drawn stays."""
        for thing in self.objects.values():
            if isinstance(thing, Sampler | Uniforms):
                thing.fork(seed)

    def make_part(self, product: int, device: Device) -> Part:
        """A new part of a product (index), made by `device`. It is nowhere yet."""
        length, width, height, mass = self.sizes[product]
        number = self.made
        self.made = number + 1
        part = self.parts[number] = Part(number, product, length, width, height, mass, self.kernel._now)
        self.journal.note(_PART_MADE, product, number, length, width, height, device.index)
        return part

    def end_part(self, part: Part, reason: int, device: Device, count: int = 0) -> None:
        """The part leaves the line: reason 0 done, 1 lost, 2 removed; `count`: how many have left here so."""
        self.journal.note(_PART_GONE, reason, part.id, device.index, count)
        del self.parts[part.id]
        if self.riding is not None:
            self.riding.end(part, reason, device, count)

    def use_part(self, part: Part, device: Device, into: Part | None) -> None:
        """The part goes into another one and is no part of its own any more; None: it is taken apart."""
        self.journal.add(_PART_GONE, 3, part.id, device.index, 0.0 if into is None else into.id + 1.0)
        del self.parts[part.id]
        if self.riding is not None:
            self.riding.use(part, device, into)

    def register(self, thing: Stateful) -> None:
        """Enter something with state. Raises ValueError if its id is taken."""
        if thing.id in self.objects:
            raise ValueError(f"two objects are named {thing.id}")
        self.objects[thing.id] = thing

    def _add_device(self, record: DeviceRecord) -> None:
        make = self.loaded.types["device", record.type]
        device: Device = make(self.object_index[record.id], record, self.loaded.poses[record.id], self)
        self.devices[record.id] = device
        self.register(device)
