"""Forks: the same past, other random numbers from there on, and all of it repeatable."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from commissioning.bench.experiments.runs import load_in_worker
from commissioning.bench.fork import ForkReport, Payload, forks, run_fork
from commissioning.bench.load import LoadedScene, load, load_text
from commissioning.bench.replay import verify
from commissioning.bench.run import RecordedRun
from commissioning.sim.run import Run

SCENES = Path(__file__).parents[2] / "scenes"
EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything"
MINUTE = 60_000_000_000

QUEUE = """
format: commissioning-scene/1
name: Queue
products: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}}}
devices:
  src: {{type: source, product: box, every: {{exponential: 5 s}}, to: q}}
  q: {{type: buffer, capacity: {capacity}, to: st}}
  st: {{type: station, cycle: {{exponential: {cycle} s}}, to: out}}
  out: {{type: sink}}
"""


@pytest.fixture(scope="module")
def carton_line() -> LoadedScene:
    return load(SCENES / "carton_line")


@pytest.fixture(scope="module")
def everything() -> LoadedScene:
    return load(EVERYTHING)


def queue(tmp_path: Path, capacity: int = 5, cycle: float = 4.0) -> LoadedScene:
    return load_text(QUEUE.format(capacity=capacity, cycle=cycle), tmp_path / "scene.yaml")


def started(loaded: LoadedScene, t_ns: int, seed: int = 1) -> Run:
    run = Run(loaded, seed)
    for signal in run.tags:
        if signal.direction == "output" and not signal.owner and signal.type.value == "BOOL":
            run.write(signal.name, True)
    run.advance_to(t_ns)
    return run


@pytest.mark.parametrize("scene", ["carton_line", "everything"])
def test_that_a_fork_with_the_same_seed_goes_on_bit_for_bit(
    scene: str, request: pytest.FixtureRequest
) -> None:
    live = started(request.getfixturevalue(scene), MINUTE)
    same = live.fork(live.seed)
    assert same.forks == ()
    for run in (live, same):
        run.advance_to(4 * MINUTE)
    assert same.journal.digest() == live.journal.digest()


@pytest.mark.parametrize("scene", ["carton_line", "everything"])
def test_that_a_fork_has_the_same_past_and_another_future(scene: str, request: pytest.FixtureRequest) -> None:
    live = started(request.getfixturevalue(scene), MINUTE)
    before = live.journal.length
    fork, again, other = live.fork(7), live.fork(7), live.fork(8)
    for run in (live, fork, again, other):
        run.advance_to(4 * MINUTE)
    assert fork.journal.digest() == again.journal.digest()
    assert len({run.journal.digest() for run in (live, fork, other)}) == 3
    assert fork.forks == ((MINUTE, 7),)
    first = max(fork.journal.first, live.journal.first)
    assert (fork.journal.records(first, before) == live.journal.records(first, before)).all()


def test_that_every_stream_of_a_forked_run_is_another_one(everything: LoadedScene) -> None:
    live = started(everything, MINUTE)
    fork = live.fork(7)
    streams = [identity for identity in live.line.objects if identity.startswith("random:")]
    keys = [fork.line.objects[name].key for name in streams]  # type: ignore[attr-defined]
    assert len(streams) > 10
    assert len(set(keys)) == len(keys)
    assert all(fork.line.objects[n].key != live.line.objects[n].key for n in streams)  # type: ignore[attr-defined]


def test_that_forks_of_two_variants_share_their_random_numbers(tmp_path: Path) -> None:
    """Arrivals are drawn by the source alone: after the first one, which was on its way, they are the same
    in the variant with the slow station as in the other, although that drew more numbers until then."""
    gaps = []
    for cycle in (2.0, 8.0):
        fork = started(queue(tmp_path, 500, cycle), 10 * MINUTE).fork(3)
        since = fork.journal.length
        fork.advance("30 min")
        records = fork.journal.records(since)
        made = records["t"][records["kind"] == 5].tolist()
        gaps.append([b - a for a, b in pairwise(made)])
    assert len(gaps[0]) > 200
    assert gaps[0] == gaps[1]


def test_that_forks_do_not_repeat_what_a_run_of_their_seed_began_with(tmp_path: Path) -> None:
    loaded = queue(tmp_path, 500)
    fork = started(loaded, 10 * MINUTE, seed=1).fork(2)
    fresh = Run(loaded, 2)
    for run in (fork, fresh):
        run.advance("10 min")

    def gaps(run: Run, after: int) -> set[int]:
        records = run.journal.records(after)
        made = records["t"][records["kind"] == 5].tolist()
        return {b - a for a, b in pairwise(made)}

    assert not gaps(fork, fork.journal.length - 100) & gaps(fresh, 0)


def test_that_forks_of_forks_and_back_to_the_first_seed_are_forks(carton_line: LoadedScene) -> None:
    live = started(carton_line, MINUTE)
    one = live.fork(7)
    one.advance("1 min")
    two = one.fork(live.seed)
    assert two.forks == ((MINUTE, 7), (2 * MINUTE, live.seed))
    straight = one.fork(7)
    assert straight.forks == one.forks
    for run in (one, two, straight):
        run.advance("2 min")
    assert straight.journal.digest() == one.journal.digest() != two.journal.digest()


def test_that_a_recording_of_a_forked_run_re_runs_to_the_same_digest(
    carton_line: LoadedScene, tmp_path: Path
) -> None:
    """The fork stands in the input log; the re-run starts at 0, where the recording does not."""
    live = started(carton_line, 10 * MINUTE)
    live.operate("stop", "press")
    live.advance("7 s")
    live.operate("start", "press")
    fork = live.fork(5)
    fork.force("I_PE4", True)
    recorded = RecordedRun(fork, carton_line, tmp_path / "fork.recording")
    recorded.advance_to(20 * MINUTE)
    fork.release("I_PE4")
    recorded.advance_to(25 * MINUTE)
    recorded.close()
    result = verify(tmp_path / "fork.recording")
    assert result.same, result.difference


def test_that_a_replay_snapshot_of_a_fork_forks_again(carton_line: LoadedScene) -> None:
    live = started(carton_line, MINUTE).fork(5)
    live.advance("20 s")
    assert live.environment.now == 80
    copy = Run.restore(carton_line, live.snapshot())
    assert copy.journal.digest() == live.journal.digest()
    assert copy.forks == live.forks


def test_that_a_seed_that_is_none_is_refused(carton_line: LoadedScene) -> None:
    snapshot = Run(carton_line).snapshot()
    for seed in (-1, 1 << 63):
        with pytest.raises(ValueError, match="seed"):
            Run.restore(carton_line, snapshot, seed)


CHECKED = (
    QUEUE
    + """
checks:
  flows: {{type: within, after: st.busy rises, expect: not st.busy, limit: 2 min, for: 10 min}}
  rests: {{type: never, when: not st.busy for 1 s, for: 10 min}}
"""
)


def test_that_many_forks_over_workers_are_the_forks_one_by_one(tmp_path: Path) -> None:
    loaded = load_text(CHECKED.format(capacity=3, cycle=4), tmp_path / "scene.yaml")
    snapshot = started(loaded, 10 * MINUTE).snapshot()
    report = forks(loaded, snapshot, 4, "20 min", checks=["flows", "rests"], workers=2)
    assert report.from_ns == 10 * MINUTE
    for fork in report.forks:
        alone = Run.restore(loaded, snapshot, fork.seed)
        alone.advance("20 min")
        assert fork.digest == alone.journal.digest()
        assert fork.kpi == alone.kpi()
        assert fork.problem == ""
    assert len({fork.digest for fork in report.forks}) == 4
    rates = [fork.kpi["out"].rate_per_h for fork in report.forks]
    interval = report.interval("out", "rate_per_h")
    assert interval.mean == pytest.approx(sum(rates) / 4)
    assert interval.low < interval.mean < interval.high
    assert [verdict.id for verdict in report.verdicts] == ["flows", "rests"]
    assert report.verdicts[1].verdict == "FAIL"
    assert "at 0:10:00.000, each of 0:20:00.000" in report.as_text()
    assert "count from there on" in report.as_text()
    assert report.as_json()["counts_from_s"] == 600.0
    with pytest.raises(KeyError, match="no figure speed"):
        report.interval("out", "speed")


def test_that_a_fork_whose_device_fails_decides_nothing_and_is_named(carton_line: LoadedScene) -> None:
    """A division by zero in the PLC some time after the fork: the alarm stands in the journal."""
    files = dict(carton_line.files)
    program = files["plc/main.st"].decode()
    files["plc/main.st"] = program.replace(
        "Packed := Packed + 1;", "Packed := Packed + 1; Packed := Packed + Packed / (20 - Packed) * 0;"
    ).encode()
    given = Payload(files, b"", 10 * MINUTE, ())
    loaded = load_in_worker(files, files["scene.yaml"].decode())
    live = Run(loaded, 1)
    live.advance("1 min")
    fork = run_fork(replace(given, snapshot=live.snapshot()), 5)
    assert fork is not None
    assert "division by zero" in fork.problem
    report = ForkReport("line", 0, 1, (fork,))
    assert fork.problem in report.as_text()
    with pytest.raises(ValueError, match="no values"):
        report.interval("out", "count")
