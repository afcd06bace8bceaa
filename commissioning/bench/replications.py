"""One run of a scene for its checks: here, or in a worker process. Values in, values out.

Whether replications run one after the other in this process or side by side in others changes nothing of what
comes out: they are taken in their order, and what ran ahead in vain is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from commissioning.bench.conditions import RunFacts, facts_of
from commissioning.bench.experiments.runs import load_in_worker
from commissioning.bench.in_pieces import advance_in_pieces
from commissioning.bench.load import LoadedScene
from commissioning.bench.pool import LocalPool, WorkerDied, stopping
from commissioning.bench.run import make_run
from commissioning.model.problem import Problem
from commissioning.model.record import STUBS_CALLED, Kind
from commissioning.sim.check import Check, JournalView, Measure, RunView
from commissioning.sim.deadlock_watch import DEADLOCK
from commissioning.sim.journal import Journal

__all__ = ["Ahead", "Asked", "CheckRun", "MakeRun", "Seen", "first_alarm", "observe_run", "why_undecided"]


class CheckRun(Protocol):
    """What is needed of a run. `problem` is set when a device raised."""

    problem: Problem | None

    @property
    def now_ns(self) -> int: ...
    @property
    def events(self) -> int: ...
    @property
    def journal(self) -> Journal: ...
    def advance_to(self, t_ns: int) -> None: ...


MakeRun = Callable[[LoadedScene, int, str], CheckRun]


@dataclass(frozen=True)
class Asked:
    """A run that is wanted: the replication `index` (from 0 on) of a scenario, for the checks named."""

    scenario: str
    index: int
    seed: int
    checks: tuple[str, ...]
    length_ns: int
    coverage: bool = False


@dataclass(frozen=True)
class Seen:
    """What the checks saw in one run. `broken`: why a check cannot be decided by it. `problem`: what stopped
    the run. `facts` None: it could not be run at all. `coverage`: by controller, see `Coverage.to_plain`."""

    measures: Mapping[str, Measure] = field(default_factory=dict)
    broken: Mapping[str, Problem] = field(default_factory=dict)
    problem: Problem | None = None
    facts: RunFacts | None = None
    coverage: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def first_alarm(view: RunView) -> tuple[int, str] | None:
    """Time in ns and text of the first PROBLEM of a run: a device or controller that failed in it, or a
    deadlock.

    A line whose PLC has stopped stands still and passes every `never`: from there on nothing is decided.
    """
    records = view.records()
    problems = records[records["kind"] == int(Kind.PROBLEM)]
    if not len(problems):
        return None
    return int(problems[0]["t"]), view.texts[int(problems[0]["a"])]


def why_undecided(view: RunView) -> tuple[int, Problem] | None:
    """As `first_alarm`, in words for a verdict."""
    alarm = first_alarm(view)
    if alarm is None:
        return None
    records = view.records()
    first = records[records["kind"] == int(Kind.PROBLEM)][0]
    return alarm[0], Problem(f"{_WHY.get(int(first['aux']), _STOPPED)}: {alarm[1]}")


_STOPPED = "the run stopped or lost its controller"
_WHY = {
    DEADLOCK: "parts of the line stand still for ever",
    STUBS_CALLED: "parts of the program are missing",
}


def observe_run(
    loaded: LoadedScene,
    asked: Asked,
    checks: Sequence[Check],
    make: MakeRun,
    each: Callable[[float], bool] = lambda share: True,
) -> Seen | None:
    """Run it and look at it. `each(share)` is called several times a second; False gives up (None)."""
    started = time.perf_counter()
    covered: Mapping[str, Any] = {}
    if asked.coverage and make is make_run:
        measured = make_run(loaded, asked.seed, asked.scenario, coverage=True)
        run: CheckRun = measured
        covered = measured.coverage()
    else:
        run = make(loaded, asked.seed, asked.scenario)
    if not advance_in_pieces(run, asked.length_ns, each):
        return None
    view = JournalView(run.journal, run.now_ns)
    alarm = why_undecided(view)
    measures: dict[str, Measure] = {}
    broken: dict[str, Problem] = {}
    for check in checks:
        measures[check.id] = check.observe(view)
        if run.problem is not None and run.now_ns < check.length_ns:
            broken[check.id] = Problem(f"{_STOPPED}: {run.problem.what}")
        elif alarm is not None and alarm[0] <= check.length_ns:
            broken[check.id] = alarm[1]
    wall = time.perf_counter() - started
    facts = facts_of(run.journal, asked.scenario, asked.index, asked.seed, run.now_ns, run.events, wall)
    return Seen(
        measures, broken, run.problem, facts, {name: found.to_plain() for name, found in covered.items()}
    )


@dataclass(frozen=True)
class _There:
    """What a worker needs: the scene and the files of its folder."""

    text: str
    files: Mapping[str, bytes]
    scene_hash: str
    allowed: frozenset[str]


def _run_there(there: _There, asked: Asked) -> Seen | None:
    """In a worker. None: the pool is being stopped, or the text is not the scene that is checked."""
    loaded = load_in_worker(there.files, there.text, there.allowed)
    scene = loaded.scene
    if scene.hash != there.scene_hash:
        return None
    checks = [
        loaded.types["check", scene.checks[name].type](
            scene.checks[name], scene.run, loaded.text.place(("checks", name))
        )
        for name in asked.checks
    ]
    return observe_run(loaded, asked, checks, make_run, lambda _: not stopping())


class Ahead:
    """Replications in worker processes, some of them before it is known whether they are needed."""

    def __init__(self, loaded: LoadedScene, workers: int) -> None:
        there = _There(loaded.text.dump(), dict(loaded.files), loaded.scene.hash, loaded.allowed)
        self.pool = LocalPool(workers, there)
        self.room = 2 * workers
        self.futures: dict[Asked, Future[Any]] = {}

    def start(self, likely: Sequence[Asked]) -> None:
        """Start those of `likely` that there is room for; what is no longer likely is dropped."""
        for asked in [asked for asked in self.futures if asked not in likely]:
            self.futures.pop(asked).cancel()
        for asked in likely[: self.room]:
            if asked not in self.futures:
                self.futures[asked] = self.pool.submit(_run_there, asked)

    def take(self, asked: Asked) -> Seen | None:
        """What one of those that were started gave; None: it cannot be run by others."""
        future = self.futures.pop(asked)
        try:
            seen: Seen | None = future.result()
        except WorkerDied as error:
            lost = Problem(f"run {asked.index + 1} of {asked.scenario or 'no scenario'}: {error}")
            return Seen({}, dict.fromkeys(asked.checks, lost), lost)
        return seen

    def close(self) -> None:
        """Stop what runs and give the processes back."""
        self.pool.cancel_all()
