"""Lists of globals in any order, and arrays of blocks with arguments for each."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st


def test_that_an_initial_value_may_name_a_global_of_a_later_file() -> None:
    program = compile_st(
        {
            "a.st": "TYPE V : STRUCT p : REAL; END_STRUCT END_TYPE "
            "VAR_GLOBAL v : V := (p := pressure); END_VAR",
            "b.st": "VAR_GLOBAL pressure : REAL := limit; END_VAR",
            "c.st": "VAR_GLOBAL limit : REAL := 0.5; END_VAR "
            "PROGRAM MAIN VAR r : REAL; END_VAR r := v.p; END_PROGRAM",
        },
        "twincat",
    )
    plc = program.start()
    plc.scan(0)
    assert plc["MAIN.r"] == 0.5


def test_that_lists_that_need_each_other_are_declared_all_the_same() -> None:
    sources = {"a.st": "VAR_GLOBAL a : INT := 1; b : INT := d; END_VAR",
               "b.st": "VAR_GLOBAL c : INT := a; d : INT := 4; END_VAR PROGRAM MAIN END_PROGRAM"}  # fmt: skip
    try:
        plc = compile_st(sources, "twincat").start()
    except Problems as found:
        assert "d is not declared" in str(found)
    else:
        assert plc["c"] == 1


BLOCK = """FUNCTION_BLOCK F VAR_OUTPUT k : INT; END_VAR
METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; a : INT; b : INT; END_VAR
k := a * 10 + b; END_METHOD END_FUNCTION_BLOCK
"""


def test_that_each_block_of_an_array_gets_its_own_arguments() -> None:
    text = (
        BLOCK
        + """PROGRAM MAIN
    VAR x : INT := 3; n : INT;
    f : ARRAY[1..3] OF F[(a := 1, b := 2), (b := x, a := 4), (a := 5, b := 6)]; END_VAR
    n := f[1].k * 10000 + f[2].k * 100 + f[3].k; END_PROGRAM"""
    )
    plc = compile_st(text.replace("n : INT", "n : DINT"), "twincat").start()
    plc.scan(0)
    assert plc["MAIN.n"] == 124356


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("f : ARRAY[1..3] OF F[(a := 1), (a := 2)];", "has arguments for 2 blocks, and more blocks"),
        ("f : ARRAY[1..1] OF F[(a := 1), (a := 2)];", "and only 1 with FB_init"),
        ("f : F[(a := 1)];", "arguments in .* belong to an array of blocks"),
        ("f : ARRAY[1..1] OF F[(a := (c := 1))];", "takes no structures"),
    ],
)
def test_that_arguments_and_blocks_go_together(declared: str, words: str) -> None:
    with pytest.raises(Problems, match=words):
        compile_st(BLOCK + f"PROGRAM MAIN VAR {declared} END_VAR END_PROGRAM", "twincat")


def test_that_variables_of_an_instance_in_a_method_may_be_blocks_with_initial_values() -> None:
    text = """FUNCTION_BLOCK F VAR_INPUT a : INT; END_VAR VAR_OUTPUT k : INT; END_VAR
    k := k + a; END_FUNCTION_BLOCK
    FUNCTION_BLOCK G METHOD m : INT VAR_INST f : F := (a := 5); n : INT := 2; END_VAR
    f(); n := n + 1; m := f.k * 10 + n; END_METHOD END_FUNCTION_BLOCK
    PROGRAM MAIN VAR g : G; x : INT; END_VAR x := g.m(); END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    plc.scan(1)
    assert plc["MAIN.x"] == 104  # twice 5 in k, twice 1 in n


def test_that_constants_of_one_list_stand_in_any_order() -> None:
    text = """
    VAR_GLOBAL CONSTANT rows : INT := base * factor; base : INT := 4; factor : INT := 3; END_VAR
    FUNCTION_BLOCK F
    VAR CONSTANT last : INT := first + rows; first : INT := 1; END_VAR
    VAR a : ARRAY[first..last] OF INT; END_VAR
    VAR_OUTPUT n : INT; END_VAR
        a[last] := last; n := a[13];
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR f1 : F; n : INT; END_VAR f1(n => n); END_PROGRAM
    """
    plc = compile_st(text).start()
    plc.run()
    assert plc["MAIN.n"] == 13


def test_that_constants_that_need_each_other_are_a_problem_that_says_so() -> None:
    with pytest.raises(Problems, match="leads back here"):
        compile_st("VAR_GLOBAL CONSTANT a : INT := b; b : INT := a; END_VAR PROGRAM MAIN END_PROGRAM")


GVL = "VAR_GLOBAL block : FB_Count; timer : TON; n : INT; END_VAR"
COUNT = """FUNCTION_BLOCK FB_Count VAR_INPUT step : INT := 1; END_VAR VAR_OUTPUT n : INT; END_VAR
n := n + step;
END_FUNCTION_BLOCK
"""


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_a_block_is_called_by_the_name_of_its_list(dialect: str) -> None:
    text = f"""{COUNT}FUNCTION_BLOCK FB_Caller VAR_OUTPUT n : INT; END_VAR
METHOD act : INT GVL_X.block(step := 10, n => n); act := n; END_METHOD
GVL_X.block();
END_FUNCTION_BLOCK
PROGRAM MAIN VAR caller : FB_Caller; n, m : INT; END_VAR
GVL_X.block(step := 100, n => n); caller(); m := caller.act(); GVL_X.timer(IN := TRUE, PT := T#20ms);
END_PROGRAM"""
    plc = compile_st({"GVL_X.st": GVL, "main.st": text}, dialect).start()
    for number in range(3):
        plc.scan(number * 10_000_000)
    assert (plc["MAIN.n"], plc["MAIN.m"], plc["timer.Q"]) == (520, 630, True)
