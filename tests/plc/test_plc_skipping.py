"""Skipping scans changes nothing: the same storms with every scan and with skipping, all memory compared."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from commissioning.plc import Plc, PlcError, Program, TaskSpec, compile_st

MS = 1_000_000

ONE_TASK = """
VAR_GLOBAL
  i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; level AT %IW1 : INT;
  q0 AT %QX0.0 : BOOL; q1 AT %QX0.1 : BOOL; q2 AT %QX0.2 : BOOL; out AT %QW1 : INT;
END_VAR
FUNCTION_BLOCK Debounce
VAR_INPUT raw : BOOL; t : TIME; END_VAR
VAR_OUTPUT clean : BOOL; edges : INT; END_VAR
VAR on, off : TON; rise : R_TRIG; END_VAR
on(IN := raw, PT := t);
off(IN := NOT raw, PT := t);
IF on.Q THEN clean := TRUE; ELSIF off.Q THEN clean := FALSE; END_IF
rise(CLK := clean);
IF rise.Q THEN edges := edges + 1; END_IF
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR d0, d1 : Debounce; pulse : TP; tail : TOF; c : CTU; state : INT; step : TON; seen : TIME; END_VAR
d0(raw := i0, t := T#25ms);
d1(raw := i1, t := T#40ms);
pulse(IN := d0.clean AND i2, PT := T#133ms);
tail(IN := pulse.Q, PT := T#70ms);
c(CU := d1.clean, R := level > 90, PV := 3);
CASE state OF
  0: IF c.Q THEN state := 1; END_IF
  1: step(IN := TRUE, PT := T#115ms);
     IF step.Q THEN step(IN := FALSE); state := 2; END_IF
  2: IF NOT i2 THEN state := 0; END_IF
END_CASE
q0 := tail.Q;
q1 := state = 1;
q2 := d0.clean XOR d1.clean;
out := LIMIT(0, level * 2 + d0.edges - d1.edges, 500);
END_PROGRAM
"""
# a program that changes in every scan while i2 is on, and shows the ET of a timer
RESTLESS = ONE_TASK.replace(
    "q0 := tail.Q;", "q0 := tail.Q; IF i2 THEN out := out + 1; END_IF seen := pulse.ET;"
)

TWO_TASKS = """
VAR_GLOBAL
  i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; level AT %IW1 : INT;
  q0 AT %QX0.0 : BOOL; q1 AT %QX0.1 : BOOL; q2 AT %QX0.2 : BOOL; out AT %QW1 : INT;
  request, done : BOOL; number : INT; watch : TON;
END_VAR
PROGRAM Fast
VAR e : R_TRIG; hold : TOF; END_VAR
e(CLK := i0);
IF e.Q THEN request := TRUE; number := number + 1; END_IF
IF done THEN request := FALSE; END_IF
hold(IN := request, PT := T#33ms);
q0 := hold.Q;
out := number + level;
q2 := watch.Q;
END_PROGRAM
PROGRAM Slow
VAR work : TON; END_VAR
work(IN := request AND NOT done, PT := T#55ms);
IF work.Q THEN done := TRUE; END_IF
IF NOT request THEN done := FALSE; END_IF
q1 := work.Q OR i1;
watch(IN := i2 OR request, PT := T#90ms);
END_PROGRAM
"""
# the same again, with everything in arrays, structures and blocks in them, by value and by reference
AGGREGATES = """
TYPE Phase : (idle, waiting, ready);
  Station : STRUCT phase : Phase; hold : TOF; n : ARRAY[-1..1] OF INT; END_STRUCT
  Pair : ARRAY[0..1] OF BOOL;
END_TYPE
VAR_GLOBAL
  i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; level AT %IW1 : INT;
  q0 AT %QX0.0 : BOOL; q1 AT %QX0.1 : BOOL; q2 AT %QX0.2 : BOOL; out AT %QW1 : INT;
  stations : ARRAY[1..2] OF Station; edges : ARRAY[0..1] OF Edge; wires : Pair; pick : INT;
END_VAR
FUNCTION_BLOCK Edge
VAR_INPUT on : BOOL; END_VAR
VAR_IN_OUT here : Station; END_VAR
VAR rise : R_TRIG; off : ARRAY[1..1] OF TON; END_VAR
rise(CLK := on);
IF rise.Q THEN here.n[0] := here.n[0] + 1; here.phase := waiting; END_IF
off[1](IN := NOT on, PT := T#60ms);
IF off[1].Q AND here.phase = waiting THEN here.phase := ready; END_IF
END_FUNCTION_BLOCK
PROGRAM Fast
VAR k : INT; saved : ARRAY[-1..1] OF INT; END_VAR
wires[0] := i0; wires[1] := i1;
FOR k := 0 TO 1 DO
  edges[k](on := wires[k], here := stations[k + 1]);
END_FOR
saved := stations[1].n;
q0 := stations[1].hold.Q;
out := saved[0] - stations[2].n[0] + stations[LIMIT(1, level, 2)].n[0] + stations[pick + 1].n[pick];
END_PROGRAM
PROGRAM Slow
VAR k : INT; slow : TON; END_VAR
FOR k := 1 TO 2 DO
  IF stations[k].phase = Phase#ready THEN stations[k].phase := idle; pick := 2 - k; END_IF
  stations[k].hold(IN := stations[k].phase = waiting, PT := T#45ms);
END_FOR
slow(IN := i2 AND stations[2].phase = waiting, PT := T#55ms);
q1 := slow.Q;
q2 := stations[2].hold.Q;
END_PROGRAM
"""
TASKS = (TaskSpec("fast", "Fast", 10 * MS, 1), TaskSpec("slow", "Slow", 25 * MS, 2))
INPUTS = ("i0", "i1", "i2", "level")
OUTPUTS = ("q0", "q1", "q2", "out")


class Host:
    """What the simulation does with a PLC: writes inputs, scans on each task's grid, lets scans fall away."""

    def __init__(self, program: Program, skipping: bool) -> None:
        self.plc = program.start()
        self.skipping = skipping
        self.cycles = [task.cycle_ns for task in program.tasks]
        self.order = sorted(range(len(self.cycles)), key=lambda k: (program.tasks[k].priority, k))
        self.awake: list[int | None] = [0] * len(self.cycles)  # next scan of each task, None: asleep for good
        self.last = [-1] * len(self.cycles)
        self.read = self.plc.reader(OUTPUTS)
        self.log: list[tuple[int, tuple[object, ...]]] = []

    def grid(self, task: int, at: int) -> int:
        """The first grid point of the task at or after `at` that it has not scanned yet."""
        slot = -(-at // self.cycles[task]) * self.cycles[task]
        return max(slot, self.last[task] + self.cycles[task]) if self.last[task] >= 0 else slot

    def write(self, at: int, name: str, value: object) -> None:
        self.plc.writer(name)(value)  # type: ignore[arg-type]
        self.wake(at)

    def wake(self, at: int, after: int = -1) -> None:
        """Tasks that know of a change go on at their first grid point from `at`; a task that stands before
        position `after` in the order of an instant has had its point of that instant already."""
        for position, task in enumerate(self.order):
            if not self.plc.settled(task):
                slot, asleep = self.grid(task, at if position > after else at + 1), self.awake[task]
                self.awake[task] = slot if asleep is None else min(asleep, slot)

    def advance(self, until: int) -> None:
        """Everything before `until`; what is written at `until` comes before the scans of that instant."""
        while True:
            due = [
                (at, p, k)
                for p, k in enumerate(self.order)
                if (at := self.awake[k]) is not None and at < until
            ]
            if not due:
                return
            at, position, task = min(due)
            self.plc.scan(at, task)
            self.last[task] = at
            self.awake[task] = at + self.cycles[task]
            if self.skipping:
                if self.plc.settled(task):
                    deadline = self.plc.deadline(task)
                    self.awake[task] = None if deadline is None else self.grid(task, deadline)
                self.wake(at, position)
            values = self.read()
            if not self.log or self.log[-1][1] != values:
                self.log.append((at, values))


def storm(seed: int) -> Iterator[tuple[int, str, object]]:
    """About three seconds of random inputs, a third of them exactly on a grid instant."""
    rng = random.Random(seed)
    at, mean = 0, rng.choice([5, 40, 200]) * MS
    while at < 3000 * MS:
        at += int(rng.expovariate(1 / mean)) + 1
        if rng.random() < 0.33:
            at = -(-at // (5 * MS)) * 5 * MS
        name = rng.choice(INPUTS)
        yield at, name, rng.randrange(-5, 120) if name == "level" else rng.random() < 0.5


def played(program: Program, seed: int, skipping: bool) -> Host:
    host = Host(program, skipping)
    for at, name, value in storm(seed):
        host.advance(at)
        host.write(at, name, value)
    host.advance(5000 * MS)
    return host


@pytest.mark.parametrize(
    ("text", "tasks"),
    [(ONE_TASK, ()), (RESTLESS, ()), (TWO_TASKS, TASKS), (TWO_TASKS, TASKS[::-1]), (AGGREGATES, TASKS)],
    ids=["one task", "one restless task", "two tasks", "two tasks, declared the other way", "aggregates"],
)
def test_that_skipping_gives_the_outputs_of_every_scan_in_a_hundred_storms(
    text: str, tasks: tuple[TaskSpec, ...]
) -> None:
    program = compile_st(text, tasks=tasks)
    every, skipped, changes = 0, 0, 0
    for seed in range(100):
        reference, host = played(program, seed, False), played(program, seed, True)
        assert host.log == reference.log, f"storm {seed}"
        assert memories(host.plc) == memories(reference.plc), f"storm {seed}"
        every += sum(reference.plc.scans(k) for k in range(len(program.tasks)))
        skipped += sum(host.plc.scans(k) for k in range(len(program.tasks)))
        changes += len(host.log)
    assert changes > 1000  # the storms did something
    assert skipped < every * (0.9 if text is RESTLESS else 0.6)


def memories(plc: Plc) -> object:
    return plc.snapshot()["memories"]


def test_that_a_program_that_counts_scans_never_settles_and_is_compared_ever_more_rarely() -> None:
    plc = compile_st("PROGRAM P VAR n : INT; END_VAR n := n + 1; END_PROGRAM").start()
    compared = []
    for step in range(300):
        waiting = plc.snapshot()["tasks"][0][3]
        if waiting == 0:
            compared.append(step)
        plc.scan(step * 10 * MS)
        assert not plc.settled()
    gaps = [b - a for a, b in pairwise(compared)]
    assert gaps[:3] == [1, 1, 1]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 65  # 64 scans go by uncompared


def test_that_a_write_disturbs_only_the_tasks_that_touch_the_variable() -> None:
    plc = compile_st(TWO_TASKS, tasks=TASKS).start()
    for step in range(4):
        plc.scan(step * 50 * MS, 0)
        plc.scan(step * 50 * MS, 1)
    assert plc.settled(0) and plc.settled(1)
    plc["level"] = 5  # read by Fast only
    assert (plc.disturbed(0), plc.disturbed(1)) == (True, False)
    plc.scan(200 * MS, 0)
    assert not plc.disturbed(1)  # out is nobody else's
    plc["i0"] = True
    plc.scan(210 * MS, 0)
    assert plc.disturbed(1)  # request rose
    assert not plc.settled(1)


def test_that_writing_the_same_value_disturbs_nobody() -> None:
    plc = compile_st(ONE_TASK).start()
    for step in range(3):
        plc.scan(step * 10 * MS)
    plc["i0"] = False
    plc["level"] = 0
    assert plc.settled()


def test_that_overwriting_an_output_wakes_the_task_that_writes_it() -> None:
    plc = compile_st(ONE_TASK).start()
    for step in range(3):
        plc.scan(step * 10 * MS)
    plc["q0"] = True
    assert not plc.settled()
    plc.scan(30 * MS)
    assert plc["q0"] is False


def test_that_a_program_that_reads_the_clock_says_that_it_cannot_be_skipped() -> None:
    program = compile_st({"a.st": "PROGRAM P\nVAR b : BOOL; END_VAR\nb := TIME() > T#1s;\nEND_PROGRAM"})
    assert program.never_skip == ("P reads TIME() in a.st:3",)
    plc = program.start()
    plc.scan(0)
    plc.scan(10 * MS)
    assert not plc.settled()


def test_that_a_program_that_reads_et_runs_while_its_timer_does() -> None:
    plc = compile_st(
        "PROGRAM P VAR i : BOOL; t : TON; e : TIME; END_VAR t(IN := i, PT := T#50ms); e := t.ET; END_PROGRAM"
    ).start()
    plc["P.i"] = True
    settled = []
    for step in range(9):
        plc.scan(step * 10 * MS)
        settled.append(plc.settled())
    assert settled == [False] * 6 + [True] * 3  # in the scan at 50 ms e changes for the last time


@pytest.mark.parametrize("text", [ONE_TASK, RESTLESS, TWO_TASKS], ids=["one task", "restless", "two tasks"])
def test_that_a_restored_snapshot_continues_bit_for_bit(text: str) -> None:
    program = compile_st(text, tasks=TASKS if text is TWO_TASKS else ())
    rng = random.Random(7)
    for seed in range(20):
        steps = list(storm(seed))
        cut = rng.randrange(len(steps))
        play: Callable[[Host, list[tuple[int, str, object]]], None] = lambda host, part: [  # type: ignore[assignment]  # noqa: E731
            (host.advance(at), host.write(at, name, value)) for at, name, value in part
        ]
        first = Host(program, True)
        play(first, steps[:cut])
        text_form = json.dumps(first.plc.snapshot(), allow_nan=False)
        second = Host(program, True)
        second.plc.restore(json.loads(text_form))
        assert json.dumps(second.plc.snapshot(), allow_nan=False) == text_form
        second.awake, second.last, second.log = list(first.awake), list(first.last), list(first.log)
        for host in (first, second):
            play(host, steps[cut:])
            host.advance(5000 * MS)
        assert second.log == first.log
        assert second.plc.snapshot() == first.plc.snapshot()


def test_that_a_snapshot_keeps_what_json_cannot_say() -> None:
    program = compile_st("PROGRAM P VAR x, y : LREAL; n : LINT; s : STRING; END_VAR y := x * x; END_PROGRAM")
    plc = program.start()
    plc["P.x"], plc["P.n"], plc["P.s"] = 1e300, 2**63 - 1, 'it\'s "nan"'
    plc.scan(0)
    other = program.start()
    other.restore(json.loads(json.dumps(plc.snapshot(), allow_nan=False)))
    assert (other["P.y"], other["P.n"], other["P.s"]) == (float("inf"), 2**63 - 1, 'it\'s "nan"')


def test_that_a_snapshot_of_another_program_is_refused() -> None:
    first = compile_st("PROGRAM P END_PROGRAM").start()
    second = compile_st("PROGRAM P VAR x : INT; END_VAR END_PROGRAM").start()
    with pytest.raises(ValueError, match="another program"):
        second.restore(first.snapshot())


def test_that_a_stopped_plc_stays_stopped_in_its_snapshot_and_runs_again_from_an_older_one() -> None:
    program = compile_st("PROGRAM P VAR x : INT := 1; y : INT; END_VAR y := 10 / x; END_PROGRAM")
    plc = program.start()
    plc.scan(0)
    good = plc.snapshot()
    plc["P.x"] = 0
    with pytest.raises(PlcError, match="division by zero"):
        plc.scan(1)
    other = program.start()
    other.restore(json.loads(json.dumps(plc.snapshot())))
    assert str(other.stopped) == str(plc.stopped)
    plc.restore(good)
    plc.scan(2)
    assert plc["P.y"] == 10
