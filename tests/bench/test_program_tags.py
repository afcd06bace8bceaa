"""Variables of an emulated PLC are tags, also where `tags:` says nothing of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import commissioning as vc
from commissioning.cli import main
from commissioning.model.problem import Problems

PROGRAM = """VAR_GLOBAL
    Total : DINT;
    Go AT %IX0.0 : BOOL;
END_VAR
TYPE Pair : STRUCT a : INT; END_STRUCT END_TYPE
PROGRAM MAIN
VAR
    Count : INT;
    Late  : BOOL;
    Level : REAL;
    Both  : Pair;
END_VAR
Count := Count + 1;
Total := Total + 2;
Late := Count > 50;
Level := 0.5;
Both.a := Count;
END_PROGRAM
"""
SCENE = """format: commissioning-scene/1
run: {{length: 2 s}}
devices:
  start: {{type: push_button, pose: {{xyz: [0, 0, 1]}}}}
controllers:
  plc: {{type: emulated, programs: [main.st], task: {{main: {{program: MAIN, cycle: 10 ms}}}}}}
checks:
  it: {{type: never, when: "{that}"}}
"""


def scene(folder: Path, that: str) -> Path:
    (folder / "main.st").write_text(PROGRAM)
    (folder / "scene.yaml").write_text(SCENE.format(that=that))
    return folder


@pytest.mark.parametrize(
    ("that", "verdict", "at_s"),
    [
        ("MAIN.Late", "FAIL", 0.5),
        ("main.late and Total > 60", "FAIL", 0.5),
        ("`MAIN.Count` = 151", "FAIL", 1.5),
        ("MAIN.Level > 0.6", "PASS", None),
    ],
)
def test_that_checks_read_variables_of_the_program(
    tmp_path: Path, that: str, verdict: str, at_s: float | None
) -> None:
    (found,) = vc.check(scene(tmp_path, that)).verdicts
    assert (found.verdict, found.at_s) == (verdict, at_s)


def test_that_what_is_no_variable_stays_a_problem(tmp_path: Path) -> None:
    for name in ("MAIN.Missing", "MAIN.Both", "Countt"):
        with pytest.raises(Problems, match=f"there is no tag or port named `{name}`"):
            vc.load(scene(tmp_path, name))


def test_that_a_run_tells_the_value_of_any_variable(tmp_path: Path) -> None:
    run = vc.Run(vc.load(scene(tmp_path, "MAIN.Late")), seed=1)
    run.advance("1 s")
    late = run.tags["MAIN.Late"]
    assert (late.value, run.tags["main.count"].value, run.tags["Total"].value) == (True, 101, 202)
    assert run.tags["MAIN.Both.a"].value == 101
    digest = run.journal.digest()
    assert run.tags["MAIN.Level"].value == 0.5
    assert run.journal.digest() == digest
    run.restart("plc", "cold")
    assert run.tags["MAIN.Count"].value == 0
    with pytest.raises(KeyError, match=r"no tag or port named MAIN\.Missing"):
        run.tags["MAIN.Missing"]


def test_that_a_recording_with_such_tags_runs_again_bit_for_bit(tmp_path: Path) -> None:
    loaded = vc.load(scene(tmp_path, "MAIN.Late"))
    run = vc.Run(loaded, seed=1)
    run.advance("500 ms")
    kept = run.snapshot()
    run.advance("1 s")
    again = vc.Run.restore(loaded, kept)
    again.advance("1 s")
    assert again.journal.digest() == run.journal.digest()
    assert again.tags["MAIN.Count"].value == run.tags["MAIN.Count"].value == 151
    file = tmp_path / "day.recording"
    assert main(["run", str(tmp_path), "--for", "1 s", "--record", str(file)]) == 0
    assert main(["replay", str(file), "--verify"]) == 0
