"""Test tables in CSV: what their rows do, and what hostile files are told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.testing.outcome import Outcome
from commissioning.plc.testing.table_tests import run_table
from commissioning.plc.testing.tables import read_table

PROJECT = """
TYPE Colour : (red, green := 5, blue); Pos : STRUCT x : INT; END_STRUCT END_TYPE
VAR_GLOBAL I_Go AT %IX0.0 : BOOL; Q_Run : BOOL; level : REAL; g : INT; END_VAR
FUNCTION F_Scale : REAL
VAR_INPUT raw : INT; top : REAL := 100.0; END_VAR
VAR_OUTPUT clipped : BOOL; END_VAR
    F_Scale := raw * top / 27648;
    clipped := raw > 27648;
END_FUNCTION
FUNCTION_BLOCK FB_Zone
VAR_INPUT enable : BOOL; mode : Colour; pos : Pos; label : STRING; END_VAR
VAR_OUTPUT alarm : BOOL; seen : Colour; shown : STRING; END_VAR
VAR t : TON; n : INT; END_VAR
    t(IN := enable, PT := T#3s);
    alarm := t.Q;
    seen := mode;
    shown := label;
    n := n + 1;
    g := n;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR n : INT; END_VAR
    n := n + 1;
    Q_Run := I_Go;
    level := level + 0.1;
END_PROGRAM
"""
PROGRAM = compile_st(PROJECT)


def run(text: str) -> Outcome:
    return run_table(PROGRAM, read_table(text, "a.csv", "a"))


def told(text: str) -> list[str]:
    with pytest.raises(Problems) as raised:
        run(text)
    return [str(problem) for problem in raised.value.problems]


def test_that_inputs_are_set_and_outputs_compared_at_the_time_of_their_row() -> None:
    # a TON of 3 s that starts in the scan at 0 is out in the scan at 3 s (decision 5)
    found = run(
        "block,FB_Zone\ntime,enable,alarm\n0 s,TRUE,FALSE\n2.99 s,,FALSE\n3 s,,TRUE\n+10 ms,FALSE,FALSE\n"
    )
    assert found.verdict == "PASS", found.failures
    assert (found.assertions, found.virtual_ns, found.name) == (4, 3_010_000_000, "a")


def test_that_a_failure_names_row_value_and_time() -> None:
    found = run("name,late\nblock,FB_Zone\ntime,enable,alarm\n0 s,TRUE,FALSE\n\n3 s,,FALSE\n")
    assert (found.verdict, found.name) == ("FAIL", "late")
    assert [str(failure) for failure in found.failures] == [
        "a.csv:6: alarm: expected FALSE, actual TRUE (at 3 s)"
    ]


def test_that_without_a_subject_the_tasks_run() -> None:
    found = run("time,I_Go,Q_Run,MAIN.n\n0,1,1,1\n15 ms,0,1,2\n20 ms,,0,3\n")
    assert found.verdict == "PASS", found.failures


def test_that_a_row_without_a_time_is_a_scan() -> None:
    found = run("I_Go,Q_Run,MAIN.n\nTRUE,TRUE,1\nFALSE,FALSE,2\n")
    assert found.verdict == "PASS", found.failures
    assert found.virtual_ns == 10_000_000


def test_that_a_program_alone_is_a_subject() -> None:
    assert run("program,MAIN\nI_Go,n,Q_Run\n1,1,1\n0,2,0\n").verdict == "PASS"


def test_that_each_row_of_a_function_is_a_call() -> None:
    # 27648 / 2 = 13824: half of the range of an analogue input
    found = run(
        "function,F_Scale\nraw,top,result,clipped\n13824,,50.0,0\n13824,10,5,0\n27649,,10.0 +- 0.001,TRUE\n"
    )
    assert found.verdict == "PASS", found.failures


def test_that_tolerances_stand_in_the_head_or_in_the_cell() -> None:
    rows = "time,level +-0.05\n0,0.1\n10 ms,{}\n"
    assert run(rows.format("0.24")).verdict == "PASS"
    assert run(rows.format("0.26")).verdict == "FAIL"
    assert run(rows.format("0.26 +- 0.1")).verdict == "PASS"
    assert run("block,FB_Zone\ntime,enable,t.ET +-20 ms\n0,1,0 s\n1 s,,990 ms\n").verdict == "PASS"
    assert run("block,FB_Zone\ntime,enable,t.ET\n0,1,0 s\n1 s,,990 ms +- 5 ms\n").verdict == "FAIL"


def test_that_a_real_without_tolerance_is_compared_as_a_real() -> None:
    assert run("level\n0.1\n").verdict == "PASS"  # 0.1 in binary32
    assert run("level\n0.1000001\n").verdict == "FAIL"


def test_that_empty_cells_dashes_and_stars_are_left_alone() -> None:
    found = run("block,FB_Zone\ntime,enable,alarm\n0,1,-\n10 ms,*,\n3 s,-,1\n")
    assert (found.verdict, found.assertions) == ("PASS", 1)


def test_that_enumerations_structures_and_texts_have_values() -> None:
    found = run(
        "block,FB_Zone\nmode,pos.x,label,seen,shown,expect:pos.x\n"
        "green,7,\"a, b\",Colour.green,\"a, b\",7\nblue,,'-',6,'-',\n"
    )
    assert found.verdict == "PASS", found.failures


def test_that_roles_can_be_said() -> None:
    found = run("block,FB_Zone\nset:n,expect:n,expect:g,expect:enable\n41,42,42,0\n")
    assert found.verdict == "PASS", found.failures


@pytest.mark.parametrize(
    "text",
    ["time;level +-0,05\r\n0;0,1\r\n0,01;0,2\r\n20 ms;0,3\r\n", "time\tlevel\t\n0\t0.1\n+10 ms\t0.2\t\n"],
    ids=["semicolons", "tabs"],
)
def test_that_spreadsheets_of_other_countries_are_read(text: str) -> None:
    assert run(text).verdict == "PASS"


def test_that_a_quoted_cell_may_hold_lines_and_the_line_after_it_is_right() -> None:
    found = run('block,FB_Zone\nlabel,shown\n"a\nb","a\nb"\nx,y\n')
    assert [failure.line for failure in found.failures] == [6]


def test_that_what_stops_the_plc_is_a_failure_with_the_statement() -> None:
    text = "FUNCTION F : INT VAR_INPUT a : INT; END_VAR\nF := 1 / a;\nEND_FUNCTION"
    program = compile_st({"f.st": text}, with_tests=True)
    found = run_table(program, read_table("function,F\na,result\n1,1\n0,0\n1,1\n", "a.csv", "a"))
    assert [str(failure) for failure in found.failures] == [
        "f.st:2: the PLC stopped: division by zero (at 0 s)"
    ]


def test_that_a_slip_in_a_time_does_not_run_for_ever() -> None:
    table = read_table("time,I_Go\n0,1\n20000 d,0\n", "a.csv", "a")
    found = run_table(PROGRAM, table, limit_s=0.2)
    assert found.verdict == "FAIL" and "too long" in found.failures[0].what
    assert found.wall_s < 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.csv:1: the table has no header"),
        ("\n\n", "a.csv:1: the table has no header"),
        ("time,I_Go\n", "a.csv:1: the table has no rows"),
        ("time\n0\n", "a.csv:1: the header names no variable"),
        ("time,I_Go,I_Go\n0,1,1\n", "a.csv:1: I_Go stands in two columns"),
        ("time,I_Goo\n0,1\n", "a.csv:1: the program has no variable I_Goo; did you mean I_Go"),
        ("block,FB_Zon\nalarm\n0\n", "a.csv:2: the project has no function block FB_Zon. Did you mean"),
        ("block,FB_Zone\nalrm\n0\n", "a.csv:2: FB_Zone has no variable alrm; did you mean alarm"),
        ("block,FB_Zone\nprogram,MAIN\nn\n0\n", "a.csv:2: a table tests one thing, here are block and"),
        ("block,A\nblock,B\nn\n0\n", "a.csv:2: block is said twice"),
        ("function,F_Scale\ntime,raw\n0,0\n", "a.csv:2: a function has no time"),
        ("do:I_Go\n1\n", "a.csv:1: 'do:I_Go' is no head of a column"),
        ("I_Go,set:\n1,1\n", "a.csv:1: column 2 has no name"),
        ("time,I_Go\n0,maybe\n", "a.csv:2: I_Go: 'maybe' is no BOOL"),
        ("time,MAIN.n\n0,1.5\n", "a.csv:2: MAIN.n: '1.5' is no whole number"),
        ("time,MAIN.n\n0,40000\n", "a.csv:2: MAIN.n: 40000 does not fit MAIN.n, an INT (-32768..32767)"),
        ("block,FB_Zone\nmode\nyellow\n", "a.csv:3: mode: Colour has no yellow; it has red, green, blue"),
        ("time,I_Go\nsoon,1\n", "a.csv:2: 'soon' is no time"),
        ("time,I_Go\n-1 s,1\n", "a.csv:2: '-1 s' is no time"),
        ("time,I_Go\n1 s,1\n0.5 s,1\n", "a.csv:3: the time 0.5 s lies before that of the row above"),
        ("time,I_Go\n0,1,1\n", "a.csv:2: the cell '1' stands under no head"),
        ('time,I_Go\n0,1\n1,"0\n', "a.csv:3: this is no CSV"),
        ('time,I_Go\n0,"1"0\n', "a.csv:2: this is no CSV"),
        ("time,level +-x\n0,1\n", "a.csv:1: 'x' is no tolerance"),
        ("time,level\n0,1 +- -2\n", "a.csv:2: '-2' is no tolerance"),
        ("time,I_Go +-1\n0,1\n", "a.csv:1: a value that is set has no tolerance"),
        ("time,Q_Run +-1\n0,1\n", "a.csv:1: a BOOL has no tolerance"),
        ("time,I_Go\n0," + "9" * 500 + "\n", "a.csv:2: I_Go: a value of 500 characters is too long"),
    ],
)  # fmt: skip
def test_that_what_is_wrong_is_told_with_its_line(text: str, expected: str) -> None:
    assert told(text)[0].startswith(expected)


def test_that_all_mistakes_are_told_at_once() -> None:
    assert len(told("time,I_Go,Q_Run\n0,a,b\nx,1,1\n")) == 1  # the form first
    assert len(told("time,I_Go,Q_Run,none\n0,a,b,\n1,c,,\n")) == 4


@pytest.mark.parametrize(
    "text",
    [
        "," * 5000,
        "a," * 900 + "\n" + "1," * 5000,
        '"' + "x" * 200_000 + '"',
        "time,I_Go\n" + "0,1\n" * 200_001,
    ],
    ids=["commas", "cells", "field", "rows"],
)
def test_that_sizes_are_bounded(text: str) -> None:
    assert told(text)


@settings(max_examples=150)
@given(st.text(alphabet='time,;"\n\r\t +-01.IGo_:setxpc\u00b1\x00\u00e9', max_size=80))
def test_that_any_text_is_a_table_or_a_problem(text: str) -> None:
    try:
        read_table(text, "a.csv", "a")
    except Problems as found:
        assert all(problem.where.file == "a.csv" and problem.where.line for problem in found.problems)


MOCKED = compile_st(
    PROJECT
    + """
FUNCTION_BLOCK FB_Alarmed
VAR_INPUT enable : BOOL; mode : Colour; pos : Pos; label : STRING; END_VAR
VAR_OUTPUT alarm : BOOL; seen : Colour; shown : STRING; END_VAR
VAR calls : INT; END_VAR
    calls := calls + 1; alarm := enable AND calls > 1; shown := 'stand-in'; g := 100 + calls;
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Line VAR_INPUT on : BOOL; END_VAR VAR_OUTPUT lamp : BOOL; END_VAR VAR z : FB_Zone; END_VAR
    z(enable := on); lamp := z.alarm;
END_FUNCTION_BLOCK
"""
)


def test_that_a_table_lets_a_block_stand_in_for_another_one() -> None:
    text = "block,FB_Line\n{}time,on,lamp,expect:g\n0 s,TRUE,FALSE,{}\n10 ms,,{},{}\n"
    real = read_table(text.format("", 1, "FALSE", 2), "a.csv", "a")
    mocked = read_table(text.format("mock,FB_Zone,FB_Alarmed\n", 101, "TRUE", 102), "a.csv", "a")
    for table in (real, mocked, real):  # it holds for its table only
        found = run_table(MOCKED, table)
        assert (found.verdict, found.notes) == ("PASS", ()), found.failures


def test_that_a_stand_in_of_a_table_that_nobody_calls_is_a_note() -> None:
    table = read_table("block,FB_Zone\nmock,F_Scale,F_Scale2\ntime,enable\n0 s,TRUE\n", "a.csv", "a")
    scale = PROJECT[PROJECT.index("FUNCTION F_Scale") : PROJECT.index("FUNCTION_BLOCK FB_Zone")]
    program = compile_st(PROJECT + scale.replace("F_Scale", "F_Scale2"))
    assert run_table(program, table).notes == ("mock F_Scale by F_Scale2: F_Scale was never called",)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("mock,FB_Zone,FB_Nothing", "a.csv:2:1: there is no function block or function FB_Nothing"),
        ("mock,FB_Zone,F_Scale", "a.csv:2:1: F_Scale is a function, FB_Zone is a function block"),
        ("mock,FB_Zone,FB_Line", "FB_Line cannot stand in for FB_Zone: it has no input enable : BOOL"),
        ("mock,FB_Zone", "a.csv:2: mock has two names. Write mock,FB_Drive,FB_Broken"),
        ("mock,FB_Zone,FB_Alarmed\nmock,FB_Zone,FB_Alarmed", "FB_Zone has a stand-in in this TEST already"),
    ],
)
def test_that_a_wrong_stand_in_of_a_table_is_told_with_its_line(line: str, what: str) -> None:
    with pytest.raises(Problems) as raised:
        run_table(MOCKED, read_table(f"block,FB_Line\n{line}\ntime,on\n0 s,TRUE\n", "a.csv", "a"))
    assert any(what in str(problem) for problem in raised.value.problems)
