"""Stand-ins for function blocks and functions: in TESTs by Structured Text, in pytest by Python."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, Program, compile_st
from commissioning.plc.testing.outcome import Outcome
from commissioning.plc.testing.python_mocks import MockFailed
from commissioning.plc.testing.st_tests import found_tests, run_test
from commissioning.plc.testing.under_test import PlcUnderTest

PROJECT = """
TYPE Axis : STRUCT pos : REAL; ok : BOOL; END_STRUCT END_TYPE
VAR_GLOBAL Q_Move : BOOL; Q_Alarm : BOOL; Seen : INT; END_VAR
FUNCTION F_Scale : REAL
VAR_INPUT raw : INT; gain : REAL := 2.0; END_VAR
VAR_OUTPUT clipped : BOOL; END_VAR
VAR_IN_OUT total : INT; END_VAR
    F_Scale := INT_TO_REAL(raw) * gain;
    total := total + 1;
END_FUNCTION
FUNCTION_BLOCK FB_Drive
VAR_INPUT enable : BOOL; goal : REAL; END_VAR
VAR_OUTPUT ready : BOOL; axis : Axis; rows : ARRAY[1..2, 0..1] OF INT; END_VAR
VAR_IN_OUT starts : INT; END_VAR
VAR ramp : TON; END_VAR
METHOD Reset : BOOL
VAR_INPUT hard : BOOL; END_VAR
    Reset := hard;
END_METHOD
PROPERTY Fast : BOOL
GET
    Fast := goal > 10.0;
END_GET
END_PROPERTY
    ramp(IN := enable, PT := T#1h);
    ready := ramp.Q;
    axis.pos := goal;
    starts := starts + 1;
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Zone
VAR_INPUT go : BOOL; END_VAR
VAR_OUTPUT alarm : BOOL; where : REAL; END_VAR
VAR d : FB_Drive; n : INT; k : INT; done, fast : BOOL; wait : TON; END_VAR
    d(enable := go, goal := F_Scale(7, total := k), starts := n);
    where := d.axis.pos;
    fast := d.Fast;
    IF d.ready THEN done := d.Reset(hard := TRUE); END_IF
    wait(IN := go AND NOT d.ready, PT := T#3s);
    alarm := wait.Q;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR zone : FB_Zone; END_VAR
    zone(go := Q_Move);
    Q_Alarm := zone.alarm;
END_PROGRAM
"""
BROKEN = """
FUNCTION_BLOCK FB_Broken
VAR_INPUT goal : REAL; enable : BOOL; END_VAR
VAR_IN_OUT starts : INT; END_VAR
VAR_OUTPUT axis : Axis; ready : BOOL; rows : ARRAY[1..2, 0..1] OF INT; END_VAR
VAR calls : INT; END_VAR
METHOD Reset : BOOL
VAR_INPUT hard : BOOL; END_VAR
    calls := 100;
    Reset := FALSE;
END_METHOD
PROPERTY Fast : BOOL
GET
    Fast := TRUE;
END_GET
END_PROPERTY
    calls := calls + 1;
    ready := calls >= 3;
    axis.pos := goal + 0.5;
    starts := starts + 10;
    Seen := calls;
END_FUNCTION_BLOCK
FUNCTION F_Fixed : REAL
VAR_INPUT raw : INT; gain : REAL; END_VAR
VAR_OUTPUT clipped : BOOL; END_VAR
VAR_IN_OUT total : INT; END_VAR
    F_Fixed := 40.0 + INT_TO_REAL(raw);
    clipped := TRUE;
    total := 77;
END_FUNCTION
"""


def program(tests: str, with_stand_ins: bool = True) -> Program:
    files = {"project.st": PROJECT, "tests.st": tests}
    return compile_st({**files, **({"broken.st": BROKEN} if with_stand_ins else {})}, with_tests=True)


def outcomes(tests: str, coverage: bool = False) -> dict[str, Outcome]:
    made = program(tests)
    prepare = (lambda stand: stand.coverage()) if coverage else None
    return {found.name: found for found in (run_test(made, test, prepare) for test in found_tests(made))}


ZONE = """TEST 'with'
MOCK FB_Drive BY FB_Broken;
MOCK F_Scale BY F_Fixed;
VAR z : FB_Zone; END_VAR
    z(go := TRUE);
    ASSERT_EQ(z.where, 47.5);
    ASSERT_EQ(z.n, 10);
    ASSERT_EQ(z.k, 77);
    ASSERT_TRUE(z.fast);
    ASSERT_FALSE(z.d.ready);
    z();
    z();
    ASSERT_TRUE(z.d.ready);
    ASSERT_FALSE(z.done, 'the method of the stand-in gives FALSE');
    z();
    ASSERT_EQ(Seen, 101, 'body and method have the same variables');
END_TEST
TEST 'without'
VAR z : FB_Zone; END_VAR
    z(go := TRUE);
    ASSERT_EQ(z.where, 14.0);
    ASSERT_EQ(z.n, 1);
    ASSERT_EQ(z.k, 1);
    ASSERT_TRUE(z.fast);
    ADVANCE_TIME(T#3s);
    z();
    ASSERT_TRUE(z.alarm);
END_TEST
"""


@pytest.mark.parametrize("coverage", [False, True])
def test_that_a_stand_in_is_executed_in_its_test_and_nowhere_else(coverage: bool) -> None:
    found = outcomes(ZONE, coverage)
    assert {name: (one.verdict, one.failures) for name, one in found.items()} == {
        "with": ("PASS", ()), "without": ("PASS", ()),
    }  # fmt: skip
    assert all(one.notes == () for one in found.values())


def test_that_each_instance_has_a_stand_in_of_its_own() -> None:
    (found,) = outcomes("""TEST 't'
MOCK FB_Drive BY FB_Broken;
VAR a, b : FB_Drive; rows : ARRAY[1..3] OF FB_Drive; n, k : INT; END_VAR
    FOR k := 1 TO 3 DO a(starts := n); rows[k](goal := INT_TO_REAL(k), starts := n); END_FOR
    b(starts := n);
    ASSERT_TRUE(a.ready);
    ASSERT_FALSE(b.ready);
    ASSERT_FALSE(rows[2].ready);
    ASSERT_EQ(rows[3].axis.pos, 3.5);
    ASSERT_EQ(n, 70);
END_TEST
""").values()
    assert found.failures == ()


def test_that_in_a_test_of_the_project_every_scan_calls_the_stand_in() -> None:
    (found,) = outcomes("""TEST 't'
MOCK FB_Drive BY FB_Broken;
    Q_Move := TRUE;
    ADVANCE_TIME(T#20ms);
    ASSERT_EQ(Seen, 3);
    ADVANCE_TIME(T#1s);
    ASSERT_FALSE(Q_Alarm);
END_TEST
""").values()
    assert found.failures == ()


def test_that_a_stand_in_can_call_what_it_stands_in_for() -> None:
    spy = """FUNCTION_BLOCK FB_Spy
VAR_INPUT go : BOOL; END_VAR
VAR_OUTPUT alarm : BOOL; where : REAL; END_VAR
VAR real_one : FB_Zone; END_VAR
    Seen := Seen + 1;
    real_one(go := go, alarm => alarm);
    where := real_one.where + 100.0;
END_FUNCTION_BLOCK
TEST 't'
MOCK FB_Zone BY FB_Spy;
    Q_Move := TRUE;
    ADVANCE_SCANS(2);
    ASSERT_EQ(Seen, 2);
    ASSERT_EQ(MAIN.zone.where, 114.0);
    ADVANCE_TIME(T#4s);
    ASSERT_TRUE(Q_Alarm);
END_TEST
"""
    (found,) = outcomes(spy).values()
    assert found.failures == ()


UNUSED = """TEST 't'
MOCK FB_Zone BY FB_Other; MOCK F_Scale BY F_Fixed;
    ASSERT_TRUE(TRUE);
END_TEST
FUNCTION_BLOCK FB_Other
VAR_INPUT go : BOOL; END_VAR VAR_OUTPUT alarm : BOOL; where : REAL; END_VAR
END_FUNCTION_BLOCK
"""


def test_that_a_stand_in_that_nobody_calls_is_told() -> None:
    (found,) = outcomes(UNUSED).values()
    assert found.verdict == "PASS"
    assert found.notes == (
        "MOCK FB_Zone BY FB_Other: FB_Zone was never called",
        "MOCK F_Scale BY F_Fixed: F_Scale was never called",
    )


@pytest.mark.parametrize(
    ("mock", "words"),
    [
        ("FB_Drvie BY FB_Broken", "there is no function block or function FB_Drvie. Did you mean FB_Drive"),
        ("FB_Drive BY FB_Broke", "there is no function block or function FB_Broke. Did you mean FB_Broken"),
        ("MAIN BY FB_Broken", "MAIN is a PROGRAM: only function blocks and functions can have a stand-in"),
        ("TON BY FB_Broken", "FB_Broken cannot stand in for TON: it has no input IN : BOOL"),
        ("FB_Drive BY F_Fixed", "F_Fixed is a function, FB_Drive is a function block"),
        ("FB_Drive BY FB_Drive", "FB_Drive cannot stand in for itself"),
        ("FB_Drive BY FB_Broken; MOCK FB_Drive BY FB_Broken", "FB_Drive has a stand-in in this TEST already"),
        (
            "FB_Drive BY FB_Zone",
            "FB_Zone cannot stand in for FB_Drive: it has no input enable : BOOL; it has no input goal",
        ),
        ("FB_Zone BY FB_Near", "its output where is INT, not REAL; its input extra is too many"),
        ("F_Scale BY F_Turned", "its parameters stand in another order than raw, gain, clipped, total"),
        ("F_Scale BY F_Other", "it gives INT, not REAL"),
        ("FB_Drive BY FB_Mute", "it has no method Reset; it has no property Fast (GET)"),
        (
            "FB_Drive BY FB_Odd",
            "in method Reset its input hard is INT, not BOOL; in method Reset it gives INT",
        ),
    ],
)
def test_that_what_cannot_stand_in_is_told_when_compiling(mock: str, words: str) -> None:
    head = "VAR_INPUT enable : BOOL; goal : REAL; END_VAR VAR_IN_OUT starts : INT; END_VAR VAR_OUTPUT "
    head += "ready : BOOL; axis : Axis; rows : ARRAY[1..2, 0..1] OF INT; END_VAR "
    others = f"""
FUNCTION_BLOCK FB_Near VAR_INPUT go, extra : BOOL; END_VAR VAR_OUTPUT alarm : BOOL; where : INT; END_VAR
END_FUNCTION_BLOCK
FUNCTION F_Turned : REAL VAR_INPUT gain : REAL; raw : INT; END_VAR VAR_OUTPUT clipped : BOOL; END_VAR
VAR_IN_OUT total : INT; END_VAR F_Turned := gain; END_FUNCTION
FUNCTION F_Other : INT VAR_INPUT raw : INT; gain : REAL; END_VAR VAR_OUTPUT clipped : BOOL; END_VAR
VAR_IN_OUT total : INT; END_VAR F_Other := 1; END_FUNCTION
FUNCTION_BLOCK FB_Mute {head} END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Odd {head}
METHOD Reset : INT VAR_INPUT hard : INT; END_VAR Reset := 1; END_METHOD
PROPERTY Fast : BOOL GET Fast := TRUE; END_GET END_PROPERTY END_FUNCTION_BLOCK
"""
    with pytest.raises(Problems) as told:
        program(f"TEST 't'\nMOCK {mock};\nASSERT_TRUE(TRUE);\nEND_TEST{others}")
    (problem,) = told.value.problems
    assert words in str(problem)
    assert (problem.where.file, problem.where.line) == ("tests.st", 2)


def test_that_mock_and_by_stay_names_of_variables() -> None:
    (found,) = outcomes(
        "TEST 't'\nVAR mock, k : INT; END_VAR\nmock := 3; k := mock;\nASSERT_EQ(k, 3);\nEND_TEST"
    ).values()
    assert found.failures == ()


def test_that_inherited_methods_are_mocked_for_the_mocked_block_only() -> None:
    source = """
FUNCTION_BLOCK FB_Base
METHOD Id : INT Id := 1; END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_A EXTENDS FB_Base VAR_OUTPUT a : INT; END_VAR a := Id(); END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_B EXTENDS FB_Base VAR_OUTPUT a : INT; END_VAR a := Id(); END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Stand VAR_OUTPUT a : INT; END_VAR
METHOD Id : INT Id := 7; END_METHOD a := 5; END_FUNCTION_BLOCK
TEST 't'
MOCK FB_A BY FB_Stand;
VAR x : FB_A; y : FB_B; p : POINTER TO FB_A; END_VAR
x(); y();
ASSERT_EQ(x.a, 5);
ASSERT_EQ(y.a, 1);
ASSERT_EQ(x.Id(), 7);
ASSERT_EQ(y.Id(), 1);
p := ADR(x);
ASSERT_EQ(p^.Id(), 7);
p^();
END_TEST
"""
    made = compile_st(source, "codesys", with_tests=True)
    (found,) = (run_test(made, test) for test in found_tests(made))
    assert found.failures == ()


# ---- Python ----------------------------------------------------------------------------------------------


@pytest.fixture
def plc() -> PlcUnderTest:
    return PlcUnderTest(program("", with_stand_ins=False))


def test_that_a_mapping_gives_the_outputs_and_calls_are_kept(plc: PlcUnderTest) -> None:
    drive = plc.mock("fb_drive", {"ready": True, "axis": {"pos": 2.5, "ok": True}, "ROWS": [[1, 2], [3, 4]]})
    zone = plc.fb("FB_Zone", go=True)
    plc.run()
    assert (zone.where, zone["d.axis.ok"], zone["d.rows[2,0]"]) == (2.5, True, 3)
    assert zone.done  # the method is the block's own
    assert drive.calls == [{"enable": True, "goal": 14.0, "starts": 0}]
    assert plc.unused_mocks() == ()


def test_that_a_function_answers_each_call(plc: PlcUnderTest) -> None:
    seen: list[float] = []

    def answer(enable: bool, goal: float, starts: int) -> dict[str, object]:
        seen.append(goal)
        return {"ready": len(seen) > 2, "starts": starts + 5}

    plc.mock("FB_Drive", answer)
    plc.mock("F_Scale", lambda raw, **_: raw + 0.25)
    reset = plc.mock("FB_Drive.Reset", lambda hard: not hard)
    zone = plc.fb("FB_Zone", go=True)
    plc.run(scans=4)
    assert seen == [7.25] * 4
    assert (zone.n, zone.done, reset.count) == (20, False, 2)
    assert reset.calls == [{"hard": True}, {"hard": True}]


def test_that_a_function_gives_its_outputs_too_and_tasks_scan_every_time(plc: PlcUnderTest) -> None:
    scale = plc.mock("F_Scale", {"F_Scale": 3.0, "clipped": True, "total": 9})
    getter = plc.mock("FB_Drive.Fast.GET", True)
    plc["Q_Move"] = True
    plc.run_for("1 s")
    assert scale.count == getter.count == 101
    assert (plc["MAIN.zone.where"], plc["MAIN.zone.k"], plc["MAIN.zone.fast"]) == (3.0, 9, True)
    own = plc.function("F_Scale")
    assert own(raw=1) == 3.0 and own.clipped and own.total == 9


def test_that_without_an_answer_nothing_happens_and_the_unused_one_is_named(plc: PlcUnderTest) -> None:
    plc.mock("FB_Drive")
    plc.mock("F_Scale")
    zone = plc.fb("FB_Zone", go=True)
    plc.run()
    assert (zone.where, zone.n) == (0.0, 0)
    other = PlcUnderTest(plc.plc.program)
    other.mock("F_Scale", 1.0)
    assert other.unused_mocks() == ("F_Scale",)


@pytest.mark.parametrize(
    ("name", "answer", "error", "words"),
    [
        ("FB_Drvie", None, KeyError, "method FB_Drvie. Did you mean FB_Drive"),
        ("MAIN", None, KeyError, "MAIN is a PROGRAM"),
        ("TON", None, KeyError, "TON is a standard block"),
        ("FB_Drive", {"redy": True}, TypeError, "FB_Drive has no output redy. Did you mean ready"),
        ("FB_Drive", {"enable": True}, TypeError, "FB_Drive has no output enable"),
        ("FB_Drive", {"ready": 1}, TypeError, "FB_Drive.ready is a BOOL, not int"),
        ("FB_Drive", {"rows": [1, 2]}, TypeError, r"FB_Drive.rows\[1\] takes a row of 2 values, not 1"),
        ("FB_Drive", {"rows": [[1, 2], [3, 99999]]}, ValueError, "99999 does not fit"),
        ("FB_Drive", {"axis": {"pos": 1.0}}, TypeError, "give a mapping of all of pos, ok"),
        ("FB_Drive", 3, TypeError, "FB_Drive gives outputs by name, not 3"),
        ("F_Scale", "x", TypeError, "a REAL is expected, not the text 'x'"),
        ("F_Scale", lambda raw: 1.0, TypeError, r"takes \(raw\), a call of F_Scale gives raw, gain, total"),
    ],
)
def test_that_an_answer_that_does_not_fit_is_told_at_once(
    plc: PlcUnderTest, name: str, answer: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        plc.mock(name, answer)


def test_that_what_a_function_does_wrong_ends_the_test_and_is_no_fault_of_the_program(
    plc: PlcUnderTest,
) -> None:
    plc.mock("F_Scale", lambda **_: 1 / 0)
    zone = plc.fb("FB_Zone")
    with pytest.raises(
        MockFailed, match="the stand-in of F_Scale failed: ZeroDivisionError: division by zero"
    ):
        zone()
    assert plc.plc.stopped is None
    with pytest.raises(ValueError, match="F_Scale has a stand-in already"):
        plc.mock("F_Scale", 1.0)


def test_that_an_assertion_in_a_stand_in_fails_the_test_as_it_is(plc: PlcUnderTest) -> None:
    def answer(raw: int, gain: float, total: int) -> float:
        assert raw == 8, "seven"
        return 0.0

    plc.mock("F_Scale", answer)
    with pytest.raises(AssertionError, match="seven"):
        plc.fb("FB_Zone")()


def test_that_coverage_that_begins_later_keeps_the_stand_ins(plc: PlcUnderTest) -> None:
    plc.mock("F_Scale", 5.0)
    zone = plc.fb("FB_Zone")
    zone()
    plc.coverage()
    zone()
    assert zone.where == 5.0


def test_that_a_stub_without_a_body_can_have_a_stand_in() -> None:
    source = """PROGRAM MAIN
VAR axis : MC_Power; on, n : BOOL; END_VAR
    axis(Enable := TRUE, Status => on);
    n := on;
END_PROGRAM
"""
    made = compile_st(source, with_tests=True, stubs=True)
    stopped = PlcUnderTest(made)
    with pytest.raises(PlcError, match="MC_Power"):
        stopped.run()
    plc = PlcUnderTest(made)
    power = plc.mock("MC_Power", lambda **given: {"Status": given["Enable"]})
    plc.run(scans=2)
    assert plc["MAIN.n"] is True and power.calls == [{"Enable": True}] * 2


# ---- standard blocks and stubs ---------------------------------------------------------------------------

WITH_TIMERS = """
FUNCTION_BLOCK FB_Timed VAR_INPUT go : BOOL; END_VAR VAR_OUTPUT q : BOOL; END_VAR
VAR t : TON := (PT := T#1h); r : R_TRIG; n : INT; row : ARRAY[1..2] OF TON; END_VAR
    t(IN := go); r(CLK := t.Q); IF r.Q THEN n := n + 1; END_IF q := t.Q;
    row[1](IN := t.Q, PT := T#10ms);
END_FUNCTION_BLOCK
FUNCTION_BLOCK Fast
VAR_INPUT IN : BOOL; PT : TIME; END_VAR VAR_OUTPUT Q : BOOL; ET : TIME; END_VAR VAR calls : INT; END_VAR
    calls := calls + 1; Q := IN AND calls > 2; ET := PT;
END_FUNCTION_BLOCK
PROGRAM MAIN VAR f : FB_Timed; END_VAR f(go := TRUE); END_PROGRAM
"""
TIMER_TESTS = """
TEST 'with' MOCK TON BY Fast; VAR f : FB_Timed; END_VAR
    f(go := TRUE); ASSERT_FALSE(f.q); f(); ASSERT_FALSE(f.q); f(); ASSERT_TRUE(f.q); ASSERT_EQ(f.n, 1);
    ASSERT_EQ(f.t.ET, T#1h);
END_TEST
TEST 'without' VAR f : FB_Timed; END_VAR
    f(go := TRUE); f(); f(); ASSERT_FALSE(f.q); ADVANCE_TIME(T#1h); f(); ASSERT_TRUE(f.q); ASSERT_EQ(f.n, 1);
END_TEST
"""


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_a_standard_block_has_a_stand_in_in_the_test_that_says_so(dialect: str) -> None:
    program = compile_st({"m.st": WITH_TIMERS + TIMER_TESTS}, dialect=dialect, with_tests=True)
    assert not program.notices
    outcomes = [run_test(program, test) for test in found_tests(program)]
    assert [(one.name, one.verdict, one.failures) for one in outcomes] == [
        ("with", "PASS", ()), ("without", "PASS", ()),
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", ["iec", "codesys"])
@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("TOF", "IN : BOOL; PT : TIME;", "Q : BOOL; ET : TIME;"),
        ("TP", "IN : BOOL; PT : TIME;", "Q : BOOL; ET : TIME;"),
        ("R_TRIG", "CLK : BOOL;", "Q : BOOL;"), ("F_TRIG", "CLK : BOOL;", "Q : BOOL;"),
        ("SR", "{SET1} : BOOL; {RESET} : BOOL;", "Q1 : BOOL;"),
        ("RS", "{SET} : BOOL; {RESET1} : BOOL;", "Q1 : BOOL;"),
        ("CTU", "CU : BOOL; {RESET} : BOOL; PV : {number};", "Q : BOOL; CV : {number};"),
    ],
)  # fmt: skip
def test_that_every_standard_block_may_have_one(name: str, inputs: str, outputs: str, dialect: str) -> None:
    makers = dialect != "iec"
    own = {"SET1": "S1", "RESET": "R", "SET": "S", "RESET1": "R1"}
    words = {name: name if makers else short for name, short in own.items()}
    words["number"] = "WORD" if makers else "INT"
    inputs, outputs = inputs.format(**words), outputs.format(**words)
    first = outputs.partition(" ")[0]
    given = " := (PV := 3)" if "PV" in inputs else ""
    text = f"""FUNCTION_BLOCK Other VAR_INPUT {inputs} END_VAR VAR_OUTPUT {outputs} END_VAR
    {first} := TRUE; END_FUNCTION_BLOCK
    FUNCTION_BLOCK User VAR b : {name}{given}; END_VAR VAR_OUTPUT q : BOOL; END_VAR b(); q := b.{first};
    END_FUNCTION_BLOCK
    TEST 'with' MOCK {name} BY Other; VAR u : User; END_VAR u(); ASSERT_TRUE(u.q); END_TEST
    TEST 'without' VAR u : User; END_VAR u(); u(); ASSERT_FALSE(u.q); END_TEST"""
    program = compile_st({"m.st": text}, dialect=dialect, with_tests=True)
    outcomes = [run_test(program, test) for test in found_tests(program)]
    assert [one.verdict for one in outcomes] == ["PASS", "PASS"], [one.failures for one in outcomes]


def test_that_without_tests_standard_blocks_are_what_they_were() -> None:
    plain, tested = compile_st(WITH_TIMERS), compile_st({"": WITH_TIMERS + TIMER_TESTS})
    assert plain.source == tested.source


def test_that_a_stand_in_of_a_standard_block_has_its_interface() -> None:
    text = WITH_TIMERS + TIMER_TESTS.replace("BY Fast", "BY FB_Timed")
    with pytest.raises(Problems) as raised:
        compile_st({"m.st": text}, with_tests=True)
    (problem,) = raised.value.problems
    assert problem.what.startswith("FB_Timed cannot stand in for TON: it has no input IN : BOOL")


def test_that_a_stub_of_a_library_has_a_stand_in() -> None:
    text = """
    FUNCTION_BLOCK FB_User VAR_INPUT go : BOOL; END_VAR VAR_OUTPUT done : BOOL; END_VAR
    VAR mover : FB_LibraryMove; END_VAR
        mover(bExecute := go, nAxis := INT#3, bDone => done);
    END_FUNCTION_BLOCK
    FUNCTION_BLOCK Moved VAR_INPUT bExecute : BOOL; nAxis : INT; END_VAR VAR_OUTPUT bDone : BOOL; END_VAR
        bDone := bExecute AND nAxis = 3;
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR u : FB_User; END_VAR u(); END_PROGRAM
    TEST 'moves' MOCK FB_LibraryMove BY Moved; VAR u : FB_User; END_VAR
        u(go := TRUE); ASSERT_TRUE(u.done); u(go := FALSE); ASSERT_FALSE(u.done);
    END_TEST
    TEST 'stub' VAR u : FB_User; END_VAR u(go := TRUE); END_TEST"""
    program = compile_st({"m.st": text}, dialect="twincat", with_tests=True, stubs=True)
    outcomes = {one.name: one for one in (run_test(program, test) for test in found_tests(program))}
    assert outcomes["moves"].verdict == "PASS", outcomes["moves"].failures
    assert outcomes["stub"].verdict == "FAIL"
    assert "is a stub" in outcomes["stub"].failures[0].what
