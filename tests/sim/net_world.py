"""Lanes that give to one another: at infeeds, in the middle, both ways. What must hold between them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from commissioning.model.record import Kind
from commissioning.sim.drive import Drive
from commissioning.sim.flow import Giver, Receiver
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.entry import Entry
from commissioning.sim.lanes.eye import Eye
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.lanes.merge import MergePoint, MergeRule
from commissioning.sim.lanes.merge_gap import GapPoint, merge_point
from commissioning.sim.lanes.watch import Infeed, Stop
from commissioning.sim.part import Part
from commissioning.sim.soft_drive import SoftDrive
from commissioning.sim.stateful import Stateful, decode, encode

NS = 1_000_000_000
TOLERANCE = 3e-8


@dataclass(frozen=True)
class TrackSpec:
    length: float
    speed: float
    acceleration: float = 0.0
    accumulating: bool = True
    to: int = -1  # track that it gives to; -1: a gate
    at: float = 0.0  # where on that; 0: its infeed
    eyes: tuple[float, ...] = ()
    stops: tuple[float, ...] = ()
    source: bool = True
    gap: float = 0.0
    aside: bool = False
    popup: float = 0.0  # where parts are taken off to `beside`; 0: nowhere
    beside: int = -1
    jerk: float = 0.0
    joint: float = 0.0  # where a second zone begins, twice as fast; 0: there is none


@dataclass(frozen=True)
class NetSpec:
    tracks: tuple[TrackSpec, ...]
    rules: dict[tuple[int, float], MergeRule] = field(default_factory=dict)


class Gate(Stateful, Receiver):
    saved = ("open", "taken", "givers")
    constant = ("id", "world")

    def __init__(self, world: NetWorld) -> None:
        self.id, self.world, self.open = "gate", world, True
        self.taken: list[int] = []
        self.givers: list[Any] = []

    def offer(self, part: Part, giver: Giver) -> bool:
        if not self.open:
            if giver not in self.givers:
                self.givers.append(giver)
            return False
        part.owner = part.place = None
        self.taken.append(part.id)
        self.world.end(part, 0)
        return True

    def set(self, is_open: bool) -> None:
        self.open = is_open
        while self.open and self.givers:
            self.givers.pop(0).ready(self)


class Popup(Stateful, Giver):
    """Sends what its blade catches to another lane."""

    saved = ("waits",)
    constant = ("id", "lane", "target", "stop")

    def __init__(self, k: int, lane: Lane, target: Lane, x: float) -> None:
        self.id, self.lane, self.target, self.waits = f"popup{k}", lane, target, False
        self.stop = lane.add_stop(x, self.held)

    def held(self, part: Part | None) -> None:
        self.waits = False
        if part is not None:
            self.waits = not self.lane.give_aside(self.stop, self.target, self)

    def ready(self, receiver: Receiver) -> None:
        if self.waits:
            self.held(self.stop.holding)


class Feed(Stateful, Giver):
    saved = ("part",)
    constant = ("id", "world", "lane")

    def __init__(self, world: NetWorld, k: int, lane: Lane) -> None:
        self.id, self.world, self.lane = f"feed{k}", world, lane
        self.part: Part | None = None

    def feed(self, length: float) -> None:
        if self.part is None:
            self.part = self.world.make(length)
            self.ready(self.lane)

    def ready(self, receiver: Receiver) -> None:
        if self.part is not None and receiver.offer(self.part, self):
            self.part = None


class Log(Stateful):
    saved = ("rows",)
    constant = ("id", "kernel")

    def __init__(self, kernel: Kernel) -> None:
        self.id, self.kernel = "log", kernel
        self.rows: list[Any] = []

    def teller(self, name: str) -> Any:
        def tell(what: Any) -> None:
            self.rows.append([self.kernel.now, name, what.id if isinstance(what, Part) else what])

        return tell


class NetWorld:
    def __init__(self, spec: NetSpec) -> None:
        self.spec = spec
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, header(spec))
        self.parts: dict[int, Part] = {}
        self.made = 0
        self.removed: list[int] = []
        self.log = Log(self.kernel)
        self.drives: list[Drive] = []
        self.lanes: list[Lane] = []
        self.eyes: list[list[Eye]] = []
        self.stops: list[Any] = []
        for k, track in enumerate(spec.tracks):
            zones = []
            for x, end, factor in spans(track):
                n = len(self.drives)
                speed = track.speed * factor
                told = n, f"d{n}", self.kernel, self.journal, speed, track.acceleration
                self.drives.append(SoftDrive(*told, None, track.jerk) if track.jerk else Drive(*told))
                zones.append(Zone(x, end, self.drives[-1], track.accumulating))
            lane = Lane(k, f"lane:{k}", zones, self.kernel, self.journal, self.parts, track.gap)
            lane.aside = track.aside
            tell = self.log.teller
            self.eyes.append([lane.add_eye(x, tell(f"eye{k}.{j}")) for j, x in enumerate(track.eyes)])
            self.stops += [lane.add_stop(x, tell(f"stop{k}.{j}")) for j, x in enumerate(track.stops)]
            self.lanes.append(lane)
        self.gate = Gate(self)
        self.feeds = [Feed(self, k, lane) for k, lane in enumerate(self.lanes) if spec.tracks[k].source]
        self.merges: dict[tuple[int, float], MergePoint] = {}
        gaps: list[tuple[GapPoint, Lane]] = []
        for lane, track in zip(self.lanes, spec.tracks, strict=True):
            if track.to < 0:
                lane.exit = self.gate
            elif not track.at:
                lane.exit = self.lanes[track.to]
            else:
                key = track.to, track.at
                if key not in self.merges:
                    rule = spec.rules.get(key, MergeRule())
                    self.merges[key] = merge_point(self.lanes[track.to], track.at, rule)
                lane.exit = self.merges[key]
                merge = self.merges[key]
                if isinstance(merge, GapPoint):
                    gaps.append((merge, lane))
        self.popups = [
            Popup(k, self.lanes[k], self.lanes[track.beside], track.popup)
            for k, track in enumerate(spec.tracks)
            if track.popup
        ]
        self.stops += [popup.stop for popup in self.popups]
        for merge, lane in gaps:
            merge.fed_by(lane)
        things: list[Stateful] = [*self.drives, *self.lanes, *self.merges.values(), *self.popups]
        things += [self.gate, *self.feeds, self.log]
        self.objects: dict[str, Stateful] = {thing.id: thing for thing in things}
        self.before: dict[int, tuple[int, float]] = {}
        self.before_t = 0
        self.fastest = max(drive.speed for drive in self.drives)

    def make(self, length: float) -> Part:
        part = Part(self.made, 0, length, 0.2, 0.2, 1.0, self.kernel.now)
        self.made += 1
        self.parts[part.id] = part
        self.journal.add(int(Kind.PART_MADE), 0, part.id, length, 0.2, 0.2, 0.0)
        return part

    def end(self, part: Part, reason: int) -> None:
        self.journal.add(int(Kind.PART_GONE), reason, part.id, 0)
        del self.parts[part.id]

    # what a test does ----------------------------------------------------------------------------

    def command(self, rng: random.Random) -> list[Any]:
        kind = rng.choice(["speed", "feed", "feed", "feed", "feed", "stop", "gate", "remove"])
        if kind == "speed":
            k = rng.randrange(len(self.drives))
            top = self.drives[k].speed
            return ["speed", k, rng.choice([0.0, top, top, top / 2, rng.uniform(0, top)])]
        if kind == "stop" and self.stops:
            return ["stop", rng.randrange(len(self.stops)), rng.random() < 0.4]
        if kind == "remove" and rng.random() < 0.25:
            return ["remove", rng.random()]
        if kind == "gate":
            return ["gate", rng.random() < 0.7]
        return ["feed", rng.randrange(len(self.feeds)), rng.choice([0.3, 0.3, 0.2, rng.uniform(0.1, 0.6)])]

    def do(self, command: list[Any]) -> None:
        match command:
            case ["speed", k, speed]:
                self.drives[k].command(speed)
            case ["stop", k, up]:
                stop = self.stops[k]
                leaving = stop.holding is not None and stop.holding.place is not stop.place
                if not leaving:  # a pop-up stays up until the part is off
                    stop.raise_() if up else stop.lower()
            case ["gate", is_open]:
                self.gate.set(is_open)
            case ["feed", k, length]:
                self.feeds[k].feed(length)
            case ["remove", share]:
                parts = [part for lane in self.lanes for part in lane.parts()]
                if parts:
                    part = parts[int(share * len(parts))]
                    part.owner.remove(part)
                    self.removed.append(part.id)
                    self.end(part, 2)

    def run(self, seconds: float, check: bool = True) -> None:
        until = round(seconds * NS)
        while check and (t := self.kernel.next_time()) is not None and t <= until:
            self.kernel.advance(t)
            self.check()
        self.kernel.advance(until)
        if check:
            self.check()

    # what must hold ------------------------------------------------------------------------------

    def check(self) -> None:
        now = self.kernel.now
        here: dict[int, tuple[int, float]] = {}
        for k, lane in enumerate(self.lanes):
            parts = lane.parts()
            assert lane.count == len(parts)
            for part in parts:
                assert part.owner is lane and part.id not in here
                here[part.id] = k, lane.position(part)
        waiting = [feed.part.id for feed in self.feeds if feed.part is not None]
        all_of_them = sorted([*here, *waiting, *self.gate.taken, *self.removed])
        assert all_of_them == list(range(self.made)), "parts are conserved"
        for k, lane in enumerate(self.lanes):
            self._check_lane(k, lane, here)
        far = self.fastest * (now - self.before_t) * 1e-9
        for part, (k, x) in here.items():
            if part in self.before:
                k0, x0 = self.before[part]
                track = self.spec.tracks[k0]
                moved = x - x0 if k0 == k and x >= x0 - TOLERANCE else track.length - x0 + x - track.at
                if track.popup and k == track.beside:
                    moved = track.popup - x0 + x
                assert -TOLERANCE <= moved <= far + TOLERANCE, f"part {part} jumps by {moved}"
        self.before, self.before_t = here, now

    def _check_lane(self, k: int, lane: Lane, here: dict[int, tuple[int, float]]) -> None:
        """No overlap, also with the tail that hangs over; eyes see exactly what is there."""
        spans = []
        for place in lane._places(lane.first):
            part = place.part
            if part.place is place:
                spans.append((here[part.id][1], here[part.id][1] - part.length))
            elif place is not lane.stand_in:
                track = self.spec.tracks[k]
                assert abs(lane.front(place) - track.popup) <= TOLERANCE, "it stands in the way"
                assert self._front(track.beside, part) - part.length <= TOLERANCE, "until it is clear"
                spans.append((track.popup, track.popup - part.length))
        over = lane.stand_in
        if over is not None:
            at = self.spec.tracks[k].at
            x = self._front(self.spec.tracks[k].to, over.part)
            front = lane.length + (0.0 if lane.aside else x - at)
            assert x - over.part.length <= at + TOLERANCE, "no longer than until it has cleared"
            spans.insert(0, (front, front - over.part.length))
            assert abs(lane.front(over) - front) <= TOLERANCE
        for (_, tail), (front, _) in pairwise(spans):
            assert tail - front >= -TOLERANCE, f"parts overlap by {front - tail} m on {lane.id}"
        for eye in self.eyes[k]:
            covered = any(tail + TOLERANCE < eye.x < front - TOLERANCE for front, tail in spans)
            near = any(min(abs(front - eye.x), abs(tail - eye.x)) <= TOLERANCE for front, tail in spans)
            assert eye.blocked == covered or near, f"eye at {eye.x} m of {lane.id} at {self.kernel.now} ns"
        self._check_watches(lane)
        if lane.waiting and spans:
            assert spans[-1][1] < lane.gap_kept + TOLERANCE, "who waits is told of a place"

    def _front(self, k: int, part: Part) -> float:
        """Where the front of a part would be on a lane that it lies on, or has come from, m."""
        lane, track = self.lanes[k], self.spec.tracks[k]
        if part.owner is lane:
            return lane.position(part)
        if any(p.part is part and p is not lane.stand_in for p in lane._places(lane.first)):
            return track.popup
        return lane.length + (0.0 if lane.aside else self._front(track.to, part) - track.at)

    def _check_watches(self, lane: Lane) -> None:
        """The next part of every watch, found again from scratch."""
        for watch in lane.watches:
            if isinstance(watch, Infeed | Entry) or (isinstance(watch, Stop) and not watch.raised):
                continue
            expected = None
            for place in lane._places(lane.first):
                edge = lane.front(place) - (place.length if watch.tail else 0.0)
                if abs(edge - watch.x) <= TOLERANCE:
                    expected = watch.place
                    break
                if edge < watch.x:
                    expected = place
                    break
            assert watch.place is expected, f"{type(watch).__name__} at {watch.x} m of {lane.id}"
            assert watch.place is not None or watch in lane.idle

    # snapshots -----------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        entries = [
            [t, key, seq, cause, encode(arg), fn.__self__.id, fn.__name__]  # type: ignore[union-attr]
            for t, key, seq, cause, arg, fn in self.kernel.entries()
        ]
        return {
            "t": self.kernel.now, "scheduled": self.kernel.scheduled, "entries": entries,
            "journal": self.journal.save(), "made": self.made, "removed": list(self.removed),
            "parts": [part.save() for part in self.parts.values()],
            "objects": {name: thing.save() for name, thing in self.objects.items()},
        }  # fmt: skip

    @classmethod
    def restored(cls, spec: NetSpec, data: dict[str, Any]) -> NetWorld:
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


def spans(track: TrackSpec) -> list[tuple[float, float, float]]:
    """(start, end, speed factor) of a track's zones."""
    if not track.joint:
        return [(0.0, track.length, 1.0)]
    return [(0.0, track.joint, 1.0), (track.joint, track.length, 2.0)]


def header(spec: NetSpec) -> dict[str, Any]:
    lanes, look, n = [], [], 0
    for k, track in enumerate(spec.tracks):
        zones: list[dict[str, Any]] = []
        poses: list[dict[str, Any]] = []
        for x, end, _ in spans(track):
            zones.append({"device": f"b{n}", "drive": n, "start": x, "end": end})
            pose = {"xyz": [x, 2.0 * k, 0.5], "quaternion": [1.0, 0.0, 0.0, 0.0]}
            poses.append({"pose": pose, "start": x, "end": end})
            n += 1
        lanes.append({"id": f"lane:{k}", "zones": zones})
        look.append({"zones": poses})
    return {
        "core": {
            "signals": [], "objects": [{"id": f"b{k}", "kind": "device", "type": "belt"} for k in range(n)],
            "drives": [f"d{k}" for k in range(n)], "lanes": lanes, "slots": [],
            "products": [{"id": "box", "size": [0.3, 0.2, 0.2]}], "attributes": [],
        },
        "look": {"lanes": look, "slots": [], "bodies": [], "products": []},
    }  # fmt: skip


def random_net(rng: random.Random) -> NetSpec:
    """Two to five tracks; each gives to a later one's infeed or middle, or to the gate."""
    count = rng.randint(2, 5)
    ramp = rng.choice([0.0, 0.0, 1.0])
    lengths = [rng.choice([0.4, 1.0, 1.5, rng.uniform(0.3, 3.0)]) for _ in range(count)]
    tracks, rules = [], {}
    for k in range(count):
        to, at = -1, 0.0
        if k + 1 < count:
            to = rng.randint(k + 1, count - 1)
            if rng.random() < 0.5:
                at = lengths[to] * rng.choice([0.5, 0.75])
                hold = rng.uniform(0.3, 0.9) * at
                rule = rng.choice(["main", "side", "alternate", "first_come", "gap", "gap", "gap"])
                gap, reserve = rng.choice([0.0, 0.05]), rng.uniform(0.1, 1.0)
                rules[to, at] = MergeRule(rule, gap, hold, reserve, rng.uniform(0.3, 3.0))
        elif rng.random() < 0.15 and lengths[k] > 1.2 and not rules:
            to = k  # a ring
        length = lengths[k]
        beside = rng.randint(k + 1, count - 1) if k + 1 < count else -1
        pops = beside not in (to, -1) and rng.random() < 0.6
        tracks.append(
            TrackSpec(
                length, rng.choice([0.3, 0.5, rng.uniform(0.1, 1.0)]), ramp, rng.random() < 0.75, to, at,
                tuple(rng.choice([rng.uniform(0, length), length, 0.0]) for _ in range(rng.randint(0, 3))),
                tuple(rng.uniform(0, length) for _ in range(rng.randint(0, 1))),
                k == 0 or rng.random() < 0.6,
                rng.choice([0.0, 0.0, 0.1]),
                to >= 0 and rng.random() < 0.2,
                length * rng.choice([0.45, 0.8]) if pops else 0.0,
                beside if pops else -1,
                rng.choice([0.0, 3.0, rng.uniform(0.5, 20.0)]) if ramp else 0.0,
                length * 0.4 if rng.random() < 0.3 else 0.0,
            )
        )  # fmt: skip
    return NetSpec(tuple(tracks), rules)
