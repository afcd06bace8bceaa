"""`commissioning check --workers` as users meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Line = Any  # see conftest.py
Command = Callable[..., Any]
RATE = "checks:\n  rate: {type: throughput, at: out, at_least: 100/h, for: 10 min, precision: 20 %}\n"


def told(out: str) -> Any:
    result = json.loads(out)
    for run in result["runs"]:
        del run["wall_s"]
    return result


def test_that_any_number_of_workers_prints_the_same(small: Line, command: Command) -> None:
    """With the emulated PLC and its program, which every worker compiles anew."""
    line = small.edit("checks:\n", RATE)
    alone = command("check", line, "--workers", "1", "--json")
    shared = command("check", line, "--workers", "2", "--json")
    assert (alone.code, alone.err, shared.err) == (shared.code, "", "")
    assert told(shared.out) == told(alone.out)
    assert len(told(alone.out)["runs"]) >= 5


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5"])
def test_that_what_is_no_number_of_workers_is_told(small: Line, command: Command, number: str) -> None:
    said = command("check", small, f"--workers={number}")
    assert said.code == 2
    assert f"--workers {number} is no number of processes" in said.err
