"""Large lines: memory of a part that is there, and 1,000 devices with 10,000 parts under 17 programs.

    python tests/benchmarks/bench_large.py            everything, about a minute
    python tests/benchmarks/bench_large.py memory     one of: memory plant profile

Memory is what tracemalloc counts between a line with few parts and the same line full of them, journal left
out of it. The plant is conveyor lines of twelve devices, five lines (60 devices) to a program, long enough
for 10,000 parts; speed is virtual time over CPU time, with PLCs, journal and digest.
"""

from __future__ import annotations

import cProfile
import gc
import os
import pstats
import sys
import time
import tracemalloc
from pathlib import Path

from commissioning.bench.load import LoadedScene, load_text
from commissioning.sim.run import Run

HEAD = "format: commissioning-scene/1\nproducts: {part: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
NS = 1_000_000_000
PER_LINE, PER_PROGRAM, LINES = 12, 5, 84  # 1,008 devices, 17 programs
WARM_UP, SPAN = 600, 60  # s: until the lines are full, and what is timed


def said(name: str, value: str, limit: str, ok: bool) -> None:
    print(f"{'ok  ' if ok else 'MISS'} {name:58} {value:>22}   {limit}", flush=True)


def memory() -> None:
    """Almost 5,000 parts on a belt in free flow, in a queue on it, and in a buffer."""
    source = "  src: {type: source, product: part, every: 1 s, to: b}\n"
    belt, rest = (
        "  b: {type: belt, length: %d m, speed: 0.6 m/s, to: m}\n",
        "  m: {type: station, cycle: %s, to: out}\n",
    )
    cases = {
        "on a belt, free": source + belt % 3000 + rest % "0.5 s",
        "on a belt, queued": source + belt % 1550 + rest % "1000 h",
        "in a buffer": source + "  b: {type: buffer, capacity: 6000, to: m}\n" + rest % "1000 h",
    }
    for name, devices in cases.items():
        run = Run(load_text(HEAD + devices + "  out: {type: sink}\n", Path("scene.yaml")), 1)
        run.advance(20)
        few = len(run.line.parts)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        while len(run.line.parts) < 5000 and run.now_ns < 9000 * NS:
            run.advance(10)
        gc.collect()
        chunks = sum(map(len, run.journal._chunks))
        spent = tracemalloc.get_traced_memory()[0] - before - chunks
        tracemalloc.stop()
        parts = len(run.line.parts) - few
        each = spent / parts
        said(f"a part {name} ({parts} of them)", f"{each:.0f} bytes", "under 1,000", each < 1000.0)


def plant() -> tuple[LoadedScene, int]:
    """The large line and the number of its programs."""
    rows, owned, programs, files = [], [], [], {}
    for group in range(-(-LINES // PER_PROGRAM)):
        lines = range(group * PER_PROGRAM, min((group + 1) * PER_PROGRAM, LINES))
        tags, blocks, body = [], [], []
        for k in lines:
            rows.append(_line(k))
            names = ["I_E", "I_F", "I_G", "I_H", "I_M", "I_P", "Q_A", "Q_B", "Q_T"]
            tags += [f"  {name}{k} : BOOL;\n" for name in names]
            owned += [f"  {name}{k}: {{controller: plc{group}}}\n" for name in names]
            blocks.append(f"  t{k} : TON; r{k} : R_TRIG; c{k} : CTU; n{k} : DINT;\n")
            body.append(
                f"t{k}(IN := I_H{k}, PT := T#500ms);\nr{k}(CLK := I_E{k});\n"
                f"c{k}(CU := I_F{k}, R := FALSE, PV := 1000);\n"
                f"IF r{k}.Q THEN n{k} := n{k} + 1; END_IF;\n"
                f"Q_A{k} := NOT I_P{k};\nQ_B{k} := NOT I_P{k};\nQ_T{k} := I_M{k} AND NOT t{k}.Q;\n"
            )
        name = f"p{group}.st"
        source = f"VAR_GLOBAL\n{''.join(tags)}END_VAR\nPROGRAM MAIN\nVAR\n{''.join(blocks)}END_VAR\n"
        files[name] = f"{source}{''.join(body)}END_PROGRAM\n"
        task = "{m: {program: MAIN, cycle: 10 ms}}"
        programs.append(f"  plc{group}: {{type: emulated, programs: [{name}], task: {task}}}\n")
    folder = Path(os.environ.get("TMPDIR", "/tmp"), f"bench-large-{os.getpid()}")
    folder.mkdir(exist_ok=True)
    for name, source in files.items():
        (folder / name).write_text(source)
    text = f"{HEAD}{''.join(rows)}controllers:\n{''.join(programs)}tags:\n{''.join(owned)}"
    try:
        return load_text(text, folder / "scene.yaml"), len(programs)
    finally:
        for name in files:
            (folder / name).unlink()
        folder.rmdir()


def _line(k: int) -> str:
    """A source, two belts with four eyes and a stopper, a buffer, a station, a sink and a button.

    The first belt carries a part every 3 s for 150 m, the second one is full of parts that wait.
    """
    y = 3 * k
    return (
        f"  s{k}: {{type: source, product: part, every: {{exponential: 3 s}}, to: a{k}}}\n"
        f"  a{k}: {{type: belt, pose: {{xyz: [0, {y} m, 0.75]}}, length: 150 m, speed: 0.5 m/s, "
        f"acceleration: 1.2 m/s2, to: b{k}, tags: {{run: Q_A{k}}}}}\n"
        f"  b{k}: {{type: belt, length: 20 m, speed: 0.6 m/s, acceleration: 1.2 m/s2, to: q{k}, "
        f"tags: {{run: Q_B{k}}}}}\n"
        f"  e{k}: {{type: photo_eye, along: a{k}, at: 1 m, tags: {{blocked: I_E{k}}}}}\n"
        f"  f{k}: {{type: photo_eye, along: a{k}, at: 140 m, tags: {{blocked: I_F{k}}}}}\n"
        f"  g{k}: {{type: photo_eye, along: b{k}, at: 10 m, tags: {{blocked: I_G{k}}}}}\n"
        f"  h{k}: {{type: photo_eye, along: b{k}, at: 18 m, tags: {{blocked: I_H{k}}}}}\n"
        f"  t{k}: {{type: stopper, along: b{k}, at: 19 m, tags: {{raise: Q_T{k}}}}}\n"
        f"  q{k}: {{type: buffer, capacity: 20, to: m{k}}}\n"
        f"  m{k}: {{type: station, cycle: {{normal: {{mean: 3.3 s, sd: 0.3 s}}}}, to: o{k}, "
        f"tags: {{occupied: I_M{k}}}}}\n"
        f"  o{k}: {{type: sink}}\n"
        f"  p{k}: {{type: push_button, pose: {{xyz: [-1 m, {y} m, 1 m]}}, tags: {{pressed: I_P{k}}}}}\n"
    )


def full(loaded: LoadedScene) -> Run:
    run = Run(loaded, 1)
    run.advance(WARM_UP)
    return run


def speed() -> None:
    loaded, programs = plant()
    began = time.perf_counter()
    run = full(loaded)
    filled = time.perf_counter() - began
    events, records, scans = run.events, run.journal.length, sum(run.scans.values())
    began = time.thread_time()
    run.advance(SPAN)
    spent = time.thread_time() - began
    parts = len(run.line.parts)
    assert run.problem is None
    ratio = SPAN / spent
    name = f"{len(loaded.scene.devices)} devices, {parts:,} parts, {programs} programs"
    said(name, f"{ratio:.1f} x real time", "at least 5 x", ratio >= 5.0)
    per_s = [(now - then) / SPAN for now, then in (
        (run.events, events), (run.journal.length, records), (sum(run.scans.values()), scans))]  # fmt: skip
    print(f"     a second of it: {per_s[0]:.0f} entries, {per_s[1]:.0f} records, {per_s[2]:.0f} scans; "
          f"filled in {filled:.0f} s")  # fmt: skip


def profile() -> None:
    """Where the time goes, by function."""
    run = full(plant()[0])
    profiler = cProfile.Profile()
    profiler.enable()
    run.advance(SPAN)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


ALL = {"memory": memory, "plant": speed, "profile": profile}

if __name__ == "__main__":
    for name in sys.argv[1:] or ("memory", "plant"):
        ALL[name]()
