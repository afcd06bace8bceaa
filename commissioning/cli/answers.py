"""What the command line says, and where."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from commissioning.model.problem import Problem


def progress() -> Any:
    """A line on stderr that says how far it is, where somebody can see it."""
    if not sys.stderr.isatty():
        return None

    def show(done: float, what: str) -> None:
        end = "\n" if done >= 1.0 else ""
        print(f"\r{what} {done:4.0%} ", end=end, file=sys.stderr, flush=True)

    return show


def say(as_json: dict[str, Any], as_text: str, wants_json: bool) -> None:
    print(json.dumps(as_json, indent=None) if wants_json else as_text)


def report_problems(problems: Sequence[Problem]) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return 2


def version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"commissioning {version('commissioning')}"
    except PackageNotFoundError:
        return "commissioning (not installed)"
