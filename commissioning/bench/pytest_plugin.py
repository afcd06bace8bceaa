"""Fixtures for pytest: a PLC program in virtual time, a running line, its operator and its faults.

    def test_that_a_jam_is_an_alarm(plc):
        zone = plc.fb("FB_Zone")
        zone(enable=True, sOut=True)
        plc.run_until(lambda: zone.alarm, timeout="T#4s")

    @pytest.mark.requirement("FS-4.2")
    def test_that_the_emergency_stop_stops_the_belts(line, operator):
        operator.press("start")
        line.advance("10 s")
        operator.push("estop")
        line.advance("500 ms")
        assert not line.tags["Q_Belt1_Run"].value

The scene is the one whose folder the test lies in, or `@pytest.mark.scene("path")`, from the test's folder.
`@pytest.mark.program("main.st", ...)` gives `plc` programs without a scene; where there is no scene at all it
gets those below pytest's rootdir. TEST units, TcUnit suites and tables in the folder `tests` of a scene are
collected too. Imports nothing until it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from commissioning.bench.load import LoadedScene
    from commissioning.plc.program import Program
    from commissioning.plc.testing.under_test import PlcUnderTest
    from commissioning.sim.run import Run

_MARKS = (
    "scene(path, controller=''): of `line` and `plc`, from the folder of the test; which controller",
    "program(*files, dialect='iec'): programs for `plc` without a scene, from the folder of the test",
    "requirement(id): ties a test to a requirement",
    "seed(n): the seed of `line`",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("commissioning")
    group.addoption("--allow-code", action="append", default=[], metavar="HASH",
                    help="allow Python logic with that hash, which comes with a scene, to run")  # fmt: skip
    group.addoption("--commissioning-only", action="append", default=[], metavar="PATTERN",
                    help="only tests whose id fits, as in `commissioning test`")  # fmt: skip
    group.addoption("--commissioning-coverage", metavar="FILE",
                    help="write what was executed of PLC programs, for `commissioning test`")  # fmt: skip
    group.addoption("--commissioning-guard", action="store_true",
                    help="import from the scene's folder only what was hashed")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)
    config.stash[_LOADED] = {}
    config.stash[_COVERED] = []
    if config.getoption("--commissioning-guard"):
        from commissioning.bench.import_guard import ImportGuard

        ImportGuard(config.rootpath).install()


def pytest_sessionfinish(session: pytest.Session) -> None:
    file = session.config.getoption("--commissioning-coverage")
    if file:
        from commissioning.bench.scene_tests_coverage import write_coverage

        write_coverage(Path(file), session.config.stash[_COVERED])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Tests in Structured Text and tables in the folder `tests` of a scene."""
    if file_path.suffix.lower() not in (".st", ".iecst", ".csv", ".tcpou"):
        return None
    scene = _scene_around(file_path.parent)
    parts = () if scene is None else file_path.relative_to(scene).parts
    if len(parts) < 2 or parts[0] != "tests" or "data" in parts[:-1]:
        return None
    from commissioning.bench.pytest_items import SceneTestFile

    found: SceneTestFile = SceneTestFile.from_parent(parent, path=file_path)
    assert scene is not None
    found.scene, found.known = scene, parent.config.stash[_LOADED]
    found.allowed = tuple(parent.config.getoption("--allow-code"))
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from commissioning.bench.chosen import fits

    only = config.getoption("--commissioning-only")
    left = [item for item in items if not fits(item.nodeid, only)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        for mark in item.iter_markers("requirement"):
            item.user_properties += [("requirement", str(identity)) for identity in mark.args]


@pytest.fixture
def plc(request: pytest.FixtureRequest) -> Iterator[PlcUnderTest]:
    """The program under test, just started, in virtual time: see `commissioning.plc.testing.under_test`."""
    from commissioning.plc.testing.under_test import PlcUnderTest

    covered = request.config.stash[_COVERED]
    counting = bool(request.config.getoption("--commissioning-coverage"))
    bed = PlcUnderTest(_program(request), (lambda p: covered.append(p.coverage())) if counting else None)
    yield bed
    request.node.user_properties.append(("virtual_ns", bed.now_ns))
    for name in bed.unused_mocks():
        note = f"the stand-in of {name} was never called"
        request.node.user_properties.append(("note", note))
        request.node.warn(pytest.PytestWarning(f"{request.node.name}: {note}"))


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Iterator[Run]:
    """A run of the scene, at 0 s, without a scenario: the operator is the test."""
    from commissioning.bench.run import make_run

    seed = request.node.get_closest_marker("seed")
    counting = bool(request.config.getoption("--commissioning-coverage"))
    run = make_run(_scene(request), seed.args[0] if seed is not None else None, "", coverage=counting)
    yield run
    if counting:
        request.config.stash[_COVERED].extend(run.coverage().values())
    request.node.user_properties.append(("virtual_ns", run.now_ns))
    assert run.problem is None, f"the line stopped: {run.problem}"


@pytest.fixture
def operator(line: Run) -> Operator:
    """Who acts on the devices of `line`."""
    return Operator(line)


@pytest.fixture
def faults(line: Run) -> Faults:
    """Failed sensors and wires of `line`."""
    return Faults(line)


class Operator:
    """`operator.press("start")`, `operator.push("estop")`: any action that the device declares."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getattr__(self, action: str) -> Any:
        if action.startswith("_"):
            raise AttributeError(action)

        def act(device: str, value: Any = None) -> None:
            self._run.operate(device, action, value)

        return act


class Faults:
    """Values that tags or ports hold as a failed device would, until they are cleared."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def set(self, name: str, value: Any) -> None:
        """Hold a value. Raises KeyError, TypeError."""
        self._run.fault(name, value)

    def clear(self, name: str) -> None:
        """End it."""
        self._run.clear(name)


# ---- what is tested --------------------------------------------------------------------------------------

_LOADED = pytest.StashKey[dict[Any, Any]]()
_COVERED = pytest.StashKey[list[Any]]()


def _scene(request: pytest.FixtureRequest) -> LoadedScene:
    from commissioning.bench.load import load

    path = _scene_path(request)
    known: dict[Any, Any] = request.config.stash[_LOADED]
    if path not in known:
        known[path] = load(path, allow_code=request.config.getoption("--allow-code"))
    loaded: LoadedScene = known[path]
    return loaded


def _scene_path(request: pytest.FixtureRequest) -> Path:
    here = request.path.parent
    mark = request.node.get_closest_marker("scene")
    if mark is not None and mark.args:
        places = [base / str(mark.args[0]) for base in (here, request.config.rootpath, Path.cwd())]
        return next((place for place in places if place.exists()), places[0]).resolve()
    found = _scene_around(here)
    if found is None:
        raise pytest.UsageError(
            f"{request.node.nodeid} needs a scene: put it below a scene's folder, or mark it with "
            "@pytest.mark.scene('path')"
        )
    return found


def _scene_around(here: Path) -> Path | None:
    return next((folder for folder in (here, *here.parents) if (folder / "scene.yaml").is_file()), None)


def _program(request: pytest.FixtureRequest) -> Program:
    from commissioning.plc.program import Program

    mark = request.node.get_closest_marker("program")
    if mark is not None:
        return _compiled(request, tuple(str(name) for name in mark.args), mark.kwargs.get("dialect", "iec"))
    scene = request.node.get_closest_marker("scene")
    if scene is None and _scene_around(request.path.parent) is None:
        return _project(request)
    loaded = _scene(request)
    wanted = scene.kwargs.get("controller", "") if scene is not None else ""
    programs = {name: found for name, found in loaded.programs.items() if isinstance(found, Program)}
    if wanted in programs:
        return programs[wanted]
    if len(programs) == 1 and not wanted:
        return next(iter(programs.values()))
    known = ", ".join(programs) or "none"
    raise pytest.UsageError(
        f"{request.node.nodeid}: which controller? The emulated ones are: {known}. Mark the test with "
        "@pytest.mark.scene('path', controller='name')"
    )


def _project(request: pytest.FixtureRequest) -> Program:
    """The programs below pytest's rootdir, where there is no scene."""
    from commissioning.bench.scene_tests_found import project_subject

    known: dict[Any, Any] = request.config.stash[_LOADED]
    folder = request.config.rootpath
    if (folder, "project") not in known:
        known[folder, "project"] = project_subject(folder).programs["plc"]
    program: Program = known[folder, "project"]
    return program


def _compiled(request: pytest.FixtureRequest, names: tuple[str, ...], dialect: str) -> Program:
    from commissioning.bench.program_files import ProgramFiles
    from commissioning.controllers.compile_cache import keep_parser
    from commissioning.model.cache_folder import cache_folder
    from commissioning.model.problem import Place, Problem, Problems
    from commissioning.plc import compile_project

    folder = request.path.parent
    known: dict[Any, Any] = request.config.stash[_LOADED]
    if (folder, names, dialect) not in known:
        found: list[Problem] = []

        def read(name: str, where: Place) -> bytes | None:
            try:
                return (folder / name).read_bytes()
            except OSError as error:
                found.append(Problem(f"{name} cannot be read: {error.strerror}", where))
                return None

        where = Place(str(request.path))
        sources = ProgramFiles(folder, read, found).gather([(name, where) for name in names])
        if found:
            raise Problems(found)
        keep_parser(cache_folder())
        known[folder, names, dialect] = compile_project(sources, dialect, with_tests=True)
    program: Program = known[folder, names, dialect]
    return program
