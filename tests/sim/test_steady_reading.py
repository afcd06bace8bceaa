"""How long an input that runs stays what it is: scans are skipped until then, and nothing else changes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.model.expression import names_in_header, parse
from commissioning.model.problem import Problems
from commissioning.sim.continuous import Reading, stepped
from commissioning.sim.run import Run
from commissioning.sim.timeline.timeline import Timeline

PROGRAM = """
VAR_GLOBAL
  I_Count AT %ID0 : DINT; I_Word AT %IW4 : INT; I_Speed AT %ID6 : REAL;
  Q_Odd AT %QX0.0 : BOOL; Q_Far AT %QX0.1 : BOOL; Q_Fast AT %QX0.2 : BOOL;
  Q_Run AT %QX0.3 : BOOL; Q_Speed AT %QD4 : REAL;
END_VAR
PROGRAM MAIN
Q_Odd := I_Count MOD 2 = 1;
Q_Far := I_Word > 70;
Q_Fast := I_Speed > 0.3;
END_PROGRAM
"""


def line(folder: Path, counts: float, more: str = "", every_scan: bool = False, jerk: float = 0.0) -> Run:
    (folder / "main.st").write_text(PROGRAM)
    (folder / "scene.yaml").write_text(
        "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\ndevices:\n"
        "  src: {type: source, product: box, every: 2 s, first: 0 s, to: b}\n"
        f"  b: {{type: belt, length: 6 m, speed: 0.5 m/s, acceleration: 0.4 m/s2, jerk: {jerk}, to: out,\n"
        "      reversible: true, tags: {run: Q_Run, speed_setpoint: Q_Speed}}\n  out: {type: sink}\n"
        f"  e: {{type: encoder, along: b, at: 1 m, counts: {counts}, {more}"
        "tags: {count: I_Count, word: I_Word, speed: I_Speed}}\n"
        "  l1: {type: stack_light, pose: {xyz: [0, 0, 1]},\n"
        "      tags: {red: Q_Odd, yellow: Q_Far, green: Q_Fast}}\n"
        "controllers:\n  plc:\n    type: emulated\n    programs: [main.st]\n"
        "    task: {main: {program: MAIN, cycle: 10 ms}}\n"
    )
    return Run(load(folder), 1, every_scan=every_scan)


def drive_at_random(run: Run, rng: random.Random) -> None:
    """Stops, starts, turns and set-points, on and off the grid of scans."""
    run.force("Q_Speed", 0.5)
    for _ in range(25):
        run.force("Q_Run", rng.random() < 0.7)
        run.force("Q_Speed", rng.choice([0.5, 0.25, rng.random(), -rng.random()]))
        run.advance_to(run.now_ns + rng.choice([rng.randrange(1, 2_000_000_000), 300_000_000]))
    assert run.problem is None


@pytest.mark.parametrize("jerk", [0.0, 1.0])
@pytest.mark.parametrize(
    ("counts", "more"), [(7.0, ""), (60.0, "reverse: true, "), (2000.0, "modulus: 99, ")]
)
def test_that_waiting_for_the_next_count_changes_nothing(
    tmp_path: Path, counts: float, more: str, jerk: float
) -> None:
    for seed in range(4):
        runs = [line(tmp_path, counts, more, every_scan, jerk) for every_scan in (False, True)]
        for run in runs:
            drive_at_random(run, random.Random(seed))
        assert runs[0].journal.digest() == runs[1].journal.digest()
        assert runs[0].scans["plc"] < runs[1].scans["plc"] or counts == 2e3


def test_that_a_belt_that_runs_evenly_takes_a_scan_for_each_count(tmp_path: Path) -> None:
    """0.5 m/s at 4 counts a metre: one count in 0.5 s, or 50 scans; one sees it, one more settles."""
    run = line(tmp_path, 4.0)
    run.force("Q_Speed", 0.5)
    run.force("Q_Run", True)
    run.advance("5 s")
    before = run.scans["plc"]
    run.advance("50 s")
    assert 100 <= run.scans["plc"] - before <= 200


@pytest.mark.parametrize("seed", range(20))
def test_that_a_value_is_steady_as_long_as_it_is_said_to_be(tmp_path: Path, seed: int) -> None:
    """As long as no other piece of motion begins: it may stop and turn after the saying."""
    rng = random.Random(seed)
    run = line(tmp_path, rng.choice([3.0, 50.0, 1000.0]), rng.choice(["", "reverse: true, "]))
    run.force("Q_Speed", 0.5)
    for _ in range(40):
        run.force("Q_Run", rng.random() < 0.7)
        run.force("Q_Speed", rng.choice([0.5, -0.5, 0.2]))
        run.advance_to(run.now_ns + rng.randrange(1, 1_500_000_000))
        said = {}
        for name in ("I_Count", "I_Word", "I_Speed"):
            signal = run.tags[name]
            assert isinstance(signal, Reading)
            said[signal] = signal.value, signal.steady_until(), signal.behind
        begin = run.now_ns
        for _ in range(4):
            run.advance_to(run.now_ns + rng.randrange(0, 40_000_000))
            for signal, (value, until, piece) in said.items():
                if signal.behind == piece and (until is None or run.now_ns < until):
                    assert signal.value == value, (signal.name, begin, run.now_ns, until)


def test_that_a_fine_count_reset_far_on_is_steady_as_long_as_it_is_said_to_be(tmp_path: Path) -> None:
    """A million counts a metre, reset after 1 km: small counts, of the rounding of large ones."""
    run = line(tmp_path, 1.0)
    run.force("Q_Speed", 0.5)
    run.force("Q_Run", True)
    run.advance("2000 s")
    signal = run.tags["I_Count"]
    assert isinstance(signal, Reading)
    assert signal.drive is not None
    signal.follow(signal.drive, -1e6 * signal.drive.travel(run.now_ns), 1e6)
    rng, looked = random.Random(3), 0
    for _ in range(2000):
        run.advance_to(run.now_ns + rng.randrange(1, 50_000))
        value, until = signal.value, signal.steady_until()
        assert until is not None
        if until > run.now_ns + 1:
            run.advance_to(until - 1)
            assert signal.value == value
            looked += 1
    assert looked > 1000


def test_that_the_end_of_an_even_count_is_foreseen_to_a_microsecond(tmp_path: Path) -> None:
    """0.5 m/s, 10 counts a metre: the 1e-6 of a count that it is rounded by is 0.2 us."""
    run = line(tmp_path, 10.0)
    run.force("Q_Speed", 0.5)
    run.force("Q_Run", True)
    run.advance("7.123 s")
    signal = run.tags["I_Count"]
    assert isinstance(signal, Reading)
    value, until = signal.value, signal.steady_until()
    assert until is not None
    run.advance_to(until)
    assert signal.value == value
    run.advance_to(until + 300)
    assert signal.value == value + 1


# ---- steps of a REAL ----------------------------------------------------------------------------


def stepping(folder: Path, resolution: str, every_scan: bool = False) -> Run:
    """A laser at 4 m that a program reads, an encoder whose position it reads; parts of 0.3 m, one in 3 s."""
    (folder / "main.st").write_text(
        "VAR_GLOBAL\n  I_Gap AT %ID0 : REAL; I_At AT %ID4 : REAL; Q_Near AT %QX0.0 : BOOL;\n"
        "  Q_Run AT %QX0.1 : BOOL; Q_Third AT %QX0.2 : BOOL;\nEND_VAR\nPROGRAM MAIN\n"
        "Q_Near := I_Gap < 0.7;\nQ_Third := REAL_TO_DINT(I_At * 10.0) MOD 3 = 0;\nEND_PROGRAM\n"
    )
    (folder / "scene.yaml").write_text(
        "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\ndevices:\n"
        "  src: {type: source, product: box, every: 3 s, first: 0 s, to: b}\n  out: {type: sink}\n"
        "  b: {type: belt, length: 6 m, speed: 0.5 m/s, acceleration: 0.4 m/s2, to: out,\n"
        "      tags: {run: Q_Run}}\n"
        f"  l: {{type: laser_distance, along: b, at: 4 m, range: 2 m, resolution: {resolution},\n"
        f"      tags: {{distance: I_Gap}}}}\n"
        f"  e: {{type: encoder, along: b, at: 1 m, resolution: {resolution}, tags: {{position: I_At}}}}\n"
        "  l1: {type: stack_light, pose: {xyz: [0, 0, 1]}, tags: {red: Q_Near, green: Q_Third}}\n"
        "controllers:\n  plc:\n    type: emulated\n    programs: [main.st]\n"
        "    task: {main: {program: MAIN, cycle: 10 ms}}\n"
    )
    return Run(load(folder), 1, every_scan=every_scan)


def test_that_steps_too_fine_to_count_are_none(tmp_path: Path) -> None:
    """No scene may ask for them; a snapshot written by hand may."""
    run = stepping(tmp_path, "1 mm")
    run.force("Q_Run", True)
    run.advance("9 s")
    signal = run.tags["I_At"]
    assert isinstance(signal, Reading)
    assert signal.drive is not None
    signal.step = 1e-320
    signal.follow(signal.drive, 0.0, 1.0)
    assert signal.steady_until() == run.now_ns
    assert signal.value == signal.drive.travel(run.now_ns)


@pytest.mark.parametrize("resolution", ["5 cm", "30 mm"])
def test_that_waiting_for_the_next_step_changes_nothing(tmp_path: Path, resolution: str) -> None:
    for seed in range(4):
        runs = [stepping(tmp_path, resolution, every_scan) for every_scan in (False, True)]
        for run in runs:
            rng = random.Random(seed)
            for _ in range(30):
                run.force("Q_Run", rng.random() < 0.8)
                run.advance_to(run.now_ns + rng.randrange(1, 3_000_000_000))
            assert run.problem is None
        assert runs[0].journal.digest() == runs[1].journal.digest()
        assert runs[0].scans["plc"] < 0.7 * runs[1].scans["plc"]


def test_that_a_distance_goes_in_steps_live_and_in_the_journal(tmp_path: Path) -> None:
    """The steps lie at or below what the sensor without them tells."""
    coarse, exact = stepping(tmp_path, "1 cm"), stepping(tmp_path, "0 mm")
    rng = random.Random(2)
    for run in (coarse, exact):
        run.force("Q_Run", True)
    for _ in range(200):
        t = coarse.now_ns + rng.randrange(1, 300_000_000)
        for run in (coarse, exact):
            run.advance_to(t)
        timeline = Timeline(coarse.journal.header, coarse.journal.records())
        for name in ("I_Gap", "I_At"):
            told, true = coarse.tags[name], exact.tags[name]
            assert told.value == stepped(true.value, 0.01)
            assert true.value - 0.01 < told.value <= true.value + 1e-8
            assert timeline.values(t)[told.index] == told.value


def test_that_steps_of_a_decimal_are_met_in_spite_of_rounding() -> None:
    for k in range(2000):
        assert stepped(0.001 * k, 0.001) == 0.001 * k
        assert stepped(k / 1000, 0.001) == 0.001 * k
    assert stepped(1e300, 1e-300) == 1e300, "beyond counting"
    assert stepped(0.123, 0.0) == 0.123


def test_that_steps_in_an_expression_are_a_problem_with_its_cure(tmp_path: Path) -> None:
    names = names_in_header(stepping(tmp_path, "1 mm").journal.header)
    with pytest.raises(Problems, match=r"goes in steps .* Leave `resolution`"):
        parse("I_Gap < 0.5 m", names)
    parse("l.distance < 0.5 m", names_in_header(stepping(tmp_path, "0 mm").journal.header))


# ---- values that are only compared --------------------------------------------------------------


def comparing(folder: Path, every_scan: bool, seed: int) -> Run:
    """A program that compares exact readings with constants, beside timers and edges; two tasks. Every other
    line has a belt that runs backward as well; the laser looks along another one there."""
    rng, both_ways = random.Random(seed), seed % 2 == 1
    a, b, c = sorted(rng.sample(range(1, 900), 3))
    (folder / "main.st").write_text(
        "VAR_GLOBAL CONSTANT\n  FAR : DINT := 850;\nEND_VAR\n"
        "VAR_GLOBAL\n  I_Count AT %ID0 : DINT; I_Word AT %IW4 : INT; I_Speed AT %ID6 : REAL;\n"
        "  I_Gap AT %ID10 : REAL; I_At AT %ID14 : REAL; I_Pe AT %IX20.0 : BOOL;\n"
        "  Q_Zero AT %QX0.0 : BOOL; Q_Near AT %QX0.1 : BOOL; Q_Fast AT %QX0.2 : BOOL;\n"
        "  Q_Late AT %QX0.3 : BOOL; Q_Run AT %QX0.4 : BOOL; Q_Speed AT %QD4 : REAL; marks : INT;\nEND_VAR\n"
        "PROGRAM MAIN\nVAR late : TON; rise : R_TRIG; END_VAR\n"
        f"late(IN := I_Count >= {a} AND {b} > I_Count, PT := T#170ms);\nQ_Late := late.Q;\n"
        f"rise(CLK := I_Word <> {c} OR I_Pe);\nIF rise.Q THEN marks := marks + 1; END_IF\n"
        "Q_Zero := I_Count >= FAR;\nQ_Near := I_Gap < 0.7 AND I_Gap > 0.2;\nEND_PROGRAM\n"
        "PROGRAM SLOW\nVAR END_VAR\nQ_Fast := I_Speed > 0.31 OR I_At <= 3.3 OR marks MOD 3 = 1;\n"
        "END_PROGRAM\n"
    )
    (folder / "scene.yaml").write_text(
        "format: commissioning-scene/1\nproducts:\n  box: {size: [0.3 m, 0.2 m, 0.2 m]}\ndevices:\n"
        "  src: {type: source, product: box, every: {exponential: 3 s}, first: 0 s, to: b}\n"
        "  out: {type: sink}\n"
        "  b: {type: belt, length: 6 m, speed: 0.5 m/s, acceleration: 0.4 m/s2, to: out,\n"
        f"      reversible: {str(both_ways).lower()}, tags: {{run: Q_Run, speed_setpoint: Q_Speed}}}}\n"
        f"  l: {{type: laser_distance, along: {'d' if both_ways else 'b'}, at: 4 m, range: 2 m,\n"
        "      tags: {distance: I_Gap}}\n"
        "  src2: {type: source, product: box, every: {exponential: 5 s}, to: d}\n"
        "  d: {type: belt, pose: {xyz: [0, 3, 0.75]}, length: 6 m, speed: 0.2 m/s, to: out}\n"
        "  p: {type: photo_eye, along: b, at: 2 m, tags: {blocked: I_Pe}}\n"
        "  e: {type: encoder, along: b, at: 1 m, counts: 1000, modulus: 1500,\n"
        "      tags: {count: I_Count, position: I_At, zero: Q_Zero}}\n"
        "  e2: {type: encoder, along: b, at: 1 m, counts: 700, reverse: true, modulus: 999,\n"
        "      tags: {word: I_Word, speed: I_Speed}}\n"
        "  l1: {type: stack_light, pose: {xyz: [0, 0, 1]},\n"
        "      tags: {red: Q_Near, yellow: Q_Fast, green: Q_Late}}\n"
        "controllers:\n  plc:\n    type: emulated\n    programs: [main.st]\n"
        "    task: {main: {program: MAIN, cycle: 10 ms, priority: 1},\n"
        "           slow: {program: SLOW, cycle: 35 ms, priority: 2}}\n"
    )
    return Run(load(folder), seed, every_scan=every_scan)


@pytest.mark.parametrize("seed", range(12))
def test_that_values_that_are_only_compared_are_looked_at_where_it_matters(tmp_path: Path, seed: int) -> None:
    runs = [comparing(tmp_path, every_scan, seed) for every_scan in (False, True)]
    for run in runs:
        drive_at_random(run, random.Random(seed))
        for _ in range(20):
            what = random.Random(run.now_ns).random()
            if what < 0.3:
                run.force("I_Count", int(2000 * what))
            elif what < 0.7:
                run.release("I_Count")
            else:
                run.force("Q_Speed", what - 0.4)
            run.advance_to(run.now_ns + 700_000_001)
        run.force("Q_Run", True)
        run.advance("60 s")
        assert run.problem is None
    assert runs[0].journal.digest() == runs[1].journal.digest()
    assert sum(len(runs[0].journal.edges(name)) for name in ("Q_Near", "Q_Late", "Q_Fast")) > 15
    assert all(len(runs[0].journal.edges(name)) > 1 for name in ("Q_Near", "Q_Late", "Q_Fast"))
    assert runs[0].scans["plc"] < 0.25 * runs[1].scans["plc"]
