"""Motion: exact events against a tick loop of the same rules, and what stop and restart cost.

    python tests/benchmarks/bench_motion.py

Figures are CPU time of this process; trust the ratios. The lane here is wired by hand, with tags and
journal on; the same figure for a whole scene with its devices is taken elsewhere.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "sim"))

from tick_model import SingulatingLine

from commissioning.model.record import Kind
from commissioning.model.tags import DataType
from commissioning.sim.drive import Drive
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.lanes.lane import Lane, Zone
from commissioning.sim.part import Part
from commissioning.sim.stateful import Stateful
from commissioning.sim.tags import TagTable

NS = 1_000_000_000


class EventBelt(Stateful):
    """The rules of `tick_model.SingulatingLine` on the product's motion: 3 eyes, a blade that lets one
    part through at a time, parts fed at a pitch, the belt stopped 2 s out of 30."""

    continuations = ("feed", "release", "stop_belt", "start_belt")

    def __init__(self, length: float, speed: float, lengths: list[float], pitch: float, dwell: float) -> None:
        self.id = "bench"
        self.kernel = Kernel()
        self.journal = Journal(self.kernel, {"core": {}})
        self.drive = Drive(0, "belt", self.kernel, self.journal, speed)
        self.lane = Lane(0, "lane", [Zone(0.0, length, self.drive)], self.kernel, self.journal)
        self.lane.exit = self
        tags = TagTable(self.kernel, self.journal)
        self.edges = 0
        for k, x in enumerate((0.3 * length, 0.6 * length, length - 0.95)):
            signal = tags.add(f"I_PE{k}", DataType.BOOL)
            self.lane.add_eye(x, lambda blocked, k=k, signal=signal: self.edge(k, signal, blocked))
        self.stop = self.lane.add_stop(length - 1.0, self.held)
        self.speed, self.lengths, self.pitch, self.dwell = speed, lengths, round(pitch * NS), dwell
        self.made = self.gone = 0
        self.drive.command(speed)
        self.stop.raise_()
        self.waiting: Part | None = None
        self.kernel.call_at(0, self.feed)
        self.kernel.call_at(28 * NS, self.stop_belt)

    def edge(self, eye: int, signal: Any, blocked: bool) -> None:
        signal.write(blocked)
        self.edges += 1
        if eye == 2 and blocked:
            self.stop.raise_()  # the one let go has passed

    def feed(self, _: None) -> None:
        if self.waiting is None:
            length = self.lengths[self.made % len(self.lengths)]
            self.waiting = Part(self.made, 0, length, 0.2, 0.2)
            self.journal.add(int(Kind.PART_MADE), 0, self.made, length, 0.2, 0.2)
            self.made += 1
            self.ready(self.lane)
        self.kernel.call_at(self.kernel.now + self.pitch, self.feed)

    def ready(self, receiver: Any) -> None:
        if self.waiting is not None and receiver.offer(self.waiting, self):
            self.waiting = None

    def held(self, part: Part | None) -> None:
        if part is not None:
            self.kernel.call_at(self.kernel.now + round(self.dwell * NS), self.release)

    def release(self, _: None) -> None:
        self.stop.lower()

    def offer(self, part: Part, giver: Any) -> bool:
        part.owner = None
        self.journal.add(int(Kind.PART_GONE), 0, part.id, 0)
        self.gone += 1
        return True

    def stop_belt(self, _: None) -> None:
        self.drive.command(0.0)
        self.kernel.call_at(self.kernel.now + 2 * NS, self.start_belt)

    def start_belt(self, _: None) -> None:
        self.drive.command(self.speed)
        self.kernel.call_at(self.kernel.now + 28 * NS, self.stop_belt)


def against_ticks(parts: int, pitch: float) -> None:
    """Simulated seconds per CPU second, of both, on the same belt with about `parts` parts."""
    speed, dwell = 0.3, 0.2
    length = parts * pitch * speed * 0.95
    rng = random.Random(1)
    lengths = [rng.uniform(0.25, 0.45) for _ in range(1000)]
    event = EventBelt(length, speed, lengths, pitch, dwell)
    event.kernel.advance(round(1.2 * length / speed) * NS)  # fill it
    begin, edges = event.kernel.now, event.edges
    span = round(8_000 * pitch)
    start = process_time()
    event.kernel.advance(begin + span * NS)
    cpu = process_time() - start
    events_per_cpu = span / cpu
    rate = (event.edges - edges) / cpu

    tick = SingulatingLine(length, speed, lengths, pitch, dwell, 60)
    tick.fill(round(1.2 * length / speed))
    tick_span = 20 if parts < 500 else 2
    start = process_time()
    tick.advance(tick_span)
    ticks_per_cpu = tick_span / (process_time() - start)
    print(
        f"{event.lane.count:5d} parts ({len(tick.parts)} ticked), {3600 / pitch:.0f}/h: "
        f"events {events_per_cpu:9.0f} s/CPU-s ({rate / 1e3:.0f} k eye edges/CPU-s); "
        f"60 Hz ticks {ticks_per_cpu:7.1f} s/CPU-s; ratio {events_per_cpu / ticks_per_cpu:6.0f}"
    )


def edges_only(length: float, eyes: int) -> None:
    """Part edges per CPU second with tags, journal and digest; entries and exits are in the cost."""
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    drive = Drive(0, "belt", kernel, journal, 0.5)
    lane = Lane(0, "lane", [Zone(0.0, length, drive)], kernel, journal)
    tags = TagTable(kernel, journal)
    count = [0]

    def edge(signal: Any, blocked: bool) -> None:
        signal.write(blocked)
        count[0] += 1

    for k in range(eyes):
        signal = tags.add(f"I_PE{k}", DataType.BOOL)
        lane.add_eye(length * (k + 1) / (eyes + 1), lambda blocked, signal=signal: edge(signal, blocked))

    class Ends(Stateful):
        id = "ends"
        continuations = ("feed",)
        made = 0

        def offer(self, part: Part, giver: Any) -> bool:
            return True

        def feed(self, _: None) -> None:
            self.made += 1
            assert lane.offer(Part(self.made, 0, 0.3, 0.2, 0.2), self)
            kernel.call_at(kernel.now + NS, self.feed)

        def ready(self, receiver: Any) -> None:
            raise AssertionError("it was taken")

    ends = Ends()
    lane.exit = ends
    drive.command(0.5)
    kernel.call_at(0, ends.feed)
    kernel.advance(round(1.1 * length / 0.5) * NS)
    start, before, begin = process_time(), count[0], kernel.now
    kernel.advance(begin + max(8_000, 24_000 // eyes) * NS)
    cpu = process_time() - start
    print(f"{lane.count:5d} parts, {eyes:2d} eyes: {(count[0] - before) / cpu / 1e3:6.0f} k edges/CPU-s")


def stop_and_restart(n: int, kind: str) -> float:
    """CPU microseconds of one stop and restart with `n` parts: free, a packed queue, or fed fast to slow."""
    kernel = Kernel()
    journal = Journal(kernel, {"core": {}})
    fast = Drive(0, "a", kernel, journal, 0.5, 1.2)
    slow = Drive(1, "b", kernel, journal, 0.25, 1.2)
    lane = Lane(
        0, "lane", [Zone(0.0, 0.5 * n, fast), Zone(0.5 * n, 0.5 * n + 5.0, slow)], kernel, journal
    )  # fmt: skip
    for x in (0.3, 0.6, 0.9):
        lane.add_eye(x * lane.length, lambda blocked: None)
    stop = lane.add_stop(lane.length - 1.0)
    fast.command(0.5)
    slow.command(0.25)
    if kind == "queue":
        stop.raise_()
    length, gap = (0.3, 0.15) if kind == "free" else (0.3, 0.0)

    class Giver:
        id = "giver"

        def ready(self, receiver: Any) -> None:
            pass

    giver = Giver()
    made = 0
    while lane.count < n and kernel.now < 20_000 * NS:
        if lane.offer(Part(made, 0, length, 0.2, 0.2), giver):
            made += 1
        kernel.advance(kernel.now + round((length + gap) / 0.5 * NS) + 1)
    if kind == "queue":
        kernel.advance(kernel.now + round(0.5 * n / 0.5 * 1.2) * NS)
        drives = [slow]
    elif kind == "coupled":
        drives = [slow]
    else:
        drives = [fast]
    rounds = 300
    start = process_time()
    for _ in range(rounds):
        for drive in drives:
            drive.command(0.0)
        if kind == "queue":
            stop.lower()
            stop.raise_()
        for drive in drives:
            drive.command(drive.speed)
    cpu = process_time() - start
    return cpu / rounds * 1e6


def main() -> None:
    for pitch in (5.0, 1.85):  # the rate of the carton line, and parts close together
        for parts in (100, 1000):
            against_ticks(parts, pitch)
    for length, eyes in ((150.0, 3), (670.0, 3), (150.0, 10), (670.0, 10)):
        edges_only(length, eyes)
    for kind in ("free", "queue", "coupled"):
        costs = {n: min(stop_and_restart(n, kind) for _ in range(3)) for n in (100, 1000, 5000)}
        text = ", ".join(f"{n}: {us:.1f}" for n, us in costs.items())
        print(f"stop and restart, {kind}, us by parts: {text}; x{max(costs.values()) / costs[100]:.2f}")


if __name__ == "__main__":
    main()
