"""Event tasks: started by the rising edge of a BOOL, alone or besides a cycle (IEC 61131-3, SINGLE)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, TaskSpec, compile_st
from commissioning.plc.running.triggers import EVENT_GAP_NS, MOST_REPEATS

MS = 1_000_000
COUNTERS = """
VAR_GLOBAL start, stop : BOOL; located AT %QX3.1 : BOOL; starts : ARRAY[1..2] OF BOOL; order : DINT; END_VAR
PROGRAM A VAR n, turn : DINT; END_VAR n := n + 1; order := order + 1; turn := order; END_PROGRAM
PROGRAM B VAR n, turn : DINT; done : BOOL; END_VAR n := n + 1; order := order + 1; turn := order; END_PROGRAM
"""


def configured(tasks: str, programs: str = "PROGRAM a WITH main : A; PROGRAM b WITH event : B;") -> str:
    return f"{COUNTERS} CONFIGURATION c RESOURCE r ON PLC {tasks} {programs} END_RESOURCE END_CONFIGURATION"


MAIN = "TASK main(INTERVAL := T#10ms, PRIORITY := 5);"


@pytest.mark.parametrize(
    "trigger", ["start", "GVL.start", "START", "starts[2]", "%QX3.1", "a.n > 0"], ids=lambda text: text
)
def test_that_a_task_is_started_by_a_variable_of_the_program(trigger: str) -> None:
    text = configured(f"{MAIN} TASK event(SINGLE := {trigger}, PRIORITY := 1);")
    if ">" in trigger:
        with pytest.raises(Problems, match="SINGLE is not a setting that a task can have here"):
            compile_st(text)
        return
    program = compile_st(text)
    event = program.tasks[1]
    assert (event.name, event.cycle_ns, event.priority) == ("event", 0, 1)
    assert program.variable(event.trigger).read
    plc = program.start()
    plc.run(scans=2)
    assert (plc["a.n"], plc["b.n"], plc.now_ns) == (2, 0, 10 * MS)
    plc[event.trigger] = True
    plc.run(scans=1)
    assert (plc["a.n"], plc["b.n"], plc.now_ns) == (3, 1, 20 * MS)
    plc.run(scans=5)
    assert plc["b.n"] == 1  # it rose once


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("SINGLE := nothing", "task event cannot be started: the program has no variable nothing"),
        ("SINGLE := order", "task event is started by a BOOL, order is a DINT"),
        ("SINGLE := starts", "task event cannot be started"),
        ("SINGLE := never", "never is a CONSTANT and never starts task event"),
        ("PRIORITY := 1", "task event has no INTERVAL and no SINGLE, so it never runs"),
        ("INTERVAL := T#0ms", "task event has no INTERVAL and no SINGLE, so it never runs"),
        ("SINGLE := TRUE", "SINGLE is not a setting that a task can have here"),
        ("INTERVAL := start", "INTERVAL is not a setting that a task can have here"),
    ],
)
def test_that_what_cannot_start_a_task_is_told_with_its_place(task: str, words: str) -> None:
    text = configured(f"{MAIN}\nTASK event({task});").replace(
        "VAR_GLOBAL start", "VAR_GLOBAL CONSTANT never : BOOL; END_VAR VAR_GLOBAL start"
    )
    with pytest.raises(Problems) as caught:
        compile_st({"a.st": text})
    (problem,) = caught.value.problems
    assert words in problem.what
    line = text[: text.index("TASK event")].count("\n") + 1
    assert (problem.where.file, problem.where.line) == ("a.st", line)


def test_that_the_caller_may_say_what_starts_a_task() -> None:
    specs = [TaskSpec("main", "A", 10 * MS), TaskSpec("event", "B", trigger="starts[1]")]
    program = compile_st(COUNTERS, tasks=specs)
    assert [(t.cycle_ns, t.trigger) for t in program.tasks] == [(10 * MS, ""), (0, "starts[1]")]
    assert program.hash != compile_st(COUNTERS, tasks=[specs[0], TaskSpec("event", "B", trigger="stop")]).hash
    with pytest.raises(Problems, match="no variable Starts") as caught:
        compile_st(COUNTERS, tasks=[specs[0], TaskSpec("event", "B", trigger="Starts[7]")])
    assert caught.value.problems[0].where.id == "task.event.trigger"
    with pytest.raises(Problems, match="the cycle of task event must be longer than 0"):
        compile_st(COUNTERS, tasks=[specs[0], TaskSpec("event", "B")])


@pytest.mark.parametrize(("priority", "order"), [(1, ["B", "A"]), (9, ["A", "B"])])
def test_that_an_event_task_takes_its_turn_by_priority(priority: int, order: list[str]) -> None:
    """A host's write at the instant of a scan: the more urgent task goes first."""
    plc = compile_st(configured(f"{MAIN} TASK event(SINGLE := start, PRIORITY := {priority});")).start()
    plc["start"] = True
    plc.run(scans=2)
    at = {"A": plc["a.turn"], "B": plc["b.turn"]}
    if priority == 9:  # both at 0 ms; the scan of A at 10 ms is the third
        assert (plc["b.turn"], at["A"]) == (2, 3)
    else:
        assert (plc["b.turn"], at["A"]) == (1, 3)
    assert plc["b.n"] == 1


CHAIN = """
VAR_GLOBAL raised, other : BOOL; log : STRING; END_VAR
PROGRAM Main VAR n : INT; END_VAR
n := n + 1; log := CONCAT(log, 'm'); raised := n = 2; END_PROGRAM
PROGRAM Urgent log := CONCAT(log, 'u'); other := TRUE; END_PROGRAM
PROGRAM Late log := CONCAT(log, 'l'); other := FALSE; END_PROGRAM
PROGRAM Between log := CONCAT(log, 'b'); END_PROGRAM
"""
CHAIN_TASKS = (
    TaskSpec("main", "Main", 10 * MS, 5), TaskSpec("urgent", "Urgent", 0, 1, "raised"),
    TaskSpec("late", "Late", 0, 9, "other"), TaskSpec("between", "Between", 10 * MS, 7),
)  # fmt: skip


def test_that_a_task_started_by_another_runs_in_the_same_instant() -> None:
    plc = compile_st(CHAIN, tasks=CHAIN_TASKS).start()
    plc.run(scans=3)
    # 0 ms: main, between; 10 ms: main raises, urgent runs before between, and starts late; 20 ms: main
    assert plc["log"] == "mbmublm"


def test_that_a_pulse_within_a_scan_starts_nothing() -> None:
    text = """VAR_GLOBAL g : BOOL; END_VAR
        PROGRAM P g := TRUE; g := FALSE; END_PROGRAM
        PROGRAM E VAR n : INT; END_VAR n := n + 1; END_PROGRAM"""
    plc = compile_st(text, tasks=[TaskSpec("p", "P", MS), TaskSpec("e", "E", trigger="g")]).start()
    plc.run(scans=5)
    assert plc["E.n"] == 0


def test_that_a_variable_that_is_true_from_the_beginning_has_not_risen() -> None:
    text = COUNTERS.replace("start, stop", "start : BOOL := TRUE; stop")
    plc = compile_st(text, tasks=[TaskSpec("a", "A", MS), TaskSpec("b", "B", trigger="start")]).start()
    plc.run(scans=3)
    assert plc["B.n"] == 0
    plc["start"] = False
    plc.run(scans=1)
    plc["start"] = True
    plc.run(scans=1)
    assert plc["B.n"] == 1


def test_that_a_task_with_both_runs_each_cycle_while_the_variable_is_false() -> None:
    tasks = [TaskSpec("a", "A", 10 * MS, 0), TaskSpec("b", "B", 20 * MS, 1, "start")]
    plc = compile_st(COUNTERS, tasks=tasks).start()
    plc.run(scans=10)  # 0 .. 90 ms
    assert plc["B.n"] == 5
    plc["start"] = True
    plc.run(scans=1)  # 90: the edge; 100
    assert (plc["B.n"], plc.now_ns) == (6, 100 * MS)
    plc.run(scans=10)
    assert plc["B.n"] == 6
    plc["start"] = False
    plc.run(scans=10)  # its turn at 200 is still to come; 220, 240, 260, 280 and, after A, not yet 300
    assert plc["B.n"] == 11


def test_that_tasks_that_start_each_other_stop_the_plc_instead_of_time() -> None:
    text = """VAR_GLOBAL g,
        h : BOOL; END_VAR
        PROGRAM P END_PROGRAM
        PROGRAM E VAR n : DINT; END_VAR n := n + 1; g := FALSE; h := TRUE; END_PROGRAM
        PROGRAM F h := FALSE; g := TRUE; END_PROGRAM"""
    tasks = [TaskSpec("p", "P", MS), TaskSpec("e", "E", trigger="g"), TaskSpec("f", "F", trigger="h")]
    plc = compile_st({"x.st": text}, tasks=tasks).start()
    plc["g"] = True
    with pytest.raises(PlcError, match="task e starts again and again without end; g never rests") as caught:
        plc.run(scans=2000)
    assert (caught.value.file, caught.value.line) == ("x.st", 1)
    assert plc["E.n"] == MOST_REPEATS + 1
    assert plc.now_ns == (MOST_REPEATS + 1) * EVENT_GAP_NS


def test_that_a_plc_of_event_tasks_runs_what_was_started_and_comes_to_an_end() -> None:
    plc = compile_st(COUNTERS, tasks=[TaskSpec("b", "B", trigger="start")]).start()
    plc.run(scans=5)
    assert plc["B.n"] == 0
    plc["start"] = True
    plc.run(scans=5)
    assert plc["B.n"] == 1
    with pytest.raises(TimeoutError):
        plc.run_until(lambda: False, timeout="1 s")
    both = compile_st(COUNTERS, tasks=[TaskSpec("b", "B", MS, trigger="start")]).start()
    both["start"] = True
    both.run(scans=5)
    assert both["B.n"] == 1


def grouped(edges: list[bool]) -> int:
    """Rising edges of a row of values that begins with FALSE."""
    return sum(b and not a for a, b in zip([False, *edges], edges, strict=False))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=3), min_size=1, max_size=20), st.data())
def test_that_each_run_of_writes_is_one_start_if_it_rises_when_looked_at(
    rounds: list[list[bool]], data: st.DataObject
) -> None:
    """What is written between two scans is looked at once; a snapshot keeps what has not been answered."""
    program = compile_st(COUNTERS, tasks=[TaskSpec("a", "A", MS, 5), TaskSpec("b", "B", 0, 1, "start")])
    plc: Plc = program.start()
    cut = data.draw(st.integers(0, len(rounds)))
    for number, writes in enumerate(rounds):
        for value in writes:
            plc["start"] = value
        if number == cut:
            state = json.loads(json.dumps(plc.snapshot()))
            plc = program.start()
            plc.restore(state)
        plc.run(scans=1)
    assert plc["B.n"] == grouped([writes[-1] for writes in rounds])


Plan = list[
    tuple[int, int, bool]
]  # of each task: cycle in ms (0: none), priority, whether its variable starts it
TASKS = st.tuples(st.sampled_from([0, 1, 2, 3, 5]), st.integers(0, 3), st.booleans())
PLANS = st.lists(TASKS.filter(lambda task: task[0] > 0 or task[2]), max_size=4)


@settings(deadline=None, max_examples=80)
@given(PLANS, st.lists(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=3), max_size=12))
def test_that_scans_come_in_the_order_of_a_tick_by_tick_reference(
    plan: Plan, writes: list[list[tuple[int, bool]]]
) -> None:
    """A base task of 1 ms, and after all scans of each ms some writes to variables that start tasks."""
    names = range(len(plan))
    text = "VAR_GLOBAL " + "".join(f"g{n} : BOOL; " for n in range(4)) + "END_VAR "
    text += "PROGRAM Base END_PROGRAM " + " ".join(f"PROGRAM P{n} END_PROGRAM" for n in names)
    specs = [TaskSpec("base", "Base", MS, 1)] + [
        TaskSpec(f"t{n}", f"P{n}", cycle * MS, priority, f"g{n}" if event else "")
        for n, (cycle, priority, event) in enumerate(plan)
    ]
    plc = compile_st(text, tasks=specs).start()
    seen: list[tuple[int, int]] = []
    plc.watchers.append(lambda task, now_ns: seen.append((now_ns, task)))
    for tick, some in enumerate(writes):
        while plc._next_scan(tick * MS + EVENT_GAP_NS):
            pass
        for n, value in some:
            plc[f"g{n}"] = value
        while plc._next_scan(tick * MS + EVENT_GAP_NS):
            pass
    assert seen == reference(specs, writes)


def reference(specs: list[TaskSpec], writes: list[list[tuple[int, bool]]]) -> list[tuple[int, int]]:
    """(time in ns, task) of every scan."""
    order = sorted(range(len(specs)), key=lambda k: (specs[k].priority, k))
    levels = [False] * 4
    found = []
    for tick, some in enumerate(writes):
        t = tick * MS
        ran = set()
        for k in order:
            cycle, trigger = specs[k].cycle_ns, specs[k].trigger
            if cycle and t % cycle == 0 and not (trigger and levels[int(trigger[1:])]):
                found.append((t, k))
                ran.add(k)
        before = list(levels)
        for n, value in some:
            levels[n] = value
        # what was written is looked at once: a rise that fell again is none
        risen = [n for n in range(4) if levels[n] and not before[n]]
        started = [k for k in order if specs[k].trigger and int(specs[k].trigger[1:]) in risen]
        found += [(t, k) for k in started if k not in ran]
        found += [(t + EVENT_GAP_NS, k) for k in started if k in ran]
    return found
