"""Event tasks that read values which run between events (encoder, laser), beside a cyclic task that sleeps.

The event comes off the grid: what it reads there gets into the image that the cyclic task compares.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from reading_line import PLANT, PROGRAM

from commissioning.bench.load import load
from commissioning.bench.run import Run

LAMP = "lamp2: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {green: Q_Near}}\n"
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
    body = "\n".join("  " + row for row in (PLANT + LAMP).strip().splitlines())
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
