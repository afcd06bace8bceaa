"""Execution times, jitter and overruns of scans against a clock that the test turns."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.sim.controller import Task
from commissioning.sim.cycle_times import CycleTimes, Tally, TaskTimes
from commissioning.sim.kernel import Kernel
from commissioning.sim.pacing import Pace

MS = 1_000_000


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_that_a_tally_is_exact_but_for_percentiles_that_are_a_sixteenth_too_high_at_most(
    values: list[int], share: float
) -> None:
    tally = Tally()
    for value in values:
        tally.add(value)
    assert (tally.count, tally.least, tally.most) == (len(values), min(values), max(values))
    assert tally.mean == pytest.approx(np.mean(values))
    exact = int(np.percentile(values, share * 100, method="inverted_cdf"))
    assert exact <= tally.percentile(share) <= exact * (1 + 1 / 16)


def test_that_an_empty_tally_has_no_values_and_counts_what_is_negative_as_nothing() -> None:
    tally = Tally()
    assert (tally.mean, tally.percentile(0.99)) == (0.0, 0)
    tally.add(-5)
    assert (tally.count, tally.most) == (1, 0)


class Stage:
    """Hosts whose scans take as long as the script says, and a wall clock."""

    def __init__(self, cycle_ns: int = 10 * MS, paced: bool = True) -> None:
        self.wall, self.takes = 0, 0
        controller: Any = SimpleNamespace(id="plc", tasks=[Task("main", cycle_ns, event=not cycle_ns)])
        self.host: Any = SimpleNamespace(controller=controller, exchange=self.exchange)
        self.times = CycleTimes([self.host], lambda t: t if paced else None, lambda: self.wall)

    def exchange(self, task: int, t: int, changed: object) -> str:
        self.wall += self.takes
        return "outputs"

    def scan(self, t_ms: float, begun_ms: float, takes_ms: float) -> None:
        self.wall, self.takes = round(begun_ms * MS), round(takes_ms * MS)
        assert self.host.exchange(0, round(t_ms * MS), ()) == "outputs"

    @property
    def figures(self) -> TaskTimes:
        (found,) = self.times.tasks()
        return found


def test_that_execution_delay_jitter_and_overruns_are_those_of_the_script() -> None:
    stage = Stage()
    for scan in ((0, 0.1, 1), (10, 10.3, 2), (20, 20.2, 12), (30, 32.2, 1), (40, 40.1, 1)):
        stage.scan(*scan)
    f = stage.figures
    assert (f.controller, f.task, f.cycle_s, f.scans) == ("plc", "main", 0.01, 5)
    assert (f.execution.least, f.execution.mean, f.execution.most) == pytest.approx((0.001, 0.0034, 0.012))
    assert f.delay is not None and f.jitter is not None
    # delays 0.1 0.3 0.2 2.2 0.1 ms; from one to the next 0.2 0.1 2.0 2.1 ms
    assert (f.delay.least, f.delay.most, f.jitter.least, f.jitter.most) == pytest.approx(
        (0.0001, 0.0022, 0.0001, 0.0021)
    )
    assert f.jitter.mean == pytest.approx(0.0011)
    assert f.overruns == 1  # the third was done at 32.2 ms, the fourth was due at 30 ms
    assert f.load == pytest.approx(0.34)
    assert "plc.main: cycle 10 ms, 5 scans, execution 1 ms/3.4 ms/12 ms/12 ms (min/mean/p99/max)" in str(f)


def test_that_scans_that_were_skipped_are_no_jitter() -> None:
    stage = Stage()
    for t in (0, 10, 500, 510):
        stage.scan(t, t + 0.1, 1)
    assert stage.figures.jitter is not None and stage.figures.jitter.most == pytest.approx(0.0, abs=1e-9)


def test_that_scans_on_either_side_of_a_new_anchor_do_not_follow_each_other() -> None:
    stage = Stage()
    stage.scan(0, 0, 1)
    stage.times.forget()
    stage.scan(10, 500, 1)
    assert stage.figures.jitter is None
    assert stage.figures.delay is not None and stage.figures.delay.most == pytest.approx(0.49)


def test_that_an_event_task_has_a_delay_and_no_overruns_and_full_speed_neither() -> None:
    event = Stage(cycle_ns=0)
    event.scan(3, 3.5, 50)
    assert (event.figures.jitter, event.figures.overruns, event.figures.load) == (None, 0, 0.0)
    assert event.figures.delay is not None and event.figures.delay.most == pytest.approx(0.0005)
    unpaced = Stage(paced=False)
    unpaced.scan(0, 5, 50)
    assert (unpaced.figures.delay, unpaced.figures.jitter, unpaced.figures.overruns) == (None, None, 0)
    assert unpaced.figures.execution.most == pytest.approx(0.05)


def test_that_a_look_that_starts_nothing_is_no_scan() -> None:
    stage = Stage(cycle_ns=0)
    stage.host.exchange = lambda task, t, changed: None
    times = CycleTimes([stage.host], lambda t: t, lambda: 0)
    assert stage.host.exchange(0, 0, ()) is None
    assert times.tasks()[0].scans == 0


def test_that_what_a_scan_raises_goes_through() -> None:
    stage = Stage()

    def fails(*_: object) -> None:
        raise ValueError("stop")

    stage.host.exchange = fails
    CycleTimes([stage.host], lambda t: t, lambda: 0)
    with pytest.raises(ValueError, match="stop"):
        stage.host.exchange(0, 0, ())


class Clock:
    """A wall that stands still but for what the test and the run's work take, s."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("commissioning.sim.pacing.time.monotonic", lambda: self.now)


class FakeRun:
    """Something happens each `every_ns`; `work` tells how long it takes on the wall, by virtual time."""

    def __init__(self, clock: Clock, every_ns: int, work: dict[int, float]) -> None:
        self.clock, self.every, self.work = clock, every_ns, work
        kernel = Kernel()
        self.line = SimpleNamespace(kernel=kernel)
        self.problem = None
        self.seen: list[tuple[int, float]] = []
        kernel.call_at(0, self.happens)

    @property
    def now_ns(self) -> int:
        return int(self.line.kernel.now)

    def advance_to(self, t: int) -> None:
        self.line.kernel.advance(t)

    def happens(self, _: object) -> None:
        now = self.now_ns
        self.seen.append((now // MS, round(self.clock.now - 100.0, 6)))
        self.clock.now += self.work.get(now, 0.0)
        self.line.kernel.call_at(now + self.every, self.happens)


def paced(monkeypatch: pytest.MonkeyPatch, catch_up: bool, work: dict[int, float], until_s: float) -> FakeRun:
    clock = Clock(monkeypatch)
    run: Any = FakeRun(clock, 10 * MS, work)
    pace = Pace(1.0, None, catch_up)
    pace.anchor(0)
    while clock.now < 100.0 + until_s:
        rest = pace.advance(run)
        clock.now += rest
    run.pace = pace
    return run  # type: ignore[no-any-return]


def test_that_a_run_in_time_waits_for_the_very_next_event(monkeypatch: pytest.MonkeyPatch) -> None:
    run = paced(monkeypatch, True, {}, 0.1)
    assert [wall for _, wall in run.seen] == pytest.approx([t / 1000 for t, _ in run.seen], abs=0.00021)
    assert len(run.seen) >= 10


def test_that_a_run_that_is_late_catches_up(monkeypatch: pytest.MonkeyPatch) -> None:
    run = paced(monkeypatch, True, {20 * MS: 0.035}, 0.1)
    assert {t: wall for t, wall in run.seen if 20 <= t <= 60} == pytest.approx(
        {20: 0.02, 30: 0.055, 40: 0.055, 50: 0.055, 60: 0.06}, abs=0.0003
    )
    assert run.pace.skipped == 0  # type: ignore[attr-defined]


def test_that_the_other_policy_leaves_whole_cycles_of_wall_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    run = paced(monkeypatch, False, {20 * MS: 0.035}, 0.12)
    # done at 55 ms, when 30 ms was 25 ms late: two cycles are left out, and what follows keeps its grid
    assert {t: wall for t, wall in run.seen if 20 <= t <= 60} == pytest.approx(
        {20: 0.02, 30: 0.055, 40: 0.06, 50: 0.07, 60: 0.08}, abs=0.0003
    )
    assert run.pace.skipped == 2  # type: ignore[attr-defined]


def test_that_when_virtual_time_is_due_follows_the_anchor_and_the_speed() -> None:
    pace = Pace(2.0, None)
    pace.anchor(4_000 * MS)
    first, later = pace.due(4_000 * MS), pace.due(5_000 * MS)
    assert first is not None and later is not None and later - first == pytest.approx(500 * MS, abs=1000)
    assert Pace(math.inf, None).due(0) is None
