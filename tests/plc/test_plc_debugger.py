"""Breakpoints and steps: where a scan stands, what may be done meanwhile, and that it leaves no trace."""

from __future__ import annotations

import gc
import random
import signal
import sys
import threading
from pathlib import Path

import pytest

from commissioning.plc import Plc, PlcError, TaskSpec, compile_st

sys.path.insert(0, str(Path(__file__).parent))
from test_plc_debug_build import WITH_OBJECTS, WITH_STEPS
from test_plc_skipping import AGGREGATES, ONE_TASK, TASKS, TWO_TASKS, storm

MS = 1_000_000
SOURCE = """FUNCTION Twice : INT
VAR_INPUT a : INT; END_VAR
VAR_OUTPUT big : BOOL; END_VAR
Twice := a * 2;
big := Twice > 10;
END_FUNCTION
FUNCTION_BLOCK Counter
VAR_INPUT step : INT; END_VAR
VAR_IN_OUT total : INT; END_VAR
VAR n : INT; t : TON; b : BOOL; END_VAR
n := n + Twice(step, big => b);
total := total + n;
t(IN := TRUE, PT := T#30ms);
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR c1, c2 : Counter; sum, i : INT; zones : ARRAY[1..3] OF INT; END_VAR
c1(step := 1, total := sum);
FOR i := 1 TO 2 DO
  c2(step := i, total := sum);
END_FOR
zones[2] := sum;
IF sum > 10 THEN
  sum := 0;
END_IF
END_PROGRAM
"""


def started() -> Plc:
    return compile_st({"main.st": SOURCE}).start()


def test_that_steps_go_in_over_and_out() -> None:
    with started().debug() as debugger:
        assert str(debugger.step_in()) == "MAIN (main.st:17)"
        assert str(debugger.step_in()) == "MAIN.c1 (main.st:11)"
        assert str(debugger.step_over()) == "MAIN.c1 (main.st:12)"
        assert str(debugger.step_out()) == "MAIN (main.st:18)"
        assert str(debugger.step_over()) == "MAIN (main.st:19)"
        assert str(debugger.step_over()) == "MAIN (main.st:19)"  # the second round of the loop
        where = debugger.step_in()
        assert where is not None
        assert [str(frame) for frame in where.stack] == ["MAIN.c2 (main.st:11)", "MAIN (main.st:19)"]
        where = debugger.step_in()
        assert where is not None
        assert [frame.path for frame in where.stack] == ["Twice", "MAIN.c2", "MAIN"]
        assert (where.file, where.line, where.pou, where.column) == ("main.st", 4, "Twice", 1)


def test_that_a_step_out_of_a_program_ends_in_the_next_scan() -> None:
    plc = started()
    with plc.debug() as debugger:
        debugger.step_in()
        assert str(debugger.step_out()) == "MAIN (main.st:17)"
        assert plc.now_ns == 10 * MS
        for _ in range(8):
            debugger.step_over()
        assert plc.now_ns == 20 * MS  # 17, 18, 19, 19, 21, 22 and again 17, 18, 19


def test_that_a_held_call_shows_its_own_variables() -> None:
    with started().debug() as debugger:
        debugger.stop_at(5)
        where = debugger.run()
        assert where is not None
        assert {v.name: v.value for v in debugger.locals()} == {"Twice": 2, "a": 1, "big": False}
        assert debugger.read("step", frame=1) == 1
        assert debugger.read("t.PT", frame=1) == 0  # the timer has not been called yet
        assert debugger.read("zones[2]", frame=2) == 0
        assert debugger.read("MAIN.c1.n") == 0
        debugger.remove()
        debugger.stop_at(12)
        debugger.run()
        assert (debugger.read("n"), debugger.read("total"), debugger.read("MAIN.sum")) == (2, 0, 0)
        debugger.step_over()
        assert debugger.read("total") == 2  # through the reference of VAR_IN_OUT
        with pytest.raises(KeyError):
            debugger.read("nothing")


def test_that_variables_can_be_set_in_a_held_scan() -> None:
    plc = started()
    with plc.debug() as debugger:
        debugger.stop_at(12)
        debugger.run()
        debugger.write("n", 100)
        debugger.write("total", 1000)
        assert plc["MAIN.sum"] == 1000
        debugger.step_over()
        assert plc["MAIN.sum"] == 1100
        with pytest.raises(ValueError, match="does not fit"):
            debugger.write("n", 40_000)
        debugger.remove()
        debugger.stop_at(5)
        debugger.run()
        debugger.write("Twice", 11)
        debugger.step_over()  # out of the function: what it gives has been changed
        assert debugger.where is not None and debugger.where.path == "MAIN.c2"
        assert plc["MAIN.c2.b"] is True


def test_that_what_was_set_in_a_scan_keeps_the_program_awake() -> None:
    """Memory before and after the scan are equal, but only because of what was set in it."""
    text = "PROGRAM MAIN\nVAR x : INT; END_VAR\nx := 0;\nIF x = 5 THEN\n  x := 7;\nEND_IF\nEND_PROGRAM\n"
    plc = compile_st(text).start()
    plc["MAIN.x"] = 7
    with plc.debug() as debugger:
        debugger.stop_at(4)
        debugger.run()
        debugger.write("x", 5)
        debugger.scan()
        assert plc["MAIN.x"] == 7
        assert not plc.settled()
        debugger.remove()
        plc.run()
        assert plc["MAIN.x"] == 0


def test_that_nothing_else_may_be_done_while_a_scan_is_held() -> None:
    plc = started()
    saved = plc.snapshot()
    with plc.debug() as debugger:
        debugger.stop_at(19)
        debugger.run()
        for act in (
            plc.snapshot, plc.run, lambda: plc.restore(saved), lambda: plc.scan(1),
            lambda: plc.force("MAIN.sum", 1),
        ):  # fmt: skip
            with pytest.raises(RuntimeError, match=r"held inside a scan at main\.st:19; let it go on"):
                act()
        with pytest.raises(RuntimeError, match="held at"):
            debugger.call(plc.run)
        debugger.remove()
        assert debugger.scan() is None
        plc.snapshot()


def test_that_a_breakpoint_counts_asks_its_condition_and_can_be_disabled() -> None:
    plc = started()
    with plc.debug() as debugger:
        point = debugger.stop_at(18, condition=lambda: plc["MAIN.sum"] > 20)
        assert debugger.run() is not None
        assert plc["MAIN.sum"] > 20
        point.condition, point.skip, point.hits = None, 2, 0
        before = plc.now_ns
        debugger.run()
        assert plc.now_ns == before + 3 * 10 * MS
        assert point.hits == 3
        point.enabled = False
        assert debugger.run("50 ms") is None
        assert plc.now_ns == before + 80 * MS


def test_that_a_line_without_a_statement_means_the_next_one() -> None:
    with started().debug() as debugger:
        assert debugger.stop_at(14).line == 17
        with pytest.raises(ValueError, match=r"no statement begins at or after line 24 of main\.st"):
            debugger.stop_at(24)
        with pytest.raises(ValueError, match=r"no statement in other\.st"):
            debugger.stop_at(1, "other.st")


def test_that_a_run_to_a_condition_stops_before_the_statement_after() -> None:
    plc = started()
    with plc.debug() as debugger:
        where = debugger.run(until=lambda: plc["MAIN.c2.n"] > 4)
        assert where is not None
        assert plc["MAIN.c2.n"] == 6  # 2 and 4: two rounds of the loop
        assert where.line == 12
        assert str(debugger.run_to(21)) == "MAIN (main.st:21)"
        assert debugger.breakpoints == ()


def test_that_single_scans_pass_one_after_the_other() -> None:
    plc = started()
    with plc.debug() as debugger:
        debugger.scan()
        assert plc.scans() == 1
        debugger.stop_at(18)
        assert debugger.scan() is not None
        assert plc.scans() == 1
        debugger.scan()
        assert (plc.scans(), debugger.where) == (2, None)


def test_that_breakpoints_do_not_hold_whoever_did_not_ask() -> None:
    plc = started()
    debugger = plc.debug()
    debugger.stop_at(18)
    plc.run(scans=3)
    assert plc.scans() == 3
    assert debugger.call(lambda: plc.run(2)) is not None
    debugger.remove()
    assert debugger.run("0 s") is None
    debugger.close()


def test_that_closing_leaves_a_held_scan_and_ends_its_thread() -> None:
    plc = started()
    before = threading.active_count()
    with plc.debug() as debugger:
        debugger.stop_at(12)
        debugger.run()
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert debugger.where is None
    assert plc.held == ""
    with pytest.raises(PlcError, match="left in the middle"):
        plc.run()


def test_that_two_hundred_held_scans_leave_no_thread() -> None:
    before = threading.active_count()
    program = compile_st({"main.st": SOURCE})
    for _ in range(200):
        debugger = program.start().debug()
        debugger.step_in()
        debugger.close()
    gc.collect()
    assert threading.active_count() == before


def test_that_an_error_of_the_program_comes_to_whoever_let_it_go_on() -> None:
    text = "PROGRAM MAIN\nVAR a, b : INT; END_VAR\na := 1;\na := a / b;\nEND_PROGRAM\n"
    plc = compile_st({"main.st": text}).start()
    with plc.debug() as debugger:
        debugger.step_in()
        debugger.step_in()
        with pytest.raises(PlcError, match=r"main\.st:4:1: division by zero"):
            debugger.step_in()
        assert debugger.where is None
        assert plc.held == ""


@pytest.mark.parametrize(
    ("text", "tasks"),
    [(ONE_TASK, ()), (TWO_TASKS, TASKS), (AGGREGATES, TASKS), (WITH_OBJECTS, ()), (WITH_STEPS, ())],
)
def test_that_held_and_stepped_scans_leave_the_same_memory(text: str, tasks: tuple[TaskSpec, ...]) -> None:
    program = compile_st(text, tasks=tasks)
    lines = [place.line for place in program.start().instruments().places]
    held = 0
    for seed in range(5):
        fast, stepped = program.start(), program.start()
        rng = random.Random(seed)
        with stepped.debug() as debugger:
            for until, path, value in storm(seed):
                until = min(until, 600 * MS)
                while fast.scan_next(until):
                    pass
                if rng.random() < 0.5:
                    debugger.stop_at(rng.choice(lines))
                else:
                    debugger.remove()
                acts = [debugger.step_in, debugger.step_over, debugger.step_out, debugger.scan]
                while debugger.run((until - stepped.now_ns) / 1e9) is not None:
                    held += 1
                    while stepped.now_ns < until - 50 * MS and debugger.where and rng.random() < 0.5:
                        rng.choice(acts)()
                assert stepped.snapshot() == fast.snapshot()
                fast[path] = value  # type: ignore[assignment]
                stepped[path] = value  # type: ignore[assignment]
    assert held > 100


def test_that_a_trace_keeps_what_was_before_and_after_its_trigger() -> None:
    text = """PROGRAM MAIN
VAR n : INT; alarm : BOOL; END_VAR
n := n + 1;
alarm := n > 20 AND n < 30;
END_PROGRAM
"""
    plc = compile_st(text).start()
    trace = plc.trace(["main.n", "MAIN.alarm"], trigger="MAIN.alarm", pre="50 ms", post="30 ms")
    plc.run(scans=10)
    assert trace.state == "waiting"
    plc.run(scans=100)
    assert trace.state == "done"
    assert trace.triggered_ns == 200 * MS  # the 21st scan, n = 21
    assert [values[0] for _, values in trace.samples] == list(range(16, 25))  # 50 ms before to 30 ms after
    rows = trace.csv().splitlines()
    assert rows[0] == "time_s,MAIN.n,MAIN.alarm"
    assert rows[1] == "-0.050000000,16,0"
    assert rows[-1] == "0.030000000,24,1"
    assert trace.channel("MAIN.alarm") == [(150 * MS, False), (200 * MS, True)]


def test_that_a_trace_without_a_trigger_keeps_only_changes() -> None:
    plc = started()
    plc.release()
    trace = plc.trace(["MAIN.i"])
    plc.run(scans=50)
    assert trace.samples == [(0, (3,))]  # i is 3 after every scan, FOR leaves it one past the end
    with pytest.raises(TypeError, match=r"MAIN\.sum' is not TRUE or FALSE"):
        plc.trace(["MAIN.i"], trigger="MAIN.sum")
    with pytest.raises(KeyError):
        plc.trace(["MAIN.nothing"])


def test_that_a_forced_variable_keeps_its_value_around_every_scan() -> None:
    text = """PROGRAM MAIN
VAR x, seen, twice : INT; END_VAR
seen := x;
x := x + 1;
twice := x * 2;
END_PROGRAM
"""
    plc = compile_st(text).start()
    plc.force("main.x", 10)
    plc.run(scans=3)
    assert (plc["MAIN.x"], plc["MAIN.seen"], plc["MAIN.twice"]) == (10, 10, 22)
    assert dict(plc.forced) == {"MAIN.x": 10}
    assert plc.settled()  # nothing changes any more, so nothing has to be scanned
    other = plc.program.start()
    other.restore(plc.snapshot())
    other.run(scans=2)
    assert (dict(other.forced), other["MAIN.x"]) == ({"MAIN.x": 10}, 10)
    plc.release("MAIN.x")
    plc.run(scans=2)
    assert plc["MAIN.x"] == 12
    with pytest.raises(ValueError, match="does not fit"):
        plc.force("MAIN.x", 70_000)
    with pytest.raises(KeyError):
        plc.force("MAIN.y", 1)


def test_that_a_force_wakes_a_program_that_sleeps() -> None:
    plc = compile_st("PROGRAM MAIN VAR x, y : INT; END_VAR y := x; END_PROGRAM").start()
    plc.run(scans=2)
    assert plc.settled()
    plc.force("MAIN.x", 4)
    assert not plc.settled()


OBJECTS = """FUNCTION_BLOCK Base
VAR n : INT; END_VAR
METHOD Add : INT
VAR_INPUT amount : INT; END_VAR
VAR old : INT; END_VAR
old := n;
n := n + amount;
Add := old;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Twice EXTENDS Base
METHOD Add : INT
VAR_INPUT amount : INT; END_VAR
Add := SUPER^.Add(amount := amount * 2);
END_METHOD
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR one : Base; two : Twice; k : INT; END_VAR
k := one.Add(1);
k := k + two.Add(amount := 2);
END_PROGRAM
"""


def test_that_methods_are_stepped_into_and_show_their_instance() -> None:
    plc = compile_st({"main.st": OBJECTS}).start()
    with plc.debug() as debugger:
        debugger.stop_at(7)
        where = debugger.run()
        assert where is not None
        assert [frame.path for frame in where.stack] == ["MAIN.one.Add", "MAIN"]
        assert (debugger.read("amount"), debugger.read("old"), debugger.read("n")) == (1, 0, 0)
        where = debugger.run()
        assert where is not None
        assert [frame.path for frame in where.stack] == ["MAIN.two.Add", "MAIN.two.Add", "MAIN"]
        assert [(frame.pou, frame.line) for frame in where.stack] == [("Add", 7), ("Add", 14), ("MAIN", 20)]
        assert (debugger.read("amount"), debugger.read("amount", frame=1)) == (4, 2)
        debugger.write("n", 10)
        debugger.remove()
        debugger.scan()
    assert plc["MAIN.two.n"] == 14


def test_that_coverage_of_objects_names_their_methods() -> None:
    plc = compile_st({"main.st": OBJECTS}).start()
    coverage = plc.coverage()
    plc.run()
    assert [pou.name for pou in coverage.pous] == ["Base.Add", "Twice.Add", "MAIN"]
    assert coverage.statements == (6, 6)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="sends a real signal, as Ctrl-C does")
def test_that_ctrl_c_ends_a_run_at_a_scan_boundary() -> None:
    """The one who waits is interrupted; the thread that scans comes to rest before anybody goes on."""
    # a process that was begun in the background ignores Ctrl-C
    before_handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _interrupted()
    finally:
        signal.signal(signal.SIGINT, before_handler)


def _interrupted() -> None:
    plc = compile_st("PROGRAM MAIN\nVAR n : DINT; END_VAR\nn := n + 1;\nEND_PROGRAM\n").start()
    before = threading.active_count()

    def scanned(_task: int, _now_ns: int) -> None:
        if plc.scans() == 200_000:
            # `_thread.interrupt_main` would not wake who waits for a lock
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    plc.watchers.append(scanned)
    with plc.debug() as debugger:
        with pytest.raises(KeyboardInterrupt):
            debugger.run("1000 h")
        assert plc.scans() >= 200_000
        assert plc["MAIN.n"] == plc.scans()
        assert threading.active_count() == before
        plc.run(scans=3)
        assert debugger.step_in() is not None


def test_that_a_closed_debugger_is_followed_by_a_new_one() -> None:
    plc = started()
    for _ in range(2):
        with plc.debug() as debugger:
            assert debugger.breakpoints == ()
            debugger.stop_at(22)
            debugger.run()
            assert str(debugger.step_out()) == "MAIN (main.st:17)"  # in the next scan
            debugger.remove()
            debugger.scan()
        assert debugger.stale
        assert plc.debugger is None
    assert plc.watchers == []
