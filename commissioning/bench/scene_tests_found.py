"""Finds the tests of PLC programs: in a scene, or in a folder of programs without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from commissioning.bench.load import LoadedScene
from commissioning.bench.program_files import PROJECT, TEXTS, TWINCAT, XML, ProgramFiles, Source
from commissioning.bench.python_tests import PythonTests
from commissioning.bench.scene_tests_coverage import TestCoverage
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc import Program, SourcePiece, compile_project
from commissioning.plc.testing.outcome import Outcome
from commissioning.plc.testing.st_tests import found_tests, run_test
from commissioning.plc.testing.stand import Stand
from commissioning.plc.testing.table_tests import run_table
from commissioning.plc.testing.tables import Table, read_table
from commissioning.plc.testing.tcunit_runner import run_suites, suite_tests
from commissioning.registry import types

__all__ = [
    "FOLDER",
    "Found",
    "Prepare",
    "Subject",
    "find_tests",
    "located",
    "project_subject",
    "scene_subject",
]

FOLDER = "tests"
_MOST_FILES, _MOST_BYTES = 5000, 16 << 20
Prepare = Callable[[Stand], object]


@dataclass(frozen=True)
class Subject:
    """What is tested. `programs` and `sources` by controller; `compiled` gives the program of a controller
    with its tests, from sources."""

    name: str
    folder: Path
    programs: Mapping[str, Program]
    sources: Mapping[str, Mapping[str, Source]]
    compiled: Callable[[str, Mapping[str, Source]], Program]


def scene_subject(loaded: LoadedScene) -> Subject:
    """The emulated controllers of a scene."""
    programs = {n: program for n, program in loaded.programs.items() if isinstance(program, Program)}

    def compiled(controller: str, sources: Mapping[str, Source]) -> Program:
        record = loaded.scene.controllers[controller]
        emulated: Any = types()["controller", record.type]
        program: Program = emulated.compile_tests(record, sources)
        return program

    sources = {name: loaded.sources[name] for name in programs}
    return Subject(loaded.name, loaded.folder, programs, sources, compiled)


def project_subject(folder: Path) -> Subject:
    """The programs in a folder that holds no scene. Raises Problems.

    TwinCAT's files are compiled in its dialect; tasks are those that the project declares, or one of 10 ms.
    """
    problems: list[Problem] = []
    kinds = (*TEXTS, *TWINCAT, PROJECT, XML)
    names = [path.relative_to(folder).as_posix() for path in _files(folder, problems)]
    programs = [name for name in names if _kind(name) in kinds and not name.startswith(FOLDER + "/")]
    projects = [name for name in programs if _kind(name) == PROJECT]
    if projects:  # it says what belongs to it; texts beside it are taken too
        programs = [*projects, *(name for name in programs if _kind(name) in TEXTS)]
    gathered = ProgramFiles(folder, _Reader(folder, problems), problems)
    sources = gathered.gather([(name, Place(str(folder / name))) for name in programs])
    maker = any(_kind(name) in (*TWINCAT, PROJECT) for name in names)
    make = partial(compile_project, dialect="twincat" if maker else "iec", with_tests=True)
    if problems:
        raise Problems([located(problem, folder) for problem in problems])
    try:
        program = make(sources)
    except Problems as found:
        raise Problems([located(problem, folder) for problem in found.problems]) from found
    return Subject(
        folder.resolve().name, folder, {"plc": program}, {"plc": sources}, lambda _, given: make(given)
    )


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


def find_tests(subject: Subject, covered: TestCoverage) -> tuple[list[Found], PythonTests, list[Problem]]:
    """Tests in Structured Text and tables, in order of their files; those in Python; what cannot be read.

    `covered` is told which programs they run in.
    """
    problems: list[Problem] = []
    folder, ids = subject.folder, list(subject.programs)
    names = [path.relative_to(folder).as_posix() for path in _files(folder / FOLDER, problems)]
    found: list[Found] = []
    for controller in ids:
        mine = [name for name in names if _belongs(name, controller, ids)]
        found += _of_controller(subject, controller, mine, covered, problems)
    if len(ids) != 1:
        strays = [n for n in names if _kind(n) in (*TEXTS, *TWINCAT, ".csv") and not _home(n, ids)]
        for name in strays:
            cure = (
                f"Put it into {FOLDER}/{ids[0]}/"
                if ids
                else "Only programs of emulated controllers have such tests"
            )
            problems.append(Problem("no controller is known for this test", Place(str(folder / name)), cure))
    python = PythonTests(folder, [name for name in names if _kind(name) == ".py"])
    return found, python, [located(problem, folder) for problem in problems]


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
    subject: Subject, controller: str, names: Sequence[str], covered: TestCoverage, problems: list[Problem]
) -> list[Found]:
    read = _Reader(subject.folder, problems)
    texts = [(name, Place(name)) for name in names if _kind(name) in TEXTS or _kind(name) in TWINCAT]
    tests = ProgramFiles(subject.folder, read, problems).gather(texts)
    program = _compiled(subject, controller, tests, problems)
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
            run = _TableTest(subject.programs[controller], table)
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
    """Reads files below a folder."""

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
    subject: Subject, controller: str, tests: Mapping[str, Source], problems: list[Problem]
) -> Program | None:
    """The controller's program with its tests. Test files with mistakes are told and left out."""
    sources = subject.sources[controller]
    if not tests and not any(_may_hold_tests(source) for source in sources.values()):
        return None
    left = dict(tests)
    while True:
        try:
            program = subject.compiled(controller, {**sources, **left})
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


def located(problem: Problem, folder: Path) -> Problem:
    """The problem with the path of its file, which is known relative to the scene."""
    where = problem.where
    if not where.file or Path(where.file).is_absolute() or not (folder / where.file).exists():
        return problem
    return replace(problem, where=Place(str(folder / where.file), where.line, where.column, where.id))
