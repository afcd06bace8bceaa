"""The spine's speed and memory, as ratios and CPU time within one process.

    python tests/benchmarks/bench_spine.py            all, about two minutes
    python tests/benchmarks/bench_spine.py belt       one of: calls belt restart edges line recording

Lines are built from scene text with the shipped device classes. Every figure is a median.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import simpy
from tick_belt import OPEN, PERIOD, SIZES, SPEED, TickBelt

from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.bench.run import RecordedRun, Run
from commissioning.model.tags import DataType
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.tags import TagTable

SCENES = Path(__file__).parents[2] / "scenes"
REPEATS = 5
S = 1_000_000_000


def cpu(fn: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.thread_time()
    fn()
    return time.thread_time() - start


def median(fn: Callable[[], float], repeats: int = REPEATS) -> float:
    return statistics.median(fn() for _ in range(repeats))


def line(name: str, value: str, limit: str, ok: bool) -> None:
    print(f"{'ok  ' if ok else 'MISS'} {name:58} {value:>16}   {limit}")


# ---- direct calls -----------------------------------------------------------------------------------


def calls() -> None:
    """100 actors: a direct call that schedules itself, against a SimPy process that yields timeouts."""
    events = 100_000

    class Actor:
        def __init__(self, kernel: Kernel, period: int) -> None:
            self.kernel, self.period = kernel, period
            kernel.call_at(period, self.go)

        def go(self, _: object) -> None:
            self.kernel.call_at(self.kernel._now + self.period, self.go)

    def direct() -> float:
        kernel = Kernel()
        for i in range(100):
            Actor(kernel, 1000 + i)
        return cpu(lambda: kernel.advance(events // 100 * 1050)) / kernel.executed

    def process() -> float:
        env = simpy.Environment()
        done = [0]

        def actor(period: int):  # type: ignore[no-untyped-def]
            while True:
                yield env.timeout(period)
                done[0] += 1

        for i in range(100):
            env.process(actor(1000 + i))
        return cpu(lambda: env.run(until=events // 100 * 1050)) / done[0]

    ratios = [process() / direct() for _ in range(9)]
    ratio = statistics.median(ratios)
    line("direct call against a SimPy process with timeouts", f"{ratio:.2f} x", ">= 1.9 x", ratio >= 1.9)


# ---- a belt against a tick loop ---------------------------------------------------------------------


def belt_scene(length: float, every: float) -> LoadedScene:
    """The line that `tick_belt` describes, as scene text; all tags journaled."""
    steps = []
    for k in range(0, 9000, PERIOD):
        steps.append((k, f"{{at: {k} s, set: {{Q_Stop: false}}}}"))
        steps.append((k + OPEN, f"{{at: {k + OPEN} s, set: {{Q_Stop: true}}}}"))
    for k in range(0, 9000, 60):
        steps.append((k, f"{{at: {k} s, set: {{Q_Run: true}}}}"))
        steps.append((k + 58, f"{{at: {k + 58} s, set: {{Q_Run: false}}}}"))
    text = f"""
format: commissioning-scene/1
products: {{short: {{size: [{SIZES[0]} m, 0.2 m, 0.2 m]}}, long: {{size: [{SIZES[1]} m, 0.2 m, 0.2 m]}}}}
devices:
  src: {{type: source, mix: {{short: 1, long: 1}}, every: {every} s, first: 0 s, to: b}}
  b: {{type: belt, length: {length} m, speed: {SPEED} m/s, to: out, tags: {{run: Q_Run}}}}
  e1: {{type: photo_eye, along: b, at: {length * 0.25} m, tags: {{blocked: I_1}}}}
  e2: {{type: photo_eye, along: b, at: {length * 0.5} m, tags: {{blocked: I_2}}}}
  st: {{type: stopper, along: b, at: {length * 0.8} m, time: 1 ms, tags: {{raise: Q_Stop}}}}
  e3: {{type: photo_eye, along: b, at: {length * 0.9} m, tags: {{blocked: I_3}}}}
  out: {{type: sink}}
scenarios:
  s: {{steps: [{", ".join(text for _, text in sorted(steps))}]}}
"""
    return load_text(text, Path("scene.yaml"))


def belt() -> None:
    """Simulated seconds per CPU second, tags, journal and digest on, against a plain 60 Hz tick loop.

    The tick loop starts from the state the event core has reached, and must find about the same edges.
    A tick costs the same however much happens in it: so the ratio falls as more parts pass per hour. The
    limits hold for both: the flow of `carton_line` and a dense one.
    """
    for length, every, wanted in (
        (230.0, 5.0, 100.0),
        (2300.0, 5.0, 300.0),
        (95.0, 1.9, 100.0),
        (950.0, 1.9, 300.0),
    ):
        loaded = belt_scene(length, every)
        fill = int(length / SPEED * 1.2) * S
        span, ticked = (1200, 24) if wanted != 300 and length < 300 else (1200, 6)
        rates, tick_rates = [], []
        for _ in range(REPEATS):
            run = Run(loaded, 1, "s")
            run.advance_to(fill)
            (lane,) = run.line.lanes
            parts = [(lane.position(part), part.length) for part in lane.parts()]
            model = TickBelt(length, every, 1 / 60, fill / S, parts)
            tick_rates.append(ticked / cpu(lambda m=model, t=ticked: m.advance(t)))  # type: ignore[misc]
            before = run.journal.length
            rates.append(span / cpu(lambda r=run, t=fill + span * S: (r.advance_to(t), r.journal.digest())))  # type: ignore[misc]
            assert run.problem is None
        records = run.journal.records(before)
        seen = records[(records["kind"] == 1) & (records["t"] <= fill + ticked * S)]
        eyes = [run.tags[f"I_{k}"].index for k in (1, 2, 3)]
        exact = sum(int((seen["obj"] == index).sum()) for index in eyes)
        rate, tick_rate = statistics.median(rates), statistics.median(tick_rates)
        ratio = rate / tick_rate
        limit = f">= {wanted:.0f} x"
        rates_text = f"{rate:,.0f} against {tick_rate:,.0f} sim-s per CPU-s"
        edges_text = f"in {ticked} s {exact} edges against {len(model.edges)}"
        what = f"belt, 3 eyes, stopper, {len(parts)} parts, {3600 / every:.0f}/h, against ticks"
        line(what, f"{ratio:,.0f} x", f"{limit} ({rates_text}; {edges_text})", ratio >= wanted)


# ---- stop and restart -------------------------------------------------------------------------------


def restart_scene(kind: str, count: int) -> tuple[LoadedScene, int]:
    """A belt with `count` parts on it and how long it takes to get there (ns)."""
    spacing = 0.3 if kind == "packed" else 0.6
    length = count * spacing + 5
    speed = 6.0
    second = ""
    every = f"{spacing / speed} s"
    if kind == "fast to slow":
        every = "always"
        second = f"b2: {{type: belt, length: {count * 0.3} m, speed: 2 m/s, to: out}}"
        length = 20
    after = "b2" if second else "out"
    text = f"""
format: commissioning-scene/1
products: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}}}
devices:
  src: {{type: source, product: box, every: {every}, first: 0 s, to: b}}
  b: {{type: belt, length: {length} m, speed: {speed} m/s, to: {after}, tags: {{run: Q_Run}}}}
  {second}
  st: {{type: stopper, along: b, at: {length - 0.5} m, time: 10 ms, tags: {{raise: Q_Stop}}}}
  out: {{type: sink}}
"""
    seconds = count * 0.3 / 2.0 + 20 if second else length / speed + (20 if kind == "packed" else -1)
    return load_text(text, Path("scene.yaml")), int(seconds * S)


def restart() -> None:
    """CPU time of one stop and one restart command with what they cause, for 100 to 5,000 parts."""
    for kind in ("free", "packed", "fast to slow"):
        costs = []
        for count in (100, 1000, 5000):
            loaded, fill = restart_scene(kind, count)
            run = Run(loaded, 1)
            run.write("Q_Run", True)
            if kind == "packed":
                run.write("Q_Stop", True)
            run.advance_to(fill)
            resident = len(run.line.parts)
            samples = []
            for _ in range(300):
                start = time.thread_time_ns()
                run.write("Q_Run", False)
                run.write("Q_Run", True)
                samples.append((time.thread_time_ns() - start) / 2000)
                run.advance_to(run.now_ns + 1000)
            costs.append((resident, statistics.median(samples)))
        low, high = min(c for _, c in costs), max(c for _, c in costs)
        shown = ", ".join(f"{n} parts {c:.1f} us" for n, c in costs)
        line(f"stop or restart, {kind}: spread", f"{high / low:.2f} x", f"<= 2 x ({shown})", high / low <= 2)


# ---- tag edges --------------------------------------------------------------------------------------


def edges() -> None:
    """A tag edge with one subscriber, journaled and digested."""
    count = 262_144

    class Reader:
        seen = 0

        def read(self, _: object) -> None:
            self.seen += 1

    def one() -> float:
        kernel = Kernel()
        journal = Journal(kernel, {})
        table = TagTable(kernel, journal)
        reader = Reader()
        signals = [table.add(f"T{i}", DataType.BOOL) for i in range(64)]
        for signal in signals:
            signal.subscribe(reader.read)

        def write() -> None:
            value = False
            for _ in range(count // 64):
                value = not value
                for signal in signals:
                    signal.write(value)
            journal.digest()

        seconds = cpu(write)
        assert reader.seen == count
        return seconds / count * 1e6

    us = median(one)
    line("tag edge: table, subscriber, journal and digest", f"{us:.2f} us", "<= 1.5 us", us <= 1.5)


# ---- the carton line ----------------------------------------------------------------------------------


def carton() -> None:
    """The carton line with its PLC (160 lines, 10 ms), headless."""
    loaded = load(SCENES / "carton_line")

    def rate(every_scan: bool, span: int) -> float:
        run = Run(loaded, 1, "production", every_scan=every_scan)
        run.advance_to(60 * S)
        return span / cpu(lambda: run.advance_to((60 + span) * S))

    skipping = median(lambda: rate(False, 3600))
    every = median(lambda: rate(True, 600))
    line("carton_line, scans skipped", f"{skipping:,.0f} x", ">= 3,000 x real time", skipping >= 3000)
    line("carton_line, every scan", f"{every:,.0f} x", ">= 600 x real time", every >= 600)
    line("skipping against every scan", f"{skipping / every:.1f} x", ">= 4 x", skipping / every >= 4)


def recording() -> None:
    """Size of an 8-hour recording of the carton line, closed and while it is written."""
    loaded = load(SCENES / "carton_line")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.recording"
        run = Run(loaded, 1, "production")
        recorded = RecordedRun(run, loaded, path)
        recorded.advance_to(8 * 3600 * S)
        recorded.close()
        size = path.stat().st_size / 1e6
    line(
        f"8 h recording of carton_line, {run.journal.length:,} records",
        f"{size:.1f} MB",
        "< 20 MB",
        size < 20,
    )


ALL = {
    "calls": calls,
    "belt": belt,
    "restart": restart,
    "edges": edges,
    "line": carton,
    "recording": recording,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        ALL[name]()
