"""Tests in Structured Text and tables as items of pytest, beside those in Python."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import load
from commissioning.bench.scene_tests_coverage import TestCoverage
from commissioning.bench.scene_tests_found import Found, find_tests, scene_subject
from commissioning.model.problem import Problem, Problems
from commissioning.plc.testing.outcome import Outcome

__all__ = ["SceneTestFile"]


class SceneTestFile(pytest.File):
    """A file of the folder `tests` of a scene. `known`: what was found in it, by scene, for all files."""

    scene: Path
    known: dict[Any, Any]
    allowed: tuple[str, ...] = ()

    def collect(self) -> Iterable[pytest.Item]:
        found, problems = self._found()
        mine = [str(problem) for problem in problems if _is_at(problem, self.path)]
        if mine:
            raise self.CollectError("\n".join(mine))
        name = self.path.relative_to(self.scene).as_posix()
        for test in found:
            if test.suite == name:
                yield SceneTest.from_parent(self, name=test.name, found=test)

    def _found(self) -> tuple[list[Found], list[Problem]]:
        key = (self.scene, "tests")
        if key not in self.known:
            try:
                subject = scene_subject(load(self.scene, allow_code=self.allowed))
            except Problems as problems:
                raise self.CollectError(str(problems)) from problems
            found, _, told = find_tests(subject, TestCoverage(subject.programs))
            self.known[key] = (found, told)
        pair: tuple[list[Found], list[Problem]] = self.known[key]
        return pair

    def outcomes(self, test: Found) -> list[Outcome]:
        """Of one test; TcUnit suites run once for all of theirs."""
        key = ("ran", id(test.run))  # of what is kept with the tests that were found
        if key not in self.known:
            self.known[key] = test.run(None)
        ran: list[Outcome] = self.known[key]
        last = test.name.rpartition(".")[2]
        return ran if len(ran) == 1 else [one for one in ran if one.name.rpartition(".")[2] == last]


def _is_at(problem: Problem, path: Path) -> bool:
    return Path(os.path.abspath(problem.where.file)) == path if problem.where.file else False


class SceneTest(pytest.Item):
    """One test; what was not as expected is told as `commissioning test` tells it."""

    def __init__(self, *, found: Found, **options: Any) -> None:
        super().__init__(**options)
        self.found = found

    def runtest(self) -> None:
        assert isinstance(self.parent, SceneTestFile)
        try:
            outcomes = self.parent.outcomes(self.found)
        except Problems as problems:
            raise _Failed(str(problems)) from problems
        for outcome in outcomes:
            self.user_properties += [("requirement", identity) for identity in outcome.requirements]
            self.user_properties.append(("virtual_ns", outcome.virtual_ns))
            for note in outcome.notes:
                self.user_properties.append(("note", note))
                self.warn(pytest.PytestWarning(f"{self.name}: {note}"))
        told = [str(failure) for outcome in outcomes for failure in outcome.failures]
        told += [outcome.why for outcome in outcomes if outcome.verdict == "INCONCLUSIVE"]
        if told or not outcomes:
            raise _Failed("\n".join(told) or "it did not run")
        if all(outcome.verdict == "NOT RUN" for outcome in outcomes):
            pytest.skip(outcomes[0].why)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.found.line - 1, self.name


class _Failed(Exception):
    """What was not as expected."""
