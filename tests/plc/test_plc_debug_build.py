"""The code for debugging does what the fast code does, and counts what was executed."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

from commissioning.plc import Plc, PlcError, TaskSpec, compile_st
from commissioning.plc.generation.debug_build import debug_code

sys.path.insert(0, str(Path(__file__).parent))
from test_plc_skipping import AGGREGATES, ONE_TASK, RESTLESS, TASKS, TWO_TASKS, storm

MS = 1_000_000

WITH_FUNCTIONS = """
VAR_GLOBAL
  i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; level AT %IW1 : INT;
  q0 AT %QX0.0 : BOOL; out AT %QW1 : INT; word AT %QW2 : WORD; low AT %QB4 : BYTE;
END_VAR
FUNCTION Digits : INT
VAR_INPUT n : INT; END_VAR
VAR_OUTPUT odd : BOOL; END_VAR
VAR rest : INT; END_VAR
rest := ABS(n);
REPEAT
  Digits := Digits + 1;
  IF rest MOD 7 = 6 THEN CONTINUE; END_IF
  odd := NOT odd;
  rest := rest / 10;
UNTIL rest = 0 OR Digits > 6 END_REPEAT
IF n < 0 THEN RETURN; END_IF
odd := odd OR i1;
END_FUNCTION
PROGRAM MAIN
VAR k, n : INT; x : ARRAY[0..3] OF REAL; stop : BOOL; END_VAR
FOR k := 3 TO 0 BY -1 DO
  IF i2 THEN CONTINUE; END_IF
  x[k] := x[k] / 3.0 + INT_TO_REAL(Digits(level + k, odd => stop));
  IF stop AND i0 THEN EXIT; END_IF
END_FOR
n := level;
WHILE n > 10 DO n := n - 7; low := low + 1; END_WHILE
word.3 := x[0] > x[1];
CASE n OF
  0, 2..5: out := out + 1;
  -3: q0 := NOT q0;
ELSE
  out := Digits(n);
END_CASE
END_PROGRAM
"""
GLOBALS = WITH_FUNCTIONS[: WITH_FUNCTIONS.index("FUNCTION Digits")]
WITH_OBJECTS = (
    GLOBALS
    + """
INTERFACE I_Unit
METHOD Act : INT VAR_INPUT inc : INT; END_VAR END_METHOD
PROPERTY Total : INT GET END_GET END_PROPERTY
END_INTERFACE
FUNCTION_BLOCK Base IMPLEMENTS I_Unit
VAR_INPUT go : BOOL; END_VAR
VAR sum, calls : INT; late : TON; END_VAR
METHOD Act : INT VAR_INPUT inc : INT; END_VAR
VAR twice : INT; big : BOOL; END_VAR
twice := inc * 2;
IF twice > 20 THEN big := TRUE; Act := THIS^.Scaled(twice); RETURN; END_IF
Act := Scaled(inc);
END_METHOD
METHOD Scaled : INT VAR_INPUT inc : INT; END_VAR
sum := sum + inc; Scaled := sum;
END_METHOD
PROPERTY Total : INT
GET Total := sum; END_GET
SET sum := Total; END_SET
END_PROPERTY
ACTION Clear: sum := 0; calls := calls + 1; END_ACTION
late(IN := go, PT := T#40ms);
IF late.Q THEN Clear(); END_IF
END_FUNCTION_BLOCK
FUNCTION_BLOCK Other EXTENDS Base
METHOD Scaled : INT VAR_INPUT inc : INT; END_VAR
Scaled := -SUPER^.Scaled(inc);
END_METHOD
calls := calls + 1;
SUPER^();
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR one : Base; two : Other; unit : I_Unit; p : POINTER TO INT; r : REFERENCE TO Base; k, n : INT;
  x : ARRAY[0..3] OF INT; END_VAR
r REF= one;
IF i0 THEN unit := one; ELSE unit := two; r REF= two; END_IF
n := unit.Act(level);
r.Total := r.Total MOD 50;
one(go := i1); two(go := i2 AND NOT i0);
p := ADR(x[0]);
FOR k := 0 TO 3 DO p^ := p^ + n + k; p := p + SIZEOF(x[0]); END_FOR
q0 := x[2] > unit.Total;
out := x[3];
END_PROGRAM
"""
)
WITH_STEPS = (
    GLOBALS
    + """
PROGRAM MAIN
VAR n : INT; t : TON; END_VAR
INITIAL_STEP Off: END_STEP
TRANSITION FROM Off TO Run := i0; END_TRANSITION
STEP Run: Count(N); q0(S); Slow(D, T#30ms); END_STEP
TRANSITION FROM Run TO Hold := i1 AND Run.T > T#20ms; END_TRANSITION
TRANSITION FROM Run TO Off := NOT i0; END_TRANSITION
STEP Hold: q0(R); END_STEP
TRANSITION FROM Hold TO Off := i2 OR n > 500; END_TRANSITION
ACTION Count: n := n + 1; IF n > level THEN n := level; END_IF END_ACTION
ACTION Slow: out := out + 1; END_ACTION
END_PROGRAM
"""
)
PROGRAMS = {
    "objects": (WITH_OBJECTS, ()),
    "steps": (WITH_STEPS, ()),
    "one task": (ONE_TASK, ()),
    "restless": (RESTLESS, ()),
    "two tasks": (TWO_TASKS, TASKS),
    "aggregates": (AGGREGATES, TASKS),
    "functions and loops": (WITH_FUNCTIONS, ()),
}


def state(plc: Plc) -> str:
    data = plc.snapshot()
    return json.dumps([data["memories"], data["tasks"], data["stopped"]])


@pytest.mark.parametrize("name", PROGRAMS)
def test_that_every_build_leaves_the_same_memory_after_every_scan_of_twenty_storms(name: str) -> None:
    text, tasks = PROGRAMS[name]
    program = compile_st(text, tasks=tasks)
    scans = 0
    for seed in range(20):
        fast, slow = program.start(), program.start()
        instruments = slow.instruments()
        rng = random.Random(seed)
        at = 0
        for until, path, value in storm(seed):
            while at < min(until, 1500 * MS):
                # swapped between any two scans: with and without coverage, with and without a hook
                if rng.random() < 0.3:
                    instruments.coverage() if rng.random() < 0.5 else instruments.end_coverage()
                    instruments.armed[:] = [rng.randrange(2)] * len(instruments.armed)
                    instruments.watch_statements(rng.choice([None, lambda _: None]))
                task = rng.randrange(len(program.tasks))
                fast.scan(at, task)
                slow.scan(at, task)
                assert state(slow) == state(fast), f"storm {seed} at {at}"
                at += 5 * MS
                scans += 1
            fast[path] = value  # type: ignore[assignment]
            slow[path] = value  # type: ignore[assignment]
    assert scans > 3000


def test_that_a_fault_is_told_at_the_same_place_by_every_build() -> None:
    text = (
        "PROGRAM MAIN\nVAR a, b : INT; END_VAR\nIF b = 0 THEN\n  b := 0;\n\n  a := 1 / b;\nEND_IF END_PROGRAM"
    )
    program = compile_st({"main.st": text})
    told = []
    for instrument in (lambda plc: None, lambda plc: plc.coverage(), lambda plc: plc.debug().stop_at(6)):
        plc = program.start()
        instrument(plc)
        with pytest.raises(PlcError) as error:
            plc.scan(0)
        told.append(str(error.value))
    assert told == ["main.st:6:3: division by zero"] * 3


def test_that_the_watchdog_counts_alike_in_every_build() -> None:
    text = "PROGRAM MAIN\nVAR n : DINT; END_VAR\nWHILE TRUE DO\n  n := n + 1;\nEND_WHILE\nEND_PROGRAM\n"
    program = compile_st(text)
    rounds = []
    for watched in (False, True):
        plc = program.start()
        if watched:
            plc.coverage()
        with pytest.raises(PlcError):
            plc.scan(0)
        rounds.append(plc["MAIN.n"])
    assert rounds[0] == rounds[1] == 1_000_000  # see decision 5


def test_that_places_have_one_number_in_all_builds() -> None:
    program = compile_st(WITH_FUNCTIONS)
    codes = [
        debug_code(program, coverage=c, stops=s) for c, s in ((True, False), (False, True), (True, True))
    ]
    assert codes[0].places == codes[1].places == codes[2].places
    assert debug_code(program, coverage=True, stops=True) is codes[2]  # made once
    statements = [place for place in codes[0].places if place.kind == "statement"]
    assert len(statements) == program.statement_count


COVERED = """FUNCTION_BLOCK Step
VAR_INPUT on : BOOL; END_VAR
VAR_OUTPUT n : INT; END_VAR
IF on THEN
  n := n + 1;
END_IF
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR a, b : Step; k, total : INT; mode : INT; END_VAR
a(on := mode = 1);
b(on := mode > 1);
CASE mode OF
  0: total := 0;
  1, 2: total := total + 1;
  5..7: total := -1;
END_CASE
FOR k := 1 TO mode DO
  total := total + k;
END_FOR
REPEAT
  k := k - 1;
UNTIL k <= 0 END_REPEAT
END_PROGRAM
"""


def test_that_coverage_counts_statements_and_branches() -> None:
    plc = compile_st({"main.st": COVERED}).start()
    coverage = plc.coverage()
    plc.run(scans=2)  # mode 0
    main, step = coverage["main"], coverage["Step"]
    # a(), b(), CASE, total := 0, FOR, REPEAT, k := k - 1
    assert (main.statements_hit, main.statements) == (7, 10)
    # the option 0 of four ways on from the CASE; the FOR ends, it does not run; the REPEAT does not repeat
    assert (main.branches_hit, main.branches) == (2, 7)
    assert (step.statements_hit, step.statements, step.branches_hit, step.branches) == (1, 2, 1, 2)
    assert coverage.branch("main.st", 12) == {
        "0:": True, "1, 2:": False, "5..7:": False, "without ELSE": False
    }  # fmt: skip
    plc["MAIN.mode"] = 2
    plc.run()
    assert coverage["Step"].missed == ()  # instances count together
    assert coverage.branch("main.st", 17) == {"the loop runs": True, "the loop ends": True}
    assert coverage.branch("main.st", 20) == {"the loop goes round again": True}
    assert coverage.statements == (11, 12)
    assert coverage.branches == (7, 9)


def test_that_coverages_of_two_tests_are_put_together_and_pass_through_json() -> None:
    program = compile_st({"main.st": COVERED})
    found = []
    for mode in (1, 5):
        plc = program.start()
        found.append(plc.coverage())
        plc["MAIN.mode"] = mode
        plc.run()
    again = [type(c).from_plain(program, json.loads(json.dumps(c.to_plain()))) for c in found]
    both = again[0] | again[1]
    assert both.branch("main.st", 12) == {
        "0:": False, "1, 2:": True, "5..7:": True, "without ELSE": False
    }  # fmt: skip
    assert found[0].branch("main.st", 12)["5..7:"] is False  # the two themselves stay as they are
    with pytest.raises(ValueError, match="two different programs"):
        both | compile_st(ONE_TASK).start().coverage()


def test_that_the_listing_marks_what_was_missed() -> None:
    plc = compile_st({"main.st": COVERED.replace("total := 0;", "total := 0; // <b>&")}).start()
    coverage = plc.coverage()
    plc["MAIN.mode"] = 1
    plc.run()
    lines = coverage.text().splitlines()
    assert "   15 !   5..7: total := -1;" in lines
    assert "   14 +   1, 2: total := total + 1;" in lines
    assert any(line.startswith("   12 ~ CASE mode OF   <- never 0: (line 13)") for line in lines)
    assert "<b>&" not in coverage.html()
    assert "&lt;b&gt;&amp;" in coverage.html()


def test_that_the_end_of_measuring_brings_the_fast_code_back() -> None:
    plc = compile_st({"main.st": COVERED}).start()
    fast = plc.build
    coverage = plc.coverage()
    assert plc.build is not fast
    plc.run()
    before = coverage.statements
    plc.instruments().end_coverage()
    assert plc.build is fast
    plc["MAIN.mode"] = 6
    plc.run()
    assert coverage.statements == before


def test_that_tasks_are_measured_on_a_given_clock() -> None:
    from commissioning.plc.debugging.cycles import Cycles

    program = compile_st(
        TWO_TASKS, tasks=[TaskSpec("fast", "Fast", 10 * MS), TaskSpec("slow", "Slow", 20 * MS)]
    )
    plc = program.start()
    ticks = iter([0.0, 0.002, 1.0, 1.004, 2.0, 2.006])  # each scan asks twice
    cycles = Cycles(plc, clock=lambda: next(ticks))
    plc.scan(0, 0)
    plc.scan(0, 1)
    plc.scan(10 * MS, 0)
    fast, slow = cycles.tasks
    assert (fast.scans, slow.scans) == (2, 1)
    assert fast.mean_s == pytest.approx(0.004)
    assert (fast.least_s, fast.most_s) == (pytest.approx(0.002), pytest.approx(0.006))
    assert slow.load == pytest.approx(0.004 / 0.020)
    cycles.close()
    plc.scan(20 * MS, 0)
    assert fast.scans == 2
