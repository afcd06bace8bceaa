"""Development check: SimPy's own test-suite against our environment. Not part of the normal test run.

    python tests/sim/simpy_suite/run.py [FOLDER]

FOLDER is an unpacked source distribution of SimPy; without it the one of the installed version is
fetched with pip. The suite runs twice: on SimPy as it is and with `simpy.Environment` replaced by
`SecondsEnvironment`, which is a kernel in integer nanoseconds seen in seconds. Tests that end differently
are listed. The result stands in `resources/benchmarks.md`.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
KNOWN = {
    "tests/test_benchmark.py::test_store_sim": (
        "reads the private counter env._eid; several environments share the kernel's"
    ),
    "tests/test_exceptions.py::test_exception_chaining": (
        "compares the text of a traceback: the innermost frames are those of sim/kernel.py, not simpy/core.py"
    ),
}


class Outcomes:
    """A pytest plugin that keeps how each test ended, and why where it failed."""

    def __init__(self) -> None:
        self.ended: dict[str, str] = {}
        self.why: dict[str, str] = {}

    @pytest.fixture
    def benchmark(self) -> Callable[..., object]:
        """In place of pytest-benchmark: what is measured runs once."""
        return lambda function, *arguments: function(*arguments)

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "benchmark: SimPy's own mark")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self.ended[report.nodeid] = report.outcome
            if report.failed:
                self.why[report.nodeid] = report.longreprtext.strip().splitlines()[-1]


def fetch(folder: Path) -> Path:
    """The unpacked source distribution of the installed SimPy, below `folder`."""
    wanted = f"simpy=={version('simpy')}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, wanted, "-d", str(folder)], check=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def run(source: Path, ours: bool) -> Outcomes:
    """Every test of the suite, in a process of its own so that nothing is imported twice."""
    outcomes = Outcomes()
    if ours:
        sys.path.insert(0, str(ROOT))
        import simpy

        from commissioning.sim.seconds import SecondsEnvironment

        # The suite sees another `simpy` module than the kernel, which is a subclass of the real one.
        theirs = ModuleType("simpy")
        vars(theirs).update(vars(simpy))
        vars(theirs)["Environment"] = SecondsEnvironment
        sys.modules["simpy"] = theirs
    # pytest-qt takes over sys.excepthook, which SimPy tests
    arguments = ["-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:pytest-qt"]
    arguments += ["-c", str(source / "setup.cfg")]
    pytest.main([*arguments, "--rootdir", str(source), str(source / "tests")], plugins=[outcomes])
    return outcomes


def main() -> int:
    if len(sys.argv) > 2 and sys.argv[2] in ("simpy", "ours"):
        outcomes = run(Path(sys.argv[1]), sys.argv[2] == "ours")
        for name, outcome in outcomes.ended.items():
            print(f"@ {outcome} {name} {outcomes.why.get(name, '')}".rstrip())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(sys.argv[1]) if len(sys.argv) > 1 else fetch(Path(folder))
        ended: dict[str, dict[str, str]] = {}
        for which in ("simpy", "ours"):
            done = subprocess.run(
                [sys.executable, __file__, str(source), which], capture_output=True, text=True, check=True
            )
            rows = [line[2:].split(" ", 2) for line in done.stdout.splitlines() if line.startswith("@ ")]
            ended[which] = {name: outcome + " " + " ".join(why) for outcome, name, *why in rows}
            counts = [outcome.split()[0] for outcome in ended[which].values()]
            print(which, {outcome: counts.count(outcome) for outcome in sorted(set(counts))})
    different = {
        name: outcome
        for name, outcome in ended["ours"].items()
        if outcome.split()[0] != ended["simpy"].get(name, "missing").split()[0]
    }
    for name, outcome in different.items():
        print(f"{name}\n    simpy: {ended['simpy'].get(name, 'missing')}\n    ours:  {outcome}")
        print(f"    known: {KNOWN.get(name, 'NO')}")
    missing = sorted(set(ended["simpy"]) - set(ended["ours"]))
    print(f"{len(different)} different, {len(missing)} not run {missing or ''}")
    return 1 if set(different) - set(KNOWN) or missing or not ended["ours"] else 0


if __name__ == "__main__":
    sys.exit(main())
