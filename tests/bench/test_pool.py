"""The pool: results in any order, workers that die, Ctrl-C, what a task costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.pool import ClusterPool, LocalPool, WorkerDied, stopping
from commissioning.model.problem import Place, Problem, Problems


def add(payload: int, x: int) -> int:
    return payload + x


def process(payload: object) -> int:
    return os.getpid()


def die_once(folder: str, name: str) -> str:
    """Kills its own worker the first time it is called for `name`."""
    with Path(folder, name).open("a") as file:
        file.write("x")
    if len(Path(folder, name).read_text()) == 1 and name.startswith("bad"):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return name


def die(payload: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(payload: object) -> None:
    raise Problems([Problem("no", Place("a.yaml", 3, 1, "devices.x"), "Do otherwise"), Problem("nor this")])


def until_stopped(folder: str, k: int) -> bool:
    Path(folder, f"begun{k}").touch()
    for _ in range(600):
        if stopping():
            return True
        time.sleep(0.05)
    return False


def test_that_every_task_gets_the_payload_and_its_arguments() -> None:
    pool = LocalPool(2, payload=100)
    try:
        assert dict(pool.map_unordered(add, range(50))) == {k: 100 + k for k in range(50)}
        submitted = [pool.submit(process) for _ in range(200)]
        assert len({future.result() for future in submitted}) == 2
    finally:
        pool.cancel_all()


def test_that_problems_come_back_whole() -> None:
    pool = LocalPool(1)
    try:
        with pytest.raises(Problems) as caught:
            pool.submit(refuse).result(30)
        assert caught.value.problems[0].where == Place("a.yaml", 3, 1, "devices.x")
        assert len(caught.value.problems) == 2
    finally:
        pool.cancel_all()


def test_that_a_worker_that_dies_loses_only_its_task_which_is_run_again(tmp_path: Path) -> None:
    names = [f"good{k}" for k in range(12)] + ["bad1", "bad2"] + [f"late{k}" for k in range(12)]
    pool = LocalPool(2, payload=str(tmp_path))
    try:
        assert sorted(name for name, _ in pool.map_unordered(die_once, names)) == sorted(names)
    finally:
        pool.cancel_all()
    times = {path.name: len(path.read_text()) for path in tmp_path.iterdir()}
    assert times == {name: 2 if name.startswith("bad") else 1 for name in names}


def test_that_a_task_that_always_ends_its_worker_is_given_up_and_the_others_go_on() -> None:
    pool = LocalPool(2, payload=1)
    try:
        bad = pool.submit(die)
        good = [pool.submit(add, k) for k in range(10)]
        assert [future.result(60) for future in good] == list(range(1, 11))
        with pytest.raises(WorkerDied, match="3 times"):
            bad.result(60)
    finally:
        pool.cancel_all()


def test_that_nothing_waits_for_ever_in_a_pool_that_cannot_start_another_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The task that ends its worker is given to the other one, and then there is none."""
    pool = LocalPool(2, payload=1)

    def nothing_left() -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(pool, "_start", nothing_left)
    try:
        assert pool.submit(add, 1).result(60) == 2
        bad = pool.submit(die)
        with pytest.raises(WorkerDied, match="starts no other"):
            bad.result(60)
        with pytest.raises(WorkerDied, match="starts no other"):
            pool.submit(add, 1).result(5)
    finally:
        pool.cancel_all()


def test_that_cancelling_stops_what_runs_and_drops_what_waits(tmp_path: Path) -> None:
    pool = LocalPool(2, payload=str(tmp_path))
    futures = [pool.submit(until_stopped, k) for k in range(8)]
    for _ in range(400):
        if len(list(tmp_path.iterdir())) == 2:
            break
        time.sleep(0.05)
    began = time.monotonic()
    pool.cancel_all()
    assert time.monotonic() - began < 5.0
    ended = [outcome(future) for future in futures]
    assert ended.count(True) in (2, 3, 4)  # two at work; one each may have waited in its process
    assert ended.count(None) == 8 - ended.count(True)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(add, 1)


def outcome(future: Any) -> bool | None:
    try:
        return bool(future.result(5))
    except CancelledError:
        return None


def test_that_workers_do_not_hear_ctrl_c(tmp_path: Path) -> None:
    """The whole group gets the signal, as on a terminal, at the very start: nobody prints a traceback."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os, signal, time\n"
        "from commissioning.bench.ctrl_c import ctrl_c\n"
        "from commissioning.bench.pool import LocalPool\n"
        "from os import getpid\n"
        "def main():\n"
        "    with ctrl_c() as asked:\n"
        "        pool = LocalPool(2)\n"
        "        for _ in range(8):\n"
        "            os.killpg(0, signal.SIGINT) if not asked() else None\n"
        "            time.sleep(0.05)\n"
        "        assert asked()\n"
        "        pool.cancel_all()\n"
        "        print('ended')\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("ended\n", "")


def test_that_a_cluster_without_dask_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Problems, match=r"pip install .*commissioning\[cluster\]"):
        ClusterPool("tcp://127.0.0.1:1")
