"""Options of the command line as values; what is no value of its kind is a Problem."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any

from commissioning.model.problem import Problem, Problems


def all_of(*reads: Callable[[], Any]) -> list[Any]:
    """What all of them return. Raises the problems of all of them at once."""
    found: list[Problem] = []
    values = []
    for read in reads:
        try:
            values.append(read())
        except Problems as problems:
            found += problems.problems
    if found:
        raise Problems(found)
    return values


def numbers(options: argparse.Namespace) -> list[Any]:
    """--for in ns (None: not given), --seed (None: not given), --speed."""
    span = options.span
    return all_of(
        lambda: None if span is None else duration_of("--for", span),
        lambda: seed_of(options.seed),
        lambda: speed_of(options.speed),
    )


def seed_of(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**63:
        raise Problems(Problem(f"--seed {text} is no seed", cure="Write a whole number from 0 to 2^63 - 1"))
    return seed


def workers_of(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise Problems(Problem(f"--workers {text} is no number of processes", cure="Write 1 to 1024"))
    return int(text)


def duration_of(option: str, text: str) -> int:
    from commissioning.model.quantity import QuantityError, parse_duration_ns

    try:
        span = parse_duration_ns(text)
    except QuantityError as error:
        raise Problems(Problem(f"{option}: {error}", cure="Write for example 30s, 10 min or 8h")) from error
    if span < 0:
        raise Problems(
            Problem(f"{option}: a time is not negative", cure="Write for example 30s, 10 min or 8h")
        )
    return span


def speed_of(text: str) -> float:
    if text.strip().lower() == "max":
        return math.inf
    try:
        speed = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0.0 < speed < math.inf:
        raise Problems(Problem(f"--speed {text} is no speed", cure="Write for example max, 1x, 10x or 0.1x"))
    return speed
