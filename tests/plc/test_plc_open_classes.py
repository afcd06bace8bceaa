"""Blocks as results, AND and AND_THEN in a row, abstract methods nobody writes, stubs of interfaces."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st

RESULTS = """
FUNCTION_BLOCK FB_T VAR n : INT; t : TON; END_VAR
METHOD Set VAR_INPUT v : INT; END_VAR n := v; END_METHOD
METHOD Get : INT Get := n; END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_H VAR t : ARRAY[1..3] OF FB_T; END_VAR
METHOD Copy : FB_T VAR_INPUT i : INT; END_VAR Copy := t[i]; END_METHOD
METHOD Itself : REFERENCE TO FB_T VAR_INPUT i : INT; END_VAR Itself REF= t[i]; END_METHOD
t[2].Set(7);
END_FUNCTION_BLOCK
PROGRAM MAIN VAR h : FB_H; a, b : FB_T; x, y, z : INT; END_VAR
h(); a := h.Copy(2); b := h.Itself(2); h.Copy(2).Set(9);
x := a.Get(); y := b.Get(); z := h.Copy(2).Get();
a.Set(1); h.Itself(3).Set(5);
END_PROGRAM
"""


def test_that_a_method_may_give_a_block_which_is_a_copy() -> None:
    plc = compile_st(RESULTS, "twincat").start()
    plc.scan(0)
    assert [plc[f"MAIN.{name}"] for name in "xyz"] == [7, 7, 7]
    assert [plc[f"MAIN.h.t[{i}].n"] for i in (1, 2, 3)] == [0, 7, 5] and plc["MAIN.a.n"] == 1


def test_that_no_function_gives_a_block_in_the_dialect_iec() -> None:
    with pytest.raises(Problems, match="cannot return a block"):
        compile_st("FUNCTION F : FB END_FUNCTION FUNCTION_BLOCK FB END_FUNCTION_BLOCK PROGRAM P END_PROGRAM")


def test_that_and_and_and_then_in_a_row_are_joined_from_left_to_right() -> None:
    text = """FUNCTION Tick : BOOL VAR_IN_OUT n : INT; END_VAR n := n + 1; Tick := TRUE; END_FUNCTION
    PROGRAM MAIN VAR no, yes : BOOL := FALSE; q1, q2, q3 : BOOL; n, m, k : INT; END_VAR yes := TRUE;
    q1 := no AND_THEN Tick(n) AND yes;
    q2 := no OR_ELSE yes OR Tick(m);
    q3 := yes AND yes AND_THEN Tick(k) AND NOT no;
    END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    assert [plc[f"MAIN.q{i}"] for i in (1, 2, 3)] == [False, True, True]
    assert [plc[f"MAIN.{name}"] for name in "nmk"] == [0, 1, 1]  # OR looks at both, AND_THEN does not


def test_that_an_abstract_block_may_call_what_nobody_writes() -> None:
    text = """FUNCTION_BLOCK ABSTRACT FB_A VAR n : INT; END_VAR
    METHOD ABSTRACT Main : INT END_METHOD
    METHOD ABSTRACT Other END_METHOD
    METHOD FINAL Run n := Main(); THIS^.Other(); END_METHOD
    END_FUNCTION_BLOCK PROGRAM MAIN END_PROGRAM"""
    assert compile_st(text, "twincat").statement_count == 2


INTERFACES = """
INTERFACE I_Known METHOD M : INT END_METHOD END_INTERFACE
FUNCTION_BLOCK FB_A IMPLEMENTS I_Known, I_Unknown
METHOD M : INT M := 4; END_METHOD
METHOD Given : INT Given := 3; END_METHOD
METHOD Me : I_Other Me := THIS^; END_METHOD
END_FUNCTION_BLOCK
PROGRAM MAIN VAR u : I_Unknown; o : I_Other; a : FB_A; n : INT; missing : BOOL; END_VAR
u := a; o := a.Me(); n := u.Given();
IF missing THEN u.Absent(1); END_IF
END_PROGRAM
"""


def test_that_the_stub_of_an_interface_asks_nothing_of_those_who_implement_it() -> None:
    plc = compile_st({"m.st": INTERFACES}, "twincat", stubs=True).start()
    plc.scan(0)
    assert plc["MAIN.n"] == 3
    plc["MAIN.missing"] = True
    with pytest.raises(PlcError, match="FB_A has no ABSENT, which the stub of an interface has"):
        plc.scan(1)


def test_that_an_interface_of_the_program_still_asks_for_all_its_methods() -> None:
    with pytest.raises(Problems, match="FB_A implements I_Known and has no METHOD M"):
        compile_st(
            {"m.st": INTERFACES.replace("METHOD M : INT M := 4; END_METHOD", "")}, "twincat", stubs=True
        )


def test_that_the_class_of_a_long_time_has_a_name() -> None:
    text = """FUNCTION F : BOOL VAR_INPUT x : ANY; END_VAR F := x.TypeClass = __SYSTEM.TYPE_CLASS.TYPE_LTIME
    OR x.TypeClass = __SYSTEM.TYPE_CLASS.TYPE_INTERFACE; END_FUNCTION
    PROGRAM MAIN VAR n : INT; q : BOOL; END_VAR q := F(n); END_PROGRAM"""
    assert compile_st(text, "twincat").start() is not None


def test_that_methods_and_properties_of_a_block_hide_globals_and_programs_of_their_name() -> None:
    text = """VAR_GLOBAL Level : INT := 50; END_VAR
    FUNCTION_BLOCK FB_Base METHOD Main : INT Main := 5; END_METHOD
    PROPERTY Level : INT GET Level := 7; END_GET END_PROPERTY END_FUNCTION_BLOCK
    FUNCTION_BLOCK FB_A EXTENDS FB_Base VAR n, k : INT; END_VAR
    n := Main(); k := Level; END_FUNCTION_BLOCK
    PROGRAM MAIN VAR a : FB_A; x : INT; END_VAR a(); x := Level; END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    assert (plc["MAIN.a.n"], plc["MAIN.a.k"], plc["MAIN.x"]) == (5, 7, 50)
