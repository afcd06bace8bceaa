"""`commissioning test`: the tests of a scene's PLC programs, whichever form they have.

They lie in the folder `tests` of the scene (hidden folders and folders called `data` are left out):
`*.st`, `*.iecst` and TwinCAT files with TEST units and TcUnit suites, and whatever these need besides;
`*.csv` tables; `test_*.py` for pytest. TEST units may also stand in the programs themselves. Of a scene with
several emulated controllers each has a folder in `tests`, called as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commissioning.bench.chosen import fits
from commissioning.bench.load import SCENE_FILE, LoadedScene, load
from commissioning.bench.scene_tests_coverage import TestCoverage
from commissioning.bench.scene_tests_found import (
    FOLDER,
    Found,
    Subject,
    find_tests,
    located,
    project_subject,
    scene_subject,
)
from commissioning.bench.scene_tests_report import TestReport
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.testing.outcome import Outcome

__all__ = ["Listed", "list_tests", "run_tests"]

_STOPPED = "stopped by the user before it had run"
Progress = Callable[[float, str], None]


def run_tests(
    source: str | Path | LoadedScene,
    only: Sequence[str] = (),
    allow_code: Collection[str] = (),
    coverage: bool = False,
    progress: Progress | None = None,
) -> TestReport:
    """Runs the tests of a scene, or of a folder of PLC programs without one: those whose id fits one of the
    patterns in `only` if there are any.

    `allow_code`: hashes of Python that comes with the scene and may run. `coverage`: the report tells what
    was executed of the programs. What cannot be read or compiled stands in `problems` beside the outcomes of
    all the others. Raises Problems for a scene that cannot be loaded.
    """
    begin = time.perf_counter()
    subject = _subject(source, allow_code)
    covered = TestCoverage(subject.programs)
    prepare = covered.prepare if coverage else None
    found, python, problems = find_tests(subject, covered)
    chosen = [test for test in found if fits(test.id, only)]
    outcomes: list[Outcome] = []
    done: list[Any] = []
    interrupted = False
    try:
        for number, test in enumerate(chosen):
            if progress is not None:
                progress(number / len(chosen), test.name[:40])
            if any(test.run is run for run in done):
                continue
            try:
                outcomes += [one for one in test.run(prepare) if _is_wanted(one, chosen, only)]
            except Problems as wrong:
                problems += [located(problem, subject.folder) for problem in wrong.problems]
            done.append(test.run)
        if python.files:
            outcomes += python.run(only, frozenset(allow_code), covered if coverage else None)
    except KeyboardInterrupt:
        interrupted = True
        left = [test for test in chosen if not any(test.run is run for run in done)]
        outcomes += [Outcome(t.suite, t.name, t.file, t.line, "NOT RUN", why=_STOPPED) for t in left]
        outcomes += [python.unrun(name, _STOPPED) for name in python.files if fits(name, only)]
    problems += python.problems
    if progress is not None:
        progress(1.0, "tests")
    if not outcomes and not problems and not interrupted:
        problems.append(_nothing(subject.folder, only, bool(found)))
    wall_s = time.perf_counter() - begin
    figures = covered.by_controller() if coverage else {}
    return TestReport(subject.name, tuple(outcomes), tuple(problems), wall_s, figures)


def _is_wanted(outcome: Outcome, chosen: Sequence[Found], only: Sequence[str]) -> bool:
    """Whether an outcome was asked for: a suite gives those of all its tests, of every instance."""
    known = any(
        (test.suite, test.name.rpartition(".")[2]) == (outcome.suite, outcome.name.rpartition(".")[2])
        for test in chosen
    )
    return known or fits(f"{outcome.suite}::{outcome.name}", only)


@dataclass(frozen=True)
class Listed:
    """Which tests there are. `python`: files whose tests are not known before they may run."""

    tests: tuple[Found, ...]
    python: tuple[str, ...]
    code: str
    problems: tuple[Problem, ...]

    def as_text(self) -> str:
        lines = [test.id for test in self.tests]
        lines += [f"{file} (pytest; --allow-code {self.code})" for file in self.python]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        tests = [
            {"id": test.id, "suite": test.suite, "name": test.name, "file": test.file, "line": test.line}
            for test in self.tests
        ]
        return {
            "tests": tests, "python": list(self.python), "allow_code": self.code,
            "problems": [str(problem) for problem in self.problems],
        }  # fmt: skip


def list_tests(
    source: str | Path | LoadedScene, only: Sequence[str] = (), allow_code: Collection[str] = ()
) -> Listed:
    """The tests of a scene that `only` asks for; runs nothing. Raises Problems as `run_tests` does."""
    subject = _subject(source, allow_code)
    found, python, problems = find_tests(subject, TestCoverage({}))
    files = tuple(name for name in python.files if fits(name, only))
    code = python.hash() if files else ""
    tests = tuple(test for test in found if fits(test.id, only))
    if not tests and not files and not problems:
        problems.append(_nothing(subject.folder, only, bool(found or python.files)))
    return Listed(tests, files, code, (*problems, *python.problems))


def _subject(source: str | Path | LoadedScene, allow_code: Collection[str]) -> Subject:
    """A scene, or a folder of programs without one."""
    if isinstance(source, LoadedScene):
        return scene_subject(source)
    folder = Path(source)
    if folder.is_dir() and not (folder / SCENE_FILE).exists() and any(folder.iterdir()):
        return project_subject(folder)
    return scene_subject(load(source, allow_code=allow_code))


def _nothing(folder: Path, only: Sequence[str], some: bool) -> Problem:
    where = Place(str(folder / FOLDER))
    if some:
        return Problem(f"no test fits {', '.join(only)}", where, "See --list for all of them")
    return Problem("there are no tests", where, f"Put .st, .csv or test_*.py files into {FOLDER}/")
