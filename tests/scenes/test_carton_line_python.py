"""The carton line with its logic in Python: the verdicts and the edges of the PLC program."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.check import check
from commissioning.bench.load import LoadedScene, load
from commissioning.bench.run import Run

SCENES = Path(__file__).parents[2] / "scenes"
OUTPUTS = ("Q_Belt1_Run", "Q_Belt2_Run", "Q_Stop1", "Q_Push", "Q_Green", "Q_Yellow", "Q_Red")


@pytest.fixture(scope="module")
def python() -> LoadedScene:
    folder = SCENES / "carton_line_python"
    return load(folder, allow_code=[code.hash for code in load(folder).code])


@pytest.fixture(scope="module")
def emulated() -> LoadedScene:
    return load(SCENES / "carton_line")


def test_that_the_logic_in_python_passes_the_same_checks(python: LoadedScene, emulated: LoadedScene) -> None:
    report = check(python)
    assert {v.id for v in report.verdicts} == set(emulated.scene.checks)
    assert {v.verdict for v in report.verdicts} == {"PASS"}


@pytest.mark.parametrize(("seed", "scenario"), [(1, "production"), (2, "production"), (3, "stop_test")])
def test_that_its_outputs_are_those_of_the_plc_program_scan_by_scan(
    python: LoadedScene, emulated: LoadedScene, seed: int, scenario: str
) -> None:
    """The same 10 ms cycle, so the same instants: the emulated PLC is the reference."""
    runs = [Run(loaded, seed, scenario) for loaded in (python, emulated)]
    for run in runs:
        run.advance("30 min")
        assert not run.line.alarms
    for name in OUTPUTS:
        assert runs[0].journal.edges(name) == runs[1].journal.edges(name)
    assert runs[0].kpi()["out"].count == runs[1].kpi()["out"].count > 0
