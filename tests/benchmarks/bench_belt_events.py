"""Belts on one core: kernel events and part edges per CPU second, however many parts lie on them.

    python tests/benchmarks/bench_belt_events.py            everything, half a minute
    python tests/benchmarks/bench_belt_events.py 5000       one of: 100 1000 5000 (parts resident)

Dense belts of scene text with the shipped device classes: two parts on a metre, one a second, photo-eyes, a
sink. What comes on and goes off is in the cost; so are journal and digest, which are always on: the port of
an eye has its records whether a tag is bound to it or not. An *edge* is the front or the tail of a part at
an eye. An *event* is an entry of the kernel, or a threshold that a drive handles (of several in one entry
each counts; the entry that brings a drive there does not). They are counted in a stretch of their own, which
is not timed. CPU time of this thread; the lines take turns; each figure is the median.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from commissioning.bench.load import LoadedScene, load_text
from commissioning.model.record import Kind
from commissioning.sim.drive import Drive
from commissioning.sim.kernel import Kernel
from commissioning.sim.run import Run

REPEATS = 9
RESIDENT = (100, 1000, 5000)
SPEED = 0.5  # m/s: at one part a second, two parts on a metre
EVENTS, EDGES, BOUND = 0.3e6, 0.25e6, 0.15e6  # wanted per CPU second
STRETCH = 20_000  # edges that one measurement takes, about
HEAD = "format: commissioning-scene/1\nproducts: {part: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"


def eye(number: int, belt: str, at: float, bound: bool = True) -> str:
    """One whose edges are none of another eye's: no two of these places are a number of parts apart."""
    tag = f", tags: {{blocked: I_PE{number}}}" if bound else ""
    return f"  e{number}: {{type: photo_eye, along: {belt}, at: {at + 0.0137 * number:.4f} m{tag}}}\n"


def one_belt(resident: int, eyes: int, bound: bool) -> LoadedScene:
    """One belt with `eyes` eyes."""
    length = resident * SPEED
    rows = ["  src: {type: source, product: part, every: 1 s, first: 0 s, to: b}\n  out: {type: sink}\n"]
    rows.append(f"  b: {{type: belt, length: {length} m, speed: {SPEED} m/s, to: out}}\n")
    rows += [eye(k, "b", length * (k + 1) / (eyes + 1), bound) for k in range(eyes)]
    return load_text(HEAD + "".join(rows), Path("scene.yaml"))


def side_by_side(resident: int, belts: int) -> LoadedScene:
    """Belts that have nothing to do with one another, ten eyes each: the kernel changes between them."""
    length = resident * SPEED / belts
    rows = []
    for n in range(belts):
        rows.append(
            f"  src{n}: {{type: source, product: part, every: 1 s, first: {0.0371 * n:.4f} s, to: b{n}}}\n"
            f"  b{n}: {{type: belt, length: {length} m, speed: {SPEED} m/s, to: out{n}}}\n"
            f"  out{n}: {{type: sink}}\n"
        )
        rows += [eye(10 * n + k, f"b{n}", length * (k + 1) / 11 - 0.137 * n) for k in range(10)]
    return load_text(HEAD + "".join(rows), Path("scene.yaml"))


def in_a_row(resident: int, belts: int) -> LoadedScene:
    """Belts that feed one another, each with its own drive and one eye: a hand-over for every two edges."""
    length = resident * SPEED / belts
    rows = ["  src: {type: source, product: part, every: 1 s, first: 0 s, to: b0}\n  out: {type: sink}\n"]
    for n in range(belts):
        to = f"b{n + 1}" if n < belts - 1 else "out"
        rows.append(f"  b{n}: {{type: belt, length: {length} m, speed: {SPEED} m/s, to: {to}}}\n")
        rows.append(eye(n, f"b{n}", length / 2))
    return load_text(HEAD + "".join(rows), Path("scene.yaml"))


def separated(resident: int) -> LoadedScene:
    """A packed queue before a separator that lets one part go at a time; three eyes after it."""
    queue, free = 0.3 * resident / 2, SPEED * resident / 2
    rows = ["  src: {type: source, product: part, every: always, to: b}\n  out: {type: sink}\n"]
    rows.append(f"  b: {{type: belt, length: {queue + free} m, speed: {SPEED} m/s, to: out}}\n")
    rows.append(f"  s: {{type: separator, along: b, at: {queue} m, gap: 0.2 m}}\n")
    rows += [eye(k, "b", queue + free * (k + 1) / 4) for k in range(3)]
    return load_text(HEAD + "".join(rows), Path("scene.yaml"))


class Counting:
    """Counts events by looking on: what the kernel calls, but for drives, and what those call."""

    def __init__(self) -> None:
        self.events = 0

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        caller = frame.f_back
        if event != "call" or caller is None:
            return
        if caller.f_code is Kernel.advance.__code__:
            self.events += frame.f_code is not Drive.fire.__code__
        elif caller.f_code is Drive.fire.__code__:
            self.events += frame.f_code.co_name in ("edge", "passed")


class Line:
    """A line full of parts, `rate` edges of its eyes a second, and what its stretches cost."""

    def __init__(self, loaded: LoadedScene, fill: float, rate: int) -> None:
        self.run = Run(loaded, 1)
        self.run.advance(fill)
        self.rate, self.span = rate, STRETCH // rate
        counting = Counting()
        sys.setprofile(counting)
        self.run.advance(self.span / 10)
        sys.setprofile(None)
        self.happens = counting.events * 10  # in a stretch
        tags = self.run.tags
        eyes = (device for device in loaded.scene.devices.values() if device.type == "photo_eye")
        self.signals = [tags[f"{device.id}.blocked"].index for device in eyes]
        self.edges: list[float] = []
        self.events: list[float] = []

    def stretch(self) -> None:
        run = self.run
        length = run.journal.length
        start = time.thread_time()
        run.advance(self.span)
        run.journal.digest()
        cpu = time.thread_time() - start
        assert run.problem is None
        rows = run.journal.records(length)
        rows = rows[rows["kind"] == int(Kind.VALUE)]
        edges = sum(int((rows["obj"] == signal).sum()) for signal in self.signals)
        assert abs(edges - self.rate * self.span) <= 2 * len(self.signals), (edges, self.rate * self.span)
        self.edges.append(edges / cpu)
        self.events.append(self.happens / cpu)


# name, scene for a number of parts, edges a second, how many edges per CPU second are wanted
LINES: list[tuple[str, Callable[[int], LoadedScene], int, float]] = [
    ("one belt, 10 eyes", lambda n: one_belt(n, 10, False), 20, EDGES),
    ("one belt, 10 eyes bound to tags", lambda n: one_belt(n, 10, True), 20, BOUND),
    ("one belt, 3 eyes bound to tags", lambda n: one_belt(n, 3, True), 6, BOUND),
    ("10 belts side by side, 10 eyes bound to tags each", lambda n: side_by_side(n, 10), 200, BOUND),
    ("10 belts in a row, an eye bound to a tag each", lambda n: in_a_row(n, 10), 20, BOUND),
    ("queue before a separator, 3 eyes bound to tags", separated, 6, BOUND),
]


def said(name: str, value: float, limit: float) -> None:
    print(
        f"{'ok  ' if value >= limit else 'MISS'} {name:75} {value / 1e6:6.3f} M/CPU-s   >= {limit / 1e6:g}",
        flush=True,
    )


def main(resident: int) -> None:
    lines = []
    for name, build, rate, limit in LINES:
        fill = resident * (2.0 if build is separated else 1.05)
        lines.append((name, Line(build(resident), fill, rate), limit))
    for _ in range(REPEATS):
        for _, line, _ in lines:
            line.stretch()
    for name, line, limit in lines:
        what = f"{len(line.run.line.parts)} parts, {name}"
        # print(line.happens, line.span)
        said(f"{what}: events", statistics.median(line.events), EVENTS)
        said(f"{what}: edges", statistics.median(line.edges), limit)


if __name__ == "__main__":
    for argument in sys.argv[1:] or RESIDENT:
        main(int(argument))
