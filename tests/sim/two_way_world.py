"""Lanes in a row that run both ways, and what must always hold on them, in one coordinate along all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lane_world import NS, Feeder, LaneWorld, Log, Seen, Taker, WorldSpec, ZoneSpec

from commissioning.sim.drive import Drive
from commissioning.sim.drive_two_way import TwoWayDrive, TwoWaySoftDrive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.lanes.two_way import TwoWayLane
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful

TOLERANCE = 3e-8  # m: what counts as touching, at three places


@dataclass(frozen=True)
class BeltSpec(ZoneSpec):
    """A lane of its own. Places of eyes and blades from its infeed, m."""

    two_way: bool = True
    eyes: Sequence[float] = ()
    stops: Sequence[float] = ()
    marks: Sequence[float] = ()


class TwoWayWorld(LaneWorld):
    """One lane per belt, a feeder before the first one, a taker behind the last one."""

    def __init__(self, belts: Sequence[BeltSpec]) -> None:
        self.belts = belts
        self.spec = WorldSpec(belts)
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, header(belts))
        self.parts: dict[int, Part] = {}
        self.made = 0
        self.removed: list[int] = []
        self.log = Log(self)
        self.drives: list[Drive] = []
        self.lanes: list[Lane] = []
        self.starts: list[float] = []
        self.eyes, self.stops = [], []
        self.at: list[float] = []
        self.raised_before: dict[int, bool] = {}
        self.owners: dict[int, object] = {}
        self.stop_at: list[float] = []
        x = 0.0
        for k, belt in enumerate(belts):
            told = k, f"belt{k}", self.kernel, self.journal, belt.speed, belt.acceleration, belt.deceleration
            drive: Drive
            if not belt.two_way:
                drive = Drive(*told)
            else:
                drive = TwoWaySoftDrive(*told, belt.jerk) if belt.jerk else TwoWayDrive(*told)
            self.drives.append(drive)
            drive.watch_moving(self.log.teller(f"belt{k}.moving"))
            zones = [Zone(0.0, belt.length, drive, belt.accumulating)]
            make = TwoWayLane if belt.two_way else Lane
            lane = make(k, f"lane:belt{k}", zones, self.kernel, self.journal, self.parts)
            self.lanes.append(lane)
            self.starts.append(x)
            for at in belt.eyes:
                self.eyes.append(lane.add_eye(at, self.log.teller(f"eye{len(self.eyes)}")))
                self.at.append(x + at)
            for at in belt.marks:
                lane.add_mark(at, self.marker(lane, at))
            for at in belt.stops:
                self.stops.append(lane.add_stop(at, self.log.teller(f"stop{len(self.stops)}")))
                self.stop_at.append(x + at)
            x += belt.length
        for before, after in pairwise(self.lanes):
            before.exit = after
            if isinstance(before, TwoWayLane) and isinstance(after, TwoWayLane):
                after.exit_behind = before
        self.lane = self.lanes[0]
        self.taker, self.feeder = Taker(self), Feeder(self)
        self.lanes[-1].exit = self.taker
        things: list[Stateful] = [*self.drives, *self.lanes, self.taker, self.feeder, self.log]
        self.objects = {thing.id: thing for thing in things}
        self.seen = Seen()
        self.fastest = max(belt.speed for belt in belts)
        self.length = x

    def marker(self, lane: Lane, at: float) -> Any:
        """Told when the edge that leads is at a place of a lane, and only then."""
        tell = self.log.teller(f"{lane.id}@{at:.3f}")

        def passed(part: Part) -> None:
            backward = isinstance(lane, TwoWayLane) and lane.backward
            edge = lane.position(part) - (part.length if backward else 0.0)
            assert abs(edge - at) <= TOLERANCE, f"{part} is at {edge}, not at {at} m"
            tell(part)

        return passed

    @classmethod
    def restored(cls, spec: Any, data: dict[str, Any]) -> TwoWayWorld:
        return super().restored(spec, data)  # type: ignore[return-value]

    def command(self, rng: random.Random) -> list[Any]:
        kind = rng.choice(["speed"] * 6 + ["stop", "feed", "feed", "exit", "remove"])
        if kind == "speed":
            k = rng.randrange(len(self.drives))
            top = self.drives[k].speed
            low = -1.0 if self.belts[k].two_way else 0.0
            return ["speed", k, top * rng.choice([0.0, 1.0, 1.0, low, low, 0.5, rng.uniform(low, 1.0)])]
        if kind == "stop" and self.stops:
            return ["stop", rng.randrange(len(self.stops)), rng.random() < 0.5]
        if kind == "remove" and rng.random() < 0.3:
            return ["take", rng.random()]
        if kind == "exit":
            return ["exit", rng.random() < 0.6]
        return ["feed", rng.choice([0.3, 0.25, 0.45, rng.uniform(0.1, 0.6)])]

    def do(self, command: list[Any]) -> None:
        if command[0] == "all":
            for drive, speed in zip(self.drives, command[1], strict=True):
                drive.command(speed)
        elif command[0] == "take":
            parts = [(lane, part) for lane in self.lanes for part in lane.parts()]
            if parts:
                lane, part = parts[int(command[1] * len(parts))]
                self.lane = lane
                self.remove(part)
                self.lane = self.lanes[0]
        else:
            super().do(command)

    def fronts(self) -> list[tuple[Part, float]]:
        """Of every part, along all lanes, downstream first."""
        found = []
        for lane, start in zip(reversed(self.lanes), reversed(self.starts), strict=True):
            found += [(part, start + lane.position(part)) for part in lane.parts()]
        return found

    def check(self) -> None:
        now, rows = self.kernel.now, self.fronts()
        fronts = {part.id: x for part, x in rows}
        assert sorted([*fronts, *self.taker.taken, *self.removed]) == [
            i for i in range(self.made) if self.feeder.waiting is None or i != self.feeder.waiting.id
        ], "parts are conserved"
        assert list(fronts) == sorted(fronts), "first in, first out"
        for (ahead, front), (behind, x) in pairwise(rows):
            gap = front - ahead.length - x
            assert gap >= -TOLERANCE, f"{ahead} and {behind} overlap by {-gap} m at {now}"
        for part, x in rows:
            assert part.owner in self.lanes
            assert -TOLERANCE <= x <= self.length + part.length + TOLERANCE, f"{part} at {x} at {now}"
            before = self.seen.front.get(part.id, 0.0)
            far = self.fastest * (now - self.seen.t) * 1e-9
            assert abs(x - before) <= far + TOLERANCE, f"{part} jumps from {before} to {x} at {now}"
        for eye, at in zip(self.eyes, self.at, strict=True):
            covered = near = False
            for part, x in rows:
                tail = x - part.length
                covered = covered or tail + TOLERANCE < at < x - TOLERANCE
                near = near or abs(x - at) <= TOLERANCE or abs(tail - at) <= TOLERANCE
            assert eye.blocked == covered or near, f"eye at {at} m at {now} ns"
        for stop, at in zip(self.stops, self.stop_at, strict=True):
            held = stop.holding
            if held is not None:
                edges = fronts[held.id], fronts[held.id] - held.length
                assert stop.raised and min(abs(x - at) for x in edges) <= TOLERANCE
            was = self.raised_before.get(id(stop)) if now > self.seen.t else None
            for part, x in rows:
                before = self.seen.front.get(part.id)
                if was and stop.raised and self.owners.get(part.id) is stop.lane:
                    assert before is not None
                    forward = before <= at + TOLERANCE < x - TOLERANCE
                    backward = before - part.length >= at - TOLERANCE > x - part.length + TOLERANCE
                    assert not forward and not backward, f"{part} passes a raised blade at {at} m"
        self.raised_before = {id(stop): stop.raised for stop in self.stops}
        for lane in self.lanes:
            assert lane.count == len(lane.parts())
            self.check_trains(lane)
        self.seen = Seen(now, fronts)
        self.owners = {part.id: part.owner for part, _ in rows}

    def check_trains(self, lane: Lane) -> None:
        place, trains = lane.first, []
        while place is not None:
            train = place.train
            assert train is not None and lane.trains[train.number] is train
            if not trains or trains[-1] is not train:
                assert train not in trains and train.head is place
                trains.append(train)
            if place is train.tail:
                assert place.behind is None or place.behind.train is not train
            else:
                assert place.behind is not None and place.behind.ahead is place
                assert abs(place.c + place.length - place.behind.c) < 1e-9, "within a train parts touch"
            place = place.behind
        assert len(trains) == len(lane.trains)


def header(belts: Sequence[BeltSpec]) -> dict[str, Any]:
    names = [f"belt{k}" for k in range(len(belts))]
    zones = [
        {"device": name, "drive": k, "start": 0.0, "end": belt.length}
        for k, (name, belt) in enumerate(zip(names, belts, strict=True))
    ]
    pose = {"xyz": [0.0, 0.0, 0.5], "quaternion": [1.0, 0.0, 0.0, 0.0]}
    look = [{"zones": [{"pose": pose, "start": 0.0, "end": belt.length}]} for belt in belts]
    return {
        "core": {
            "signals": [], "objects": [{"id": "belt", "kind": "device", "type": "belt"}], "drives": names,
            "lanes": [{"id": f"lane:{name}", "zones": [z]} for name, z in zip(names, zones, strict=True)],
            "slots": [], "products": [{"id": "carton", "size": [0.3, 0.2, 0.2]}], "attributes": [],
        },
        "look": {"lanes": look, "slots": [], "bodies": [], "products": []},
    }  # fmt: skip


def random_belts(rng: random.Random) -> list[BeltSpec]:
    """One to four belts, some shorter than parts; most run both ways, half with ramps; some cannot slip."""
    belts = []
    for _ in range(rng.randint(1, 4)):
        length = rng.choice([1.0, 2.0, 0.4, rng.uniform(0.3, 3.0)])
        ramp = rng.choice([0.0, 0.4, 1.2, rng.uniform(0.2, 3.0)])
        two_way = rng.random() < 0.85
        places = [rng.uniform(0.0, length) for _ in range(4)] + [0.0, length, 0.3]
        belts.append(
            BeltSpec(
                length,
                rng.choice([0.3, 0.4, 0.5, rng.uniform(0.1, 1.5)]),
                ramp,
                rng.choice([None, 0.8]) if ramp else None,
                rng.random() < 0.7,
                rng.choice([0.0, 2.0, rng.uniform(0.3, 20.0)]) if ramp and two_way else 0.0,
                two_way=two_way,
                eyes=[rng.choice(places) for _ in range(rng.randint(0, 3))],
                stops=[rng.choice(places) for _ in range(rng.randint(0, 2))],
                marks=[rng.choice(places) for _ in range(rng.randint(0, 2))],
            )
        )
    return belts


__all__ = ["NS", "BeltSpec", "TwoWayWorld", "random_belts"]
