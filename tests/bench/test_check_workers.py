"""Replications of checks in worker processes: the same report with any number of them, whatever dies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from commissioning.bench import verdicts as module
from commissioning.bench.load import LoadedScene
from commissioning.bench.replications import Ahead, Asked, Seen
from commissioning.bench.verdicts import CheckReport, check_scene
from commissioning.model.problem import Problems


def told(report: CheckReport) -> Any:
    """Everything but how long it took."""
    data = report.as_json()
    for run in data["runs"]:
        del run["wall_s"]
    return json.loads(json.dumps(data))


def test_that_any_number_of_workers_gives_the_same_report(loaded: LoadedScene) -> None:
    alone = check_scene(loaded, seed=3, workers=1)
    assert alone.verdict("rate").verdict == "PASS" and len(alone.runs) > 5  # it stops before the tenth run
    for workers in (2, 3):
        report = check_scene(loaded, seed=3, workers=workers)
        assert told(report) == told(alone)
        assert report.verdicts == alone.verdicts


def test_that_short_runs_stay_in_this_process(loaded: LoadedScene, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("no worker pays for runs of some milliseconds")

    monkeypatch.setattr(module, "Ahead", never)
    assert check_scene(loaded).verdict("rate").verdict == "PASS"


def test_that_a_worker_killed_in_mid_run_loses_that_run_only_and_it_is_run_again(
    loaded: LoadedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = check_scene(loaded, only=("rate",), workers=1)
    lost: list[int] = []

    class Killing(Ahead):
        def take(self, asked: Asked) -> Seen | None:
            working = [worker for worker in self.pool._workers if worker.tasks]
            if working and len(lost) < 2:
                task = working[0].tasks[0]  # the one at work there
                for process in list((working[0].executor._processes or {}).values()):
                    process.kill()
                task.future.exception(timeout=60)
                lost.append(task.lost)
            return super().take(asked)

    monkeypatch.setattr(module, "Ahead", Killing)
    report = check_scene(loaded, only=("rate",), workers=2)
    assert told(report) == told(alone)
    assert lost == [1, 1]  # each was at work when its process died, and was run again


def test_that_a_run_that_always_ends_its_worker_decides_nothing(
    loaded: LoadedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commissioning.bench.pool import WorkerDied

    class Dying(Ahead):
        def take(self, asked: Asked) -> Seen | None:
            future = self.futures[asked]
            if asked.index == 2:
                future.result()
                self.futures[asked] = type(future)()
                self.futures[asked].set_exception(WorkerDied("its worker ended 3 times"))
            return super().take(asked)

    monkeypatch.setattr(module, "Ahead", Dying)
    report = check_scene(loaded, only=("rate",), workers=2)
    assert report.exit_code == 2
    verdict = report.verdict("rate")
    assert verdict.verdict == "INCONCLUSIVE" and "run 3 of quiet: its worker ended 3 times" in verdict.why


def test_that_a_scene_that_is_not_its_text_is_checked_here(loaded: LoadedScene) -> None:
    record = loaded.scene.checks["rate"]
    record = replace(record, params={**record.params, "at_least": 5000 / 3600})
    scene = replace(loaded.scene, checks={"rate": record})
    report = check_scene(replace(loaded, scene=scene), workers=2)
    assert report.verdict("rate").verdict == "FAIL"


def test_that_ctrl_c_while_workers_run_judges_what_was_seen(loaded: LoadedScene) -> None:
    def press(share: float, text: str) -> None:
        if "run 2" in text:
            raise KeyboardInterrupt

    report = check_scene(loaded, only=("rate", "seen"), progress=press, workers=2)
    assert report.interrupted
    assert report.verdict("seen").verdict == "FAIL"
    assert report.verdict("rate").verdict == "INCONCLUSIVE"


def test_that_what_a_check_refuses_in_a_worker_is_a_problem_here(loaded: LoadedScene) -> None:
    with pytest.raises(Problems, match="no check nothing"):
        check_scene(loaded, only=("nothing",), workers=2)
