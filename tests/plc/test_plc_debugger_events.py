"""Debugging a PLC on its own clock, some of whose tasks only events start."""

from __future__ import annotations

from commissioning.plc import Plc, TaskSpec, compile_st

MS = 1_000_000
TEXT = """
VAR_GLOBAL go : BOOL; n, m : INT; END_VAR
PROGRAM A
n := n + 1;
END_PROGRAM
PROGRAM B
m := m + 1;
END_PROGRAM
"""
EVENT = TaskSpec("event", "B", trigger="go")


def started(*tasks: TaskSpec) -> Plc:
    return compile_st({"a.st": TEXT}, tasks=tasks).start()


def test_that_time_stops_where_it_should_beside_a_task_that_nothing_starts() -> None:
    """It ran for ever: a task without a cycle is never due after any time."""
    plc = started(TaskSpec("main", "A", 10 * MS), EVENT)
    with plc.debug() as debugger:
        assert debugger.run("25 ms") is None
        assert (plc.now_ns, plc["n"], plc["m"]) == (20 * MS, 3, 0)
        plc["go"] = True
        assert debugger.run("25 ms") is None
        assert (plc.now_ns, plc["n"], plc["m"]) == (40 * MS, 5, 1)


def test_that_a_breakpoint_in_an_event_task_holds_when_its_event_comes() -> None:
    plc = started(TaskSpec("main", "A", 10 * MS), EVENT)
    with plc.debug() as debugger:
        debugger.stop_at(7)
        assert debugger.run("1 s") is None
        plc["go"] = True
        where = debugger.run("1 s")
        assert where is not None and (where.pou, where.line) == ("B", 7)


def test_that_a_plc_without_cyclic_tasks_waits_for_its_event() -> None:
    plc = started(EVENT)
    with plc.debug() as debugger:
        assert debugger.run("1 s") is None and debugger.scan() is None
        plc["go"] = True
        assert debugger.run("1 s") is None
        assert plc["m"] == 1
