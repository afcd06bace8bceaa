"""`commissioning experiment`: replications and what-if variants, over worker processes or a cluster.

Every variant runs with the seeds of the scene's replications, so that variants share their random numbers.
What comes out depends on the scene and its seed alone: not on how many workers there are, in which order
they finish, or what was in the cache. A sequential stop looks at replications in their order; those that ran
ahead of it are not looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from pathlib import Path
from typing import Any, Final

from commissioning.bench.conditions import conditions
from commissioning.bench.ctrl_c import ctrl_c
from commissioning.bench.experiments.plan import Plan, each_once, read_plan
from commissioning.bench.experiments.result_cache import ResultCache, scene_keys
from commissioning.bench.experiments.results import ExperimentReport, cautions, judge, warm_up_of
from commissioning.bench.experiments.runs import BINS, Job, Outcome, load_variant, run_job, value
from commissioning.bench.load import LoadedScene, load, require_code
from commissioning.bench.pool import ClusterPool, Executor, LocalPool, WorkerDied
from commissioning.bench.verdicts import Progress, absent_controller, replication_seed
from commissioning.model.problem import Place, Problem, Problems
from commissioning.registry import declarations
from commissioning.sim.analysis.statistics import FEWEST, runs_for_precision
from commissioning.sim.analysis.warmup import WarmUp

__all__ = ["ExperimentReport", "experiment"]

MakePool = Callable[[Mapping[str, bytes]], Executor]
_TASK_S: Final = 0.25  # wall time that a task should take: short replications go several at a time
_LARGEST: Final = 20  # replications in one task
_LIMITS: Final = "(bottlenecks)"  # beside the measures in the cache; no measure has such a name
_LOOK_S: Final = 0.2  # between looks at Ctrl-C


def experiment(
    source: str | Path | LoadedScene,
    name: str,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    seed: int | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    make_pool: MakePool | None = None,
    allow_code: Collection[str] = (),
) -> ExperimentReport:
    """Run an experiment of a scene.

    `workers`: processes of this machine (as many as it has processors), or the scheduler's address of a
    Dask `cluster`. `cache`: a folder for results, None for none. Without `seed` that of the scene. Ctrl-C
    ends it; what was done is in the report and in the cache, and the next call goes on from there.
    `allow_code`: as for `load`. Raises Problems for an experiment that cannot be run: all that is wrong with
    it at once.
    """
    loaded = source if isinstance(source, LoadedScene) else load(source, allow_code=allow_code)
    require_code(loaded)
    plan = read_plan(name, loaded.text, loaded.scene, declarations())
    absent = absent_controller(loaded)
    if absent:
        raise Problems(Problem(absent, Place(id="controllers")))
    every = _load_all(loaded, plan)
    keys = scene_keys(every)
    plan, chosen = each_once(plan, keys)
    variants = {keys[k]: every[k] for k in chosen}
    kept = ResultCache(cache)
    try:
        campaign = _Campaign(loaded, plan, variants, kept, seed, progress)
        pool = make_pool or _pools(workers, cluster)
        return campaign.run(pool)
    finally:
        kept.close()


def _pools(workers: int | None, cluster: str | None) -> MakePool:
    if cluster is not None:
        return lambda files: ClusterPool(cluster, files)
    return lambda files: LocalPool(workers, files)


def _load_all(loaded: LoadedScene, plan: Plan) -> list[LoadedScene]:
    found: list[Problem] = []
    variants = []
    for variant in plan.variants:
        try:
            variants.append(load_variant(loaded, variant))
        except Problems as problems:
            found += [problem for problem in problems.problems if problem not in found]
    if found:
        raise Problems(found)
    return variants


class _Campaign:
    """All replications of one experiment: `outcomes[variant][replication]`."""

    def __init__(
        self, loaded: LoadedScene, plan: Plan, variants: Mapping[str, LoadedScene], cache: ResultCache,
        seed: int | None, progress: Progress | None,
    ) -> None:  # fmt: skip
        """`variants` by `scene_keys`."""
        self.loaded, self.plan, self.variants, self.cache = loaded, plan, list(variants.values()), cache
        self.progress = progress
        self.seed = loaded.scene.run.seed if seed is None else seed
        self.seeds = [replication_seed(self.seed, k) for k in range(plan.replications)]
        self.measures = [measure.id for measure in plan.measures]
        start = plan.warm_up_ns or 0
        about = f"{plan.scenario} {start} {plan.run_ns} {BINS}"
        self.keys = [f"{key} {about}" for key in variants]
        self.texts = [variant.text.dump() for variant in self.variants]
        self.outcomes: list[dict[int, Outcome]] = [{} for _ in variants]
        self.broken: dict[int, Problem] = {}  # variants that cannot go on
        self.pending: dict[Future[Any], tuple[int, tuple[int, ...]]] = {}
        self.given: list[int] = [0] * len(variants)  # replications asked for so far
        self._stops: dict[tuple[int, int], tuple[int, int | None]] = {}  # (looked at, stopped at)
        self._settled: dict[tuple[int, int], WarmUp] = {}
        self.ran = self.kept = 0
        self.began = time.monotonic()

    def run(self, make_pool: MakePool) -> ExperimentReport:
        """Everything, until each variant has what it needs."""
        interrupted = False
        self._read_cache()
        if not self._complete():
            with ctrl_c() as asked:
                # a variant may name a program or a table that the scene as it is does not
                pool = make_pool(
                    {name: data for scene in self.variants for name, data in scene.files.items()}
                )
                try:
                    interrupted = self._work(pool, asked)
                finally:
                    pool.cancel_all()
        if not interrupted:
            self._show(1.0)
        return self._report(interrupted)

    # what is needed ------------------------------------------------------------------------------

    def _row(self, variant: int) -> list[Outcome]:
        """The replications that are there without a gap."""
        have = self.outcomes[variant]
        row: list[Outcome] = []
        while len(row) in have:
            row.append(have[len(row)])
        return row

    @property
    def _pilot(self) -> int:
        """Replications of each variant that the warm-up is found from."""
        few = self.plan.precision is not None
        return min(FEWEST, self.plan.replications) if few else self.plan.replications

    def _warm_ups(self) -> list[WarmUp | None] | None:
        """By variant, None while a pilot replication is missing."""
        if self.plan.warm_up_ns is not None:
            return [None] * len(self.variants)
        rows = [self._row(k)[: self._pilot] for k in range(len(self.variants))]
        if any(len(row) < self._pilot and k not in self.broken for k, row in enumerate(rows)):
            return None
        return [self._warm_up(k, row) for k, row in enumerate(rows)]

    def _warm_up(self, variant: int, row: Sequence[Outcome]) -> WarmUp | None:
        if not row:
            return None
        if (variant, len(row)) not in self._settled:
            self._settled[variant, len(row)] = warm_up_of(self.plan, row)
        return self._settled[variant, len(row)]

    def _cut(self, warm_ups: Iterable[WarmUp | None]) -> int:
        """One for all variants, so that their times compare: the longest."""
        return max((found.cut for found in warm_ups if found is not None), default=0)

    def _used(self, variant: int, cut: int) -> int | None:
        """How many replications of a variant count; None while more are needed."""
        plan, row = self.plan, self._row(variant)
        if plan.precision is not None:
            seen, used = self._stops.get((variant, cut), (0, None))
            if used is None and len(row) > seen:
                values = [value(outcome.series[self.measures[0]], cut) or 0.0 for outcome in row]
                used = runs_for_precision(values, plan.precision, plan.confidence, max(FEWEST, seen + 1))
                self._stops[variant, cut] = (len(row), used)
            if used is not None:
                return used
        return plan.replications if len(row) >= plan.replications else None

    def _wanted(self) -> list[tuple[int, int]]:
        """(variant, replication) to be asked for, most needed first."""
        warm_ups = self._warm_ups()
        whole = self.plan.precision is None
        found = []
        for k in range(len(self.variants)):
            if k in self.broken:
                continue
            if warm_ups is None and not whole:
                most = self._pilot
            elif whole:
                most = self.plan.replications
            elif self._used(k, self._cut(warm_ups or ())) is not None:
                continue
            else:
                most = self.plan.replications
            found += [(r, k) for r in range(most) if r not in self.outcomes[k] and r >= self.given[k]]
        return [(k, r) for r, k in sorted(found)]

    def _complete(self) -> bool:
        warm_ups = self._warm_ups()
        if warm_ups is None:
            return False
        cut = self._cut(warm_ups)
        return all(k in self.broken or self._used(k, cut) is not None for k in range(len(self.variants)))

    # work ----------------------------------------------------------------------------------------

    def _work(self, pool: Executor, asked: Callable[[], bool]) -> bool:
        """Until all is done (False), or the user asked to stop (True)."""
        walls: list[float] = []
        while not asked():
            if self._complete():
                return False
            self._fill(pool, walls)
            done, _ = wait(self.pending, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            for future in done:
                walls += self._take(future)
            if done:
                self._show(self._share())
        return True

    def _fill(self, pool: Executor, walls: Sequence[float]) -> None:
        """Keep every worker busy, and one task waiting for each."""
        room = 2 * pool.workers - len(self.pending)
        if room <= 0:
            return
        wanted = self._wanted()
        size = 1
        if walls:
            typical = sum(walls) / len(walls)
            fair = max(1, len(wanted) // (4 * pool.workers))
            size = max(1, min(int(_TASK_S / max(typical, 1e-6)), _LARGEST, fair))
        while wanted and room > 0:
            k = wanted[0][0]
            mine = [item for item in wanted if item[0] == k][:size]
            wanted = [item for item in wanted if item not in mine]
            self._submit(pool, k, tuple(r for _, r in mine))
            room -= 1

    def _submit(self, pool: Executor, variant: int, runs: tuple[int, ...]) -> None:
        job = Job(
            self.texts[variant], tuple(self.seeds[r] for r in runs), self.plan.scenario,
            self.plan.warm_up_ns or 0, self.plan.run_ns, self.plan.measures,
            self.loaded.allowed,
        )  # fmt: skip
        self.given[variant] = max(self.given[variant], runs[-1] + 1)
        self.pending[pool.submit(run_job, job)] = (variant, runs)

    def _take(self, future: Future[Any]) -> list[float]:
        """Put away what a task gave; the wall time of each replication."""
        variant, runs = self.pending.pop(future)
        try:
            outcomes: list[Outcome] = future.result()
        except CancelledError:
            return []
        except (WorkerDied, Problems) as error:
            first = f"variant {self.plan.variants[variant].id}, replication {runs[0] + 1}"
            self._break(variant, Problem(f"{first}: {error}", self._place(variant)))
            return []
        for r, outcome in zip(runs, outcomes, strict=False):
            self._put(variant, r, outcome)
        return [outcome.wall_s for outcome in outcomes]

    def _put(self, variant: int, replication: int, outcome: Outcome) -> None:
        self.ran += 1
        if outcome.problem:
            name = self.plan.variants[variant].id
            what = f"variant {name}, replication {replication + 1} (seed {outcome.seed}): {outcome.problem}"
            self._break(variant, Problem(what, self._place(variant)))
            return
        self.outcomes[variant][replication] = outcome
        self.cache.put(self._key(variant, replication), {**outcome.series, _LIMITS: outcome.limits})

    def _break(self, variant: int, problem: Problem) -> None:
        self.broken.setdefault(variant, problem)

    def _place(self, variant: int) -> Place:
        return self.loaded.text.place(self.plan.variants[variant].said, key=True)

    # cache and report ----------------------------------------------------------------------------

    def _key(self, variant: int, replication: int) -> str:
        return f"{self.keys[variant]} {self.seeds[replication]}"

    def _read_cache(self) -> None:
        for k in range(len(self.variants)):
            for r, seed in enumerate(self.seeds):
                kept = self.cache.get(self._key(k, r), [*self.measures, _LIMITS])
                if kept is not None:
                    limits = {device: (m, s) for device, (m, s) in kept.pop(_LIMITS).items()}
                    series = {m: (u, w) for m, (u, w) in kept.items()}
                    self.outcomes[k][r] = Outcome(seed, series, limits=limits)
                    self.kept += 1

    def _share(self) -> float:
        """How much is done, at least: variants that stop early make it jump."""
        most = self.plan.replications * len(self.variants)
        return min(sum(map(len, self.outcomes)) / most, 0.999)

    def _show(self, share: float) -> None:
        if self.progress is None:
            return
        words = f"{sum(map(len, self.outcomes))} runs"
        fresh = share - self.kept / (self.plan.replications * len(self.variants))
        if share < 1.0 and self.ran and fresh > 0.0:
            left = (time.monotonic() - self.began) * (1.0 - share) / fresh
            words += f", {_left(left)} left"
        self.progress(share, f"{self.plan.id}: {words}")

    def _report(self, interrupted: bool) -> ExperimentReport:
        warm_ups = self._warm_ups()
        partial = warm_ups is None
        if warm_ups is None:  # stopped before the pilot was complete: from what is there
            rows = [self._row(k) for k in range(len(self.variants))]
            warm_ups = [self._warm_up(k, row) for k, row in enumerate(rows)]
        cut = self._cut(warm_ups)
        steady = not partial and all(found is None or found.found for found in warm_ups)
        rows = []
        for k in range(len(self.variants)):
            used = self._used(k, cut)
            rows.append(self._row(k)[:used])
        results = judge(self.plan, rows, cut, warm_ups)
        notices = [self.cache.notice] if self.cache.notice else []
        if interrupted:
            again = "call it again to go on" if self.cache.keeps else "what was done is not kept"
            notices.append(f"Stopped by the user before all runs were done; {again}.")
        else:
            notices += cautions(self.plan, results)
        return ExperimentReport(
            self.plan, conditions(self.loaded, self.seed), results, tuple(self.seeds[: max(map(len, rows))]),
            cut, steady,
            tuple(self.broken.values()), tuple(notices), interrupted, self.ran, self.kept,
            time.monotonic() - self.began,
        )  # fmt: skip


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
