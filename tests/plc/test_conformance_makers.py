"""A conformance suite of what CODESYS and TwinCAT know beyond the standard; values worked out by hand."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

MAKERS = ("codesys", "twincat")
VARIABLES = """VAR s : STRUCT a, b : BIT; END_STRUCT; wide : WSTRING := "abcd"; i : INT := 11; n : INT := 5;
p : PVOID; x : __XINT := -1; u : __UXINT; w : __XWORD; END_VAR
"""
CONDITIONS = [
    # parameters of the library Standard
    "LEN(STR := 'abc') = 3", "LEFT(STR := 'abc', SIZE := 2) = 'ab'", "RIGHT(STR := 'abc', SIZE := 2) = 'bc'",
    "MID(STR := 'abcd', LEN := 2, POS := 3) = 'cd'", "CONCAT(STR1 := 'a', STR2 := 'b') = 'ab'",
    "INSERT(STR1 := 'ad', STR2 := 'bc', POS := 1) = 'abcd'",
    "DELETE(STR := 'abcd', LEN := 2, POS := 2) = 'ad'",
    "REPLACE(STR1 := 'abcd', STR2 := 'X', L := 2, P := 2) = 'aXd'", "FIND(STR1 := 'abc', STR2 := 'c') = 3",
    # library Standard64
    "WLEN(wide) = 4", 'WLEFT(wide, 2) = "ab"', 'WCONCAT(wide, "e") = "abcde"', 'WFIND(wide, "cd") = 3',
    # all bits of a whole number: two's complement, NOT 11 = -12
    "NOT i = -12", "NOT (NOT i) = 11", "(i AND 6) = 2", "(NOT i OR 8) = -4",
    "NOT s.a AND NOT s.b", "x + 1 = 0", "LTIME() = T#0s", "SIZEOF(p) = 8", "SIZEOF(w) = 8",
]  # fmt: skip


def program(condition: str) -> str:
    return f"PROGRAM MAIN\n{VARIABLES}VAR ok : BOOL; END_VAR\nok := {condition};\nEND_PROGRAM"


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_that_what_the_makers_say_holds(condition: str, dialect: str) -> None:
    plc = compile_st(program(condition), dialect).start()
    plc.run(1)
    assert plc["MAIN.ok"] is True


@pytest.mark.parametrize("call", ["LEFT(STR := 'abc', SIZE := 2) = 'ab'", 'WLEN("abc") = 3', "NOT 5 = -6"])
def test_that_the_standard_has_none_of_it(call: str) -> None:
    with pytest.raises(Problems):
        compile_st(f"PROGRAM MAIN VAR ok : BOOL; END_VAR ok := {call}; END_PROGRAM")


def test_that_the_types_of_makers_are_names_like_others_in_the_standard() -> None:
    text = "TYPE BIT : INT := 3; END_TYPE PROGRAM MAIN VAR xint : BIT; END_VAR xint := xint + 1; END_PROGRAM"
    for dialect in ("iec", *MAKERS):
        plc = compile_st(text, dialect).start()
        plc.run(1)
        assert plc["MAIN.xint"] == 4


READERS = """
TYPE Pair : STRUCT a, b : INT; END_STRUCT END_TYPE
FUNCTION Size : INT VAR_IN_OUT CONSTANT text : STRING; END_VAR Size := LEN(text); END_FUNCTION
FUNCTION Next : INT VAR_IN_OUT CONSTANT x : INT; END_VAR Next := x + 1; END_FUNCTION
FUNCTION Sum : INT VAR_IN_OUT CONSTANT p : Pair; END_VAR Sum := p.a + p.b; END_FUNCTION
FUNCTION Made : Pair VAR_INPUT a : INT; END_VAR Made.a := a; Made.b := 10 * a; END_FUNCTION
"""


@pytest.mark.parametrize("dialect", MAKERS)
@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("Size('hello')", 5), ("Size(short)", 3), ("Size(CONCAT(short, short))", 6), ("Next(41)", 42),
        ("Next(n + 2)", 6), ("Next(FIXED)", 8), ("Next(row[n])", 2), ("Sum(Made(2))", 22), ("Sum(pair)", 7),
    ],
)  # fmt: skip
def test_that_a_read_only_reference_takes_any_value(call: str, wanted: int, dialect: str) -> None:
    text = f"""{READERS}PROGRAM MAIN
    VAR CONSTANT FIXED : INT := 7; END_VAR
    VAR n : INT := 3; short : STRING[3] := 'abc'; row : ARRAY[0..3] OF INT := [4(1)];
        pair : Pair := (a := 3, b := 4); got : INT; END_VAR
    got := {call};
    END_PROGRAM"""
    plc = compile_st(text, dialect).start()
    plc.run(1)
    assert plc["MAIN.got"] == wanted


def test_that_a_read_only_reference_is_not_written() -> None:
    text = (
        "FUNCTION F : INT VAR_IN_OUT CONSTANT x : INT; END_VAR x := 1; END_FUNCTION\nPROGRAM MAIN END_PROGRAM"
    )
    with pytest.raises(Problems, match="CONSTANT"):
        compile_st(text, "twincat")
