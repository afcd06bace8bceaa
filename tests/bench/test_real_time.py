"""An emulated PLC at the pace of the wall: what is measured, and that nothing of it gets into the run.

No limit here depends on how fast the machine is.
"""

from __future__ import annotations

import math
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.load import LoadedScene, load
from commissioning.bench.run import Run
from commissioning.sim.session import Session

MS = 1_000_000


@pytest.fixture(scope="module")
def event_tasks() -> LoadedScene:
    return load(Path(__file__).parents[1] / "scenes" / "event_tasks")


def test_that_every_scan_in_real_time_is_measured(event_tasks: LoadedScene) -> None:
    with closing(
        Session(lambda: Run(event_tasks, every_scan=True), 1.0, 1_000 * MS, measure=True)
    ) as session:
        session.start()
        assert session.wait(30).state == "ended"
        found = {task.task: task for task in session.cycle_times()}
        run = session.run
    assert {name: task.cycle_s for name, task in found.items()} == {
        "slow": 0.035, "fast": 0.01, "eye": 0.0, "batch": 0.0, "both": 0.02,
    }  # fmt: skip
    fast = found["fast"]
    assert fast.scans == 100  # 10, 20 .. 1000 ms; at 0 the run was made
    assert found["slow"].scans == 28
    assert 0.0 < fast.execution.least <= fast.execution.mean <= fast.execution.p99 <= fast.execution.most
    assert fast.delay is not None and 0.0 <= fast.delay.least <= fast.delay.most
    assert fast.jitter is not None
    plain = Run(event_tasks)
    plain.advance_to(1_000 * MS)
    assert run.journal.digest() == plain.journal.digest()


@pytest.mark.parametrize("catch_up", [True, False])
def test_that_being_late_changes_nothing_in_the_run(event_tasks: LoadedScene, catch_up: bool) -> None:
    def slow_run() -> Run:
        run = Run(event_tasks, every_scan=True)
        host = run.line.hosts["plc"]
        exchange = host.exchange

        def dawdles(task: int, t: int, changed: Any) -> Any:
            if t in (100 * MS, 200 * MS):
                time.sleep(0.045)
            return exchange(task, t, changed)

        host.exchange = dawdles
        return run

    with closing(Session(slow_run, 1.0, 500 * MS, catch_up=catch_up, measure=True)) as session:
        session.start()
        assert session.wait(30).state == "ended"
        skipped, run = session.skipped_cycles, session.run
        overruns = sum(task.overruns for task in session.cycle_times())
    assert (skipped == 0) if catch_up else (skipped >= 4)  # twice 45 ms in a cycle of 10 ms, and three tasks
    assert overruns >= 2
    plain = Run(event_tasks)
    plain.advance_to(500 * MS)
    assert run.journal.digest() == plain.journal.digest()


def test_that_nothing_is_measured_unless_asked(event_tasks: LoadedScene) -> None:
    with closing(Session(lambda: Run(event_tasks), math.inf, 500 * MS)) as session:
        session.start()
        session.wait(30)
        assert session.cycle_times() == ()


def test_that_a_reset_begins_the_figures_anew(event_tasks: LoadedScene) -> None:
    with closing(Session(lambda: Run(event_tasks), math.inf, 500 * MS, measure=True)) as session:
        session.start()
        session.wait(30)
        before = sum(task.scans for task in session.cycle_times())
        session.reset()
        session.wait(30)
        after = sum(task.scans for task in session.cycle_times())
        assert before > after  # those at time 0 ran when the run was made, and are in neither
