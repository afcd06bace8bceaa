"""Control flow, and what stops the PLC."""

from __future__ import annotations

import pytest

from commissioning.plc import PlcError, compile_st


def after(body: str, variables: str = "i, n, m : INT;", scans: int = 1) -> dict[str, object]:
    plc = compile_st(f"PROGRAM P VAR {variables} END_VAR {body} END_PROGRAM").start()
    for step in range(scans):
        plc.scan(step)
    return {variable.path[2:]: plc[variable.path] for variable in plc.program.variables.values()}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [(0, 9), (1, 1), (2, 2), (5, 2), (6, 9), (-3, 3), (-1, 9), (7, 4), (100, 5), (300, 5)],
)
def test_that_case_takes_the_option_with_the_label_range_or_list(selector: int, expected: int) -> None:
    found = after(
        f"n := {selector}; CASE n OF 1: m := 1; 2, 3..5: m := 2; i := 7; -3..-2: m := 3; SEVEN: m := 4; "
        "100..1000: m := 5; ELSE m := 9; END_CASE",
        "i, n, m : INT; END_VAR VAR CONSTANT SEVEN : INT := 7;",
    )
    assert found["m"] == expected
    assert found["i"] == (7 if expected == 2 else 0)


def test_that_case_without_a_fitting_label_does_nothing() -> None:
    assert after("n := 4; CASE n OF 1: m := 1; END_CASE")["m"] == 0


@pytest.mark.parametrize(
    ("head", "visited", "left"),
    [
        ("1 TO 4", [1, 2, 3, 4], 5),
        ("4 TO 1 BY -1", [4, 3, 2, 1], 0),
        ("0 TO 10 BY 4", [0, 4, 8], 12),
        ("5 TO 4", [], 5),
        ("1 TO 3 BY k", [1, 3], 5),
    ],
)
def test_that_for_visits_its_range_and_leaves_the_variable_one_step_behind(
    head: str, visited: list[int], left: int
) -> None:
    found = after(
        f"k := 2; FOR i := {head} DO n := n * 100 + i; m := m + 1; END_FOR", "i, m, k : INT; n : LINT;"
    )
    number = 0
    for value in visited:
        number = number * 100 + value
    assert (found["n"], found["m"], found["i"]) == (number, len(visited), left)


def test_that_bounds_of_for_are_evaluated_once() -> None:
    found = after("m := 3; FOR i := 1 TO m DO m := m + 1; n := n + 1; END_FOR")
    assert found["n"] == 3


def test_that_exit_leaves_the_innermost_loop_and_continue_goes_on_with_the_next() -> None:
    found = after("""
        FOR i := 1 TO 3 DO
          k := 0;
          WHILE TRUE DO
            k := k + 1;
            IF k = 2 THEN CONTINUE; END_IF
            IF k > 3 THEN EXIT; END_IF
            n := n + 1;
          END_WHILE;
          IF i = 2 THEN CONTINUE; END_IF;
          m := m + 1;
        END_FOR
        REPEAT n := n + 100; IF n > 250 THEN CONTINUE; END_IF UNTIL n > 200 END_REPEAT
        """, "i, k, n, m : INT;")  # fmt: skip
    assert (found["n"], found["m"]) == (206, 2)


def test_that_return_ends_the_program_for_this_scan() -> None:
    assert after("n := n + 1; IF n < 3 THEN RETURN; END_IF m := m + 1;", scans=4)["m"] == 2


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("WHILE TRUE DO n := 1;\n END_WHILE", 1),
        ("REPEAT n := 1;\n UNTIL FALSE END_REPEAT", 1),
        ("\nFOR u := 0 TO 255 DO n := 1; END_FOR", 2),  # USINT never passes 255
        ("FOR i := 1 TO 10 BY n DO m := 1; END_FOR", 1),  # a step of 0
    ],
)
def test_that_a_loop_without_end_stops_the_plc_and_names_the_loop(body: str, line: int) -> None:
    plc = compile_st(
        {"main.st": f"PROGRAM P VAR i, n, m : INT; u : USINT; END_VAR {body} END_PROGRAM"}
    ).start()
    with pytest.raises(PlcError, match="watchdog") as caught:
        plc.scan(0)
    assert (caught.value.file, caught.value.line) == ("main.st", line)
    with pytest.raises(PlcError):
        plc.scan(1)  # a stopped PLC stays stopped


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("n := 1 / m;", "division by zero"),
        ("r := 1.0 / r;", "division by zero"),
        ("r := SQRT(r - 1.0);", "SQRT of -1"),
        ("r := LN(r);", "LN of 0"),
        ("n := REAL_TO_INT(1.0E300 * 1.0E300);", "no whole number"),
        ("n := MUX(n + 5, 1, 2);", "MUX"),
        ("n := Bad(m);", "division by zero"),
    ],
)
def test_that_what_a_plc_cannot_compute_stops_it_at_the_statement(statement: str, message: str) -> None:
    text = (
        "FUNCTION Bad : INT VAR_INPUT x : INT; END_VAR\nBad := 1 / x; END_FUNCTION\n"
        f"PROGRAM P VAR n, m : INT; r : REAL; END_VAR\nIF n = 0 THEN\n  {statement}\nEND_IF END_PROGRAM"
    )
    plc = compile_st({"a.st": text}).start()
    with pytest.raises(PlcError, match=message) as caught:
        plc.scan(0)
    expected = (2, 1) if "Bad" in statement else (5, 3)
    assert (caught.value.line, caught.value.column) == expected
    assert plc.stopped is caught.value


def test_that_and_then_protects_its_right_side() -> None:
    found = after(
        "b := m <> 0 AND_THEN 10 / m > 1; IF m = 0 OR_ELSE 10 / m > 1 THEN n := 1; END_IF",
        "b : BOOL; n, m : INT;",
    )
    assert (found["b"], found["n"]) == (False, 1)


def test_that_both_sides_of_and_run_when_the_right_one_calls_a_function() -> None:
    plc = compile_st("""
        VAR_GLOBAL calls : INT; END_VAR
        FUNCTION Seen : BOOL VAR_INPUT x : BOOL; END_VAR calls := calls + 1; Seen := x; END_FUNCTION
        PROGRAM P VAR a : BOOL; END_VAR
        a := FALSE AND Seen(TRUE); a := TRUE OR Seen(FALSE);
        a := FALSE AND_THEN Seen(TRUE); END_PROGRAM""").start()
    plc.scan(0)
    assert plc["calls"] == 2
