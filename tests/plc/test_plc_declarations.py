"""Sections of declarations and their qualifiers: what holds, what has no effect, what contradicts itself."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, Program, compile_st


def program(text: str, dialect: str = "iec") -> Program:
    return compile_st({"m.st": text}, dialect)


def ran(text: str, scans: int = 2, dialect: str = "iec") -> Plc:
    plc = program(text, dialect).start()
    for scan in range(scans):
        plc.scan(scan)
    return plc


def test_that_var_temp_of_a_program_begins_anew_in_each_scan() -> None:
    plc = ran("""PROGRAM MAIN VAR_TEMP t : INT := 5; a : ARRAY[1..2] OF INT := [7, 8]; END_VAR
    VAR n : INT; END_VAR t := t + 1; a[2] := a[2] + t; n := a[2]; END_PROGRAM""", scans=3)  # fmt: skip
    assert plc["MAIN.n"] == 14


def test_that_a_constant_from_outside_is_a_constant_expression() -> None:
    plc = ran("""VAR_GLOBAL CONSTANT c : INT := 4; END_VAR
    PROGRAM MAIN VAR_EXTERNAL CONSTANT c : INT; END_VAR VAR n : INT; a : ARRAY[1..c] OF INT := [c(2)]; END_VAR
    n := c + a[4]; END_PROGRAM""")  # fmt: skip
    assert plc["MAIN.n"] == 6


@pytest.mark.parametrize("inside", ["c := 5;", "Change();", "s.m := 5;", "f(x := c);"])
def test_that_a_constant_from_outside_is_only_read_by_its_program(inside: str) -> None:
    text = f"""TYPE S : STRUCT m : INT; END_STRUCT END_TYPE
    VAR_GLOBAL c : INT := 4; s : S; END_VAR
    FUNCTION_BLOCK F VAR_IN_OUT x : INT; END_VAR x := 1; END_FUNCTION_BLOCK
    PROGRAM OTHER VAR_EXTERNAL c : INT; END_VAR c := 3; END_PROGRAM
    PROGRAM MAIN VAR_EXTERNAL CONSTANT c : INT; s : S; END_VAR VAR f : F; END_VAR
    METHOD Change {"c := 6;" if inside.startswith("Change") else ""} END_METHOD
    {inside} END_PROGRAM"""
    with pytest.raises(Problems) as caught:
        program(text)
    name = "s" if inside.startswith("s") else "c"
    assert [p.what for p in caught.value.problems] == [
        f"{name} is VAR_EXTERNAL CONSTANT here: it is only read"
    ]


def test_that_retain_and_persistent_stand_in_any_order_and_together() -> None:
    text = """PROGRAM MAIN VAR RETAIN PERSISTENT a : INT; END_VAR VAR PERSISTENT RETAIN b : INT; END_VAR
    VAR RETAIN c : INT; END_VAR VAR PERSISTENT d : INT; END_VAR
    VAR NON_RETAIN e : INT; END_VAR VAR f : INT; END_VAR
    a := a + 1; b := b + 1; c := c + 1; d := d + 1; e := e + 1; f := f + 1; END_PROGRAM"""
    for kind, wanted in (("warm", [2, 2, 2, 2, 0, 0]), ("cold", [2, 2, 0, 2, 0, 0])):
        plc = ran(text)
        plc.start(kind)  # type: ignore[arg-type]
        assert [plc[f"MAIN.{name}"] for name in "abcdef"] == wanted, kind


@pytest.mark.parametrize(
    "text, told",
    [
        (
            "VAR_GLOBAL CONSTANT RETAIN c : INT := 1; END_VAR",
            "a CONSTANT has its value from the program: RETAIN",
        ),
        (
            "FUNCTION F : INT VAR RETAIN c : INT; END_VAR F := c; END_FUNCTION",
            "the variables of a FUNCTION end",
        ),
        (
            "FUNCTION_BLOCK B METHOD M VAR PERSISTENT c : INT; END_VAR END_METHOD END_FUNCTION_BLOCK",
            "the variables of a METHOD end with each call: PERSISTENT has no effect",
        ),
        (
            "FUNCTION_BLOCK B VAR_TEMP RETAIN c : INT; END_VAR END_FUNCTION_BLOCK",
            "the variables of VAR_TEMP end",
        ),
    ],
)
def test_that_what_cannot_be_retained_is_told(text: str, told: str) -> None:
    notices = program(text + " PROGRAM MAIN END_PROGRAM").notices
    assert [told in notice.what for notice in notices] == [True]
    assert notices[0].severity == "warning"


def test_that_retain_and_non_retain_contradict_each_other() -> None:
    with pytest.raises(Problems, match="VAR is RETAIN and NON_RETAIN at once"):
        program("PROGRAM MAIN VAR RETAIN NON_RETAIN c : INT; END_VAR END_PROGRAM")


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_pragmas_stand_anywhere_in_declarations(dialect: str) -> None:
    text = """{attribute 'qualified_only'} {library public}
    VAR_GLOBAL {attribute 'x'} a {attribute 'y' := 'z'} : {attribute 'q'} INT
    {attribute 'w'} := {k} 5; {end} END_VAR
    TYPE {attribute 'strict'} {attribute 'to_string'} E : ({attribute 'a'} one, two {b}) {c} INT; END_TYPE
    {attribute 'no_assign'}
    PROGRAM {attribute 'p'} MAIN {attribute 'reflection'}
    VAR {attribute 'hide'}
      n {attribute 'displaymode' := 'hex'} : INT; {warning disable C0371}
      {attribute 'TcLinkTo' := 'TIIB[a}]^b'}
      e : E := E.two; {region "x"} {endregion} {text 'note'} {info 'i'}
    END_VAR {flow} n := a {in expressions} + 1; END_PROGRAM"""
    plc = ran(text, 1, dialect)
    assert (plc["MAIN.n"], plc["MAIN.e"]) == (6, 1)
