"""A lane with everything along it, as a device author would wire it, and what must always hold on it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from commissioning.model.record import Kind
from commissioning.sim.drive import Drive
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.eye import ChoosyEye, Eye, Mark
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.lanes.watch import Border, End, Infeed, Stop
from commissioning.sim.part import Part
from commissioning.sim.soft_drive import SoftDrive
from commissioning.sim.stateful import Stateful, decode, encode

NS = 1_000_000_000
TOLERANCE = 2e-8  # m: twice what counts as touching


class Taker(Stateful, Receiver):
    """Takes parts while `open`, as a station or sink does."""

    saved = ("open", "taken", "refused")
    constant = ("id", "world")

    def __init__(self, world: LaneWorld) -> None:
        self.id, self.world = "taker", world
        self.open = True
        self.taken: list[int] = []
        self.refused: Giver | None = None

    def offer(self, part: Part, giver: Giver) -> bool:
        if not self.open:
            self.refused = giver
            return False
        part.owner = None
        self.taken.append(part.id)
        self.world.journal.add(int(Kind.PART_GONE), 0, part.id, 0)
        del self.world.parts[part.id]
        return True

    def set(self, is_open: bool) -> None:
        self.open = is_open
        if is_open and self.refused is not None:
            giver, self.refused = self.refused, None
            giver.ready(self)


class Feeder(Stateful, Giver):
    """Offers a part, again when told to, as a source does. `always`: of this length, whenever one fits."""

    saved = ("waiting", "always")
    constant = ("id", "world")

    def __init__(self, world: LaneWorld) -> None:
        self.id, self.world = "feeder", world
        self.waiting: Part | None = None
        self.always = 0.0

    def feed(self, length: float) -> None:
        if self.waiting is None:
            self.waiting = self.world.make(length)
            self.ready(self.world.lane)

    def ready(self, receiver: Receiver) -> None:
        while self.waiting is not None and receiver.offer(self.waiting, self):
            self.waiting = self.world.make(self.always) if self.always else None


class Log(Stateful):
    """What the lane told its devices, in order."""

    saved = ("rows",)
    constant = ("id", "world")

    def __init__(self, world: LaneWorld) -> None:
        self.id, self.world = "log", world
        self.rows: list[Any] = []

    def teller(self, name: str) -> Any:
        def tell(what: Any) -> None:
            value = what.id if isinstance(what, Part) else what
            self.rows.append([self.world.kernel.now, name, value])
            self.world.told(name, value)

        return tell


@dataclass(frozen=True)
class ZoneSpec:
    length: float
    speed: float
    acceleration: float = 0.0
    deceleration: float | None = None
    accumulating: bool = True
    jerk: float = 0.0
    own_drive: bool = True  # else that of the zone before, as two rollers with one motor have


@dataclass(frozen=True)
class WorldSpec:
    """What stands where. Places in m."""

    zones: Sequence[ZoneSpec]
    eyes: Sequence[float] = ()
    stops: Sequence[float] = ()
    marks: Sequence[tuple[float, str]] = ()


@dataclass
class Seen:
    """What the last check saw, to compare with."""

    t: int = 0
    front: dict[int, float] = field(default_factory=dict)


class LaneWorld:
    """One lane, feeder and taker. `parts` and `objects` make it the world of its snapshots."""

    def __init__(self, spec: WorldSpec) -> None:
        self.spec = spec
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, header(spec))
        self.parts: dict[int, Part] = {}
        self.made = 0
        self.removed: list[int] = []
        self.log = Log(self)
        self.raised_before: dict[int, bool] = {}
        self.drives: list[Drive] = []
        zones, x = [], 0.0
        for zone in spec.zones:
            if zone.own_drive or not self.drives:
                k = len(self.drives)
                told = k, f"belt{k}", self.kernel, self.journal
                ramps = zone.speed, zone.acceleration, zone.deceleration
                drive = SoftDrive(*told, *ramps, zone.jerk) if zone.jerk else Drive(*told, *ramps)
                self.drives.append(drive)
                drive.watch_moving(self.log.teller(f"belt{k}.moving"))
            zones.append(Zone(x, x + zone.length, self.drives[-1], zone.accumulating))
            x = zones[-1].end
        self.lane = Lane(0, "lane:belt0", zones, self.kernel, self.journal, self.parts)
        self.eyes = [self.lane.add_eye(at, self.log.teller(f"eye{k}")) for k, at in enumerate(spec.eyes)]
        self.stops = [self.lane.add_stop(at, self.log.teller(f"stop{k}")) for k, at in enumerate(spec.stops)]
        self.marks = [
            self.lane.add_mark(at, self.log.teller(f"mark{k}"), where)
            for k, (at, where) in enumerate(spec.marks)
        ]
        self.taker = Taker(self)
        self.feeder = Feeder(self)
        self.lane.exit = self.taker
        self.objects: dict[str, Stateful] = {
            thing.id: thing for thing in [*self.drives, self.lane, self.taker, self.feeder, self.log]
        }
        self.seen = Seen()
        self.fastest = max(zone.speed for zone in spec.zones)

    def told(self, name: str, value: Any) -> None:
        """Hook: something was told to a device."""

    # what a test does ----------------------------------------------------------------------------

    def make(self, length: float) -> Part:
        part = Part(self.made, 0, length, 0.2, 0.2, 1.0, self.kernel.now)
        self.made += 1
        self.parts[part.id] = part
        self.journal.add(int(Kind.PART_MADE), 0, part.id, length, 0.2, 0.2, 0.0)
        return part

    def remove(self, part: Part) -> None:
        self.lane.remove(part)
        self.journal.add(int(Kind.PART_GONE), 2, part.id, 0)
        self.removed.append(part.id)
        del self.parts[part.id]

    def run(self, seconds: float, check: bool = True) -> None:
        """To `seconds` of virtual time, checking after every instant at which something happens."""
        until = round(seconds * NS)
        while check and (t := self.kernel.next_time()) is not None and t <= until:
            self.kernel.advance(t)
            self.check()
        self.kernel.advance(until)
        if check:
            self.check()

    def command(self, rng: random.Random) -> list[Any]:
        """Something an operator or a PLC may do, as plain data."""
        kind = rng.choice(
            ["speed", "speed", "stop", "stop", "feed", "feed", "feed", "remove", "exit", "exit"]
        )
        if kind == "speed":
            k = rng.randrange(len(self.drives))
            top = self.drives[k].speed
            return ["speed", k, rng.choice([0.0, 0.0, top, top, top, top / 2, rng.uniform(0.0, top)])]
        if kind == "stop" and self.stops:
            return ["stop", rng.randrange(len(self.stops)), rng.random() < 0.5]
        if kind == "remove" and rng.random() < 0.5:
            return ["remove", rng.random()]
        if kind == "exit":
            return ["exit", rng.random() < 0.6]
        if kind == "always" and rng.random() < 0.5:
            return ["always", rng.choice([0.0, 0.2, 0.3])]
        return ["feed", rng.choice([0.3, 0.3, 0.25, 0.45, rng.uniform(0.1, 0.6)])]

    def do(self, command: list[Any]) -> None:
        match command:
            case ["speed", k, speed]:
                self.drives[k].command(speed)
            case ["stop", k, up]:
                self.stops[k].raise_() if up else self.stops[k].lower()
            case ["remove", share]:
                parts = self.lane.parts()
                if parts:
                    self.remove(parts[int(share * len(parts))])
            case ["exit", is_open]:
                self.taker.set(is_open)
            case ["feed", length]:
                self.feeder.feed(length)
            case ["always", length]:
                self.feeder.always = length
                self.feeder.feed(length or 0.3)

    # snapshots -----------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        entries = [
            [t, key, seq, cause, encode(arg), fn.__self__.id, fn.__name__]  # type: ignore[union-attr]
            for t, key, seq, cause, arg, fn in self.kernel.entries()
        ]
        return {
            "t": self.kernel.now, "scheduled": self.kernel.scheduled,
            "entries": entries,
            "journal": self.journal.save(), "made": self.made, "removed": list(self.removed),
            "parts": [part.save() for part in self.parts.values()],
            "objects": {name: thing.save() for name, thing in self.objects.items()},
        }  # fmt: skip

    @classmethod
    def restored(cls, spec: WorldSpec, data: dict[str, Any]) -> LaneWorld:
        world = cls(spec)
        for row in data["parts"]:
            part = Part.restored(row)
            world.parts[part.id] = part
        world.made, world.removed = data["made"], list(data["removed"])
        world.journal.restore(data["journal"])
        for name, thing in world.objects.items():
            thing.restore(data["objects"][name], world)
        entries: list[Any] = []
        for t, key, seq, cause, arg, owner, method in data["entries"]:
            thing = world.objects[owner]
            assert thing.may_continue(method)
            entries.append((t, key, seq, cause, decode(arg, world), getattr(thing, method)))
        world.kernel.replace(data["t"], data["scheduled"], entries)
        return world

    # what must always hold -----------------------------------------------------------------------

    def check(self) -> None:
        """Demands, at the end of an instant, everything that must hold on a lane."""
        lane, now = self.lane, self.kernel.now
        parts = lane.parts()
        fronts = {part.id: lane.position(part) for part in parts}
        assert sorted([*fronts, *self.taker.taken, *self.removed]) == [
            i for i in range(self.made) if self.feeder.waiting is None or i != self.feeder.waiting.id
        ], "parts are conserved"
        assert list(fronts) == sorted(fronts), "first in, first out"
        assert lane.count == len(parts)
        for ahead, behind in pairwise(parts):
            gap = fronts[ahead.id] - ahead.length - fronts[behind.id]
            assert gap >= -TOLERANCE, f"{ahead} and {behind} overlap by {-gap} m"
        for part in parts:
            x = fronts[part.id]
            assert -TOLERANCE <= x <= lane.length + TOLERANCE
            before = self.seen.front.get(part.id, 0.0 if part.id not in self.seen.front else None)
            if before is not None:
                far = self.fastest * (now - self.seen.t) * 1e-9
                assert -TOLERANCE <= x - before <= far + TOLERANCE, f"{part} jumps from {before} to {x}"
        if self.feeder.waiting is not None and parts:
            tail = fronts[parts[-1].id] - parts[-1].length
            assert tail < lane.gap_kept + TOLERANCE, "who waits is told of a place"
        assert self.feeder.waiting is None or parts, "who waits is told of a place"
        self._check_stops(fronts)
        self._check_eyes(parts, fronts)
        self._check_trains()
        self._check_watches(parts, fronts)
        self.seen = Seen(now, fronts)

    def _check_stops(self, fronts: dict[int, float]) -> None:
        for stop in self.stops:
            if stop.holding is not None:
                assert abs(fronts[stop.holding.id] - stop.x) <= TOLERANCE, "what a blade holds stands at it"
                assert stop.raised
            if stop.raised and self.raised_before.get(stop.number):
                for part, x in fronts.items():
                    before = self.seen.front.get(part)
                    if before is not None and before <= stop.x:
                        assert x <= stop.x + TOLERANCE, "nothing passes a raised blade"
        self.raised_before = {stop.number: stop.raised for stop in self.stops}

    def _check_eyes(self, parts: list[Part], fronts: dict[int, float]) -> None:
        for eye in self.eyes:
            covered = near = False
            for part in parts:
                front, tail = fronts[part.id], fronts[part.id] - part.length
                covered = covered or tail + TOLERANCE < eye.x < front - TOLERANCE
                near = near or abs(front - eye.x) <= TOLERANCE or abs(tail - eye.x) <= TOLERANCE
            assert eye.blocked == covered or near, f"eye at {eye.x} m at {self.kernel.now} ns"

    def _check_trains(self) -> None:
        lane, now = self.lane, self.kernel.now
        place, trains = lane.first, []
        while place is not None:
            train = place.train
            assert train is not None and lane.trains[train.number] is train
            if not trains or trains[-1] is not train:
                assert train not in trains and train.head is place
                trains.append(train)
                count = 0
            count += 1
            if place is train.tail:
                assert train.count == count
            else:
                behind = place.behind
                assert behind is not None and behind.train is train and behind.ahead is place
                assert abs(place.c + place.length - behind.c) < 1e-9, "within a train parts touch"
            place = place.behind
        assert len(trains) == len(lane.trains)
        for train in trains:
            zone, front = train.home, lane.front(train.head)
            assert zone.start - TOLERANCE <= lane.front(train.tail)
            assert front <= zone.end + TOLERANCE
            ahead = train.head.ahead
            gap = lane.gap(train) if ahead is not None else None
            if train.holder is not None:
                assert train.drive is None and train.holder.place is train.head and train.holder.holds
            elif train.drive is not zone.drive:
                assert gap is not None and abs(gap) <= TOLERANCE, "only who is held back leaves its drive"
                assert ahead is not None and ahead.train is not None and ahead.train.drive is train.drive
                if train.drive is not None:
                    slower = zone.drive.speed_at(now) - train.drive.speed_at(now)
                    assert slower >= -1e-6, "who is pulled ahead of is not held back"
            if zone.stalled:
                assert not zone.drive.moving and not zone.accumulating

    def _check_watches(self, parts: list[Part], fronts: dict[int, float]) -> None:
        """The next part of every watch, found again from scratch."""
        lane = self.lane
        for watch in lane.watches:
            if isinstance(watch, Infeed | Entry) or (isinstance(watch, Stop) and not watch.raised):
                continue
            expected = None
            for part in parts:
                if isinstance(watch, ChoosyEye) and not watch.sees(part):
                    continue
                edge = fronts[part.id] - (part.length if watch.tail else 0.0)
                if abs(edge - watch.x) <= TOLERANCE:
                    expected = watch.place  # so near that both are right
                    break
                if edge < watch.x:
                    expected = part.place
                    break
            assert watch.place is expected, f"{type(watch).__name__} at {watch.x} m"
            if watch.place is None:
                assert watch in lane.idle
            else:
                assert watch.place.train is not None and watch in watch.place.train.watches
            assert isinstance(watch, Border | End | Eye | Mark | Stop)


def header(spec: WorldSpec) -> dict[str, Any]:
    """The header that a run would give its journal."""
    zones: list[dict[str, Any]] = []
    look: list[dict[str, Any]] = []
    x, drive = 0.0, -1
    for k, zone in enumerate(spec.zones):
        end = x + zone.length
        drive += zone.own_drive or k == 0
        zones.append({"device": f"belt{k}", "drive": drive, "start": x, "end": end})
        look.append(
            {"pose": {"xyz": [x, 0.0, 0.5], "quaternion": [1.0, 0.0, 0.0, 0.0]}, "start": x, "end": end}
        )
        x = end
    return {
        "core": {
            "signals": [], "objects": [{"id": "belt", "kind": "device", "type": "belt"}],
            "drives": [f"belt{k}" for k in range(drive + 1)],
            "lanes": [{"id": "lane:belt0", "zones": zones}], "slots": [],
            "products": [{"id": "carton", "size": [0.3, 0.2, 0.2]}], "attributes": [],
        },
        "look": {"lanes": [{"zones": look}], "slots": [], "bodies": [], "products": []},
    }  # fmt: skip


def random_spec(rng: random.Random) -> WorldSpec:
    """One to four belts, half of them with ramps, some that cannot slip; eyes, blades, marks anywhere."""
    ramps = rng.random() < 0.5
    zones = []
    for _ in range(rng.randint(1, 4)):
        acceleration = rng.choice([0.4, 1.2, rng.uniform(0.2, 3.0)]) if ramps else 0.0
        zones.append(
            ZoneSpec(
                rng.choice([0.5, 1.0, 2.0, rng.uniform(0.3, 3.0)]),
                rng.choice([0.3, 0.4, 0.5, rng.uniform(0.1, 1.5)]),
                acceleration,
                rng.choice([None, 0.8]) if ramps else None,
                rng.random() < 0.7,
                rng.choice([0.0, 2.0, rng.uniform(0.3, 20.0)]) if ramps else 0.0,
                rng.random() < 0.85,
            )
        )
    length = 0.0
    for zone in zones:
        length = length + zone.length
    places = [rng.uniform(0.0, length) for _ in range(6)]
    places += [0.0, length, zones[0].length]
    return WorldSpec(
        zones,
        eyes=[rng.choice(places) for _ in range(rng.randint(0, 4))],
        stops=[rng.choice(places) for _ in range(rng.randint(0, 3))],
        marks=[(rng.choice(places), rng.choice(["front", "tail"])) for _ in range(rng.randint(0, 2))],
    )
