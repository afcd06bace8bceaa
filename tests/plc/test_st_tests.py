"""TEST units: assertions, virtual time, what runs beside them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import Program, SourcePiece, compile_project, compile_st
from commissioning.plc.pieces import Mark
from commissioning.plc.testing.outcome import Outcome
from commissioning.plc.testing.st_tests import found_tests, run_test
from commissioning.plc.testing.under_test import PlcUnderTest

PROJECT = """
TYPE Colour : (red, green := 5, blue); END_TYPE
VAR_GLOBAL
    I_Go AT %IX0.0 : BOOL;
    Q_Run : BOOL;
    Last : Colour;
END_VAR
FUNCTION F_Double : INT
VAR_INPUT a : INT; END_VAR
    F_Double := a * 2;
END_FUNCTION
FUNCTION_BLOCK FB_Delay
VAR_INPUT enable : BOOL; END_VAR
VAR_OUTPUT done : BOOL; END_VAR
VAR wait : TON; calls : INT; END_VAR
    wait(IN := enable, PT := T#1s);
    done := wait.Q;
    calls := calls + 1;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR n : INT; TEST : BOOL; END_VAR
    n := n + 1;
    Q_Run := I_Go;
    TEST := Q_Run;
END_PROGRAM
"""


def outcomes(body: str, **options: float) -> dict[str, Outcome]:
    program = compile_st({"project.st": PROJECT, "checks.st": body}, with_tests=True)
    found = [run_test(program, test, **options) for test in found_tests(program)]
    return {outcome.name: outcome for outcome in found}


def one(body: str, **options: float) -> Outcome:
    (outcome,) = outcomes(f"TEST 't'\n{body}\nEND_TEST", **options).values()
    return outcome


def failures(body: str) -> list[str]:
    return [str(failure) for failure in one(body).failures]


def test_that_a_block_is_called_by_the_test_and_time_passes_between() -> None:
    found = one(
        """VAR z : FB_Delay; END_VAR
        z(enable := TRUE);
        ASSERT_FALSE(z.done);
        ADVANCE_TIME(T#999ms);
        z();
        ASSERT_FALSE(z.done);
        ADVANCE_TIME(T#1ms);
        z();
        ASSERT_TRUE(z.done);
        ASSERT_EQ(z.calls, 3);
        ASSERT_EQ(MAIN.n, 0);"""
    )
    assert found.verdict == "PASS", found.failures
    assert (found.assertions, found.virtual_ns) == (5, 1_000_000_000)


def test_that_the_tasks_run_beside_a_test_that_calls_no_block() -> None:
    found = one(
        """ASSERT_EQ(MAIN.n, 0);
        I_Go := TRUE;
        ADVANCE_SCANS(1);
        ASSERT_TRUE(Q_Run);
        ASSERT_TRUE(MAIN.TEST);
        ADVANCE_TIME(T#25ms);  // scans at 10 and 20 ms
        ASSERT_EQ(MAIN.n, 3);
        ADVANCE_TIME(T#5ms);   // and at 30 ms
        ASSERT_EQ(MAIN.n, 4);"""
    )
    assert found.verdict == "PASS", found.failures
    assert found.virtual_ns == 30_000_000


def test_that_a_test_that_calls_a_program_has_the_time_for_itself() -> None:
    found = one("MAIN(); ADVANCE_TIME(T#1h); MAIN(); ASSERT_EQ(MAIN.n, 2);")
    assert found.verdict == "PASS", found.failures


def test_that_each_test_starts_afresh() -> None:
    found = outcomes(
        "TEST 'a' ADVANCE_SCANS(5); I_Go := TRUE; Last := blue; END_TEST "
        "TEST 'b' ASSERT_EQ(MAIN.n, 0); ASSERT_FALSE(I_Go); ASSERT_EQ(Last, red); END_TEST"
    )
    assert [outcome.verdict for outcome in found.values()] == ["PASS", "PASS"]


def test_that_a_failed_assertion_says_expected_and_actual_with_its_line_and_goes_on() -> None:
    found = one("ADVANCE_TIME(T#20ms);\nASSERT_EQ(F_Double(2), 5, 'double');\nASSERT_TRUE(FALSE);")
    assert found.verdict == "FAIL" and found.assertions == 2
    assert [str(failure) for failure in found.failures] == [
        "checks.st:3: double: expected 5, actual 4 [ASSERT_EQ(F_Double(2), 5, 'double')] (at 0.02 s)",
        "checks.st:4: expected TRUE, actual FALSE [ASSERT_TRUE(FALSE)] (at 0.02 s)",
    ]


def test_that_require_ends_the_test() -> None:
    found = one("REQUIRE_EQ(1, 2); ASSERT_TRUE(FALSE);")
    assert (found.assertions, len(found.failures)) == (1, 1)
    assert one("REQUIRE_EQ(1, 1); ASSERT_TRUE(TRUE);").assertions == 2


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ("ASSERT_EQ(Last, Colour.red); ASSERT_EQ(Last, green);", "expected Colour.green, actual Colour.red"),
        ("ASSERT_NE(1, 2); ASSERT_NE(2, 2);", "expected <> 2, actual 2"),
        ("ASSERT_LT(1, 2); ASSERT_LT(2, 2);", "expected < 2, actual 2"),
        ("ASSERT_LE(2, 2); ASSERT_LE(3, 2);", "expected <= 2, actual 3"),
        ("ASSERT_GT(3, 2); ASSERT_GT(2, 2);", "expected > 2, actual 2"),
        ("ASSERT_GE(2, 2); ASSERT_GE(1, 2);", "expected >= 2, actual 1"),
        ("ASSERT_EQ(T#1s, T#1000ms); ASSERT_EQ(T#90s, T#1s);", "expected T#1s, actual T#1m30s"),
        ("ASSERT_EQ('a', 'a'); ASSERT_EQ('a', 'b$'');", "expected 'b$'', actual 'a'"),
        ("ASSERT_NEAR(1.0, 1.5, 0.5); ASSERT_NEAR(1.0, 1.5, 0.25);", "expected 1.5 +- 0.25, actual 1"),
        ("ASSERT_NEAR(10, 12, 2); ASSERT_NEAR(10, 13, 2);", "expected 13 +- 2, actual 10"),
        (
            "ASSERT_NEAR(T#1s, T#900ms, T#100ms); ASSERT_NEAR(T#1s, T#2s, T#100ms);",
            "expected T#2s +- T#100ms, actual T#1s",
        ),
        ("ASSERT_FALSE(FALSE); ASSERT_FALSE(TRUE);", "expected FALSE, actual TRUE"),
        (
            "ASSERT_EQ(ACTUAL := 1, EXPECTED := 1); ASSERT_EQ(EXPECTED := 2, ACTUAL := 1, MESSAGE := 'm');",
            "m: expected 2, actual 1",
        ),
    ],
)
def test_that_assertions_compare_as_the_program_does(held: str, told: str) -> None:
    found = one(held)
    assert (found.assertions, len(found.failures)) == (2, 1)
    assert told in found.failures[0].what


def test_that_arrays_are_compared_element_by_element() -> None:
    body = (
        "VAR a, b : ARRAY[1..3] OF INT; END_VAR ASSERT_EQ(a, b); a[2] := 4; ASSERT_NE(a, b); ASSERT_EQ(a, b);"
    )
    (told,) = failures(body)
    assert "expected [2] = 0, actual 4" in told


def test_that_a_nan_is_never_near() -> None:
    body = "VAR r : LREAL; z : LREAL; END_VAR r := 1.0E308 * 1.0E308; z := r - r; ASSERT_NEAR(z, 0.0, 1.0);"
    assert len(failures(body)) == 1


def test_that_blocks_of_a_test_are_ready_as_anywhere() -> None:
    """Initial values that are worked out, and FB_init with what is given, also of inner blocks."""
    text = """
FUNCTION_BLOCK FB_Made
VAR_OUTPUT got : INT; seen : BOOL; END_VAR
METHOD FB_init : BOOL
VAR_INPUT bInitRetains : BOOL; bInCopyCode : BOOL; first : INT := 7; END_VAR
    got := first;
    seen := bInitRetains AND NOT bInCopyCode;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Outer VAR_OUTPUT inner : FB_Made(first := 5); END_VAR END_FUNCTION_BLOCK
TEST 'ready'
VAR
    plain : FB_Made;
    given : FB_Made(first := 40);
    outer : FB_Outer;
    n : INT := 3;
    p : POINTER TO INT := ADR(n);
END_VAR
    ASSERT_TRUE(plain.seen);
    ASSERT_EQ(plain.got, 7);
    ASSERT_EQ(given.got, 40);
    ASSERT_EQ(outer.inner.got, 5);
    p^ := p^ + 1;
    ASSERT_EQ(n, 4);
END_TEST
"""
    program = compile_st(text, with_tests=True)
    (test,) = found_tests(program)
    outcome = run_test(program, test)
    assert (outcome.verdict, outcome.assertions) == ("PASS", 5), outcome.failures
    bed = PlcUnderTest(program)
    assert bed.fb("FB_Made").got == 7 and bed.fb("FB_Outer").inner.got == 5


def test_that_what_stops_the_plc_fails_the_test_with_the_statement() -> None:
    (told,) = failures("VAR z : INT; END_VAR\nADVANCE_SCANS(1);\nz := 3 / z;\nASSERT_TRUE(FALSE);")
    assert told.startswith("checks.st:4: the PLC stopped: division by zero")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("WHILE TRUE DO ; END_WHILE", "watchdog"),
        ("WHILE TRUE DO ADVANCE_TIME(T#1ns); END_WHILE", "real time"),
        ("ADVANCE_TIME(T#20000d);", "real time"),
        (
            "VAR z : FB_Delay; END_VAR z(); WHILE TRUE DO ADVANCE_TIME(T#1ns); END_WHILE",
            "real time",
        ),
    ],
)
def test_that_an_endless_test_ends(body: str, told: str) -> None:
    found = one(body, limit_s=0.3)
    assert found.verdict == "FAIL" and told in found.failures[0].what
    assert found.wall_s < 5


def test_that_a_loop_may_run_as_long_as_time_passes_in_it() -> None:
    body = "VAR i : DINT; END_VAR FOR i := 1 TO 400000 DO ADVANCE_TIME(T#0s); END_FOR ASSERT_EQ(i, 400001);"
    assert one(body).verdict == "PASS"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("ASSERT_EQ(1, 'a');", "cannot join"),
        ("ASSERT_TRUE(1.5);", "for ASSERT_TRUE a BOOL is expected"),
        ("ASSERT_EQ(1);", "needs ACTUAL, EXPECTED"),
        ("ASSERT_EQ(1, 2, 3);", "a message is expected here"),
        ("ASSERT_EQ(1, 2, 'a', 4);", "has the parameters ACTUAL, EXPECTED, MESSAGE"),
        ("ASSERT_NEAR(T#1s, 1, 1);", "three numbers or three TIMEs"),
        ("ADVANCE_TIME(5);", "for ADVANCE_TIME a TIME is expected"),
        ("ADVANCE_SCANS(-1);", "time does not run backwards"),
        ("VAR_INPUT a : INT; END_VAR", "a TEST has no VAR_INPUT"),
        ("ASSERT_SAME(1, 1);", "there is no block or function ASSERT_SAME"),
        ("ASSERT_EQ(MAIN.m, 1);", "MAIN has no m"),
    ],
)
def test_that_mistakes_are_told_when_compiling(body: str, told: str) -> None:
    with pytest.raises(Problems) as raised:
        outcomes(f"TEST 't' {body} END_TEST")
    (problem,) = raised.value.problems
    assert told in str(problem) and problem.where.file == "checks.st" and problem.where.line == 1


def test_that_words_of_tests_are_names_elsewhere() -> None:
    with pytest.raises(Problems, match=r"there is no block or function ADVANCE_TIME. It belongs into a TEST"):
        compile_st("PROGRAM P VAR TEST : INT; END_VAR TEST := 1; ADVANCE_TIME(T#1s); END_PROGRAM")
    own = "FUNCTION ASSERT_TRUE : BOOL VAR_INPUT x : INT; END_VAR END_FUNCTION "
    assert (
        outcomes(own + "TEST 't' ASSERT_TRUE(3); END_TEST")["t"].assertions == 0
    )  # the project's own function


def test_that_two_tests_of_a_file_need_two_names() -> None:
    with pytest.raises(Problems, match="there is a TEST 'A' in line 1 already"):
        outcomes("TEST 'a' END_TEST TEST 'A' END_TEST")


def test_that_a_test_that_is_not_closed_is_told() -> None:
    with pytest.raises(Problems, match="the TEST of line 1 is not closed"):
        outcomes("TEST 'a'\nASSERT_TRUE(TRUE);\n")


def test_that_after_a_broken_test_the_next_one_is_read() -> None:
    with pytest.raises(Problems) as raised:
        outcomes("TEST 'a'\n x := ;\nEND_TEST\nTEST 'b'\n IF TRUE THEN\nEND_TEST\n")
    assert [problem.where.line for problem in raised.value.problems] == [2, 6]


def test_that_a_program_without_tests_ignores_them() -> None:
    text = PROJECT + "TEST 'a' ASSERT_TRUE(nonsense); END_TEST"
    plain: Program = compile_st(text)
    assert plain.source == compile_st(PROJECT).source
    assert found_tests(plain) == []


def test_that_a_project_of_blocks_alone_can_be_tested() -> None:
    text = "FUNCTION F : INT VAR_INPUT a : INT; END_VAR F := a; END_FUNCTION "
    program = compile_st(text + "TEST 'f' ASSERT_EQ(F(3), 3); END_TEST", with_tests=True)
    (test,) = found_tests(program)
    assert run_test(program, test).verdict == "PASS"


def test_that_failures_are_told_where_the_text_came_from() -> None:
    text = "TEST 'a'\nASSERT_TRUE(FALSE);\nEND_TEST"
    piece = SourcePiece("a", text, "lib.xml", (Mark(1, 1, 40, 1, True, "a"), Mark(2, 1, 41, 5, True, "a")))
    program = compile_project({"a": piece}, with_tests=True)
    (test,) = found_tests(program)
    (failure,) = run_test(program, test).failures
    assert (failure.file, failure.line) == ("lib.xml", 41)


def test_that_hostile_names_stay_text() -> None:
    name = "__import__($'os$').system($'x$')"
    body = f"VAR __class__ : INT; END_VAR ASSERT_EQ(__class__, 0, '{name}');"
    program = compile_st(f"TEST '{name}' {body} END_TEST", with_tests=True)
    (test,) = found_tests(program)
    outcome = run_test(program, test)
    assert (outcome.name, outcome.verdict) == ("__import__('os').system('x')", "PASS")
    assert "__import__" not in program.source.replace(repr(outcome.name), "")


_WORDS = [
    "ASSERT_EQ",
    "ASSERT_TRUE",
    "ASSERT_NEAR",
    "REQUIRE_LT",
    "ADVANCE_TIME",
    "ADVANCE_SCANS",
    "z",
    "z.done",
    "z.wait",
    "z.wait.Q",
    "MAIN",
    "MAIN.n",
    "I_Go",
    "Last",
    "red",
    "Colour.green",
    "F_Double",
    "TEST",
    "END_TEST",
    "VAR",
    "END_VAR",
    "IF",
    "THEN",
    "END_IF",
    "TRUE",
    "1",
    "2.5",
    "T#10ms",
    "'a'",
    "(",
    ")",
    ",",
    ";",
    ":=",
    "=",
    "[",
    "]",
    ".",
    "ACTUAL",
    ":=",
    "EXPECTED",
    ":=",
    "i",
    "INT",
    ":",
    "RETURN",
    "NOT",
    "-",
    "+",
    "AND",
    "^",
    "ADR",
    "THIS",
    "SUPER",
]


@settings(max_examples=80)
@given(st.lists(st.sampled_from(_WORDS), max_size=25))
def test_that_any_words_in_a_test_are_told_or_run(words: list[str]) -> None:
    body = f"TEST 't' VAR z : FB_Delay; i : INT; END_VAR {' '.join(words)} ; END_TEST"
    try:
        found = outcomes(body, limit_s=2.0)
    except Problems as told:
        assert all(problem.what for problem in told.problems)
    else:
        assert all(outcome.verdict in ("PASS", "FAIL") for outcome in found.values())
