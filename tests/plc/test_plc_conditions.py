"""Conditions of breakpoints and triggers: what they mean, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.plc import compile_st
from commissioning.plc.debugging.conditions import Condition

VALUES = {"a": 3, "b": -2, "x": 1.5, "on": True, "off": False, "t": 250_000_000, "s": "abc", "z[1,2].n": 7}


def holds(text: str) -> bool:
    return Condition(text).holds(VALUES.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", True), ("NOT on", False), ("a = 3", True), ("a <> 3", False), ("a > b AND b < 0", True),
        ("off OR a >= 3", True), ("on XOR on", False), ("NOT off AND on", True), ("a + b * 2 = -1", True),
        ("(a + b) * 2 = 2", True), ("t >= T#250ms", True), ("t > T#0.25s", False), ("s = 'abc'", True),
        ("a = 16#3", True), ("x < 1.6", True), ("z[1, 2].n = 7", True), ("a / 2 = 1", True), ("-b = 2", True),
        ("a = INT#3", True), ("on = TRUE", True), ("(a > 1) = (b < 1)", True), ("x / 0 = 1.0", False),
        ("off OR on AND off", False), ("not (a=3 and off)", True), ("7 / -2 = -3", True),
    ],
)  # fmt: skip
def test_that_conditions_mean_what_structured_text_does(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    "text",
    ["", "a >", "a = = 3", "(a", "a)", "AND a", "a b", "__import__('os')", "a; b", "a.b(", "1 2", "T#5parsec",
     "(" * 60 + "a" + ")" * 60, "a" * 600],
)  # fmt: skip
def test_that_other_texts_are_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Condition(text)


def test_that_types_that_do_not_go_together_are_told() -> None:
    for text in ("a", "a AND on", "NOT a", "s > a"):
        with pytest.raises(TypeError):
            holds(text)
    with pytest.raises(KeyError):
        holds("nothing = 1")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1 .()<>=+-*/'#T_[]$ANDORX", max_size=40))
def test_that_no_text_does_anything_but_raise_or_answer(text: str) -> None:
    try:
        condition = Condition(text)
        condition.holds(lambda path: 1)
    except (ValueError, TypeError):
        pass


def test_that_a_breakpoint_asks_in_the_variables_of_its_call() -> None:
    text = """FUNCTION_BLOCK Counter
VAR_INPUT step : INT; END_VAR
VAR n : INT; END_VAR
n := n + step;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR one, two : Counter; END_VAR
one(step := 1);
two(step := 10);
END_PROGRAM
"""
    plc = compile_st({"main.st": text}).start()
    with plc.debug() as debugger:
        debugger.stop_at(4, condition="n > 15 AND step <> 1")
        where = debugger.run()
        assert where is not None
        assert (where.path, debugger.read("n")) == ("MAIN.two", 20)
        debugger.remove()
        where = debugger.run(until="MAIN.one.n = 5")
        assert where is not None
        assert (plc["MAIN.one.n"], plc["MAIN.two.n"], where.line) == (5, 40, 9)
        with pytest.raises(KeyError, match="Counter has no variable m"):
            debugger.stop_at(4, condition="m > 1")
        with pytest.raises(KeyError, match="the program has no variable n"):
            debugger.run(until="n > 1")


def test_that_a_trace_may_be_triggered_by_a_comparison() -> None:
    plc = compile_st("PROGRAM MAIN\nVAR n : INT; END_VAR\nn := n + 1;\nEND_PROGRAM\n").start()
    trace = plc.trace(["MAIN.n"], trigger="MAIN.n > 4", pre="10 ms", post="10 ms")
    plc.run(scans=10)
    assert trace.triggered_ns == 40_000_000
    assert [values[0] for _, values in trace.samples] == [4, 5, 6]
