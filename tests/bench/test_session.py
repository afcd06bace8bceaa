"""A run in a thread of its own: commands, status, reset, what it does when things go wrong.

No assertion here depends on how fast the machine is: waiting has a generous end, and the pace is only
compared with what no machine can reach.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import LoadedScene
from commissioning.bench.run import RecordedRun
from commissioning.files.recording import read_recording
from commissioning.model.problem import Problem, Problems
from commissioning.sim.run import Run
from commissioning.sim.session import Session, SessionStatus

PATIENCE = 30.0


@contextmanager
def session(make: Callable[[], Run], *arguments: Any, **options: Any) -> Iterator[Session]:
    with closing(Session(make, *arguments, **options)) as made:
        yield made


def until(session: Session, condition: Callable[[SessionStatus], bool]) -> SessionStatus:
    deadline = time.monotonic() + PATIENCE
    while not condition(session.status()):
        assert time.monotonic() < deadline, session.status()
        time.sleep(0.002)
    return session.status()


@pytest.fixture
def make(loaded: LoadedScene) -> Callable[[], Run]:
    return lambda: Run(loaded, scenario="quiet")


def test_that_a_session_waits_until_it_is_started(make: Callable[[], Run]) -> None:
    with session(make, math.inf, 10_000_000_000) as s:
        status = s.status()
        assert (status.state, status.now_ns, status.problem, status.links) == ("paused", 0, None, ())
        assert status.records == s.journal.length > 0
        assert s.wait(0.0).state == "paused"


def test_that_it_ends_at_its_time_with_the_digest_of_a_run_in_one_go(make: Callable[[], Run]) -> None:
    plain = make()
    plain.advance("500 s")
    for speed in (math.inf, 1e6):
        with session(make, speed, 500_000_000_000) as s:
            s.start()
            status = s.wait(PATIENCE)
            assert (status.state, status.now_ns, status.speed) == ("ended", 500_000_000_000, speed)
            assert status.records == plain.journal.length
            assert s.journal.digest() == plain.journal.digest()
            s.start()  # it is over
            assert s.wait(PATIENCE).state == "ended"


def test_that_a_pause_holds_time_and_a_start_goes_on(make: Callable[[], Run]) -> None:
    with session(make, math.inf) as s:
        s.start()
        until(s, lambda status: status.now_ns > 0)
        s.pause()
        held = s.wait(PATIENCE)
        assert held.state == "paused" and held.lag_s == 0.0
        time.sleep(0.05)
        assert s.status().now_ns == held.now_ns
        s.start()
        until(s, lambda status: status.now_ns > held.now_ns)


def test_that_a_step_goes_to_the_end_of_the_next_instant_with_a_record(make: Callable[[], Run]) -> None:
    plain = make()
    with session(make) as s:
        for _ in range(20):
            plain.step_event()
            s.step_event()
            status = s.wait(PATIENCE)
            assert (status.state, status.now_ns) == ("paused", plain.now_ns)
            assert s.journal.digest() == plain.journal.digest()
        assert plain.now_ns > 0


def test_that_a_step_pauses_a_running_session(make: Callable[[], Run]) -> None:
    with session(make, math.inf) as s:
        s.start()
        until(s, lambda status: status.now_ns > 0)
        s.step_event()
        assert s.wait(PATIENCE).state == "paused"


def test_that_reset_goes_back_to_the_exact_start_and_forgets_forces(make: Callable[[], Run]) -> None:
    start = make().journal.digest()
    plain = make()
    plain.advance("60 s")
    with session(make, math.inf, 60_000_000_000) as s:
        s.do(lambda run: run.force("pe1.blocked", True)).result(PATIENCE)
        s.start()
        assert s.wait(PATIENCE).state == "ended"
        assert s.journal.digest() != plain.journal.digest()
        s.reset()
        status = s.wait(PATIENCE)
        assert (status.state, status.now_ns) == ("paused", 0)
        assert s.journal.digest() == start
        s.start()
        assert s.wait(PATIENCE).state == "ended"
        assert s.journal.digest() == plain.journal.digest()


def test_that_commands_are_answered_at_any_speed(make: Callable[[], Run]) -> None:
    with session(make, 1e15) as s:
        s.start()
        assert s.do(lambda run: run.seed).result(PATIENCE) == 1
        s.set_speed(1e-6)
        s.set_speed(1000.0)
        until(s, lambda status: status.speed == 1000.0)
        for wrong in (0.0, -1.0, math.nan):
            with pytest.raises(ValueError, match="above 0"):
                s.set_speed(wrong)


def test_that_a_future_carries_the_result_or_the_exception(make: Callable[[], Run]) -> None:
    with session(make) as s:
        assert s.do(lambda run: run.now_ns).result(PATIENCE) == 0
        assert s.do(lambda _: threading.current_thread().name).result(PATIENCE) == "run"
        future = s.do(lambda run: run.force("nothing", True))
        with pytest.raises(KeyError, match="no tag or port named nothing"):
            future.result(PATIENCE)
        assert s.status().state == "paused"
        assert s.do(lambda run: run.tags["pe1.blocked"].value).result(PATIENCE) is False


def test_that_what_cannot_be_followed_is_reported_as_lag(make: Callable[[], Run]) -> None:
    """No machine makes 10^12 seconds of this line in a second."""
    with session(make, 1e12) as s:
        s.start()
        status = until(s, lambda status: status.lag_s > 0.0 and status.now_ns > 0)
        assert status.state == "running"
        s.set_speed(math.inf)
        until(s, lambda status: status.lag_s == 0.0 and math.isinf(status.speed))


def test_that_virtual_time_never_runs_ahead_of_the_wall(make: Callable[[], Run]) -> None:
    with session(make, 2.0) as s:
        began = time.monotonic()
        s.start()
        now_ns = until(s, lambda status: status.now_ns > 200_000_000).now_ns
        assert now_ns <= (time.monotonic() - began) * 2e9


def test_that_the_journal_is_whole_up_to_the_published_length(make: Callable[[], Run]) -> None:
    with session(make, math.inf, 3_600_000_000_000) as s:
        s.start()
        while (status := s.status()).state != "ended":
            records = s.journal.records(0, status.records)
            assert len(records) == status.records
            assert int(records["t"][-1]) <= max(status.now_ns, 0)
        assert s.status().events_per_s >= 0.0


def test_that_closing_ends_the_thread_cancels_what_waits_and_may_be_repeated(
    make: Callable[[], Run],
) -> None:
    s = Session(make)
    entered, leave = threading.Event(), threading.Event()

    def block(_: Run) -> str:
        entered.set()
        leave.wait(PATIENCE)
        return "done"

    first = s.do(block)
    assert entered.wait(PATIENCE)
    threading.Timer(0.05, leave.set).start()
    s.close()
    s.close()
    assert first.result(PATIENCE) == "done"
    assert s.do(lambda run: run.now_ns).cancelled()
    assert not [thread for thread in threading.enumerate() if thread.name == "run"]


def test_that_a_run_that_fails_says_so_and_can_be_reset(make: Callable[[], Run]) -> None:
    def broken(_: None) -> None:
        raise ArithmeticError("overheated")

    def failing() -> Run:
        run = make()
        run.line.kernel.call_at(2_000_000_000, broken)
        return run

    with session(failing, math.inf) as s:
        s.start()
        status = s.wait(PATIENCE)
        assert (status.state, status.now_ns) == ("failed", 2_000_000_000)
        assert status.problem is not None and "ArithmeticError: overheated" in status.problem.what
        s.start()
        assert s.wait(PATIENCE).state == "failed"
        s.reset()
        status = s.wait(PATIENCE)
        assert (status.state, status.now_ns, status.problem) == ("paused", 0, None)


class Unwritable:
    """A recorder whose disk is full."""

    def __init__(self) -> None:
        self.closed = 0

    def poll(self) -> None:
        raise Problems(Problem("the disk is full", cure="Make room"))

    def close(self) -> None:
        self.closed += 1


def test_that_a_recorder_that_fails_stops_the_session_with_its_problem(make: Callable[[], Run]) -> None:
    recorder = Unwritable()
    with session(make, 1.0, None, lambda _: recorder) as s:
        status = until(s, lambda status: status.state == "failed")
        assert str(status.problem) == "the disk is full. Make room."
    assert recorder.closed == 1


def test_that_a_session_that_cannot_begin_leaves_nothing_open(
    make: Callable[[], Run], tmp_path: Path
) -> None:
    def refuse(_: Run) -> Any:
        raise Problems(Problem("no place"))

    with pytest.raises(Problems, match="no place"):
        Session(make, 1.0, None, refuse)
    assert not [thread for thread in threading.enumerate() if thread.name in ("run", "links")]


def test_that_what_a_session_records_is_the_run_with_its_inputs(
    make: Callable[[], Run], loaded: LoadedScene, tmp_path: Path
) -> None:
    path = tmp_path / "run.rec"
    with session(make, math.inf, 30_000_000_000, lambda run: RecordedRun(run, loaded, path)) as s:
        s.do(lambda run: run.operate("estop", "push")).result(PATIENCE)
        s.start()
        assert s.wait(PATIENCE).state == "ended"
        digest = s.journal.digest()
    recording = read_recording(path)
    assert (recording.complete, recording.digest, recording.end_ns) == (True, digest, 30_000_000_000)
    assert [entry.value[2:] for entry in recording.inputs] == [["operate", "estop", ["push", None]]]


def test_that_closing_does_not_wait_for_a_run_that_is_stuck_inside_an_instant(
    make: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread is left behind and ends when the instant does; here the test ends it."""
    monkeypatch.setattr("commissioning.sim.session._LONGEST_GOODBYE_S", 0.2)
    entered, leave = threading.Event(), threading.Event()

    def stuck(_: None) -> None:
        entered.set()
        leave.wait(PATIENCE)

    def sticky() -> Run:
        run = make()
        run.line.kernel.call_at(1, stuck)
        return run

    s = Session(sticky, math.inf)
    try:
        s.start()
        assert entered.wait(PATIENCE)
        began = time.monotonic()
        s.close()
        assert time.monotonic() - began < PATIENCE / 2
        assert s.do(lambda run: run.now_ns).cancelled()
    finally:
        leave.set()
    for thread in threading.enumerate():
        if thread.name == "run":
            thread.join(PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name == "run"]


@pytest.mark.parametrize("speed", [math.inf, 1e9])
def test_that_the_first_stretches_of_time_are_short(make: Callable[[], Run], speed: float) -> None:
    """Nobody knows beforehand how much happens in a line: 1 ms of it first, then twice as much at most."""
    spans: list[int] = []

    def watched() -> Run:
        run = make()
        go = run.advance_to

        def advance_to(t_ns: int) -> None:
            spans.append(t_ns - run.now_ns)
            go(t_ns)

        run.advance_to = advance_to  # type: ignore[method-assign]
        return run

    with session(watched, speed, 600_000_000_000) as s:
        s.start()
        assert s.wait(PATIENCE).state == "ended"
    assert spans[0] <= 1_000_000
    longest = itertools.accumulate(spans, max)
    assert all(after <= 2 * before for before, after in zip(longest, spans[1:], strict=False))
    assert max(spans) > 1_000_000_000, "and it finds out that this line is a light one"
