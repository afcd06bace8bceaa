"""The checks of a scene: which runs they need, and what they say.

Checks of one scenario share a run: it is as long as the longest of them needs, and each looks only as far
as its own time. A throughput goes on with further seeds until it has enough. A run in which a device
raised, or whose parts came to wait for one another, decides nothing but failures: its other checks are
INCONCLUSIVE, and the problem stands beside the verdicts.

The first run is made in this process. If those that may follow would take long, they go to worker processes,
and are taken in their order: the report is the same with any number of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from commissioning.bench.conditions import Conditions, RunFacts, conditions
from commissioning.bench.load import LoadedScene
from commissioning.bench.pool import default_workers
from commissioning.bench.replications import (
    Ahead,
    Asked,
    MakeRun,
    Seen,
    first_alarm,
    observe_run,
    why_undecided,
)
from commissioning.bench.reports.coverage import coverage_json
from commissioning.bench.run import make_run
from commissioning.model.problem import Problem, Problems
from commissioning.plc.debugging.coverage import Coverage
from commissioning.sim.check import Check, Measure, RunView, Verdict

__all__ = [
    "CheckReport",
    "absent_controller",
    "check_scene",
    "checks_of",
    "exit_code",
    "first_alarm",
    "judge_run",
    "replication_seed",
]

Progress = Callable[[float, str], None]
_WORTH_S = 8.0  # of runs to come, from which on worker processes are worth their start


@dataclass(frozen=True)
class CheckReport:
    """Verdicts of one scene with the conditions they were found under.

    `runs`: one entry per run, in the order they ran. `problems`: what stopped runs. `coverage`: by
    controller, of the first run of each scenario together, where it was asked for.
    """

    verdicts: tuple[Verdict, ...]
    conditions: Conditions
    runs: tuple[RunFacts, ...] = ()
    problems: tuple[Problem, ...] = ()
    wall_s: Mapping[str, float] = field(default_factory=dict)
    interrupted: bool = False
    coverage: Mapping[str, Coverage] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 all pass, 1 something failed, 2 could not run, 3 not all decided (see `exit_code`)."""
        return exit_code(self.verdicts, self.problems)

    def verdict(self, identity: str) -> Verdict:
        """The verdict of one check. Raises KeyError."""
        for verdict in self.verdicts:
            if verdict.id == identity:
                return verdict
        raise KeyError(f"no check named {identity}")

    def as_json(self) -> dict[str, Any]:
        """What `check --json` prints."""
        c = self.conditions
        return {
            "scene": c.scene, "scene_hash": c.scene_hash, "seed": c.seed,
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
            "findings": [verdict.finding() for verdict in self.verdicts],
            "runs": [run.as_json() for run in self.runs],
            "problems": [str(problem) for problem in self.problems],
            "versions": dict(c.versions), "exit_code": self.exit_code,
            **({"coverage": coverage_json(self.coverage)} if self.coverage else {}),
        }  # fmt: skip

    def as_text(self) -> str:
        """For people: one line per verdict."""
        width = max((len(verdict.id) for verdict in self.verdicts), default=0)
        lines = [f"{v.verdict:12} {v.id:{width}}  {v.why}" for v in self.verdicts]
        counts = [
            f"{sum(v.verdict == word for v in self.verdicts)} {word}"
            for word in ("PASS", "FAIL", "INCONCLUSIVE", "NOT RUN")
            if any(v.verdict == word for v in self.verdicts)
        ]
        c = self.conditions
        runs = "1 run" if len(self.runs) == 1 else f"{len(self.runs)} runs"
        lines.append(f"{c.scene}, seed {c.seed}: {', '.join(counts)} ({runs})")
        if self.interrupted:
            lines.append("Stopped by the user before all runs were done.")
        return "\n".join(lines)

    def as_junit(self) -> str:
        """JUnit XML, see `bench.junit`."""
        from commissioning.bench.junit import junit_xml

        return junit_xml(self)

    def as_html(self) -> str:
        """The report as one self-contained HTML page, see `bench.reports.report`."""
        from commissioning.bench.reports.report import html_report

        return html_report(self)


def exit_code(verdicts: Sequence[Verdict], problems: Sequence[Problem] = ()) -> int:
    """1 if any check failed, whatever else; 2 if a run could not go on; 3 if some verdict is neither PASS
    nor FAIL; otherwise 0."""
    words = {verdict.verdict for verdict in verdicts}
    if "FAIL" in words:
        return 1
    if problems:
        return 2
    return 3 if words - {"PASS"} else 0


def replication_seed(seed: int, index: int) -> int:
    """The seed of replication `index`, counted from 0; the first is `seed` itself."""
    if index == 0:
        return seed
    digest = hashlib.sha256(f"replication {seed} {index}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def checks_of(loaded: LoadedScene, only: Sequence[str] = ()) -> list[Check]:
    """The checks of a scene, or those named in `only`. Raises Problems for unknown names and for none."""
    scene = loaded.scene
    known = ", ".join(scene.checks) or "none"
    found = [
        Problem(f"there is no check {name}", loaded.text.place(("checks",), key=True), f"Known: {known}")
        for name in only
        if name not in scene.checks
    ]
    if not scene.checks:
        cure = "Write one under `checks:`, for example `no_jam: {type: never, when: pe1.blocked for 30 s}`"
        found.append(Problem("the scene has no checks", loaded.text.place(("checks",), key=True), cure))
    checks: list[Check] = []
    for identity, record in scene.checks.items():
        if only and identity not in only:
            continue
        try:
            make = loaded.types["check", record.type]
            checks.append(make(record, scene.run, loaded.text.place(("checks", identity))))
        except Problems as problems:
            found += problems.problems
    if found:
        raise Problems(found)
    return checks


def check_scene(
    loaded: LoadedScene,
    seed: int | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
    make_run: MakeRun = make_run,
    workers: int | None = None,
    coverage: bool = False,
) -> CheckReport:
    """Run what the checks of a scene need and judge them.

    `progress(share, text)` is called some tens of times per run made here, and after each run. Ctrl-C ends
    the runs; what was observed is judged. `workers`: processes for further replications; 1: all of them run
    here, one after the other; None: as many as there are processors, where that saves time. `coverage`: find
    out what is executed of the programs, too. Raises Problems if a check cannot be built.
    """
    seed = loaded.scene.run.seed if seed is None else seed
    campaign = _Campaign(loaded, seed, checks_of(loaded, only), progress, make_run, workers)
    campaign.cover = coverage
    absent = absent_controller(loaded)
    interrupted = False
    if absent:
        verdicts = tuple(check.verdict("NOT RUN", absent) for check in campaign.checks)
        return CheckReport(verdicts, conditions(loaded, seed))
    try:
        campaign.run()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        campaign.close()
    verdicts = tuple(campaign.judge(check, interrupted) for check in campaign.checks)
    return CheckReport(
        verdicts, conditions(loaded, seed), tuple(campaign.runs), tuple(campaign.problems), campaign.wall_s,
        interrupted, campaign.coverage,
    )  # fmt: skip


def judge_run(loaded: LoadedScene, view: RunView, only: Sequence[str] = ()) -> tuple[Verdict, ...]:
    """What the checks of a scene say of one run that was made already, live or recorded.

    A throughput needs replications: of one run it gives the rate and stays INCONCLUSIVE. The scenario is
    the caller's affair. Raises Problems.
    """
    alarm = why_undecided(view)
    verdicts = []
    for check in checks_of(loaded, only):
        verdict = check.judge([check.observe(view)])
        if alarm is not None and alarm[0] <= check.length_ns and verdict.verdict != "FAIL":
            verdict = _undecided(verdict, alarm[1].what)
        verdicts.append(verdict)
    return tuple(verdicts)


def _undecided(verdict: Verdict, what: str) -> Verdict:
    return replace(verdict, verdict="INCONCLUSIVE", why=f"not decided, because {what}")


def absent_controller(loaded: LoadedScene) -> str:
    """Why nothing can be judged: a line without its controller passes every `never`."""
    for record in loaded.scene.controllers.values():
        if record.type == "external":
            return (
                f"controller {record.id} is external, and checks run at full speed without links; check an "
                f"emulated one, or run the scene with the controller connected and look at its recording"
            )
    return ""


class _Campaign:
    """All runs of one `check_scene`."""

    def __init__(
        self,
        loaded: LoadedScene,
        seed: int,
        checks: list[Check],
        progress: Progress | None,
        make: MakeRun,
        workers: int | None,
    ) -> None:
        self.loaded, self.seed, self.checks, self.make_run = loaded, seed, checks, make
        self.progress = progress
        self.workers = 1 if make is not make_run else default_workers() if workers is None else workers
        self.at_once = workers is not None and self.workers > 1  # not only where it is worth it
        self.measures: dict[str, list[Measure]] = {check.id: [] for check in checks}
        self.broken: dict[str, Problem] = {}
        self.wall_s: dict[str, float] = {check.id: 0.0 for check in checks}
        self.runs: list[RunFacts] = []
        self.problems: list[Problem] = []
        self.planned = float(sum(self._planned(group) for group in self._groups().values())) or 1.0
        self.done = 0.0
        self.ahead: Ahead | None = None
        self.cover = False
        self.coverage: dict[str, Coverage] = {}

    def run(self) -> None:
        """Everything, scenario by scenario in order of the scene, replication by replication."""
        groups = self._groups()
        for scenario in list(groups):
            group = groups.pop(scenario)
            index = 0
            while group:
                asked = self._asked(scenario, index, group)
                self._put_away(self._replication(asked, group, groups), group)
                self.done += asked.length_ns
                index += 1
                group = [
                    check
                    for check in group
                    if check.id not in self.broken and not check.enough(self.measures[check.id])
                ]

    def close(self) -> None:
        """Give worker processes back."""
        if self.ahead is not None:
            self.ahead.close()

    def judge(self, check: Check, interrupted: bool) -> Verdict:
        """The verdict of one check over what was observed."""
        measures = self.measures[check.id]
        problem = self.broken.get(check.id)
        if not measures:
            why = "stopped by the user" if interrupted else "its run could not start"
            return check.verdict("NOT RUN", why if problem is None else problem.what)
        verdict = check.judge(measures)
        if problem is not None and verdict.verdict != "FAIL":
            return _undecided(verdict, problem.what)
        return verdict

    def _groups(self) -> dict[str, list[Check]]:
        groups: dict[str, list[Check]] = {}
        for check in self.checks:
            groups.setdefault(check.scenario or "", []).append(check)
        return groups

    @staticmethod
    def _planned(group: Sequence[Check]) -> int:
        """Virtual ns if no check stops early."""
        most = max(check.most_runs for check in group)
        return sum(
            max(check.length_ns for check in group if check.most_runs > index) for index in range(most)
        )

    def _asked(self, scenario: str, index: int, group: Sequence[Check]) -> Asked:
        names = tuple(check.id for check in group)
        length = max(check.length_ns for check in group)
        cover = self.cover and index == 0
        return Asked(scenario, index, replication_seed(self.seed, index), names, length, cover)

    def _replication(
        self, asked: Asked, group: Sequence[Check], later: Mapping[str, Sequence[Check]]
    ) -> Seen:
        label = f"{asked.scenario or 'no scenario'}, run {asked.index + 1}"
        if self.ahead is None and self._worth_it():
            self.ahead = Ahead(self.loaded, self.workers)
        if self.ahead is not None:
            self.ahead.start(self._likely(asked, group, later))
            seen = self.ahead.take(asked)
            if seen is not None:
                self._show(asked.length_ns, label)
                return seen

        def each(share: float) -> bool:
            self._show(share * asked.length_ns, label)
            return True

        seen = observe_run(self.loaded, asked, group, self.make_run, each)
        assert seen is not None
        return seen

    def _worth_it(self) -> bool:
        """Whether what may still have to run is worth the start of other processes."""
        if self.workers < 2 or not (self.runs or self.at_once):
            return False
        wall = sum(run.wall_s for run in self.runs)
        return self.at_once or wall * (self.planned - self.done) > _WORTH_S * max(self.done, 1.0)

    def _likely(
        self, asked: Asked, group: Sequence[Check], later: Mapping[str, Sequence[Check]]
    ) -> list[Asked]:
        """The runs that come next if no check has enough before its last one."""
        found = [asked]
        for index in range(asked.index + 1, max(check.most_runs for check in group)):
            still = [check for check in group if check.most_runs > index]
            found.append(self._asked(asked.scenario, index, still))
        return found + [self._asked(scenario, 0, checks) for scenario, checks in later.items()]

    def _show(self, length: float, label: str) -> None:
        if self.progress is not None:
            self.progress(min((self.done + length) / self.planned, 1.0), label)

    def _put_away(self, seen: Seen, group: Sequence[Check]) -> None:
        for check in group:
            if check.id in seen.measures:
                self.measures[check.id].append(seen.measures[check.id])
            if check.id in seen.broken:
                self.broken[check.id] = seen.broken[check.id]
        for name, plain in seen.coverage.items():
            found = Coverage.from_plain(self.loaded.programs[name], plain)
            self.coverage[name] = self.coverage[name] | found if name in self.coverage else found
        if seen.problem is not None:
            self.problems.append(seen.problem)
        if seen.facts is not None:
            self.runs.append(seen.facts)
            for check in group:
                self.wall_s[check.id] += seen.facts.wall_s / len(group)
