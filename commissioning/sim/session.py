"""A run in a thread of its own, paced from outside.

How fast it goes is `commissioning.sim.pacing`. Viewers read the journal up to `status().records`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from commissioning.model.abandoned import Abandoned
from commissioning.model.problem import Problem, Problems
from commissioning.sim.companions import Companions, Recorder
from commissioning.sim.cycle_times import TaskTimes
from commissioning.sim.holding import Holding
from commissioning.sim.journal import Journal
from commissioning.sim.pacing import Pace
from commissioning.sim.run import Run
from commissioning.sim.session_status import SessionState, SessionStatus

__all__ = ["Recorder", "Session", "SessionState", "SessionStatus"]

_LONGEST_GOODBYE_S = 10.0


class Session:
    """Owns a run and the thread it lives in.

    `make_run` builds the run, also for `reset`. `speed` is virtual seconds per second, `math.inf` as fast as
    possible. `until_ns` ends the run there. `make_recorder`, if given, is called with each new run.
    `catch_up`: what to do when late, see `Pace`. `measure`: how punctual scans are, see `cycle_times`.
    Commands may be called from any thread and return at once.
    """

    def __init__(
        self,
        make_run: Callable[[], Run],
        speed: float = 1.0,
        until_ns: int | None = None,
        make_recorder: Callable[[Run], Recorder] | None = None,
        arm: tuple[str, ...] = (),
        catch_up: bool = True,
        measure: bool = False,
    ) -> None:
        self._make_run = make_run
        self._pace = Pace(speed, until_ns, catch_up)
        self._along = Companions(make_recorder, arm, measure)
        self._commands: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake = Event()
        self._lock = Lock()
        self._asked = 0  # commands given, taken, and answered by a published status
        self._taken = 0
        self._answered = 0
        self._pending: list[Future[Any]] = []
        self._closing = False
        self._state: SessionState = "paused"
        self._rate = 0.0
        self._notice = ""
        self._crash: Problem | None = None
        self._rate_wall, self._rate_events = time.monotonic(), 0
        self._holding = Holding(self._wait_held, lambda: self._closing)
        self.run = make_run()
        try:
            self._adopt()
        except Problems:
            self._along.drop()
            raise
        self._published = self._status()
        self._closed = False
        self._thread = Thread(target=self._loop, name="run", daemon=True)
        self._thread.start()

    # from any thread -----------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """The run's journal; read it up to `status().records`."""
        return self.run.journal

    def status(self) -> SessionStatus:
        """The last published status."""
        return self._published

    def cycle_times(self) -> tuple[TaskTimes, ...]:
        """How punctual the scans of this run have been, by task; none unless `measure`."""
        return self._along.cycle_times()

    @property
    def skipped_cycles(self) -> int:
        """Cycles of wall time that were left out, because the run was late and does not catch up."""
        return self._pace.skipped

    def start(self) -> None:
        """Let time pass."""
        self._command(self._start)

    def pause(self) -> None:
        """Stop between two instants."""
        self._command(self._pause)

    def step_event(self) -> None:
        """Pause and go to the next instant in which something is journaled."""
        self._command(self._step_event)

    def set_speed(self, speed: float) -> None:
        """Virtual seconds per second, `math.inf` = as fast as possible. Raises ValueError."""
        if not speed > 0.0:
            raise ValueError(f"a speed is above 0, got {speed}")
        self._command(lambda: self._set_speed(speed))

    def reset(self) -> None:
        """Back to the exact start: the same scene, seed and nothing else. Forces are gone."""
        self._command(self._reset)

    def give_way(self) -> None:
        """A viewer works now: a run faster than real time waits for it between two instants, not for long.

        Two threads that both want the interpreter slow each other down; one after the other is quicker for
        both. What happens in the run does not depend on it.
        """
        self._pace.give_way()

    def go_on(self) -> None:
        """The viewer is done."""
        self._pace.go_on()

    def do(self, fn: Callable[[Run], Any]) -> Future[Any]:
        """Call `fn(run)` in the run's thread between two instants; its result or exception as a future."""
        future: Future[Any] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(self.run))
            except Exception as error:  # noqa: BLE001  it belongs to whoever asked
                future.set_exception(error)

        with self._lock:
            if self._closed:
                future.cancel()
                return future
            self._pending.append(future)
        future.add_done_callback(self._settled)
        self._command(call)
        return future

    def debug(self, controller: str = "") -> Future[Any]:
        """The debugger of a controller (see `Run.debug`); a scan that it holds holds this session, its state
        is "held" then. Use it by `do`. `reset` makes another one, with the same breakpoints."""
        return self.do(lambda run: self._holding.attach(run, controller))

    def debugger_of(self, run: Run, controller: str) -> Any:
        """The same, for what `do` calls."""
        return self._holding.of(run, controller)

    def debugger(self, controller: str = "") -> Any:
        """The one that was asked for with `debug`, None before."""
        return self._holding.debuggers.get(controller)

    def record(self, make_recorder: Callable[[Run], Recorder] | None) -> Future[Any]:
        """Write the run down from its start on, or, with None, complete what is being written.

        What the recorder raises is in the future. Reset and close complete a recording too.
        """
        return self.do(lambda run: self._along.record(run, make_recorder))

    def arm(self, link: str) -> Future[Any]:
        """Allow a link to write to its controller, for this run. The future holds problems, () if none."""
        return self.do(lambda _: self._along.arm(link))

    def disarm(self, link: str) -> Future[Any]:
        """Back to read-only."""
        return self.do(lambda _: self._along.disarm(link))

    def wait(self, timeout: float | None = None) -> SessionStatus:
        """Wait until the run has ended, failed or paused; returns the status."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._answered < self._asked or self._published.state == "running":
            if deadline is not None and time.monotonic() > deadline:
                break
            time.sleep(0.005)
        return self._published

    def wait_links(self, timeout: float) -> tuple[Problem, ...]:
        """Wait until every link is up, or tell why not."""
        return self._along.wait_links(timeout)

    def close(self) -> None:
        """End the thread, close links and recording. Idempotent. Raises Problems the recording met.

        What was asked for with `do` and not begun is cancelled.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._closing = True
        self._wake.set()
        self._thread.join(_LONGEST_GOODBYE_S)
        if self._thread.is_alive():
            return  # a run that does not come to the end of an instant; its thread ends with the program
        for future in list(self._pending):
            future.cancel()
        self._along.drop()

    def _settled(self, future: Future[Any]) -> None:
        with self._lock:
            self._pending.remove(future)

    # in the run's thread -------------------------------------------------------------------------

    def _command(self, fn: Callable[[], None]) -> None:
        with self._lock:
            self._asked += 1
        self._commands.put(fn)
        self._wake.set()

    def _loop(self) -> None:
        while not self._closing:
            try:
                pause = self._turn()
            except Abandoned:  # a held scan was left
                if self._holding.abandon:
                    self._reset()
                pause = 0.0
            except Exception as error:  # noqa: BLE001  the thread must live on and say what happened
                self._state = "failed"
                self._crash = _crash(error)
                pause = 0.05
            self._published = self._status()
            self._answered = self._taken
            if pause > 0.0:
                self._wake.wait(pause)

    def _turn(self) -> float:
        """One round: commands, time, links, recording. Returns how long to wait, s."""
        self._wake.clear()
        self._obey()
        pause = self._advance() if self._state == "running" else 0.05
        self._exchange()
        self._along.poll()
        return pause

    def _obey(self) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except Empty:
                break
            self._taken += 1
            command()

    def _wait_held(self) -> None:
        """Inside a scan that is held: say so, wait for commands, obey them."""
        held = self._holding.held
        self._state, self._notice = "held", f"held at {held.where}" if held is not None else ""
        self._published = self._status()
        self._answered = self._taken
        self._wake.wait(0.05)
        self._wake.clear()
        self._obey()
        if held is not None and held.released:
            self._state, self._notice = "running", ""
            self._pace.anchor(self.run.now_ns)

    def _advance(self) -> float:
        """Let virtual time pass; returns how long to wait, s."""
        pause = self._pace.advance(self.run)
        if self.run.problem is not None:
            self._state = "failed"
        elif self._pace.over(self.run):
            self._state = "ended"
        return pause

    def _exchange(self) -> None:
        running = self._state == "running"
        reason = self._along.exchange(
            self._pace.virtual if running and not math.isinf(self._pace.speed) else None
        )
        if reason and running:
            self._notice = reason
            self._pause()

    def _start(self) -> None:
        if self._state == "held":
            self._holding.go_on()
        if self._state == "paused":
            self._state = "running"
            self._notice = ""
            self._anchor()

    def _pause(self) -> None:
        if self._state == "running":
            self._state = "paused"
            self._pace.lag = 0.0

    def _step_event(self) -> None:
        self._pause()
        if self._state == "paused":  # not while a scan is held
            self.run.step_event()
            if self.run.problem is not None:
                self._state = "failed"

    def _set_speed(self, speed: float) -> None:
        self._pace.speed = speed
        self._anchor()

    def _reset(self) -> None:
        if self._holding.held is not None:
            self._holding.abandon = True  # first the thread has to come out of the scan
            return
        self._along.drop()
        self.run = self._make_run()
        self._state = "paused"
        self._notice, self._crash = "", None
        self._holding.follow(self.run)
        self._adopt()

    def _adopt(self) -> None:
        self._along.adopt(self.run, self._wake.set, self._pace.due)
        self._rate_events = self.run.events
        cycles = [cycle for host in self.run.line.hosts.values() for cycle in host.cycles if cycle]
        self._pace.cycle_ns = min(cycles, default=self._pace.cycle_ns)
        self._pace.skipped = 0
        self._anchor()

    def _anchor(self) -> None:
        self._pace.anchor(self.run.now_ns)
        self._along.forget_cycle()

    def _status(self) -> SessionStatus:
        wall = time.monotonic()
        elapsed = wall - self._rate_wall
        if elapsed >= 0.5:
            self._rate = (self.run.events - self._rate_events) / elapsed
            self._rate_wall, self._rate_events = wall, self.run.events
        pace = self._pace
        return SessionStatus(
            self._state, self.run.now_ns, self.run.journal.length, pace.speed, pace.lag, self._rate,
            self._crash or self.run.problem or self._alarm(), self._along.statuses(), self._notice,
        )  # fmt: skip

    def _alarm(self) -> Problem | None:
        return self.run.line.alarms[-1] if self.run.line.alarms else None


def _crash(error: Exception) -> Problem:
    if isinstance(error, Problems) and error.problems:
        return error.problems[0]
    return Problem(
        f"the run stopped: {type(error).__name__}: {error}",
        cure="Reset the run; if it happens again, report it with the recording",
    )
