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


def test_that_types_of_a_namespace_may_say_who_sees_them() -> None:
    text = (
        "NAMESPACE Regex\nTYPE INTERNAL Kind : (Digit, Word); END_TYPE\n"
        "TYPE PUBLIC Token : STRUCT kind : Kind; count : INT := 3; END_STRUCT; END_TYPE\nEND_NAMESPACE\n"
        "TYPE Public : INT := 4; END_TYPE\n"
        "PROGRAM p VAR t : Regex.Token; u : Public; n : INT; END_VAR\n"
        "t.kind := Kind#Word; IF t.kind = Kind#Word THEN n := t.count + u; END_IF;\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert plc["p.n"] == 7


def test_that_case_selects_by_a_character() -> None:
    text = (
        "FUNCTION Value : INT VAR_INPUT c : CHAR; END_VAR\n"
        "CASE c OF '0': Value := 0; '1'..'9': Value := 1; 'a', 'A': Value := 10; CHAR#16#42: Value := 11;\n"
        "ELSE Value := -1; END_CASE\nEND_FUNCTION\n"
        "PROGRAM p VAR s : STRING := '07aAB!'; n : ARRAY[1..6] OF INT; i : INT; END_VAR\n"
        "FOR i := 1 TO 6 DO n[i] := Value(s[i]); END_FOR\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert [plc[f"p.n[{i}]"] for i in range(1, 7)] == [0, 1, 10, 10, 11, -1]
    by_code = text.replace("CASE c OF '0':", "CASE CHAR_TO_WORD(c) OF 48:").replace("'1'..'9'", "49..57")
    by_code = by_code.replace("'a', 'A'", "97, 65").replace("CHAR#16#42", "66")
    plc = compile_st(by_code).start()
    plc.scan(0)
    assert [plc[f"p.n[{i}]"] for i in range(1, 7)] == [0, 1, 10, 10, 11, -1]
    with pytest.raises(Problems, match="must be one character"):
        compile_st(text.replace("'0':", "'00':"))
    with pytest.raises(Problems, match="already covered"):
        compile_st(text.replace("'0':", "'5':"))


OVERLOADED = """NAMESPACE Texts
FUNCTION Digits : INT VAR_INPUT v : INT; END_VAR Digits := 1; END_FUNCTION
FUNCTION Digits : INT VAR_INPUT v : LREAL; END_VAR Digits := 2 + Digits(INT#5); END_FUNCTION
FUNCTION Digits : STRING VAR_INPUT v : STRING; k : DINT; END_VAR Digits := CONCAT(v, 'x'); END_FUNCTION
FUNCTION Digits VAR_INPUT v : DINT; END_VAR VAR_OUTPUT r : DINT; END_VAR r := v * 2; END_FUNCTION
INTERFACE ITimed METHOD Hold VAR_INPUT a : LREAL; END_VAR END_METHOD END_INTERFACE
CLASS Base IMPLEMENTS ITimed
VAR PUBLIC t : LREAL; END_VAR
METHOD PUBLIC Hold VAR_INPUT a : LREAL; END_VAR t := a; END_METHOD
METHOD PUBLIC Hold : LREAL VAR_INPUT a : LREAL; k : LREAL; END_VAR THIS.Hold(a / k); Hold := t; END_METHOD
END_CLASS
CLASS Derived EXTENDS Base
METHOD PUBLIC OVERRIDE Hold VAR_INPUT a : LREAL; END_VAR SUPER.Hold(a + 100.0); END_METHOD
END_CLASS
END_NAMESPACE
"""


def test_that_functions_and_methods_of_one_name_are_told_apart_by_their_parameters() -> None:
    text = OVERLOADED + (
        "PROGRAM p VAR a, b, c : INT; s : STRING; d : DINT; o : Base; q : Derived; x, y : LREAL;\n"
        "i : ITimed; END_VAR\n"
        "a := Digits(INT#7); b := Texts.Digits(1.5); c := Digits(7); s := Digits('ab', 5);\n"
        "Digits(DINT#21, r => d); o.Hold(3.0); x := o.Hold(k := 2.0, a := 8.0); y := q.Hold(8.0, 2.0);\n"
        "i := q; i.Hold(7.0);\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert [plc[f"p.{name}"] for name in "abcsdxy"] == [1, 3, 1, "abx", 42, 4.0, 104.0]
    assert (plc["p.o.t"], plc["p.q.t"]) == (4.0, 107.0)


def test_what_overloads_do_not_allow() -> None:
    program = "PROGRAM p VAR o : Base; x : INT; END_VAR {}\nEND_PROGRAM"
    with pytest.raises(Problems, match="Digits"):  # no overload takes two numbers
        compile_st(OVERLOADED + program.format("x := Digits(1, 2);"))
    with pytest.raises(Problems, match="has no result"):
        compile_st(OVERLOADED + program.format("x := Digits(DINT#5);"))
    twice = "FUNCTION F : INT VAR_INPUT a : INT; END_VAR F := {}; END_FUNCTION\n"
    with pytest.raises(Problems, match="a second time"):  # the same parameters
        compile_st(twice.format(1) + twice.format(2) + "PROGRAM p END_PROGRAM")
    other = "FUNCTION F : INT VAR_INPUT a : DINT; END_VAR F := 3; END_FUNCTION\nPROGRAM p END_PROGRAM"
    compile_st(twice.format(1) + other)
    with pytest.raises(Problems, match="a second time"):  # the makers have none of this
        compile_st(twice.format(1) + other, "codesys")


def test_overloads_of_interfaces_and_abstract_classes() -> None:
    text = (
        "INTERFACE IA METHOD M : INT VAR_INPUT a : INT; END_VAR END_METHOD\n"
        "METHOD M : INT VAR_INPUT a : STRING; END_VAR END_METHOD END_INTERFACE\n"
        "CLASS ABSTRACT C IMPLEMENTS IA METHOD PUBLIC M : INT VAR_INPUT a : INT; END_VAR M := a; END_METHOD\n"
        "METHOD PUBLIC ABSTRACT M : INT VAR_INPUT a : STRING; END_VAR END_METHOD END_CLASS\n"
        "CLASS D EXTENDS C METHOD PUBLIC OVERRIDE M : INT VAR_INPUT a : STRING; END_VAR M := LEN(a) + 10;\n"
        "END_METHOD END_CLASS\n"
        "PROGRAM p VAR d : D; i : IA; a, b, c : INT; END_VAR\n"
        "i := d; a := i.M(3); b := i.M('abcd'); c := d.M(a := 'x');\nEND_PROGRAM"
    )
    plc = compile_st(text).start()
    plc.scan(0)
    assert [plc[f"p.{name}"] for name in "abc"] == [3, 14, 11]
    with pytest.raises(Problems, match=r"C implements IA and has no METHOD M\(STRING\)"):
        compile_st(text.replace("CLASS ABSTRACT", "CLASS").replace("METHOD PUBLIC ABSTRACT M", "METHOD N"))


def test_that_overloads_within_each_other_are_chosen_in_no_time() -> None:
    functions = (
        "FUNCTION F : INT VAR_INPUT a : INT; END_VAR F := a + 1; END_FUNCTION\n"
        "FUNCTION F : LREAL VAR_INPUT a : LREAL; END_VAR F := a + 0.5; END_FUNCTION\n"
    )
    deep = "F(" * 24 + "{}" + ")" * 24
    body = f"x := {deep.format('1.0')}; i := {deep.format('i')};"
    plc = compile_st(f"{functions}PROGRAM p VAR x : LREAL; i : INT; END_VAR {body} END_PROGRAM").start()
    plc.scan(0)  # 2^24 choices would take minutes
    assert (plc["p.x"], plc["p.i"]) == (13.0, 24)
