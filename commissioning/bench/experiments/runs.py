"""One replication of one variant, as a worker process runs it: values in, values out.

What a measure needs of a run is kept as two series on a grid over the time that counts: a figure over any
stretch of the grid is the growth of one divided by the growth of the other. So the warm-up can be cut off
after the runs are done, and one result serves any later question about the same run.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from commissioning.bench.experiments.plan import Measure
from commissioning.bench.experiments.variants import Variant, said_problem, variant_text
from commissioning.bench.in_pieces import advance_in_pieces
from commissioning.bench.load import SCENE_FILE, LoadedScene, load_text
from commissioning.bench.pool import stopping
from commissioning.model.problem import Problems
from commissioning.model.record import Kind, State
from commissioning.sim.analysis.bottleneck import Bottlenecks, bottlenecks
from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.kpi import departures
from commissioning.sim.analysis.visits import OPEN, Visits
from commissioning.sim.run import Run

__all__ = [
    "BINS", "Job", "Outcome", "grid", "load_in_worker", "load_variant", "run_job", "series_of", "value",
]  # fmt: skip

BINS: Final = 200
"""Steps of the grid: 40 batches for MSER-5."""
Series = tuple[list[float], list[float]]
_LIMITS = 6  # devices whose time as bottleneck is kept
_KEPT = 4  # variants that a worker keeps loaded
_loaded: OrderedDict[tuple[str, str, frozenset[str]], LoadedScene] = OrderedDict()


@dataclass(frozen=True)
class Job:
    """Replications of one variant for a worker. `text`: the variant's scene; `seeds`: one run each;
    `allowed`: hashes of Python in the scene that may run.

    `start_ns` to `end_ns` is the time that counts; a run lasts until `end_ns`.
    """

    text: str
    seeds: tuple[int, ...]
    scenario: str
    start_ns: int
    end_ns: int
    measures: tuple[Measure, ...]
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """What one replication gave: [upper, lower] series by measure. `problem`: why there are none.

    `limits`: by device that was the bottleneck for longest (few of them): seconds as momentary and as sole
    bottleneck up to each time of the grid.
    """

    seed: int
    series: Mapping[str, Series] = field(default_factory=dict)
    events: int = 0
    wall_s: float = 0.0
    problem: str = ""
    limits: Mapping[str, Series] = field(default_factory=dict)


def load_variant(base: LoadedScene, variant: Variant) -> LoadedScene:
    """The variant, loaded and tried as a scene is. Raises Problems with their place in the experiment."""
    text = variant_text(base.text, variant)
    try:
        return load_text(text.dump(), base.folder / "scene.yaml", False, base.allowed)
    except Problems as problems:
        raise Problems(
            said_problem(problem, variant.overrides, base.text, variant.said, variant.id)
            for problem in problems.problems
        ) from problems


def run_job(files: Mapping[str, bytes], job: Job) -> list[Outcome]:
    """In a worker: the replications of a job, one after the other. `files`: those of the scene's folder.

    Stops between slices of a run when the pool is being stopped; what was not finished is left out.
    """
    loaded = load_in_worker(files, job.text, job.allowed)
    outcomes = []
    for seed in job.seeds:
        outcome = _replication(loaded, seed, job)
        if outcome is None:
            break
        outcomes.append(outcome)
    return outcomes


def load_in_worker(
    files: Mapping[str, bytes], text: str, allowed: frozenset[str] = frozenset()
) -> LoadedScene:
    """The scene `text` with the files of its folder, loaded once per process and kept while it is in use.

    A process may outlast a scene (a worker of a cluster does), so another file is another scene.
    """
    key = text, _content(files), allowed
    if key in _loaded:
        _loaded.move_to_end(key)
        return _loaded[key]
    with tempfile.TemporaryDirectory(prefix="commissioning-") as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        loaded = load_text(text, Path(folder, "scene.yaml"), False, allowed)
    _loaded[key] = loaded
    while len(_loaded) > _KEPT:
        _loaded.popitem(last=False)
    return loaded


_last_content: list[tuple[Mapping[str, bytes], str]] = []
"""The files that were seen last, and their sum: they are the same object from one job to the next."""


def _content(files: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) of names and contents, without the scene's own text."""
    if not _last_content or _last_content[0][0] is not files:
        total = hashlib.sha256()
        for name in sorted(set(files) - {SCENE_FILE}):
            total.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
        _last_content[:] = [(files, total.hexdigest())]
    return _last_content[0][1]


def _replication(loaded: LoadedScene, seed: int, job: Job) -> Outcome | None:
    started = time.perf_counter()
    run = Run(loaded, seed, job.scenario)
    if not advance_in_pieces(run, job.end_ns, lambda _: not stopping()):
        return None
    if run.problem is not None:
        return Outcome(seed, {}, run.events, time.perf_counter() - started, str(run.problem))
    records = run.journal.records()
    alarms = records[records["kind"] == int(Kind.PROBLEM)]
    if len(alarms):  # a line whose controller has failed stands still, which is no throughput of 0
        why = run.journal.texts[int(alarms[0]["a"])]
        return Outcome(seed, {}, run.events, time.perf_counter() - started, why)
    times = grid(job.start_ns, job.end_ns)
    reader = _Reader(run.journal.header, records, times)
    series = {measure.id: reader.series(measure) for measure in job.measures}
    limits = reader.limits()
    return Outcome(seed, series, run.events, time.perf_counter() - started, limits=limits)


def grid(start_ns: int, end_ns: int) -> NDArray[np.int64]:
    """BINS + 1 times from start to end, in ns."""
    return np.asarray([start_ns + (end_ns - start_ns) * k // BINS for k in range(BINS + 1)], np.int64)


def value(series: Series, cut: int = 0) -> float | None:
    """The figure behind the first `cut` steps of the grid; None where there is nothing to divide by."""
    upper, lower = series
    below = lower[-1] - lower[cut]
    return (upper[-1] - upper[cut]) / below if below > 0.0 else None


def series_of(
    header: Mapping[str, Any],
    records: NDArray[np.void],
    measures: Sequence[Measure],
    times: NDArray[np.int64],
) -> dict[str, Series]:
    """For each measure what it is the ratio of, summed up from the start of the run to each of `times`.

    Definitions as in `sim.analysis.kpi`. `records`: those of the run from its first on.
    """
    reader = _Reader(header, records, times)
    return {measure.id: reader.series(measure) for measure in measures}


class _Reader:
    def __init__(
        self, header: Mapping[str, Any], records: NDArray[np.void], times: NDArray[np.int64]
    ) -> None:
        self.header, self.times = header, times
        self.history = History(header, records, int(times[-1]), int(times[0]))
        self.records = self.history.records
        self.index = {self.history.names[device]: device for device in self.history.devices}

    @property
    def stays(self) -> Visits:
        """Read when first needed: it costs more than everything else here."""
        return self.history.visits

    @cached_property
    def bottlenecks(self) -> Bottlenecks:
        return bottlenecks(self.history)

    def limits(self) -> dict[str, Series]:
        """See `Outcome`."""
        shares = self.bottlenecks.shares
        longest = sorted(shares, key=lambda device: (-shares[device].momentary, device))[:_LIMITS]
        chosen = [device for device in longest if shares[device].momentary > 0.0]
        grown = self.bottlenecks.grown(self.times, chosen)
        return {self.history.names[device]: grown[device] for device in chosen}

    def series(self, measure: Measure) -> Series:
        device = self.index[measure.device]
        if measure.figure == "throughput":
            upper, lower = self._count(device), self.times / 3.6e12
        elif measure.figure == "mean_queue":
            mine = self.stays.device == device
            left = np.where(self.stays.t_out[mine] == OPEN, self.times[-1], self.stays.t_out[mine])
            upper = (_sum_until(left, self.times) - _sum_until(self.stays.t_in[mine], self.times)) / 1e9
            lower = self.times / 1e9
        elif measure.figure == "mean_time":
            done = (self.stays.device == device) & (self.stays.t_out != OPEN)
            t_out = self.stays.t_out[done]
            order = np.argsort(t_out, kind="stable")
            spent = np.concatenate(([0], np.cumsum((t_out - self.stays.t_in[done])[order])))
            lower = np.searchsorted(t_out[order], self.times, side="right").astype(np.float64)
            upper = spent[lower.astype(np.int64)] / 1e9
        elif measure.figure == "bottleneck":
            upper = np.array(self.bottlenecks.grown(self.times, [device])[device][0])
            lower = (self.times - self.times[0]) / 1e9
        elif measure.figure == "utilisation":
            upper = self._in_state(device, State.WORKING)
            lower = self.times / 1e9 - self._in_state(device, State.OFF)
        else:
            upper, lower = self._in_state(device, State[measure.figure.upper()]), self.times / 1e9
        return [float(x) for x in upper], [float(x) for x in lower]

    def _count(self, device: int) -> NDArray[np.float64]:
        ended = self.records["kind"] == int(Kind.PART_GONE)
        made = self.records["kind"] == int(Kind.PART_MADE)
        short = bool((self.records["a"][ended] == device).any() or (self.records["d"][made] == device).any())
        gone = departures(self.header, self.records, device, None if short else self.stays)
        return np.searchsorted(np.sort(gone), self.times, side="right").astype(np.float64)

    def _in_state(self, device: int, state: State) -> NDArray[np.float64]:
        """Seconds spent in a state up to each of the times."""
        return self.history.periods[device].spent(state, self.times)


def _sum_until(values: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.float64]:
    """sum(min(value, time)) for each of the times."""
    ordered = np.sort(values).astype(np.float64)
    below = np.searchsorted(ordered, times, side="right")
    sums = np.concatenate(([0.0], np.cumsum(ordered)))
    return np.asarray(sums[below] + (len(ordered) - below) * times.astype(np.float64))
