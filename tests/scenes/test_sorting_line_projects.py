"""The sorting line with its program as a TwinCAT project (objects) and as PLCopen XML (SFC, LD, FBD, ST)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commissioning.bench.check import check
from commissioning.bench.load import load
from commissioning.cli import main
from commissioning.sim.run import Run

SCENE = Path(__file__).parents[2] / "scenes" / "sorting_line"
PROJECTS = {"twincat": "twincat/SortingLine.plcproj", "plcopen": "plcopen/SortingLine.xml"}
PLAIN = "[plc/main.st], task: {main: {program: MAIN, cycle: 10 ms}}"
OUTPUTS = ("Feed", "Sort", "Lanes", "Lane1", "Lane2", "Lane3", "Green", "Yellow", "Red")
# a fault in each project -> the check that finds it
FAULTS = {
    "twincat": (
        "twincat/POUs/FB_Switch.TcPOU",
        "turned := lane = own AND NOT full",
        "turned := NOT full",
        "only_tall",
    ),
    "plcopen": ("plcopen/SortingLine.xml", "NOT released OR stop", "stop", "stop_fast"),
}


def with_project(folder: Path, project: str) -> Path:
    """A copy of the scene that runs the project; it has no other program."""
    shutil.copytree(SCENE, folder)
    shutil.rmtree(folder / "plc")
    scene = folder / "scene.yaml"
    text = scene.read_text()
    assert PLAIN in text
    scene.write_text(text.replace(PLAIN, f"[{PROJECTS[project]}]"))
    return folder


@pytest.mark.parametrize("project", PROJECTS)
def test_that_a_project_written_for_the_line_gives_the_same_verdicts(project: str, tmp_path: Path) -> None:
    """All checks but the rate, which takes replications. A chart acts a scan later, which moves stop_fast."""
    only = (
        "only_tall",
        "only_blue",
        "only_red",
        "d1_clear",
        "tall_comes",
        "stop_fast",
        "no_restart",
        "after_stop",
    )
    plain = check(SCENE, only=only).verdicts
    other = check(with_project(tmp_path / project, project), only=only).verdicts
    assert {verdict.verdict for verdict in plain} == {"PASS"}
    assert [(v.id, v.verdict) for v in other] == [(v.id, v.verdict) for v in plain]
    late = 0.01 if project == "plcopen" else 0
    for one, two in zip(plain, other, strict=True):
        expected = one.measured if one.id != "stop_fast" else one.measured + late
        assert two.measured == (expected if expected is None else pytest.approx(expected, abs=1e-6))


def test_that_the_twincat_project_writes_every_output_at_the_same_instant(tmp_path: Path) -> None:
    runs = [Run(load(folder), seed=3) for folder in (SCENE, with_project(tmp_path / "s", "twincat"))]
    for run in runs:
        run.advance("10 min")
    plain, other = runs
    assert plain.journal.length > 1000
    for name in OUTPUTS:
        assert other.journal.edges(f"Q_{name}") == plain.journal.edges(f"Q_{name}")
    assert len(plain.journal.edges("Q_Lane1")) > 100


def test_that_the_plcopen_project_starts_the_line_one_scan_later(tmp_path: Path) -> None:
    """Condition and action of a chart lie a scan apart (decision 24)."""
    runs = [Run(load(folder), seed=3) for folder in (SCENE, with_project(tmp_path / "s", "plcopen"))]
    for run in runs:
        run.advance("2 min")
    first = [run.journal.edges("Q_Sort")[-1] for run in runs]
    assert first == [(1_000_000_000, True), (1_010_000_000, True)]
    assert [len(run.journal.edges("Q_Lane1")) > 10 for run in runs] == [True, True]


@pytest.mark.parametrize("project", PROJECTS)
def test_that_a_fault_in_a_project_is_found_by_a_check(project: str, tmp_path: Path) -> None:
    folder = with_project(tmp_path / project, project)
    name, old, new, identity = FAULTS[project]
    text = (folder / name).read_bytes().decode("utf-8-sig")
    assert old in text
    (folder / name).write_bytes(text.replace(old, new).encode())
    assert check(folder, only=(identity,)).verdict(identity).verdict == "FAIL"


def test_that_validate_names_what_was_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(with_project(tmp_path / "s", "plcopen"))]) == 0
    told = capsys.readouterr().out
    for drawn in ("FB_OnOff (SFC)", "FB_Full (FBD)", "FB_Outputs (LD)"):
        assert drawn in told
