"""Worker processes for independent work: local ones, or those of a Dask cluster.

An executor has three methods: `submit`, `map_unordered`, `cancel_all`. Work is a function of a module and
plain data. Every worker gets one `payload` once, the first argument of everything it calls, so that a task
carries only what is its own.

A local worker is a pool of one process: when it dies, only what it was doing is lost, and that is given to
another. `concurrent.futures` would fail everything that any of its processes was about to do.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any, Protocol

from commissioning.model.problem import Problem, Problems

__all__ = ["ClusterPool", "Executor", "LocalPool", "WorkerDied", "default_workers", "stopping"]

_ATTEMPTS = 3
_AHEAD = 2  # tasks at a worker: one at work and one that waits there, so that it never waits for us


class WorkerDied(RuntimeError):
    """A task ended its worker every time that it was tried."""


class Executor(Protocol):
    """Where work is done. `workers`: how many tasks run at the same time."""

    workers: int

    def submit(self, fn: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """`fn(payload, *arguments)` in a worker. The future raises what `fn` raises, or WorkerDied."""
        ...

    def map_unordered(self, fn: Callable[..., Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """(item, `fn(payload, item)`) as they come. Raises as the futures do."""
        ...

    def cancel_all(self) -> None:
        """Drop what waits, tell what runs to stop (see `stopping`), give the workers back."""
        ...


def default_workers() -> int:
    """As many as this process may use processors."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


# ---- inside a worker --------------------------------------------------------------------------------

_payload: Any = None
_stop: Event | None = None


def stopping() -> bool:
    """In a worker: whether the work is no longer wanted. Long work looks from time to time."""
    return _stop is not None and _stop.is_set()


def _begin(payload: Any, stop: Event) -> None:
    global _payload, _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    _payload, _stop = payload, stop


def _call(fn: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return fn(_payload, *arguments)


def _ready() -> None:
    """A task that only starts the process."""


# ---- local ------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Task:
    fn: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any] = field(default_factory=Future)
    begun: bool = False  # its future can no longer be cancelled
    lost: int = 0  # how often its worker died while it was at work


@dataclass(eq=False)
class _Worker:
    executor: ProcessPoolExecutor
    tasks: list[_Task] = field(default_factory=list)  # given to it, in order; the first one is at work


class LocalPool:
    """Processes of this machine, started with `spawn` on every system.

    `payload`: plain data for every worker. Results come in any order; a task is run again when its worker
    dies, up to three times.
    """

    def __init__(self, workers: int | None = None, payload: Any = None) -> None:
        self.workers = default_workers() if workers is None else workers
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()
        self._payload = payload
        self._lock = threading.RLock()
        self._waiting: deque[_Task] = deque()
        self._closed = False
        self._deaths = 0  # since the last task that was done
        with _deaf_children():
            self._workers = [_Worker(self._start()) for _ in range(self.workers)]

    def submit(self, fn: Callable[..., Any], *arguments: Any) -> Future[Any]:
        task = _Task(fn, arguments)
        with self._lock:
            if self._closed:
                raise RuntimeError("this pool is closed")
            if self._workers:
                self._waiting.append(task)
                self._feed()
            else:
                task.future.set_exception(WorkerDied(_NONE_LEFT))
        return task.future

    def map_unordered(self, fn: Callable[..., Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        futures = {self.submit(fn, item): item for item in items}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def cancel_all(self) -> None:
        self._stop.set()
        with self._lock:
            self._closed = True
            while self._waiting:
                task = self._waiting.popleft()
                if task.begun:
                    task.future.set_exception(CancelledError())
                else:
                    task.future.cancel()
            workers = list(self._workers)
        for worker in workers:
            worker.executor.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        executor = ProcessPoolExecutor(
            1, self._context, initializer=_begin, initargs=(self._payload, self._stop)
        )
        executor.submit(_ready)
        return executor

    def _feed(self) -> None:
        """Give what waits to the workers that have least to do. The lock is held."""
        while self._waiting and self._workers and not self._closed:
            worker = min(self._workers, key=lambda worker: len(worker.tasks))
            if len(worker.tasks) >= _AHEAD:
                return
            task = self._waiting.popleft()
            if not task.begun and not task.future.set_running_or_notify_cancel():
                continue
            task.begun = True
            worker.tasks.append(task)
            executor = worker.executor
            try:
                inner = executor.submit(_call, task.fn, task.arguments)
            except BrokenProcessPool:
                self._replace(worker)
            else:
                inner.add_done_callback(partial(self._done, worker, executor, task))

    def _done(self, worker: _Worker, executor: ProcessPoolExecutor, task: _Task, inner: Future[Any]) -> None:
        error = CancelledError() if inner.cancelled() else inner.exception()
        with self._lock:
            if task not in worker.tasks or worker.executor is not executor:
                return  # its worker died, and it was given to another one
            if isinstance(error, BrokenProcessPool):
                self._replace(worker)
                return
            worker.tasks.remove(task)
            self._deaths = 0
            self._feed()
        if error is not None:
            task.future.set_exception(error)
        else:
            task.future.set_result(inner.result())

    def _replace(self, worker: _Worker) -> None:
        """A worker has died. What was at work there was lost, what waited there waits again; lock held."""
        lost, worker.tasks = worker.tasks, []
        worker.executor.shutdown(wait=False)
        self._deaths += 1
        for task in lost[:1]:
            task.lost += 1
        self._waiting.extendleft(reversed(lost))
        if not self._closed:
            try:
                worker.executor = self._start()
            except OSError:  # no memory or no process left: the others go on
                self._workers.remove(worker)
        hopeless = self._closed or not self._workers or self._deaths >= _ATTEMPTS * (self.workers + 1)
        failed = [task for task in self._waiting if hopeless or task.lost >= _ATTEMPTS]
        self._waiting = deque(task for task in self._waiting if task not in failed)
        for task in failed:
            if task.begun or task.future.set_running_or_notify_cancel():
                why = _NONE_LEFT if not self._workers else _DIED if task.lost else _NO_START
                task.future.set_exception(WorkerDied(why))
        self._feed()


_DIED = f"its worker process ended {_ATTEMPTS} times while it was at work"
_NONE_LEFT = "its worker process ended, and this system starts no other one"
_NO_START = (
    "worker processes end again and again; in a script of your own the call stands under "
    'if __name__ == "__main__":'
)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes started within it do not hear Ctrl-C, not even while they begin."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# ---- a cluster --------------------------------------------------------------------------------------


def _call_there(payload: Any, fn: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return fn(payload, *arguments)


class ClusterPool:
    """The workers of a Dask cluster, which have this product installed.

    `address`: of its scheduler, like tcp://10.0.0.5:8786. Raises Problems if Dask is not installed or no
    scheduler answers. Dask itself runs a task again when its worker is lost.
    """

    def __init__(self, address: str, payload: Any = None) -> None:
        try:
            distributed = importlib.import_module("distributed")
        except ImportError as error:
            raise Problems(
                Problem(
                    "a cluster needs Dask, which is not installed", cure="pip install commissioning[cluster]"
                )
            ) from error
        try:
            self._client: Any = distributed.Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError) as error:
            what = f"no Dask scheduler answers at {address}"
            cure = "Start one with `dask scheduler`, and give its address, like tcp://10.0.0.5:8786"
            raise Problems(Problem(what, cure=cure, cause=str(error))) from error
        self.workers = max(1, sum(self._client.nthreads().values()))
        self._payload = self._client.scatter(payload, broadcast=True)
        self._open: set[Any] = set()

    def submit(self, fn: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        inner = self._client.submit(_call_there, self._payload, fn, arguments, pure=False)
        self._open.add(inner)
        future.set_running_or_notify_cancel()
        inner.add_done_callback(partial(self._done, future))
        return future

    def map_unordered(self, fn: Callable[..., Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        futures = {self.submit(fn, item): item for item in items}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def cancel_all(self) -> None:
        self._client.cancel(list(self._open))
        self._client.close()

    def _done(self, future: Future[Any], inner: Any) -> None:
        self._open.discard(inner)
        if inner.status == "finished":
            future.set_result(inner.result())
        elif inner.status == "error":
            error = inner.exception()
            killed = type(error).__name__ == "KilledWorker"
            future.set_exception(WorkerDied(str(error)) if killed else error)
        else:
            future.set_exception(CancelledError())
