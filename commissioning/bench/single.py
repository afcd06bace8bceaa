"""`commissioning run`: one run of a scene, its key figures and its digest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from commissioning.bench.ctrl_c import ctrl_c
from commissioning.bench.load import LoadedScene, in_scene, load
from commissioning.bench.named import require
from commissioning.bench.retained_file import read_retained_file, retain_notices, write_retained_file
from commissioning.bench.run import KEYFRAME_EVERY_NS, RecordedRun
from commissioning.bench.why import Why, why
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.quantity import format_quantity
from commissioning.sim.analysis.kpi import kpi_json
from commissioning.sim.analysis.staff import staff
from commissioning.sim.cycle_times import TaskTimes
from commissioning.sim.run import Run
from commissioning.sim.session import Session

__all__ = ["RunResult", "run_once"]

Progress = Callable[[float, str], None]

_SHORTEST, _LONGEST = 1_000_000, 24 * 3600 * 1_000_000_000  # virtual ns between looks at Ctrl-C
_SENTENCES = 4  # of why
_LARGEST = 400_000  # records of a journal that is asked why by itself: some seconds of work
_PATIENCE_S = 0.1  # wall time between them


@dataclass(frozen=True)
class RunResult:
    """What one run gave. `kpi` is by device id, as in `run --json`."""

    scene: str
    scene_hash: str
    seed: int
    simulated_s: float
    wall_s: float
    events: int
    scans: Mapping[str, int]
    digest: str
    kpi: Mapping[str, Any]
    problem: Problem | None
    notices: tuple[str, ...]
    interrupted: bool = False
    """The user stopped it before its time."""
    energy: Mapping[str, Any] | None = None
    """As `sim.analysis.energy` tells it; None where no device of the scene has a power."""
    staff: Mapping[str, Any] = field(default_factory=dict)
    """As `sim.analysis.staff` tells it, by team."""
    why: Why | None = None
    """What limits the line; None for long journals (`commissioning.why` takes its time)."""
    cycles: tuple[TaskTimes, ...] = ()
    """How punctual the scans of a paced run were, by task."""

    def as_json(self) -> dict[str, Any]:
        """The keys the contract promises, and a few more."""
        return {
            "scene": self.scene, "scene_hash": self.scene_hash, "seed": self.seed,
            "simulated_s": self.simulated_s, "wall_s": round(self.wall_s, 3), "events": self.events,
            "scans": dict(self.scans), "digest": self.digest, "kpi": dict(self.kpi), "verdicts": [],
            "problems": [str(self.problem)] if self.problem else [], "notices": list(self.notices),
            "interrupted": self.interrupted, "why": None if self.why is None else self.why.as_json(),
            "energy": self.energy,
            "staff": dict(self.staff), "cycles": [asdict(task) for task in self.cycles],
        }  # fmt: skip

    def as_text(self) -> str:
        """For people."""
        pace = self.simulated_s / self.wall_s if self.wall_s > 0 else math.inf
        headline = (
            f"{self.scene}, seed {self.seed}: {format_quantity(self.simulated_s, 'duration')} in "
            f"{self.wall_s:.2f} s of wall time ({pace:,.0f}x), {self.events:,} events"
        )
        lines = [
            headline,
            f"{'device':16} {'parts':>7} {'per hour':>9} {'used':>6}  working starved blocked  down",
        ]
        for identity, figures in self.kpi.items():
            if not figures["count"] and not figures["utilisation"]:
                continue  # eyes, buttons, lamps: nothing passes through them and they have no states
            lines.append(
                f"{identity:16} {figures['count']:7d} {figures['rate_per_h']:9.1f} "
                f"{figures['utilisation']:6.1%}  {figures['working']:7.1%} {figures['starved']:7.1%} "
                f"{figures['blocked']:7.1%} {figures['down']:5.1%}"
            )
        if self.energy is not None:
            each = self.energy["kwh_per_part"]
            lines.append(
                f"energy {self.energy['kwh']:.3f} kWh"
                + (f", {each:.4f} kWh a part" if each is not None else "")
                + f", at most {self.energy['peak_kw']:.2f} kW, demand {self.energy['demand_kw']:.2f} kW"
            )
        for team, one in self.staff.items():
            if one["utilisation"] is not None:
                lines.append(
                    f"{team}: {one['busy']:.2f} of {one['present']:.2f} people busy "
                    f"({one['utilisation']:.1%}), {one['waiting']:.2f} requests waiting"
                )
        if self.why is not None and self.why.routes.done:
            lines += self.why.summary[:_SENTENCES]
        lines += [str(task) for task in self.cycles]
        lines += self.notices
        lines.append(f"journal digest {self.digest}")
        return "\n".join(lines)


def run_once(
    source: str | Path | LoadedScene,
    span_ns: int | None = None,
    seed: int | None = None,
    scenario: str | None = None,
    speed: float = math.inf,
    record: Path | None = None,
    every_scan: bool = False,
    arm: tuple[str, ...] = (),
    progress: Progress | None = None,
    allow_code: Collection[str] = (),
    retain: Path | None = None,
) -> RunResult:
    """One run of a scene. Raises Problems if it cannot start; what happens later is in the result.

    `speed` in virtual seconds per second; the links of the scene are opened for a paced run only (at full
    speed nobody outside could follow). `allow_code`: hashes of Python that comes with the scene and may run.
    `retain`: a file with the values of RETAIN variables, read before the run if it is there, written after.
    """
    loaded = source if isinstance(source, LoadedScene) else load(source, allow_code=allow_code)
    span = loaded.scene.run.length_ns if span_ns is None else span_ns
    require(loaded, scenario, arm)
    if arm and math.isinf(speed):
        raise Problems(
            Problem(
                f"{', '.join(arm)} cannot be armed at full speed: links are open in paced runs only",
                loaded.text.place(("links",), key=True),
                "Add --speed 1x",
            )
        )
    retained = read_retained_file(retain, loaded.scene.controllers)
    wall = time.monotonic()
    make = partial(Run, loaded, seed, scenario, every_scan=every_scan, retained=retained)
    cycles: tuple[TaskTimes, ...] = ()
    if math.isinf(speed):
        run, problem, interrupted = _at_full_speed(make, loaded, span, record, progress)
    else:
        run, problem, interrupted, cycles = _paced(make, loaded, span, speed, record, arm, progress)
    write_retained_file(retain, run)
    if problem is not None:
        (problem,) = in_scene(loaded, [problem])
    notices = [f"alarm: {alarm}" for alarm in run.line.alarms] + retain_notices(run, retained)
    if interrupted:
        notices.append(
            f"stopped by the user at {format_quantity(run.now_ns / 1e9, 'duration')} of "
            f"{format_quantity(span / 1e9, 'duration')}"
        )
    return RunResult(
        loaded.name, loaded.scene.hash, run.seed, run.now_ns / 1e9, time.monotonic() - wall, run.events,
        run.scans, run.journal.digest(), kpi_json(run.kpi()), problem, tuple(notices),
        interrupted, _energy(run), _staff(run),
        why(run) if run.journal.length <= _LARGEST else None, cycles,
    )  # fmt: skip


def _energy(run: Run) -> Mapping[str, Any] | None:
    used = run.energy()
    return None if used is None else used.as_json()


def _staff(run: Run) -> Mapping[str, Any]:
    view = run.view()
    if not view.end_ns:
        return {}
    return {team: one.as_json() for team, one in staff(view.header, view.records(), view.end_ns).items()}


def _at_full_speed(
    make: Callable[[], Run], loaded: LoadedScene, span: int, record: Path | None, progress: Progress | None
) -> tuple[Run, Problem | None, bool]:
    """The run, why it stopped, and whether the user stopped it."""
    run = make()
    recorded = RecordedRun(run, loaded, record) if record is not None else None
    longest = _LONGEST if recorded is None else min(_LONGEST, KEYFRAME_EVERY_NS // 10)
    stretch = _SHORTEST
    try:
        with ctrl_c() as asked:
            while run.now_ns < span and run.problem is None and not asked():
                began = time.monotonic()
                run.advance_to(min(span, run.now_ns + stretch))
                # a killed process loses one stretch, a user waits for one: about 0.1 s of wall time
                took = time.monotonic() - began
                stretch = min(2 * stretch, longest) if took < _PATIENCE_S else max(stretch // 2, _SHORTEST)
                if recorded is not None:
                    recorded.poll()
                if progress is not None:
                    progress(run.now_ns / span, loaded.name)
    except BaseException:
        if recorded is not None:
            recorded.abandon()
        raise
    if recorded is not None:
        recorded.close()
    return run, run.problem, run.now_ns < span and run.problem is None


def _paced(
    make: Callable[[], Run], loaded: LoadedScene, span: int, speed: float, record: Path | None,
    arm: tuple[str, ...], progress: Progress | None,
) -> tuple[Run, Problem | None, bool, tuple[TaskTimes, ...]]:  # fmt: skip
    """The run, why it stopped, whether the user stopped it, and how punctual scans were."""
    try:
        session = Session(
            make,
            speed,
            span,
            None if record is None else lambda run: RecordedRun(run, loaded, record),
            arm,
            measure=True,
        )
    except Problems as problems:
        raise Problems(in_scene(loaded, problems.problems)) from problems
    problem, interrupted = None, False
    try:
        down = session.wait_links(15.0)
        if down:
            raise Problems(in_scene(loaded, down))
        session.start()
        while True:
            status = session.wait(0.2)
            if progress is not None:
                progress(min(status.now_ns / span, 1.0) if span else 1.0, loaded.name)
            if status.state != "running":
                break
        if status.state == "paused":
            lost = next((f"links.{name}" for name, link in status.links if link.state != "up"), "links")
            what = f"the run ended early: {status.notice}"
            problem = Problem(what, Place(id=lost), "See that the partner is there")
        elif status.state == "failed":
            problem = status.problem
    except KeyboardInterrupt:
        interrupted = True
    finally:
        session.close()
    return session.run, session.run.problem or problem, interrupted, session.cycle_times()
