"""Programs called by programs, as CODESYS and TwinCAT allow it: one memory, run where called."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import TaskSpec, compile_st

LINE = """PROGRAM MAIN
VAR n : INT; END_VAR
Infeed(step := 2);
n := Infeed.total + Infeed.inner;
Infeed.limit := 100;
END_PROGRAM
PROGRAM Infeed
VAR_INPUT step : INT; END_VAR
VAR_OUTPUT total : INT; END_VAR
VAR inner, limit : INT; t : TON; END_VAR
total := total + step; inner := 5; t(IN := TRUE, PT := T#25ms);
END_PROGRAM
"""


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_a_program_runs_once_where_it_is_called(dialect: str) -> None:
    program = compile_st(LINE, dialect)
    assert [task.programs for task in program.tasks] == [("MAIN",)]
    plc = program.start()
    for scan in range(3):
        plc.scan(scan * 10_000_000)
    assert (plc["MAIN.n"], plc["Infeed.total"], plc["Infeed.limit"]) == (11, 6, 100)
    assert plc["Infeed.t.ET"] == 20_000_000 and not plc["Infeed.t.Q"]


def test_that_the_standard_has_no_calls_of_programs() -> None:
    with pytest.raises(Problems, match=r"Infeed is a program: a task calls it.*dialect codesys"):
        compile_st("PROGRAM MAIN Infeed(); END_PROGRAM PROGRAM Infeed END_PROGRAM")


def test_that_a_called_program_that_a_task_runs_too_has_one_memory() -> None:
    tasks = (TaskSpec("slow", "MAIN", 20_000_000, 1), TaskSpec("fast", "Infeed", 10_000_000, 0))
    plc = compile_st(LINE, "codesys", tasks).start()
    plc.scan(0, 1)
    plc.scan(0, 0)
    plc.scan(10_000_000, 1)
    # the second task runs on the inputs that the first one left: 0, then 2, then 2
    assert plc["Infeed.total"] == 4


def test_that_a_snapshot_keeps_what_a_called_program_has() -> None:
    program = compile_st(LINE, "twincat")
    plc = program.start()
    plc.scan(0)
    kept = plc.snapshot()
    plc.scan(10_000_000)
    again = program.start()
    again.restore(kept)
    again.scan(10_000_000)
    assert again["Infeed.total"] == plc["Infeed.total"] == 4
    assert again["MAIN.n"] == plc["MAIN.n"]


def test_that_scans_are_skipped_until_the_timer_of_a_called_program_is_due() -> None:
    text = """PROGRAM MAIN Sub(); END_PROGRAM
    PROGRAM Sub VAR t : TON; q : BOOL; END_VAR t(IN := TRUE, PT := T#25ms); q := t.Q; END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    for scan in range(3):
        plc.scan(scan)
    assert plc.settled() and plc.deadline() == 25_000_000


def test_that_programs_that_call_each_other_are_a_problem() -> None:
    with pytest.raises(Problems, match="calls itself"):
        compile_st("PROGRAM A B(); END_PROGRAM PROGRAM B A(); END_PROGRAM", "codesys")
