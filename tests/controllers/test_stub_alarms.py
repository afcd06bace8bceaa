"""Stubs of an emulated PLC that leave everything at its default: an alarm tells which were called, once."""

from __future__ import annotations

from pathlib import Path

import commissioning as vc

SCENE = """format: commissioning-scene/1
name: Small
devices:
  estop: {type: estop_button, pose: {xyz: [0, 0, 1]}, tags: {released: I_Released}}
controllers:
  plc: {type: emulated, programs: [main.st], stubs: true, stub_calls: defaults}
"""
PROGRAM = """VAR_GLOBAL I_Released AT %IX0.0 : BOOL; END_VAR
PROGRAM MAIN VAR a : FB_Library; n : INT; END_VAR
n := n + 1; IF n > 3 THEN a(x := n); END_IF
END_PROGRAM
"""


def test_that_a_stub_that_was_called_is_an_alarm_once(tmp_path: Path) -> None:
    (tmp_path / "scene.yaml").write_text(SCENE)
    (tmp_path / "main.st").write_text(PROGRAM)
    run = vc.Run(vc.load(tmp_path), seed=1)
    run.advance("25 ms")
    assert not run.line.alarms
    run.advance("100 ms")
    assert [problem.what for problem in run.line.alarms] == [
        "PLC plc called stubs without a body: FB_Library"
    ]
    assert run.line.alarms[0].severity == "warning"
    again = vc.Run.restore(run.loaded, run.snapshot())
    assert again.line.alarms == run.line.alarms


def test_that_a_check_is_undecided_because_of_stubs_in_words_that_are_true(tmp_path: Path) -> None:
    """The controller has neither stopped nor been lost."""
    (tmp_path / "scene.yaml").write_text(
        SCENE + "run: {length: 1 s}\nchecks: {lit: {type: never, when: not estop.released}}\n"
    )
    (tmp_path / "main.st").write_text(PROGRAM)
    (verdict,) = vc.check(tmp_path).verdicts
    assert verdict.verdict == "INCONCLUSIVE"
    assert "parts of the program are missing: plc: PLC plc called stubs" in str(verdict)
