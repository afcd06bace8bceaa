"""Opening scenes and recordings. The only place of the window that knows how a run is built."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from commissioning.app.source import LiveSource, ReplaySource, Source
from commissioning.files.python_code import PythonCode
from commissioning.model.problem import Problem, Problems

AFTERMATH_NS = 2_000_000_000  # shown of what comes after a finding


@dataclass(frozen=True)
class Opened:
    """What came of it: a source, or problems. `scene` is the folder checks can be run on.

    `asks`: Python that comes with the scene and that nobody has allowed to run yet; `allowed`: hashes of
    what runs.
    """

    source: Source | None = None
    problems: tuple[Problem, ...] = ()
    scene: Path | None = None
    name: str = ""
    at_ns: int | None = None  # a moment to look at
    found: str = ""  # by this check
    asks: tuple[PythonCode, ...] = ()
    allowed: frozenset[str] = frozenset()
    warnings: Callable[[], tuple[Problem, ...]] | None = None  # of its programs; takes a while
    programs: Any = None  # its program files on disk, see `commissioning.bench.program_watch`


def not_opened(name: str, error: BaseException) -> Opened:
    """What nobody foresaw: the window says so and stays."""
    what = f"{type(error).__name__}: {error}"
    cure = "Run `commissioning validate` on it; if that passes, report it with the file"
    return Opened(problems=(Problem(what, cure=cure),), name=name)


def open_path(
    path: Path, at_ns: int | None = None, stop: bool = False, arm: Sequence[str] = (),
    allow_code: Collection[str] = (),
) -> Opened:  # fmt: skip
    """A scene (folder or file) or a recording. `stop` runs to `at_ns` and no further."""
    from commissioning.files.recording import is_recording

    if path.is_file() and is_recording(path):
        return open_recording(path, at_ns)
    return open_scene(path, at_ns, stop, arm, allow_code=allow_code)


def open_recording(path: Path, at_ns: int | None = None) -> Opened:
    from commissioning.files.recording import read_recording

    start_ns, notice = 0, ""
    try:
        recording = read_recording(path)
        if recording.first_record:  # what the line was there, only its scene and snapshot tell
            from commissioning.bench.recorded_view import from_its_beginning

            recording, start_ns, notice = from_its_beginning(recording)
    except Problems as problems:
        return Opened(problems=tuple(problems.problems), name=path.name)
    source = ReplaySource(recording, start_ns=start_ns, notice=notice)
    if at_ns is not None:
        source.seek(at_ns)
    return Opened(source, name=str(recording.header.get("name") or path.name))


def open_scene(
    path: Path, at_ns: int | None = None, stop: bool = False, arm: Sequence[str] = (),
    scenario: str | None = None, seed: int | None = None, allow_code: Collection[str] = (),
) -> Opened:  # fmt: skip
    """A live run of a scene. With `scenario` and `seed` it is the one that a check has judged."""
    from commissioning.bench.load import in_scene, load
    from commissioning.bench.named import require
    from commissioning.bench.program_warnings import program_warnings
    from commissioning.bench.program_watch import ProgramWatch
    from commissioning.bench.run import RecordedRun, make_run
    from commissioning.sim.session import Session

    try:
        loaded = load(path, allow_code=allow_code)
        require(loaded, scenario, arm)
        asks = tuple(code for code in loaded.code if not code.allowed)
        if asks:
            told = [problem for code in asks if (problem := code.refusal()) is not None]
            return Opened(problems=tuple(told), name=loaded.name, scene=path, asks=asks)
    except Problems as problems:
        return Opened(problems=tuple(problems.problems), name=path.name, scene=path)
    try:
        until = at_ns if stop else None
        session = Session(lambda: make_run(loaded, seed, scenario), 1.0, until_ns=until, arm=tuple(arm))
    except Problems as problems:
        placed = in_scene(loaded, problems.problems)
        return Opened(problems=tuple(placed), name=path.name, scene=path)
    if at_ns:
        session.do(lambda run: run.advance_to(at_ns))
    run = session.run
    mode = "LOCK-STEP" if _in_lock_step(loaded.scene) else "FREE RUN"
    source = LiveSource(
        session, mode, run.scenario, run.seed, lambda run, file: RecordedRun(run, loaded, file)
    )
    return Opened(
        source, name=loaded.name, scene=path, allowed=loaded.allowed,
        warnings=lambda: program_warnings(loaded), programs=ProgramWatch(loaded),
    )  # fmt: skip


def open_finding(
    path: Path, check: str, scenario: str, seed: int | None, at_ns: int, allow_code: Collection[str] = ()
) -> Opened:
    """The run in which a check found something, advanced to a little after it."""
    opened = open_scene(path, scenario=scenario or None, seed=seed, allow_code=allow_code)
    if isinstance(opened.source, LiveSource):
        opened.source.session.do(lambda run: run.advance_to(at_ns + AFTERMATH_NS)).result()
    return replace(opened, at_ns=at_ns, found=check)


def _in_lock_step(scene: object) -> bool:
    """A line whose controllers share its virtual time; one behind a link runs freely."""
    controllers = getattr(scene, "controllers", {})
    return all(record.type not in ("external", "none") for record in controllers.values())
