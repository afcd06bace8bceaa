"""What the tests of reversible belts and of reversible conveyors share: times, edges, and a plan of commands that is
played as it is or restored from snapshots on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from commissioning.sim.analysis.history import History
from commissioning.sim.analysis.littles_law import law
from commissioning.sim.run import Run

__all__ = ["edges", "goes_on_alike", "near", "to"]

Plan = Sequence[tuple[float, Mapping[str, bool]]]


def to(run: Run, seconds: float) -> None:
    run.advance_to(round(seconds * 1e9))


def edges(run: Run, name: str) -> list[float]:
    """s, without the value at the start."""
    return [t * 1e-9 for t, _ in run.journal.edges(name)][1:]


def near(*times: float) -> Any:
    """Within 1 us."""
    return pytest.approx(list(times), abs=1e-6)


def _played(run: Run, plan: Plan, end: float, snapshots: bool) -> Run:
    def restored(run: Run) -> Run:
        return Run.restore(run.loaded, run.snapshot()) if snapshots else run

    for t, forced in plan:
        to(run, t)
        for tag, value in forced.items():
            run.force(tag, value)
        run = restored(run)
        to(run, t + 0.7)
        run = restored(run)
    to(run, end)
    return run


def goes_on_alike(run: Run, plan: Plan, end: float) -> Run:
    """The run at `end` s, after the tags of `plan` were forced: its statistics balance, nothing is an alarm, and
    restored at each command and 0.7 s after it, it is the same to the last bit."""
    begin = run.snapshot()
    plain = _played(run, plan, end, False)
    history = History(plain.journal.header, plain.journal.records(), plain.now_ns, 0)
    assert all(balance.holds for balance in law(history).balances)
    assert plain.line.alarms == []
    again = _played(Run.restore(run.loaded, begin), plan, end, True)
    assert again.journal.digest() == plain.journal.digest()
    return plain
