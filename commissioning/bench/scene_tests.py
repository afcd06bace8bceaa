"""`commissioning test`: the tests of a scene's PLC programs, whichever form they have.

They lie in the folder `tests` of the scene (hidden folders and folders called `data` are left out):
`*.st`, `*.iecst` and TwinCAT files with TEST units and TcUnit suites, and whatever these need besides;
`*.csv` tables; `test_*.py` for pytest. TEST units may also stand in the programs themselves. Of a scene with
several emulated controllers each has a folder in `tests`, called as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from commissioning.bench.chosen import fits
from commissioning.bench.load import LoadedScene, load
from commissioning.bench.program_files import TEXTS, TWINCAT, ProgramFiles, Source
from commissioning.bench.python_tests import PythonTests
from commissioning.bench.scene_tests_coverage import TestCoverage
from commissioning.bench.scene_tests_report import TestReport
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc import Program, SourcePiece
from commissioning.plc.outcome import Outcome
from commissioning.plc.st_tests import found_tests, run_test
from commissioning.plc.stand import Stand
from commissioning.plc.table_tests import run_table
from commissioning.plc.tables import Table, read_table
from commissioning.plc.tcunit_runner import run_suites, suite_tests

__all__ = ["FOLDER", "Found", "Listed", "find_tests", "list_tests", "run_tests"]

FOLDER = "tests"
_MOST_FILES, _MOST_BYTES = 5000, 16 << 20
_STOPPED = "stopped by the user before it had run"
Progress = Callable[[float, str], None]
Prepare = Callable[[Stand], object]


@dataclass(frozen=True)
class Found:
    """One test that can be run. `run` takes what prepares the PLC (see `Stand`); tests of TcUnit suites share
    one, which runs all suites of a program."""

    suite: str
    name: str
    file: str
    line: int
    run: Callable[[Prepare | None], list[Outcome]]

    @property
    def id(self) -> str:
        """What `--only` is compared with: tests/zone.st::the alarm comes after 3 s."""
        return f"{self.suite}::{self.name}"


def run_tests(
    source: str | Path | LoadedScene,
    only: Sequence[str] = (),
    allow_code: Collection[str] = (),
    coverage: bool = False,
    progress: Progress | None = None,
) -> TestReport:
    """Runs the tests of a scene, those whose id fits one of the patterns in `only` if there are any.

    `allow_code`: hashes of Python that comes with the scene and may run. `coverage`: the report tells what
    was executed of the programs. What cannot be read or compiled stands in `problems` beside the outcomes of
    all the others. Raises Problems for a scene that cannot be loaded.
    """
    begin = time.perf_counter()
    loaded = source if isinstance(source, LoadedScene) else load(source, allow_code=allow_code)
    programs = {n: program for n, program in loaded.programs.items() if isinstance(program, Program)}
    covered = TestCoverage(programs)
    prepare = covered.prepare if coverage else None
    found, python, problems = find_tests(loaded, covered)
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
                problems += [_located(problem, loaded.folder) for problem in wrong.problems]
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
        problems.append(_nothing(loaded, only, bool(found)))
    wall_s = time.perf_counter() - begin
    figures = covered.by_controller() if coverage else {}
    return TestReport(loaded.name, tuple(outcomes), tuple(problems), wall_s, figures)


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
    loaded = source if isinstance(source, LoadedScene) else load(source, allow_code=allow_code)
    found, python, problems = find_tests(loaded, TestCoverage({}))
    files = tuple(name for name in python.files if fits(name, only))
    code = python.hash() if files else ""
    tests = tuple(test for test in found if fits(test.id, only))
    if not tests and not files and not problems:
        problems.append(_nothing(loaded, only, bool(found or python.files)))
    return Listed(tests, files, code, (*problems, *python.problems))


def _nothing(loaded: LoadedScene, only: Sequence[str], some: bool) -> Problem:
    where = Place(str(loaded.folder / FOLDER))
    if some:
        return Problem(f"no test fits {', '.join(only)}", where, "See --list for all of them")
    return Problem("there are no tests", where, f"Put .st, .csv or test_*.py files into {FOLDER}/")


# ---- finding -------------------------------------------------------------------------------------------


def find_tests(loaded: LoadedScene, covered: TestCoverage) -> tuple[list[Found], PythonTests, list[Problem]]:
    """Tests in Structured Text and tables, in order of their files; those in Python; what cannot be read.

    `covered` is told which programs they run in.
    """
    problems: list[Problem] = []
    folder = loaded.folder
    names = [path.relative_to(folder).as_posix() for path in _files(folder / FOLDER, problems)]
    emulated = [record for record in loaded.scene.controllers.values() if record.type == "emulated"]
    found: list[Found] = []
    for record in emulated:
        mine = [name for name in names if _belongs(name, record.id, [r.id for r in emulated])]
        found += _of_controller(loaded, record.id, mine, covered, problems)
    if not emulated or len(emulated) > 1:
        ids = [record.id for record in emulated]
        strays = [n for n in names if _kind(n) in (*TEXTS, *TWINCAT, ".csv") and not _home(n, ids)]
        for name in strays:
            cure = (
                f"Put it into {FOLDER}/{ids[0]}/"
                if ids
                else "Only programs of emulated controllers have such tests"
            )
            problems.append(Problem("no controller is known for this test", Place(str(folder / name)), cure))
    python = PythonTests(folder, [name for name in names if _kind(name) == ".py"])
    return found, python, [_located(problem, folder) for problem in problems]


def _files(folder: Path, problems: list[Problem]) -> list[Path]:
    found = []
    for path in _below(folder):
        found.append(path)
        if len(found) > _MOST_FILES:
            problems.append(Problem(f"there are more than {_MOST_FILES} files", Place(str(folder))))
            break
    return sorted(found, key=lambda path: path.as_posix())


def _below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.name.startswith((".", "__")) or path.is_symlink():
            continue
        if path.is_dir() and path.name != "data":
            yield from _below(path)
        elif path.is_file():
            yield path


def _kind(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _home(name: str, ids: Sequence[str]) -> str:
    """The controller whose folder a file lies in, "" if in none."""
    parts = PurePosixPath(name).parts
    return parts[1] if len(parts) > 2 and parts[1] in ids else ""


def _belongs(name: str, controller: str, ids: Sequence[str]) -> bool:
    home = _home(name, ids)
    return home == controller or (not home and len(ids) == 1)


def _of_controller(
    loaded: LoadedScene, controller: str, names: Sequence[str], covered: TestCoverage, problems: list[Problem]
) -> list[Found]:
    read = _Reader(loaded.folder, problems)
    texts = [(name, Place(name)) for name in names if _kind(name) in TEXTS or _kind(name) in TWINCAT]
    tests = ProgramFiles(loaded.folder, read, problems).gather(texts)
    program = _compiled(loaded, controller, tests, problems)
    found: list[Found] = []
    if program is not None:
        covered.belongs(program, controller)
        for test in found_tests(program):
            assert test.tree is not None
            file, line, _ = program.original(test.file, test.tree.at.line)
            found.append(Found(file, test.tree.name, file, line, _Unit(program, test)))
        suites = _Suites(program)
        found += [
            Found(file, f"{suite}.{name}", file, line, suites)
            for suite, name, file, line in suite_tests(program)
        ]
    for name in names:
        if _kind(name) != ".csv":
            continue
        table = _table(name, read, problems)
        if table is not None:
            run = _TableTest(loaded.programs[controller], table)
            found.append(Found(table.file, table.name, table.file, table.line, run))
    return found


@dataclass(frozen=True)
class _Unit:
    program: Program
    test: Any

    def __call__(self, prepare: Prepare | None) -> list[Outcome]:
        return [run_test(self.program, self.test, prepare)]


@dataclass(frozen=True)
class _Suites:
    program: Program

    def __call__(self, prepare: Prepare | None) -> list[Outcome]:
        return run_suites(self.program, prepare)


@dataclass(frozen=True)
class _TableTest:
    program: Program
    table: Table

    def __call__(self, prepare: Prepare | None) -> list[Outcome]:
        return [run_table(self.program, self.table, prepare)]


class _Reader:
    """Reads files of the scene's own tests."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        self.folder, self.problems = folder, problems

    def __call__(self, name: str, where: Place) -> bytes | None:
        path = self.folder / name
        try:
            if path.stat().st_size > _MOST_BYTES:
                self.problems.append(Problem(f"the file is larger than {_MOST_BYTES >> 20} MiB", where))
                return None
            return path.read_bytes()
        except OSError as error:
            self.problems.append(Problem(f"the file cannot be read: {error.strerror}", where))
            return None


def _compiled(
    loaded: LoadedScene, controller: str, tests: Mapping[str, Source], problems: list[Problem]
) -> Program | None:
    """The controller's program with its tests. Test files with mistakes are told and left out."""
    from commissioning.registry import types

    record = loaded.scene.controllers[controller]
    emulated: Any = types()["controller", record.type]
    sources = loaded.sources[controller]
    if not tests and not any(_may_hold_tests(source) for source in sources.values()):
        return None
    left = dict(tests)
    while True:
        try:
            program: Program = emulated.compile_tests(record, {**sources, **left})
        except Problems as found:
            wrong = {problem.where.file for problem in found.problems}
            bad = [name for name, source in left.items() if _file_of(name, source) in wrong]
            problems += [
                p for p in found.problems if not bad or p.where.file in {_file_of(n, left[n]) for n in bad}
            ]
            if not bad:
                return None
            for name in bad:
                del left[name]
        else:
            return program


def _may_hold_tests(source: Source) -> bool:
    text = source.text if isinstance(source, SourcePiece) else source
    return "END_TEST" in text.upper() or "FB_TESTSUITE" in text.upper()


def _file_of(name: str, source: Source) -> str:
    return source.file if isinstance(source, SourcePiece) else name


def _table(name: str, read: _Reader, problems: list[Problem]) -> Table | None:
    content = read(name, Place(name))
    if content is None:
        return None
    try:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = f"the table is not {'UTF-16' if wide else 'UTF-8'} (byte {error.start})"
        problems.append(Problem(what, Place(name, line), "Save it as CSV UTF-8"))
        return None
    try:
        return read_table(text, name, PurePosixPath(name).stem)
    except Problems as found:
        problems += found.problems
        return None


def _located(problem: Problem, folder: Path) -> Problem:
    """The problem with the path of its file, which is known relative to the scene."""
    where = problem.where
    if not where.file or Path(where.file).is_absolute() or not (folder / where.file).exists():
        return problem
    return replace(problem, where=Place(str(folder / where.file), where.line, where.column, where.id))
