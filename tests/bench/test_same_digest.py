"""One scene, seed and inputs: one digest, however the run was made."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun, Run
from commissioning.sim.session import Session

SCENES = Path(__file__).parents[2] / "scenes"
TESTS = Path(__file__).parents[1] / "scenes"
TWENTY_S = 20_000_000_000


@pytest.fixture(scope="module")
def carton_line() -> LoadedScene:
    return load(SCENES / "carton_line")


def straight(loaded: LoadedScene, t_ns: int = TWENTY_S, seed: int = 1) -> str:
    run = Run(loaded, seed, "production")
    run.advance_to(t_ns)
    return run.journal.digest()


def through_session(loaded: LoadedScene, speed: float, t_ns: int) -> str:
    session = Session(lambda: Run(loaded, 1, "production"), speed, t_ns)
    try:
        session.start()
        assert session.wait(60).state == "ended"
        return session.journal.digest()
    finally:
        session.close()


def test_that_another_seed_gives_another_digest(carton_line: LoadedScene) -> None:
    assert straight(carton_line) == straight(carton_line)
    assert straight(carton_line) != straight(carton_line, seed=2)


@pytest.mark.parametrize("slice_ns", [1_000_000, 7_654_321, 333_333_333])
def test_that_slices_change_nothing(carton_line: LoadedScene, slice_ns: int) -> None:
    run = Run(carton_line, 1, "production")
    while run.now_ns < TWENTY_S:
        run.advance_to(min(TWENTY_S, run.now_ns + slice_ns))
    assert run.journal.digest() == straight(carton_line)


def test_that_stepping_event_by_event_changes_nothing(carton_line: LoadedScene) -> None:
    run = Run(carton_line, 1, "production")
    while True:
        t = run.line.kernel.next_time()
        if t is None or t > TWENTY_S:
            break
        run.step_event()
    run.advance_to(max(run.now_ns, TWENTY_S))
    assert run.journal.digest() == straight(carton_line, run.now_ns)


def test_that_full_speed_and_a_paced_thread_change_nothing(carton_line: LoadedScene) -> None:
    assert through_session(carton_line, math.inf, TWENTY_S) == straight(carton_line)
    assert through_session(carton_line, 10.0, TWENTY_S) == straight(carton_line)


@pytest.mark.slow
def test_that_twenty_seconds_in_real_time_change_nothing(carton_line: LoadedScene) -> None:
    assert through_session(carton_line, 1.0, TWENTY_S) == straight(carton_line)


def test_that_recording_changes_nothing_and_the_recording_re_runs(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    run = Run(carton_line, 1, "production")
    recorded = RecordedRun(run, carton_line, tmp_path / "a.rec")
    recorded.advance_to(1_500_000_000_000)
    recorded.close()
    assert run.journal.digest() == straight(carton_line, 1_500_000_000_000)
    result = verify(tmp_path / "a.rec")
    assert result.same, result.difference
    assert result.records == run.journal.length


def test_that_a_chain_of_snapshots_changes_nothing(carton_line: LoadedScene) -> None:
    rng = random.Random(1)
    run = Run(carton_line, 1, "production")
    while run.now_ns < TWENTY_S:
        run.advance_to(min(TWENTY_S, run.now_ns + rng.randrange(1, 2_000_000_000)))
        run = Run.restore(carton_line, run.snapshot())
    assert run.journal.digest() == straight(carton_line)


def test_that_saving_and_loading_the_scene_changes_nothing(carton_line: LoadedScene, tmp_path: Path) -> None:
    for name, content in carton_line.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "scene.yaml").write_text(carton_line.text.dump())
    again = load(tmp_path)
    assert again.scene.hash == carton_line.scene.hash
    assert straight(again) == straight(carton_line)


@pytest.mark.parametrize(
    "scene",
    [SCENES / "carton_line", TESTS / "two_tasks", TESTS / "event_tasks"],
    ids=lambda path: path.name,
)
def test_that_skipping_scans_changes_nothing_under_100_storms_of_forces(scene: Path) -> None:
    """Inputs forced at random times, half of them on the scan grid, 25 times in each storm."""
    loaded = load(scene)
    names = [s.name for s in Run(loaded).tags if s.direction == "input"]
    for seed in range(100):
        digests, scans = [], []
        for every_scan in (False, True):
            rng = random.Random(seed)
            run = Run(loaded, seed, every_scan=every_scan)
            for _ in range(25):
                gap = rng.choice([5_000_000 * rng.randrange(1, 120), rng.randrange(1, 600_000_000)])
                run.advance_to(run.now_ns + gap)
                name = rng.choice(names)
                if rng.random() < 0.6:
                    run.force(name, rng.random() < 0.5)
                else:
                    run.release(name)
            digests.append(run.journal.digest())
            scans.append(sum(run.scans.values()))
        assert digests[0] == digests[1], f"storm {seed}"
        assert scans[0] < scans[1]


def test_that_operator_inputs_between_instants_replay_to_the_same_digest(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    for seed in range(10):
        rng = random.Random(seed)
        run = Run(carton_line, seed, "")
        recorded = RecordedRun(run, carton_line, tmp_path / f"{seed}.rec")
        for _ in range(30):
            if rng.random() < 0.7:
                recorded.advance_to(run.now_ns + rng.randrange(1, 3_000_000_000))
            run.operate(rng.choice(["start", "start", "stop"]), rng.choice(["press", "push", "release"]))
            if rng.random() < 0.3:
                run.force("I_PE4", rng.random() < 0.5)
            if rng.random() < 0.3:
                run.release("I_PE4")
        recorded.advance_to(run.now_ns + 5_000_000_000)
        recorded.close()
        result = verify(tmp_path / f"{seed}.rec")
        assert result.same, f"seed {seed}: {result.difference}"
