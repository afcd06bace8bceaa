"""`commissioning experiment` as users meet it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Line = Any  # see conftest.py
Command = Callable[..., Any]
EXPERIMENTS = """experiments:
  speed:
    for: 5 min
    replications: 5
    sweep: {b1.speed: [0.4 m/s, 0.6 m/s]}
  long: {for: 20 d, replications: 100}
scenarios:
"""


@pytest.fixture
def swept(small: Line) -> Line:
    return small.edit("scenarios:\n", EXPERIMENTS)


def test_that_json_is_one_object_with_all_variants(swept: Line, command: Command, tmp_path: Path) -> None:
    said = command("experiment", swept, "speed", "--workers", "2", "--cache", tmp_path / "c", "--json")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("\n") == 1
    result = json.loads(said.out)
    assert (result["scene"], result["experiment"], result["seed"]) == ("Small line", "speed", 7)
    assert [v["id"] for v in result["variants"]] == ["base", "b1.speed=0.4 m/s", "b1.speed=0.6 m/s"]
    assert result["variants"][1]["parameters"] == {"b1.speed": "0.4 m/s"}
    measured = result["variants"][2]["measures"]["out.throughput"]
    assert len(measured["values"]) == 5 and measured["difference"]["p"] <= 1.0
    assert (result["ran"], result["from_cache"]) == (15, 0)
    again = json.loads(command("experiment", swept, "speed", "--cache", tmp_path / "c", "--json").out)
    assert (again["ran"], again["from_cache"], again["variants"]) == (0, 15, result["variants"])


def test_that_the_text_and_the_report_are_written(swept: Line, command: Command, tmp_path: Path) -> None:
    page = tmp_path / "out" / "speed.html"
    said = command("experiment", swept, "speed", "--workers", "1", "--no-cache", "--report", page)
    assert said.code == 0
    assert "out.throughput in /h" in said.out and "difference to base" in said.out
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_that_what_is_wrong_is_told_at_once(
    swept: Line, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = command("experiment", swept, "sped", "--no-cache")
    assert said.code == 2
    assert "there is no experiment sped. Did you mean 'speed'?" in said.err
    said = command("experiment", swept, "speed", "--workers", "0", "--seed", "x", "--report", tmp_path)
    assert said.code == 2 and len(said.problems) == 3
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = command("experiment", swept, "speed", "--no-cache", "--cluster", "tcp://127.0.0.1:1")
    assert said.code == 2 and "commissioning[cluster]" in said.err
    swept.edit("b1.speed: [", "b1.sped: [")
    for words in (("validate", swept), ("experiment", swept, "speed", "--no-cache")):
        said = command(*words)
        assert said.code == 2
        assert "b1 (belt) has no 'sped'. Did you mean 'speed'?" in said.err


def test_that_ctrl_c_ends_it_cleanly_and_the_next_call_goes_on(swept: Line, tmp_path: Path) -> None:
    swept.edit("for: 20 d, replications: 100", "for: 10 h, replications: 12")
    words = [sys.executable, "-m", "commissioning", "experiment", str(swept), "long", "--workers", "2"]
    words += ["--cache", str(tmp_path / "c"), "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    )
    database = tmp_path / "c" / "results.sqlite-wal"
    begun = time.monotonic()
    while time.monotonic() - begun < 60 and not (database.exists() and database.stat().st_size > 12_000):
        time.sleep(0.02)  # until something is kept
    os.killpg(process.pid, signal.SIGINT)
    asked = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - asked < 10.0
    assert (process.returncode, err) == (3, "")
    first = json.loads(out)
    assert first["interrupted"] and 0 < first["ran"] < 12
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120, check=True)
    second = json.loads(done.stdout)
    assert (second["from_cache"], second["ran"]) == (first["ran"], 12 - first["ran"])
