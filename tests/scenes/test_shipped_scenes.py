"""The shipped scenes give the verdicts they promise, and every check can fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from commissioning.bench.check import check
from commissioning.cli import main

SCENES = Path(__file__).parents[2] / "scenes"

# check -> file, what to replace by what, what the explanation must mention
MUTATIONS = {
    "rate": ("scene.yaml", "{mean: 3.2 s, sd: 0.3 s}", "{mean: 5.6 s, sd: 0.3 s}", "per hour"),
    "only_low": (
        "plc/main.st",
        "Reject := (Marks AND DWORD#1) = DWORD#1;",
        "Reject := FALSE;",
        "witness.blocked rose",
    ),
    "one_by_one": ("plc/main.st", "AND NOT I_Pack_Occupied AND NOT I_PE5", "", "I_PE5"),
    "stop_fast": (
        "scene.yaml",
        "speed: 0.5 m/s\n    acceleration: 1.2 m/s2",
        "speed: 0.5 m/s\n    acceleration: 0.8 m/s2",
        "belt2.moving",
    ),
    "no_restart": ("plc/main.st", "IF NOT I_EStop OR I_Stop THEN", "IF I_Stop THEN", "release estop"),
    "starts": (
        "plc/main.st",
        "Q_Green := Q_Belt2_Run;",
        "Q_Green := Q_Belt2_Run AND I_Pack_Busy;",
        "Q_Green",
    ),
}


def test_that_the_carton_line_passes_all_its_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SCENES / "carton_line"), "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)["verdicts"]
    assert {v["id"] for v in verdicts} == set(MUTATIONS)
    assert {v["verdict"] for v in verdicts} == {"PASS"}


def test_that_the_faulty_line_fails_with_time_cause_and_trace() -> None:
    """The emergency stop is released at 75 s; the belts start by themselves at that instant."""
    report = check(SCENES / "carton_line_faulty")
    assert report.exit_code == 1
    failed = [v for v in report.verdicts if v.verdict == "FAIL"]
    assert [v.id for v in failed] == ["no_restart"]
    verdict = failed[0]
    assert verdict.at_s == 75.0
    assert "Q_Belt2_Run rose, written by plc" in verdict.why
    assert "operator: release estop" in verdict.why
    assert [t for t, _ in verdict.causes] == [75_000_000_000] * len(verdict.causes)
    assert verdict.trace is not None
    assert {s["name"] for s in verdict.trace["signals"]} >= {"I_EStop", "I_Start", "belt1.moving"}


@pytest.mark.parametrize("identity", sorted(MUTATIONS))
def test_that_every_check_fails_on_a_scene_with_its_fault(identity: str, tmp_path: Path) -> None:
    file, old, new, mentioned = MUTATIONS[identity]
    scene = tmp_path / "mutated"
    shutil.copytree(SCENES / "carton_line", scene)
    text = (scene / file).read_text()
    assert old in text
    (scene / file).write_text(text.replace(old, new))
    report = check(scene, only=(identity,))
    verdict = report.verdict(identity)
    assert verdict.verdict == "FAIL"
    assert mentioned in verdict.why
    assert report.exit_code == 1
