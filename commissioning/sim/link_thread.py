"""The asyncio thread of all links, and the base of links that live in it.

The thread starts with the first link that opens and ends with the last one that closes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from commissioning.model.problem import Place, Problem
from commissioning.sim.link import Change, FromOutside, Link, LinkStatus, LinkTag, State

__all__ = ["LinkThread", "QueuedLink"]

_CLOSE_SECONDS = 5.0


class LinkThread:
    """One daemon thread with an asyncio loop, shared by all links of the process."""

    _lock: ClassVar[threading.Lock] = threading.Lock()
    _shared: ClassVar[LinkThread | None] = None

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._users = 0
        self._thread = threading.Thread(target=self._run, name="links", daemon=True)
        self._thread.start()

    @classmethod
    def acquire(cls) -> LinkThread:
        """The shared thread, started if need be. Every `acquire` needs one `release`."""
        with cls._lock:
            if cls._shared is None:
                cls._shared = LinkThread()
            cls._shared._users += 1
            return cls._shared

    def release(self) -> None:
        """The last user's release ends the thread."""
        with LinkThread._lock:
            self._users -= 1
            if self._users:
                return
            if LinkThread._shared is self:
                LinkThread._shared = None
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_CLOSE_SECONDS)

    def call(self, fn: Callable[[], object]) -> None:
        """Call `fn()` in the thread soon, in the order of the calls."""
        self.loop.call_soon_threadsafe(fn)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()


class QueuedLink(Link):
    """A link whose protocol runs as one coroutine, `run`, in the asyncio thread.

    The base moves batches between the two threads. A subclass overrides `run`, which calls
    `take` for what goes out, `receive` for what came in, and `report` for its state.
    """

    def __init__(self, id: str, params: Mapping[str, Any], folder: Path = Path()) -> None:
        super().__init__(id, params, folder)
        self.tags: tuple[LinkTag, ...] = ()
        self.kick: asyncio.Event
        self.reads = self.writes = self.refused_writes = 0
        self.lag_ms = 0.0
        self.partner = ""
        self.problems: tuple[Problem, ...] = ()
        self._state: State = "closed"
        self._reason = ""
        self._lock = threading.Lock()
        self._outgoing: dict[int, Change] = {}
        self._handed_ns = 0
        self._kicked = False
        self._incoming: deque[FromOutside] = deque()
        self._wake: Callable[[], None] | None = None
        self._settled = threading.Event()
        self._ended = threading.Event()
        self._thread: LinkThread | None = None
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def run(self) -> None:
        """The protocol, until it is cancelled by `close`."""

    # from the run thread

    def open(self, tags: Sequence[LinkTag]) -> None:
        if self._thread is not None:
            raise RuntimeError(f"link {self.id} is open already")
        self.tags = tuple(tags)
        self._settled.clear()
        self._ended.clear()
        self._state, self._reason, self.problems = "connecting", "", ()
        self._thread = LinkThread.acquire()
        self._thread.call(self._start)

    def wait_open(self, timeout: float) -> tuple[Problem, ...]:
        self._settled.wait(timeout)
        if self._state == "up":
            return ()
        if self.problems:
            return self.problems
        what = self._reason or f"not up after {timeout:g} s"
        return (self.problem(f"link {self.id} is {self._state}", cause=what),)

    def exchange(self, changed: Sequence[Change]) -> Sequence[FromOutside]:
        thread = self._thread
        if changed and thread is not None:
            with self._lock:
                if not self._outgoing:
                    self._handed_ns = time.monotonic_ns()
                for change in changed:
                    # out and in again: the order of a batch is the order of the newest changes
                    self._outgoing.pop(change.index, None)
                    self._outgoing[change.index] = change
                kick = not self._kicked
                self._kicked = True
            if kick:
                thread.call(self._set_kick)
        if not self._incoming:
            return ()
        came = []
        while self._incoming:
            came.append(self._incoming.popleft())
        return came

    def on_wake(self, fn: Callable[[], None]) -> None:
        self._wake = fn

    def status(self) -> LinkStatus:
        return LinkStatus(
            state=self._state,
            reason=self._reason,
            reads=self.reads,
            writes=self.writes,
            refused_writes=self.refused_writes,
            lag_ms=self.lag_ms,
            partner=self.partner,
            problems=self.problems,
        )

    def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.call(self._cancel)
        ended = self._ended.wait(_CLOSE_SECONDS)
        self._state, self._reason = "closed", "" if ended else f"did not end within {_CLOSE_SECONDS:g} s"
        thread.release()

    # from the asyncio thread

    def take(self) -> dict[int, Change]:
        """Everything that changed since the last call, newest value per tag."""
        with self._lock:
            taken, self._outgoing = self._outgoing, {}
            self._kicked = False
            handed = self._handed_ns
        self.kick.clear()
        if taken:
            self.lag_ms = (time.monotonic_ns() - handed) / 1e6
        return taken

    def receive(self, item: FromOutside) -> None:
        """Queue something for the run. Call `wake` after a batch."""
        self._incoming.append(item)

    def wake(self) -> None:
        if self._wake is not None:
            self._wake()

    def report(self, state: State, reason: str = "", problems: tuple[Problem, ...] = ()) -> None:
        """Say how the link is doing, wake whoever waits for it."""
        self.problems = problems
        self._state, self._reason = state, reason
        self.wake()
        if state != "connecting":
            self._settled.set()

    def problem(self, what: str, *, cause: str = "", cure: str = "", key: str = "") -> Problem:
        """A problem of this link, with its place in the scene."""
        return Problem(what, Place(id=f"links.{self.id}" + (f".{key}" if key else "")), cure, cause)

    def _start(self) -> None:
        self.kick = asyncio.Event()
        if self._kicked:
            self.kick.set()
        self._task = asyncio.get_running_loop().create_task(self.run(), name=f"link {self.id}")
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _finish(self, task: asyncio.Task[None]) -> None:
        # An error in the protocol code must not vanish in the thread, nor end the run: it is a status.
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self.report("lost", f"{type(error).__name__}: {error}")
        self._ended.set()

    def _set_kick(self) -> None:
        self.kick.set()
