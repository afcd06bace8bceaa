"""Event tasks that read values which run between events (encoder, laser), beside a cyclic task that sleeps.

The event comes off the grid: what it reads there gets into the image that the cyclic task compares.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.bench.run import Run

PROGRAM = """
VAR_GLOBAL
  I_Count AT %ID0 : DINT; I_Gap AT %ID4 : REAL; I_Pe AT %IX10.0 : BOOL;
  Q_Run AT %QX0.0 : BOOL; Q_Zero AT %QX0.1 : BOOL; Q_Slow AT %QX0.2 : BOOL; Q_Near AT %QX0.4 : BOOL; Q_Stop AT %QX0.3 : BOOL;
END_VAR
PROGRAM MAIN
VAR pause : TON; rise : R_TRIG; marks : INT; END_VAR
pause(IN := NOT Q_Run, PT := T#300ms);
IF I_Count >= 600 THEN Q_Run := FALSE; END_IF
IF pause.Q THEN Q_Run := TRUE; END_IF
Q_Zero := pause.Q;
Q_Stop := I_Gap < 0.4;
rise(CLK := I_Pe);
IF rise.Q THEN marks := marks + 1; END_IF
Q_Slow := marks MOD 2 = 1;
END_PROGRAM
"""
PLANT = """
src: {type: source, product: box, every: {exponential: 3 s}, to: b}
b: {type: belt, length: 4 m, speed: 0.5 m/s, acceleration: 0.7 m/s2, to: out, tags: {run: Q_Run}}
out: {type: sink}
e: {type: encoder, along: b, at: 1 m, counts: 1000, tags: {count: I_Count, zero: Q_Zero}}
l: {type: laser_distance, along: b, at: 3.5 m, range: 1.5 m, tags: {distance: I_Gap}}
s: {type: stopper, along: b, at: 3 m, tags: {raise: Q_Stop}}
pe: {type: photo_eye, along: b, at: 2 m, tags: {blocked: I_Pe}}
lamp: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {red: Q_Slow}}
lamp2: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {green: Q_Near}}
"""
COMPARES = """
PROGRAM SEEN
Q_Near := I_Gap < 1.1;
IF I_Count > 450 THEN Q_Slow := NOT Q_Slow; END_IF
END_PROGRAM
"""
STORES = """
PROGRAM SEEN
VAR before : DINT; END_VAR
Q_Near := I_Count - before > 300;
before := I_Count;
END_PROGRAM
"""


def built(folder: Path, event: str, seed: int, every_scan: bool) -> Run:
    body = "\n".join("  " + row for row in PLANT.strip().splitlines())
    tasks = "{main: {program: MAIN, cycle: 20 ms, priority: 2}, seen: {program: SEEN, trigger: I_Pe, priority: 1}}"
    text = "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\n"
    text += f"devices:\n{body}\ncontrollers:\n  plc: {{type: emulated, programs: [main.st], task: {tasks}}}\n"
    (folder / "scene.yaml").write_text(text)
    (folder / "main.st").write_text(PROGRAM + event)
    return Run(load(folder), seed, every_scan=every_scan)


@pytest.mark.parametrize("event", [COMPARES, STORES], ids=["compares", "stores"])
@pytest.mark.parametrize("seed", range(8))
def test_that_skipping_changes_nothing_where_events_read_values_that_run(
    tmp_path: Path, seed: int, event: str
) -> None:
    runs = [built(tmp_path, event, seed, every_scan) for every_scan in (False, True)]
    for run in runs:
        rng = random.Random(seed)
        for _ in range(60):
            run.advance_to(run.now_ns + rng.choice([rng.randrange(1, 900_000_000), 20_000_000]))
            what = rng.random()
            if what < 0.1:
                run.force("I_Count", rng.randrange(2000))
            elif what < 0.4:
                run.force("I_Pe", rng.random() < 0.5)
            elif what < 0.8:
                run.release(rng.choice(["I_Count", "I_Pe", "Q_Run"]))
            else:
                run.force("Q_Run", rng.random() < 0.5)
        for name in ("I_Count", "I_Pe", "Q_Run"):
            run.release(name)
        run.advance("60 s")
        assert run.problem is None
    assert runs[0].journal.digest() == runs[1].journal.digest()
    plc = runs[0].line.hosts["plc"].controller.plc  # type: ignore[attr-defined]
    assert plc.scans(1) > 5
    assert runs[0].scans["plc"] < runs[1].scans["plc"]
