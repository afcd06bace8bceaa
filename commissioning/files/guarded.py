"""Running a parser of foreign files where it can do no harm: a worker process with hard limits.

The worker gets bytes and gives bytes; it never sees a path. Once it has loaded its libraries it gives up
what it will not need (`confine`): on POSIX more memory, CPU time, new files and sockets, new processes.
Everywhere it is ended when its wall time is over or its answer grows too large. It runs isolated
(`-I`: no current folder, no user site, no PYTHON* variables), so that a file lying beside a scene is
never imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import IO, Final

OK: Final = b"OK\n"
REFUSED: Final = b"NO\n"
"""What an answer starts with: followed by the result, or by a sentence for the user."""

_START = """
import runpy, sys
home, module = sys.argv[1:3]
del sys.argv[1:3]
sys.path.insert(0, home)
runpy.run_module(module, run_name="__main__")
"""
_KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Limits:
    """What a worker may use. `memory` bytes beyond what its libraries take; `cpu_s` per answer."""

    memory: int = 1 << 30
    cpu_s: int = 20
    wall_s: float = 120.0
    answer: int = 256 << 20


class WorkerFailed(Exception):
    """The worker gave no result. `args[0]` says why, in words for a Problem."""


def run_guarded(module: str, request: bytes, limits: Limits | None = None) -> bytes:
    """The answer of `python -m module` to `request`.

    The module calls `serve`.
    Raises WorkerFailed where it refuses, crashes or meets a limit.
    """
    limits = limits or Limits()
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    environment["OPENBLAS_NUM_THREADS"] = "1"  # its threads reserve memory that counts
    home = str(Path(__file__).resolve().parents[2])  # where the package is: a checkout or site-packages
    try:
        worker = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, home, module, str(limits.memory), str(limits.cpu_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
    except OSError as error:
        raise WorkerFailed(f"the reader could not be started ({error})") from error
    assert worker.stdin is not None
    assert worker.stdout is not None
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        worker.kill()

    timer = Timer(limits.wall_s, end)
    feeder = Thread(target=_feed, args=(worker.stdin, request), daemon=True)
    with worker:
        timer.start()
        feeder.start()
        try:
            answer = worker.stdout.read(limits.answer + 1)
            if len(answer) > limits.answer:
                raise WorkerFailed(f"the result would be larger than {limits.answer >> 20} MiB")
        finally:
            worker.kill()
            worker.stdout.close()
            feeder.join()
            timer.cancel()
            worker.wait()
    if late:
        raise WorkerFailed(f"reading took longer than {limits.wall_s:g} s")
    if answer.startswith(OK):
        return answer[len(OK) :]
    if answer.startswith(REFUSED):
        raise WorkerFailed(answer[len(REFUSED) :][:500].decode(errors="replace"))
    raise WorkerFailed(f"the reader ended early: it needs more than {limits.memory >> 20} MiB, or it crashed")


def confine(limits: Limits) -> None:
    """Called in the worker when its libraries are loaded: from here on it computes and nothing else.

    Without effect where the system has no resource limits (Windows); the wall time holds there.
    """
    if sys.platform == "win32":
        return
    import resource

    statm = Path("/proc/self/statm")
    try:
        taken = int(statm.read_text().split()[0]) * resource.getpagesize()
    except OSError:
        taken = 1 << 30  # no /proc: a gibibyte is more than the libraries take
    _lower(resource.RLIMIT_AS, taken + limits.memory)
    _lower(resource.RLIMIT_NOFILE, 0)  # no new file, no socket; the open pipes go on working
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + limits.cpu_s)


def _lower(kind: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def serve(answer: Callable[[bytes], bytes]) -> None:
    """The main of a worker: read the request, confine, answer. ValueError is a refusal in words."""
    limits = Limits(memory=int(sys.argv[1]), cpu_s=int(sys.argv[2]))
    request = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    confine(limits)
    try:
        result = answer(request)
    except ValueError as error:
        out.write(REFUSED + str(error).encode())
    except MemoryError:
        out.write(REFUSED + f"it needs more than {limits.memory >> 20} MiB of memory".encode())
    else:
        out.write(OK)
        out.write(result)
    out.flush()


def _feed(pipe: IO[bytes], request: bytes) -> None:
    try:
        with pipe:
            pipe.write(request)
    except (BrokenPipeError, OSError):
        return  # the worker ended before it had read everything: its answer says why
