"""VAR_GENERIC CONSTANT: every use of a block chooses its constants, `Stack<20>`."""

from __future__ import annotations

import time

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st

BLOCKS = """FUNCTION_BLOCK Stack
VAR_GENERIC CONSTANT
    most : UDINT := 5;
    step : INT := 1;
END_VAR
VAR items : ARRAY[1..most] OF INT; n : INT; END_VAR
METHOD Push : BOOL
VAR_INPUT x : INT; END_VAR
IF n < most THEN n := n + step; items[n] := x; Push := TRUE; END_IF
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Pair
VAR_GENERIC CONSTANT k : UDINT; END_VAR
VAR a : Stack<k + 1>; b : Stack<k, 2>; END_VAR
a.Push(1); b.Push(2);
END_FUNCTION_BLOCK
FUNCTION_BLOCK Own EXTENDS Stack<3> IMPLEMENTS I_Own
VAR done : BOOL; END_VAR
done := SUPER^.Push(4);
END_FUNCTION_BLOCK
INTERFACE I_Own
END_INTERFACE
VAR_GLOBAL CONSTANT seven : UDINT := 7; END_VAR
"""


def scanned(declared: str, body: str, blocks: str = BLOCKS) -> Plc:
    text = f"{blocks}PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"
    plc = compile_st({"m.st": text}, "twincat").start()
    plc.scan(0)
    return plc


def test_that_each_choice_is_a_block_of_its_own() -> None:
    declared = (
        "two : Stack<2>; five : Stack; rows : ARRAY[1..2] OF Stack<seven>; i : INT; p : POINTER TO Stack<2>;"
    )
    body = "FOR i := 1 TO 12 DO two.Push(i); five.Push(i); rows[2].Push(i); END_FOR p := ADR(two); i := p^.n;"
    plc = scanned(declared, body)
    assert [plc[f"MAIN.{name}"] for name in ("two.n", "five.n", "rows[2].n", "i", "two.items[2]")] == [
        2,
        5,
        7,
        2,
        2,
    ]


def test_that_a_choice_may_name_constants_around_it_and_stand_behind_extends() -> None:
    plc = scanned("p : Pair<4>; o : Own;", "p(); o();")
    assert [plc[f"MAIN.{name}"] for name in ("p.a.n", "p.b.n", "p.b.items[2]", "o.n", "o.done")] == [
        1,
        2,
        2,
        1,
        True,
    ]
    assert plc["MAIN.p.a.most"] == 5 and plc["MAIN.p.b.most"] == 4


@pytest.mark.parametrize(
    ("declared", "body", "what"),
    [
        ("s : Stack<4, 1, 3>;", ";", r"no type or block Stack<4, 1, 3>"),
        ("s : Stack<x>; x : INT;", ";", "constant whole number|not declared"),
        ("s : Stack<2>;", "s.Push('a');", "is expected here"),
    ],
)
def test_that_mistakes_are_told(declared: str, body: str, what: str) -> None:
    with pytest.raises(Problems, match=what):
        scanned(declared, body)


def test_that_a_block_that_chooses_itself_without_end_is_refused_soon() -> None:
    begun = time.monotonic()
    with pytest.raises(Problems):
        scanned(
            "s : Deep<1>;",
            ";",
            "FUNCTION_BLOCK Deep\nVAR_GENERIC CONSTANT n : INT; END_VAR\n"
            "VAR d : Deep<n + 1>; END_VAR\nEND_FUNCTION_BLOCK\n",
        )
    assert time.monotonic() - begun < 10


def test_that_a_stub_takes_any_choice() -> None:
    declared = "a : Aux<4>; b : Aux<5>(first := 3); n : INT;"
    text = f"PROGRAM MAIN\nVAR {declared} END_VAR\nn := a.Go(1); b.Go(3);\nEND_PROGRAM"
    found = compile_st({"m.st": text}, "twincat", stubs=True)
    assert not [notice for notice in found.notices if "only stubs declare" in notice.what]


def test_that_comparisons_are_comparisons() -> None:
    plc = scanned(
        "a : INT := 2; q, r : BOOL; t : ARRAY[0..1] OF INT;",
        "q := (a < 3) AND (4 > a); r := t[0] < a; IF a < 3 OR a > (5) THEN a := 9; END_IF",
    )
    assert (plc["MAIN.q"], plc["MAIN.r"], plc["MAIN.a"]) == (True, True, 9)


def test_that_constants_may_leave_an_array_without_elements() -> None:
    plc = scanned("s : Stack<0>; n : INT;", "s.Push(3); n := s.n;")
    assert plc["MAIN.n"] == 0
    with pytest.raises(Problems, match="has no element"):
        scanned("a : ARRAY[1..0] OF INT;", ";", "")
