"""Lists of globals that declare the same name, in the makers' dialects."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

LISTS = {
    "GVL_A.st": "VAR_GLOBAL n : INT := 1; v : INT := n + 4; END_VAR",
    "GVL_B.st": "{attribute 'qualified_only'}\nVAR_GLOBAL n : REAL := 2.5; r : ARRAY[1..2] OF INT; END_VAR",
    "GVL_C.st": "{attribute 'qualified_only'}\nVAR_GLOBAL v : BOOL := TRUE; END_VAR",
    "GVL_D.st": "VAR_GLOBAL CONSTANT top : INT := 2; END_VAR\nVAR_GLOBAL CONSTANT own : INT := top; END_VAR",
    "GVL_E.st": "VAR_GLOBAL CONSTANT top : INT := 5; END_VAR\nVAR_GLOBAL CONSTANT own : INT := top; END_VAR",
}
MAIN = """PROGRAM MAIN
VAR a, b, d, e : INT; c : REAL; q : BOOL; END_VAR
    a := n;
    GVL_B.r[2] := GVL_A.n + 10;
    b := GVL_B.r[2];
    c := GVL_B.n;
    q := GVL_C.v;
    d := v;
    e := GVL_D.own * 10 + GVL_E.own;
END_PROGRAM
"""


def test_that_each_list_has_its_own_variable() -> None:
    plc = compile_st({**LISTS, "m.st": MAIN}, "codesys").start()
    plc.run()
    found = [plc[f"MAIN.{name}"] for name in "abcqde"]
    assert found == [1, 11, 2.5, True, 5, 25]
    plc["GVL_B.n"] = 7.5
    plc["GVL_A.n"] = 3
    plc.run()
    assert (plc["MAIN.c"], plc["MAIN.a"], plc["GVL_B.r[2]"]) == (7.5, 3, 13)


def test_that_a_name_that_several_lists_give_needs_its_list() -> None:
    with pytest.raises(Problems) as caught:
        compile_st({**LISTS, "m.st": MAIN.replace("a := n;", "a := top;")}, "twincat")
    (problem,) = caught.value.problems
    assert (problem.where.file, problem.where.line) == ("m.st", 3)
    assert (problem.what, problem.cure) == ("top stands in several lists", "Write GVL_D.top or GVL_E.top")


def test_that_one_list_still_declares_a_name_once() -> None:
    with pytest.raises(Problems, match="a second time"):
        compile_st(
            {"G.st": "VAR_GLOBAL n : INT; END_VAR VAR_GLOBAL n : INT; END_VAR", "m.st": MAIN}, "codesys"
        )


def test_that_the_standard_has_one_scope_for_all_lists() -> None:
    with pytest.raises(Problems, match="a second time"):
        compile_st({**LISTS, "m.st": MAIN}, "iec")
