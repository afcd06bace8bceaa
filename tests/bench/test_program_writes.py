"""Variables of a program that are written, forced and released from outside: the PLC wakes and publishes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from test_program_actions import PROGRAM, SCENE

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.run import Run

MS = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.st").write_text(PROGRAM)
    (tmp_path / "scene.yaml").write_text(SCENE)
    return tmp_path


@pytest.fixture
def loaded(folder: Path) -> LoadedScene:
    return load(folder)


BARE = """VAR_GLOBAL I_Go, I_Bad, Q_Lamp, Q_Full, blink : BOOL; END_VAR
PROGRAM MAIN
Q_Full := blink;
END_PROGRAM
"""


@pytest.mark.parametrize("every_scan", [False, True])
def test_that_an_output_that_no_statement_touches_can_be_tried_out(folder: Path, every_scan: bool) -> None:
    """As an electrician does before there is a program: the PLC sleeps, and has to be woken to publish it."""
    (folder / "main.st").write_text(BARE)
    run = Run(load(folder), every_scan=every_scan)
    run.advance_to(1_003 * MS)
    run.operate("plc", "write", ["Q_Lamp", True])
    run.advance_to(2_007 * MS)
    run.operate("plc", "force", ["Q_Lamp", False])
    run.advance("1 s")
    assert [t for t, _ in run.journal.edges("Q_Lamp") if t] == [1_010 * MS, 2_010 * MS]


@pytest.mark.parametrize("every_scan", [False, True])
def test_that_a_released_variable_has_the_value_of_the_program_at_the_next_scan(
    folder: Path, every_scan: bool
) -> None:
    (folder / "main.st").write_text(BARE)
    run = Run(load(folder), every_scan=every_scan)
    run.advance_to(1_003 * MS)
    run.operate("plc", "force", ["Q_Full", True])
    run.advance_to(2_007 * MS)
    run.operate("plc", "release", "Q_Full")
    run.advance("1 s")
    assert [t for t, _ in run.journal.edges("Q_Full") if t] == [1_010 * MS, 2_010 * MS]


def test_that_what_a_debugger_writes_between_scans_is_an_input_as_any_other(folder: Path) -> None:
    (folder / "main.st").write_text(BARE)
    run = Run(load(folder))
    run.advance_to(1_003 * MS)
    with run.debug() as debugger:
        debugger.write("blink", True)
        with pytest.raises(KeyError, match="no variable blank"):
            debugger.write("blank", True)
    run.advance("1 s")
    assert [t for t, _ in run.journal.edges("Q_Full") if t] == [1_010 * MS]
    again = Run(run.loaded, inputs=run.inputs.log)
    again.advance_to(run.now_ns)
    assert again.journal.digest() == run.journal.digest()


def test_that_storms_of_actions_on_a_program_are_the_same_with_every_scan_restored_and_repeated(
    loaded: LoadedScene,
) -> None:
    """Writes, forces, releases, starts and presses at any time, on and off the grid."""
    paths = ["Q_Lamp", "Q_Full", "I_Go", "MAIN.on.IN", "MAIN.rise.CLK"]
    for seed in range(12):
        rng = random.Random(seed)
        acts: list[tuple[int, str, str, object]] = []
        t = 0
        for _ in range(25):
            t += rng.choice([0, 10, 10, rng.randint(1, 900)]) * MS + rng.choice([0, rng.randint(0, 20 * MS)])
            path, value = rng.choice(paths), rng.random() < 0.5
            acts.append(
                rng.choice(
                    [
                        (t, "go", "press", None),
                        (t, "plc", "write", [path, value]),
                        (t, "plc", "force", [path, value]),
                        (t, "plc", "release", rng.choice([path, ""])),
                        (t, "plc", "start", [rng.choice(["hot", "warm", "cold"]), ""]),
                    ]
                )
            )

        def ran(run: Run, part: list[tuple[int, str, str, object]], end_ns: int) -> Run:
            for at_ns, target, action, value in part:
                run.advance_to(at_ns)
                run.operate(target, action, value)
            run.advance_to(end_ns)
            return run

        end = t + 2_000 * MS
        plain = ran(Run(loaded), acts, end)
        assert ran(Run(loaded, every_scan=True), acts, end).journal.digest() == plain.journal.digest(), seed
        half = ran(Run(loaded), acts[:12], acts[11][0])
        assert ran(Run.restore(loaded, half.snapshot()), acts[12:], end).journal.digest() == (
            plain.journal.digest()
        ), seed
        again = Run(loaded, inputs=plain.inputs.log)
        again.advance_to(end)
        assert again.journal.digest() == plain.journal.digest(), seed


@pytest.mark.parametrize(
    ("action", "argument"),
    [
        ("force", "Q_Lamp"),
        ("force", ["Q_Lamp"]),
        ("write", [7, True]),
        ("release", ["Q_Lamp"]),
        ("force", None),
    ],
)
def test_that_an_argument_of_another_form_is_told_in_words(
    loaded: LoadedScene, action: str, argument: object
) -> None:
    run = Run(loaded, seed=1)
    with pytest.raises(ValueError, match=f"{action} takes the path of a variable"):
        run.operate("plc", action, argument)
