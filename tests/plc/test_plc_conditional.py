"""Pragmas that leave text out: what is left out is not compiled, and every place stays where it is."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

HEAD = "PROGRAM MAIN VAR n : INT; END_VAR\n"


def result(body: str, before: str = "", dialect: str = "codesys") -> object:
    plc = compile_st({"m.st": before + HEAD + body + "\nEND_PROGRAM"}, dialect).start()
    plc.run(1)
    return plc["MAIN.n"]


@pytest.mark.parametrize(
    "condition, holds",
    [
        ("defined (FOO)", True),
        ("defined(foo)", True),
        ("defined (BAR)", False),
        ("defined (GONE)", False),
        ("NOT defined (BAR)", True),
        ("NOT NOT defined (BAR)", False),
        ("defined (FOO) AND defined (BAR)", False),
        ("defined (BAR) OR defined (FOO)", True),
        ("defined (FOO) OR defined (BAR) AND defined (BAR)", True),
        ("(defined (FOO) OR defined (BAR)) AND defined (BAR)", False),
        ("NOT (defined (BAR) OR defined (GONE))", True),
        ("hasvalue (LEVEL, '3')", True),
        ("hasvalue (LEVEL, '4')", False),
        ("hasvalue (BAR, '')", False),
        ("defined (pou: Helper)", True),
        ("defined (pou: Nobody)", False),
        ("defined (pou: T_One)", False),
        ("defined (type: T_One)", True),
        ("defined (type: T_Two)", True),
        ("defined (type: T_Three)", False),
        ("defined (variable: gFlag)", True),
        ("defined (variable: gNone)", False),
    ],
)
def test_that_a_condition_chooses_a_branch(condition: str, holds: bool) -> None:
    before = """FUNCTION Helper : INT Helper := 1; END_FUNCTION
TYPE T_One : INT; T_Two : STRUCT a : INT; END_STRUCT END_TYPE
VAR_GLOBAL gFlag AT %MX0.0 : BOOL; END_VAR
"""
    defines = "{define FOO}{define LEVEL '3'}{define GONE}{undefine GONE}\n"
    body = f"{defines}{{IF {condition}}} n := 1; {{ELSE}} n := 2; {{END_IF}}"
    assert result(body, before) == (1 if holds else 2)


def test_that_one_branch_is_taken_and_branches_stand_in_branches() -> None:
    body = """{define A}{define B}
{IF defined (X)} n := 1; {ELSIF defined (A)} n := 10; {IF defined (B)} n := n + 1; {ELSE} n := n + 2; {END_IF}
{ELSIF defined (B)} n := 20; {ELSE} n := 30; {END_IF}
{if defined (X)} {define C} {IF defined (A)} n := 99; {END_IF} {end_if}
{IF defined (C)} n := 98; {END_IF}"""
    assert result(body) == 11


def test_that_what_is_left_out_need_not_be_a_program() -> None:
    text = "{IF defined (pou: Vendor_Read)} n := Vendor_Read(3; {ELSE} n := 7; {END_IF}"
    assert result(text) == 7
    declared = "{IF defined (X)} VAR k : NoSuchType; END_VAR {END_IF} n := 4;"
    assert result(declared) == 4


def test_that_other_files_are_asked() -> None:
    text = HEAD + "{IF defined (pou: Helper)} n := Helper(); {END_IF}\nEND_PROGRAM"
    other = "FUNCTION Helper : INT Helper := 5; END_FUNCTION"
    plc = compile_st({"m.st": text, "h.st": other}, "twincat").start()
    plc.run(1)
    assert plc["MAIN.n"] == 5


def test_that_comments_and_strings_decide_nothing() -> None:
    body = """(* {IF defined (X)} *) n := n + 1; // {ELSE}
IF '{IF defined (X)}' = '' THEN n := 50; END_IF"""
    assert result(body) == 1


def test_that_places_stay_where_they_are() -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": HEAD + "{IF defined (X)}\nn := 1;\n{ELSE} nn := 1;\n{END_IF}\nEND_PROGRAM"})
    (problem,) = caught.value.problems
    assert (problem.where.line, problem.where.column) == (4, 8)


@pytest.mark.parametrize(
    "body, line, told",
    [
        ("{IF defined (X)}\nn := 1;", 2, "this {IF} is not closed. Write {END_IF} where it ends"),
        ("n := 1;\n{END_IF}", 3, "{END_IF} stands outside an {IF}"),
        ("n := 1;\n{ELSE}", 3, "{ELSE} stands outside an {IF}"),
        ("{IF defined (X)}{ELSE}\n{ELSE}{END_IF}", 3, "{ELSE} stands behind {ELSE}"),
        ("{IF DEBUG > 1} n := 1; {END_IF}", 2, "'{IF DEBUG > 1}' is no condition that can be decided"),
        ("{IF defined (X) AND} n := 1; {END_IF}", 2, "is no condition"),
        ("{IF (defined (X)} n := 1; {END_IF}", 2, "is no condition"),
        ("{IF defined (task: T)} n := 1; {END_IF}", 2, "is no condition"),
        ("{IF} n := 1; {END_IF}", 2, "is no condition"),
    ],
)
def test_that_a_wrong_condition_is_told_at_its_place(body: str, line: int, told: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": HEAD + body + "\nEND_PROGRAM"})
    (problem,) = caught.value.problems
    assert problem.where.line == line
    assert told in str(problem)


def test_that_hostile_nesting_is_read_in_time() -> None:
    deep = "{IF defined (A)}" * 20_000 + "n := 1;" + "{END_IF}" * 20_000
    assert result(deep + "n := 2;") == 2
