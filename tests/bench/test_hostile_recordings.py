"""Recordings written by hand, each whole by its digest: a Problem, or a verdict, in bounded time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commissioning.bench.load import LoadedScene, load_text
from commissioning.bench.replay import rerun, verify
from commissioning.bench.run import Run
from commissioning.files.recording import RecordingWriter, read_recording
from commissioning.model.problem import Problem, Problems
from commissioning.model.record import RECORD, chain_next, chain_start
from commissioning.sim.inputs import to_plain

S = 1_000_000_000
DAY = 24 * 3600 * S
SCENE = """
format: commissioning-scene/1
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: 5 s, to: b}
  b: {type: belt, length: 2 m, speed: 0.5 m/s, to: out, tags: {run: Q_Run}}
  out: {type: sink}
  go: {type: push_button, pose: {xyz: [0, 1, 1]}}
tags: {Level: {type: INT}}
scenarios: {quiet: {steps: []}}
"""
Forge = Callable[..., Path]


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedScene:
    return load_text(SCENE, tmp_path / "scene.yaml")


@pytest.fixture
def forge(loaded: LoadedScene, tmp_path: Path) -> Forge:
    """A recording of 30 s with one input, with anything in it replaced, and a digest that fits it."""

    def write(
        *,
        header: dict[str, Any] | None = None,
        core: dict[str, Any] | None = None,
        entry: list[Any] | None = None,
        end_ns: int = 30 * S,
        files: dict[str, bytes] | None = None,
        times: Callable[[Any], Any] = lambda t: t,
    ) -> Path:
        run = Run(loaded, 1, "quiet")
        run.write("Q_Run", True)
        run.advance_to(30 * S)
        records = np.frombuffer(run.journal.tail(), RECORD).copy()
        records["t"] = times(records["t"])
        head = {**run.journal.header, "scenario": "quiet", "every_scan": False, **(header or {})}
        head["core"] = {**head["core"], **(core or {})}
        given = entry if entry is not None else run.inputs.log[0]
        path = tmp_path / "made.recording"
        writer = RecordingWriter(path, head, loaded.files if files is None else files)
        line = (given[0], 0, "input", to_plain(given[1:]))
        writer.tail(records.tobytes(), len(records), run.journal.new_texts(), [line], min(end_ns, 1 << 62))
        digest = chain_next(chain_start(head["core"]), records.tobytes(), run.journal.new_texts()).hex()
        writer.close(end_ns, digest)
        return path

    return write


def told(path: Path) -> Problem:
    with pytest.raises(Problems) as raised:
        verify(path)
    (problem,) = raised.value.problems
    assert problem.where.file == str(path)
    assert problem.cure
    return problem


def test_that_an_honest_one_of_the_same_making_is_the_same(forge: Forge) -> None:
    result = verify(forge())
    assert result.same, result.difference


WRONG_INPUTS = {
    "too few fields": [1],
    "a time of text": ["x", 0, 1, "set", "Q_Run", True],
    "a negative time": [0, 0, -1, "set", "Q_Run", True],
    "after the end": [31 * S, 0, 1, "set", "Q_Run", True],
    "a third way": [0, 2, 1, "set", "Q_Run", True],
    "an unknown action": [0, 0, 1, "explode", "Q_Run", True],
    "an action of another kind": [0, 0, 1, ["set"], "Q_Run", True],
    "no target": [0, 0, 1, "set", 5, True],
    "an unknown tag": [0, 0, 1, "set", "Q_Fly", True],
    "a value of another type": [0, 0, 1, "set", "Q_Run", "yes"],
    "a force without a value": [0, 0, 1, "force", "Q_Run", None],
    "a value without a quality": [0, 1, 1, "value", "Level", [5]],
    "an unknown quality": [0, 1, 1, "value", "Level", [5, 3, 0]],
    "an unknown reason": [0, 1, 1, "value", "Level", [5, 2, 77]],
    "a value too large": [0, 1, 1, "value", "Level", [40_000, 0, 0]],
    "an unknown device": [0, 0, 1, "operate", "gone", ["press", None]],
    "an action it has not": [0, 0, 1, "operate", "go", ["fly", None]],
    "a bare action": [0, 0, 1, "operate", "go", "press"],
    "an unknown link": [0, 1, 1, "link", "plc", [2, ""]],
    "an unknown state of a link": [0, 1, 1, "link", "go", [9, ""]],
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_INPUTS)
def test_that_an_input_that_no_run_was_given_is_told(forge: Forge, case: str) -> None:
    entry = WRONG_INPUTS[case]
    if not isinstance(entry[0], int):
        with pytest.raises(Problems):
            verify(forge(entry=[0, *entry]))
        return
    problem = told(forge(entry=entry))
    assert problem.what == "this recording cannot be run again"
    assert problem.cause


@pytest.mark.parametrize("scenario", ["gone", 5, ["quiet"], {"a": 1}, None])
def test_that_a_scenario_that_the_scene_has_not_is_told(forge: Forge, scenario: Any) -> None:
    problem = told(forge(header={"scenario": scenario}))
    assert "scenario" in problem.cause


@pytest.mark.parametrize("seed", [True, -1, 1 << 63, 10**40])
def test_that_a_seed_that_is_none_is_told(forge: Forge, seed: Any) -> None:
    assert "seed" in told(forge(core={"seed": seed})).cause


@pytest.mark.parametrize("end_ns", [31 * DAY, 1 << 62])
def test_that_an_end_long_after_everything_else_is_told(forge: Forge, end_ns: int) -> None:
    """Nothing covers the end: not the digest, and no record. 2^62 ns are 146 years."""
    assert "nothing happened for" in told(forge(end_ns=end_ns)).cause


def test_that_records_far_apart_are_told(forge: Forge) -> None:
    def late(t: Any) -> Any:
        t = t.copy()
        t[-1] = 1 << 62
        return t

    assert "nothing happened for" in told(forge(end_ns=1 << 62, times=late)).cause


def test_that_a_re_run_ends_where_it_leaves_the_recording(forge: Forge) -> None:
    """Each record a hundred thousand times as late as it was: 34 days of a line."""

    def stretched(t: Any) -> Any:
        return t * 100_000

    path = forge(end_ns=30 * S * 100_000, times=stretched)
    run = rerun(read_recording(path))
    assert run.now_ns <= 3600 * S
    result = verify(path)
    assert not result.same
    assert result.difference.startswith("First divergence at record ")


def test_that_problems_of_the_scene_inside_name_the_recording_and_no_temporary_place(
    forge: Forge, loaded: LoadedScene
) -> None:
    broken = loaded.files["scene.yaml"].replace(b"length: 2 m", b"length: 2 s")
    with pytest.raises(Problems) as raised:
        verify(forge(files={"scene.yaml": broken}))
    (problem,) = raised.value.problems
    assert str(problem).startswith("made.recording: scene.yaml:6:27 devices.b.length: ")
    assert tempfile.gettempdir() not in str(problem)


def test_that_files_that_the_scene_inside_misses_are_named_without_a_temporary_place(
    forge: Forge, loaded: LoadedScene
) -> None:
    plc = b"{type: emulated, programs: [main.st], task: {m: {program: M, cycle: 10 ms}}}"
    text = loaded.files["scene.yaml"] + b"controllers: {plc: " + plc + b"}\n"
    program = b"PROGRAM M\n x := 1;\nEND_PROGRAM\n"
    for files in ({"scene.yaml": text}, {"scene.yaml": text, "main.st": program}):
        with pytest.raises(Problems) as raised:
            verify(forge(files=files))
        for problem in raised.value.problems:
            assert str(problem).startswith("made.recording: ")
            assert tempfile.gettempdir() not in repr(problem)
