"""Charts under online change and debugger, and what their times cost."""

from __future__ import annotations

import sys
from pathlib import Path

from commissioning.plc import compile_st

sys.path.insert(0, str(Path(__file__).parent))
from test_sfc import MS, started
from test_sfc_problems import BACK, TWO


def test_that_only_steps_whose_time_is_compared_are_looked_at_for_a_deadline() -> None:
    plc = started(TWO + "TRANSITION FROM B1 TO A1 := B1.T > T#1s; END_TRANSITION", "go : BOOL;")
    (memory,) = [plan for plan in plc.program.memories if plan.path == "MAIN"]
    assert len(memory.timers) == 1


def test_that_an_online_change_goes_on_with_the_active_step_and_its_times() -> None:
    body = TWO.replace("STEP B1:", "STEP B1: out(L, T#300ms);")
    body += "TRANSITION FROM B1 TO A1 := B1.T >= T#500ms; END_TRANSITION\n"
    plc = started(body, "go, out : BOOL;")
    plc["MAIN.go"] = True
    plc.run(scans=11)  # active since 0 ms, acts since 10 ms
    more = body + "STEP C1: END_STEP TRANSITION FROM A1 TO C1 := other; END_TRANSITION"
    told = plc.online_change(started(more, "other, go, out : BOOL;").program)
    assert set(told.new) == {"MAIN.other", "MAIN.C1"}
    plc["MAIN.go"] = False
    shown = []
    for _ in range(45):
        plc.run(scans=1)
        shown.append((plc.now_ns // MS, plc["MAIN.B1.X"], plc["MAIN.out"]))
    assert [now for now, x, _ in shown if x] == list(range(110, 500, 10))
    assert [now for now, _, out in shown if out] == list(range(110, 310, 10))


def test_that_the_debugger_stops_where_a_step_begins_and_in_its_action() -> None:
    body = (
        TWO.replace("STEP B1:", "STEP B1: out(N);\n act(N);") + BACK + "ACTION act: n := n + 1; END_ACTION\n"
    )
    plc = started(body, "go, out : BOOL; n : INT;")
    with plc.debug() as debugger:
        for line in (5, 6, 8):
            debugger.stop_at(line)
        plc["MAIN.go"] = True
        places = []
        for _ in range(3):
            debugger.run("1 s")
            assert debugger.where is not None
            places.append((plc.now_ns // MS, debugger.where.line))
        assert places == [(0, 5), (10, 6), (10, 8)]  # B1 begins; act is called; act


def test_that_the_time_of_a_step_is_kept_where_somebody_looks_into_its_block() -> None:
    """The dialects of CODESYS and TwinCAT read what is inside a block."""
    text = """FUNCTION_BLOCK Door
INITIAL_STEP Closed: END_STEP
TRANSITION FROM Closed TO Moving := Closed.T >= T#20ms; END_TRANSITION
STEP Moving: END_STEP
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR door : Door; seen : TIME; moving : BOOL; END_VAR
door();
seen := door.Closed.T;
moving := door.Moving.X;
END_PROGRAM
"""
    plc = compile_st(text, "codesys").start()
    shown = []
    for scan in range(5):
        plc.scan(scan * 10 * MS)
        shown.append((plc["MAIN.seen"] // MS, plc["MAIN.moving"]))
    assert shown == [(0, False), (10, False), (20, True), (20, True), (20, True)]
