"""Snapshots and forks: how long a line takes to be saved and restored, and fifty futures of one hour.

    python tests/benchmarks/bench_forks.py             everything, about a minute
    python tests/benchmarks/bench_forks.py snapshot    one of: snapshot stations carton

Snapshot and restore are CPU time of one call, median over 25 instants, on lines of 60 devices. Forks are wall
time with two worker processes, their start and reading of the scene included: it is what the user waits for.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from commissioning.bench.fork import forks
from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.sim.run import Run

SCENES = Path(__file__).parents[2] / "scenes"
HEAD = "format: commissioning-scene/1\nproducts: {part: {size: [0.3 m, 0.2 m, 0.2 m]}}\ndevices:\n"
TIMES = 25  # instants at which each line is saved


def said(name: str, value: str, limit: str, ok: bool) -> None:
    print(f"{'ok  ' if ok else 'MISS'} {name:66} {value:>16}   {limit}", flush=True)


def stations(count: int) -> LoadedScene:
    """`count` stations with two places between each two, saturated: 2 * count + 1 devices."""
    rows = ["  src: {type: source, product: part, every: always, to: m1}\n"]
    for k in range(1, count + 1):
        target = "out" if k == count else f"b{k}"
        rows.append(f"  m{k}: {{type: station, cycle: {{exponential: 1 s}}, to: {target}}}\n")
        if k < count:
            rows.append(f"  b{k}: {{type: buffer, capacity: 2, to: m{k + 1}}}\n")
    return load_text(HEAD + "".join(rows) + "  out: {type: sink}\n", Path("scene.yaml"))


def conveyors(lines: int = 6) -> LoadedScene:
    """Lines of ten devices under one program: belts with eyes, a stopper, a station and what feeds it."""
    rows, tags, program = [], [], []
    for k in range(lines):
        rows.append(
            f"  s{k}: {{type: source, product: part, every: {{exponential: 4 s}}, to: a{k}}}\n"
            f"  a{k}: {{type: belt, pose: {{xyz: [0, {3 * k}, 0.75]}}, length: 3 m, speed: 0.4 m/s, "
            f"acceleration: 1.2 m/s2, to: b{k}, tags: {{run: Q_A{k}}}}}\n"
            f"  b{k}: {{type: belt, length: 2 m, speed: 0.5 m/s, acceleration: 1.2 m/s2, to: m{k}}}\n"
            f"  e{k}: {{type: photo_eye, along: a{k}, at: 1 m, tags: {{blocked: I_E{k}}}}}\n"
            f"  f{k}: {{type: photo_eye, along: a{k}, at: 2.5 m, tags: {{blocked: I_F{k}}}}}\n"
            f"  g{k}: {{type: photo_eye, along: b{k}, at: 1.4 m, tags: {{blocked: I_G{k}}}}}\n"
            f"  t{k}: {{type: stopper, along: b{k}, at: 1.5 m, tags: {{raise: Q_T{k}}}}}\n"
            f"  m{k}: {{type: station, cycle: {{normal: {{mean: 3 s, sd: 0.3 s}}}}, to: o{k}, "
            f"tags: {{occupied: I_M{k}}}}}\n"
            f"  o{k}: {{type: sink}}\n"
            f"  p{k}: {{type: push_button, pose: {{xyz: [1, {3 * k} m, 1]}}, tags: {{pressed: I_P{k}}}}}\n"
        )
        names = [f"I_E{k}", f"I_F{k}", f"I_G{k}", f"I_M{k}", f"I_P{k}", f"Q_A{k}", f"Q_T{k}"]
        tags += [f"  {name} : BOOL;\n" for name in names]
        program.append(
            f"t{k}(IN := I_G{k}, PT := T#500ms);\nr{k}(CLK := I_E{k});\n"
            f"IF r{k}.Q THEN n{k} := n{k} + 1; END_IF;\nQ_A{k} := TRUE;\nQ_T{k} := I_M{k} AND NOT t{k}.Q;\n"
        )
    blocks = "".join(f"  t{k} : TON; r{k} : R_TRIG; n{k} : DINT;\n" for k in range(lines))
    source = f"VAR_GLOBAL\n{''.join(tags)}END_VAR\nPROGRAM MAIN\nVAR\n{blocks}END_VAR\n"
    source += f"{''.join(program)}END_PROGRAM\n"
    folder = Path(os.environ.get("TMPDIR", "/tmp"), f"bench-forks-{os.getpid()}")
    folder.mkdir(exist_ok=True)
    (folder / "main.st").write_text(source)
    plc = "controllers:\n  plc: {type: emulated, programs: [main.st], "
    plc += "task: {m: {program: MAIN, cycle: 10 ms}}}\n"
    try:
        return load_text(HEAD + "".join(rows) + plc, folder / "scene.yaml")
    finally:
        (folder / "main.st").unlink()
        folder.rmdir()


def cpu_ms(fn: Callable[[], object]) -> float:
    start = time.thread_time()
    fn()
    return (time.thread_time() - start) * 1e3


def snapshot() -> None:
    """Save and restore at instants spread over ten minutes: the open chunk of the journal grows meanwhile."""
    for name, loaded in (
        ("60 devices, six conveyor lines under a PLC", conveyors()),
        ("61 devices, 30 stations", stations(30)),
    ):
        run = Run(loaded, 1)
        run.advance("5 min")
        saves, restores, sizes = [], [], []
        for k in range(TIMES):
            run.advance(7.0 + k)
            saved = run.snapshot()
            sizes.append(len(saved))
            saves.append(min(cpu_ms(run.snapshot) for _ in range(3)))
            restores.append(min(cpu_ms(partial(Run.restore, loaded, saved)) for _ in range(3)))
        for what, costs in (("snapshot", saves), ("restore", restores)):
            value = f"{statistics.median(costs):.1f} (most {max(costs):.1f}) ms"
            said(f"{what} of {name}", value, "under 10 ms", statistics.median(costs) < 10.0)
        line = run.line
        size = statistics.median(sizes) / 1024
        print(f"     {size:.0f} KiB, {len(line.parts)} parts, {len(line.tags)} signals")


def fifty(name: str, loaded: LoadedScene, limit: float) -> None:
    run = Run(loaded, 1)
    run.advance("10 min")
    saved = run.snapshot()
    before, began = os.times(), time.perf_counter()
    report = forks(loaded, saved, 50, "1 h", workers=2)
    wall, after = time.perf_counter() - began, os.times()
    assert len({fork.digest for fork in report.forks}) == 50
    assert not any(fork.problem for fork in report.forks)
    spent = sum(after[:4]) - sum(before[:4])
    rate = report.interval("out", "rate_per_h")
    said(f"fifty forks of one hour, {name}", f"{wall:.1f} s", f"under {limit:g} s", wall < limit)
    print(f"     CPU of all processes {spent:.1f} s, {spent / 50 * 1e3:.0f} ms a fork", end=", ")
    print(f"{rate.mean:.0f}/h +- {rate.half_width:.1f}")


def stations_forks() -> None:
    """Ten stations of 1 s with two places between each two, saturated: 1,400 parts an hour and device."""
    fifty("ten stations with buffers", stations(10), 5.0)


def carton() -> None:
    fifty("carton_line with its PLC", load(SCENES / "carton_line"), 20.0)


ALL = {"snapshot": snapshot, "stations": stations_forks, "carton": carton}

if __name__ == "__main__":
    for name in sys.argv[1:] or ALL:
        ALL[name]()
