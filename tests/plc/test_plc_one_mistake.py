"""One mistake is one Problem: what follows from it is not told beside it, and what it is told is true."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.values.dialects import DIALECTS

BLOCK = """FUNCTION_BLOCK A
METHOD {access} M : INT M := 1; END_METHOD
END_FUNCTION_BLOCK
PROGRAM MAIN VAR a1 : A; x : INT; END_VAR
x := a1.M();
END_PROGRAM"""
INTERFACE = """INTERFACE ITF METHOD M : INT END_METHOD END_INTERFACE
FUNCTION_BLOCK F VAR_INPUT a : INT; END_VAR END_FUNCTION_BLOCK
PROGRAM MAIN VAR f1 : F; i : ITF; END_VAR
i := f1;
END_PROGRAM"""
GLOBAL = "VAR_GLOBAL\ng : INTT; END_VAR\nPROGRAM MAIN\nVAR_EXTERNAL g : INT; END_VAR\ng := 1;\nEND_PROGRAM"
MEMBER = """FUNCTION_BLOCK B VAR
n : INTT; END_VAR METHOD M n := 1; END_METHOD END_FUNCTION_BLOCK
PROGRAM MAIN VAR b1 : B; END_VAR b1.M(); END_PROGRAM"""
PARAMETERS = """FUNCTION F : INT VAR_INPUT
a : INTT; END_VAR F := 1; END_FUNCTION
FUNCTION_BLOCK B VAR_INPUT i : INT; END_VAR END_FUNCTION_BLOCK
PROGRAM MAIN VAR n : INT; b1 : B; END_VAR
n := F(a := 1) + F(1); b1(i := F(2));
END_PROGRAM"""
RESULT = """FUNCTION_BLOCK B METHOD M :
INTT M := 1; END_METHOD END_FUNCTION_BLOCK
PROGRAM MAIN VAR b1 : B; END_VAR b1.M(); END_PROGRAM"""
# a program, the line of its mistake, what is told
ONE = [
    ("PROGRAM MAIN VAR\na : INTT; END_VAR\na := a + 1;\nEND_PROGRAM", 2, "there is no type or block INTT"),
    ("PROGRAM MAIN VAR\nf : FB_X; END_VAR\nf(a := 1);\nEND_PROGRAM", 2, "there is no type or block FB_X"),
    ("PROGRAM MAIN VAR\na, b : ARRAY[5..1] OF INT; END_VAR\na[1] := b[2];\nEND_PROGRAM", 2, "5..1 is empty"),
    ("PROGRAM MAIN\nVAR_EXTERNAL gx : INT; END_VAR\ngx := 1;\nEND_PROGRAM", 2, "no global variable gx"),
    (
        "PROGRAM MAIN\nVAR a, BY : INT; END_VAR END_PROGRAM",
        2,
        "BY is a word of the language and cannot be a name",
    ),
    ("PROGRAM MAIN\nVAR to AT %MW0 : INT; END_VAR END_PROGRAM", 2, "Choose another name, for example to_1"),
    (
        "PROGRAM MAIN VAR a : INT; END_VAR\na := (1 + 2));\nEND_PROGRAM",
        2,
        "')' closes nothing here, after ')'",
    ),
    ("PROGRAM MAIN VAR a : INT; END_VAR\na := ;\nEND_PROGRAM", 2, "';' is not expected here, after ':='"),
    ("FUNCTION_BLOCK B METHOD PUBLIC\n5 END_METHOD END_FUNCTION_BLOCK", 2, "Write PUBLIC or a name"),
    (GLOBAL, 2, "INTT"),
    (MEMBER, 2, "INTT"),
    (PARAMETERS, 2, "INTT"),
    (RESULT, 2, "INTT"),
    (BLOCK.format(access="PRIVATE"), 5, "M is PRIVATE in A. Make it PUBLIC"),
    (BLOCK.format(access="PROTECTED"), 5, "M is PROTECTED in A. Make it PUBLIC"),
    (INTERFACE, 4, "F does not implement ITF"),
    ("PROGRAM MAIN VAR x : INT; END_VAR\nADD(x, 1);\nEND_PROGRAM", 2, "the result of ADD is not used"),
    ("PROGRAM MAIN VAR t : TIME; END_VAR\nADD_TIME(t, t);\nEND_PROGRAM", 2, "the result of ADD_TIME is not"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text, line, told", ONE)
def test_that_one_mistake_is_one_problem(text: str, line: int, told: str, dialect: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": text}, dialect)
    (problem,) = caught.value.problems
    assert problem.where.line == line
    assert told in str(problem)


def test_that_ref_to_refers_to_its_own_type_only() -> None:
    text = "PROGRAM MAIN VAR r : REF_TO INT; x : {}; END_VAR\nr := REF(x);\nEND_PROGRAM"
    compile_st(text.format("INT"))
    with pytest.raises(Problems, match="for r a REF_TO INT refers to an INT, this is a REAL"):
        compile_st(text.format("REAL"))
    derived = "FUNCTION_BLOCK A END_FUNCTION_BLOCK FUNCTION_BLOCK B EXTENDS A END_FUNCTION_BLOCK\n"
    blocks = "PROGRAM MAIN VAR r : REF_TO {}; x : {}; END_VAR\nr := REF(x);\nEND_PROGRAM"
    compile_st(derived + blocks.format("A", "B"))
    with pytest.raises(Problems, match="refers to a B, this is a A"):
        compile_st(derived + blocks.format("B", "A"))


def test_that_an_unknown_name_is_told_beside_an_unknown_type() -> None:
    with pytest.raises(Problems) as caught:
        compile_st("PROGRAM MAIN VAR a : INTT; END_VAR\na := b;\nEND_PROGRAM")
    assert [problem.where.line for problem in caught.value.problems] == [1, 2]


def test_that_a_call_of_a_hidden_or_missing_method_is_one_message() -> None:
    text = """
FUNCTION_BLOCK Pump METHOD PROTECTED Update END_METHOD METHOD Start END_METHOD END_FUNCTION_BLOCK
PROGRAM MAIN VAR p : Pump; END_VAR
p.Update();
p.Stat();
END_PROGRAM"""
    with pytest.raises(Problems) as caught:
        compile_st(text, "twincat")
    assert [(p.where.line, p.what) for p in caught.value.problems] == [
        (4, "Update is PROTECTED in Pump"), (5, "Pump has no method Stat"),
    ]  # fmt: skip


def test_that_a_wrong_type_of_a_global_is_told_once() -> None:
    text = """VAR_GLOBAL g : INT; END_VAR
    PROGRAM P VAR_EXTERNAL g : BOOL; END_VAR VAR b : BOOL; END_VAR g := TRUE; b := g; END_PROGRAM"""
    with pytest.raises(Problems) as caught:
        compile_st(text)
    assert [problem.what for problem in caught.value.problems] == [
        "g is a BOOL here and an INT in VAR_GLOBAL"
    ]
