"""Random programs in random tasks under random inputs: skipping scans changes nothing.

Cyclic tasks, event tasks that start each other, tasks that are both, timers, counters, one PLC or two. Tasks
that start each other without end stop their PLC, in both modes at the same instant.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.run import Run

MS = 1_000_000
BITS = [f"g{n}" for n in range(4)]
INPUTS = [f"i{n}" for n in range(3)]
OUTPUTS = [f"q{n}" for n in range(3)]


def condition(rng: random.Random, prefix: str) -> str:
    words = [rng.choice(["", "NOT "]) + prefix + rng.choice(BITS + INPUTS) for _ in range(rng.randint(1, 3))]
    return rng.choice([" AND ", " OR ", " XOR "]).join(words)


def statement(rng: random.Random, prefix: str, number: int) -> tuple[str, str]:
    """(declarations, text)."""
    target = prefix + rng.choice(BITS + OUTPUTS)
    test = condition(rng, prefix)
    name = f"v{number}"
    match rng.randrange(6):
        case 0:
            return "", f"{target} := {test};"
        case 1:
            return "", f"IF {test} THEN {target} := {rng.choice(['TRUE', 'FALSE'])}; END_IF"
        case 2:
            kind, time = rng.choice(["TON", "TOF", "TP"]), rng.choice([0, 7, 25, 90])
            return f"{name} : {kind};", f"{name}(IN := {test}, PT := T#{time}ms); {target} := {name}.Q;"
        case 3:
            return f"{name} : R_TRIG;", f"{name}(CLK := {test}); {target} := {name}.Q;"
        case 4:
            return f"{name} : CTU;", f"{name}(CU := {test}, R := {prefix}g0, PV := 3); {target} := {name}.Q;"
    return f"{name} : INT;", f"IF {test} THEN {name} := {name} + 1; END_IF {target} := {name} MOD 2 = 1;"


def controller(rng: random.Random, name: str) -> tuple[str, str]:
    """(its part of the scene, its program); names of variables begin with that of the controller."""
    prefix = f"{name}_"
    declared = ", ".join(prefix + word for word in BITS + INPUTS + OUTPUTS)
    text = [f"VAR_GLOBAL {declared} : BOOL; END_VAR"]
    tasks = []
    for task in range(rng.randint(2, 5)):
        made = [statement(rng, prefix, n) for n in range(rng.randint(1, 5))]
        text.append(
            f"PROGRAM P{task} VAR unused : INT; {' '.join(d for d, _ in made)} END_VAR\n"
            + "\n".join(body for _, body in made)
            + "\nEND_PROGRAM"
        )
        how = rng.choice(["cycle", "cycle", "event", "event", "both"])
        words = [f"program: P{task}", f"priority: {rng.randint(0, 3)}"]
        if how != "event":
            words.append(f"cycle: {rng.choice([5, 10, 10, 20, 35])} ms")
        if how != "cycle":
            words.append(f"trigger: {prefix}{rng.choice(BITS + INPUTS)}")
        tasks.append(f"t{task}: {{{', '.join(words)}}}")
    scene = f"  {name}: {{type: emulated, programs: [{name}.st], task: {{{', '.join(tasks)}}}}}\n"
    return scene, "\n".join(text)


def made(folder: Path, seed: int) -> LoadedScene:
    rng = random.Random(seed)
    names = ["a", "b"][: rng.randint(1, 2)]
    scene = "format: commissioning-scene/1\nname: Storm\ndevices:\n"
    for name in names:
        for n, word in enumerate(INPUTS):
            tag = f"tags: {{pressed: {name}_{word}}}"
            scene += f"  {name}_button{n}: {{type: push_button, pose: {{xyz: [{n}, 0, 1]}}, {tag}}}\n"
        lamps = ", ".join(
            f"{colour}: {name}_{word}" for colour, word in zip(("red", "green", "blue"), OUTPUTS, strict=True)
        )
        scene += f"  {name}_lamp: {{type: stack_light, pose: {{xyz: [0, 1, 1]}}, tags: {{{lamps}}}}}\n"
    scene += "controllers:\n"
    for name in names:
        part, text = controller(rng, name)
        scene += part
        (folder / f"{name}.st").write_text(text)
    scene += "tags:\n"
    for name in names:
        scene += "".join(f"  {name}_{word}: {{controller: {name}}}\n" for word in INPUTS + OUTPUTS)
    (folder / "scene.yaml").write_text(scene)
    return load(folder)


def driven(run: Run, seed: int) -> Run:
    """Inputs forced at random times, half of them on the scan grid, some several at one instant."""
    rng = random.Random(seed)
    names = [signal.name for signal in run.tags if signal.direction == "input"]
    for _ in range(40):
        gap = rng.choice([5 * MS * rng.randrange(0, 20), rng.randrange(1, 60 * MS)])
        run.advance_to(run.now_ns + gap)
        for _ in range(rng.choice([1, 1, 2])):
            run.force(rng.choice(names), rng.random() < 0.5)
    run.advance_to(run.now_ns + 300 * MS)
    return run


@pytest.mark.parametrize("block", range(4))
def test_that_skipping_changes_nothing_in_random_programs(block: int, tmp_path: Path) -> None:
    changes, stopped, skipped, every, events = 0, 0, 0, 0, 0
    for seed in range(block * 20, block * 20 + 20):
        loaded = made(tmp_path, seed)
        runs = [driven(Run(loaded, every_scan=every_scan), seed) for every_scan in (False, True)]
        assert runs[0].journal.digest() == runs[1].journal.digest(), f"storm {seed}"
        assert runs[0].problem is None
        changes += sum(len(runs[0].journal.edges(s.name)) for s in runs[0].tags if s.direction == "output")
        stopped += len(runs[0].line.alarms)
        skipped += sum(runs[0].scans.values())
        every += sum(runs[1].scans.values())
        for host in runs[0].line.hosts.values():
            plc = host.controller.plc  # type: ignore[attr-defined]
            events += sum(plc.scans(k) for k, task in enumerate(plc.program.tasks) if not task.cycle_ns)
    assert changes > 200 and events > 50  # the storms did something
    assert stopped < 20
    assert skipped < every


def test_that_a_snapshot_of_event_tasks_goes_on_bit_for_bit(tmp_path: Path) -> None:
    for seed in range(20):
        loaded = made(tmp_path, seed)
        rng = random.Random(seed)
        whole, first = Run(loaded), Run(loaded)
        for run in (whole, first):
            driven(run, seed)
        again = Run.restore(loaded, first.snapshot())
        steps = [rng.randrange(1, 90 * MS) for _ in range(10)]
        for run in (whole, again):
            rng = random.Random(seed)
            names = [signal.name for signal in run.tags if signal.direction == "input"]
            for gap in steps:
                run.advance_to(run.now_ns + gap)
                run.force(rng.choice(names), rng.random() < 0.5)
            run.advance("1 s")
        assert again.journal.digest() == whole.journal.digest(), f"storm {seed}"
