"""TcUnit suites run as they are: registration, order, several cycles, what fails and how it is told."""

from __future__ import annotations

import time

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import TaskSpec, compile_st
from commissioning.plc.checking.tcunit import ASSERTS
from commissioning.plc.testing.outcome import Outcome
from commissioning.plc.testing.tcunit_runner import run_suites, suite_tests

RUN = "PROGRAM PRG_TEST VAR suite : FB_Suite; END_VAR TcUnit.RUN(); END_PROGRAM\n"
SUITE = """\
FUNCTION_BLOCK FB_Suite EXTENDS TcUnit.FB_TestSuite
{members}
{body}
END_FUNCTION_BLOCK
"""


def suite(body: str, members: str = "") -> str:
    return SUITE.format(members=members, body=body)


def ran(text: str, dialect: str = "iec", **options: float) -> dict[str, Outcome]:
    outcomes = run_suites(compile_st({"suite.st": text}, dialect, with_tests=True), **options)
    return {outcome.name.rpartition(".")[2]: outcome for outcome in outcomes}


def judged(assertion: str, variables: str = "") -> Outcome:
    body = f"TEST('t'); {assertion} TEST_FINISHED();"
    (outcome,) = ran(suite(body, f"VAR {variables} END_VAR" if variables else "") + RUN).values()
    return outcome


def told(assertion: str, variables: str = "") -> str:
    outcome = judged(assertion, variables)
    return outcome.failures[0].what.rpartition(" [")[0] if outcome.failures else ""


def test_that_suites_run_as_they_are() -> None:
    found = ran(
        """
FUNCTION_BLOCK FB_Sum
VAR_INPUT a, b : INT; END_VAR
VAR_OUTPUT s : INT; END_VAR
    s := a + b;
END_FUNCTION_BLOCK
{attribute 'call_after_init'}
FUNCTION_BLOCK FB_Suite EXTENDS TcUnit.FB_TestSuite
METHOD PRIVATE Adds
VAR sum : FB_Sum; END_VAR
    TEST('Adds');
    sum(a := 1, b := 2);
    AssertEquals_INT(Expected := 3, Actual := sum.s, Message := 'sum');
    TEST_FINISHED();
END_METHOD
METHOD PRIVATE Overflows
VAR sum : FB_Sum; END_VAR
    TEST('Overflows');
    sum(a := 32767, b := 1);
    AssertEquals_INT(Expected := 32767, Actual := sum.s, Message := 'no wrap');
    AssertTrue(Condition := sum.s > 0, Message := 'sign');
    TEST_FINISHED();
END_METHOD
    Adds();
    Overflows();
END_FUNCTION_BLOCK
"""
        + RUN
    )
    assert {name: outcome.verdict for name, outcome in found.items()} == {"Adds": "PASS", "Overflows": "FAIL"}
    # 32767 + 1 wraps to -32768 in an INT (decision 5)
    assert [str(failure).rpartition(" [")[0] for failure in found["Overflows"].failures] == [
        "suite.st:20: no wrap: expected 32767, actual -32768",
        "suite.st:21: sign: expected TRUE, actual FALSE",
    ]
    assert found["Adds"].assertions == 1 and found["Adds"].line == 11
    assert run_suites(compile_st({"suite.st": suite("") + RUN}, with_tests=True)) == []


def test_that_a_test_may_take_several_cycles() -> None:
    method = """
METHOD Waits
VAR_INST timer : TON; END_VAR
    TEST('waits');
    timer(IN := TRUE, PT := T#1s);
    IF timer.Q THEN
        AssertEquals_TIME(T#1s, TIME(), 'time');
        TEST_FINISHED();
    END_IF
END_METHOD"""
    outcome = ran(suite("Waits();", method) + RUN)["waits"]
    assert (outcome.verdict, outcome.assertions, outcome.virtual_ns) == ("PASS", 1, 1_000_000_000)


def test_that_asserting_again_in_each_cycle_is_one_failure() -> None:
    members = "VAR n : INT; END_VAR"
    body = "n := n + 1; TEST('t'); AssertTrue(FALSE, 'no'); IF n = 10 THEN TEST_FINISHED(); END_IF"
    outcome = ran(suite(body, members) + RUN)["t"]
    assert (outcome.assertions, len(outcome.failures)) == (10, 1)


def test_that_ordered_tests_run_one_after_the_other() -> None:
    members = "VAR log : STRING; n, turns : INT; END_VAR"
    body = """
    turns := turns + 1;
    IF TEST_ORDERED('first') THEN
        n := n + 1;
        IF n = 3 THEN log := CONCAT(log, 'a'); TEST_FINISHED(); END_IF
    END_IF
    IF TEST_ORDERED('second') THEN
        log := CONCAT(log, 'b');
        AssertEquals_STRING('ab', log, 'order');
        TEST_FINISHED();
    END_IF
    IF TEST_ORDERED('disabled_third') THEN AssertTrue(FALSE, ''); END_IF
    IF TEST_ORDERED('fourth') THEN AssertTrue(turns > 3, 'turns'); TEST_FINISHED(); END_IF"""
    found = ran(suite(body, members) + RUN)
    assert {name: outcome.verdict for name, outcome in found.items()} == {
        "first": "PASS", "second": "PASS", "third": "NOT RUN", "fourth": "PASS",
    }  # fmt: skip


def test_that_asserts_out_of_turn_are_ignored() -> None:
    body = """
    TEST_ORDERED('never finished');
    TEST_ORDERED('waits for ever');
    AssertTrue(FALSE, 'not its turn');"""
    found = ran(suite(body) + RUN, limit_s=0.3)
    assert [len(outcome.failures) for outcome in found.values()] == [1, 1]
    assert all("did not finish" in outcome.failures[0].what for outcome in found.values())


def test_that_a_test_that_was_given_no_more_time_says_so() -> None:
    (outcome,) = ran(suite("TEST('t');") + RUN, limit_s=0.1).values()
    assert "no more time: the suites took 0.1 s in real time" in outcome.failures[0].what


def test_that_a_test_ends_even_out_of_turn() -> None:
    # TcUnit 1.3 run as it is gives these verdicts too: the second one ends before it has asserted anything
    body = """
    TEST_ORDERED('a'); AssertTrue(TRUE, ''); TEST_FINISHED();
    TEST_ORDERED('b'); AssertTrue(FALSE, 'not its turn'); TEST_FINISHED();"""
    found = ran(suite(body) + RUN)
    assert [(one.verdict, one.assertions) for one in found.values()] == [("PASS", 1), ("PASS", 0)]


def test_that_a_skipped_test_has_not_finished() -> None:
    body = """
    TEST('disabled_a'); TEST_FINISHED();
    TEST('b'); AssertFalse(IS_TEST_FINISHED('a'), 'skipped'); TEST_FINISHED();"""
    assert ran(suite(body) + RUN)["b"].verdict == "PASS"


def test_that_what_is_asserted_behind_the_end_of_another_test_does_not_count() -> None:
    body = """
    TEST('a');
    TEST('b'); TEST_FINISHED_NAMED('a'); AssertTrue(FALSE, 'until the next TEST');
    TEST('c'); AssertTrue(TRUE, ''); TEST_FINISHED(); TEST_FINISHED_NAMED('b');"""
    found = ran(suite(body) + RUN)
    assert [(one.verdict, one.assertions) for one in found.values()] == [
        ("PASS", 0),
        ("PASS", 0),
        ("PASS", 1),
    ]


ANY_PAIRS = [  # what TcUnit 1.3, run as it is, says of two values of any type
    ("i", "i2", True), ("i", "u", False), ("w", "u", False), ("b", "us", False), ("r", "lr", False),
    ("t", "lt", False), ("short", "long", True), ("a", "moved", True), ("a", "unsigned", True),
    ("a", "wide", True), ("a", "less", False), ("a", "i", False), ("one", "two", True),
    ("one", "other", False), ("c", "i", False), ("c", "c", True),
]  # fmt: skip
# a number without a type takes that of the other value here
ANY_PAIRS += [("5", "i", True), ("u", "5", True), ("6", "i", False), ("5", "r", True)]


@pytest.mark.parametrize("expected, actual, equal", ANY_PAIRS)
def test_that_any_compares_the_class_of_the_types_and_the_bytes(
    expected: str, actual: str, equal: bool
) -> None:
    types = """TYPE One : STRUCT a : INT; b : DINT; END_STRUCT Two : STRUCT x : INT; y : DINT; END_STRUCT
    Colour : (red, green := 5) INT; END_TYPE\n"""
    members = """VAR i, i2 : INT := 5; u : UINT := 5; w : WORD := 5; b : BYTE := 5; us : USINT := 5;
    r : REAL := 5; lr : LREAL := 5; t : TIME := T#3s; lt : LTIME := LTIME#3s;
    short : STRING(5) := 'x'; long : STRING := 'x'; a : ARRAY[1..2] OF INT := [1, 0];
    moved : ARRAY[5..6] OF INT := [1, 0];
    unsigned : ARRAY[1..2] OF UINT := [1, 0];
    wide : ARRAY[1..1] OF DINT := [1]; less : ARRAY[1..1] OF INT := [1];
    one : One := (b := 7); two : Two := (y := 7); other : Two := (x := 7);
    c : Colour := Colour.green; END_VAR"""
    body = f"TEST('t'); AssertEquals({expected}, {actual}, ''); TEST_FINISHED();"
    outcome = ran(types + suite(body, members) + RUN, dialect="twincat")["t"]
    assert (outcome.verdict == "PASS") is equal


def test_that_disabled_tests_are_not_run() -> None:
    outcome = ran(suite("TEST('DISABLED_t'); AssertTrue(FALSE, ''); TEST_FINISHED();") + RUN)["t"]
    assert (outcome.verdict, outcome.assertions) == ("NOT RUN", 0)


def test_that_asserts_after_the_end_do_not_count() -> None:
    body = "TEST('t'); TEST_FINISHED(); AssertTrue(FALSE, 'late');"
    assert ran(suite(body) + RUN)["t"].verdict == "PASS"


def test_that_two_tests_of_one_name_are_told() -> None:
    # as in the library its assertions do not count, and its TEST_FINISHED ends the first one
    body = "TEST('t'); AssertTrue(TRUE, ''); TEST('t'); AssertTrue(FALSE, 'x'); TEST_FINISHED();"
    outcome = ran(suite(body) + RUN)["t"]
    assert (outcome.verdict, outcome.assertions) == ("PASS", 1)
    (note,) = outcome.notes
    assert "a second test 't'" in note


def test_that_tests_can_be_finished_and_asked_by_name() -> None:
    members = "VAR done : BOOL; END_VAR"
    body = """
    TEST('a');
    TEST('b');
    IF IS_TEST_FINISHED('a') THEN AssertTrue(TRUE, ''); TEST_FINISHED(); END_IF
    TEST_FINISHED_NAMED('a');"""
    found = ran(suite(body, members) + RUN)
    assert [outcome.verdict for outcome in found.values()] == ["PASS", "PASS"]
    assert found["b"].virtual_ns == 10_000_000  # one cycle after a


def test_that_assertions_can_be_awaited() -> None:
    members = "VAR timer : TON; END_VAR"
    body = """
    timer(IN := TRUE, PT := T#2s);
    TEST('long'); AWAIT_ASSERTIONS(T#3s); AssertTrue(timer.Q, 'after 3 s'); TEST_FINISHED();
    TEST('short'); AWAIT_ASSERTIONS(T#1s); AssertTrue(timer.Q, 'after 1 s'); TEST_FINISHED();"""
    found = ran(suite(body, members) + RUN)
    assert (found["long"].verdict, found["short"].verdict) == ("PASS", "FAIL")
    assert (found["long"].virtual_ns, found["short"].virtual_ns) == (3_000_000_000, 1_000_000_000)


def test_that_suites_can_run_in_sequence() -> None:
    text = """
VAR_GLOBAL order : STRING; END_VAR
FUNCTION_BLOCK FB_A EXTENDS FB_TestSuite
    TEST('a'); order := CONCAT(order, 'a'); TEST_FINISHED();
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_B EXTENDS FB_TestSuite
    TEST('b'); AssertEquals_STRING('a', order, ''); AssertEquals(T#100ms, TIME(), 'pause'); TEST_FINISHED();
END_FUNCTION_BLOCK
PROGRAM PRG_TEST VAR a : FB_A; b : FB_B; END_VAR TcUnit.RUN_IN_SEQUENCE(T#100ms); END_PROGRAM
"""
    found = ran(text)
    assert [(name, outcome.verdict, outcome.failures) for name, outcome in found.items()] == [
        ("a", "PASS", ()),
        ("b", "PASS", ()),
    ]


def test_that_suites_are_found_wherever_they_are_declared() -> None:
    text = (
        suite("TEST('t'); TEST_FINISHED();")
        + """
VAR_GLOBAL shared : FB_Suite; END_VAR
FUNCTION_BLOCK FB_Holder VAR inner : FB_Suite; END_VAR END_FUNCTION_BLOCK
PROGRAM PRG_TEST VAR holder : FB_Holder; many : ARRAY[1..2] OF FB_Suite; END_VAR TcUnit.RUN(); END_PROGRAM
"""
    )
    outcomes = run_suites(compile_st(text, with_tests=True))
    assert [outcome.name for outcome in outcomes] == [
        "shared.t", "PRG_TEST.holder.inner.t", "PRG_TEST.many[1].t", "PRG_TEST.many[2].t",
    ]  # fmt: skip


def test_that_a_test_program_that_no_task_runs_is_run_by_itself() -> None:
    text = suite("TEST('t'); AssertEquals_INT(0, MAIN_N, 'alone'); TEST_FINISHED();")
    text += "VAR_GLOBAL MAIN_N : INT; END_VAR PROGRAM MAIN MAIN_N := MAIN_N + 1; END_PROGRAM\n" + RUN
    program = compile_st(text, tasks=[TaskSpec("main", "MAIN", 10_000_000)], with_tests=True)
    (outcome,) = run_suites(program)
    assert (outcome.verdict, outcome.name) == ("PASS", "PRG_TEST.suite.t")


def test_that_a_task_that_nothing_starts_leaves_its_tests_unfinished() -> None:
    text = suite("TEST('t'); TEST_FINISHED();") + "VAR_GLOBAL go : BOOL; END_VAR\n" + RUN
    program = compile_st(text, tasks=[TaskSpec("main", "PRG_TEST", trigger="go")], with_tests=True)
    begin = time.perf_counter()
    (outcome,) = run_suites(program)  # it has not come to its TEST
    assert (outcome.name, outcome.verdict, outcome.why) == ("FB_Suite.t", "NOT RUN", "nothing has called it")
    assert time.perf_counter() - begin < 5


def test_that_suites_that_nobody_instantiates_are_run_too() -> None:
    text = """
FUNCTION_BLOCK ABSTRACT FB_Base EXTENDS FB_TestSuite
    TEST('base'); TEST_FINISHED();
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Leaf EXTENDS FB_Base
    SUPER^(); TEST('leaf'); TEST_FINISHED();
END_FUNCTION_BLOCK
"""
    outcomes = run_suites(compile_st(text, with_tests=True))
    assert [(outcome.name, outcome.verdict) for outcome in outcomes] == [
        ("FB_Leaf.base", "PASS"),
        ("FB_Leaf.leaf", "PASS"),
    ]


def test_that_what_stops_the_plc_fails_the_test_that_ran() -> None:
    body = "TEST('a'); TEST_FINISHED(); TEST('b'); z := 1 / z; TEST_FINISHED(); TEST('c'); TEST_FINISHED();"
    found = ran(suite(body, "VAR z : INT; END_VAR") + RUN)
    assert (found["a"].verdict, found["b"].verdict, list(found)) == ("PASS", "FAIL", ["a", "b", "c"])
    assert "the PLC stopped: division by zero" in found["b"].failures[0].what
    assert (found["c"].verdict, found["c"].why) == ("NOT RUN", "the PLC stopped before it began")


def test_that_a_test_that_nobody_calls_is_told() -> None:
    """A method that the body of its suite forgets would look green, and so would a suite without instance."""
    members = "METHOD forgotten TEST('later'); TEST_FINISHED(); END_METHOD"
    text = SUITE.replace("{body}\n", "").replace("{members}", "TEST('t'); TEST_FINISHED();\n" + members)
    text += text.replace("FB_Suite", "FB_Other").replace("'t'", "'DISABLED_u'").replace("later", "last")
    assert [(name, one.verdict) for name, one in ran(text + RUN).items()] == [
        ("t", "PASS"), ("later", "NOT RUN"), ("u", "NOT RUN"), ("last", "NOT RUN"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "good", "bad", "shown"),
    [
        ("BOOL", "TRUE", "FALSE", "expected TRUE, actual FALSE"),
        ("BYTE", "16#FF", "1", "expected 255, actual 1"),
        ("DATE", "D#2024-01-31", "D#2024-02-01", "expected D#2024-01-31, actual D#2024-02-01"),
        ("DATE_AND_TIME", "DT#2024-01-31-12:00:00", "DT#2024-01-31-12:00:01",
         "expected DT#2024-01-31-12:00:00, actual DT#2024-01-31-12:00:01"),
        ("DINT", "-70000", "70000", "expected -70000, actual 70000"),
        ("DWORD", "16#DEADBEEF", "0", "expected 3735928559, actual 0"),
        ("INT", "-5", "5", "expected -5, actual 5"),
        ("LINT", "5000000000", "1", "expected 5000000000, actual 1"),
        ("LTIME", "LTIME#1us", "LTIME#2us", "expected T#1us, actual T#2us"),
        ("LWORD", "1", "2", "expected 1, actual 2"),
        ("SINT", "-128", "127", "expected -128, actual 127"),
        ("STRING", "'a'", "'b'", "expected 'a', actual 'b'"),
        ("TIME", "T#1s", "T#1500ms", "expected T#1s, actual T#1s500ms"),
        ("TIME_OF_DAY", "TOD#08:00:00", "TOD#08:00:01", "expected TOD#08:00:00, actual TOD#08:00:01"),
        ("UDINT", "4000000000", "0", "expected 4000000000, actual 0"),
        ("UINT", "65535", "0", "expected 65535, actual 0"),
        ("ULINT", "1", "0", "expected 1, actual 0"),
        ("USINT", "255", "0", "expected 255, actual 0"),
        ("WORD", "16#FFFF", "0", "expected 65535, actual 0"),
        ("WSTRING", '"a"', '"b"', 'expected "a", actual "b"'),
    ],
)  # fmt: skip
def test_that_each_type_has_its_assertion(type_: str, good: str, bad: str, shown: str) -> None:
    variables = f"g : {type_} := {good}; b : {type_} := {bad};"
    assert told(f"AssertEquals_{type_}({good}, g, 'm');", variables) == ""
    assert (
        told(f"AssertEquals_{type_}(Expected := {good}, Actual := b, Message := 'm');", variables)
        == f"m: {shown}"
    )
    assert told(f"AssertEquals({good}, g, 'm');", variables) == ""
    assert told("AssertEquals(g, b, 'm');", variables) == f"m: {shown}"


@pytest.mark.parametrize("type_", ["REAL", "LREAL"])
def test_that_reals_have_a_delta(type_: str) -> None:
    assert told(f"AssertEquals_{type_}(1.0, 1.25, 0.25, 'm');") == ""
    assert (
        told(f"AssertEquals_{type_}(1.0, 1.5, Delta := 0.25, Message := 'm');")
        == "m: expected 1 +- 0.25, actual 1.5"
    )


def test_that_true_and_false_are_told() -> None:
    assert told("AssertTrue(TRUE, 'm'); AssertFalse(FALSE, 'm');") == ""
    assert told("AssertTrue(FALSE, '');") == "expected TRUE, actual FALSE"
    assert told("THIS^.AssertFalse(TRUE, 'm');") == "m: expected FALSE, actual TRUE"


@pytest.mark.parametrize(
    "type_",
    [
        "BOOL",
        "BYTE",
        "DINT",
        "DWORD",
        "INT",
        "LINT",
        "LWORD",
        "SINT",
        "UDINT",
        "UINT",
        "ULINT",
        "USINT",
        "WORD",
    ],
)
def test_that_arrays_are_compared_element_by_element(type_: str) -> None:
    one, other = ("TRUE", "FALSE") if type_ == "BOOL" else ("1", "0")
    variables = (
        f"a : ARRAY[1..3] OF {type_} := [3({one})]; b : ARRAY[-1..1] OF {type_} := [3({one})]; "
        f"c : ARRAY[0..2] OF {type_} := [{one}, {one}, {other}]; d : ARRAY[0..1] OF {type_};"
    )
    name = f"AssertArrayEquals_{type_}"
    assert told(f"{name}(a, b, 'm');", variables) == ""
    actual, expected = (other, one)
    assert told(f"{name}(Expecteds := a, Actuals := c, Message := 'm');", variables) == (
        f"m: expected [3] = {expected}, actual {actual}"
    )
    assert told(f"{name}(a, d, 'm');", variables) == "m: expected 3 elements, actual 2"


@pytest.mark.parametrize("type_", ["REAL", "LREAL"])
@pytest.mark.parametrize(("form", "bounds"), [("", "0..1"), ("2d", "0..1, 0..1"), ("3d", "0..1, 0..1, 0..0")])
def test_that_arrays_of_reals_have_a_delta(type_: str, form: str, bounds: str) -> None:
    variables = f"a : ARRAY[{bounds}] OF {type_} := [1.0, 2.0]; b : ARRAY[{bounds}] OF {type_} := [1.0, 2.5];"
    name = f"AssertArray{form}Equals_{type_}"
    assert told(f"{name}(a, b, 0.5, 'm');", variables) == ""
    assert told(f"{name}(a, b, 0.25, 'm');", variables).startswith("m: expected [")


def test_that_values_of_any_type_are_compared() -> None:
    colour = "TYPE Colour : (red, green); Pos : STRUCT x, y : INT; END_STRUCT END_TYPE\n"
    members = "VAR c : Colour; p, q : Pos; a : ARRAY[1..2] OF INT; n : INT; END_VAR"
    body = """TEST('t');
    q.y := 7;
    AssertEquals(Colour.green, c, 'enum');
    AssertEquals(p, q, 'struct');
    AssertEquals(a, a, 'same');
    AssertEquals('text', n, 'types');
    AssertEquals(T#1s, n, 'types');
    TEST_FINISHED();"""
    outcome = ran(colour + suite(body, members) + RUN)["t"]
    assert [failure.what.rpartition(" [")[0] for failure in outcome.failures] == [
        "enum: expected Colour.green, actual Colour.red",
        "struct: expected y = 0, actual 7",
        "types: expected and actual are of different types",
        "types: expected and actual are of different types",
    ]


def test_that_there_are_as_many_assertions_as_the_library_has() -> None:
    # 2 conditions, ANY and 22 types, arrays: 13 types, and REAL and LREAL of 1, 2 and 3 dimensions
    assert len(ASSERTS) == 2 + 1 + 22 + 13 + 6


@pytest.mark.parametrize(
    ("assertion", "problem"),
    [
        ("AssertEquals_INT(1, 2, 'm', 4);", "AssertEquals_INT".upper() + " has no such parameter"),
        (
            "AssertEquals_INT(Expected := 1, Actul := 2, Message := '');",
            "no such parameter; it has EXPECTED, ACTUAL",
        ),
        ("AssertEquals_INT(1);", "needs ACTUAL"),
        ("AssertEquals_INT(1.5, 2, '');", "INT is expected here"),
        ("AssertTrue(1.5, '');", "BOOL is expected here"),
        ("AssertArrayEquals_INT(x, y, '');", "needs two arrays of INT"),
        ("TEST(5);", "for TEST a STRING"),
        ("TEST('a', 'b');", "TEST has no such parameter"),
    ],
)
def test_that_wrong_calls_are_told_when_compiling(assertion: str, problem: str) -> None:
    with pytest.raises(Problems, match=problem) as raised:
        compile_st(suite(assertion, "VAR x : INT; y : ARRAY[1..2] OF INT; END_VAR") + RUN, with_tests=True)
    assert raised.value.problems[0].where.line == 3


def test_that_tests_are_listed_without_being_run() -> None:
    body = "TEST('a'); TEST_FINISHED(); IF TEST_ORDERED(TestName := 'disabled_b') THEN ; END_IF"
    program = compile_st({"suite.st": suite(body) + RUN}, with_tests=True)
    assert suite_tests(program) == [("FB_Suite", "a", "suite.st", 3), ("FB_Suite", "b", "suite.st", 3)]


def test_that_suites_reach_inside_blocks_as_the_library_lets_them() -> None:
    """TwinCAT lets the variables inside a block be read from outside; WRITE_PROTECTED_... writes them."""
    text = "FUNCTION_BLOCK FB_Tank VAR level : REAL; on : BOOL; END_VAR END_FUNCTION_BLOCK\n" + suite(
        """TEST('t');
        WRITE_PROTECTED_REAL(ADR(tank.level), 2.5);
        WRITE_PROTECTED_BOOL(Ptr := ADR(tank.on), Value := TRUE);
        AssertEquals_REAL(2.5, tank.level, 0, 'level');
        AssertTrue(tank.on, 'on');
        TEST_FINISHED();""",
        "VAR tank : FB_Tank; END_VAR",
    )
    (outcome,) = run_suites(compile_st(text + RUN, dialect="twincat", with_tests=True))
    assert (outcome.verdict, outcome.assertions) == ("PASS", 2), outcome.failures
    with pytest.raises(Problems, match="is inside the block"):
        compile_st(text + RUN, with_tests=True)
    with pytest.raises(Problems, match="can be read from outside, not written"):
        compile_st(
            text.replace("AssertTrue(tank.on, 'on')", "tank.on := FALSE"), dialect="twincat", with_tests=True
        )


def test_that_pointers_reach_the_variables_of_a_suite_that_stands_alone() -> None:
    method = """
METHOD Counts VAR_INPUT timer : POINTER TO TON; END_VAR
    TEST('t');
    timer^(IN := TRUE);
    IF timer^.Q THEN AssertEquals(T#1s, TIME(), 'time'); TEST_FINISHED(); END_IF
END_METHOD"""
    text = suite("Counts(ADR(own));", "VAR own : TON := (PT := T#1s); END_VAR" + method)
    (outcome,) = run_suites(compile_st(text, with_tests=True))
    assert (outcome.verdict, outcome.virtual_ns) == ("PASS", 1_000_000_000), outcome.failures


def test_that_nothing_is_judged_where_no_tests_run() -> None:
    """A line whose project holds suites runs as if they were not there."""
    plc = compile_st(suite("TEST('t'); AssertTrue(FALSE, ''); TEST_FINISHED();") + RUN).start()
    plc.run(3)
    assert plc.settled()


def test_that_a_project_that_brings_the_library_uses_it() -> None:
    own = """
FUNCTION_BLOCK FB_TestSuite
METHOD AssertTrue : BOOL
VAR_INPUT Condition : BOOL; Message : STRING; END_VAR
    AssertTrue := Condition;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Suite EXTENDS FB_TestSuite VAR good : BOOL; END_VAR
    good := AssertTrue(TRUE, '');
END_FUNCTION_BLOCK
PROGRAM MAIN VAR s : FB_Suite; END_VAR s(); END_PROGRAM
"""
    program = compile_st(own, with_tests=True)
    plc = program.start()
    plc.run()
    assert plc["MAIN.s.good"] and run_suites(program) == []


def test_that_words_of_the_library_are_names_without_it() -> None:
    text = "FUNCTION TEST : BOOL VAR_INPUT x : STRING; END_VAR TEST := x = 'a'; END_FUNCTION "
    plc = compile_st(text + "PROGRAM MAIN VAR b : BOOL; END_VAR b := TEST('a'); END_PROGRAM").start()
    plc.run()
    assert plc["MAIN.b"]


LIBRARY = {
    "TcUnit/FB_TestSuite.st": """FUNCTION_BLOCK FB_TestSuite VAR path : T_MaxString; own : FB_Test; END_VAR
METHOD AddTest : BOOL VAR_INPUT TestName : T_MaxString; END_VAR AddTest := own.IsFinished(); END_METHOD
METHOD AssertTrue VAR_INPUT Condition : BOOL; Message : T_MaxString; END_VAR
GVL_TcUnit.failed := NOT Condition;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Test METHOD IsFinished : BOOL END_METHOD END_FUNCTION_BLOCK
FUNCTION TEST VAR_INPUT TestName : T_MaxString; END_VAR GVL_TcUnit.name := TestName; END_FUNCTION
FUNCTION TEST_FINISHED : BOOL END_FUNCTION
FUNCTION RUN END_FUNCTION
FUNCTION WRITE_PROTECTED_INT VAR_INPUT Ptr : POINTER TO INT; Value : INT; END_VAR Ptr^ := Value; END_FUNCTION
TYPE T_MaxString : STRING(255); END_TYPE
""",
    "TcUnit/GVL_TcUnit.st": """VAR_GLOBAL name : T_MaxString; suite : POINTER TO FB_TestSuite; failed : BOOL;
END_VAR""",
    "TcUnit/GVL_Param_TcUnit.st": "VAR_GLOBAL CONSTANT MaxNumberOfTestSuites : UINT := 1000; END_VAR",
}
BRINGS = """TEST('t'); WRITE_PROTECTED_INT(ADR(n), UINT_TO_INT(GVL_Param_TcUnit.MaxNumberOfTestSuites));
AssertEquals_INT(1000, n, 'm'); AssertTrue(n > 1000, 'more'); TEST_FINISHED();"""


def test_that_the_tests_of_a_project_that_brings_the_library_run_as_others_do() -> None:
    text = suite(BRINGS, "VAR n : INT; END_VAR") + RUN
    program = compile_st({**LIBRARY, "suite.st": text}, "twincat", with_tests=True)
    (outcome,) = run_suites(program)
    assert (outcome.verdict, outcome.assertions, outcome.failures[0].what) == (
        "FAIL", 2, "more: expected TRUE, actual FALSE [AssertTrue(n > 1000, 'more')]",
    )  # fmt: skip
    (told_once,) = [notice for notice in program.notices if "TcUnit" in notice.what]
    assert (told_once.severity, told_once.where.file) == ("notice", "TcUnit/FB_TestSuite.st")


def test_that_blocks_that_need_nothing_of_the_library_can_be_tested() -> None:
    leaf = "FUNCTION_BLOCK FB_StreamBuffer VAR_OUTPUT n : INT; END_VAR n := 7; END_FUNCTION_BLOCK "
    body = "TEST('t'); b(); AssertEquals_INT(7, b.n, ''); TEST_FINISHED();"
    text = leaf + suite(body, "VAR b : FB_StreamBuffer; END_VAR") + RUN
    (outcome,) = run_suites(compile_st({**LIBRARY, "suite.st": text}, "twincat", with_tests=True))
    assert (outcome.verdict, outcome.assertions) == ("PASS", 1)


def test_that_without_tests_the_library_is_a_part_of_the_program() -> None:
    text = suite("TEST('t'); AssertTrue(FALSE, ''); TEST_FINISHED();") + RUN.replace(
        "RUN();", "RUN(); suite();"
    )
    plc = compile_st({**LIBRARY, "suite.st": text}, "twincat").start()
    plc.scan(0)
    assert (plc["GVL_TcUnit.name"], plc["GVL_TcUnit.failed"]) == ("t", True)


def test_that_a_suite_of_ones_own_by_that_name_is_no_library() -> None:
    text = "FUNCTION_BLOCK FB_TestSuite VAR_OUTPUT n : INT; END_VAR n := n + 1; END_FUNCTION_BLOCK\n"
    text += suite("SUPER^();") + RUN.replace("TcUnit.RUN();", "suite();")
    plc = compile_st({"suite.st": text}, "twincat", with_tests=True).start()
    plc.run(3)
    assert plc["PRG_TEST.suite.n"] == 3
