# ruff: noqa: E501  scene text
"""Random lines of conveyors with zones and belts that run both ways, from scene text, and what must always hold
on them, seen from outside: where parts are, what eyes see, which zone drives what."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from commissioning.bench.load import load_text
from commissioning.devices.roller_conveyor import RollerConveyor, way_to_stop
from commissioning.sim.run import Run

NS = 1_000_000_000
TOLERANCE = 3e-8  # m: what counts as touching, at three places
FASTEST = 0.5  # m/s

ROWS = (["c"], ["b", "c"], ["c", "b"], ["b", "c", "b"], ["c", "c"], ["b", "c", "c"], ["c", "b", "c"])


@dataclass
class Text:
    """A line in scene text. `tags`: what its tracks are commanded by; Q_ turns, S_ raises a blade."""

    rng: random.Random
    tags: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    x: float = 0.0

    def __post_init__(self) -> None:
        self.long = self.rng.choice([0.3, 0.3, 0.2, 0.4])
        self.short = min(self.rng.choice([0.3, 0.08, 0.05, 0.2]), self.long)

    def tag(self, *names: str) -> str:
        name = self.rng.choice(names)
        self.tags.append(name)
        return name

    def pose(self) -> str:
        return f"pose: {{xyz: [{self.x:.6f} m, 0 m, 0.5 m]}}"

    def conveyor(self, name: str, to: str) -> None:
        rng = self.rng
        zones, eye = rng.randint(1, 5), rng.choice([0.05, 0.1, 0.15, 0.25])
        pitch = max(rng.choice([self.long + eye, self.long + eye + 0.1, 0.8, 1.0]), self.long + eye)
        speed, ramp, soft = rng.choice([0.3, 0.4, 0.5]), rng.choice([0.0, 0.0, 2.0, 5.0]), ""
        if way_to_stop(speed, ramp, 0.0) > eye:
            ramp = 0.0
        jerk = rng.choice([20.0, 60.0])
        if ramp and rng.random() < 0.4 and way_to_stop(speed, ramp, jerk) <= eye:
            soft = f"jerk: {jerk} m/s3, "
        tags = "reverse: " + self.tag("Q_All", "Q_All", f"Q_{name}")
        for port in ("release", "run"):
            if rng.random() < 0.5:
                tags += f", {port}: " + self.tag(f"G_{port}_{name}")
        length = pitch * zones
        self.rows.append(
            f"{name}: {{type: {rng.choice(['roller_conveyor', 'chain_conveyor'])}, {self.pose()}, length: {length:.6f} m, "
            f"zones: {zones}, speed: {speed} m/s, acceleration: {ramp} m/s2, {soft}eye: {eye} m, "
            f"mode: {rng.choice(['singulation', 'singulation', 'slug'])}, accumulating: {rng.choice(['true', 'false', 'false'])}, "
            f"gap: {rng.choice([0, 0.01, 0.1])} m, reversible: true, to: {to}, tags: {{{tags}}}}}"
        )
        if rng.random() < 0.4:
            self.rows.append(
                f"eye_{name}: {{type: photo_eye, along: {name}, at: {rng.uniform(0, length):.4f} m}}"
            )
        if rng.random() < 0.3:
            at = rng.choice([rng.uniform(0.0, length), length / 2])
            self.rows.append(
                f"stop_{name}: {{type: stopper, along: {name}, at: {at:.6f} m, tags: {{raise: {self.tag('S_' + name)}}}}}"
            )
        self.x += length

    def belt(self, name: str, to: str) -> None:
        rng, length = self.rng, self.rng.choice([0.5, 1.0, 1.5])
        tags, both = "", rng.random() < 0.7
        if rng.random() < 0.5:
            tags = "run: " + self.tag(f"G_{name}")
        if both:
            tags += (", " if tags else "") + "reverse: " + self.tag("Q_All", "Q_All", f"Q_{name}")
        self.rows.append(
            f"{name}: {{type: belt, {self.pose()}, length: {length} m, speed: {rng.choice([0.3, 0.4, 0.5])} m/s, "
            f"acceleration: {rng.choice([0, 1.0])} m/s2, accumulating: {rng.choice(['true', 'false'])}, "
            f"reversible: {str(both).lower()}, to: {to}, tags: {{{tags}}}}}"
        )
        self.x += length

    def whole(self) -> str:
        kinds = self.rng.choice(ROWS)
        names = [f"{kind}{k}" for k, kind in enumerate(kinds)]
        last = self.rng.choice(["out", "out", "work"])
        for kind, name, to in zip(kinds, names, [*names[1:], last], strict=True):
            (self.conveyor if kind == "c" else self.belt)(name, to)
        every = self.rng.choice([0.3, 1, 3])
        self.rows.append(
            f"src: {{type: source, mix: {{box: 1, small: 1}}, every: {{exponential: {every} s}}, limit: 60, to: {names[0]}}}"
        )
        if last == "work":
            self.rows.append("work: {type: station, cycle: 2 s, to: out}")
        rows = "\n".join("  " + row for row in [*self.rows, "out: {type: sink}"])
        products = ", ".join(
            f"{name}: {{size: [{length} m, 0.2 m, 0.2 m]}}"
            for name, length in (("box", self.long), ("small", self.short))
        )
        return f"format: commissioning-scene/1\nproducts: {{{products}}}\ndevices:\n{rows}\n"


Plan = list[tuple[int, str, bool]]


def random_line(rng: random.Random, seconds: int) -> tuple[str, Plan]:
    """Scene text, and when (ns) which tag is commanded to what."""
    text = Text(rng)
    scene = text.whole()
    tags = sorted(set(text.tags))
    plan: Plan = [(0, tag, tag.startswith("G_")) for tag in tags]
    t = 0
    while t < seconds * NS:
        t += rng.choice([rng.randrange(1, 3 * NS), rng.randrange(1, NS // 3), NS])
        tag = rng.choice(tags + ["Q_All"] * (2 * ("Q_All" in tags)))
        plan.append((t, tag, rng.random() < (0.7 if tag.startswith("G_") else 0.5)))
    return scene, plan


def run_of(scene: str) -> Run:
    return Run(load_text(scene, Path("scene.yaml")), 1)


class Watched:
    """A run whose parts are looked at after every event. `turned`: how often a lane with parts has turned."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.starts = {
            lane.index: run.line.loaded.poses[lane.id.removeprefix("lane:")].xyz[0] for lane in run.line.lanes
        }
        self.conveyors = [
            device for device in run.line.devices.values() if isinstance(device, RollerConveyor)
        ]
        self.seen: dict[int, tuple[int, float]] = {}
        self.seen_at = self.turned = 0
        self.ways: dict[str, bool] = {}

    def to(self, until: int) -> None:
        run = self.run
        while (t := run.line.kernel.next_time()) is not None and t <= until:
            run.advance_to(t)
            assert run.problem is None, run.problem
            self.check()
        run.advance_to(until)

    def fronts(self) -> dict[int, tuple[int, float]]:
        """Lane and front, in one coordinate along all of them, by part; downstream first."""
        found = {}
        for lane in self.run.line.lanes:
            for part in lane.parts():
                found[part.id] = lane.index, self.starts[lane.index] + lane.position(part)
        return dict(sorted(found.items(), key=lambda row: -row[1][1]))

    def check(self) -> None:
        now, fronts = self.run.now_ns, self.fronts()
        length = {part.id: part.length for part in self.run.line.parts.values()}
        spans = [(number, x - length[number], x) for number, (_, x) in fronts.items()]
        for (one, tail, _), (two, _, x) in pairwise(spans):
            assert tail - x >= -TOLERANCE, f"{one} and {two} overlap by {x - tail} m at {now}"
            assert one < two, f"{two} is ahead of {one} at {now}"
        for number, (lane, x) in fronts.items():
            before = self.seen.get(number)
            if before is not None and before[0] == lane:
                far = FASTEST * (now - self.seen_at) * 1e-9
                assert abs(x - before[1]) <= far + TOLERANCE, f"{number} jumps at {now}"
        for lane in self.run.line.lanes:
            assert lane.count == len(lane.parts())
            self._check_homes(lane)
            backward = bool(getattr(lane, "backward", False))
            self.turned += bool(lane.count) and self.ways.get(lane.id, False) is not backward
            self.ways[lane.id] = backward
        for conveyor in self.conveyors:
            self._check_eyes(conveyor, spans)
        self.seen, self.seen_at = fronts, now

    def _check_homes(self, lane: Any) -> None:
        """Each part is in the zone in which the edge lies that leads, but at an end that does not let it go."""
        place = lane.first
        while place is not None:
            if place.part.place is place:
                x, zone = lane.front(place), place.train.home
                assert zone.start - TOLERANCE <= x
                assert x <= zone.end + TOLERANCE or (lane.end.holds and lane.end.place is place)
            place = place.behind
        for zone in lane.zones:
            assert not (zone.stalled and zone.drive.moving)

    def _check_eyes(self, conveyor: RollerConveyor, spans: list[tuple[int, float, float]]) -> None:
        """Those of both directions, whichever it runs."""
        lane, eye = self.run.line.on_track(conveyor.id)[0], conveyor.params["eye"]
        for way, eyes in enumerate(conveyor.eyes):
            for k, blocked in enumerate(eyes):
                at = self.starts[lane.index] + conveyor.pitch * (k if way else k + 1) + (eye if way else -eye)
                covered = any(tail + TOLERANCE < at < x - TOLERANCE for _, tail, x in spans)
                near = any(abs(edge - at) <= TOLERANCE for _, *edges in spans for edge in edges)
                assert blocked == covered or near, f"{conveyor.id}, eye {k} of way {way}"

    def pressed(self) -> list[str]:
        """Zones that stand because a part of them touches one beyond, but for the two at the ends."""
        found = []
        for conveyor in self.conveyors:
            if not conveyor.slug:
                lane = self.run.line.on_track(conveyor.id)[0]
                found += [zone.drive.name for zone in lane.zones[1:-1] if zone.stalled]
        return found
