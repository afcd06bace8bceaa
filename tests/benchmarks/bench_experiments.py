"""What experiments cost: the pool's own work per task, and thirty shifts of the carton line.

    python tests/benchmarks/bench_experiments.py          both, about a minute
    python tests/benchmarks/bench_experiments.py pool     one of: pool shifts

Wall time counts here: it is what the user waits for. Two worker processes.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from commissioning.bench.experiments.experiment import experiment
from commissioning.bench.load import load
from commissioning.bench.pool import LocalPool

SCENES = Path(__file__).parents[2] / "scenes"
TASKS = 2000
EXPERIMENT = """
experiments:
  shifts: {for: 8 h, replications: 30, measures: [out.throughput, pack.utilisation]}
"""


def line(name: str, value: str, limit: str, ok: bool) -> None:
    print(f"{'ok  ' if ok else 'MISS'} {name:58} {value:>16}   {limit}")


def nothing(payload: object, k: int) -> int:
    return k


def pool() -> None:
    """Tasks that do nothing, given to a warm pool of two processes."""
    workers = LocalPool(2)
    try:
        list(workers.map_unordered(nothing, range(100)))
        costs = []
        for _ in range(5):
            began = time.perf_counter()
            list(workers.map_unordered(nothing, range(TASKS)))
            costs.append((time.perf_counter() - began) / TASKS)
    finally:
        workers.cancel_all()
    cost = statistics.median(costs) * 1e3
    line("a task that does nothing, two workers", f"{cost:.3f} ms", "at most 1 ms", cost <= 1.0)


def shifts() -> None:
    """Thirty replications of an 8 h shift of the carton line with its PLC, processes started included."""
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder, "line")
        scene.mkdir()
        for source in (SCENES / "carton_line").rglob("*"):
            if source.is_file():
                target = scene / source.relative_to(SCENES / "carton_line")
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(source.read_bytes())
        text = (scene / "scene.yaml").read_text()
        (scene / "scene.yaml").write_text(text.split("\nexperiments:")[0] + EXPERIMENT)
        loaded = load(scene)
        before = os.times()
        began = time.perf_counter()
        report = experiment(loaded, "shifts", workers=2, cache=Path(folder, "cache"))
        wall = time.perf_counter() - began
        after = os.times()
        assert report.ran == 30
        spent = sum(after[:4]) - sum(before[:4])
        line(
            "30 shifts of carton_line with its PLC, two workers",
            f"{wall:.1f} s",
            "at most 180 s",
            wall <= 180,
        )
        print(f"     CPU of all processes {spent:.1f} s, {spent / 30:.2f} s per shift of 8 h")
        began = time.perf_counter()
        again = experiment(loaded, "shifts", workers=2, cache=Path(folder, "cache"))
        wall = time.perf_counter() - began
        assert again.kept == 30 and again.as_json()["variants"] == report.as_json()["variants"]
        line("the same again, from the cache", f"{wall:.2f} s", "at most 1 s", wall <= 1.0)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("pool", "shifts"):
        {"pool": pool, "shifts": shifts}[name]()
