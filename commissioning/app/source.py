"""What the window watches: a live session or a recording, behind one reading interface."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from commissioning.files.recording import Recording
    from commissioning.sim.run import Run
    from commissioning.sim.session import Recorder, Session


@dataclass(frozen=True)
class Status:
    """The state of what is watched. `end_ns` is as far as time can be reviewed."""

    state: str = "empty"  # empty, running, paused, ended, failed
    now_ns: int = 0
    end_ns: int = 0
    speed: float = 1.0
    lag_s: float = 0.0
    events_per_s: float = 0.0
    problem: Any = None
    links: tuple[tuple[str, Any], ...] = ()  # id and LinkStatus
    notice: str = ""


class Source(Protocol):
    mode: str  # LOCK-STEP, FREE RUN, REPLAY or ""
    live: bool  # acts on a run: force, operate

    @property
    def header(self) -> Mapping[str, Any]: ...
    @property
    def texts(self) -> Sequence[str]: ...
    @property
    def length(self) -> int: ...
    @property
    def generation(self) -> int:
        """Another number means another journal: begin again."""
        ...

    def records(self, start: int, stop: int) -> NDArray[np.void]: ...
    def status(self) -> Status: ...
    def start(self) -> None: ...
    def pause(self) -> None: ...
    def step_event(self) -> None: ...
    def set_speed(self, speed: float) -> None: ...
    def reset(self) -> None: ...
    def seek(self, t_ns: int) -> None: ...
    def do(self, act: Callable[[Any], Any]) -> Future[Any] | None: ...
    def give_way(self) -> None:
        """The window works: a fast run waits for it, until `go_on`."""
        ...

    def go_on(self) -> None: ...
    def close(self) -> None: ...


class LiveSource:
    """A session: a run in its own paced thread."""

    live = True

    def __init__(
        self, session: Session, mode: str = "LOCK-STEP", scenario: str = "", seed: int | None = None,
        recorder: Callable[[Run, Path], Recorder] | None = None,
    ):  # fmt: skip
        """`recorder` makes what writes a run into a file."""
        self.session = session
        self.mode = mode
        self.scenario, self.seed = scenario, seed
        self.journal: Any = session.journal
        self.recording: Path | None = None
        self.touched = False  # somebody has acted on this run: it is no longer the one of a check
        self._recorder = recorder
        self._generation = 1

    @property
    def generation(self) -> int:
        """Changes when a reset has made another run. Until this is asked, the old journal is read on."""
        journal = self.session.journal
        if journal is not self.journal:
            self.journal = journal
            self.recording, self.touched = None, False
            self._generation += 1
        return self._generation

    @property
    def header(self) -> Mapping[str, Any]:
        header: Mapping[str, Any] = self.journal.header
        return header

    @property
    def texts(self) -> Sequence[str]:
        texts: Sequence[str] = self.journal.texts
        return texts

    @property
    def length(self) -> int:
        length = int(self.journal.length)
        if self.session.journal is not self.journal:  # a reset: nobody writes this one any more
            return length
        # Only whole instants: the run thread may be inside one.
        return min(length, int(self.session.status().records))

    def records(self, start: int, stop: int) -> NDArray[np.void]:
        records: NDArray[np.void] = self.journal.records(start, stop)
        return records

    def status(self) -> Status:
        s = self.session.status()
        return Status(
            s.state, s.now_ns, s.now_ns, s.speed, s.lag_s, s.events_per_s, s.problem, tuple(s.links), s.notice
        )

    def start(self) -> None:
        self.session.start()

    def pause(self) -> None:
        self.session.pause()

    def step_event(self) -> None:
        self.session.step_event()

    def set_speed(self, speed: float) -> None:
        self.session.set_speed(speed)

    def reset(self) -> None:
        self.session.reset()

    def seek(self, t_ns: int) -> None:
        """A live run cannot be sought; the window reviews its journal instead."""

    def do(self, act: Callable[[Any], Any]) -> Future[Any] | None:
        self.touched = True
        future: Future[Any] = self.session.do(act)
        return future

    def record(self, file: Path | None) -> Future[Any] | None:
        """Write the run down from its start on, into `file`; with None complete what is being written."""
        make = self._recorder
        if file is None:
            self.recording = None
            return self.session.record(None)
        if make is None:
            return None
        self.recording = file
        return self.session.record(lambda run: make(run, file))

    def save_recording(self, file: Path) -> Future[Any] | None:
        """The run so far, as a complete recording. The run waits meanwhile."""
        make = self._recorder
        if make is None:
            return None

        def save(run: Run) -> None:
            run.refuse_while_held()
            beside = run.journal.on_chunk  # of a recording that goes on
            try:
                make(run, file).close()
            finally:
                run.journal.on_chunk = beside

        return self.session.do(save)

    def give_way(self) -> None:
        self.session.give_way()

    def go_on(self) -> None:
        self.session.go_on()

    def close(self) -> None:
        self.session.close()


class ReplaySource:
    """A recording, played back by the clock of this computer."""

    mode = "REPLAY"
    live = False
    generation = 1

    def __init__(
        self, recording: Recording, clock: Callable[[], float] = time.monotonic, start_ns: int = 0,
        notice: str = "",
    ):  # fmt: skip
        """Nothing is known before `start_ns` (a run that was restored from a snapshot); `notice` says so."""
        self.recording, self.start_ns, self.notice = recording, start_ns, notice
        self._clock = clock
        self._anchor_ns, self._anchor_s = start_ns, clock()
        self._playing = False
        self._speed = 1.0

    @property
    def header(self) -> Mapping[str, Any]:
        return self.recording.header

    @property
    def texts(self) -> Sequence[str]:
        return self.recording.texts

    @property
    def length(self) -> int:
        return len(self.recording.records)

    def records(self, start: int, stop: int) -> NDArray[np.void]:
        return self.recording.records[start:stop]

    def status(self) -> Status:
        end = self.recording.end_ns
        now = self._now()
        if self._playing and now >= end:
            self._anchor(end)
            self._playing = False
        state = "running" if self._playing else "ended" if now >= end else "paused"
        return Status(state, now, end, self._speed, notice=self.notice)

    def start(self) -> None:
        now = self._now()
        self._anchor(self.start_ns if now >= self.recording.end_ns else now)
        self._playing = True

    def pause(self) -> None:
        self._anchor(self._now())
        self._playing = False

    def step_event(self) -> None:
        """To the next instant at which something was journaled."""
        self.pause()
        times = self.recording.records["t"]
        later = int(np.searchsorted(times, self._anchor_ns, "right"))
        self.seek(int(times[later]) if later < len(times) else self.recording.end_ns)

    def set_speed(self, speed: float) -> None:
        self._anchor(self._now())
        self._speed = speed

    def reset(self) -> None:
        self.pause()
        self.seek(self.start_ns)

    def seek(self, t_ns: int) -> None:
        self._anchor(min(max(t_ns, self.start_ns), self.recording.end_ns))

    def do(self, act: Callable[[Any], Any]) -> Future[Any] | None:
        return None

    def give_way(self) -> None:
        """Nobody else wants the interpreter."""

    def go_on(self) -> None:
        pass

    def close(self) -> None:
        self._playing = False

    def _anchor(self, t_ns: int) -> None:
        self._anchor_ns, self._anchor_s = t_ns, self._clock()

    def _now(self) -> int:
        if not self._playing:
            return self._anchor_ns
        if math.isinf(self._speed):
            return self.recording.end_ns
        passed = (self._clock() - self._anchor_s) * self._speed
        return min(self._anchor_ns + round(passed * 1e9), self.recording.end_ns)
