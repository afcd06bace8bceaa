"""Running in pieces: they grow while they are quick, end where the run ends, and stop when told to."""

from __future__ import annotations

from typing import Any

import pytest

from commissioning.bench import in_pieces
from commissioning.bench.in_pieces import advance_in_pieces


class _Slow:
    """A run that takes `cost` s of wall time for a second of virtual time, on a clock of its own."""

    def __init__(self, cost: float, fails_at: int = 1 << 62) -> None:
        self.now_ns, self.cost, self.fails_at = 0, cost, fails_at
        self.problem: Any = None
        self.wall = 0.0
        self.times: list[int] = []

    def advance_to(self, t_ns: int) -> None:
        self.wall += (t_ns - self.now_ns) / 1e9 * self.cost
        self.now_ns = min(t_ns, self.fails_at)
        self.problem = "broken" if self.now_ns == self.fails_at else None
        self.times.append(self.now_ns)


def _run(
    run: _Slow, until: int, monkeypatch: pytest.MonkeyPatch, stop: float = 2.0
) -> tuple[bool, list[float]]:
    monkeypatch.setattr(in_pieces.time, "perf_counter", lambda: run.wall)
    shares: list[float] = []

    def go_on(share: float) -> bool:
        shares.append(share)
        return share < stop

    return advance_in_pieces(run, until, go_on), shares


def test_that_a_quick_run_takes_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    run = _Slow(1e-9)
    done, shares = _run(run, 3600 * 10**9, monkeypatch)
    assert done and run.now_ns == 3600 * 10**9 and shares[-1] == 1.0
    assert len(shares) == 6  # 1 + 2 + 4 + 8 + 16 of 32, and the rest


def test_that_a_slow_run_can_be_stopped_several_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    run = _Slow(0.01)  # 36 s of wall time
    done, shares = _run(run, 3600 * 10**9, monkeypatch)
    assert done and len(shares) > 3600 * 0.01 / 0.2


def test_that_it_stops_when_told_to_and_where_the_run_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    done, shares = _run(_Slow(0.0), 10**9, monkeypatch, stop=0.2)
    assert not done and shares[-1] < 0.25
    broken = _Slow(0.0, fails_at=5 * 10**8)
    done, shares = _run(broken, 10**9, monkeypatch)
    assert done and broken.now_ns == 5 * 10**8 and len(shares) == 5
