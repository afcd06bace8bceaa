"""The emulated PLC at scale: 10,000 statements, the same logic by hand, compiling, the cache, scans left out.

`python tests/benchmarks/bench_plc_scale.py` prints medians of CPU time of this thread. Not collected by
pytest: timings are reported, never tested.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from commissioning.bench.load import load
from commissioning.bench.run import Run
from commissioning.controllers.emulated import Emulated
from commissioning.plc import Plc, compile_st

MS = 1_000_000
CYCLE = 10 * MS
ZONE = """
FUNCTION_BLOCK FB_Zone{n}
VAR_INPUT
  enable, sIn, sOut, downstream, reset : BOOL;
END_VAR
VAR_OUTPUT
  run, alarm : BOOL;
  occupied : INT;
  total : DINT;
END_VAR
VAR
  jam, off : TON;
  inEdge, outEdge : R_TRIG;
  counter : CTU;
  state, k : INT;
  hold : BOOL;
END_VAR
inEdge(CLK := sIn);
outEdge(CLK := sOut);
IF inEdge.Q THEN
  occupied := occupied + 1;
END_IF
IF outEdge.Q AND occupied > 0 THEN
  occupied := occupied - 1;
  total := total + 1;
END_IF
jam(IN := run AND sOut, PT := T#4s);
counter(CU := outEdge.Q, R := reset, PV := 20);
CASE state OF
  0:
    run := FALSE;
    IF enable AND NOT alarm THEN
      state := 10;
    END_IF
  10:
    run := downstream OR NOT sOut;
    IF jam.Q THEN
      state := 90;
    ELSIF NOT enable THEN
      state := 20;
    ELSIF occupied = 0 THEN
      state := 30;
    END_IF
  20:
    run := FALSE;
    IF enable THEN
      state := 10;
    END_IF
  30:
    off(IN := occupied = 0, PT := T#2s);
    run := NOT off.Q;
    IF occupied > 0 THEN
      off(IN := FALSE);
      state := 10;
    END_IF
  90:
    run := FALSE;
    alarm := TRUE;
    IF reset THEN
      alarm := FALSE;
      state := 0;
    END_IF
ELSE
  state := 0;
END_CASE
hold := alarm OR (counter.Q AND NOT downstream);
k := k + 1;
END_FUNCTION_BLOCK
"""


def line(zones: int) -> str:
    """A line of that many zones, each with a block of its own."""
    last = zones + 1
    parts = [ZONE.format(n=n) for n in range(zones)]
    parts.append(
        f"VAR_GLOBAL start, stop, reset : BOOL; sensors, motors : ARRAY[0..{last}] OF BOOL; END_VAR\n"
    )
    parts.append("PROGRAM MAIN\nVAR\n" + "".join(f"  z{n} : FB_Zone{n};\n" for n in range(zones)))
    parts.append("  ready : RS;\nEND_VAR\nready(S := start, R1 := stop);\n")
    for n in range(zones):
        after = f"z{n + 1}.run" if n + 1 < zones else "TRUE"
        parts.append(f"z{n}(enable := ready.Q1, sIn := sensors[{n}], sOut := sensors[{n + 1}],\n")
        parts.append(f"  downstream := {after}, reset := reset);\nmotors[{n}] := z{n}.run;\n")
    return "".join((*parts, "END_PROGRAM\n"))


# ---- the same by hand ----------------------------------------------------------------------------------


class Ton:
    __slots__ = ("due", "q")

    def __init__(self) -> None:
        self.due, self.q = -1, False

    def __call__(self, on: bool, preset: int, now: int) -> None:
        if not on:
            self.due, self.q = -1, False
        elif not self.q:
            if self.due < 0:
                self.due = now + preset
            self.q = now >= self.due


class Edge:
    __slots__ = ("last", "q")

    def __init__(self) -> None:
        self.last = self.q = False

    def __call__(self, clock: bool) -> None:
        self.q = clock and not self.last
        self.last = clock


class Counter:
    __slots__ = ("cv", "last", "q")

    def __init__(self) -> None:
        self.cv, self.last, self.q = 0, False, False

    def __call__(self, up: bool, reset: bool, preset: int) -> None:
        if reset:
            self.cv = 0
        elif up and not self.last and self.cv < 32767:
            self.cv += 1
        self.last = up
        self.q = self.cv >= preset


class Zone:
    __slots__ = (
        "alarm", "counter", "hold", "in_edge", "jam", "k", "occupied", "off", "out_edge", "run", "state",
        "total",
    )  # fmt: skip

    def __init__(self) -> None:
        self.jam, self.off, self.in_edge, self.out_edge = Ton(), Ton(), Edge(), Edge()
        self.counter = Counter()
        self.run = self.alarm = self.hold = False
        self.occupied = self.total = self.state = self.k = 0

    def scan(self, enable: bool, s_in: bool, s_out: bool, downstream: bool, reset: bool, now: int) -> None:
        self.in_edge(s_in)
        self.out_edge(s_out)
        if self.in_edge.q:
            self.occupied = (self.occupied + 1 + 32768 & 65535) - 32768
        if self.out_edge.q and self.occupied > 0:
            self.occupied = (self.occupied - 1 + 32768 & 65535) - 32768
            self.total = (self.total + 1 + 2147483648 & 4294967295) - 2147483648
        self.jam(self.run and s_out, 4_000 * MS, now)
        self.counter(self.out_edge.q, reset, 20)
        state = self.state
        if state == 0:
            self.run = False
            if enable and not self.alarm:
                self.state = 10
        elif state == 10:
            self.run = downstream or not s_out
            if self.jam.q:
                self.state = 90
            elif not enable:
                self.state = 20
            elif self.occupied == 0:
                self.state = 30
        elif state == 20:
            self.run = False
            if enable:
                self.state = 10
        elif state == 30:
            self.off(self.occupied == 0, 2_000 * MS, now)
            self.run = not self.off.q
            if self.occupied > 0:
                self.off(False, 2_000 * MS, now)
                self.state = 10
        elif state == 90:
            self.run = False
            self.alarm = True
            if reset:
                self.alarm = False
                self.state = 0
        else:
            self.state = 0
        self.hold = self.alarm or (self.counter.q and not downstream)
        self.k = (self.k + 1 + 32768 & 65535) - 32768


class ByHand:
    """The whole line; `sensors` and `motors` as in the program."""

    def __init__(self, zones: int) -> None:
        self.zones = [Zone() for _ in range(zones)]
        self.start = self.stop = self.reset = self.ready = False
        self.sensors = [False] * (zones + 2)
        self.motors = [False] * (zones + 2)

    def scan(self, now: int) -> None:
        self.ready = not self.stop and (self.start or self.ready)
        zones, sensors, motors = self.zones, self.sensors, self.motors
        last = len(zones) - 1
        for n, zone in enumerate(zones):
            after = zones[n + 1].run if n < last else True
            zone.scan(self.ready, sensors[n], sensors[n + 1], after, self.reset, now)
            motors[n] = zone.run


# ---- measuring -----------------------------------------------------------------------------------------


def driven(plc: Plc, hand: ByHand, scans: int, seed: int) -> tuple[list[int], list[int], int]:
    """ns of each scan of both under the same random inputs, and how many outputs differed."""
    chance = random.Random(seed)
    ours: list[int] = []
    theirs: list[int] = []
    different = 0
    zones = len(hand.zones)
    step, memory = plc._tasks[0].steps[0]  # the body alone: comparing is what lets scans be skipped
    shared = plc._globals
    plc["start"] = hand.start = True
    base = plc.program.location("sensors[0]").index
    motors = plc.program.location("motors[0]").index
    for number in range(scans):
        for _ in range(3):
            where = chance.randrange(zones)
            hand.sensors[where] = not hand.sensors[where]
            shared[base + where] = hand.sensors[where]
        now = number * CYCLE
        shared[0] = 1_000_000
        pairs = ((lambda at=now: step(memory, shared, at), ours), (lambda at=now: hand.scan(at), theirs))
        for scan, found in pairs:
            begun = time.thread_time_ns()
            scan()
            found.append(time.thread_time_ns() - begun)
        different += sum(a != b for a, b in zip(shared[motors : motors + zones], hand.motors, strict=False))
    return ours, theirs, different


_LOAD = """
import time
t = time.process_time()
from commissioning.controllers.compile_cache import compiled
from pathlib import Path
import sys
text = Path(sys.argv[1]).read_text()
begun = time.process_time()
program = compiled(Path(sys.argv[2]), {"main.st": text})
print(time.process_time() - begun, begun - t)
"""


def left_out() -> None:
    """How many of the grid's scans `carton_line` executes, and whether the rest makes a difference."""
    loaded = load(Path(__file__).parents[2] / "scenes" / "carton_line")
    digests = []
    for every in (False, True):
        run = Run(loaded, 1, "production", every_scan=every)
        run.advance("1 h")
        digests.append(run.journal.digest())
        plcs = [host.controller for host in run.line.hosts.values()]
        executed = sum(controller.plc.scans(0) for controller in plcs if isinstance(controller, Emulated))
        print(f"carton_line, 1 h, every scan {every}: {executed} of 360,000 scans (10 % wanted at most)")
    print(f"  same digest: {digests[0] == digests[1]}")


def main() -> None:
    small = line(7)
    plc, hand = compile_st(small).start(), ByHand(7)
    ours, theirs, different = driven(plc, hand, 20_000, 1)
    count = plc.program.statement_count
    print(f"7 zones, {count} statements written, 20,000 scans, {different} outputs different")
    mine, other = statistics.median(ours), statistics.median(theirs)
    ratio = mine / other
    print(f"  a scan {mine / 1000:.2f} us, by hand {other / 1000:.2f} us: {ratio:.2f} of it (at most 1.2)")
    print(f"  {mine / count:.0f} ns for each written statement (60 wanted at most)")

    large = line(235)
    lines = large.count("\n")
    begun = time.process_time()
    program = compile_st(large)
    took, count = time.process_time() - begun, program.statement_count
    print(f"{lines} lines, {count} statements: compiled in {took:.2f} s (5 wanted for 10,000 lines)")
    ours, theirs, different = driven(program.start(), ByHand(235), 500, 2)
    scan = statistics.median(ours) * 10_000 / count
    print(f"  10,000 statements: {scan / 1e6:.3f} ms a scan (1.5 wanted), {different} outputs different")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "main.st")
        file.write_text(line(round(235 * 10_000 / lines)))
        for what in ("first load of 10,000 lines in a new process", "second (0.5 wanted)"):
            found = subprocess.run(
                [sys.executable, "-c", _LOAD, str(file), folder], capture_output=True, text=True, check=True
            )
            load_s, imports = map(float, found.stdout.split())
            print(f"  {what}: {load_s:.2f} s, and {imports:.2f} s of imports")
    left_out()


if __name__ == "__main__":
    main()
