"""The command line as users meet it: exit codes, what is on stdout, what JSON holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from commissioning.bench.load import load
from commissioning.sim.run import Run

Line = Any  # see conftest.py
Command = Callable[..., Any]
STATES = ("working", "starved", "blocked", "down", "setup", "idle", "off")


def test_that_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom commissioning.cli import main\n"
        "try: main([sys.argv[1]])\nexcept SystemExit: pass\n"
        "heavy = ('numpy', 'simpy', 'lark', 'ruamel', 'pydantic', 'PySide6', 'vtkmodules', 'asyncua')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    for option in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", code, option], capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_that_validate_says_what_there_is(small: Line, command: Command) -> None:
    said = command("validate", small)
    assert (said.code, said.err) == (0, "")
    scene_hash = load(small.folder).scene.hash
    assert said.out == (
        f"Small line: no problems. 5 devices, 3 tags, 2 checks. Scene hash {scene_hash[:16]}.\n"
    )
    assert command("validate", small.folder / "scene.yaml").code == 0


def test_that_run_as_json_holds_what_the_contract_promises(small: Line, command: Command) -> None:
    said = command("run", small, "--for", "10 min", "--seed", "3", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("\n") == 1
    result = json.loads(said.out)
    run = Run(load(small.folder), seed=3)
    run.advance("10 min")
    assert result["scene"] == "Small line"
    assert result["scene_hash"] == run.loaded.scene.hash
    assert (result["seed"], result["simulated_s"], result["events"]) == (3, 600.0, run.events)
    assert result["digest"] == run.journal.digest()
    assert result["wall_s"] >= 0.0
    assert result["verdicts"] == []
    assert list(result["kpi"]) == ["src", "b1", "pe", "go", "out"]
    for figures in result["kpi"].values():
        assert set(figures) >= {"count", "rate_per_h", "utilisation", "mean_queue", "mean_time", *STATES}
        assert sum(figures[state] for state in STATES) == pytest.approx(1.0, abs=1e-9)
    out = result["kpi"]["out"]
    assert out["count"] == run.tags["out.count"].value
    assert out["rate_per_h"] == pytest.approx(out["count"] * 6)


def test_that_the_same_seed_gives_the_same_digest_and_another_seed_another(
    small: Line, tmp_path: Path, command: Command
) -> None:
    def digest(*options: object) -> str:
        said = command("run", small, "--for", "60 s", "--json", *options)
        assert said.code == 0
        return str(json.loads(said.out)["digest"])

    default = digest()
    assert digest("--seed", "7") == default  # the scene's
    assert digest("--speed", "1000x") == default
    assert digest("--record", tmp_path / "r") == default
    assert digest("--every-scan") == default
    assert digest("--seed", "8") != default
    assert digest("--scenario", "nothing") != default


def test_that_run_without_for_takes_the_length_of_the_scene(small: Line, command: Command) -> None:
    assert json.loads(command("run", small, "--json").out)["simulated_s"] == 120.0
    assert json.loads(command("run", small, "--for", "PT1M30S", "--json").out)["simulated_s"] == 90.0
    assert json.loads(command("run", small, "--for", "0 s", "--json").out)["simulated_s"] == 0.0


def test_that_run_prints_a_table_for_people(small: Line, command: Command) -> None:
    said = command("run", small)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].startswith("Small line, seed 7: 120 s in ")
    assert [line.split()[0] for line in lines[2:5]] == ["src", "b1", "out"]
    assert all(line.startswith("src was ") for line in lines[5:-1]) and "the bottleneck" in lines[5]
    assert lines[-1].startswith("journal digest ")


def test_that_a_check_may_bear_the_name_of_a_device(small: Line, command: Command) -> None:
    before = json.loads(command("run", small, "--json").out)["kpi"]
    small.edit("  starts: {type", "  b1: {type")
    assert json.loads(command("run", small, "--json").out)["kpi"] == before
    verdicts = json.loads(command("check", small, "--json").out)["verdicts"]
    assert [(v["id"], v["verdict"]) for v in verdicts] == [("b1", "PASS"), ("no_stop", "PASS")]


# name: (old, new, exit code, verdicts)
OUTCOMES = {
    "all pass": ("for 3 s", "for 3 s", 0, ["PASS", "PASS"]),
    "one fails": ("for 3 s", "for 0.5 s", 1, ["PASS", "FAIL"]),
    "a trigger never came": ("after: I_Go rises", "after: I_Go falls", 3, ["NOT RUN", "PASS"]),
    "an obligation is open": ("after: I_Go rises, expect: b1.moving, limit: 100 ms",
                              "after: I_Go rises, expect: not b1.moving, limit: 1 h",
                              3, ["INCONCLUSIVE", "PASS"]),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTCOMES)
def test_that_the_exit_code_tells_the_verdicts(
    case: str, small: Line, tmp_path: Path, command: Command
) -> None:
    old, new, code, verdicts = OUTCOMES[case]
    if old != new:
        small.edit(old, new)
    if case == "a trigger never came":
        small.edit("press: go", "push: go")
    junit, html = tmp_path / "new" / "junit.xml", tmp_path / "new" / "report.html"
    said = command("check", small, "--junit", junit, "--report", html, "--json")
    assert (said.code, said.err) == (code, "")
    assert said.out.count("\n") == 1
    result = json.loads(said.out)
    assert [v["verdict"] for v in result["verdicts"]] == verdicts
    keys = {"id", "type", "verdict", "measured", "limit", "unit", "interval", "at_s", "why"}
    assert all(set(v) >= keys for v in result["verdicts"])
    suite = ElementTree.parse(junit).getroot()
    cases = list(suite.iter("testcase"))
    assert [c.get("name") for c in cases] == ["starts", "no_stop"]
    assert sum(c.find("failure") is not None for c in cases) == verdicts.count("FAIL")
    assert html.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    said = command("check", small)
    assert said.code == code
    assert [line[:12].strip() for line in said.out.splitlines()[:2]] == verdicts


def test_that_only_the_named_check_runs(small: Line, command: Command) -> None:
    said = command("check", small, "--only", "starts", "--json")
    assert said.code == 0
    assert [v["id"] for v in json.loads(said.out)["verdicts"]] == ["starts"]


def test_that_a_scene_without_checks_cannot_be_checked(small: Line, command: Command) -> None:
    scene = small.folder / "scene.yaml"
    scene.write_text(scene.read_text().split("checks:")[0])
    said = command("check", small, "--json")
    assert (said.code, said.out) == (2, "")
    assert "the scene has no checks" in said.err


def test_that_replay_tells_what_is_recorded_and_verifies_it(
    small: Line, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "run.rec"
    run = json.loads(command("run", small, "--for", "60 s", "--record", path, "--json").out)
    said = command("replay", path, "--json")
    assert (said.code, said.err) == (0, "")
    shown = json.loads(said.out)
    assert {key: shown[key] for key in ("scene", "scene_hash", "seed", "simulated_s", "digest")} == {
        key: run[key] for key in ("scene", "scene_hash", "seed", "simulated_s", "digest")
    }
    assert shown["complete"] is True
    said = command("replay", path, "--verify", "--json")
    assert said.code == 0
    assert json.loads(said.out)["rerun_digest"] == run["digest"]
    said = command("replay", path, "--waveforms", tmp_path / "run.vcd", "--signals", "*", "--json")
    assert said.code == 0 and json.loads(said.out)["digest"] == run["digest"]
    assert (tmp_path / "run.vcd").read_text("utf-8").startswith("$version commissioning $end\n")
    said = command("replay", path, "--waveforms", tmp_path / "run.vcd", "--signals", "nobody")
    assert said.code == 2 and "no tag or port is named nobody" in said.err


def test_that_diff_tells_recordings_and_scenes_apart(small: Line, tmp_path: Path, command: Command) -> None:
    paths = [tmp_path / f"{name}.rec" for name in "abc"]
    for path, seed in zip(paths, ("1", "1", "2"), strict=True):
        command("run", small, "--for", "60 s", "--seed", seed, "--record", path)
    said = command("diff", paths[0], paths[1])
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("The same.\n")
    said = command("diff", paths[0], paths[2], "--json")
    assert (said.code, said.err) == (1, "")
    shown = json.loads(said.out)
    assert shown["same"] is False
    assert shown["conditions"][0] == {"what": "seed", "a": "1", "b": "2"}
    said = command("diff", small, paths[0])
    assert said.code == 0
    said = command("diff", small, tmp_path / "nothing", "--json")
    assert (said.code, said.out) == (2, "")
    assert "there is no scene" in said.err


def test_that_demo_without_a_display_prints_verdicts(
    small: Line, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("commissioning.files.packaged.packaged", lambda _: small.folder)
    said = command("demo")
    assert said.code == 0
    assert "There is no display" in said.err
    assert "PASS" in said.out


def test_that_bad_input_of_a_real_process_gives_two_and_clean_streams(small: Line) -> None:
    small.edit("length: 2 m,", "length: 2 s,")
    for name in ("validate", "run", "check"):
        done = subprocess.run(
            [sys.executable, "-m", "commissioning", name, str(small)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "devices.b1.length" in done.stderr


def test_that_a_reader_that_has_gone_is_no_traceback(small: Line) -> None:
    command = [sys.executable, "-m", "commissioning", "run", str(small), "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    error = child.stderr.read().decode()
    child.stderr.close()
    assert child.wait(timeout=60) != 0
    assert "Traceback" not in error
