"""The timeline: poses of 10,000 parts, and seeks in eight hours of one lane.

    python tests/benchmarks/bench_timeline.py

CPU time of this process.
"""

from __future__ import annotations

import random
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissioning.model.record import RECORD, Kind
from commissioning.sim.drive import Drive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful
from commissioning.sim.timeline.timeline import Timeline

NS = 1_000_000_000


def many(lanes: int, parts: int) -> None:
    """`lanes` lanes of two belts each, `parts` parts on each of them, all moving."""
    pose = {"xyz": [0.0, 0.0, 0.5], "quaternion": [1.0, 0.0, 0.0, 0.0]}
    zones = [{"pose": pose, "start": 0.0, "end": 25.0}]
    header = {
        "core": {"signals": [], "objects": [], "drives": list(range(2 * lanes)), "lanes": list(range(lanes))},
        "look": {"lanes": [{"zones": zones}] * lanes},
    }  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for drive in range(2 * lanes):
        rows.append((0, int(Kind.DRIVE), 0, drive, 0, 0.0, 0.0, 1.2, 0.4))
    for lane in range(lanes):
        for k in range(parts):
            part = lane * parts + k
            rows.append((0, int(Kind.PART_MADE), 0, part, 0, 0.3, 0.2, 0.2, 1.0))
            rows.append((0, int(Kind.PART_MOVE), 1, part, 0, lane, 0.3 * k, 0.0, 0.0))
            rows.append((0, int(Kind.TRAIN), 2 * lane + k % 2, lane, 0, 20.0 - 0.1 * k, part, part, 0.0))
    timeline = Timeline(header, np.array(rows, RECORD))
    timeline.poses(NS)
    took = []
    for frame in range(200):
        start = process_time()
        poses = timeline.poses(NS + frame * 33_000_000)
        took.append(process_time() - start)
    print(f"{len(poses.ids)} parts on {lanes} lanes: {median(took) * 1e3:.2f} ms a frame")


def recorded(hours: float) -> NDArray[np.void]:
    """A lane of two belts, with a queue at its end now and then, as it was recorded."""
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    drives = [Drive(k, f"b{k}", kernel, journal, speed, 1.2) for k, speed in enumerate((0.4, 0.5))]
    lane = Lane(0, "lane", [Zone(0.0, 3.0, drives[0]), Zone(3.0, 5.0, drives[1])], kernel, journal)
    rng = random.Random(1)

    class Ends(Stateful):
        id = "ends"
        continuations = ("feed", "station")
        made = 0
        busy = False

        def feed(self, _: None) -> None:
            part = Part(self.made, 0, 0.3, 0.2, 0.2)
            journal.add(int(Kind.PART_MADE), 0, part.id, 0.3, 0.2, 0.2)
            self.made += 1
            lane.offer(part, self)
            kernel.call_at(kernel.now + round(rng.uniform(3.0, 7.0) * NS), self.feed)

        def ready(self, receiver: Any) -> None:
            """What does not fit is lost."""

        def offer(self, part: Part, giver: Any) -> bool:
            if self.busy:
                return False
            self.busy = True
            journal.add(int(Kind.PART_GONE), 0, part.id)
            kernel.call_at(kernel.now + round(rng.uniform(3.0, 6.0) * NS), self.station)
            return True

        def station(self, _: None) -> None:
            self.busy = False
            lane.ready(self)

    ends = Ends()
    lane.exit = ends
    for drive in drives:
        drive.command(drive.speed)
    kernel.call_at(0, ends.feed)
    kernel.advance(round(hours * 3600) * NS)
    return journal.records()


def seeks(hours: float) -> None:
    rows = recorded(hours)
    pose = {"xyz": [0.0, 0.0, 0.5], "quaternion": [1.0, 0.0, 0.0, 0.0]}
    header = {
        "core": {"signals": [], "objects": [], "drives": [0, 1], "lanes": [0]},
        "look": {"lanes": [{"zones": [{"pose": pose, "start": 0.0, "end": 5.0}]}]},
    }
    start = process_time()
    timeline = Timeline(header, rows)
    build = process_time() - start
    rng = random.Random(2)
    took = []
    for _ in range(500):
        t = rng.randrange(round(hours * 3600) * NS)
        start = process_time()
        timeline.poses(t)
        took.append(process_time() - start)
    took.sort()
    print(
        f"{hours:.0f} h, {len(rows)} records: index built in {build:.2f} s; "
        f"random seek {median(took) * 1e3:.2f} ms, 95 % within {took[475] * 1e3:.2f} ms"
    )


if __name__ == "__main__":
    many(200, 50)
    many(10, 1000)
    seeks(8.0)
