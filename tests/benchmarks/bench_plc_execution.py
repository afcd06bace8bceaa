"""What events, starts, online changes and real time of the emulated PLC cost.

`python tests/benchmarks/bench_plc_execution.py` prints CPU time of this thread, and for real time wall time.
Not collected by pytest: timings are reported, never tested.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from commissioning.bench.load import load
from commissioning.bench.run import Run
from commissioning.plc import Plc, TaskSpec, compile_st
from commissioning.sim.session import Session

MS = 1_000_000
SCENES = Path(__file__).parents[2] / "scenes"


def cpu_s(act: Callable[[], object], times: int = 5) -> float:
    """The shortest of some times."""
    found = []
    for _ in range(times):
        start = time.thread_time()
        act()
        found.append(time.thread_time() - start)
    return min(found)


def large(member: str) -> str:
    zones = "\n".join(f"z{n} : Zone;" for n in range(2000))
    return f"""FUNCTION_BLOCK Zone
VAR_INPUT go : BOOL; END_VAR
VAR {member} n : INT; t : TON; e : R_TRIG; a : ARRAY[0..20] OF REAL; END_VAR
t(IN := go, PT := T#1s); e(CLK := go); IF e.Q THEN n := n + 1; END_IF
END_FUNCTION_BLOCK
PROGRAM P
VAR {zones} rows : ARRAY[0..100000] OF REAL; END_VAR
VAR RETAIN kept : ARRAY[0..20000] OF INT; END_VAR
z0(go := TRUE);
END_PROGRAM"""


def changes() -> None:
    programs = [compile_st(large("")), compile_st(large("more : INT;"))]
    plc: Plc = programs[0].start()
    plc.run(scans=3)
    cells = sum(len(plan.pou.slots) for plan in programs[0].memories)
    turn = iter(range(1000))
    print(f"{cells:,} cells in 2,000 instances, 20,001 of them retained")
    print(
        f"  online change          {cpu_s(lambda: plc.online_change(programs[(next(turn) + 1) % 2])):8.3f} s"
    )
    print(f"  warm start             {cpu_s(lambda: plc.start('warm')):8.3f} s")
    print(f"  retained as text       {cpu_s(plc.retained):8.3f} s")
    text = plc.retained()
    print(f"  warm start with it     {cpu_s(lambda: plc.start('warm', text)):8.3f} s")


def scans() -> None:
    text = "PROGRAM P VAR i, n : DINT; END_VAR FOR i := 1 TO 1000 DO n := n + 1; END_FOR END_PROGRAM"
    loop = compile_st(text).start()
    bare = compile_st(text)
    lines = bare.source.replace("  g[0] -= 1\n", "").replace("  if g[0] < 0: overrun()\n", "")
    names = dict(loop.build.functions)
    exec(compile(lines, "bare", "exec"), names)  # noqa: S102  the same code without its watchdog
    memory, shared = loop._memories[1], loop._globals
    name = next(fn.__name__ for fn, _ in loop._tasks[0].steps)
    shared[0] = 1 << 60
    watched = cpu_s(lambda: loop.build.functions[name](memory, shared, 0), 200)
    free = cpu_s(lambda: names[name](memory, shared, 0), 200)
    print(
        f"a round of a loop of one statement {watched * 1e6:.0f} ns, without the watchdog {free * 1e6:.0f} ns"
    )
    events = """VAR_GLOBAL g : BOOL; END_VAR
        PROGRAM A g := NOT g; END_PROGRAM PROGRAM B VAR n : INT; END_VAR n := n + 1; END_PROGRAM"""
    tasks = [TaskSpec("a", "A", MS), TaskSpec("b", "B", trigger="g")]
    plc = compile_st(events, tasks=tasks).start()
    plc.run(scans=100)
    turn = cpu_s(lambda: plc.run(10_000)) * 1e5
    print(f"a scan on the own clock that starts an event task in every second turn: {turn:.0f} ns")


def real_time(seconds: int) -> None:
    loaded = load(SCENES / "carton_line")
    for every in (True, False):
        with closing(
            Session(lambda: Run(loaded, every_scan=every), 1.0, seconds * 1000 * MS, measure=True)  # noqa: B023
        ) as session:
            session.start()
            session.wait()
            for task in session.cycle_times():
                print(f"{seconds} s in real time, {'every scan' if every else 'skipping'}: {task}")


if __name__ == "__main__":
    scans()
    changes()
    real_time(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
