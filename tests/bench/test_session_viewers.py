"""A viewer beside a fast run: the run lets it pass, and nothing that happens depends on it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from commissioning.bench.load import LoadedScene
from commissioning.sim import pacing
from commissioning.sim.run import Run
from commissioning.sim.session import Session

PATIENCE = 30.0
END = 500_000_000_000


@pytest.fixture
def make(loaded: LoadedScene) -> Callable[[], Run]:
    return lambda: Run(loaded, scenario="quiet")


@contextmanager
def session(make: Callable[[], Run], *arguments: Any, **options: Any) -> Iterator[Session]:
    with closing(Session(make, *arguments, **options)) as made:
        yield made


def stands(s: Session) -> bool:
    """Whether the run comes to rest: the same time over ten looks."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen = set()
        for _ in range(10):
            seen.add(s.run.now_ns)
            time.sleep(0.01)
        if len(seen) == 1:
            return True
    return False


def goes_on(s: Session) -> bool:
    before, deadline = s.run.now_ns, time.monotonic() + PATIENCE
    while s.run.now_ns == before and time.monotonic() < deadline:
        time.sleep(0.005)
    return s.run.now_ns > before


@pytest.mark.parametrize("speed", [math.inf, 50.0])
def test_that_a_run_faster_than_real_time_lets_a_working_viewer_pass(
    make: Callable[[], Run], speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_PATIENCE_S", PATIENCE)
    with session(make, speed) as s:
        s.start()
        assert goes_on(s)
        s.give_way()
        assert stands(s)
        s.go_on()
        assert goes_on(s)


def test_that_a_run_in_real_time_waits_for_nobody(
    make: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_PATIENCE_S", PATIENCE)
    with session(make, 1.0) as s:
        s.start()
        s.give_way()
        assert goes_on(s) and goes_on(s)


def test_that_a_viewer_that_never_finishes_does_not_stop_the_run(make: Callable[[], Run]) -> None:
    with session(make, math.inf, END) as s:
        s.give_way()
        s.start()
        assert s.wait(PATIENCE).state == "ended"


def test_that_a_viewer_changes_nothing_that_happens(make: Callable[[], Run]) -> None:
    plain = make()
    plain.advance_to(END)
    with session(make, math.inf, END) as s:
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.003):
                s.give_way()
                time.sleep(0.002)
                s.go_on()

        viewer = threading.Thread(target=look)
        viewer.start()
        s.start()
        assert s.wait(PATIENCE).state == "ended"
        over.set()
        viewer.join()
        assert s.journal.digest() == plain.journal.digest()
