"""Sequential function charts in textual form, worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.plc import Plc, compile_st
from commissioning.plc.debugging.instruments import Instruments

sys.path.insert(0, str(Path(__file__).parent))

MS = 1_000_000


def started(body: str, variables: str = "", more: str = "") -> Plc:
    return compile_st(f"{more}PROGRAM MAIN\nVAR {variables} END_VAR\n{body}\nEND_PROGRAM").start()


def active(plc: Plc, *steps: str) -> str:
    return " ".join(step for step in steps if plc[f"MAIN.{step}.X"])


# ---- qualifiers ----------------------------------------------------------------------------------------
# Scan k is at k * 10 ms. Step On is active in the scans 3 to 8 (long) or 3 and 4 (short); Clear, which
# resets, in scan 15. Worked out from the definitions of the standard's qualifiers; timers count from scan 3.

QUALIFIED = """INITIAL_STEP Off: END_STEP
TRANSITION FROM Off TO On := go; END_TRANSITION
STEP On: ACTED; END_STEP
TRANSITION FROM On TO After := NOT go; END_TRANSITION
STEP After: END_STEP
TRANSITION FROM After TO Clear := wipe; END_TRANSITION
STEP Clear: RESET END_STEP
TRANSITION FROM Clear TO Off := NOT wipe; END_TRANSITION
"""
LONG = {
    "N": (3, 8), "S": (3, 14), "P": (3, 3), "P1": (3, 3), "P0": (9, 9), "L, T#30ms": (3, 5),
    "D, T#30ms": (6, 8), "SD, T#30ms": (6, 14), "DS, T#30ms": (6, 14), "SL, T#30ms": (3, 5),
}  # fmt: skip
SHORT = {
    "N": (3, 4), "S": (3, 14), "P": (3, 3), "P1": (3, 3), "P0": (5, 5), "L, T#30ms": (3, 4),
    "D, T#30ms": (1, 0), "SD, T#30ms": (6, 14), "DS, T#30ms": (1, 0), "SL, T#30ms": (3, 5),
}  # fmt: skip


def scanned(plc: Plc, last: int, *names: str) -> list[list[object]]:
    """The values of variables in each of 18 scans; `go` from scan 2 on, before scan `last`."""
    rows = []
    for scan in range(18):
        plc["MAIN.go"], plc["MAIN.wipe"] = 2 <= scan < last, scan == 14
        plc.scan(scan * 10 * MS)
        rows.append([plc[f"MAIN.{name}"] for name in names])
    return rows


@pytest.mark.parametrize(
    ("words", "last", "first_on", "last_on"),
    [(words, 8, *on) for words, on in LONG.items()] + [(words, 4, *on) for words, on in SHORT.items()],
)
def test_that_a_boolean_variable_follows_its_qualifier(
    words: str, last: int, first_on: int, last_on: int
) -> None:
    body = QUALIFIED.replace("ACTED", f"out({words})").replace("RESET", "out(R);")
    shown = scanned(started(body, "go, wipe, out : BOOL;"), last, "out")
    assert [scan for scan, (out,) in enumerate(shown) if out] == list(range(first_on, last_on + 1))


@pytest.mark.parametrize("words", LONG)
def test_that_an_action_is_executed_with_its_flag_and_once_without(words: str) -> None:
    """Notes of the standard: P1 and P0 execute it once, without the flag, the others once more at the end."""
    body = QUALIFIED.replace("ACTED", f"act({words})").replace("RESET", "act(R);")
    body += "ACTION act: IF act.Q THEN flagged := flagged + 1; ELSE last := last + 1; END_IF END_ACTION"
    shown = scanned(started(body, "go, wipe : BOOL; flagged, last : INT;"), 8, "flagged", "last")
    first, last = LONG[words]
    pulse = words in ("P1", "P0")
    flagged = 0 if pulse else last - first + 1
    assert shown[-1] == [flagged, 1]
    assert shown[first] == ([0, 1] if pulse else [1, 0])  # in the first scan already
    assert shown[last + 1 if not pulse else last][1] == 1
    assert shown[last][0] == flagged


def test_that_a_time_may_be_a_variable_and_is_that_of_the_active_step() -> None:
    body = """INITIAL_STEP A1: out(L, T#20ms); END_STEP
TRANSITION FROM A1 TO A2 := next; END_TRANSITION
STEP A2: END_STEP
TRANSITION FROM A2 TO A3 := TRUE; END_TRANSITION
STEP A3: out(L, span); END_STEP
"""
    plc = started(body, "next, out : BOOL; span : TIME := T#40ms;")
    shown = []
    for scan in range(14):
        plc["MAIN.next"] = scan == 4
        plc.scan(scan * 10 * MS)
        shown.append(plc["MAIN.out"])
    assert [scan for scan, out in enumerate(shown) if out] == [0, 1, 6, 7, 8, 9]


def test_that_a_stored_time_does_not_end_with_its_step() -> None:
    """By the letter T would become 0 when the step ends, and SL with it; see decision 24."""
    body = """INITIAL_STEP A1: one(SL, T#50ms); END_STEP
TRANSITION FROM A1 TO A2 := TRUE; END_TRANSITION
STEP A2: END_STEP
"""
    plc = started(body, "one : BOOL;")
    shown = []
    for scan in range(10):
        plc.scan(scan * 10 * MS)
        shown.append(plc["MAIN.one"])
    assert [scan for scan, one in enumerate(shown) if one] == [0, 1, 2, 3, 4]


# ---- evolution -----------------------------------------------------------------------------------------


def test_that_a_scan_goes_one_step_and_the_initial_step_acts_first() -> None:
    body = "INITIAL_STEP A: a(N); END_STEP STEP B: b(N); END_STEP STEP C: c(N); END_STEP "
    body += "TRANSITION FROM A TO B := TRUE; END_TRANSITION TRANSITION FROM B TO C := TRUE; END_TRANSITION "
    body = body.replace("A:", "A1:").replace("B:", "B1:").replace("C:", "C1:")
    body = body.replace("FROM A TO B", "FROM A1 TO B1").replace("FROM B TO C", "FROM B1 TO C1")
    plc = started(body, "a, b, c : BOOL;")
    shown = []
    for scan in range(4):
        plc.scan(scan * MS)
        shown.append((plc["MAIN.a"], plc["MAIN.b"], plc["MAIN.c"], active(plc, "A1", "B1", "C1")))
    assert shown == [
        (True, False, False, "B1"),
        (False, True, False, "C1"),
        (False, False, True, "C1"),
        (False, False, True, "C1"),
    ]


SELECTION = """INITIAL_STEP S: END_STEP STEP L: END_STEP STEP M: END_STEP STEP R: END_STEP
TRANSITION FROM S TO L := l; END_TRANSITION
TRANSITION FROM S TO M := m; END_TRANSITION
TRANSITION PRIORITIZED FROM S TO R := r; END_TRANSITION
"""


@pytest.mark.parametrize(
    ("priority", "true", "taken"),
    [
        ("", "l m r", "L"),
        ("", "m r", "M"),
        ("(PRIORITY := 7)", "l m r", "R"),
        ("right (PRIORITY := 1)", "l m", "L"),
    ],
)
def test_that_a_selection_goes_by_priority_then_from_left_to_right(
    priority: str, true: str, taken: str
) -> None:
    body = SELECTION.replace("PRIORITIZED", priority)
    for name in "LMR":
        body = body.replace(f"STEP {name}:", f"STEP {name}_:").replace(f"TO {name} ", f"TO {name}_ ")
    plc = started(body, "l, m, r : BOOL;")
    for name in true.split():
        plc[f"MAIN.{name}"] = True
    plc.run(scans=1)
    assert active(plc, "S", "L_", "M_", "R_") == f"{taken}_"


PARALLEL = """INITIAL_STEP S: END_STEP
TRANSITION FROM S TO (A1, B1) := go; END_TRANSITION
STEP A1: END_STEP STEP B1: END_STEP STEP A2: END_STEP STEP B2: END_STEP
TRANSITION FROM A1 TO A2 := a; END_TRANSITION
TRANSITION FROM B1 TO B2 := b; END_TRANSITION
TRANSITION FROM (A2, B2) TO S := join; END_TRANSITION
"""
STEPS = ("S", "A1", "B1", "A2", "B2")


def test_that_simultaneous_sequences_begin_and_end_together() -> None:
    plc = started(PARALLEL, "go, a, b, join : BOOL;")
    plc["MAIN.go"] = plc["MAIN.join"] = True
    plc.run(scans=1)
    assert active(plc, *STEPS) == "A1 B1"
    plc["MAIN.a"] = True
    plc.run(scans=3)
    assert active(plc, *STEPS) == "B1 A2"  # waits for the other
    plc["MAIN.b"] = True
    plc.run(scans=1)
    assert active(plc, *STEPS) == "A2 B2"
    plc["MAIN.go"] = False
    plc.run(scans=1)
    assert active(plc, *STEPS) == "S"


def test_that_what_is_enabled_and_true_is_cleared_at_once() -> None:
    """Both branches go on in one scan; conditions see the steps as they were."""
    body = PARALLEL.replace(":= b;", ":= A1.X;")
    plc = started(body, "go, a, b, join : BOOL;")
    plc["MAIN.go"] = plc["MAIN.a"] = True
    plc.run(scans=2)
    assert active(plc, *STEPS) == "A2 B2"


def test_that_a_step_left_and_entered_in_one_scan_starts_its_time_again() -> None:
    body = """INITIAL_STEP S: out(N); p1(P1); END_STEP
TRANSITION FROM S TO S := S.T >= T#30ms; END_TRANSITION
"""
    plc = started(body, "out, p1 : BOOL;")
    shown = []
    for scan in range(8):
        plc.scan(scan * 10 * MS)
        assert plc["MAIN.S.X"]
        assert plc["MAIN.out"]
        assert plc["MAIN.p1"] == (scan == 0)
        shown.append(plc["MAIN.S.T"] // MS)
    assert shown == [0, 10, 20, 0, 10, 20, 0, 10]


def test_that_last_executions_come_before_what_begins() -> None:
    body = """INITIAL_STEP S1: switch(N); END_STEP
TRANSITION FROM S1 TO S2 := go; END_TRANSITION
STEP S2: early(N); END_STEP
ACTION early: out := TRUE; END_ACTION
ACTION switch: out := switch.Q; END_ACTION
"""
    plc = started(body, "go, out : BOOL;")
    plc["MAIN.go"] = True
    plc.run(scans=2)
    assert plc["MAIN.out"]  # `switch` has set it FALSE before


def test_that_return_leaves_an_action_only() -> None:
    body = """INITIAL_STEP S1: act(N); END_STEP
TRANSITION FROM S1 TO S2 := n = 3; END_TRANSITION
STEP S2: END_STEP
ACTION act: n := n + 1; IF n > 0 THEN RETURN; END_IF n := 100; END_ACTION
"""
    plc = started(body, "n : INT;")
    plc.run(scans=3)
    assert active(plc, "S1", "S2") == "S2"


# ---- the rest of the language --------------------------------------------------------------------------


def test_that_the_words_of_charts_are_names_elsewhere() -> None:
    plc = started(
        """step := 1; transition := step + 1; from := transition + 1; priority := from + 1;
initial_step := priority > 3;
IF step = 1 THEN step := step
  + 4; END_IF
CASE step OF 5: transition := 20; END_CASE""",
        "step, transition, from, priority : INT; initial_step : BOOL;",
    )
    plc.run(scans=1)
    assert [plc[f"MAIN.{name}"] for name in ("step", "transition", "from", "priority")] == [5, 20, 3, 4]


BLOCK = """FUNCTION_BLOCK Door
VAR_INPUT open : BOOL; END_VAR
VAR_OUTPUT moving : BOOL; END_VAR
INITIAL_STEP Closed: END_STEP
TRANSITION FROM Closed TO Opening := open; END_TRANSITION
STEP Opening: moving(N); Count(P1); END_STEP
TRANSITION FROM Opening TO Open_ := Opening.T >= T#30ms; END_TRANSITION
STEP Open_: END_STEP
TRANSITION FROM Open_ TO Closed := NOT open; END_TRANSITION
VAR opened : INT; END_VAR
END_FUNCTION_BLOCK
ACTION Count: opened := opened + 1; END_ACTION
"""


def test_that_every_instance_of_a_block_has_its_own_chart() -> None:
    text = BLOCK.replace("VAR opened : INT; END_VAR\n", "").replace(
        "VAR_OUTPUT moving : BOOL; END_VAR", "VAR_OUTPUT moving : BOOL; opened : INT; END_VAR"
    )
    plc = started(
        "doors[1](open := one); doors[2](open := two);", "doors : ARRAY[1..2] OF Door; one, two : BOOL;", text
    )
    plc["MAIN.one"] = True
    plc.run(scans=3)
    assert plc["MAIN.doors[1].Opening.X"]
    assert plc["MAIN.doors[2].Closed.X"]
    assert (plc["MAIN.doors[1].moving"], plc["MAIN.doors[2].moving"]) == (True, False)
    plc["MAIN.two"] = True
    plc.run(scans=3)
    assert plc["MAIN.doors[1].Open_.X"]
    assert plc["MAIN.doors[2].Opening.X"]
    assert plc["MAIN.doors[1].opened"] == plc["MAIN.doors[2].opened"] == 1


def test_that_waiting_for_a_time_executes_no_scans() -> None:
    """Ten steps of one second at 10 ms: 1,000 points of the grid."""
    steps = "".join(f"STEP S{k}: out(L, T#300ms); END_STEP " for k in range(1, 10))
    moves = "".join(
        f"TRANSITION FROM S{k} TO S{(k + 1) % 10} := S{k}.T >= T#1s; END_TRANSITION " for k in range(10)
    )
    plc = started(f"INITIAL_STEP S0: END_STEP {steps}{moves}", "out : BOOL;")
    executed = 0
    for scan in range(1000):
        due = plc.deadline()
        if scan == 0 or not plc.settled() or (due is not None and due <= scan * 10 * MS):
            plc.scan(scan * 10 * MS)
            executed += 1
    assert plc["MAIN.S9.X"]
    assert executed < 100


def test_that_a_time_which_is_used_otherwise_is_kept_in_every_scan() -> None:
    body = """INITIAL_STEP S1: show(N); END_STEP
TRANSITION FROM S1 TO S2 := go; END_TRANSITION
STEP S2: END_STEP
ACTION show: seen := S1.T; END_ACTION
"""
    plc = started(body, "go : BOOL; seen : TIME;")
    settled = []
    for scan in range(8):
        plc["MAIN.go"] = scan == 3
        plc.scan(scan * 10 * MS)
        settled.append(plc.settled())
        assert plc["MAIN.seen"] == (min(scan, 4) * 10 * MS if scan < 4 else 30 * MS)
    assert plc["MAIN.S1.T"] == 30 * MS
    assert settled == [False] * 6 + [True] * 2  # the final scan of the action is at 40 ms


def test_that_coverage_tells_which_steps_and_transitions_came_about() -> None:
    body = """INITIAL_STEP S1: END_STEP
TRANSITION FROM S1 TO S2 := one; END_TRANSITION
TRANSITION FROM S1 TO S3 := two; END_TRANSITION
STEP S2: END_STEP
STEP S3: out(S); END_STEP
"""  # the initial step is reached in the first scan
    plc = started(body, "one, two, out : BOOL;")
    covered = Instruments(plc).coverage()
    plc["MAIN.two"] = True
    plc.run(scans=2)
    missed = {(p.line, p.kind, p.label) for pou in covered.pous for p in pou.missed}
    assert missed == {
        (4, "branch", "THEN"),
        (6, "statement", ""),
    }
