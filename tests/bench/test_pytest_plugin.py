"""The fixtures of the pytest plugin, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCENE = """\
format: commissioning-scene/1
products:
  box: {size: [0.3 m, 0.2 m, 0.2 m]}
devices:
  src: {type: source, product: box, every: 2 s, to: b1}
  b1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 2 m, speed: 0.5 m/s, to: out, tags: {run: Q_Run}}
  pe: {type: photo_eye, along: b1, at: 1.5 m, tags: {blocked: I_Eye}}
  go: {type: push_button, pose: {xyz: [0, 1, 1]}, tags: {pressed: I_Go}}
  out: {type: sink}
controllers:
  one: {type: emulated, programs: [main.st]}
"""
PROGRAM = """\
VAR_GLOBAL I_Eye, I_Go : BOOL; Q_Run : BOOL; END_VAR
FUNCTION F_Two : INT
    F_Two := 2;
END_FUNCTION
PROGRAM MAIN
    IF I_Go THEN Q_Run := TRUE; END_IF;
END_PROGRAM
"""
TESTS = """\
import pytest

def test_plc(plc):
    assert plc.call_function("F_Two") == 2
    plc["I_Go"] = True
    plc.run()
    assert plc["Q_Run"]

def test_fresh(plc):
    assert not plc["I_Go"] and plc.now_ns == 0

def test_timeout(plc):
    plc.run_until(lambda: plc["Q_Run"], timeout="T#50ms")

@pytest.mark.program("../main.st")
def test_program(plc):
    assert plc.call_function("F_Two") == 2

@pytest.mark.scene("../scene.yaml", controller="two")
def test_wrong_controller(plc):
    pass

@pytest.mark.seed(3)
def test_line(line, operator, faults):
    assert line.seed == 3
    line.advance("1 s")
    assert not line.tags["Q_Run"].value
    operator.press("go")
    line.advance("10 s")
    assert line.kpi()["out"].count > 0
    faults.set("I_Eye", True)
    line.advance("1 s")
    assert line.tags["I_Eye"].value
    faults.clear("I_Eye")
    line.advance("10 ms")
    with pytest.raises(ValueError, match="an operator can"):
        operator.paint("go")
"""


def test_that_fixtures_give_plc_line_operator_and_faults(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "scene.yaml").write_text(SCENE)
    (tmp_path / "main.st").write_text(PROGRAM)
    (tmp_path / "tests" / "test_a.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "commissioning.bench.pytest_plugin", "-Werror",
               "--strict-markers", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "4 passed, 1 failed, 1 error" in done.stdout.replace("1 failed, 4 passed", "4 passed, 1 failed")
    assert "ConditionTimeout: the condition did not come true within T#50ms" in done.stdout
    assert "nothing changed meanwhile" in done.stdout
    assert "which controller? The emulated ones are: one" in done.stdout


def test_that_tests_of_other_forms_are_collected_too(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    (folder / "data").mkdir(parents=True)
    (tmp_path / "scene.yaml").write_text(SCENE)
    (tmp_path / "main.st").write_text(PROGRAM)
    (folder / "a.st").write_text(
        "TEST 'good' ASSERT_EQ(F_Two(), 2); END_TEST\n"
        "TEST 'bad'\n    ASSERT_EQ(F_Two(), 3, 'two');\nEND_TEST\n"
    )
    (folder / "b.csv").write_text("name,on\nI_Go,Q_Run\n1,1\n")
    (folder / "broken.csv").write_text("I_Go,Q_Rum\n1,1\n")
    (folder / "data" / "c.csv").write_text("no table")
    (folder / "FB_T.st").write_text(
        "FUNCTION_BLOCK FB_T EXTENDS FB_TestSuite\nTEST('suite'); AssertTrue(TRUE, ''); TEST_FINISHED();\n"
        "TEST('disabled_other'); TEST_FINISHED();\nEND_FUNCTION_BLOCK\n"
    )
    done = _pytest(tmp_path, "-v")
    assert "2 failed, 3 passed, 1 skipped" in done.stdout
    assert "tests/a.st:3: two: expected 3, actual 2 [ASSERT_EQ(F_Two(), 3, 'two')] (at 0 s)" in done.stdout
    assert "the program has no variable Q_Rum; did you mean Q_Run" in done.stdout
    chosen = _pytest(
        tmp_path, "-k", "good or on", "--deselect", "tests/broken.csv", "--ignore=tests/broken.csv"
    )
    assert "2 passed" in chosen.stdout, chosen.stdout


def test_that_tests_of_a_suite_that_never_began_do_not_look_green(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (tmp_path / "scene.yaml").write_text(SCENE)
    (tmp_path / "main.st").write_text(PROGRAM)
    (folder / "FB_T.st").write_text(
        "FUNCTION_BLOCK FB_T EXTENDS FB_TestSuite\nVAR z : INT; END_VAR\n"
        "TEST('one'); TEST_FINISHED(); TEST('two'); z := 1 / z; TEST_FINISHED();\n"
        "TEST('three'); TEST_FINISHED();\nEND_FUNCTION_BLOCK\n"
    )
    done = _pytest(tmp_path, "-rs")
    assert "1 failed, 1 passed, 1 skipped" in done.stdout
    assert "the PLC stopped before it began" in done.stdout


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "commissioning.bench.pytest_plugin", "-Werror",
               "-p", "no:cacheprovider", "--rootdir", str(folder), *arguments, "tests"]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
