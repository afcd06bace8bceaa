"""Checks over runs: which runs, which seeds, which exit code."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench import in_pieces
from commissioning.bench.load import LoadedScene, load_text
from commissioning.bench.run import RecordedRun
from commissioning.bench.verdicts import check_scene, checks_of, exit_code, judge_run, replication_seed
from commissioning.files.recording import read_recording
from commissioning.model.problem import Problem, Problems
from commissioning.model.scene import ControllerRecord
from commissioning.sim.check import JournalView, RecordsView, Verdict
from commissioning.sim.run import Run

NS = 1_000_000_000


class Runs:
    """Makes runs and remembers them; with `broken_at` a device-like object raises in the run."""

    def __init__(self, broken_at: int | None = None, only: int | None = None) -> None:
        self.made: list[tuple[int, str, Run]] = []
        self.broken_at, self.only = broken_at, only

    def __call__(self, loaded: LoadedScene, seed: int, scenario: str) -> Run:
        run = Run(loaded, seed, scenario)
        if self.broken_at is not None and self.only in (None, len(self.made)):
            run.line.kernel.call_at(self.broken_at, self.fail)
        self.made.append((seed, scenario, run))
        return run

    def fail(self, _: Any) -> None:
        raise ZeroDivisionError("a device went wrong")


def test_that_the_scene_gets_the_verdicts_it_must(loaded: LoadedScene) -> None:
    report = check_scene(loaded)
    found = {verdict.id: verdict.verdict for verdict in report.verdicts}
    # 900 parts an hour come, the station takes 2 s: 300/h is passed easily; nobody presses in `quiet`
    assert found == {
        "rate": "PASS",
        "moves": "PASS",
        "seen": "FAIL",
        "packs": "PASS",
        "pressed": "NOT RUN",
        "pushed": "PASS",
    }
    assert report.exit_code == 1


def test_that_checks_of_one_scenario_share_one_run_as_long_as_the_longest(loaded: LoadedScene) -> None:
    runs = Runs()
    check_scene(loaded, only=("moves", "seen", "packs", "pushed"), make_run=runs)
    assert [(seed, scenario) for seed, scenario, _ in runs.made] == [(1, "quiet"), (1, "pushed")]
    assert [run.now_ns for _, _, run in runs.made] == [300 * NS, 60 * NS]


def test_that_replications_follow_the_seed_and_stop_when_it_is_enough(loaded: LoadedScene) -> None:
    runs = Runs()
    report = check_scene(loaded, seed=7, only=("rate",), make_run=runs)
    seeds = [seed for seed, _, _ in runs.made]
    assert seeds == [replication_seed(7, index) for index in range(len(seeds))]
    assert seeds[0] == 7 and len(set(seeds)) == len(seeds) and 5 <= len(seeds) <= 10
    assert len(report.verdict("rate").details["rates"]) == len(seeds)
    again = check_scene(loaded, seed=7, only=("rate",))
    assert again.verdicts == report.verdicts
    assert [run.digest for run in again.runs] == [run.digest for run in report.runs]


def test_that_the_first_failure_is_the_same_with_other_checks_beside_it(loaded: LoadedScene) -> None:
    alone = check_scene(loaded, only=("seen",)).verdict("seen")
    together = check_scene(loaded).verdict("seen")
    assert alone == together
    assert alone.at_s is not None and alone.at_s < 60


def test_that_a_run_that_breaks_leaves_failures_and_decides_nothing_else(loaded: LoadedScene) -> None:
    report = check_scene(loaded, only=("seen", "moves"), make_run=Runs(broken_at=55 * NS))
    assert report.verdict("seen").verdict == "FAIL"  # it failed before
    assert report.verdict("moves").verdict == "INCONCLUSIVE"
    assert "a device went wrong" in report.verdict("moves").why
    assert len(report.problems) == 1 and report.exit_code == 1
    alone = check_scene(loaded, only=("moves",), make_run=Runs(broken_at=55 * NS))
    assert alone.exit_code == 2
    assert alone.runs[0].alarms[0][0] == 55 * NS


def test_that_a_break_after_a_checks_own_time_does_not_touch_it(loaded: LoadedScene) -> None:
    report = check_scene(loaded, only=("moves", "packs"), make_run=Runs(broken_at=100 * NS))
    assert report.verdict("moves").verdict == "PASS"  # it looks at 60 s
    assert report.verdict("packs").verdict == "INCONCLUSIVE"


def test_that_a_broken_replication_ends_the_replications(loaded: LoadedScene) -> None:
    runs = Runs(broken_at=NS, only=2)
    report = check_scene(loaded, only=("rate",), make_run=runs)
    assert len(runs.made) == 3
    assert report.verdict("rate").verdict == "INCONCLUSIVE" and report.exit_code == 2


def test_that_ctrl_c_judges_what_was_seen(loaded: LoadedScene) -> None:
    def press(share: float, text: str) -> None:
        if "run 2" in text:
            raise KeyboardInterrupt

    report = check_scene(loaded, only=("rate", "seen", "pushed"), progress=press)
    assert report.interrupted
    assert report.verdict("seen").verdict == "FAIL"
    assert report.verdict("rate").verdict == "INCONCLUSIVE"
    assert (report.verdict("pushed").verdict, report.verdict("pushed").why) == (
        "NOT RUN",
        "stopped by the user",
    )


def _rate_of(loaded: LoadedScene, at_least: float, cycle: str = "") -> Verdict:
    """The verdict on a rate, parts per hour; `cycle` instead of that of the station."""
    text = loaded.text.dump()
    if cycle:
        text = text.replace("{normal: {mean: 2 s, sd: 0.2 s}}", cycle)
        loaded = load_text(text, loaded.folder / "scene.yaml")
    record = loaded.scene.checks["rate"]
    record = replace(record, params={**record.params, "at_least": at_least / 3600})
    scene = replace(loaded.scene, checks={"rate": record})
    return check_scene(replace(loaded, scene=scene)).verdict("rate")


def test_that_a_rate_that_is_too_low_names_the_source_if_too_little_comes(loaded: LoadedScene) -> None:
    verdict = _rate_of(loaded, 2000)
    assert verdict.verdict == "FAIL"
    # 900 parts an hour, 2 s each: half of the time
    found = re.search(r"Bottleneck: infeed.* busiest machine, pack, worked (\d+) % of the time", verdict.why)
    assert found is not None and int(found[1]) == pytest.approx(50, abs=8)


def test_that_a_rate_that_is_too_low_names_the_machine_and_its_main_loss(loaded: LoadedScene) -> None:
    """10 s of work, and 30 s of repair after each 100 s of it: 23 % of the time down."""
    verdict = _rate_of(loaded, 500, "10 s, failures: {every: 100 s, repair: 30 s}")
    assert verdict.verdict == "FAIL"
    found = re.search(
        r"Bottleneck: pack, (\d+) % of .* main loss: it was down (\d+) % of the time", verdict.why
    )
    assert found is not None and int(found[1]) > 90
    assert int(found[2]) == pytest.approx(100 * 30 / 130, abs=2)


def test_that_a_rate_near_its_limit_says_what_would_decide_and_what_limits(loaded: LoadedScene) -> None:
    verdict = _rate_of(loaded, 900)  # what comes on average
    assert verdict.verdict == "INCONCLUSIVE"
    assert "would decide" in verdict.why or "run for longer" in verdict.why
    assert "Bottleneck: infeed" in verdict.why


def test_that_a_recording_gets_the_verdicts_of_the_run(loaded: LoadedScene, tmp_path: Path) -> None:
    run = Run(loaded, 1, "quiet")
    recorded = RecordedRun(run, loaded, tmp_path / "run.vcr")
    recorded.advance_to(300 * NS)
    recorded.close()
    recording = read_recording(tmp_path / "run.vcr")
    view = RecordsView(recording.header, recording.texts, recording.records, recording.end_ns)
    only = ("moves", "seen", "packs")
    assert judge_run(loaded, view, only) == judge_run(loaded, JournalView(run.journal, run.now_ns), only)
    assert judge_run(loaded, view, only) == check_scene(loaded, only=only).verdicts


def test_that_parts_are_counted_alike_wherever_a_line_without_losses_is_watched(loaded: LoadedScene) -> None:
    rates = {}
    for at in ("out", "pack", "belt1", "infeed"):
        record = loaded.scene.checks["rate"]
        record = replace(record, params={**record.params, "at": at, "replications": 1})
        scene = replace(loaded.scene, checks={"rate": record})
        report = check_scene(replace(loaded, scene=scene))
        rates[at] = report.verdict("rate").details["counts"][0]
    assert rates["out"] == rates["pack"]
    # over 20 min the others differ by what stood on the line at the two ends: a belt of 3 m, 0.3 m a part
    assert all(abs(rates[at] - rates["out"]) <= 11 for at in rates), rates


def test_that_a_line_without_its_controller_is_not_judged(loaded: LoadedScene) -> None:
    plc = ControllerRecord("plc", "external", {"link": "opc"})
    scene = replace(loaded.scene, controllers={"plc": plc})
    report = check_scene(replace(loaded, scene=scene))
    assert {verdict.verdict for verdict in report.verdicts} == {"NOT RUN"}
    assert report.exit_code == 3 and report.runs == ()


def test_that_progress_rises_to_the_end(loaded: LoadedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    monkeypatch.setattr(in_pieces, "_QUICK", 0.0)  # as of a run that takes long
    check_scene(loaded, only=("seen", "pushed"), progress=lambda share, text: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0) and len(shares) > 20


def test_that_unknown_checks_and_no_checks_are_problems(loaded: LoadedScene) -> None:
    with pytest.raises(Problems, match="there is no check nothing"):
        checks_of(loaded, ("nothing",))
    empty = replace(loaded, scene=replace(loaded.scene, checks={}))
    with pytest.raises(Problems, match="the scene has no checks"):
        checks_of(empty)


@pytest.mark.parametrize(
    ("words", "stopped", "code"),
    [
        ((), False, 0), (("PASS", "PASS"), False, 0), (("PASS", "FAIL"), False, 1),
        (("FAIL", "INCONCLUSIVE"), True, 1), (("PASS", "INCONCLUSIVE"), False, 3), (("NOT RUN",), False, 3),
        (("PASS",), True, 2), (("INCONCLUSIVE",), True, 2),
    ],
)  # fmt: skip
def test_that_exit_codes_follow_the_contract(words: tuple[Any, ...], stopped: bool, code: int) -> None:
    verdicts = [Verdict("c", "never", word) for word in words]
    assert exit_code(verdicts, [Problem("stopped")] if stopped else []) == code


def test_that_json_has_the_keys_of_the_contract(loaded: LoadedScene) -> None:
    data = json.loads(json.dumps(check_scene(loaded, only=("seen", "rate")).as_json(), allow_nan=False))
    for verdict in data["verdicts"]:
        assert list(verdict) == [
            "id", "type", "verdict", "measured", "limit", "unit", "interval", "at_s", "why",
        ]  # fmt: skip
    rate = data["verdicts"][0]
    assert rate["interval"][0] < rate["measured"] < rate["interval"][1]
    assert data["exit_code"] == 1


REWORK = """
format: commissioning-scene/1
run: {length: 1 h, scenario: rework}
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: 4 s, to: infeed}
  infeed: {type: belt, pose: {xyz: [0 m, 0 m, 0 m]}, length: 3 m, speed: 0.5 m/s, to: test}
  test: {type: station, cycle: 1 s, to: gate}
  gate: {type: diverter, to: {straight: out, left: again}, tags: {left: Q_Rework}}
  again: {type: belt, length: 2 m, speed: 0.5 m/s, to: {device: infeed, at: 1 m}}
  out: {type: sink}
scenarios: {rework: {steps: [{at: 10 min, set: {Q_Rework: true}}]}}
checks:
  flows: {type: throughput, at: out, at_least: 10/h}
  before: {type: throughput, at: out, at_least: 10/h, for: 9 min}
  slow: {type: throughput, at: out, at_most: 1000/h}
  quiet: {type: never, when: not gate.set}
  tested: {type: never, when: test.busy, for: 1 min}
"""


def test_that_parts_that_wait_for_one_another_decide_what_they_stop(tmp_path: Path) -> None:
    """From 10 min on every part goes round again; the ring stands within minutes and is told 5 min later."""
    report = check_scene(load_text(REWORK, tmp_path / "scene.yaml"))
    found = {verdict.id: verdict.verdict for verdict in report.verdicts}
    assert found == {
        "flows": "FAIL", "before": "PASS", "slow": "INCONCLUSIVE", "quiet": "INCONCLUSIVE", "tested": "FAIL",
    }  # fmt: skip
    flows = report.verdict("flows")
    for named in (
        "deadlock: ",
        "again (part ",
        "infeed (part ",
        "test (part ",
        "in run 1",
        "nothing leaves out",
    ):
        assert named in flows.why
    assert flows.at_s is not None and 15 * 60 < flows.at_s < 25 * 60
    assert "stand still for ever" in report.verdict("quiet").why
    assert "deadlock" in report.as_html()
    assert len(report.runs) == 5  # `before` needs five of them; `flows` is decided by the first


def test_that_a_line_that_delivers_nothing_says_where_its_parts_are() -> None:
    """All of them fail the test and go round again: 900 in an hour, one of them in the test."""
    text = """format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: 4 s, to: test}
  test: {type: inspection, results: {good: 0 %, rework: 100 %}, cycle: 1 s, to: {good: out, rework: again}}
  again: {type: buffer, pose: {xyz: [0 m, 3 m, 0 m]}, to: test}
  out: {type: sink}
checks: {rate: {type: throughput, at: out, at_least: 100/h, for: 1 h}}
"""
    (verdict,) = check_scene(load_text(text, Path("scene.yaml"))).verdicts
    assert verdict.verdict == "FAIL" and verdict.measured == 0.0
    assert "No parts came to out; at the end:" in verdict.why and "in again" in verdict.why
