"""Material flow against idiomatic SimPy code for the same model: CPU time, ratios in one process, medians.

    python tests/benchmarks/bench_flow.py            both models, about a minute
    python tests/benchmarks/bench_flow.py mm1        one of: mm1 line

Ours is built from scene text with the shipped device classes and keeps its journal in memory; SimPy keeps
nothing. Beside the ratio stands what it is made of: kernel entries and journal records per part. Lines
like these are solved ahead (`sim.ahead`); *by event* is the reference mode, with the same digest.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import simpy

from commissioning.bench.load import LoadedScene, load_text
from commissioning.sim.run import Run

REPEATS = 7
NS = 1_000_000_000
HEAD = "format: commissioning-scene/1\nproducts: {part: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"


def cpu(fn: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.thread_time()
    fn()
    return time.thread_time() - start


def compare(name: str, loaded: LoadedScene, span: float, parts: int, other: Callable[[], float],
            limit: float) -> None:  # fmt: skip
    """Interleaved, so that both see the same machine: without statistics, with the key figures of all
    devices, and entry by entry."""
    found: dict[str, list[tuple[float, float]]] = {"": [], ", key figures": [], ", by event": []}
    digests = set()
    for _ in range(REPEATS):
        for mode, costs in found.items():
            run = Run(loaded, 1, by_event=mode == ", by event")
            ours = cpu(lambda r=run: r.advance(span))  # type: ignore[misc]
            if mode == ", key figures":
                ours += cpu(run.kpi)
            assert run.problem is None
            costs.append((ours / parts * 1e6, other() / ours))
            digests.add(run.journal.digest())
    assert len(digests) == 1
    made_of = f"{run.events / parts:.1f} kernel entries, {run.journal.length / parts:.1f} records"
    for mode, wanted in ("", limit), (", key figures", limit / 2), (", by event", 0.0):
        cost, ratio = (statistics.median(one) for one in zip(*found[mode], strict=True))
        print(
            f"{'ok  ' if ratio >= wanted else 'MISS'} {name + mode:50} {ratio:5.2f} x   >= {wanted} x   "
            f"({cost:.1f} us a part; {made_of})"
        )


def mm1() -> None:
    """M/M/1 at 80 %: a source, a waiting room, a server, a sink."""
    parts = 40_000
    loaded = load_text(
        HEAD + "  src: {type: source, product: part, every: {exponential: 1.25 s}, to: q}\n"
        "  q: {type: buffer, to: m}\n  m: {type: station, cycle: {exponential: 1 s}, to: out}\n"
        "  out: {type: sink}\n",
        Path("scene.yaml"),
    )

    def simpy_code() -> float:
        rng = random.Random(1)
        env = simpy.Environment()
        server = simpy.Resource(env, 1)

        def customer() -> Any:
            with server.request() as turn:
                yield turn
                yield env.timeout(rng.expovariate(1.0))

        def arrivals() -> Any:
            while True:
                yield env.timeout(rng.expovariate(0.8))
                env.process(customer())

        env.process(arrivals())
        return cpu(lambda: env.run(until=parts * 1.25))

    compare("M/M/1 at 80 %", loaded, parts * 1.25, parts, simpy_code, 5.0)


def line() -> None:
    """Ten stations with two places between each two, saturated."""
    stations, seconds = 10, 3000
    rows = ["  src: {type: source, product: part, every: always, to: m1}\n"]
    for k in range(1, stations + 1):
        last = k == stations
        rows.append(
            f"  m{k}: {{type: station, cycle: {{exponential: 1 s}}, to: {'out' if last else f'b{k}'}}}\n"
        )
        if not last:
            rows.append(f"  b{k}: {{type: buffer, capacity: 2, to: m{k + 1}}}\n")
    loaded = load_text(HEAD + "".join(rows) + "  out: {type: sink}\n", Path("scene.yaml"))
    run = Run(loaded, 1)
    run.advance(seconds)
    parts = int(run.tags["out.count"].value)

    def simpy_code() -> float:
        rng = random.Random(1)
        env = simpy.Environment()
        stores = [simpy.Store(env, 2) for _ in range(stations - 1)]

        def station(k: int) -> Any:
            while True:
                part = object() if k == 0 else (yield stores[k - 1].get())
                yield env.timeout(rng.expovariate(1.0))
                if k < stations - 1:
                    yield stores[k].put(part)

        for k in range(stations):
            env.process(station(k))
        return cpu(lambda: env.run(until=seconds))

    compare("10 stations, buffers of 2, saturated", loaded, seconds, parts, simpy_code, 4.0)


ALL = {"mm1": mm1, "line": line}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        ALL[name]()
