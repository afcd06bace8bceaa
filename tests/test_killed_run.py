"""The whole program killed at a random moment: what it recorded is the run, up to where it says."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commissioning.bench.replay import verify
from commissioning.files.packaged import packaged
from commissioning.files.recording import is_recording, read_recording
from commissioning.model.problem import Problems


def saved_ns(path: Path) -> int:
    """How far the recording goes by now; -1 while there is none."""
    try:
        return read_recording(path).end_ns if is_recording(path) else -1
    except Problems:
        return -1  # being made


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
@pytest.mark.parametrize("speed", ["max", "10x"])
def test_that_a_killed_run_reads_back_and_runs_again_to_the_same_digest(tmp_path: Path, speed: str) -> None:
    path = tmp_path / "killed.recording"
    scene = str(packaged("scenes/carton_line"))
    command = [sys.executable, "-m", "commissioning", "run", scene, "--for", "10000h", "--speed", speed]
    child = subprocess.Popen(
        [*command, "--record", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and saved_ns(path) <= 0:
            time.sleep(0.05)
        time.sleep(random.Random(speed).uniform(0.2, 0.9))
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    recording = read_recording(path)
    assert not recording.complete
    assert recording.end_ns > 0
    assert len(recording.records) > 30
    assert int(recording.records["t"][-1]) <= recording.end_ns
    verification = verify(path)
    assert verification.same, verification.difference
