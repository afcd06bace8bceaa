"""The shipped carton line brings tests of its program in every form: all of them pass."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.bench.scene_tests import list_tests, run_tests
from commissioning.files.packaged import packaged

SCENE = Path(packaged("scenes/carton_line"))


def test_that_the_carton_line_brings_tests_of_every_form_and_they_pass() -> None:
    loaded = load(SCENE)
    listed = list_tests(loaded)
    assert {test.suite for test in listed.tests} == {"tests/line.st", "tests/track.st", "tests/release.csv"}
    assert listed.python == ("tests/test_line.py",)
    report = run_tests(loaded, allow_code=[listed.code])
    assert report.exit_code == 0, report.as_text()
    assert report.count("PASS") == len(listed.tests) + 4


def test_that_the_examples_of_the_readme_pass(tmp_path: Path) -> None:
    readme = Path(__file__).parents[2] / "README.md"
    chapter = readme.read_text("utf-8").partition("## Tests of a PLC program")[2].partition("\n## ")[0]
    names = {"iecst": "a.st", "csv": "b.csv", "python": "test_c.py"}
    shutil.copytree(SCENE, tmp_path / "line", ignore=shutil.ignore_patterns("tests"))
    folder = tmp_path / "line" / "tests"
    folder.mkdir()
    for kind, text in re.findall(r"```(\w+)\n(.*?)```", chapter, re.DOTALL):
        if kind in names:
            (folder / names.pop(kind)).write_text(text)
    assert not names
    report = run_tests(folder.parent, allow_code=[list_tests(folder.parent).code])
    assert report.count("PASS") == 3 == len(report.outcomes), report.as_text()


def test_that_the_example_of_the_readme_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands, but for how many forks and how long."""
    root = Path(__file__).parents[2]
    readme = (root / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(import pathlib.*?)```", readme, re.DOTALL)
    monkeypatch.chdir(root)
    exec(code.replace('50, "1 h"', '2, "10 min", workers=1'), {})  # noqa: S102  it is our own text
    said = capsys.readouterr().out.splitlines()
    assert "Interval(mean=" in said[1]
    assert said[2].startswith("MAIN.Track (plc/main.st:63)")
    assert re.fullmatch(r"\d+ kept", said[3])


def test_that_its_tests_find_the_fault_of_the_faulty_line(tmp_path: Path) -> None:
    """The faulty line starts by itself after an emergency stop: the test of that fails, and only that."""
    faulty = Path(packaged("scenes/carton_line_faulty"))
    for name in ("scene.yaml", "plc/main.st"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((faulty / name).read_bytes())
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "line.st").write_bytes((SCENE / "tests" / "line.st").read_bytes())
    report = run_tests(tmp_path)
    failed = [outcome for outcome in report.outcomes if outcome.verdict == "FAIL"]
    assert [outcome.name for outcome in failed] == [
        "the line does not start by itself after an emergency stop"
    ]
    assert [failure.line for failure in failed[0].failures] == [30]
