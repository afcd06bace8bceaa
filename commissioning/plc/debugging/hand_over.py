"""Two threads of which only one ever runs: a worker that can wait in the middle of what it does.

The one who asks stands still until the worker has come to its end or waits; the worker stands still until it
is told to go on. So nothing that they share needs a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread

from commissioning.model.abandoned import Abandoned

__all__ = ["HandOver"]


class HandOver:
    """Runs one job at a time in a thread of its own; the thread ends with the job."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: Thread | None = None
        self._answer, self._go = Lock(), Lock()  # free: the other one has something to do
        self._answer.acquire()
        self._go.acquire()
        self._waiting = False
        self._abandon = False
        self.interrupted = False  # Ctrl-C: the job should come to its end
        self._error: BaseException | None = None

    @property
    def waiting(self) -> bool:
        """Whether a job stands still in the middle."""
        return self._waiting

    def start(self, job: Callable[[], object]) -> bool:
        """Begin `job`; TRUE when it waits, FALSE when it is done. Raises what the job raises."""
        if self._thread is not None:
            raise RuntimeError("the job before has not come to its end")
        self._abandon = self.interrupted = False
        self._thread = Thread(target=self._work, args=(job,), name=self._name, daemon=True)
        try:
            self._thread.start()
        except KeyboardInterrupt:  # it has begun: nobody else interrupts the start
            self.interrupted = True
            self._wait()
            raise
        return self._wait()

    def go_on(self) -> bool:
        """Let the waiting job go on; as `start`."""
        if not self._waiting:
            raise RuntimeError("nothing waits")
        self._waiting = False
        self._go.release()
        return self._wait()

    def abandon(self) -> None:
        """Unwind a waiting job and end its thread."""
        if self._waiting:
            self._abandon = True
            self.go_on()

    def wait_here(self) -> None:
        """In the job: stand still until told to go on. Raises Abandoned where nobody will."""
        self._waiting = True
        self._answer.release()
        self._go.acquire()
        if self._abandon:
            raise Abandoned

    def _work(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Abandoned:
            pass
        except BaseException as error:  # noqa: BLE001  it belongs to whoever asked for the job
            self._error = error
        finally:
            self._answer.release()

    def _wait(self) -> bool:
        """Raises KeyboardInterrupt when the job has come to rest after it."""
        try:
            self._answer.acquire()
        except KeyboardInterrupt:
            self.interrupted = True
            self._answer.acquire()
            self._ended()
            raise
        return self._ended()

    def _ended(self) -> bool:
        """Whether it waits."""
        if self._waiting:
            return True
        assert self._thread is not None
        self._thread.join()
        self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error
        return False
