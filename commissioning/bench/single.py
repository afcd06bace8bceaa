"""`commissioning run`: one run of a scene, its key figures and its digest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.run import RecordedRun
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.quantity import format_quantity
from commissioning.sim.kpi import kpi_json
from commissioning.sim.run import Run
from commissioning.sim.session import Session

__all__ = ["RunResult", "run_once"]

Progress = Callable[[float, str], None]


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

    def as_json(self) -> dict[str, Any]:
        """The keys the contract promises, and a few more."""
        return {
            "scene": self.scene, "scene_hash": self.scene_hash, "seed": self.seed,
            "simulated_s": self.simulated_s, "wall_s": round(self.wall_s, 3), "events": self.events,
            "scans": dict(self.scans), "digest": self.digest, "kpi": dict(self.kpi), "verdicts": [],
            "problems": [str(self.problem)] if self.problem else [], "notices": list(self.notices),
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
) -> RunResult:
    """One run of a scene. Raises Problems if it cannot start; what happens later is in the result.

    `speed` in virtual seconds per second; the links of the scene are opened for a paced run only (at full
    speed nobody outside could follow).
    """
    loaded = source if isinstance(source, LoadedScene) else load(source)
    span = loaded.scene.run.length_ns if span_ns is None else span_ns
    known = tuple(loaded.scene.scenarios)
    if scenario and scenario not in known:
        raise Problems(
            Problem(
                f"there is no scenario {scenario}",
                Place(id="scenarios"),
                f"Known: {', '.join(known) or 'none'}",
            )
        )
    for link in arm:
        if link not in loaded.scene.links:
            names = ", ".join(loaded.scene.links) or "none"
            raise Problems(Problem(f"there is no link {link} to arm", Place(id="links"), f"Known: {names}"))
    wall = time.monotonic()
    if math.isinf(speed):
        run, notices = _at_full_speed(loaded, span, seed, scenario, record, every_scan, progress)
    else:
        run, notices = _paced(loaded, span, seed, scenario, speed, record, every_scan, arm, progress)
    return RunResult(
        loaded.name, loaded.scene.hash, run.seed, run.now_ns / 1e9, time.monotonic() - wall, run.events,
        run.scans, run.journal.digest(), kpi_json(run.kpi()), run.problem,
        (*notices, *(f"alarm: {alarm}" for alarm in run.line.alarms)),
    )  # fmt: skip


def _at_full_speed(
    loaded: LoadedScene, span: int, seed: int | None, scenario: str | None, record: Path | None,
    every_scan: bool, progress: Progress | None,
) -> tuple[Run, list[str]]:  # fmt: skip
    run = Run(loaded, seed, scenario, every_scan=every_scan)
    recorded = RecordedRun(run, loaded, record) if record is not None else None
    notices: list[str] = []
    # a killed process loses one stretch: short where somebody wants the record
    stretch = 60_000_000_000 if recorded is not None else max(60_000_000_000, span // 200)
    try:
        while run.now_ns < span and run.problem is None:
            run.advance_to(min(span, run.now_ns + stretch))
            if recorded is not None:
                recorded.poll()
            if progress is not None:
                progress(run.now_ns / span, loaded.name)
    except KeyboardInterrupt:
        notices.append(f"stopped at {run.now_ns / 1e9:.3f} s")
    finally:
        if recorded is not None:
            recorded.close()
    return run, notices


def _paced(
    loaded: LoadedScene, span: int, seed: int | None, scenario: str | None, speed: float, record: Path | None,
    every_scan: bool, arm: tuple[str, ...], progress: Progress | None,
) -> tuple[Run, list[str]]:  # fmt: skip
    session = Session(
        lambda: Run(loaded, seed, scenario, every_scan=every_scan),
        speed,
        span,
        None if record is None else lambda run: RecordedRun(run, loaded, record),
        arm,
    )
    notices: list[str] = []
    try:
        problems = session.wait_links(15.0)
        if problems:
            raise Problems(problems)
        session.start()
        while True:
            status = session.wait(0.2)
            if progress is not None:
                progress(min(status.now_ns / span, 1.0) if span else 1.0, loaded.name)
            # "paused" without a notice is the moment before the thread has taken the start
            if status.state in ("ended", "failed") or (status.state == "paused" and status.notice):
                break
            time.sleep(0.005)
        if session.status().notice:
            notices.append(session.status().notice)
    except KeyboardInterrupt:
        notices.append("stopped by the user")
    finally:
        session.close()
    return session.run, notices
