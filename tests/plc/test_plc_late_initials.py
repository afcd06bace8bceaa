"""Initial values that are no constants, and FB_init; expected values are worked out by hand from the text."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """
INTERFACE I_A
METHOD Get : INT END_METHOD
END_INTERFACE
FUNCTION_BLOCK Inner IMPLEMENTS I_A
VAR_INPUT p : POINTER TO INT; END_VAR
VAR_OUTPUT k : INT; END_VAR
METHOD FB_init : BOOL
VAR_INPUT bInitRetains, bInCopyCode : BOOL; start : INT := 3; END_VAR
k := k + start;
END_METHOD
METHOD Get : INT Get := k; END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Derived EXTENDS Inner
VAR_OUTPUT order : INT; END_VAR
METHOD FB_init : BOOL
VAR_INPUT bInitRetains, bInCopyCode : BOOL; start : INT; END_VAR
order := k * 10;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Outer
VAR x : INT := 4; i : Inner(7); r : REFERENCE TO INT REF= x; me : POINTER TO Outer := THIS; itf : I_A := i;
END_VAR
VAR_OUTPUT got, ok : INT; END_VAR
METHOD M : INT
VAR loc : INT := x + 1; tmp : Inner(start := 20); END_VAR
M := loc + tmp.Get();
END_METHOD
r := r + 1;
got := itf.Get();
IF me = THIS THEN ok := 1; END_IF
END_FUNCTION_BLOCK
VAR_GLOBAL gx : INT := 9; gp : POINTER TO INT := ADR(gx); END_VAR
PROGRAM MAIN
VAR o : Outer; d : Derived(5); y : INT := 2; z : INT := y * 3; def : Inner; q : Inner := (p := ADR(y));
 a : ARRAY[0..1] OF POINTER TO INT := [ADR(y), ADR(z)]; m, gg, viaq : INT; s : STRING := CONCAT('a', 'b');
END_VAR
o();
m := o.M();
gg := gp^ + a[0]^ + a[1]^;
viaq := q.p^;
END_PROGRAM
"""


def seen(*names: str) -> list[object]:
    plc = compile_st(TEXT).start()
    plc.run()
    return [plc[f"MAIN.{name}"] for name in names]


def test_that_initial_values_may_be_addresses_and_other_variables() -> None:
    assert seen("z", "gg", "viaq", "s") == [2 * 3, 9 + 2 + 6, 2, "ab"]


def test_that_references_and_interfaces_are_bound_before_the_first_scan() -> None:
    assert seen("o.x", "o.got", "o.ok") == [4 + 1, 7, 1]


def test_that_fb_init_runs_from_what_a_block_extends_on_with_the_arguments_of_the_declaration() -> None:
    assert seen("d.k", "d.order", "def.k", "q.k", "o.i.k") == [5, 50, 3, 3, 7]


def test_that_a_block_in_a_method_is_initialised_in_each_call() -> None:
    plc = compile_st(TEXT).start()
    for scan in range(3):
        plc.run()
        assert plc["MAIN.m"] == (4 + scan + 1) + 1 + 20


def test_that_a_cold_start_initialises_again() -> None:
    plc = compile_st(TEXT).start()
    before = plc.snapshot()["memories"]
    plc.run(3)
    plc.start("cold")
    assert plc.snapshot()["memories"] == before


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("Inner(7)", "Inner(7, 8)"), "FB_init of Inner takes start behind its first two parameters"),
        (("Inner(start := 20)", "Inner(stop := 20)"), "FB_init of Inner takes start"),
        (("REF= x", "REF= nothing"), "nothing is not declared"),
        (("z : INT := y * 3", "z : INT := 'text'"), "INT"),
    ],
)
def test_that_a_wrong_initial_value_is_told(change: tuple[str, str], what: str) -> None:
    assert change[0] in TEXT
    with pytest.raises(Problems) as caught:
        compile_st(TEXT.replace(*change))
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        ("x : TON(PT := T#1s);", "TON has no FB_init, so it takes no arguments"),
        ("x : S(a := 1);", "S has no FB_init, so it takes no arguments"),
        ("x : S(5);", "S is no block, so it takes no arguments"),
        ("x : F(a := 1);", "F has no FB_init, so it takes no arguments"),
        ("x : ARRAY[1..2] OF F(a := 1);", "x is an array, and arguments in (...) belong to one block"),
        ("x : ARRAY[1..2] OF F[(a := 1), (a := 2)];", "F has no FB_init, so it takes no arguments"),
    ],
)
def test_that_arguments_that_nothing_takes_are_told(declared: str, what: str) -> None:
    text = f"""TYPE S : STRUCT a : INT; END_STRUCT END_TYPE
FUNCTION_BLOCK F VAR_INPUT a : INT; END_VAR END_FUNCTION_BLOCK
PROGRAM P VAR {declared} END_VAR END_PROGRAM"""
    with pytest.raises(Problems) as caught:
        compile_st(text, "twincat")
    assert [problem.what for problem in caught.value.problems] == [what]


def test_that_public_variables_get_values_where_an_instance_is_declared() -> None:
    text = """CLASS Counter
    VAR PUBLIC limit : INT := 100; rows : ARRAY[1..2] OF INT; END_VAR VAR n : INT; END_VAR
    METHOD PUBLIC Up : INT IF n < limit THEN n := n + 1; END_IF; Up := n + rows[2]; END_METHOD
    END_CLASS
    PROGRAM MAIN VAR a : Counter := (limit := 1, rows := [7, 8]); b : Counter; x, y : INT; END_VAR
    x := a.Up(); x := a.Up(); y := b.Up(); y := b.Up(); END_PROGRAM"""
    plc = compile_st(text).start()
    plc.run()
    assert (plc["MAIN.x"], plc["MAIN.y"]) == (9, 2)
    with pytest.raises(Problems, match="has no input or output n"):
        compile_st(text.replace("(limit := 1,", "(n := 1,"))


def test_that_a_repeated_structure_needs_no_brackets_of_its_own() -> None:
    text = """TYPE P : STRUCT a, b : INT; END_STRUCT;
    TONs : ARRAY[1..50] OF TON := [49(PT := T#100ms), (PT := T#1s)]; END_TYPE
    PROGRAM MAIN VAR t : TONs; p : ARRAY[1..3] OF P := [2(a := 1, b := 2), (b := 5)]; END_VAR
    t[1](IN := TRUE); END_PROGRAM"""
    plc = compile_st(text).start()
    assert [plc[f"MAIN.t[{n}].PT"] for n in (1, 49, 50)] == [100_000_000, 100_000_000, 1_000_000_000]
    assert [plc[f"MAIN.p[{n}].{m}"] for n in (1, 2, 3) for m in "ab"] == [1, 2, 1, 2, 0, 5]


def test_that_places_inside_of_a_structure_are_told_as_not_carried_out() -> None:
    text = """TYPE S : STRUCT a AT %B0 : INT; b AT %B25 : BYTE; END_STRUCT; END_TYPE
    PROGRAM MAIN VAR s : S; END_VAR s.a := 1; END_PROGRAM"""
    (told,) = [notice for notice in compile_st(text).notices if "AT inside" in notice.what]
    assert (told.where.line, told.severity) == (1, "warning")


def test_that_blocks_that_last_in_methods_and_functions_take_arguments_once() -> None:
    text = """
        FUNCTION_BLOCK Count VAR n : INT; END_VAR VAR_INPUT off : REAL; END_VAR
        METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; st : INT; END_VAR
        n := n + st;
        END_METHOD
        METHOD Up : INT n := n + 1; Up := n; END_METHOD
        END_FUNCTION_BLOCK
        FUNCTION_BLOCK Tests VAR a : ARRAY[1..3] OF INT := [5, 6, 7]; x, y, k : INT; z : REAL; END_VAR
        METHOD T1
        VAR_INST
            one : Count(st := a[1]) := (off := 2.5); m : INT := a[3];
            row : ARRAY[1..2] OF Count[(st := 1), (st := 2)];
        END_VAR
        x := one.Up(); y := row[2].Up(); z := one.off; k := m; m := m + 1;
        END_METHOD
        END_FUNCTION_BLOCK
        FUNCTION F : INT VAR_STAT c : Count(st := 20) := (off := 3.0); END_VAR F := c.Up() + TO_INT(c.off);
        END_FUNCTION
        PROGRAM MAIN VAR t : Tests; i : INT; END_VAR t.T1(); i := F(); END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    for cycle in range(3):
        plc.scan(cycle * 10_000_000)
        found = [plc[f"MAIN.{name}"] for name in ("t.x", "t.y", "t.z", "t.k", "i")]
        assert found == [6 + cycle, 3 + cycle, 2.5, 7 + cycle, 24 + cycle]
