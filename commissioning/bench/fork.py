"""What may come of it from now on: one run, continued many times with other random numbers.

    report = forks(loaded, run.snapshot(), 50, "1 h")
    report.interval("out", "rate_per_h")

All forks have the past of the run; durations that had begun when it was saved stay as they were drawn. Fork
k of a run and fork k of a variant's run share their random numbers. Figures and verdicts count from the fork
on: times in them are times since then.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commissioning.bench.experiments.runs import load_in_worker
from commissioning.bench.in_pieces import advance_in_pieces
from commissioning.bench.load import SCENE_FILE, LoadedScene
from commissioning.bench.pool import Executor, LocalPool, stopping
from commissioning.bench.verdicts import Progress, checks_of, first_alarm, replication_seed
from commissioning.model.problem import Problem, Problems
from commissioning.model.quantity import parse_duration_ns
from commissioning.sim.analysis.cause import clock
from commissioning.sim.analysis.kpi import DeviceKpi, kpi, kpi_json
from commissioning.sim.analysis.statistics import Interval, mean_interval
from commissioning.sim.check import Measure, Verdict
from commissioning.sim.run import Run

__all__ = ["Fork", "ForkReport", "Payload", "forks", "payload", "run_fork"]


@dataclass(frozen=True)
class Payload:
    """What every worker needs: the files of the scene, the snapshot, how far to go, what to look at."""

    files: Mapping[str, bytes]
    snapshot: bytes
    span_ns: int
    checks: tuple[str, ...]
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fork:
    """One continuation. `kpi` over the time since the fork, by device; `measures` by check. `problem`: why
    it did not come to its end, with what was until then."""

    seed: int
    digest: str
    events: int
    kpi: Mapping[str, DeviceKpi]
    measures: Mapping[str, Measure]
    problem: str
    wall_s: float


@dataclass(frozen=True)
class ForkReport:
    """The forks of one run, in the order of their seeds. They begin at `from_ns` and last `span_ns`."""

    scene: str
    from_ns: int
    span_ns: int
    forks: tuple[Fork, ...]
    verdicts: tuple[Verdict, ...] = ()

    def interval(self, device: str, figure: str, confidence: float = 0.95) -> Interval:
        """Mean over the forks of a figure of `run --json`, with its interval.

        Forks that were stopped by a problem, and those without the figure, do not count. Raises KeyError
        for an unknown device or figure, ValueError if no fork has it.
        """
        values = [getattr(fork.kpi[device], _known(figure)) for fork in self.forks if not fork.problem]
        return mean_interval([float(value) for value in values if value is not None], confidence)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "scene": self.scene, "counts_from_s": self.from_ns / 1e9, "span_s": self.span_ns / 1e9,
            "forks": [
                {"seed": fork.seed, "digest": fork.digest, "events": fork.events, "kpi": kpi_json(fork.kpi),
                 "problem": fork.problem}
                for fork in self.forks
            ],
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
        }  # fmt: skip

    def as_text(self) -> str:
        """For people: where it began, what each check says, forks that failed."""
        when = f"at {clock(self.from_ns)}, each of {clock(self.span_ns)}"
        lines = [f"{self.scene}: {len(self.forks)} forks {when}; figures and verdicts count from there on"]
        lines += [f"{verdict.verdict:12} {verdict.id}  {verdict.why}" for verdict in self.verdicts]
        lines += [f"fork {fork.seed} stopped: {fork.problem}" for fork in self.forks if fork.problem]
        return "\n".join(lines)


def forks(
    loaded: LoadedScene,
    snapshot: bytes,
    seeds: int | Sequence[int],
    span: str | float,
    *,
    checks: Sequence[str] = (),
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ForkReport:
    """Continue a run of `loaded` from its `snapshot`, once per seed, for `span` of virtual time.

    `seeds`: their number, or the seeds themselves. `checks`: those to be judged over all forks. `workers`:
    processes of this machine, by default one per processor; `executor`: a pool whose payload is
    `payload(...)` of the same arguments, which stays open. Raises Problems for unknown checks, ValueError
    for a span that is none, SnapshotError for a snapshot of another scene, WorkerDied.
    """
    start = Run.restore(loaded, snapshot)
    judges = checks_of(loaded, checks) if checks else []
    given = payload(loaded, snapshot, span, checks)
    if isinstance(seeds, int):
        seeds = [replication_seed(start.seed, k) for k in range(1, seeds + 1)]
    if len(set(seeds)) < len(seeds):
        raise Problems(Problem("two forks with one seed are the same run", cure="Give each seed once"))
    pool = executor or LocalPool(min(workers, len(seeds)) if workers else None, given)
    found: dict[int, Fork] = {}
    try:
        for seed, fork in pool.map_unordered(run_fork, seeds):
            if fork is not None:
                found[seed] = fork
            if progress is not None:
                progress(len(found) / len(seeds), "forks")
    finally:
        if executor is None:
            pool.cancel_all()
    done = tuple(found[seed] for seed in seeds if seed in found)
    verdicts = []
    for check in judges:
        verdict = check.judge([fork.measures[check.id] for fork in done])
        broken = next((fork.problem for fork in done if fork.problem), "")
        if broken and verdict.verdict != "FAIL":
            verdict = check.verdict("INCONCLUSIVE", f"a fork stopped: {broken}")
        verdicts.append(verdict)
    return ForkReport(loaded.name, start.now_ns, given.span_ns, done, tuple(verdicts))


def payload(loaded: LoadedScene, snapshot: bytes, span: str | float, checks: Sequence[str] = ()) -> Payload:
    """What the workers of a pool for `forks` are started with."""
    span_ns = parse_duration_ns(span)
    if span_ns <= 0:
        raise ValueError("a fork lasts longer than no time at all")
    return Payload(loaded.files, snapshot, span_ns, tuple(checks), loaded.allowed)


def run_fork(given: Payload, seed: int) -> Fork | None:
    """In a worker: one fork; None if the pool is being stopped."""
    began = time.perf_counter()
    loaded = load_in_worker(given.files, given.files[SCENE_FILE].decode(), given.allowed)
    run = Run.restore(loaded, given.snapshot, seed)
    start, before = run.now_ns, run.events
    if not advance_in_pieces(run, start + given.span_ns, lambda _: not stopping()):
        return None
    view = run.view()
    alarm = first_alarm(view)
    problem = str(run.problem) if run.problem is not None else alarm[1] if alarm is not None else ""
    judges = checks_of(loaded, given.checks) if given.checks else []
    return Fork(
        seed, run.journal.digest(), run.events - before, kpi(view.header, view.records(), view.end_ns),
        {check.id: check.observe(view) for check in judges}, problem, time.perf_counter() - began,
    )  # fmt: skip


def _known(figure: str) -> str:
    if figure not in DeviceKpi.__dataclass_fields__:
        raise KeyError(f"no figure {figure}; known: {', '.join(DeviceKpi.__dataclass_fields__)}")
    return figure
