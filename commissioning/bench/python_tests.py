"""The Python tests of a scene: pytest in a process of its own, after the user allowed their content.

What is allowed is all Python below the scene's folder, for a test may import any of it. Compiled files that
Python would prefer to a text are ignored (`__pycache__`) or refused.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from commissioning.bench.chosen import fits
from commissioning.bench.import_guard import COMPILED, python_below
from commissioning.bench.scene_tests_coverage import TestCoverage
from commissioning.files.xml_reader import read_xml
from commissioning.model.element import Element
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.testing.outcome import Failure, Outcome, Verdict

__all__ = ["PythonTests"]

_FORMAT = b"commissioning-test-code/1\n"
_MOST_FILES, _MOST_BYTES = 2000, 16 << 20
_VERDICTS: dict[str, Verdict] = {"failure": "FAIL", "error": "INCONCLUSIVE", "skipped": "NOT RUN"}
_PLUGIN = "commissioning.bench.pytest_plugin"


class PythonTests:
    """`files`: test files of the scene, relative to its `folder`; `problems`: what kept them from running."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder.resolve()
        self.files = [name for name in names if _is_test(PurePosixPath(name).stem)]
        self.problems: list[Problem] = []

    def hash(self) -> str:
        """SHA-256 (hex) over all Python below the scene's folder, with its names; "" after a problem."""
        total = hashlib.sha256(_FORMAT)
        count = size = 0
        for path in python_below(self.folder):
            name = path.relative_to(self.folder).as_posix()
            if path.suffix.lower() in COMPILED:
                what = "the scene brings compiled code, which nobody can read before allowing it"
                self.problems.append(Problem(what, Place(str(path)), "Bring its source, or install it"))
                return ""
            try:
                content = path.read_bytes()
            except OSError as error:
                what = f"the file cannot be read: {error.strerror}"
                self.problems.append(Problem(what, Place(str(path))))
                return ""
            count, size = count + 1, size + len(content)
            if count > _MOST_FILES or size > _MOST_BYTES:
                what = f"the scene brings more Python than {_MOST_FILES} files or {_MOST_BYTES >> 20} MiB"
                self.problems.append(
                    Problem(what, Place(str(self.folder)), "Install what is large as a package")
                )
                return ""
            for text in (name.encode(), content):
                total.update(len(text).to_bytes(8, "little") + text)
        return total.hexdigest()

    def run(
        self, only: Sequence[str], allowed: Collection[str], covered: TestCoverage | None = None
    ) -> list[Outcome]:
        """What the tests came to; NOT RUN, with the reason, of each file while they may not run. `covered`
        takes what they executed."""
        if not self.files:
            return []
        own = self.hash()
        if not own:
            return []
        if own not in allowed:
            chosen = [name for name in self.files if fits(name, only)]  # their tests' names nobody knows yet
            why = (
                f"Python of the scene, which nobody has allowed to run; read it, then add --allow-code {own}"
            )
            return [self.unrun(name, why) for name in chosen]
        if find_spec("pytest") is None:
            what = "the Python tests need pytest, which is not installed"
            cure = "Install it beside commissioning: pip install pytest"
            self.problems.append(Problem(what, Place(str(self.folder / self.files[0])), cure))
            return []
        with tempfile.TemporaryDirectory() as scratch:
            return self._run(only, allowed, Path(scratch), covered)

    def unrun(self, name: str, why: str) -> Outcome:
        """What stands for a file whose tests did not run."""
        return Outcome(name, PurePosixPath(name).stem, name, 1, "NOT RUN", why=why)

    def _run(
        self, only: Sequence[str], allowed: Collection[str], scratch: Path, covered: TestCoverage | None
    ) -> list[Outcome]:
        settings, result, executed = (scratch / n for n in ("pytest.ini", "result.xml", "executed.json"))
        settings.write_text("[pytest]\njunit_family = xunit1\n")
        command = [
            sys.executable, "-m", "pytest", "-q", "-c", str(settings), "--rootdir", str(self.folder),
            "--confcutdir", str(self.folder), "-p", _PLUGIN, "--commissioning-guard",
            "-p", "no:cacheprovider",
            "--import-mode=importlib", "--junitxml", str(result),
            *(f"--allow-code={code}" for code in sorted(allowed)),
            *(f"--commissioning-only={word}" for word in only),
            *(() if covered is None else ("--commissioning-coverage", str(executed))), *self.files,
        ]  # fmt: skip
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
        environment |= {"PYTHONPYCACHEPREFIX": str(scratch / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        try:
            root = read_xml(result.read_bytes(), "result of pytest")
        except (OSError, Problems):
            told = done.stdout.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            what = f"pytest did not come to its end (exit code {done.returncode}): {told[0]}"
            self.problems.append(Problem(what, Place(str(self.folder / self.files[0]))))
            return []
        if covered is not None:
            covered.read(executed)
        return [_outcome(case) for case in root.walk() if case.tag == "testcase"]


def _is_test(stem: str) -> bool:
    return stem.startswith("test_") or stem.endswith("_test")


def _outcome(case: Element) -> Outcome:
    """One testcase of pytest's report."""
    file = case.get("file") or case.get("classname").replace(".", "/") + ".py"
    line = int(case.get("line", "0")) + 1 if case.get("line", "0").isdecimal() else 1
    verdict: Verdict = "PASS"
    failures: list[Failure] = []
    why = ""
    for child in case.all(*_VERDICTS):
        verdict = _VERDICTS[child.tag] if verdict != "FAIL" else verdict
        message = child.get("message").strip()
        if verdict == "FAIL":
            failures.append(Failure(child.text.strip() or message, file, line))
        else:
            why = _said(child) or message or child.text.strip()
    properties = [p for owner in case.all("properties") for p in owner.all("property")]
    virtual = [p.get("value") for p in properties if p.get("name") == "virtual_ns"]
    return Outcome(
        file, case.get("name"), file, line, verdict, tuple(failures), why=why,
        wall_s=_seconds(case.get("time")),
        virtual_ns=int(virtual[-1]) if virtual and virtual[-1].isdecimal() else 0,
        requirements=tuple(p.get("value") for p in properties if p.get("name") == "requirement"),
        notes=tuple(p.get("value") for p in properties if p.get("name") == "note"),
    )  # fmt: skip


def _said(child: Element) -> str:
    """What a file that could not be collected says itself, which pytest keeps in the lines behind an E."""
    if child.get("message").strip() != "collection failure":
        return ""
    lines = [line[1:].strip() for line in child.text.splitlines() if line.startswith("E ")]
    return next((line for line in lines if line), "")


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
