"""What is wrong with a chart is told, with its place; how large one may be."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError

sys.path.insert(0, str(Path(__file__).parent))
from test_sfc import started

TWO = "INITIAL_STEP A1: END_STEP\nTRANSITION FROM A1 TO B1 := go; END_TRANSITION\nSTEP B1: END_STEP\n"
BACK = "TRANSITION FROM B1 TO A1 := NOT go; END_TRANSITION\n"
FORK = """INITIAL_STEP S: END_STEP
TRANSITION FROM S TO (A1, B1) := go; END_TRANSITION
STEP A1: END_STEP
STEP B1: END_STEP
STEP E: END_STEP
TRANSITION FROM A1 TO S := go; END_TRANSITION
TRANSITION FROM B1 TO E := go; END_TRANSITION
"""
NEVER = """INITIAL_STEP S: END_STEP STEP A1: END_STEP STEP B1: END_STEP STEP E: END_STEP
TRANSITION FROM S TO A1 := go; END_TRANSITION
TRANSITION FROM S TO B1 := go; END_TRANSITION
TRANSITION FROM (A1, B1) TO E := go; END_TRANSITION
TRANSITION FROM A1 TO E := go; END_TRANSITION
"""


@pytest.mark.parametrize(
    ("body", "line", "expected"),
    [
        (TWO.replace("INITIAL_STEP", "STEP"), 3, "the chart has no initial step"),
        (TWO.replace("STEP B1", "INITIAL_STEP B1"), 5, "B1 is a second initial step, the first is A1"),
        (TWO + "STEP C1: END_STEP\n", 6, "no way leads from the initial step to C1"),
        (
            TWO + "STEP C1: END_STEP STEP D1: END_STEP TRANSITION FROM C1 TO D1 := go; END_TRANSITION",
            6, "no initial step leads to C1",
        ),
        (TWO + "TRANSITION FROM B1 TO C1 := go; END_TRANSITION", 6, "there is no step C1"),
        (TWO + "STEP A1: END_STEP", 6, "there is a step A1 in line 3 already"),
        (TWO + BACK.replace("FROM", "t FROM") * 2, 7, "there is a transition t in line 6 already"),
        (TWO.replace("A1 TO", "(A1, A1) TO"), 4, "the step A1 stands here twice"),
        (TWO.replace("B1: ", "B1: out(L); "), 5, "L needs a time"),
        (TWO.replace("B1: ", "B1: out(N, T#5s); "), 5, "N takes no time"),
        (TWO.replace("B1: ", "B1: out(X); "), 5, "X is no qualifier of an action; there are N, R, S,"),
        (TWO.replace("B1: ", "B1: out(L, 5); "), 5, "for the time a TIME"),
        (TWO.replace("B1: ", "B1: gone(N); "), 5, "there is no action and no variable gone"),
        (TWO.replace("B1: ", "B1: n(N); "), 5, "n is an INT; an action is an ACTION or a BOOL variable"),
        (TWO.replace("B1: ", "B1: out(Q := N); "), 5, "Q := is not expected here"),
        (TWO.replace(":= go", ":= n"), 4, "a BOOL condition"),
        (TWO.replace(":= go", ":= A1.Y"), 4, "has no Y; it has X, T"),
        (TWO.replace("B1: ", "B1: act(N); ") + "ACTION act: A1.X := TRUE; END_ACTION", 6, "is an output"),
        (TWO.replace("B1: ", "B1: act(N); ") + "ACTION act: A1(); END_ACTION", 6, "A1 is a step of a chart"),
        (TWO.replace("B1: ", "B1: go(N); ") + "ACTION go: ; END_ACTION", 5, "go is a variable and an action"),
        (TWO.replace("B1: ", "B1: B1(N); ") + "ACTION B1: ; END_ACTION", 5, "B1 is a step and an action"),
        (TWO.replace("A1", "go"), 3, "go is declared a second time"),
        (TWO + "n := 1;", 6, "statements stand beside the steps of a chart"),
        (
            FORK,
            4, "this transition may activate B1 a second time",
        ),
        (
            NEVER,
            6, "this transition is never cleared: A1 and B1 are never active together",
        ),
    ],
)  # fmt: skip
def test_that_what_is_wrong_with_a_chart_is_told(body: str, line: int, expected: str) -> None:
    with pytest.raises(Problems) as raised:
        started(body, "go, out : BOOL; n : INT;")
    found = [(p.where.line, p.what) for p in raised.value.problems]
    assert any(where == line and expected in what for where, what in found), found


def test_that_a_function_has_no_chart() -> None:
    with pytest.raises(Problems, match="a FUNCTION has no sequential function chart"):
        started("", "", "FUNCTION F : INT\nINITIAL_STEP A1: END_STEP\nEND_FUNCTION\n")


def test_that_a_division_by_zero_in_a_condition_is_told_with_its_place() -> None:
    plc = started(TWO.replace(":= go", ":= 10 / n > 2"), "n : INT;")
    with pytest.raises(PlcError, match="division by zero") as raised:
        plc.run(scans=1)
    assert raised.value.line == 4


# ---- size ----------------------------------------------------------------------------------------------


def test_that_large_and_wide_charts_are_compiled_in_time() -> None:
    """2,000 steps in a row; 40 simultaneous sequences, whose markings nobody could walk."""
    row = "INITIAL_STEP S0: END_STEP\n"
    row += "".join(f"STEP S{k}: out(N); END_STEP\n" for k in range(1, 2000))
    row += "".join(
        f"TRANSITION FROM S{k} TO S{(k + 1) % 2000} := S{k}.T > T#1s; END_TRANSITION\n" for k in range(2000)
    )
    wide = "INITIAL_STEP S: END_STEP\n"
    wide += "".join(f"STEP A{k}: END_STEP STEP B{k}: END_STEP\n" for k in range(40))
    wide += f"TRANSITION FROM S TO ({', '.join(f'A{k}' for k in range(40))}) := TRUE; END_TRANSITION\n"
    wide += "".join(f"TRANSITION FROM A{k} TO B{k} := out; END_TRANSITION\n" for k in range(40))
    wide += f"TRANSITION FROM ({', '.join(f'B{k}' for k in range(40))}) TO S := TRUE; END_TRANSITION\n"
    begin = time.process_time()
    for body in (row, wide):
        started(body, "out : BOOL;").run(scans=3)
    assert time.process_time() - begin < 10
