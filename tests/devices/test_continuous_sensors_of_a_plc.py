"""Values that run between events as inputs of an emulated PLC: what a scan sees, which scans are skipped."""

from __future__ import annotations

import random

import pytest
from reading_line import PLANT, PROGRAM
from test_continuous_sensors import value

from commissioning.model.record import Kind
from commissioning.sim.continuous import Reading
from commissioning.sim.run import Run

FAST = """
PROGRAM FAST
VAR last : DINT; END_VAR
Q_Fast := I_Count > last;
last := I_Count;
END_PROGRAM
"""


def controlled(tmp_path: object, every_scan: bool, seed: int, two_tasks: bool = False) -> Run:
    from pathlib import Path

    from commissioning.bench.load import load

    folder = Path(str(tmp_path))
    lamp = "lamp2: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {green: Q_Fast}}\n" if two_tasks else ""
    body = "\n".join("  " + row for row in (PLANT + lamp).strip().splitlines())
    task = "{program: MAIN, cycle: 20 ms, priority: 2}"
    tasks = (
        f"{{main: {task}, fast: {{program: FAST, cycle: 7 ms, priority: 1}}}}"
        if two_tasks
        else f"{{main: {task}}}"
    )
    text = (
        "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\n"
        f"devices:\n{body}\ncontrollers:\n  plc: {{type: emulated, programs: [main.st], task: {tasks}}}\n"
    )
    program = PROGRAM + FAST if two_tasks else PROGRAM
    if two_tasks:
        program = program.replace("Q_Stop AT", "Q_Fast AT %QX0.4 : BOOL; Q_Stop AT", 1)
    folder.mkdir(exist_ok=True)
    (folder / "scene.yaml").write_text(text)
    (folder / "main.st").write_text(program)
    return Run(load(folder), seed, every_scan=every_scan)


def test_that_the_plc_sees_the_count_of_its_scan(tmp_path: object) -> None:
    """Starts after 300 ms of pause (scan at 0.3 s, stamped 0): v^2/2a = 0.17857 m in 0.714286 s, then
    0.5 m/s: 600 counts at 1.857 s, seen in the scan at 1.86 s of 20 ms cycles."""
    run = controlled(tmp_path, False, 1)
    run.advance("2 s")
    assert [(t, v) for t, v in run.journal.edges("Q_Run") if t] == [
        (300_000_000, True),
        (1_860_000_000, False),
    ]
    fell = run.journal.records()[-1]
    rows = run.journal.records()
    fell = next(r for r in rows if r["kind"] == Kind.VALUE and r["t"] == 1_860_000_000)
    assert rows[int(fell["cause"]) - 1]["kind"] in (Kind.DRIVE, Kind.READING)


@pytest.mark.parametrize("two_tasks", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_that_skipping_scans_changes_nothing_where_values_run(
    tmp_path: object, seed: int, two_tasks: bool
) -> None:
    runs = [controlled(tmp_path, every_scan, seed, two_tasks) for every_scan in (False, True)]
    for run in runs:
        rng = random.Random(seed)
        for _ in range(60):
            run.advance_to(run.now_ns + rng.choice([rng.randrange(1, 900_000_000), 20_000_000, 7_000_000]))
            what = rng.random()
            if what < 0.15:
                run.force("I_Count", rng.randrange(2000))
            elif what < 0.3:
                run.force("I_Gap", rng.random())
            elif what < 0.4:
                run.fault("I_Count", 5)
            elif what < 0.7:
                run.release(rng.choice(["I_Count", "I_Gap", "Q_Run"]))
            elif what < 0.8:
                run.force("Q_Run", False)
            else:
                run.clear("I_Count")
        for name in ("I_Count", "I_Gap", "Q_Run"):
            run.release(name)
        run.advance("60 s")
        assert run.problem is None
    assert runs[0].journal.digest() == runs[1].journal.digest()
    if not two_tasks:  # the fast task never settles
        assert runs[0].scans["plc"] < runs[1].scans["plc"]


def test_that_the_plc_sleeps_while_what_it_reads_stands(tmp_path: object) -> None:
    run = controlled(tmp_path, False, 1)
    run.advance("5 s")
    run.force("Q_Run", False)
    run.force("I_Count", 5)
    run.force("I_Gap", 1.0)
    run.advance("5 s")
    before = run.scans["plc"]
    run.advance("60 s")
    assert run.scans["plc"] == before


@pytest.mark.parametrize("seed", range(8))
def test_that_a_restored_run_goes_on_bit_for_bit_where_values_run(tmp_path: object, seed: int) -> None:
    rng = random.Random(seed)
    live = controlled(tmp_path, False, seed)
    live.advance_to(rng.randrange(1, 40_000_000_000))
    if seed % 2:
        live.force("I_Count", 77)
    for _ in range(rng.randrange(1, 20)):
        live.step_event()
    snapshot = live.snapshot()
    copy = Run.restore(live.loaded, snapshot)
    assert copy.snapshot() == snapshot
    for run in (live, copy):
        run.advance("10 s")
        run.release("I_Count")
        run.advance("20 s")
    assert copy.journal.digest() == live.journal.digest()
    assert value(copy, "I_Count") == value(live, "I_Count")
    assert isinstance(copy.tags["I_Count"], Reading)
