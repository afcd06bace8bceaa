"""What the emulated PLC costs: ns per statement, a scan of a whole program, compiling, what skipping saves.

`python tests/benchmarks/bench_plc.py` prints medians of CPU time of this thread. Not collected by pytest:
timings are reported, never tested.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from commissioning.plc import Plc, compile_st

MS = 1_000_000
CYCLE = 10 * MS

LINE = """
VAR_GLOBAL
  I_EStop AT %IX0.0 : BOOL; (* e-stop chain closed *)
  I_Start AT %IX0.1 : BOOL; (* start button *)
  I_Stop AT %IX0.2 : BOOL;
  I_PE1 AT %IX0.3 : BOOL; (* end of infeed *)
  I_PE2 AT %IX0.4 : BOOL; (* in front of the stopper *)
  I_PE3 AT %IX0.5 : BOOL; (* station occupied *)
  I_Tall AT %IX0.6 : BOOL;
  I_Stop1 AT %IX0.7 : BOOL; (* stopper is up *)
  I_Home AT %IX1.0 : BOOL; (* pusher is home *)
  I_Busy AT %IX1.1 : BOOL;
  Q_Belt1 AT %QX0.0 : BOOL;
  Q_Belt2 AT %QX0.1 : BOOL;
  Q_Stop1 AT %QX0.2 : BOOL;
  Q_Push AT %QX0.3 : BOOL;
  Q_Green AT %QX0.4 : BOOL;
  Q_Yellow AT %QX0.5 : BOOL;
  Q_Red AT %QX0.6 : BOOL;
  Total : DINT;
  Rejected : DINT;
END_VAR
VAR_GLOBAL CONSTANT
  JAM_TIME : TIME := T#4s;
  CLEAR_TIME : TIME := T#300ms;
END_VAR

FUNCTION_BLOCK FB_Jam
VAR_INPUT
  eye : BOOL;
  running : BOOL;
  reset : BOOL;
END_VAR
VAR_OUTPUT
  jam : BOOL;
END_VAR
VAR
  watch : TON;
  latch : SR;
END_VAR
watch(IN := eye AND running, PT := JAM_TIME);
latch(S1 := watch.Q, R := reset);
jam := latch.Q1;
END_FUNCTION_BLOCK

PROGRAM MAIN
VAR
  started : RS;
  start_edge : R_TRIG;
  pe1_edge : R_TRIG;
  pe2_edge : R_TRIG;
  gone : F_TRIG;
  tall_edge : R_TRIG;
  jam1, jam2 : FB_Jam;
  gap : TON;
  push_time : TP;
  yellow : TOF;
  counter : CTU;
  state : INT;
  push_state : INT;
  ready : BOOL;
  alarm : BOOL;
  reject_next : BOOL;
  fill : REAL;
  mean : REAL;
  batch : INT;
END_VAR
start_edge(CLK := I_Start);
pe1_edge(CLK := I_PE1);
pe2_edge(CLK := I_PE2);
gone(CLK := I_PE3);
tall_edge(CLK := I_Tall);
jam1(eye := I_PE1, running := Q_Belt1, reset := start_edge.Q);
jam2(eye := I_PE2, running := Q_Belt2 AND NOT Q_Stop1, reset := start_edge.Q);
alarm := jam1.jam OR jam2.jam OR NOT I_EStop;
started(S := start_edge.Q AND I_EStop, R1 := I_Stop OR alarm);
ready := started.Q1;
IF tall_edge.Q THEN
  reject_next := TRUE;
END_IF
CASE state OF
  0:
    Q_Stop1 := TRUE;
    IF ready AND I_PE2 AND NOT I_Busy THEN
      state := 10;
    END_IF
  10:
    Q_Stop1 := FALSE;
    gap(IN := NOT I_PE2, PT := CLEAR_TIME);
    IF gap.Q THEN
      gap(IN := FALSE);
      Q_Stop1 := TRUE;
      state := 20;
    END_IF
  20:
    IF NOT I_Busy AND I_Stop1 THEN
      state := 0;
    ELSIF alarm THEN
      state := 90;
    END_IF
  90:
    Q_Stop1 := TRUE;
    IF ready THEN
      state := 0;
    END_IF
ELSE
  state := 0;
END_CASE
CASE push_state OF
  0:
    IF reject_next AND I_PE3 AND ready THEN
      push_state := 1;
      reject_next := FALSE;
      Rejected := Rejected + 1;
    END_IF
  1:
    push_time(IN := TRUE, PT := T#800ms);
    IF NOT push_time.Q THEN
      push_time(IN := FALSE);
      push_state := 2;
    END_IF
  2:
    IF I_Home THEN
      push_state := 0;
    END_IF
END_CASE
Q_Push := push_state = 1;
Q_Belt1 := ready AND NOT (I_PE2 AND Q_Stop1 AND I_PE1);
Q_Belt2 := ready AND (NOT I_PE3 OR NOT I_Busy);
counter(CU := gone.Q, R := batch >= 24, PV := 24);
IF gone.Q THEN
  Total := Total + 1;
  batch := batch + 1;
  mean := (mean * 15.0 + fill) / 16.0;
END_IF
IF counter.Q OR batch > 24 THEN
  batch := 0;
END_IF
fill := INT_TO_REAL(batch) / 24.0 * 100.0;
yellow(IN := I_PE1 AND NOT Q_Belt1, PT := T#1s);
Q_Red := alarm;
Q_Yellow := yellow.Q AND NOT alarm;
Q_Green := ready AND NOT alarm;
END_PROGRAM
"""


def cpu_ns(work: Callable[[], object], calls: int, rounds: int = 7) -> float:
    """Median CPU time of one call, in ns."""
    found = []
    for _ in range(rounds):
        start = time.thread_time_ns()
        for _ in range(calls):
            work()
        found.append((time.thread_time_ns() - start) / calls)
    return statistics.median(found)


def scanner(plc: Plc) -> Callable[[], None]:
    """Scans every 10 ms, whatever it changes."""
    now = plc.now_ns

    def work() -> None:
        nonlocal now
        now += CYCLE
        plc.scan(now)

    return work


def per_statement(body: str, variables: str, copies: int = 100) -> float:
    """ns of CPU time per copy of `body`, without what an empty scan costs."""
    empty = scanner(compile_st(f"PROGRAM P VAR {variables} END_VAR END_PROGRAM").start())
    bodies = " ".join([body] * copies)
    full = scanner(compile_st(f"PROGRAM P VAR {variables} END_VAR {bodies} END_PROGRAM").start())
    return (cpu_ns(full, 500) - cpu_ns(empty, 500)) / copies


def storm(
    plc: Plc, skipping: bool, seconds: int, gap_s: float
) -> tuple[list[tuple[object, ...]], float, int]:
    """Random inputs for `seconds`: (outputs whenever they changed, CPU seconds, scans)."""
    rng = random.Random(1)
    names = [v.path for v in plc.program.variables.values() if v.address.startswith("%I")]
    outputs = plc.reader([v.path for v in plc.program.variables.values() if v.address.startswith("%Q")])
    writers = [plc.writer(name) for name in names]
    for write, name in zip(writers, names, strict=True):
        write(name == "I_EStop")
    changes: dict[int, list[Callable[[], None]]] = {}
    at = 0.0
    while at < seconds:
        at += rng.expovariate(1 / gap_s)
        write, value = rng.choice(writers[1:]), rng.random() < 0.5
        changes.setdefault(-(-int(at * 1e9) // CYCLE), []).append(lambda w=write, v=value: w(v))  # type: ignore[misc]
    instants = sorted(changes)
    log: list[tuple[object, ...]] = []
    last: tuple[object, ...] = ()
    start = time.thread_time()
    slot, end, position = 0, seconds * 1_000_000_000 // CYCLE, 0
    while slot < end:
        while position < len(instants) and instants[position] <= slot:
            for change in changes[instants[position]]:
                change()
            position += 1
        plc.scan(slot * CYCLE)
        values = outputs()
        if values != last:
            last = values
            log.append((slot, *values))
        slot += 1
        if skipping and plc.settled():
            due = plc.deadline()
            wake = end if due is None else -(-due // CYCLE)
            if position < len(instants):
                wake = min(wake, instants[position])
            slot = max(slot, wake)
    return log, time.thread_time() - start, plc.scans()


def of_builds(text: str) -> dict[str, float]:
    """Cost of the body of a program with coverage, with stops that are not armed, with both, over the fast
    one."""
    found: dict[str, float] = {}
    for name, coverage, stops in (("", 0, 0), ("coverage", 1, 0), ("stops", 0, 1), ("both", 1, 1)):
        plc = compile_st(text).start()
        plc["I_EStop"] = True
        if coverage:
            plc.coverage()
        if stops:
            plc.instruments().watch_statements(lambda _: None)
        plc.run(scans=10)
        function, memory = plc._tasks[0].steps[0]
        found[name] = cpu_ns(lambda f=function, m=memory, p=plc: f(m, p._globals, p.now_ns), 2000)  # type: ignore[misc]
    return {name: cost / found[""] for name, cost in found.items() if name}


def main() -> None:
    program = compile_st(LINE)  # also builds the parser
    lines = len(LINE.strip().splitlines())
    plc = program.start()
    plc["I_EStop"] = True
    plc.run(scans=1000)
    functions = [(function, memory) for function, memory in plc._tasks[0].steps]
    bare = cpu_ns(
        lambda: [function(memory, plc._globals, plc.now_ns) for function, memory in functions], 2000
    )
    print(f"program of {lines} lines, {program.statement_count} statements, idle")
    print(f"  body alone              {bare / 1000:8.2f} us")
    print(f"  scan with comparison    {cpu_ns(scanner(plc), 2000) / 1000:8.2f} us")
    print(f"  compile                 {cpu_ns(lambda: compile_st(LINE), 3) / 1e6:8.1f} ms")
    counting = compile_st(LINE.replace("PROGRAM MAIN\nVAR", "PROGRAM MAIN\nVAR n : INT;").replace(
        "start_edge(CLK := I_Start);", "n := n + 1; start_edge(CLK := I_Start);")).start()  # fmt: skip
    counting.run(scans=1000)
    print(f"  scan, never settling    {cpu_ns(scanner(counting), 2000) / 1000:8.2f} us")
    builds = ", ".join(f"{name} {ratio:.2f}" for name, ratio in of_builds(LINE).items())
    print(f"  body, other builds over the fast one: {builds}")
    for words, body, variables in (
        ("BOOL  x := a AND NOT b OR c;", "x := a AND NOT b OR c;", "x, a, b, c : BOOL;"),
        ("INT   i := j + k * 3;", "i := j + k * 3;", "i, j, k : INT;"),
        ("INT   i := j / k;", "i := j / k;", "i, j : INT; k : INT := 3;"),
        ("REAL  r := s * 2.5 + t;", "r := s * 2.5 + t;", "r, s, t : REAL;"),
        ("IF    IF a THEN i := 1; END_IF", "IF a THEN i := 1; END_IF", "a : BOOL; i : INT;"),
        ("TON   idle", "t(IN := a, PT := T#1s);", "t : TON; a : BOOL;"),
        ("TON   running", "t(IN := NOT a, PT := T#10h);", "t : TON; a : BOOL;"),
        ("R_TRIG", "e(CLK := a);", "e : R_TRIG; a : BOOL;"),
        ("CTU", "c(CU := a, PV := 10);", "c : CTU; a : BOOL;"),
    ):
        print(f"  {words:<34}{per_statement(body, variables):6.0f} ns")
    for gap in (0.1, 1.0, 5.0):
        every, every_s, every_n = storm(program.start(), False, 600, gap)
        skipped, skipped_s, skipped_n = storm(program.start(), True, 600, gap)
        print(
            f"600 s, an input every {gap:3.1f} s: every scan {600 / every_s:7.0f}x ({every_n} scans), "
            f"skipping {600 / skipped_s:7.0f}x ({skipped_n} scans), {every_s / skipped_s:5.1f} times faster, "
            f"outputs {'equal' if every == skipped else 'DIFFER'} ({len(every)} changes)"
        )


if __name__ == "__main__":
    main()
