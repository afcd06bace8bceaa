"""The exit codes of check, experiment and diff: 1 a check failed or something differs, whatever else; 2 could
not run; 3 nothing failed but something is undecided; 0 all well."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import load
from commissioning.bench.run import RecordedRun
from commissioning.devices.sink import Sink
from commissioning.sim.flow import Giver
from commissioning.sim.part import Part
from commissioning.sim.run import Run

Line = Any  # see conftest.py
Command = Callable[..., Any]
S = 1_000_000_000

PASSES = "  ok: {type: never, when: b1.moving and not b1.moving, for: 30 s, scenario: production}\n"
FAILS = "  bad: {type: never, when: b1.moving, for: 30 s, scenario: production}\n"
NOT_RUN = (
    "  idle: {type: within, after: I_Go rises, expect: b1.moving, limit: 1 s, for: 30 s, scenario: nothing}\n"
)
OPEN = (
    "  open:\n"
    "    {type: within, after: I_Go rises, expect: pe.blocked, limit: 9 s, for: 2 s, scenario: production}\n"
)


def with_checks(small: Line, *checks: str) -> Line:
    text = (small.folder / "scene.yaml").read_text()
    return small.write("scene.yaml", text[: text.index("checks:\n")] + "checks:\n" + "".join(checks))


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ((PASSES,), 0), ((FAILS,), 1), ((NOT_RUN,), 3), ((OPEN,), 3), ((PASSES, NOT_RUN), 3),
        ((PASSES, FAILS, NOT_RUN, OPEN), 1),
    ],
)  # fmt: skip
def test_that_check_tells_failed_from_undecided(
    small: Line, command: Command, checks: tuple[str, ...], code: int
) -> None:
    said = command("check", with_checks(small, *checks), "--json")
    assert said.code == code
    verdicts = {verdict["id"]: verdict["verdict"] for verdict in json.loads(said.out)["verdicts"]}
    assert set(verdicts) == {check.strip().partition(":")[0] for check in checks}


def test_that_check_cannot_run_what_a_device_breaks_off_but_a_failure_comes_first(
    small: Line, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Sink, part: Part, giver: Giver) -> bool:
        raise RuntimeError("full up")

    monkeypatch.setattr(Sink, "offer", fails)
    late = PASSES.replace("for: 30 s", "for: 2 min")
    said = command("check", with_checks(small, late))
    assert said.code == 2 and "out failed at" in said.err and "full up" in said.err
    said = command("check", with_checks(small, late, FAILS.replace("for: 30 s", "for: 2 min")))
    assert said.code == 1


def test_that_check_is_undecided_where_a_program_fails_and_the_line_goes_on(
    small: Line, command: Command
) -> None:
    small.edit("        Seen := Seen + 1;\n", "        Seen := 1 / (Seen * 0);\n", "main.st")
    said = command("check", with_checks(small, PASSES))
    assert said.code == 3 and "INCONCLUSIVE" in said.out and "main.st:13:9" in said.out


def test_that_check_cannot_run_a_scene_with_problems_or_without_checks(small: Line, command: Command) -> None:
    assert command("check", with_checks(small, "  x: {type: never, when: nothing.there}\n")).code == 2
    text = (small.folder / "scene.yaml").read_text()
    small.write("scene.yaml", text[: text.index("checks:\n")])
    assert command("check", small).code == 2
    assert command("check", small.folder / "nowhere").code == 2


EXPERIMENTS = """experiments:
  quick: {for: 2 min, replications: 3, scenario: production, variants: {slow: {b1.speed: 0.4 m/s}}}
  exact: {for: 2 min, replications: 5, precision: 0.001 %, scenario: production}
scenarios:
"""


@pytest.mark.parametrize(("name", "code"), [("quick", 0), ("exact", 3), ("none_such", 2)])
def test_that_experiment_tells_done_from_undecided(
    small: Line, command: Command, name: str, code: int
) -> None:
    small.edit("scenarios:\n", EXPERIMENTS)
    said = command("experiment", small, name, "--no-cache", "--workers", "1", "--json")
    assert said.code == code
    if code != 2:
        assert json.loads(said.out)["exit_code"] == code


def test_that_experiment_cannot_run_what_breaks_off(small: Line, command: Command) -> None:
    small.edit("        Seen := Seen + 1;\n", "        Seen := 1 / (Seen * 0);\n", "main.st")
    small.edit(
        "scenarios:\n", "experiments: {it: {for: 2 min, replications: 2, scenario: production}}\nscenarios:\n"
    )
    said = command("experiment", small, "it", "--no-cache", "--workers", "1")
    assert said.code == 2 and "division" in said.err.lower()


def test_that_experiment_without_a_steady_state_is_undecided(small: Line, command: Command) -> None:
    """Nobody starts the belt: what comes piles up before it, more and more."""
    small.edit("every: {exponential: 5 s}, to: b1", "every: 5 s, to: q")
    small.edit("  b1: {", "  q: {type: buffer, pose: {xyz: [-1, 0, 0.75]}, to: b1}\n  b1: {")
    small.edit(
        "scenarios:\n",
        "experiments: {it: {for: 20 min, warm_up: auto, replications: 5, measures: [q.mean_queue], "
        "scenario: nothing}}\nscenarios:\n",
    )
    said = command("experiment", small, "it", "--no-cache", "--workers", "1", "--json")
    assert said.code == 3 and json.loads(said.out)["steady"] is False


# ---- diff -----------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(small: Line, command: Command, tmp_path: Path) -> Path:
    path = tmp_path / "a.recording"
    assert command("run", small, "--for", "60 s", "--record", path).code == 0
    return path


def test_that_diff_of_scenes_tells_same_from_different(small: Line, command: Command, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in small.folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    assert command("diff", small, other).code == 0
    text = (other / "scene.yaml").read_text()
    (other / "scene.yaml").write_text(text.replace("0.5 m/s", "0.6 m/s"))
    said = command("diff", small, other)
    assert said.code == 1 and "devices.b1.speed" in said.out
    (other / "scene.yaml").write_text(text.replace("0.5 m/s", "0.5 kg"))
    said = command("diff", small, other)
    assert said.code == 2 and "kg" in said.err


def test_that_diff_of_a_recording_and_a_scene_is_about_the_scene(
    small: Line, command: Command, recorded: Path
) -> None:
    for pair in ((recorded, small), (small, recorded)):
        said = command("diff", *pair, "--json")
        assert said.code == 0
        told = json.loads(said.out)
        assert told["same"] and told["exit_code"] == 0
        assert told["notes"] == ["the journal of a.recording: the other is a scene"]
    small.edit("0.5 m/s", "0.6 m/s")
    said = command("diff", recorded, small)
    assert said.code == 1 and "devices.b1.speed" in said.out
    small.edit("0.6 m/s", "0.6 kg")
    assert command("diff", recorded, small).code == 2


def test_that_diff_of_recordings_tells_same_different_and_not_known(
    small: Line, command: Command, recorded: Path, tmp_path: Path
) -> None:
    again, other, more = tmp_path / "b.recording", tmp_path / "c.recording", tmp_path / "d.recording"
    assert command("run", small, "--for", "60 s", "--record", again).code == 0
    assert command("diff", recorded, again).code == 0
    assert command("run", small, "--for", "60 s", "--seed", "9", "--record", other).code == 0
    assert command("diff", recorded, other).code == 1
    assert command("run", small, "--for", "4 h", "--record", more).code == 0
    loaded = load(small.folder)
    live = Run(loaded)
    live.advance("3 h")
    run = Run.restore(loaded, live.snapshot())
    assert run.journal.first > 0  # so that a part of the journal is not in its recording
    restored = RecordedRun(run, loaded, tmp_path / "e.recording")
    restored.advance_to(4 * 3600 * S)
    restored.close()
    said = command("diff", more, tmp_path / "e.recording")
    assert said.code == 3 and "The same, as far as they could be compared." in said.out


def test_that_diff_cannot_run_on_what_is_neither(small: Line, command: Command, recorded: Path) -> None:
    for wrong in (small.folder / "nowhere", small.folder / "main.st"):
        for pair in ((wrong, recorded), (recorded, wrong), (small, wrong)):
            said = command("diff", *pair)
            assert said.code == 2 and said.err and not said.out
