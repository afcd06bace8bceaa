"""Scene text for a case of exact throughput, written from its parameters by its group.

A user can read (and print: `python tests/cases/case_scenes.py ID`) what stands for the published model.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import case_lines as lines
import case_motion as motion
from case_plan import Plan
from case_queues import queue

__all__ = ["CASES", "Plan", "cases", "plan"]

CASES = Path(__file__).parent / "throughput_cases.json"


def plan(case: Mapping[str, Any]) -> Plan | None:
    """The scene of a case, None where no device of the product stands for its model yet."""
    p, group = case["parameters"], case["group"]
    metric, description = case.get("metric", ""), case.get("description", "")
    builders: dict[str, Callable[[], Plan]] = {
        "serial_line_exponential_BAS": lambda: lines.exponential_line(p),
        "serial_line_exponential_BBS": lambda: lines.exponential_line({**p, "blocking": "before_service"}),
        "serial_line_erlang_BAS": lambda: lines.erlang_line(p),
        "two_machine_unreliable_exponential": lambda: lines.unreliable_exponential(p),
        "two_machine_unreliable_deterministic": lambda: lines.unreliable_deterministic(p),
        "unreliable_limits": lambda: lines.unreliable_limits(p, description),
        "bernoulli_line": lambda: lines.bernoulli(p),
        "deterministic_line": lambda: lines.deterministic_line(p),
        "closed_loop_deterministic": lambda: lines.closed_deterministic(p),
        "closed_loop_exponential": lambda: lines.closed_exponential(p, metric),
        "queue": lambda: queue(p, case["id"], metric, description),
        "oee": lambda: lines.oee(p),
        "bottleneck": lambda: lines.bottleneck(p),
        "batch": lambda: lines.batch(p),
        "conveyor": lambda: motion.conveyor(p),
        "kinematics": lambda: motion.kinematics(p),
        "transport": lambda: motion.transport(p, description),
    }
    build = builders.get(group)
    return build() if build is not None else None


def cases() -> list[dict[str, Any]]:
    """The cases beside this file."""
    found: list[dict[str, Any]] = json.loads(CASES.read_text())["cases"]
    return found


if __name__ == "__main__":
    for one in cases():
        if one["id"] in sys.argv[1:]:
            made = plan(one)
            sys.stdout.write(made.text if made is not None else "no device stands for this model yet\n")
