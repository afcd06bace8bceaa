"""`commissioning serve`: the line behind its links, without a window."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from commissioning.bench.load import in_scene, load
from commissioning.bench.named import require
from commissioning.bench.program_watch import ProgramWatch
from commissioning.bench.retained_file import read_retained_file, retain_notices, write_retained_file
from commissioning.bench.run import RecordedRun
from commissioning.model.problem import Place, Problem, Problems
from commissioning.sim.run import Run
from commissioning.sim.session import Session

__all__ = ["serve"]


def serve(
    scene: Path, seed: int | None, scenario: str, speed: float, span_ns: int | None, record: Path | None,
    arm: tuple[str, ...], say: Callable[[str], None], allow_code: Collection[str] = (),
    every_scan: bool = False, catch_up: bool = True, retain: Path | None = None, online_change: bool = False,
) -> int:  # fmt: skip
    """Run a scene with its links open until it ends or is interrupted. Returns the exit code.

    `every_scan`: execute scans that change nothing too, as a PLC does. `catch_up`: what to do when late, see
    `Pace`. `retain`: a file with the values of RETAIN variables, read before the run, written after it.
    `online_change`: an edit of a program file changes the program that runs.
    Raises Problems: no links, a link that cannot open, an unknown scenario.
    """
    loaded = load(scene, allow_code=allow_code)
    if not loaded.scene.links:
        raise Problems(
            Problem(
                f"{loaded.name} has no links to serve",
                Place(file=str(scene)),
                "Add for example links: {hmi: {type: opcua_server}}",
            )
        )
    require(loaded, scenario, arm)
    watch = ProgramWatch(loaded) if online_change else None
    retained = read_retained_file(retain, loaded.scene.controllers)
    try:
        session = Session(
            partial(Run, loaded, seed, scenario, every_scan=every_scan, retained=retained),
            speed,
            span_ns,
            None if record is None else lambda run: RecordedRun(run, loaded, record),
            arm,
            catch_up,
            measure=True,
        )
    except Problems as problems:
        raise Problems(in_scene(loaded, problems.problems)) from problems
    try:
        down = session.wait_links(15.0)
        if down:
            raise Problems(in_scene(loaded, down))
        for link in loaded.scene.links.values():
            say(f"{link.id}: {link.params.get('endpoint', link.type)} is up")
        for notice in retain_notices(session.run, retained):
            say(notice)
        say("running; Ctrl-C ends it")
        session.start()
        notice = ""
        while True:
            status = session.wait(0.25)
            if watch is not None:
                _change(session, watch, say)
            if status.state in ("ended", "failed"):
                break
            if status.notice and status.notice != notice:
                notice = status.notice
                say(notice)
            if status.state == "paused":  # a controller was lost; go on when it is back
                if all(link.state == "up" for _, link in status.links):
                    notice = ""
                    say("going on")
                    session.start()
                time.sleep(0.25)
    except KeyboardInterrupt:
        say("stopping")
    finally:
        session.close()
    run = session.run
    write_retained_file(retain, run)
    for task in session.cycle_times():
        say(str(task))
    if session.skipped_cycles:
        say(f"{session.skipped_cycles} cycles of wall time were left out, because the run was late")
    say(f"{run.now_ns / 1e9:.3f} s, journal digest {run.journal.digest()}")
    if run.problem is not None:
        raise Problems(in_scene(loaded, [run.problem]))
    return 0


def _change(session: Session, watch: ProgramWatch, say: Callable[[str], None]) -> None:
    """Follows the program files; what is wrong with them is told, and the old program goes on."""
    try:
        for name, sources in watch.changed().items():
            change = partial(_changed, name, sources)
            say(f"{name}: online change: {session.do(change).result()}")
    except Problems as problems:
        for problem in problems.problems:
            say(str(problem))
    except RuntimeError as error:  # the run has stopped
        say(str(error))


def _changed(name: str, sources: Mapping[str, Any], run: Run) -> Any:
    return run.online_change(name, sources)
