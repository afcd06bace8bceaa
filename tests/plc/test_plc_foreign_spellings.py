"""Spellings of TwinCAT programs: RETURN(condition), keywords as names, methods alone in a file."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Program, compile_st


def stubbed(text: str) -> Program:
    return compile_st({"m.st": f"{text}\nPROGRAM P END_PROGRAM"}, "twincat", stubs=True)


def stops(program: Program) -> list[str]:
    return [n.what for n in program.notices if "only stubs declare" in n.what]


def test_that_return_with_a_condition_returns_where_it_holds() -> None:
    text = """FUNCTION F : INT VAR_INPUT n : INT; END_VAR
    F := 1; RETURN(n > 5); F := 2; IF n > 2 THEN RETURN(n = 3 OR n = 4); F := 3; END_IF END_FUNCTION
    PROGRAM MAIN VAR a, b, c, d : INT; END_VAR a := F(6); b := F(3); c := F(5); d := F(0); END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    assert [plc[f"MAIN.{name}"] for name in "abcd"] == [1, 2, 3, 2]


def test_that_words_of_configurations_are_names_elsewhere() -> None:
    text = """FUNCTION_BLOCK FB VAR configuration, class, namespace : INT; END_VAR
    PROPERTY Configuration2 : INT GET Configuration2 := configuration + Class; END_GET END_PROPERTY
    METHOD Namespace2 : INT Namespace2 := NAMESPACE; END_METHOD
    configuration := 4; Class := configuration * 2; namespace := 1; END_FUNCTION_BLOCK
    FUNCTION_BLOCK FB2 PROPERTY Configuration : INT GET Configuration := 5; END_GET END_PROPERTY
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR f : FB; g : FB2; n : INT; END_VAR
    f(); n := f.Configuration2 + g.Configuration; END_PROGRAM
    CONFIGURATION C RESOURCE R ON PLC TASK t(INTERVAL := T#10ms, PRIORITY := 1); PROGRAM i WITH t : MAIN;
    END_RESOURCE END_CONFIGURATION"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    assert plc["i.n"] == 17


def test_that_an_accessor_keeps_what_is_in_var_inst() -> None:
    text = """FUNCTION_BLOCK FB PROPERTY Count : INT
    GET VAR_INST n : INT := 10; END_VAR n := n + 1; Count := n; END_GET END_PROPERTY END_FUNCTION_BLOCK
    PROGRAM MAIN VAR a, b : FB; x, y : INT; END_VAR x := a.Count; x := a.Count; y := b.Count; END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    assert (plc["MAIN.x"], plc["MAIN.y"]) == (12, 11)


METHOD = """METHOD Split : BOOL VAR_INPUT s : STRING; END_VAR
Split := THIS^.count > 3 AND Check(s); count := 4; END_METHOD"""


def test_that_a_method_alone_in_a_file_belongs_to_a_stub() -> None:
    assert not stops(stubbed(METHOD))
    with pytest.raises(Problems, match="belongs to no block"):
        compile_st(METHOD + " PROGRAM P END_PROGRAM", "twincat")
    with pytest.raises(Problems, match="STRING"):
        stubbed(METHOD.replace("count := 4", "Split := s"))


def test_that_an_enumeration_is_none_of_the_members_of_a_stub_that_is_extended() -> None:
    text = """FUNCTION_BLOCK FB_A EXTENDS FB_Base VAR e : E_Mode; x : LREAL; END_VAR
    CASE e OF E_Mode.Hold: _fOut := 0; E_Mode.Zero: _fOut := x; E_Other.Go: ; END_CASE
    THIS^._fIn := x; E := E_Mode.Zero; END_FUNCTION_BLOCK"""
    found = stubbed(text)
    words = " ".join(found.stubs["stubs.st"].split())
    assert "TYPE E_Mode : (Hold, Zero); END_TYPE" in words and "_fOut : LREAL;" in words


def test_that_an_accessor_tells_the_type_of_a_property_of_a_stub() -> None:
    text = """FUNCTION_BLOCK FB_A IMPLEMENTS I_Bounded VAR b : I_Bounded; x : LREAL; END_VAR
    PROPERTY Max : LREAL GET Max := x; END_GET SET x := Max; END_SET END_PROPERTY
    x := b.Max; b.Max := 3; END_FUNCTION_BLOCK"""
    assert not stops(stubbed(text))


def test_that_bounds_and_initial_values_of_stubs_keep_no_program_from_loading() -> None:
    text = """FUNCTION_BLOCK FB_A VAR a : ARRAY[GVL_P.first..GVL_P.last] OF INT; e : T_Error := GVL_E.NONE;
    n : INT;
    b : ARRAY[LIB.MOST..LIB.LEAST] OF BOOL; END_VAR
    a[n] := 3; e.code := 4; b[2] := TRUE; IF n = 1 THEN n := a[1]; END_IF END_FUNCTION_BLOCK"""
    assert stubbed(text).statement_count > 0


def test_that_what_is_named_as_a_pointer_and_has_an_index_is_one() -> None:
    text = """FUNCTION F : BYTE VAR_INPUT d : T_Any; END_VAR VAR n : DWORD; END_VAR
    MEMCPY(ADR(n), d.pValue, SIZEOF(n)); d.pValue := d.pValue + 4; F := d.pValue[1]; END_FUNCTION"""
    assert not stops(stubbed(text))


def test_that_an_any_can_be_given_to_a_stub() -> None:
    text = """FUNCTION_BLOCK FB_A VAR l : FB_List; ok : BOOL; END_VAR
    METHOD Get VAR_INPUT item : ANY; END_VAR VAR_OUTPUT q : BOOL; END_VAR
    THIS^.l.Get(0, item, bSuccess => q); END_METHOD END_FUNCTION_BLOCK"""
    assert not stops(stubbed(text))


def test_that_a_value_of_a_stub_is_the_interface_it_is_returned_as() -> None:
    text = """FUNCTION_BLOCK FB_A EXTENDS FB_Base
    PROPERTY Context : ITcoContext GET Context := THIS^._Parent.Context; END_GET END_PROPERTY
    METHOD Run : I_Status Run := _task.WithId(3).Invoke(); END_METHOD END_FUNCTION_BLOCK"""
    assert not stops(stubbed(text))
