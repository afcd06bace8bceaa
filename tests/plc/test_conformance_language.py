"""A conformance suite of the language: each line is a condition that IEC 61131-3 edition 3 makes TRUE.

The expected values are worked out by hand from the text of the standard (the table is named where there is
one), never taken from the compiler. A line that is FALSE or that does not compile fails by its own text.
"""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

BLOCKS = """
TYPE Point : STRUCT x, y : INT; END_STRUCT; Row : ARRAY[0..2] OF INT;
    Box : STRUCT low, high : Point; name : STRING[5]; END_STRUCT;
END_TYPE
FUNCTION Spot : Point VAR_INPUT x : INT; END_VAR Spot.x := x; Spot.y := 10 * x; END_FUNCTION
FUNCTION Around : Box VAR_INPUT x : INT; END_VAR
Around.low.x := x - 1; Around.high := Spot(x + 1); Around.name := 'box';
END_FUNCTION
FUNCTION Scaled : INT
VAR_INPUT CONSTANT x : INT := 4; END_VAR
VAR CONSTANT FACTOR : INT := 3; END_VAR
Scaled := x * FACTOR;
END_FUNCTION
CLASS Base
VAR count : INT := 1; END_VAR
METHOD PUBLIC get : INT get := count; END_METHOD
METHOD PUBLIC factorial : LINT VAR_INPUT n : LINT; END_VAR
IF n <= 1 THEN factorial := 1; ELSE factorial := n * factorial(n - 1); END_IF
END_METHOD
METHOD PUBLIC row : Row VAR_INPUT n : INT; END_VAR row[n] := n + 5; END_METHOD
METHOD PUBLIC here : Point here.x := 8; here.y := 9; END_METHOD
END_CLASS
CLASS Derived EXTENDS Base
METHOD PUBLIC OVERRIDE get : INT get := SUPER.get() * 10 + THIS.two() + THIS.count; END_METHOD
METHOD PUBLIC two : INT two := 2; END_METHOD
END_CLASS
FUNCTION_BLOCK Counting
VAR_OUTPUT n : INT; END_VAR
n := n + 1;
END_FUNCTION_BLOCK
FUNCTION_BLOCK Twice EXTENDS Counting
SUPER();
n := n * 2;
END_FUNCTION_BLOCK
"""
VARIABLES = """VAR d : Derived; twice : Twice; i : INT := 2; on : BOOL := TRUE; off : BOOL; END_VAR
VAR CONSTANT THREE : INT := 3; END_VAR
"""


def chosen(selector: str, label: str) -> str:
    return f"CASE {selector} OF {label}: ok := TRUE; END_CASE"


def held(condition: str) -> bool:
    body = condition if condition.endswith(";") or "END_" in condition else f"ok := {condition};"
    text = f"{BLOCKS}PROGRAM MAIN\n{VARIABLES}VAR ok : BOOL; END_VAR\n{body}\nEND_PROGRAM"
    plc = compile_st(text).start()
    plc.run(1)
    return plc["MAIN.ok"] is True


@pytest.mark.parametrize(
    "condition",
    [
        # table 33: comparisons take ANY_ELEMENTARY, a BOOL is a bit string of one bit
        "on > off", "off < on", "on >= on", "NOT (off > off)", "GT(on, off)", "MAX(off, on)",
        "NOT MIN(off, on)",
        # members and elements of what a call gives
        "Spot(3).y = 30", "Spot(x := 4).x = 4", "Around(5).high.x = 6", "Around(5).high.y = 60",
        "Around(i).low.x = 1", "Around(1).name = 'box'", "d.row(i)[i] = 7", "d.row(1)[i - 1] = 6",
        "d.here().y = 9",
        # an input that is CONSTANT can not be written inside, its value is that of the call
        "Scaled(5) = 15", "Scaled(x := i) = 6", "Scaled() = 12",
        # 6.6.5: SUPER and THIS reach methods and the body, a method may call itself
        "d.get() = 13", "d.factorial(10) = 3628800", "twice(); twice(); ok := twice.n = 6;",
        # 7.3.3: a label of CASE is a constant expression
        chosen("i", "THREE - 1"), chosen("7", "THREE + 1..THREE * 3"), chosen("-6", "-2 * THREE"),
    ],
)  # fmt: skip
def test_that_what_the_standard_says_holds(condition: str) -> None:
    assert held(condition)


@pytest.mark.parametrize(
    ("text", "number"),
    # the number that the text begins with, as STRING_TO_INT has it (Panasonic's manual: "the analysis ends
    # with the first non-decimal number"); C's words for what is no number are not IEC's
    [("1.5", 1.5), ("1.5abc", 1.5), ("  -2.25 bar", -2.25), ("1.0E-3xyz", 0.001), ("7.", 7.0), (".5", 0.5),
     ("1_5", 1.0), ("nan", 0.0), ("inf", 0.0), ("-Infinity", 0.0), ("", 0.0), ("E5", 0.0), ("2E", 2.0)],
)  # fmt: skip
def test_that_a_text_gives_the_number_that_it_begins_with(text: str, number: float) -> None:
    body = f"x := STRING_TO_LREAL('{text}');"
    plc = compile_st(f"PROGRAM MAIN\nVAR x : LREAL; END_VAR\n{body}\nEND_PROGRAM").start()
    plc.run(1)
    assert plc["MAIN.x"] == number


def test_that_a_character_is_the_first_one_of_a_text() -> None:
    assert held("STRING_TO_CHAR('hello') = 'h'")


@pytest.mark.parametrize(
    ("declarations", "body"),
    [
        ("m : Point; n : LINT;", "n := ADR(m.x) - (m);"),  # a structure is no number of bytes
        ("made : Counting(first := ;", ""),
        ("made : Counting(first := ", "); ;"),
        ("n : INT (red := );", ""),
    ],
)
def test_that_what_makes_no_sense_is_a_problem(declarations: str, body: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(f"{BLOCKS}PROGRAM MAIN\nVAR {declarations} END_VAR\n{body}\nEND_PROGRAM")
    assert all(problem.where.line and problem.where.column for problem in caught.value.problems)
