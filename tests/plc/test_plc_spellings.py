"""Spellings that public programs have: stray semicolons, parameters left open, comments in comments, rows."""

from __future__ import annotations

import time

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st
from commissioning.plc.syntax.comments import without_nesting


def run(text: str) -> Plc:
    plc = compile_st({"main.st": text}).start()
    plc.scan(0)
    return plc


def test_that_a_row_of_assignments_gives_its_last_value_to_all() -> None:
    plc = run("PROGRAM MAIN VAR a, b, c : INT; END_VAR a := b := c := 7; END_PROGRAM")
    assert (plc["MAIN.a"], plc["MAIN.b"], plc["MAIN.c"]) == (7, 7, 7)


def test_that_a_row_of_assignments_converts_step_by_step_and_stands_in_case() -> None:
    text = """PROGRAM MAIN VAR wide : DINT; narrow : INT; k : INT := 2; END_VAR
    CASE k OF 1: wide := 1; 2: wide := narrow := 7; k := 3; END_CASE END_PROGRAM"""
    plc = run(text)
    assert (plc["MAIN.wide"], plc["MAIN.narrow"], plc["MAIN.k"]) == (7, 7, 3)


def test_that_numbers_of_base_ten_are_written_with_it_too() -> None:
    assert run("PROGRAM MAIN VAR n : UINT; END_VAR n := 10#1010; END_PROGRAM")["MAIN.n"] == 1010


def test_that_semicolons_too_many_do_no_harm() -> None:
    text = """FUNCTION F : INT;
    VAR_INPUT x : INT;; END_VAR
    F := x + 1;; END_FUNCTION
    PROGRAM MAIN; VAR ; n : INT;; END_VAR
    REPEAT n := F(n); UNTIL n > 3; END_REPEAT; END_PROGRAM;"""
    assert run(text)["MAIN.n"] == 4


def test_that_a_parameter_left_open_keeps_its_value() -> None:
    text = """PROGRAM MAIN VAR t : TON := (PT := T#3s); q : BOOL; END_VAR
    t(IN := TRUE, PT := , Q => q, ET => ); END_PROGRAM"""
    assert run(text)["MAIN.t.PT"] == 3_000_000_000


def test_that_comments_nest_and_keep_the_places_of_what_follows() -> None:
    text = "PROGRAM MAIN VAR n : INT; END_VAR\n(* out (* in\n *) still *) n := 1; m := 2; END_PROGRAM"
    column = text.splitlines()[2].index("m := 2") + 1
    with pytest.raises(Problems) as caught:
        compile_st({"main.st": text})
    assert [(p.where.line, p.where.column) for p in caught.value.problems] == [(3, column)]


def test_that_a_stray_opening_in_a_comment_opens_nothing() -> None:
    text = "PROGRAM MAIN VAR n : INT; s : STRING; END_VAR (* one (* two *) n := 1; s := '(* x'; END_PROGRAM"
    plc = run(text)
    assert (plc["MAIN.n"], plc["MAIN.s"]) == (1, "(* x")


def test_that_descriptions_of_pc_worx_exports_are_no_program() -> None:
    text = """(*@KEY@:DESCRIPTION*)
    programmer hugo; it's free text
    (*@KEY@:END_DESCRIPTION*)
    PROGRAM MAIN VAR n : INT; END_VAR n := 1; END_PROGRAM"""
    assert run(text)["MAIN.n"] == 1


def test_that_pragmas_with_braces_and_code_of_others_are_passed_over() -> None:
    text = """{attribute 'TcLinkTo' := 'TIIB[a}]^b'} PROGRAM MAIN
    VAR {attribute 'hide'} n : INT; END_VAR {region 'x'} n := 1; {{ while (1) { } }} {endregion}
    END_PROGRAM"""
    assert run(text)["MAIN.n"] == 1


@pytest.mark.parametrize("piece", ["(*", "(* *", "(*(* *)", "'(*", "(*)", "/*(*"])
def test_that_hostile_comments_cost_no_more_than_their_length(piece: str) -> None:
    started = time.process_time()
    without_nesting(piece * 100_000)
    assert time.process_time() - started < 3.0


def test_that_a_comma_too_many_and_an_empty_structure_do_no_harm() -> None:
    text = """TYPE Nothing : STRUCT END_STRUCT END_TYPE
    PROGRAM MAIN VAR a, b : Nothing; t : TON; n : INT; END_VAR
    b := a; t(IN := TRUE, PT := T#1s, ); n := 1; END_PROGRAM"""
    assert run(text)["MAIN.t.PT"] == 1_000_000_000


def test_that_an_argument_is_bound_to_a_reference_and_to_nothing_else() -> None:
    blocks = """FUNCTION_BLOCK R VAR_INPUT r : REFERENCE TO INT; END_VAR r := r + 1; END_FUNCTION_BLOCK
FUNCTION_BLOCK V VAR_INPUT r : INT; END_VAR END_FUNCTION_BLOCK"""
    text = blocks + " PROGRAM M VAR f : {}; i : INT := 4; END_VAR f(r REF= i); END_PROGRAM"
    plc = compile_st(text.replace("{}", "R"), "twincat").start()
    plc.scan(0)
    assert plc["M.i"] == 5
    with pytest.raises(Problems) as caught:
        compile_st(text.replace("{}", "V"), "twincat")
    assert [p.what for p in caught.value.problems] == ["REF= binds a REFERENCE, r is an INT"]


def test_that_a_value_is_given_to_a_constant_in_out() -> None:
    plc = compile_st("""FUNCTION G : INT VAR_IN_OUT CONSTANT b : STRING; END_VAR G := LEN(b); END_FUNCTION
PROGRAM M VAR n, m : INT; s : STRING := 'ab'; END_VAR n := G('abc'); m := G(s); END_PROGRAM""").start()
    plc.scan(0)
    assert (plc["M.n"], plc["M.m"]) == (3, 2)
    text = "FUNCTION G : INT VAR_IN_OUT CONSTANT b : INT; END_VAR b := 1; END_FUNCTION PROGRAM M END_PROGRAM"
    with pytest.raises(Problems) as caught:
        compile_st(text)
    assert "CONSTANT" in caught.value.problems[0].what


def test_that_a_variable_may_be_named_like_its_enumeration() -> None:
    plc = compile_st("""TYPE Mode : (Off, Auto); END_TYPE
PROGRAM M VAR Mode : Mode; n : INT; END_VAR
IF Mode = Mode.Off THEN Mode := Mode.Auto; n := 1; END_IF
END_PROGRAM""").start()
    plc.scan(0)
    assert plc["M.n"] == 1 and plc["M.Mode"] == 1


def test_that_comments_of_either_form_nest_where_that_comes_out_even() -> None:
    text = """PROGRAM MAIN VAR n : INT; END_VAR
    /* one /* in */ another */ n := n + 1; /* flat /* only */ n := n + 10; (* /* *) n := n + 100; // */
    END_PROGRAM"""
    plc = compile_st(text).start()
    plc.run()
    assert plc["MAIN.n"] == 111
