"""Edition 3 as Simatic AX writes it: namespaces in front of literals, classes of unknown classes."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.stubs.collected import STUB_FILE

TURNING = """NAMESPACE Motion
TYPE Direction : (Positive, Negative); END_TYPE
END_NAMESPACE
"""


def test_that_the_names_of_namespaces_may_stand_in_front_of_a_typed_literal() -> None:
    text = TURNING + (
        "PROGRAM p VAR d : Motion.Direction := Motion.Direction#Negative; n : INT; END_VAR\n"
        "CASE d OF Motion.Direction#Positive: n := 1; Motion.Direction#Negative: n := 2; END_CASE\n"
        "IF d = Direction#Negative THEN n := n + 10; END_IF;\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert plc["p.n"] == 12


def test_that_typed_literals_tell_types_of_one_name_apart() -> None:
    text = TURNING + (
        "NAMESPACE Wind TYPE Direction : (North := 5, Negative := 7); END_TYPE END_NAMESPACE\n"
        "PROGRAM p VAR d : Wind.Direction; e : Motion.Direction; END_VAR\n"
        "d := Wind.Direction#Negative; e := Motion.Direction#Negative;\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert (plc["p.d"], plc["p.e"]) == (7, 1)


def test_that_action_may_be_the_name_of_a_method() -> None:
    text = (
        "CLASS State VAR PUBLIC n : INT; END_VAR\n"
        "METHOD PUBLIC Action\nn := n + 1;\nEND_METHOD\n"
        "METHOD PUBLIC Twice Action(); THIS.Action(); END_METHOD\nEND_CLASS\n"
        "PROGRAM p VAR s : State; END_VAR\ns.Twice(); s.Action();\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert plc["p.s.n"] == 3


def test_that_an_unknown_class_has_the_methods_that_one_that_extends_it_overrides() -> None:
    text = (
        "NAMESPACE Json CLASS JsonInt EXTENDS JsonNumber VAR PUBLIC v : INT; END_VAR\n"
        "METHOD PUBLIC OVERRIDE Size : INT\nSize := v;\nEND_METHOD END_CLASS END_NAMESPACE\n"
        "PROGRAM p VAR j : JsonInt; n : INT; END_VAR\nj.v := 4; n := j.Size();\nEND_PROGRAM"
    )
    program = compile_st(text, stubs=True)
    assert "METHOD Size : INT" in program.stubs[STUB_FILE]
    plc = program.start()
    plc.scan(0)
    assert plc["p.n"] == 4
    with pytest.raises(Problems, match="nothing of that name to override"):
        compile_st(text.replace(" EXTENDS JsonNumber", ""), stubs=True)


def test_that_a_typed_literal_says_of_an_unknown_type_that_it_is_an_enumeration() -> None:
    text = (
        "PROGRAM p VAR phase : TankState; n : INT; END_VAR\n"
        "CASE phase OF TankState#Close: phase := TankState#Filling; TankState#Filling: n := n + 1; END_CASE\n"
        "END_PROGRAM"
    )
    program = compile_st(text, stubs=True)
    assert "TYPE TankState : (Close, Filling); END_TYPE" in program.stubs[STUB_FILE]
    plc = program.start()
    for scan in range(3):
        plc.scan(scan)
    assert plc["p.n"] == 2


def test_that_a_bare_name_means_the_function_where_methods_are_called_with_this() -> None:
    text = (
        "CLASS Text VAR s : STRING; END_VAR\n"
        "METHOD PUBLIC Concat : INT VAR_INPUT t : STRING; END_VAR\n"
        "s := Concat(s, t); Concat := LEN(s);\nEND_METHOD\n"
        "METHOD PUBLIC Len : INT Len := 7; END_METHOD\n"
        "METHOD PUBLIC Both : INT Both := 100 * LEN(s) + THIS.Len(); END_METHOD\nEND_CLASS\n"
        "PROGRAM p VAR t : Text; n, m : INT; END_VAR\n"
        "n := t.Concat('abc'); n := t.Concat('de'); m := t.Both();\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert (plc["p.n"], plc["p.m"]) == (5, 507)
    with pytest.raises(Problems):  # in the makers' dialects a method hides a function of its name
        compile_st(text, "codesys")
