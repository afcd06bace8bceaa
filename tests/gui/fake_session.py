"""A session without a run: a journal of the fake line, and a memory of what it was asked."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import numpy as np
from fake_line import header

from commissioning.model.record import RECORD, Kind

SECOND = 1_000_000_000


class FakeJournal:
    def __init__(self) -> None:
        self.header = header()
        self.texts: list[str] = ["", "push", "5.2 s after the edge"]
        self.rows: list[tuple[Any, ...]] = []
        for number in range(6):
            self.add(0, Kind.VALUE, 1 | 1 << 8, number, 0.0)
        for number in range(6):
            self.add(SECOND, Kind.VALUE, 0, number, float(number % 2))
        self.add(SECOND, Kind.STATE, 1, 1, 2.0)
        self.add(2 * SECOND, Kind.STATE, 3, 3, 1.0)
        self.add(3 * SECOND, Kind.PART_GONE, 0, 1, 5.0)

    def add(self, t: int, kind: int, aux: int, obj: int, a: float = 0.0, b: float = 0.0) -> None:
        self.rows.append((t, int(kind), aux, obj, 0, a, b, 0.0, 0.0))

    @property
    def length(self) -> int:
        return len(self.rows)

    def records(self, start: int = 0, stop: int | None = None) -> Any:
        return np.array(self.rows[start:stop], RECORD)


class FakeSession:
    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.state, self.now_ns, self.speed = "paused", 10 * SECOND, 1.0
        self.journal = FakeJournal()
        self.run = FakeRun(self)

    def status(self) -> Any:
        return SimpleNamespace(
            state=self.state, now_ns=self.now_ns, records=self.journal.length, speed=self.speed, lag_s=0.0004,
            events_per_s=9214.0, problem=None, links=(), notice="",
        )  # fmt: skip

    def start(self) -> None:
        self.state = "running"

    def pause(self) -> None:
        self.state = "paused"

    def step_event(self) -> None:
        self.asked.append("step")

    def set_speed(self, speed: float) -> None:
        self.speed = speed

    def reset(self) -> None:
        self.state, self.now_ns = "paused", 0
        self.journal = FakeJournal()

    def do(self, act: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(act(self.run))
        except (KeyError, ValueError, TypeError) as error:
            future.set_exception(error)
        return future

    def give_way(self) -> None:
        pass

    def go_on(self) -> None:
        pass

    def close(self) -> None:
        self.asked.append("close")


class FakeRun:
    def __init__(self, session: FakeSession) -> None:
        self.session = session

    def _signal(self, name: str) -> int:
        names = [s["name"] for s in self.session.journal.header["core"]["signals"]]
        if name not in names:
            raise KeyError(f"no tag or port named {name}")
        return names.index(name)

    def force(self, name: str, value: Any) -> None:
        number, journal, now = self._signal(name), self.session.journal, self.session.now_ns
        journal.add(now, Kind.OVERRIDE, 1, number, float(value))
        journal.add(now, Kind.VALUE, 4, number, float(value))

    def release(self, name: str) -> None:
        number, journal, now = self._signal(name), self.session.journal, self.session.now_ns
        journal.add(now, Kind.OVERRIDE, 2, number)
        journal.add(now, Kind.VALUE, 0, number, float(number % 2))

    def operate(self, device: str, action: str) -> None:
        self.session.asked.append((device, action))
