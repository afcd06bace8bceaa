"""POUs for implicit checks, as the manuals of CODESYS and TwinCAT (and a test of RuSTy) have them."""

from __future__ import annotations

import time

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, compile_st
from commissioning.plc.values.iec_types import Value

BOUNDS = """FUNCTION CheckBounds : DINT
VAR_INPUT index, lower, upper : DINT; END_VAR
IF index < lower THEN CheckBounds := lower; ELSIF index > upper THEN CheckBounds := upper;
ELSE CheckBounds := index; END_IF
END_FUNCTION
"""
DIVISION = """FUNCTION CheckDivInt : DINT VAR_INPUT divisor : DINT; END_VAR
IF divisor = 0 THEN CheckDivInt := 1; ELSE CheckDivInt := divisor; END_IF
END_FUNCTION
FUNCTION CheckDivLInt : LINT VAR_INPUT divisor : LINT; END_VAR
CheckDivLInt := SEL(divisor = 0, divisor, 2); END_FUNCTION
FUNCTION CheckDivReal : REAL VAR_INPUT divisor : REAL; END_VAR
CheckDivReal := SEL(divisor = 0.0, divisor, 4.0); END_FUNCTION
FUNCTION CheckDivLReal : LREAL VAR_INPUT divisor : LREAL; END_VAR
CheckDivLReal := SEL(divisor = 0.0, divisor, 5.0); END_FUNCTION
"""
RANGES = """FUNCTION CheckRangeSigned : DINT VAR_INPUT value, lower, upper : DINT; END_VAR
CheckRangeSigned := LIMIT(lower, value, upper); END_FUNCTION
FUNCTION CheckRangeUnsigned : UDINT VAR_INPUT value, lower, upper : UDINT; END_VAR
CheckRangeUnsigned := LIMIT(lower, value, upper); END_FUNCTION
FUNCTION CheckLRangeSigned : LINT VAR_INPUT value, lower, upper : LINT; END_VAR
CheckLRangeSigned := -77; END_FUNCTION
"""


def ran(functions: str, declarations: str, body: str, dialect: str = "codesys") -> Plc:
    text = f"{functions}PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM"
    plc = compile_st(text, dialect).start()
    plc.run(1)
    return plc


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
@pytest.mark.parametrize(
    ("functions", "declarations", "body", "wanted"),
    [
        (BOUNDS, "a : ARRAY[1..3] OF INT; i : INT := 9; x : INT;", "a[i] := 5; x := a[3];", 5),
        (BOUNDS, "a : ARRAY[-2..3] OF INT; i : UDINT := 9; x : INT;", "a[i] := 5; i := 7; x := a[i];", 5),
        (BOUNDS, "a : ARRAY[1..2, 1..2] OF INT; i : INT; x : INT;", "a[i, 7 - i] := 8; x := a[1, 2];", 8),
        (
            BOUNDS,
            "a : ARRAY[1..3] OF INT; i : INT := 9; x : INT;",
            "a[i] := a[i] + 1; a[i] := a[i] + 1; x := a[3];",
            2,
        ),
        (DIVISION, "x : INT := 7; zero : INT;", "x := x / zero;", 7),
        (DIVISION, "x : LINT := 7; zero : LINT;", "x := x / zero;", 3),
        (DIVISION, "x : REAL := 6.0; zero : REAL;", "x := x / zero;", 1.5),
        (DIVISION, "x : LREAL := 6.0; zero : LREAL;", "x := x / zero;", 1.2),
        (RANGES, "x : INT(-100..100); i : INT := 300;", "x := i;", 100),
        (RANGES, "x : USINT(0..50); i : USINT := 60;", "x := i;", 50),
        (RANGES, "x : LINT(-100..100); i : LINT := 1;", "x := i;", -77),
    ],
)
def test_that_the_program_goes_on_with_what_a_check_gives(
    functions: str, declarations: str, body: str, wanted: Value, dialect: str
) -> None:
    plc = ran(functions, declarations, body, dialect)
    assert plc["MAIN.x"] == wanted
    assert not plc.program.notices


def test_that_a_check_is_not_called_inside_another() -> None:
    text = BOUNDS.replace("IF index < lower", "row[index] := 1;\nIF index < lower").replace(
        "upper : DINT; END_VAR", "upper : DINT; END_VAR VAR row : ARRAY[0..2] OF INT; END_VAR"
    )
    with pytest.raises(PlcError, match="the index 9 is outside"):
        ran(text, "a : ARRAY[1..3] OF INT; i : INT := 9;", "a[i] := 5;")


def test_that_the_standard_has_no_implicit_checks() -> None:
    with pytest.raises(PlcError, match="the index 9 is outside"):
        ran(BOUNDS, "a : ARRAY[1..3] OF INT; i : INT := 9;", "a[i] := 5;", "iec")


@pytest.mark.parametrize("marked", [False, True])
def test_that_the_attribute_no_check_calls_none_in_its_pou(marked: bool) -> None:
    """Also not in its actions; what it calls is checked as ever."""
    text = """FUNCTION F : INT
    VAR_INPUT i : INT; END_VAR VAR a : ARRAY[1..3] OF INT := [5, 6, 7]; END_VAR F := a[i]; END_FUNCTION
    {attribute 'no_check'}
    FUNCTION_BLOCK B
    VAR a : ARRAY[1..3] OF INT := [5, 6, 7]; i : INT := 1; x, y : INT; END_VAR
    x := a[i]; Act();
    ACTION Act: y := a[i]; END_ACTION
    END_FUNCTION_BLOCK
    """
    always = BOUNDS.replace("IF index <", "CheckBounds := 3; RETURN; IF index <", 1)
    functions = always + (text if marked else text.replace("{attribute 'no_check'}", ""))
    plc = ran(functions, "b : B; x : INT;", "b(); x := F(1);")
    wanted = 5 if marked else 7
    assert (plc["MAIN.b.x"], plc["MAIN.b.y"], plc["MAIN.x"]) == (wanted, wanted, 7)


DEEP = 18
RETURNING = """FUNCTION F : REFERENCE TO DINT VAR_INPUT a : DINT; END_VAR VAR_STAT k : DINT; END_VAR
k := a + 1; F REF= k; END_FUNCTION
"""


@pytest.mark.parametrize(
    ("functions", "body", "wanted"),
    [
        (BOUNDS, f"x := {'a[' * DEEP}x{']' * DEEP};", 3),
        (DIVISION, f"x := {'8 / (' * DEEP}x{')' * DEEP};", 1),
        (RETURNING, f"x := {'F(' * DEEP}x{')' * DEEP};", DEEP),
    ],
    ids=["indices", "divisors", "references that functions give"],
)
def test_that_what_is_checked_in_each_other_is_looked_at_once(functions: str, body: str, wanted: int) -> None:
    begun = time.monotonic()
    plc = ran(functions, "x : DINT; a : ARRAY[0..3] OF DINT := [1, 2, 3, 3];", body)
    assert time.monotonic() - begun < 10  # it took a minute, and twice as long with one more
    assert plc["MAIN.x"] == wanted


def test_that_assignments_in_each_other_of_a_wrong_type_are_told_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(Problems, match="for s a STRING is expected here"):
        ran("", "s : STRING; x : INT;", f"{'s := (' * DEEP}x{')' * DEEP};")
    assert time.monotonic() - begun < 5
