"""A line whose program makes a block for every part with __NEW: runs skip, save and go on as any other."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.sim.run import Run

PROGRAM = """
VAR_GLOBAL
  I_In AT %IX0.0 : BOOL; I_Out AT %IX0.1 : BOOL; I_Go AT %IX0.2 : BOOL;
  Q_Run AT %QX0.0 : BOOL; Q_Full AT %QX0.1 : BOOL; Q_Odd AT %QX0.2 : BOOL; Q_Fault AT %QX0.3 : BOOL;
  first : POINTER TO Tracked; count, made, faults : INT;
END_VAR
{attribute 'enable_dynamic_creation'}
FUNCTION_BLOCK Tracked
VAR_INPUT next : POINTER TO Tracked; END_VAR
VAR_OUTPUT number : INT; old : BOOL; END_VAR
VAR age : TON; END_VAR
METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; n : INT; END_VAR
number := n; count := count + 1; END_METHOD
METHOD FB_exit : BOOL VAR_INPUT bInCopyCode : BOOL; END_VAR count := count - 1; END_METHOD
age(IN := TRUE, PT := T#4s); old := age.Q;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR in_edge, out_edge : R_TRIG; part, last : POINTER TO Tracked; n : INT;
exc : __SYSTEM.ExceptionCode; END_VAR
Q_Run := TRUE;
in_edge(CLK := I_In); out_edge(CLK := I_Out);
IF in_edge.Q THEN made := made + 1; part := __NEW(Tracked(made)); part^.next := first; first := part; END_IF
part := first; last := 0; Q_Full := FALSE;
walk:
IF part = 0 THEN JMP done; END_IF
part^(); Q_Full := Q_Full OR part^.old;
IF part^.next <> 0 THEN last := part; END_IF
part := part^.next;
JMP walk;
done:
IF out_edge.Q THEN
  __TRY
    IF last <> 0 THEN __DELETE(last^.next); ELSE __DELETE(first); END_IF
    n := 100 / count;
  __CATCH(exc)
    faults := faults + 1;
  __FINALLY
    Q_Fault := faults MOD 2 = 1;
  __ENDTRY
END_IF
last := 0;
END_PROGRAM
PROGRAM SLOW
IF first <> 0 THEN Q_Odd := first^.number MOD 2 = 1; ELSE Q_Odd := FALSE; END_IF
END_PROGRAM
"""


def line(folder: Path, seed: int, every_scan: bool) -> Run:
    (folder / "main.st").write_text(PROGRAM)
    (folder / "scene.yaml").write_text(
        "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\ndevices:\n"
        "  src: {type: source, product: box, every: {exponential: 6 s}, first: 0 s, to: b}\n"
        "  out: {type: sink}\n"
        "  b: {type: belt, length: 4 m, speed: 0.5 m/s, to: out, tags: {run: Q_Run}}\n"
        "  p1: {type: photo_eye, along: b, at: 0.5 m, tags: {blocked: I_In}}\n"
        "  p2: {type: photo_eye, along: b, at: 3.5 m, tags: {blocked: I_Out}}\n"
        "  l1: {type: stack_light, pose: {xyz: [0, 0, 1]},\n"
        "      tags: {red: Q_Full, yellow: Q_Odd, green: Q_Fault}}\n"
        "controllers:\n  plc:\n    type: emulated\n    dialect: codesys\n    programs: [main.st]\n"
        "    task: {main: {program: MAIN, cycle: 10 ms, priority: 1},\n"
        "           slow: {program: SLOW, cycle: 35 ms, priority: 2}}\n"
    )
    return Run(load(folder), seed, every_scan=every_scan)


@pytest.mark.parametrize("seed", range(3))
def test_that_runs_with_new_memory_skip_save_and_go_on_bit_for_bit(tmp_path: Path, seed: int) -> None:
    skipping, every = (line(tmp_path, seed, every_scan) for every_scan in (False, True))
    saved = line(tmp_path, seed, False)
    rng = random.Random(seed)
    for _ in range(6):
        span = rng.randrange(1, 20_000_000_000)
        for run in (skipping, every, saved):
            run.advance_to(run.now_ns + span)
        saved = Run.restore(saved.loaded, saved.snapshot())
    for run in (skipping, every, saved):
        run.advance("30 s")
        assert run.problem is None
    assert skipping.journal.digest() == every.journal.digest() == saved.journal.digest()
    assert skipping.snapshot() == saved.snapshot()
    for name in ("Q_Full", "Q_Odd", "Q_Fault"):
        assert len(skipping.journal.edges(name)) > 1, name
    assert skipping.scans["plc"] < every.scans["plc"]
