"""Breakpoints are found again in an edited program: by POU and text of the line."""

from __future__ import annotations

import json

import pytest

from commissioning.plc import compile_st
from commissioning.plc.debugging.anchors import KeptBreakpoint
from commissioning.plc.debugging.debugger import Debugger

SOURCE = """FUNCTION_BLOCK Counter
VAR_INPUT step : INT; END_VAR
VAR_OUTPUT n : INT; END_VAR
n := n + step;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR c : Counter; sum, k : INT; END_VAR
c(step := 1);
sum := 0;
FOR k := 1 TO 2 DO
  sum := sum + c.n;
END_FOR
sum := 0;
IF sum = 0 THEN
  sum := 0;
END_IF
END_PROGRAM
"""


def debugger(source: str, file: str = "main.st") -> Debugger:
    return compile_st({file: source}).start().debug()


def kept(*lines: int) -> tuple[KeptBreakpoint, ...]:
    """Breakpoints in lines of SOURCE, once through JSON."""
    first = debugger(SOURCE)
    for line in lines:
        first.stop_at(line)
    plain = json.loads(json.dumps([point.as_plain() for point in first.kept()]))
    return tuple(KeptBreakpoint.of_plain(one) for one in plain)


def lines(made: Debugger) -> list[int]:
    return [point.line for point in made.breakpoints]


@pytest.mark.parametrize("line", [4, 8, 9, 10, 11, 13, 14, 15])
def test_that_each_line_is_found_again_in_the_same_program_in_another_file(line: int) -> None:
    again = debugger(SOURCE, "machine.st")
    assert again.adopt(kept(line)) == ()
    assert lines(again) == [line]
    assert again.run() is not None


def test_that_a_breakpoint_goes_with_its_line() -> None:
    moved = SOURCE.replace("c(step := 1);", "k := 7; // new\nk := k + 1;\nc( step  :=  1 );  (* as before *)")
    moved = moved.replace("c( step  :=  1 )", "c(step := 1)").replace("VAR_OUTPUT n", "VAR_OUTPUT\n n")
    again = debugger(moved)
    assert again.adopt(kept(4, 8, 11)) == ()
    assert lines(again) == [5, 11, 14]


def test_that_of_equal_lines_the_one_between_the_same_lines_is_taken() -> None:
    fewer = SOURCE.replace("c(step := 1);\nsum := 0;", "c(step := 1);")
    for line, now in ((9, 12), (13, 12), (15, 14)):
        again = debugger(fewer)
        again.adopt(kept(line))
        assert lines(again) == [now]
    more = SOURCE.replace("c(step := 1);", "sum := 0;\nk := 1;\nc(step := 1);")
    for line, now in ((9, 11), (13, 15), (15, 17)):
        again = debugger(more)
        again.adopt(kept(line))
        assert lines(again) == [now]


def test_that_a_line_that_is_gone_is_told_and_the_others_stay() -> None:
    again = debugger(SOURCE.replace("n := n + step;", "n := n - step;"))
    assert again.adopt(kept(4, 14)) == ("Counter: n := n + step; (that line is gone)",)
    assert again.lost == ["Counter: n := n + step; (that line is gone)"]
    assert lines(again) == [14]
    renamed = debugger(SOURCE.replace("Counter", "Zaehler"))
    assert renamed.adopt(kept(4)) == ("Counter: n := n + step; (that line is gone)",)


def test_that_conditions_skips_and_the_switch_stay() -> None:
    first = debugger(SOURCE)
    first.stop_at(9, condition="k > 1", skip=2)
    first.stop_at(11).enabled = False
    first.stop_at(14, condition=lambda: True)  # nothing to keep of a function
    assert [(p.condition, p.skip, p.enabled) for p in first.kept()] == [("k > 1", 2, True), ("", 0, False)]
    again = debugger(SOURCE)
    again.adopt(first.kept())
    assert [point.kept() for point in again.breakpoints] == list(first.kept())
    gone = debugger(SOURCE.replace("k", "z"))
    (why,) = gone.adopt(first.kept()[:1])
    assert why == "MAIN: sum := 0; (MAIN has no variable k)"


@pytest.mark.parametrize(
    "plain", [None, {}, {"anchor": 3}, {"anchor": {"pou": 1}, "condition": "", "skip": 0}]
)
def test_that_what_is_no_breakpoint_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match="is no breakpoint"):
        KeptBreakpoint.of_plain(plain)
