# ruff: noqa: E501  scene text
"""Conveyors with zones that turn, from scene text, against an independent tick loop (`tick_zones_two_way`): five
ticks apart at 1 kHz at most, and the nearer the finer the tick.

As in `test_lane_two_way_ticks`, a random plan is drawn while the line runs it, so that no command falls where a
millimetre decides, and nothing stands where one would.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from slits import apart
from tick_zones_two_way import Track, ZoneTicks

from commissioning.bench.load import load_text
from commissioning.model.record import Kind
from commissioning.sim.run import Run

NS = 1_000_000_000
MARGIN = 0.012  # m
SECONDS = 60
RATES = (240, 1000)  # 1/s
LENGTH = 0.3  # m, of a part


@dataclass(frozen=True)
class Row:
    """Tracks in a row: as scene text, and as the tick loop has them. `eyes`: track, place on it (m); two
    anywhere on each track, which are compared, then where the own eyes of zones stand, forward and backward."""

    tracks: tuple[tuple[str, Track], ...]
    eyes: tuple[tuple[str, float], ...]
    every: float

    @property
    def compared(self) -> range:
        return range(2 * len(self.tracks))

    def text(self) -> str:
        names = [name for name, _ in self.tracks]
        rows = [
            f"src: {{type: source, product: box, every: {self.every} s, first: 0 s, limit: 12, to: {names[0]}}}"
        ]
        for (name, track), to in zip(self.tracks, [*names[1:], "out"], strict=True):
            more = f"accumulating: {str(track.slips).lower()}, reversible: true, to: {to}"
            tags = f"reverse: Q_{name}, run: G_{name}"
            kind = "belt"
            if track.eye is not None:
                kind = "roller_conveyor"
                more += f", zones: {track.zones}, eye: {track.eye} m, mode: {'slug' if track.slug else 'singulation'}"
                tags += f", release: R_{name}"
            rows.append(
                f"{name}: {{type: {kind}, pose: {{xyz: [{track.start} m, 0 m, 0.5 m]}}, length: {track.length} m, "
                f"speed: {track.full} m/s, acceleration: {track.ramp} m/s2, {more}, tags: {{{tags}}}}}"
            )
        for k, (name, at) in enumerate(self.eyes):
            rows.append(f"eye{k}: {{type: photo_eye, along: {name}, at: {at} m}}")
        rows.append("out: {type: sink}")
        body = "\n".join("  " + row for row in rows)
        return f"format: commissioning-scene/1\nproducts: {{box: {{size: [{LENGTH} m, 0.2 m, 0.2 m]}}}}\ndevices:\n{body}\n"

    def stops(self) -> list[float]:
        """Where a millimetre decides and where parts come to stand exactly: own eyes of zones, ends."""
        found = [start_of(self, name) + at for name, at in self.eyes[len(self.compared) :]]
        return found + [edge for _, track in self.tracks for edge in (track.start, track.end)]

    def others(self) -> list[float]:
        """Where a millimetre decides else: borders, eyes."""
        found = [start_of(self, name) + at for name, at in self.eyes[: len(self.compared)]]
        return found + [t.start + t.pitch * k for _, t in self.tracks for k in range(1, t.zones)]


def own_eyes(track: Track) -> list[tuple[float, float]]:
    """Of each zone of a conveyor, m from its begin: the one for forward, the one for backward."""
    if track.eye is None:
        return []
    begins = [track.pitch * k for k in range(track.zones)]
    return [(round(x + track.pitch - track.eye, 6), round(x + track.eye, 6)) for x in begins]


def tie(row: Row, run: Run) -> bool:
    """Whether a part comes to the eye of a zone, somewhere, when another leaves that of the next one: whether it goes
    with that one is a matter of which is said first."""
    edges: dict[tuple[str, float], list[tuple[float, bool]]] = {}
    for k, key in enumerate(row.eyes):
        edges[key] = [(t / NS, bool(v)) for t, v in run.journal.edges(f"eye{k}.blocked")]
    for name, track in row.tracks:
        pairs = own_eyes(track)
        for one, two in pairwise(pairs):
            for here, beyond in (((name, one[0]), (name, two[0])), ((name, two[1]), (name, one[1]))):
                left = [t for t, blocked in edges[beyond] if not blocked]
                if any(blocked and abs(t - s) < 0.03 for t, blocked in edges[here] for s in left):
                    return True
    return False


def start_of(row: Row, name: str) -> float:
    return next(track.start for other, track in row.tracks if other == name)


def row_of(rng: random.Random, kind: str) -> Row:
    """`kind`: tracks by letter, b a belt, c a conveyor; small: it does not accumulate."""
    tracks, eyes, x = [], [], 0.0
    ramp = rng.choice([0.0, 0.0, 2.0])
    for k, letter in enumerate(kind):
        speed, name = rng.choice([0.4, 0.45, 0.5]), f"{letter.lower()}{k}"
        if letter in "bB":
            length = round(rng.uniform(0.8, 1.4), 2)
            tracks.append((name, Track(x, round(x + length, 6), speed, ramp)))
        else:
            zones, pitch = rng.randint(2, 4), round(rng.uniform(0.55, 0.75), 2)
            length = round(zones * pitch, 6)
            tracks.append(
                (
                    name,
                    Track(
                        x, round(x + length, 6), speed, ramp, zones, 0.13, rng.random() < 0.4, letter == "C"
                    ),
                )
            )
        eyes += [(name, round(rng.uniform(0.1, length - 0.1), 3)) for _ in range(2)]
        x = round(x + length, 6)
    eyes += [(name, at) for name, track in tracks for pair in own_eyes(track) for at in pair]
    return Row(tuple(tracks), tuple(eyes), rng.choice([2.0, 2.5, 3.1]))


def spans(run: Run) -> list[tuple[float, float, Any]]:
    """Of every part on a track its edges along all tracks and what moves it."""
    found = []
    for lane in run.line.lanes:
        start = run.line.loaded.poses[lane.id.removeprefix("lane:")].xyz[0]
        for part in lane.parts():
            x = start + lane.position(part)
            found.append((x - part.length, x, part.place.train.drive))
    return found


def decided(run: Run, places: list[float]) -> bool:
    """Whether no edge of a part that moves is near a place, nor will be where it could come to rest."""
    now = run.now_ns
    for tail, front, drive in spans(run):
        if drive is None or not drive.moving:
            continue
        far = drive.way * drive.speed_at(now) ** 2 / (2 * drive.acceleration) if drive.acceleration else 0.0
        if any(
            abs(edge + x - place) < MARGIN for edge in (tail, front) for place in places for x in (0.0, far)
        ):
            return False
    return True


def stands_near(run: Run, row: Row) -> bool:
    """Whether a part stands near a place, not stopped exactly there."""
    stops, others = row.stops(), row.others()
    for tail, front, drive in spans(run):
        if drive is None or not drive.moving:
            for edge in (tail, front):
                if any(1e-6 < abs(edge - x) < MARGIN for x in stops):
                    return True
                if any(abs(edge - x) < MARGIN for x in others):
                    return True
    return False


Plan = list[tuple[int, str, bool]]


def attempt(seed: int, kind: str) -> tuple[Row, Run, Plan] | None:
    rng = random.Random(seed)
    row = row_of(rng, kind)
    places = row.stops() + row.others()
    run = Run(load_text(row.text(), Path("scene.yaml")), 1)
    names = [name for name, _ in row.tracks]
    plan: Plan = [(0, f"G_{name}", True) for name in names]
    plan += [(0, f"R_{name}", True) for name in names if name[0] == "c"]
    for _, tag, value in plan:
        run.write(tag, value)
    turned, ways = 0, [False for _ in run.line.lanes]
    for tenth in range(1, 10 * SECONDS):
        run.advance_to(tenth * NS // 10)
        if stands_near(run, row):
            return None
        for k, lane in enumerate(run.line.lanes):
            turned += lane.count > 0 and len(lane.zones) > 1 and lane.backward is not ways[k]
            ways[k] = lane.backward
        if rng.random() > 0.15 or not decided(run, places):
            continue
        name = rng.choice(names)
        match rng.choice(["turn", "turn", "all", "all", "release", "release", "run"]):
            case "turn":
                told = [(f"Q_{name}", rng.random() < 0.5)]
            case "all":
                way = rng.random() < 0.5
                told = [(f"Q_{name}", way) for name in names]
            case "release":
                told = [(f"R_{name}", rng.random() < 0.6) for name in names if name[0] == "c"]
            case _:
                told = [(f"G_{name}", rng.random() < 0.7)]
        for tag, value in told:
            plan.append((tenth, tag, value))
            run.write(tag, value)
    assert run.problem is None
    return (row, run, plan) if turned >= 3 else None  # conveyors with parts on them


def play(seed: int, kind: str) -> tuple[Row, Run, Plan]:
    """The first of some runs with many edges and turns in which nothing that decides comes near a place."""
    for number in range(400):
        found = attempt(1000 * seed + number, kind)
        if found is not None and not tie(found[0], found[1]):
            row, run, _ = found
            edges = sum(len(run.journal.edges(f"eye{k}.blocked")) for k in row.compared)
            if edges > 30:
                return found
    raise AssertionError("no such run")


def ticked(row: Row, plan: Plan, rate: int) -> ZoneTicks:
    tracks = {name: replace(track) for name, track in row.tracks}
    model = ZoneTicks(list(tracks.values()), rate, [start_of(row, name) + at for name, at in row.eyes])
    step, made, due = 0, 0, 0.0
    ports = {"Q": "reverse", "G": "run", "R": "release"}
    for name in tracks:
        tracks[name].run = tracks[name].release = False
    for number in range(rate * (SECONDS - 1)):
        while step < len(plan) and plan[step][0] * rate <= number * 10:
            _, tag, value = plan[step]
            setattr(tracks[tag[2:]], ports[tag[0]], value)
            step += 1
        model.tick()
        if made < 12 and due <= model.ticks / rate + 1e-9:
            came = model.enter(made, LENGTH, due)
            if came is not None:
                made, due = made + 1, came + row.every
    return model


def differences(row: Row, run: Run, model: ZoneTicks) -> list[float]:
    found = []
    for k in row.compared:
        solved = [(t / NS, bool(v)) for t, v in run.journal.edges(f"eye{k}.blocked")][1:]
        seen = [(t, blocked) for t, eye, blocked in model.edges if eye == k]
        found += apart(solved, seen, model.dt, SECONDS, k)
    records = run.journal.records()
    gone = records[records["kind"] == int(Kind.PART_GONE)]
    exits = list(zip((gone["t"] / NS).tolist(), gone["obj"].tolist(), strict=True))
    for (exact, part), (t, part_too) in zip(exits, model.exits, strict=False):
        assert part == part_too
        found.append(t - exact)
    assert abs(len(exits) - len(model.exits)) <= 1
    return found


@pytest.mark.parametrize("kind", ["c", "C", "bC", "Cb", "CC"])
def test_that_a_tick_loop_of_zones_that_turn_sees_the_same_edges_a_few_ticks_apart(kind: str) -> None:
    """Conveyors alone, that accumulate (C) or not, behind and before a belt, and one after the other."""
    sums = [0.0, 0.0]
    for seed in range(3):
        row, run, plan = play(seed, kind)
        coarse, fine = (differences(row, run, ticked(row, plan, rate)) for rate in RATES)
        assert len(fine) > 20
        assert max(map(abs, fine)) < 5 / RATES[1]
        sums = [sums[0] + sum(map(abs, coarse)) / len(coarse), sums[1] + sum(map(abs, fine)) / len(fine)]
    assert sums[1] < 0.5 * sums[0]
